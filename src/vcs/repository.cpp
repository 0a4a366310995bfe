#include "vcs/repository.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <git2.h>
#include <git2/sys/repository.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/config_text.hpp"
#include "vcs/libgit2.hpp"
#include "vcs/stored_refs.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_config_size = 1U << 20;
constexpr std::size_t k_max_refs = 1'000'000;
constexpr std::uint64_t k_max_packed_refs = 256ULL << 20;
constexpr std::string_view k_heads = "refs/heads/";
constexpr std::string_view k_remotes = "refs/remotes/";
constexpr std::string_view k_tags = "refs/tags/";

using ObjectPtr = Handle<git_object, git_object_free>;
using CommitPtr = Handle<git_commit, git_commit_free>;
using ReferencePtr = Handle<git_reference, git_reference_free>;
using ConfigPtr = Handle<git_config, git_config_free>;
using IndexPtr = Handle<git_index, git_index_free>;
using MailmapPtr = Handle<git_mailmap, git_mailmap_free>;
using RevwalkPtr = Handle<git_revwalk, git_revwalk_free>;
using SignaturePtr = Handle<git_signature, git_signature_free>;

std::string last_error() {
  const auto* error = git_error_last();
  return error != nullptr && error->message != nullptr ? escape_for_display(error->message) : "unknown reason";
}

git_object_t to_raw(ObjectType type) noexcept {
  switch (type) {
    case ObjectType::commit:
      return GIT_OBJECT_COMMIT;
    case ObjectType::tree:
      return GIT_OBJECT_TREE;
    case ObjectType::blob:
      return GIT_OBJECT_BLOB;
    case ObjectType::tag:
      return GIT_OBJECT_TAG;
  }
  return GIT_OBJECT_INVALID;
}

Signature to_signature(const git_signature* raw) {
  if (raw == nullptr) return {};
  return {raw->name, raw->email, raw->when.time, raw->when.offset};
}

/// A FIFO or device where git expects a file would make the library wait for ever: find one before it does.
std::optional<fs::path> find_special_file(const fs::path& dir, int depth) {
  const Handle<DIR, ::closedir> handle{::opendir(dir.c_str())};
  if (!handle) return std::nullopt;
  while (const auto* item = ::readdir(handle.get())) {
    const std::string_view name = item->d_name;
    if (name == "." || name == "..") continue;
    auto type = item->d_type;
    if (type == DT_UNKNOWN || type == DT_LNK) {
      struct stat info {};
      if (::stat((dir / name).c_str(), &info) != 0) continue;
      type = static_cast<unsigned char>(IFTODT(info.st_mode));
    }
    if (type == DT_DIR) {
      if (depth == 0) continue;
      if (auto found = find_special_file(dir / name, depth - 1)) return found;
    } else if (type != DT_REG) {
      return dir / name;
    }
  }
  return std::nullopt;
}

/// The same for what a configuration includes: later versions of the library read the configuration when they open a
/// repository, though nothing of it is honoured here.
std::optional<fs::path> find_special_include(const fs::path& file, int depth, int& budget) {
  const auto content = read_file(file, k_max_config_size);
  if (!content || depth == 0 || --budget < 0) return std::nullopt;
  for (const auto& value : parse_config(as_text(*content))) {
    if (!value.section.starts_with("include") || value.key != "path") continue;
    const auto included = file.parent_path() / value.value;
    std::error_code ignored;
    const auto status = fs::status(included, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) return included;
    if (auto found = find_special_include(included, depth - 1, budget)) return found;
  }
  return std::nullopt;
}

Result<void> refuse_special_files(const fs::path& git_dir, const fs::path& common_dir) {
  constexpr int k_include_depth = 3;  // what is nested deeper is not worth following
  int includes = 100;
  constexpr int k_ref_depth = 16;
  auto found = find_special_file(git_dir, 0);
  if (!found) found = find_special_file(common_dir, 0);
  if (!found) found = find_special_file(common_dir / "refs", k_ref_depth);
  if (!found) found = find_special_file(common_dir / "objects", 1);
  if (!found) found = find_special_include(common_dir / "config", k_include_depth, includes);
  if (!found) return {};
  return Error{ErrorCode::format, "the repository holds or includes a special file",
               escape_for_display(found->string()), "remove it, or clone the repository with git and use the clone"};
}

/// The first line of a small file, without blanks at its end.
Result<std::string> read_line(const fs::path& file) {
  ASSAY_TRY(const Bytes content, read_file(file, k_max_config_size));
  auto line = std::string{as_text(content).substr(0, as_text(content).find('\n'))};
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

fs::path common_dir_of(const fs::path& git_dir) {
  std::error_code ignored;
  if (!fs::is_regular_file(git_dir / "commondir", ignored)) return git_dir;
  const auto line = read_line(git_dir / "commondir");
  return line && !line->empty() ? (git_dir / *line).lexically_normal() : git_dir;
}

bool looks_like_git_dir(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path / "HEAD", ignored))) return false;
  const auto common = common_dir_of(path);
  return fs::is_directory(common / "objects", ignored) && fs::is_directory(common / "refs", ignored);
}

bool is_known_extension(const ConfigValue& value) {
  static constexpr std::array<std::string_view, 6> k_harmless = {"noop",         "noop-v1",        "preciousobjects",
                                                                 "partialclone", "worktreeconfig", "relativeworktrees"};
  if (std::find(k_harmless.begin(), k_harmless.end(), value.key) != k_harmless.end()) return true;
  return (value.key == "objectformat" && value.value == "sha1") ||
         (value.key == "refstorage" && value.value == "files");
}

Error unsupported_storage(std::string message, const fs::path& where) {
  return {ErrorCode::unsupported, std::move(message), escape_for_display(where.string()),
          "lay the revision out as a plain directory, `git -C REPO worktree add --detach DIR REV && rm DIR/.git`, and "
          "compare with that: --vcs DIR"};
}

/// Refuse repositories whose objects or refs are stored in a way that cannot be read (gitrepository-layout(5)).
Result<void> check_storage(const fs::path& common_dir) {
  const auto file = common_dir / "config";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  ASSAY_TRY(const Bytes content, read_file(file, k_max_config_size));
  const auto config = parse_config(as_text(content));
  const auto version = config_value(config, "core", "repositoryformatversion");
  if (!version.empty() && version != "0" && version != "1")
    return unsupported_storage(fmt::format("repository format version {} cannot be read", escape_for_display(version)),
                               file);
  for (const auto& value : config) {
    if (value.section != "extensions" || !value.subsection.empty()) continue;
    const bool matters = version == "1" || value.key == "objectformat" || value.key == "refstorage";
    if (!matters || is_known_extension(value)) continue;
    if (value.key == "objectformat" && value.value == "sha256")
      return unsupported_storage("the repository names its objects by SHA-256, which libgit2 cannot read here", file);
    return unsupported_storage(fmt::format("repository extension {} = {} cannot be read", escape_for_display(value.key),
                                           escape_for_display(value.value)),
                               file);
  }
  return {};
}

Error resolve_error(int status, const std::string& revision) {
  switch (status) {
    case GIT_EAMBIGUOUS:
      return {ErrorCode::usage, fmt::format("the revision \"{}\" is ambiguous", revision), {}, "give more digits"};
    case GIT_EPEEL:
      return {ErrorCode::usage,
              fmt::format("the revision \"{}\" does not name a commit", revision),
              {},
              "name a tag, a branch or a commit"};
    case GIT_ENOTFOUND:
    case GIT_EINVALIDSPEC:
    case GIT_EUNBORNBRANCH:
      return {ErrorCode::not_found, fmt::format("there is no revision \"{}\"", revision), {}, {}};
    default:
      return {ErrorCode::format,
              fmt::format("the revision \"{}\" cannot be read: {}", revision, last_error()),
              {},
              "see what `git fsck` says of the repository"};
  }
}

}  // namespace

ByteView ObjectContent::bytes() const noexcept {
  return {static_cast<const std::uint8_t*>(git_odb_object_data(m_object.get())), git_odb_object_size(m_object.get())};
}

void ObjectContent::Deleter::operator()(git_odb_object* object) const noexcept {
  git_odb_object_free(object);
}

Repository::Repository() = default;

Repository::~Repository() {
  git_odb_free(m_odb);
  git_repository_free(m_repository);
}

Result<std::shared_ptr<const Repository>> Repository::open(const fs::path& git_dir) {
  const auto where = escape_for_display(git_dir.string());
  const auto common_dir = common_dir_of(git_dir);
  ASSAY_TRY_VOID(refuse_special_files(git_dir, common_dir));
  ASSAY_TRY_VOID(check_storage(common_dir));

  std::shared_ptr<Repository> repository{new Repository};
  repository->m_git_dir = git_dir;
  repository->m_common_dir = common_dir;
  if (git_repository_open_bare(&repository->m_repository, git_dir.c_str()) != 0)
    return Error{ErrorCode::format, "cannot open the git repository: " + last_error(), where,
                 "see what `git fsck` says of it"};
  git_config* raw = nullptr;
  if (git_config_new(&raw) != 0) throw std::runtime_error{"libgit2: cannot make a configuration"};
  const ConfigPtr nothing{raw};
  if (git_repository_set_config(repository->m_repository, nothing.get()) != 0 ||
      git_repository_odb(&repository->m_odb, repository->m_repository) != 0)
    return Error{ErrorCode::format, "cannot open the object database: " + last_error(), where,
                 "see what `git fsck` says of it"};
  return std::shared_ptr<const Repository>{std::move(repository)};
}

Result<ObjectContent> Repository::read(const GitOid& id, ObjectType type, std::uint64_t max_size) const {
  const auto raw = to_libgit2(id);
  const auto where = fmt::format("object {}", id.hex());
  std::size_t size = 0;
  git_object_t found = GIT_OBJECT_INVALID;
  // The header first: an object of a few kilobytes may unpack to gigabytes.
  const int status = git_odb_read_header(&size, &found, m_odb, &raw);
  if (status == GIT_ENOTFOUND)
    return Error{ErrorCode::not_found, "the repository lacks this object", where, lacking_remedy()};
  if (status == 0 && found != to_raw(type))
    return Error{ErrorCode::format, "the object is not of the type that its place demands", where,
                 "see what `git fsck` says of the repository"};
  if (status == 0 && size > max_size)
    return Error{
        ErrorCode::limit, fmt::format("the object has {} bytes, more than the {} allowed", size, max_size), where, {}};
  git_odb_object* object = nullptr;
  if (status != 0 || git_odb_read(&object, m_odb, &raw) != 0)
    return Error{ErrorCode::format, "the object is damaged: " + last_error(), where,
                 "see what `git fsck` says of the repository"};
  return ObjectContent{object};
}

bool Repository::has(const GitOid& id) const {
  const auto raw = to_libgit2(id);
  return git_odb_exists_ext(m_odb, &raw, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

bool Repository::is_unique_prefix(const GitOid& id, std::size_t digits) const {
  const auto raw = to_libgit2(id);
  git_oid found{};
  return git_odb_exists_prefix(&found, m_odb, &raw, digits) == 0;
}

Result<GitOid> Repository::resolve(std::string_view revision) const {
  const std::string text{revision};
  git_object* raw = nullptr;
  int status = 0;
  // A plain name of a ref first: git_revparse_single() would lose the reference where the object it leads to is
  // damaged.
  git_reference* named = nullptr;
  if (!GitOid::from_hex(revision) && git_reference_dwim(&named, m_repository, text.c_str()) == 0) {
    const ReferencePtr reference{named};
    status = git_reference_peel(&raw, named, GIT_OBJECT_COMMIT);
    if (status == GIT_EINVALIDSPEC) status = GIT_EPEEL;  // the library's word for a tag of a tree or blob
    if (status == GIT_ENOTFOUND)
      return Error{ErrorCode::not_found, "the repository lacks the commit that this leads to",
                   escape_for_display(revision), lacking_remedy()};
  } else {
    status = git_revparse_single(&raw, m_repository, text.c_str());
  }
  const ObjectPtr object{raw};
  if (status != 0) return resolve_error(status, escape_for_display(revision));
  const bool may_be_commit =
      git_object_type(object.get()) == GIT_OBJECT_COMMIT || git_object_type(object.get()) == GIT_OBJECT_TAG;
  git_object* peeled = nullptr;
  if (!may_be_commit || git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0)
    return resolve_error(GIT_EPEEL, escape_for_display(revision));
  const ObjectPtr commit{peeled};
  return from_libgit2(*git_object_id(commit.get()));
}

Result<Commit> Repository::commit(const GitOid& id) const {
  const auto raw_id = to_libgit2(id);
  git_commit* raw = nullptr;
  if (const int status = git_commit_lookup(&raw, m_repository, &raw_id); status != 0)
    return Error{
        status == GIT_ENOTFOUND ? ErrorCode::not_found : ErrorCode::format,
        status == GIT_ENOTFOUND ? "the repository lacks this commit" : "the commit is damaged: " + last_error(),
        fmt::format("commit {}", id.hex()), lacking_remedy()};
  const CommitPtr object{raw};
  Commit commit;
  commit.id = id;
  commit.tree = from_libgit2(*git_commit_tree_id(raw));
  for (unsigned i = 0; i < git_commit_parentcount(raw); ++i)
    commit.parents.push_back(from_libgit2(*git_commit_parent_id(raw, i)));
  commit.author = to_signature(git_commit_author(raw));
  commit.committer = to_signature(git_commit_committer(raw));
  if (const auto* encoding = git_commit_message_encoding(raw)) commit.encoding = encoding;
  if (const auto* message = git_commit_message(raw)) commit.message = message;
  return commit;
}

std::pair<Signature, Signature> Repository::apply_mailmap(const Commit& commit, std::string_view mailmap) {
  git_mailmap* raw = nullptr;
  if (git_mailmap_from_buffer(&raw, mailmap.data(), mailmap.size()) != 0) return {commit.author, commit.committer};
  const MailmapPtr map{raw};
  const auto mapped = [&](Signature signature) {
    const char* name = nullptr;
    const char* email = nullptr;
    if (git_mailmap_resolve(&name, &email, map.get(), signature.name.c_str(), signature.email.c_str()) != 0)
      return signature;
    return Signature{std::string{name}, std::string{email}, signature.time, signature.offset_minutes};
  };
  return {mapped(commit.author), mapped(commit.committer)};
}

namespace {

/// The header of an object tells that it is a commit, and packed-refs where an annotated tag leads: nothing of it is read.
std::optional<GitOid> commit_of(git_repository* repository, git_odb* odb, const StoredRef& ref) {
  const auto& target = ref.peeled ? ref.peeled : ref.target;
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (target) {
    const auto id = to_libgit2(*target);
    if (git_odb_read_header(&size, &type, odb, &id) == 0 && type == GIT_OBJECT_COMMIT) return target;
  }
  git_reference* reference = nullptr;
  if (git_reference_lookup(&reference, repository, ref.name.c_str()) != 0) return std::nullopt;
  const ReferencePtr owned{reference};
  git_object* raw = nullptr;
  if (git_reference_peel(&raw, reference, GIT_OBJECT_COMMIT) != 0) return std::nullopt;
  const ObjectPtr object{raw};
  return from_libgit2(*git_object_id(raw));
}

/// Those whose names begin with `prefix`; what cannot be read is none.
std::vector<StoredRef> refs_of(git_repository* repository, const fs::path& common_dir, std::string_view prefix) {
  std::vector<StoredRef> refs;
  const auto loose = loose_refs(common_dir, prefix, k_max_refs);
  for (const auto& name : loose) {
    git_reference* reference = nullptr;
    if (git_reference_lookup(&reference, repository, name.c_str()) != 0) continue;
    const ReferencePtr owned{reference};
    const auto* target = git_reference_target(reference);
    refs.push_back({name, target != nullptr ? std::optional{from_libgit2(*target)} : std::nullopt, std::nullopt});
  }
  const auto packed = read_file(common_dir / "packed-refs", k_max_packed_refs);
  if (!packed) return refs;
  for (auto& ref : parse_packed_refs(*packed, prefix))
    if (refs.size() < k_max_refs && !std::binary_search(loose.begin(), loose.end(), ref.name))
      refs.push_back(std::move(ref));
  return refs;
}

}  // namespace

const std::vector<Tag>& Repository::tags() const {
  std::call_once(m_tags_read, [this] { m_tags = read_tags(); });
  return m_tags;
}

std::vector<Tag> Repository::read_tags() const {
  std::vector<Tag> tags;
  for (const auto& ref : refs_of(m_repository, m_common_dir, k_tags)) {
    const auto commit = commit_of(m_repository, m_odb, ref);
    if (!commit) continue;
    const auto object = ref.target.value_or(*commit);
    tags.push_back({ref.name.substr(k_tags.size()), *commit, object != *commit, object});
  }
  std::sort(tags.begin(), tags.end(), [](const Tag& a, const Tag& b) { return a.name < b.name; });
  return tags;
}

std::optional<std::size_t> Repository::commits_since(const GitOid& earlier, const GitOid& later) const {
  const auto from = to_libgit2(earlier), to = to_libgit2(later);
  std::size_t ahead = 0, behind = 0;
  if (git_graph_ahead_behind(&ahead, &behind, m_repository, &to, &from) != 0 || behind != 0) return std::nullopt;
  return ahead;
}

bool Repository::walk_ancestors(const GitOid& commit, const std::function<void(const GitOid&)>& take) const {
  git_revwalk* raw = nullptr;
  auto oid = to_libgit2(commit);
  if (git_revwalk_new(&raw, m_repository) != 0) return false;
  const RevwalkPtr walk{raw};
  if (git_revwalk_sorting(raw, GIT_SORT_TIME) != 0 || git_revwalk_push(raw, &oid) != 0) return false;
  int status = 0;
  while ((status = git_revwalk_next(&oid, raw)) == 0) take(from_libgit2(oid));
  return status == GIT_ITEROVER;
}

std::vector<std::string> Repository::branches() const {
  std::vector<std::string> names;
  for (const auto prefix : {k_heads, k_remotes})
    for (const auto& ref : refs_of(m_repository, m_common_dir, prefix)) names.push_back(ref.name.substr(prefix.size()));
  return names;
}

std::vector<GitOid> Repository::tips() const {
  std::unordered_set<GitOid> seen;
  std::vector<GitOid> tips;
  const auto add = [&](const StoredRef& ref) {
    const auto commit = commit_of(m_repository, m_odb, ref);
    if (commit && seen.insert(*commit).second) tips.push_back(*commit);
  };
  add({"HEAD", std::nullopt, std::nullopt});
  for (const auto prefix : {k_heads, k_remotes, k_tags})
    for (const auto& ref : refs_of(m_repository, m_common_dir, prefix)) add(ref);
  return tips;
}

bool Repository::is_accepted(const GitOid& commit) const {
  std::vector<git_oid> descendants;
  for (const auto& tip : tips()) descendants.push_back(to_libgit2(tip));
  const auto raw = to_libgit2(commit);
  return git_graph_reachable_from_any(m_repository, &raw, descendants.data(), descendants.size()) == 1;
}

std::string Repository::lacking_remedy() const {
  if (is_shallow()) return "fetch the whole history: `git fetch --unshallow --tags`";
  return "fetch it, with a clone without --filter; if it should be there, see whether its files can be read and what "
         "`git fsck` says";
}

bool Repository::is_shallow() const {
  return git_repository_is_shallow(m_repository) == 1;
}

Result<std::vector<IndexEntry>> Repository::read_index() const {
  const auto file = m_git_dir / "index";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::vector<IndexEntry>{};
  git_index* raw = nullptr;
  if (git_index_open(&raw, file.c_str()) != 0)
    return Error{ErrorCode::format, "cannot read the index: " + last_error(), escape_for_display(file.string()),
                 "name a commit instead of WORKTREE"};
  const IndexPtr index{raw};
  std::vector<IndexEntry> entries;
  for (std::size_t i = 0; i < git_index_entrycount(raw); ++i) {
    const auto* entry = git_index_get_byindex(raw, i);
    const bool again = !entries.empty() && entries.back().path == entry->path;
    const bool conflicted = git_index_entry_is_conflict(entry) == 1;
    if (again) continue;
    entries.push_back({entry->path, entry->mode, from_libgit2(entry->id), conflicted,
                       (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0});
  }
  return entries;
}

bool Repository::is_ignored(const fs::path& worktree, const std::string& path) const {
  // Only now does the library learn of a working tree: reading objects needs none.
  if (git_repository_workdir(m_repository) == nullptr &&
      git_repository_set_workdir(m_repository, worktree.c_str(), 0) != 0)
    return false;
  int ignored = 0;
  return git_ignore_path_is_ignored(&ignored, m_repository, path.c_str()) == 0 && ignored == 1;
}

Result<std::optional<GitDir>> find_git_dir(const fs::path& path) {
  std::error_code ignored;
  const auto dot_git = path / ".git";
  const auto status = fs::symlink_status(dot_git, ignored);
  if (fs::is_directory(status)) {
    if (looks_like_git_dir(dot_git)) return std::optional{GitDir{dot_git, path}};
    return Error{ErrorCode::format, "this is no git repository, though it is named like one",
                 escape_for_display(dot_git.string()), "see what `git -C DIRECTORY fsck` says, or remove it"};
  }
  if (fs::is_regular_file(status)) {
    ASSAY_TRY(const std::string line, read_line(dot_git));
    const std::string_view prefix = "gitdir: ";
    const auto target = line.starts_with(prefix) ? (path / line.substr(prefix.size())).lexically_normal() : fs::path{};
    if (!target.empty() && looks_like_git_dir(target)) return std::optional{GitDir{target, path}};
    return Error{ErrorCode::format, "this file does not lead to a git repository", escape_for_display(dot_git.string()),
                 "`git worktree repair` mends a worktree that was moved"};
  }
  if (fs::exists(status))
    return Error{ErrorCode::format, "a .git that is neither a directory nor a file is not followed",
                 escape_for_display(dot_git.string()), "name the git directory itself"};
  if (!looks_like_git_dir(path)) return std::optional<GitDir>{};
  const auto whole = fs::absolute(path, ignored).lexically_normal();
  return std::optional{GitDir{path, whole.filename() == ".git" ? whole.parent_path() : fs::path{}}};
}

}  // namespace assay::vcs
