// PNG (ISO/IEC 15948), chunk by chunk: times and texts, and picture data that is equal once decoded.
#include <fmt/format.h>

#include <algorithm>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

struct Chunk {
  std::string type;
  std::string_view data;
};

struct Picture {
  std::vector<Chunk> chunks;
  std::string pixels;  ///< the data chunks joined
  bool whole = false;
};

Picture read(const Content& content) {
  Picture picture;
  std::uint64_t at = 8;
  const auto bytes = content.bytes();
  while (at + 12 <= bytes.size()) {
    const auto size = big_endian(bytes, static_cast<std::size_t>(at), 4);
    if (size > bytes.size() - at - 12) return picture;
    Chunk chunk{std::string{content.part(at + 4, 4).text()}, content.part(at + 8, size).text()};
    at += size + 12;
    if (chunk.type == "IDAT") picture.pixels += chunk.data;
    else picture.chunks.push_back(std::move(chunk));
  }
  picture.whole = at == bytes.size();
  return picture;
}

std::string date_of(std::string_view time) {
  if (time.size() != 7) return to_hex(as_bytes(time));
  const auto bytes = as_bytes(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", big_endian(bytes, 0, 2), bytes[2], bytes[3], bytes[4], bytes[5], bytes[6]);
}

void chunk_changes(const Chunk& left, const Chunk& right, Node& node) {
  if (left.type == "tIME") {
    node.add(make_change(Aspect::time, "tIME", date_of(left.data), date_of(right.data)));
    node.changes.back().impact = Impact::metadata;
    return;
  }
  for (auto& change : diff_bytes(left.data, right.data, left.type)) {
    change.impact = Impact::metadata;
    node.add(std::move(change));
  }
}

bool pixel_changes(const Session& session, const Picture& a, const Picture& b, std::uint64_t size_bound, Node& node) {
  if (a.pixels == b.pixels) return true;
  const auto unpack = [&](const std::string& stream) {
    // zlib's frame: two bytes before, four behind; the size is not written anywhere.
    return stream.size() < 6 ? Decoded{} : inflate_unsized(as_bytes(stream).subspan(2, stream.size() - 6), size_bound, session.limits());
  };
  const auto left = unpack(a.pixels);
  const auto right = unpack(b.pixels);
  const bool same = left.problem.empty() && right.problem.empty() && left.content.size() > 0 && same_bytes(left.content, right.content);
  auto change = make_change(same ? Aspect::compression : Aspect::content, same ? "picture data" : "pixels", fmt::format("{} bytes", a.pixels.size()), fmt::format("{} bytes", b.pixels.size()));
  change.impact = same ? Impact::metadata : Impact::data;
  node.add(std::move(change));
  return true;
}

}  // namespace

bool compare_png(Session& session, const Pair& pair, Node& node) {
  const auto a = read(pair.a);
  const auto b = read(pair.b);
  if (!a.whole || !b.whole || a.chunks.size() != b.chunks.size()) {
    node.note("the chunks of the pictures do not correspond; compared as bytes");
    return false;
  }
  for (std::size_t i = 0; i < a.chunks.size(); ++i)
    if (a.chunks[i].type != b.chunks[i].type) return false;
  for (std::size_t i = 0; i < a.chunks.size(); ++i)
    if (a.chunks[i].data != b.chunks[i].data) chunk_changes(a.chunks[i], b.chunks[i], node);
  node.accounted = pixel_changes(session, a, b, 512ULL << 20, node) && !node.empty();
  return !node.empty();
}

}  // namespace assay::artifact
