// The time of the source that Python records in a byte-code file (PEP 552).
#include <string>
#include <string_view>

#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

/// "a/__pycache__/m.cpython-311.pyc" and "a/m.pyc" were compiled of "a/m.py".
std::string source_of(std::string_view path) {
  const auto name = path_basename(path);
  auto directory = std::string{path.substr(0, path.size() - name.size())};
  constexpr std::string_view k_cache = "__pycache__/";
  if (directory.ends_with(k_cache)) directory.resize(directory.size() - k_cache.size());
  return directory + std::string{name.substr(0, name.find('.'))} + ".py";
}

}  // namespace

std::optional<Match> judge_pyc_mtime(const Change& change, const BuildFacts& facts) {
  // From Python 1.0 to where 32 bits end: a number with the length of a date.
  const auto is_date = [](const std::string& seconds) { return seconds.size() >= 9 && seconds.size() <= 10; };
  if (change.place != "pyc source mtime" || !is_date(change.before) || !is_date(change.after)) return std::nullopt;
  if (const auto source = facts.sources.find(source_of(change.path));
      source != facts.sources.end() && source->second != std::pair{change.before, change.after})
    return Match{"alone", arrow(change.before, change.after),
                 "the header of a Python byte-code file, but its source bears another time", Confidence::guess};
  return Match{"", arrow(change.before, change.after), "the header of a Python byte-code file", Confidence::likely};
}

}  // namespace assay::artifact
