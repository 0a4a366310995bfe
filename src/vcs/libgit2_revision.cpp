// Revisions that only libgit2 reads. The repository is opened as a bare one, which does not read its configuration, and gets an empty
// one; ids are verified against content whenever an object is read (collision-detecting SHA-1).
#include <fmt/format.h>
#include <git2.h>
#include <git2/sys/repository.h>

#include <stdexcept>
#include <string>

#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/libgit2.hpp"

namespace assay::vcs {

namespace {

using ObjectPtr = Handle<git_object, git_object_free>;
using ConfigPtr = Handle<git_config, git_config_free>;
using RepositoryPtr = Handle<git_repository, git_repository_free>;
using OdbPtr = Handle<git_odb, git_odb_free>;

constexpr std::string_view k_fsck = "see what `git fsck` says of the repository";

std::string last_error() {
  const auto* error = git_error_last();
  return error != nullptr && error->message != nullptr ? escape_for_display(error->message) : "unknown reason";
}

Error resolve_error(int status, const std::string& revision) {
  switch (status) {
    case GIT_EAMBIGUOUS:
      return {ErrorCode::usage, fmt::format("the revision \"{}\" is ambiguous", revision), {}, "give more digits"};
    case GIT_ENOTFOUND:
    case GIT_EINVALIDSPEC:
    case GIT_EUNBORNBRANCH:
      return {ErrorCode::not_found, fmt::format("there is no revision \"{}\"", revision), {}, {}};
    default:
      return {ErrorCode::format,
              fmt::format("the revision \"{}\" cannot be read: {}", revision, last_error()),
              {},
              std::string{k_fsck}};
  }
}

/// Directory by directory: the library would go to a relative alternate from wherever this process is.
OdbPtr open_objects_of(const std::vector<std::filesystem::path>& directories) {
  constexpr int k_uncompressed = 0;
  git_odb* odb = nullptr;
  if (git_odb_new(&odb) != 0) throw std::runtime_error{"libgit2: cannot make an object database"};
  OdbPtr owned{odb};
  int priority = 0;
  for (const auto& directory : directories) {
    git_odb_backend* packs = nullptr;
    git_odb_backend* loose = nullptr;
    if (git_odb_backend_pack(&packs, directory.c_str()) != 0 || git_odb_add_backend(odb, packs, --priority) != 0 ||
        git_odb_backend_loose(&loose, directory.c_str(), k_uncompressed, 0, 0, 0) != 0 ||
        git_odb_add_backend(odb, loose, --priority) != 0)
      return {};
  }
  return owned;
}

}  // namespace

Result<GitOid> resolve_by_libgit2(const std::filesystem::path& git_dir,
                                  const std::vector<std::filesystem::path>& objects, std::string_view revision) {
  const Libgit2 library;
  const auto where = escape_for_display(git_dir.string());
  git_repository* repository = nullptr;
  if (git_repository_open_bare(&repository, git_dir.c_str()) != 0)
    return Error{ErrorCode::format, "cannot open the git repository: " + last_error(), where, std::string{k_fsck}};
  const RepositoryPtr owned{repository};
  git_config* config = nullptr;
  if (git_config_new(&config) != 0) throw std::runtime_error{"libgit2: cannot make a configuration"};
  const ConfigPtr nothing{config};
  const auto odb = open_objects_of(objects);
  if (!odb)
    return Error{ErrorCode::format, "cannot open the object database: " + last_error(), where, std::string{k_fsck}};
  if (git_repository_set_config(repository, config) != 0 || git_repository_set_odb(repository, odb.get()) != 0)
    throw std::runtime_error{"libgit2: cannot configure a repository"};
  git_object* object = nullptr;
  if (const int status = git_revparse_single(&object, repository, std::string{revision}.c_str()); status != 0)
    return resolve_error(status, escape_for_display(revision));
  const ObjectPtr found{object};
  return from_libgit2(*git_object_id(object));
}

}  // namespace assay::vcs
