#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace assay {

std::string Error::to_string() const {
  std::string text;
  if (!where.empty()) text = where + ": ";
  text += message;
  if (!remedy.empty()) text += "\n  " + remedy;
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
