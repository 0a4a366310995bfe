#include "inspect/blob/kind.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "archive/decompressor.hpp"
#include "archive/sniff.hpp"
#include "base/text.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/source.hpp"
#include "inspect/walk_rpm.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_text_sample = 8000;

struct Magic {
  std::string_view bytes;
  std::size_t offset;
  Kind kind;
};

constexpr std::array k_magics{
    Magic{"\x89PNG\r\n\x1A\n"sv, 0, {Family::image, "PNG image"}},
    Magic{"\xFF\xD8\xFF"sv, 0, {Family::image, "JPEG image"}},
    Magic{"GIF87a"sv, 0, {Family::image, "GIF image"}},
    Magic{"GIF89a"sv, 0, {Family::image, "GIF image"}},
    Magic{"II*\0"sv, 0, {Family::image, "TIFF image"}},
    Magic{"MM\0*"sv, 0, {Family::image, "TIFF image"}},
    Magic{"WEBP"sv, 8, {Family::image, "WebP image"}},
    Magic{"\0\0\x01\0"sv, 0, {Family::image, "Windows icon"}},
    Magic{"RIFF"sv, 0, {Family::media, "RIFF media"}},
    Magic{"OggS"sv, 0, {Family::media, "Ogg media"}},
    Magic{"fLaC"sv, 0, {Family::media, "FLAC audio"}},
    Magic{"ID3"sv, 0, {Family::media, "MP3 audio"}},
    Magic{"ftyp"sv, 4, {Family::media, "ISO media"}},
    Magic{"\x1A\x45\xDF\xA3"sv, 0, {Family::media, "Matroska media"}},
    Magic{"%PDF-"sv, 0, {Family::document, "PDF document"}},
    Magic{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, 0, {Family::document, "OLE document"}},
    Magic{"wOFF"sv, 0, {Family::font, "WOFF font"}},
    Magic{"wOF2"sv, 0, {Family::font, "WOFF2 font"}},
    Magic{"OTTO"sv, 0, {Family::font, "OpenType font"}},
    Magic{"\0\x01\0\0\0"sv, 0, {Family::font, "TrueType font"}},
    Magic{"\xDE\x12\x04\x95"sv, 0, {Family::catalogue, "message catalogue"}},
    Magic{"\x95\x04\x12\xDE"sv, 0, {Family::catalogue, "message catalogue"}},
    Magic{"SQLite format 3\0"sv, 0, {Family::data, "SQLite database"}},
    Magic{"PACK"sv, 0, {Family::data, "git pack"}},
    Magic{"Rar!\x1A\x07"sv, 0, {Family::archive, "RAR archive"}},
    Magic{"MSCF"sv, 0, {Family::archive, "cabinet archive"}},
    Magic{"xar!"sv, 0, {Family::archive, "XAR archive"}},
    Magic{"hsqs"sv, 0, {Family::archive, "SquashFS image"}},
    Magic{"CD001"sv, 0x8001, {Family::archive, "ISO 9660 image"}},
    Magic{"\x1F\x9D"sv, 0, {Family::compressed, "compress"}},
    Magic{"\x89LZO"sv, 0, {Family::compressed, "lzop"}},
};

Kind kind_of_filter(archive::Filter filter) noexcept {
  return {Family::compressed, archive::to_string(filter)};
}

Kind kind_of_format(archive::Format format) noexcept {
  switch (format) {
    case archive::Format::tar:
      return {Family::archive, "tar archive"};
    case archive::Format::zip:
      return {Family::archive, "zip archive"};
    case archive::Format::cpio:
      return {Family::archive, "cpio archive"};
    case archive::Format::ar:
      return {Family::archive, "ar archive"};
    case archive::Format::iso9660:
      return {Family::archive, "ISO 9660 image"};
    case archive::Format::seven_zip:
      return {Family::archive, "7z archive"};
    case archive::Format::cabinet:
      return {Family::archive, "cabinet archive"};
    case archive::Format::unknown:
      break;
  }
  return {Family::data, "data"};
}

bool holds(ByteView content, const Magic& magic) noexcept {
  return content.size() >= magic.offset + magic.bytes.size() &&
         as_text(content.subspan(magic.offset)).starts_with(magic.bytes);
}

struct NameRule {
  std::string_view suffix;
  Family family;
};
constexpr std::array k_names{
    NameRule{".png", Family::image},      NameRule{".jpg", Family::image},      NameRule{".jpeg", Family::image},
    NameRule{".gif", Family::image},      NameRule{".tif", Family::image},      NameRule{".tiff", Family::image},
    NameRule{".webp", Family::image},     NameRule{".gz", Family::compressed},  NameRule{".xz", Family::compressed},
    NameRule{".bz2", Family::compressed}, NameRule{".zst", Family::compressed}, NameRule{".lzma", Family::compressed},
    NameRule{".lz4", Family::compressed}, NameRule{".tgz", Family::compressed}, NameRule{".txz", Family::compressed},
    NameRule{".zip", Family::archive},    NameRule{".jar", Family::archive},    NameRule{".whl", Family::archive},
    NameRule{".tar", Family::archive},    NameRule{".7z", Family::archive},     NameRule{".rpm", Family::archive},
    NameRule{".deb", Family::archive},    NameRule{".pdf", Family::document},   NameRule{".mo", Family::catalogue},
    NameRule{".gmo", Family::catalogue},  NameRule{".woff", Family::font},      NameRule{".ttf", Family::font},
    NameRule{".otf", Family::font},       NameRule{".wav", Family::media},      NameRule{".mp3", Family::media},
    NameRule{".ogg", Family::media},      NameRule{".flac", Family::media},     NameRule{".txt", Family::text},
    NameRule{".md", Family::text},        NameRule{".c", Family::text},         NameRule{".h", Family::text},
    NameRule{".m4", Family::text},        NameRule{".sh", Family::text},        NameRule{".py", Family::text},
    NameRule{".cmake", Family::text},     NameRule{".html", Family::text},      NameRule{".xml", Family::text},
};

/// Beside those of tests, directories where binary data is expected.
constexpr std::array k_data_directories{"contrib"sv, "images"sv, "data"sv};

bool is_place_of_data(std::string_view component) {
  return is_test_directory(component) || std::find(k_data_directories.begin(), k_data_directories.end(),
                                                   ascii_lower(component)) != k_data_directories.end();
}

}  // namespace

std::string_view to_string(Family family) noexcept {
  switch (family) {
    case Family::empty:
      return "empty";
    case Family::text:
      return "text";
    case Family::compressed:
      return "compressed data";
    case Family::archive:
      return "an archive";
    case Family::image:
      return "an image";
    case Family::media:
      return "sound or video";
    case Family::document:
      return "a document";
    case Family::font:
      return "a font";
    case Family::catalogue:
      return "a message catalogue";
    case Family::executable:
      return "an executable";
    case Family::data:
      return "data";
  }
  return "data";
}

bool is_mostly_text(ByteView content) noexcept {
  const auto sample = content.first(std::min(content.size(), k_text_sample));
  if (sample.empty()) return true;
  if (std::memchr(sample.data(), 0, sample.size()) != nullptr) return false;
  std::size_t control = 0;
  std::size_t high = 0;
  // In blocks whose counts fit into bytes: the compiler makes one instruction of sixteen bytes of that.
  constexpr std::size_t k_block = 255;
  for (auto rest = sample; !rest.empty(); rest = rest.subspan(std::min(k_block, rest.size()))) {
    std::uint8_t control_here = 0;
    std::uint8_t high_here = 0;
    for (const auto byte : rest.first(std::min(k_block, rest.size()))) {
      const bool is_control = (byte < 0x20) & ((byte < 0x07) | ((byte > 0x0D) & (byte != 0x1B)));
      control_here = static_cast<std::uint8_t>(control_here + is_control);
      high_here = static_cast<std::uint8_t>(high_here + (byte >= 0x7F));
    }
    control += control_here;
    high += high_here;
  }
  if (control * 50 > sample.size()) return false;
  if (high * 8 <= sample.size()) return true;
  // A sample may end within a character.
  for (std::size_t cut = 0; cut < std::min<std::size_t>(4, sample.size()); ++cut)
    if (is_utf8(as_text(sample.first(sample.size() - cut)))) return true;
  return false;
}

Kind kind_of(ByteView content) noexcept {
  if (content.empty()) return {Family::empty, "empty"};
  if (const auto executable = executable_format(content); !executable.empty()) return {Family::executable, executable};
  if (const auto filter = archive::sniff_filter(content); filter != archive::Filter::none)
    return kind_of_filter(filter);
  for (const auto& magic : k_magics)
    if (holds(content, magic)) return magic.kind;
  if (is_rpm(content)) return {Family::archive, "RPM package"};
  const auto format = archive::sniff_format(content.first(std::min(content.size(), archive::k_sniff_size)));
  // 512 zero bytes are an empty tar archive only if nothing else follows.
  if (format != archive::Format::unknown && (format != archive::Format::tar || content[0] != 0))
    return kind_of_format(format);
  // A first line in front of other data is soon written.
  if (as_text(content).starts_with("#!") && looks_like_text(content)) return {Family::text, "script"};
  if (is_mostly_text(content)) return {Family::text, "text"};
  return {Family::data, "data"};
}

Family family_of_name(std::string_view name) noexcept {
  const auto lower = ascii_lower(path_basename(name));
  for (const auto& rule : k_names)
    if (lower.size() > rule.suffix.size() && lower.ends_with(rule.suffix)) return rule.family;
  return Family::data;
}

bool is_test_place(std::string_view path) noexcept {
  for (auto rest = path_dirname(path); !rest.empty();) {
    const auto slash = rest.find('/');
    if (is_place_of_data(rest.substr(0, slash))) return true;
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return false;
}

bool promises_damage(std::string_view path) noexcept {
  constexpr std::array k_words{"bad"sv,    "corrupt"sv, "trunc"sv,     "invalid"sv,    "fuzz"sv,
                               "broken"sv, "crash"sv,   "malformed"sv, "unsupported"sv};
  const auto lower = ascii_lower(path);
  return std::any_of(k_words.begin(), k_words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace assay::inspect
