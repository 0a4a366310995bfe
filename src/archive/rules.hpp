// The traps this module can report, and how findings about them are gathered.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"

namespace assay::archive {

/// In the order of the rule table.
enum class Trap : std::uint8_t {
  absolute_path,
  parent_path,
  link_leaves_root,
  path_through_link,
  dangling_hardlink,
  duplicate_member,
  case_collision,
  special_file,
  set_id,
  sized_link,
  header_conflict,
  readers_disagree,
  malformed_header,
  size_mismatch,
  no_end_mark,
  data_after_end,
  trailing_bytes,
  zip_conflict,
  unclaimed_bytes,
  name_not_utf8,
  deceptive_name,
};
inline constexpr std::size_t k_trap_count = static_cast<std::size_t>(Trap::deceptive_name) + 1;

const Rule& rule(Trap trap) noexcept;

/// Gathers findings, a bounded number of each rule: an archive with a million traps must not become a million findings.
class FindingSink {
 public:
  struct Options {
    std::optional<Severity> severity{};  ///< other than the rule's
    std::vector<Evidence> evidence{};
    std::string_view key{};  ///< what tells two findings of one rule at one path apart
  };
  void add(Trap trap, std::string_view path, std::string message) { add(trap, path, std::move(message), Options{}); }
  void add(Trap trap, std::string_view path, std::string message, Options options);
  /// The findings, and for each rule that had too many one that counts the rest.
  std::vector<Finding> take();

 private:
  struct Overflow {
    std::size_t count = 0;
    std::size_t dropped = 0;
    Severity worst = Severity::info;
  };
  std::vector<Finding> m_findings;
  std::array<Overflow, k_trap_count> m_overflow{};
};

}  // namespace assay::archive
