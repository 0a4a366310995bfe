// Alpine packages: three gzip streams, one after another, each a tar archive: signature, control, data.
#include <algorithm>

#include "artifact/comparator.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_step = 256U << 10;

/// Where each gzip stream ends; empty if one of them is damaged.
std::vector<std::uint64_t> stream_ends(ByteView bytes, const Limits& limits) {
  std::vector<std::uint64_t> ends;
  const auto decoder = archive::make_gzip_decompressor();
  Bytes out(k_step);
  std::size_t at = 0;
  std::uint64_t produced = 0;
  while (at < bytes.size()) {
    if (archive::sniff_filter(bytes.subspan(at)) != archive::Filter::gzip || ends.size() >= 8) return {};
    decoder->start();
    while (true) {
      const auto step = decoder->step(bytes.subspan(at), out, true);
      at += std::min(step.consumed, bytes.size() - at);
      produced += step.produced;
      if (step.state == archive::Decompressor::State::end) break;
      if (step.state != archive::Decompressor::State::running || (step.consumed == 0 && step.produced == 0) ||
          archive::exceeds_ratio(produced, at, limits))
        return {};
    }
    ends.push_back(at);
  }
  return ends;
}

std::string_view part_name(std::size_t index, std::size_t count) {
  if (count == 3) return index == 0 ? "signature.tar.gz" : index == 1 ? "control.tar.gz" : "data.tar.gz";
  return index == 0 ? "control.tar.gz" : "data.tar.gz";
}

}  // namespace

bool compare_apk(Session& session, const Pair& pair, Node& node) {
  const auto a = stream_ends(pair.a.bytes(), session.limits());
  const auto b = stream_ends(pair.b.bytes(), session.limits());
  if (a.size() < 2 || a.size() > 3 || b.size() < 2 || b.size() > 3) return false;
  // Signed on one side only: the parts are counted from the end.
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto part = [&](const Content& content, const std::vector<std::uint64_t>& ends) {
      const auto missing = std::max(a.size(), b.size()) - ends.size();
      if (i < missing) return Content{};
      const auto begin = i == missing ? 0 : ends[i - missing - 1];
      return content.part(begin, ends[i - missing] - begin);
    };
    const auto left = part(pair.a, a);
    const auto right = part(pair.b, b);
    const auto name = std::string{part_name(i, std::max(a.size(), b.size()))};
    auto child = session.compare({pair.path.child(name), name, name, left, right, 0, 0, pair.depth + 1});
    if (child.empty()) continue;
    if (name.starts_with("signature")) {
      Node signature;
      signature.item = child.item;
      auto change = make_change(Aspect::signature, "signature", left.size() == 0 ? "none" : "a signature",
                                right.size() == 0 ? "none" : "a signature");
      change.derived_from = node.item.path.empty() ? k_whole_artifact : node.item.path;
      change.impact = Impact::metadata;
      change.path = child.item.path;
      signature.add(std::move(change));
      signature.accounted = true;
      child = std::move(signature);
    }
    node.children.push_back(std::move(child));
  }
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
