#include "artifact/file_system_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace assay::artifact {

ImageEntry* ImageCollector::begin(std::string path, EntryKind kind) {
  if (is_cut()) return nullptr;
  if (m_listing.entries.size() >= m_limits.max_entries) cut("holds more entries than the limit entries allows");
  else if (path.size() > m_limits.max_path_length) cut("holds a path longer than the limit path-length allows");
  if (is_cut()) return nullptr;
  auto& entry = m_listing.entries.emplace_back();
  entry.member.name = std::move(path);
  entry.member.kind = kind;
  m_extents.push_back({m_total, 0});
  return &entry;
}

bool ImageCollector::add(ByteView bytes) {
  if (m_extents.back().size + bytes.size() > m_limits.max_entry_size ||
      m_total + bytes.size() > m_limits.max_total_size) {
    cut("holds more than the limit total-size allows");
    return false;
  }
  if (const auto kept = m_contents.append(bytes); !kept) {
    cut(kept.error().message);
    return false;
  }
  m_extents.back().size += bytes.size();
  m_total += bytes.size();
  return true;
}

void ImageCollector::cut(std::string reason) {
  if (!is_cut()) m_listing.cut = std::move(reason);
}

bool ImageCollector::may_descend(std::string_view path) const {
  return std::count(path.begin(), path.end(), '/') < static_cast<std::ptrdiff_t>(m_limits.max_path_depth);
}

ImageListing ImageCollector::finish() {
  if (auto contents = m_contents.finish()) {
    for (std::size_t i = 0; i < m_extents.size(); ++i)
      m_listing.entries[i].member.content = contents->part(m_extents[i].begin, m_extents[i].size);
  } else {
    cut(contents.error().message);
  }
  std::stable_sort(m_listing.entries.begin(), m_listing.entries.end(),
                   [](const ImageEntry& x, const ImageEntry& y) { return x.member.name < y.member.name; });
  return std::move(m_listing);
}

namespace {

std::vector<Member> members_of(const ImageListing& listing) {
  std::vector<Member> members;
  for (const auto& entry : listing.entries) {
    members.push_back(entry.member);
    members.back().owner = fmt::format("{}:{}", entry.uid, entry.gid);
    members.back().time = entry.mtime;
    members.back().capable = entry.attributes.contains("security.capability");
  }
  return members;
}

std::vector<Change> header_changes(const Pair& pair, const ImageEntry& a, const ImageEntry& b) {
  std::vector<Change> changes;
  const auto add = [&](Aspect aspect, std::string_view place, std::string_view before, std::string_view after) {
    if (before == after) return;
    auto change = make_change(aspect, std::string{place}, before, after);
    change.path = pair.path.child(b.member.name).to_string();
    change.impact = aspect == Aspect::mode || aspect == Aspect::owner ? Impact::privilege
                    : aspect == Aspect::xattr                         ? Impact::attribute
                                                                      : Impact::metadata;
    changes.push_back(std::move(change));
  };
  const auto number = [&](Aspect aspect, std::string_view place, auto before, auto after) {
    add(aspect, place, fmt::format("{}", before), fmt::format("{}", after));
  };
  add(Aspect::mode, "mode", fmt::format("{:04o}", a.member.mode), fmt::format("{:04o}", b.member.mode));
  number(Aspect::owner, "uid", a.uid, b.uid);
  number(Aspect::owner, "gid", a.gid, b.gid);
  number(Aspect::time, "mtime", a.mtime, b.mtime);
  add(Aspect::link, "link target", a.link_target, b.link_target);
  number(Aspect::kind, "device", a.device, b.device);
  auto names = a.attributes;
  names.insert(b.attributes.begin(), b.attributes.end());
  for (const auto& [name, value] : names) {
    const auto of = [&](const ImageEntry& entry) {
      const auto found = entry.attributes.find(name);
      return found == entry.attributes.end() ? std::string{} : found->second;
    };
    add(Aspect::xattr, "xattr " + escape_for_display(name), of(a), of(b));
  }
  return changes;
}

/// True if nothing but the fields differs, and they are told.
bool only_fields(const Pair& pair, std::span<const FixedField> fields, std::uint64_t base, Node& node) {
  Node trial;
  trial.item = node.item;
  compare_fields(pair, fields, base, trial);
  const auto is_field = [&](const Change& change) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const FixedField& field) { return field.place == change.place; });
  };
  const bool only = pair.a.size() == pair.b.size() && std::all_of(trial.changes.begin(), trial.changes.end(), is_field);
  for (auto& change : trial.changes)
    if (is_field(change)) node.add(std::move(change));
  return only;
}

/// Everything that differs lies in a known place of both images.
bool tell_all(const Session& session, const Pair& pair, const ImageFormat& format, const ImageListing& left,
              const ImageListing& right, Node& node, std::string& problem) {
  if (!left.cut.empty() || !right.cut.empty()) return false;
  auto placed_a = format.find_places(pair.a, session.limits());
  auto placed_b = placed_a ? format.find_places(pair.b, session.limits()) : std::nullopt;
  if (!placed_a || !placed_b || placed_a->content.size() != placed_b->content.size()) return false;
  // The header's fields were told already.
  for (auto* placed : {&*placed_a, &*placed_b})
    for (const auto& field : format.fields)
      placed->places.places.push_back(
          {format.base + field.offset, field.size, field.aspect, field.place, 0, hex_number});
  auto rendered = pair;
  rendered.a = placed_a->content;
  rendered.b = placed_b->content;
  return tell_places(rendered, std::move(placed_a->places), std::move(placed_b->places), node, problem);
}

}  // namespace

bool compare_images(Session& session, const Pair& pair, const ImageFormat& format, Node& node) {
  std::string problem;
  auto left = format.read(pair.a, session.limits(), problem);
  auto right = left ? format.read(pair.b, session.limits(), problem) : std::nullopt;
  if (!left || !right) {
    node.note(fmt::format("the {} image cannot be read ({}); compared as bytes", left ? "second" : "first", problem));
    return false;
  }
  for (const auto* listing : {&*left, &*right})
    if (!listing->cut.empty())
      session.gap(escape_for_display(pair.path.to_string()),
                  fmt::format("the {} image {}", listing == &*left ? "first" : "second", listing->cut));
  node.accounted = true;
  if (only_fields(pair, format.fields, format.base, node)) return true;
  auto matching = match_members(members_of(*left), members_of(*right));
  matching.reordered = false;  // both are sorted
  matching.top_a.clear();
  compare_members(
      session, pair, members_of(*left), members_of(*right), matching,
      [&](const MemberPair& match) { return header_changes(pair, left->entries[match.a], right->entries[match.b]); },
      node);
  problem = "where the files lie in the image, and what lies between them, is not told apart";
  if (tell_all(session, pair, format, *left, *right, node, problem)) return true;
  auto layout = make_change(Aspect::content, "layout of the image", "", "");
  layout.reason = problem;
  layout.impact = node.item.impact;
  node.add(std::move(layout));
  return true;
}

}  // namespace assay::artifact
