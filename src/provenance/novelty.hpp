// Lines that stand nowhere they could innocently come from. A line counts as accounted for if, with white space folded,
// it stands in the version-controlled file it derives from, in a build file of the same tree, or in a known upstream
// file. Comparison with VCS is by the bytes themselves, with known files by cryptographic digest.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/explanation.hpp"
#include "provenance/known_files.hpp"
#include "provenance/regeneration.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// A set of normalised lines. Owns their text.
class LineSet {
 public:
  void add_text(std::string_view content);
  void add_line(std::string line);
  bool contains(std::string_view normalised_line) const { return m_lines.contains(normalised_line); }
  bool empty() const noexcept { return m_lines.empty(); }

 private:
  std::deque<std::string> m_texts;  ///< deque: growing it moves no string that m_lines looks into
  std::unordered_set<std::string_view> m_lines;
};

struct Novelty {
  std::uint64_t lines = 0;          ///< lines that are not blank
  std::uint64_t novel = 0;
  std::uint64_t novel_comments = 0;  ///< of those, nothing but comment (`#`, `dnl`, `//`, `*`)
  std::uint64_t from_vcs = 0;
  std::uint64_t from_known = 0;
  std::uint64_t from_regenerated = 0;  ///< made by the generators as well, but for stamps of version and date
  std::vector<NovelLine> kept;       ///< the first k_novel_lines_kept of them
  std::uint64_t lost = 0;            ///< distinct lines of the VCS counterpart that `content` lacks
  std::vector<std::string> lost_kept;  ///< the first few of them, as they stand in VCS with white space folded
};

/// Measures the novelty of files against one reference and the known-files data.
class NoveltyMeter {
 public:
  NoveltyMeter(const vcs::Reference& reference, const KnownFiles& known, const Regeneration* regeneration = nullptr)
      : m_reference(reference), m_known(known), m_regeneration(regeneration) {}

  /// Judge `content`, a text that stands at `path` of the reference's tree (or would); `counterpart` is the
  /// version-controlled file at that path, or null.
  Novelty measure(std::string_view path, std::string_view content, const TreeEntry* counterpart);

  /// A line of a text and where it stands, 1-based.
  struct NumberedLine {
    std::uint64_t number = 0;
    std::string_view text;
  };

 private:
  /// What of a modified file is left to judge once the lines it shares with VCS at both ends are set aside.
  struct Changed {
    std::uint64_t same = 0;           ///< lines set aside that are not blank
    std::vector<NumberedLine> lines;  ///< views into the content
    std::vector<bool> vcs_holds;      ///< per line: the VCS version has it somewhere
  };
  Changed changed_lines(std::string_view content, const TreeEntry& counterpart, Novelty& novelty) const;
  /// Lines of the version-controlled build files (m4, Autoconf and Automake inputs, makefiles, CMake, shell); loaded on
  /// first use, because most runs have no use for them.
  const LineSet& build_lines();
  /// Whether some known upstream file holds the line. Remembered, because generated files repeat each other.
  bool is_known(const std::string& normalised_line);
  /// Lines of every build file that the generators made; loaded on first use.
  const LineSet& regenerated_lines();
  /// Whether a known macro file, or one of VCS, holds what m4 makes this line of.
  bool is_expansion_of_known(const std::string& line);
  /// Whether the generators made the line too: in this file (`made`), or, where it is executed, in another build file.
  bool is_regenerated(const std::string& line, const LineSet& made, bool executed);
  void add_reference_file(LineSet& lines, const TreeEntry& entry) const;
  static void note_lost_lines(std::span<const std::string_view> before, std::span<const std::string_view> now, Novelty& novelty);

  const vcs::Reference& m_reference;
  const KnownFiles& m_known;
  const Regeneration* m_regeneration;
  std::unique_ptr<LineSet> m_build_lines;
  std::unique_ptr<LineSet> m_regenerated_lines;
  Sha256Stream m_stream;
  std::unordered_map<std::string, bool> m_judged;
};

}  // namespace assay::provenance
