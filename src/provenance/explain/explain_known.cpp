// Byte-identical to a file that an upstream (gnulib, automake, libtool, …) published at some time.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/build_mentions.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

std::string date_of(std::int64_t seconds) {
  return seconds == 0 ? "unknown" : fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// A file that was published under another name is known text, but what a tool makes of that name nobody knows, unless people alone
/// read it.
bool stands_for_itself(const std::vector<KnownFile>& places, const compare::Difference& difference) {
  const auto name = path_basename(difference.path);
  const bool same_name = std::any_of(places.begin(), places.end(),
                                     [&](const KnownFile& place) { return path_basename(place.path) == name; });
  if (same_name) return true;
  if (difference.subject->executable()) return false;
  // Of a stamp (`stamp-po`, `stamp-h.in`) nothing but the time is looked at.
  return is_prose(difference.path) || (name.starts_with("stamp-") && difference.subject->size <= 64);
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

/// Does version control speak of it, where a project says what it takes from others: gnulib's GNUmakefile takes over a build, and runs
/// a cfg.mk that nothing else does?
bool is_used_by_project(const ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  // gnulib has its module for maint.mk under another name.
  return is_named_by_build(context, name) || (name == "maint.mk" && is_named_by_build(context, "maintainer-makefile"));
}

/// Of a file whose object alone is named: AC_LIBOBJ([error]), error.o, error.lo.
bool is_named_by_its_object(const ExplainContext& context, std::string_view name) {
  const auto stem = std::string{name.substr(0, name.find('.'))};
  const auto asks = [&](std::string_view word) { return is_asked_for_by_build(context, word); };
  return asks(stem + ".o") || asks(stem + ".lo") || (asks(stem) && (asks("ac_libobj") || asks("ac_replace_funcs")));
}

/// What compilers find by a pattern or shadow the system's with takes part in a build that never asked for it. Whoever takes sources or
/// headers of an upstream says so: by their names, or by that of the tool that brings its files.
bool is_compiled_unasked(const std::vector<KnownFile>& places, const ExplainContext& context) {
  if (reach_by_name(context.difference.path).reach != Reach::compiled) return false;
  const auto name = path_basename(context.difference.path);
  if (is_asked_for_by_build(context, name) || is_named_by_its_object(context, name)) return false;
  static constexpr std::pair<std::string_view, std::string_view> k_brought_by[] = {
      {"gnulib", "gnulib"},      {"gnulib", "gnulib-tool"}, {"gnulib", "gl_early"},
      {"gnulib", "gl_init"},     {"gettext", "autopoint"},  {"gettext", "am_gnu_gettext"},
      {"gettext", "gettextize"}, {"libtool", "ltdl_init"},  {"libtool", "lt_config_ltdl_dir"},
      {"libtool", "libltdl"}};
  return std::none_of(places.begin(), places.end(), [&](const KnownFile& place) {
    return std::any_of(std::begin(k_brought_by), std::end(k_brought_by), [&](const auto& brought) {
      return brought.first == place.upstream && is_asked_for_by_build(context, brought.second);
    });
  });
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
      !subject->sha256_known || reach_by_name(difference.path).reach == Reach::compiled)
    return false;
  const auto places = known.find(subject->digests.sha256);
  return !places.empty() && stands_for_itself(places, difference) && !acts_by_its_name(difference.path);
}

std::optional<Explanation> explain_known(ExplainContext& context) {
  const auto* subject = context.difference.subject;
  if (subject == nullptr || subject->kind == EntryKind::symlink || subject->digests.sha1_collision) return std::nullopt;
  if (subject->size == 0 || !subject->sha256_known) return std::nullopt;
  const auto places = context.known.find(subject->digests.sha256);
  if (places.empty() || !stands_for_itself(places, context.difference)) return std::nullopt;
  if (context.difference.status == EntryStatus::modified && !replaces_older_one(places, context)) return std::nullopt;
  if (context.difference.status != EntryStatus::modified && acts_by_its_name(context.difference.path) &&
      !is_used_by_project(context))
    return std::nullopt;
  if (context.difference.status != EntryStatus::modified && is_compiled_unasked(places, context)) return std::nullopt;
  const auto& place = best_place(places, context.difference.path);
  std::vector<std::pair<std::string, std::string>> evidence{{"upstream", std::string{place.upstream}},
                                                            {"path there", std::string{place.path}},
                                                            {"first published", date_of(place.first_seen)}};
  if (place.serial != 0) evidence.emplace_back("serial", std::to_string(place.serial));
  return make_explanation(Proof::known, "known", std::move(evidence));
}

}  // namespace assay::provenance
