#include "artifact/image_layout.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

namespace assay::artifact {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t k_most_manifest = 4ULL << 20;
constexpr int k_most_depth = 4;

class RoleFinder {
 public:
  explicit RoleFinder(std::vector<Member>& members) {
    for (auto& member : members) m_by_name.emplace(member.name, &member);
  }

  void run() {
    if (auto* index = find("index.json"); index != nullptr && find("oci-layout") != nullptr)
      descend(*index, "image", 0);
    if (auto* manifest = find("manifest.json")) docker(*manifest);
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
      const auto layers = entry.find("Layers");
      if (layers == entry.end() || !layers->is_array()) continue;
      std::size_t number = 0;
      for (const auto& layer : *layers)
        if (layer.is_string())
          name(find(layer.get<std::string>()), fmt::format("docker image {} layer {}", image, ++number));
    }
  }

  std::unordered_map<std::string, Member*> m_by_name;
};

}  // namespace

void assign_image_roles(std::vector<Member>& members) {
  RoleFinder{members}.run();
}

}  // namespace assay::artifact
