#include "provenance/pdf_alike.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_largest = 32U << 20;
constexpr std::size_t k_entry = 20;  ///< bytes of one in a cross-reference table

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// How much of the start of `text` is of the form: `9` a digit, `x` a hexadecimal one, anything else itself. 0 if it is not.
std::size_t takes(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool fits = form[i] == '9' ? is_digit(text[i]) : form[i] == 'x' ? is_hex(text[i]) : form[i] == text[i];
    if (!fits) return 0;
  }
  return form.size();
}

std::size_t takes_one(std::string_view text, std::initializer_list<std::string_view> forms) {
  for (const auto form : forms)
    if (const auto size = takes(text, form); size != 0) return size;
  return 0;
}

std::optional<std::size_t> number_at(std::string_view text, std::size_t at) {
  std::size_t value = 0;
  if (at >= text.size() || !is_digit(text[at])) return std::nullopt;
  const auto end = std::min(text.size(), at + 10);
  const auto result = std::from_chars(text.data() + at, text.data() + end, value);
  return result.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

struct Table {
  std::size_t start = 0;  ///< of its first entry
  std::size_t entries = 0;
  std::vector<std::pair<std::size_t, std::size_t>> objects;  ///< where each stands and its number, in the file's order
};

/// The table that the file's end leads to. Each object that it lists has to stand where it says: who moves one shows another.
std::optional<Table> table_of(std::string_view pdf) {
  constexpr std::string_view k_start = "startxref\n", k_table = "xref\n0 ";
  const auto end = pdf.rfind(k_start);
  if (end == std::string_view::npos || pdf.find("%%EOF") != pdf.rfind("%%EOF")) return std::nullopt;
  const auto place = number_at(pdf, end + k_start.size());
  if (!place || pdf.substr(end + k_start.size()) != fmt::format("{}\n%%EOF\n", *place) || *place >= end ||
      !pdf.substr(*place).starts_with(k_table))
    return std::nullopt;
  const auto count = number_at(pdf, *place + k_table.size());
  const auto start = pdf.find('\n', *place + k_table.size());
  if (!count || start == std::string_view::npos || *count > (end - start) / k_entry) return std::nullopt;
  Table table{start + 1, *count, {}};
  for (std::size_t i = 0; i < table.entries; ++i) {
    const auto entry = pdf.substr(table.start + i * k_entry, k_entry);
    if (takes(entry, "9999999999 99999 f \n") != 0 && i == 0) continue;
    const auto offset = number_at(entry, 0);
    if (takes(entry, "9999999999 00000 n \n") == 0 || !offset || *offset >= *place ||
        !pdf.substr(*offset).starts_with(fmt::format("{} 0 obj", i)))
      return std::nullopt;
    table.objects.emplace_back(*offset, i);
  }
  std::sort(table.objects.begin(), table.objects.end());
  return table;
}

/// What at the start of `text` differs from one day to the next, behind how much that does not; 0 if nothing does.
struct Dated {
  std::size_t kept = 0;
  std::size_t size = 0;
};
Dated dated_at(std::string_view text) {
  switch (text.front()) {
    case '(':
      if (const auto size = takes_one(text, {"(D:99999999999999Z00'00')", "(D:99999999999999+99'99')",
                                             "(D:99999999999999-99'99')", "(D:99999999999999)"}))
        return {3, size - 4};
      return {};
    case '>':
      if (const auto size =
              takes_one(text, {">9999-99-99T99:99:99Z<", ">9999-99-99T99:99:99+99:99<", ">9999-99-99T99:99:99-99:99<"}))
        return {1, size - 2};
      return {};
    case 'u':
      return {5, takes(text, "uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") != 0 ? 36U : 0U};
    case '/':
      if (const auto size =
              takes_one(text, {"/ID [<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx><xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx>]",
                               "/ID[<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx><xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx>]"}))
        return {3, size - 3};
      return {};
    default:
      return {};
  }
}

/// The length of a stream of metadata, if the stream ends where it says; its dates are longer in another time zone.
Dated length_at(std::string_view text) {
  constexpr std::string_view k_before = "/Subtype/XML/Length ";
  if (!text.starts_with(k_before)) return {};
  const auto length = number_at(text, k_before.size());
  if (!length) return {};
  const auto digits = std::to_string(*length);
  const auto stream = k_before.size() + digits.size() + std::string_view{">>stream\n"}.size();
  const bool ends_there = text.substr(k_before.size()).starts_with(digits + ">>stream\n") && *length < text.size() &&
                          stream + *length < text.size() &&
                          takes_one(text.substr(stream + *length), {"\nendstream", "endstream"}) != 0;
  return ends_there ? Dated{k_before.size(), digits.size()} : Dated{};
}

/// A document without what differs from one day to the next.
struct Undated {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> objects;  ///< as in Table, places in `text`
  std::size_t table = 0;                                     ///< where it was
  bool operator==(const Undated&) const = default;
};

/// Nothing if it is not of the form that this can tell of.
std::optional<Undated> without_dates(std::string_view pdf) {
  if (!pdf.starts_with("%PDF-") || pdf.size() > k_largest) return std::nullopt;
  const auto table = table_of(pdf);
  if (!table) return std::nullopt;
  Undated rest;
  rest.text.reserve(pdf.size());
  auto object = table->objects.begin();
  for (std::size_t at = 0; at < pdf.size();) {
    if (object != table->objects.end() && at == object->first)
      rest.objects.emplace_back(rest.text.size(), (object++)->second);
    if (at == table->start) {
      rest.table = rest.text.size();
      at += table->entries * k_entry;
      if (at >= pdf.size()) break;
    }
    auto dated = dated_at(pdf.substr(at));
    if (dated.size == 0) dated = length_at(pdf.substr(at));
    if (dated.size == 0) {
      rest.text += pdf[at++];
      continue;
    }
    rest.text += pdf.substr(at, dated.kept);
    rest.text += '@';
    at += dated.kept + dated.size;
  }
  // One that stands within a date is none that was made.
  if (object != table->objects.end()) return std::nullopt;
  // What is behind the table's end leads to it.
  rest.text.resize(rest.text.rfind("startxref\n"));
  return rest;
}

}  // namespace

bool same_pdf_but_for_dates(ByteView made, ByteView shipped) {
  const auto ours = without_dates(as_text(made));
  return ours && ours == without_dates(as_text(shipped));
}

}  // namespace assay::provenance
