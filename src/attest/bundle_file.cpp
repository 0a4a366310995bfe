// Files that hold bundles in wrappings of their own: what npm's registry and PyPI serve, and one bundle a line.
#include <fmt/format.h>

#include "attest/bundle.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_file = 64U << 20;
constexpr std::size_t k_max_bundles = 1000;

/// PEP 740's attestation object says the same as a bundle in other words.
Json from_pep740(const Json& attestation) {
  const auto& material = attestation["verification_material"];
  auto certificate = Json::object();
  certificate.set("rawBytes", material["certificate"]);
  auto verification = Json::object();
  verification.set("certificate", std::move(certificate)).set("tlogEntries", material["transparency_entries"]);
  auto signature = Json::object();
  signature.set("sig", attestation["envelope"]["signature"]);
  auto envelope = Json::object();
  envelope.set("payloadType", k_intoto_payload_type)
      .set("payload", attestation["envelope"]["statement"])
      .set("signatures", Json::array({std::move(signature)}));
  auto bundle = Json::object();
  bundle.set("mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json")
      .set("verificationMaterial", std::move(verification))
      .set("dsseEnvelope", std::move(envelope));
  return bundle;
}

void collect(const Json& json, std::vector<Json>& found) {
  if (json.has("attestation_bundles")) {  // PyPI's provenance object
    for (const auto& publisher : json["attestation_bundles"].items())
      for (const auto& attestation : publisher["attestations"].items()) found.push_back(from_pep740(attestation));
  } else if (json.has("attestations")) {  // npm's, and GitHub's API
    for (const auto& attestation : json["attestations"].items()) found.push_back(attestation["bundle"]);
  } else if (json.has("verification_material") && json.has("envelope")) {
    found.push_back(from_pep740(json));
  } else {
    found.push_back(json);
  }
}

}  // namespace

bool holds_bundles(std::string_view text) noexcept {
  for (const std::string_view member :
       {"\"verificationMaterial\"", "\"verification_material\"", "\"attestation_bundles\""})
    if (text.find(member) != std::string_view::npos) return true;
  return false;
}

Result<std::vector<Bundle>> parse_bundles(std::string_view text) {
  if (text.size() > k_max_file) return Error{ErrorCode::limit, "file of bundles is larger than 64 MiB", {}, {}};
  constexpr JsonLimits k_limits{k_max_file, 64, k_max_envelope_values};
  std::vector<Json> found;
  if (auto whole = Json::parse(text, k_limits)) {
    collect(*whole, found);
  } else if (const auto first = text.substr(0, text.find('\n'));
             whole.error().code == ErrorCode::limit || first.size() == text.size() || !Json::parse(first, k_limits)) {
    return whole.error();
  } else {
    for (const auto line : split_lines(text)) {
      if (line.empty()) continue;
      ASSAY_TRY(const auto one, Json::parse(line, k_limits));
      collect(one, found);
    }
  }
  if (found.empty()) return Error{ErrorCode::format, "file holds no bundle", {}, {}};
  if (found.size() > k_max_bundles)
    return Error{
        ErrorCode::limit, fmt::format("file holds {} bundles; the limit is {}", found.size(), k_max_bundles), {}, {}};
  std::vector<Bundle> bundles;
  for (const auto& json : found) {
    ASSAY_TRY(auto bundle, Bundle::from_json(json));
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

}  // namespace assay::attest
