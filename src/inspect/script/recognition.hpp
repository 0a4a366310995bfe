// What is read as a build script, where its name does not tell: by its mode, its first line, and whatever else it holds.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "inspect/script/source.hpp"
#include "model/entry.hpp"

namespace assay::inspect {

/// What kind of build script an entry is, by its name, its first line and all of its `content`: nothing if no shell would find a command in it, and `shell` as well for what may be
/// run and is text of no other kind, since whoever starts it hands it to a shell.
ScriptKind script_kind(const TreeEntry& entry, ByteView content);

/// The language of a script that is run but, being of no kind, not followed: "Tcl" by its name, or the interpreter that its first line
/// names; empty for anything else.
std::string_view language_not_followed(std::string_view path, ByteView head);

/// Is it data by its name: of the tests, or an image, a document, an archive and the like anywhere?
bool is_data_file(std::string_view path) noexcept;

/// What interpreters read of a script: shells drop NUL bytes and go on. The text is in `content`, or in `room` if there is one to drop.
std::string_view text_of_script(ByteView content, std::string& room);

/// Would a shell find commands in it? It passes over what it does not know, and stops where it is told to: one whole line that can be
/// read is enough, whatever else there is.
bool holds_commands(ByteView content);

}  // namespace assay::inspect
