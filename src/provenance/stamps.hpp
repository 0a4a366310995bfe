// Version and date stamps in lines: what changes from one release, or one version of a generator, to the next without
// changing what the line says.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

enum class StampKind : unsigned char { version, date };

/// A stamp in a line: where it stands, and of what kind.
struct Stamp {
  StampKind kind = StampKind::version;
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// Version numbers (digits joined by dots, with a suffix such as `-dirty` or `p1`) and dates (ISO, RFC 2822, ctime, "29
/// August 2021", "Aug 29, 2021", copyright years in comments) of `line`, in order, not overlapping.
std::vector<Stamp> find_stamps(std::string_view line);

/// How a date is written: its words by kind, and what stands between them. Empty if `text` is no date or more than one.
std::string date_form(std::string_view text);

/// The day of a date, counted from 1970-01-01; nothing if `text` is no date, or none of the calendar.
std::optional<std::int64_t> day_of_date(std::string_view text);

/// `line` with every stamp replaced by one and the same mark per kind: two lines with the same skeleton differ by stamps only.
std::string stamp_skeleton(std::string_view line);

/// True for a line that is nothing but a comment in the languages of build files, sources and manual pages.
bool is_comment_line(std::string_view normalised_line);

/// A comment for certain, in whatever language: no preprocessor line, and no `* limit = …;` that only looks like the inside of one.
bool is_certain_comment(std::string_view line);

}  // namespace assay::provenance
