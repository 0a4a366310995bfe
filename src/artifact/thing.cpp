#include "artifact/thing.hpp"

#include "artifact/comparator.hpp"

namespace assay::artifact {

std::string thing_of(const Content& content, std::string_view name) {
  if (content.text().starts_with("!<arch>\ndebian-binary")) return "a Debian package";
  const auto* comparator = comparator_for(content, name);
  if (comparator->name == "ar") return "an ar archive, as of object files";
  if (comparator->name == "compressed" && name.find(".pkg.tar") != std::string_view::npos)
    return "an Arch Linux package";
  if (comparator->name == "compressed" && (name.find(".tar.") != std::string_view::npos || name.ends_with(".tgz")))
    return "a compressed tar archive";
  if (comparator->name == "zip" && name.ends_with(".whl")) return "a Python wheel";
  if (comparator->name == "zip" && name.ends_with(".jar")) return "a Java archive";
  return std::string{comparator->thing};
}

}  // namespace assay::artifact
