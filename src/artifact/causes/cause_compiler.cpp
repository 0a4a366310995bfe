// What a compiler, assembler or linker says about itself (.comment, DW_AT_producer, version strings).
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_compiler(const Change& change, const BuildFacts& /*facts*/) {
  const bool comment = change.place.starts_with(".comment");
  if (change.impact == Impact::code || (!comment && (change.before.empty() || change.after.empty()))) return std::nullopt;
  const auto lead = lead_of(change);
  const bool named = change.token == "compiler" || (change.token == "version" && (lead.find("gcc") != std::string::npos || lead.find("clang") != std::string::npos || lead.find("compiler") != std::string::npos ||
                                                                                lead.find("rustc") != std::string::npos || lead.find("gnu c") != std::string::npos || lead.find("javac") != std::string::npos ||
                                                                                lead.find("created-by") != std::string::npos || lead.find("build-jdk") != std::string::npos));
  if (!comment && !named) return std::nullopt;
  return Match{"", arrow(change.before, change.after), comment ? "the .comment section" : "a compiler names itself", Confidence::likely};
}

}  // namespace assay::artifact
