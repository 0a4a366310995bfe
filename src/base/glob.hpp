// Shell-style patterns over byte paths with `/`, in linear-ish time: no pattern can make them back-track exponentially.
#pragma once
#include <string_view>

namespace assay {

/// Match `path` against `pattern` as gitattributes(5)/gitignore(5) do ("wildmatch" with WM_PATHNAME): `*` and `?` stop
/// at `/`, `**` between slashes spans directories, `[...]` sets with ranges, `!`/`^` negation and POSIX classes,
/// backslash quotes. A set that is not closed, or a backslash at the end, matches nothing.
bool glob_match(std::string_view pattern, std::string_view path);

/// The same with `*` also matching `/`, as fnmatch(3) without FNM_PATHNAME does, except that `**/` may match no directory
/// at all, so that `**/*.m4` finds those at the top as well. For suppressions and `--paths`.
bool glob_match_any(std::string_view pattern, std::string_view path);

}  // namespace assay
