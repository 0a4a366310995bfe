// The time that gzip records of the file it compressed (RFC 1952, MTIME).
#include <string>

#include "artifact/cause.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

std::optional<Match> judge_gzip_mtime(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::time || change.place != "gzip mtime") return std::nullopt;
  return Match{"",
               change.before == "0" || change.after == "0"
                   ? arrow(change.before, change.after)
                   : arrow(format_epoch(std::stoll(change.before)), format_epoch(std::stoll(change.after))),
               "the MTIME field of a gzip header", Confidence::likely};
}

}  // namespace assay::artifact
