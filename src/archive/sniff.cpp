#include "archive/sniff.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

using namespace std::string_view_literals;

bool holds(ByteView bytes, std::string_view magic, std::size_t offset = 0) {
  return bytes.size() >= offset + magic.size() && std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

struct Magic {
  std::string_view bytes;
  std::size_t offset;
  std::string_view description;
};

constexpr std::array k_other_content{
    Magic{"\x7f"
          "ELF"sv,
          0, "is an ELF file"},
    Magic{"MZ"sv, 0, "is a Windows executable"},
    Magic{"Rar!\x1a\x07"sv, 0, "is a RAR archive, a format that is not read"},
    Magic{"xar!"sv, 0, "is a XAR archive, a format that is not read"},
    Magic{"hsqs"sv, 0, "is a SquashFS image, a format that is not read"},
    Magic{"\xed\xab\xee\xdb"sv, 0, "is an RPM package, a format that is not read"},
    Magic{"\x1f\x9d"sv, 0, "is compressed with compress(1), a filter that is not read"},
    Magic{"\x89LZO"sv, 0, "is lzop-compressed, a filter that is not read"},
    Magic{"%PDF-"sv, 0, "is a PDF document"},
    Magic{"\x89PNG"sv, 0, "is a PNG image"},
    Magic{"\xff\xd8\xff"sv, 0, "is a JPEG image"},
    Magic{"GIF8"sv, 0, "is a GIF image"},
    Magic{"-----BEGIN PGP"sv, 0, "is an OpenPGP text, perhaps the signature of an archive"},
    Magic{"PACK"sv, 0, "is a git pack"},
    Magic{"# v2 git bundle"sv, 0, "is a git bundle"},
    Magic{"<!DOCTYPE"sv, 0, "is an HTML page, perhaps the error page of a download"},
    Magic{"<html"sv, 0, "is an HTML page, perhaps the error page of a download"},
    Magic{"#!"sv, 0, "is a script"},
};

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// "070701", "070702" or "070707", and numbers behind it; a name may begin with these digits too.
bool is_text_cpio(ByteView head) {
  if (!holds(head, "070701"sv) && !holds(head, "070702"sv) && !holds(head, "070707"sv)) return false;
  const auto numbers = head.subspan(6, std::min<std::size_t>(head.size() - 6, 24));
  return std::all_of(numbers.begin(), numbers.end(), [](std::uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F') || (byte >= 'a' && byte <= 'f');
  });
}

}  // namespace

Format sniff_format(ByteView head) noexcept {
  if (holds(head, "PK\3\4"sv) || holds(head, "PK\5\6"sv) || holds(head, "PK\7\10PK\3\4"sv)) return Format::zip;
  if (holds(head, "7z\xbc\xaf\x27\x1c"sv)) return Format::seven_zip;
  if (holds(head, "!<arch>\n"sv)) return Format::ar;
  if (is_text_cpio(head) || holds(head, "\xc7\x71"sv) || holds(head, "\x71\xc7"sv)) return Format::cpio;
  if (holds(head, "MSCF\0\0\0\0"sv)) return Format::cabinet;
  if (head.size() < 512) return Format::unknown;
  if (is_tar_header(head.first(512))) return Format::tar;
  if (holds(head, "\1CD001\1"sv, 0x8000)) return Format::iso9660;
  // An archive without members is nothing but its end mark.
  if (is_zero(head.first(512))) return Format::tar;
  return Format::unknown;
}

std::string_view besides_tar(ByteView head) noexcept {
  if (head.size() < 512 || !is_tar_header(head.first(512))) return {};
  // With magic numbers of letters a name may begin too: what follows them has to fit as well.
  switch (sniff_filter(head)) {
    case Filter::none:
      break;
    case Filter::bzip2:
      if (holds(head, "\x31\x41\x59\x26\x53\x59"sv, 4) || holds(head, "\x17\x72\x45\x38\x50\x90"sv, 4))
        return "a bzip2 stream";
      break;
    case Filter::lzip:
      if (head[4] <= 1) return "an lzip stream";
      break;
    case Filter::gzip:
      return "a gzip stream";
    case Filter::xz:
      return "an xz stream";
    case Filter::lzma:
      return "an lzma stream";
    case Filter::zstd:
      return "a zstd stream";
    case Filter::lz4:
      return "an lz4 stream";
  }
  switch (sniff_format(head)) {
    case Format::zip:
      return "a zip archive";
    case Format::seven_zip:
      return "a 7z archive";
    case Format::ar:
      return "an ar archive";
    case Format::cpio:
      return "a cpio archive";
    case Format::cabinet:
      return "a cabinet";
    case Format::tar:
    case Format::iso9660:
    case Format::unknown:
      break;
  }
  return {};
}

std::string_view describe_content(ByteView head) noexcept {
  for (const auto& magic : k_other_content)
    if (holds(head, magic.bytes, magic.offset)) return magic.description;
  return "is not an archive of a known format";
}

bool is_tar_header(ByteView block) noexcept {
  constexpr std::size_t k_begin = 148;
  constexpr std::size_t k_end = 156;
  std::uint32_t stored = 0;
  bool digits = false;
  for (std::size_t i = k_begin; i < k_end; ++i) {
    const auto c = block[i];
    if (c >= '0' && c <= '7') {
      stored = stored * 8 + (c - '0');
      digits = true;
    } else if (c != ' ' && c != 0) {
      return false;
    } else if (digits) {
      break;
    }
  }
  // Old tars summed signed characters; both sums are accepted, as every reader does.
  std::int32_t as_unsigned = 8 * ' ';
  std::int32_t as_signed = as_unsigned;
  for (std::size_t i = 0; i < 512; ++i) {
    if (i >= k_begin && i < k_end) continue;
    as_unsigned += block[i];
    as_signed += static_cast<std::int8_t>(block[i]);
  }
  const auto sum = static_cast<std::int32_t>(stored);
  return digits && (sum == as_unsigned || sum == as_signed);
}

}  // namespace assay::archive
