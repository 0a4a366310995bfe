#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view k_toolchain[] = {
    "gcc",        "g++",          "cc",           "c++",         "cc1",        "cc1plus",    "cc1obj",
    "cpp",        "collect2",     "lto1",         "lto-wrapper", "lto-dump",   "as",         "ld",
    "ld.bfd",     "ld.gold",      "ld.lld",       "lld",         "mold",       "ar",         "ranlib",
    "nm",         "strip",        "objcopy",      "clang",       "clang++",    "llvm-ar",    "llvm-as",
    "llvm-strip", "llvm-objcopy", "llc",          "opt",         "gcc-ar",     "gcc-ranlib", "rustc",
    "rust-lld",   "go",           "compile",      "link",        "asm",        "nasm",       "yasm",
    "gfortran",   "f951",         "gnat1",        "gnatbind",    "gdc",        "d21",        "fpc",
    "ppcx64",     "ghc",          "ocamlopt.opt", "ocamlopt",    "ocamlc.opt", "tcc",        "swiftc",
    "zig",        "patchelf",     "chrpath",      "debugedit",   "dwz",        "prelink",    "sepdebugcrcfix",
    "windres",    "dlltool",      "libtool",      "go1"};

constexpr std::string_view k_decoders[] = {
    "xz",       "lzma",   "gzip",  "zcat", "gunzip", "bzip2", "zstd",   "lz4",    "brotli", "lzip",    "lzop",
    "pigz",     "pbzip2", "unzip", "7z",   "7za",    "7zr",   "base64", "base32", "basenc", "openssl", "gpg",
    "uudecode", "xxd",    "od",    "tr",   "awk",    "mawk",  "gawk",   "sed",    "cut",    "bsdcat",  "funzip"};

constexpr std::string_view k_movers[] = {"cat",    "dd",     "head",  "tail",    "printf", "echo", "tee",
                                         "split",  "csplit", "cp",    "install", "mv",     "tar",  "cpio",
                                         "bsdtar", "rsync",  "paste", "tac",     "rev",    "patch"};

constexpr std::string_view k_interpreters[] = {"sh",     "dash",    "bash", "ksh",  "mksh",   "zsh",    "perl",
                                               "python", "ruby",    "node", "lua",  "php",    "tclsh",  "guile",
                                               "m4",     "busybox", "yash", "pypy", "luajit", "Rscript"};

bool has(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "x86_64-linux-gnu-gcc-12" as "gcc", "python3.11" as "python": without the target before it and the version behind it.
std::string_view plain_name(std::string_view name) {
  for (const std::string_view target :
       {"-linux-gnu-", "-linux-gnux32-", "-linux-gnueabihf-", "-linux-musl-", "-linux-"})
    if (const auto at = name.rfind(target); at != std::string_view::npos) name.remove_prefix(at + target.size());
  const auto end = name.find_last_not_of("0123456789.");
  if (end == std::string_view::npos || end + 1 == name.size()) return name;
  // A name may end with a digit by right ("bzip2", "cc1"): those are in the lists as they are.
  auto shorter = name.substr(0, end + 1);
  if (shorter.ends_with('-')) shorter.remove_suffix(1);
  return shorter;
}

Trade trade_of(std::string_view name) {
  if (has(k_toolchain, name)) return Trade::toolchain;
  if (has(k_decoders, name)) return Trade::decoder;
  if (has(k_movers, name)) return Trade::mover;
  return has(k_interpreters, name) ? Trade::interpreter : Trade::other;
}

/// Programs that can be many: what they are called decides.
bool is_many(std::string_view name) {
  return name == "busybox" || name == "toybox" || name == "coreutils";
}

/// Of a decoder that reads text as well: is its command line one that decodes?
bool decodes_text(std::string_view program, const Image& image) {
  const auto has_word = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(image.arguments.begin(), image.arguments.end(), [&](const auto& argument) {
      return std::find(words.begin(), words.end(), argument) != words.end();
    });
  };
  if (program == "uudecode") return true;
  if (program == "base64" || program == "base32" || program == "basenc" || program == "openssl")
    return has_word({"-d", "-di", "-id", "--decode", "-D"});
  return program == "xxd" && has_word({"-r", "-revert", "-ps", "-p"});
}

}  // namespace

Case::Case(const Trace& t, const Graph& g, const TraceContext& c) : trace(t), graph(g), context(c) {
  name_programs();
  find_decoders();
}

void Case::name_programs() {
  m_programs.resize(trace.processes.size());
  m_trades.resize(trace.processes.size(), Trade::other);
  for (Index process = 0; process < trace.processes.size(); ++process) {
    const auto& images = trace.processes[process].images;
    if (images.empty() || images.back().program == k_none) continue;
    auto program = images.back().program;
    // What the build made, or what came with the source, is what it is a copy of.
    for (int steps = 0; steps < 16; ++steps) {
      const auto original = graph.copied_from(program);
      if (!original) break;
      program = *original;
    }
    const auto& file = trace.files[program];
    auto name = path_basename(file.path);
    if (is_many(name) && !images.back().arguments.empty()) name = path_basename(images.back().arguments.front());
    m_programs[process] = trade_of(name) != Trade::other ? name : plain_name(name);
    if (!file.writable_place) m_trades[process] = trade_of(m_programs[process]);
  }
}

bool Case::decodes(Index process, Index file) const {
  if (!is_source(file)) return false;
  const auto kind = trace.files[file].kind;
  if (kind == ContentKind::compressed || kind == ContentKind::binary) return true;
  return kind == ContentKind::text && decodes_text(program(process), trace.processes[process].images.back());
}

bool Case::decodes_words(Index process) const {
  return trade(process) == Trade::decoder && decodes_text(program(process), trace.processes[process].images.back());
}

void Case::find_decoders() {
  m_decoded.resize(trace.processes.size());
  for (Index process = 0; process < trace.processes.size(); ++process) {
    if (trade(process) != Trade::decoder) continue;
    // Its own files, and those of the pipeline before it.
    std::set<Index> seen{process};
    std::vector<Index> open{process};
    auto& decoded = m_decoded[process];
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      for (const auto& access : trace.processes[at].reads)
        if (decodes(process, access.file)) decoded.push_back(access.file);
      for (const auto feeder : graph.feeders(at))
        if (seen.size() < 10'000 && seen.insert(feeder).second) open.push_back(feeder);
    }
    std::sort(decoded.begin(), decoded.end());
    decoded.erase(std::unique(decoded.begin(), decoded.end()), decoded.end());
    if (!decoded.empty()) m_decoders.push_back(process);
  }
}

bool Case::is_below_source(Index file) const {
  const std::string_view path = trace.files[file].path;
  return path.size() > context.source.size() && path.starts_with(context.source) && path[context.source.size()] == '/';
}

std::string_view Case::shown_path(Index file) const {
  const std::string_view path = trace.files[file].path;
  return is_below_source(file) ? path.substr(context.source.size() + 1) : path;
}

bool Case::is_binary_source(Index file) const {
  const auto kind = trace.files[file].kind;
  return is_source(file) && (kind == ContentKind::compressed || kind == ContentKind::binary || is_code(file));
}

bool Case::is_in_test_place(Index file) const {
  return inspect::is_test_place(shown_path(file));
}

bool Case::is_test_phase(Index process) const {
  const auto& phase = trace.phases[trace.processes[process].phase];
  return std::find(context.test_phases.begin(), context.test_phases.end(), phase) != context.test_phases.end();
}

bool Case::is_code(Index file) const {
  const auto kind = trace.files[file].kind;
  return kind == ContentKind::object || kind == ContentKind::executable || kind == ContentKind::object_archive;
}

bool Case::is_product(Index file) const {
  return is_code(file) && !trace.files[file].writers.empty() && !graph.is_initial(file) && !is_in_test_place(file);
}

Evidence Case::chain_of(Index process) const {
  Evidence evidence{"process chain", {}};
  for (const auto at : process_chain(trace, process)) {
    const auto& images = trace.processes[at].images;
    if (!evidence.text.empty()) evidence.text += '\n';
    evidence.text += images.empty() ? std::string{"(a fork of the above)"} : command_line(images.back());
  }
  return evidence;
}

Evidence Case::way(Index from, Index to) const {
  Evidence evidence{"way of the bytes", {}};
  for (const auto& link : graph.chain(from, to)) {
    evidence.text += shown_path(link.file);
    if (link.process == k_none) continue;
    const auto& images = trace.processes[link.process].images;
    evidence.text +=
        fmt::format("\n  read by {}\n", images.empty() ? "a fork of a shell" : command_line(images.back()));
  }
  return evidence;
}

}  // namespace assay::trace
