// PNG (ISO/IEC 15948), chunk by chunk: times and texts, and picture data that is equal once decoded.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "artifact/byte_diff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

struct Chunk {
  std::string type;
  std::string_view data;
};

struct Picture {
  std::vector<Chunk> chunks;
  std::string pixels;             ///< the data chunks joined
  std::vector<std::size_t> cuts;  ///< sizes of the data chunks
  bool whole = false;
  bool sound = true;  ///< every chunk's checksum fits
};

Picture read(const Content& content) {
  Picture picture;
  std::uint64_t at = 8;
  const auto bytes = content.bytes();
  while (at + 12 <= bytes.size()) {
    const auto size = big_endian(bytes, static_cast<std::size_t>(at), 4);
    if (size > bytes.size() - at - 12) return picture;
    Chunk chunk{std::string{content.part(at + 4, 4).text()}, content.part(at + 8, size).text()};
    const auto summed = content.part(at + 4, size + 4).bytes();
    picture.sound = picture.sound && ::crc32_z(0, summed.data(), summed.size()) ==
                                         big_endian(bytes, static_cast<std::size_t>(at + 8 + size), 4);
    at += size + 12;
    if (chunk.type == "IDAT") {
      picture.pixels += chunk.data;
      picture.cuts.push_back(chunk.data.size());
    }
    // The first data chunk keeps the place of them all.
    if (chunk.type != "IDAT" || picture.cuts.size() == 1)
      picture.chunks.push_back(chunk.type == "IDAT" ? Chunk{"IDAT", {}} : std::move(chunk));
  }
  picture.whole = at == bytes.size();
  return picture;
}

std::string date_of(std::string_view time) {
  if (time.size() != 7) return to_hex(as_bytes(time));
  const auto bytes = as_bytes(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", big_endian(bytes, 0, 2), bytes[2], bytes[3], bytes[4],
                     bytes[5], bytes[6]);
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

/// zlib's frame (RFC 1950) is sound: the checksum behind the stream is that of the decoded data.
bool is_sound(const std::string& stream, const Decoded& decoded) {
  const auto bytes = as_bytes(stream);
  const auto plain = decoded.content.bytes();
  return decoded.problem.empty() && decoded.trailing == 0 && plain.size() > 0 && big_endian(bytes, 0, 2) % 31 == 0 &&
         (bytes[0] & 15) == 8 && (bytes[1] & 0x20) == 0 &&
         ::adler32_z(1, plain.data(), plain.size()) == big_endian(bytes, stream.size() - 4, 4);
}

void pixel_changes(const Session& session, const Picture& a, const Picture& b, std::uint64_t size_bound, Node& node) {
  if (a.pixels == b.pixels) {
    if (a.cuts != b.cuts)
      node.add(make_change(Aspect::encoding, "cuts between data chunks", fmt::format("{} chunks", a.cuts.size()),
                           fmt::format("{} chunks", b.cuts.size())));
    return;
  }
  const auto unpack = [&](const std::string& stream) {
    // zlib's frame: two bytes before, four behind; the size is not written anywhere.
    return stream.size() < 6
               ? Decoded{}
               : inflate_unsized(as_bytes(stream).subspan(2, stream.size() - 6), size_bound, session.limits());
  };
  const auto left = unpack(a.pixels);
  const auto right = unpack(b.pixels);
  const bool same = a.pixels.size() >= 6 && b.pixels.size() >= 6 && is_sound(a.pixels, left) &&
                    is_sound(b.pixels, right) && same_bytes(left.content, right.content);
  auto change =
      make_change(same ? Aspect::compression : Aspect::content, same ? "picture data" : "pixels",
                  fmt::format("{} bytes", a.pixels.size()),
                  fmt::format("{}{} bytes", b.pixels.size(), a.pixels.size() == b.pixels.size() ? " other" : ""));
  change.impact = same ? Impact::metadata : Impact::data;
  node.add(std::move(change));
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
  pixel_changes(session, a, b, 512ULL << 20, node);
  // Checksums follow from their chunks, but only where they do.
  node.accounted = a.sound && b.sound && !node.empty();
  return !node.empty();
}

}  // namespace assay::artifact
