// Carving: containers and executables that begin inside a blob, at any offset. A magic number alone is three or four bytes
// that chance brings forth; only what decodes, or has a whole and sensible header, counts.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inspect/blob/region.hpp"
#include "inspect/content_type.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_finds_most = k_regions_most * 2;
constexpr std::uint64_t k_trial_output = 16U << 10;
constexpr std::uint64_t k_trial_memory = 80ULL << 20;
constexpr std::size_t k_least_size = 32;

/// 0: no magic number begins with the byte.
constexpr std::array<std::uint8_t, 256> k_first_bytes = [] {
  std::array<std::uint8_t, 256> table{};
  for (const char byte :
       "\x1F\xFD"
       "B\x28P\x7FM7#"sv)
    table[static_cast<unsigned char>(byte)] = 1;
  return table;
}();

bool begins(ByteView at, std::string_view magic) {
  return as_text(at).starts_with(magic);
}

archive::Filter plausible_filter(ByteView at) {
  if (begins(at, "\x1F\x8B\x08"sv))
    return (at[3] & 0xE0) == 0 && (at[9] <= 13 || at[9] == 255) ? archive::Filter::gzip : archive::Filter::none;
  if (begins(at,
             "\xFD"
             "7zXZ\0"sv))
    return archive::Filter::xz;
  if (begins(at, "BZh"sv)) return begins(at.subspan(4), "1AY&SY"sv) ? archive::Filter::bzip2 : archive::Filter::none;
  if (begins(at, "\x28\xB5\x2F\xFD"sv)) return archive::Filter::zstd;
  return archive::Filter::none;
}

/// ELF identification and type as the System V ABI ("ELF Header") has them.
bool is_plausible_elf(ByteView at) {
  if (!begins(at,
              "\x7F"
              "ELF"sv) ||
      at[4] < 1 || at[4] > 2 || at[5] < 1 || at[5] > 2 || at[6] != 1)
    return false;
  const auto low = at[at[5] == 1 ? 16 : 17];
  const auto high = at[at[5] == 1 ? 17 : 16];
  return high == 0 && low >= 1 && low <= 4;
}

/// A local file header (PKWARE APPNOTE 4.3.7) with a known method and a printable name.
bool is_plausible_zip(ByteView at) {
  if (!begins(at, "PK\3\4"sv) || at.size() < k_least_size) return false;
  const auto word = [&](std::size_t offset) { return at[offset] | at[offset + 1] << 8; };
  const auto name_size = static_cast<std::size_t>(word(26));
  if (word(4) > 63 || (word(8) != 0 && word(8) != 8 && word(8) != 12 && word(8) != 14) || name_size == 0 ||
      name_size > 1024)
    return false;
  const auto name = at.subspan(30).first(std::min(name_size, at.size() - 30));
  return name.size() == name_size && is_mostly_text(name);
}

constexpr auto k_seven_zip = "7z\xBC\xAF\x27\x1C"sv;

struct Found {
  std::string_view name;
  std::size_t size = 0;     ///< 0: nothing there
  std::size_t claimed = 0;  ///< of those what is certain to be its own; 0: all
};

/// Where the zip archive that begins there ends: behind the first end record (APPNOTE 4.3.16) whose central directory ends where the
/// record begins. 0 if there is none, or too many that claim to be one.
std::size_t end_of_zip(ByteView at) {
  constexpr std::size_t k_record = 22;
  constexpr int k_records_most = 64;
  const auto text = as_text(at);
  const auto word = [&](std::size_t offset) { return std::size_t{at[offset]} | std::size_t{at[offset + 1]} << 8; };
  const auto number = [&](std::size_t offset) { return word(offset) | word(offset + 2) << 16; };
  auto found = text.find("PK\5\6"sv);
  for (int i = 0; i < k_records_most && found != std::string_view::npos && found + k_record <= at.size(); ++i) {
    const auto end = found + k_record + word(found + 20);
    if (number(found + 12) + number(found + 16) == found && number(found + 12) > 0 && end <= at.size()) return end;
    found = text.find("PK\5\6"sv, found + 1);
  }
  return 0;
}

Found zip_at(ByteView at) {
  constexpr std::size_t k_header = 30;
  const auto end = end_of_zip(at);
  return end != 0 ? Found{"zip", end} : Found{"zip", at.size(), k_header};
}

Found try_stream(ByteView at, archive::Filter filter) {
  const auto decoded = decode_streams(filter, at, k_trial_output, k_trial_memory);
  // Raw deflate goes on for a while over anything: either the checksum at its end fits, or it went on for long.
  if (decoded.content.size() < k_region_least || (!decoded.limited && decoded.streams.size() == 1 && !decoded.whole))
    return {};
  return {archive::to_string(filter),
          decoded.limited || decoded.trailing == 0 ? at.size() : static_cast<std::size_t>(decoded.trailing_begin)};
}

Found look_at(ByteView at, Family around) {
  if (const auto filter = plausible_filter(at); filter != archive::Filter::none) return try_stream(at, filter);
  if (is_plausible_elf(at)) return {"ELF", at.size()};
  if (is_plausible_zip(at)) return zip_at(at);
  // What has no end that could be proven claims its magic number only: it may be there to hide what comes after it. The insides of a
  // program are carved by themselves.
  if (begins(at, k_seven_zip)) return {"7z", at.size(), k_seven_zip.size()};
  if (around == Family::executable) return {};
  if (executable_format(at) == "PE") return {"PE", at.size()};
  if (around == Family::text) return {};
  for (const auto magic : {"#!/bin/"sv, "#!/usr/bin/"sv})
    if (begins(at, magic)) return {"script", std::min(as_text(at).find('\0'), at.size()), magic.size()};
  return {};
}

bool is_carved(const RegionInput& input) {
  switch (input.kind.family) {
    case Family::empty:
    case Family::archive:
      return false;
    case Family::text:
      // Only its beginning made it one.
      return as_text(input.content).find('\0') != std::string_view::npos;
    case Family::compressed:
      return input.damaged;
    default:
      return true;
  }
}

}  // namespace

std::vector<Region> find_embedded_regions(const RegionInput& input) {
  std::vector<Region> regions;
  const auto content = input.content;
  if (!is_carved(input) || content.size() < k_least_size) return regions;
  for (std::size_t at = 1; at + k_least_size <= content.size() && regions.size() < k_finds_most; ++at) {
    if (k_first_bytes[content[at]] == 0) continue;
    const auto next = content[at + 1];
    // The second byte of each magic number, before anything is called.
    if (next != 0x8B && next != '7' && next != 'Z' && next != 0xB5 && next != 'K' && next != 'E' && next != 'z' &&
        next != '!')
      continue;
    const auto found = look_at(content.subspan(at), input.kind.family);
    if (found.size == 0) continue;
    Region region{fmt::format("at.{}", at), fmt::format("{} data that begins at byte {}", found.name, at), at,
                  found.size};
    region.claimed = found.claimed;
    regions.push_back(std::move(region));
    at += (found.claimed != 0 ? found.claimed : found.size) - 1;
  }
  return regions;
}

}  // namespace assay::inspect
