#include "rebuild/control_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "base/text.hpp"

namespace assay::rebuild {

namespace {

constexpr std::size_t k_most_paragraphs = 1'000'000;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Takes lines in; knows when a paragraph is over.
class ParagraphReader {
 public:
  bool empty() const noexcept { return m_paragraph.empty(); }
  void take(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (m_last != nullptr) *m_last += "\n" + std::string{trimmed(line)};
      return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with('#')) return;
    m_last = &m_paragraph[ascii_lower(line.substr(0, colon))];
    *m_last = trimmed(line.substr(colon + 1));
  }
  Paragraph finish() {
    m_last = nullptr;
    return std::exchange(m_paragraph, {});
  }

 private:
  Paragraph m_paragraph;
  std::string* m_last = nullptr;
};

std::vector<Paragraph> read(std::string_view text, std::size_t most) {
  std::vector<Paragraph> found;
  ParagraphReader reader;
  bool armor_headers = false;
  for (const auto line : split_lines(text)) {
    if (line.starts_with("-----BEGIN PGP SIGNATURE")) break;
    if (line.starts_with("-----BEGIN PGP SIGNED MESSAGE")) {
      armor_headers = true;
      continue;
    }
    const bool blank = trimmed(line).empty();
    if (armor_headers) {
      armor_headers = !blank;
      continue;
    }
    if (!blank) {
      reader.take(line);
      continue;
    }
    if (!reader.empty()) found.push_back(reader.finish());
    if (found.size() >= most) return found;
  }
  if (!reader.empty()) found.push_back(reader.finish());
  return found;
}

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (true) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return found;
    const auto end = std::min(line.find(' ', begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

/// "Mon, 26 Dec 2022 16:30:00 +0100" (RFC 5322 section 3.3, as deb-changelog(5) wants it).
std::optional<std::int64_t> parse_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto parts = words(text);
  if (!parts.empty() && parts[0].ends_with(',')) parts.erase(parts.begin());
  if (parts.size() < 5 || parts[3].size() != 8 || parts[4].size() != 5) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), parts[1].substr(0, 3));
  if (month == months.end()) return std::nullopt;
  std::tm date{};
  date.tm_mday = number(parts[0]);
  date.tm_mon = static_cast<int>(month - months.begin());
  date.tm_year = number(parts[2]) - 1900;
  date.tm_hour = number(parts[3].substr(0, 2));
  date.tm_min = number(parts[3].substr(3, 2));
  date.tm_sec = number(parts[3].substr(6, 2));
  const int zone = number(parts[4].substr(1, 2)) * 60 + number(parts[4].substr(3, 2));
  if (date.tm_mday < 1 || date.tm_year < 70 || date.tm_hour < 0 || date.tm_min < 0 || date.tm_sec < 0 || zone < 0)
    return std::nullopt;
  return std::int64_t{::timegm(&date)} - (parts[4][0] == '-' ? -zone : zone) * 60LL;
}

}  // namespace

Paragraph first_paragraph(std::string_view text) {
  auto found = read(text, 1);
  return found.empty() ? Paragraph{} : std::move(found.front());
}

std::vector<Paragraph> paragraphs(std::string_view text) {
  return read(text, k_most_paragraphs);
}

std::string_view field(const Paragraph& paragraph, std::string_view name) noexcept {
  const auto found = paragraph.find(name);
  return found == paragraph.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<ChangelogHead> changelog_head(std::string_view text) {
  ChangelogHead head;
  for (const auto line : split_lines(text)) {
    if (head.source.empty()) {
      const auto open = line.find(" ("), close = line.find(')');
      if (trimmed(line).empty()) continue;
      if (line.starts_with(' ') || open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
      head.source = line.substr(0, open);
      head.version = line.substr(open + 2, close - open - 2);
    } else if (line.starts_with(" -- ")) {
      const auto date = line.find(">  ");
      const auto time = date == std::string_view::npos ? std::nullopt : parse_date(line.substr(date + 3));
      if (!time) return std::nullopt;
      head.time = *time;
      return head;
    }
  }
  return std::nullopt;
}

std::vector<std::string> relations(std::string_view value) {
  std::vector<std::string> found;
  while (!value.empty()) {
    const auto end = std::min(value.find(','), value.size());
    if (const auto item = trimmed(value.substr(0, end)); !item.empty()) found.push_back(normalise_line(item));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return found;
}

}  // namespace assay::rebuild
