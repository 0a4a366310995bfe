#include "rebuild/build_source.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "archive/reader.hpp"
#include "base/text.hpp"
#include "rebuild/control_file.hpp"
#include "rebuild/export.hpp"
#include "rebuild/source_import.hpp"
#include "vcs/reference.hpp"
#include "vcs/version.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_largest_description = 4ULL << 20;

/// The last part of a path, of "." and of "directory/" as well.
std::string name_of(const fs::path& path) {
  const auto whole = fs::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

class Opening {
 public:
  Opening(const std::string& what, const SourceOptions& options) : m_what(what), m_options(options) {}

  Result<BuildSource> open() {
    std::error_code ignored;
    const fs::path path{m_what};
    m_source.subject.name = name_of(path);
    if (fs::is_regular_file(path, ignored)) {
      ASSAY_TRY_VOID(path.extension() == ".dsc" ? open_package(path) : open_tarball(path));
    } else {
      ASSAY_TRY_VOID(open_reference());
    }
    ASSAY_TRY_VOID(read_tree());
    return std::move(m_source);
  }

 private:
  Result<void> open_package(const fs::path& path) {
    ASSAY_TRY(const auto content, read_file(path, k_largest_description));
    const std::string description{as_text(content)};
    const auto fields = first_paragraph(description);
    m_source.name = field(fields, "source");
    m_source.version = field(fields, "version");
    if (m_source.name.empty() || m_source.version.empty())
      return Error{ErrorCode::format, "names no source package and version", escape_for_display(path.string()),
                   "a .dsc has the fields Source and Version"};
    set_subject("Debian source package", content);
    m_source.notes.emplace_back(
        "the parts of the .dsc have the digests it lists; its signature is a matter for `assay verify`");
    ASSAY_TRY(auto imported, import_source_package(path, description, m_options.root));
    take(std::move(imported));
    return {};
  }

  /// A package that was built is no source of one.
  static Result<void> refuse_built_package(const fs::path& path, ByteView content) {
    const auto text = as_text(content);
    const auto file = path.filename().string();
    const auto name = escape_for_display(file);
    std::string remedy;
    if (text.starts_with("!<arch>\n"))
      remedy = fmt::format(
          "apt-get source --download-only {} fetches its source; then: assay rebuild FILE.dsc "
          "--against {}",
          escape_for_display(file.substr(0, file.find_first_of("_."))), name);
    else if (text.starts_with("\xed\xab\xee\xdb"))
      remedy = fmt::format("give the source it was built from, and the package with --against {}", name);
    else if (path.extension() == ".changes" || path.extension() == ".buildinfo")
      remedy = "it lists what a build made: give the FILE.dsc, and a .buildinfo with --buildinfo";
    if (remedy.empty()) return {};
    return Error{ErrorCode::usage, "is what was built, not a source", escape_for_display(path.string()),
                 std::move(remedy)};
  }

  Result<void> open_tarball(const fs::path& path) {
    ASSAY_TRY(const auto mapped, MappedFile::open(path));
    ASSAY_TRY_VOID(refuse_built_package(path, mapped.bytes()));
    set_subject("tar archive", mapped.bytes());
    if (const auto names = vcs::parse_release_name(m_source.subject.name); !names.empty()) {
      m_source.name = names.front().project;
      m_source.version = names.front().version;
    }
    ASSAY_TRY(auto imported, import_tarball(path, m_options.root));
    take(std::move(imported));
    return {};
  }

  Result<void> open_reference() {
    const auto spec = vcs::parse_reference_spec(m_what);
    ASSAY_TRY(const auto opened, vcs::open_source(spec.path, m_options.limits));
    std::error_code ignored;
    const bool working_tree =
        opened->has_revisions() && spec.revision.empty() && fs::exists(spec.path / ".git", ignored);
    ASSAY_TRY(const auto reference, opened->open(working_tree                                       ? "WORKTREE"
                                                 : spec.revision.empty() && opened->has_revisions() ? "HEAD"
                                                                                                    : spec.revision));
    const auto& found = reference->source();
    m_source.name = escape_for_display(name_of(spec.path));
    m_source.subject.name = m_source.name;
    m_source.subject.format = working_tree              ? "git working tree"
                              : opened->has_revisions() ? fmt::format("git commit {}", found.commit)
                                                        : "directory";
    m_source.notes = reference->notes();
    for (const auto& gap : reference->coverage().gaps)
      m_source.notes.push_back(fmt::format("{}: {}", gap.what, gap.reason));
    if (!found.commit.empty()) {
      m_source.version = reference->tag().empty() ? found.commit.substr(0, 12) : escape_for_display(reference->tag());
      set_epoch(found.commit_time, reference->tag().empty()
                                       ? fmt::format("commit {}", found.commit.substr(0, 12))
                                       : fmt::format("tag {}", escape_for_display(reference->tag())));
    } else {
      set_epoch(newest_below(spec.path), "newest file");
    }
    ASSAY_TRY(m_source.tar, export_files(*reference, m_source.source_date_epoch));
    return {};
  }

  static std::int64_t newest_below(const fs::path& directory) {
    std::int64_t newest = 0;
    std::error_code problem;
    for (auto item =
             fs::recursive_directory_iterator{directory, fs::directory_options::skip_permission_denied, problem};
         item != fs::recursive_directory_iterator{}; item.increment(problem)) {
      struct stat facts {};
      if (::lstat(item->path().c_str(), &facts) == 0 && S_ISREG(facts.st_mode))
        newest = std::max<std::int64_t>(newest, facts.st_mtime);
      if (problem) break;
    }
    return newest;
  }

  void set_subject(std::string format, ByteView content) {
    m_source.subject.format = std::move(format);
    m_source.subject.sha256 = sha256(content).hex();
    m_source.subject.size = content.size();
  }

  /// Later than now is no time to pretend: what is built would be older than its sources.
  void set_epoch(std::int64_t time, std::string from) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    m_source.source_date_epoch = std::clamp<std::int64_t>(time, 0, now);
    m_source.epoch_from = std::move(from);
  }

  void take(Imported imported) {
    m_source.tar = std::move(imported.tar);
    set_epoch(imported.newest, "newest file");
  }

  Result<void> read_tree() {
    archive::ReadOptions reading;
    reading.limits = m_options.limits;
    reading.keep = [](const TreeEntry& entry) {
      return entry.path == "debian/control" || entry.path == "debian/changelog";
    };
    const auto path = fmt::format("/proc/self/fd/{}", m_source.tar.get());
    auto contents = archive::read_archive(path, reading);
    if (!contents) {
      contents.error().where = escape_for_display(m_what);
      return contents.error();
    }
    if (!contents->coverage.complete())
      return Error{ErrorCode::limit,
                   fmt::format("is too large or too strange to be built: {}", contents->coverage.gaps.front().reason),
                   escape_for_display(m_what), "--limit raises limits"};
    std::erase_if(contents->entries, [](const TreeEntry& entry) { return entry.path == "."; });
    m_source.digest = contents->sha256;
    m_source.tree = TreeManifest{std::move(contents->entries)};
    if (const auto control = contents->kept.find("debian/control"); control != contents->kept.end())
      m_source.debian_control = as_text(control->second);
    const auto changelog = contents->kept.find("debian/changelog");
    if (changelog == contents->kept.end()) return {};
    const auto head = changelog_head(as_text(changelog->second));
    if (!head) return {};
    set_epoch(head->time, "debian/changelog");
    if (m_source.subject.sha256.empty()) {
      m_source.name = escape_for_display(head->source);
      m_source.version = escape_for_display(head->version);
    }
    return {};
  }

  const std::string& m_what;
  const SourceOptions& m_options;
  BuildSource m_source;
};

}  // namespace

Result<BuildSource> open_build_source(const std::string& what, const SourceOptions& options) {
  return Opening{what, options}.open();
}

}  // namespace assay::rebuild
