#include "rebuild/kept_build.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/packing.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "trace/trace_file.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

template <typename Pack>
void fields(Pack& pack, Conditions& conditions) {
  pack(conditions.directory, conditions.home, conditions.user, conditions.group, conditions.uid, conditions.gid,
       conditions.hostname, conditions.domain, conditions.locale, conditions.timezone, conditions.shell,
       conditions.umask, conditions.processors, conditions.old_kernel, conditions.fixed_addresses, conditions.order,
       conditions.time_offset, conditions.seed, conditions.environment);
}
template <typename Pack>
void fields(Pack& pack, BuildPhase& phase) {
  pack(phase.name, phase.commands);
}
template <typename Pack>
void fields(Pack& pack, BuildRecipe& recipe) {
  pack(recipe.name, recipe.phases, recipe.environment, recipe.artifacts, recipe.needs);
}
template <typename Pack>
void fields(Pack& pack, SandboxLimits& limits) {
  pack(limits.time, limits.disk, limits.file, limits.memory, limits.processes, limits.output, limits.log);
}

namespace {

constexpr std::string_view k_magic = "assay build 1\n";
constexpr std::uint64_t k_largest = 4ULL << 30;

/// An artifact without the place, which the directory gives.
struct KeptArtifact {
  std::string name, sha256;
  std::uint64_t size = 0;
};
template <typename Pack>
void fields(Pack& pack, KeptArtifact& artifact) {
  pack(artifact.name, artifact.sha256, artifact.size);
}

/// What is kept of a build that ended well.
struct Record {
  std::vector<KeptArtifact> artifacts;
  std::map<std::string, std::string, std::less<>> probes;
  std::vector<std::string> provided, writable;
  std::string source_directory;
  std::chrono::milliseconds wall{0};
  std::chrono::nanoseconds started{0};  ///< since the epoch
  std::string trace;                    ///< packed; empty if it was not traced
};
template <typename Pack>
void fields(Pack& pack, Record& record) {
  pack(record.artifacts, record.probes, record.provided, record.writable, record.source_directory, record.wall,
       record.started, record.trace);
}

fs::path file_in(const fs::path& directory) {
  return directory / "outcome";
}

bool is_as_it_was_made(const fs::path& file, const KeptArtifact& artifact) {
  const auto mapped = MappedFile::open(file);
  return mapped && mapped->bytes().size() == artifact.size && sha256(mapped->bytes()).hex() == artifact.sha256;
}

/// Not what the system or the sandbox makes up anew for each build.
bool is_of_root(const trace::FileVersion& file, const std::vector<std::string>& provided) {
  if (!file.writers.empty() || file.writable_place) return false;
  for (const auto* made_up : {"/dev/", "/proc/", "/sys/"})
    if (file.path.starts_with(made_up)) return false;
  return std::find(provided.begin(), provided.end(), file.path) == provided.end();
}

/// Packages alone do not say what a build reads: a file of theirs may be edited, or belong to none.
bool reads_the_same(const trace::Trace& trace, const Record& record, const fs::path& root) {
  return std::all_of(trace.files.begin(), trace.files.end(), [&](const trace::FileVersion& file) {
    if (!is_of_root(file, record.provided)) return true;
    const auto now = MappedFile::open(root / fs::path{file.path}.relative_path());
    return now && file.sha256 && sha256(now->bytes()) == *file.sha256;
  });
}

std::optional<KeptBuild> build_from(Record record, const fs::path& directory, const fs::path& root) {
  KeptBuild build;
  auto& outcome = build.outcome;
  for (auto& artifact : record.artifacts) {
    const auto file = directory / "artifacts" / artifact.name;
    if (!is_as_it_was_made(file, artifact)) return std::nullopt;
    outcome.artifacts.push_back({std::move(artifact.name), file, std::move(artifact.sha256), artifact.size});
  }
  auto trace = trace::unpack(record.trace);
  if (!trace || !reads_the_same(*trace, record, root)) return std::nullopt;
  outcome.trace = std::make_shared<trace::Trace>(std::move(*trace));
  outcome.probes = std::move(record.probes);
  outcome.provided = std::move(record.provided);
  outcome.writable = std::move(record.writable);
  outcome.source_directory = std::move(record.source_directory);
  outcome.wall = record.wall;
  build.started = std::chrono::system_clock::time_point{
      std::chrono::duration_cast<std::chrono::system_clock::duration>(record.started)};
  return build;
}

}  // namespace

Sha256 key_of(const BuildRequest& request, const Sha256& system) {
  Packer packer;
  packer(std::string{k_magic}, std::string{k_version}, request.source->digest.bytes, request.source->source_date_epoch,
         *request.recipe, request.conditions, request.without, request.root.string(), system.bytes, request.network,
         request.traced, request.sandboxed, request.limits);
  return sha256(as_bytes(packer.take()));
}

Result<void> keep_build(const fs::path& directory, const Sha256& key, const KeptBuild& build) {
  const auto& outcome = build.outcome;
  Record record;
  for (const auto& artifact : outcome.artifacts)
    record.artifacts.push_back({artifact.name, artifact.sha256, artifact.size});
  record.probes = outcome.probes;
  record.provided = outcome.provided;
  record.writable = outcome.writable;
  record.source_directory = outcome.source_directory;
  record.wall = outcome.wall;
  record.started = build.started.time_since_epoch();
  if (outcome.trace) record.trace = trace::pack(*outcome.trace);
  Packer packer;
  packer(record);
  const auto body = key.hex() + "\n" + packer.take();
  return write_file_whole(file_in(directory), std::string{k_magic} + sha256(as_bytes(body)).hex() + "\n" + body);
}

std::optional<KeptBuild> find_kept_build(const fs::path& directory, const Sha256& key, const fs::path& root) {
  const auto bytes = read_file(file_in(directory), k_largest);
  if (!bytes) return std::nullopt;
  auto rest = as_text(*bytes);
  constexpr std::size_t k_line = 65;  // a digest and a line feed
  if (!rest.starts_with(k_magic) || rest.size() < k_magic.size() + 2 * k_line) return std::nullopt;
  rest.remove_prefix(k_magic.size());
  const auto digest = rest.substr(0, k_line - 1);
  rest.remove_prefix(k_line);
  if (sha256(as_bytes(rest)).hex() != digest || rest.substr(0, k_line - 1) != key.hex()) return std::nullopt;
  rest.remove_prefix(k_line);
  Unpacker unpacker{rest};
  Record record;
  unpacker(record);
  if (!unpacker.finished()) return std::nullopt;
  return build_from(std::move(record), directory, root);
}

}  // namespace assay::rebuild
