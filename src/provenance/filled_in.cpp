#include "provenance/filled_in.hpp"

#include <algorithm>

#include "base/search.hpp"

namespace assay::provenance {

bool is_filled_in_version(std::string_view text) {
  return !text.empty() && text.size() < 24 &&
         text.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

std::string_view version_between(std::string_view text, std::string_view before, std::string_view after) {
  const auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + before.size());
  const auto version = rest.substr(0, std::min(rest.find(after), rest.size()));
  return is_filled_in_version(version) ? version : std::string_view{};
}

std::string with_replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (auto at = find_word(text, from); at != std::string_view::npos; at = find_word(text, from)) {
    (out += text.substr(0, at)) += to;
    text.remove_prefix(at + from.size());
  }
  return out += text;
}

}  // namespace assay::provenance
