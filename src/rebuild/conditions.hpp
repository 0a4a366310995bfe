// Under which conditions a build runs, and the variations: each changes one of them. Plain data; `build` makes them true.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::rebuild {

/// In what order readdir(2) tells the files of the source tree: that in which they stand in the archive (tmpfs tells the
/// newest first), or the other way round.
enum class FileOrder : std::uint8_t { archive, reversed };

/// Everything a build can see of the machine that is not its source, recipe or toolchain. The defaults are the base: as
/// settled as can be, so that what two builds under it make differently is the doing of neither addresses nor hash seeds.
struct Conditions {
  std::string directory = "/build/src";  ///< absolute, below /build; where the source tree stands
  std::string home = "/build/home";
  std::string user = "builder";
  std::string group = "builder";
  unsigned uid = 1000, gid = 1000;
  std::string hostname = "assay";
  std::string domain = "example.org";  ///< in /etc/hosts and /etc/resolv.conf, where `hostname -f` looks
  std::string locale = "C.UTF-8";      ///< LC_ALL and LANG; made with localedef(1) if the toolchain does not have it
  std::string timezone = "UTC";
  std::string shell = "dash";  ///< program of /usr/bin that is /bin/sh: "dash", "bash"
  std::string umask = "022";
  unsigned processors = 1;      ///< as many of those there are
  bool old_kernel = false;      ///< personality(UNAME26)
  bool fixed_addresses = true;  ///< personality(ADDR_NO_RANDOMIZE)
  FileOrder order = FileOrder::archive;
  std::chrono::seconds time_offset{0};  ///< what the clock is ahead, through the tracer
  std::string seed = "1";               ///< decimal: PYTHONHASHSEED, PERL_HASH_SEED, QT_HASH_SEED
  std::vector<std::pair<std::string, std::string>> environment;  ///< further variables, a recipe's apart
};

/// One thing that two builders may have differently.
struct Variation {
  std::string_view id;      ///< as `--vary` takes it: "build_path"
  std::string_view title;   ///< "the directory it is built in"
  std::string_view probe;   ///< the probe (see setting.hpp) whose answer must change, or the variation did nothing
  std::string_view remedy;  ///< one line: how a build gets rid of its influence
  std::string_view needs;   ///< what must be there for it to take effect: "two processors"
  void (*apply)(Conditions&);
};

/// Every variation there is, in the order of --help.
std::span<const Variation> variations() noexcept;
const Variation* find_variation(std::string_view id) noexcept;

}  // namespace assay::rebuild
