#include "artifact/image_layout.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "digest/named_digest.hpp"

namespace assay::artifact {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t k_most_manifest = 4ULL << 20;
constexpr int k_most_depth = 4;
constexpr std::size_t k_most_layers = 1024;

std::string sha256_hex(std::string_view text) {
  return to_hex(named_digest(DigestName::sha256, as_bytes(text)));
}

/// Where each key of the object itself begins, its quotes included, in JSON without white space.
std::map<std::string_view, std::size_t> own_keys(std::string_view json) {
  std::map<std::string_view, std::size_t> keys;
  int depth = 0;
  bool key_next = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const auto begin = at++;
      while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
      if (key_next && depth == 1 && at < json.size()) keys.emplace(json.substr(begin + 1, at - begin - 1), begin);
      key_next = false;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth == 1 && (c == '{' || c == ',')) key_next = true;
  }
  return keys;
}

/// The id of a layer as docker/image/v1 CreateID() has it: the digest of its description with the chain of layers it ends,
/// before the id itself is put in, keys sorted. Empty if the description has no such form.
std::string legacy_id(std::string json, const std::string& id, const std::string& chain) {
  const auto own = fmt::format("\"id\":\"{}\"", id);
  auto keys = own_keys(json);
  const auto found = keys.find("id");
  if (found == keys.end() || json.compare(found->second, own.size(), own) != 0) return {};
  const auto at = found->second;
  const auto end = at + own.size();
  json.erase(at, own.size() + (end < json.size() && json[end] == ',' ? 1U : 0U));
  keys = own_keys(json);
  const auto next = keys.upper_bound("layer_id");
  if (next == keys.end()) return {};
  json.insert(next->second, fmt::format("\"layer_id\":\"{}\",", chain));
  return sha256_hex(json);
}

class RoleFinder {
 public:
  explicit RoleFinder(std::vector<Member>& members) {
    for (auto& member : members) m_by_name.emplace(member.name, &member);
  }

  /// Names of layers, by their roles, that are what the layers' descriptions make them.
  using Ids = std::map<std::string, std::string>;

  Ids run() {
    if (auto* index = find("index.json"); index != nullptr && find("oci-layout") != nullptr)
      descend(*index, "image", 0);
    if (auto* manifest = find("manifest.json")) docker(*manifest);
    return std::move(m_ids);
  }

 private:
  Member* find(const std::string& name) {
    const auto found = m_by_name.find(name);
    return found == m_by_name.end() ? nullptr : found->second;
  }

  static Json parse(const Member& member) {
    if (member.content.size() > k_most_manifest) return {};
    return Json::parse(member.content.text(), nullptr, false);
  }

  Member* blob_of(const Json& descriptor) {
    if (!descriptor.is_object() || !descriptor.contains("digest") || !descriptor["digest"].is_string()) return nullptr;
    auto digest = descriptor["digest"].get<std::string>();
    const auto colon = digest.find(':');
    if (colon == std::string::npos) return nullptr;
    digest[colon] = '/';
    return find("blobs/" + digest);
  }

  void name(Member* member, std::string role) {
    if (member != nullptr && member->role.empty()) member->role = std::move(role);
  }

  void descend(const Member& member, const std::string& role, int depth) {
    const auto document = parse(member);
    if (!document.is_object() || depth > k_most_depth) return;
    if (const auto manifests = document.find("manifests"); manifests != document.end() && manifests->is_array()) {
      std::size_t number = 0;
      for (const auto& descriptor : *manifests) {
        auto* blob = blob_of(descriptor);
        const auto own = fmt::format("{} manifest {}", role, ++number);
        name(blob, own);
        if (blob != nullptr) descend(*blob, own, depth + 1);
      }
    }
    if (const auto config = document.find("config"); config != document.end()) name(blob_of(*config), role + " config");
    if (const auto layers = document.find("layers"); layers != document.end() && layers->is_array()) {
      std::size_t number = 0;
      for (const auto& layer : *layers) name(blob_of(layer), fmt::format("{} layer {}", role, ++number));
    }
  }

  void docker(const Member& member) {
    const auto document = parse(member);
    if (!document.is_array()) return;
    std::size_t image = 0;
    for (const auto& entry : document) {
      if (!entry.is_object()) continue;
      ++image;
      if (const auto config = entry.find("Config"); config != entry.end() && config->is_string())
        name(find(config->get<std::string>()), fmt::format("docker image {} config", image));
      legacy_layers(entry, image);
      const auto layers = entry.find("Layers");
      if (layers == entry.end() || !layers->is_array()) continue;
      std::size_t number = 0;
      for (const auto& layer : *layers)
        if (layer.is_string())
          name(find(layer.get<std::string>()), fmt::format("docker image {} layer {}", image, ++number));
    }
  }

  /// Before there were manifests, each layer was a directory by its id, which named its parent; "repositories" names the
  /// last one.
  void legacy_layers(const Json& image, std::size_t number) {
    std::vector<std::pair<std::string, Member*>> layers;  // the last one first
    std::set<std::string> seen;
    for (auto id = last_layer(image); !id.empty() && layers.size() < k_most_layers && seen.insert(id).second;) {
      auto* description = find(id + "/json");
      if (description == nullptr) break;
      layers.emplace_back(id, description);
      const auto document = parse(*description);
      const auto parent = document.is_object() ? document.find("parent") : document.end();
      id = parent != document.end() && parent->is_string() ? parent->get<std::string>() : std::string{};
    }
    std::string chain;
    const auto diff_ids = diff_ids_of(image);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto& [id, description] = layers[layers.size() - 1 - i];
      const auto role = fmt::format("docker image {} legacy layer {}", number, i + 1);
      for (const std::string_view part : {"", "/json", "/VERSION", "/layer.tar"})
        name(find(id + std::string{part}), role + std::string{part});
      if (i >= diff_ids.size()) continue;
      chain = i == 0 ? diff_ids[i] : "sha256:" + sha256_hex(chain + " " + diff_ids[i]);
      if (legacy_id(std::string{description->content.text()}, id, chain) == id) m_ids.emplace(role, id);
    }
  }

  std::string last_layer(const Json& image) {
    auto* repositories = find("repositories");
    const auto tags = image.find("RepoTags");
    if (repositories == nullptr || tags == image.end() || !tags->is_array() || tags->empty() ||
        !tags->front().is_string())
      return {};
    const auto tag = tags->front().get<std::string>();
    const auto colon = tag.rfind(':');
    const auto document = parse(*repositories);
    if (colon == std::string::npos || !document.is_object()) return {};
    const auto repository = document.find(tag.substr(0, colon));
    if (repository == document.end() || !repository->is_object()) return {};
    const auto id = repository->find(tag.substr(colon + 1));
    return id != repository->end() && id->is_string() ? id->get<std::string>() : std::string{};
  }

  std::vector<std::string> diff_ids_of(const Json& image) {
    const auto config = image.find("Config");
    auto* member = config != image.end() && config->is_string() ? find(config->get<std::string>()) : nullptr;
    const auto document = member == nullptr ? Json{} : parse(*member);
    std::vector<std::string> ids;
    if (!document.is_object() || !document.contains("rootfs") || !document["rootfs"].is_object()) return ids;
    const auto found = document["rootfs"].find("diff_ids");
    if (found == document["rootfs"].end() || !found->is_array()) return ids;
    for (const auto& id : *found)
      if (id.is_string()) ids.push_back(id.get<std::string>());
    return ids;
  }

  std::unordered_map<std::string, Member*> m_by_name;
  Ids m_ids;
};

}  // namespace

void assign_image_roles(Session& session, const std::string& container, std::vector<Member>& a,
                        std::vector<Member>& b) {
  const auto left = RoleFinder{a}.run();
  const auto right = RoleFinder{b}.run();
  for (const auto& [role, id] : left)
    if (const auto other = right.find(role); other != right.end())
      session.derived().enter_digest(container, id, other->second);
}

}  // namespace assay::artifact
