#include "provenance/build_mentions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "provenance/answers.hpp"

namespace assay::provenance {

namespace {

constexpr std::string_view k_ignored = ".gitignore";
constexpr std::string_view k_build_files[] = {
    "configure.ac", "configure.in",   "Makefile.am", "Makefile.in", "Makefile", "CMakeLists.txt",    "meson.build",
    "setup.py",     "bootstrap.conf", "bootstrap",   "autogen.sh",  k_ignored,  "m4/gnulib-cache.m4"};

bool is_word_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '+';
}

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

/// Do the words at the top, or in the directory of the difference, say so?
template <typename Says>
bool any_of_build(const ExplainContext& context, const Says& says) {
  const auto words_in = [&](std::string_view directory) {
    const auto words = context.answers.ask<BuildWords>(fmt::format("words of the build in {}", directory), [&] {
      return BuildWords{context.reference, directory};
    });
    return words != nullptr && says(*words);
  };
  const auto directory = path_dirname(context.reference_path);
  return words_in({}) || (!directory.empty() && words_in(directory));
}

}  // namespace

BuildWords::BuildWords(const vcs::Reference& reference, std::string_view directory) {
  for (const auto file : k_build_files) {
    const auto text = build_file(reference, directory, file).value_or(std::string{});
    for (std::size_t at = 0; at < text.size();) {
      const auto begin = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_word_part);
      const auto end = std::find_if_not(begin, text.end(), is_word_part);
      if (begin != end) m_words[std::string{begin, end}] |= file != k_ignored;
      at = static_cast<std::size_t>(end - text.begin());
    }
  }
}

bool BuildWords::name(std::string_view name) const {
  return m_words.contains(ascii_lower(name));
}

bool BuildWords::ask_for(std::string_view name) const {
  const auto word = m_words.find(ascii_lower(name));
  return word != m_words.end() && word->second;
}

bool is_named_by_build(const ExplainContext& context, std::string_view name) {
  return any_of_build(context, [&](const BuildWords& words) { return words.name(name); });
}

bool is_asked_for_by_build(const ExplainContext& context, std::string_view name) {
  return any_of_build(context, [&](const BuildWords& words) { return words.ask_for(name); });
}

}  // namespace assay::provenance
