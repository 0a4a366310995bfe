// Content rules: YARA files (https://yara.readthedocs.io) that say what text looks like when it does what honest text
// rarely does. They come with assay (rules/content) and from the directories a user names; libyara stays in the .cpp.
//
// Of a rule's meta assay reads
//   description  one sentence: what a hit means          severity   info, low, medium (default), high or critical
//   reference    a specification or public write-up      remedy     what the reader does next
//   scope        "text": binary files are not for it
// and offers it the external variables `filename`, `filepath`, `extension`, and `role`: "build" for what a build
// executes, "source" for source code, "text" for other text, "data" for the rest.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// What a rule says of one file.
struct ContentHit {
  const Rule* rule = nullptr;          ///< lives as long as the ContentRules
  std::vector<std::uint64_t> offsets;  ///< where its strings stand, ascending, the first few
};

/// What a file is to a build; the `role` that rules see.
enum class FileRole : std::uint8_t { build, source, text, data };
std::string_view to_string(FileRole role) noexcept;
FileRole role_of(std::string_view path, ByteView content);

/// What the time limits of content rules count: what this thread has had of the processor. On a busy machine the clock on
/// the wall runs ahead of it.
std::chrono::nanoseconds rule_clock() noexcept;

class ContentRules {
 public:
  /// Compile every `*.yar` and `*.yara` of `directories`, in the order of their names. Nothing is included from
  /// elsewhere. An Error names file:line, what is off and what to do.
  static Result<ContentRules> load(std::span<const std::filesystem::path> directories);
  ContentRules();
  ~ContentRules();
  ContentRules(ContentRules&&) noexcept;
  ContentRules& operator=(ContentRules&&) noexcept;

  /// One for each YARA rule that is not private; ids are "content-" and the rule's name, with hyphens.
  std::span<const Rule> rules() const noexcept;
  bool empty() const noexcept { return rules().empty(); }
  /// A rule wants to see binary files as well.
  bool reads_binaries() const noexcept;
  /// Of all files that were compiled.
  const Sha256& digest() const noexcept;

  /// The rules that hit `content`, in the order of rules(). Error of code `limit` if `seconds` did not suffice. Safe on
  /// several threads at once.
  Result<std::vector<ContentHit>> scan(std::string_view path, ByteView content, std::chrono::seconds seconds) const;

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay::inspect
