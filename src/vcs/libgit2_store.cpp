// Objects whose ids are SHA-1, through libgit2. The repository is opened as a bare one, which does not read its configuration, and
// gets an empty one; ids are verified against content whenever an object is read (collision-detecting SHA-1).
#include <fmt/format.h>
#include <git2.h>
#include <git2/sys/repository.h>

#include <stdexcept>
#include <string>

#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/libgit2.hpp"
#include "vcs/object_directories.hpp"
#include "vcs/object_store.hpp"

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

std::optional<ObjectType> to_type(git_object_t type) noexcept {
  switch (type) {
    case GIT_OBJECT_COMMIT:
      return ObjectType::commit;
    case GIT_OBJECT_TREE:
      return ObjectType::tree;
    case GIT_OBJECT_BLOB:
      return ObjectType::blob;
    case GIT_OBJECT_TAG:
      return ObjectType::tag;
    default:
      return std::nullopt;
  }
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

class Libgit2Store final : public ObjectStore {
 public:
  Result<void> open(const std::filesystem::path& git_dir, const std::filesystem::path& objects) {
    const auto where = escape_for_display(git_dir.string());
    git_repository* repository = nullptr;
    if (git_repository_open_bare(&repository, git_dir.c_str()) != 0)
      return Error{ErrorCode::format, "cannot open the git repository: " + last_error(), where, std::string{k_fsck}};
    m_repository.reset(repository);
    git_config* config = nullptr;
    if (git_config_new(&config) != 0) throw std::runtime_error{"libgit2: cannot make a configuration"};
    const ConfigPtr nothing{config};
    git_odb* odb = nullptr;
    if (git_odb_new(&odb) != 0) throw std::runtime_error{"libgit2: cannot make an object database"};
    m_odb.reset(odb);
    // Directory by directory: the library would go to a relative alternate from wherever this process is.
    for (const auto& directory : object_directories(objects))
      if (!add_objects(directory))
        return Error{ErrorCode::format, "cannot open the object database: " + last_error(), where, std::string{k_fsck}};
    if (git_repository_set_config(repository, config) != 0 || git_repository_set_odb(repository, odb) != 0)
      throw std::runtime_error{"libgit2: cannot configure a repository"};
    return {};
  }

  Result<ObjectHeader> header(const GitOid& id) const override {
    if (id.hash != GitHash::sha1) return absent(id);
    const auto raw = to_libgit2(id);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    const int status = git_odb_read_header(&size, &type, m_odb.get(), &raw);
    if (status == GIT_ENOTFOUND) return absent(id);
    const auto known = to_type(type);
    if (status != 0 || !known) return damaged(id);
    return ObjectHeader{*known, size};
  }

  Result<ObjectContent> read(const GitOid& id, ObjectType type, std::uint64_t max_size) const override {
    // The header first: an object of a few kilobytes may unpack to gigabytes.
    ASSAY_TRY(const ObjectHeader found, header(id));
    if (found.type != type) return wrong_type(id);
    if (found.size > max_size) return too_large(id, found.size, max_size);
    const auto raw = to_libgit2(id);
    git_odb_object* object = nullptr;
    if (git_odb_read(&object, m_odb.get(), &raw) != 0) return damaged(id);
    const ByteView bytes{static_cast<const std::uint8_t*>(git_odb_object_data(object)), git_odb_object_size(object)};
    return ObjectContent{std::shared_ptr<const void>{object, [](git_odb_object* kept) { git_odb_object_free(kept); }},
                         bytes};
  }

  bool has(const GitOid& id) const override {
    const auto raw = to_libgit2(id);
    return id.hash == GitHash::sha1 && git_odb_exists_ext(m_odb.get(), &raw, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
  }

  PrefixMatch matching(const GitOid& id, std::size_t digits) const override {
    const auto raw = to_libgit2(id);
    git_oid found{};
    switch (git_odb_exists_prefix(&found, m_odb.get(), &raw, digits)) {
      case 0:
        return {PrefixMatch::Count::one, from_libgit2(found)};
      case GIT_EAMBIGUOUS:
        return {PrefixMatch::Count::several, {}};
      default:
        return {};
    }
  }

  Result<GitOid> resolve_special(std::string_view revision) const override {
    const auto shown = escape_for_display(revision);
    git_object* object = nullptr;
    if (const int status = git_revparse_single(&object, m_repository.get(), std::string{revision}.c_str()); status != 0)
      return resolve_error(status, shown);
    const ObjectPtr owned{object};
    return from_libgit2(*git_object_id(object));
  }

 private:
  /// Those before go first, and packs before loose objects.
  bool add_objects(const std::filesystem::path& directory) {
    constexpr int k_uncompressed = 0;
    git_odb_backend* packs = nullptr;
    git_odb_backend* loose = nullptr;
    if (git_odb_backend_pack(&packs, directory.c_str()) != 0 ||
        git_odb_add_backend(m_odb.get(), packs, --m_priority) != 0)
      return false;
    return git_odb_backend_loose(&loose, directory.c_str(), k_uncompressed, 0, 0, 0) == 0 &&
           git_odb_add_backend(m_odb.get(), loose, --m_priority) == 0;
  }

  static Error absent(const GitOid& id) {
    return {ErrorCode::not_found, "the repository lacks this object", fmt::format("object {}", id.hex()), {}};
  }
  static Error damaged(const GitOid& id) {
    return {ErrorCode::format, "the object is damaged: " + last_error(), fmt::format("object {}", id.hex()),
            std::string{k_fsck}};
  }

  const Libgit2 m_library;
  RepositoryPtr m_repository;
  OdbPtr m_odb;
  int m_priority = 0;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_libgit2_store(const std::filesystem::path& git_dir,
                                                        const std::filesystem::path& objects) {
  auto store = std::make_unique<Libgit2Store>();
  ASSAY_TRY_VOID(store->open(git_dir, objects));
  return std::unique_ptr<ObjectStore>{std::move(store)};
}

}  // namespace assay::vcs
