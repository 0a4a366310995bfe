// What is wrong with a command line, in the words of whoever wrote it.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace assay::cli {

/// An option or sub-command in `args` that does not exist, as a message with what was probably meant; empty if there is none.
/// To be asked before parsing: a parser that misses a required option first would blame that one, and `--help` would hide it.
std::string unknown_word(const CLI::App& app, const std::vector<std::string>& args);

/// A word of `args` that is empty, or an option given as "--name=" alone, as a message; empty if there is none. No option
/// has a use for it: it comes of a variable that is not set, and `--policy "$POLICY"` must not mean "no policy".
std::string empty_word(const std::vector<std::string>& args);

/// What the parser found wrong with `args`.
std::string usage_message(const CLI::App& app, const CLI::ParseError& problem, const std::vector<std::string>& args);

}  // namespace assay::cli
