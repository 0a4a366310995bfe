#include "vcs/git_dir.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/config_text.hpp"
#include "vcs/object_directories.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_config_size = 1U << 20;

/// As the kernel goes there: ".." behind a link leads out of what the link leads to.
fs::path followed(const fs::path& base, const fs::path& relative) {
  std::error_code error;
  auto whole = fs::canonical(base / relative, error);
  return error ? base / relative : whole;
}

/// A FIFO or device where git expects a file would make the library wait for ever: find one before it does. Links to directories are
/// not followed: two that lead back make a million paths.
std::optional<fs::path> find_special_file(const fs::path& dir, int depth) {
  const Handle<DIR, ::closedir> handle{::opendir(dir.c_str())};
  if (!handle) return std::nullopt;
  while (const auto* item = ::readdir(handle.get())) {
    const std::string_view name = item->d_name;
    if (name == "." || name == "..") continue;
    auto type = item->d_type;
    const bool unknown = type == DT_UNKNOWN;
    struct stat info {};
    if (unknown && ::fstatat(::dirfd(handle.get()), item->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
      type = static_cast<unsigned char>(IFTODT(info.st_mode));
    if (type == DT_LNK) {
      if (::fstatat(::dirfd(handle.get()), item->d_name, &info, 0) != 0 || S_ISDIR(info.st_mode)) continue;
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

/// The same for a directory of objects, where git reads files of these directories only.
std::optional<fs::path> find_special_object(const fs::path& objects) {
  constexpr unsigned k_first_bytes = 256;
  auto found = find_special_file(objects / "pack", 0);
  if (!found) found = find_special_file(objects / "info", 0);
  for (unsigned first = 0; first < k_first_bytes && !found; ++first)
    found = find_special_file(objects / fmt::format("{:02x}", first), 0);
  return found;
}

/// The same for what a configuration includes: later versions of the library read the configuration when they open a
/// repository, though nothing of it is honoured here.
std::optional<fs::path> find_special_include(const fs::path& file, int depth, int& budget) {
  const auto content = read_file(file, k_max_config_size);
  if (!content || depth == 0 || --budget < 0) return std::nullopt;
  std::vector<std::string> paths;
  read_config(as_text(*content), [&](const ConfigValue& item) {
    if (item.section.starts_with("include") && item.key == "path") paths.push_back(item.value);
  });
  for (const auto& path : paths) {
    const auto included = file.parent_path() / path;
    std::error_code ignored;
    const auto status = fs::status(included, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) return included;
    if (auto found = find_special_include(included, depth - 1, budget)) return found;
  }
  return std::nullopt;
}

bool looks_like_git_dir(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path / "HEAD", ignored))) return false;
  const auto common = common_dir_of(path);
  return fs::is_directory(common / "objects", ignored) && fs::is_directory(common / "refs", ignored);
}

struct Extension {
  std::string key, value;
};

bool is_known_extension(const Extension& value) {
  static constexpr std::array<std::string_view, 6> k_harmless = {"noop",         "noop-v1",        "preciousobjects",
                                                                 "partialclone", "worktreeconfig", "relativeworktrees"};
  if (std::find(k_harmless.begin(), k_harmless.end(), value.key) != k_harmless.end()) return true;
  return (value.key == "objectformat" && (value.value == "sha1" || value.value == "sha256")) ||
         (value.key == "refstorage" && value.value == "files");
}

Error unsupported_storage(std::string message, const fs::path& where) {
  return {ErrorCode::unsupported, std::move(message), escape_for_display(where.string()),
          "lay the revision out as a plain directory, `git -C REPO worktree add --detach DIR REV && rm DIR/.git`, and "
          "compare with that: --vcs DIR"};
}

}  // namespace

Result<void> refuse_special_files(const fs::path& git_dir, const fs::path& common_dir) {
  constexpr int k_include_depth = 3;  // what is nested deeper is not worth following
  int includes = 100;
  constexpr int k_ref_depth = 16;
  std::optional<fs::path> found;
  for (const auto& directory : {git_dir, common_dir}) {
    if (!found) found = find_special_file(directory, 0);
    if (!found) found = find_special_file(directory / "info", 0);
    if (!found) found = find_special_file(directory / "refs", k_ref_depth);
    if (!found) found = find_special_file(directory / "logs", k_ref_depth);
    if (directory == common_dir) break;
  }
  for (const auto& objects : object_directories(common_dir / "objects"))
    if (!found) found = find_special_object(objects);
  if (!found) found = find_special_include(common_dir / "config", k_include_depth, includes);
  if (!found) return {};
  return Error{ErrorCode::format, "the repository holds or includes a special file",
               escape_for_display(found->string()), "remove it, or clone the repository with git and use the clone"};
}

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
  return line && !line->empty() ? followed(git_dir, *line) : git_dir;
}

Result<GitHash> object_format_of(const fs::path& common_dir) {
  const auto file = common_dir / "config";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return GitHash::sha1;
  ASSAY_TRY(const Bytes content, read_file(file, k_max_config_size));
  std::string version;
  std::vector<Extension> extensions;
  read_config(as_text(content), [&](const ConfigValue& item) {
    if (!item.subsection.empty()) return;
    if (item.section == "core" && item.key == "repositoryformatversion") version = item.value;
    if (item.section == "extensions") extensions.push_back({item.key, item.value});
  });
  if (!version.empty() && version != "0" && version != "1")
    return unsupported_storage(fmt::format("repository format version {} cannot be read", escape_for_display(version)),
                               file);
  auto hash = GitHash::sha1;
  for (const auto& value : extensions) {
    const bool matters = version == "1" || value.key == "objectformat" || value.key == "refstorage";
    if (value.key == "objectformat") hash = value.value == "sha256" ? GitHash::sha256 : GitHash::sha1;
    if (!matters || is_known_extension(value)) continue;
    return unsupported_storage(fmt::format("repository extension {} = {} cannot be read", escape_for_display(value.key),
                                           escape_for_display(value.value)),
                               file);
  }
  return hash;
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
    const auto target = line.starts_with(prefix) ? followed(path, line.substr(prefix.size())) : fs::path{};
    if (!target.empty() && looks_like_git_dir(target)) return std::optional{GitDir{target, path}};
    return Error{ErrorCode::format, "this file does not lead to a git repository", escape_for_display(dot_git.string()),
                 "`git worktree repair` mends a worktree that was moved"};
  }
  if (fs::exists(status))
    return Error{ErrorCode::format, "a .git that is neither a directory nor a file is not followed",
                 escape_for_display(dot_git.string()), "name the git directory itself"};
  if (!looks_like_git_dir(path)) return std::optional<GitDir>{};
  const auto whole = followed(path, {});
  return std::optional{GitDir{path, whole.filename() == ".git" ? whole.parent_path() : fs::path{}}};
}

}  // namespace assay::vcs
