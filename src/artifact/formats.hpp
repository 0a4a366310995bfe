// What each comparator takes for its format: magic numbers, and names where a format has none.
#pragma once
#include <string_view>

#include "artifact/content.hpp"

namespace assay::artifact {

bool is_anything(const Content& content, std::string_view name);
bool is_ar(const Content& content, std::string_view name);
bool is_compressed(const Content& content, std::string_view name);
bool is_elf(const Content& content, std::string_view name);
bool is_tar(const Content& content, std::string_view name);
bool is_text(const Content& content, std::string_view name);
bool is_zip(const Content& content, std::string_view name);

}  // namespace assay::artifact
