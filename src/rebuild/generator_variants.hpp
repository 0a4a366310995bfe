// One version of a generator is not one program: distributions patch it, and releases bear the marks of the patch. What such
// builds change in the macros that they expand is known for a few, and can be done to a copy of the toolchain's own.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace assay::rebuild {

/// A build of Autoconf that differs from the toolchain's in its macro library.
struct GeneratorVariant {
  struct Edit {
    std::string_view file;    ///< in the library: "autoconf/c.m4"
    std::string_view script;  ///< for sed(1)
  };
  std::string_view version;  ///< of Autoconf
  std::string_view what;     ///< for people, behind "Autoconf 2.71 "
  std::span<const Edit> edits;
  /// Does that configure script bear the marks of this build, which the others do not leave?
  bool (*made)(std::string_view configure);
};

/// The variants of that version of Autoconf, likeliest first. What an edit changes shows in `made`, so that no script is of a variant that it does not name.
std::span<const GeneratorVariant> variants_of(std::string_view autoconf_version);

/// Shell commands that copy the library of the autom4te in PATH, edit it, and have all of Autoconf use it. They exit with 9 where
/// that library has nothing to edit, because then the toolchain's own is that variant or yet another.
std::string variant_commands(const GeneratorVariant& variant);

}  // namespace assay::rebuild
