// An m4 file that bears an upstream's name and a serial number that upstream never had contradicts itself. Both header
// forms count (provenance/m4_header.hpp). A serial that exists with content that upstream never had is no contradiction:
// distributions patch; it is noted, and the entry stays unexplained with its novel lines.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/m4_header.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_serial(ExplainContext& context) {
  if (context.content == nullptr || !looks_like_text(*context.content)) return std::nullopt;
  const auto name = path_basename(context.difference.path);
  // aclocal.m4 is a concatenation: the serials in it are those of its pieces, none is its own.
  if (!name.ends_with(".m4") || name == "aclocal.m4") return std::nullopt;
  const auto history = context.known.history_of(name);
  if (history.empty()) return std::nullopt;
  const auto serial = parse_m4_serial(context.text());
  if (!serial) return std::nullopt;

  const auto newest = std::max_element(history.begin(), history.end(),
                                       [](const auto& a, const auto& b) { return a.serial < b.serial; });
  if (newest->serial == 0) return std::nullopt;  // this upstream does not number the file
  const bool claimed_by_upstream =
      std::any_of(history.begin(), history.end(), [&](const auto& file) { return file.serial == serial->number; });
  if (claimed_by_upstream || serial->number <= newest->serial) return std::nullopt;

  auto novelty = context.measure_novelty();
  context.entry.novel_line_count = novelty.novel;
  context.entry.novel_lines = std::move(novelty.kept);
  return make_explanation(
      Proof::contradicted, "serial",
      {{"claims serial", serial->text},
       {"claimed on line", std::to_string(serial->line)},
       {"header form", serial->honoured_by_aclocal ? "honoured by aclocal" : "cosmetic: aclocal ignores it"},
       {"highest serial upstream ever had", std::to_string(newest->serial)},
       {"upstream", std::string{newest->upstream}},
       {"nearest upstream version", fmt::format("{} serial {}", newest->path, newest->serial)},
       {"versions known", std::to_string(history.size())}});
}

}  // namespace assay::provenance
