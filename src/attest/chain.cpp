#include "attest/chain.hpp"

#include "base/text.hpp"

namespace assay::attest {

Json to_json(const Link& root) {
  auto json = Json::object();
  json.set("name", root.name).set("state", to_string(root.state)).set("detail", escape_for_display(root.detail));
  if (!root.required) json.set("required", false);
  auto evidence = Json::array();
  for (const auto& [label, text] : root.evidence) {
    auto item = Json::object();
    item.set("label", label).set("text", escape_for_display(text));
    evidence.push(std::move(item));
  }
  json.set("evidence", std::move(evidence));
  auto children = Json::array();
  for (const auto& child : root.children) children.push(to_json(child));
  json.set("links", std::move(children));
  return json;
}

}  // namespace assay::attest
