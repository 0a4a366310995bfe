#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "base/text.hpp"

namespace assay {

namespace {

/// A name of a file may hold anything, and what is escaped already stays as it is.
std::string safe_lines(std::string_view text) {
  std::string safe;
  for (const auto line : split_lines(text)) safe += (safe.empty() ? "" : "\n") + escape_for_display(line);
  return safe;
}

}  // namespace

std::string Error::to_string() const {
  std::string text;
  if (!where.empty()) text = escape_for_display(where) + ": ";
  text += safe_lines(message);
  if (!remedy.empty()) text += "\n  " + safe_lines(remedy);
  return text;
}

Error errno_error(std::string_view verb, std::string where) {
  const auto reason = std::generic_category().message(errno);
  return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
               fmt::format("cannot {}: {}", verb, reason),
               std::move(where),
               {}};
}

}  // namespace assay
