// The record of an awk program and its fields (POSIX.1-2017 XCU awk, "Input files to awk", "Variables and Special Variables"), and
// the work that a run may still do. Internal to awk_record.cpp and awk.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/script/awk_value.hpp"
#include "inspect/script/pattern.hpp"

namespace assay::inspect::awk {

/// What a run may still do. What is not followed is found out while running; nothing more is done from then on.
class Budget {
 public:
  explicit Budget(std::uint64_t& steps) : m_steps(steps) {}
  void fail() noexcept { m_failed = true; }
  bool failed() const noexcept { return m_failed; }
  void spend(std::uint64_t steps = 1) noexcept;
  /// Long strings cost as much as they are long.
  void spend_on(std::size_t bytes) noexcept;

 private:
  std::uint64_t& m_steps;
  bool m_failed = false;
};

class Record {
 public:
  explicit Record(Budget& budget) : m_budget(budget) {}

  void set(std::string record, const std::string& separator);
  /// Of a field but the first, which is the record: that is put together again.
  void set_field(std::size_t number, Cell value, const std::string& output_separator);
  Cell field(std::size_t number) const { return number < m_fields.size() ? m_fields[number] : Cell{}; }
  /// NF.
  Cell count() const { return Cell::of(static_cast<double>(m_fields.size() - 1)); }

  /// Into fields, by what FS or the third argument of split() holds, or by a pattern.
  std::vector<std::string> split(std::string_view record, const std::string& separator);
  static std::vector<std::string> split(std::string_view record, const Regex& separator);
  /// What a text is as a pattern, compiled once; null if it is none, which fails.
  const Regex* pattern(const std::string& text);

 private:
  Budget& m_budget;
  std::vector<Cell> m_fields{Cell{}};
  std::unordered_map<std::string, std::unique_ptr<Regex>> m_patterns;
};

}  // namespace assay::inspect::awk
