// Objects in packs and loose ones, of a repository and of those that it borrows from.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "vcs/libgit2.hpp"
#include "vcs/loose_object.hpp"
#include "vcs/object_directories.hpp"
#include "vcs/object_store.hpp"
#include "vcs/pack.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_most_packs = 20'000;

struct PackFiles {
  MappedFile index_file;
  MappedFile pack_file;
  Pack pack;

  static Result<std::unique_ptr<PackFiles>> open(const fs::path& index_path, const fs::path& pack_path,
                                                 std::size_t id_size) {
    auto files = std::make_unique<PackFiles>();
    ASSAY_TRY(files->index_file, MappedFile::open(index_path));
    ASSAY_TRY(files->pack_file, MappedFile::open(pack_path));
    ASSAY_TRY(const auto index,
              PackIndex::parse(files->index_file.bytes(), id_size, escape_for_display(index_path.string())));
    ASSAY_TRY(files->pack, Pack::parse(files->pack_file.bytes(), index, escape_for_display(pack_path.string())));
    return files;
  }
};

class StoredObjects final : public ObjectStore {
 public:
  /// Take the packs of all the directories. A pack that cannot be read is an error where an object is absent otherwise.
  StoredObjects(GitHash hash, fs::path git_dir, std::vector<fs::path> directories)
      : m_hash(hash), m_git_dir(std::move(git_dir)), m_directories(std::move(directories)) {
    if (hash == GitHash::sha1) m_library.emplace();
    for (const auto& objects : m_directories) add_packs(objects / "pack");
  }

  Result<ObjectHeader> header(const GitOid& id) const override {
    std::optional<Error> damage;
    for (const auto& files : m_packs) {
      const auto offset = offset_in(*files, id);
      if (!offset) continue;
      auto header = files->pack.header(*offset);
      if (header) return header;
      keep(damage, header.error());
    }
    for (const auto& directory : m_directories) {
      const auto file = loose_file(directory, id);
      if (!exists(file)) continue;
      const auto mapped = MappedFile::open(file);
      const auto header = mapped ? loose_header(mapped->bytes()) : std::nullopt;
      if (header) return *header;
      keep(damage, mapped ? damaged_file(id, file) : mapped.error());
    }
    return damage ? *damage : absent(id);
  }

  Result<ObjectContent> read(const GitOid& id, ObjectType type, std::uint64_t max_size) const override {
    std::optional<Error> damage;
    for (const auto& files : m_packs) {
      const auto offset = offset_in(*files, id);
      if (!offset) continue;
      auto object = read_packed(*files, *offset, id, type, max_size);
      if (object || object.error().code == ErrorCode::limit) return object;
      keep(damage, object.error());
    }
    for (const auto& directory : m_directories) {
      const auto file = loose_file(directory, id);
      if (!exists(file)) continue;
      auto object = read_loose(file, id, type, max_size);
      if (object || object.error().code == ErrorCode::limit) return object;
      keep(damage, object.error());
    }
    return damage ? *damage : absent(id);
  }

  bool has(const GitOid& id) const override {
    if (id.hash != m_hash) return false;
    return std::any_of(m_packs.begin(), m_packs.end(), [&](const auto& files) { return offset_in(*files, id); }) ||
           std::any_of(m_directories.begin(), m_directories.end(),
                       [&](const auto& directory) { return exists(loose_file(directory, id)); });
  }

  PrefixMatch matching(const GitOid& id, std::size_t digits) const override {
    std::set<GitOid> found;
    for (const auto& files : m_packs) {
      const auto& index = files->pack.index();
      const auto [begin, end] = index.matching(id.view(), digits);
      // Two are as good as many; of damaged indices not even those are different.
      for (auto at = begin; at < end && at < begin + 2; ++at) found.insert(oid_from(index.id_at(at)));
    }
    for (const auto& directory : m_directories) add_loose_matches(directory, id.hex().substr(0, digits), found);
    if (found.size() == 1) return {PrefixMatch::Count::one, *found.begin()};
    return {found.empty() ? PrefixMatch::Count::none : PrefixMatch::Count::several, {}};
  }

  Result<GitOid> resolve_special(std::string_view revision) const override {
    if (m_hash == GitHash::sha1) return resolve_by_libgit2(m_git_dir, m_directories, revision);
    return Error{ErrorCode::usage,
                 fmt::format("revisions such as \"{}\" are not read in repositories whose ids are SHA-256",
                             escape_for_display(revision)),
                 {},
                 "name a tag, a branch or a commit: `git rev-parse REV` says which it is"};
  }

 private:
  void add_packs(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> indices;
    for (fs::directory_iterator item{directory, error}; !error && item != fs::directory_iterator{};
         item.increment(error))
      if (item->path().extension() == ".idx" && indices.size() < k_most_packs) indices.push_back(item->path());
    std::sort(indices.begin(), indices.end());
    for (const auto& path : indices) {
      auto pack_path = path;
      // Git takes no notice of an index that was left behind.
      if (!exists(pack_path.replace_extension(".pack"))) continue;
      auto files = PackFiles::open(path, pack_path, id_size());
      if (files) m_packs.push_back(*std::move(files));
      else keep(m_unread, files.error());
    }
  }

  static std::optional<std::uint64_t> offset_in(const PackFiles& files, const GitOid& id) {
    return files.pack.index().find(id.view());
  }

  static fs::path loose_file(const fs::path& directory, const GitOid& id) {
    const auto hex = id.hex();
    return directory / hex.substr(0, 2) / hex.substr(2);
  }

  static bool exists(const fs::path& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0;
  }

  void add_loose_matches(const fs::path& directory, const std::string& digits, std::set<GitOid>& found) const {
    std::error_code error;
    const auto start = digits.substr(0, 2);
    for (fs::directory_iterator item{directory / start, error}; !error && item != fs::directory_iterator{};
         item.increment(error)) {
      const auto hex = start + item->path().filename().string();
      if (found.size() > 1) return;
      if (!hex.starts_with(digits) || hex.size() != 2 * id_size()) continue;
      if (const auto id = GitOid::from_hex(hex)) found.insert(*id);
    }
  }

  Result<ObjectContent> read_packed(const PackFiles& files, std::uint64_t offset, const GitOid& id, ObjectType type,
                                    std::uint64_t max_size) const {
    ASSAY_TRY(const auto object, files.pack.read(offset, max_size, m_cache));
    if (object->type != type) return wrong_type(id);
    return verified(ObjectContent{object, object->content}, id, type);
  }

  Result<ObjectContent> read_loose(const fs::path& file, const GitOid& id, ObjectType type,
                                   std::uint64_t max_size) const {
    ASSAY_TRY(const auto mapped, MappedFile::open(file));
    const auto header = loose_header(mapped.bytes());
    if (!header) return damaged_file(id, file);
    if (header->type != type) return wrong_type(id);
    if (header->size > max_size) return too_large(id, header->size, max_size);
    auto content = loose_content(mapped.bytes());
    if (!content) return damaged_file(id, file);
    return verified(*std::move(content), id, type);
  }

  Result<ObjectContent> verified(ObjectContent content, const GitOid& id, ObjectType type) const {
    if (object_id(m_hash, type, content.bytes()) == id) return content;
    return Error{ErrorCode::format, "the object is damaged: its content has another id",
                 fmt::format("object {}", id.hex()), "see what `git fsck` says of the repository"};
  }

  static Error damaged_file(const GitOid& id, const fs::path& file) {
    return {ErrorCode::format, "the object is damaged: its file is not a whole object in zlib's form",
            fmt::format("object {} ({})", id.hex(), escape_for_display(file.string())),
            "see what `git fsck` says of the repository"};
  }

  static void keep(std::optional<Error>& first, const Error& error) {
    if (!first) first = error;
  }

  /// It may stand in a pack that could not be opened.
  Error absent(const GitOid& id) const {
    if (m_unread) return *m_unread;
    return {ErrorCode::not_found, "the repository lacks this object", fmt::format("object {}", id.hex()), {}};
  }

  std::size_t id_size() const noexcept { return m_hash == GitHash::sha1 ? 20 : 32; }

  std::optional<Libgit2> m_library;  ///< initialised for its SHA-1, which every object passes through
  GitHash m_hash;
  fs::path m_git_dir;
  std::vector<fs::path> m_directories;
  std::vector<std::unique_ptr<PackFiles>> m_packs;
  std::optional<Error> m_unread;  ///< of the first pack that cannot be read
  mutable PackCache m_cache;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_objects(GitHash hash, const fs::path& git_dir, const fs::path& objects) {
  std::error_code error;
  fs::directory_iterator readable{objects, error};
  if (error)
    return Error{ErrorCode::io, "cannot read the objects: " + error.message(), escape_for_display(objects.string()),
                 "see whether the repository's files may be read"};
  return std::unique_ptr<ObjectStore>{std::make_unique<StoredObjects>(hash, git_dir, object_directories(objects))};
}

}  // namespace assay::vcs
