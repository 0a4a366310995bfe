// Which ways there are to make a release's generated files again with what it was made with, instead of the toolchain's own, and
// which of them is worth the time: each takes as long as the project's own autoreconf.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "provenance/regeneration.hpp"
#include "rebuild/generator_variants.hpp"

namespace assay::rebuild {

/// One way to make the targets again.
struct Attempt {
  const GeneratorVariant* variant = nullptr;  ///< null: the toolchain's own
  bool with_aclocal = false;                  ///< aclocal.m4 is the release's
  bool with_automake = false;                 ///< Automake runs: its Makefile.in are among the targets
  std::string_view autoheader{};  ///< only that runs, of this version of Autoconf: templates do not say theirs
};

/// Those that may make what is wanted, likeliest first: a build of Autoconf only if the scripts bear its marks. `before` is what the
/// toolchain's own generators made.
std::vector<Attempt> attempts_for(const provenance::OtherGenerators& others, std::string_view autoconf_version,
                                  const provenance::Regeneration& before);

/// What an attempt had instead of the toolchain's, for people.
std::string in_words(const Attempt& attempt, const provenance::OtherGenerators& others);

/// For the shell, in the root of a tree that has what the generators made before.
std::string commands_of(const Attempt& attempt, const provenance::OtherGenerators& others,
                        const provenance::Regeneration& before);

}  // namespace assay::rebuild
