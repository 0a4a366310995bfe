#include "vcs/commit_object.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace assay::vcs {

namespace {

constexpr std::size_t k_most_parents = 10'000;  ///< Linux has a commit with 66
constexpr std::string_view k_blanks = " \t\n\v\f\r";

/// Takes header lines off an object.
class Headers {
 public:
  explicit Headers(std::string_view text) : m_rest(text) {}

  /// The value of the next line if that is `key`.
  std::optional<std::string_view> take(std::string_view key) {
    const auto line = next();
    if (!line || line->size() <= key.size() || !line->starts_with(key) || (*line)[key.size()] != ' ')
      return std::nullopt;
    skip();
    return line->substr(key.size() + 1);
  }
  /// The next line, without its end; nothing at the empty line before the message, or where there is no line.
  std::optional<std::string_view> next() const {
    const auto end = m_rest.find('\n');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    return m_rest.substr(0, end);
  }
  void skip() { m_rest.remove_prefix(m_rest.find('\n') + 1); }
  std::string_view rest() const noexcept { return m_rest; }

 private:
  std::string_view m_rest;
};

std::optional<GitOid> take_id(Headers& headers, std::string_view key, GitHash hash) {
  const auto text = headers.take(key);
  const auto id = text ? GitOid::from_hex(*text) : std::nullopt;
  return id && id->hash == hash ? id : std::nullopt;
}

std::string_view trim(std::string_view text) {
  const auto start = text.find_first_not_of(k_blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(k_blanks) - start + 1);
}

template <typename Number>
std::string_view take_number(std::string_view text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{}) return {};
  return text.substr(static_cast<std::size_t>(end - text.data()));
}

/// "+0130" in minutes; what cannot be an offset is none.
int minutes_of(std::string_view zone) {
  if (zone.size() < 2 || (zone[0] != '+' && zone[0] != '-')) return 0;
  int offset = 0;
  take_number(zone.substr(1), offset);
  const int hours = offset / 100, minutes = offset % 100;
  if (offset < 0 || hours > 14 || minutes > 59) return 0;
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/// "Name <mail> 1700000000 +0130"
std::optional<Signature> parse_person(std::string_view line) {
  const auto open = line.find('<');
  const auto close = open == std::string_view::npos ? open : line.find('>', open);
  if (close == std::string_view::npos) return std::nullopt;
  Signature person;
  const auto name = line.substr(0, open);
  person.name = name.substr(0, name.find_last_not_of(k_blanks) + 1);
  person.email = line.substr(open + 1, close - open - 1);
  const auto date = trim(line.substr(line.rfind('>') + 1));
  const auto zone = trim(take_number(date, person.time));
  if (person.time < 0) person.time = 0;
  person.offset_minutes = minutes_of(zone);
  return person;
}

std::string_view as_c_string(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

}  // namespace

std::optional<Commit> parse_commit(const GitOid& id, ByteView object) {
  Headers headers{as_text(object)};
  Commit commit;
  commit.id = id;
  const auto tree = take_id(headers, "tree", id.hash);
  if (!tree) return std::nullopt;
  commit.tree = *tree;
  while (headers.next() && headers.next()->starts_with("parent ")) {
    const auto parent = take_id(headers, "parent", id.hash);
    if (!parent || commit.parents.size() == k_most_parents) return std::nullopt;
    commit.parents.push_back(*parent);
  }
  const auto author = headers.take("author");
  // Some converters wrote several authors; git takes the first.
  while (author && headers.take("author")) continue;
  const auto committer = headers.take("committer");
  auto wrote = author ? parse_person(as_c_string(*author)) : std::nullopt;
  auto put_in = committer ? parse_person(as_c_string(*committer)) : std::nullopt;
  if (!wrote || !put_in) return std::nullopt;
  commit.author = *std::move(wrote);
  commit.committer = *std::move(put_in);
  for (; headers.next(); headers.skip())
    if (const auto line = *headers.next(); line.starts_with("encoding ") && commit.encoding.empty())
      commit.encoding = as_c_string(line.substr(9));
  auto message = as_c_string(headers.rest());
  message.remove_prefix(std::min(message.find_first_not_of('\n'), message.size()));
  commit.message = message;
  return commit;
}

std::optional<TagTarget> parse_tag(GitHash hash, ByteView object) {
  Headers headers{as_text(object)};
  const auto target = take_id(headers, "object", hash);
  const auto name = target ? headers.take("type") : std::nullopt;
  const auto type = name ? object_type(*name) : std::nullopt;
  if (!type) return std::nullopt;
  return TagTarget{*target, *type};
}

}  // namespace assay::vcs
