#include "provenance/known_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "digest/digest.hpp"
#include "provenance/known_format.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_max_manifest = 16ULL << 20;

/// True if a pattern matches and no `!pattern` does.
bool matches_any(const std::vector<std::string>& patterns, std::string_view path) {
  bool matched = false;
  for (const std::string_view pattern : patterns) {
    const bool excludes = pattern.starts_with('!');
    if ((excludes || !matched) && glob_match_any(pattern.substr(excludes ? 1 : 0), path)) {
      if (excludes) return false;
      matched = true;
    }
  }
  return matched;
}

nlohmann::ordered_json packages_json(const std::vector<KnownPackage>& packages) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& package : packages) {
    nlohmann::ordered_json item{{"label", package.label}};
    if (!package.sha256.empty()) item["sha256"] = package.sha256;
    list.push_back(std::move(item));
  }
  return list;
}

std::filesystem::path manifest_path(const std::filesystem::path& directory, std::string_view name) {
  return directory / (std::string{name} + ".json");
}
Error disagrees(std::string what, const std::filesystem::path& file) {
  return {ErrorCode::format, std::move(what), file.string(),
          "restore data and manifest from the release, or make both again with `assay known index`"};
}

/// Check the data against its manifest.
Result<void> check(ByteView bytes, const KnownManifest& manifest, std::string_view name,
                   const std::filesystem::path& file) {
  ASSAY_TRY(const auto data, KnownData::open(bytes, file.string()));
  if (manifest.name != name)
    return disagrees("has a manifest that names another data set: " + escape_for_display(manifest.name), file);
  if (sha256(bytes).hex() != manifest.sha256)
    return disagrees("does not have the SHA-256 that its manifest records", file);
  ASSAY_TRY_VOID(data.verify(file.string()));
  const bool agrees = manifest.size == bytes.size() && manifest.paths == data.path_count() &&
                      manifest.files == data.record_count() && manifest.contents == data.content_count() &&
                      manifest.lines == data.line_count();
  if (!agrees) return disagrees("has a manifest that records other counts than the data holds", file);
  return {};
}

}  // namespace

bool KnownFilter::indexes(std::string_view path) const {
  return paths.empty() || matches_any(paths, path);
}

bool KnownFilter::takes_lines_of(std::string_view path) const {
  return matches_any(line_paths, path);
}

std::string KnownManifest::to_json() const {
  nlohmann::ordered_json json{{"format_version", k_known_format_version}, {"name", name}};
  if (!repository.empty()) {
    json["repository"] = repository;
    json["head"] = head;
    json["tips"] = tips;
  }
  if (!packages.empty()) json["packages"] = packages_json(packages);
  json["paths"] = filter.paths;
  json["line_paths"] = filter.line_paths;
  json["counts"] = {{"paths", paths}, {"files", files}, {"contents", contents}, {"lines", lines}};
  json["size"] = size;
  json["sha256"] = sha256;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

Result<KnownManifest> KnownManifest::from_json(std::string_view text, const std::string& where) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (const auto version = json.at("format_version").get<std::uint32_t>(); version != k_known_format_version)
      return disagrees(fmt::format("manifest is of format version {}, this program reads version {}", version,
                                   k_known_format_version),
                       where);
    KnownManifest manifest;
    manifest.name = json.at("name").get<std::string>();
    manifest.repository = json.value("repository", "");
    manifest.head = json.value("head", "");
    manifest.tips = json.value("tips", std::vector<std::string>{});
    for (const auto& package : json.value("packages", nlohmann::json::array()))
      manifest.packages.push_back({package.at("label").get<std::string>(), package.value("sha256", "")});
    manifest.filter = {json.at("paths").get<std::vector<std::string>>(),
                       json.at("line_paths").get<std::vector<std::string>>()};
    const auto& counts = json.at("counts");
    manifest.paths = counts.at("paths").get<std::uint64_t>();
    manifest.files = counts.at("files").get<std::uint64_t>();
    manifest.contents = counts.at("contents").get<std::uint64_t>();
    manifest.lines = counts.at("lines").get<std::uint64_t>();
    manifest.size = json.at("size").get<std::uint64_t>();
    manifest.sha256 = json.at("sha256").get<std::string>();
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    return disagrees("is no manifest of known-files data: " + escape_for_display(error.what()), where);
  }
}

Result<std::vector<std::string>> data_set_names(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::directory_iterator entries{directory, failure};
  std::vector<std::string> names;
  for (; !failure && entries != std::filesystem::directory_iterator{}; entries.increment(failure)) {
    if (entries->path().extension() == ".known") names.push_back(entries->path().stem().string());
  }
  if (failure)
    return Error{ErrorCode::not_found, "cannot read the known-files data: " + failure.message(), directory.string(),
                 "name the rule directory with --rules"};
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path data_set_file(const std::filesystem::path& directory, std::string_view name) {
  return directory / (std::string{name} + ".known");
}

Result<void> write_data_set(const KnownDataSet& set, const std::filesystem::path& directory) {
  ASSAY_TRY_VOID(write_file_whole(data_set_file(directory, set.manifest.name), set.bytes));
  return write_file_whole(manifest_path(directory, set.manifest.name), set.manifest.to_json());
}

Result<KnownDataSet> read_data_set(const std::filesystem::path& directory, std::string_view name) {
  const auto manifest_file = manifest_path(directory, name);
  const auto data_file = data_set_file(directory, name);
  ASSAY_TRY(const auto text, read_file(manifest_file, k_max_manifest));
  KnownDataSet set;
  ASSAY_TRY(set.manifest, KnownManifest::from_json(as_text(text), manifest_file.string()));
  ASSAY_TRY(const auto file, MappedFile::open(data_file));
  ASSAY_TRY_VOID(check(file.bytes(), set.manifest, name, data_file));
  set.bytes = as_text(file.bytes());
  return set;
}

}  // namespace assay::provenance
