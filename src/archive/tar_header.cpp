#include "archive/tar_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "archive/member_path.hpp"
#include "base/text.hpp"

namespace assay::archive::tar {

namespace {

using namespace std::string_view_literals;

std::string_view raw_field(ByteView block, Field field) {
  return as_text(block.subspan(field.offset, field.size));
}

struct NamedField {
  std::string_view name;
  Field field;
};
constexpr NamedField k_numbers[] = {{"mode", {100, 8}},         {"owner", {108, 8}}, {"group", {116, 8}},
                                    {"size", k_size},           {"time", {136, 12}}, {"device number", {329, 8}},
                                    {"device number", {337, 8}}};

/// Of star, and of what node-tar writes: a shorter beginning of the path, and two times behind it.
constexpr Field k_short_prefix{345, 131};

bool is_star(ByteView block) {
  return as_text(block.subspan(508, 4)) == "tar\0"sv;
}

/// Bytes behind the NUL that ends a text: node-tar takes them with it.
bool goes_on_behind_end(ByteView block, Field field) {
  const auto raw = raw_field(block, field);
  const auto end = raw.find('\0');
  return end != std::string_view::npos && raw.find_first_not_of('\0', end) != std::string_view::npos;
}

bool has_times_behind_prefix(ByteView block) {
  constexpr Field k_access_time{476, 12}, k_change_time{488, 12};
  return block[k_access_time.offset - 1] == 0 && number_field(block, k_access_time) &&
         number_field(block, k_change_time);
}

/// Packers write six digits, a NUL and a blank, or digits between blanks. Without an end node-tar reads on into the type.
bool is_usual_checksum(ByteView block) {
  const auto raw = raw_field(block, k_checksum);
  const auto begin = raw.find_first_not_of(' ');
  const auto end = raw.find_first_not_of("01234567", begin);
  return end != std::string_view::npos && raw.find_first_not_of(" \0"sv, end) == std::string_view::npos;
}

std::uint64_t unsigned_sum(ByteView block) {
  std::uint64_t sum = k_checksum.size * ' ';
  for (std::size_t i = 0; i < block.size(); ++i)
    if (i < k_checksum.offset || i >= k_checksum.offset + k_checksum.size) sum += block[i];
  return sum;
}

bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}

/// How much of `full` the letters of `plain` stand for, each other byte or none for one that is not ASCII; nothing if they are others.
std::optional<std::size_t> covered(std::string_view plain, std::string_view full) {
  std::size_t at = 0;
  for (const char c : plain) {
    if (at < full.size() && !is_plain(full[at]) && (c == full[at] || c == '?' || c == '_')) {
      ++at;
      continue;
    }
    while (at < full.size() && !is_plain(full[at])) ++at;
    if (at >= full.size() || full[at] != c) return std::nullopt;
    ++at;
  }
  while (at < full.size() && !is_plain(full[at])) ++at;
  return at;
}

/// What git archive writes for a path ("ID.data") or a link's target ("see ID.paxheader") that does not fit.
bool is_git_stand_in(std::string_view plain, std::string_view before, std::string_view behind) {
  if (!plain.starts_with(before) || !plain.ends_with(behind) || plain.size() < before.size() + behind.size())
    return false;
  const auto id = plain.substr(before.size(), plain.size() - before.size() - behind.size());
  return (id.size() == 40 || id.size() == 64) && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view text_field(ByteView block, Field field) {
  const auto raw = raw_field(block, field);
  return raw.substr(0, raw.find('\0'));
}

std::optional<std::uint64_t> number_field(ByteView block, Field field) {
  const auto bytes = block.subspan(field.offset, field.size);
  if ((bytes[0] & 0x80) != 0) {
    std::uint64_t value = bytes[0] & 0x7F;
    for (const auto byte : bytes.subspan(1)) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    return value;
  }
  const auto text = as_text(bytes);
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  const auto end = std::min(text.find_first_of(" \0"sv, begin), text.size());
  // GNU tar and Go skip a NUL before digits, and Python's tarfile ends at what follows a blank.
  if (text.find_first_not_of(" \0"sv, end) != std::string_view::npos) return std::nullopt;
  const auto digits = text.substr(begin, end - begin);
  if (digits.empty()) return 0;
  std::uint64_t value = 0;
  const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (code != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_gnu(ByteView block) {
  return raw_field(block, k_magic) == "ustar  \0"sv;
}

bool is_ustar(ByteView block) {
  return raw_field(block, k_magic).starts_with("ustar");
}

std::string plain_path(ByteView block) {
  const auto name = text_field(block, k_name), prefix = text_field(block, k_prefix);
  if (prefix.empty() || !is_ustar(block) || is_gnu(block)) return std::string{name};
  return fmt::format("{}{}{}", prefix, prefix.ends_with('/') ? "" : "/", name);
}

bool stands_for(std::string_view plain, std::string_view full) {
  const auto shorter = normalise_path(plain), longer = normalise_path(full);
  if (shorter == longer || is_git_stand_in(path_basename(shorter), "", ".data")) return true;
  if (shorter.starts_with("@PathCut/_pc_crc32/")) return true;  // 7-Zip
  const auto reached = covered(shorter, longer);
  if (reached == longer.size()) return true;
  // Only what does not fit is cut, at the end or within the last directories.
  constexpr std::size_t k_nearly_full = 85;
  if (shorter.size() < k_nearly_full || longer.size() <= shorter.size()) return false;
  if (reached) return true;
  // Perl's Archive::Tar keeps the end of the directories instead, as much of it as the beginning of the path holds.
  if (shorter.size() > k_prefix.size && longer.ends_with(shorter)) return true;
  const auto directory = path_dirname(shorter);
  return covered(directory, longer) && covered(path_basename(shorter), path_basename(longer));
}

bool stands_for_target(std::string_view plain, std::string_view full) {
  return plain == full || plain == "././@LongSymLink" || plain == "././@LongHardLink" ||  // libarchive
         is_git_stand_in(plain, "see ", ".paxheader") || stands_for(plain, full);
}

std::vector<std::string> oddities(ByteView block) {
  std::vector<std::string> found;
  const auto say_behind_end = [&](Field field, std::string_view what) {
    if (goes_on_behind_end(block, field))
      found.push_back(fmt::format("there are bytes behind the end of the {} in a header", what));
  };
  say_behind_end(k_name, "name");
  say_behind_end(k_link_name, "link's target");
  if (is_ustar(block) && !is_gnu(block))
    say_behind_end(has_times_behind_prefix(block) ? k_short_prefix : k_prefix, "beginning of the path");
  const bool has_sparse_map = is_gnu(block) && block[k_type_offset] == 'S';
  const auto rear = as_text(block.subspan(500, 12));
  if (!has_sparse_map && !is_star(block) && rear.find_first_not_of('\0') != std::string_view::npos)
    found.emplace_back("there are bytes behind the last field of a header");
  if (is_ustar(block) && !is_gnu(block) && raw_field(block, k_magic) != "ustar\00000"sv && block[k_prefix.offset] != 0)
    found.emplace_back("the magic of a header is not ustar's, and there is the beginning of a path");
  for (const auto& [name, field] : k_numbers)
    // Times before 1970 are negative, and binary.
    if (((block[field.offset] & 0x80) == 0 || field.offset == k_size.offset) && !number_field(block, field))
      found.push_back(fmt::format("the {} in a header is not a number", name));
  if (!is_usual_checksum(block)) found.emplace_back("the checksum of a header is written as no packer does");
  if (number_field(block, k_checksum) != unsigned_sum(block))
    found.emplace_back("the checksum of a header is that of signed bytes, which some readers refuse");
  return found;
}

}  // namespace assay::archive::tar
