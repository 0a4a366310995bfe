// Any bytes as an envelope, a statement, an SSH signature, a list of allowed signers or a minisign signature.
#include <cstdlib>

#include "attest/dsse.hpp"
#include "attest/git_signature.hpp"
#include "attest/minisign.hpp"
#include "attest/ssh_signature.hpp"
#include "attest/statement.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  const auto text = assay::as_text({data, size});
  if (const auto envelope = Envelope::parse(text)) {
    const auto again = Envelope::parse(envelope->to_json().dump());
    if (!again || again->signed_bytes() != envelope->signed_bytes()) std::abort();
    static_cast<void>(Statement::parse(assay::as_text(envelope->payload)));
  }
  if (const auto statement = Statement::parse(text); statement && statement->subjects.empty()) std::abort();
  if (const auto signature = SshSignature::parse(text)) static_cast<void>(parse_ssh_key(signature->public_key));
  static_cast<void>(parse_ssh_key({data, size}));
  static_cast<void>(AllowedSigners::parse(text));
  static_cast<void>(verify_minisign({}, text, text));
  const auto commit = split_commit(text, assay::GitHash::sha1);
  if (commit.payload.size() + commit.signature.size() > size) std::abort();
  const auto tag = split_tag(text);
  if (tag.payload + tag.signature != text) std::abort();
  return 0;
}
