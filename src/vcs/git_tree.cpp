#include "vcs/git_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_tree_object = 64ULL << 20;
constexpr std::uint64_t k_tree_bytes_per_memory = 4;  ///< tree objects are read one after another
constexpr std::size_t k_most_damaged = 200;
constexpr std::uint64_t k_max_metadata_blob = 16ULL << 20;  ///< .gitattributes, .gitmodules, .mailmap
constexpr std::uint64_t k_max_metadata = 64ULL << 20;       ///< of all of them together

/// True for a relative path of plain components: what a submodule's name or path may be.
bool is_plain_relative(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  for (const auto& part : fs::path{path})
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

/// `base / relative` if it is a directory and no component below `base` is a symbolic link.
std::optional<fs::path> descend(fs::path base, std::string_view relative) {
  if (!is_plain_relative(relative)) return std::nullopt;
  std::error_code ignored;
  for (const auto& part : fs::path{relative}) {
    base /= part;
    if (!fs::is_directory(fs::symlink_status(base, ignored))) return std::nullopt;
  }
  return base;
}

bool is_within(const fs::path& path, const fs::path& root) {
  std::error_code error;
  const auto whole = fs::canonical(path, error);
  const auto base = error ? fs::path{} : fs::canonical(root, error);
  if (error) return false;
  return std::mismatch(base.begin(), base.end(), whole.begin(), whole.end()).first == base.end();
}

class TreeReader {
 public:
  explicit TreeReader(const Limits& limits) : m_limits(limits) {}

  /// Read one repository's tree under the current path, then the submodules that stand in it.
  Result<void> read_root(const RepositoryPlace& place, const GitOid& tree, unsigned nesting) {
    auto& repositories = m_contents.repositories;
    if (std::find(repositories.begin(), repositories.end(), place.repository) == repositories.end())
      repositories.push_back(place.repository);
    const auto outer_submodules = std::exchange(m_submodules, {});
    const auto outer_names = std::exchange(m_names, {});
    const auto outer_unreadable = std::exchange(m_unreadable, {});
    const auto root_size = m_path.size();
    auto outcome = read_directory(*place.repository, tree, 0, root_size);
    if (outcome) read_submodules(place, nesting);
    m_submodules = outer_submodules;
    m_names = outer_names;
    m_unreadable = outer_unreadable;
    return outcome;
  }

  TreeContents take() {
    m_contents.coverage = m_gaps.take();
    return std::move(m_contents);
  }

 private:
  struct Submodule {
    std::string path;      ///< in the whole tree
    std::string relative;  ///< in its superproject
    GitOid commit;
  };

  Result<void> read_directory(const Repository& repository, const GitOid& tree, std::uint32_t depth, std::size_t root) {
    ASSAY_TRY(const ObjectContent object, read_tree_object(repository, tree));
    m_tree_bytes += object.bytes().size();
    if (m_tree_bytes > k_tree_bytes_per_memory * m_limits.memory) stop("the tree objects are too large");
    const auto parsed = parse_tree(object.bytes(), tree.hash);
    if (parsed.defects > 0)
      m_gaps.add(
          fmt::format("tree {} ({})", tree.hex(), shown_path()),
          fmt::format("the tree object is malformed, {}: {}", count_of(parsed.defects, "defect"), parsed.first_defect),
          "no git of today writes such a tree: look at it with `git cat-file -p`");
    const auto size = m_path.size();
    for (const auto& entry : parsed.entries) {
      if (m_stopped) break;
      m_path.append(entry.name);
      take_entry(repository, entry, depth, root);
      m_path.resize(size);
    }
    return {};
  }

  /// A damaged one costs as much as a good one, and may stand in a million places: it is read once.
  Result<ObjectContent> read_tree_object(const Repository& repository, const GitOid& tree) {
    if (const auto known = m_unreadable.find(tree); known != m_unreadable.end()) return known->second;
    auto object = repository.read(tree, ObjectType::tree, k_max_tree_object);
    if (object) return object;
    m_unreadable.emplace(tree, object.error());
    if (object.error().code == ErrorCode::format && ++m_damaged > k_most_damaged)
      stop(fmt::format("more than {} cannot be read", count_of(k_most_damaged, "tree")));
    return object;
  }

  void take_entry(const Repository& repository, const RawTreeEntry& raw, std::uint32_t depth, std::size_t root) {
    if (m_path.size() > m_limits.max_path_length) {
      m_gaps.add(shown_path(), fmt::format("the path is longer than {} bytes", m_limits.max_path_length));
    } else if (raw.is_tree()) {
      take_subtree(repository, oid_from(raw.id), depth, root);
    } else if (may_grow()) {
      take_leaf(repository, raw, root);
    }
  }

  void take_subtree(const Repository& repository, const GitOid& tree, std::uint32_t depth, std::size_t root) {
    if (depth + 1 >= m_limits.max_path_depth) {
      m_gaps.add(shown_path(), fmt::format("the tree is more than {} directories deep", m_limits.max_path_depth));
      return;
    }
    // Trees without a file cost as much as files: a tree that holds itself ten times, ten levels deep, has none.
    if (++m_trees > m_limits.max_entries) {
      stop(fmt::format("the tree has more than {}", count_of(m_limits.max_entries, "directory", "directories")));
      return;
    }
    m_path.push_back('/');
    if (const auto outcome = read_directory(repository, tree, depth + 1, root); !outcome)
      m_gaps.add(fmt::format("tree {} ({})", tree.hex(), shown_path()), outcome.error().message,
                 outcome.error().remedy);
  }

  void take_leaf(const Repository& repository, const RawTreeEntry& raw, std::size_t root) {
    m_path_bytes += m_path.size();
    TreeEntry entry;
    entry.path = m_path;
    entry.kind = kind_of_mode(raw.mode);
    entry.mode = permissions_of_mode(raw.mode);
    entry.digests.git_oid = oid_from(raw.id);
    if (entry.kind == EntryKind::symlink) read_link(repository, entry);
    if (entry.kind == EntryKind::submodule) {
      m_submodules.push_back({m_path, m_path.substr(root), entry.digests.git_oid});
      return;
    }
    if (entry.kind == EntryKind::regular) read_metadata(repository, entry, raw.name, root);
    m_contents.entries.push_back(std::move(entry));
  }

  void read_link(const Repository& repository, TreeEntry& entry) {
    const auto target = repository.read(entry.digests.git_oid, ObjectType::blob, m_limits.max_path_length);
    if (!target) {
      m_gaps.add(shown_path(), "the link's target cannot be read: " + target.error().message, target.error().remedy);
      return;
    }
    entry.link_target = as_text(target->bytes());
    entry.size = entry.link_target.size();
  }

  /// The files of the tree that say something about other files.
  void read_metadata(const Repository& repository, const TreeEntry& entry, std::string_view name, std::size_t root) {
    const bool at_root = m_path.size() - root == name.size();
    const bool is_attributes = name == ".gitattributes";
    const bool is_modules = at_root && name == ".gitmodules";
    const bool is_mailmap = at_root && root == 0 && name == ".mailmap";
    if (!is_attributes && !is_modules && !is_mailmap) return;
    const auto allowed = std::min(k_max_metadata_blob, k_max_metadata - m_metadata_bytes);
    const auto blob = repository.read(entry.digests.git_oid, ObjectType::blob, allowed);
    if (!blob) {
      m_gaps.add(shown_path(), "cannot be read: " + blob.error().message, blob.error().remedy);
      return;
    }
    const auto text = as_text(blob->bytes());
    m_metadata_bytes += text.size();
    if (is_attributes) m_contents.attributes.add_file(path_dirname(m_path), text);
    if (is_modules)
      for (auto& module : parse_gitmodules(text)) m_names.try_emplace(std::move(module.path), std::move(module.name));
    if (is_mailmap) m_contents.mailmap = text;
  }

  void read_submodules(const RepositoryPlace& place, unsigned nesting) {
    const auto submodules = std::exchange(m_submodules, {});
    const auto names = std::exchange(m_names, {});
    for (const auto& submodule : submodules) {
      if (!read_submodule(place, submodule, names, nesting)) keep_submodule(submodule);
    }
  }

  bool read_submodule(const RepositoryPlace& place, const Submodule& submodule, const SubmoduleNames& names,
                      unsigned nesting) {
    if (m_stopped || nesting + 1 >= m_limits.max_nesting) return false;
    const auto found = find_submodule(place, submodule.relative, names, submodule.commit, m_opened);
    if (!found) return false;
    const auto commit = found->repository->commit(submodule.commit);
    if (!commit) return false;
    const auto outer = std::exchange(m_path, submodule.path + "/");
    const auto entries = m_contents.entries.size();
    const auto outcome = read_root(*found, commit->tree, nesting + 1);
    m_path = outer;
    if (!outcome) m_contents.entries.resize(entries);
    return outcome.has_value();
  }

  void keep_submodule(const Submodule& submodule) {
    TreeEntry entry;
    entry.path = submodule.path;
    entry.kind = EntryKind::submodule;
    entry.digests.git_oid = submodule.commit;
    m_contents.entries.push_back(std::move(entry));
    m_gaps.add(escape_for_display(submodule.path),
               fmt::format("the submodule's objects at commit {} are not at hand", submodule.commit.hex()),
               fmt::format("`git submodule update --init --recursive -- {}` in a clone with a working tree, or name a "
                           "repository that has them: --submodule REPO",
                           escape_for_display(submodule.relative)));
  }

  bool may_grow() {
    if (++m_leaves > m_limits.max_entries)
      stop(fmt::format("the tree has more than {}", count_of(m_limits.max_entries, "entry", "entries")));
    if (m_path_bytes >= m_limits.memory) stop(fmt::format("the tree's paths take more than {} bytes", m_limits.memory));
    return !m_stopped;
  }

  void stop(std::string reason) {
    if (std::exchange(m_stopped, true)) return;
    m_gaps.add(shown_path() + " and all after it", std::move(reason), "raise the limit if the repository is trusted");
  }

  std::string shown_path() const { return m_path.empty() ? "root" : escape_for_display(m_path); }

  const Limits& m_limits;
  TreeContents m_contents;
  GapList m_gaps;
  std::string m_path;
  std::vector<Submodule> m_submodules;  ///< of the repository being read
  SubmoduleNames m_names;               ///< from its .gitmodules
  OpenedRepositories m_opened;
  std::unordered_map<GitOid, Error> m_unreadable;
  std::size_t m_damaged = 0;
  std::uint64_t m_trees = 0;
  std::uint64_t m_leaves = 0;
  std::uint64_t m_path_bytes = 0;
  std::uint64_t m_tree_bytes = 0;
  std::uint64_t m_metadata_bytes = 0;
  bool m_stopped = false;
};

}  // namespace

Result<TreeContents> read_tree(const RepositoryPlace& place, const GitOid& tree, const Limits& limits) {
  TreeReader reader{limits};
  ASSAY_TRY_VOID(reader.read_root(place, tree, 0));
  return reader.take();
}

Result<Bytes> read_blob(const std::vector<std::shared_ptr<const Repository>>& repositories, const GitOid& id,
                        std::uint64_t max_size) {
  for (std::size_t i = 0; i < repositories.size(); ++i) {
    const auto blob = repositories[i]->read(id, ObjectType::blob, max_size);
    if (blob) return Bytes(blob->bytes().begin(), blob->bytes().end());
    if (blob.error().code != ErrorCode::not_found || i + 1 == repositories.size()) return blob.error();
  }
  return Error{ErrorCode::not_found, "there is no repository to read from", fmt::format("object {}", id.hex()), {}};
}

std::shared_ptr<const Repository> OpenedRepositories::at(const fs::path& git_dir) {
  const auto [slot, fresh] = m_opened.try_emplace(git_dir);
  if (fresh)
    if (auto opened = Repository::open(git_dir)) slot->second = *std::move(opened);
  return slot->second;
}

std::optional<RepositoryPlace> find_submodule(const RepositoryPlace& superproject, const std::string& path,
                                              const SubmoduleNames& names, const GitOid& commit,
                                              OpenedRepositories& repositories) {
  const auto worktree = superproject.worktree.empty() ? std::nullopt : descend(superproject.worktree, path);
  const auto opened = [&](const fs::path& git_dir) -> std::optional<RepositoryPlace> {
    auto repository = repositories.at(git_dir);
    if (!repository || !repository->has(commit)) return std::nullopt;
    return RepositoryPlace{repository, worktree.value_or(fs::path{}), superproject.elsewhere};
  };
  if (const auto named = names.find(path); named != names.end()) {
    const auto& repository = *superproject.repository;
    for (const auto& base : {repository.git_dir(), repository.common_dir()}) {
      const auto modules = descend(base, "modules/" + named->second);
      if (!modules) continue;
      if (auto place = opened(*modules)) return place;
    }
  }
  const auto found = worktree ? find_git_dir(*worktree) : Result<std::optional<GitDir>>{std::nullopt};
  if (found && *found) {
    const auto& git_dir = (*found)->git_dir;
    if (is_within(git_dir, superproject.worktree) || is_within(git_dir, superproject.repository->common_dir()))
      if (auto place = opened(git_dir)) return place;
  }
  for (const auto& repository : superproject.elsewhere)
    if (repository->has(commit)) return RepositoryPlace{repository, {}, superproject.elsewhere};
  return std::nullopt;
}

}  // namespace assay::vcs
