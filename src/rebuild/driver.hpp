// The shell script that a regeneration runs inside the sandbox: unpack, do the steps, hand out what is new.
#pragma once
#include <cstdint>
#include <string>

#include "rebuild/recipe.hpp"

namespace assay::rebuild {

/// What the script says on its status descriptor, a line each: `ready`; `tool NAME VERSION-LINE`; `step N`; `end N CODE`
/// (124: out of time); `failed WHAT`; `collect`; `done`. The products are a tar archive of what was made after
/// `newer_than` (seconds since the epoch) below `src/`, and below `dist/N/ROOT/` of release archives and directories.
std::string driver_script(const Recipe& recipe, std::int64_t newer_than, bool with_history);

/// `text` as one word of a shell command.
std::string shell_quote(std::string_view text);

}  // namespace assay::rebuild
