#include "rebuild/generator_variants.hpp"

#include <fmt/format.h>

#include "rebuild/driver.hpp"

namespace assay::rebuild {

namespace {

using Edit = GeneratorVariant::Edit;

// Debian mends the names of two cache variables.
constexpr Edit k_released_271[] = {
    {"autoconf/c.m4", R"sed(s/AC_CACHE_VAL(\[ac_cv_prog_cxx_cxx\$1\],/AC_CACHE_VAL(ac_cv_prog_cxx_$1,/
s/^\[ac_cv_prog_cxx_cxx\$1=no/[ac_cv_prog_cxx_$1=no/)sed"}};

// Upstream's commits 8b5e2016, bf5a7595 and b27bc3e2 of 2021 and 2022, for compilers that take no declaration without a prototype.
constexpr Edit k_prototypes_271[] = {
    {"autoconf/c.m4", R"sed(/^   builtin and then its argument prototype would still apply\.  \*\/$/{
N
s|  \*/\nchar \$2 ();|\
   The 'extern "C"' is for builds by C++ compilers;\
   although this is not generally supported in C code supporting it here\
   has little cost and some practical benefit (sr 110532).  */\
#ifdef __cplusplus\
extern "C"\
#endif\
char $2 ();|
}
s/char \$\([12]\) ();/char $\1 (void);/
/^static char \*e (p, i)$/{
N
N
s/.*/static char *e (char **p, int i)/
}
/^extern void \*malloc (size_t);$/a\
extern void free (void *);)sed"}};

// Debian mends a shift that C does not define, and a leak.
constexpr Edit k_released_269[] = {
    {"autoconf/specific.m4",
     "s/((((off_t) 1 << 31) << 31) - 1 + (((off_t) 1 << 31) << 31))/(((off_t) 1 << 62) - 1 + ((off_t) 1 << 62))/"},
    {"autoconf/functions.m4", "/^  free (data3\\{0,1\\});$/d"}};

// As Debian and Ubuntu had it for years before 2.70 had the option too.
constexpr Edit k_runstatedir_269[] = {{"autoconf/general.m4", R"sed(/^AC_SUBST(\[localstatedir\],/a\
AC_SUBST([runstatedir],    ['${localstatedir}/run'])dnl
s/libdir localedir mandir$/libdir localedir mandir runstatedir/
/^  --localstatedir=DIR /a\
\  --runstatedir=DIR       modifiable per-process data [LOCALSTATEDIR/run]
/^  -sbindir | --sbindir | /i\
\  -runstatedir | --runstatedir | --runstatedi | --runstated \\\
\  | --runstate | --runstat | --runsta | --runst | --runs \\\
\  | --run | --ru | --r)\
\    ac_prev=runstatedir ;;\
\  -runstatedir=* | --runstatedir=* | --runstatedi=* | --runstated=* \\\
\  | --runstate=* | --runstat=* | --runsta=* | --runst=* | --runs=* \\\
\  | --run=* | --ru=* | --r=*)\
\    runstatedir=$ac_optarg ;;\

)sed"}};

bool has(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

constexpr GeneratorVariant k_variants_271[] = {
    {"2.71", "as its authors released it", k_released_271,
     [](std::string_view text) { return has(text, "{ac_cv_prog_cxx_11+y}"); }},
    {"2.71", "with the prototypes of 2022 that Fedora has in it", k_prototypes_271,
     [](std::string_view text) { return has(text, "char *e (char **p, int i)") || has(text, "\nchar $2 (void);\n"); }}};
constexpr GeneratorVariant k_variants_269[] = {
    {"2.69", "as its authors released it", k_released_269,
     [](std::string_view text) {
       return has(text, "((off_t) 1 << 62)") || (has(text, "data3 = ") && !has(text, "free (data3)"));
     }},
    {"2.69", "with the option --runstatedir that Debian and Ubuntu had in it", k_runstatedir_269,
     [](std::string_view text) { return has(text, "--runstatedir=DIR"); }}};

constexpr std::string_view k_copy =
    R"sh(base=$(sed -n "s/.*'AC_MACRODIR'} || '\(.*\)';.*/\1/p" "$(command -v autom4te)")
test -n "$base" && test -d "$base/autoconf" || exit 9
library=/build/library
rm -rf $library; cp -r "$base" $library; chmod -R u+w $library
edited=no
)sh";

// Frozen states hold the macros as they were; without them the macros are read.
constexpr std::string_view k_use = R"sh(test $edited = yes || exit 9
rm -f $library/*/*.m4f
sed -i "s|'$base'|'$library'|" $library/autom4te.cfg
export AC_MACRODIR=$library AUTOM4TE_CFG=$library/autom4te.cfg autom4te_perllibdir=$library
export trailer_m4=$library/autoconf/trailer.m4
)sh";

}  // namespace

std::span<const GeneratorVariant> variants_of(std::string_view autoconf_version) {
  if (autoconf_version == "2.71") return k_variants_271;
  if (autoconf_version == "2.69") return k_variants_269;
  return {};
}

std::string variant_commands(const GeneratorVariant& variant) {
  std::string commands{k_copy};
  for (const auto& edit : variant.edits)
    commands += fmt::format("sed -i {} $library/{}\ncmp -s \"$base/{}\" $library/{} || edited=yes\n",
                            shell_quote(edit.script), edit.file, edit.file, edit.file);
  return commands += k_use;
}

}  // namespace assay::rebuild
