// What an entry can do to someone who builds the release: run at build time, be compiled, be shipped, or just be read.
#pragma once
#include <string>
#include <string_view>

#include "inspect/content_type.hpp"
#include "model/entry.hpp"
#include "model/explanation.hpp"

namespace assay::provenance {

struct ReachInfo {
  Reach reach = Reach::shipped;
  std::string reason;  ///< "m4 macro file", "shebang", "ELF executable"
};

/// Judge by the name alone; what the name does not tell is `shipped` with an empty reason.
ReachInfo reach_by_name(std::string_view path);

/// Does it stand among what is tested with, shown or kept (`tests/`, `examples/`, `contrib/`), which no build runs as its own?
bool stands_aside(std::string_view path);

/// Is it written to be read by people, as far as its name can tell? Of any other some tool may think something by its name alone,
/// and which tools there are on another machine nobody knows.
bool is_document(std::string_view path);

/// A text that people read and no tool looks for: README, COPYING.LIB, NEWS.md, in no hidden directory and not in `debian/`, where
/// programs read what is called that.
bool is_prose(std::string_view path);

/// Does it hold what documentation tools run, prompts of Python's doctest, or directives of reStructuredText?
bool holds_prompts(std::string_view text);
/// Does it hold scripts of a page, marks of a template, or cells of a notebook? Where it stands decides whether something runs them.
bool is_page_or_template(std::string_view text);

/// Judged by its name to be written for people: documentation, a licence, a change log, a page of a manual. A text that only its
/// extension tells may be a list that programs read.
bool is_document_by_name(const AssessedEntry& entry);

/// Is `path`, or a directory above it, hidden?
bool is_hidden(std::string_view path);

/// Judge by content, mode and name; the strongest wins, so that a script cannot hide behind a harmless name.
/// `content` may be a head of the file or empty if it is not at hand. `typer` is asked only when nothing else tells.
ReachInfo classify_reach(const TreeEntry& entry, std::string_view path, ByteView content, inspect::ContentTyper& typer);

}  // namespace assay::provenance
