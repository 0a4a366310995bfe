#include "archive/traps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archive/member_path.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

std::string shown(std::string_view text) {
  return fmt::format("'{}'", escape_for_display(text));
}

bool same_content(const TreeEntry& a, const TreeEntry& b) {
  if (a.kind == EntryKind::directory) return true;
  if (a.kind == EntryKind::symlink) return a.link_target == b.link_target;
  if (a.sha256_known != b.sha256_known || a.digests.sha1_collision || b.digests.sha1_collision) return false;
  static constexpr DigestSet k_not_read{};
  return a.digests == b.digests && a.digests != k_not_read;
}

}  // namespace

void TrapDetector::see_header(const TreeEntry& entry) {
  check_name("name", entry, entry.path);
  if (!entry.link_target.empty()) check_name("link target", entry, entry.link_target);
  check_path(entry);
  check_kind(entry);
  check_mode(entry);
  check_link(entry);
  check_way(entry);
}

void TrapDetector::check_name(std::string_view what, const TreeEntry& entry, std::string_view name) {
  const auto tell = [&](std::string_view holds) { return fmt::format("the {} {} {}", what, shown(name), holds); };
  if (!is_utf8(name)) m_findings.add(Trap::name_not_utf8, entry.path, tell("is not UTF-8"), {.key = what});
  if (has_control(name)) {
    m_findings.add(Trap::deceptive_name, entry.path, tell("holds control characters"), {.key = what});
  } else if (has_bidi_or_zero_width(name)) {
    m_findings.add(Trap::deceptive_name, entry.path, tell("holds bidirectional or zero-width characters"),
                   {.key = what});
  }
}

void TrapDetector::check_path(const TreeEntry& entry) {
  if (is_absolute(entry.path))
    m_findings.add(Trap::absolute_path, entry.path, fmt::format("{} is an absolute path", shown(entry.path)));
  // Where a backslash divides names, `..\\x` leads out of the archive as `../x` does.
  auto divided = entry.path;
  std::replace(divided.begin(), divided.end(), '\\', '/');
  if (has_dot_dot(divided))
    m_findings.add(Trap::parent_path, entry.path, fmt::format("{} has a '..' component", shown(entry.path)));
}

void TrapDetector::check_kind(const TreeEntry& entry) {
  const bool device = entry.kind == EntryKind::device;
  if (!device && entry.kind != EntryKind::fifo && entry.kind != EntryKind::socket) return;
  FindingSink::Options options;
  if (!device) options.severity = Severity::medium;
  m_findings.add(Trap::special_file, entry.path, fmt::format("{} is a {}", shown(entry.path), to_string(entry.kind)),
                 std::move(options));
}

void TrapDetector::check_mode(const TreeEntry& entry) {
  // The mode of a link means nothing.
  if ((entry.mode & 06000) == 0 || entry.kind == EntryKind::symlink || entry.kind == EntryKind::hardlink) return;
  FindingSink::Options options;
  if (entry.kind == EntryKind::directory) {
    options.severity = Severity::low;
  } else if (entry.kind == EntryKind::regular && (entry.mode & 0111) != 0) {
    options.severity = Severity::high;
  }
  m_findings.add(Trap::set_id, entry.path, fmt::format("{} has mode {:04o}", shown(entry.path), entry.mode),
                 std::move(options));
}

void TrapDetector::check_link(const TreeEntry& entry) {
  if (entry.kind == EntryKind::symlink) {
    if (leaves_root(entry.path, entry.link_target))
      m_findings.add(Trap::link_leaves_root, entry.path,
                     fmt::format("the symbolic link points to {}, outside the archive", shown(entry.link_target)));
    m_symlinks.insert_or_assign(entry.path, entry.link_target);
  } else if (entry.kind == EntryKind::hardlink && leaves_root({}, entry.link_target)) {
    // The target of a hard link is a path from the root of the archive.
    m_findings.add(Trap::link_leaves_root, entry.path,
                   fmt::format("the hard link is to {}, outside the archive", shown(entry.link_target)),
                   {.severity = Severity::high});
  }
}

/// Does the way to the entry lead over a symbolic link of this archive?
void TrapDetector::check_way(const TreeEntry& entry) {
  if (m_symlinks.empty()) return;
  const std::string_view path = entry.path;
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const auto found = m_symlinks.find(path.substr(0, slash));
    if (found == m_symlinks.end()) continue;
    m_findings.add(Trap::path_through_link, entry.path,
                   fmt::format("{} is placed through the symbolic link {} to {}", shown(path), shown(found->first),
                               shown(found->second)));
    return;
  }
}

void TrapDetector::see_hardlink(const TreeEntry& link, const TreeEntry* target) {
  // A link has the mode of what it leads to, whatever its own header says; packers write the same twice.
  if (target != nullptr && target->kind == EntryKind::regular && link.mode != target->mode)
    m_findings.add(Trap::header_conflict, link.path,
                   fmt::format("the hard link has mode {:04o}, what it leads to {:04o}", link.mode, target->mode),
                   {.key = "mode"});
  if (target != nullptr && target->kind != EntryKind::directory) return;
  // One that leaves the archive was reported as that.
  if (leaves_root({}, link.link_target)) return;
  m_findings.add(Trap::dangling_hardlink, link.path,
                 fmt::format("the hard link is to {}, which is {}", shown(link.link_target),
                             target == nullptr ? "no earlier member" : "a directory"));
}

void TrapDetector::see_entry(const TreeEntry& entry, const TreeEntry* earlier) {
  if (earlier == nullptr) return;
  if (entry.kind != EntryKind::symlink) m_symlinks.erase(entry.path);
  if (entry.kind == EntryKind::directory && earlier->kind == EntryKind::directory) return;
  const auto key = std::to_string(m_entries.size());
  FindingSink::Options options;
  options.key = key;
  std::string how;
  if (entry.kind != earlier->kind) {
    how = fmt::format("first a {}, then a {}", to_string(earlier->kind), to_string(entry.kind));
  } else if (same_content(entry, *earlier)) {
    how = "with the same content";
    options.severity = Severity::low;
  } else {
    how = "with different content";
    for (const auto& [which, one] : {std::pair{"earlier", earlier}, std::pair{"later", &entry}})
      if (one->sha256_known || one->digests.git_oid != GitOid{})
        options.evidence.push_back(one->sha256_known
                                       ? Evidence{fmt::format("SHA-256 of the {}", which), one->digests.sha256.hex()}
                                       : Evidence{fmt::format("git id of the {}", which), one->digests.git_oid.hex()});
  }
  m_findings.add(Trap::duplicate_member, entry.path, fmt::format("{} occurs again, {}", shown(entry.path), how),
                 std::move(options));
}

void TrapDetector::finish() {
  check_case();
}

void TrapDetector::check_case() {
  // A hash only gathers what may be equal; what is equal is decided on the names, so that forging hashes gains nothing.
  struct Folded {
    std::uint64_t hash;
    std::uint32_t position;
  };
  std::vector<Folded> folded;
  folded.reserve(m_entries.size());
  for (std::uint32_t i = 0; i < m_entries.size(); ++i)
    folded.push_back({xxh3(as_bytes(ascii_lower(m_entries[i].path))), i});
  std::sort(folded.begin(), folded.end(), [](const Folded& a, const Folded& b) {
    return std::pair{a.hash, a.position} < std::pair{b.hash, b.position};
  });
  std::vector<std::pair<std::uint32_t, std::uint32_t>> collisions;
  for (std::size_t i = 1; i < folded.size(); ++i) {
    if (folded[i].hash != folded[i - 1].hash) continue;
    const auto& a = m_entries[folded[i - 1].position].path;
    const auto& b = m_entries[folded[i].position].path;
    if (a != b && ascii_lower(a) == ascii_lower(b)) collisions.emplace_back(folded[i].position, folded[i - 1].position);
  }
  std::sort(collisions.begin(), collisions.end());
  for (const auto& [later, earlier] : collisions)
    m_findings.add(
        Trap::case_collision, m_entries[later].path,
        fmt::format("{} and {} differ only in case", shown(m_entries[earlier].path), shown(m_entries[later].path)));
}

}  // namespace assay::archive
