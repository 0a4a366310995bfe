// What a content is called by people: a format by the name of what it is used for.
#pragma once
#include <string>
#include <string_view>

#include "artifact/content.hpp"

namespace assay::artifact {

/// "a Debian package", "an ELF file"; by the content, and by the name where that says more.
std::string thing_of(const Content& content, std::string_view name);

}  // namespace assay::artifact
