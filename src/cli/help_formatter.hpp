// How `--help` looks: options and what they do in two columns, broken to the width of the terminal.
#pragma once
#include <cstddef>

namespace CLI {
class App;
}

namespace assay::cli {

/// Have `app`, and the commands that are added to it later, write help in lines of at most `columns` characters; a longer
/// word stays whole.
void format_help(CLI::App& app, std::size_t columns);

}  // namespace assay::cli
