// Writes outside the places where the build may write: refused ones, and ones that went through.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool may_write(const Case& build, std::string_view path) {
  const auto& places = build.context.writable;
  return std::any_of(places.begin(), places.end(), [&](const auto& place) { return is_below(path, place); }) ||
         is_below(path, "/dev") || is_below(path, "/proc") || path.starts_with("/memfd:");
}

/// Byte code that Python would have kept beside its modules: what every build with Python tries.
bool is_byte_code(std::string_view path) {
  return path.find("/__pycache__/") != std::string_view::npos || path.ends_with("/__pycache__");
}

/// A place from which something is run or trusted later.
bool is_trusted_place(std::string_view path) {
  constexpr std::string_view places[] = {"/etc/ld.so.preload", "/etc/cron",       "/etc/profile", "/etc/init.d",
                                         "/etc/systemd",       "/etc/pam.d",      "/etc/sudoers", "/etc/passwd",
                                         "/etc/shadow",        "/var/spool/cron", "/root/",       "/lib/systemd",
                                         "/usr/lib/systemd"};
  constexpr std::string_view names[] = {"/.ssh/",  "/.bashrc", "/.profile",           "/.bash_profile",
                                        "/.zshrc", "/.gnupg/", "/.config/autostart/", "/.gitconfig"};
  return std::any_of(std::begin(places), std::end(places), [&](auto place) { return path.starts_with(place); }) ||
         std::any_of(std::begin(names), std::end(names),
                     [&](auto name) { return path.find(name) != std::string_view::npos; });
}

void report(const Case& build, const std::string& path, Index process, std::string_view how, Severity severity,
            std::vector<Finding>& findings) {
  auto finding = make_finding(
      k_outside_write, {path, 0},
      fmt::format("{} {}", escape_for_display(build.program(process).empty() ? "a shell" : build.program(process)),
                  how),
      {build.chain_of(process)});
  finding.severity = is_trusted_place(path) ? Severity::high : severity;
  findings.push_back(std::move(finding));
}

}  // namespace

void find_outside_writes(const Case& build, std::vector<Finding>& findings) {
  std::map<std::string, Index> refused;
  for (const auto& refusal : build.trace.refusals)
    if (!may_write(build, refusal.path) && !is_byte_code(refusal.path)) refused.emplace(refusal.path, refusal.process);
  for (const auto& [path, process] : refused)
    report(build, path, process, "tried to write outside the build directory, and was not let", Severity::low,
           findings);
  for (const auto& file : build.trace.files) {
    // What stood open before the run, such as its log, is not the build's choice.
    if (file.writable_place || file.writers.empty() || may_write(build, file.path)) continue;
    for (const auto writer : file.writers) {
      const auto& writes = build.trace.processes[writer].writes;
      const bool opened = std::any_of(writes.begin(), writes.end(), [&](const Access& access) {
        return &build.trace.files[access.file] == &file && !access.inherited;
      });
      if (!opened) continue;
      report(build, file.path, writer, "wrote outside the build directory", Severity::medium, findings);
      break;
    }
  }
}

}  // namespace assay::trace
