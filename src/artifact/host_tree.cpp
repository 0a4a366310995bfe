#include "artifact/host_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "artifact/image_layout.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_block = 128U << 10;
constexpr int k_most_links = 40;  ///< as the kernel has it

std::string device_numbers(std::uint64_t device) {
  return fmt::format("{}:{}", major(device), minor(device));
}

EntryKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return EntryKind::regular;
  if (S_ISDIR(mode)) return EntryKind::directory;
  if (S_ISLNK(mode)) return EntryKind::symlink;
  if (S_ISFIFO(mode)) return EntryKind::fifo;
  if (S_ISSOCK(mode)) return EntryKind::socket;
  return EntryKind::device;
}

class Lister {
 public:
  Lister(fs::path root, const Limits& limits) : m_root(std::move(root)), m_limits(limits) {}

  Result<HostTree> run() {
    std::error_code problem;
    std::error_code unread;  // of a root that is given as a link, what it leads to
    ASSAY_TRY(m_tree.root, look_at(fs::canonical(m_root, unread)));
    read_attributes(m_tree.root);
    fs::recursive_directory_iterator walk{m_root, fs::directory_options::none, problem};
    for (; !problem && walk != fs::recursive_directory_iterator{}; walk.increment(problem)) {
      const bool deepest = walk.depth() >= static_cast<int>(m_limits.max_path_depth);
      if (deepest) walk.disable_recursion_pending();
      ASSAY_TRY_VOID(take(walk->path()));
      if (deepest && m_tree.entries.back().member.kind == EntryKind::directory)
        m_tree.unlisted = fmt::format("more than {} directories deep: not listed below", m_limits.max_path_depth);
    }
    if (problem)
      return Error{
          ErrorCode::io, "cannot list the directory: " + problem.message(), escape_for_display(m_root.string()), {}};
    note_circles();
    std::sort(m_tree.special.begin(), m_tree.special.end());
    auto& entries = m_tree.entries;
    std::sort(entries.begin(), entries.end(),
              [](const HostEntry& x, const HostEntry& y) { return x.member.name < y.member.name; });
    return std::move(m_tree);
  }

 private:
  /// Links that lead to a directory they stand in, or from one to another and back: told, by their names alone.
  void note_circles() {
    std::unordered_map<std::string, std::string> links;
    for (const auto& entry : m_tree.entries)
      if (entry.member.kind == EntryKind::symlink && !entry.link_target.starts_with('/'))
        links.emplace(entry.member.name, entry.link_target);
    for (const auto& entry : m_tree.entries)
      if (links.contains(entry.member.name) && leads_in_a_circle(entry.member.name, links))
        m_tree.special.push_back(fmt::format("{} is a symbolic link that leads in a circle: not followed",
                                             escape_for_display(entry.member.name)));
  }

  static bool leads_in_a_circle(const std::string& name, const std::unordered_map<std::string, std::string>& links) {
    auto place = name;
    for (int step = 0; step < k_most_links; ++step) {
      const auto link = links.find(place);
      if (link == links.end()) return false;
      place = (fs::path{place}.parent_path() / link->second).lexically_normal().string();
      while (place.ends_with('/')) place.pop_back();
      if (place == "." || name.starts_with(place + "/")) return true;
    }
    return true;
  }

  Result<void> take(const fs::path& file) {
    if (m_tree.entries.size() >= m_limits.max_entries)
      return Error{ErrorCode::limit, "the directory holds more entries than the limit allows",
                   escape_for_display(m_root.string()), "--limit entries=N"};
    ASSAY_TRY(auto entry, look_at(file));
    // The iterator keeps the root as given in front of each path.
    entry.member.name = file.string().substr(m_root.string().size());
    while (entry.member.name.starts_with('/')) entry.member.name.erase(0, 1);
    read_attributes(entry);
    if (entry.member.kind == EntryKind::regular) m_tree.newest = std::max(m_tree.newest, entry.modified);
    if (entry.member.kind == EntryKind::symlink) {
      std::error_code unread;
      entry.link_target = fs::read_symlink(file, unread).string();
    } else if (entry.member.kind == EntryKind::fifo || entry.member.kind == EntryKind::socket ||
               entry.member.kind == EntryKind::device) {
      m_tree.special.push_back(
          fmt::format("{} is a {}: not opened", escape_for_display(entry.member.name), to_string(entry.member.kind)));
    }
    m_tree.entries.push_back(std::move(entry));
    return {};
  }

  static Result<HostEntry> look_at(const fs::path& file) {
    struct stat facts {};
    if (::lstat(file.c_str(), &facts) != 0) return errno_error("look at", escape_for_display(file.string()));
    HostEntry entry;
    entry.file = file;
    entry.member.kind = kind_of(facts.st_mode);
    entry.member.mode = facts.st_mode & 07777;
    entry.size = static_cast<std::uint64_t>(facts.st_size);
    entry.device = facts.st_rdev;
    entry.modified = facts.st_mtime;
    entry.member.owner = fmt::format("{}:{}", facts.st_uid, facts.st_gid);
    return entry;
  }

  /// What a file system that has none answers is no gap: there is nothing.
  void read_attributes(HostEntry& entry) {
    const auto size = ::llistxattr(entry.file.c_str(), m_names.data(), m_names.size());
    if (size < 0 && errno == ERANGE)
      m_tree.special.push_back(
          fmt::format("{} has more extended attributes than are read", escape_for_display(entry.member.name)));
    for (ssize_t at = 0; at < size;) {
      const std::string name{m_names.data() + at};
      at += static_cast<ssize_t>(name.size()) + 1;
      if (name == "security.selinux" || name == "security.SMACK64" || name == "security.evm" || name == "security.ima")
        continue;
      const auto length = ::lgetxattr(entry.file.c_str(), name.c_str(), m_value.data(), m_value.size());
      entry.attributes[name] =
          length < 0 ? "(cannot be read)" : std::string{m_value.data(), static_cast<std::size_t>(length)};
      entry.member.capable = entry.member.capable || name == "security.capability";
    }
  }

  const fs::path m_root;
  const Limits& m_limits;
  HostTree m_tree;
  std::vector<char> m_names = std::vector<char>(64U << 10);  // the kernel's own bounds
  std::vector<char> m_value = std::vector<char>(64U << 10);
};

Result<std::size_t> read_block(int file, std::span<std::uint8_t> out, const HostEntry& entry) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto got = ::read(file, out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read", escape_for_display(entry.file.string()));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

/// Names that stand on one side only: their contents are needed to find what moved.
void open_unmatched(std::vector<HostEntry>& a, std::vector<HostEntry>& b, Session& session) {
  const auto names = [](const std::vector<HostEntry>& entries) {
    std::unordered_set<std::string_view> set;
    for (const auto& entry : entries) set.insert(entry.member.name);
    return set;
  };
  const auto names_a = names(a);
  const auto names_b = names(b);
  const auto open = [&](std::vector<HostEntry>& entries, const std::unordered_set<std::string_view>& other) {
    for (auto& entry : entries) {
      if (entry.member.kind != EntryKind::regular || other.contains(entry.member.name)) continue;
      if (auto content = Content::open(entry.file)) entry.member.content = *std::move(content);
      else session.gap(escape_for_display(entry.member.name), content.error().message);
    }
  };
  open(a, names_b);
  open(b, names_a);
}

std::vector<Member> members_of(std::vector<HostEntry>& entries) {
  std::vector<Member> members;
  members.reserve(entries.size());
  for (auto& entry : entries) members.push_back(entry.member);
  return members;
}

class DirectoryComparison {
 public:
  DirectoryComparison(Session& session, HostTree a, HostTree b)
      : m_session(session), m_a(std::move(a)), m_b(std::move(b)) {}

  Node run() {
    Node node;
    node.item.comparator = "directory";
    node.accounted = true;
    for (const auto* tree : {&m_a, &m_b})
      for (const auto& text : tree->special)
        if (std::find(node.item.notes.begin(), node.item.notes.end(), text) == node.item.notes.end()) node.note(text);
    for (const auto* tree : {&m_a, &m_b})
      if (!tree->unlisted.empty()) m_session.gap({}, tree->unlisted, "--limit path-depth=N");
    m_session.dated(m_a.newest, m_b.newest);
    open_unmatched(m_a.entries, m_b.entries, m_session);
    open_manifests(m_a);
    open_manifests(m_b);
    auto left = members_of(m_a.entries);
    auto right = members_of(m_b.entries);
    assign_image_roles(m_session, {}, left, right);
    auto matching = match_members(left, right);
    matching.reordered = false;  // both lists are sorted
    matching.top_a.clear();
    open_differing(matching, left, right);
    compare_members(
        m_session, Pair{}, left, right, matching,
        [&](const MemberPair& match) { return header_changes(m_a.entries[match.a], m_b.entries[match.b]); }, node);
    for (auto& change : header_changes(m_a.root, m_b.root)) node.add(std::move(change));
    return node;
  }

 private:
  /// An image layout is known by these.
  static void open_manifests(HostTree& tree) {
    for (auto& entry : tree.entries) {
      const auto& name = entry.member.name;
      if (name != "index.json" && name != "oci-layout" && name != "manifest.json" && name != "repositories") continue;
      if (auto content = Content::open(entry.file)) entry.member.content = *std::move(content);
    }
  }

  void open_differing(const Matching& matching, std::vector<Member>& left, std::vector<Member>& right) {
    m_session.parallel(matching.pairs.size(), [&](std::size_t i) {
      const auto& match = matching.pairs[i];
      const auto& a = m_a.entries[match.a];
      const auto& b = m_b.entries[match.b];
      if (match.moved || a.member.kind != EntryKind::regular || b.member.kind != EntryKind::regular) return;
      const auto same = same_files(a, b);
      if (same && *same) return;
      open(a, left[match.a]);
      open(b, right[match.b]);
    });
  }

  void open(const HostEntry& entry, Member& member) {
    if (auto content = Content::open(entry.file)) member.content = *std::move(content);
    else m_session.gap(escape_for_display(entry.member.name), content.error().message);
  }

  static std::vector<Change> header_changes(const HostEntry& a, const HostEntry& b) {
    std::vector<Change> changes;
    const auto add = [&](Aspect aspect, std::string_view place, std::string_view before, std::string_view after) {
      if (before == after) return;
      auto change = make_change(aspect, std::string{place}, before, after);
      if (!b.member.name.empty()) change.path = ContainerPath{{b.member.name}}.to_string();
      change.impact = aspect == Aspect::mode || aspect == Aspect::owner ? Impact::privilege
                      : aspect == Aspect::xattr                         ? Impact::attribute
                                                                        : Impact::metadata;
      changes.push_back(std::move(change));
    };
    // Links have no mode of their own.
    if (a.member.kind != EntryKind::symlink && a.member.kind == b.member.kind)
      add(Aspect::mode, "mode", fmt::format("{:04o}", a.member.mode), fmt::format("{:04o}", b.member.mode));
    add(Aspect::owner, "owner and group", a.member.owner, b.member.owner);
    if (a.attributes != b.attributes) {
      auto names = a.attributes;
      names.insert(b.attributes.begin(), b.attributes.end());
      const auto value = [](const HostEntry& entry, const std::string& name) {
        const auto found = entry.attributes.find(name);
        return found == entry.attributes.end() ? std::string{} : "=" + found->second;
      };
      for (const auto& [name, unused] : names) add(Aspect::xattr, name, value(a, name), value(b, name));
    }
    add(Aspect::link, "link target", a.link_target, b.link_target);
    if (a.member.kind == EntryKind::device)
      add(Aspect::kind, "device", device_numbers(a.device), device_numbers(b.device));
    return changes;
  }

  Session& m_session;
  HostTree m_a, m_b;
};

}  // namespace

Result<HostTree> list_directory(const fs::path& root, const Limits& limits) {
  return Lister{root, limits}.run();
}

Result<bool> same_files(const HostEntry& a, const HostEntry& b) {
  if (a.size != b.size) return false;
  ASSAY_TRY(const auto left, open_regular(a.file));
  ASSAY_TRY(const auto right, open_regular(b.file));
  thread_local Bytes first(k_block), second(k_block);
  while (true) {
    ASSAY_TRY(const auto got_a, read_block(left.get(), first, a));
    ASSAY_TRY(const auto got_b, read_block(right.get(), second, b));
    if (got_a != got_b || std::memcmp(first.data(), second.data(), got_a) != 0) return false;
    if (got_a < k_block) return true;
  }
}

Result<Node> compare_directories(Session& session, const fs::path& a, const fs::path& b) {
  ASSAY_TRY(auto left, list_directory(a, session.limits()));
  ASSAY_TRY(auto right, list_directory(b, session.limits()));
  return DirectoryComparison{session, std::move(left), std::move(right)}.run();
}

}  // namespace assay::artifact
