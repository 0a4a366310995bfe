#include "provenance/build_mentions.hpp"

#include <fmt/format.h>

#include <string>

#include "base/text.hpp"

namespace assay::provenance {

bool has_word(std::string_view text, std::string_view name) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (name.empty()) return false;
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

bool is_named_by_build(const vcs::Reference& reference, std::string_view directory, std::string_view name) {
  constexpr std::uint64_t k_largest_build_file = 64ULL << 20;
  const auto wanted = ascii_lower(name);
  const auto names_it = [&](const std::string& path) {
    const auto* entry = reference.manifest().find(path);
    if (entry == nullptr || entry->kind != EntryKind::regular) return false;
    const auto content = reference.read(*entry, k_largest_build_file);
    return content && has_word(ascii_lower(as_text(*content)), wanted);
  };
  for (const std::string_view file :
       {"configure.ac", "configure.in", "Makefile.am", "Makefile.in", "Makefile", "CMakeLists.txt", "meson.build",
        "setup.py", "bootstrap.conf", "bootstrap", "autogen.sh", ".gitignore", "m4/gnulib-cache.m4"}) {
    if (names_it(std::string{file})) return true;
    if (!directory.empty() && names_it(fmt::format("{}/{}", directory, file))) return true;
  }
  return false;
}

bool is_named_by_build(const ExplainContext& context, std::string_view name) {
  return is_named_by_build(context.reference, path_dirname(context.reference_path), name);
}

}  // namespace assay::provenance
