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

Link check_signature(const Json& signature, std::string_view message, std::optional<std::int64_t> published, std::span<const NpmKey> keys) {
  const auto id = signature.text("keyid");
  const auto name = fmt::format("signature of {}", id);
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const NpmKey& each) { return each.id == id; });
  if (key == keys.end()) return Link::not_checked(name, "no such key was given");
  const auto bytes = from_base64(signature.text("sig"));
  if (!bytes) return Link::failed(name, "is not canonical base64");
  if (!key->key.verify(as_bytes(message), *bytes)) return Link::failed(name, fmt::format("does not hold over \"{}\"", message));
  if (key->expires && published && *published > *key->expires) return Link::failed(name, fmt::format("published {}, after the key expired {}", format_time(*published), format_time(*key->expires)));
  if (key->expires && !published) return Link::not_checked(name, fmt::format("the key expired {}, and when the version was published is not in the file", format_time(*key->expires)));
  return Link::ok(name, fmt::format("over \"{}\"", message)).with("key", key->key.description());
}

}  // namespace

bool is_npm_keys(std::string_view text) noexcept {
  return begins_object_with(text, "\"keys\"") && text.find("\"keyid\"") != std::string_view::npos;
}

bool is_npm_packument(std::string_view text) noexcept {
  return begins_object_with(text, "\"dist\"") && text.find("\"integrity\"") != std::string_view::npos;
}

Result<std::vector<NpmKey>> parse_npm_keys(std::string_view text) {
  ASSAY_TRY(const auto json, Json::parse(text));
  std::vector<NpmKey> keys;
  for (const auto& each : json["keys"].items()) {
    const auto der = from_base64(each.text("key"));
    if (!der) return Error{ErrorCode::format, "npm key is not canonical base64", {}, {}};
    ASSAY_TRY(auto key, PublicKey::from_spki(*der));
    const auto id = "SHA256:" + to_base64(digest_of(HashKind::sha256, key.spki())).substr(0, 43);
    if (each.text("keyid") != id) return Error{ErrorCode::format, fmt::format("npm key \"{}\" is not the key its id names", escape_for_display(each.text("keyid").substr(0, 80))), {}, {}};
    std::optional<std::int64_t> expires;
    if (each.has("expires")) {
      expires = parse_time(each.text("expires"));
      if (!expires) return Error{ErrorCode::format, "npm key expires at what is no time", {}, {}};
    }
    keys.push_back({id, std::move(key), expires});
  }
  if (keys.empty()) return Error{ErrorCode::format, "file holds no npm key", {}, {}};
  return keys;
}

Link verify_npm_packument(std::string_view text, const DigestMap& artifact, std::span<const NpmKey> keys) {
  const auto json = Json::parse(text);
  if (!json) return Link::failed(k_name, json.error().message);
  const auto sha512 = artifact.find("sha512");
  if (sha512 == artifact.end()) return Link::not_checked(k_name, "the registry signs SHA-512, which of the artifact is not known");
  const auto* version = find_version(*json, sha512->second);
  if (version == nullptr) return Link::failed(k_name, "no version in the file is this artifact (dist.integrity, SHA-512)");
  const auto signatures = (*version)["dist"]["signatures"].items();
  if (signatures.empty()) return Link::failed(k_name, "the version has no signature of the registry");
  if (signatures.size() > k_max_signatures) return Link::failed(k_name, fmt::format("{} signatures; the limit is {}", signatures.size(), k_max_signatures));
  const auto message = fmt::format("{}@{}:{}", version->text("name"), version->text("version"), (*version)["dist"].text("integrity"));
  const auto published = parse_time((*json)["time"].text(version->text("version")));
  Link link;
  link.name = k_name;
  for (const auto& signature : signatures) link.add(check_signature(signature, message, published, keys));
  // One that holds is enough; those of keys we were not given take nothing from it.
  const bool good = std::any_of(link.children.begin(), link.children.end(), [](const Link& child) { return child.state == LinkState::ok; });
  for (auto& child : link.children)
    if (good && child.state == LinkState::not_checked) child.required = false;
  link.settle();
  return link;
}

}  // namespace assay::attest
