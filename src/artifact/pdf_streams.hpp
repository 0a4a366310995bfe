// The streams of a PDF document (ISO 32000-1, 7.3.8) and what the others of its structures say about where objects stand.
// Found by their keywords and lengths, since a damaged document has no table that could be followed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/content.hpp"
#include "base/limits.hpp"

namespace assay::artifact {

struct PdfStream {
  std::string object;           ///< "12 0": number and generation
  std::string_view dictionary;  ///< what stands before it
  std::size_t begin = 0;        ///< of its bytes
  std::size_t size = 0;
  bool measured = false;  ///< its dictionary says how many they are, and so it is

  bool says(std::string_view key, std::string_view name) const;
};

/// In the order of the document. At most a bounded number; what is behind is no stream to the caller.
std::vector<PdfStream> find_pdf_streams(std::string_view document);

/// The document without the bytes of its streams.
std::string without_streams(std::string_view document, const std::vector<PdfStream>& streams);

/// What a stream holds that is compressed with deflate alone, checked against its checksum. Nothing for any other.
std::optional<Content> decode_pdf_stream(std::string_view document, const PdfStream& stream, const Limits& limits);

/// The objects' offsets of a cross-reference stream (7.5.8) each lead to the object they stand for.
bool leads_to_objects(std::string_view document, const PdfStream& stream, const Content& decoded);

}  // namespace assay::artifact
