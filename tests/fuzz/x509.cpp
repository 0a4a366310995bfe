// Any bytes as a certificate, a key or a timestamp.
#include <cstdlib>

#include "attest/certificate.hpp"
#include "attest/timestamp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  const assay::ByteView bytes{data, size};
  if (const auto certificate = Certificate::from_der(bytes)) {
    static_cast<void>(certificate->identities());
    for (const int arc : {1, 8, 12, 21}) static_cast<void>(certificate->fulcio_extension(arc));
    static_cast<void>(certificate->subject());
    static_cast<void>(check_scts(*certificate, *certificate, {}));
    static_cast<void>(build_chain(*certificate, {}, {}, 0));
  }
  static_cast<void>(PublicKey::from_spki(bytes));
  static_cast<void>(PublicKey::from_pkcs1(bytes));
  static_cast<void>(PublicKey::from_pem(assay::as_text(bytes)));
  if (verify_timestamp(bytes, bytes, {})) std::abort();
  return 0;
}
