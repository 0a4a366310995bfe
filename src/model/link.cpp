#include "model/link.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "model/link_mark.hpp"

namespace assay {

namespace {

std::string_view color_of(LinkState state) {
  switch (state) {
    case LinkState::ok:
      return "32";
    case LinkState::failed:
      return "1;31";
    case LinkState::not_checked:
      return "33";
  }
  return "0";
}

/// What a reader wants to know of any answer: which bytes and which key it is about, how old what it rests on is, who built
/// the artifact from what, and what is in it. The rest is for who asks for details.
bool is_always_told(std::string_view label) noexcept {
  static constexpr std::string_view k_labels[] = {
      "sha256",        "sha384",        "sha512",       "fingerprint", "primary key",
      "key",           "key SHA-256",   "trusted root", "builder-id",  "source-repository",
      "source-ref",    "source-commit", "finishedOn",   "contains",    "source repository",
      "source commit", "source ref"};
  return std::find(std::begin(k_labels), std::end(k_labels), label) != std::end(k_labels);
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

void render_lines(const Link& link, Paint paint, bool details, const std::string& lead, const std::string& below,
                  std::string& out) {
  const auto state = paint == Paint::yes ? fmt::format("\x1b[{}m{}\x1b[0m", color_of(link.state), mark_of(link))
                                         : std::string{mark_of(link)};
  out += fmt::format("{}{}: {}{}{}\n", lead, escape_for_display(link.name), state, link.detail.empty() ? "" : "  ",
                     escape_for_display(link.detail));
  const bool leaf = link.children.empty();
  for (const auto& [label, text] : link.evidence)
    if (details || is_always_told(label))
      out +=
          fmt::format("{}{}   {}: {}\n", below, leaf ? " " : "│", escape_for_display(label), escape_for_display(text));
  for (std::size_t i = 0; i < link.children.size(); ++i) {
    const bool last = i + 1 == link.children.size();
    render_lines(link.children[i], paint, details, below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), out);
  }
}

}  // namespace

std::string_view to_string(LinkState state) noexcept {
  switch (state) {
    case LinkState::ok:
      return "ok";
    case LinkState::failed:
      return "failed";
    case LinkState::not_checked:
      return "not_checked";
  }
  return "failed";
}

bool is_unproven(const Link& link) noexcept {
  if (link.state != LinkState::not_checked) return false;
  const auto open = std::count_if(link.children.begin(), link.children.end(), is_unchecked);
  if (open > 0)
    return std::all_of(link.children.begin(), link.children.end(),
                       [](const Link& child) { return !is_unchecked(child) || is_unproven(child); });
  return std::any_of(link.evidence.begin(), link.evidence.end(),
                     [](const auto& each) { return each.first == "verdict"; });
}

std::string_view mark_of(const Link& link) noexcept {
  if (is_unproven(link)) return "not proven";
  return link.state == LinkState::ok ? "ok" : link.state == LinkState::failed ? "FAILED" : "not checked";
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
  collect(
      link, [](const Link& each) { return each.state == LinkState::failed; }, found);
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

}  // namespace assay
