// aclocal.m4 as aclocal(1) makes it: a head, whole macro files of upstreams one after another (without their `##` lines, a blank
// line behind each), and m4_include lines for the macro files of the project itself.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_largest = 4U << 20;
/// A piece is hashed anew for every end that is tried: macro files have a few dozen blank lines. What is larger (libtool.m4) is
/// included by its name nearly always.
constexpr std::size_t k_longest_piece = 128U << 10;
constexpr std::size_t k_most_ends = 600;

bool is_version(std::string_view text) {
  return !text.empty() && text.size() < 24 && text.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

/// The head, with `@V@` where the version of autoconf stands and `@Y@` where copyright years do. The code of it is this and no
/// other since automake 1.12.
constexpr std::array<std::string_view, 13> k_comments{
    "# Copyright (C) @Y@ Free Software Foundation, Inc.",
    "# This file is free software; the Free Software Foundation",
    "# gives unlimited permission to copy and/or distribute it,",
    "# with or without modifications, as long as this notice is preserved.",
    "# This program is distributed in the hope that it will be useful,",
    "# but WITHOUT ANY WARRANTY, to the extent permitted by law; without",
    "# even the implied warranty of MERCHANTABILITY or FITNESS FOR A",
    "# PARTICULAR PURPOSE.",
    "m4_ifndef([AC_CONFIG_MACRO_DIRS], [m4_defun([_AM_CONFIG_MACRO_DIRS], [])m4_defun([AC_CONFIG_MACRO_DIRS], [_AM_CONFIG_MACRO_DIRS($@)])])",
    "m4_ifndef([AC_AUTOCONF_VERSION],",
    "  [m4_copy([m4_PACKAGE_VERSION], [AC_AUTOCONF_VERSION])])dnl",
    "m4_if(m4_defn([AC_AUTOCONF_VERSION]), [@V@],,",
    "[m4_warning([this file was generated for autoconf @V@.",
};
constexpr std::array<std::string_view, 3> k_tail{
    "You have another version of autoconf.  It may work, but is not guaranteed to.",
    "If you have problems, you may need to regenerate the build system entirely.",
    "To do so, use the procedure documented by the package, typically 'autoreconf'.])])",
};
constexpr std::string_view k_tail_of_old = "To do so, use the procedure documented by the package, typically `autoreconf'.])])";

/// Is `line` the pattern with a version or years in its place?
bool fits(std::string_view pattern, std::string_view line) {
  const auto mark = pattern.find('@');
  if (mark == std::string_view::npos || pattern.substr(mark).starts_with("@)])])")) return line == pattern;
  const auto head = pattern.substr(0, mark);
  const auto tail = pattern.substr(mark + 3);
  if (line.size() < head.size() + tail.size() || !line.starts_with(head) || !line.ends_with(tail)) return false;
  const auto value = line.substr(head.size(), line.size() - head.size() - tail.size());
  return pattern[mark + 1] == 'V' ? is_version(value) : value.size() < 24 && value.find_first_not_of("0123456789-, ") == std::string_view::npos;
}

/// Takes one line off `rest`.
std::string_view next_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

/// The text behind the head; nothing if it is not aclocal's.
std::optional<std::string_view> after_head(std::string_view text, std::string& version) {
  const auto first = next_line(text);
  constexpr std::string_view k_start = "# generated automatically by aclocal ";
  constexpr std::string_view k_end = " -*- Autoconf -*-";
  if (!first.starts_with(k_start) || !first.ends_with(k_end) || first.size() < k_start.size() + k_end.size()) return std::nullopt;
  version = first.substr(k_start.size(), first.size() - k_start.size() - k_end.size());
  if (!is_version(version)) return std::nullopt;
  std::size_t at = 0;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line.empty()) continue;
    if (at < k_comments.size()) {
      // One release of automake has the macro directories' line, an older one does not.
      if (!fits(k_comments[at], line) && (at != 8 || !fits(k_comments[++at], line))) return std::nullopt;
      ++at;
      continue;
    }
    const auto tail = at++ - k_comments.size();
    if (line != k_tail[tail] && (tail != 2 || line != k_tail_of_old)) return std::nullopt;
    if (tail + 1 == k_tail.size()) {
      if (!text.starts_with('\n')) return std::nullopt;
      return text.substr(1);
    }
  }
  return std::nullopt;
}

struct Piece {
  std::size_t size = 0;
  std::string name;  ///< "libtool: m4/libtool.m4"
};

/// The known file that `text` begins with: it ends where a blank line follows.
std::optional<Piece> known_piece(const KnownFiles& known, std::string_view text) {
  std::size_t ends = 0;
  for (auto end = text.find("\n\n"); end != std::string_view::npos && end < k_longest_piece && ++ends <= k_most_ends; end = text.find("\n\n", end + 1)) {
    const auto places = known.find(sha256(as_bytes(text.substr(0, end + 1))));
    if (places.empty()) continue;
    return Piece{end + 2, fmt::format("{}: {}", places.front().upstream, places.front().path)};
  }
  return std::nullopt;
}

std::string with_replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (auto at = text.find(from); !from.empty() && at != std::string_view::npos; at = text.find(from)) {
    (out += text.substr(0, at)) += to;
    text.remove_prefix(at + from.size());
  }
  return out += text;
}

/// The first piece: amversion.m4, which automake's build makes of m4/amversion.in for each version.
std::optional<Piece> version_piece(const KnownFiles& known, std::string_view text, std::string_view version) {
  constexpr std::string_view k_api = "[am__api_version='";
  const auto api_at = text.find(k_api);
  for (auto end = text.find("\n\n"); end != std::string_view::npos && end < 4'000; end = text.find("\n\n", end + 1)) {
    const auto piece = text.substr(0, end + 1);
    if (api_at >= piece.size()) continue;
    const auto api = piece.substr(api_at + k_api.size(), std::min(piece.find('\'', api_at + k_api.size()), piece.size()) - api_at - k_api.size());
    if (!is_version(api) || !version.starts_with(api)) return std::nullopt;
    auto source = with_replaced(with_replaced(piece, fmt::format("[{}]", version), "[@VERSION@]"), fmt::format("'{}'", api), "'@APIVERSION@'");
    const auto places = known.find(sha256(as_bytes(fmt::format("##{:58}-*- Autoconf -*-\n## @configure_input@\n{}", "", source))));
    if (!places.empty()) return Piece{end + 2, fmt::format("{}: {}", places.front().upstream, places.front().path)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Explanation> explain_aclocal(ExplainContext& context) {
  if (context.content == nullptr || path_basename(context.difference.path) != "aclocal.m4" || context.content->size() > k_largest) return std::nullopt;
  std::string version;
  const auto behind = after_head(context.text(), version);
  if (!behind) return std::nullopt;
  auto rest = *behind;
  std::size_t pieces = 0;
  std::set<std::string> upstreams;
  while (!rest.empty() && !rest.starts_with("m4_include([")) {
    auto piece = known_piece(context.known, rest);
    if (!piece) piece = version_piece(context.known, rest, version);
    if (!piece) return std::nullopt;
    upstreams.insert(piece->name.substr(0, piece->name.find(':')));
    rest.remove_prefix(piece->size);
    ++pieces;
  }
  std::size_t included = 0;
  const auto directory = std::string{path_dirname(context.reference_path)};
  for (; !rest.empty(); ++included) {
    const auto line = next_line(rest);
    if (!line.starts_with("m4_include([") || !line.ends_with("])")) return std::nullopt;
    const auto name = line.substr(12, line.size() - 14);
    const auto* entry = context.reference.manifest().find(directory.empty() ? std::string{name} : fmt::format("{}/{}", directory, name));
    // What is not in version control has a proof of its own to find; here it would be taken on trust.
    if (entry == nullptr || entry->kind != EntryKind::regular || !name.ends_with(".m4")) return std::nullopt;
  }
  if (pieces == 0) return std::nullopt;
  std::string from;
  for (const auto& upstream : upstreams) from += (from.empty() ? "" : ", ") + upstream;
  return make_explanation(Proof::derived, "aclocal", {{"made by", "aclocal " + version}, {"whole macro files", fmt::format("{}, of {}", pieces, from)}, {"includes", count_of(included, "file") + " of version control"}});
}

}  // namespace assay::provenance
