#include "inspect/script/awk_record.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace assay::inspect::awk {

namespace {

constexpr std::size_t k_most_fields = 10'000;
constexpr std::size_t k_most_patterns = 64;
constexpr std::uint64_t k_steps_of_a_pattern = 1000;
constexpr std::uint64_t k_bytes_of_a_step = 64;

}  // namespace

void Budget::spend(std::uint64_t steps) noexcept {
  if (m_steps < steps) fail();
  m_steps -= std::min(m_steps, steps);
}

void Budget::spend_on(std::size_t bytes) noexcept {
  spend(1 + bytes / k_bytes_of_a_step);
}

void Record::set(std::string record, const std::string& separator) {
  m_budget.spend_on(record.size());
  m_fields.clear();
  m_fields.push_back(from_outside(std::move(record)));
  for (auto& part : split(m_fields[0].text, separator)) m_fields.push_back(from_outside(std::move(part)));
}

void Record::set_field(std::size_t number, Cell value, const std::string& output_separator) {
  if (number > k_most_fields) return m_budget.fail();
  m_fields.resize(std::max(m_fields.size(), number + 1));
  m_fields[number] = std::move(value);
  std::string record;
  for (std::size_t i = 1; i < m_fields.size(); ++i) record += (i > 1 ? output_separator : "") + text(m_fields[i]);
  m_budget.spend_on(record.size() + m_fields.size() * k_bytes_of_a_step);
  m_fields[0] = from_outside(std::move(record));
}

std::vector<std::string> Record::split(std::string_view record, const std::string& separator) {
  std::vector<std::string> parts;
  if (record.empty()) return parts;
  if (separator.empty()) {
    for (const char c : record) parts.emplace_back(1, c);
  } else if (separator == " ") {
    for (std::size_t at = record.find_first_not_of(" \t\n"); at < record.size();) {
      const auto end = std::min(record.find_first_of(" \t\n", at), record.size());
      parts.emplace_back(record.substr(at, end - at));
      at = record.find_first_not_of(" \t\n", end);
    }
  } else if (separator.size() == 1 && separator != "\\") {
    for (std::size_t at = 0; at <= record.size();) {
      const auto end = std::min(record.find(separator[0], at), record.size());
      parts.emplace_back(record.substr(at, end - at));
      at = end + 1;
    }
  } else {
    if (const auto* regex = pattern(separator)) parts = split(record, *regex);
  }
  m_budget.spend(parts.size());
  return parts;
}

std::vector<std::string> Record::split(std::string_view record, const Regex& separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= record.size();) {
    const auto found = separator.find(record, at);
    if (!found) break;
    if (found->second == found->first) {
      at = found->second + 1;
      continue;
    }
    parts.emplace_back(record.substr(from, found->first - from));
    at = from = found->second;
  }
  parts.emplace_back(record.substr(from));
  return parts;
}

const Regex* Record::pattern(const std::string& text) {
  const auto it = m_patterns.find(text);
  if (it != m_patterns.end()) return it->second.get();
  m_budget.spend(k_steps_of_a_pattern);
  const auto re2 = to_re2(text, PatternSyntax::extended);
  auto regex = re2 ? Regex::compile(*re2) : std::optional<Regex>{};
  if (!regex || m_patterns.size() > k_most_patterns) return m_budget.fail(), nullptr;
  return m_patterns.emplace(text, std::make_unique<Regex>(std::move(*regex))).first->second.get();
}

}  // namespace assay::inspect::awk
