// Any bytes as known-files data. The header's checksum would stop every mutation at the door, so that it is put right
// first; then every query must stay inside the bytes and end.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "provenance/known_format.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

constexpr std::size_t k_section_table = 24;
constexpr std::size_t k_checksum = k_section_table + 5 * 16;

void put(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

/// Lay the bytes out as five sections, their sizes taken from the first five of them, below a header that is right.
std::vector<std::uint8_t> laid_out(ByteView input) {
  constexpr std::size_t element[]{1, 12, 8, 20, 12};
  std::vector<std::uint8_t> bytes(k_checksum + 32);
  std::memcpy(bytes.data(), "ASSAYKNF", 8);
  put(bytes, 8, k_known_format_version, 4);
  put(bytes, 12, 5, 4);
  const auto sizes = input.first(std::min<std::size_t>(input.size(), 4));
  auto rest = input.subspan(sizes.size());
  std::size_t records = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    auto count = i == 3 ? records : (i < sizes.size() ? sizes[i] : rest.size() / element[i]);
    if (i == 2) records = count;
    put(bytes, k_section_table + i * 16, bytes.size(), 8);
    put(bytes, k_section_table + i * 16 + 8, count, 8);
    const auto take = rest.first(std::min(rest.size(), count * element[i]));
    bytes.insert(bytes.end(), take.begin(), take.end());
    bytes.resize(bytes.size() + count * element[i] - take.size());
    rest = rest.subspan(take.size());
  }
  put(bytes, 16, bytes.size(), 8);
  const auto sum = sha256(ByteView{bytes}.first(k_checksum));
  std::memcpy(bytes.data() + k_checksum, sum.bytes.data(), sum.bytes.size());
  return bytes;
}

void query(const KnownData& data, ByteView input) {
  Sha256 digest;
  LineDigest line;
  std::memcpy(digest.bytes.data(), input.data(), std::min(input.size(), digest.bytes.size()));
  std::memcpy(line.bytes.data(), input.data(), std::min(input.size(), line.bytes.size()));
  std::size_t read = 0;
  for (const auto& record : data.find(content_key(digest))) read += record.path.size();
  for (const auto& record : data.history_of(as_text(input.first(std::min<std::size_t>(input.size(), 3)))))
    read += record.path.size();
  for (const auto& pair : data.pairs()) read += pair.path.size();
  read += data.has_line(line) ? 1U : 0U;
  if (data.verify("fuzz") && data.content_count() > data.record_count()) std::abort();
  if (read > (1U << 30)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const ByteView input{bytes, size};
  if (const auto data = KnownData::open(input, "fuzz")) query(*data, input);
  const auto file = laid_out(input);
  const auto data = KnownData::open(file, "fuzz");
  if (!data) std::abort();
  query(*data, input);
  return 0;
}
