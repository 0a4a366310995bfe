#include "attest/identity.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace assay::attest {

Result<bool> matches(const TextPattern& pattern, std::string_view text) {
  if (!pattern.is_expression) return pattern.text == text;
  RE2::Options options{RE2::Quiet};
  options.set_max_mem(1 << 20);
  const RE2 expression{pattern.text, options};
  if (!expression.ok())
    return Error{ErrorCode::usage,
                 fmt::format("malformed regular expression {}: {}", to_string(pattern), expression.error()),
                 {},
                 {}};
  return RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, expression);
}

std::string to_string(const TextPattern& pattern) {
  return fmt::format(fmt::runtime(pattern.is_expression ? "/{}/" : "\"{}\""), escape_for_display(pattern.text));
}

}  // namespace assay::attest
