// RPM packages (rpm.org, "RPM V4 Package format"): lead, signature header, header, payload. Headers are told tag by tag.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_lead = 96;
constexpr std::uint64_t k_intro = 16;
constexpr std::size_t k_most_tags = 4096;

struct Tag {
  std::uint32_t number;
  std::string_view name;
  Aspect aspect;
};
constexpr std::array k_tags{
    Tag{1000, "NAME", Aspect::content},         Tag{1001, "VERSION", Aspect::content},      Tag{1002, "RELEASE", Aspect::content},
    Tag{1006, "BUILDTIME", Aspect::time},       Tag{1007, "BUILDHOST", Aspect::content},    Tag{1009, "SIZE", Aspect::size},
    Tag{1028, "FILESIZES", Aspect::size},       Tag{1030, "FILEMODES", Aspect::mode},       Tag{1034, "FILEMTIMES", Aspect::time},
    Tag{1035, "FILEDIGESTS", Aspect::checksum}, Tag{1039, "FILEUSERNAME", Aspect::owner},   Tag{1040, "FILEGROUPNAME", Aspect::owner},
    Tag{1064, "RPMVERSION", Aspect::content},   Tag{1080, "CHANGELOGTIME", Aspect::time},   Tag{1094, "COOKIE", Aspect::content},
    Tag{1095, "FILEDEVICES", Aspect::encoding}, Tag{1096, "FILEINODES", Aspect::encoding},  Tag{1122, "OPTFLAGS", Aspect::content},
    Tag{1126, "PAYLOADFLAGS", Aspect::compression}, Tag{1125, "PAYLOADCOMPRESSOR", Aspect::compression}, Tag{1132, "PLATFORM", Aspect::content},
    Tag{1146, "SOURCEPKGID", Aspect::checksum}, Tag{5010, "FILECAPS", Aspect::xattr},       Tag{5092, "PAYLOADDIGEST", Aspect::checksum},
    Tag{5097, "PAYLOADDIGESTALT", Aspect::checksum}, Tag{1023, "PREIN", Aspect::content},   Tag{1024, "POSTIN", Aspect::content},
    Tag{1025, "PREUN", Aspect::content},        Tag{1026, "POSTUN", Aspect::content}};

/// Tags of the signature header: digests and sizes of what follows, and signatures over it.
constexpr std::array k_signature_tags{Tag{269, "SHA1HEADER", Aspect::checksum},    Tag{273, "SHA256HEADER", Aspect::checksum}, Tag{1000, "SIGSIZE", Aspect::size},
                                      Tag{1004, "SIGMD5", Aspect::checksum},       Tag{1007, "PAYLOADSIZE", Aspect::size},     Tag{1002, "SIGPGP", Aspect::signature},
                                      Tag{267, "DSAHEADER", Aspect::signature},    Tag{268, "RSAHEADER", Aspect::signature},   Tag{1005, "SIGGPG", Aspect::signature},
                                      Tag{1008, "RESERVEDSPACE", Aspect::content}, Tag{270, "LONGSIGSIZE", Aspect::size},     Tag{271, "LONGARCHIVESIZE", Aspect::size}};

struct Entry {
  std::uint32_t type = 0, offset = 0, count = 0;
  ByteView bytes;  ///< from its offset to that of the next entry
};

struct Header {
  std::map<std::uint32_t, Entry> entries;
  std::uint64_t begin = 0, end = 0;
};

std::optional<Header> read_header(const Content& content, std::uint64_t at) {
  const auto bytes = content.part(at, content.size()).bytes();
  if (bytes.size() < k_intro || big_endian(bytes, 0, 4) != 0x8eade801) return std::nullopt;
  const auto count = big_endian(bytes, 8, 4);
  const auto size = big_endian(bytes, 12, 4);
  if (count > k_most_tags || k_intro + count * 16 + size > bytes.size()) return std::nullopt;
  const auto store = bytes.subspan(static_cast<std::size_t>(k_intro + count * 16), static_cast<std::size_t>(size));
  Header header{{}, at, at + k_intro + count * 16 + size};
  std::vector<std::uint64_t> offsets{size};
  for (std::uint64_t i = 0; i < count; ++i) offsets.push_back(big_endian(bytes, static_cast<std::size_t>(k_intro + i * 16 + 8), 4));
  std::sort(offsets.begin(), offsets.end());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(k_intro + i * 16);
    Entry entry;
    entry.type = static_cast<std::uint32_t>(big_endian(bytes, index + 4, 4));
    entry.offset = static_cast<std::uint32_t>(big_endian(bytes, index + 8, 4));
    entry.count = static_cast<std::uint32_t>(big_endian(bytes, index + 12, 4));
    if (entry.offset > size) return std::nullopt;
    const auto next = *std::upper_bound(offsets.begin(), std::prev(offsets.end()), entry.offset);
    entry.bytes = store.subspan(entry.offset, static_cast<std::size_t>(std::max<std::uint64_t>(next, entry.offset) - entry.offset));
    header.entries[static_cast<std::uint32_t>(big_endian(bytes, index, 4))] = entry;
  }
  return header;
}

std::string value_of(const Entry& entry) {
  const auto width = entry.type == 3 ? 2U : entry.type == 4 ? 4U : entry.type == 5 ? 8U : 0U;
  if (width > 0) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(entry.count, 64) && (i + 1) * width <= entry.bytes.size(); ++i) text += fmt::format("{}{}", i > 0 ? " " : "", big_endian(entry.bytes, i * width, width));
    return text;
  }
  if (entry.type == 6 || entry.type == 8 || entry.type == 9) {
    std::string text{as_text(entry.bytes)};
    while (text.ends_with('\0')) text.pop_back();
    std::replace(text.begin(), text.end(), '\0', '\n');
    return text;
  }
  return to_hex(entry.bytes);
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
    Pair payload{m_pair.path.child("payload"), "payload", "payload", m_pair.a.part(m_a.header.end, m_pair.a.size()), m_pair.b.part(m_b.header.end, m_pair.b.size()), 0, 0, m_pair.depth + 1};
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
    auto change = make_change(Aspect::encoding, "lead", a.substr(10, 66), b.substr(10, 66));
    if (std::string{a}.replace(10, 66, "") != std::string{b}.replace(10, 66, "")) change.aspect = Aspect::content;
    change.impact = Impact::metadata;
    m_node.add(std::move(change));
  }

  void tags(const Header& a, const Header& b, std::span<const Tag> known, std::string_view prefix) {
    auto all = a.entries;
    all.insert(b.entries.begin(), b.entries.end());
    for (const auto& [number, unused] : all) {
      const auto left = a.entries.find(number);
      const auto right = b.entries.find(number);
      if (left == a.entries.end() || right == b.entries.end()) {
        add(number, known, prefix, left == a.entries.end() ? "" : value_of(left->second), right == b.entries.end() ? "" : value_of(right->second), true);
        continue;
      }
      const auto same = left->second.type == right->second.type && left->second.count == right->second.count;
      if (same && value_of(left->second) == value_of(right->second) && as_text(left->second.bytes).size() <= 4096) continue;
      if (same && as_text(left->second.bytes) == as_text(right->second.bytes)) continue;
      add(number, known, prefix, value_of(left->second), value_of(right->second), false);
    }
  }

  void add(std::uint32_t number, std::span<const Tag> known, std::string_view prefix, const std::string& before, const std::string& after, bool presence) {
    // The regions say where their own header lies.
    if (number == 62 || number == 63) {
      auto region = make_change(Aspect::offset, std::string{prefix} + "region", before, after);
      region.derived_from = "self";
      region.impact = Impact::metadata;
      m_node.add(std::move(region));
      return;
    }
    const auto tag = std::find_if(known.begin(), known.end(), [&](const Tag& candidate) { return candidate.number == number; });
    const bool named = tag != known.end();
    auto change = make_change(named && !presence ? tag->aspect : Aspect::content, named ? std::string{tag->name} : fmt::format("{}{}", prefix, number), before, after);
    const bool script = number >= 1023 && number <= 1026 && prefix == "tag ";
    change.impact = script ? Impact::maintainer_script : change.aspect == Aspect::mode || change.aspect == Aspect::owner ? Impact::privilege : change.aspect == Aspect::xattr ? Impact::attribute : Impact::metadata;
    if (change.aspect == Aspect::checksum || change.aspect == Aspect::size || change.aspect == Aspect::signature) change.derived_from = "self";
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
