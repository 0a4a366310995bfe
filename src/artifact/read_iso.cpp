// ISO 9660 with Rock Ridge or Joliet, through the archive module.
#include "archive/member_reader.hpp"
#include "artifact/file_system_image.hpp"

namespace assay::artifact {

namespace {

/// Without a leading "./" and a trailing slash; empty for the root.
std::string normalised(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? std::string{} : path;
}

}  // namespace

std::optional<ImageListing> read_iso(const Content& image, const Limits& limits, std::string& problem) {
  const archive::MemoryStore store{image.bytes()};
  const auto reader = archive::MemberReader::over_store(archive::Format::iso9660, store);
  ImageCollector collector{limits};
  bool begun = false;
  while (!collector.is_cut()) {
    const auto member = reader->next();
    if (!member && !begun) {
      problem = member.error().message;
      return std::nullopt;
    }
    if (!member) {
      collector.cut(member.error().message);
      break;
    }
    if (!*member) break;
    begun = true;
    auto path = normalised((*member)->path);
    if (path.empty()) continue;
    auto* entry = collector.begin(std::move(path), (*member)->kind);
    if (entry == nullptr) break;
    entry->member.mode = (*member)->mode;
    entry->link_target = (*member)->link_target;
    entry->uid = (*member)->uid;
    entry->gid = (*member)->gid;
    entry->mtime = (*member)->mtime;
    if ((*member)->kind != EntryKind::regular) continue;
    std::uint64_t at = 0;
    while (true) {
      const auto piece = reader->read();
      if (!piece) collector.cut(piece.error().message);
      if (!piece || !*piece) break;
      // ISO files have no holes; one that seems to is damaged.
      if ((*piece)->offset != at) collector.cut("has a damaged file");
      if ((*piece)->offset != at || !collector.add((*piece)->bytes)) break;
      at += (*piece)->bytes.size();
    }
  }
  return collector.finish();
}

}  // namespace assay::artifact
