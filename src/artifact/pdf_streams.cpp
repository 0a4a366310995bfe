#include "artifact/pdf_streams.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_most_streams = 50'000;
constexpr std::size_t k_longest_dictionary = 64U << 10;
constexpr std::uint64_t k_most_decoded = 64ULL << 20;
constexpr std::string_view k_space{" \t\r\n\f\0", 6};

std::string_view without_space(std::string_view text) {
  const auto begin = text.find_first_not_of(k_space);
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

/// The numbers behind a key, up to what is none.
std::vector<std::uint64_t> numbers_behind(std::string_view dictionary, std::string_view key) {
  std::vector<std::uint64_t> numbers;
  const auto at = dictionary.find(key);
  if (at == std::string_view::npos) return numbers;
  auto text = without_space(dictionary.substr(at + key.size()));
  if (text.starts_with('[')) text = without_space(text.substr(1));
  while (true) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{}) return numbers;
    numbers.push_back(value);
    text = without_space(text.substr(static_cast<std::size_t>(end - text.data())));
  }
}

/// A direct length; one that is said elsewhere is followed by "0 R".
std::optional<std::uint64_t> length_of(std::string_view dictionary) {
  for (const std::string_view key : {"/Length ", "/Length\n", "/Length\r"}) {
    const auto numbers = numbers_behind(dictionary, key);
    if (numbers.size() == 1) return numbers.front();
  }
  return std::nullopt;
}

/// "12 0" of the "12 0 obj" that ends where the dictionary begins.
std::string object_before(std::string_view text) {
  auto at = text.size();
  const auto back_over = [&](auto is) {
    while (at > 0 && is(text[at - 1])) --at;
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto space = [](char c) { return k_space.find(c) != std::string_view::npos; };
  back_over(space);
  const auto end = at;
  back_over(digit);
  const auto generation = at;
  back_over(space);
  const auto middle = at;
  back_over(digit);
  if (end == generation || generation == middle || middle == at) return {};
  return fmt::format("{} {}", text.substr(at, middle - at), text.substr(generation, end - generation));
}

class StreamFinder {
 public:
  explicit StreamFinder(std::string_view document) : m_document(document) {}

  std::vector<PdfStream> run() {
    std::vector<PdfStream> streams;
    for (auto at = m_document.find("stream"); at != std::string_view::npos && streams.size() < k_most_streams;
         at = m_document.find("stream", at)) {
      if (auto stream = stream_at(at)) {
        at = m_searched = stream->begin + stream->size;
        streams.push_back(*std::move(stream));
        // Its own end is no beginning.
        if (const auto end = m_document.find("endstream", at); end != std::string_view::npos) at = end + 9;
      } else {
        at += 6;
      }
    }
    return streams;
  }

 private:
  /// The stream whose keyword stands at `keyword`; nothing if it is a word of something else.
  std::optional<PdfStream> stream_at(std::size_t keyword) {
    auto begin = keyword + 6;
    if (m_document.substr(begin).starts_with("\r\n")) begin += 2;
    else if (m_document.substr(begin).starts_with('\n')) begin += 1;
    else return std::nullopt;
    const auto object = last_object(keyword);
    m_object = std::string_view::npos;  // each object is looked at once, whatever stands behind it
    if (object == std::string_view::npos || keyword - object > k_longest_dictionary || m_endless) return std::nullopt;
    PdfStream stream;
    stream.object = object_before(m_document.substr(object < 64 ? 0 : object - 64, std::min<std::size_t>(object, 64)));
    stream.dictionary = m_document.substr(object + 3, keyword - object - 3);
    stream.begin = begin;
    if (stream.object.empty() || !without_space(stream.dictionary).starts_with("<<")) return std::nullopt;
    if (const auto length = length_of(stream.dictionary); length && *length <= m_document.size() - begin) {
      stream.size = static_cast<std::size_t>(*length);
      stream.measured = without_space(m_document.substr(begin + stream.size, 20)).starts_with("endstream");
    }
    if (stream.measured) return stream;
    const auto end = m_document.find("endstream", begin);
    m_endless = end == std::string_view::npos;
    if (m_endless) return std::nullopt;
    stream.size = end - begin;
    return stream;
  }

  std::size_t last_object(std::size_t before) {
    const auto found = m_document.substr(m_searched, before - m_searched).rfind("obj");
    if (found != std::string_view::npos) m_object = m_searched + found;
    m_searched = before;
    return m_object;
  }

  const std::string_view m_document;
  std::size_t m_searched = 0;                     ///< up to here
  std::size_t m_object = std::string_view::npos;  ///< the last "obj" that no stream has
  bool m_endless = false;                         ///< no "endstream" follows any more
};

}  // namespace

bool PdfStream::says(std::string_view key, std::string_view name) const {
  const auto at = dictionary.find(key);
  if (at == std::string_view::npos) return false;
  auto value = without_space(dictionary.substr(at + key.size()));
  if (value.starts_with('[')) value = without_space(value.substr(1));
  return value.starts_with(name);
}

std::vector<PdfStream> find_pdf_streams(std::string_view document) {
  return StreamFinder{document}.run();
}

std::string without_streams(std::string_view document, const std::vector<PdfStream>& streams) {
  std::string text;
  std::size_t at = 0;
  for (const auto& stream : streams) {
    text += document.substr(at, stream.begin - at);
    at = stream.begin + stream.size;
  }
  return text += document.substr(at);
}

std::optional<Content> decode_pdf_stream(std::string_view document, const PdfStream& stream, const Limits& limits) {
  const auto bytes = as_bytes(document.substr(stream.begin, stream.size));
  // One filter, without parameters: a predictor is another transformation.
  if (!stream.measured || !stream.says("/Filter", "/FlateDecode") ||
      stream.dictionary.find("/DecodeParms") != std::string_view::npos ||
      stream.dictionary.find("Decode", stream.dictionary.find("/FlateDecode") + 12) != std::string_view::npos)
    return std::nullopt;
  if (bytes.size() < 8 || big_endian(bytes, 0, 2) % 31 != 0 || (bytes[0] & 15) != 8 || (bytes[1] & 0x20) != 0)
    return std::nullopt;
  const auto decoded = inflate_unsized(bytes.subspan(2, bytes.size() - 6), k_most_decoded, limits);
  const auto plain = decoded.content.bytes();
  if (!decoded.problem.empty() || decoded.trailing != 0 ||
      ::adler32_z(1, plain.data(), plain.size()) != big_endian(bytes, bytes.size() - 4, 4))
    return std::nullopt;
  return decoded.content;
}

bool leads_to_objects(std::string_view document, const PdfStream& stream, const Content& decoded) {
  const auto widths = numbers_behind(stream.dictionary, "/W");
  const auto size = numbers_behind(stream.dictionary, "/Size");
  auto index = numbers_behind(stream.dictionary, "/Index");
  if (index.empty() && size.size() == 1) index = {0, size.front()};
  if (widths.size() != 3 || index.size() % 2 != 0 || widths[0] != 1 || widths[1] > 8 || widths[2] > 8) return false;
  const auto row = static_cast<std::size_t>(widths[0] + widths[1] + widths[2]);
  const auto bytes = decoded.bytes();
  std::size_t at = 0;
  for (std::size_t section = 0; section < index.size(); section += 2)
    for (std::uint64_t i = 0; i < index[section + 1]; ++i, at += row) {
      if (bytes.size() - at < row) return false;
      if (bytes[at] != 1) continue;
      const auto offset = big_endian(bytes, at + 1, static_cast<std::size_t>(widths[1]));
      const auto generation =
          big_endian(bytes, at + 1 + static_cast<std::size_t>(widths[1]), static_cast<std::size_t>(widths[2]));
      if (offset >= document.size() || !document.substr(static_cast<std::size_t>(offset))
                                            .starts_with(fmt::format("{} {} obj", index[section] + i, generation)))
        return false;
    }
  return at == bytes.size();
}

}  // namespace assay::artifact
