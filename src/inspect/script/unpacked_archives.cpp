#include "inspect/script/unpacked_archives.hpp"

#include <algorithm>

#include "archive/reader.hpp"
#include "base/glob.hpp"

namespace assay::inspect {

namespace {

std::string_view without_dot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

bool is_meant(std::string_view pattern, std::string_view path) {
  pattern = without_dot(pattern);
  return pattern == path || (pattern.find_first_of("*?[") != std::string_view::npos && glob_match_any(pattern, path));
}

bool is_meant(const std::vector<std::string>& patterns, std::string_view path) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return is_meant(pattern, path); });
}

/// What was read up to a limit is handed out all the same, and the rest is a gap.
bool ends_at_a_limit(const Coverage& coverage) {
  return std::any_of(coverage.gaps.begin(), coverage.gaps.end(),
                     [](const CoverageGap& gap) { return gap.reason.find("(limit ") != std::string::npos; });
}

}  // namespace

/// Notes the regular files that are meant, and keeps of each as much as there is room for.
class UnpackedArchives::Lister final : public archive::EntryVisitor {
 public:
  Lister(const std::vector<std::string>* patterns, std::uint64_t room, Archive& into)
      : m_patterns(patterns), m_room(room), m_into(into) {}
  void begin(const TreeEntry& entry) override {
    m_wanted = entry.kind == EntryKind::regular && (m_patterns == nullptr || is_meant(*m_patterns, entry.path));
    if (m_wanted) m_into.members.push_back({entry.path, std::string{}});
  }
  void data(ByteView piece) override {
    m_read += piece.size();
    if (!m_wanted || !m_into.members.back().content) return;
    auto& content = *m_into.members.back().content;
    if (m_kept + piece.size() <= m_room) {
      content += as_text(piece);
      m_kept += piece.size();
    } else if (m_patterns == nullptr) {
      // Half a file is none: it is read again if someone asks for it.
      m_kept -= content.size();
      m_into.members.back().content.reset();
    }
  }
  std::uint64_t read() const noexcept { return m_read; }
  std::uint64_t kept() const noexcept { return m_kept; }

 private:
  const std::vector<std::string>* m_patterns;
  const std::uint64_t m_room;
  Archive& m_into;
  std::uint64_t m_read = 0, m_kept = 0;
  bool m_wanted = false;
};

bool UnpackedArchives::read(ByteView archive, const std::vector<std::string>* patterns, std::uint64_t max_output,
                            Archive& members) {
  if (m_left == 0) {
    m_exhausted = true;
    return false;
  }
  Lister lister{patterns, patterns == nullptr ? k_most_kept - m_kept : max_output, members};
  archive::ReadOptions options;
  options.visitor = &lister;
  options.limits.max_total_size = m_left;
  const auto outcome = archive::read_archive(archive, "archive", options);
  m_exhausted =
      m_exhausted || (outcome ? ends_at_a_limit(outcome->coverage) : outcome.error().code == ErrorCode::limit);
  // What is no archive at all was read as well.
  m_left -= std::min(m_left, std::max<std::uint64_t>(lister.read(), archive.size()));
  if (patterns == nullptr) m_kept += lister.kept();
  return outcome.has_value();
}

const UnpackedArchives::Archive& UnpackedArchives::known(ByteView archive) {
  const auto [slot, fresh] = m_archives.try_emplace(sha256(archive));
  auto& entry = slot->second;
  if (fresh) entry.readable = read(archive, nullptr, 0, entry);
  return entry;
}

std::optional<std::string> UnpackedArchives::files_in(ByteView archive, const std::vector<std::string>& patterns,
                                                      std::uint64_t max_output) {
  const auto& known_as = known(archive);
  if (!known_as.readable) return std::nullopt;
  bool any = false, all_kept = true;
  std::string output;
  for (const auto& member : known_as.members) {
    if (!is_meant(patterns, member.path)) continue;
    any = true;
    all_kept = all_kept && member.content && output.size() + member.content->size() <= max_output;
    if (all_kept) output += *member.content;
  }
  if (!any) return std::nullopt;
  if (all_kept) return output;
  Archive again;
  if (!read(archive, &patterns, max_output, again)) return std::nullopt;
  output.clear();
  for (const auto& member : again.members) output += *member.content;
  return output;
}

}  // namespace assay::inspect
