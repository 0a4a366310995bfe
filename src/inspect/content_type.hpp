// What a file is by its content, whatever its name says: libmagic behind a small face.
#pragma once
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::inspect {

/// Loads libmagic's database on first use (some 10 ms), so that a run that needs no content type pays nothing.
/// Not thread-safe: one per thread.
class ContentTyper {
 public:
  ContentTyper();
  ~ContentTyper();
  ContentTyper(ContentTyper&&) noexcept;
  ContentTyper& operator=(ContentTyper&&) noexcept;
  /// libmagic's description of `content` ("POSIX shell script, ASCII text executable"), its first 64 KiB looked at.
  /// Error if the database cannot be loaded or libmagic fails on this content.
  Result<std::string> describe(ByteView content);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// The name of the executable format that `content` begins with (ELF, PE, Mach-O, Java class, wasm, LLVM bitcode, Lua or
/// Python bytecode), by magic number alone; "" if it is none.
std::string_view executable_format(ByteView content) noexcept;

}  // namespace assay::inspect
