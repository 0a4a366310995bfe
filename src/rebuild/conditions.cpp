#include "rebuild/conditions.hpp"

#include <algorithm>

namespace assay::rebuild {

namespace {

// 400 days are more than a year, and no whole number of weeks or months: year, month, day and day of the week all change.
constexpr std::chrono::hours k_days_ahead{400 * 24};

void vary_build_path(Conditions& conditions) {
  conditions.directory = "/build/elsewhere/deeper/source-tree";  // longer and deeper than the base's
}

void vary_environment(Conditions& conditions) {
  for (const auto& [name, value] : {std::pair{"ASSAY_CANARY", "seen-in-the-environment"},
                                    {"CAPTURE_ENVIRONMENT", "captured-by-the-build"},
                                    {"PATH", "/usr/bin:/bin:/usr/sbin:/sbin:/opt/nowhere/bin"},
                                    {"TERM", "xterm-256color"},
                                    {"COLUMNS", "132"},
                                    {"LINES", "50"},
                                    {"EDITOR", "/usr/bin/vi"}})
    conditions.environment.emplace_back(name, value);
}

// Estonian sorts z between s and t, and like any natural language does not sort capitals before small letters.
void vary_locale(Conditions& conditions) {
  conditions.locale = "et_EE.UTF-8";
}

void vary_timezone(Conditions& conditions) {
  conditions.timezone = "GMT-14";
}

void vary_time(Conditions& conditions) {
  conditions.time_offset = k_days_ahead;
}

void vary_umask(Conditions& conditions) {
  conditions.umask = "002";
}

void vary_home(Conditions& conditions) {
  conditions.home = "/build/home-of-another-builder";
}

void vary_user_group(Conditions& conditions) {
  conditions.user = "varied-user";
  conditions.group = "varied-group";
  conditions.uid = 4242;
  conditions.gid = 2424;
}

void vary_host(Conditions& conditions) {
  conditions.hostname = "varied-host";
}

void vary_domain(Conditions& conditions) {
  conditions.domain = "varied.example.net";
}

void vary_kernel(Conditions& conditions) {
  conditions.old_kernel = true;
}

void vary_num_cpus(Conditions& conditions) {
  conditions.processors = conditions.processors == 1 ? 2 : 1;
}

void vary_aslr(Conditions& conditions) {
  conditions.fixed_addresses = false;
}

void vary_file_order(Conditions& conditions) {
  conditions.order = FileOrder::reversed;
}

void vary_shell(Conditions& conditions) {
  conditions.shell = conditions.shell == "bash" ? "dash" : "bash";
}

void vary_seed(Conditions& conditions) {
  conditions.seed = "20240329";
}

constexpr Variation k_variations[] = {
    {"build_path", "the directory it is built in", "directory",
     "-ffile-prefix-map=$PWD=. for compilers; write relative paths, or build at a fixed path", "a directory of its own",
     vary_build_path},
    {"environment", "variables of the environment", "environment",
     "record nothing of the environment; env -i for what dumps it", "nothing", vary_environment},
    {"locale", "the locale", "locale", "LC_ALL=C.UTF-8 in the build; LC_ALL=C sort",
     "localedef and the sources of locales (apt install locales)", vary_locale},
    {"timezone", "the time zone", "timezone", "TZ=UTC in the build; date -u, gmtime()", "nothing", vary_timezone},
    {"time", "the time of the build (400 days later)", "clock",
     "SOURCE_DATE_EPOCH instead of the clock: date -u -d @$SOURCE_DATE_EPOCH, tar --mtime=@$SOURCE_DATE_EPOCH "
     "--clamp-mtime",
     "the tracer, which shifts the clock", vary_time},
    {"umask", "the umask", "umask",
     "set modes with install -m or chmod; umask 022 at the start of the build; tar --mode", "nothing", vary_umask},
    {"home", "the home directory", "home", "record no home directory; HOME=/nonexistent in the build", "nothing",
     vary_home},
    {"user_group", "user and group that build", "user", "record no user; tar --owner=0 --group=0 --numeric-owner",
     "user namespaces", vary_user_group},
    {"host", "the host name", "host", "record no host name", "a namespace for the host name", vary_host},
    {"domain", "the domain name", "domain", "record no domain name", "/etc/hosts, and getent", vary_domain},
    {"kernel", "the kernel's release", "kernel", "record no uname -r; decide nothing by the builder's kernel",
     "a kernel with personality(UNAME26)", vary_kernel},
    {"num_cpus", "the number of processors", "processors",
     "make results independent of -j; record no job count; xz -T1", "two processors", vary_num_cpus},
    {"aslr", "addresses of memory (ASLR)", "addresses", "print no pointers, and order nothing by them",
     "a kernel that places programs at random (sysctl kernel.randomize_va_space=2)", vary_aslr},
    {"file_order", "the order in which directories are read", "order",
     "sort what readdir gives: $(sort $(wildcard …)), sorted(os.listdir()), tar --sort=name",
     "a directory of the source with two files", vary_file_order},
    {"shell", "the program that is /bin/sh", "shell",
     "write scripts in the language of POSIX sh, or name bash in their first line",
     "dash and bash, with /bin/sh being dash", vary_shell},
    {"seed", "seeds of hash tables", "seed", "sort the keys of hashes, sets and dictionaries before writing them",
     "nothing", vary_seed},
};

}  // namespace

std::span<const Variation> variations() noexcept {
  return k_variations;
}

const Variation* find_variation(std::string_view id) noexcept {
  const auto found = std::find_if(std::begin(k_variations), std::end(k_variations),
                                  [&](const Variation& each) { return each.id == id; });
  return found == std::end(k_variations) ? nullptr : found;
}

}  // namespace assay::rebuild
