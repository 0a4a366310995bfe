// Files outside the source tree that belong to nothing the build declares.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

/// What every Debian, Fedora or Alpine system makes when packages are installed, and no package owns.
bool is_made_by_the_system(std::string_view path) {
  constexpr std::string_view files[] = {"/etc/ld.so.cache",
                                        "/etc/passwd",
                                        "/etc/group",
                                        "/etc/hosts",
                                        "/etc/resolv.conf",
                                        "/etc/nsswitch.conf",
                                        "/etc/localtime",
                                        "/etc/timezone",
                                        "/etc/hostname",
                                        "/etc/host.conf",
                                        "/etc/mtab",
                                        "/etc/machine-id",
                                        "/etc/locale.alias",
                                        "/etc/default/locale",
                                        "/etc/environment",
                                        "/usr/lib/locale/locale-archive",
                                        "/etc/ssl/certs/ca-certificates.crt"};
  constexpr std::string_view parts[] = {
      "/gconv/gconv-modules.cache", "/mime.cache", "/gschemas.compiled", "/loaders.cache", "/__pycache__/", "/ls-R"};
  return std::find(std::begin(files), std::end(files), path) != std::end(files) ||
         std::any_of(std::begin(parts), std::end(parts),
                     [&](auto part) { return path.find(part) != std::string_view::npos; });
}

/// The first process that opened it for itself.
Index reader_of(const Case& build, Index file) {
  for (const auto& reader : build.graph.readers(file)) {
    const auto& reads = build.trace.processes[reader.process].reads;
    if (std::any_of(reads.begin(), reads.end(),
                    [&](const Access& access) { return access.file == file && !access.inherited; }))
      return reader.process;
  }
  return k_none;
}

}  // namespace

void find_undeclared_inputs(const Case& build, std::vector<Finding>& findings) {
  if (!build.context.is_declared) return;
  for (Index file = 0; file < build.trace.files.size(); ++file) {
    const auto& version = build.trace.files[file];
    const bool outside = !version.writable_place && version.path.starts_with('/') && !build.is_below_source(file) &&
                         version.writers.empty();
    if (!outside || version.path.starts_with("/dev/") || is_made_by_the_system(version.path)) continue;
    const auto reader = reader_of(build, file);
    if (reader == k_none || build.context.is_declared(version.path)) continue;
    auto finding =
        make_finding(k_undeclared_input, {version.path, 0},
                     fmt::format("{} outside the source, which belongs to nothing that is declared, was read by {}",
                                 to_string(version.kind),
                                 escape_for_display(build.program(reader).empty() ? "a shell" : build.program(reader))),
                     {build.chain_of(reader)});
    if (!build.is_code(file) || build.is_test_phase(reader)) finding.severity = Severity::low;
    findings.push_back(std::move(finding));
  }
}

}  // namespace assay::trace
