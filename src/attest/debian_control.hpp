// Lists of files in Debian's source and upload descriptions (`.dsc`, `.changes`; Debian Policy, sections 5.4 and 5.5).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attest/artifact.hpp"
#include "attest/chain.hpp"

namespace assay::attest {

struct DebianFile {
  std::string name;
  std::uint64_t size = 0;
  std::string sha256;  ///< lower-case hexadecimal
};

/// The files of `Checksums-Sha256`. The MD5 and SHA-1 lists of old descriptions prove nothing and are passed over, as is a
/// line that is malformed or names a path.
std::vector<DebianFile> parse_debian_files(std::string_view text);

/// Does the list name `artifact` by its SHA-256? Its name in the list is shown, not compared.
Link find_in_listing(std::string_view text, const Artifact& artifact);

/// Does the text have a list of files at all, by whatever digests?
bool lists_files(std::string_view text);

/// The listed files that lie in `directory`, each against its digest. One that is not there is not checked, and need not be.
Link check_listed_files(std::string_view text, const std::filesystem::path& directory);

}  // namespace assay::attest
