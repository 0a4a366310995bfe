// The parts of judging a difference that need nothing but the one entry and the reference, done on another thread while the archive is
// still being read.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "digest/digest.hpp"
#include "provenance/novelty.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// What is not done in time is simply not there; whoever asks does it then, with the same outcome. Safe on several threads at once.
class JudgingAhead {
 public:
  /// For a check without regeneration: what generators make is not known until the archive has been read.
  JudgingAhead(const vcs::Reference& reference, const KnownFiles& known, BuildLines& build_lines);
  ~JudgingAhead();

  /// Measure the novelty of a text that version control does not have, as it would stand at `path` of the reference.
  void measure(std::string path, const Sha256& digest, std::shared_ptr<const Bytes> content);
  /// Read the file of the reference that one of the archive differs from.
  void read(const TreeEntry& counterpart);
  /// No more will come, and what has not been begun will not be.
  void finish();

  /// What measure() found for the text with this path and digest, waiting for it where it has been begun.
  std::optional<Novelty> novelty_of(std::string_view path, const Sha256& digest);
  /// What read() read, once.
  std::optional<Result<Bytes>> take_counterpart(const TreeEntry& counterpart);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay::provenance
