// A compressed stream: how it was made, and what it holds. The same content compressed in another way is one change.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "archive/sniff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/members.hpp"
#include "artifact/stream_header.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

archive::Filter filter_of(const Content& content) {
  return archive::sniff_filter(content.bytes().first(std::min<std::size_t>(content.size(), archive::k_sniff_size)));
}

/// Bytes that a decoder passes over, and marks that no compressor in use writes.
bool fact_holds_data(archive::Filter filter, std::string_view name, std::string_view value) {
  if (filter == archive::Filter::gzip && name == "operating system")
    return value != "0" && value != "3" && value != "255" && !value.empty();  // Java; gzip and pigz; Go and Python
  if (filter == archive::Filter::gzip && name == "level")
    return value.starts_with("default") && !value.ends_with(" 0)");
  return name == "comment" || name == "headers of later members" || name == "zeros between members" ||
         name == "extra field" || name == "skippable frames" || name == "reserved flags";
}

void add_fact(Node& node, archive::Filter filter, std::string_view name, std::string_view before,
              std::string_view after) {
  const bool time = name == "mtime";
  const bool named = name == "name";
  auto change = make_change(time    ? Aspect::time
                            : named ? Aspect::name
                                    : Aspect::compression,
                            fmt::format("{} {}", archive::to_string(filter), name), before, after);
  change.impact = Impact::metadata;
  // What can hold anything is no parameter of a compressor.
  if (fact_holds_data(filter, name, before) || fact_holds_data(filter, name, after)) {
    change.aspect = Aspect::content;
    change.impact = Impact::data;
  }
  node.add(std::move(change));
}

void compare_facts(archive::Filter filter, const StreamFacts& a, const StreamFacts& b, Node& node) {
  std::map<std::string, std::pair<std::string, std::string>> facts;
  for (const auto& fact : a.facts) facts[fact.name].first = fact.value;
  for (const auto& fact : b.facts) facts[fact.name].second = fact.value;
  for (const auto& [name, values] : facts) {
    if (values.first == values.second) continue;
    // One more block or frame because there is more content is no parameter.
    if ((name == "blocks" || name == "frames") && values.first != "1" && values.second != "1" &&
        facts["block size"].first == facts["block size"].second && name == "blocks")
      continue;
    add_fact(node, filter, name, values.first, values.second);
  }
}

/// Enough to see that a stream is another one.
std::string stream_identity(const Content& content) {
  return fmt::format("{} bytes, XXH3 {:016x}", content.size(), xxh3(content.bytes()));
}

}  // namespace

bool compare_compressed(Session& session, const Pair& pair, Node& node) {
  const auto filter_a = filter_of(pair.a);
  const auto filter_b = filter_of(pair.b);
  auto a = decode(filter_a, pair.a.bytes(), session.limits());
  auto b = a ? decode(filter_b, pair.b.bytes(), session.limits()) : decode(archive::Filter::none, {}, session.limits());
  for (const auto* side : {&a, &b}) {
    if (!*side) {
      session.gap(escape_for_display(pair.path.to_string()), (*side).error().message);
      return false;
    }
    if ((*side)->problem.empty() && (*side)->trailing == 0) continue;
    node.note(fmt::format("the {} {} stream {}; compared as bytes", side == &a ? "first" : "second",
                          archive::to_string(side == &a ? filter_a : filter_b),
                          (*side)->problem.empty() ? fmt::format("has {} bytes behind its end", (*side)->trailing)
                                                   : "cannot be decoded: " + (*side)->problem));
    return false;
  }
  if (filter_a != filter_b) {
    auto change =
        make_change(Aspect::compression, "filter", archive::to_string(filter_a), archive::to_string(filter_b));
    change.impact = Impact::metadata;
    node.add(std::move(change));
  } else {
    auto facts_a = stream_facts(filter_a, pair.a.bytes());
    auto facts_b = stream_facts(filter_b, pair.b.bytes());
    if (filter_a == archive::Filter::gzip && a->streams > 1)
      add_gzip_members(pair.a.bytes(), session.limits(), facts_a);
    if (filter_b == archive::Filter::gzip && b->streams > 1)
      add_gzip_members(pair.b.bytes(), session.limits(), facts_b);
    compare_facts(filter_a, facts_a, facts_b, node);
  }
  if (same_bytes(a->content, b->content)) {
    // The encoder's choices within the stream: nothing in the header tells them apart.
    if (node.empty()) {
      auto change =
          make_change(is_other_encoding(pair.a.bytes(), pair.b.bytes()) ? Aspect::compression : Aspect::content,
                      fmt::format("{} encoder", archive::to_string(filter_a)), fmt::format("{} bytes", pair.a.size()),
                      fmt::format("{}{} bytes", pair.b.size(), pair.a.size() == pair.b.size() ? " other" : ""));
      change.impact = Impact::metadata;
      node.add(std::move(change));
    }
    node.accounted = true;
    return true;
  }
  // What the encoder chose within the stream cannot be told from what the content made it choose.
  auto stream = make_change(Aspect::compression, fmt::format("{} stream", archive::to_string(filter_a)),
                            stream_identity(pair.a), stream_identity(pair.b));
  stream.bytes = std::max(pair.a.size(), pair.b.size());
  stream.derived_from = node.item.path.empty() ? k_whole_artifact : node.item.path;
  stream.reason = "the content differs, and so do its compressed bytes";
  stream.impact = Impact::metadata;
  node.add(std::move(stream));
  Pair inner{pair.path,
             std::string{without_compression_suffix(pair.name)},
             std::string{without_compression_suffix(pair.other_name)},
             a->content,
             b->content,
             pair.mode_a,
             pair.mode_b,
             pair.depth + 1};
  node.children.push_back(session.compare(inner));
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
