// Harvest and try: the transformations that build scripts know, and a few that anyone would think of, on every blob that
// is not what it says. A try counts only when what comes out is code.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/blob/stage.hpp"
#include "inspect/script/harvest.hpp"
#include "inspect/walk.hpp"

namespace assay::inspect {

enum class Effort : std::uint8_t { low, normal, high };

std::optional<Effort> parse_effort(std::string_view text) noexcept;

/// What one try brought to light.
struct TrialHit {
  std::vector<Transformation> steps;  ///< from the blob's bytes on
  Bytes bytes;                        ///< the code
  std::string_view what;              ///< "shell script", "ELF"; static text
};

class Trier {
 public:
  /// `harvest` outlives the trier.
  Trier(const Harvest& harvest, Effort effort);
  /// Is it worth trying anything on that node? Containers that do not decode, and data of no known kind.
  bool is_candidate(const Node& node) const;
  /// Try everything within the effort; the first that counts. `node` is a candidate.
  std::optional<TrialHit> try_on(const Node& node);
  /// What was not tried: one sentence each, empty if nothing was left out.
  std::vector<std::string> left_out() const;

 private:
  struct Operation {
    Transformation step;
    std::function<Bytes(ByteView)> apply;
  };
  void add_harvested(const Harvest& harvest);
  void add_fixed();
  bool afford(std::uint64_t bytes);
  std::optional<TrialHit> try_slices(ByteView content);
  std::optional<TrialHit> try_operations(ByteView content, const std::vector<Transformation>& before);
  std::optional<TrialHit> try_single_byte_key(ByteView content) const;

  const Harvest& m_harvest;
  const Effort m_effort;
  std::vector<Operation> m_operations;
  std::uint64_t m_budget;
  std::uint64_t m_too_large = 0;     ///< blobs
  std::uint64_t m_not_afforded = 0;  ///< tries
  std::uint64_t m_slices_left = 0;   ///< slices not combined with other operations
};

}  // namespace assay::inspect
