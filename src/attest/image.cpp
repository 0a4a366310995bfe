#include "attest/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/key.hpp"
#include "attest/statement.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_max_json = 16U << 20;
constexpr std::uint64_t k_max_layer = 1ULL << 30;  // of an archive within an archive: it is held in memory
constexpr std::size_t k_max_layers = 1000;
constexpr unsigned k_max_index_depth = 4;
constexpr std::string_view k_whiteout = ".wh.";
constexpr std::string_view k_opaque = ".wh..wh..opq";

/// The files of a layout by their path in it, be it a directory or an archive.
class Layout {
 public:
  Layout(fs::path path, const Limits& limits)
      : m_path(std::move(path)), m_limits(limits), m_is_directory(fs::is_directory(m_path)) {}

  Result<Bytes> read(const std::string& name, std::uint64_t max_size) const {
    // A name comes out of a manifest: it must not lead out of the layout.
    if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos)
      return Error{
          ErrorCode::format, fmt::format("image names the path \"{}\"", escape_for_display(name)), m_path.string(), {}};
    if (m_is_directory) return read_file(m_path / name, max_size);
    auto limits = m_limits;
    limits.memory = std::max(limits.memory, max_size);
    ASSAY_TRY(auto members, archive::read_members(m_path, {name}, max_size, limits));
    const auto found = members.find(name);
    if (found == members.end())
      return Error{ErrorCode::not_found,
                   fmt::format("image lacks \"{}\", or it is too large", escape_for_display(name)),
                   m_path.string(),
                   {}};
    return std::move(found->second);
  }

  Result<Json> json(const std::string& name) const {
    ASSAY_TRY(const auto content, read(name, k_max_json));
    return Json::parse(as_text(content), {k_max_json, 64});
  }

  /// A layer; in a directory it is streamed, in an archive it has to be held.
  Result<archive::ArchiveContents> layer(const std::string& name, const archive::ReadOptions& options) const {
    if (m_is_directory && fs::is_regular_file(m_path / name)) return archive::read_archive(m_path / name, options);
    ASSAY_TRY(const auto content, read(name, k_max_layer));
    return archive::read_archive(content, name, options);
  }

  const Limits& limits() const noexcept { return m_limits; }

 private:
  fs::path m_path;
  const Limits& m_limits;
  bool m_is_directory;
};

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

/// "sha256:…" → its digits.
Result<std::string> digits_of(std::string_view digest) {
  if (!digest.starts_with("sha256:") || !is_digest("sha256", digest.substr(7)))
    return malformed(
        fmt::format("image names a blob by \"{}\", which is no SHA-256", escape_for_display(digest.substr(0, 100))));
  return std::string{digest.substr(7)};
}

Result<Bytes> read_blob(const Layout& layout, const std::string& digits, std::uint64_t max_size) {
  ASSAY_TRY(auto content, layout.read("blobs/sha256/" + digits, max_size));
  if (to_hex(digest_of(HashKind::sha256, content)) != digits)
    return malformed(fmt::format("blob {} has another SHA-256 than its name", digits));
  return content;
}

Result<Json> read_json_blob(const Layout& layout, const std::string& digits) {
  ASSAY_TRY(const auto content, read_blob(layout, digits, k_max_json));
  return Json::parse(as_text(content), {k_max_json, 64});
}

/// Lays layers over each other.
class Stack {
 public:
  Stack(const Layout& layout, Image& image) : m_layout(layout), m_image(image) {}

  /// `digits`: what the layer's SHA-256 has to be; docker's archives do not say.
  void add(const std::string& path, const std::optional<std::string>& digits) {
    archive::ReadOptions options;
    options.limits = m_layout.limits();
    options.max_kept_entry = k_max_manifest;
    options.keep = [](const TreeEntry& entry) { return SbomCollector::wants_content(entry.path); };
    auto layer = m_layout.layer(path, options);
    if (!layer) return gap(path, layer.error().message);
    if (digits && layer->sha256.hex() != *digits) return gap(path, "the blob has another SHA-256 than its name");
    // Whiteouts hide what lies below, never what the same layer brings.
    for (const auto& entry : layer->entries) hide(entry.path);
    for (const auto& entry : layer->entries) place(entry, *layer, path);
    for (const auto& each : layer->coverage.gaps) gap(path + "!" + each.what, each.reason);
  }

 private:
  void gap(const std::string& what, std::string reason) {
    m_image.coverage.add(escape_for_display(what), std::move(reason));
  }

  void hide(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto directory = slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
    const auto name = std::string_view{path}.substr(directory.size());
    if (name == k_opaque) return erase_below(directory);
    if (!name.starts_with(k_whiteout)) return;
    const auto hidden = directory + std::string{name.substr(k_whiteout.size())};
    m_image.files.erase(hidden);
    erase_below(hidden + "/");
  }

  void erase_below(const std::string& directory) {
    auto& files = m_image.files;
    for (auto at = files.lower_bound(directory); at != files.end() && at->first.starts_with(directory);)
      at = files.erase(at);
  }

  void place(const TreeEntry& entry, archive::ArchiveContents& layer, const std::string& name) {
    const auto slash = entry.path.rfind('/');
    if (std::string_view{entry.path}.substr(slash == std::string::npos ? 0 : slash + 1).starts_with(k_whiteout)) return;
    // What is no directory takes the place of one that lies below, with all that is in it; and where something has a place
    // in a directory, no file of a layer below is left.
    if (entry.kind != EntryKind::directory) erase_below(entry.path + "/");
    for (auto end = entry.path.find('/'); end != std::string::npos; end = entry.path.find('/', end + 1))
      m_image.files.erase(entry.path.substr(0, end));
    if (entry.kind != EntryKind::regular && entry.kind != EntryKind::hardlink) {
      m_image.files.erase(entry.path);
      return;
    }
    Image::File file{entry.digests.sha256.hex(), std::nullopt, name};
    if (const auto kept = layer.kept.find(entry.path); kept != layer.kept.end()) file.content = kept->second;
    m_image.files.insert_or_assign(entry.path, std::move(file));
  }

  const Layout& m_layout;
  Image& m_image;
};

/// The manifest that an index leads to, with its digest.
Result<std::pair<Json, std::string>> choose_manifest(const Layout& layout, const Json& index, unsigned depth,
                                                     Coverage& coverage) {
  const auto manifests = index["manifests"].items();
  if (manifests.empty() || depth > k_max_index_depth) return malformed("image index leads to no manifest");
  const Json* chosen = &manifests.front();
  for (const auto& each : manifests)
    if (each["platform"].text("os") == "linux" && each["platform"].text("architecture") == "amd64") {
      chosen = &each;
      break;
    }
  for (const auto& each : manifests) {
    const bool says_nothing =
        each["platform"].text("os") == "unknown";  // attestations that buildx puts beside an image
    if (&each != chosen && !says_nothing)
      coverage.add(fmt::format("manifest {}", escape_for_display(each.text("digest"))),
                   fmt::format("another image of the index ({} {})", escape_for_display(each["platform"].text("os")),
                               escape_for_display(each["platform"].text("architecture"))));
  }
  ASSAY_TRY(auto digits, digits_of(chosen->text("digest")));
  ASSAY_TRY(auto json, read_json_blob(layout, digits));
  if (json.has("manifests")) return choose_manifest(layout, json, depth + 1, coverage);
  return std::pair{std::move(json), std::move(digits)};
}

Result<void> read_oci(const Layout& layout, const Json& index, Image& image) {
  ASSAY_TRY(auto found, choose_manifest(layout, index, 0, image.coverage));
  const auto& [manifest, digits] = found;
  image.digest = digits;
  for (const auto& each : index["manifests"].items())
    if (image.name.empty()) image.name = each["annotations"].text("org.opencontainers.image.ref.name");
  const auto layers = manifest["layers"].items();
  if (layers.empty() || layers.size() > k_max_layers)
    return malformed(fmt::format("image has {} layers", layers.size()));
  Stack stack{layout, image};
  for (const auto& layer : layers) {
    ASSAY_TRY(const auto blob, digits_of(layer.text("digest")));
    stack.add("blobs/sha256/" + blob, blob);
  }
  return {};
}

/// `docker save`: manifest.json names the configuration and the layers by their paths.
Result<void> read_docker(const Layout& layout, const Json& manifest, Image& image) {
  if (manifest.items().empty()) return malformed("manifest.json names no image");
  const auto& first = manifest.items().front();
  for (std::size_t i = 1; i < manifest.items().size(); ++i)
    image.coverage.add(fmt::format("image {} of manifest.json", i + 1), "another image of the archive");
  if (!first["RepoTags"].items().empty()) image.name = first["RepoTags"].items().front().text();
  ASSAY_TRY(const auto configuration, layout.read(std::string{first.text("Config")}, k_max_json));
  image.digest = to_hex(digest_of(HashKind::sha256, configuration));
  const auto layers = first["Layers"].items();
  if (layers.empty() || layers.size() > k_max_layers)
    return malformed(fmt::format("image has {} layers", layers.size()));
  Stack stack{layout, image};
  for (const auto& layer : layers) stack.add(std::string{layer.text()}, std::nullopt);
  return {};
}

}  // namespace

void Image::hand_to(SbomCollector& collector) const {
  auto& sbom = collector.sbom();
  if (!name.empty()) sbom.name = name;
  sbom.digests.insert_or_assign("sha256", digest);
  for (const auto& [path, file] : files) {
    if (file.content) collector.take_content(path, as_text(*file.content));
    else if (SbomCollector::wants_content(path)) collector.gap(path, "could not be held in memory");
    else collector.take_file(path, file.sha256, "lies in layer " + file.layer);
  }
  for (const auto& each : coverage.gaps) collector.gap(each.what, each.reason);
}

bool is_image(const archive::ArchiveContents& contents) noexcept {
  bool manifest = false, layers = false;
  for (const auto& entry : contents.entries) {
    if (entry.path == "oci-layout") return true;
    manifest = manifest || entry.path == "manifest.json";
    layers = layers || entry.path.ends_with("layer.tar") || entry.path.starts_with("blobs/sha256/") ||
             (entry.path.ends_with(".tar.gz") && entry.path.find('/') == std::string::npos);
  }
  return manifest && layers;
}

Result<Image> read_image(const fs::path& path, const Limits& limits) {
  const Layout layout{path, limits};
  Image image;
  if (const auto index = layout.json("index.json")) {
    ASSAY_TRY_VOID(read_oci(layout, *index, image));
    return image;
  }
  ASSAY_TRY(const auto manifest, layout.json("manifest.json"));
  ASSAY_TRY_VOID(read_docker(layout, manifest, image));
  return image;
}

}  // namespace assay::attest
