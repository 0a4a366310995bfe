#include "rebuild/rules.hpp"

namespace assay::rebuild {

const Rule k_sandbox_limit{
    "rebuild-sandbox-limit", Severity::medium, "the project's own build scripts broke the limits of the sandbox",
    "While the release was regenerated from version control, a script of the project started processes without end, filled "
    "memory or disk, waited for ever, or killed the process that ran it. Everything in the sandbox was killed. An honest "
    "project with a large build may meet a limit too; a script that was made to do so has a reason.",
    "Read what the step named in the evidence does; give more with --regenerate-time SECONDS if it is honest.", ""};

namespace {
const Rule k_rules[] = {k_sandbox_limit};
}  // namespace

std::span<const Rule> rules() noexcept { return k_rules; }

}  // namespace assay::rebuild
