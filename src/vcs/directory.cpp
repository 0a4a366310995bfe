#include "vcs/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_set>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_attributes_file = 16ULL << 20;
constexpr std::size_t k_read_size = 256U << 10;

UniqueFd open_directory_at(int parent, const char* name) {
  return UniqueFd{::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

/// The directory `path` below `root`, component by component, so that no link is followed on the way.
UniqueFd open_directory_below(int root, std::string_view path) {
  UniqueFd at{::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  while (!path.empty() && at) {
    const std::string part{path.substr(0, path.find('/'))};
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    at = open_directory_at(at.get(), part.c_str());
  }
  return at;
}

Error errno_at(std::string_view verb, std::string_view path) {
  return errno_error(verb, escape_for_display(path));
}

/// Open the regular file `name`; O_NONBLOCK because it may have become a FIFO since it was looked at.
Result<UniqueFd> open_file_at(int parent, const std::string& name, std::string_view path) {
  UniqueFd fd{::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return errno_at("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_at("stat", path);
  if (!S_ISREG(info.st_mode))
    return Error{ErrorCode::io, "changed while it was being read", escape_for_display(path), "run again"};
  return fd;
}

/// Give `sink` the content of `fd` piece by piece, through `buffer`; how many bytes there were.
template <typename Sink>
Result<std::uint64_t> read_all(const UniqueFd& fd, std::string_view path, std::uint64_t max_size, Bytes& buffer,
                               Sink sink) {
  std::uint64_t total = 0;
  while (true) {
    const auto got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_at("read", path);
    if (got == 0) return total;
    total += static_cast<std::uint64_t>(got);
    if (total > max_size)
      return Error{
          ErrorCode::limit, fmt::format("the file has more than {} bytes", max_size), escape_for_display(path), {}};
    sink(ByteView{buffer}.first(static_cast<std::size_t>(got)));
  }
}

/// Files of the host taken into a snapshot one by one.
class FileTaker {
 public:
  FileTaker(const Limits& limits, Snapshot& snapshot, GapList& gaps)
      : m_limits(limits), m_snapshot(snapshot), m_gaps(gaps), m_hasher(snapshot.git_hash) {}

  bool stopped() const noexcept { return m_stopped; }

  /// Take the file or link `name` of the directory `parent`, which stands at `path` of the tree.
  void take(int parent, const std::string& name, const std::string& path) {
    if (m_stopped || !fits(path)) return;
    struct stat info {};
    if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      gap(path, errno_at("stat", path).message);
    } else if (S_ISREG(info.st_mode)) {
      take_file(parent, name, path, info);
    } else if (S_ISLNK(info.st_mode)) {
      take_link(parent, name, path);
    } else {
      gap(path, "a device, FIFO or socket has no content to compare");
    }
  }

  void gap(const std::string& path, std::string reason, std::string remedy = {}) {
    m_gaps.add(escape_for_display(path), std::move(reason), std::move(remedy));
  }

 private:
  bool fits(const std::string& path) {
    if (path.size() > m_limits.max_path_length) {
      gap(path, fmt::format("the path is longer than {} bytes", m_limits.max_path_length));
      return false;
    }
    m_path_bytes += path.size();
    if (m_snapshot.entries.size() >= m_limits.max_entries || m_path_bytes > m_limits.memory ||
        m_total > m_limits.max_total_size) {
      m_stopped = true;
      gap(path + " and all after it", "the tree is larger than the limits allow",
          "raise the limits if the tree is trusted");
    }
    return !m_stopped;
  }

  void take_file(int parent, const std::string& name, const std::string& path, const struct stat& info) {
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > m_limits.max_entry_size)
      return gap(path, fmt::format("the file has more than {} bytes", m_limits.max_entry_size));
    const auto fd = open_file_at(parent, name, path);
    if (!fd) return gap(path, fd.error().message);
    const bool keep = name == ".gitattributes" && size <= k_max_attributes_file;
    Bytes kept;
    m_hasher.begin(size);
    const auto total = read_all(*fd, path, size, m_buffer, [&](ByteView piece) {
      m_hasher.update(piece);
      if (keep) kept.insert(kept.end(), piece.begin(), piece.end());
    });
    const auto digests = m_hasher.finish();
    if (!total || *total != size)
      return gap(path, total ? "changed while it was being read" : total.error().message, "run again");
    m_total += size;
    if (keep) m_snapshot.attributes.add_file(path_dirname(path), as_text(kept));
    m_snapshot.entries.push_back(
        {path, EntryKind::regular, (info.st_mode & 0100) != 0 ? 0755U : 0644U, size, digests, {}, true});
  }

  void take_link(int parent, const std::string& name, const std::string& path) {
    std::string target(m_limits.max_path_length + 1, '\0');
    const auto got = ::readlinkat(parent, name.c_str(), target.data(), target.size());
    if (got < 0) return gap(path, errno_at("read the link", path).message);
    target.resize(static_cast<std::size_t>(got));
    if (target.size() > m_limits.max_path_length) return gap(path, "the link's target is too long");
    m_hasher.begin(target.size());
    m_hasher.update(as_bytes(target));
    m_snapshot.entries.push_back({path, EntryKind::symlink, 0, target.size(), m_hasher.finish(), target, true});
  }

  const Limits& m_limits;
  Snapshot& m_snapshot;
  GapList& m_gaps;
  EntryHasher m_hasher;
  Bytes m_buffer = Bytes(k_read_size);
  std::uint64_t m_total = 0;
  std::uint64_t m_path_bytes = 0;
  bool m_stopped = false;
};

/// Walks a directory in the order of names. `.git` is never entered nor seen.
class DirectoryWalk {
 public:
  virtual ~DirectoryWalk() = default;
  void walk(int directory, std::uint32_t depth) {
    std::vector<std::string> names;
    if (!list(directory, names)) return;
    const auto size = m_path.size();
    for (const auto& name : names) {
      m_path += name;
      struct stat info {};
      const bool known = ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
      if (known && S_ISDIR(info.st_mode)) {
        descend(directory, name, depth);
      } else if (!file(directory, name)) {
        return;
      }
      m_path.resize(size);
    }
  }

 protected:
  explicit DirectoryWalk(const Limits& limits) : m_limits(limits) {}
  /// May the directory at path() be entered?
  virtual bool enter() { return true; }
  /// What is not a directory; false to stop.
  virtual bool file(int directory, const std::string& name) = 0;
  virtual void unreadable(std::string reason) = 0;
  /// The names of a directory that is about to be walked.
  virtual void listed(int /*directory*/, const std::vector<std::string>& /*names*/) {}
  const std::string& path() const noexcept { return m_path; }

 private:
  bool list(int directory, std::vector<std::string>& names) {
    struct Closer {
      void operator()(DIR* handle) const { ::closedir(handle); }
    };
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, Closer> handle{copy < 0 ? nullptr : ::fdopendir(copy)};
    if (!handle) {
      unreadable(errno_at("list the directory", m_path).message);
      return false;
    }
    while (const auto* item = ::readdir(handle.get())) {
      const std::string_view name = item->d_name;
      if (name == "." || name == ".." || name == ".git") continue;
      if (++m_names > m_limits.max_entries) {
        unreadable(fmt::format("there are more than {} below it", count_of(m_limits.max_entries, "name")));
        return false;
      }
      names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    listed(directory, names);
    return true;
  }

  void descend(int directory, const std::string& name, std::uint32_t depth) {
    if (!enter()) return;
    if (depth + 1 >= m_limits.max_path_depth)
      return unreadable(fmt::format("more than {} directories deep", m_limits.max_path_depth));
    const auto fd = open_directory_at(directory, name.c_str());
    if (!fd) return unreadable(errno_at("open the directory", m_path).message);
    m_path.push_back('/');
    walk(fd.get(), depth + 1);
  }

  const Limits& m_limits;
  std::string m_path;
  std::uint64_t m_names = 0;
};

class TakeEverything final : public DirectoryWalk {
 public:
  TakeEverything(const Limits& limits, FileTaker& taker) : DirectoryWalk(limits), m_taker(taker) {}

 private:
  bool file(int directory, const std::string& name) override {
    m_taker.take(directory, name, path());
    return !m_taker.stopped();
  }
  void unreadable(std::string reason) override { m_taker.gap(path().empty() ? "." : path(), std::move(reason)); }

  FileTaker& m_taker;
};

/// Counts what a working tree holds beside the tracked files.
class CountUntracked final : public DirectoryWalk {
 public:
  CountUntracked(const Limits& limits, const RepositoryPlace& place, const std::vector<IndexEntry>& index)
      : DirectoryWalk(limits), m_place(place) {
    for (const auto& entry : index) {
      m_tracked.insert(entry.path);
      if ((entry.mode & 0170000) == 0160000) m_submodules.insert(entry.path);
    }
  }
  std::uint64_t count() const noexcept { return m_count; }

 private:
  bool enter() override { return !m_submodules.contains(path()) && !ignored(path() + "/"); }
  bool file(int /*directory*/, const std::string& /*name*/) override {
    if (!m_tracked.contains(path()) && !ignored(path())) ++m_count;
    return true;
  }
  void unreadable(std::string /*reason*/) override {}
  void listed(int directory, const std::vector<std::string>& names) override {
    // The library would wait for ever on a .gitignore that is a FIFO: then no ignore file is read at all.
    struct stat info {};
    if (std::binary_search(names.begin(), names.end(), ".gitignore") &&
        ::fstatat(directory, ".gitignore", &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(info.st_mode))
      m_ask = false;
  }
  bool ignored(const std::string& path) const {
    return m_ask && m_place.repository->is_ignored(m_place.worktree, path);
  }

  const RepositoryPlace& m_place;
  std::unordered_set<std::string> m_tracked;
  std::unordered_set<std::string> m_submodules;
  std::uint64_t m_count = 0;
  bool m_ask = true;
};

/// The tracked files of a working tree, and of the submodules checked out in it.
class WorktreeReader {
 public:
  WorktreeReader(const Limits& limits, int root, Snapshot& snapshot, GapList& gaps)
      : m_limits(limits), m_root(root), m_gaps(gaps), m_taker(limits, snapshot, gaps) {}

  Result<void> read(const RepositoryPlace& place, const std::string& prefix, unsigned nesting) {
    ASSAY_TRY(const std::vector<IndexEntry> index, place.repository->read_index());
    for (const auto& entry : index) {
      if (m_taker.stopped()) return {};
      const auto path = prefix + entry.path;
      if (!is_harmless_path(entry.path)) {
        m_gaps.add(escape_for_display(path), "the index names a path that git does not allow",
                   "see what `git fsck` says");
        continue;
      }
      if (entry.conflicted)
        m_gaps.add(escape_for_display(path), "a merge conflict is not resolved", "resolve it, or name a commit");
      if ((entry.mode & 0170000) == 0160000) {
        read_submodule(place, entry, path, nesting);
      } else {
        take(entry, path);
      }
    }
    if (prefix.empty()) count_untracked(place, index);
    return {};
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const auto verb = [](std::uint64_t count) { return count == 1 ? "is" : "are"; };
    if (m_untracked > 0)
      notes.push_back(fmt::format("{} of the working tree {} not part of the reference",
                                  count_of(m_untracked, "untracked file"), verb(m_untracked)));
    if (m_deleted > 0)
      notes.push_back(
          fmt::format("{} {} not in the working tree", count_of(m_deleted, "tracked file"), verb(m_deleted)));
    return notes;
  }

 private:
  void take(const IndexEntry& entry, const std::string& path) {
    if (entry.absent) {
      m_gaps.add(escape_for_display(path), "left out of the working tree by a sparse checkout",
                 "`git sparse-checkout disable`, or name a commit");
      return;
    }
    const auto dir = path_dirname(path);
    if (!m_directory || dir != m_directory_path) {
      m_directory = open_directory_below(m_root, dir);
      m_directory_path = dir;
    }
    const std::string name{path_basename(path)};
    struct stat info {};
    if (!m_directory || ::fstatat(m_directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(info.st_mode)) {
      ++m_deleted;
      return;
    }
    m_taker.take(m_directory.get(), name, path);
  }

  void read_submodule(const RepositoryPlace& place, const IndexEntry& entry, const std::string& path,
                      unsigned nesting) {
    std::optional<RepositoryPlace> submodule;
    if (nesting + 1 < m_limits.max_nesting) submodule = find_submodule(place, entry.path, {}, entry.id, m_opened);
    if (!submodule || submodule->worktree.empty() || !read(*submodule, path + "/", nesting + 1))
      m_gaps.add(escape_for_display(path), "the submodule is not checked out",
                 fmt::format("`git submodule update --init --recursive -- {}`", escape_for_display(path)));
  }

  void count_untracked(const RepositoryPlace& place, const std::vector<IndexEntry>& index) {
    CountUntracked counter{m_limits, place, index};
    counter.walk(m_root, 0);
    m_untracked = counter.count();
  }

  const Limits& m_limits;
  int m_root;
  GapList& m_gaps;
  FileTaker m_taker;
  OpenedRepositories m_opened;
  UniqueFd m_directory;
  std::string m_directory_path;
  std::uint64_t m_untracked = 0;
  std::uint64_t m_deleted = 0;
};

/// Reads contents later, and only as they were hashed.
auto reader_below(std::shared_ptr<UniqueFd> root) {
  return [root = std::move(root)](const TreeEntry& entry, std::uint64_t max_size) -> Result<Bytes> {
    const auto directory = open_directory_below(root->get(), path_dirname(entry.path));
    if (!directory) return errno_at("open", entry.path);
    ASSAY_TRY(const UniqueFd fd, open_file_at(directory.get(), std::string{path_basename(entry.path)}, entry.path));
    Bytes content;
    content.reserve(std::min(entry.size, max_size));
    Bytes buffer(k_read_size);
    ASSAY_TRY(const std::uint64_t size, read_all(fd, entry.path, max_size, buffer, [&](ByteView piece) {
                content.insert(content.end(), piece.begin(), piece.end());
              }));
    if (size != entry.size || sha256(content) != entry.digests.sha256)
      return Error{ErrorCode::io, "changed since it was first read", escape_for_display(entry.path), "run again"};
    return content;
  };
}

Result<std::shared_ptr<UniqueFd>> open_root(const fs::path& directory) {
  auto root = std::make_shared<UniqueFd>(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!*root) return errno_at("open the directory", directory.string());
  return root;
}

}  // namespace

Result<Snapshot> read_directory(const fs::path& directory, const Limits& limits) {
  ASSAY_TRY(const std::shared_ptr<UniqueFd> root, open_root(directory));
  Snapshot snapshot;
  GapList gaps;
  FileTaker taker{limits, snapshot, gaps};
  TakeEverything{limits, taker}.walk(root->get(), 0);
  snapshot.coverage = gaps.take();
  snapshot.read = reader_below(root);
  return snapshot;
}

Result<Snapshot> read_worktree(const RepositoryPlace& place, const Limits& limits) {
  ASSAY_TRY(const std::shared_ptr<UniqueFd> root, open_root(place.worktree));
  Snapshot snapshot;
  snapshot.git_hash = place.repository->hash();
  GapList gaps;
  WorktreeReader reader{limits, root->get(), snapshot, gaps};
  ASSAY_TRY_VOID(reader.read(place, {}, 0));
  snapshot.coverage = gaps.take();
  snapshot.notes = reader.notes();
  snapshot.read = reader_below(root);
  return snapshot;
}

}  // namespace assay::vcs
