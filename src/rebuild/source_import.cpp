#include "rebuild/source_import.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "attest/debian_control.hpp"
#include "base/text.hpp"
#include "digest/digest.hpp"
#include "rebuild/driver.hpp"
#include "rebuild/export.hpp"
#include "rebuild/sandbox.hpp"
#include "rebuild/tar_writer.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_begin = R"sh(set -eu
exec 4>&1 1>&2
echo ready >&3
umask 022
mkdir in
)sh";

// Patched files have the time of their patching, which is now: none is newer than the changelog's entry afterwards.
constexpr std::string_view k_end = R"sh(
if [ -f debian/changelog ] && epoch=$(dpkg-parsechangelog -S Timestamp 2>/dev/null); then
  find . -newermt "@$epoch" -exec touch -h -d "@$epoch" {} +
fi
echo newest $(find . -type f -printf '%T@\n' | sort -n | tail -n 1 | cut -d. -f1) >&3
tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner -cf - . >&4
echo done >&3
)sh";

std::string last_line(std::string_view log) {
  std::string last;
  for (const auto line : split_lines(log))
    if (line.find_first_not_of(" \t") != std::string_view::npos) last = line.substr(0, 300);
  return escape_for_display(last);
}

Result<Imported> run_import(const UniqueFd& input, const std::string& script, const fs::path& root,
                            const std::string& name) {
  if (::lseek(input.get(), 0, SEEK_SET) != 0) return errno_error("rewind", name);
  Imported imported;
  ASSAY_TRY(imported.tar, temporary_file());
  SandboxRequest sandbox;
  sandbox.toolchain = root;
  sandbox.environment = {
      {"PATH", "/usr/bin:/bin"}, {"HOME", "/build"}, {"TMPDIR", "/tmp"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  sandbox.script = script;
  sandbox.input = input.get();
  sandbox.output = imported.tar.get();
  sandbox.limits.output = sandbox.limits.disk;
  sandbox.on_status = [&](std::string_view line) {
    if (!line.starts_with("newest ")) return;
    std::from_chars(line.data() + 7, line.data() + line.size(), imported.newest);
  };
  ASSAY_TRY(const auto ended, run_in_sandbox(sandbox));
  if (ended.end != SandboxEnd::finished || ended.exit_code != 0)
    return Error{ErrorCode::format,
                 fmt::format("cannot be unpacked: {}",
                             ended.log.empty() ? std::string{to_string(ended.end)} : last_line(ended.log)),
                 name,
                 "the archive is damaged, or the program that unpacks it is not installed (dpkg-dev, tar, xz-utils, "
                 "bzip2, zstd)"};
  if (::lseek(imported.tar.get(), 0, SEEK_SET) != 0) return errno_error("rewind", name);
  return imported;
}

/// The part's content, if it is what the .dsc says.
Result<void> add_part(TarWriter& tar, const attest::DebianFile& part, const fs::path& directory) {
  const auto file = directory / part.name;
  auto mapped = MappedFile::open(file);
  if (!mapped)
    return Error{ErrorCode::not_found,
                 fmt::format("a part of the source package is not there: {}", mapped.error().message),
                 escape_for_display(file.string()), "apt-get source --download-only fetches all of them"};
  if (sha256(mapped->bytes()).hex() != part.sha256)
    return Error{ErrorCode::format, "does not have the SHA-256 that the .dsc lists for it",
                 escape_for_display(file.string()), "fetch it again; if that does not help, somebody changed it"};
  return tar.add_file(part.name, mapped->bytes(), false);
}

}  // namespace

Result<Imported> import_source_package(const fs::path& dsc, const std::string& description, const fs::path& root) {
  const auto parts = attest::parse_debian_files(description);
  if (parts.empty())
    return Error{ErrorCode::format, "lists no files with a SHA-256", escape_for_display(dsc.string()),
                 "it is no .dsc, or one of before 2009"};
  ASSAY_TRY(const auto input, temporary_file());
  TarWriter tar{input.get(), 0};
  ASSAY_TRY_VOID(tar.add_file("package.dsc", as_bytes(description), false));
  for (const auto& part : parts) {
    ASSAY_TRY_VOID(add_part(tar, part, dsc.parent_path()));
  }
  ASSAY_TRY_VOID(tar.finish());
  std::string script{k_begin};
  script += "tar -xf - -C in\ncd in\ndpkg-source --no-check --no-copy -x package.dsc /build/src\ncd /build/src";
  script += k_end;
  return run_import(input, script, root, escape_for_display(dsc.string()));
}

Result<Imported> import_tarball(const fs::path& file, const fs::path& root) {
  ASSAY_TRY(const auto input, open_regular(file));
  std::string script{k_begin};
  // Of a pipe or descriptor tar does not guess the compression, of a file it does.
  script +=
      "cat > archive\ntar --no-same-owner -xf archive -C in\nrm archive\ncd in\n"
      "set -- * .[!.]*\nwhile [ $# -gt 1 ] && ! [ -e \"$2\" ]; do set -- \"$1\"; done\n"
      "if [ $# = 1 ] && [ -d \"$1\" ] && ! [ -h \"$1\" ]; then cd \"./$1\"; fi";
  script += k_end;
  return run_import(input, script, root, escape_for_display(file.string()));
}

}  // namespace assay::rebuild
