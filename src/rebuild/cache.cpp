#include "rebuild/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "base/file.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;
using provenance::Regeneration;

namespace {

constexpr std::string_view k_magic = "assay regeneration 3\n";
constexpr std::string_view k_suffix = ".regenerated";
constexpr std::uint64_t k_largest_entry = 2ULL << 30;

void put(std::string& out, std::string_view field) {
  out += fmt::format("{}:{},", field.size(), field);
}

/// Reads netstrings (`<size>:<bytes>,`), one after another.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : m_rest(bytes) {}
  bool at_end() const noexcept { return m_rest.empty(); }
  bool broken() const noexcept { return m_broken; }
  std::string_view next() {
    std::size_t size = 0;
    const auto [end, problem] =
        std::from_chars(m_rest.data(), m_rest.data() + std::min<std::size_t>(m_rest.size(), 20), size);
    const auto digits = static_cast<std::size_t>(end - m_rest.data());
    if (problem != std::errc{} || digits + 2 > m_rest.size() || size > m_rest.size() - digits - 2 ||
        m_rest[digits] != ':' || m_rest[digits + 1 + size] != ',') {
      m_broken = true;
      m_rest = {};
      return {};
    }
    const auto field = m_rest.substr(digits + 1, size);
    m_rest.remove_prefix(digits + size + 2);
    return field;
  }

 private:
  std::string_view m_rest;
  bool m_broken = false;
};

void read_record(Fields& fields, Regeneration& outcome) {
  const auto kind = fields.next();
  const auto first = fields.next();
  if (kind == "recipe") {
    outcome.recipe = first;
  } else if (kind == "tool") {
    outcome.tools.emplace_back(first);
  } else if (kind == "step") {
    const auto code = fields.next();
    provenance::RegenerationStep step{std::string{first}, 0, fields.next() == "1"};
    std::from_chars(code.data(), code.data() + code.size(), step.exit_code);
    outcome.steps.push_back(std::move(step));
  } else if (kind == "gap") {
    const auto reason = fields.next();
    outcome.coverage.add(std::string{first}, std::string{reason}, std::string{fields.next()});
  } else if (kind == "released") {
    outcome.released.emplace(first);
  } else if (kind == "most of the tree") {
    outcome.has_most_of_the_tree = first == "1";
  } else if (kind == "file") {
    const auto place = fields.next();
    const auto with = fields.next();
    const auto content = as_bytes(fields.next());
    outcome.add(std::string{first}, {std::string{place}, Bytes{content.begin(), content.end()}, std::string{with}});
  }
}

/// What lies in the cache is believed, so nobody else may have written it.
bool is_own(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Empty if there is no home: none is made.
fs::path cache_directory() {
  std::error_code ignored;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && fs::path{cache}.is_absolute())
    return fs::path{cache} / "assay";
  if (const char* home = std::getenv("HOME");
      home != nullptr && fs::path{home}.is_absolute() && fs::is_directory(home, ignored))
    return fs::path{home} / ".cache/assay";
  return {};
}

}  // namespace

std::string serialise(const Regeneration& outcome) {
  std::string out;
  const auto record = [&](std::initializer_list<std::string_view> fields) {
    for (const auto field : fields) put(out, field);
  };
  record({"recipe", outcome.recipe});
  for (const auto& tool : outcome.tools) record({"tool", tool});
  for (const auto& step : outcome.steps)
    record({"step", step.command, std::to_string(step.exit_code), step.timed_out ? "1" : "0"});
  for (const auto& gap : outcome.coverage.gaps) record({"gap", gap.what, gap.reason, gap.remedy});
  for (const auto& path : outcome.released) record({"released", path});
  record({"most of the tree", outcome.has_most_of_the_tree ? "1" : "0"});
  for (const auto& [path, files] : outcome.files())
    for (const auto& file : files) record({"file", path, file.place, file.with, as_text(file.content)});
  return std::string{k_magic} + sha256(as_bytes(out)).hex() + "\n" + out;
}

std::optional<Regeneration> deserialise(std::string_view bytes) {
  if (!bytes.starts_with(k_magic) || bytes.size() < k_magic.size() + 65 || bytes[k_magic.size() + 64] != '\n')
    return std::nullopt;
  const auto body = bytes.substr(k_magic.size() + 65);
  if (sha256(as_bytes(body)).hex() != bytes.substr(k_magic.size(), 64)) return std::nullopt;
  Regeneration outcome;
  Fields fields{body};
  while (!fields.at_end()) read_record(fields, outcome);
  if (fields.broken()) return std::nullopt;
  return outcome;
}

fs::path RegenerationCache::file_of(const Sha256& key) const {
  return m_directory / (key.hex() + std::string{k_suffix});
}

Result<void> RegenerationCache::prepare() const {
  if (m_directory.empty()) return {};
  std::error_code problem;
  const bool made = fs::create_directories(m_directory, problem);
  if (problem)
    return Error{ErrorCode::io, "cannot make the directory: " + problem.message(), m_directory.string(),
                 "name another with --cache DIR"};
  if (made) fs::permissions(m_directory, fs::perms::owner_all, problem);
  if (!is_own(m_directory))
    return Error{ErrorCode::usage, "others may write there, and what lies in a cache is believed", m_directory.string(),
                 "name a directory of your own that nobody else may write to"};
  return {};
}

std::optional<Regeneration> RegenerationCache::find(const Sha256& key) const {
  if (m_directory.empty()) return std::nullopt;
  const auto file = file_of(key);
  if (!is_own(m_directory) || !is_own(file)) return std::nullopt;
  const auto bytes = read_file(file, k_largest_entry);
  if (!bytes) return std::nullopt;
  auto outcome = deserialise(as_text(*bytes));
  if (!outcome) return std::nullopt;
  ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);  // used now: eviction goes by this
  outcome->from_cache = true;
  return outcome;
}

Result<void> RegenerationCache::store(const Sha256& key, const Regeneration& outcome) const {
  if (m_directory.empty()) return {};
  ASSAY_TRY_VOID(prepare());
  const auto bytes = serialise(outcome);
  if (bytes.size() > m_max_size) return {};
  ASSAY_TRY_VOID(write_file_whole(file_of(key), bytes));
  evict();
  return {};
}

void RegenerationCache::evict() const {
  struct Entry {
    fs::path file;
    fs::file_time_type used;
    std::uint64_t size;
  };
  std::error_code ignored;
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  for (const auto& item : fs::directory_iterator{m_directory, ignored}) {
    if (item.path().extension() != k_suffix) continue;
    std::error_code problem;
    Entry entry{item.path(), item.last_write_time(problem), problem ? 0 : item.file_size(problem)};
    if (problem) continue;  // another run was quicker
    total += entry.size;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const auto& entry : entries) {
    if (total <= m_max_size) return;
    if (fs::remove(entry.file, ignored)) total -= entry.size;
  }
}

fs::path default_cache_directory() {
  const auto directory = cache_directory();
  return directory.empty() ? directory : directory / "regenerated";
}

fs::path digest_cache_file() {
  const auto directory = cache_directory();
  return directory.empty() ? directory : directory / "digests";
}

}  // namespace assay::rebuild
