#include "provenance/known_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "digest/digest.hpp"
#include "provenance/known_format.hpp"
#include "provenance/m4_header.hpp"
#include "vcs/history.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_max_file = 256ULL << 20;

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

bool is_indexed(const KnownFilter& filter, std::string_view path) {
  return filter.paths.empty() || matches_any(filter.paths, path);
}

bool is_m4(std::string_view path) { return path.ends_with(".m4"); }

/// The lines of text files, each hashed once: a history repeats its lines a hundred times over.
class LineSet {
 public:
  void add_text(ByteView content) {
    if (!looks_like_text(content)) return;
    for (const auto line : split_lines(as_text(content))) {
      auto normal = normalise_line(line);
      if (!normal.empty()) m_lines.insert(std::move(normal));
    }
  }
  void write_to(KnownWriter& writer) const {
    for (const auto& line : m_lines) writer.add_line(line_digest(line));
  }

 private:
  std::unordered_set<std::string> m_lines;
};

/// What the data records of one content.
struct ContentFacts {
  Sha256 digest;
  std::uint32_t serial = 0;
};

ContentFacts examine(ByteView content, bool with_serial) {
  ContentFacts facts{sha256(content), 0};
  if (!with_serial) return facts;
  if (const auto serial = parse_m4_serial(as_text(content))) facts.serial = serial->number;
  return facts;
}

/// A blob of the history and the places it stood at.
struct Blob {
  GitOid oid;
  bool with_serial = false;
  bool with_lines = false;
  ContentFacts facts;
};
struct Place {
  std::string path;
  std::size_t blob;
  std::int64_t first_seen;
};
struct Gathered {
  std::vector<Blob> blobs;  ///< in the order of the walk
  std::vector<Place> places;
};

Result<Gathered> gather(const vcs::History& history, const std::vector<GitOid>& tips, const KnownFilter& filter) {
  Gathered all;
  std::unordered_map<GitOid, std::size_t> index;
  ASSAY_TRY_VOID(history.walk(tips, [&](const vcs::HistoryFile& file) {
    if (file.is_link || !is_indexed(filter, file.path)) return;
    const auto [found, is_new] = index.try_emplace(file.oid, all.blobs.size());
    if (is_new) all.blobs.push_back({file.oid, false, false, {}});
    auto& blob = all.blobs[found->second];
    blob.with_serial = blob.with_serial || is_m4(file.path);
    blob.with_lines = blob.with_lines || matches_any(filter.line_paths, file.path);
    all.places.push_back({std::string{file.path}, found->second, file.first_seen});
  }));
  return all;
}

/// Indices of the blobs by path, then newest first: packs store old versions as differences from newer ones, so the
/// base of the next is likely still in libgit2's cache.
std::vector<std::size_t> reading_order(const Gathered& all) {
  std::vector<const Place*> places;
  for (const auto& place : all.places) places.push_back(&place);
  std::sort(places.begin(), places.end(), [](const Place* a, const Place* b) {
    return std::tie(a->path, b->first_seen, a->blob) < std::tie(b->path, a->first_seen, b->blob);
  });
  std::vector<bool> listed(all.blobs.size());
  std::vector<std::size_t> order;
  for (const auto* place : places) {
    if (listed[place->blob]) continue;
    listed[place->blob] = true;
    order.push_back(place->blob);
  }
  return order;
}

/// Reads the blobs on all processors. Each worker has a stretch of the order to itself, a handle, and a line set.
class BlobReader {
 public:
  BlobReader(const std::filesystem::path& repository, Gathered& all) : m_repository(repository), m_all(all) {}

  Result<void> run(KnownWriter& writer) {
    const auto order = reading_order(m_all);
    const auto workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
    std::vector<LineSet> lines(workers);
    std::vector<Result<void>> outcomes(workers);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers; ++i)
      threads.emplace_back([&, i] { outcomes[i] = work(order, lines[i]); });
    for (auto& thread : threads) thread.join();
    for (auto& outcome : outcomes) {
      if (!outcome) return std::move(outcome);
    }
    for (const auto& set : lines) set.write_to(writer);
    return {};
  }

 private:
  Result<void> work(const std::vector<std::size_t>& order, LineSet& lines) {
    ASSAY_TRY(const auto history, vcs::History::open(m_repository));
    constexpr std::size_t stretch = 256;
    for (;;) {
      const auto begin = m_next.fetch_add(stretch);
      if (begin >= order.size()) return {};
      const auto end = std::min(begin + stretch, order.size());
      for (auto i = begin; i < end; ++i) {
        ASSAY_TRY_VOID(read(history, m_all.blobs[order[i]], lines));
      }
    }
  }

  Result<void> read(const vcs::History& history, Blob& blob, LineSet& lines) {
    ASSAY_TRY(const auto content, history.read_blob(blob.oid, k_max_file));
    blob.facts = examine(content, blob.with_serial);
    if (blob.with_lines) lines.add_text(content);
    return {};
  }

  const std::filesystem::path& m_repository;
  Gathered& m_all;
  std::atomic<std::size_t> m_next = 0;
};

Result<std::vector<GitOid>> tips_to_index(const vcs::History& history, const std::vector<std::string>& given) {
  if (given.empty()) return history.tips();
  std::vector<GitOid> tips;
  for (const auto& hex : given) {
    const auto oid = GitOid::from_hex(hex);
    if (!oid) return Error{ErrorCode::format, "is no commit id: " + escape_for_display(hex), {}, {}};
    tips.push_back(*oid);
  }
  return tips;
}

Result<void> complete(KnownDataSet& set, KnownWriter& writer) {
  set.bytes = writer.finish();
  ASSAY_TRY(const auto data, KnownData::open(as_bytes(set.bytes), set.manifest.name));
  set.manifest.paths = data.path_count();
  set.manifest.files = data.record_count();
  set.manifest.contents = data.content_count();
  set.manifest.lines = data.line_count();
  set.manifest.size = set.bytes.size();
  set.manifest.sha256 = sha256(as_bytes(set.bytes)).hex();
  return {};
}

/// Regular files below `directory`, sorted; links are neither followed nor listed.
Result<std::vector<std::filesystem::path>> regular_files(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::recursive_directory_iterator entries{directory, failure};
  std::vector<std::filesystem::path> files;
  for (; !failure && entries != std::filesystem::recursive_directory_iterator{}; entries.increment(failure)) {
    if (entries->symlink_status().type() == std::filesystem::file_type::regular) files.push_back(entries->path());
  }
  if (failure) return Error{ErrorCode::io, "cannot be read: " + failure.message(), directory.string(), {}};
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::int64_t> modification_time(const std::filesystem::path& file) {
  std::error_code failure;
  const auto written = std::filesystem::last_write_time(file, failure);
  if (failure) return Error{ErrorCode::io, "cannot be read: " + failure.message(), file.string(), {}};
  const auto since_epoch = std::chrono::file_clock::to_sys(written).time_since_epoch();
  return std::int64_t{std::chrono::floor<std::chrono::seconds>(since_epoch).count()};
}

Result<void> add_tree(const KnownTree& tree, const KnownFilter& filter, KnownWriter& writer, LineSet& lines) {
  ASSAY_TRY(const auto files, regular_files(tree.directory));
  for (const auto& file : files) {
    const auto path = file.lexically_relative(tree.directory).generic_string();
    if (!is_indexed(filter, path)) continue;
    ASSAY_TRY(const auto content, read_file(file, k_max_file));
    ASSAY_TRY(const auto modified, modification_time(file));
    const auto facts = examine(content, is_m4(path));
    writer.add_file(tree.package.label + ':' + path, facts.digest, facts.serial, modified);
    if (matches_any(filter.line_paths, path)) lines.add_text(content);
  }
  return {};
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
std::filesystem::path data_path(const std::filesystem::path& directory, std::string_view name) {
  return directory / (std::string{name} + ".known");
}

Error disagrees(std::string what, const std::filesystem::path& file) {
  return {ErrorCode::format, std::move(what), file.string(),
          "restore data and manifest from the release, or make both again with `assay known index`"};
}

}  // namespace

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
                                   k_known_format_version), where);
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

Result<KnownDataSet> index_repository(const std::filesystem::path& path, std::string name, std::string address,
                                      const KnownFilter& filter, const std::vector<std::string>& tips) {
  ASSAY_TRY(const auto history, vcs::History::open(path));
  ASSAY_TRY(const auto chosen, tips_to_index(history, tips));
  if (chosen.empty())
    return Error{ErrorCode::usage, "has neither branches nor tags to index", path.string(), "fetch them first"};
  ASSAY_TRY(auto all, gather(history, chosen, filter));
  KnownWriter writer;
  ASSAY_TRY_VOID(BlobReader(path, all).run(writer));
  for (const auto& place : all.places) {
    const auto& facts = all.blobs[place.blob].facts;
    writer.add_file(place.path, facts.digest, is_m4(place.path) ? facts.serial : 0, place.first_seen);
  }
  KnownDataSet set;
  set.manifest.name = std::move(name);
  set.manifest.repository = std::move(address);
  if (const auto head = history.head()) set.manifest.head = head->hex();
  for (const auto& tip : chosen) set.manifest.tips.push_back(tip.hex());
  set.manifest.filter = filter;
  ASSAY_TRY_VOID(complete(set, writer));
  return set;
}

Result<KnownDataSet> index_trees(const std::vector<KnownTree>& trees, std::string name, const KnownFilter& filter) {
  KnownWriter writer;
  LineSet lines;
  KnownDataSet set;
  set.manifest.name = std::move(name);
  set.manifest.filter = filter;
  for (const auto& tree : trees) {
    ASSAY_TRY_VOID(add_tree(tree, filter, writer, lines));
    set.manifest.packages.push_back(tree.package);
  }
  lines.write_to(writer);
  ASSAY_TRY_VOID(complete(set, writer));
  return set;
}

Result<void> write_data_set(const KnownDataSet& set, const std::filesystem::path& directory) {
  ASSAY_TRY_VOID(write_file_whole(data_path(directory, set.manifest.name), set.bytes));
  return write_file_whole(manifest_path(directory, set.manifest.name), set.manifest.to_json());
}

Result<KnownManifest> check_data_set(const std::filesystem::path& directory, std::string_view name) {
  const auto manifest_file = manifest_path(directory, name);
  const auto data_file = data_path(directory, name);
  ASSAY_TRY(const auto text, read_file(manifest_file, 16U << 20));
  ASSAY_TRY(auto manifest, KnownManifest::from_json(as_text(text), manifest_file.string()));
  ASSAY_TRY(const auto file, MappedFile::open(data_file));
  ASSAY_TRY(const auto data, KnownData::open(file.bytes(), data_file.string()));
  if (manifest.name != name) return disagrees("names another data set: " + escape_for_display(manifest.name), manifest_file);
  if (sha256(file.bytes()).hex() != manifest.sha256) return disagrees("does not have the SHA-256 that its manifest records", data_file);
  ASSAY_TRY_VOID(data.verify(data_file.string()));
  const bool agrees = manifest.size == file.bytes().size() && manifest.paths == data.path_count() &&
                      manifest.files == data.record_count() && manifest.contents == data.content_count() &&
                      manifest.lines == data.line_count();
  if (!agrees) return disagrees("records other counts than its data holds", manifest_file);
  return manifest;
}

}  // namespace assay::provenance
