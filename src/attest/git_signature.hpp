// Signed tags and commits of git (OpenPGP and SSH): key → tag → commit → tree.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attest/chain.hpp"
#include "attest/ssh_signature.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"
#include "model/finding.hpp"

namespace assay::attest {

/// What of an object is signed, and its signature; the signature is empty if there is none.
struct SignedObject {
  std::string payload;
  std::string signature;
};

/// Split a raw tag: its signature stands at its end, from the line of the armor's beginning on.
SignedObject split_tag(std::string_view object);
/// Split a raw commit: its signature is the header `gpgsig` (`gpgsig-sha256` in repositories of that format), which is not
/// part of what is signed.
SignedObject split_commit(std::string_view object, GitHash hash);

struct GitTrust {
  std::string keyring;             ///< OpenPGP keys, armored or not; may be empty
  AllowedSigners allowed_signers;  ///< for SSH
};

struct GitCheck {
  Link link;  ///< tag (if it is one), commit and tree, each with what leads to the next
  GitOid commit;
  GitOid tree;
  std::vector<Finding> findings;
};

/// Check `revision` of the repository. An annotated tag's signature vouches for its commit by id; the commit's own
/// signature is checked as well, and not required if the tag's holds.
Result<GitCheck> verify_git(const std::filesystem::path& repository, const std::string& revision,
                            const GitTrust& trust);

}  // namespace assay::attest
