// How the JSON contracts put what is outside bytes, and what may be missing.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace assay::report {

/// Put outside bytes under `key`: escaped for display, and their exact bytes under `<key>_base64` where that differs.
void put_outside(nlohmann::ordered_json& object, const std::string& key, std::string_view bytes);

/// Our prose, with what came from outside escaped; null if empty.
nlohmann::ordered_json text_or_null(std::string_view text);

}  // namespace assay::report
