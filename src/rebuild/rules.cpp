#include "rebuild/rules.hpp"

namespace assay::rebuild {

const Rule k_sandbox_limit{
    "rebuild-sandbox-limit",
    Severity::medium,
    "the project's own build scripts broke the limits of the sandbox",
    "While the release was regenerated from version control, a script of the project started processes without end, "
    "filled "
    "memory or disk, waited for ever, or killed the process that ran it. Everything in the sandbox was killed. An "
    "honest "
    "project with a large build may meet a limit too; a script that was made to do so has a reason.",
    "Read what the step named in the evidence does; give more with --regenerate-time SECONDS if it is honest.",
    ""};

const Rule k_unowned_input{"rebuild-unowned-input",
                           Severity::low,
                           "the build read system files that no installed package owns",
                           "The trace shows a file outside the source tree being read or run that is in the list of no "
                           "package, so neither its "
                           "version nor its origin is known, and another builder will not have it. Caches that the "
                           "installation made are harmless; "
                           "a header or program that someone put there by hand is an input that nobody declared.",
                           "Find out who made the file; build in a root that holds nothing but packages (--root).",
                           ""};

const Rule k_altered_input{"rebuild-altered-input",
                           Severity::high,
                           "the build used a system file that is not as its package installed it",
                           "The file belongs to a package, and has another content than the package's own list of "
                           "digests says. A compiler or header "
                           "that was changed on the builder makes every product doubtful. The list is one of MD5 and "
                           "lies on the same machine: that "
                           "it agrees proves nothing, that it does not is what is reported.",
                           "Reinstall the package and build again; compare the file with that of the package.",
                           ""};

const Rule k_rebuild_different{
    "rebuild-different",
    Severity::high,
    "the build agrees with itself, and not with what was published",
    "The source was built again, twice with the same result, and the artifact that was published under that name holds "
    "other bytes. Another toolchain explains it often; so does another source. It is the one outcome of a rebuild that "
    "hints "
    "at tampering.",
    "Look at the causes and at what is left over: `assay compare PUBLISHED BUILT --details`. Build with the versions "
    "that its "
    ".buildinfo records.",
    "https://reproducible-builds.org/docs/definition/"};

const Rule k_rebuild_unstable{
    "rebuild-unstable",
    Severity::medium,
    "builds under the same conditions differ",
    "The same source was built twice in the same place, at the same time of its clock, with the same seeds, and an "
    "artifact came "
    "out differently: a race, randomness, or something that depends on memory addresses. Nobody can check such an "
    "artifact by building it again.",
    "Build with one processor and see whether it goes away; compare the two with `assay compare`.",
    ""};

const Rule k_rebuild_varies{"rebuild-varies",
                            Severity::medium,
                            "what it is built under changes what comes out",
                            "An experiment has shown that one property of the machine or of the moment gets into the "
                            "artifact: with it the artifact "
                            "differs, without it it does not.",
                            "Each cause has its remedy in the report.",
                            "https://reproducible-builds.org/docs/"};

namespace {
const Rule k_rules[] = {k_sandbox_limit,     k_unowned_input,    k_altered_input,
                        k_rebuild_different, k_rebuild_unstable, k_rebuild_varies};
}  // namespace

std::span<const Rule> rules() noexcept {
  return k_rules;
}

}  // namespace assay::rebuild
