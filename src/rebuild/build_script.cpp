#include "rebuild/build_script.hpp"

#include <fmt/format.h>

#include "rebuild/driver.hpp"
#include "rebuild/setting.hpp"
#include "trace/tracer.hpp"

namespace assay::rebuild {

namespace {

constexpr std::string_view k_install_variable = "$ASSAY_INSTALL";

// Descriptor 1 becomes the log and 4 the artifacts; what a command runs inherits neither 3 nor 4.
constexpr std::string_view k_begin = R"sh(set -u
exec 4>&1 1>&2
say() { printf '%s\n' "$*" >&3; }
say ready
umask 022
mkdir -p "$src" "$ASSAY_INSTALL" "$work/.out" || exit 1
cd "$work" || exit 1
tar --no-same-owner --no-same-permissions -xf - -C "$src" || exit 1
exec 0</dev/null
)sh";

constexpr std::string_view k_needs =
    R"sh(if command -v dpkg-checkbuilddeps >/dev/null && ! unmet=$(LC_ALL=C dpkg-checkbuilddeps -d "$needs" "$control" 2>&1); then
  say unmet "$(printf %s "$unmet" | tr '\n' ' ')"; say done; exit 0
fi
)sh";

constexpr std::string_view k_commands = R"sh(run() {
  say command "$1" "$2"
  printf '+ %s\n' "$3"
  ( exec 3>&- 4>&-; exec sh -c "$3" )
  code=$?
  [ $code = 0 ] || { say failed $code; say done; exit 0; }
}
)sh";

constexpr std::string_view k_collect = R"sh(say collect
cd "$src"
put() {
  [ -f "$1" ] && ! [ -h "$1" ] || return 0
  name=${1#"$ASSAY_INSTALL/"}
  while :; do case $name in ../*) name=${name#../};; ./*) name=${name#./};; *) break;; esac; done
  case /$name in */../*) name=${name##*/};; esac
  mkdir -p "$work/.out/$(dirname "./$name")"
  ln -f "$1" "$work/.out/$name" 2>/dev/null || cp -f "$1" "$work/.out/$name"
}
put_tree() {
  [ -d "$1" ] && [ -n "$(find "$1" -mindepth 1 -print -quit)" ] || return 0
  LC_ALL=C tar --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$1" -cf "$work/.out/$(basename "$1").tar" .
}
)sh";

constexpr std::string_view k_end =
    R"sh(LC_ALL=C tar --format=gnu --sort=name --hard-dereference -C "$work/.out" -cf - . >&4
say done
)sh";

/// A glob as a word of the shell in which only the wildcards mean something.
std::string shell_glob(std::string_view glob) {
  std::string word;
  if (glob.starts_with(k_install_variable)) {
    word = fmt::format("\"{}\"", k_install_variable);
    glob.remove_prefix(k_install_variable.size());
  }
  for (const char c : glob) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"/._-*?[]!^+=,:@%"}.find(c) != std::string_view::npos;
    if (c == '\n') word += "'\n'";
    else word += plain ? std::string{c} : std::string{'\\', c};
  }
  return word;
}

std::string collect_lines(const BuildRecipe& recipe) {
  constexpr std::string_view everything = "/**";
  std::string text;
  for (const auto& glob : recipe.artifacts) {
    if (glob.ends_with(everything))
      text += fmt::format("for tree in {}; do put_tree \"$tree\"; done\n",
                          shell_glob(std::string_view{glob}.substr(0, glob.size() - everything.size())));
    else text += fmt::format("for file in {}; do put \"$file\"; done\n", shell_glob(glob));
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::string build_script(const BuildRecipe& recipe, const Conditions& conditions, const std::string& work,
                         bool sandboxed, std::string_view without) {
  std::string script = fmt::format("work={}\nsrc={}\n", shell_quote(work), shell_quote(conditions.directory));
  script += k_begin;
  script += setting_script(conditions);
  script += "cd \"$src\" || exit 1\n";
  if (!without.empty()) script += fmt::format("xargs -0 rm -f -- < {} || exit 1\n", shell_quote(without));
  // They say whether a variation took effect, and there is none without a sandbox; one of them asks for a name.
  if (sandboxed) script += probe_script();
  if (!recipe.needs.empty()) {
    // dpkg-checkbuilddeps wants a control file even where it is given the list.
    script += fmt::format(
        "needs={}\ncontrol=\"$work/.control\"\nprintf 'Source: x\\n\\nPackage: x\\nArchitecture: any\\n' > "
        "\"$control\"\n",
        shell_quote(joined(recipe.needs)));
    script += k_needs;
  }
  script += "touch \"$ASSAY_STAMP\"\n";
  script += k_commands;
  for (std::size_t phase = 0; phase < recipe.phases.size(); ++phase) {
    script += trace::phase_command(recipe.phases[phase].name) + "\n";
    for (std::size_t command = 0; command < recipe.phases[phase].commands.size(); ++command)
      script += fmt::format("run {} {} {}\n", phase, command, shell_quote(recipe.phases[phase].commands[command]));
  }
  script += trace::phase_command("collect") + "\n";
  // What still runs must not write into what is collected.
  if (sandboxed) script += "kill -KILL -1 2>/dev/null\n";
  script += k_collect;
  script += collect_lines(recipe);
  script += k_end;
  return script;
}

std::vector<std::pair<std::string, std::string>> build_environment(const BuildRecipe& recipe, const std::string& work,
                                                                   std::int64_t source_date_epoch) {
  std::vector<std::pair<std::string, std::string>> environment{{"SOURCE_DATE_EPOCH", std::to_string(source_date_epoch)},
                                                               {"ASSAY_INSTALL", work + "/install"},
                                                               {"ASSAY_STAMP", work + "/.stamp"}};
  environment.insert(environment.end(), recipe.environment.begin(), recipe.environment.end());
  return environment;
}

}  // namespace assay::rebuild
