#include "artifact/members.hpp"
#include "artifact/cause.hpp"

#include <fmt/format.h>
#include <fuzzy.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>

#include "artifact/sequence_diff.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_most_similar = 400;  ///< candidates on either side that are held against each other
constexpr std::uint64_t k_most_fuzzy = 64ULL << 20;
constexpr std::uint32_t k_alike = 40;

/// The one directory that all names begin with, its slash included; empty if there is none.
std::string_view common_top(const std::vector<Member>& members) {
  std::string_view top;
  for (const auto& member : members) {
    const auto slash = member.name.find('/');
    const auto own =
        slash == std::string::npos ? std::string_view{member.name} : std::string_view{member.name}.substr(0, slash);
    if (slash == std::string::npos && member.kind != EntryKind::directory) return {};
    if (top.empty()) top = own;
    if (own != top) return {};
  }
  return top;
}

class Matcher {
 public:
  Matcher(const std::vector<Member>& a, const std::vector<Member>& b)
      : m_a(a), m_b(b), m_of_a(a.size()), m_of_b(b.size()) {
    const auto top_a = common_top(a);
    const auto top_b = common_top(b);
    if (!top_a.empty() && !top_b.empty() && top_a != top_b) {
      m_strip_a = top_a.size();
      m_strip_b = top_b.size();
      m_top_a = top_a;
      m_top_b = top_b;
    }
  }

  Matching run() {
    match_by(
        [](const Member& member, std::size_t) { return member.role.empty() ? std::string{} : "role " + member.role; });
    match_by([](const Member& member, std::size_t strip) {
      return "name " + member.name.substr(std::min(strip, member.name.size()));
    });
    match_by([](const Member& member, std::size_t) {
      return "stem " + std::string{without_compression_suffix(member.name)};
    });
    match_by_content();
    match_by_similarity();
    return result();
  }

 private:
  using KeyOf = std::string (*)(const Member&, std::size_t strip);

  void match_by(KeyOf key_of) {
    std::unordered_map<std::string, std::vector<std::size_t>> waiting;
    for (auto i = m_a.size(); i-- > 0;)
      if (!m_of_a[i])
        if (auto key = key_of(m_a[i], m_strip_a); !key.empty()) waiting[std::move(key)].push_back(i);
    for (std::size_t i = 0; i < m_b.size(); ++i) {
      if (m_of_b[i]) continue;
      const auto found = waiting.find(key_of(m_b[i], m_strip_b));
      if (found == waiting.end() || found->second.empty()) continue;
      join({found->second.back(), i, false, 100});
      found->second.pop_back();
    }
  }

  void join(const MemberPair& pair) { m_of_a[pair.a] = m_of_b[pair.b] = pair; }

  bool may_move(const Member& member) const { return member.kind == EntryKind::regular && member.content.size() > 0; }

  void match_by_content() {
    std::unordered_multimap<std::uint64_t, std::size_t> waiting;
    for (std::size_t i = 0; i < m_a.size(); ++i)
      if (!m_of_a[i] && may_move(m_a[i])) waiting.emplace(xxh3(m_a[i].content.bytes()), i);
    if (waiting.empty()) return;
    for (std::size_t i = 0; i < m_b.size(); ++i) {
      if (m_of_b[i] || !may_move(m_b[i])) continue;
      const auto [first, last] = waiting.equal_range(xxh3(m_b[i].content.bytes()));
      for (auto candidate = first; candidate != last; ++candidate) {
        if (m_of_a[candidate->second] || !same_bytes(m_a[candidate->second].content, m_b[i].content)) continue;
        join({candidate->second, i, true, 100});
        break;
      }
    }
  }

  struct Hashed {
    std::size_t index;
    std::string hash;
  };

  static std::vector<Hashed> hashed(const std::vector<Member>& members,
                                    const std::vector<std::optional<MemberPair>>& taken) {
    std::vector<Hashed> list;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < members.size() && list.size() < k_most_similar; ++i) {
      const auto size = members[i].content.size();
      if (taken[i] || members[i].kind != EntryKind::regular || size < 64 || total + size > k_most_fuzzy) continue;
      total += size;
      std::array<char, FUZZY_MAX_RESULT> digest{};
      const auto bytes = members[i].content.bytes();
      if (fuzzy_hash_buf(bytes.data(), static_cast<std::uint32_t>(bytes.size()), digest.data()) == 0)
        list.push_back({i, digest.data()});
    }
    return list;
  }

  void match_by_similarity() {
    const auto left = hashed(m_a, m_of_a);
    if (left.empty()) return;
    const auto right = hashed(m_b, m_of_b);
    std::vector<MemberPair> candidates;
    for (const auto& x : left)
      for (const auto& y : right)
        if (const auto score = fuzzy_compare(x.hash.c_str(), y.hash.c_str()); score >= static_cast<int>(k_alike))
          candidates.push_back({x.index, y.index, true, std::min(static_cast<std::uint32_t>(score), 99U)});
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const MemberPair& x, const MemberPair& y) { return x.similarity > y.similarity; });
    for (const auto& candidate : candidates)
      if (!m_of_a[candidate.a] && !m_of_b[candidate.b]) join(candidate);
  }

  Matching result() const {
    Matching matching;
    matching.top_a = m_top_a;
    matching.top_b = m_top_b;
    std::size_t last = 0;
    for (std::size_t i = 0; i < m_b.size(); ++i) {
      if (!m_of_b[i]) {
        matching.only_b.push_back(i);
        continue;
      }
      matching.pairs.push_back(*m_of_b[i]);
      if (m_of_b[i]->moved) continue;
      if (m_of_b[i]->a < last) matching.reordered = true;
      last = m_of_b[i]->a;
    }
    for (std::size_t i = 0; i < m_a.size(); ++i)
      if (!m_of_a[i]) matching.only_a.push_back(i);
    return matching;
  }

  const std::vector<Member>& m_a;
  const std::vector<Member>& m_b;
  std::size_t m_strip_a = 0, m_strip_b = 0;
  std::string m_top_a, m_top_b;
  std::vector<std::optional<MemberPair>> m_of_a, m_of_b;
};

/// The mode of what is no file, a symbolic link's 0777 above all, makes nothing of it that could be run.
std::uint32_t mode_to_run(const Member& member) {
  return member.kind == EntryKind::regular || member.kind == EntryKind::hardlink ? member.mode : 0;
}

/// Whose it is decides with whose rights it runs, or who may change what runs so.
bool is_privileged(const Member& member) {
  return (mode_to_run(member) & 06000) != 0 || member.capable;
}

Node presence_node(const Pair& pair, const Member& member, ItemStatus status) {
  Node node;
  const auto path = pair.path.child(member.name);
  node.item.path = path.to_string();
  node.item.status = status;
  node.item.depth = pair.depth + 1;
  node.item.comparator = to_string(member.kind);
  node.item.impact = member.kind == EntryKind::directory ? Impact::metadata
                                                         : impact_of(path, mode_to_run(member), member.content.bytes());
  const bool added = status == ItemStatus::added;
  (added ? node.item.size_after : node.item.size_before) = member.content.size();
  auto change =
      make_change(Aspect::presence, "", added ? "" : to_string(member.kind), added ? to_string(member.kind) : "");
  change.impact = (member.mode & 06000) != 0 ? Impact::privilege : node.item.impact;
  change.bytes = member.content.size();
  change.path = node.item.path;
  node.add(std::move(change));
  node.accounted = true;
  return node;
}

/// One member stands below another that is no directory, or goes by its name: which of them is unpacked first decides
/// what becomes of the other.
bool order_matters(const std::vector<Member>& members) {
  std::vector<std::string_view> links;
  std::unordered_map<std::string_view, int> names;
  for (const auto& member : members) {
    if (member.kind != EntryKind::directory) ++names[member.name];
    if (member.kind == EntryKind::symlink || member.kind == EntryKind::hardlink) links.push_back(member.name);
  }
  if (std::any_of(names.begin(), names.end(), [](const auto& name) { return name.second > 1; })) return true;
  std::sort(links.begin(), links.end());
  return !links.empty() && std::any_of(members.begin(), members.end(), [&](const Member& member) {
    for (auto slash = member.name.find('/'); slash != std::string::npos; slash = member.name.find('/', slash + 1))
      if (std::binary_search(links.begin(), links.end(), std::string_view{member.name}.substr(0, slash))) return true;
    return false;
  });
}

/// The names in both orders, where they part.
Change order_change(const std::vector<Member>& a, const std::vector<Member>& b, const Matching& matching) {
  auto sorted = matching.pairs;
  std::sort(sorted.begin(), sorted.end(), [](const MemberPair& x, const MemberPair& y) { return x.a < y.a; });
  Change change;
  change.aspect = Aspect::order;
  change.impact = Impact::metadata;
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i].a == matching.pairs[i].a) continue;
    ++moved;
    if (change.before.size() < k_change_bytes) change.before += a[sorted[i].a].name + "\n";
    if (change.after.size() < k_change_bytes) change.after += b[matching.pairs[i].b].name + "\n";
  }
  change.place = fmt::format("{} members", moved);
  change.context = change.before;
  if (order_matters(a) || order_matters(b)) {
    change.aspect = Aspect::content;
    change.impact = Impact::data;
    change.place = fmt::format("order of {} members, some of which go by one name or through a link", moved);
  }
  return change;
}

/// Nothing in it may be read by others. A umask that closes a file to them closes all.
bool is_closed(const Member& member) {
  return (member.mode & 0007) == 0;
}

/// Some member is open to others on both sides, so no umask took that from either; or one alone was opened or closed, which
/// shows no umask.
bool any_stays_open(const std::vector<Member>& a, const std::vector<Member>& b, const Matching& matching) {
  std::size_t shifted = 0;
  for (const auto& match : matching.pairs) {
    if (a[match.a].kind == EntryKind::symlink) continue;
    if (!is_closed(a[match.a]) && !is_closed(b[match.b])) return true;
    shifted += is_closed(a[match.a]) != is_closed(b[match.b]) ? 1U : 0U;
  }
  return shifted < 2;
}

/// What the members of one owner, or of one time, have in its place in the second container. An environment gives all of
/// them another: what one has alone is news about that one.
class Replacements {
 public:
  Replacements(const std::vector<Member>& a, const std::vector<Member>& b, const Matching& matching) {
    for (const auto& match : matching.pairs) {
      ++m_owners[a[match.a].owner][b[match.b].owner];
      ++m_times[a[match.a].time][b[match.b].time];
      if (a[match.a].time != b[match.b].time) ++m_changed;
      else if (a[match.a].time > 0) ++m_kept_times[a[match.a].time], ++m_kept;
    }
  }

  bool owner_alone(const Member& left, const Member& right) const {
    const auto& found = m_owners.at(left.owner);
    std::uint64_t all = 0;
    for (const auto& [owner, count] : found) all += count;
    const auto same = found.at(right.owner);
    return same < 2 || found.contains(left.owner) || same * 2 <= all;
  }

  /// A time may be of one member alone; that others bear the very same and keep it, no clock has done.
  bool time_alone(const Member& left) const { return left.time != 0 && m_times.at(left.time).contains(left.time); }

  /// Younger on both sides than all that keep theirs, which are most and go up to a time that several share: what they were
  /// clamped to.
  bool is_unclamped(const Member& left, const Member& right) const {
    if (m_kept_times.empty()) return false;
    const auto& [newest, sharing] = *m_kept_times.rbegin();
    return sharing > 1 && m_kept > m_changed && left.time > newest && right.time > newest;
  }

 private:
  std::uint64_t m_changed = 0, m_kept = 0;
  std::map<std::int64_t, std::uint64_t> m_kept_times;
  std::map<std::string_view, std::map<std::string_view, std::uint64_t>> m_owners;
  std::map<std::int64_t, std::map<std::int64_t, std::uint64_t>> m_times;
};

Node compare_pair(Session& session, const Pair& pair, const Member& left, const Member& right, const MemberPair& match,
                  const HeaderChanges& header_changes, bool others_open, const Replacements& usual) {
  Pair inner{pair.path.child(right.name),
             std::string{path_basename(right.name)},
             std::string{path_basename(left.name)},
             left.content,
             right.content,
             mode_to_run(left),
             mode_to_run(right),
             pair.depth + 1};
  auto header = header_changes(match);
  Node node;
  if (left.kind == right.kind) {
    node = session.compare(inner);
  } else {
    node.item.path = inner.path.to_string();
    node.item.depth = inner.depth;
    node.item.status = ItemStatus::kind_changed;
    auto change = make_change(Aspect::kind, "", to_string(left.kind), to_string(right.kind));
    change.impact = std::min(impact_of(inner.path, inner.mode_a, left.content.bytes()),
                             impact_of(inner.path, inner.mode_b, right.content.bytes()));
    node.add(std::move(change));
    node.accounted = true;
  }
  if (match.moved) {
    node.item.status = ItemStatus::moved;
    node.item.other_path = pair.path.child(left.name).to_string();
    node.item.similarity = match.similarity;
    auto change = make_change(Aspect::name, "", left.name, right.name);
    change.impact = impact_of(inner.path, inner.mode_b, right.content.bytes());
    node.add(std::move(change));
  }
  const bool privileged = is_privileged(left) || is_privileged(right);
  for (auto& change : header) {
    if (change.aspect == Aspect::owner && left.owner != right.owner && usual.owner_alone(left, right))
      change.token = k_alone;
    if (change.aspect == Aspect::time && left.time != right.time) {
      if (usual.time_alone(left)) change.token = k_alone;
      else if (usual.is_unclamped(left, right)) change.token = k_unclamped;
    }
    if (privileged && change.aspect == Aspect::owner) change.token = k_owner_runs;
    if (others_open && change.aspect == Aspect::mode && is_closed(left) != is_closed(right))
      change.token = k_closed_alone;
    node.add(std::move(change));
  }
  for (auto& change : node.changes)
    if (change.path.empty()) change.path = node.item.path;
  return node;
}

}  // namespace

std::string_view without_compression_suffix(std::string_view name) noexcept {
  for (const std::string_view suffix : {".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma"})
    if (name.size() > suffix.size() && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return name;
}

std::uint32_t similarity(ByteView a, ByteView b) {
  std::array<char, FUZZY_MAX_RESULT> left{}, right{};
  if (fuzzy_hash_buf(a.data(), static_cast<std::uint32_t>(a.size()), left.data()) != 0) return 0;
  if (fuzzy_hash_buf(b.data(), static_cast<std::uint32_t>(b.size()), right.data()) != 0) return 0;
  return static_cast<std::uint32_t>(std::max(fuzzy_compare(left.data(), right.data()), 0));
}

Matching match_members(const std::vector<Member>& a, const std::vector<Member>& b) {
  return Matcher{a, b}.run();
}

void compare_members(Session& session, const Pair& pair, const std::vector<Member>& a, const std::vector<Member>& b,
                     const Matching& matching, const HeaderChanges& header_changes, Node& node) {
  // Most pairs are equal: those are settled without a node.
  std::vector<std::size_t> differing;
  for (std::size_t i = 0; i < matching.pairs.size(); ++i) {
    const auto& match = matching.pairs[i];
    const auto& left = a[match.a];
    const auto& right = b[match.b];
    const bool same = !match.moved && left.kind == right.kind && same_bytes(left.content, right.content) &&
                      header_changes(match).empty();
    if (!same) differing.push_back(i);
  }
  session.looked_at(matching.pairs.size() - differing.size());
  const bool others_open = !differing.empty() && any_stays_open(a, b, matching);
  const auto usual = differing.empty() ? Replacements{{}, {}, {}} : Replacements{a, b, matching};
  std::vector<Node> nodes(differing.size());
  session.parallel(differing.size(), [&](std::size_t i) {
    const auto& match = matching.pairs[differing[i]];
    nodes[i] = compare_pair(session, pair, a[match.a], b[match.b], match, header_changes, others_open, usual);
  });
  for (auto& child : nodes) node.children.push_back(std::move(child));
  for (const auto i : matching.only_a) node.children.push_back(presence_node(pair, a[i], ItemStatus::removed));
  for (const auto i : matching.only_b) node.children.push_back(presence_node(pair, b[i], ItemStatus::added));
  if (!matching.top_a.empty()) {
    auto change = make_change(Aspect::name, "top directory", matching.top_a, matching.top_b);
    change.impact = Impact::metadata;
    change.count = matching.pairs.size();
    node.add(std::move(change));
  }
  if (matching.reordered) node.add(order_change(a, b, matching));
}

}  // namespace assay::artifact
