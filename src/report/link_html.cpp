#include "report/link_html.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/link_mark.hpp"
#include "report/html.hpp"

namespace assay::report {

namespace {

std::string outside(std::string_view text) {
  return html::plain(escape_for_display(text));
}

void add_item(const Link& link, std::string& out) {
  out += fmt::format("<li class=\"{}\"><b>{}</b> <i>{}</i> {}", to_string(link.state), outside(link.name),
                     mark_of(link), outside(link.detail));
  if (!link.evidence.empty()) {
    out += "<dl>";
    for (const auto& [label, text] : link.evidence)
      out += fmt::format("<dt>{}</dt><dd>{}</dd>", outside(label), outside(text));
    out += "</dl>";
  }
  if (!link.children.empty()) {
    out += "<ul>\n";
    for (const auto& child : link.children) add_item(child, out);
    out += "</ul>";
  }
  out += "</li>\n";
}

}  // namespace

std::string_view link_style() noexcept {
  return "ul.links,ul.links ul{list-style:none;margin:0;padding-left:1.4em}ul.links li{position:relative;padding:.15em "
         "0}"
         "ul.links ul li::before{content:\"\";position:absolute;left:-1em;top:0;bottom:0;border-left:1px solid #999}"
         "ul.links ul li:last-child::before{bottom:auto;height:.9em}"
         "ul.links ul li::after{content:\"\";position:absolute;left:-1em;top:.9em;width:.7em;border-top:1px solid #999}"
         "ul.links dl{margin:.1em 1em;font:12px/1.4 monospace;display:grid;grid-template-columns:max-content 1fr;gap:0 "
         "1em}"
         "ul.links dd{margin:0;overflow-wrap:anywhere}ul.links i{font-style:normal;border-radius:3px;padding:0 .4em}"
         ".ok>i{background:#d6f2dd;color:#0a5a26}.failed>i{background:#b00020;color:#fff;font-weight:bold}"
         ".not_checked>i{background:#fff0c2;color:#6b4600}";
}

std::string link_html(const Link& chain) {
  std::string out = "<ul class=\"links\">\n";
  add_item(chain, out);
  return out + "</ul>\n";
}

}  // namespace assay::report
