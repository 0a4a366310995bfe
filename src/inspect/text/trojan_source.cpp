#include "inspect/text/trojan_source.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_names = 20'000;
constexpr std::size_t k_longest_name = 256;
constexpr std::size_t k_line_bytes = 400;

/// The code point at the start of `text` and its length; a byte that is none counts as U+FFFD.
struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t length = 1;
};

CodePoint code_point(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (length == 1 || length > text.size() || !is_utf8(text.substr(0, length))) return {};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3FU);
  return {value, length};
}

bool is_embedding(char32_t c) noexcept {
  return c == 0x202A || c == 0x202B || c == 0x202D || c == 0x202E;
}
bool is_isolate(char32_t c) noexcept {
  return c >= 0x2066 && c <= 0x2068;
}
constexpr char32_t k_pop_embedding = 0x202C;
constexpr char32_t k_pop_isolate = 0x2069;
bool is_bidi_control(char32_t c) noexcept {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
/// Characters that leave no mark where they stand, by Unicode's own list (Default_Ignorable_Code_Point): zero-width spaces
/// and joiners, variation selectors, tags, fillers of Hangul, marks of direction.
bool is_invisible(char32_t c) noexcept {
  return c >= 0x80 && !is_bidi_control(c) &&
         u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}
/// A selector or joiner behind one of these is how an emoji is written.
bool is_emoji(char32_t c) noexcept {
  return c >= 0x80 && u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EMOJI) != 0;
}
constexpr char32_t k_emoji_selector = 0xFE0F;
constexpr char32_t k_joiner = 0x200D;
/// So many invisible characters in a row are data: no script, flag or emoji needs them.
constexpr std::size_t k_hidden_run = 16;

/// The skeletons of these are none that pass for ASCII: accented letters keep their accents, ideographs and Hangul
/// syllables look like nothing else, but for the few that are listed. A test asks ICU about each.
bool is_plain_foreign(char32_t c) noexcept {
  constexpr std::array<char32_t, 12> k_alike{0xC6,  0xD7,  0xE6,  0x131, 0x132,  0x133,
                                             0x138, 0x149, 0x152, 0x153, 0x4E36, 0x4E3F};
  const bool plain =
      c == 0xA9 || (c >= 0xC0 && c < 0x17F) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3);
  return plain && std::find(k_alike.begin(), k_alike.end(), c) == k_alike.end();
}

/// What is open where a line ends (Unicode Standard Annex #9: a paragraph's end closes everything).
class OpenControls {
 public:
  void see(char32_t c) {
    if (is_embedding(c) || is_isolate(c)) {
      if (m_open.size() < 125) m_open.push_back(c);  // max_depth of the annex
    } else if (c == k_pop_embedding) {
      if (!m_open.empty() && is_embedding(m_open.back())) m_open.pop_back();
    } else if (c == k_pop_isolate) {
      const auto isolate = std::find_if(m_open.rbegin(), m_open.rend(), is_isolate);
      if (isolate != m_open.rend()) m_open.erase(isolate.base() - 1, m_open.end());
    }
  }
  std::optional<char32_t> open() const { return m_open.empty() ? std::nullopt : std::optional{m_open.back()}; }
  void clear() { m_open.clear(); }

 private:
  std::vector<char32_t> m_open;
};

/// Skeletons of Unicode Technical Standard #39. One per thread.
class Skeletons {
 public:
  Skeletons() : m_checker(uspoof_open(&m_status), &uspoof_close) {}
  /// Nothing if ICU's data is not there or the name is no text.
  std::optional<std::string> of(std::string_view name) {
    if (U_FAILURE(m_status)) return std::nullopt;
    std::string out(name.size() * 6 + 16, '\0');
    UErrorCode status = U_ZERO_ERROR;
    const auto length = uspoof_getSkeletonUTF8(m_checker.get(), 0, name.data(), static_cast<int32_t>(name.size()),
                                               out.data(), static_cast<int32_t>(out.size()), &status);
    if (U_FAILURE(status)) return std::nullopt;
    out.resize(static_cast<std::size_t>(length));
    return out;
  }

 private:
  UErrorCode m_status = U_ZERO_ERROR;
  std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> m_checker;
};

bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
/// Beyond ASCII everything counts but spaces and punctuation, which end a name: an ellipsis, a space that does not break.
bool is_name_point(CodePoint point) noexcept {
  constexpr auto k_between = static_cast<std::uint32_t>(U_GC_Z_MASK | (U_GC_P_MASK & ~U_GC_PC_MASK));
  return (U_MASK(u_charType(static_cast<UChar32>(point.value))) & k_between) == 0;
}
/// How long the part of a name is that `text` begins with; 0 if it begins with none.
std::size_t name_part(std::string_view text) noexcept {
  if (static_cast<unsigned char>(text[0]) < 0x80) return is_name_byte(text[0]) ? 1 : 0;
  const auto point = code_point(text);
  return is_name_point(point) ? point.length : 0;
}
bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
bool has_ascii_letter(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

std::string spelled(char32_t c) {
  return fmt::format("U+{:04X}", static_cast<unsigned>(c));
}

class Examiner {
 public:
  Examiner(Language language, std::string_view text) : m_language(language), m_text(text) {}

  std::vector<Deceit> run() {
    tokenise(m_language, m_text, [this](const Token& token) { see(token); });
    compare_names();
    std::stable_sort(m_deceits.begin(), m_deceits.end(),
                     [](const Deceit& a, const Deceit& b) { return a.line < b.line; });
    return std::move(m_deceits);
  }

 private:
  void see(const Token& token) {
    if (token.kind == TokenKind::code) collect_names(token);
    if (is_ascii(token.text)) return;
    if (token.kind == TokenKind::code) see_code(token);
    else see_inert(token);
  }

  /// In a comment or a string, what is opened has to be closed before the line or the token ends.
  void see_inert(const Token& token) {
    OpenControls controls;
    auto line = token.line;
    std::size_t at = 0;
    std::size_t unseen = 0;
    const auto end_line = [&] {
      const bool token_ends = at >= token.text.size();
      if (const auto open = controls.open())
        add(Deception::reordered, line, token, at,
            fmt::format("{} is still open at the end of {} in {}", spelled(*open),
                        token_ends ? to_string(token.kind) : "a line",
                        token_ends ? "the code" : to_string(token.kind)));
      controls.clear();
    };
    while (at < token.text.size()) {
      const auto point = code_point(token.text.substr(at));
      if (point.value == '\n') {
        end_line();
        ++line;
      }
      controls.see(point.value);
      unseen = is_invisible(point.value) ? unseen + 1 : 0;
      if (unseen == k_hidden_run)
        add(Deception::invisible, line, token, at,
            fmt::format("{} or more characters that nobody sees stand in a row in {}", k_hidden_run,
                        to_string(token.kind)));
      at += point.length;
    }
    end_line();
  }

  void see_code(const Token& token) {
    char32_t before = 0;
    for (std::size_t at = 0; at < token.text.size();) {
      const auto point = code_point(token.text.substr(at));
      if (is_bidi_control(point.value))
        add(Deception::reordered, token.line, token, at, fmt::format("{} stands in code", spelled(point.value)));
      const bool mark_of_file = point.value == 0xFEFF && token.offset + at == 0;
      const bool of_emoji = (point.value == k_emoji_selector && is_emoji(before)) ||
                            (point.value == k_joiner && (is_emoji(before) || before == k_emoji_selector));
      if (is_invisible(point.value) && !mark_of_file && !of_emoji)
        add(Deception::invisible, token.line, token, at,
            fmt::format("{}, which nobody sees, stands in code", spelled(point.value)));
      before = point.value;
      at += point.length;
    }
  }

  void collect_names(const Token& token) {
    const auto text = token.text;
    for (std::size_t at = 0; at < text.size();) {
      auto end = at;
      while (end < text.size()) {
        const auto part = name_part(text.substr(end));
        if (part == 0) break;
        end += part;
      }
      if (end == at) {
        at += code_point(text.substr(at)).length;
        continue;
      }
      const auto name = text.substr(at, end - at);
      if (name.size() <= k_longest_name && m_names.size() + m_foreign.size() < k_most_names &&
          (name[0] < '0' || name[0] > '9')) {
        if (is_ascii(name)) m_names.insert(name);
        else m_foreign.try_emplace(name, std::pair{token.line, token.offset + at});
      }
      at = end;
    }
  }

  /// Only a file with names beyond ASCII pays for this.
  void compare_names() {
    if (m_foreign.empty()) return;
    Skeletons skeletons;
    std::map<std::string, std::string_view> by_skeleton;
    for (const auto name : m_names)
      if (auto skeleton = skeletons.of(name)) by_skeleton.emplace(std::move(*skeleton), name);
    for (const auto& [name, place] : m_foreign) {
      if (!is_utf8(name)) continue;
      const auto skeleton = skeletons.of(name);
      if (!skeleton) continue;
      const Token token{TokenKind::code, 0, place.first, m_text};
      if (const auto twin = by_skeleton.find(*skeleton); twin != by_skeleton.end())
        add(Deception::confusable, place.first, token, place.second,
            fmt::format("the name '{}' looks like '{}' of the same file and is another one", escaped(name),
                        escape_for_display(twin->second)));
      else if (is_ascii(*skeleton) && has_ascii_letter(name))
        add(Deception::confusable, place.first, token, place.second,
            fmt::format("the name '{}' mixes Latin letters with others that pass for them", escaped(name)));
    }
  }

  /// The name with what is not ASCII as code points, so that the difference can be seen.
  static std::string escaped(std::string_view name) {
    std::string out;
    for (std::size_t at = 0; at < name.size();) {
      const auto point = code_point(name.substr(at));
      out += point.value < 0x80 ? std::string(1, static_cast<char>(point.value))
                                : fmt::format("<{}>", spelled(point.value));
      at += point.length;
    }
    return out;
  }

  void add(Deception what, std::uint64_t line, const Token& token, std::size_t at, std::string message) {
    if (m_deceits.size() >= k_most_deceits) return;
    const auto offset = std::min<std::size_t>(token.offset + at, m_text.size());
    const auto begin = offset == 0 ? 0 : m_text.rfind('\n', offset - 1) + 1;
    const auto text = m_text.substr(begin, std::min(m_text.find('\n', offset), begin + k_line_bytes) - begin);
    m_deceits.push_back({what, line, token.kind, std::move(message), std::string{text}});
  }

  const Language m_language;
  const std::string_view m_text;
  std::vector<Deceit> m_deceits;
  std::set<std::string_view> m_names;
  std::map<std::string_view, std::pair<std::uint64_t, std::size_t>> m_foreign;  ///< name → line and offset
};

}  // namespace

bool may_deceive(std::string_view text) noexcept {
  const auto* at = text.data();
  const auto* const end = at + text.size();
  while (at < end) {
    // Most text is ASCII: eight bytes at a time.
    std::uint64_t block = 0;
    if (end - at >= 8) {
      std::memcpy(&block, at, 8);
      if ((block & 0x8080808080808080ULL) == 0) {
        at += 8;
        continue;
      }
    }
    const auto lead = static_cast<unsigned char>(*at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const auto point = code_point({at, static_cast<std::size_t>(end - at)});
    const bool mark_of_file = point.value == 0xFEFF && at == text.data();
    const bool malformed = point.value == 0xFFFD && point.length == 1;
    if (!mark_of_file && !malformed && !is_plain_foreign(point.value)) return true;
    at += point.length;
  }
  return false;
}

std::vector<Deceit> find_deceits(Language language, std::string_view text) {
  if (language == Language::none || !may_deceive(text)) return {};
  return Examiner{language, text}.run();
}

}  // namespace assay::inspect
