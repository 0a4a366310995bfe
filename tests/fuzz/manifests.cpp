// Any bytes as what says what is installed, as a list of files or of digests, as a record of a build, as what a registry serves.
#include <cstdlib>

#include "attest/build_record.hpp"
#include "attest/debian_control.hpp"
#include "attest/key_token.hpp"
#include "attest/minisign.hpp"
#include "attest/npm_registry.hpp"
#include "attest/rpm_database.hpp"
#include "attest/sbom_collector.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  const auto text = assay::as_text({data, size});
  assay::Coverage coverage;
  SbomCollector collector{coverage};
  for (const char* path : {"var/lib/dpkg/status", "var/lib/dpkg/status.d/x", "lib/apk/db/installed", "package.json",
                           "package-lock.json", "x.dist-info/METADATA"})
    collector.take_content(path, text);
  collector.take_deb_control(text);
  static_cast<void>(write_spdx(collector.finish()));
  for (const auto& file : parse_debian_files(text))
    if (file.name.find('/') != std::string::npos || file.sha256.size() != 64) std::abort();
  if (const auto record = read_build_record(text)) {
    const auto statement = provenance_statement(*record);
    if (!Statement::parse(statement.to_json_text())) std::abort();
    static_cast<void>(write_cyclonedx(sbom_of(*record)));
  }
  static_cast<void>(read_rpm_header({data, size}));
  const auto artifact = Artifact::from_bytes("artifact", {});
  if (const auto embedded = split_embedded(text)) static_cast<void>(find_in_checksums(embedded->message, artifact));
  static_cast<void>(find_in_checksums(text, artifact));
  static_cast<void>(find_in_listing(text, artifact));
  static_cast<void>(parse_npm_keys(text));
  if (verify_npm_packument(text, {{"sha512", std::string(128, '0')}}, {}).state == LinkState::ok) std::abort();
  if (without_pin(text).size() > text.size() + 8 * (size + 1)) std::abort();
  return 0;
}
