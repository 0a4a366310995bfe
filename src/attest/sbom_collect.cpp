// Directories, archives, Debian packages and images, walked for what they consist of. Nothing is run, nothing is unpacked
// to disk, no link is followed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>

#include "archive/reader.hpp"
#include "archive/source.hpp"
#include "attest/encoding.hpp"
#include "attest/image.hpp"
#include "attest/key.hpp"
#include "attest/sbom_collector.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

namespace fs = std::filesystem;

void take_host_file(const fs::path& file, const std::string& relative, SbomCollector& collector) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return collector.gap(relative, mapped.error().message);
  if (!SbomCollector::wants_content(relative))
    return collector.take_file(relative, to_hex(digest_of(HashKind::sha256, mapped->bytes())), "lies in the directory");
  if (mapped->bytes().size() > k_max_manifest) return collector.gap(relative, "too large for what it should be");
  collector.take_content(relative, as_text(mapped->bytes()));
}

void walk_directory(const fs::path& root, const Limits& limits, SbomCollector& collector) {
  std::error_code problem;
  fs::recursive_directory_iterator at{root, fs::directory_options::none, problem};
  std::uint64_t entries = 0;
  for (const fs::recursive_directory_iterator end; !problem && at != end; at.increment(problem)) {
    if (++entries > limits.max_entries)
      return collector.gap(".", fmt::format("more than {} entries", limits.max_entries));
    std::error_code ignored;
    if (at->is_symlink(ignored)) continue;
    if (at->path().filename() == ".git") {
      at.disable_recursion_pending();
      continue;
    }
    if (at->is_regular_file(ignored))
      take_host_file(at->path(), at->path().lexically_relative(root).string(), collector);
  }
  if (problem) collector.gap(".", problem.message());
}

/// Every file of what was read of an archive.
void take_entries(const archive::ArchiveContents& contents, std::string_view where, SbomCollector& collector) {
  for (const auto& entry : contents.entries) {
    if (entry.kind != EntryKind::regular && entry.kind != EntryKind::hardlink) continue;
    if (const auto kept = contents.kept.find(entry.path); kept != contents.kept.end())
      collector.take_content(entry.path, as_text(kept->second));
    else if (SbomCollector::wants_content(entry.path)) collector.gap(entry.path, "could not be held in memory");
    else if (!entry.sha256_known) collector.gap(entry.path, "is not listed: its content could not be read");
    else collector.take_file(entry.path, entry.digests.sha256.hex(), where);
  }
  for (const auto& gap : contents.coverage.gaps) collector.gap(gap.what, gap.reason);
}

archive::ReadOptions options_for(const Limits& limits) {
  archive::ReadOptions options;
  options.limits = limits;
  options.max_kept_entry = k_max_manifest;
  options.keep = [](const TreeEntry& entry) { return SbomCollector::wants_content(entry.path); };
  return options;
}

bool is_part(std::string_view name, std::string_view part) {
  return name == part || (name.starts_with(part) && name.substr(part.size()).starts_with('.'));
}

struct Extent {
  std::uint64_t begin = 0, size = 0;
};

/// Where the members of an ar archive lie in `file`, by name (ar(5); the names of a Debian package's are short). The first of a
/// name counts, as it does for dpkg. What is cut short ends the list.
Result<std::map<std::string, Extent>> members_of(const archive::FileStore& file) {
  constexpr std::size_t k_magic = 8, k_header = 60, k_name = 16, k_size_at = 48, k_size = 10, k_most = 1000;
  std::map<std::string, Extent> members;
  std::array<std::uint8_t, k_header> bytes;
  for (std::uint64_t at = k_magic; members.size() < k_most;) {
    ASSAY_TRY(const auto got, file.read_at(at, bytes));
    const auto header = as_text(bytes);
    const auto trimmed = [](std::string_view field) { return field.substr(0, field.find_last_not_of(' ') + 1); };
    const auto size = parse_unsigned(trimmed(header.substr(k_size_at, k_size)));
    at += k_header;
    if (got < k_header || !size || *size > file.size() - at) break;
    auto name = trimmed(header.substr(0, k_name));
    if (name.ends_with('/')) name.remove_suffix(1);
    members.emplace(name, Extent{at, *size});
    at += *size + *size % 2;
  }
  return members;
}

void take_deb_part(const std::string& name, archive::ByteSource& part, const Limits& limits, SbomCollector& collector) {
  const bool is_control = is_part(name, "control.tar");
  auto options = options_for(limits);
  if (is_control) options.keep = [](const TreeEntry& entry) { return entry.path == "control"; };
  const auto inner = archive::read_archive(part, name, options);
  if (!inner) {
    collector.gap(name, inner.error().message);
  } else if (!is_control) {
    take_entries(*inner, "lies in the package", collector);
  } else if (const auto control = inner->kept.find("control"); control != inner->kept.end()) {
    collector.take_deb_control(as_text(control->second));
  } else {
    collector.gap(name, "has no control file");
  }
}

/// A Debian package: an ar archive of control.tar and data.tar. False if it is none. They are read where they lie: what is
/// held in memory has nothing to do with their size.
Result<bool> take_deb(const fs::path& file, const archive::ArchiveContents& outer, const Limits& limits,
                      SbomCollector& collector) {
  const auto has = [&](std::string_view name) {
    return std::any_of(outer.entries.begin(), outer.entries.end(),
                       [&](const TreeEntry& entry) { return is_part(entry.path, name); });
  };
  if (outer.format != "ar (deb)" || !has("control.tar") || !has("data.tar")) return false;
  ASSAY_TRY(const auto store, archive::FileStore::open(file));
  ASSAY_TRY(const auto members, members_of(store));
  std::set<std::string> parts;
  for (const auto& entry : outer.entries)
    if ((is_part(entry.path, "control.tar") || is_part(entry.path, "data.tar")) && !parts.insert(entry.path).second)
      collector.gap(entry.path, "stands there twice, and the first is what is read");
  for (const auto& name : parts) {
    const auto part = members.find(name);
    if (part == members.end()) {
      collector.gap(name, "is not where ar(5) has it");
      continue;
    }
    archive::StoreSource source{store, part->second.begin, part->second.size};
    take_deb_part(name, source, limits, collector);
  }
  return true;
}

/// The name without what says how it is packed: "product-1.0.tar.gz" → "product-1.0".
std::string stem_of(const fs::path& file) {
  auto name = file.filename().string();
  for (const std::string_view suffix :
       {".gz", ".xz", ".bz2", ".zst", ".lz4", ".tgz", ".txz", ".tar", ".zip", ".whl", ".deb", ".7z", ".cpio"})
    if (name.size() > suffix.size() && name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  return name;
}

Result<void> collect_archive(const fs::path& path, const Limits& limits, SbomCollector& collector) {
  ASSAY_TRY(const auto contents, archive::read_archive(path, options_for(limits)));
  collector.sbom().name = stem_of(path);
  collector.sbom().digests.emplace("sha256", contents.sha256.hex());
  if (is_image(contents)) {
    ASSAY_TRY(const auto image, read_image(path, limits));
    image.hand_to(collector);
    return {};
  }
  ASSAY_TRY(const bool was_deb, take_deb(path, contents, limits, collector));
  if (!was_deb) take_entries(contents, "lies in the archive", collector);
  return {};
}

}  // namespace

Result<Sbom> collect_sbom(const fs::path& path, const Limits& limits, Coverage& coverage) {
  SbomCollector collector{coverage};
  std::error_code problem;
  if (fs::is_regular_file(path, problem)) {
    ASSAY_TRY_VOID(collect_archive(path, limits, collector));
    return collector.finish();
  }
  if (!fs::is_directory(path, problem))
    return Error{
        ErrorCode::not_found,
        fs::exists(path, problem) ? "is neither a directory nor a regular file" : "there is no such file or directory",
        path.string(),
        {}};
  collector.sbom().name = fs::weakly_canonical(path, problem).filename().string();
  if (fs::is_regular_file(path / "oci-layout", problem)) {
    ASSAY_TRY(const auto image, read_image(path, limits));
    image.hand_to(collector);
  } else {
    walk_directory(path, limits, collector);
  }
  return collector.finish();
}

}  // namespace assay::attest
