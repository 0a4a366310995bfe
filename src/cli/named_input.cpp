#include "cli/named_input.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.hpp"

namespace assay::cli {

namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// "https://…", and "user@host:path" as ssh has it.
bool is_address(const std::string& text) {
  if (exists(text)) return false;
  if (text.find("://") != std::string::npos) return true;
  const auto at = text.find('@');
  const auto colon = text.find(':');
  return at != std::string::npos && colon != std::string::npos && at < colon && text.find('/') > colon &&
         !exists(text.substr(0, at));
}

}  // namespace

Result<void> check_subject(const std::string& subject) {
  if (subject == "-")
    return Error{ErrorCode::usage, "standard input is not read", "-",
                 "write it to a file first: it is read more than once"};
  if (is_address(subject))
    return Error{ErrorCode::usage, "nothing is fetched", escape_for_display(subject),
                 "download it first, and give the file"};
  return {};
}

Result<vcs::ReferenceSpec> parse_reference(const std::string& text) {
  if (is_address(text))
    return Error{ErrorCode::usage, "nothing is fetched", escape_for_display(text),
                 "git clone --mirror URL repo.git, then --vcs repo.git[@REV]"};
  auto spec = vcs::parse_reference_spec(text);
  if (spec.revision.empty() && text.size() > 1 && text.ends_with('@') && !exists(text))
    return Error{ErrorCode::usage, "the revision after @ is empty", escape_for_display(text),
                 "name one (is a variable not set?), or leave the @ out to have the revision inferred"};
  return spec;
}

}  // namespace assay::cli
