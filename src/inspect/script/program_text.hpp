// What a program text in Python, perl, ruby or JavaScript does with bytes, as far as its words tell: which files it
// names, which decoding functions it calls, and whether it executes or prints something. Their order is not parsed; it
// is found by trying which order makes sense of the bytes.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/script/filters.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

/// Undoes one encoding; nothing where the bytes are not of it.
using Undo = std::function<std::optional<std::string>(std::string_view input, const FilterContext& context)>;

struct ProgramText {
  struct Operation {
    std::string what;  ///< "decodes it as base64"
    FilterKind kind = FilterKind::decode;
    Undo undo;
  };
  std::vector<std::string> files;     ///< literals that could name a file
  std::vector<Operation> operations;  ///< in the order in which they are written
  std::vector<Bytes> keys;            ///< that it exclusive-ors with
  bool evaluates = false;             ///< runs text as a program of its own language: exec, eval
  bool executes = false;              ///< hands data to an interpreter: exec, eval, system
  bool runs_data = false;             ///< what it executes has come from data of the tests, see follow_data()
  bool prints = false;
  std::size_t execution = 0;  ///< offset of what executes
  std::string statements;     ///< that bring that data there

  /// `input` with all operations applied, in the first order that gives text or an executable, and that order in words;
  /// nothing if none does.
  std::optional<std::pair<std::string, std::string>> apply(std::string_view input, const FilterContext& context) const;
  /// "decodes it as base64, xors its bytes with 0x5a", in the order in which they are written.
  std::string describe() const;
};

/// Programs are read up to here.
inline constexpr std::size_t k_longest_program = 1U << 20;

/// Read at most so much of `program`; `language` is ScriptKind::none where it is not known. Linear time.
ProgramText read_program(std::string_view program, ScriptKind language);

}  // namespace assay::inspect
