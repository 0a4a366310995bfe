// Suffixes that a compiler makes at random for private symbols.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_lto_suffix(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  const bool symbol = change.place.starts_with(".strtab") || change.place.starts_with(".shstrtab") ||
                      change.place.starts_with(".debug_str") || change.place.starts_with(".dynstr") ||
                      change.place.find("(symbol table)") != std::string::npos;
  if (!symbol || change.impact == Impact::code) return std::nullopt;
  const auto drawn = lead.rfind(".gnu.lto_");
  const bool section = drawn != std::string::npos && lead.find('\0', drawn) == std::string::npos && lead.ends_with('.');
  const bool suffix = section || lead.ends_with(".lto_priv.") || lead.ends_with(".gnu.lto_") ||
                      lead.find(".lto.") != std::string::npos || lead.starts_with("_global__") ||
                      lead.find("_global__n_") != std::string::npos || lead.ends_with(".llvm.");
  if (!suffix) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "a suffix of a private symbol", Confidence::likely};
}

}  // namespace assay::artifact
