#include "artifact/comparator.hpp"

#include "artifact/formats.hpp"

namespace assay::artifact {

namespace {

constexpr Comparator k_comparators[] = {
    {"ar", "an ar archive", is_ar, compare_ar},
    {"zip", "a zip archive", is_zip, compare_zip},
    {"elf", "an ELF file", is_elf, compare_elf},
    {"rpm", "an RPM package", is_rpm, compare_rpm},
    {"apk", "an Alpine package", is_apk, compare_apk},
    {"cpio", "a cpio archive", is_cpio, compare_cpio},
    {"python", "Python byte code", is_pyc, compare_pyc},
    {"class", "a Java class file", is_class, compare_class},
    {"mo", "a message catalogue", is_mo, compare_mo},
    {"png", "a PNG picture", is_png, compare_png},
    {"pdf", "a PDF document", is_pdf, compare_pdf},
    {"sqlite", "an SQLite database", is_sqlite, compare_sqlite},
    {"squashfs", "a squashfs image", is_squashfs, compare_squashfs},
    {"iso9660", "an ISO 9660 image", is_iso, compare_iso},
    {"ext", "an ext file system", is_ext, compare_ext},
    {"compressed", "a compressed stream", is_compressed, compare_compressed},
    {"tar", "a tar archive", is_tar, compare_tar},
    {"json", "JSON", is_json, compare_json, true},
    {"xml", "XML", is_xml, compare_xml, true},
    {"yaml", "YAML", is_yaml, compare_yaml, true},
    {"toml", "TOML", is_toml, compare_toml, true},
    {"text", "text", is_text, compare_text, true},
    {"bytes", "data", is_anything, compare_binary, true},
};

}  // namespace

std::span<const Comparator> comparators() noexcept {
  return k_comparators;
}

const Comparator* comparator_for(const Content& content, std::string_view name) {
  for (const auto& comparator : k_comparators)
    if (comparator.reads(content, name)) return &comparator;
  return &k_comparators[std::size(k_comparators) - 1];
}

}  // namespace assay::artifact
