#include "vcs/mailmap.hpp"

#include <git2.h>

#include <string>

#include "base/handle.hpp"
#include "vcs/libgit2.hpp"

namespace assay::vcs {

std::pair<Signature, Signature> apply_mailmap(const Commit& commit, std::string_view mailmap) {
  if (mailmap.empty()) return {commit.author, commit.committer};
  const Libgit2 library;
  git_mailmap* raw = nullptr;
  if (git_mailmap_from_buffer(&raw, mailmap.data(), mailmap.size()) != 0) return {commit.author, commit.committer};
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
