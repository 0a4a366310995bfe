#include "model/link.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

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
  const auto state = paint == Paint::yes ? fmt::format("\x1b[{}m{}\x1b[0m", color_of(link.state), mark_of(link.state))
                                         : std::string{mark_of(link.state)};
  out += fmt::format("{}{}: {}{}{}\n", lead, escape_for_display(link.name), state, link.detail.empty() ? "" : "  ",
                     escape_for_display(link.detail));
  const bool leaf = link.children.empty();
  if (details)
    for (const auto& [label, text] : link.evidence)
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

std::string_view mark_of(LinkState state) noexcept {
  switch (state) {
    case LinkState::ok:
      return "ok";
    case LinkState::failed:
      return "FAILED";
    case LinkState::not_checked:
      return "not checked";
  }
  return "FAILED";
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
