#include "rebuild/export.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/text.hpp"
#include "rebuild/tar_writer.hpp"
#include "vcs/repository.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_largest_blob = 1ULL << 30;
constexpr std::size_t k_most_tags = 5'000;

/// Tags that existed when the commit was made: later ones would change the outcome as the repository grows.
std::string packed_refs(const vcs::Repository& repository, std::int64_t until) {
  auto tags = repository.tags();
  if (tags.size() > k_most_tags) tags.resize(k_most_tags);
  std::string text = "# pack-refs with: peeled fully-peeled sorted \n";
  for (const auto& tag : tags) {
    const auto commit = repository.commit(tag.commit);
    if (!commit || commit->committer.time > until) continue;
    text += fmt::format("{} refs/tags/{}\n", tag.object.hex(), tag.name);
    if (tag.annotated) text += fmt::format("^{}\n", tag.commit.hex());
  }
  return text;
}

/// Object directories that `objects` borrows from: absolute ones, one level deep.
std::vector<fs::path> alternates(const fs::path& objects) {
  std::vector<fs::path> found;
  const auto content = read_file(objects / "info/alternates", 64 << 10);
  if (!content) return found;
  std::error_code ignored;
  for (const auto line : split_lines(as_text(*content)))
    if (const fs::path place{line}; place.is_absolute() && fs::is_directory(place, ignored)) found.push_back(place);
  return found;
}

/// `inside` is a directory with a slash at its end, or empty.
Result<void> add_tree(TarWriter& tar, const vcs::Reference& reference, const std::string& inside,
                      std::vector<std::string>& unreadable) {
  for (const auto& entry : reference.manifest().entries()) {
    const auto path = inside + entry.path;
    if (entry.kind == EntryKind::symlink) {
      ASSAY_TRY_VOID(tar.add_link(path, entry.link_target));
    } else if (entry.kind == EntryKind::regular) {
      const auto content = reference.read(entry, k_largest_blob);
      if (!content) {
        unreadable.push_back(path);
        continue;
      }
      ASSAY_TRY_VOID(tar.add_file(path, *content, entry.executable()));
    }
  }
  return {};
}

Result<void> add_history(TarWriter& tar, const History& history) {
  std::string places;
  for (const auto& [host, inside] : history.objects) places += inside + "\n";
  const std::string_view format =
      history.hash == GitHash::sha1 ? "[core]\n\trepositoryformatversion = 0\n"
                                    : "[extensions]\n\tobjectformat = sha256\n[core]\n\trepositoryformatversion = 1\n";
  const std::pair<std::string_view, std::string> files[] = {
      {"HEAD", history.head + "\n"},
      {"packed-refs", history.packed_refs},
      {"config", std::string{format} + "\tbare = false\n[user]\n\tname = nobody\n\temail = nobody@localhost\n"},
      {"objects/info/alternates", places},
      {"refs/heads/.keep", ""},
  };
  for (const auto& [name, content] : files) {
    ASSAY_TRY_VOID(tar.add_file(fmt::format("src/.git/{}", name), as_bytes(content), false));
  }
  if (history.shallow.empty()) return {};
  return tar.add_file("src/.git/shallow", as_bytes(history.shallow), false);
}

}  // namespace

std::optional<History> history_of(const fs::path& repository, const vcs::Reference& reference) {
  if (reference.source().commit.empty()) return std::nullopt;
  const auto place = vcs::find_git_dir(repository);
  if (!place || !*place) return std::nullopt;
  const auto opened = vcs::Repository::open((*place)->git_dir);
  if (!opened) return std::nullopt;
  History history;
  std::error_code ignored;
  const auto objects = fs::canonical((*opened)->common_dir() / "objects", ignored);
  history.objects.emplace_back(objects, "/vcs/objects");
  for (const auto& place_of_others : alternates(objects))
    history.objects.emplace_back(place_of_others, fmt::format("/vcs/alternate{}", history.objects.size()));
  history.head = reference.source().commit;
  history.hash = (*opened)->hash();
  history.packed_refs = packed_refs(**opened, reference.source().commit_time);
  if (const auto shallow = read_file((*opened)->common_dir() / "shallow", 1 << 20)) history.shallow = as_text(*shallow);
  return history;
}

Result<GnulibTree> open_gnulib(const fs::path& place, const vcs::Reference& reference, const Limits& limits) {
  ASSAY_TRY(const auto source, vcs::open_source(place, limits));
  GnulibTree gnulib;
  gnulib.inside = "gnulib";
  std::string revision = source->has_revisions() ? "HEAD" : "";
  for (const auto& entry : reference.manifest().entries()) {
    const auto name = path_basename(entry.path);
    if ((name != "gnulib" && name != ".gnulib") || entry.kind != EntryKind::submodule) continue;
    gnulib.inside = "src/" + entry.path;
    if (source->has_revisions()) revision = entry.digests.git_oid.hex();
  }
  ASSAY_TRY(gnulib.reference, source->open(revision));
  return gnulib;
}

Result<UniqueFd> temporary_file() {
  const char* directory = ::getenv("TMPDIR");
  UniqueFd file{::open(directory != nullptr ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (!file) file = UniqueFd{::memfd_create("assay", MFD_CLOEXEC)};  // a file system without unnamed files
  if (!file) return errno_error("make a temporary file", directory != nullptr ? directory : "/tmp");
  return file;
}

Result<UniqueFd> export_tree(const vcs::Reference& reference, const std::optional<History>& history,
                             const GnulibTree* gnulib, std::span<const ExtraFile> extra, std::int64_t mtime,
                             std::vector<std::string>& unreadable) {
  ASSAY_TRY(auto file, temporary_file());
  TarWriter tar{file.get(), mtime};
  ASSAY_TRY_VOID(add_tree(tar, reference, "src/", unreadable));
  if (gnulib != nullptr) {
    ASSAY_TRY_VOID(add_tree(tar, *gnulib->reference, gnulib->inside + "/", unreadable));
  }
  for (const auto& one : extra) {
    ASSAY_TRY_VOID(tar.add_file(one.inside, *one.content, as_text(*one.content).starts_with("#!")));
  }
  if (history) {
    ASSAY_TRY_VOID(add_history(tar, *history));
  }
  ASSAY_TRY_VOID(tar.finish());
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return errno_error("rewind", "the exported tree");
  return file;
}

Result<UniqueFd> export_files(const vcs::Reference& reference, std::int64_t mtime) {
  ASSAY_TRY(auto file, temporary_file());
  TarWriter tar{file.get(), mtime};
  std::vector<std::string> unreadable;
  ASSAY_TRY_VOID(add_tree(tar, reference, {}, unreadable));
  if (!unreadable.empty())
    return Error{ErrorCode::not_found, "its content cannot be read", escape_for_display(unreadable.front()),
                 "see that the repository can be read whole: `git fsck` in it says what it lacks"};
  ASSAY_TRY_VOID(tar.finish());
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return errno_error("rewind", "the exported tree");
  return file;
}

}  // namespace assay::rebuild
