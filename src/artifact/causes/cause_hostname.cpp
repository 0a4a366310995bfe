// The name of the machine that built it.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

namespace {

std::string_view host_part(std::string_view account) {
  const auto at = account.find('@');
  return at == std::string_view::npos ? std::string_view{} : account.substr(at + 1);
}

}  // namespace

std::optional<Match> judge_hostname(const Change& change, const BuildFacts& /*facts*/) {
  if (change.place == "BUILDHOST" || change.place == "COOKIE")
    return Match{"", arrow(change.before, change.after), "the RPM header names the build host", Confidence::likely};
  if (is_symbol_table(change) || names_a_person(change)) return std::nullopt;
  if (change.token == "account") {
    const auto user = std::string_view{change.before}.substr(0, change.before.find('@'));
    if (user != std::string_view{change.after}.substr(0, change.after.find('@')) &&
        host_part(change.before) == host_part(change.after))
      return std::nullopt;
    return Match{"", arrow(host_part(change.before), host_part(change.after)), "user@host on both sides",
                 Confidence::likely};
  }
  const auto lead = lead_of(change);
  if (!looks_like_name(change.before) || !looks_like_name(change.after)) return std::nullopt;
  for (const std::string_view word :
       {"hostname", "build host", "build-host", "buildhost", "host:", "host=", "host =", "host is", "on host",
        "machine:", "machine=", "nodename", "built on ", "compiled on ", "build machine"})
    // What is compared with a name, as a page's script does with `nodeName`, is none that was recorded.
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 16 &&
                                          lead.find("==", at) == std::string::npos && change.token != "date" &&
                                          change.token != "kernel")
      return Match{"", arrow(change.before, change.after), "a host is named before it", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
