// ELF, section by section; what lies between sections is compared too. Addresses and offsets that only follow from
// something having grown elsewhere are told apart from what really changed.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <tuple>

#include "artifact/byte_diff.hpp"
#include "artifact/code_diff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/elf_image.hpp"
#include "artifact/elf_tables.hpp"
#include "artifact/fields.hpp"
#include "artifact/fragment_diff.hpp"
#include "artifact/line_table.hpp"
#include "artifact/place_map.hpp"
#include "artifact/symbol_order.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_most_strings = 2000;  ///< that changed and are held against each other
constexpr std::size_t k_shown = 24;           ///< lines of disassembly of a section, unless its file is asked for
constexpr std::uint64_t k_most_padding = 64;  ///< zeros that an alignment may ask for

struct Strings {
  std::vector<std::string_view> own, shared;  ///< in their order
};

/// The strings that `bytes` holds and `others` does not, and those that both hold.
Strings strings_beside(std::string_view bytes, std::string_view others) {
  const auto other = debug_strings_of(others);
  Strings strings;
  for (std::size_t at = 0; at < bytes.size(); at += string_at(bytes, at).size() + 1) {
    const auto string = string_at(bytes, at);
    (other.contains(string) ? strings.shared : strings.own).push_back(string);
  }
  return strings;
}

class ElfComparison {
 public:
  ElfComparison(Session& session, const Pair& pair, Node& node) : m_session(session), m_pair(pair), m_node(node) {}

  bool run() {
    std::string problem;
    auto left = read_elf(m_pair.a, problem);
    auto right = left ? read_elf(m_pair.b, problem) : std::nullopt;
    if (!left || !right) {
      m_node.note(fmt::format("the {} ELF file: {}; compared as bytes", left ? "second" : "first", problem));
      return false;
    }
    m_a = *std::move(left);
    m_b = *std::move(right);
    match_sections();
    const PlaceMap places{m_a, m_b, m_pairs};
    m_places = &places;
    const SymbolNames names_a{m_a}, names_b{m_b};
    m_names_a = &names_a;
    m_names_b = &names_b;
    if (m_a.machine != m_b.machine || m_a.wide != m_b.wide)
      add(make_change(Aspect::kind, "machine", fmt::format("{}", m_a.machine), fmt::format("{}", m_b.machine)),
          Impact::code);
    const auto order = symbol_order(m_a, m_b);
    if (order) m_node.add(*order);
    for (const auto& [i, k] : m_pairs)
      if (!order || !is_of_symbols(m_a.sections[i])) compare_section(m_a.sections[i], m_b.sections[k]);
    for (const auto i : m_only_a) presence(m_a.sections[i], true);
    for (const auto i : m_only_b) presence(m_b.sections[i], false);
    compare_rest();
    m_node.accounted = m_covered;
    return true;
  }

 private:
  void add(Change change, Impact impact) {
    change.impact = impact;
    m_node.add(std::move(change));
  }

  /// Without the number that GCC draws for the sections of one object for link-time optimisation: ".gnu.lto_main.768cdba59cb6a222".
  /// The names themselves are told as strings of .shstrtab.
  static std::string own_name(const std::string& name) {
    const auto dot = name.rfind('.');
    const bool drawn = name.starts_with(".gnu.lto_") && name.size() - dot > 1 && name.size() - dot <= 17 &&
                       name.find_first_not_of("0123456789abcdef", dot + 1) == std::string::npos;
    return drawn ? name.substr(0, dot) : name;
  }

  void match_sections() {
    std::map<std::string, std::vector<std::size_t>> waiting;
    for (auto i = m_a.sections.size(); i-- > 0;) waiting[own_name(m_a.sections[i].name)].push_back(i);
    for (std::size_t k = 0; k < m_b.sections.size(); ++k) {
      auto& candidates = waiting[own_name(m_b.sections[k].name)];
      if (candidates.empty()) {
        m_only_b.push_back(k);
        continue;
      }
      m_pairs.emplace_back(candidates.back(), k);
      candidates.pop_back();
    }
    for (const auto& [name, left] : waiting) m_only_a.insert(m_only_a.end(), left.begin(), left.end());
    std::sort(m_only_a.begin(), m_only_a.end());
  }

  void presence(const ElfSection& section, bool before) {
    auto change =
        make_change(Aspect::presence, "section " + section.name, before ? "section" : "", before ? "" : "section");
    change.bytes = section.size;
    add(std::move(change), impact_of_section(section));
  }

  static Impact impact_of_section(const ElfSection& section) {
    if (section.executable || section.name == ".init_array" || section.name == ".fini_array" ||
        section.name.starts_with(".rela.plt") || section.name.starts_with(".rel.plt") || section.name == ".dynamic" ||
        section.name == ".interp" || section.name.starts_with(".got") || section.name == ".debug_gdb_scripts")
      return Impact::code;
    if (section.name == ".comment" || section.name.starts_with(".debug") || section.name.starts_with(".zdebug") ||
        section.name.starts_with(".note") || section.name.starts_with(".gnu_debug") || section.name == ".symtab" ||
        section.name == ".strtab" || section.name == ".shstrtab")
      return Impact::metadata;
    return Impact::data;
  }

  void compare_section(const ElfSection& left, const ElfSection& right) {
    if (left.type == SHT_NOBITS && right.type == SHT_NOBITS) {
      if (left.memory != right.memory)
        add(make_change(Aspect::content, left.name, fmt::format("{} bytes", left.memory),
                        fmt::format("{} bytes", right.memory)),
            Impact::data);
      return;
    }
    if (left.type != right.type || ((left.flags ^ right.flags) & (SHF_EXECINSTR | SHF_WRITE | SHF_ALLOC)) != 0)
      add(make_change(Aspect::kind, left.name + " type and flags", fmt::format("{:#x} {:#x}", left.type, left.flags),
                      fmt::format("{:#x} {:#x}", right.type, right.flags)),
          Impact::code);
    if (left.bytes == right.bytes) return;
    if (left.compressed || right.compressed) return compressed_section(left, right);
    section_bytes(left, right);
  }

  void compressed_section(const ElfSection& left, const ElfSection& right) {
    const std::size_t header = m_a.wide ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
    const auto inflate = [&](const ElfSection& section, const ElfImage& image) {
      Decoded decoded;
      const auto size_at = image.wide ? 8U : 4U;
      if (!section.compressed) {
        decoded.content = m_pair.a.part(0, 0);
        return decoded;
      }
      if (section.bytes.size() < header + 6 || number_at(section.bytes, 0, 4, image.big_endian) != ELFCOMPRESS_ZLIB) {
        decoded.problem = "is compressed in a way that is not read";
        return decoded;
      }
      const auto size = number_at(section.bytes, size_at, image.wide ? 8 : 4, image.big_endian);
      return inflate_raw(as_bytes(section.bytes.substr(header + 2, section.bytes.size() - header - 6)), size,
                         m_session.limits());
    };
    const auto a = inflate(left, m_a);
    const auto b = inflate(right, m_b);
    if (!a.problem.empty() || !b.problem.empty()) {
      m_node.note(fmt::format("section {} {}; compared as it lies", escape_for_display(left.name),
                              a.problem.empty() ? b.problem : a.problem));
      return section_bytes(left, right);
    }
    auto plain_left = left;
    auto plain_right = right;
    if (left.compressed) plain_left.bytes = a.content.text();
    if (right.compressed) plain_right.bytes = b.content.text();
    plain_left.size = plain_left.bytes.size();
    plain_right.size = plain_right.bytes.size();
    if (plain_left.bytes == plain_right.bytes) {
      add(make_change(Aspect::compression, left.name, fmt::format("{} bytes", left.size),
                      fmt::format("{} bytes", right.size)),
          Impact::metadata);
      return;
    }
    section_bytes(plain_left, plain_right);
  }

  void section_bytes(const ElfSection& left, const ElfSection& right) {
    if (left.name == ".note.gnu.build-id") return build_id(left, right);
    if (left.name == ".gnu_debuglink") return debug_link(left, right);
    if (left.name == ".gnu_debugaltlink" && debug_alt_link(left, right)) return;
    if (left.name == ".dynamic") {
      if (auto changes = diff_dynamic(m_a, left, m_b, right, *m_places)) {
        for (auto& change : *changes)
          add(std::move(change), change.derived_from.empty() ? Impact::code : Impact::metadata);
        return;
      }
    }
    if (left.executable && left.size == right.size) return code(left, right);
    if (left.executable) return other_code(left, right);
    if (is_debug_strings(left) && debug_strings(left, right)) return;
    if (left.name == ".debug_line" && left.size != right.size && line_tables(left, right)) return;
    if (is_table(left) && left.size == right.size && m_places->moved()) return words(left, right);
    if (is_table(left) && left.size != right.size) return other_table(left, right);
    plain(left, right, 0, std::max(left.bytes.size(), right.bytes.size()));
  }

  /// Line numbers with the paths in between: those are told, and what is left is compared in step. False if that cannot be.
  bool line_tables(const ElfSection& left, const ElfSection& right) {
    const auto a = split_line_table(left.bytes, m_a.big_endian);
    const auto b = split_line_table(right.bytes, m_b.big_endian);
    if (!a || !b || a->units != b->units || a->names == b->names) return false;
    for (auto& change : diff_bytes(a->names, b->names, left.name)) add(std::move(change), impact_of_section(left));
    auto rest_left = left;
    auto rest_right = right;
    rest_left.bytes = a->rest;
    rest_right.bytes = b->rest;
    words(rest_left, rest_right);
    add_follow(left.name, a->units.size(), 8 * a->units.size());
    return true;
  }

  /// Linkers put merged strings in the order of their hashes: one that changed stands elsewhere. Where all others keep their
  /// order, those that one side has are held against those that the other has. False if that cannot be.
  bool debug_strings(const ElfSection& left, const ElfSection& right) {
    if (!left.bytes.ends_with('\0') || !right.bytes.ends_with('\0')) return false;
    const auto only_a = strings_beside(left.bytes, right.bytes);
    const auto only_b = strings_beside(right.bytes, left.bytes);
    if (only_a.own.empty() || only_a.own.size() > k_most_strings || only_a.own.size() != only_b.own.size() ||
        only_a.shared != only_b.shared)
      return false;
    auto waiting = only_b.own;
    for (const auto before : only_a.own) {
      const auto same_file = std::find_if(waiting.begin(), waiting.end(), [&](std::string_view after) {
        return path_basename(after) == path_basename(before);
      });
      const auto match = same_file == waiting.end() ? waiting.begin() : same_file;
      for (auto& change : diff_fragment(before, *match, left.name)) add(std::move(change), impact_of_section(left));
      waiting.erase(match);
    }
    return true;
  }

  /// Records came or went: what each of them was has no meaning of its own, but symbols have names.
  void other_table(const ElfSection& left, const ElfSection& right) {
    auto change = make_change(Aspect::content, left.name, fmt::format("{} bytes", left.size),
                              fmt::format("{} bytes", right.size));
    tell_symbols(*m_names_a, left, *m_names_b, right, change);
    change.bytes = std::max(left.size, right.size);
    add(std::move(change), impact_of_section(left));
  }

  static bool is_table(const ElfSection& section) {
    // Of the sections without a type of their own, those that hold strings and constants are compared as such.
    if (section.type == SHT_STRTAB || section.name == ".data" || section.name == ".interp" ||
        section.name.starts_with(".note") || section.name == ".comment" || section.name.starts_with(".rodata") ||
        section.name.starts_with(".debug_str") || section.name.starts_with(".debug_line_str"))
      return false;
    return true;
  }

  /// One note of a length that linkers write, under the same header; the digests have next to nothing in common.
  static bool is_new_digest(std::string_view left, std::string_view right) {
    return left.size() >= 16 && left.substr(0, 16) == right.substr(0, std::min<std::size_t>(right.size(), 16)) &&
           are_digests(left.substr(16), right.substr(16));
  }

  static bool are_digests(std::string_view left, std::string_view right) {
    const auto size = left.size();
    if (size != right.size() || (size != 8 && size != 16 && size != 20 && size != 32)) return false;
    std::size_t bits = 0;
    for (std::size_t i = 0; i < size; ++i)
      bits += static_cast<std::size_t>(std::popcount(static_cast<unsigned>((left[i] ^ right[i]) & 0xff)));
    return bits >= size * 2;  // half of them differ as a rule
  }

  void build_id(const ElfSection& left, const ElfSection& right) {
    const auto id = [](const ElfSection& section) {
      return to_hex(as_bytes(section.bytes.substr(std::min<std::size_t>(section.bytes.size(), 16))));
    };
    auto change = make_change(is_new_digest(left.bytes, right.bytes) ? Aspect::identity : Aspect::content, left.name,
                              id(left), id(right));
    change.bytes = left.size;
    if (change.aspect == Aspect::identity) change.derived_from = "self";
    add(std::move(change), Impact::metadata);
  }

  /// The name that separate debug information goes by repeats the build-id, as debhelper names it.
  static bool names_build_id(const ElfImage& image, const ElfSection& link) {
    const auto id = std::find_if(image.sections.begin(), image.sections.end(),
                                 [](const ElfSection& section) { return section.name == ".note.gnu.build-id"; });
    if (id == image.sections.end() || id->bytes.size() <= 17) return false;
    return string_at(link.bytes, 0) == to_hex(as_bytes(id->bytes.substr(17))) + ".debug";
  }

  void debug_link(const ElfSection& left, const ElfSection& right) {
    // A name that repeats the build-id on one side only, or a checksum of its own under one name, follows from nothing here.
    const bool repeats = names_build_id(m_a, left);
    const bool same_name = string_at(left.bytes, 0) == string_at(right.bytes, 0);
    if (repeats != names_build_id(m_b, right) || (repeats && same_name && !differs(".gnu_debugaltlink")))
      return plain(left, right, 0, std::max(left.bytes.size(), right.bytes.size()));
    auto change = make_change(Aspect::debug_link, left.name, string_at(left.bytes, 0), string_at(right.bytes, 0));
    if (change.before == change.after) {
      const auto sum = [](const ElfSection& section) {
        return to_hex(
            as_bytes(section.bytes.substr(section.bytes.size() - std::min<std::size_t>(section.bytes.size(), 4))));
      };
      change.before = "checksum " + sum(left);
      change.after = "checksum " + sum(right);
    }
    change.bytes = std::max(left.size, right.size);
    change.derived_from = "self";
    add(std::move(change), Impact::metadata);
  }

  /// dwz(1) moves what debug information of a package's files has in common into a file of its own, named here with its
  /// build-id. That file is in another package, and is another whenever the debug information of any of those files is. The
  /// separate debug information names it too, so that where the link to that is the same on both sides this one has to be.
  bool debug_alt_link(const ElfSection& left, const ElfSection& right) {
    const auto name = string_at(left.bytes, 0);
    if (name != string_at(right.bytes, 0) || !differs(".gnu_debuglink")) return false;
    const auto id = [&](const ElfSection& section) {
      return section.bytes.substr(std::min(section.bytes.size(), name.size() + 1));
    };
    if (!are_digests(id(left), id(right))) return false;
    auto change = make_change(Aspect::debug_link, left.name, to_hex(as_bytes(id(left))), to_hex(as_bytes(id(right))));
    change.bytes = id(left).size();
    change.derived_from = "self";
    add(std::move(change), Impact::metadata);
    return true;
  }

  /// The section of that name has other bytes on either side.
  bool differs(std::string_view name) const {
    return std::any_of(m_pairs.begin(), m_pairs.end(), [&](const auto& pair) {
      const auto& left = m_a.sections[pair.first];
      return left.name == name && left.bytes != m_b.sections[pair.second].bytes;
    });
  }

  CodeDiffOptions code_options(const ElfSection& section) const {
    return {m_a.machine,
            m_a.big_endian,
            section.name,
            [this](std::uint64_t before, std::uint64_t after) { return m_places->same_address(before, after); },
            m_session.view_lines(m_pair.path, k_shown),
            [this](std::uint64_t address) { return m_names_b->at_address(address); }};
  }

  void code(const ElfSection& left, const ElfSection& right) {
    auto diff = diff_code({left.bytes, left.address}, {right.bytes, right.address}, code_options(left));
    for (auto& change : diff.changes) {
      const auto offset = offset_in(change.place);
      if (const auto name = m_names_b->at_address(right.address + offset); !name.empty())
        change.place += fmt::format(" ({})", name);
      add(std::move(change), Impact::code);
    }
    m_node.item.view += diff.view;
  }

  /// ".text+0x12" → 0x12.
  static std::uint64_t offset_in(const std::string& place) {
    const auto plus = place.rfind("+0x");
    return plus == std::string::npos ? 0 : std::strtoull(place.c_str() + plus + 3, nullptr, 16);
  }

  void other_code(const ElfSection& left, const ElfSection& right) {
    const auto at = static_cast<std::size_t>(first_difference(as_bytes(left.bytes), as_bytes(right.bytes)));
    Change change =
        make_change(Aspect::content, fmt::format("{}+{:#x} and after", left.name, at),
                    fmt::format("{} bytes of code", left.size), fmt::format("{} bytes of code", right.size));
    if (const auto name = m_names_b->at_address(right.address + at); !name.empty())
      change.place += fmt::format(" ({})", name);
    change.bytes = std::max(left.size, right.size) - at;
    change.reason = "code of another size";
    const auto options = code_options(left);
    const auto from = at / 16 * 16;
    m_node.item.view += fmt::format("{}+{:#x}\n", left.name, from) +
                        diff_listings({left.bytes, left.address}, {right.bytes, right.address}, from, options);
    add(std::move(change), Impact::code);
  }

  void plain(const ElfSection& left, const ElfSection& right, std::size_t begin, std::size_t end) {
    const auto a = left.bytes.substr(std::min(begin, left.bytes.size()), end - begin);
    const auto b = right.bytes.substr(std::min(begin, right.bytes.size()), end - begin);
    const auto is_padding = [&](const Change& change) {
      const auto zeros = [](const std::string& text) { return text.find_first_not_of('\0') == std::string::npos; };
      return left.size != right.size && change.bytes * change.count < k_most_padding && zeros(change.before) &&
             zeros(change.after);
    };
    auto changes = diff_bytes(a, b, left.name, begin);
    // Zeros alone pad nothing: something before them has to have grown.
    const bool grown = !std::all_of(changes.begin(), changes.end(), is_padding);
    for (auto& change : changes) {
      if (grown && is_padding(change)) {
        change.aspect = Aspect::offset;
        change.derived_from = "self";
        change.reason = "padding, since what stands before it has another size";
      }
      if (const auto name = m_names_b->of_record(right, offset_in(change.place)); !name.empty())
        change.place += fmt::format(" ({})", name);
      add(std::move(change), impact_of_section(left));
    }
  }

  /// A table of numbers: each that differs either refers to what moved, or is a change.
  void words(const ElfSection& left, const ElfSection& right) {
    std::uint64_t follow = 0;
    std::uint64_t bytes = 0;
    std::size_t at = 0;
    const auto common = std::min(left.bytes.size(), right.bytes.size());
    while (true) {
      at = static_cast<std::size_t>(
          first_difference(as_bytes(left.bytes).first(common), as_bytes(right.bytes).first(common), at));
      if (at >= common) break;
      if (const auto told = reference_at(left, right, at); told > at) {
        ++follow;
        bytes += told - at;
        at = told;
        continue;
      }
      const auto begin = at / 4 * 4;
      plain(left, right, std::max(begin, m_words_done), std::min(begin + 4, common));
      at = std::min(begin + 4, common);
      m_words_done = at;
    }
    m_words_done = 0;
    if (follow > 0) add_follow(left.name, follow, bytes);
  }

  void add_follow(const std::string& place, std::uint64_t count, std::uint64_t bytes) {
    auto change = make_change(Aspect::offset, place, {}, {});
    change.count = count;
    change.bytes = bytes;
    change.derived_from = "self";
    change.reason = "refers to what stands elsewhere now";
    add(std::move(change), Impact::metadata);
  }

  /// The end of the word around `at` if it is a reference to what moved; else `at`.
  std::size_t reference_at(const ElfSection& left, const ElfSection& right, std::size_t at) const {
    for (const std::size_t width : {8U, 4U})
      for (const std::size_t align : {width, std::size_t{1}}) {
        const auto first = align == 1 ? (at >= width ? at - width + 1 : 0) : at / width * width;
        const auto last = align == 1 ? at : first;
        for (auto begin = first; begin <= last; ++begin) {
          if (begin + width > left.bytes.size() || begin + width > right.bytes.size()) continue;
          if (left.bytes.substr(begin, at - begin) != right.bytes.substr(begin, at - begin)) continue;
          const auto before = number_at(left.bytes, begin, width, m_a.big_endian);
          const auto after = number_at(right.bytes, begin, width, m_a.big_endian);
          if (before != after && refers(left, right, before, after, begin)) return begin + width;
        }
      }
    return at;
  }

  bool refers(const ElfSection& left, const ElfSection& right, std::uint64_t before, std::uint64_t after,
              std::size_t begin) const {
    if (m_places->same_address(before, after) || m_places->same_string(before, after) ||
        m_places->same_size(before, after) || (left.name == ".debug_info" && m_places->same_line_unit(before, after)))
      return true;
    // Relative to the table's own place, as .eh_frame and its header have it.
    const auto from = static_cast<std::uint64_t>(static_cast<std::int32_t>(before)) + left.address + begin;
    const auto to = static_cast<std::uint64_t>(static_cast<std::int32_t>(after)) + right.address + begin;
    const auto base_from = static_cast<std::uint64_t>(static_cast<std::int32_t>(before)) + left.address;
    const auto base_to = static_cast<std::uint64_t>(static_cast<std::int32_t>(after)) + right.address;
    return left.name.starts_with(".eh_frame") &&
           (m_places->same_address(from, to) || m_places->same_address(base_from, base_to));
  }

  /// Headers, and whatever lies in no section.
  void compare_rest() {
    auto a = unclaimed_ranges(m_a, m_pair.a.size());
    auto b = unclaimed_ranges(m_b, m_pair.b.size());
    if (!a || !b) {
      m_node.note("sections overlap or lie outside the file");
      m_covered = false;
      return;
    }
    headers();
    if (m_places->moved() && !(is_loaded_as_it_lies(m_a, m_pair.a) && is_loaded_as_it_lies(m_b, m_pair.b))) {
      m_node.note("a section's address does not agree with the segment that loads it");
      m_covered = false;
    }
    std::string left, right;
    for (const auto& [begin, end] : *a) left += m_pair.a.part(begin, end - begin).text();
    for (const auto& [begin, end] : *b) right += m_pair.b.part(begin, end - begin).text();
    const auto zero = [](std::string_view text) { return text.find_first_not_of('\0') == std::string_view::npos; };
    if (left == right || (zero(left) && zero(right))) return;
    for (auto& change : diff_bytes(left, right, "between sections")) add(std::move(change), Impact::data);
  }

  void headers() {
    header("ELF header", 0, m_a.header_size, 0, m_b.header_size);
    header("program headers", m_a.program_headers, m_a.program_headers_size, m_b.program_headers,
           m_b.program_headers_size);
    header("section headers", m_a.section_headers, m_a.section_headers_size, m_b.section_headers,
           m_b.section_headers_size);
  }

  /// Offsets, sizes and addresses follow from the sections; anything else in a header is a change.
  void header(const std::string& place, std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
    const auto left = m_pair.a.part(a, a_size).text();
    const auto right = m_pair.b.part(b, b_size).text();
    if (left == right) return;
    std::uint64_t follow = 0;
    std::uint64_t bytes = 0;
    const auto common = std::min(left.size(), right.size());
    for (std::size_t at = 0; at < common; at += 4) {
      if (left.substr(at, 4) == right.substr(at, 4)) continue;
      if (at + 4 <= common && (follows(left, right, at) || (place == "section headers" && is_compression(at)))) {
        ++follow;
        bytes += 4;
        continue;
      }
      for (auto& change :
           diff_bytes(left.substr(at, 4), right.substr(at, std::min<std::size_t>(4, common - at)), place, at))
        add(std::move(change), Impact::code);
    }
    if (left.size() != right.size()) {
      auto change =
          make_change(Aspect::size, place, fmt::format("{} bytes", left.size()), fmt::format("{} bytes", right.size()));
      change.derived_from = "self";
      add(std::move(change), Impact::metadata);
    }
    if (follow > 0) add_follow(place, follow, bytes);
  }

  /// The mark and the alignment of a section that is compressed on one side: that is told of the section.
  bool is_compression(std::size_t at) const {
    const std::size_t entry = m_a.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    const auto index = at / entry;
    if (index == 0 || std::find(m_pairs.begin(), m_pairs.end(), std::pair{index - 1, index - 1}) == m_pairs.end())
      return false;
    const auto& left = m_a.sections[index - 1];
    const auto& right = m_b.sections[index - 1];
    if (left.compressed == right.compressed || (left.flags ^ right.flags) != SHF_COMPRESSED ||
        left.bytes == right.bytes)
      return false;
    const auto field = at % entry;
    const auto within = [&](std::size_t begin) { return field >= begin && field < begin + (m_a.wide ? 8U : 4U); };
    return m_a.wide ? within(offsetof(Elf64_Shdr, sh_flags)) || within(offsetof(Elf64_Shdr, sh_addralign))
                    : within(offsetof(Elf32_Shdr, sh_flags)) || within(offsetof(Elf32_Shdr, sh_addralign));
  }

  bool follows(std::string_view left, std::string_view right, std::size_t at) const {
    const auto check = [&](std::size_t begin, std::size_t width) {
      if (begin + width > std::min(left.size(), right.size())) return false;
      const auto before = number_at(left, begin, width, m_a.big_endian);
      const auto after = number_at(right, begin, width, m_a.big_endian);
      if (m_places->same_address(before, after) || m_places->same_offset(before, after) ||
          m_places->same_size(before, after))
        return true;
      if (before == m_a.section_headers && after == m_b.section_headers) return true;
      return m_places->moved() && (segment_size(before, after) || same_name(before, after));
    };
    return check(at, 4) || check(at / 8 * 8, 8);
  }

  /// A segment grows with the sections in it.
  bool segment_size(std::uint64_t before, std::uint64_t after) const {
    for (const auto& [i, k] : m_pairs)
      for (const auto& [j, l] : m_pairs) {
        const auto& first_a = m_a.sections[i];
        const auto& last_a = m_a.sections[j];
        const auto& first_b = m_b.sections[k];
        const auto& last_b = m_b.sections[l];
        if (last_a.address + last_a.memory == first_a.address + before &&
            last_b.address + last_b.memory == first_b.address + after && first_a.address != 0)
          return true;
        if (last_a.offset + last_a.size == before && last_b.offset + last_b.size == after) return true;
      }
    return false;
  }

  /// Offsets of one section's name.
  bool same_name(std::uint64_t before, std::uint64_t after) const { return m_places->same_string(before, after); }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  ElfImage m_a, m_b;
  std::vector<std::pair<std::size_t, std::size_t>> m_pairs;
  std::vector<std::size_t> m_only_a, m_only_b;
  const PlaceMap* m_places = nullptr;
  const SymbolNames* m_names_a = nullptr;
  const SymbolNames* m_names_b = nullptr;
  std::size_t m_words_done = 0;
  bool m_covered = true;
};

}  // namespace

bool compare_elf(Session& session, const Pair& pair, Node& node) {
  return ElfComparison{session, pair, node}.run();
}

}  // namespace assay::artifact
