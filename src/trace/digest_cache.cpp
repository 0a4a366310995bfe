#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "trace/hashing.hpp"

namespace assay::trace {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_magic = "assay digests 1\n";
constexpr std::uint64_t k_largest = 64U << 20;
constexpr std::size_t k_most = 100'000;  // entries; beyond, those that this run did not use are left out

/// What lies there is believed, so nobody else may have written it.
std::optional<std::string> read_own(const fs::path& path) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return std::nullopt;
  const auto bytes = read_file(ProcPath::own(file.get()).c_str(), k_largest);  // what was looked at
  return bytes ? std::optional<std::string>{as_text(*bytes)} : std::nullopt;
}

/// The next word of `rest`; a number of any sign.
template <typename Number>
bool take_number(std::string_view& rest, Number& number) {
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (problem != std::errc{} || end == rest.data() + rest.size() || *end != ' ') return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  return true;
}

}  // namespace

struct DigestCache::State::Table {
  struct Known {
    FileStamp stamp;
    Content content;
    bool used = false;
    bool lasts = false;  ///< a change would have shown in the stamp
  };
  mutable std::mutex mutex;
  std::unordered_map<FileKey, Known, FileKeyHash> known;
  fs::path file;
  bool changed = false;

  bool load_line(std::string_view line);
  void load();
  void save() const;
};

bool DigestCache::State::Table::load_line(std::string_view line) {
  FileKey key;
  Known entry;
  unsigned kind = 0;
  const bool whole = take_number(line, key.device) && take_number(line, key.inode) && take_number(line, key.born) &&
                     take_number(line, entry.stamp.size) && take_number(line, entry.stamp.modified) &&
                     take_number(line, entry.stamp.changed) && take_number(line, kind) && line.size() == 129 &&
                     line[64] == ' ' && kind <= static_cast<unsigned>(ContentKind::object_archive);
  if (!whole || key.born == 0) return false;
  const auto sha256 = Sha256::from_hex(line.substr(0, 64));
  const auto gitoid = GitOid::from_hex(line.substr(65));
  if (!sha256 || !gitoid) return false;
  entry.content = {*sha256, *gitoid, entry.stamp.size, static_cast<ContentKind>(kind)};
  entry.lasts = true;
  known.insert_or_assign(key, entry);
  return true;
}

/// A file that is damaged is as if it were not there.
void DigestCache::State::Table::load() {
  const auto text = read_own(file);
  const auto size = k_magic.size() + 65;
  if (!text || !text->starts_with(k_magic) || text->size() < size) return;
  auto rest = std::string_view{*text}.substr(size);
  if (sha256(as_bytes(rest)).hex() != std::string_view{*text}.substr(k_magic.size(), 64)) return;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || !load_line(rest.substr(0, end))) return known.clear();
    rest.remove_prefix(end + 1);
  }
}

void DigestCache::State::Table::save() const {
  std::string body;
  for (const auto& [key, entry] : known) {
    if (!entry.lasts || (known.size() > k_most && !entry.used)) continue;
    body += fmt::format("{} {} {} {} {} {} {} {} {}\n", key.device, key.inode, key.born, entry.stamp.size,
                        entry.stamp.modified, entry.stamp.changed, static_cast<unsigned>(entry.content.kind),
                        entry.content.sha256.hex(), entry.content.gitoid.hex());
  }
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  // Without it the next run hashes again, and that is all.
  (void)write_file_whole(file, std::string{k_magic} + sha256(as_bytes(body)).hex() + "\n" + body);
}

DigestCache::State::State(fs::path file) : table(std::make_unique<Table>()) {
  table->file = std::move(file);
  if (!table->file.empty()) table->load();
}
DigestCache::State::~State() {
  if (!table->file.empty() && table->changed) table->save();
}

std::optional<Content> DigestCache::State::find(const FileFacts& facts) const {
  // Without the time of its birth, another file may have its number, and a clock that was set back its times.
  if (facts.key.born == 0) return std::nullopt;
  const std::lock_guard lock{table->mutex};
  const auto found = table->known.find(facts.key);
  if (found == table->known.end() || found->second.stamp != facts.stamp) return std::nullopt;
  found->second.used = true;
  return found->second.content;
}

void DigestCache::State::add(const FileFacts& facts, const Content& content, bool lasts) {
  if (facts.key.born == 0) return;
  const std::lock_guard lock{table->mutex};
  table->known.insert_or_assign(facts.key, Table::Known{facts.stamp, content, true, lasts});
  table->changed = table->changed || lasts;
}

DigestCache::DigestCache(fs::path file) : m_state(std::make_unique<State>(std::move(file))) {}
DigestCache::~DigestCache() = default;

}  // namespace assay::trace
