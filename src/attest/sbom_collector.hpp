// Turns files, wherever they come from, into components: what they say is installed, and else what they are.
#pragma once
#include <string>
#include <string_view>

#include "attest/json.hpp"
#include "attest/sbom.hpp"
#include "model/finding.hpp"

namespace assay::attest {

inline constexpr std::uint64_t k_max_manifest = 256ULL << 20;

/// `text` as a part of a purl: everything but letters, digits and -._~ is percent-encoded (ECMA-427).
std::string purl_part(std::string_view text);

class SbomCollector {
 public:
  /// What could not be read goes into `coverage`.
  explicit SbomCollector(Coverage& coverage) : m_coverage(coverage) {}

  /// Does the file at `path` say what is installed? Its content is wanted then, at most k_max_manifest bytes of it.
  static bool wants_content(std::string_view path) noexcept;
  void take_content(std::string_view path, std::string_view text);
  /// Any other file, by the digest of its content; `where` is the evidence.
  void take_file(std::string_view path, std::string sha256, std::string_view where);
  /// The control file of a Debian package: what the whole is.
  void take_deb_control(std::string_view text);
  void gap(std::string_view path, std::string reason);

  Sbom& sbom() noexcept { return m_sbom; }
  /// Normalised.
  Sbom finish();

 private:
  void take_dpkg(std::string_view text, const std::string& where, bool has_status);
  void take_apk(std::string_view text, const std::string& where);
  void take_python(std::string_view text, const std::string& where);
  void take_npm(const Json& json, const std::string& where);
  void take_npm_lock(const Json& json, const std::string& where);

  Coverage& m_coverage;
  Sbom m_sbom;
};

}  // namespace assay::attest
