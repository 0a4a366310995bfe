// RFC 4648 section 4, with padding.
#pragma once
#include <string>

#include "base/bytes.hpp"

namespace assay {

std::string to_base64(ByteView bytes);

}  // namespace assay
