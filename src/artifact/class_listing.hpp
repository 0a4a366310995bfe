// A Java class file as text in which every reference into the constant pool is resolved (The Java Virtual Machine
// Specification, chapter 4), so that two files can be compared whatever the order of their pools.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace assay::artifact {

struct ClassListing {
  std::uint32_t version = 0;           ///< the eight hexadecimal digits of minor and major version
  std::vector<std::string> lines;      ///< what the class is; each ends with a line feed and is printable ASCII
  std::vector<std::string> constants;  ///< one line for each constant, in the order of the pool
};

/// Every byte of the file is in the listing or says where in the pool something stands that is. Nothing if the file is
/// damaged, has something behind its end, or a structure that is not known.
std::optional<ClassListing> list_class(ByteView bytes);

}  // namespace assay::artifact
