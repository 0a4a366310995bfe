// The programs that scripts put bytes through, as functions on bytes: what a command would print, computed without
// running it. POSIX.1-2017 XCU for cat, cut, dd, head, sed, tail, tr; GNU's and the compressors' manuals for the rest.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "inspect/script/harvest.hpp"

namespace assay::inspect {

enum class FilterKind : std::uint8_t {
  pass,     ///< prints what it reads: cat, tee, a sed without effect
  text,     ///< works on lines of text: sed, grep, cut, sort
  map,      ///< replaces bytes by others: tr, xor
  carve,    ///< cuts a part out by position: head -c, tail -c, dd
  decode,   ///< undoes an encoding, compression or encryption
  encode,   ///< the reverse
  program,  ///< runs a program text (awk, perl, python) that is not followed
};

/// What decompression gave; `bytes` is what came out before a problem.
struct Decoded {
  Bytes bytes;
  bool complete = false;
};

/// Decodes gzip, bzip2, xz, lzma, lzma_raw (`options` as written: "--lzma1=lc=3,dict=1MiB"), zstd and lz4, all streams
/// that follow one another, at most `max_output` bytes.
using Decompress =
    std::function<Decoded(Decoder decoder, std::string_view options, ByteView input, std::uint64_t max_output)>;

/// Decompress through assay::archive.
Decompress archive_decompress();

class UnpackedArchives;

struct FilterContext {
  const Decompress& decompress;
  std::uint64_t max_output;
  std::uint64_t* steps = nullptr;        ///< that small languages may still take; null: a bound of their own
  UnpackedArchives* archives = nullptr;  ///< that were read before; null: each is read anew
};

struct FilterOutput {
  std::string bytes;
  std::size_t consumed = 0;  ///< bytes of the input; what is left is the next command's that shares it
  bool complete = true;      ///< of a decoder: the data was whole
  std::string what{};        ///< what it did, where only the data could tell; empty: as planned
  std::string executed{};    ///< what it hands to a shell: awk's `print | "sh"`, system()
};

/// A command that was understood: where its input comes from and what it does to it.
struct FilterPlan {
  FilterKind kind = FilterKind::pass;
  std::string what;        ///< "maps its bytes with tr '\t \-_' ' \t_\-'", "decodes as xz"
  bool disguised = false;  ///< does nothing, in a way that looks as if it did: `sed "r\n"`
  std::vector<std::size_t>
      files;                ///< operands (indices into the arguments) that name files to read; none: standard input
  std::string output_file;  ///< dd of=; empty: standard output
  Harvest harvest;          ///< what it tells about bytes; the places are left to the caller
  /// What it prints for this input; nothing if that is not known. Empty: never known.
  std::function<std::optional<FilterOutput>(std::string_view input, const FilterContext& context)> run;
  std::vector<std::string> named_files{};  ///< that a program text names; read where nothing else is
  bool executes = false;                   ///< a program text that executes what it has decoded
};

/// The plan of a command; nothing if the program is not one of those known here or its arguments are not understood.
std::optional<FilterPlan> plan_filter(const std::vector<std::string>& arguments);

/// True if plan_filter() knows a program of that name (no directory).
bool is_filter_name(std::string_view name) noexcept;

/// The literals that variables are given in a text, the first of each, by name.
using NamedKeys = std::map<std::string, Bytes, std::less<>>;
NamedKeys keys_named_in(std::string_view text);

/// The keys that a program text (awk, perl, python, shell arithmetic) exclusive-ors with: literals, and variables that are
/// given one: in `named`, of the text that it is part of, or in itself.
std::vector<Bytes> xor_keys_of(std::string_view program, const NamedKeys& named);
std::vector<Bytes> xor_keys_of(std::string_view program);

/// True for the shape of RC4 as awk or another small language writes it: a table of 256, swaps, a remainder by 256.
bool looks_like_rc4(std::string_view program) noexcept;

/// What `echo` (bash's, dash's) and `printf` print for these arguments (the name first); nothing if a conversion is not
/// understood.
std::optional<std::string> printed(const std::vector<std::string>& arguments);

}  // namespace assay::inspect
