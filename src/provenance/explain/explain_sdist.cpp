// What a Python source distribution adds to VCS: PKG-INFO (core metadata, PEP 566 and later), SOURCES.txt and the other lists
// of an .egg-info directory, and the [egg_info] section that setuptools appends to setup.cfg.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/package_metadata.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

std::string text_of(const ExplainContext& context, const std::string& path) {
  const auto* entry = context.reference.manifest().find(path);
  if (entry == nullptr || entry->kind != EntryKind::regular) return {};
  const auto content = context.reference.read(*entry, context.max_read);
  return content && looks_like_text(*content) ? std::string{as_text(*content)} : std::string{};
}

/// Everything a maintainer writes about the package, in one text.
std::string declarations(const ExplainContext& context) {
  std::string all;
  for (const auto* name : {"pyproject.toml", "setup.cfg", "setup.py"}) all += text_of(context, name) + "\n";
  for (const auto& entry : context.reference.manifest().entries())
    if (entry.path.ends_with(".txt") && path_basename(entry.path).starts_with("requirements")) all += text_of(context, entry.path) + "\n";
  return all;
}

/// Letters, digits and dots of `text`, in lower case: "My_Pkg >= 1.0" and "my-pkg>=1.0" are one requirement.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : ascii_lower(text))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || (static_cast<unsigned char>(c) & 0x80) != 0) out += c;
  return out;
}

bool field_is_declared(const MetadataField& field, const std::string& declared, const ExplainContext& context) {
  if (field.name == "Metadata-Version" || field.name == "Dynamic" || field.name == "Platform" || field.name == "Description-Content-Type") return field.value.size() < 80;
  if (field.name == "Version" && context.release != nullptr && context.release->is_version(field.value)) return true;
  if (field.name == "License-File") return context.reference.manifest().find(field.value) != nullptr;
  if (field.name == "License" || field.name == "Description") return true;  // their lines are judged with the text
  if (field.value == "UNKNOWN") return true;
  // A requirement's marker `; extra == "x"` is written elsewhere in the declarations.
  const auto main = folded(field.value.substr(0, field.value.find(';')));
  if (main.empty() || declared.find(main) != std::string::npos) return true;
  // "Name <address>" and "label, URL": each part by itself.
  std::size_t at = 0;
  while (at < field.value.size()) {
    const auto end = std::min(field.value.find_first_of(",<>", at), field.value.size());
    const auto part = folded(field.value.substr(at, end - at));
    if (!part.empty() && declared.find(part) == std::string::npos) return false;
    at = end + 1;
  }
  return true;
}

std::optional<Explanation> explain_metadata(ExplainContext& context) {
  const auto metadata = parse_metadata(context.text());
  if (!metadata) return make_explanation(Proof::unexplained, "sdist", {{"malformed", "core metadata: " + metadata.error().message}});
  const auto declared = folded(declarations(context));
  for (const auto& field : metadata->fields)
    if (!field_is_declared(field, declared, context)) return std::nullopt;
  LineSet documents;
  for (const auto& entry : context.reference.manifest().entries())
    if (starts_with_any(ascii_lower(path_basename(entry.path)), {"readme", "changelog", "changes", "news", "history", "license", "licence", "copying"}))
      documents.add_text(text_of(context, entry.path));
  for (const auto line : split_lines(metadata->body))
    if (const auto normal = normalise_line(line); !normal.empty() && !documents.contains(normal)) return std::nullopt;
  return make_explanation(Proof::derived, "sdist", {{"fields", std::to_string(metadata->fields.size())}, {"declared in", "pyproject.toml, setup.cfg or setup.py"}});
}

/// SOURCES.txt names members of the archive; the other lists name what pyproject.toml or setup.py declare.
std::optional<Explanation> explain_list(ExplainContext& context, std::string_view name) {
  const auto lines = split_lines(context.text());
  if (name == "SOURCES.txt") {
    if (context.subject == nullptr) return std::nullopt;
    for (const auto line : lines) {
      const auto wanted = context.mapping.subject_prefix.empty() ? std::string{line} : context.mapping.subject_prefix + "/" + std::string{line};
      if (!line.empty() && context.subject->find(wanted) == nullptr) return std::nullopt;
    }
    return make_explanation(Proof::derived, "sdist", {{"names", fmt::format("{}, each in the archive", count_of(lines.size(), "file"))}});
  }
  const auto declared = folded(declarations(context));
  for (const auto line : lines)
    if (const auto text = folded(line); !text.empty() && declared.find(text) == std::string::npos && !line.starts_with('[')) return std::nullopt;
  return make_explanation(Proof::derived, "sdist", {{"declared in", "pyproject.toml, setup.cfg or setup.py"}});
}

std::optional<Explanation> explain_setup_cfg(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified && context.difference.status != EntryStatus::added) return std::nullopt;
  const auto before = text_of(context, context.reference_path);
  LineSet old_lines;
  old_lines.add_text(before);
  for (const auto line : split_lines(context.text())) {
    const auto normal = normalise_line(line);
    const bool added_by_setuptools = normal.empty() || normal == "[egg_info]" || normal == "tag_build =" || normal == "tag_date = 0" || normal == "tag_svn_revision = 0";
    if (!added_by_setuptools && !old_lines.contains(normal)) return std::nullopt;
  }
  // Nothing may be lost either: a check that was taken out adds no line.
  LineSet now;
  now.add_text(context.text());
  for (const auto line : split_lines(before))
    if (const auto normal = normalise_line(line); !normal.empty() && !now.contains(normal)) return std::nullopt;
  return make_explanation(Proof::derived, "sdist", {{"added", "[egg_info], by setuptools"}});
}

}  // namespace

std::optional<Explanation> explain_sdist(ExplainContext& context) {
  if (context.content == nullptr || context.difference.subject == nullptr || !looks_like_text(*context.content)) return std::nullopt;
  const auto name = path_basename(context.difference.path);
  if (name == "PKG-INFO" && context.difference.status == EntryStatus::added) return explain_metadata(context);
  if (name == "setup.cfg") return explain_setup_cfg(context);
  if (!path_dirname(context.difference.path).ends_with(".egg-info") || context.difference.status != EntryStatus::added) return std::nullopt;
  return explain_list(context, name);
}

}  // namespace assay::provenance
