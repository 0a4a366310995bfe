// What each comparator takes for its format: magic numbers, and names where a format has none.
#pragma once
#include <string_view>

#include "artifact/content.hpp"

namespace assay::artifact {

bool is_apk(const Content& content, std::string_view name);
bool is_class(const Content& content, std::string_view name);
bool is_cpio(const Content& content, std::string_view name);
bool is_ext(const Content& content, std::string_view name);
bool is_iso(const Content& content, std::string_view name);
bool is_json(const Content& content, std::string_view name);
bool is_mo(const Content& content, std::string_view name);
bool is_pdf(const Content& content, std::string_view name);
bool is_png(const Content& content, std::string_view name);
bool is_pyc(const Content& content, std::string_view name);
bool is_rpm(const Content& content, std::string_view name);
bool is_sqlite(const Content& content, std::string_view name);
bool is_squashfs(const Content& content, std::string_view name);
bool is_anything(const Content& content, std::string_view name);
bool is_ar(const Content& content, std::string_view name);
bool is_compressed(const Content& content, std::string_view name);
bool is_elf(const Content& content, std::string_view name);
bool is_tar(const Content& content, std::string_view name);
bool is_text(const Content& content, std::string_view name);
bool is_toml(const Content& content, std::string_view name);
bool is_xml(const Content& content, std::string_view name);
bool is_yaml(const Content& content, std::string_view name);
bool is_zip(const Content& content, std::string_view name);

}  // namespace assay::artifact
