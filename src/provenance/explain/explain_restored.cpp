// An upstream file as its own build, or a distribution's, put something into it or took something out: with that undone it is a known
// file to the byte. Each way is one that a fixed text or a version undoes, so that nothing of one's choice passes.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/search.hpp"
#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/filled_in.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_largest = 4U << 20;

struct Restored {
  std::string text;
  std::string what;  ///< was done to it
};

/// libtool's build fills `ltversion.in` in.
std::optional<Restored> without_versions(std::string_view name, std::string_view text) {
  if (name != "ltversion.m4") return std::nullopt;
  const auto serial = version_between(text, "# serial ", " ltversion.m4");
  const auto version = version_between(text, "m4_define([LT_PACKAGE_VERSION], [", "])");
  const auto revision = version_between(text, "m4_define([LT_PACKAGE_REVISION], [", "])");
  if (serial.empty() || version.empty() || revision.empty()) return std::nullopt;
  std::string restored{text};
  for (const auto& [before, value, after, mark] : std::initializer_list<std::array<std::string_view, 4>>{
           {"# serial ", serial, " ltversion.m4", "@MACRO_SERIAL@"},
           {"[LT_PACKAGE_VERSION], [", version, "])", "@MACRO_VERSION@"},
           {"[LT_PACKAGE_REVISION], [", revision, "])", "@MACRO_REVISION@"},
           {"[macro_version='", version, "'", "@MACRO_VERSION@"},
           {"macro_revision='", revision, "'", "@MACRO_REVISION@"}})
    restored = with_replaced(restored, fmt::format("{}{}{}", before, value, after),
                             fmt::format("{}{}{}", before, mark, after));
  return Restored{std::move(restored),
                  fmt::format("version {}, revision {} and serial {} filled in", version, revision, serial)};
}

/// Distributions that build reproducibly leave out the line by which the libtool script would name the host it was made on.
std::optional<Restored> with_name_of_host(std::string_view name, std::string_view text) {
  constexpr std::string_view k_before = "# Generated automatically by $as_me ($PACKAGE) $VERSION\n";
  constexpr std::string_view k_line =
      "# Libtool was configured on host `(hostname || uname -n) 2>/dev/null | sed 1q`:\n";
  if (name != "libtool.m4" || find_word(text, k_line) != std::string_view::npos) return std::nullopt;
  if (find_word(text, k_before) == std::string_view::npos) return std::nullopt;
  return Restored{with_replaced(text, k_before, fmt::format("{}{}", k_before, k_line)),
                  "the line left out that names the host a libtool script was made on"};
}

/// Fedora's builds of packages name the shell where the system has it; /bin leads there.
std::vector<Restored> with_shell_in_bin(std::string_view text) {
  constexpr std::string_view k_interpreter = "#!/usr/bin/sh\n";
  std::vector<Restored> candidates;
  if (!text.starts_with(k_interpreter)) return candidates;
  for (const std::string_view upstream : {"#!/bin/sh\n", "#! /bin/sh\n"})
    candidates.push_back(
        {fmt::format("{}{}", upstream, text.substr(k_interpreter.size())), "the shell named in /usr/bin"});
  return candidates;
}

/// What a distribution put in the place of an upstream's text, each once in the file.
struct Replaced {
  std::string_view shipped, original;
};
struct Patched {
  std::string_view name;  ///< of the file
  std::string_view what;
  std::span<const Replaced> places;
};

// Debian's 2.4.7-6 mended how that of 2.4.7-1 to -5 asks for the operator `+=`; the package at hand in debian-12 has the mended form.
constexpr Replaced k_before_shell_op[] = {
    {R"sh(  # We should try to minimise forks, especially on Windows where they are
  # unreasonably slow, so skip the feature probes when bash or zsh are
  # being used:
  if test set = "${BASH_VERSION+set}${ZSH_VERSION+set}"; then
    : ${_G_HAVE_ARITH_OP="yes"}
    : ${_G_HAVE_XSI_OPS="yes"}
    # The += operator was introduced in bash 3.1
    case $BASH_VERSION in
      [12].* | 3.0 | 3.0*) ;;
      *)
        : ${_G_HAVE_PLUSEQ_OP="yes"}
        ;;
    esac
  fi

)sh",
     ""},
    {R"sh(  test -z "$_G_HAVE_PLUSEQ_OP" \
    && (eval 'x=a; x+=" b"; test "a b" = "$x"') 2>/dev/null \
    && _G_HAVE_PLUSEQ_OP=yes
)sh",
     R"sh(  if test -z "$_G_HAVE_PLUSEQ_OP" &&  \
      __PLUSEQ_TEST="a" &&  \
      __PLUSEQ_TEST+=" b" 2>/dev/null &&  \
      test "a b" = "$__PLUSEQ_TEST"; then
    _G_HAVE_PLUSEQ_OP=yes
  fi
)sh"}};

// Fedora keeps duplicates that the compiler brings, on all systems.
constexpr Replaced k_duplicate_deps[] = {
    {R"sh(    # Keeping compiler generated duplicates in $postdeps and $predeps is not
    # harmful, and is necessary in a majority of systems that use it to satisfy
    # symbol dependencies.
    opt_duplicate_compiler_generated_deps=:
)sh",
     R"sh(    case $host in
      # Solaris2 added to fix http://debbugs.gnu.org/cgi/bugreport.cgi?bug=16452
      # see also: http://gcc.gnu.org/bugzilla/show_bug.cgi?id=59788
      *cygwin* | *mingw* | *pw32* | *cegcc* | *solaris2* | *os2*)
        # don't eliminate duplications in $postdeps and $predeps
        opt_duplicate_compiler_generated_deps=:
        ;;
      *)
        opt_duplicate_compiler_generated_deps=$opt_preserve_dup_deps
        ;;
    esac
)sh"}};

// And it has 64-bit libraries in directories of their own.
constexpr Replaced k_lib64[] = {{R"m4(  # Add ABI-specific directories to the system library path.
  sys_lib_dlsearch_path_spec="/lib64 /usr/lib64 /lib /usr/lib"

)m4",
                                 ""},
                                {R"m4(    sys_lib_dlsearch_path_spec="$sys_lib_dlsearch_path_spec $lt_ld_extra"
)m4",
                                 R"m4(    sys_lib_dlsearch_path_spec="/lib /usr/lib $lt_ld_extra"
)m4"}};

constexpr Patched k_patched[] = {
    {"ltmain.sh", "Debian's patch of 2.4.7-6 for the operator += left out, and its revision", k_before_shell_op},
    {"ltmain.sh", "Fedora's patch to keep duplicate dependencies", k_duplicate_deps},
    {"libtool.m4", "Fedora's patch for directories of 64-bit libraries", k_lib64},
};

/// Libtool's script bears its version in lines of its own making; one built from version control names its home page otherwise.
std::string with_released_version(std::string_view text) {
  const auto version = version_between(text, "\nVERSION=", "\n");
  const auto dash = version.find('-');
  if (dash == std::string_view::npos) return std::string{text};
  const auto released = version.substr(0, dash);
  std::string restored{text};
  for (const auto& [before, after] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"\nVERSION=", "\n"},
           {"\n# libtool (GNU libtool) ", "\n"},
           {"\nscriptversion='(GNU libtool) ", "'\n"},
           {"\n       version:        $progname (GNU libtool) ", "\n"}})
    restored = with_replaced(restored, fmt::format("{}{}{}", before, version, after),
                             fmt::format("{}{}{}", before, released, after));
  return with_replaced(restored, "<http://www.gnu.org/s/libtool/>", "<http://www.gnu.org/software/libtool/>");
}

std::optional<Restored> without_version_of_build(std::string_view name, std::string_view text) {
  if (name != "ltmain.sh") return std::nullopt;
  auto restored = with_released_version(text);
  if (restored == text) return std::nullopt;
  return Restored{std::move(restored), "version and home page of a build from version control filled in"};
}

/// `Debian-2.4.7-5` as `Debian-2.4.7-7~deb12u1`: revisions that the package's change log has, and nothing else behind the words.
std::string with_packaged_revision(std::string text) {
  for (const std::string_view revision : {"1", "2", "3", "4", "5"})
    for (const std::string_view after : {"\"\n", "\n"})
      text = with_replaced(text, fmt::format(" Debian-2.4.7-{}{}", revision, after),
                           fmt::format(" Debian-2.4.7-7~deb12u1{}", after));
  return text;
}

std::optional<std::string> undone(const Patched& patch, std::string_view text) {
  std::string restored{text};
  for (const auto& [shipped, original] : patch.places) {
    const auto at = restored.find(shipped);
    if (at == std::string::npos || restored.find(shipped, at + 1) != std::string::npos) return std::nullopt;
    restored.replace(at, shipped.size(), original);
  }
  return restored;
}

std::vector<Restored> without_patches(std::string_view name, std::string_view text) {
  std::vector<Restored> candidates;
  for (const auto& patch : k_patched) {
    if (patch.name != name) continue;
    if (auto restored = undone(patch, text))
      candidates.push_back({with_packaged_revision(std::move(*restored)), std::string{patch.what}});
  }
  return candidates;
}

}  // namespace

std::optional<Explanation> explain_restored(ExplainContext& context) {
  if (context.content == nullptr || context.content->size() > k_largest ||
      context.difference.status != EntryStatus::added)
    return std::nullopt;
  const auto name = path_basename(context.difference.path);
  auto candidates = without_patches(name, context.text());
  for (const auto undo : {without_versions, with_name_of_host, without_version_of_build})
    if (auto restored = undo(name, context.text())) candidates.push_back(std::move(*restored));
  for (auto& restored : with_shell_in_bin(context.text())) candidates.push_back(std::move(restored));
  for (const auto& restored : candidates) {
    const auto places = context.known.find(sha256(as_bytes(restored.text)));
    const auto is_home = [&](const KnownFile& place) {
      return path_basename(place.path).substr(0, path_basename(place.path).find('.')) == name.substr(0, name.find('.'));
    };
    for (const auto& place : places)
      if (is_home(place))
        return make_explanation(Proof::derived, "restored",
                                {{"upstream", std::string{place.upstream}},
                                 {"path there", std::string{place.path}},
                                 {"what was done to it", restored.what}});
  }
  return std::nullopt;
}

}  // namespace assay::provenance
