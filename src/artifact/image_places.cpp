#include "artifact/image_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "artifact/content.hpp"
#include "artifact/fields.hpp"
#include "artifact/stream_header.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

namespace {

/// A time that some clock may have shown, or seconds as digits.
bool is_time(const std::string& text) {
  return (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) || parse_date(text);
}

class Teller {
 public:
  Teller(const Pair& pair, ImagePlaces a, ImagePlaces b, Node& node)
      : m_pair(pair), m_a(std::move(a)), m_b(std::move(b)), m_node(node) {
    m_sound = sort(m_a) && sort(m_b);
    for (const auto& change : node.changes) m_told.insert({"", change.place});
    for (const auto& child : node.children) {
      m_children.insert(child.item.path);
      // Where a member's header alone differs nothing was compared.
      if (child.item.status != ItemStatus::modified || !child.item.comparator.empty())
        m_rewritten.insert(child.item.path);
      for (const auto& change : child.changes) m_told.insert({change.path, change.place});
    }
  }

  bool run(std::string& problem) {
    if (!m_sound) {
      problem = "its structures overlap";
      return false;
    }
    const auto a = m_pair.a.bytes();
    const auto b = m_pair.b.bytes();
    for (auto at = first_difference(a, b); at < a.size(); at = first_difference(a, b, at)) {
      const auto* left = place_at(m_a, at);
      const auto* right = place_at(m_b, at);
      if (left == nullptr || right == nullptr || !same(*left, *right) || !tell(*left)) {
        problem = fmt::format("the bytes at {:#x} differ, which are no part of a file and no field that is known", at);
        return false;
      }
      at = left->offset + left->size;
    }
    if (!judge_encoded()) {
      problem = "a few bits differ in compressed bytes that decode to the same, which is no other encoder";
      return false;
    }
    for (auto& change : m_changes) m_node.add(std::move(change));
    return true;
  }

 private:
  /// By offset. False if two of them overlap that are not one file's bytes under two names.
  static bool sort(ImagePlaces& places) {
    auto& list = places.places;
    std::stable_sort(list.begin(), list.end(), [](const ImagePlace& x, const ImagePlace& y) {
      return std::pair{x.offset, x.size} < std::pair{y.offset, y.size};
    });
    for (std::size_t i = 1; i < list.size(); ++i) {
      const auto& before = list[i - 1];
      if (list[i].offset - before.offset >= before.size) continue;
      const bool shared = list[i].offset == before.offset && list[i].size == before.size;
      if (!shared || !list[i].name.empty() || !before.name.empty()) return false;
    }
    return true;
  }

  static const ImagePlace* place_at(const ImagePlaces& places, std::uint64_t at) {
    const auto next =
        std::upper_bound(places.places.begin(), places.places.end(), at,
                         [](std::uint64_t offset, const ImagePlace& place) { return offset < place.offset; });
    if (next == places.places.begin()) return nullptr;
    const auto& found = *std::prev(next);
    return at - found.offset < found.size ? &found : nullptr;
  }

  bool same(const ImagePlace& left, const ImagePlace& right) const {
    return left.offset == right.offset && left.size == right.size && left.aspect == right.aspect &&
           left.name == right.name && m_a.paths[left.owner] == m_b.paths[right.owner];
  }

  std::string path_of(const ImagePlace& place) const {
    const auto& own = m_a.paths[place.owner];
    return own.empty() ? std::string{} : m_pair.path.child(own).to_string();
  }

  /// Encoded bytes follow from what they decode to. Where that is the same on both sides, an encoder is the reason. False if
  /// it is none.
  bool judge_encoded() {
    const bool other_reason =
        !m_node.changes.empty() || !m_node.children.empty() ||
        std::any_of(m_changes.begin(), m_changes.end(), [](const Change& each) { return each.derived_from.empty(); });
    bool reencoded = false;
    std::size_t alone = 0;
    for (const auto& [index, place] : m_encoded) {
      auto& change = m_changes[index];
      const bool follows = change.place == k_compressed_tables ? other_reason
                           : change.path.empty()               ? !m_rewritten.empty()
                                                               : m_rewritten.contains(change.path);
      if (follows) continue;
      change.derived_from.clear();
      ++alone;
      reencoded = reencoded || is_reencoded(place);
    }
    constexpr std::size_t k_few = 4;  // Of little there is not much to differ, but an encoder has to do with all files.
    return reencoded || alone == 0 || alone > k_few;
  }

  bool is_reencoded(std::uint64_t place) const {
    const auto left = m_a.encoded.find(place);
    const auto right = m_b.encoded.find(place);
    if (left == m_a.encoded.end() || right == m_b.encoded.end() || left->second.size() != right->second.size())
      return true;
    return !std::equal(left->second.begin(), left->second.end(), right->second.begin(),
                       [](ByteView a, ByteView b) { return !is_other_encoding(a, b); });
  }

  /// False if it should have been told and was not.
  bool tell(const ImagePlace& place) {
    const auto path = path_of(place);
    if (place.name.empty()) return m_children.contains(path);
    if (m_told.contains({path, std::string{place.name}})) return true;
    const auto before = m_pair.a.part(place.offset, place.size).bytes();
    const auto after = m_pair.b.part(place.offset, place.size).bytes();
    auto change = make_change(place.aspect, std::string{place.name}, place.value(before), place.value(after));
    change.path = path;
    change.bytes = place.size;
    change.token = place.token;
    change.impact =
        place.aspect == Aspect::mode || place.aspect == Aspect::owner ? Impact::privilege : Impact::metadata;
    const auto follows = {Aspect::checksum, Aspect::offset, Aspect::size};
    const bool encoded = place.name == k_compressed_data || place.name == k_compressed_tables;
    if (encoded) m_encoded.emplace_back(m_changes.size(), place.offset);
    if (encoded || std::find(follows.begin(), follows.end(), place.aspect) != follows.end())
      change.derived_from = "self";
    // Whose a file is and what may be done with it was told where it counts: a copy of that which differs without it is no
    // matter of who built the image.
    const bool privilege = place.aspect == Aspect::mode || place.aspect == Aspect::owner;
    if (privilege || (place.aspect == Aspect::time && !(is_time(change.before) && is_time(change.after))))
      change.aspect = Aspect::content;
    m_changes.push_back(std::move(change));
    return true;
  }

  const Pair& m_pair;
  ImagePlaces m_a, m_b;
  Node& m_node;
  std::set<std::string> m_children;
  std::set<std::string> m_rewritten;  ///< of m_children: with other content
  std::set<std::pair<std::string, std::string>> m_told;
  std::vector<Change> m_changes;
  std::vector<std::pair<std::size_t, std::uint64_t>> m_encoded;  ///< of m_changes, and where their digests are
  bool m_sound = false;
};

}  // namespace

std::string little_number(ByteView bytes) {
  return fmt::format("{}", little_endian(bytes, 0, bytes.size()));
}
std::string hex_number(ByteView bytes) {
  return to_hex(bytes);
}
std::string text_value(ByteView bytes) {
  return std::string{as_text(bytes)};
}

bool tell_places(const Pair& pair, ImagePlaces a, ImagePlaces b, Node& node, std::string& problem) {
  return Teller{pair, std::move(a), std::move(b), node}.run(problem);
}

}  // namespace assay::artifact
