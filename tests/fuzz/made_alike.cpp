// Two texts, with a line of `====` between them, as what was made and what was shipped: whoever calls them alike does so both ways where that
// has to be so, and of the same lines where it says so.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "provenance/configure_scope.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/generated_source.hpp"
#include "provenance/makefile_in.hpp"
#include "provenance/pdf_alike.hpp"
#include "provenance/sorted_items.hpp"
#include "provenance/stamps.hpp"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::provenance;
  const auto text = assay::as_text(assay::ByteView{data, size});
  constexpr std::string_view k_between = "====\n";
  const auto end = std::min(text.find(k_between), text.size());
  const auto made = text.substr(0, end);
  const auto shipped = text.substr(std::min(end + k_between.size(), text.size()));
  if (lines_sorted_otherwise(made, shipped)) {
    auto ours = exact_lines(made), theirs = exact_lines(shipped);
    expect(ours != theirs);
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    expect(ours == theirs);
  }
  // What yacc calls its header may have been called so when it was shipped, and not the other way round.
  if (text.find("Y_TAB_H") == std::string_view::npos)
    expect(same_code(made, shipped, "a.c").has_value() == same_code(shipped, made, "a.c").has_value());
  if (const auto itself = same_code(made, made, "a.c")) expect(itself->lines == 0 && itself->guard.empty());
  if (const auto itself = harmless_difference(made, made))
    expect(itself->comments == 0 && itself->unused.empty() && itself->lists.empty());
  (void)harmless_difference(made, shipped);
  expect(same_pdf_but_for_dates(assay::as_bytes(made), assay::as_bytes(shipped)) ==
         same_pdf_but_for_dates(assay::as_bytes(shipped), assay::as_bytes(made)));
  ConfigureScope scope;
  for (const auto line : exact_lines(text)) scope.pass(line);
  (void)scope.is_open_to_all();
  return 0;
}
