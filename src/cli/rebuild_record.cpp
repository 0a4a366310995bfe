#include "cli/rebuild_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attest/sbom.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace assay::cli {

namespace {

using Json = nlohmann::ordered_json;

Json digest_of(const attest::DigestMap& digests) {
  Json object = Json::object();
  for (const auto& [name, value] : digests) object[name] = value;
  return object;
}

Json inputs_of(const std::vector<attest::BuildInput>& inputs) {
  Json array = Json::array();
  for (const auto& input : inputs) {
    Json object;
    if (!input.name.empty()) object["name"] = escape_for_display(input.name);
    if (!input.uri.empty()) object["uri"] = input.uri;
    object["digest"] = digest_of(input.digests);
    object["grounds"] = to_string(input.grounds);
    object["evidence"] = escape_for_display(input.evidence);
    array.push_back(std::move(object));
  }
  return array;
}

Result<std::string> sha256_of(const std::filesystem::path& file) {
  ASSAY_TRY(const auto mapped, MappedFile::open(file));
  return sha256(mapped.bytes()).hex();
}

/// The source as something that a verifier can hold against its own: by digest where it is a file, else by the archive of its tree.
Json source_of(const rebuild::Rebuild& rebuilt) {
  const auto& subject = rebuilt.source.subject;
  const auto digest = subject.sha256.empty() ? rebuilt.source.digest.hex() : subject.sha256;
  return Json{{"uri", fmt::format("urn:sha256:{}", digest)}, {"digest", Json{{"sha256", digest}}}};
}

Result<Json> external_of(const rebuild::Rebuild& rebuilt, const EvidenceFiles& files) {
  Json external{{"source", source_of(rebuilt)}, {"recipe", "inferred"}};
  if (files.recipe.ends_with(".toml")) {
    ASSAY_TRY(const auto digest, sha256_of(files.recipe));
    external["recipe"] = Json{{"uri", fmt::format("urn:sha256:{}", digest)}, {"digest", Json{{"sha256", digest}}}};
  }
  if (files.against.empty()) return external;
  external["against"] = Json::array();
  for (const auto& published : files.against) {
    ASSAY_TRY(const auto digest, sha256_of(published));
    external["against"].push_back(Json{{"sha256", digest}});
  }
  return external;
}

Result<std::string> record_of(const rebuild::Rebuild& rebuilt, const EvidenceFiles& files) {
  const auto& result = rebuilt.result;
  Json record;
  record["schema_version"] = "1";
  record["builder"] = Json{{"id", files.builder_id}, {"version", Json{{"assay", k_version}}}};
  ASSAY_TRY(record["external_parameters"], external_of(rebuilt, files));
  Json varied = Json::array();
  for (const auto& cause : result.causes) varied.push_back(cause.variation);
  for (const auto& innocent : result.innocent) varied.push_back(innocent);
  record["internal_parameters"] =
      Json{{"variations", std::move(varied)},
           {"environment", Json{{"system", result.environment},
                                {"recipe", result.recipe},
                                {"SOURCE_DATE_EPOCH", std::to_string(result.source_date_epoch)}}},
           {"reproduced", result.status == RebuildStatus::reproduced}};
  record["inputs"] = inputs_of(rebuilt.materials->inputs);
  record["outputs"] = Json::array();
  for (const auto& artifact : result.artifacts)
    record["outputs"].push_back(
        Json{{"name", escape_for_display(artifact.name)}, {"digest", Json{{"sha256", artifact.sha256}}}});
  return record.dump(2) + "\n";
}

}  // namespace

Result<void> write_evidence(const rebuild::Rebuild& rebuilt, const EvidenceFiles& files) {
  if (files.sbom.empty() && files.record.empty()) return {};
  if (!rebuilt.materials || rebuilt.result.artifacts.empty())
    return Error{ErrorCode::usage, "there is nothing to write: the build was not traced, or made nothing",
                 files.sbom.empty() ? "--record" : "--sbom", "see the report"};
  if (!files.sbom.empty()) {
    const bool spdx =
        ascii_lower(std::filesystem::path{files.sbom}.filename().string()).find("spdx") != std::string::npos;
    const auto& sbom = rebuilt.materials->sbom;
    ASSAY_TRY_VOID(write_file_whole(files.sbom, spdx ? attest::write_spdx(sbom) : attest::write_cyclonedx(sbom)));
  }
  if (!files.record.empty()) {
    ASSAY_TRY(const auto record, record_of(rebuilt, files));
    ASSAY_TRY_VOID(write_file_whole(files.record, record));
  }
  return {};
}

}  // namespace assay::cli
