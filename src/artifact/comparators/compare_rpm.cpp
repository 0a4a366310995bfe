// RPM packages (rpm.org, "RPM V4 Package format"): lead, signature header, header, payload. Headers are told tag by tag.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "artifact/cause.hpp"
#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_lead = 96;
constexpr std::uint64_t k_intro = 16;
constexpr std::size_t k_most_tags = 4096;
constexpr std::size_t k_most_values = 4096;  ///< told one by one

struct Tag {
  std::uint32_t number;
  std::string_view name;
  Aspect aspect;
};
constexpr std::array k_tags{Tag{1000, "NAME", Aspect::content},
                            Tag{1001, "VERSION", Aspect::content},
                            Tag{1002, "RELEASE", Aspect::content},
                            Tag{1006, "BUILDTIME", Aspect::time},
                            Tag{1007, "BUILDHOST", Aspect::content},
                            Tag{1009, "SIZE", Aspect::size},
                            Tag{1028, "FILESIZES", Aspect::size},
                            Tag{1030, "FILEMODES", Aspect::mode},
                            Tag{1034, "FILEMTIMES", Aspect::time},
                            Tag{1035, "FILEDIGESTS", Aspect::checksum},
                            Tag{1039, "FILEUSERNAME", Aspect::owner},
                            Tag{1040, "FILEGROUPNAME", Aspect::owner},
                            Tag{1064, "RPMVERSION", Aspect::content},
                            Tag{1080, "CHANGELOGTIME", Aspect::time},
                            Tag{1094, "COOKIE", Aspect::content},
                            Tag{1095, "FILEDEVICES", Aspect::encoding},
                            Tag{1096, "FILEINODES", Aspect::encoding},
                            Tag{1122, "OPTFLAGS", Aspect::content},
                            Tag{1126, "PAYLOADFLAGS", Aspect::compression},
                            Tag{1125, "PAYLOADCOMPRESSOR", Aspect::compression},
                            Tag{1132, "PLATFORM", Aspect::content},
                            Tag{1146, "SOURCEPKGID", Aspect::checksum},
                            Tag{5010, "FILECAPS", Aspect::xattr},
                            Tag{5092, "PAYLOADDIGEST", Aspect::checksum},
                            Tag{5097, "PAYLOADDIGESTALT", Aspect::checksum},
                            Tag{1023, "PREIN", Aspect::content},
                            Tag{1024, "POSTIN", Aspect::content},
                            Tag{1025, "PREUN", Aspect::content},
                            Tag{1026, "POSTUN", Aspect::content}};

/// Tags of the signature header: digests and sizes of what follows, and signatures over it.
constexpr std::array k_signature_tags{
    Tag{269, "SHA1HEADER", Aspect::checksum}, Tag{273, "SHA256HEADER", Aspect::checksum},
    Tag{1000, "SIGSIZE", Aspect::size},       Tag{1004, "SIGMD5", Aspect::checksum},
    Tag{1007, "PAYLOADSIZE", Aspect::size},   Tag{1002, "SIGPGP", Aspect::signature},
    Tag{267, "DSAHEADER", Aspect::signature}, Tag{268, "RSAHEADER", Aspect::signature},
    Tag{1005, "SIGGPG", Aspect::signature},   Tag{1008, "RESERVEDSPACE", Aspect::content},
    Tag{270, "LONGSIGSIZE", Aspect::size},    Tag{271, "LONGARCHIVESIZE", Aspect::size}};

struct Entry {
  std::uint32_t type = 0, offset = 0, count = 0;
  ByteView bytes;  ///< from its offset to that of the next entry
};

struct Header {
  std::map<std::uint32_t, Entry> entries;
  std::vector<std::uint32_t> order;  ///< of the tags, as their values stand in the store
  std::uint64_t begin = 0, end = 0;
  std::uint64_t count = 0;
  bool plain = true;  ///< each tag once, and no byte of the store outside their values
};

std::optional<Header> read_header(const Content& content, std::uint64_t at) {
  const auto bytes = content.part(at, content.size()).bytes();
  if (bytes.size() < k_intro || big_endian(bytes, 0, 4) != 0x8eade801) return std::nullopt;
  const auto count = big_endian(bytes, 8, 4);
  const auto size = big_endian(bytes, 12, 4);
  if (count > k_most_tags || k_intro + count * 16 + size > bytes.size()) return std::nullopt;
  const auto store = bytes.subspan(static_cast<std::size_t>(k_intro + count * 16), static_cast<std::size_t>(size));
  Header header;
  header.begin = at;
  header.end = at + k_intro + count * 16 + size;
  header.count = count;
  std::vector<std::uint64_t> offsets{size};
  for (std::uint64_t i = 0; i < count; ++i)
    offsets.push_back(big_endian(bytes, static_cast<std::size_t>(k_intro + i * 16 + 8), 4));
  std::sort(offsets.begin(), offsets.end());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(k_intro + i * 16);
    Entry entry;
    entry.type = static_cast<std::uint32_t>(big_endian(bytes, index + 4, 4));
    entry.offset = static_cast<std::uint32_t>(big_endian(bytes, index + 8, 4));
    entry.count = static_cast<std::uint32_t>(big_endian(bytes, index + 12, 4));
    if (entry.offset > size) return std::nullopt;
    const auto next = *std::upper_bound(offsets.begin(), std::prev(offsets.end()), entry.offset);
    entry.bytes = store.subspan(entry.offset,
                                static_cast<std::size_t>(std::max<std::uint64_t>(next, entry.offset) - entry.offset));
    const auto number = static_cast<std::uint32_t>(big_endian(bytes, index, 4));
    header.plain = header.entries.emplace(number, entry).second && header.plain;
    header.order.push_back(number);
  }
  header.plain = header.plain && (size == 0 || offsets.front() == 0);
  std::stable_sort(header.order.begin(), header.order.end(), [&](std::uint32_t x, std::uint32_t y) {
    return header.entries[x].offset < header.entries[y].offset;
  });
  return header;
}

std::size_t width_of(std::uint32_t type) {
  return type == 2 || type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == 5 ? 8 : 0;
}

/// The values of an entry, as text; nothing if its bytes hold anything but them and zeros up to the next entry.
std::optional<std::vector<std::string>> values_of(const Entry& entry) {
  std::vector<std::string> values;
  std::size_t at = 0;
  if (const auto width = width_of(entry.type); width > 0) {
    if (entry.count > entry.bytes.size() / width) return std::nullopt;
    for (std::size_t i = 0; i < entry.count; ++i)
      values.push_back(fmt::format("{}", big_endian(entry.bytes, i * width, width)));
    at = entry.count * width;
  } else if (entry.type == 6 || entry.type == 8 || entry.type == 9) {
    const auto strings = as_text(entry.bytes);
    while (values.size() < entry.count) {
      const auto end = strings.find('\0', at);
      if (end == std::string_view::npos) return std::nullopt;
      values.emplace_back(strings.substr(at, end - at));
      at = end + 1;
    }
  } else {
    if (entry.count > entry.bytes.size()) return std::nullopt;
    at = entry.count;
    values.push_back(to_hex(entry.bytes.first(at)));
  }
  const auto rest = entry.bytes.subspan(at);
  if (rest.size() > 7 || std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; }))
    return std::nullopt;
  return values;
}

std::string joined(const std::optional<std::vector<std::string>>& values, const Entry& entry) {
  if (!values) return fmt::format("{} of type {} in {}", entry.count, entry.type, to_hex(entry.bytes));
  std::string text;
  for (const auto& value : *values) text += (text.empty() ? "" : "\n") + value;
  return text;
}

/// A region's trailer says how many entries of the index it covers: all of them, as rpmbuild writes it.
bool is_whole_region(const Entry& entry, std::uint32_t number, const Header& header) {
  if (entry.bytes.size() < 16 || entry.type != 7 || entry.count != 16) return false;
  const auto offset = static_cast<std::int32_t>(big_endian(entry.bytes, 8, 4));
  return big_endian(entry.bytes, 0, 4) == number && big_endian(entry.bytes, 4, 4) == 7 &&
         big_endian(entry.bytes, 12, 4) == 16 && offset == -static_cast<std::int64_t>(header.count * 16);
}

/// Programs that run at installation: scriptlets, triggers, and what interprets them.
bool runs_at_installation(std::uint32_t number) {
  return (number >= 1023 && number <= 1026) || number == 1079 || (number >= 1085 && number <= 1088) ||
         (number >= 1065 && number <= 1069) || number == 1092 || (number >= 1151 && number <= 1154) ||
         (number >= 5066 && number <= 5084) || number == 5104 || number == 5105;
}

class RpmComparison {
 public:
  RpmComparison(Session& session, const Pair& pair, Node& node) : m_session(session), m_pair(pair), m_node(node) {}

  bool run() {
    if (!read(m_pair.a, m_a) || !read(m_pair.b, m_b)) {
      m_node.note("an RPM header is damaged; compared as bytes");
      return false;
    }
    lead();
    tags(m_a.signature, m_b.signature, k_signature_tags, "signature tag ");
    tags(m_a.header, m_b.header, k_tags, "tag ");
    between();
    const auto part = [](const Content& content, std::uint64_t begin, std::uint64_t end) {
      return content.part(begin, end - begin);
    };
    m_session.derived().enter(m_node.item.path, part(m_pair.a, m_a.header.begin, m_a.header.end),
                              part(m_pair.b, m_b.header.begin, m_b.header.end));
    m_session.derived().enter(m_node.item.path, part(m_pair.a, m_a.header.begin, m_pair.a.size()),
                              part(m_pair.b, m_b.header.begin, m_pair.b.size()));
    Pair payload{m_pair.path.child("payload"),
                 "payload",
                 "payload",
                 part(m_pair.a, m_a.header.end, m_pair.a.size()),
                 part(m_pair.b, m_b.header.end, m_pair.b.size()),
                 0,
                 0,
                 m_pair.depth + 1};
    auto node = m_session.compare(payload);
    if (!node.empty()) m_node.children.push_back(std::move(node));
    m_node.accounted = true;
    return true;
  }

 private:
  struct Package {
    Header signature, header;
  };

  static bool read(const Content& content, Package& package) {
    auto signature = read_header(content, k_lead);
    if (!signature) return false;
    package.signature = *std::move(signature);
    auto header = read_header(content, (package.signature.end + 7) / 8 * 8);
    if (!header) return false;
    package.header = *std::move(header);
    return true;
  }

  void lead() {
    const auto a = m_pair.a.part(0, k_lead).text();
    const auto b = m_pair.b.part(0, k_lead).text();
    if (a == b) return;
    // The lead repeats the package's name; nothing reads it any more.
    const auto is_name = [](std::string_view name) {
      const auto end = std::min(name.find('\0'), name.size());
      return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end),
                         [](char c) { return c > ' ' && c < 0x7f; }) &&
             name.find_first_not_of('\0', end) == std::string_view::npos;
    };
    const auto left = a.substr(10, 66);
    const auto right = b.substr(10, 66);
    const bool only_name =
        std::string{a}.replace(10, 66, "") == std::string{b}.replace(10, 66, "") && is_name(left) && is_name(right);
    auto change = make_change(only_name ? Aspect::encoding : Aspect::content, "lead", left, right);
    change.impact = Impact::metadata;
    m_node.add(std::move(change));
  }

  /// Alignment behind the signature header.
  void between() {
    const auto gap = [](const Content& content, const Package& package) {
      return content.part(package.signature.end, package.header.begin - package.signature.end).text();
    };
    const auto zero = [](std::string_view text) { return text.find_first_not_of('\0') == std::string_view::npos; };
    const auto left = gap(m_pair.a, m_a);
    const auto right = gap(m_pair.b, m_b);
    if (left != right && !(zero(left) && zero(right))) add_content("padding behind the signature header", left, right);
  }

  void add_content(std::string place, std::string_view before, std::string_view after) {
    m_node.add(make_change(Aspect::content, std::move(place), before, after));
    m_node.changes.back().impact = Impact::data;
  }

  void tags(const Header& a, const Header& b, std::span<const Tag> known, std::string_view prefix) {
    index(a, b, prefix);
    auto all = a.entries;
    all.insert(b.entries.begin(), b.entries.end());
    for (const auto& [number, unused] : all) {
      const auto left = a.entries.find(number);
      const auto right = b.entries.find(number);
      if (left == a.entries.end() || right == b.entries.end()) {
        const auto value = [](auto entry, const Header& header) {
          return entry == header.entries.end() ? std::string{} : joined(values_of(entry->second), entry->second);
        };
        add(number, known, prefix, "", value(left, a), value(right, b), false);
      } else if (number == 62 || number == 63) {
        region(number, left->second, right->second, prefix);
      } else {
        compare_values(number, left->second, right->second, known, prefix);
      }
    }
  }

  /// Offsets follow from the values where both sides keep them in one order.
  void index(const Header& a, const Header& b, std::string_view prefix) {
    const auto common = [](const Header& own, const Header& other) {
      std::vector<std::uint32_t> list;
      for (const auto number : own.order)
        if (other.entries.contains(number)) list.push_back(number);
      return list;
    };
    const auto intro = [](const Content& content, const Header& header) {
      return content.part(header.begin, 8).text();
    };
    if (intro(m_pair.a, a) != intro(m_pair.b, b))
      add_content(fmt::format("{}header's beginning", prefix), intro(m_pair.a, a), intro(m_pair.b, b));
    if (!a.plain || !b.plain || common(a, b) != common(b, a))
      add_content(fmt::format("{}index", prefix), a.plain ? "plain" : "not plain", b.plain ? "plain" : "not plain");
  }

  void region(std::uint32_t number, const Entry& left, const Entry& right, std::string_view prefix) {
    if (as_text(left.bytes) == as_text(right.bytes) && left.type == right.type && left.count == right.count) return;
    if (!is_whole_region(left, number, number == 62 ? m_a.signature : m_a.header) ||
        !is_whole_region(right, number, number == 62 ? m_b.signature : m_b.header))
      return add_content(fmt::format("{}region", prefix), to_hex(left.bytes), to_hex(right.bytes));
    auto change = make_change(Aspect::offset, fmt::format("{}region", prefix), to_hex(left.bytes), to_hex(right.bytes));
    change.derived_from = "self";
    change.impact = Impact::metadata;
    m_node.add(std::move(change));
  }

  void compare_values(std::uint32_t number, const Entry& left, const Entry& right, std::span<const Tag> known,
                      std::string_view prefix) {
    const auto before = values_of(left);
    const auto after = values_of(right);
    if (left.type != right.type || !before || !after) {
      if (left.type == right.type && left.count == right.count && as_text(left.bytes) == as_text(right.bytes)) return;
      return add_content(fmt::format("{}{}", prefix, number), joined(before, left), joined(after, right));
    }
    if (*before == *after) return;
    if (before->size() != after->size() || before->size() > k_most_values)
      return add(number, known, prefix, "", joined(before, left), joined(after, right), true);
    const bool sums = number == 1009 && prefix == "tag " && is_sum(m_a.header) && is_sum(m_b.header);
    for (std::size_t i = 0; i < before->size(); ++i) {
      if ((*before)[i] == (*after)[i]) continue;
      add(number, known, prefix, before->size() > 1 ? fmt::format("[{}]", i) : std::string{}, (*before)[i], (*after)[i],
          true, sums);
      const bool privileged = is_privileged(m_a.header, i) || is_privileged(m_b.header, i);
      if (prefix == "tag " && privileged && m_node.changes.back().aspect == Aspect::owner)
        m_node.changes.back().token = k_owner_runs;
    }
  }

  /// The file runs with its owner's rights: FILEMODES, FILECAPS.
  static bool is_privileged(const Header& header, std::size_t file) {
    const auto value = [&](std::uint32_t number) {
      const auto entry = header.entries.find(number);
      const auto values = entry == header.entries.end() ? std::nullopt : values_of(entry->second);
      return values && file < values->size() ? (*values)[file] : std::string{};
    };
    return (std::strtoul(value(1030).c_str(), nullptr, 10) & 06000U) != 0 || !value(5010).empty();
  }

  /// SIZE is the sum of FILESIZES.
  static bool is_sum(const Header& header) {
    const auto number = [](const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); };
    const auto size = header.entries.find(1009);
    const auto sizes = header.entries.find(1028);
    const auto total = size == header.entries.end() ? std::nullopt : values_of(size->second);
    const auto parts = sizes == header.entries.end() ? std::nullopt : values_of(sizes->second);
    if (!total || total->size() != 1 || !parts) return false;
    std::uint64_t sum = 0;
    for (const auto& part : *parts) sum += number(part);
    return sum == number(total->front());
  }

  void add(std::uint32_t number, std::span<const Tag> known, std::string_view prefix, const std::string& element,
           const std::string& before, const std::string& after, bool both, bool follows = false) {
    const auto tag =
        std::find_if(known.begin(), known.end(), [&](const Tag& candidate) { return candidate.number == number; });
    const bool named = tag != known.end();
    auto change =
        make_change(named && both ? tag->aspect : Aspect::content,
                    (named ? std::string{tag->name} : fmt::format("{}{}", prefix, number)) + element, before, after);
    const bool script = prefix == "tag " && runs_at_installation(number);
    change.impact = script                                                            ? Impact::maintainer_script
                    : change.aspect == Aspect::mode || change.aspect == Aspect::owner ? Impact::privilege
                    : change.aspect == Aspect::xattr                                  ? Impact::attribute
                                                                                      : Impact::metadata;
    // Digests and sizes follow from what they were made of, once that is found.
    if (change.aspect == Aspect::checksum) change.token = "digest";
    if ((change.aspect == Aspect::checksum || change.aspect == Aspect::size) && !follows)
      change.aspect = Aspect::content;
    if (change.aspect == Aspect::signature || follows) change.derived_from = "self";
    m_node.add(std::move(change));
  }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  Package m_a, m_b;
};

}  // namespace

bool compare_rpm(Session& session, const Pair& pair, Node& node) {
  return RpmComparison{session, pair, node}.run();
}

}  // namespace assay::artifact
