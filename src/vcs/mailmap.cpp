#include "vcs/mailmap.hpp"

#include <git2.h>

#include <algorithm>
#include <string>

#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/libgit2.hpp"

namespace assay::vcs {

namespace {

/// The lines that can speak of these addresses. Each entry costs the library as much as there are others: it never gets more of them
/// than anybody has names.
std::string lines_about(const Commit& commit, std::string_view mailmap) {
  constexpr std::size_t k_most = 1000;
  const auto wanted = [](const std::string& address) { return address.empty() ? "<>" : ascii_lower(address); };
  const auto author = wanted(commit.author.email);
  const auto committer = wanted(commit.committer.email);
  std::string lines;
  std::size_t count = 0;
  while (!mailmap.empty()) {
    const auto line = mailmap.substr(0, mailmap.find('\n'));
    mailmap.remove_prefix(std::min(line.size() + 1, mailmap.size()));
    const auto lower = ascii_lower(line);
    if (lower.find(author) == std::string::npos && lower.find(committer) == std::string::npos) continue;
    if (++count > k_most) break;
    (lines += line) += '\n';
  }
  return lines;
}

}  // namespace

std::pair<Signature, Signature> apply_mailmap(const Commit& commit, std::string_view mailmap) {
  const auto lines = lines_about(commit, mailmap);
  if (lines.empty()) return {commit.author, commit.committer};
  const Libgit2 library;
  git_mailmap* raw = nullptr;
  if (git_mailmap_from_buffer(&raw, lines.data(), lines.size()) != 0) return {commit.author, commit.committer};
  const Handle<git_mailmap, git_mailmap_free> map{raw};
  const auto mapped = [&](const Signature& signature) {
    const char* name = nullptr;
    const char* email = nullptr;
    if (git_mailmap_resolve(&name, &email, map.get(), signature.name.c_str(), signature.email.c_str()) != 0)
      return signature;
    return Signature{std::string{name}, std::string{email}, signature.time, signature.offset_minutes};
  };
  return {mapped(commit.author), mapped(commit.committer)};
}

}  // namespace assay::vcs
