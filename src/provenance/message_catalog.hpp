// Message catalogues of GNU gettext: the text form (.po, .pot) and the compiled one (.mo, .gmo), as the manual's "The Format
// of PO Files" and "The Format of GNU MO Files" describe them.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::provenance {

struct Message {
  std::string translation;  ///< plural forms one after another, each but the last ended by a NUL, as in .mo files
  bool fuzzy = false;
  bool obsolete = false;  ///< `#~`
};

/// By key: context and EOT if there is one, the id, and for a plural NUL and the plural id: as in .mo files. The key "" is
/// the header.
using MessageCatalog = std::map<std::string, Message, std::less<>>;

/// Errors: not a catalogue, strings outside of the file, ids out of order or given twice, more than a million messages.
Result<MessageCatalog> parse_mo(ByteView bytes);
/// Errors: a line that is neither comment, keyword nor string; a string that does not end; a message without translation; two
/// of one key.
Result<MessageCatalog> parse_po(std::string_view text);

/// What of a catalogue that parse_mo() reads is neither header, table, string nor the hash table that msgfmt makes; empty if
/// nothing is. What a reader of messages never sees could be anything. Revisions 0.0 and 0.1 are understood.
std::string unaccounted_bytes(ByteView bytes);

/// Why a header cannot have been made from that of `source`, a line for each field; empty if it can: all its lines besides dates, which
/// tools write anew, stand there.
std::string header_mismatch(std::string_view header, std::string_view source);
/// Why `made` cannot have been made from `source` by msgfmt; empty if it can: every message stands in the source with the
/// same translation, not fuzzy. Header lines may differ in dates, and those of its encoding and plural forms are there.
std::string catalogue_mismatch(const MessageCatalog& made, const MessageCatalog& source);
/// Why `merged` cannot be what msgmerge makes of `source`: a translation that no message of the source has (of a fuzzy one), or
/// that this message has not there; an obsolete message that is none of the source's. Translations may be blurred, ids may
/// be new or gone: the new ones are added to `new_ids`, for the caller to look for where messages come from.
std::string merge_mismatch(const MessageCatalog& merged, const MessageCatalog& source,
                           std::vector<std::string>& new_ids);
/// The messages that `source` has a translation of that is in use, and `made` has none of. Tools leave out those that no source says any
/// more: for the caller to look for.
std::vector<std::string> lost_messages(const MessageCatalog& made, const MessageCatalog& source);

}  // namespace assay::provenance
