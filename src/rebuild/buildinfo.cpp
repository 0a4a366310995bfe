#include "rebuild/buildinfo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "archive/reader.hpp"
#include "attest/debian_control.hpp"
#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "rebuild/control_file.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_largest = 64ULL << 20;

/// "gcc-12 (= 12.2.0-14)", with or without ":arch" behind the name.
std::optional<RecordedPackage> exact(std::string_view relation) {
  const auto open = relation.find(" (= ");
  if (open == std::string_view::npos || !relation.ends_with(')')) return std::nullopt;
  const auto name = relation.substr(0, open);
  return RecordedPackage{std::string{name.substr(0, name.find(':'))},
                         std::string{relation.substr(open + 4, relation.size() - open - 5)}};
}

/// "gcc-12.2.1-4-x86_64": name, version, release, architecture.
std::optional<RecordedPackage> arch_package(std::string_view text) {
  std::size_t dash[3] = {};
  for (auto& place : dash) {
    place = text.rfind('-', &place == dash ? std::string_view::npos : *(&place - 1) - 1);
    if (place == std::string_view::npos || place == 0) return std::nullopt;
  }
  return RecordedPackage{std::string{text.substr(0, dash[2])},
                         std::string{text.substr(dash[2] + 1, dash[0] - dash[2] - 1)}};
}

std::optional<std::int64_t> seconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional{value} : std::nullopt;
}

/// Of the field Environment: `SOURCE_DATE_EPOCH="1671456791"`.
std::optional<std::int64_t> epoch_in(std::string_view environment) {
  constexpr std::string_view key = "SOURCE_DATE_EPOCH=\"";
  const auto at = environment.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  environment.remove_prefix(at + key.size());
  return seconds(environment.substr(0, environment.find('"')));
}

BuildInfo parse_debian(std::string_view text) {
  BuildInfo info;
  const auto fields = first_paragraph(text);
  for (const auto& relation : relations(field(fields, "installed-build-depends")))
    if (auto package = exact(relation)) info.installed.push_back(*std::move(package));
  for (const auto& file : attest::parse_debian_files(text)) info.artifacts.emplace(file.name, file.sha256);
  info.directory = field(fields, "build-path");
  info.source_date_epoch = epoch_in(field(fields, "environment"));
  return info;
}

BuildInfo parse_arch(std::string_view text) {
  BuildInfo info;
  for (const auto line : split_lines(text)) {
    const auto equals = line.find(" = ");
    if (equals == std::string_view::npos) continue;
    const auto value = line.substr(equals + 3);
    if (line.substr(0, equals) == "builddir") info.directory = value;
    if (line.substr(0, equals) == "builddate") info.source_date_epoch = seconds(value);
    if (line.substr(0, equals) != "installed") continue;
    if (auto package = arch_package(value)) info.installed.push_back(*std::move(package));
  }
  return info;
}

struct Rank {
  int rank;
  std::string_view pattern;
};

// In this order: the first that fits decides.
constexpr Rank k_ranks[] = {{8, "*-doc"},
                            {8, "*-locales"},
                            {8, "doxygen*"},
                            {8, "texlive*"},
                            {8, "tex-*"},
                            {8, "texinfo"},
                            {8, "groff*"},
                            {8, "man-db"},
                            {8, "help2man"},
                            {8, "asciidoc*"},
                            {8, "docbook*"},
                            {8, "xsltproc"},
                            {8, "gtk-doc-tools"},
                            {8, "pandoc*"},
                            {8, "graphviz*"},
                            {8, "ghostscript"},
                            {8, "fonts-*"},
                            {8, "*sphinx*"},
                            {8, "po4a"},
                            {8, "ruby-ronn"},
                            {0, "gcc*"},
                            {0, "g++*"},
                            {0, "cpp*"},
                            {0, "libgcc-*-dev"},
                            {0, "libstdc++-*-dev"},
                            {0, "gfortran*"},
                            {0, "gnat*"},
                            {0, "gdc*"},
                            {0, "clang*"},
                            {0, "llvm*"},
                            {0, "libllvm*"},
                            {0, "rustc*"},
                            {0, "cargo*"},
                            {0, "golang-*-go"},
                            {0, "go"},
                            {0, "ghc"},
                            {0, "openjdk-*"},
                            {0, "ocaml*"},
                            {0, "nasm"},
                            {0, "yasm"},
                            {0, "rust"},
                            {1, "binutils*"},
                            {1, "lld*"},
                            {1, "mold"},
                            {2, "libc6*"},
                            {2, "libc-*"},
                            {2, "linux-libc-dev"},
                            {2, "glibc*"},
                            {2, "musl*"},
                            {2, "linux-api-headers"},
                            {3, "debhelper"},
                            {3, "libdebhelper-perl"},
                            {3, "dh-*"},
                            {3, "dpkg*"},
                            {3, "libdpkg-perl"},
                            {3, "fakeroot"},
                            {3, "strip-nondeterminism"},
                            {3, "*strip-nondeterminism*"},
                            {3, "dwz"},
                            {3, "pacman"},
                            {4, "autoconf*"},
                            {4, "automake*"},
                            {4, "libtool*"},
                            {4, "autopoint"},
                            {4, "gettext*"},
                            {4, "m4"},
                            {4, "make"},
                            {4, "cmake*"},
                            {4, "meson"},
                            {4, "ninja*"},
                            {4, "pkg*conf*"},
                            {4, "bison*"},
                            {4, "flex*"},
                            {4, "gperf"},
                            {5, "perl*"},
                            {5, "libperl*"},
                            {5, "python3*"},
                            {5, "bash"},
                            {5, "dash"},
                            {5, "sed"},
                            {5, "?awk"},
                            {5, "coreutils"},
                            {5, "tar"},
                            {5, "gzip"},
                            {5, "xz-utils"},
                            {5, "liblzma*"},
                            {5, "bzip2"},
                            {5, "zstd"},
                            {5, "file"},
                            {5, "nodejs*"},
                            {6, "*-dev"},
                            {6, "lib*"}};

}  // namespace

Result<BuildInfo> parse_buildinfo(std::string_view text) {
  auto info = text.find("Installed-Build-Depends:") != std::string_view::npos ? parse_debian(text) : parse_arch(text);
  if (info.installed.empty())
    return Error{ErrorCode::format,
                 "records no installed packages",
                 {},
                 "give a .buildinfo of Debian or a .BUILDINFO of Arch Linux"};
  return info;
}

namespace {

/// The record that stands in a package; nothing if there is none.
Result<Bytes> record_in_package(const fs::path& file) {
  archive::ReadOptions reading;
  reading.keep = [](const TreeEntry& entry) { return entry.path == ".BUILDINFO"; };
  reading.max_kept_entry = k_largest;
  ASSAY_TRY(auto contents, archive::read_archive(file, reading));
  const auto record = contents.kept.find(".BUILDINFO");
  if (record == contents.kept.end())
    return Error{ErrorCode::not_found, "holds no .BUILDINFO", escape_for_display(file.string()),
                 "packages of Arch Linux do; Debian's .buildinfo is a file of its own"};
  return std::move(record->second);
}

bool is_package(const fs::path& file) {
  const auto name = file.filename().string();
  return name.find(".pkg.tar") != std::string::npos;
}

}  // namespace

Result<BuildInfo> read_buildinfo(const fs::path& file) {
  ASSAY_TRY(const auto content, is_package(file) ? record_in_package(file) : read_file(file, k_largest));
  auto info = parse_buildinfo(as_text(content));
  if (!info) info.error().where = escape_for_display(file.string());
  return info;
}

std::map<std::string, std::string, std::less<>> installed_packages(const fs::path& root) {
  std::map<std::string, std::string, std::less<>> installed;
  if (const auto status = MappedFile::open(root / "var/lib/dpkg/status"))
    for (const auto& paragraph : paragraphs(as_text(status->bytes())))
      if (field(paragraph, "status").ends_with(" installed"))
        installed.emplace(field(paragraph, "package"), field(paragraph, "version"));
  std::error_code problem;
  for (const auto& item : fs::directory_iterator{root / "var/lib/pacman/local", problem})
    if (auto package = arch_package(item.path().filename().string() + "-any"))
      installed.emplace(std::move(package->name), std::move(package->version));
  return installed;
}

int package_rank(std::string_view name) {
  for (const auto& one : k_ranks)
    if (glob_match(one.pattern, name)) return one.rank;
  return 7;
}

std::vector<VersionGap> version_gaps(const BuildInfo& recorded,
                                     const std::map<std::string, std::string, std::less<>>& installed) {
  std::vector<VersionGap> gaps;
  for (const auto& package : recorded.installed) {
    const auto here = installed.find(package.name);
    if (here != installed.end() && here->second == package.version) continue;
    gaps.push_back({package.name, package.version, here == installed.end() ? std::string{} : here->second,
                    package_rank(package.name)});
  }
  std::sort(gaps.begin(), gaps.end(), [](const VersionGap& a, const VersionGap& b) {
    return std::tie(a.rank, a.package) < std::tie(b.rank, b.package);
  });
  return gaps;
}

std::string to_string(const VersionGap& gap) {
  return fmt::format("{} {} recorded, {}", escape_for_display(gap.package), escape_for_display(gap.recorded),
                     gap.here.empty() ? "not installed here" : fmt::format("{} here", escape_for_display(gap.here)));
}

}  // namespace assay::rebuild
