// The name that gzip records of the file it compressed (RFC 1952, FNAME).
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_gzip_name(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::name || !change.place.starts_with("gzip ")) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the FNAME field of a gzip header", Confidence::likely};
}

}  // namespace assay::artifact
