#include "rebuild/driver.hpp"

#include <fmt/format.h>

namespace assay::rebuild {

namespace {

// Descriptor 1 becomes the log and 4 the products; what a step runs inherits neither 3 nor 4.
constexpr std::string_view k_begin = R"sh(set -u
exec 4>&1 1>&2
say() { printf '%s\n' "$*" >&3; }
say ready
umask 022
mkdir -p /build/src /build/home /build/tmp /build/dist /build/bin
cd /build/src
tar -xf - -C /build || { say failed unpack; exit 1; }
touch /build/.begun
exec 0</dev/null
had="
$(find . -maxdepth 2 -type d -name '*-[0-9]*' -print)
"
)sh";

// `autoconf2.69` and the like stand in for the plain names where the release says that it was made with that version.
constexpr std::string_view k_select_version = R"sh(for tool in /usr/bin/auto*$AUTOCONF_VERSION; do
  [ -n "$AUTOCONF_VERSION" ] && [ -x "$tool" ] && ln -s "$tool" "/build/bin/$(basename "$tool" "$AUTOCONF_VERSION")"
done
)sh";

// A release's date stamps are those of its day, not of today.
constexpr std::string_view k_clock = R"sh(cat > /build/bin/date <<'EOF'
#!/bin/sh
for word do case $word in -d*|--date*|-r*|--reference*|-f*|--file*|-s*|--set*) exec /usr/bin/date "$@";; esac; done
exec /usr/bin/date -d "@$SOURCE_DATE_EPOCH" "$@"
EOF
chmod +x /build/bin/date
)sh";

// The files of submodules that were given are there, and nothing can be fetched: what was asked for is done.
constexpr std::string_view k_submodules = R"sh([ ! -x /usr/bin/git ] || cat > /build/bin/git <<'EOF'
#!/bin/sh
case "${1-} ${2-}" in 'submodule init'|'submodule sync'|'submodule update') exit 0;; esac
exec /usr/bin/git "$@"
EOF
[ ! -x /usr/bin/git ] || chmod +x /build/bin/git
)sh";

constexpr std::string_view k_steps = R"sh(tools() {
  for tool do
    if command -v "$tool" >/dev/null; then say tool "$tool" "$("$tool" --version 2>/dev/null 3>&- 4>&- | head -n 1 | cut -c1-120)"; fi
  done
}
step() {
  say step "$1"
  printf '== step %s ==\n' "$1" >&2
  ( exec 3>&- 4>&-; exec timeout -k 5 "$2" sh -c "$3" )
  say end "$1" $?
}
)sh";

// What was made is younger than the tree, by its last change if not by its time: `cp -p` gives that of what was copied.
// Whatever the steps left running dies before anything is collected. Archives made for release are unpacked; release
// directories (Automake's distdir) are set beside them: none that the tree has (`zlib-1.2/`), whose files are no release's.
constexpr std::string_view k_collect = R"sh(wait "$asking"
say collect
kill -KILL -1 2>/dev/null
cd /build/src
n=0
find . -maxdepth 2 -type d -name '*-[0-9]*' -newer /build/.stamp -print > /build/.directories
while read -r directory; do
  case $had in *"
$directory
"*) continue;; esac
  { [ -e "$directory/configure" ] || [ -e "$directory/Makefile.in" ] || [ -e "$directory/Makefile.am" ]; } || continue
  n=$((n + 1)); mkdir "/build/dist/$n" && mv "$directory" "/build/dist/$n/"
done < /build/.directories
for archive in *.tar.gz *.tgz *.tar.xz *.tar.bz2 *.tar.zst dist/*.tar.gz build-assay/meson-dist/*.tar.gz target/package/*.crate; do
  [ -f "$archive" ] && [ "$archive" -nt /build/.stamp ] && [ "$n" -lt 3 ] || continue
  n=$((n + 1)); mkdir "/build/dist/$n" && tar -xf "$archive" -C "/build/dist/$n"
done
cd /build
find dist ! -type d -print0 > dist.list
find src dist \( -path src/.git -o -name autom4te.cache -o -name .deps -o -name .libs -o -name node_modules \) -prune -o \
  -type f \( -path 'dist/*' -o -newer .stamp -o -cnewer .begun \) ! -name '*.o' ! -name '*.lo' ! -name '*.a' ! -name '*.la' ! -name '*~' \
  -size -65536k -print0 > .list
printf 'dist.list\0' >> .list
tar --format=gnu --hard-dereference --null --no-recursion -T .list -cf - >&4
say done
)sh";

// Nothing but regular files: a link would hand out what it points to.
constexpr std::string_view k_collect_targets = R"sh(wait "$asking"
say collect
kill -KILL -1 2>/dev/null
cd /build/src
for target in{}; do
  test -f "$target" && test ! -L "$target" || continue
  mkdir -p "/build/dist/1/again/$(dirname "$target")" && cp "$target" "/build/dist/1/again/$target"
done
cd /build
find dist -type f -size -65536k -print0 > .list
tar --format=gnu --hard-dereference --null --no-recursion -T .list -cf - >&4
say done
)sh";

}  // namespace

std::string shell_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

namespace {

/// Everything up to and with the steps; `prepare` stands before them.
std::string script_of_steps(const Recipe& recipe, std::int64_t newer_than, bool with_history,
                            std::string_view prepare) {
  std::string script{k_begin};
  script += k_select_version;
  script += k_clock;
  script += k_submodules;
  script += fmt::format("touch -d @{} /build/.stamp\n", newer_than);
  if (with_history) script += "git read-tree HEAD && git update-index -q --refresh\n";
  script += prepare;
  script += k_steps;
  // Asking them takes as long as a short step does.
  script += "tools";
  for (const auto& tool : recipe.tools) script += " " + shell_quote(tool);
  script += " &\nasking=$!\n";
  for (std::size_t i = 0; i < recipe.steps.size(); ++i)
    script += fmt::format("step {} {} {}\n", i, recipe.steps[i].time.count(), shell_quote(recipe.steps[i].command));
  return script;
}

}  // namespace

std::string driver_script(const Recipe& recipe, std::int64_t newer_than, bool with_history) {
  return script_of_steps(recipe, newer_than, with_history, {}) + std::string{k_collect};
}

std::string driver_script_for(const std::vector<std::string>& targets, const Recipe& recipe, std::int64_t newer_than,
                              bool with_history) {
  std::string names;
  for (const auto& target : targets) names += " " + shell_quote("./" + target);
  const auto prepare = fmt::format("rm -f --{}\n", names);
  return script_of_steps(recipe, newer_than, with_history, prepare) +
         fmt::format(fmt::runtime(k_collect_targets), names);
}

}  // namespace assay::rebuild
