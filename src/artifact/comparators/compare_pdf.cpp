// PDF (ISO 32000-1): streams by what they hold, and line by line the rest, which has dates and identifiers of the document;
// the cross-reference table follows from all of it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "artifact/byte_diff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/parts_diff.hpp"
#include "artifact/pdf_streams.hpp"
#include "artifact/stream_header.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 64ULL << 20;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "0000012345 00000 n": the offset of an object.
bool is_offset(const Change& change) {
  return is_digits(change.before) && is_digits(change.after) && change.before.size() == 10 &&
         change.after.size() == 10 && change.context.find(" 00000 n") != std::string::npos;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Every offset of the cross-reference tables leads to the object it names, and the last line to a table or to the object
/// `table`: only then do offsets follow from what stands before them.
bool offsets_lead_somewhere(std::string_view text, const std::string& table) {
  std::uint64_t object = 0;
  std::uint64_t left = 0;
  std::string_view last_number;
  for (auto line : lines_with_ends(text)) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const auto space = line.find(' ');
    const bool pair_of_numbers =
        space != std::string_view::npos && is_digits(line.substr(0, space)) && is_digits(line.substr(space + 1));
    if (left > 0 && line.size() == 18 && space == 10) {
      const auto named = fmt::format("{} {} obj", object++, number_of(line.substr(11, 5)));
      --left;
      if (line.back() == 'n' &&
          !text.substr(std::min<std::size_t>(text.size(), number_of(line.substr(0, 10)))).starts_with(named))
        return false;
    } else if (pair_of_numbers && line.size() < 18) {
      object = number_of(line.substr(0, space));
      left = number_of(line.substr(space + 1));
    } else {
      left = 0;
    }
    if (is_digits(line)) last_number = line;
  }
  const auto last = text.substr(std::min<std::size_t>(text.size(), number_of(last_number)));
  return last.starts_with("xref") || (!table.empty() && last.starts_with(table));
}

/// What a reader runs when the document is opened, or somebody clicks.
bool runs(std::string_view line) {
  return line.find("/JS") != std::string_view::npos || line.find("/JavaScript") != std::string_view::npos ||
         line.find("/Launch") != std::string_view::npos;
}

class PdfComparison {
 public:
  PdfComparison(Session& session, const Pair& pair, Node& node)
      : m_session(session),
        m_pair(pair),
        m_node(node),
        m_a(pair.a.text()),
        m_b(pair.b.text()),
        m_streams_a(find_pdf_streams(m_a)),
        m_streams_b(find_pdf_streams(m_b)),
        m_scripted(runs(m_a) || runs(m_b)) {}

  void run() {
    // Streams stand for each other where the documents have the same objects in the same order.
    const bool same_objects = std::equal(m_streams_a.begin(), m_streams_a.end(), m_streams_b.begin(), m_streams_b.end(),
                                         [](const PdfStream& x, const PdfStream& y) { return x.object == y.object; });
    if (!same_objects) {
      m_streams_a.clear();
      m_streams_b.clear();
    }
    for (std::size_t i = 0; i < m_streams_a.size(); ++i) compare_stream(m_streams_a[i], m_streams_b[i]);
    compare_text();
    m_node.accounted = true;
  }

 private:
  std::string place_of(const PdfStream& stream) const { return fmt::format("stream of object {}", stream.object); }

  void compare_stream(const PdfStream& left, const PdfStream& right) {
    const auto before = m_a.substr(left.begin, left.size);
    const auto after = m_b.substr(right.begin, right.size);
    const bool table = left.says("/Type", "/XRef") && right.says("/Type", "/XRef");
    if (before == after && !table) return;
    const auto a = decode_pdf_stream(m_a, left, m_session.limits());
    const auto b = a ? decode_pdf_stream(m_b, right, m_session.limits()) : std::nullopt;
    if (!a || !b) return compare_bytes(left, before, after);
    if (table && leads_to_objects(m_a, left, *a) && leads_to_objects(m_b, right, *b) &&
        same_but_for_offsets(left, right, *a, *b)) {
      m_table_a = m_table_b = left.object + " obj";
      if (before != after) add(Aspect::offset, left, before, after).derived_from = "self";
      return;
    }
    if (before == after) return;
    if (same_bytes(*a, *b)) {
      add(is_other_encoding(as_bytes(before), as_bytes(after)) ? Aspect::compression : Aspect::content, left,
          fmt::format("{} bytes", before.size()), fmt::format("{} bytes", after.size()));
      return;
    }
    compare_decoded(left, right, *a, *b);
    auto& packed = add(Aspect::compression, left, fmt::format("{} bytes", before.size()),
                       fmt::format("{} other bytes", after.size()));
    packed.derived_from = m_node.children.back().item.path;
    packed.reason = "the content differs, and so do its compressed bytes";
  }

  /// The rows that speak of no place in the file are the same.
  static bool same_but_for_offsets(const PdfStream& left, const PdfStream& right, const Content& a, const Content& b) {
    const auto rows = [](const PdfStream& stream) {
      const auto at = stream.dictionary.find("/W");
      return stream.dictionary.substr(at, stream.dictionary.find(']', at) - at);
    };
    if (rows(left) != rows(right) || a.size() != b.size()) return false;
    const auto width = row_size(rows(left));
    for (std::size_t at = 0; width > 0 && at + width <= a.size(); at += width) {
      const auto x = a.part(at, width).text();
      const auto y = b.part(at, width).text();
      if (x != y && (x[0] != 1 || y[0] != 1)) return false;
    }
    return width > 0;
  }

  static std::size_t row_size(std::string_view widths) {
    std::size_t sum = 0;
    for (const auto c : widths) sum += c >= '0' && c <= '9' ? static_cast<std::size_t>(c - '0') : 0U;
    return sum;
  }

  Change& add(Aspect aspect, const PdfStream& stream, std::string_view before, std::string_view after) {
    auto& change = m_node.add(make_change(aspect, place_of(stream), before, after));
    change.impact = aspect == Aspect::content ? impact(runs(before) || runs(after)) : Impact::metadata;
    return change;
  }

  Impact impact(bool script) const { return script || m_scripted ? Impact::script : m_node.item.impact; }

  void compare_bytes(const PdfStream& stream, std::string_view before, std::string_view after) {
    for (auto& change : diff_bytes(before, after, place_of(stream))) {
      change.impact = impact(false);
      m_node.add(std::move(change));
    }
  }

  void compare_decoded(const PdfStream& left, const PdfStream& right, const Content& a, const Content& b) {
    const auto name = "object " + left.object;
    auto child =
        m_session.compare({m_pair.path.child(name), name, "object " + right.object, a, b, 0, 0, m_pair.depth + 1});
    settle(child, runs(a.text()) || runs(b.text()));
    m_node.children.push_back(std::move(child));
  }

  /// What a document holds is part of it; a script may go on over lines.
  void settle(Node& node, bool scripted) {
    node.item.impact = impact(scripted);
    for (auto& change : node.changes)
      if (change.impact == Impact::data)
        change.impact = is_document_date(change) ? m_node.item.impact : impact(scripted);
    for (auto& child : node.children) settle(child, scripted);
  }

  static bool is_document_date(const Change& change) {
    return change.context.find("/CreationDate") != std::string::npos ||
           change.context.find("/ModDate") != std::string::npos;
  }

  void compare_text() {
    const auto a = without_streams(m_a, m_streams_a);
    const auto b = without_streams(m_b, m_streams_b);
    auto diff = diff_split(a, b, '\n', {"line", 20});
    const bool sound = offsets_lead_somewhere(m_a, m_table_a) && offsets_lead_somewhere(m_b, m_table_b);
    const auto is_measured = [](const PdfStream& stream) { return stream.measured; };
    const bool measured = !m_streams_a.empty() && std::all_of(m_streams_a.begin(), m_streams_a.end(), is_measured) &&
                          std::all_of(m_streams_b.begin(), m_streams_b.end(), is_measured);
    for (auto& change : diff.changes) {
      change.impact =
          runs(change.context) || (m_scripted && !is_document_date(change)) ? Impact::script : m_node.item.impact;
      const auto id = change.context.find("/ID");
      const bool number = is_digits(change.before) && is_digits(change.after);
      if (sound && (is_offset(change) || (number && is_last_offset(change)))) {
        change.aspect = Aspect::offset;
        change.derived_from = "self";
      } else if (measured && number && is_length(change)) {
        change.aspect = Aspect::size;
        change.derived_from = "self";
      } else if (id != std::string::npos &&
                 (change.token == "digest" || change.token == "word" || change.token == "random")) {
        change.place = "PDF document id";
      }
      m_node.add(std::move(change));
    }
    m_node.item.view = std::move(diff.view);
  }

  /// "startxref" stands on the line before.
  bool is_last_offset(const Change& change) const {
    return change.context.substr(0, change.context.find('\n')) == change.before && m_b.ends_with("%%EOF\n");
  }

  /// Of a stream, which is as long as that.
  static bool is_length(const Change& change) {
    const auto key = "/Length " + change.before;
    const auto at = change.context.find(key);
    return at != std::string::npos && !is_digits(change.context.substr(at + key.size(), 1)) &&
           change.context.find(change.before) == at + 8;
  }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  const std::string_view m_a, m_b;
  std::vector<PdfStream> m_streams_a, m_streams_b;
  const bool m_scripted;
  std::string m_table_a, m_table_b;  ///< objects that hold cross-reference streams which were checked
};

}  // namespace

bool compare_pdf(Session& session, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  PdfComparison{session, pair, node}.run();
  return true;
}

}  // namespace assay::artifact
