// Attempts to reach the network.
#include <fmt/format.h>

#include <cerrno>
#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

bool is_this_machine(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("[::ffff:127.") ||
         address.starts_with("0.0.0.0 ") || address.starts_with("[::] ");
}

std::string outcome_of(int error) {
  switch (error) {
    case 0:
      return "and reached it";
    case ENETUNREACH:
      return "and there was no network";
    case ECONNREFUSED:
      return "and was refused";
    default:
      return fmt::format("and failed (error {})", error);
  }
}

}  // namespace

void find_network(const Case& build, std::vector<Finding>& findings) {
  std::map<std::string, std::vector<const Connection*>> by_address;
  for (const auto& connection : build.trace.connections)
    if (connection.network && !is_this_machine(connection.address))
      by_address[connection.address].push_back(&connection);
  for (const auto& [address, connections] : by_address) {
    const Connection* telling = connections.front();
    bool only_tests = true;
    for (const auto* connection : connections) {
      if (connection->error == 0) telling = connection;
      only_tests = only_tests && build.is_test_phase(connection->process);
    }
    auto finding =
        make_finding(k_network, {},
                     fmt::format("{} tried to connect to {} {}", escape_for_display(build.program(telling->process)),
                                 escape_for_display(address), outcome_of(telling->error)),
                     {build.chain_of(telling->process)}, address);
    if (telling->error == 0) finding.severity = Severity::high;
    if (only_tests) finding.severity = Severity::low;
    if (connections.size() > 1) finding.evidence.push_back({"attempts", count_of(connections.size(), "attempt")});
    findings.push_back(std::move(finding));
  }
}

}  // namespace assay::trace
