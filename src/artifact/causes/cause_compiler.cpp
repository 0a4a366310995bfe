// What a compiler, assembler or linker says about itself (.comment, DW_AT_producer, version strings).
#include <algorithm>
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

namespace {

bool is_remark(std::string_view text) {
  return text.size() <= 200 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c < 0x7f) || c == '\0'; });
}

}  // namespace

std::optional<Match> judge_compiler(const Change& change, const BuildFacts& /*facts*/) {
  // A section for remarks can hold anything; only what reads as a tool's name and version is one.
  const bool comment = change.place.starts_with(".comment") && is_remark(change.before) && is_remark(change.after);
  if (change.impact == Impact::code || (!comment && (change.before.empty() || change.after.empty())))
    return std::nullopt;
  const auto lead = lead_of(change);
  const bool named = change.token == "compiler" ||
                     (change.token == "version" &&
                      (lead.find("gcc") != std::string::npos || lead.find("clang") != std::string::npos ||
                       lead.find("compiler") != std::string::npos || lead.find("rustc") != std::string::npos ||
                       lead.find("gnu c") != std::string::npos || lead.find("javac") != std::string::npos ||
                       lead.find("created-by") != std::string::npos || lead.find("build-jdk") != std::string::npos));
  if (!comment && !named) return std::nullopt;
  return Match{"", arrow(change.before, change.after), comment ? "the .comment section" : "a compiler names itself",
               Confidence::likely};
}

}  // namespace assay::artifact
