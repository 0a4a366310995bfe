// Any bytes as JSON, base64, a time, an armor, a checkpoint: what is read is written back and read the same.
#include <cstdlib>

#include "attest/armor.hpp"
#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/transparency_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = assay::as_text({data, size});
  if (const auto bytes = assay::attest::from_base64(text); bytes && assay::attest::to_base64(*bytes) != text)
    std::abort();
  if (const auto time = assay::attest::parse_time(text)) assay::attest::format_time(*time);
  static_cast<void>(assay::attest::dearmor(text));
  static_cast<void>(assay::attest::expect_signatures({data, size}, 64));
  static_cast<void>(assay::attest::primary_key_expirations({data, size}));
  static_cast<void>(assay::attest::signature_of_clear_signed(text));
  static_cast<void>(assay::attest::Checkpoint::parse(text));
  const auto json = assay::attest::Json::parse(text);
  if (!json) return 0;
  const auto again = assay::attest::Json::parse(json->dump());
  if (!again || again->dump() != json->dump()) std::abort();
  return 0;
}
