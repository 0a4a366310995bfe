// Byte-identical to a file that an upstream (gnulib, automake, libtool, …) published at some time.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

std::string date_of(std::int64_t seconds) {
  return seconds == 0 ? "unknown" : fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// A file that was published under another name is known text, but as what the build runs or compiles it does here what it was
/// not published to do.
bool stands_for_itself(const std::vector<KnownFile>& places, const ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  const bool same_name = std::any_of(places.begin(), places.end(),
                                     [&](const KnownFile& place) { return path_basename(place.path) == name; });
  return same_name || (context.entry.reach > Reach::compiled && !context.difference.subject->executable());
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

std::optional<Explanation> explain_known(ExplainContext& context) {
  const auto* subject = context.difference.subject;
  if (subject == nullptr || subject->kind == EntryKind::symlink || subject->digests.sha1_collision) return std::nullopt;
  if (subject->size == 0 || !subject->sha256_known) return std::nullopt;
  const auto places = context.known.find(subject->digests.sha256);
  if (places.empty() || !stands_for_itself(places, context)) return std::nullopt;
  if (context.difference.status == EntryStatus::modified && !replaces_older_one(places, context)) return std::nullopt;
  const auto& place = best_place(places, context.difference.path);
  std::vector<std::pair<std::string, std::string>> evidence{{"upstream", std::string{place.upstream}},
                                                            {"path there", std::string{place.path}},
                                                            {"first published", date_of(place.first_seen)}};
  if (place.serial != 0) evidence.emplace_back("serial", std::to_string(place.serial));
  return make_explanation(Proof::known, "known", std::move(evidence));
}

}  // namespace assay::provenance
