// The shell script that a regeneration runs inside the sandbox: unpack, do the steps, hand out what is new.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "rebuild/recipe.hpp"

namespace assay::rebuild {

/// What the script says on its status descriptor, a line each: `ready`; `tool NAME VERSION-LINE`; `step N`; `end N CODE`
/// (124: out of time); `failed WHAT`; `collect`; `done`. The products are a tar archive of what was made after
/// `newer_than` (seconds since the epoch) below `src/`, and below `dist/N/ROOT/` of release archives and directories; `dist.list`
/// names all that is below `dist/`, each with a NUL behind it.
std::string driver_script(const Recipe& recipe, std::int64_t newer_than, bool with_history);

/// The same for files that are to be made again: `targets` (paths below src/) are taken away before the steps and are all that is
/// handed out, as `dist/1/again/PATH`.
std::string driver_script_for(const std::vector<std::string>& targets, const Recipe& recipe, std::int64_t newer_than,
                              bool with_history);

/// `text` as one word of a shell command.
std::string shell_quote(std::string_view text);

}  // namespace assay::rebuild
