#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "artifact/cause.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

#define ASSAY_CAUSE(name) std::optional<Match> judge_##name(const Change&, const BuildFacts&)
ASSAY_CAUSE(address);
ASSAY_CAUSE(build_number);
ASSAY_CAUSE(build_path);
ASSAY_CAUSE(byte_order);
ASSAY_CAUSE(class_version);
ASSAY_CAUSE(compiler);
ASSAY_CAUSE(compression);
ASSAY_CAUSE(cpu_count);
ASSAY_CAUSE(dialect);
ASSAY_CAUSE(environment);
ASSAY_CAUSE(file_order);
ASSAY_CAUSE(gzip_mtime);
ASSAY_CAUSE(gzip_name);
ASSAY_CAUSE(hash_order);
ASSAY_CAUSE(home);
ASSAY_CAUSE(hostname);
ASSAY_CAUSE(kernel);
ASSAY_CAUSE(key_order);
ASSAY_CAUSE(line_ending);
ASSAY_CAUSE(locale);
ASSAY_CAUSE(locale_order);
ASSAY_CAUSE(lto_suffix);
ASSAY_CAUSE(owner);
ASSAY_CAUSE(pid);
ASSAY_CAUSE(pyc_mtime);
ASSAY_CAUSE(random);
ASSAY_CAUSE(revision);
ASSAY_CAUSE(shell);
ASSAY_CAUSE(signing);
ASSAY_CAUSE(temporary);
ASSAY_CAUSE(timestamp);
ASSAY_CAUSE(timezone);
ASSAY_CAUSE(tool_drift);
ASSAY_CAUSE(toolchain);
ASSAY_CAUSE(umask);
ASSAY_CAUSE(unclamped_mtime);
ASSAY_CAUSE(user);
ASSAY_CAUSE(uuid);
ASSAY_CAUSE(version);
ASSAY_CAUSE(year);
ASSAY_CAUSE(zip_extra);
#undef ASSAY_CAUSE

namespace {

constexpr Cause k_causes[] = {
    {"gzip-mtime", "time recorded by gzip", "gzip -n", judge_gzip_mtime},
    {"gzip-name", "name recorded by gzip", "gzip -n", judge_gzip_name},
    {"pyc-mtime", "source time in Python byte code",
     "clamp the mtime of sources, or compile with --invalidation-mode checked-hash", judge_pyc_mtime},
    {"class-version", "Java class file version", "javac --release N", judge_class_version},
    {"timezone", "time zone", "TZ=UTC", judge_timezone},
    {"home", "home directory", "HOME=/nonexistent", judge_home},
    {"shell", "shell of the build", "set CONFIG_SHELL and SHELL", judge_shell},
    {"environment", "environment variable", "clear the environment; record nothing of it", judge_environment},
    {"cpu-count", "number of processors", "record no job counts; xz -T1 or a fixed --block-size", judge_cpu_count},
    {"build-number", "build number", "take it from the source, not from the builder", judge_build_number},
    {"pid", "process id", "tar --pax-option=exthdr.name=%d/PaxHeaders/%f", judge_pid},
    {"random", "random value", "a fixed seed, or a digest of the input", judge_random},
    {"uuid", "random identifier (UUID)", "derive it from the content (UUID version 5)", judge_uuid},
    {"temporary-name", "name of a temporary file", "-ffile-prefix-map, or a fixed name", judge_temporary},
    {"address", "process address (ASLR)", "print no pointers", judge_address},
    {"lto-suffix", "random symbol suffix", "-frandom-seed=FILE", judge_lto_suffix},
    {"toolchain", "toolchain revision string (stripped)", "the same compiler package revision", judge_toolchain},
    {"compiler", "compiler version", "the same compiler package", judge_compiler},
    {"tool-drift", "another version of a build tool", "the versions that the .buildinfo names", judge_tool_drift},
    {"kernel", "kernel release", "do not record uname -r", judge_kernel},
    {"hostname", "host name", "do not record the host", judge_hostname},
    {"user", "user name", "do not record the user", judge_user},
    {"locale", "locale", "LC_ALL=C.UTF-8", judge_locale},
    {"revision", "commit id", "build the same commit", judge_revision},
    {"version", "another version", "build the same version", judge_version},
    {"year", "year of the build", "SOURCE_DATE_EPOCH instead of the clock", judge_year},
    {"unclamped-mtime", "file time not clamped", "tar --clamp-mtime --mtime=@$SOURCE_DATE_EPOCH",
     judge_unclamped_mtime},
    {"timestamp", "timestamp", "SOURCE_DATE_EPOCH; clamp mtimes", judge_timestamp},
    {"build-path", "build path", "-ffile-prefix-map=OLD=NEW, or build at a fixed path", judge_build_path},
    {"umask", "umask", "umask 022 in the build", judge_umask},
    {"owner", "owner and group", "tar --owner=0 --group=0 --numeric-owner", judge_owner},
    {"locale-order", "sorting by locale", "LC_ALL=C sort", judge_locale_order},
    {"file-order", "file order", "sort what readdir gives; tar --sort=name", judge_file_order},
    {"key-order", "order of keys", "write sorted keys", judge_key_order},
    {"hash-order", "order of a hash table", "sort before writing; PYTHONHASHSEED=0, PERL_HASH_SEED=0",
     judge_hash_order},
    {"compression", "compression level or tool", "the same tool and level", judge_compression},
    {"zip-extra", "zip header fields", "zip -X; strip-nondeterminism", judge_zip_extra},
    {"byte-order", "byte order of the machine", "name it, as by msgfmt --endianness=little", judge_byte_order},
    {"dialect", "archive dialect", "the same tool and --format", judge_dialect},
    {"line-ending", "line ends", "set core.autocrlf or .gitattributes", judge_line_ending},
    {"signature", "signature", "compare before signing", judge_signing},
};

/// How often something speaks of a day within two days of then.
std::uint64_t near(const BuildFacts::Days& days, std::int64_t epoch) {
  std::uint64_t count = 0;
  for (auto day = days.lower_bound(epoch / 86400 - 2); day != days.end() && day->first <= epoch / 86400 + 2; ++day)
    count += day->second;
  return count;
}

/// There are other fields that hold a time, and none of them, nor anything else, is near.
bool stands_alone(const BuildFacts::Days& fields, const BuildFacts::Days& days, std::int64_t epoch) {
  std::uint64_t all = 0;
  for (const auto& [day, count] : fields) all += count;
  const auto own = near(fields, epoch);
  return all > own && own < 2 && near(days, epoch) == 0;
}

std::string shortened(std::string_view text) {
  auto shown = escape_for_display(text.substr(0, 72));
  if (text.size() > 72) shown += "…";
  return shown.empty() ? "(nothing)" : shown;
}

}  // namespace

std::span<const Cause> causes() noexcept {
  return k_causes;
}

bool BuildFacts::dates_before(std::int64_t epoch) const {
  return near(days_before, epoch) + near(fields_before, epoch) + near({{newest_before / 86400, 1}}, epoch) > 0;
}
bool BuildFacts::dates_after(std::int64_t epoch) const {
  return near(days_after, epoch) + near(fields_after, epoch) + near({{newest_after / 86400, 1}}, epoch) > 0;
}

bool BuildFacts::contradicts(std::int64_t before, std::int64_t after) const {
  return stands_alone(fields_before, days_before, before) || stands_alone(fields_after, days_after, after);
}

bool BuildFacts::is_in_future(std::int64_t before, std::int64_t after) const {
  constexpr std::int64_t k_zones = 2 * 86400;
  return (last_before > 0 && before > last_before + k_zones) || (last_after > 0 && after > last_after + k_zones);
}

std::string lead_of(const Change& change) {
  const auto at = change.before.empty() ? std::string::npos : change.context.find(change.before);
  return ascii_lower(change.context.substr(0, at));
}

bool names_build_tool(const Change& change) {
  const auto lead = lead_of(change);
  if (change.path.ends_with(".BUILDINFO")) return lead.starts_with("installed = ");
  // Installed-Build-Depends, one on a line: deb-buildinfo(5)
  return change.path.ends_with(".buildinfo") && lead.starts_with(" ") && lead.ends_with(" (= ");
}

bool is_policy_of_cmake(const Change& change) {
  return change.token == "version" && lead_of(change).ends_with("cmake_policy(version ");
}

bool names_a_person(const Change& change) {
  const auto lead = lead_of(change);
  return starts_with_any(
      lead, {"maintainer:", "original-maintainer:", "maintainer-email:", "uploaders:", "author:", "author-email:"});
}

std::optional<std::pair<std::string, std::string>> path_roots(const Change& change, Tail tail) {
  const auto& before = change.before;
  const auto& after = change.after;
  if (before.empty() || after.empty() || before[0] != '/' || after[0] != '/') return std::nullopt;
  if (before.find_first_of("\n ") != std::string::npos || after.find_first_of("\n ") != std::string::npos)
    return std::nullopt;
  std::size_t same = 0;
  const auto most = std::min(before.size(), after.size());
  while (same < most && before[before.size() - 1 - same] == after[after.size() - 1 - same]) ++same;
  const auto common = std::string_view{before}.substr(before.size() - same);
  const auto slash = common.find('/');
  const auto keep = slash == std::string_view::npos ? 0 : common.size() - slash;
  if (tail == Tail::needed && keep < 2) return std::nullopt;
  return std::pair{before.substr(0, before.size() - keep), after.substr(0, after.size() - keep)};
}

bool is_symbol_table(const Change& change) {
  return starts_with_any(change.place, {".strtab", ".dynstr", ".shstrtab"});
}

bool is_source(const Change& change, const BuildFacts& facts) {
  if (change.impact == Impact::code || change.impact == Impact::script || change.impact == Impact::maintainer_script)
    return true;
  return ends_with_any(
      change.path.empty() ? std::string_view{facts.name} : std::string_view{change.path},
      {".c",     ".h",  ".cc",  ".hh", ".cpp", ".hpp", ".cxx", ".S",  ".s",  ".asm", ".rs",    ".go", ".java", ".kt",
       ".swift", ".cs", ".f90", ".ml", ".hs",  ".y",   ".l",   ".ac", ".am", ".in",  ".cmake", ".pm", ".t"});
}

bool looks_like_name(std::string_view text) {
  const auto is_of_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_of_name) && text[0] != '-' &&
         !parse_date(text);
}

std::string arrow(std::string_view before, std::string_view after) {
  return shortened(before) + " → " + shortened(after);
}

std::optional<std::pair<std::int64_t, std::int64_t>> moments_of(const Change& change) {
  if (change.token == "epoch") {
    char* end = nullptr;
    const auto before = std::strtoll(change.context.c_str(), &end, 10);
    return std::pair{static_cast<std::int64_t>(before), static_cast<std::int64_t>(std::strtoll(end, nullptr, 10))};
  }
  if (change.aspect == Aspect::time) {
    const auto moment = [](const std::string& text) -> std::optional<std::int64_t> {
      if (!text.empty() && text.size() <= 12 && text.find_first_not_of("0123456789") == std::string::npos)
        return std::strtoll(text.c_str(), nullptr, 10);
      if (const auto date = parse_date(text)) return date->epoch;
      return std::nullopt;
    };
    const auto before = moment(change.before);
    const auto after = moment(change.after);
    if (before && after) return std::pair{*before, *after};
    return std::nullopt;
  }
  if (change.token != "date") return std::nullopt;
  const auto before = parse_date(change.before);
  const auto after = parse_date(change.after);
  if (!before || !after) return std::nullopt;
  return std::pair{before->epoch, after->epoch};
}

std::optional<TimesOfDay> times_of_day(const Change& change) {
  if (change.token != "clock") return std::nullopt;
  TimesOfDay times;
  const auto second_of_day = [&](const std::string& text) -> std::optional<std::int64_t> {
    unsigned hour = 0, minute = 0, second = 0;
    const auto read = std::sscanf(text.c_str(), "%2u:%2u:%2u", &hour, &minute, &second);
    if (read < 2) return std::nullopt;
    if (read == 2) times.resolution = 60;
    return std::int64_t{hour} * 3600 + minute * 60 + second;
  };
  const auto before = second_of_day(change.before), after = second_of_day(change.after);
  if (!before || !after) return std::nullopt;
  times.before = *before;
  times.after = *after;
  return times;
}

}  // namespace assay::artifact
