#include "attest/dsse.hpp"

#include <fmt/format.h>

#include "attest/encoding.hpp"

namespace assay::attest {

namespace {

Result<Bytes> required_base64(const Json& json, std::string_view name) {
  const auto& member = json[name];
  if (!member.is_string()) return Error{ErrorCode::format, fmt::format("envelope has no {}", name), {}, {}};
  auto bytes = from_base64(member.text());
  if (!bytes) return Error{ErrorCode::format, fmt::format("envelope's {} is not canonical base64", name), {}, {}};
  return *std::move(bytes);
}

}  // namespace

Bytes pre_authentication_encoding(std::string_view payload_type, ByteView payload) {
  const auto head = fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size());
  Bytes bytes;
  bytes.reserve(head.size() + payload.size());
  bytes.insert(bytes.end(), head.begin(), head.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Result<Envelope> Envelope::parse(std::string_view text) {
  JsonLimits limits;
  limits.max_values = k_max_envelope_values;
  ASSAY_TRY(const auto json, Json::parse(text, limits));
  return from_json(json);
}

Result<Envelope> Envelope::from_json(const Json& json) {
  Envelope envelope;
  envelope.payload_type = json.text("payloadType");
  if (envelope.payload_type.empty()) return Error{ErrorCode::format, "envelope has no payloadType", {}, {}};
  ASSAY_TRY(envelope.payload, required_base64(json, "payload"));
  const auto signatures = json["signatures"].items();
  if (signatures.empty()) return Error{ErrorCode::format, "envelope has no signature", {}, {}};
  if (signatures.size() > k_max_signatures)
    return Error{ErrorCode::limit,
                 fmt::format("envelope has {} signatures; the limit is {}", signatures.size(), k_max_signatures),
                 {},
                 {}};
  for (const auto& item : signatures) {
    ASSAY_TRY(auto signature, required_base64(item, "sig"));
    if (signature.empty()) return Error{ErrorCode::format, "envelope has an empty signature", {}, {}};
    envelope.signatures.push_back({std::string{item.text("keyid")}, std::move(signature)});
  }
  return envelope;
}

Json Envelope::to_json() const {
  auto list = Json::array();
  for (const auto& signature : signatures) {
    auto item = Json::object();
    item.set_text("keyid", signature.key_id).set("sig", to_base64(signature.signature));
    list.push(std::move(item));
  }
  auto json = Json::object();
  json.set("payloadType", payload_type).set("payload", to_base64(payload)).set("signatures", std::move(list));
  return json;
}

Bytes Envelope::signed_bytes() const {
  return pre_authentication_encoding(payload_type, payload);
}

std::vector<std::size_t> signers(const Envelope& envelope, std::span<const PublicKey> keys) {
  const auto message = envelope.signed_bytes();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const auto& signature : envelope.signatures) {
      if (!keys[i].verify(message, signature.signature)) continue;
      found.push_back(i);
      break;
    }
  }
  return found;
}

Result<void> add_signature(Envelope& envelope, const PrivateKey& key) {
  ASSAY_TRY(auto signature, key.sign(envelope.signed_bytes()));
  envelope.signatures.push_back({key.public_key().fingerprint(), std::move(signature)});
  return {};
}

}  // namespace assay::attest
