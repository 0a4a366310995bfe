#include "artifact/formats.hpp"

#include <algorithm>

#include "archive/decompressor.hpp"
#include "archive/sniff.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

}  // namespace

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
  return content.text().starts_with("\x7f"
                                    "ELF"sv);
}

bool is_tar(const Content& content, std::string_view /*name*/) {
  return content.size() >= 512 && archive::is_tar_header(content.bytes().first(512));
}

bool is_text(const Content& content, std::string_view /*name*/) {
  return looks_like_text(content.bytes());
}

bool is_zip(const Content& content, std::string_view /*name*/) {
  return content.text().starts_with("PK\3\4"sv) || content.text().starts_with("PK\5\6"sv);
}

}  // namespace assay::artifact
