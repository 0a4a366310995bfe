#include "rebuild/setting.hpp"

#include <fmt/format.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "rebuild/driver.hpp"
#include "rebuild/export.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

// Names that packages of every distribution count on.
constexpr std::string_view k_users =
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/"
    "nologin\n"
    "sys:x:3:3:sys:/dev:/usr/sbin/nologin\nman:x:6:12:man:/var/cache/man:/usr/sbin/nologin\nmail:x:8:8:mail:/var/mail:/"
    "usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/"
    "nologin\n";
constexpr std::string_view k_groups =
    "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nmail:x:8:\nman:x:12:\nsrc:x:40:\nutmp:"
    "x:43:\nshadow:x:42:\n"
    "www-data:x:33:\nstaff:x:50:\ngames:x:60:\nnogroup:x:65534:\n";

/// The program of /usr/bin that /bin/sh leads to in `root`; empty if that cannot be told.
std::string shell_of(const fs::path& root) {
  for (const char* place : {"usr/bin/sh", "bin/sh"}) {
    std::error_code failed;
    const auto target = fs::read_symlink(root / place, failed);
    if (!failed) return target.filename().string();
  }
  return {};
}

/// /usr/bin/sh is a link on a read-only file system, so the other shell is laid over the file that it leads to. Where that
/// is bash itself, every script for bash would get the other shell as well: then nothing is done, and the probe says so.
void choose_shell(SandboxRequest& request, const std::string& wanted) {
  const auto present = shell_of(request.toolchain);
  const auto program = request.toolchain / "usr/bin" / wanted;
  std::error_code failed;
  if (present.empty() || present == wanted || present == "bash" || !fs::is_regular_file(program, failed)) return;
  request.read_only.emplace_back(program, "/usr/bin/" + present);
}

std::string hosts(const Conditions& conditions) {
  return fmt::format("127.0.0.1 localhost\n127.0.1.1 {0}.{1} {0}\n::1 localhost ip6-localhost\n", conditions.hostname,
                     conditions.domain);
}

std::vector<std::pair<std::string, std::string>> variables(const Conditions& conditions) {
  std::vector<std::pair<std::string, std::string>> environment{
      {"PATH", "/usr/bin:/bin:/usr/sbin:/sbin"},
      {"HOME", conditions.home},
      {"USER", conditions.user},
      {"LOGNAME", conditions.user},
      {"SHELL", "/bin/" + conditions.shell},
      {"LC_ALL", conditions.locale},
      {"LANG", conditions.locale},
      {"TZ", conditions.timezone},
      {"TERM", "dumb"},
      {"PYTHONHASHSEED", conditions.seed},
      {"PERL_HASH_SEED", conditions.seed},
      {"PERL_PERTURB_KEYS",
       "0"},  // else the order of keys depends on all that was in a hash before, the environment too
      {"QT_HASH_SEED", "0"}};
  // QT_HASH_SEED knows 0, no seed at all, and random.
  if (conditions.seed != Conditions{}.seed) environment.pop_back();
  environment.insert(environment.end(), conditions.environment.begin(), conditions.environment.end());
  return environment;
}

}  // namespace

void set_conditions(SandboxRequest& request, const Conditions& conditions) {
  const auto environment = variables(conditions);
  request.environment.insert(request.environment.end(), environment.begin(), environment.end());
  request.uid = conditions.uid;
  request.gid = conditions.gid;
  request.hostname = conditions.hostname;
  request.processors = conditions.processors;
  if (conditions.old_kernel) request.personality |= UNAME26;
  if (conditions.fixed_addresses) request.personality |= ADDR_NO_RANDOMIZE;
  request.files.emplace_back("/etc/passwd",
                             fmt::format("{}{}:x:{}:{}:{}:{}:/bin/{}\n", k_users, conditions.user, conditions.uid,
                                         conditions.gid, conditions.user, conditions.home, conditions.shell));
  request.files.emplace_back("/etc/group", fmt::format("{}{}:x:{}:\n", k_groups, conditions.group, conditions.gid));
  request.files.emplace_back("/etc/hosts", hosts(conditions));
  request.files.emplace_back("/etc/hostname", conditions.hostname + "\n");
  // Names that are asked for go to a server that is not there: the attempt is seen, and ends at once. With the machine's network
  // the sandbox has its resolv.conf.
  if (!request.network) request.files.emplace_back("/etc/resolv.conf", fmt::format("search {}\n", conditions.domain));
  request.files.emplace_back("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n");
  choose_shell(request, conditions.shell);
}

std::string setting_script(const Conditions& conditions) {
  auto script = fmt::format("umask {}\nmkdir -p {} {}\n", conditions.umask, shell_quote(conditions.home),
                            shell_quote(conditions.directory));
  if (conditions.locale == "C.UTF-8" || conditions.locale == "C") return script;
  // "et_EE.UTF-8" is made of the locale et_EE and the character map UTF-8. LOCPATH stands before the system's own.
  const auto dot = std::min(conditions.locale.find('.'), conditions.locale.size());
  const auto input = conditions.locale.substr(0, dot);
  const auto charmap = dot < conditions.locale.size() ? conditions.locale.substr(dot + 1) : std::string{"UTF-8"};
  script += fmt::format(
      "if ! LC_ALL=C locale -a | tr -d - | grep -qixF {}; then\n"
      "  mkdir -p /build/.locale\n"
      "  LC_ALL=C localedef -i {} -f {} /build/.locale/{} >/dev/null 2>&1; LOCPATH=/build/.locale; export LOCPATH\n"
      "fi\n",
      shell_quote(fmt::format("{}.utf8", input)), shell_quote(input), shell_quote(charmap),
      shell_quote(conditions.locale));
  return script;
}

std::string probe_script() {
  // Each asks for what has an effect, not for what was set: `sort` for the collation, two runs for the addresses.
  return R"sh(probe() { printf 'probe %s %s\n' "$1" "$2" >&3; }
probe directory "$PWD"
probe environment "${ASSAY_CANARY-} $PATH"
probe locale "$(printf 'B\na\nz\nt\n' | sort | tr '\n' ' ')"
probe timezone "$(date +%z)"
probe clock "$(date -u +%Y)"
probe umask "$(umask)"
probe home "$HOME"
probe user "$(id -un):$(id -gn):$(id -u):$(id -g)"
probe host "$(uname -n)"
probe domain "$(getent hosts "$(uname -n)" | tr -s ' \t' '\n' | sed -n 's/^[^.0-9][^.]*\.//p' | head -n 1)"
probe kernel "$(uname -r)"
probe processors "$(nproc)"
if [ "$(head -c 12 /proc/self/maps)" = "$(head -c 12 /proc/self/maps)" ]; then probe addresses fixed; else probe addresses random; fi
probe order "$(find . -type f -print | cksum)"
probe shell "$(sh -c 'echo "${BASH_VERSION-no bash}"')"
probe seed "${PYTHONHASHSEED-}"
)sh";
}

std::optional<std::pair<std::string, std::string>> parse_probe(std::string_view line) {
  constexpr std::string_view k_word = "probe ";
  if (!line.starts_with(k_word)) return std::nullopt;
  line.remove_prefix(k_word.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  return std::pair{std::string{line.substr(0, space)}, std::string{line.substr(space + 1)}};
}

namespace {

constexpr std::uint64_t k_block = 512;

struct ArchiveEntry {
  std::uint64_t offset = 0, length = 0;
  char type = '0';
};

std::uint64_t size_field(ByteView header) {
  const auto field = header.subspan(124, 12);
  std::uint64_t value = 0;
  if ((field[0] & 0x80) != 0) {  // GNU: binary, big endian
    for (std::size_t i = 4; i < field.size(); ++i) value = value << 8 | field[i];
    return value;
  }
  for (const auto c : field)
    if (c >= '0' && c <= '7') value = value << 3 | static_cast<std::uint64_t>(c - '0');
  return value;
}

Result<std::vector<ArchiveEntry>> entries_of(int archive, std::uint64_t size) {
  std::vector<ArchiveEntry> entries;
  std::uint64_t offset = 0;
  bool extended = false;  // the headers before belong to the next entry
  while (offset + k_block <= size) {
    std::array<std::uint8_t, k_block> header{};
    if (::pread(archive, header.data(), header.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(header.size()))
      return errno_error("read", "the source archive");
    if (header[0] == 0) break;
    if (header[257] != 'u' || header[258] != 's')
      return Error{ErrorCode::format, "not a tar archive", "the source archive", {}};
    const auto content = size_field(header);
    if (content > size)
      return Error{ErrorCode::format, "an entry is longer than the archive", "the source archive", {}};
    const auto length = k_block + (content + k_block - 1) / k_block * k_block;
    const auto type = static_cast<char>(header[156]);
    if (extended) {
      entries.back().length += length;
      entries.back().type = type;
    } else {
      entries.push_back({offset, length, type});
    }
    extended = type == 'L' || type == 'K' || type == 'x';
    offset += length;
  }
  if (extended || offset > size) return Error{ErrorCode::format, "the archive is cut off", "the source archive", {}};
  return entries;
}

Result<void> copy_bytes(int from, int to, std::uint64_t offset, std::uint64_t length) {
  std::vector<char> buffer(std::min<std::uint64_t>(length, 256U << 10));
  while (length > 0) {
    const auto got =
        ::pread(from, buffer.data(), std::min<std::uint64_t>(buffer.size(), length), static_cast<off_t>(offset));
    if (got <= 0) return errno_error("read", "the source archive");
    for (ssize_t done = 0; done < got;) {
      const auto written = ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (written <= 0) return errno_error("write", "a temporary file");
      done += written;
    }
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

Result<UniqueFd> reversed_archive(int archive) {
  struct stat facts {};
  if (::fstat(archive, &facts) != 0) return errno_error("look at", "the source archive");
  ASSAY_TRY(auto entries, entries_of(archive, static_cast<std::uint64_t>(facts.st_size)));
  std::reverse(entries.begin(), entries.end());
  // What a hard link names must be there before it; a global header stands before all.
  std::stable_sort(entries.begin(), entries.end(), [](const ArchiveEntry& a, const ArchiveEntry& b) {
    const auto rank = [](char type) { return type == 'g' ? 0 : type == '1' ? 2 : 1; };
    return rank(a.type) < rank(b.type);
  });
  ASSAY_TRY(auto reversed, temporary_file());
  for (const auto& entry : entries) ASSAY_TRY_VOID(copy_bytes(archive, reversed.get(), entry.offset, entry.length));
  const std::array<char, 2 * k_block> end{};
  if (::write(reversed.get(), end.data(), end.size()) != static_cast<ssize_t>(end.size()) ||
      ::lseek(reversed.get(), 0, SEEK_SET) != 0)
    return errno_error("write", "a temporary file");
  return reversed;
}

}  // namespace assay::rebuild
