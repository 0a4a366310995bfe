// Checks of text as it is written, one file at a time: content rules, characters that make text look like other text
// than it is, and what sources ask of the loader. What follows bytes from file to file is in script/.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "archive/budget.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/tree_access.hpp"
#include "inspect/walk.hpp"

namespace assay::inspect {

class TextsAhead;

struct TextOptions {
  const ContentRules* rules = nullptr;           ///< null: none
  std::function<bool(const TreeEntry&)> want{};  ///< which files; default: all
  std::uint64_t max_file = 64ULL << 20;  ///< no less than what the checks of blobs read: of what is larger they say so
  std::chrono::seconds rule_time{10};    ///< for the content rules on one file
  std::chrono::seconds all_rule_time{120};    ///< and on all of them
  archive::Deadline deadline{Limits{}.time};  ///< what is left then is not looked at
  const TextsAhead* ahead = nullptr;          ///< what is known of texts already; null: nothing
};

struct TextAnalysis {
  std::vector<Finding> findings;
  Coverage coverage;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Takes texts one after another. `facts` and `options` outlive it.
class TextInspector {
 public:
  TextInspector(const FactsOf& facts, const TextOptions& options);
  ~TextInspector();
  /// A file of the tree.
  void examine(const TreeEntry& entry, ByteView content, bool apply_rules = true);
  /// Something inside of a file: a member of an archive, what a stream decodes to, a hidden part. Novel is either all of
  /// it or nothing.
  void examine_inner(const Node& node);
  TextAnalysis take();

 private:
  class Examiner;
  std::unique_ptr<Examiner> m_examiner;
};

/// Examine the files of `tree`. `facts` may be empty.
TextAnalysis inspect_texts(TreeAccess& tree, const FactsOf& facts, const TextOptions& options);

/// A file whose content is at hand.
struct TextFile {
  const TreeEntry* entry = nullptr;
  ByteView content;
  bool apply_rules = true;  ///< put it to the content rules as well
};

/// Examine those; `want` and `max_file` are not asked. Safe beside other threads that read the same files.
TextAnalysis inspect_texts(std::span<const TextFile> files, const FactsOf& facts, const TextOptions& options);

/// The severity of a hit: `usual` where nothing was compared or the line is novel; what version control has as well was
/// there for everybody to read and is at most low.
Severity ranked_severity(Severity usual, const FileFacts& facts, bool novel) noexcept;

/// Every rule inspect_texts() can report beside the content rules.
std::span<const Rule> text_rules() noexcept;

}  // namespace assay::inspect
