#include "provenance/build_mentions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/answers.hpp"

namespace assay::provenance {

namespace {

bool is_word_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

bool has_word(std::string_view text, std::string_view name) {
  if (name.empty()) return false;
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !is_word_part(text[at - 1])) && (end == text.size() || !is_word_part(text[end]))) return true;
  }
  return false;
}

namespace {

constexpr std::string_view k_build_files[] = {
    "configure.ac", "configure.in",   "Makefile.am", "Makefile.in", "Makefile",   "CMakeLists.txt",    "meson.build",
    "setup.py",     "bootstrap.conf", "bootstrap",   "autogen.sh",  ".gitignore", "m4/gnulib-cache.m4"};

std::optional<std::string> build_file(const vcs::Reference& reference, std::string_view directory,
                                      std::string_view name) {
  constexpr std::uint64_t k_largest_build_file = 64ULL << 20;
  const auto* entry =
      reference.manifest().find(directory.empty() ? std::string{name} : fmt::format("{}/{}", directory, name));
  if (entry == nullptr || entry->kind != EntryKind::regular) return std::nullopt;
  const auto content = reference.read(*entry, k_largest_build_file);
  if (!content) return std::nullopt;
  return ascii_lower(as_text(*content));
}

using Words = std::unordered_set<std::string>;

Words words_of_build(const vcs::Reference& reference, std::string_view directory) {
  Words words;
  for (const auto file : k_build_files) {
    const auto text = build_file(reference, directory, file).value_or(std::string{});
    for (std::size_t at = 0; at < text.size();) {
      const auto begin = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_word_part);
      const auto end = std::find_if_not(begin, text.end(), is_word_part);
      if (begin != end) words.emplace(begin, end);
      at = static_cast<std::size_t>(end - text.begin());
    }
  }
  return words;
}

}  // namespace

bool is_named_by_build(const vcs::Reference& reference, std::string_view directory, std::string_view name) {
  const auto wanted = ascii_lower(name);
  const auto names_it = [&](std::string_view where) {
    return std::any_of(std::begin(k_build_files), std::end(k_build_files), [&](std::string_view file) {
      const auto text = build_file(reference, where, file);
      return text && has_word(*text, wanted);
    });
  };
  return names_it({}) || (!directory.empty() && names_it(directory));
}

bool is_named_by_build(const ExplainContext& context, std::string_view name) {
  const auto wanted = ascii_lower(name);
  const auto names_it = [&](std::string_view directory) {
    const auto words = context.answers.ask<Words>(fmt::format("words of the build in {}", directory),
                                                  [&] { return words_of_build(context.reference, directory); });
    return words != nullptr && words->contains(wanted);
  };
  const auto directory = path_dirname(context.reference_path);
  return names_it({}) || (!directory.empty() && names_it(directory));
}

}  // namespace assay::provenance
