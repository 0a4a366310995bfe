// Bills of materials: SPDX 2.3 and CycloneDX 1.6 as JSON, read and written through one model.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/statement.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/finding.hpp"

namespace assay::attest {

/// How a component is known: seen while it was used, named by whoever made the artifact, or concluded from traces.
enum class Grounds : std::uint8_t { observed, declared, guessed };

std::string_view to_string(Grounds grounds) noexcept;
std::optional<Grounds> parse_grounds(std::string_view text) noexcept;

struct Component {
  std::string id;                ///< unique within the document; made from name, version and digest if empty
  std::string type = "library";  ///< CycloneDX's word: library, application, file, operating-system
  std::string name;
  std::string version;
  std::string purl;
  std::string license;  ///< SPDX expression, or the text that stood in its place
  std::string supplier;
  std::string download_location;
  DigestMap digests;
  std::vector<std::string> gitoids;  ///< "gitoid:blob:sha256:…": what OmniBOR calls its content
  std::optional<Grounds> grounds;    ///< nothing if a document of others does not say
  std::string evidence;              ///< what the grounds rest on: "dpkg status", "file name"
  bool unused = false;  ///< it was there, and nothing of it went into what is described (CycloneDX: scope "excluded")
};

/// How our SPDX documents say that a component is unused, of a relationship of type OTHER.
inline constexpr std::string_view k_unused_comment = "installed, and nothing of it was used";

/// What `from` has to do with `to`. CycloneDX knows dependencies only, and reading it gives that.
enum class Relation : std::uint8_t {
  depends_on,
  generated_from,  ///< `from` was made, and bytes of `to` may be in it
  built_with,      ///< `from` was made, and `to` is a tool that ran
  contains,        ///< `to` is a part of `from`
};

struct Dependency {
  std::string from, to;  ///< component ids
  Relation relation = Relation::depends_on;
  bool operator==(const Dependency&) const = default;
};

struct Sbom {
  std::string name;  ///< of what it describes
  std::string version;
  std::string purl;   ///< of what it describes
  DigestMap digests;  ///< of what it describes
  std::string phase;  ///< CycloneDX's word for when it was made: "build" of one that watched, "post-build" of one made
                      ///< from the finished artifact; empty if it does not say
  std::int64_t created = 0;  ///< seconds since the epoch
  std::vector<Component> components;
  std::vector<Dependency> dependencies;
  std::string format;  ///< where it was read from: "SPDX-2.3", "CycloneDX-1.6"; empty if made here
};

/// Sort components and dependencies, give every component an id, drop exact duplicates: the same content gives the same bytes.
void normalise(Sbom& sbom);

std::string write_spdx(const Sbom& sbom);
std::string write_cyclonedx(const Sbom& sbom);
/// The same in pieces, as they are made: a document of any size takes the memory of `sbom` and no more.
using TakeText = std::function<void(std::string_view)>;
void write_spdx(const Sbom& sbom, const TakeText& take);
void write_cyclonedx(const Sbom& sbom, const TakeText& take);

/// Read SPDX 2.2/2.3 or CycloneDX 1.2 to 1.7 JSON. The elements of the long lists are read one at a time, so memory
/// follows what is kept of them and not the document. Errors: neither format, malformed, a name twice in an object.
Result<Sbom> read_sbom(ByteView text);
/// The same for a file, which is mapped and let go of piece by piece.
Result<Sbom> read_sbom_file(const std::filesystem::path& file);
/// The same, one component at a time, for whoever wants but a little of each: the document's size is no memory's then.
using TakeComponent = std::function<void(const Component&)>;
Result<void> for_each_component(const std::filesystem::path& file, const TakeComponent& take);

/// Packages of a Debian file system (`var/lib/dpkg/status`, `status.d/`), of Alpine (`lib/apk/db/installed`), of npm
/// (`package.json`, `package-lock.json`), of Python (`*.dist-info/METADATA`), and, for anything else, every regular file by
/// digest. `path` is a directory, an archive, a Debian package, or an image (OCI layout or `docker save`); links are not
/// followed. What could not be read is in `coverage`.
Result<Sbom> collect_sbom(const std::filesystem::path& path, const Limits& limits, Coverage& coverage);

struct SbomChange {
  enum class Kind : std::uint8_t { added, removed, version, digest, license } kind;
  std::string component;  ///< name, or purl without version
  std::string before, after;
};

/// What differs, by purl without version, else by name. Of several components of one name those of the same version belong
/// together, then the others in the order of their versions.
std::vector<SbomChange> diff_sboms(const Sbom& before, const Sbom& after);
/// The same of two documents, of which only what is compared is held in memory.
Result<std::vector<SbomChange>> diff_sbom_files(const std::filesystem::path& before,
                                                const std::filesystem::path& after);
std::string_view to_string(SbomChange::Kind kind) noexcept;

}  // namespace assay::attest
