// The same bytes stand at another path of the reference. That proves the bytes, not that they belong where they stand now: a
// fixture or document that became something the build runs stays unexplained, and so does a copy: what is run or compiled in two
// places is found first in the place that version control does not have.
#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

/// Is it something that a build runs or compiles? `sh gen` runs a script whose name and mode do not say that it is one.
bool matters(ExplainContext& context) {
  if (context.entry.reach <= Reach::compiled || context.difference.subject->executable()) return true;
  const auto* bytes = context.counterpart();
  return bytes != nullptr && as_text(*bytes).starts_with("#!");
}

bool is_hidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

/// Why some tool may look here for what nobody looked for there; empty if none will. Configuration runs programs too
/// (`.cargo/config.toml`, `autom4te.cache/requests`), and no list has every name.
std::string_view gained_name(const ExplainContext& context) {
  const auto& here = context.difference.path;
  const auto& there = context.difference.reference->path;
  if (is_document(here) || stands_aside(here)) return {};
  // Where cargo keeps the manifest as it was before it made its own of it.
  if (path_basename(there) == "Cargo.toml" && here == there + ".orig") return {};
  if (is_hidden(here) && !is_hidden(there)) return "here it is hidden, as the configuration of tools is";
  if (stands_aside(there)) return "there it stands aside from what is built";
  if (path_basename(here) != path_basename(there)) return "it has another name here, and a tool may look for that";
  return {};
}

/// Why the build treats the bytes here as it does not treat them there; empty if it does not.
std::string_view gained_reach(ExplainContext& context) {
  const auto& origin = *context.difference.reference;
  const auto& subject = *context.difference.subject;
  if (!matters(context)) return gained_name(context);
  if (context.entry.reach < reach_by_name(origin.path).reach && !origin.executable())
    return "by its name there nothing runs or compiles it";
  if (stands_aside(origin.path) && !stands_aside(context.difference.path))
    return "there it stands aside from what is built";
  const bool runs = context.entry.reach == Reach::executed || subject.executable();
  if (runs && !context.mapping.to_reference(subject.path)) return "it stands outside of the release's own directory";
  return {};
}

const TreeEntry* find_in_release(const ExplainContext& context, const std::string& path) {
  const auto& prefix = context.mapping.subject_prefix;
  return context.subject == nullptr ? nullptr : context.subject->find(prefix.empty() ? path : prefix + "/" + path);
}

/// Is it run because of its name alone, before what version control has in that directory?
bool takes_precedence(const ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  static constexpr std::string_view k_found_by_name[] = {"build.rs",         "conftest.py", "sitecustomize.py",
                                                         "usercustomize.py", "GNUmakefile", "BSDmakefile"};
  if (std::find(std::begin(k_found_by_name), std::end(k_found_by_name), name) != std::end(k_found_by_name)) return true;
  const auto directory = std::string{path_dirname(context.difference.path)};
  const auto stands_beside = [&](std::string_view other) {
    return find_in_release(context, directory.empty() ? std::string{other} : directory + "/" + std::string{other}) !=
           nullptr;
  };
  if (name == "makefile") return stands_beside("Makefile");
  return name == "configure" && (stands_beside("configure.ac") || stands_beside("configure.in"));
}

/// Why a second place is no mere move; empty if it is one, or if nothing builds what stands there.
std::string_view doubled(ExplainContext& context) {
  if (!matters(context) || stands_aside(context.difference.path)) return {};
  if (takes_precedence(context)) return "here its name alone makes a build use it";
  const auto home = context.mapping.from_reference(context.difference.reference->path);
  if (home && find_in_release(context, *home) != nullptr)
    return "it stands there too; this copy is in no place that version control has";
  return {};
}

}  // namespace

std::optional<Explanation> explain_moved(ExplainContext& context) {
  if (context.difference.status != EntryStatus::moved) return std::nullopt;
  const auto& origin = *context.difference.reference;
  auto explanation = make_explanation(Proof::identical, "moved",
                                      {{"path in VCS", origin.path}, {"blob", origin.digests.git_oid.hex()}});
  if (const auto why = gained_reach(context); !why.empty()) {
    explanation.proof = Proof::unexplained;
    explanation.evidence.emplace_back("reach", why);
  } else if (const auto copy = doubled(context); !copy.empty()) {
    // Build systems copy what an upstream published, under its name, to where they need it.
    if (auto known = explain_known(context)) return known;
    explanation.proof = Proof::unexplained;
    explanation.evidence.emplace_back("copy", copy);
  }
  return explanation;
}

}  // namespace assay::provenance
