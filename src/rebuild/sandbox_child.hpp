// What a process does between fork(2) and execve(2) to become a sandbox: descriptors, limits, and who it is.
#pragma once
#include <span>

#include "rebuild/bubblewrap.hpp"
#include "rebuild/sandbox.hpp"

namespace assay::rebuild {

/// Execute `words` with `descriptors` at the numbers of their places, under the request's limits. In the child, where only
/// async-signal-safe calls are safe; `descriptors` is written to.
[[noreturn]] void become_sandbox(char* const* words, std::span<int> descriptors, const SandboxRequest& request,
                                 Identity identity);

}  // namespace assay::rebuild
