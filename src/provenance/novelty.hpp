// Lines that stand nowhere they could innocently come from. A line counts as accounted for if, with white space folded,
// it stands in the version-controlled file it derives from, in a build file of the same tree, or in a known upstream
// file. Comparison with VCS is by the bytes themselves, with known files by cryptographic digest.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/explanation.hpp"
#include "provenance/known_files.hpp"
#include "provenance/line_set.hpp"
#include "provenance/regeneration.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

struct ReleaseClaims;

struct Novelty {
  std::uint64_t lines = 0;  ///< lines that are not blank
  std::uint64_t novel = 0;
  std::uint64_t novel_comments = 0;  ///< of those, nothing but comment (`#`, `dnl`, `//`, `*`)
  std::uint64_t from_vcs = 0;
  std::uint64_t from_known = 0;
  std::uint64_t from_regenerated = 0;  ///< made by the generators as well, but for stamps of version and date
  std::vector<NovelLine> kept;         ///< the first k_novel_lines_kept of them
  std::uint64_t lost = 0;              ///< distinct lines of the VCS counterpart that `content` lacks
  std::vector<std::string> lost_kept;  ///< the first few of them, as they stand in VCS with white space folded
};

/// The lines of a reference's build files (m4, Autoconf and Automake inputs, makefiles, CMake, shell): what is generated
/// from them is made of their lines. Loaded on first use, because most runs have no use for them, and once for all threads.
class BuildLines {
 public:
  explicit BuildLines(const vcs::Reference& reference) : m_reference(reference) {}
  const LineSet& lines();

 private:
  void load();

  const vcs::Reference& m_reference;
  std::once_flag m_loaded;
  LineSet m_lines;
};

/// Measures the novelty of files against one reference and the known-files data. One for each thread.
class NoveltyMeter {
 public:
  NoveltyMeter(const vcs::Reference& reference, const KnownFiles& known, BuildLines& build_lines,
               const Regeneration* regeneration = nullptr, const ReleaseClaims* release = nullptr)
      : m_reference(reference),
        m_known(known),
        m_build_lines(build_lines),
        m_regeneration(regeneration),
        m_release(release) {}

  /// Judge `content`, a text that stands at `path` of the reference's tree (or would); `before` is the text of the
  /// version-controlled file at that path, if there is one that can be read as text.
  Novelty measure(std::string_view path, std::string_view content, std::optional<std::string_view> before);
  /// Does `content` have every line that the generators made for `path`, in their order, but for stamps? True if they made none.
  /// A check that was taken away leaves no novel line.
  bool keeps_regenerated_order(std::string_view path, std::string_view content) const;
  /// Is `content` line by line, stamps and blank lines aside, what the generators made for `path`, or a template of VCS for it? A line
  /// that was taken away, put in once more or moved makes another program of the same lines.
  bool has_lines_of_source(std::string_view path, std::string_view content) const;

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
  static Changed changed_lines(std::string_view content, std::string_view before, Novelty& novelty);
  /// What `path` is made from by its name: `config.h` from `config.h.in`, `Makefile.in` from `Makefile.am`. Texts of VCS only.
  std::vector<Bytes> templates(std::string_view path) const;
  /// Whether some known upstream file holds the line. Remembered, because generated files repeat each other.
  bool is_known(std::string_view normalised_line, std::uint32_t hash);
  /// Lines of every build file that the generators made; loaded on first use.
  const LineSet& regenerated_lines();
  /// Whether a known macro file, or one of VCS, holds what m4 makes this line of.
  bool is_expansion_of_known(const std::string& line);
  /// Whether the generators made the line too: in this file (`made`), or, where it is executed, in another build file.
  bool is_regenerated(const std::string& line, const LineSet& made, bool executed, bool code);
  /// In code a number with dots may be an address or the oldest version that will do: only the release's own may differ there.
  bool may_differ_in_stamps(std::string_view line, bool code) const;
  static void note_lost_lines(std::span<const std::string_view> before, std::span<const std::string_view> now,
                              Novelty& novelty);

  const vcs::Reference& m_reference;
  const KnownFiles& m_known;
  BuildLines& m_build_lines;
  const Regeneration* m_regeneration;
  const ReleaseClaims* m_release;
  std::unique_ptr<LineSet> m_regenerated_lines;
  Sha256Stream m_stream;
  LineSet m_judged_known;
  LineSet m_judged_strange;
};

}  // namespace assay::provenance
