#include "provenance/known_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iterator>
#include <optional>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "digest/digest.hpp"
#include "provenance/known_format.hpp"
#include "provenance/known_package.hpp"
#include "provenance/m4_header.hpp"
#include "vcs/history.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_max_file = 256ULL << 20;

bool is_m4(std::string_view path) {
  return path.ends_with(".m4");
}

/// The lines of text files, each hashed once: a history repeats its lines a hundred times over.
class LineGatherer {
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
    if (file.is_link || !filter.indexes(file.path)) return;
    const auto [found, is_new] = index.try_emplace(file.oid, all.blobs.size());
    if (is_new) all.blobs.push_back({file.oid, false, false, {}});
    auto& blob = all.blobs[found->second];
    blob.with_serial = blob.with_serial || is_m4(file.path);
    blob.with_lines = blob.with_lines || filter.takes_lines_of(file.path);
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
    std::vector<LineGatherer> lines(workers);
    std::vector<std::future<Result<void>>> tasks;
    for (auto& set : lines) tasks.push_back(std::async(std::launch::async, [&] { return work(order, set); }));
    Result<void> outcome;
    for (auto& task : tasks)
      if (auto done = task.get(); !done && outcome) outcome = std::move(done);
    if (!outcome) return outcome;
    for (const auto& set : lines) set.write_to(writer);
    return {};
  }

 private:
  Result<void> work(const std::vector<std::size_t>& order, LineGatherer& lines) {
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

  Result<void> read(const vcs::History& history, Blob& blob, LineGatherer& lines) {
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

/// Gathers the files of packages, one after another.
class PackageIndexer {
 public:
  PackageIndexer(std::string name, const KnownFilter& filter) {
    m_set.manifest.name = std::move(name);
    m_set.manifest.filter = filter;
  }

  /// A file of a package whose label and date are not known before all of it is read.
  void add_file(std::string_view path, ByteView content, std::int64_t modified = 0) {
    m_pending.push_back({std::string{path}, examine(content, is_m4(path)), modified});
    if (m_set.manifest.filter.takes_lines_of(path)) m_lines.add_text(content);
  }
  void end_package(KnownPackage package, std::optional<std::int64_t> built) {
    for (const auto& file : m_pending)
      m_writer.add_file(package.label + ':' + file.path, file.facts.digest, file.facts.serial,
                        built.value_or(file.modified));
    m_pending.clear();
    m_set.manifest.packages.push_back(std::move(package));
  }
  Result<KnownDataSet> finish() {
    m_lines.write_to(m_writer);
    auto& packages = m_set.manifest.packages;
    std::sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
    ASSAY_TRY_VOID(complete(m_set, m_writer));
    return std::move(m_set);
  }

 private:
  struct Pending {
    std::string path;
    ContentFacts facts;
    std::int64_t modified;
  };
  KnownDataSet m_set;
  KnownWriter m_writer;
  LineGatherer m_lines;
  std::vector<Pending> m_pending;
};

/// The files of `directory` that are packages with the digests `wanted` records, in its order.
Result<std::vector<std::filesystem::path>> find_packages(const std::filesystem::path& directory,
                                                         const std::vector<KnownPackage>& wanted) {
  ASSAY_TRY(const auto files, regular_files(directory));
  std::unordered_map<std::string, std::filesystem::path> by_digest;
  for (const auto& file : files) {
    if (file.extension() != ".deb") continue;
    ASSAY_TRY(const auto mapped, MappedFile::open(file));
    by_digest.emplace(sha256(mapped.bytes()).hex(), file);
  }
  std::vector<std::filesystem::path> found;
  for (const auto& package : wanted) {
    const auto place = by_digest.find(package.sha256);
    if (place == by_digest.end())
      return Error{ErrorCode::not_found,
                   fmt::format("lacks the package {} with SHA-256 {}", escape_for_display(package.label),
                               escape_for_display(package.sha256)),
                   directory.string(), "download that very version, for instance with `apt-get download`"};
    found.push_back(place->second);
  }
  return found;
}

/// One pair as a line for people.
std::string describe(std::string_view where, const KnownData::Pair& pair) {
  return fmt::format("{}: {} (sha256 {}…, serial {}, first seen {})", where, escape_for_display(pair.path),
                     to_hex(ByteView{pair.content}.first(6)), pair.serial, pair.first_seen);
}

/// Describe the elements of sorted `a` that sorted `b` lacks, the first few one by one.
void describe_missing(std::vector<std::string>& out, std::string_view where, const std::vector<KnownData::Pair>& a,
                      const std::vector<KnownData::Pair>& b) {
  constexpr std::size_t shown = 5;
  std::vector<KnownData::Pair> missing;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(missing));
  for (std::size_t i = 0; i < std::min(shown, missing.size()); ++i) out.push_back(describe(where, missing[i]));
  if (missing.size() > shown) out.push_back(fmt::format("{}: {} more", where, missing.size() - shown));
}

}  // namespace

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

Result<KnownDataSet> index_packages(const std::vector<std::filesystem::path>& packages, std::string name,
                                    const KnownFilter& filter) {
  PackageIndexer indexer{std::move(name), filter};
  const PackageReader reader{[&](std::string_view path) { return filter.indexes(path); },
                             [&](std::string_view path, ByteView content) { indexer.add_file(path, content); }};
  for (const auto& file : packages) {
    ASSAY_TRY(auto facts, read_package(file, reader));
    indexer.end_package(std::move(facts.package), facts.built);
  }
  return indexer.finish();
}

Result<KnownDataSet> index_directory(const std::filesystem::path& directory, std::string label, std::string name,
                                     const KnownFilter& filter) {
  PackageIndexer indexer{std::move(name), filter};
  ASSAY_TRY(const auto files, regular_files(directory));
  for (const auto& file : files) {
    const auto path = file.lexically_relative(directory).generic_string();
    if (!filter.indexes(path)) continue;
    ASSAY_TRY(const auto content, read_file(file, k_max_file));
    ASSAY_TRY(const auto modified, modification_time(file));
    indexer.add_file(path, content, modified);
  }
  indexer.end_package({std::move(label), {}}, std::nullopt);
  return indexer.finish();
}

Result<KnownDataSet> index_again(const KnownManifest& manifest, const std::filesystem::path& source) {
  if (manifest.packages.empty()) {
    ASSAY_TRY(auto set, index_repository(source, manifest.name, manifest.repository, manifest.filter, manifest.tips));
    set.manifest.head = manifest.head;  // where a clone's HEAD stands does not matter: the tips decide
    return set;
  }
  if (manifest.packages.size() == 1 && manifest.packages[0].sha256.empty())
    return index_directory(source, manifest.packages[0].label, manifest.name, manifest.filter);
  ASSAY_TRY(const auto packages, find_packages(source, manifest.packages));
  return index_packages(packages, manifest.name, manifest.filter);
}

std::vector<std::string> differences(const KnownDataSet& recorded, const KnownDataSet& made_again) {
  if (recorded.bytes == made_again.bytes) return {};
  std::vector<std::string> out;
  const auto old_data = KnownData::open(as_bytes(recorded.bytes), recorded.manifest.name);
  const auto new_data = KnownData::open(as_bytes(made_again.bytes), made_again.manifest.name);
  if (old_data && new_data) {
    const auto old_pairs = old_data->pairs();
    const auto new_pairs = new_data->pairs();
    describe_missing(out, "only in the recorded data", old_pairs, new_pairs);
    describe_missing(out, "only in the data made again", new_pairs, old_pairs);
  }
  if (recorded.manifest.lines != made_again.manifest.lines)
    out.push_back(fmt::format("{} are recorded, {} were found", count_of(recorded.manifest.lines, "line"),
                              count_of(made_again.manifest.lines, "line")));
  if (out.empty()) out.push_back("the same files and as many lines, but not the same bytes");
  return out;
}

}  // namespace assay::provenance
