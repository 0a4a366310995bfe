#include "attest/npm_registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr auto k_name = "npm registry signature";
constexpr std::string_view k_sha512 = "sha512-";
constexpr std::size_t k_max_signatures = 64;

bool begins_object_with(std::string_view text, std::string_view member) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{' && text.find(member) != std::string_view::npos;
}

/// The hexadecimal SHA-512 of "sha512-<base64>".
std::string digest_of_integrity(std::string_view integrity) {
  if (!integrity.starts_with(k_sha512)) return {};
  const auto bytes = from_base64(integrity.substr(k_sha512.size()));
  return bytes && bytes->size() == 64 ? to_hex(*bytes) : std::string{};
}

/// The object of the version that has that SHA-512; null if there is none.
const Json* find_version(const Json& packument, std::string_view sha512) {
  if (digest_of_integrity(packument["dist"].text("integrity")) == sha512) return &packument;
  for (const auto& [version, each] : packument["versions"].members())
    if (digest_of_integrity(each["dist"].text("integrity")) == sha512) return &each;
  return nullptr;
}

Link check_signature(const Json& signature, std::string_view message, std::optional<std::int64_t> published,
                     std::span<const NpmKey> keys) {
  const auto id = signature.text("keyid");
  const auto name = fmt::format("signature of {}", id);
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const NpmKey& each) { return each.id == id; });
  if (key == keys.end()) return Link::not_checked(name, "no such key was given");
  const auto bytes = from_base64(signature.text("sig"));
  if (!bytes) return Link::failed(name, "is not canonical base64");
  if (!key->key.verify(as_bytes(message), *bytes))
    return Link::failed(name, fmt::format("does not hold over \"{}\"", message));
  if (key->expires && published && *published > *key->expires)
    return Link::failed(name, fmt::format("published {}, after the key expired {}", format_time(*published),
                                          format_time(*key->expires)));
  if (key->expires && !published)
    return Link::not_checked(name,
                             fmt::format("the key expired {}, and when the version was published is not in the file",
                                         format_time(*key->expires)));
  auto link = Link::ok(name, fmt::format("over \"{}\"", message)).with("key", key->key.description());
  // The registry signs no times: whoever has an old key and changes the file can date it back.
  if (key->expires)
    link.detail += fmt::format("; the key expired {}, and that it was published before, {}, is the file's word alone",
                               format_time(*key->expires), format_time(*published));
  return link;
}

/// As ssh-keygen(1) shows the fingerprint of the key, with padding: SHA-256 of its form on SSH's wire.
std::string id_of(const PublicKey& key) {
  constexpr std::size_t k_point = 65;
  static constexpr std::string_view k_head{
      "\0\0\0\x13"
      "ecdsa-sha2-nistp256\0\0\0\x08nistp256\0\0\0\x41",
      39};
  Bytes wire{k_head.begin(), k_head.end()};
  wire.insert(wire.end(), key.spki().end() - k_point, key.spki().end());
  return "SHA256:" + to_base64(digest_of(HashKind::sha256, wire)).substr(0, 43);
}

Result<NpmKey> read_key(std::string_view claimed_id, std::string_view base64, const Json& expires) {
  const auto der = from_base64(base64);
  if (!der) return Error{ErrorCode::format, "npm key is not canonical base64", {}, {}};
  ASSAY_TRY(auto key, PublicKey::from_spki(*der));
  if (key.kind() != KeyKind::ecdsa_p256)
    return Error{ErrorCode::unsupported,
                 fmt::format("npm key of kind {}; the registry signs with ECDSA P-256", key.description()),
                 {},
                 {}};
  const auto id = id_of(key);
  if (claimed_id != id)
    return Error{
        ErrorCode::format,
        fmt::format("npm key \"{}\" is not the key its id names", escape_for_display(claimed_id.substr(0, 80))),
        {},
        {}};
  std::optional<std::int64_t> end;
  if (!expires.is_null()) {
    end = parse_time(expires.text());
    if (!end) return Error{ErrorCode::format, "npm key expires at what is no time", {}, {}};
  }
  return NpmKey{id, std::move(key), end};
}

}  // namespace

bool is_npm_keys(std::string_view text) noexcept {
  return begins_object_with(text, "\"keys\"") &&
         (text.find("\"keyid\"") != std::string_view::npos || text.find("\"keyId\"") != std::string_view::npos);
}

bool is_npm_packument(std::string_view text) noexcept {
  return begins_object_with(text, "\"dist\"") && text.find("\"integrity\"") != std::string_view::npos;
}

Result<std::vector<NpmKey>> parse_npm_keys(std::string_view text) {
  ASSAY_TRY(const auto json, Json::parse(text));
  std::vector<NpmKey> keys;
  for (const auto& each : json["keys"].items()) {
    const bool of_tuf = each.has("publicKey");
    if (of_tuf && each.text("keyUsage") != "npm:signatures") continue;  // those for attestations are a bundle's --key
    const auto& key = each["publicKey"];
    ASSAY_TRY(auto read, of_tuf ? read_key(each.text("keyId"), key.text("rawBytes"), key["validFor"]["end"])
                                : read_key(each.text("keyid"), each.text("key"), each["expires"]));
    keys.push_back(std::move(read));
  }
  if (keys.empty()) return Error{ErrorCode::format, "file holds no npm key", {}, {}};
  return keys;
}

Link verify_npm_packument(std::string_view text, const DigestMap& artifact, std::span<const NpmKey> keys) {
  const auto json = Json::parse(text);
  if (!json) return Link::failed(k_name, json.error().message);
  const auto sha512 = artifact.find("sha512");
  if (sha512 == artifact.end())
    return Link::not_checked(k_name, "the registry signs SHA-512, which of the artifact is not known");
  const auto* version = find_version(*json, sha512->second);
  if (version == nullptr)
    return Link::failed(k_name, "no version in the file is this artifact (dist.integrity, SHA-512)");
  const auto signatures = (*version)["dist"]["signatures"].items();
  // Mirrors and private registries serve packages without: that says nothing, neither good nor bad.
  if (signatures.empty())
    return Link::not_checked(k_name,
                             "the file has no signature of the registry for this version: many mirrors and "
                             "private registries serve none");
  if (signatures.size() > k_max_signatures)
    return Link::failed(k_name, fmt::format("{} signatures; the limit is {}", signatures.size(), k_max_signatures));
  const auto message =
      fmt::format("{}@{}:{}", version->text("name"), version->text("version"), (*version)["dist"].text("integrity"));
  const auto published = parse_time((*json)["time"].text(version->text("version")));
  Link link;
  link.name = k_name;
  for (const auto& signature : signatures) link.add(check_signature(signature, message, published, keys));
  // One that holds is enough; those of keys we were not given take nothing from it.
  const bool good = std::any_of(link.children.begin(), link.children.end(),
                                [](const Link& child) { return child.state == LinkState::ok; });
  for (auto& child : link.children)
    if (good && child.state == LinkState::not_checked) child.required = false;
  link.settle();
  return link;
}

}  // namespace assay::attest
