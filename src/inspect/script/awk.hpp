// A small awk (POSIX.1-2017 XCU awk, with gawk's bit functions): computes what a program would print. It reads no file,
// starts no command and keeps within bounds; what a program would hand to a shell is noted instead.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::inspect {

struct AwkInput {
  std::string_view text;
  std::string separator = " ";                                 ///< -F
  std::vector<std::pair<std::string, std::string>> variables;  ///< -v NAME=VALUE
};

struct AwkResult {
  std::string output;
  std::string executed;  ///< what `print | "sh"` and system() would run
};

class AwkProgram {
 public:
  /// Nothing if it is malformed or uses what is not followed (getline, redirections to files, more than one dimension).
  static std::optional<AwkProgram> parse(std::string_view text);
  AwkProgram(AwkProgram&&) noexcept;
  AwkProgram& operator=(AwkProgram&&) noexcept;
  ~AwkProgram();

  /// Nothing if it takes more than `steps` (which are counted down), prints more than `max_output` bytes, or does
  /// something that only shows while it runs and is not followed.
  std::optional<AwkResult> run(const AwkInput& input, std::uint64_t max_output, std::uint64_t& steps) const;

 private:
  struct State;
  explicit AwkProgram(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace assay::inspect
