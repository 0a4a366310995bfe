// The release of the kernel that the build ran on.
#include "artifact/cause.hpp"

namespace assay::artifact {

namespace {

bool is_release(std::string_view text) {
  return looks_like_name(text) && text[0] >= '0' && text[0] <= '9';
}

}  // namespace

std::optional<Match> judge_kernel(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  const bool named = lead.find("uname") != std::string::npos || lead.find("kernel") != std::string::npos ||
                     lead.find("linux-") != std::string::npos || lead.ends_with("linux ");
  if (change.token != "kernel" &&
      !(named && (change.token == "version" || change.token == "word" || change.token.empty()) &&
        is_release(change.before) && is_release(change.after)))
    return std::nullopt;
  return Match{"", arrow(change.before, change.after), "a kernel release on both sides", Confidence::likely};
}

}  // namespace assay::artifact
