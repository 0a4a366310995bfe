#include "provenance/known_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::string_view k_magic{"ASSAYKNF"};
constexpr std::size_t k_checksum_size = 32;

// Header: magic, u32 version, u32 number of sections, u64 size of the file, per section {u64 offset, u64 count},
// SHA-256 of all before it.
constexpr std::size_t k_version_at = 8;
constexpr std::size_t k_section_count_at = 12;
constexpr std::size_t k_file_size_at = 16;
constexpr std::size_t k_table_at = 24;
constexpr std::size_t k_table_entry_size = 16;

template <typename T>
T load(const std::uint8_t* at) noexcept {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | at[i]);
  return value;
}

template <typename T>
void store(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i));
}

/// The base name of "dir/name", and of "package_1.0:name" as well.
std::string_view basename_of(std::string_view path) noexcept {
  if (path.find('/') != std::string_view::npos) return path_basename(path);
  const auto colon = path.rfind(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

void store_bytes(std::string& out, ByteView bytes) {
  out.append(as_text(bytes));
}

Error damaged(std::string what, const std::string& where) {
  return {ErrorCode::format, "known-files data is damaged: " + std::move(what), where,
          "restore the file from the release, or make it again with `assay known index`"};
}

/// The first eight bytes as a number: digests sort as these do.
std::uint64_t leading(const std::uint8_t* digest) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, digest, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

/// How far into `count` evenly distributed digests a distance of `value` reaches; count < 2^32.
std::size_t share(std::uint64_t value, std::size_t count) noexcept {
  return (value >> 32) * count >> 32;
}

/// A sorted array of digests, `at(index)` each.
template <typename At>
class SortedDigests {
 public:
  SortedDigests(std::size_t count, std::size_t width, const At& at) : m_count(count), m_width(width), m_at(at) {}

  /// The index of the first that is not less than `wanted`. Digests are evenly distributed, so that their value tells
  /// where they stand, and two corrections bring the guess within a few places; where bisection jumps eighteen times
  /// through memory, this does thrice. An array made to mislead it costs no more than twice bisection.
  std::size_t lower_bound(const std::uint8_t* wanted) const noexcept {
    if (m_count == 0) return 0;
    const auto guess = estimate(leading(wanted));
    return is_less(guess, wanted) ? search_up(guess, wanted) : search_down(guess, wanted);
  }

 private:
  std::size_t estimate(std::uint64_t target) const noexcept {
    auto guess = share(target, m_count);
    for (int step = 0; step < 2; ++step) {
      const auto value = leading(m_at(guess));
      guess = value < target ? std::min(guess + share(target - value, m_count), m_count - 1)
                             : guess - std::min(guess, share(value - target, m_count));
    }
    return guess;
  }
  bool is_less(std::size_t index, const std::uint8_t* wanted) const noexcept {
    const auto a = leading(m_at(index));
    const auto b = leading(wanted);
    return a != b ? a < b : std::memcmp(m_at(index), wanted, m_width) < 0;
  }
  /// `low` is less than wanted.
  std::size_t search_up(std::size_t low, const std::uint8_t* wanted) const noexcept {
    std::size_t step = 1;
    auto high = low + 1;
    for (; high < m_count && is_less(high, wanted); high = low + std::min(step *= 2, m_count - low)) low = high;
    return bisect(low + 1, high, wanted);
  }
  /// `high` is not less than wanted.
  std::size_t search_down(std::size_t high, const std::uint8_t* wanted) const noexcept {
    for (std::size_t step = 1; high > 0; step *= 2) {
      const auto low = high - std::min(high, step);
      if (is_less(low, wanted)) return bisect(low + 1, high, wanted);
      high = low;
    }
    return 0;
  }
  std::size_t bisect(std::size_t low, std::size_t high, const std::uint8_t* wanted) const noexcept {
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      if (is_less(middle, wanted)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  std::size_t m_count;
  std::size_t m_width;
  const At& m_at;
};

}  // namespace

ContentKey content_key(const Sha256& digest) {
  ContentKey key;
  std::copy_n(digest.bytes.begin(), key.size(), key.begin());
  return key;
}

std::optional<KnownData::Section> KnownData::read_section(std::size_t index, std::size_t& end) const noexcept {
  const auto* at = m_bytes.data() + k_table_at + index * k_table_entry_size;
  const auto offset = load<std::uint64_t>(at);
  const auto count = load<std::uint64_t>(at + 8);
  const auto size = k_element_size[index];
  // Sections follow each other in the order of their ids without a gap, so they can neither overlap nor leave the file.
  if (offset != end || count > (m_bytes.size() - end) / size) return std::nullopt;
  if (count > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  end += static_cast<std::size_t>(count) * size;
  return Section{static_cast<std::size_t>(offset), static_cast<std::size_t>(count)};
}

Result<KnownData> KnownData::open(ByteView bytes, const std::string& where) {
  constexpr auto header_size = k_table_at + k_section_count * k_table_entry_size + k_checksum_size;
  if (bytes.size() < k_magic.size() || as_text(bytes.first(k_magic.size())) != k_magic)
    return Error{ErrorCode::format, "is no known-files data", where,
                 "remove the file, or name the directory that holds the data"};
  if (bytes.size() < header_size) return damaged("the header is cut short", where);
  if (const auto version = load<std::uint32_t>(bytes.data() + k_version_at); version != k_known_format_version)
    return Error{ErrorCode::unsupported,
                 fmt::format("known-files data is of format version {}, this program reads version {}", version,
                             k_known_format_version),
                 where, "use the data that came with this program, or make it again with `assay known index`"};
  const auto checksum = sha256(bytes.first(header_size - k_checksum_size));
  if (std::memcmp(checksum.bytes.data(), bytes.data() + header_size - k_checksum_size, k_checksum_size) != 0)
    return damaged("the header does not have its checksum", where);
  if (load<std::uint32_t>(bytes.data() + k_section_count_at) != k_section_count)
    return damaged("wrong number of sections", where);
  if (load<std::uint64_t>(bytes.data() + k_file_size_at) != bytes.size())
    return damaged(fmt::format("it is {} bytes long, {} are recorded", bytes.size(),
                               load<std::uint64_t>(bytes.data() + k_file_size_at)),
                   where);
  KnownData data;
  data.m_bytes = bytes;
  std::size_t end = header_size;
  for (std::size_t i = 0; i < k_section_count; ++i) {
    const auto section = data.read_section(i, end);
    if (!section) return damaged(fmt::format("section {} is out of place", i), where);
    data.m_sections[i] = *section;
  }
  if (end != bytes.size()) return damaged("bytes follow the last section", where);
  if (data.m_sections[k_contents].count != data.m_sections[k_records].count)
    return damaged("contents and records differ in number", where);
  return data;
}

const std::uint8_t* KnownData::element(SectionId id, std::size_t index) const noexcept {
  return m_bytes.data() + m_sections[id].offset + index * k_element_size[id];
}

KnownData::Path KnownData::path(std::size_t index) const noexcept {
  const auto* at = element(k_paths, index);
  const auto offset = load<std::uint32_t>(at);
  const auto length = load<std::uint16_t>(at + 4);
  const auto basename_at = load<std::uint16_t>(at + 6);
  const auto strings = as_text(m_bytes.subspan(m_sections[k_strings].offset, m_sections[k_strings].count));
  if (offset > strings.size() || length > strings.size() - offset || basename_at > length) return {};
  const auto full = strings.substr(offset, length);
  return {full, full.substr(basename_at), load<std::uint32_t>(at + 8)};
}

std::size_t KnownData::first_record(std::size_t path_index) const noexcept {
  if (path_index >= path_count()) return record_count();
  return std::min<std::size_t>(load<std::uint32_t>(element(k_paths, path_index) + 8), record_count());
}

KnownRecord KnownData::record_of_path(std::size_t index, std::string_view path) const noexcept {
  const auto* at = element(k_records, index);
  return {path, load<std::uint32_t>(at + 4), static_cast<std::int64_t>(load<std::uint32_t>(at))};
}

std::optional<KnownRecord> KnownData::record(std::size_t index) const noexcept {
  if (index >= record_count()) return std::nullopt;
  // The path is the last whose first record is not beyond this one.
  std::size_t low = 0;
  std::size_t high = path_count();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (first_record(middle) <= index) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return std::nullopt;
  const auto found = path(low - 1).full;
  if (found.empty()) return std::nullopt;
  return record_of_path(index, found);
}

std::vector<KnownRecord> KnownData::find(const ContentKey& key) const {
  std::vector<KnownRecord> found;
  const auto count = section(k_contents).count;
  const auto at = [this](std::size_t i) { return element(k_contents, i); };
  for (auto i = SortedDigests(count, key.size(), at).lower_bound(key.data()); i < count; ++i) {
    if (std::memcmp(at(i), key.data(), key.size()) != 0) break;
    if (const auto known = record(load<std::uint32_t>(at(i) + 16))) found.push_back(*known);
  }
  return found;
}

std::vector<KnownRecord> KnownData::history_of(std::string_view basename) const {
  std::size_t low = 0;
  std::size_t high = path_count();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (path(middle).basename < basename) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::vector<KnownRecord> found;
  for (auto i = low; i < path_count(); ++i) {
    const auto item = path(i);
    if (item.basename != basename || item.full.empty()) break;
    const auto end = first_record(i + 1);
    for (auto r = first_record(i); r < end && found.size() < record_count(); ++r)
      found.push_back(record_of_path(r, item.full));
  }
  return found;
}

bool KnownData::has_line(const LineDigest& digest) const noexcept {
  const auto at = [this](std::size_t i) { return element(k_lines, i); };
  const auto index = SortedDigests(line_count(), digest.bytes.size(), at).lower_bound(digest.bytes.data());
  return index < line_count() && std::memcmp(at(index), digest.bytes.data(), digest.bytes.size()) == 0;
}

std::size_t KnownData::content_count() const {
  std::size_t distinct = 0;
  for (std::size_t i = 0; i < section(k_contents).count; ++i)
    distinct += i == 0 || std::memcmp(element(k_contents, i - 1), element(k_contents, i), 16) != 0 ? 1U : 0U;
  return distinct;
}

std::vector<KnownData::Pair> KnownData::pairs() const {
  std::vector<Pair> all;
  for (std::size_t i = 0; i < section(k_contents).count; ++i) {
    const auto* at = element(k_contents, i);
    const auto known = record(load<std::uint32_t>(at + 16));
    if (!known) continue;
    ContentKey key;
    std::copy_n(at, key.size(), key.begin());
    all.push_back({known->path, key, known->serial, known->first_seen});
  }
  std::sort(all.begin(), all.end());
  return all;
}

Result<void> KnownData::verify(const std::string& where) const {
  for (std::size_t i = 0; i < path_count(); ++i) {
    const auto item = path(i);
    if (item.full.empty()) return damaged(fmt::format("path {} points nowhere", i), where);
    if (i == 0 ? item.first_record != 0 : item.first_record <= first_record(i - 1))
      return damaged(fmt::format("path {} has no records", i), where);
    if (item.first_record >= record_count()) return damaged(fmt::format("path {} has no records", i), where);
    if (i > 0) {
      const auto before = path(i - 1);
      if (std::pair{before.basename, before.full} >= std::pair{item.basename, item.full})
        return damaged(fmt::format("path {} is out of order", i), where);
    }
  }
  if (path_count() == 0 && record_count() != 0) return damaged("records without a path", where);
  std::vector<bool> reached(record_count());
  for (std::size_t i = 0; i < section(k_contents).count; ++i) {
    const auto record = load<std::uint32_t>(element(k_contents, i) + 16);
    if (record >= reached.size() || reached[record])
      return damaged(fmt::format("content {} has a wrong record", i), where);
    reached[record] = true;
    if (i > 0 && std::memcmp(element(k_contents, i - 1), element(k_contents, i), 16) > 0)
      return damaged(fmt::format("content {} is out of order", i), where);
  }
  for (std::size_t i = 1; i < line_count(); ++i) {
    if (std::memcmp(element(k_lines, i - 1), element(k_lines, i), 12) >= 0)
      return damaged(fmt::format("line {} is out of order", i), where);
  }
  return {};
}

std::uint32_t KnownWriter::intern(std::string_view path) {
  const auto [found, is_new] =
      m_path_index.try_emplace(std::string{path.substr(0, 65535)}, static_cast<std::uint32_t>(m_paths.size()));
  if (is_new) m_paths.push_back(found->first);
  return found->second;
}

void KnownWriter::add_file(std::string_view path, const Sha256& content, std::uint32_t serial,
                           std::int64_t first_seen) {
  constexpr std::int64_t latest = std::numeric_limits<std::uint32_t>::max();
  m_entries.push_back({intern(path), content_key(content), serial,
                       static_cast<std::uint32_t>(std::clamp<std::int64_t>(first_seen, 0, latest))});
}

void KnownWriter::sort_entries() {
  std::vector<std::uint32_t> order(m_paths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair{basename_of(m_paths[a]), std::string_view{m_paths[a]}} <
           std::pair{basename_of(m_paths[b]), std::string_view{m_paths[b]}};
  });
  std::vector<std::uint32_t> rank(order.size());
  std::vector<std::string> sorted(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    sorted[i] = std::move(m_paths[order[i]]);
  }
  m_paths = std::move(sorted);
  m_path_index.clear();
  for (auto& entry : m_entries) entry.path = rank[entry.path];

  const auto same_pair = [](const Entry& a, const Entry& b) { return a.path == b.path && a.content == b.content; };
  std::sort(m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.path, a.content, a.first_seen) < std::tie(b.path, b.content, b.first_seen);
  });
  m_entries.erase(std::unique(m_entries.begin(), m_entries.end(), same_pair), m_entries.end());
  std::sort(m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.path, a.first_seen, a.content) < std::tie(b.path, b.first_seen, b.content);
  });
  std::sort(m_lines.begin(), m_lines.end());
  m_lines.erase(std::unique(m_lines.begin(), m_lines.end()), m_lines.end());
}

std::string KnownWriter::finish() {
  sort_entries();
  return lay_out();
}

std::string KnownWriter::lay_out() const {
  std::string strings;
  std::string paths;
  std::size_t next = 0;
  for (std::size_t i = 0; i < m_paths.size(); ++i) {
    const auto& path = m_paths[i];
    store(paths, static_cast<std::uint32_t>(strings.size()));
    store(paths, static_cast<std::uint16_t>(path.size()));
    store(paths, static_cast<std::uint16_t>(path.size() - basename_of(path).size()));
    store(paths, static_cast<std::uint32_t>(next));
    strings += path;
    while (next < m_entries.size() && m_entries[next].path == i) ++next;
  }
  std::string records;
  for (const auto& entry : m_entries) {
    store(records, entry.first_seen);
    store(records, entry.serial);
  }
  std::vector<std::uint32_t> by_content(m_entries.size());
  std::iota(by_content.begin(), by_content.end(), 0U);
  std::sort(by_content.begin(), by_content.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::tie(m_entries[a].content, m_entries[a].first_seen, a) <
           std::tie(m_entries[b].content, m_entries[b].first_seen, b);
  });
  std::string contents;
  for (const auto index : by_content) {
    store_bytes(contents, m_entries[index].content);
    store(contents, index);
  }
  std::string lines;
  for (const auto& line : m_lines) store_bytes(lines, line.bytes);

  const std::array<const std::string*, KnownData::k_section_count> sections{&strings, &paths, &records, &contents,
                                                                            &lines};
  std::size_t offset = k_table_at + sections.size() * k_table_entry_size + k_checksum_size;
  std::string table;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    store(table, static_cast<std::uint64_t>(offset));
    store(table, static_cast<std::uint64_t>(sections[i]->size() / KnownData::k_element_size[i]));
    offset += sections[i]->size();
  }
  std::string out{k_magic};
  store(out, k_known_format_version);
  store(out, static_cast<std::uint32_t>(sections.size()));
  store(out, static_cast<std::uint64_t>(offset));
  out += table;
  store_bytes(out, sha256(as_bytes(out)).bytes);
  out.reserve(offset);
  for (const auto* section : sections) out += *section;
  return out;
}

}  // namespace assay::provenance
