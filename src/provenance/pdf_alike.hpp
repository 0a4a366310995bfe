// A document in PDF that was made on another day is the same but for its dates, its identifiers, and where what follows them stands
// (ISO 32000-1: 7.5 file structure, 7.9.4 dates, 14.3 metadata, 14.4 identifiers).
#pragma once
#include "base/bytes.hpp"

namespace assay::provenance {

/// Do both show the same? Only files with one cross-reference table, as text, whose offsets all lead where they say: with any other the
/// answer is no.
bool same_pdf_but_for_dates(ByteView made, ByteView shipped);

}  // namespace assay::provenance
