// A Merkle proof that files stand in a commit: the commit, the tag that names it and the tree objects on the way to the files,
// no blobs. Whoever trusts a commit id can check a release against it with this alone, without the repository.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "vcs/repository.hpp"

namespace assay::vcs {

struct ProofObject {
  ObjectType type = ObjectType::tree;
  std::string content;
};

/// As it is written to a file: `assay proof bundle 1`, the facts, and the objects, all as netstrings.
struct ProofBundle {
  std::string commit;                  ///< hexadecimal
  std::string subject_name;            ///< the release it was made for
  std::string subject_sha256;          ///< hexadecimal
  std::string subject_prefix;          ///< directory to strip from the release's paths
  std::string reference_subdir;        ///< directory of the commit's tree that the release corresponds to
  std::vector<std::string> identical;  ///< paths in the release, prefix stripped, that the objects prove
  std::vector<ProofObject> objects;

  std::string serialise() const;
  /// Errors: not such a bundle, cut short, more than 4 million fields.
  static Result<ProofBundle> parse(ByteView bytes);
};

/// Collect the objects from `repository`: trees from the root of `bundle.commit` to every identical path. Errors: an object is absent.
Result<void> add_proof_objects(const Repository& repository, ProofBundle& bundle);

/// A file as the objects of a bundle prove it.
struct ProvenFile {
  GitOid id;
  std::uint32_t mode = 0;  ///< as in the tree object: 0100644, 0100755, 0120000
};

/// Follow the objects from commit id `commit` (hexadecimal, 40 digits or 64): every file that they prove, by path in the commit's
/// tree. Ids are computed anew, with the hash of that id: the collision-detecting SHA-1, or SHA-256. Errors: there is no commit object of that id; one that the
/// commit names is not in the bundle, or is no tree; a tree is malformed.
Result<std::map<std::string, ProvenFile, std::less<>>> proven_files(const ProofBundle& bundle, std::string_view commit);

}  // namespace assay::vcs
