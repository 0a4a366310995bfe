// An upstream file as its own build, or a distribution's, put something into it or took something out: with that undone it is a known
// file to the byte. Each way is one that a fixed text or a version undoes, so that nothing of one's choice passes.
#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/filled_in.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_largest = 4U << 20;

struct Restored {
  std::string text;
  std::string what;  ///< was done to it
};

/// libtool's build fills `ltversion.in` in.
std::optional<Restored> without_versions(std::string_view name, std::string_view text) {
  if (name != "ltversion.m4") return std::nullopt;
  const auto serial = version_between(text, "# serial ", " ltversion.m4");
  const auto version = version_between(text, "m4_define([LT_PACKAGE_VERSION], [", "])");
  const auto revision = version_between(text, "m4_define([LT_PACKAGE_REVISION], [", "])");
  if (serial.empty() || version.empty() || revision.empty()) return std::nullopt;
  std::string restored{text};
  for (const auto& [before, value, after, mark] : std::initializer_list<std::array<std::string_view, 4>>{
           {"# serial ", serial, " ltversion.m4", "@MACRO_SERIAL@"},
           {"[LT_PACKAGE_VERSION], [", version, "])", "@MACRO_VERSION@"},
           {"[LT_PACKAGE_REVISION], [", revision, "])", "@MACRO_REVISION@"},
           {"[macro_version='", version, "'", "@MACRO_VERSION@"},
           {"macro_revision='", revision, "'", "@MACRO_REVISION@"}})
    restored = with_replaced(restored, fmt::format("{}{}{}", before, value, after),
                             fmt::format("{}{}{}", before, mark, after));
  return Restored{std::move(restored),
                  fmt::format("version {}, revision {} and serial {} filled in", version, revision, serial)};
}

/// Distributions that build reproducibly leave out the line by which the libtool script would name the host it was made on.
std::optional<Restored> with_name_of_host(std::string_view name, std::string_view text) {
  constexpr std::string_view k_before = "# Generated automatically by $as_me ($PACKAGE) $VERSION\n";
  constexpr std::string_view k_line =
      "# Libtool was configured on host `(hostname || uname -n) 2>/dev/null | sed 1q`:\n";
  if (name != "libtool.m4" || text.find(k_line) != std::string_view::npos) return std::nullopt;
  if (text.find(k_before) == std::string_view::npos) return std::nullopt;
  return Restored{with_replaced(text, k_before, fmt::format("{}{}", k_before, k_line)),
                  "the line left out that names the host a libtool script was made on"};
}

}  // namespace

std::optional<Explanation> explain_restored(ExplainContext& context) {
  if (context.content == nullptr || context.content->size() > k_largest ||
      context.difference.status != EntryStatus::added)
    return std::nullopt;
  const auto name = path_basename(context.difference.path);
  for (const auto undo : {without_versions, with_name_of_host}) {
    const auto restored = undo(name, context.text());
    if (!restored) continue;
    const auto places = context.known.find(sha256(as_bytes(restored->text)));
    const auto is_home = [&](const KnownFile& place) {
      return path_basename(place.path).substr(0, path_basename(place.path).find('.')) == name.substr(0, name.find('.'));
    };
    for (const auto& place : places)
      if (is_home(place))
        return make_explanation(Proof::derived, "restored",
                                {{"upstream", std::string{place.upstream}},
                                 {"path there", std::string{place.path}},
                                 {"what was done to it", restored->what}});
  }
  return std::nullopt;
}

}  // namespace assay::provenance
