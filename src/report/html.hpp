// The parts of the HTML page. The page is a table of sections (html.cpp); a section is a function that gives the HTML of
// its body, or nothing if it has nothing to say. Everything from outside goes through one of the escaping functions
// here: the page holds no script, loads nothing, and its Content-Security-Policy allows neither.
#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/assessment.hpp"
#include "report/renderer.hpp"

namespace assay::report::html {

/// The page stays below this, whatever the input (plus what one last item takes).
inline constexpr std::size_t k_page_bytes = 2U << 20;

/// Raw bytes on one line, as text of an element or of a quoted attribute; shortened in the middle.
std::string name(std::string_view raw, std::size_t max_chars = 200);

/// Prose that is meant to be escaped for display already (messages, reasons); shortened at its end.
std::string prose(std::string_view text, std::size_t max_chars = 2000);

/// Text that is ours and needs no more than `&`, `<`, `>` and quotes escaped.
std::string plain(std::string_view text);

/// Raw bytes as they are read in a `pre`: line feeds and tabs stay; every other control, bidirectional, zero-width or
/// invalid character becomes a marked escape.
std::string source_text(std::string_view raw, std::size_t max_bytes);

/// `reference` as a link if it is an https address without anything odd in it, as text if not.
std::string reference_link(std::string_view reference);

/// The word of a severity as a badge.
std::string badge(Severity severity);

/// "… and 12 more findings; the JSON report has all of them." as a paragraph; nothing for 0.
std::string left_out(std::uint64_t count, std::string_view one, std::string_view many = {});

/// What sections share while a page is made.
class Page {
 public:
  Page(const Assessment& assessment, const RenderOptions& options);
  const Assessment& assessment;
  const RenderOptions& options;

  /// True if a finding is about this place.
  bool is_flagged(std::string_view path) const { return m_flagged.contains(path); }

  /// Views of a place's exhibits, shown where it is first asked for; after that a link to there. "" if it has none.
  std::string exhibits_of(std::string_view path);
  /// The same of its novel lines.
  std::string novel_lines_of(std::string_view path);

  /// The page can take another item of a list; a section that may not add one counts it as left out.
  bool has_room() const noexcept { return m_size < k_page_bytes; }
  /// Append `piece` to `body`, counting it.
  void add(std::string& body, std::string_view piece);

 private:
  std::string shown_once(char kind, std::string_view path, std::string_view what, const std::string& views);

  std::map<std::string_view, const LinesExhibit*> m_lines;
  std::map<std::string_view, const LinesExhibit*> m_novel;
  std::map<std::string_view, const EntropyExhibit*> m_entropy;
  std::multimap<std::string_view, const BytesExhibit*> m_bytes;
  std::set<std::string_view> m_flagged;
  std::map<std::string, std::size_t> m_shown;  ///< what and path → number of its anchor
  std::size_t m_size = 0;
};

/// A part of the page with a heading of its own. To add one: a function, and a line in the table of html.cpp.
struct Section {
  std::string_view id;  ///< the anchor
  std::string_view title;
  std::string (*body)(Page&);  ///< "" if there is nothing to say: then heading and link are left out too
};

// The views of exhibits.
std::string lines_view(const LinesExhibit& exhibit, std::size_t max_lines);
std::string hex_view(ByteView bytes, std::uint64_t offset, std::string_view label);
std::string entropy_strip(const EntropyExhibit& exhibit);
std::string bytes_view(const BytesExhibit& exhibit);
/// Raw text of an evidence: one line, a text view, or hex and text where it is binary.
std::string evidence_view(std::string_view raw);
/// A decoded stage, text or bytes; `number` is its place in the order in which they come out.
std::string stage_view(const AttachedStage& stage, std::size_t number);

// The sections.
std::string serious_findings(Page& page);
std::string other_findings(Page& page);
std::string unproven_files(Page& page);
std::string novel_lines(Page& page);
std::string container_tree(Page& page);
std::string fixture_history(Page& page);
std::string verification(Page& page);
std::string proofs(Page& page);
std::string not_checked(Page& page);
std::string waivers(Page& page);
std::string next_steps(Page& page);

/// The style sheet of every page.
std::string_view style_sheet() noexcept;

/// A page's beginning up to `</head>`: style_sheet() and `more_style`, which its policy allows by their digest, and nothing
/// else. `title_html` is escaped.
std::string head(std::string_view title_html, std::string_view more_style = {});

}  // namespace assay::report::html
