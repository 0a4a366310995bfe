#include "vcs/index_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "digest/named_digest.hpp"
#include "vcs/big_endian.hpp"
#include "vcs/object_store.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_header_size = 12;
constexpr std::size_t k_stat_size = 40;
constexpr std::size_t k_mode_at = 24;
constexpr unsigned k_extended = 0x4000;
constexpr unsigned k_stages = 0x3000;
constexpr std::size_t k_longest_path = 4096;  ///< PATH_MAX: nothing longer stands in a working tree
/// Version 4 stores what a path does not share with the one before: a byte an entry can stand for thousands.
constexpr std::uint64_t k_path_ratio = 16;
constexpr unsigned k_skip_worktree = 0x4000;  ///< of the extended flags

Error damaged(std::string why) {
  return {ErrorCode::format, "cannot read the index: " + std::move(why), {}, "name a commit instead of WORKTREE"};
}

class IndexParser {
 public:
  IndexParser(ByteView file, GitHash hash) : m_file(file), m_id_size(hash == GitHash::sha1 ? 20 : 32), m_hash(hash) {}

  Result<std::vector<IndexEntry>> parse() {
    if (m_file.size() < k_header_size + m_id_size || as_text(m_file.first(4)) != "DIRC")
      return damaged("it does not begin as one");
    m_version = read_be32(&m_file[4]);
    if (m_version < 2 || m_version > 4) return damaged(fmt::format("version {} is not known", m_version));
    if (!has_its_checksum()) return damaged("its checksum is another one");
    m_end = m_file.size() - m_id_size;
    m_path_bytes_left = k_path_ratio * m_file.size();
    const auto count = read_be32(&m_file[8]);
    std::vector<IndexEntry> entries;
    for (std::uint32_t i = 0; i < count; ++i) {
      auto entry = next();
      if (!entry) return damaged(fmt::format("entry {} is broken", i));
      if (!entries.empty() && entries.back().path > entry->path) return damaged("its names are out of order");
      if (entries.empty() || entries.back().path != entry->path) entries.push_back(*std::move(entry));
    }
    // Before the names: a split index has entries without one.
    ASSAY_TRY_VOID(look_at_extensions());
    for (const auto& entry : entries)
      if (!is_harmless_path(entry.path)) return damaged(fmt::format("it names \"{}\"", escape_for_display(entry.path)));
    return entries;
  }

 private:
  /// All zero where index.skipHash spared it.
  bool has_its_checksum() const {
    const auto stated = m_file.last(m_id_size);
    if (std::all_of(stated.begin(), stated.end(), [](std::uint8_t byte) { return byte == 0; })) return true;
    const auto name = m_hash == GitHash::sha1 ? DigestName::sha1 : DigestName::sha256;
    const auto digest = named_digest(name, m_file.first(m_file.size() - m_id_size));
    return std::equal(stated.begin(), stated.end(), digest.begin(), digest.end());
  }

  std::optional<IndexEntry> next() {
    const auto start = m_at;
    const auto fixed = k_stat_size + m_id_size + 2;
    if (m_end - m_at < fixed) return std::nullopt;
    IndexEntry entry;
    entry.mode = read_be32(&m_file[m_at + k_mode_at]);
    entry.id = oid_from(m_file.subspan(m_at + k_stat_size, m_id_size));
    const unsigned flags = flags_at(m_at + fixed - 2);
    m_at += fixed;
    entry.conflicted = (flags & k_stages) != 0;
    if ((flags & k_extended) != 0) {
      if (m_version < 3 || m_end - m_at < 2) return std::nullopt;
      entry.absent = (flags_at(m_at) & k_skip_worktree) != 0;
      m_at += 2;
    }
    if (m_version == 4 && !strip_previous()) return std::nullopt;
    const auto rest = as_text(m_file.subspan(m_at, m_end - m_at));
    const auto size = rest.find('\0');
    if (m_version < 4) m_path.clear();
    if (size == std::string_view::npos || m_path.size() + size > k_longest_path) return std::nullopt;
    m_path += rest.substr(0, size);
    if (m_path.size() > m_path_bytes_left) return std::nullopt;
    m_path_bytes_left -= m_path.size();
    // One NUL in version 4, else as many as make the entry a multiple of eight bytes long.
    m_at += m_version == 4 ? size + 1 : (m_at - start + size + 8) / 8 * 8 - (m_at - start);
    if (m_at > m_end) return std::nullopt;
    entry.path = m_path;
    return entry;
  }

  unsigned flags_at(std::size_t at) const noexcept { return static_cast<unsigned>(m_file[at]) << 8 | m_file[at + 1]; }

  /// Version 4: how many bytes to take off the path before, in the form that packs have distances in.
  bool strip_previous() {
    std::uint64_t strip = 0;
    for (bool first = true;; first = false) {
      if (m_at >= m_end || strip >> 32 != 0) return false;
      const auto byte = m_file[m_at++];
      strip = (first ? 0 : (strip + 1) << 7) | (byte & 0x7fU);
      if ((byte & 0x80) == 0) break;
    }
    if (strip > m_path.size()) return false;
    m_path.resize(m_path.size() - static_cast<std::size_t>(strip));
    return true;
  }

  /// What has a lower-case name has to be understood.
  Result<void> look_at_extensions() const {
    for (auto at = m_at; at < m_end;) {
      if (m_end - at < 8) return damaged("bytes that mean nothing behind its entries");
      const auto name = as_text(m_file.subspan(at, 4));
      const auto size = read_be32(&m_file[at + 4]);
      if (size > m_end - at - 8) return damaged("an extension is cut short");
      if (name.front() >= 'a')
        return Error{
            ErrorCode::unsupported,
            fmt::format("cannot read the index: it has the extension \"{}\"", escape_for_display(name)),
            {},
            "`git update-index --no-split-index` and `git sparse-checkout reapply --no-sparse-index` do without; "
            "or name a commit instead of WORKTREE"};
      at += 8 + size;
    }
    return {};
  }

  ByteView m_file;
  std::size_t m_id_size;
  GitHash m_hash;
  std::uint32_t m_version = 0;
  std::size_t m_at = k_header_size;
  std::size_t m_end = 0;
  std::string m_path;                   ///< of the entry before
  std::uint64_t m_path_bytes_left = 0;  ///< of those that all paths together may have
};

}  // namespace

Result<std::vector<IndexEntry>> parse_index(ByteView file, GitHash hash) {
  return IndexParser{file, hash}.parse();
}

}  // namespace assay::vcs
