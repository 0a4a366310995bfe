#include "attest/trusted_root.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attest/json.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

Error at(std::string_view place, const Error& error) {
  return {error.code, fmt::format("trusted root, {}: {}", place, error.message), {}, error.remedy};
}

Error at(std::string_view place, std::string message) {
  return at(place, Error{ErrorCode::format, std::move(message), {}, {}});
}

Result<TimeRange> parse_range(const Json& json, std::string_view place) {
  // An interval without a start is not one without a bound: it is malformed.
  const auto start = parse_time(json.text("start"));
  if (!start) return at(place, std::string{"its validFor has no start"});
  TimeRange range{*start, {}};
  if (json.has("end")) {
    range.end = parse_time(json.text("end"));
    if (!range.end) return at(place, std::string{"its validFor has a malformed end"});
  }
  return range;
}

Result<Bytes> parse_bytes(const Json& json, std::string_view name, std::string_view place) {
  auto bytes = from_base64(json.text(name));
  if (!bytes || bytes->empty()) return at(place, fmt::format("{} is missing or no canonical base64", name));
  return *std::move(bytes);
}

Result<PublicKey> parse_key(const Json& json, std::string_view place) {
  ASSAY_TRY(const auto raw, parse_bytes(json, "rawBytes", place));
  auto key = json.text("keyDetails").starts_with("PKCS1_") ? PublicKey::from_pkcs1(raw) : PublicKey::from_spki(raw);
  if (!key) return at(place, key.error());
  return key;
}

Result<TransparencyLog> parse_log(const Json& json, std::string_view place) {
  ASSAY_TRY(auto key, parse_key(json["publicKey"], place));
  ASSAY_TRY(const auto range, parse_range(json["publicKey"]["validFor"], place));
  ASSAY_TRY(auto id, parse_bytes(json["logId"], "keyId", place));
  return TransparencyLog{std::move(id), std::move(key), range, std::string{json.text("baseUrl")}};
}

Result<Authority> parse_authority(const Json& json, std::string_view place) {
  Authority authority;
  authority.uri = json.text("uri");
  ASSAY_TRY(authority.valid_for, parse_range(json["validFor"], place));
  for (const auto& item : json["certChain"]["certificates"].items()) {
    ASSAY_TRY(const auto der, parse_bytes(item, "rawBytes", place));
    auto certificate = Certificate::from_der(der);
    if (!certificate) return at(place, certificate.error());
    authority.chain.push_back(*std::move(certificate));
  }
  if (authority.chain.empty()) return at(place, std::string{"it has no certificate"});
  return authority;
}

}  // namespace

Result<TrustedRoot> TrustedRoot::parse(std::string_view text) {
  ASSAY_TRY(const auto json, Json::parse(text));
  const auto type = json.text("mediaType");
  if (type != "application/vnd.dev.sigstore.trustedroot+json;version=0.1" &&
      type != "application/vnd.dev.sigstore.trustedroot.v0.2+json")
    return Error{ErrorCode::format,
                 fmt::format("no Sigstore trusted root: mediaType is \"{}\"", escape_for_display(type.substr(0, 100))),
                 {},
                 {}};
  TrustedRoot root;
  const auto each = [&](std::string_view list, const auto& take) -> Result<void> {
    const auto items = json[list].items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      ASSAY_TRY_VOID(take(items[i], fmt::format("{}[{}]", list, i)));
    }
    return {};
  };
  ASSAY_TRY_VOID(each("tlogs", [&](const Json& item, const std::string& place) -> Result<void> {
    ASSAY_TRY(auto log, parse_log(item, place));
    root.newest = std::max(root.newest, log.valid_for.start);
    root.logs.push_back(std::move(log));
    return {};
  }));
  ASSAY_TRY_VOID(each("ctlogs", [&](const Json& item, const std::string& place) -> Result<void> {
    ASSAY_TRY(auto log, parse_log(item, place));
    root.newest = std::max(root.newest, log.valid_for.start);
    root.certificate_logs.push_back({std::move(log.id), std::move(log.key), log.valid_for, std::move(log.base_url)});
    return {};
  }));
  for (auto [list, authorities] : {std::pair{"certificateAuthorities", &root.certificate_authorities},
                                   std::pair{"timestampAuthorities", &root.timestamp_authorities}}) {
    ASSAY_TRY_VOID(each(list, [&, into = authorities](const Json& item, const std::string& place) -> Result<void> {
      ASSAY_TRY(auto authority, parse_authority(item, place));
      root.newest = std::max(root.newest, authority.valid_for.start);
      into->push_back(std::move(authority));
      return {};
    }));
  }
  return root;
}

}  // namespace assay::attest
