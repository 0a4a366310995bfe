// How conditions come true in the sandbox, and how a build shows that they did: a request that has them, the lines of shell
// that make the rest of them, and probes, each asking the system what a build could ask it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "rebuild/conditions.hpp"
#include "rebuild/sandbox.hpp"

namespace assay::rebuild {

/// Give `request` what a sandbox decides: variables, identity and the files that name it (/etc/passwd, group, hosts,
/// hostname, resolv.conf, nsswitch.conf), host name, processors, personality, and which program /bin/sh leads to.
/// `request.toolchain` and `network` must be set. Directory, umask and locale are the script's (setting_script()), the order of files is
/// that of the archive (reversed_archive()), the clock is the tracer's.
void set_conditions(SandboxRequest& request, const Conditions& conditions);

/// Lines of POSIX sh: home and source directory made, umask set, the locale compiled with localedef(1) where the
/// toolchain does not have it. Leaves the working directory as it is.
std::string setting_script(const Conditions& conditions);

/// Lines of POSIX sh, to be run in the unpacked source tree under the conditions of the build: `probe NAME VALUE` on
/// descriptor 3, one line for each probe.
std::string probe_script();

/// Name and answer of a status line that a probe wrote.
std::optional<std::pair<std::string, std::string>> parse_probe(std::string_view line);

/// The entries of a tar archive (as TarWriter and tar(1) in the GNU and ustar dialects write it; positioned at its start)
/// in the opposite order, hard links last. Unpacked on tmpfs, every directory then tells its files the other way round.
/// Errors: it is no such archive, no space.
Result<UniqueFd> reversed_archive(int archive);

}  // namespace assay::rebuild
