#include "inspect/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "archive/reader.hpp"
#include "archive/sniff.hpp"
#include "base/text.hpp"
#include "inspect/blob/region.hpp"
#include "inspect/walk_rpm.hpp"

namespace assay::inspect {

namespace {

/// What has to come out of a compressed stream to tell an archive from anything else. An image of a disk is told once
/// all of it is there.
constexpr std::uint64_t k_peek = 1024;

archive::Filter filter_of(const Node& node) {
  return node.kind.family == Family::compressed ? archive::sniff_filter(node.content) : archive::Filter::none;
}

bool is_readable_archive(ByteView content) {
  const auto format = archive::sniff_format(content.first(std::min(content.size(), archive::k_sniff_size)));
  return format != archive::Format::unknown && (format != archive::Format::tar || content[0] != 0);
}

/// One line about the traps of an archive inside the subject: "3 traps for whoever unpacks it: … (2), … (1)".
std::string describe_traps(const std::vector<Finding>& findings) {
  std::map<std::string, std::size_t> counts;
  for (const auto& finding : findings) ++counts[finding.rule];
  std::string text;
  for (const auto& [rule, count] : counts) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", rule, count);
  return fmt::format("holds {} for whoever unpacks it: {}", count_of(findings.size(), "trap"), text);
}

}  // namespace

/// What comes out of a node.
struct ContainerWalker::Child {
  std::string name;
  ByteView content;
  std::optional<Sha256> sha256{};
  Transformation step;
  bool hidden = false;
  bool decoded = false;
  std::string region{};
};

/// Takes the members of an archive one after another into the walk.
class ContainerWalker::Members final : public archive::EntryVisitor {
 public:
  Members(ContainerWalker& walker, const Node& parent) : m_walker(walker), m_parent(parent) {}

  void begin(const TreeEntry& entry) override {
    m_content.clear();
    m_wanted = entry.kind == EntryKind::regular && !m_walker.m_stopped;
  }
  void data(ByteView piece) override {
    if (!m_wanted) return;
    m_wanted = m_content.size() + piece.size() <= m_walker.room();
    if (m_wanted) m_content.insert(m_content.end(), piece.begin(), piece.end());
    else m_too_large = true;
  }
  void end(const TreeEntry& entry) override {
    if (std::exchange(m_too_large, false))
      m_walker.m_coverage.add(
          escape_for_display(m_parent.path.child(entry.path).to_string()),
          fmt::format("its {} were not looked at: more than fit in memory", count_of(entry.size, "byte")),
          "raise --limit memory=VALUE");
    else if (m_wanted)
      m_walker.enter(m_parent,
                     {entry.path, m_content, entry.digests.sha256, {Step::unpack, "member of the archive", {}}});
    m_content.clear();
  }

 private:
  ContainerWalker& m_walker;
  const Node& m_parent;
  Bytes m_content;
  bool m_wanted = false;
  bool m_too_large = false;
};

ContainerWalker::ContainerWalker(const Limits& limits, const archive::Deadline& deadline, const Observer& observer,
                                 Coverage& coverage)
    : m_limits(limits), m_observer(observer), m_coverage(coverage), m_deadline(deadline) {}

std::uint64_t ContainerWalker::max_content() const noexcept {
  return std::min(m_limits.memory / 2, m_limits.max_entry_size);
}

std::uint64_t ContainerWalker::room() const noexcept {
  return std::min(max_content(), m_limits.memory > m_held ? m_limits.memory - m_held : 0);
}

void ContainerWalker::walk(std::string_view top, ByteView content, const std::optional<Sha256>& digest) {
  m_top_size = content.size();
  m_unpacked = 0;
  m_held = 0;
  m_ancestors.clear();
  Node node;
  node.path = ContainerPath{{std::string{top}}};
  node.top = top;
  node.content = content;
  node.sha256 = digest ? *digest : sha256(content);
  visit(node);
}

void ContainerWalker::note_limit(const Node& node, std::string reason, std::string remedy) {
  m_coverage.add(escape_for_display(node.path.to_string()), std::move(reason), std::move(remedy));
}

bool ContainerWalker::admit(const Node& node) {
  if (m_stopped) return false;
  Result<void> outcome = m_deadline.check();
  if (outcome && ++m_nodes > m_limits.max_entries)
    outcome = archive::limit_error("entries", m_limits.max_entries, "too many files within files");
  if (outcome) return true;
  m_stopped = true;
  note_limit(node, fmt::format("from here on nothing was looked at: {}", outcome.error().message),
             outcome.error().remedy);
  return false;
}

/// May what is in the node be looked at?
bool ContainerWalker::may_enter(const Node& node) {
  if (std::find(m_ancestors.begin(), m_ancestors.end(), node.sha256) != m_ancestors.end()) {
    m_observer.oddity(node, Oddity::contains_itself, "what is in it is the same as what it is in, without end");
    return false;
  }
  if (node.depth < m_limits.max_nesting) return true;
  if (node.kind.family == Family::compressed || is_readable_archive(node.content) || is_rpm(node.content))
    note_limit(node,
               fmt::format("what is in it was not looked at: {} containers deep (limit nesting={})", node.depth,
                           m_limits.max_nesting),
               "raise --limit nesting=VALUE");
  return false;
}

void ContainerWalker::visit(Node& node) {
  if (!admit(node)) return;
  node.kind = kind_of(node.content);
  if (!may_enter(node)) {
    m_observer.node(node);
    return;
  }
  m_ancestors.push_back(node.sha256);
  // A part of what it stands in takes no memory of its own, and a decoded stream is counted by who holds it.
  const bool is_view = node.decoded || (!node.steps.empty() && node.steps.back().step == Step::region);
  const auto taken = is_view ? 0 : node.content.size();
  m_held += taken;
  if (filter_of(node) != archive::Filter::none) {
    enter_compressed(node);
  } else if (const auto payload = rpm_payload_offset(node.content)) {
    m_observer.node(node);
    enter_archive(node, node.content.subspan(*payload), node.damage);
  } else if (is_readable_archive(node.content)) {
    enter_archive(node, node.content, node.damage);
    m_observer.node(node);
    enter_regions(node);
  } else {
    // Nobody here opens these (see archive::Format and archive::Filter): what is in them stays unknown.
    if (node.kind.family == Family::compressed || node.kind.family == Family::archive)
      note_limit(node, fmt::format("what is in it was not looked at: {} is not read", node.kind.name),
                 "unpack it, and scan what comes out");
    m_observer.node(node);
    enter_regions(node);
  }
  m_held -= taken;
  m_ancestors.pop_back();
}

void ContainerWalker::enter(const Node& parent, Child child) {
  if (m_stopped) return;
  m_unpacked += child.content.size();
  if (archive::exceeds_ratio(m_unpacked, m_top_size, m_limits)) {
    const auto error = archive::ratio_error(m_limits);
    note_limit(parent,
               fmt::format("what else is in '{}' was not looked at: {}", escape_for_display(parent.top), error.message),
               error.remedy);
    m_unpacked = 0;
    m_stopped = true;
    return;
  }
  Node node;
  node.path = parent.path.child(child.name);
  node.top = parent.top;
  node.content = child.content;
  node.sha256 = child.sha256 ? *child.sha256 : sha256(child.content);
  node.depth = parent.depth + 1;
  node.steps = parent.steps;
  node.steps.push_back(std::move(child.step));
  node.hidden = parent.hidden || child.hidden;
  node.region = std::move(child.region);
  node.decoded = child.decoded;
  node.around = parent.kind.family;
  visit(node);
}

void ContainerWalker::enter_compressed(Node& node) {
  const auto filter = filter_of(node);
  const auto memory = archive::decoder_memory(m_limits);
  const auto peeked = decode_streams(filter, node.content, k_peek, memory);
  if (!peeked.content.empty() && is_readable_archive(peeked.content)) {
    enter_archive(node, node.content, node.damage);
    m_observer.node(node);
    return;
  }
  auto streams = decode_streams(filter, node.content, room(), memory);
  // The .lzma format has no magic number: what does not decode never was one.
  if (filter == archive::Filter::lzma && !streams.whole && !streams.limited) node.kind = {Family::data, "data"};
  if (streams.too_large)
    note_limit(node, fmt::format("the {} stream {}", archive::to_string(filter), streams.problem), "raise --memory");
  else if (!streams.whole && !streams.limited)
    node.damage = fmt::format("the {} stream {} at byte {}, after {}", archive::to_string(filter), streams.problem,
                              streams.failed_at, count_of(streams.content.size(), "decoded byte"));
  node.streams = &streams;
  m_observer.node(node);
  const std::string name{archive::to_string(filter)};
  m_held += streams.content.size();
  if (!streams.content.empty()) enter(node, {name, streams.content, {}, {Step::decompress, name, {}}, false, true, {}});
  enter_regions(node);
  const auto seen = streams.content.size();
  m_held -= seen;
  node.streams = nullptr;
  if (!streams.limited) return;
  streams = {};
  enter_rest(node, seen);
}

/// What did not fit in memory together with what came before it, part by part. Each part is decoded from the beginning:
/// what decodes to that much is an image of a disk, mostly empty, and decodes fast.
void ContainerWalker::enter_rest(const Node& node, std::uint64_t seen) {
  constexpr unsigned k_most_parts = 8;
  const auto filter = filter_of(node);
  for (unsigned part = 2; part <= k_most_parts && !m_stopped && seen > 0; ++part) {
    const auto streams = decode_streams(filter, node.content, room(), archive::decoder_memory(m_limits), seen);
    if (!streams.content.empty()) {
      m_held += streams.content.size();
      const auto name = fmt::format("{} from byte {}", archive::to_string(filter), seen);
      enter(node, {name, streams.content, {}, {Step::decompress, name, {}}, false, true, {}});
      m_held -= streams.content.size();
    }
    seen += streams.content.size();
    if (!streams.limited) return;
    if (streams.content.empty()) break;
  }
  if (!m_stopped)
    note_limit(node, fmt::format("of what it decodes to only the first {} were looked at", count_of(seen, "byte")),
               "raise --limit memory=VALUE");
}

void ContainerWalker::enter_archive(const Node& node, ByteView bytes, std::string& damage) {
  Members members{*this, node};
  archive::ReadOptions options;
  options.limits = m_limits;
  options.visitor = &members;
  options.nesting = node.depth;
  const auto read = archive::read_archive(bytes, node.path.to_string(), options);
  if (!read) {
    if (read.error().code == ErrorCode::format) damage = read.error().message;
    else
      note_limit(node, fmt::format("what is in it was not looked at: {}", read.error().message), read.error().remedy);
    return;
  }
  for (std::size_t i = 0; i < read->coverage.gaps.size(); ++i) {
    const auto& gap = read->coverage.gaps[i];
    if (!read->damage.contains(i)) note_limit(node, fmt::format("{}: {}", gap.what, gap.reason), gap.remedy);
    else if (damage.empty()) damage = gap.reason;
  }
  if (!read->findings.empty()) m_observer.oddity(node, Oddity::nested_traps, describe_traps(read->findings));
}

void ContainerWalker::enter_regions(const Node& node) {
  auto regions = find_regions({node.content, node.kind, node.streams, !node.damage.empty()});
  if (!regions.complete)
    note_limit(node, fmt::format("in it begin more things than the {} that were looked at", regions.found.size()), {});
  for (auto& region : regions.found) {
    const bool text = !region.decoder.empty();
    const auto part = text ? ByteView{region.decoded} : node.content.subspan(region.offset, region.size);
    Transformation step{
        text ? Step::text_decode : Step::region,
        text ? region.decoder : fmt::format("bytes {} to {}", region.offset, region.offset + region.size),
        {}};
    if (part.size() == node.content.size() && !text) continue;
    enter(node, {std::move(region.name), part, {}, std::move(step), region.hidden, false, std::move(region.what)});
  }
}

}  // namespace assay::inspect
