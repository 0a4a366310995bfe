#include "attest/bundle.hpp"

#include <fmt/format.h>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_bundle = 64U << 20;
constexpr std::size_t k_max_entries = 32;
constexpr std::size_t k_max_timestamps = 32;
constexpr std::size_t k_max_certificates = 16;

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

Result<unsigned> parse_version(std::string_view media_type) {
  for (unsigned minor = 1; minor <= 3; ++minor)
    if (media_type == fmt::format("application/vnd.dev.sigstore.bundle+json;version=0.{}", minor)) return minor;
  if (media_type == "application/vnd.dev.sigstore.bundle.v0.3+json") return 3U;
  return Error{ErrorCode::unsupported,
               fmt::format("no Sigstore bundle of version 0.1 to 0.3: mediaType is \"{}\"",
                           escape_for_display(media_type.substr(0, 100))),
               {},
               {}};
}

Result<Certificate> parse_certificate(const Json& json) {
  const auto der = from_base64(json.text("rawBytes"));
  if (!der || der->empty()) return malformed("certificate is missing or no canonical base64");
  return Certificate::from_der(*der);
}

Result<void> parse_certificates(const Json& material, Bundle& bundle) {
  if (material.has("certificate")) {
    ASSAY_TRY(auto leaf, parse_certificate(material["certificate"]));
    bundle.certificates.push_back(std::move(leaf));
    return {};
  }
  const auto items = material["x509CertificateChain"]["certificates"].items();
  if (items.empty()) return malformed("certificate chain is empty");
  if (items.size() > k_max_certificates)
    return malformed(fmt::format("certificate chain of {} certificates", items.size()));
  for (const auto& item : items) {
    ASSAY_TRY(auto certificate, parse_certificate(item));
    // What is trusted comes from the trusted root alone; a root in here is an attempt to bring one's own.
    if (certificate.self_issued())
      return malformed("certificate chain holds a root certificate, which a bundle must not bring along");
    bundle.certificates.push_back(std::move(certificate));
  }
  return {};
}

Result<void> parse_material(const Json& material, Bundle& bundle) {
  const int kinds = (material.has("certificate") ? 1 : 0) + (material.has("x509CertificateChain") ? 1 : 0) +
                    (material.has("publicKey") ? 1 : 0);
  if (kinds != 1) return malformed("bundle needs exactly one of certificate, certificate chain and public key");
  if (material.has("publicKey")) {
    bundle.key_hint = material["publicKey"].text("hint");
  } else {
    ASSAY_TRY_VOID(parse_certificates(material, bundle));
  }
  const auto entries = material["tlogEntries"].items();
  if (entries.size() > k_max_entries)
    return malformed(fmt::format("bundle has {} log entries; the limit is {}", entries.size(), k_max_entries));
  for (const auto& item : entries) {
    ASSAY_TRY(auto entry, LogEntry::from_json(item));
    bundle.entries.push_back(std::move(entry));
  }
  const auto timestamps = material["timestampVerificationData"]["rfc3161Timestamps"].items();
  if (timestamps.size() > k_max_timestamps)
    return malformed(fmt::format("bundle has {} timestamps; the limit is {}", timestamps.size(), k_max_timestamps));
  for (const auto& item : timestamps) {
    auto token = from_base64(item.text("signedTimestamp"));
    if (!token || token->empty()) return malformed("timestamp is missing or no canonical base64");
    bundle.timestamps.push_back(*std::move(token));
  }
  return {};
}

Result<MessageSignature> parse_message(const Json& json) {
  MessageSignature message;
  auto signature = from_base64(json.text("signature"));
  if (!signature || signature->empty()) return malformed("signature is missing or no canonical base64");
  message.signature = *std::move(signature);
  if (json.has("messageDigest")) {
    message.digest_algorithm = json["messageDigest"].text("algorithm");
    auto digest = from_base64(json["messageDigest"].text("digest"));
    if (!digest) return malformed("message digest is no canonical base64");
    message.digest = *std::move(digest);
  }
  return message;
}

}  // namespace

Result<Bundle> Bundle::parse(std::string_view text) {
  ASSAY_TRY(const auto json, Json::parse(text, {k_max_bundle, 64, k_max_envelope_values}));
  return from_json(json);
}

Result<Bundle> Bundle::from_json(const Json& json) {
  Bundle bundle;
  ASSAY_TRY(bundle.minor_version, parse_version(json.text("mediaType")));
  ASSAY_TRY_VOID(parse_material(json["verificationMaterial"], bundle));
  if (json.has("messageSignature") == json.has("dsseEnvelope"))
    return malformed("bundle needs exactly one of messageSignature and dsseEnvelope");
  if (json.has("messageSignature")) {
    ASSAY_TRY(bundle.message, parse_message(json["messageSignature"]));
  } else {
    ASSAY_TRY(bundle.envelope, Envelope::from_json(json["dsseEnvelope"]));
    if (bundle.envelope->signatures.size() != 1)
      return malformed(fmt::format("envelope in a bundle has {} signatures; it must have exactly one",
                                   bundle.envelope->signatures.size()));
  }
  return bundle;
}

}  // namespace assay::attest
