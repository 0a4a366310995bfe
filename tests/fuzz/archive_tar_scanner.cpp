// Any bytes as a tar stream, whole and in pieces: the scanner must not care how it is fed.
#include <algorithm>
#include <cstdlib>

#include "archive/tar_scanner.hpp"

namespace {

struct Outcome {
  std::vector<assay::Finding> findings;
  std::string dialect;
  std::string commit;
  bool limited = false;
};

Outcome scan(assay::ByteView bytes, std::size_t piece) {
  assay::archive::FindingSink findings;
  assay::Limits limits;
  limits.max_header_size = 65536;
  assay::archive::TarScanner scanner{findings, limits};
  while (!bytes.empty()) {
    const auto count = std::min(piece, bytes.size());
    scanner.feed(bytes.first(count));
    bytes = bytes.subspan(count);
  }
  scanner.finish();
  return {findings.take(), std::string{scanner.dialect()}, scanner.claimed_commit(), !scanner.outcome()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const assay::ByteView bytes{data, size};
  const auto whole = scan(bytes, size + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{512}, std::size_t{777}}) {
    const auto pieces = scan(bytes, piece);
    bool same = whole.findings.size() == pieces.findings.size() && whole.dialect == pieces.dialect &&
                whole.commit == pieces.commit && whole.limited == pieces.limited;
    for (std::size_t i = 0; same && i < whole.findings.size(); ++i)
      same = whole.findings[i].message == pieces.findings[i].message;
    if (!same) std::abort();
  }
  return 0;
}
