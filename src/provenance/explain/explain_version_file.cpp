// `.tarball-version`, `.version`, `VERSION`, `.year`: one line that says which release this is. It has to agree with the tag,
// the file name and the commit. What a packer writes for the build to find, `.tarball-version`, names another release only if it is of
// another release, or says so falsely; the others may mean the version of something else.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

std::string year_of(std::int64_t time) {
  return fmt::format("{:%Y}", fmt::gmtime(static_cast<std::time_t>(time)));
}

bool is_version_file(std::string_view name) {
  return name == ".tarball-version" || name == ".version" || name == "VERSION" || name == ".tarball-git-version" ||
         name == ".dist-version";
}

bool is_plain_version(std::string_view text) {
  return text.find('.') != std::string_view::npos && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// "1.2.3-4-gabcdef0": what git-describe(1) writes of this very commit: a version that a tag has, the true count of commits since, the
/// commit. A build file may use the text as a word or a path, so nothing else may stand in it.
bool describes_commit(std::string_view text, const ExplainContext& context) {
  const auto mark = text.rfind("-g");
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"._-+~"}.find(c) != std::string_view::npos;
  };
  if (mark == std::string_view::npos || text.size() > 80 || !std::all_of(text.begin(), text.end(), plain)) return false;
  const auto described = text.substr(0, mark);
  const auto separator = described.find_last_not_of("0123456789");
  if (separator == std::string_view::npos || separator == 0 || separator + 1 == described.size() ||
      (described[separator] != '-' && described[separator] != '.') || text.find("..") != std::string_view::npos)
    return false;
  const auto version = described.substr(0, separator), count = described.substr(separator + 1);
  const auto tags = context.release->tags_of_version(version);
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    if (count == "0") return tag == context.release->tag && context.reference.names_commit(text.substr(mark + 2));
    return context.reference.format_matches("%(describe:tags=true)",
                                            fmt::format("{}-{}{}", tag, count, text.substr(mark)));
  });
}

}  // namespace

std::optional<Explanation> explain_version_file(ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  const bool is_year = name == ".year";
  if (context.content == nullptr || context.release == nullptr || (!is_year && !is_version_file(name)))
    return std::nullopt;
  if (context.difference.status != EntryStatus::added || context.content->size() > 200) return std::nullopt;
  const auto end = context.text().find('\n');
  if (end != std::string_view::npos && end + 1 != context.text().size())
    return std::nullopt;  // one line, and nothing behind it
  const auto text = normalise_line(context.text().substr(0, end));
  const auto& release = *context.release;
  if (is_year) {
    if (text != year_of(release.commit_time)) return std::nullopt;
    return make_explanation(Proof::derived, "version-file", {{"year of the commit", text}});
  }
  if (text == release.tag || release.is_version_as_written(text) || describes_commit(text, context))
    return make_explanation(Proof::derived, "version-file",
                            {{"version", text}, {"file name says", release.version}, {"tag", release.tag}});
  if (name == ".tarball-version" && is_plain_version(text) && !release.version.empty())
    return make_explanation(Proof::contradicted, "version-file",
                            {{"version", text}, {"file name says", release.version}, {"tag", release.tag}});
  return std::nullopt;
}

}  // namespace assay::provenance
