// Text from outside: what is safe to show, what its lines are, what hides in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace assay {

/// True if `bytes` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes) noexcept;

/// True if `text` holds a C0/C1 control character (tab excepted) or DEL.
bool has_control(std::string_view text) noexcept;

/// True if well-formed `text` holds a bidirectional control (U+202A–202E, U+2066–2069, U+200E/F, U+061C) or a
/// zero-width character (U+200B–200D, U+2060, U+FEFF).
bool has_bidi_or_zero_width(std::string_view text) noexcept;

/// `text` made safe for a terminal, a log line and a report: control characters, invalid UTF-8, bidirectional and
/// zero-width characters become `\n`-style, `\xNN` or `\u{NNNN}` escapes; the rest is as it is, backslashes too: code can be copied.
std::string escape_for_display(std::string_view text);

/// True if the first 8000 bytes hold no NUL (git's own test for "binary", buffer_is_binary in xdiff-interface.c).
bool looks_like_text(ByteView bytes) noexcept;

/// The lines of `text` without their line ends (LF or CRLF). A last line without an end counts; an empty text has none.
std::vector<std::string_view> split_lines(std::string_view text);

/// `line` with runs of blanks folded to one space and those at the ends removed: the *normalised line* of the
/// known-files data. Control characters other than blanks are kept.
std::string normalise_line(std::string_view line);
/// The same into a buffer that is reused from line to line.
void normalise_line_into(std::string_view line, std::string& out);

/// Levenshtein distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Lower case of ASCII letters only; other bytes as they are.
std::string ascii_lower(std::string_view text);

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) noexcept;
bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> suffixes) noexcept;

/// The part of a `/`-separated path after its last slash, and the part before it (no slash at its end).
std::string_view path_basename(std::string_view path) noexcept;
std::string_view path_dirname(std::string_view path) noexcept;
/// `path` as seen from `directory`: what is not below it begins with "../". Neither has a slash at its end; "" is the top.
std::string path_seen_from(std::string_view directory, std::string_view path);
/// The path that is seen from `directory` as `seen`: path_seen_from() undone.
std::string path_resolved(std::string_view directory, std::string_view seen);
/// Where `target`, as a symbolic link at `path` has it, leads, as seen from the root that `path` is seen from: "../NAME" lies beside it.
/// Nothing if it is absolute or empty.
std::optional<std::string> path_behind_link(std::string_view path, std::string_view target);

/// "1 file", "2 files", with thousands separated: "12,345 files".
std::string count_of(std::uint64_t count, std::string_view singular, std::string_view plural = {});

}  // namespace assay
