#include "attest/chain.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace assay::attest {

namespace {

std::string_view mark(LinkState state) {
  switch (state) {
    case LinkState::ok: return "ok";
    case LinkState::failed: return "FAILED";
    case LinkState::not_checked: return "not checked";
  }
  return "";
}

std::string_view color_of(LinkState state) {
  switch (state) {
    case LinkState::ok: return "32";
    case LinkState::failed: return "1;31";
    case LinkState::not_checked: return "33";
  }
  return "0";
}

bool is_unchecked(const Link& link) {
  return link.state == LinkState::not_checked && link.required;
}

template <typename Wanted>
void collect(const Link& link, const Wanted& wanted, std::vector<const Link*>& found) {
  const auto before = found.size();
  for (const auto& child : link.children) collect(child, wanted, found);
  if (found.size() == before && wanted(link)) found.push_back(&link);
}

void render_lines(const Link& link, Paint paint, bool details, const std::string& lead, const std::string& below, std::string& out) {
  const auto state = paint == Paint::yes ? fmt::format("\x1b[{}m{}\x1b[0m", color_of(link.state), mark(link.state)) : std::string{mark(link.state)};
  out += fmt::format("{}{}: {}{}{}\n", lead, escape_for_display(link.name), state, link.detail.empty() ? "" : "  ", escape_for_display(link.detail));
  const bool leaf = link.children.empty();
  if (details)
    for (const auto& [label, text] : link.evidence)
      out += fmt::format("{}{}   {}: {}\n", below, leaf ? " " : "│", escape_for_display(label), escape_for_display(text));
  for (std::size_t i = 0; i < link.children.size(); ++i) {
    const bool last = i + 1 == link.children.size();
    render_lines(link.children[i], paint, details, below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), out);
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : escape_for_display(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

void render_item(const Link& link, std::string& out) {
  out += fmt::format("<li class=\"{}\"><b>{}</b>: <span>{}</span> {}", to_string(link.state), escape_html(link.name), mark(link.state), escape_html(link.detail));
  if (!link.evidence.empty()) {
    out += "<dl>";
    for (const auto& [label, text] : link.evidence) out += fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(label), escape_html(text));
    out += "</dl>";
  }
  if (!link.children.empty()) {
    out += "<ul>\n";
    for (const auto& child : link.children) render_item(child, out);
    out += "</ul>";
  }
  out += "</li>\n";
}

}  // namespace

std::string_view to_string(LinkState state) noexcept {
  switch (state) {
    case LinkState::ok: return "ok";
    case LinkState::failed: return "failed";
    case LinkState::not_checked: return "not_checked";
  }
  return "failed";
}

Link Link::ok(std::string name, std::string detail) {
  return {std::move(name), LinkState::ok, std::move(detail), {}, {}, true};
}

Link Link::failed(std::string name, std::string detail) {
  return {std::move(name), LinkState::failed, std::move(detail), {}, {}, true};
}

Link Link::not_checked(std::string name, std::string detail, bool required) {
  return {std::move(name), LinkState::not_checked, std::move(detail), {}, {}, required};
}

Link& Link::with(std::string label, std::string text) {
  evidence.emplace_back(std::move(label), std::move(text));
  return *this;
}

Link& Link::add(Link child) {
  children.push_back(std::move(child));
  return children.back();
}

void Link::settle() {
  state = LinkState::ok;
  for (const auto& child : children) {
    if (child.state == LinkState::failed) state = LinkState::failed;
    if (is_unchecked(child) && state == LinkState::ok) state = LinkState::not_checked;
  }
}

std::vector<const Link*> failures(const Link& link) {
  std::vector<const Link*> found;
  collect(link, [](const Link& each) { return each.state == LinkState::failed; }, found);
  return found;
}

const Link* first_failure(const Link& link) {
  const auto found = failures(link);
  return found.empty() ? nullptr : found.front();
}

std::vector<const Link*> unchecked(const Link& link) {
  std::vector<const Link*> found;
  collect(link, is_unchecked, found);
  return found;
}

std::string render_tree(const Link& root, Paint paint, bool details) {
  std::string out;
  render_lines(root, paint, details, "", "", out);
  return out;
}

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

std::string render_html(const Link& root) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>assay verify</title>\n"
      "<style>body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}ul{list-style:none;border-left:1px solid #bbb;"
      "padding-left:1.2em}dl{margin:.2em 1em;font:13px monospace;display:grid;grid-template-columns:max-content 1fr;gap:0 1em}"
      "dd{margin:0;overflow-wrap:anywhere}.ok>span{color:#0a6b2d}.failed>span{color:#b00020;font-weight:bold}"
      ".not_checked>span{color:#8a5a00}</style>\n<h1>assay verify</h1>\n<ul>\n";
  render_item(root, out);
  return out + "</ul>\n</html>\n";
}

}  // namespace assay::attest
