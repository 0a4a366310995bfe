#include "artifact/formats.hpp"

#include <algorithm>

#include "archive/decompressor.hpp"
#include "archive/sniff.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

bool holds_at(const Content& content, std::uint64_t offset, std::string_view magic) {
  return content.part(offset, magic.size()).text() == magic;
}

/// With a byte order mark, without which nobody could tell.
bool is_utf16(const Content& content) {
  return content.size() % 2 == 0 && (holds_at(content, 0, "\xff\xfe"sv) || holds_at(content, 0, "\xfe\xff"sv)) &&
         !holds_at(content, 0, "\xff\xfe\0\0"sv);
}

}  // namespace

bool is_apk(const Content& content, std::string_view name) {
  return name.ends_with(".apk") && content.text().starts_with("\x1f\x8b"sv);
}

bool is_class(const Content& content, std::string_view /*name*/) {
  // Mach-O binaries for several machines share the magic; their count of machines is small where the version is not.
  return content.text().starts_with("\xca\xfe\xba\xbe"sv) && content.size() > 8 && content.bytes()[7] >= 45;
}

bool is_cpio(const Content& content, std::string_view /*name*/) {
  return starts_with_any(content.text(), {"070701", "070702", "070707"});
}

bool is_ext(const Content& content, std::string_view /*name*/) {
  return content.size() > 4096 && holds_at(content, 1024 + 56, "\x53\xef"sv) && holds_at(content, 0, "\0\0\0\0"sv);
}

bool is_iso(const Content& content, std::string_view /*name*/) {
  return holds_at(content, 32769, "CD001"sv);
}

bool is_json(const Content& content, std::string_view name) {
  const auto first = content.text().find_first_not_of(" \t\r\n");
  const bool begins = first != std::string_view::npos && (content.text()[first] == '{' || content.text()[first] == '[');
  return begins && (ends_with_any(name, {".json", ".jsonl", ".map"}) || content.text()[first] == '{');
}

bool is_mo(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("\xde\x12\x04\x95"sv) || content.text().starts_with("\x95\x04\x12\xde"sv);
}

bool is_pdf(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("%PDF-"sv);
}

bool is_png(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("\x89PNG\r\n\x1a\n"sv);
}

bool is_pyc(const Content& content, std::string_view name) {
  return name.ends_with(".pyc") && content.size() >= 16 && holds_at(content, 2, "\r\n"sv);
}

bool is_rpm(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("\xed\xab\xee\xdb"sv);
}

bool is_sqlite(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("SQLite format 3\0"sv);
}

bool is_squashfs(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("hsqs"sv);
}

bool is_anything(const Content& /*content*/, std::string_view /*name*/) {
  return true;
}

bool is_ar(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("!<arch>\n");
}

bool is_compressed(const Content& content, std::string_view /*name*/) {
  return archive::sniff_filter(content.bytes().first(std::min<std::size_t>(content.size(), archive::k_sniff_size))) !=
         archive::Filter::none;
}

bool is_elf(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with(
      "\x7f"
      "ELF"sv);
}

bool is_tar(const Content& content, std::string_view /*name*/) {
  return content.size() >= 512 && archive::is_tar_header(content.bytes().first(512));
}

bool is_text(const Content& content, std::string_view /*name*/) {
  return looks_like_text(content.bytes()) || is_utf16(content);
}

bool is_toml(const Content& content, std::string_view name) {
  return (name.ends_with(".toml") || name == "Cargo.lock") && is_text(content, name);
}

bool is_xml(const Content& content, std::string_view name) {
  return content.text().starts_with("<?xml") || (ends_with_any(name, {".xml", ".svg"}) && is_text(content, name));
}

bool is_yaml(const Content& content, std::string_view name) {
  return ends_with_any(name, {".yaml", ".yml"}) && is_text(content, name);
}

bool is_zip(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("PK\3\4"sv) || content.text().starts_with("PK\5\6"sv);
}

}  // namespace assay::artifact
