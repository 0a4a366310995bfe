#include "report/json_values.hpp"

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "report/wording.hpp"

namespace assay::report {

void put_outside(nlohmann::ordered_json& object, const std::string& key, std::string_view bytes) {
  auto shown = escape_for_display(bytes);
  const bool exact = shown == bytes;
  object[key] = std::move(shown);
  if (!exact) object[key + "_base64"] = to_base64(as_bytes(bytes));
}

nlohmann::ordered_json text_or_null(std::string_view text) {
  return text.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(safe_prose(text));
}

}  // namespace assay::report
