// The project's own configuration, `.assay.toml`:
//
//   fail-on = "medium"            # exit 1 from this severity on
//   rules = "ci/assay-rules"      # rule data, one directory or several, relative to this file
//   [limits]                      # names of base/limits.hpp; sizes as numbers or "16GiB", time in seconds
//   max_entry_size = "16GiB"
//   [regenerate]                  # for --regenerate; the command line wins
//   recipe = ["./autogen.sh", "./configure", "make distdir"]   # or the name of a built-in one
//   toolchain = "/srv/chroot/trixie"
//   gnulib = "../gnulib"
//   [compare]
//   ignore = ["timestamp"]        # causes of differences that are fine
//   [[suppress]]
//   rule = "provenance-unexplained-data"
//   path = "doc/*.pdf"            # glob, `*` spans directories
//   sha256 = "…"                  # of the content that was reviewed; left out only for findings about no content
//   reason = "rendered from doc/manual.tex, reviewed in #123"
//   expires = 2027-01-31          # optional, the last day
//
// It is read from the examiner's side only, never from the examined archive or repository: an artifact does not get to
// silence findings about itself. One that merely lies in the current directory may lie there because a release was unpacked
// or a repository cloned: only suppressions, which every report shows, and accepted causes are taken from it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/waiver.hpp"

namespace assay::cli {

/// What `[regenerate]` says; places are relative to the file.
struct RegenerateConfig {
  std::vector<std::string> recipe;
  std::string toolchain;
  std::string gnulib;
};

/// Did the user name the file, or was it found where the program runs?
enum class ConfigOrigin : std::uint8_t { named, found };

struct Config {
  std::filesystem::path file;  ///< empty if there is none
  ConfigOrigin origin = ConfigOrigin::named;
  std::optional<Severity> fail_on;
  std::vector<std::string> rule_dirs;  ///< made relative to where the program runs
  Limits limits;                       ///< the defaults, with what the file overrides
  RegenerateConfig regenerate;
  std::vector<Waiver> waivers;
  std::vector<std::string> accepted_causes;  ///< of differences, for `assay compare`
};

/// Parse the text of a configuration; `file` is for messages and to resolve directories. Every Error names
/// file:line:column, the key that is off, and what to write instead; an unknown key is one.
Result<Config> parse_config(std::string_view text, const std::filesystem::path& file,
                            ConfigOrigin origin = ConfigOrigin::named);

/// The causes of differences that `ignore` may name.
std::vector<std::string> cause_ids();

/// What load_config() looks for where nothing is asked for.
inline constexpr std::string_view k_default_config = ".assay.toml";

/// Load `asked`; if that is empty, `.assay.toml` of the current directory, or an empty Config if there is none.
Result<Config> load_config(const std::string& asked);

/// Say which file nobody named is taken into account, if it says anything.
void note_found_config(const Config& config, std::ostream& err);

}  // namespace assay::cli
