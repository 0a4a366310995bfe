#include "inspect/script/compiler_options.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

using std::string_view;

template <std::size_t N>
bool is_listed(string_view word, const string_view (&list)[N]) noexcept {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

/// Of ld, without the one or two dashes in front: what is loaded into it, or runs what it makes.
constexpr string_view k_loading[] = {"plugin", "dynamic-linker", "I", "just-symbols", "R"};
constexpr string_view k_scripts[] = {"T", "dT", "script", "default-script", "c", "mri-script"};

/// `--plugin=F`, `-TF`, `@F`, or F behind an option of ld; empty for other words.
TakenFile linker_file(string_view before, string_view word) noexcept {
  const auto bare = [](string_view option) {
    return option.substr(std::min(option.find_first_not_of('-'), option.size()));
  };
  if (word.starts_with('@')) return {word.substr(1)};
  if (!word.starts_with('-')) {
    if (!before.starts_with('-') || is_listed(bare(before), k_scripts)) return {word, true};
    return is_listed(bare(before), k_loading) ? TakenFile{word} : TakenFile{};
  }
  const auto equals = word.find('=');
  const auto option = bare(word.substr(0, equals));
  if (equals != string_view::npos && is_listed(option, k_scripts)) return {word.substr(equals + 1), true};
  if (equals != string_view::npos && is_listed(option, k_loading)) return {word.substr(equals + 1)};
  return word.starts_with("-T") && word.size() > 2 ? TakenFile{word.substr(2), true} : TakenFile{};
}

/// The first file in `-Wl,OPTION,…`, whose part behind the first comma this is.
TakenFile file_in_list(string_view list) noexcept {
  string_view before;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto part = list.substr(at, end - at);
    if (const auto file = linker_file(before, part); !file.name.empty()) return file;
    before = part;
    at = end + 1;
  }
  return {};
}

/// `-wrapper sh,F`: the first that is a path.
TakenFile wrapper_in(string_view list) noexcept {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (const auto part = list.substr(at, end - at); part.find('/') != string_view::npos) return {part};
    at = end + 1;
  }
  return {list};
}

}  // namespace

TakenFile compiler_file(string_view before, string_view word) noexcept {
  constexpr string_view k_taking[] = {"-include", "-imacros", "-Xpreprocessor", "-Xassembler", "-Xclang"};
  constexpr string_view k_options[] = {
      "@",         "-specs=",    "--specs=", "-fplugin=",     "-fpass-plugin=", "-fuse-ld=", "--ld-path=",
      "--config=", "--include=", "-Wa,@",    "-Wp,-include,", "-Wp,-imacros,",  "-Wp,@"};
  const bool plain = !word.starts_with('-');
  if (before == "-wrapper") return wrapper_in(word);
  if (plain && is_listed(before, k_taking)) return {word};
  if (plain && (before == "-T" || before == "-Xlinker")) return {word, true};
  if (before == "-Xlinker") return linker_file({}, word);
  if (word.starts_with("-Wl,")) return file_in_list(word.substr(4));
  for (const auto option : k_options)
    if (word.starts_with(option)) return {word.substr(option.size())};
  return word.starts_with("-T") && word.size() > 2 ? TakenFile{word.substr(2), true} : TakenFile{};
}

}  // namespace assay::inspect
