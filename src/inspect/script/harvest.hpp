// What build scripts know about bytes: maps, keys, offsets and decoders they use on something. Whoever hides data in a
// tree has to say somewhere in that tree how to get it back; the blob checks try what is found here on every blob.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "inspect/script/byte_map.hpp"

namespace assay::inspect {

/// Where in the scripts something was found.
struct ScriptPlace {
  std::string path;        ///< of the script; of a decoded stage: "PATH!stage N"
  std::uint64_t line = 0;  ///< 1-based; 0 if unknown
  std::string text;        ///< the words it was read from, at most some 200 bytes
};

struct HarvestedMap {
  ByteMap map;
  ScriptPlace place;
};

/// To be exclusive-ored with the data, repeated as often as need be.
struct HarvestedKey {
  Bytes key;
  ScriptPlace place;
};

/// A part of a file: `head -c`, `tail -c`, `dd`, `cut -b`, `file(READ … OFFSET … LIMIT)`.
struct HarvestedSlice {
  std::uint64_t offset = 0;             ///< bytes skipped; where `from_end`, bytes kept at the end
  std::optional<std::uint64_t> length;  ///< nothing: up to the end
  bool from_end = false;
  ScriptPlace place;
};

enum class Decoder : std::uint8_t {
  gzip,
  bzip2,
  xz,
  lzma,
  lzma_raw,
  lzip,
  zstd,
  lz4,
  base64,
  base32,
  hex,
  uuencode,
  reverse,
  openssl,
  rc4_awk
};

std::string_view to_string(Decoder decoder) noexcept;

struct HarvestedDecoder {
  Decoder decoder = Decoder::xz;
  std::string options;  ///< as written: "-F raw --lzma1 -dc", "enc -d -rc4 -k word"
  ScriptPlace place;
};

/// A pattern that a script searches the tree for.
struct HarvestedPattern {
  std::string pattern;  ///< as RE2 takes it (Latin-1, multi-line)
  ScriptPlace place;
};

struct Harvest {
  std::vector<HarvestedMap> byte_maps;     ///< distinct; none of them textual or the identity
  std::vector<HarvestedKey> xor_keys;      ///< distinct, none all zero
  std::vector<HarvestedSlice> slices;      ///< distinct
  std::vector<HarvestedDecoder> decoders;  ///< distinct
  std::vector<HarvestedPattern> patterns;  ///< distinct

  bool empty() const noexcept;
  /// Add what `other` has and this has not; at most k_harvest_most of each kind.
  void merge(const Harvest& other);
  void add(HarvestedMap map);
  void add(HarvestedKey key);
  void add(HarvestedSlice slice);
  void add(HarvestedDecoder decoder);
  void add(HarvestedPattern pattern);
};

inline constexpr std::size_t k_harvest_most = 64;

/// Everything a script (shell, m4, make, CMake, …; by its path) says about bytes, whether or not anything comes of it:
/// also what stands in quoted strings that may be evaluated later. Takes time linear in the size of `text`.
Harvest harvest_script(std::string_view path, std::string_view text);

/// The same for text of unknown kind (a decoded stage), read as shell.
Harvest harvest_stage(std::string_view name, std::string_view text);

struct ShellScript;

/// The same for a script that has been parsed already; `text` is the script as it lies in the tree.
Harvest harvest_parsed(std::string_view path, std::string_view text, const ShellScript& script);

/// Add the keys that lines of `text` exclusive-or with.
void harvest_keys(std::string_view path, std::string_view text, Harvest& harvest);

}  // namespace assay::inspect
