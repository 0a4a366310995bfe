// The checks of blobs: one file each, one line in the table of checks.cpp. A check sees one node after another and says
// what is odd about it; how odd that is depends on what is known about the file it is in.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "inspect/blob/code.hpp"
#include "inspect/blob/entropy.hpp"
#include "inspect/tree_access.hpp"
#include "inspect/walk.hpp"

namespace assay::inspect {

/// In the order of the rule table.
enum class BlobRule : std::uint8_t {
  executable,
  name_mismatch,
  undecodable,
  trailing_data,
  embedded_data,
  hidden_code,
  hidden_encoding,
  duty_cycle,
  incompressible_content,
  compressible_content,
  decoded_code,
  names_fixture,
  unnamed_fixtures,
  contains_itself,
  nested_traps,
  not_tried,
};
inline constexpr std::size_t k_blob_rule_count = static_cast<std::size_t>(BlobRule::not_tried) + 1;

const Rule& rule(BlobRule rule) noexcept;

/// Every rule about blobs.
std::span<const Rule> blob_rules() noexcept;

/// What kind of thing the tree is: programs are at home in packages.
enum class TreeNature : std::uint8_t { source, package, single_file };

/// One node with everything the checks share about it.
struct Blob {
  const Node& node;
  const FileFacts& facts;  ///< of the file it is in
  TreeNature nature;
  const EntropyProfile& entropy;  ///< empty for text
  const CodeVerdict& code;
  bool test_place = false;

  /// The file stands in VCS with these bytes: context, not an alarm.
  bool in_vcs() const noexcept { return facts.compared && facts.in_vcs; }
  /// There was a comparison, and nothing accounts for the file.
  bool unexplained() const noexcept { return facts.compared && facts.proof >= Proof::unexplained; }
};

/// Gathers findings, a bounded number of each rule.
class BlobSink {
 public:
  /// `key` tells two findings of one rule at one path apart.
  void add(BlobRule rule, const Blob& blob, Severity severity, std::string message, std::vector<Evidence> evidence = {},
           std::string_view key = {});
  void add(BlobRule rule, std::string_view path, const Sha256* sha256, Severity severity, std::string message,
           std::vector<Evidence> evidence = {}, std::string_view key = {});
  /// The findings, and for each rule with too many one that counts the rest.
  std::vector<Finding> take();

 private:
  struct Overflow {
    std::size_t count = 0;
    std::size_t dropped = 0;
    Severity worst = Severity::info;
  };
  std::vector<Finding> m_findings;
  std::array<Overflow, k_blob_rule_count> m_overflow{};
};

using BlobCheck = void (*)(const Blob&, BlobSink&);

/// The checks, in the order they are made.
std::span<const BlobCheck> blob_checks() noexcept;

void check_type(const Blob& blob, BlobSink& sink);
void check_container(const Blob& blob, BlobSink& sink);
void check_hidden(const Blob& blob, BlobSink& sink);
void check_entropy(const Blob& blob, BlobSink& sink);
void check_density(const Blob& blob, BlobSink& sink);
void check_decoded_code(const Blob& blob, BlobSink& sink);

}  // namespace assay::inspect
