#include "rebuild/toolchain.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

struct Packaged {
  std::string_view tool;
  std::string_view package;
};

constexpr Packaged k_packages[] = {
    {"aclocal", "automake"},
    {"asciidoc", "asciidoc"},
    {"asciidoctor", "asciidoctor"},
    {"a2x", "asciidoc-base"},
    {"autoconf", "autoconf"},
    {"autoheader", "autoconf"},
    {"autom4te", "autoconf"},
    {"automake", "automake"},
    {"autopoint", "autopoint"},
    {"autoreconf", "autoconf"},
    {"bison", "bison"},
    {"byacc", "byacc"},
    {"cargo", "cargo"},
    {"cmake", "cmake"},
    {"cython", "cython3"},
    {"doxygen", "doxygen"},
    {"flex", "flex"},
    {"gawk", "gawk"},
    {"gcc", "gcc"},
    {"gensub", "gawk"},
    {"gettext", "gettext"},
    {"git", "git"},
    {"gperf", "gperf"},
    {"groff", "groff"},
    {"gtkdocize", "gtk-doc-tools"},
    {"help2man", "help2man"},
    {"intltoolize", "intltool"},
    {"lex", "flex"},
    {"libtoolize", "libtool"},
    {"make", "make"},
    {"makedepend", "xutils-dev"},
    {"makeinfo", "texinfo"},
    {"man", "man-db"},
    {"mandoc", "mandoc"},
    {"meson", "meson"},
    {"msgfmt", "gettext"},
    {"ninja", "ninja-build"},
    {"node", "nodejs"},
    {"npm", "npm"},
    {"nroff", "groff-base"},
    {"pandoc", "pandoc"},
    {"perl", "perl"},
    {"pkg-config", "pkgconf"},
    {"protoc", "protobuf-compiler"},
    {"protoc-c", "protobuf-c-compiler"},
    {"po4a", "po4a"},
    {"pod2man", "perl"},
    {"python", "python-is-python3"},
    {"python3", "python3"},
    {"rsync", "rsync"},
    {"rst2man", "python3-docutils"},
    {"scdoc", "scdoc"},
    {"sphinx-build", "python3-sphinx"},
    {"texi2any", "texinfo"},
    {"tex", "texlive"},
    {"texi2dvi", "texinfo, texlive"},
    {"texi2pdf", "texinfo, texlive"},
    {"wget", "none: the sandbox has no network"},
    {"xmlto", "xmlto"},
    {"xsltproc", "xsltproc"},
    {"yacc", "bison"},
    {"zip", "zip"},
};

/// Modules of Python that builds import: back ends, and what generates files.
constexpr Packaged k_modules[] = {
    {"Cython", "cython3"},
    {"build", "python3-build"},
    {"cffi", "python3-cffi"},
    {"docutils", "python3-docutils"},
    {"flit_core", "flit"},
    {"flit_scm", "python3-flit-scm"},
    {"hatch_vcs", "python3-hatch-vcs"},
    {"hatchling", "python3-hatchling"},
    {"jinja2", "python3-jinja2"},
    {"mako", "python3-mako"},
    {"mesonpy", "python3-mesonpy"},
    {"numpy", "python3-numpy"},
    {"packaging", "python3-packaging"},
    {"pbr", "python3-pbr"},
    {"pdm", "python3-pdm-pep517"},
    {"pip", "python3-pip"},
    {"poetry", "python3-poetry-core"},
    {"pybind11", "python3-pybind11"},
    {"setuptools", "python3-setuptools"},
    {"setuptools_scm", "python3-setuptools-scm"},
    {"skbuild", "python3-skbuild"},
    {"sphinx", "python3-sphinx"},
    {"wheel", "python3-wheel"},
    {"yaml", "python3-yaml"},
};

/// Macros that aclocal takes from a package's macro files, by how their names begin.
constexpr Packaged k_macros[] = {
    {"AX_", "autoconf-archive"},
    {"PKG_", "pkgconf"},
    {"LT_SYS_SYMBOL_USCORE", "libltdl-dev"},
    {"LTDL_", "libltdl-dev"},
    {"LT_", "libtool"},
    {"AC_PROG_LIBTOOL", "libtool"},
    {"AM_GNU_GETTEXT", "gettext"},
    {"AM_ICONV", "gettext"},
    {"GTK_DOC_CHECK", "gtk-doc-tools"},
    {"IT_PROG_INTLTOOL", "intltool"},
    {"AM_PATH_GTK", "libgtk-3-dev"},
    {"AM_PATH_GLIB", "libglib2.0-dev"},
    {"AM_PATH_LIBGCRYPT", "libgcrypt20-dev"},
    {"AM_PATH_GPG_ERROR", "libgpg-error-dev"},
};

std::string package_of_macro(std::string_view macro) {
  const auto found = std::find_if(std::begin(k_macros), std::end(k_macros),
                                  [&](const auto& one) { return macro.starts_with(one.tool); });
  return found == std::end(k_macros) ? std::string{} : std::string{found->package};
}

/// "configure.ac:223: error: possibly undefined macro: LT_INIT"
std::string_view missing_macro_in(std::string_view line) {
  constexpr std::string_view phrase = "possibly undefined macro: ";
  const auto at = line.find(phrase);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + phrase.size());
  return rest.substr(0, rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"));
}

/// What stands behind `phrase` in `line`, up to a dot or the quotation mark at its end; empty if it is no name of a module.
std::string_view module_behind(std::string_view line, std::string_view phrase) {
  const auto at = line.find(phrase);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + phrase.size());
  const auto name = rest.substr(0, rest.find_first_of(".'"));
  const bool plain = !name.empty() && name.size() < 60 && name.size() < rest.size() &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                     });
  return plain ? name : std::string_view{};
}

std::string listed_package_of_module(std::string_view module) {
  const auto found =
      std::find_if(std::begin(k_modules), std::end(k_modules), [&](const auto& one) { return one.tool == module; });
  return found == std::end(k_modules) ? std::string{} : std::string{found->package};
}

/// A module of Python that this line says is missing. That a back end is, build(1) and pip(1) say of those alone that the project asks
/// for; any other import may be of the project itself, and counts where a package is known to have it.
std::optional<MissingTool> missing_module_in(std::string_view line) {
  for (const std::string_view phrase : {"Backend '", "BackendUnavailable: Cannot import '"}) {
    const auto module = module_behind(line, phrase);
    if (module.empty() ||
        (phrase.starts_with("Backend '") && line.find("' is not available") == std::string_view::npos))
      continue;
    auto package = listed_package_of_module(module);
    if (package.empty()) {  // Debian Python Policy 4.3
      package = "python3-" + ascii_lower(module);
      std::replace(package.begin(), package.end(), '_', '-');
    }
    return MissingTool{fmt::format("the module {}", module), std::move(package)};
  }
  const auto module = module_behind(line, "ModuleNotFoundError: No module named '");
  auto package = listed_package_of_module(module);
  if (package.empty()) return std::nullopt;
  return MissingTool{fmt::format("the module {}", module), std::move(package)};
}

std::string package_of(std::string_view tool) {
  const auto found =
      std::find_if(std::begin(k_packages), std::end(k_packages), [&](const auto& one) { return one.tool == tool; });
  return found == std::end(k_packages) ? std::string{} : std::string{found->package};
}

/// What stands between `before` and `after` in `line`, if it is a plain word.
std::string_view word_between(std::string_view line, std::string_view before, std::string_view after) {
  const auto end = line.find(after);
  if (end == std::string_view::npos) return {};
  auto head = line.substr(0, end);
  const auto start = before.empty() ? head.find_last_of(" \t") : head.rfind(before);
  if (start != std::string_view::npos) head.remove_prefix(start + (before.empty() ? 1 : before.size()));
  else if (!before.empty()) return {};
  const bool plain = !head.empty() && head.size() < 60 && head.find_first_of(" \t'\"`$()/\\") == std::string_view::npos;
  return plain ? head : std::string_view{};
}

/// A tool that this line of a log says is missing; empty if none.
std::string_view missing_in(std::string_view line) {
  struct Phrase {
    std::string_view before, after;
  };
  // dash, bash, Automake's `missing`, env(1), awk without GNU's functions.
  constexpr std::array<Phrase, 7> phrases{{{": ", ": not found"},
                                           {": ", ": command not found"},
                                           {"WARNING: '", "' is missing on your system"},
                                           {"env: '", "': No such file"},
                                           {"env: \xe2\x80\x98", "\xe2\x80\x99: No such file"},
                                           {": line ", ": command not found"},
                                           {"function ", " never defined"}}};
  for (const auto& phrase : phrases)
    if (const auto word = word_between(line, phrase.before, phrase.after); !word.empty()) return word;
  return {};
}

/// texi2dvi does not say that TeX is missing, but what it cannot make it do.
std::string_view implied_by(std::string_view line) {
  const bool no_tex = line.find("TeX neither supports -recorder") != std::string_view::npos ||
                      line.find("working TeX binary") != std::string_view::npos;
  return no_tex ? "tex" : std::string_view{};
}

/// Does a directory of /usr/share, /usr/lib or /usr/libexec hold what generators run?
bool is_of_generators(std::string_view name) {
  return starts_with_any(
      name, {"aclocal", "asciidoc", "autoconf", "automake", "bison", "cmake", "gettext", "git-core", "gnulib",
             "gtk-doc", "groff", "intltool", "libtool", "meson", "nodejs", "perl", "po4a", "texinfo", "xml"});
}

void add_listing(const fs::path& directory, bool deep, Sha256Stream& stream) {
  std::error_code problem;
  std::vector<std::string> lines;
  const auto take = [&](const fs::directory_entry& item) {
    std::error_code ignored;
    struct stat facts {};
    if (::lstat(item.path().c_str(), &facts) != 0) return;
    const auto link = S_ISLNK(facts.st_mode) ? fs::read_symlink(item.path(), ignored).string() : std::string{};
    // Nobody can set the time of the last change back, as one can that of the last write.
    const auto time = S_ISREG(facts.st_mode) ? facts.st_ctim : timespec{};
    lines.push_back(fmt::format("{}\n{}\n{} {}.{:09}\n", item.path().string(), link,
                                S_ISREG(facts.st_mode) ? facts.st_size : 0, time.tv_sec, time.tv_nsec));
  };
  if (deep) {
    fs::recursive_directory_iterator at{directory, fs::directory_options::skip_permission_denied, problem};
    for (; at != fs::recursive_directory_iterator{}; at.increment(problem)) take(*at);
  } else {
    for (const auto& item : fs::directory_iterator{directory, problem}) take(item);
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& line : lines) stream.update(as_bytes(line));
}

}  // namespace

Sha256 toolchain_digest(const fs::path& root) {
  Sha256Stream stream;
  for (const std::string_view database :
       {"var/lib/dpkg/status", "var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"})
    if (const auto mapped = MappedFile::open(root / database)) stream.update(mapped->bytes());
  add_listing(root / "usr/bin", false, stream);
  add_listing(root / "etc/alternatives", false, stream);
  std::error_code problem;
  // A root made elsewhere may be changed by hand in any place; of the system itself, packages own what is not looked at here.
  const bool all = root != "/";
  for (const std::string_view place : {"usr/share", "usr/lib", "usr/libexec"})
    for (const auto& item : fs::directory_iterator{root / place, problem})
      if (item.is_directory(problem) && !item.is_symlink(problem) &&
          (all || is_of_generators(item.path().filename().string())))
        add_listing(item.path(), true, stream);
  return stream.finish();
}

std::vector<MissingTool> missing_tools(std::string_view log) {
  std::vector<MissingTool> missing;
  std::set<std::string, std::less<>> seen;
  for (const auto line : split_lines(log)) {
    if (const auto macro = missing_macro_in(line);
        !package_of_macro(macro).empty() && seen.insert(std::string{macro}).second)
      missing.push_back({fmt::format("the macro {}", macro), package_of_macro(macro)});
    if (auto module = missing_module_in(line); module && seen.insert(module->tool).second)
      missing.push_back(std::move(*module));
    const auto implied = implied_by(line);
    const auto tool = implied.empty() ? missing_in(line) : implied;
    // A configure script's own probing is full of programs that are not there; only those with a package are worth a word.
    if (tool.empty() || package_of(tool).empty() || !seen.insert(std::string{tool}).second) continue;
    missing.push_back({std::string{tool}, package_of(tool)});
  }
  return missing;
}

}  // namespace assay::rebuild
