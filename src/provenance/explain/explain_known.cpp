// Byte-identical to a file that an upstream (gnulib, automake, libtool, …) published at some time.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/build_mentions.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/macro_names.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

std::string date_of(std::int64_t seconds) {
  return seconds == 0 ? "unknown" : fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// The name of the directory that a file stands in.
std::string_view directory_name(std::string_view path) {
  return path_basename(path_dirname(path));
}

/// Libraries that gettextize and libtoolize copy into a project, with all that builds them.
bool is_of_copied_library(std::string_view published, std::string_view path) {
  const auto name = directory_name(path);
  return (name == "intl" || name == "libltdl") && directory_name(published) == name;
}

/// What a project makes of an input of its own, or is one: an upstream's file of that name takes its place, and whatever it does.
bool has_input_of_its_own(const std::vector<KnownFile>& places, std::string_view path) {
  static constexpr std::string_view k_names[] = {
      "Makefile",    "Makefile.in", "Makefile.am", "configure",    "config.in", "configure.ac", "configure.in",
      "config.h.in", "VERSION",     "aclocal.m4",  "acinclude.m4", "acsite.m4", "acconfig.h"};
  const auto name = path_basename(path);
  const bool catalogue = name == "LINGUAS" || ends_with_any(name, {".po", ".pot", ".gmo", ".mo"});
  return (catalogue || std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names)) &&
         std::none_of(places.begin(), places.end(),
                      [&](const KnownFile& place) { return is_of_copied_library(place.path, path); });
}

/// `stamp-h.in`, `stamp-po`, `stamp-vti`, `stamp-1`: what Automake, gettext and texinfo make, of which nothing but the time is looked at. A
/// project's own stamp may stand for a check that make(1) takes for done.
bool is_stamp_of_a_tool(std::string_view name) {
  constexpr std::string_view k_start = "stamp-";
  if (!name.starts_with(k_start)) return false;
  name.remove_prefix(k_start.size());
  if (name == "h" || name == "h.in" || name == "po" || name == "vti") return true;
  if (name.starts_with('h')) name.remove_prefix(1);
  if (name.ends_with(".in")) name.remove_suffix(3);
  return !name.empty() && name.size() <= 2 && name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A file that was published under another name is known text, but what a tool makes of that name nobody knows, unless people alone
/// read it.
bool stands_for_itself(const std::vector<KnownFile>& places, const compare::Difference& difference) {
  const auto name = path_basename(difference.path);
  const bool same_name = std::any_of(places.begin(), places.end(),
                                     [&](const KnownFile& place) { return path_basename(place.path) == name; });
  if (same_name) return !has_input_of_its_own(places, difference.path);
  if (difference.subject->executable()) return false;
  return is_prose(difference.path) || (is_stamp_of_a_tool(name) && difference.subject->size <= 64);
}

/// Does a tool use a file of this name wherever it stands? Helpers, macros, sources and templates act only where something names them.
bool acts_by_its_name(std::string_view path) {
  const auto info = reach_by_name(path);
  if (is_hidden(path)) return true;
  if (info.reach != Reach::executed || path.ends_with(".in")) return false;
  static constexpr std::string_view k_on_demand[] = {"build helper", "m4 macro file", "shell script",  "Perl script",
                                                     "awk script",   "sed script",    "Automake input"};
  return std::find(std::begin(k_on_demand), std::end(k_on_demand), info.reason) == std::end(k_on_demand);
}

/// Does a build ask for it, where a project says what it takes from others: gnulib's GNUmakefile takes over a build, and runs a cfg.mk
/// that nothing else does?
bool is_used_by_project(const ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  // gnulib has its module for maint.mk under another name.
  return is_asked_for_by_build(context, name) ||
         (name == "maint.mk" && is_asked_for_by_build(context, "maintainer-makefile"));
}

/// Is it for the configure.ac of a directory that `path` does not stand below? aclocal for `path` does not read it.
bool is_of_another_configure(const vcs::Reference& reference, std::string_view macro_file, std::string_view path) {
  for (auto directory = path_dirname(macro_file); !directory.empty(); directory = path_dirname(directory)) {
    const auto begins = fmt::format("{}/", directory);
    if (reference.manifest().find(begins + "configure.ac") != nullptr ||
        reference.manifest().find(begins + "configure.in") != nullptr)
      return !path.starts_with(begins);
  }
  return false;
}

/// Of a macro file of the release's own choice: does it define a macro that version control defines, and so take its place? aclocal
/// takes the last one in the order of names.
bool takes_the_place_of_a_macro(const ExplainContext& context) {
  if (!context.difference.path.ends_with(".m4")) return false;
  if (context.content == nullptr) return true;
  const auto question = fmt::format("macros that aclocal finds for '{}'", path_dirname(context.reference_path));
  const auto own = context.answers.ask<MacroNames>(question, [&] {
    MacroNames names;
    for (const auto& entry : context.reference.manifest().entries()) {
      if (entry.kind != EntryKind::regular || stands_aside(entry.path) || !ends_with_any(entry.path, {".m4", ".ac"}) ||
          is_of_another_configure(context.reference, entry.path, context.reference_path))
        continue;
      if (const auto content = context.reference.read(entry, context.max_read))
        names.merge(macros_for_configure_in(as_text(*content)));
    }
    return names;
  });
  if (own == nullptr) return true;
  const auto names = macros_for_configure_in(context.text());
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return own->contains(name); });
}

/// Is it what builds and runners of tests take by a pattern, `src/*.c` or `tests/*.sh`? The helpers of build tools are not.
bool takes_part_by_pattern(std::string_view path) {
  const auto info = reach_by_name(path);
  return info.reach == Reach::compiled || info.reason == "shell script" || info.reason == "Perl script";
}

/// What compilers find by a pattern or shadow the system's with takes part in a build that never asked for it. Its name in a build file
/// is no wish: the project may make a file of that name. Whoever takes sources or headers of an upstream names the tool that brings them.
bool takes_part_unasked(const std::vector<KnownFile>& places, const ExplainContext& context) {
  if (!takes_part_by_pattern(context.difference.path)) return false;
  static constexpr std::pair<std::string_view, std::string_view> k_brought_by[] = {
      {"gnulib", "gnulib"},      {"gnulib", "gnulib-tool"}, {"gnulib", "gl_early"},
      {"gnulib", "gl_init"},     {"gettext", "autopoint"},  {"gettext", "am_gnu_gettext"},
      {"gettext", "gettextize"}, {"libtool", "ltdl_init"},  {"libtool", "lt_config_ltdl_dir"},
      {"libtool", "libltdl"}};
  return std::none_of(places.begin(), places.end(), [&](const KnownFile& place) {
    if (place.upstream != "gnulib" && !is_of_copied_library(place.path, context.reference_path)) return false;
    return std::any_of(std::begin(k_brought_by), std::end(k_brought_by), [&](const auto& brought) {
      return brought.first == place.upstream && is_asked_for_by_build(context, brought.second);
    });
  });
}

/// Did the project's own generators make another file, and none that was published under this name, as another version of a helper is?
bool is_made_otherwise(const ExplainContext& context) {
  // Of a macro file another one is at hand here where the release was made with another version of whatever has it.
  if (context.regeneration == nullptr || context.content == nullptr || context.difference.path.ends_with(".m4"))
    return false;
  const auto made = context.regeneration->find(context.reference_path);
  const auto name = path_basename(context.difference.path);
  return !made.empty() && std::none_of(made.begin(), made.end(), [&](const RegeneratedFile& file) {
    if (file.content == *context.content) return true;
    const auto published = context.known.find(sha256(file.content));
    return std::any_of(published.begin(), published.end(),
                       [&](const KnownFile& place) { return path_basename(place.path) == name; });
  });
}

/// Of a source of gnulib's: was it out of date when the youngest one of this release was written? gnulib-tool takes all of them from one
/// checkout, and what was replaced since may be a hole that was mended. A year is left for who takes a part of it only, and a checkout
/// may be five years old.
bool is_out_of_date(const KnownFile& place, const ExplainContext& context) {
  constexpr std::int64_t k_year = std::int64_t{365} * 86'400;
  if (place.upstream != "gnulib" || !takes_part_by_pattern(context.difference.path)) return false;
  const auto youngest = context.answers.ask<std::int64_t>("youngest file of gnulib", [&] {
    constexpr std::int64_t k_oldest_checkout = 5 * k_year;
    std::int64_t time = context.release != nullptr ? context.release->commit_time - k_oldest_checkout : 0;
    for (const auto& entry : context.subject->entries()) {
      if (!entry.sha256_known || entry.kind != EntryKind::regular) continue;
      for (const auto& one : context.known.find(entry.digests.sha256))
        if (one.upstream == place.upstream) {
          time = std::max(time, one.first_seen);
          break;  // the earliest place that it has
        }
    }
    return time;
  });
  if (youngest == nullptr) return true;
  for (const auto& later : context.known.history_of(path_basename(place.path)))
    if (later.upstream == place.upstream && later.path == place.path && later.first_seen > place.first_seen)
      return later.first_seen + k_year < *youngest;
  return false;
}

/// `autoreconf -f` puts a newer upstream file in the place of the one in version control. An older one, or an upstream's in the place
/// of one that the project changed, would take back what was mended.
bool replaces_older_one(const std::vector<KnownFile>& places, ExplainContext& context) {
  const auto* before = context.counterpart();
  if (before == nullptr) return false;
  for (const auto& old : context.known.find(sha256(*before)))
    for (const auto& place : places)
      if (place.upstream == old.upstream && path_basename(place.path) == path_basename(old.path) &&
          place.first_seen >= old.first_seen)
        return true;
  return false;
}

/// Prefer the place with the same base name: the same bytes can stand under many names.
const KnownFile& best_place(const std::vector<KnownFile>& places, std::string_view path) {
  for (const auto& place : places)
    if (path_basename(place.path) == path_basename(path)) return place;
  return places.front();
}

}  // namespace

bool is_known_as_it_stands(const compare::Difference& difference, const KnownFiles& known) {
  const auto* subject = difference.subject;
  if (difference.status == EntryStatus::modified || subject->size == 0 || subject->digests.sha1_collision ||
      !subject->sha256_known || difference.path.ends_with(".m4") || takes_part_by_pattern(difference.path))
    return false;
  const auto places = known.find(subject->digests.sha256);
  return !places.empty() && stands_for_itself(places, difference) && !acts_by_its_name(difference.path);
}

std::optional<Explanation> explain_known(ExplainContext& context) {
  const auto* subject = context.difference.subject;
  if (subject == nullptr || subject->kind == EntryKind::symlink || subject->digests.sha1_collision) return std::nullopt;
  if (subject->size == 0 || !subject->sha256_known) return std::nullopt;
  const auto places = context.known.find(subject->digests.sha256);
  if (places.empty() || !stands_for_itself(places, context.difference) || is_made_otherwise(context))
    return std::nullopt;
  if (context.difference.status == EntryStatus::modified && !replaces_older_one(places, context)) return std::nullopt;
  if (context.difference.status != EntryStatus::modified && acts_by_its_name(context.difference.path) &&
      !is_used_by_project(context))
    return std::nullopt;
  const auto& place = best_place(places, context.difference.path);
  if (context.difference.status != EntryStatus::modified &&
      (takes_part_unasked(places, context) || is_out_of_date(place, context) || takes_the_place_of_a_macro(context)))
    return std::nullopt;
  std::vector<std::pair<std::string, std::string>> evidence{{"upstream", std::string{place.upstream}},
                                                            {"path there", std::string{place.path}},
                                                            {"first published", date_of(place.first_seen)}};
  if (place.serial != 0) evidence.emplace_back("serial", std::to_string(place.serial));
  return make_explanation(Proof::known, "known", std::move(evidence));
}

}  // namespace assay::provenance
