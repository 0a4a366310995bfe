#include "provenance/pdf_alike.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

/// A document of two objects, made at that time.
std::string document(std::string_view page, std::string_view date, std::string_view xmp_date, std::string_view id) {
  std::string pdf = "%PDF-1.7\n";
  std::vector<std::size_t> offsets;
  const auto add = [&](std::string_view body) {
    offsets.push_back(pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", offsets.size(), body);
  };
  add(page);
  const auto metadata = fmt::format("<x><d>{}</d></x>", xmp_date);
  add(fmt::format("<</Type/Metadata\n/Subtype/XML/Length {}>>stream\n{}\nendstream", metadata.size(), metadata));
  add(fmt::format("<</CreationDate({})>>", date));
  const auto table = pdf.size();
  pdf += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets.size() + 1);
  for (const auto offset : offsets) pdf += fmt::format("{:010} 00000 n \n", offset);
  return pdf + fmt::format("trailer\n<</ID [<{}><{}>]>>\nstartxref\n{}\n%%EOF\n", id, id, table);
}

const std::string k_one(32, 'A'), k_other(32, 'B');

bool same(const std::string& made, const std::string& shipped) {
  return same_pdf_but_for_dates(as_bytes(made), as_bytes(shipped));
}

std::string with(std::string text, std::string_view before, std::string_view after) {
  const auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

}  // namespace

TEST_CASE("PDF: one that was made on another day and in another zone is the same", "[provenance][pdf]") {
  const auto made = document("(page)", "D:20230111170309Z00'00'", "2023-01-11T17:03:09Z", k_one);
  CHECK(same(made, document("(page)", "D:20230111190309+02'00'", "2023-01-11T19:03:09+02:00", k_other)));
  CHECK(same(made, made));
}

TEST_CASE("PDF: what is shown, and which object is shown, is not to differ", "[provenance][pdf][hostile]") {
  const auto made = document("(page)", "D:20230111170309Z00'00'", "2023-01-11T17:03:09Z", k_one);
  CHECK_FALSE(same(made, document("(Page)", "D:20230111170309Z00'00'", "2023-01-11T17:03:09Z", k_one)));
  CHECK_FALSE(same(made, document("(page)", "D:20230111170309Z00'00' /JS", "2023-01-11T17:03:09Z", k_one)));
  CHECK_FALSE(same(made, document("(page)", "D:20230111170309Z00'00'", "2023-01-11T17:03:09Z!", k_one)));
  CHECK_FALSE(same(made, with(made, "0000000009 00000 n", "0000000010 00000 n")));
  CHECK_FALSE(same(made, with(made, "/Length 34", "/Length 30")));
  CHECK_FALSE(same(made, made + "5 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"));
  CHECK_FALSE(same(made, with(made, "startxref\n", "startxref\n1")));
  CHECK_FALSE(same("", ""));
}

TEST_CASE("PDF: a table that takes the end of another object's number for an object shows another",
          "[provenance][pdf][hostile]") {
  const auto made = [](bool swapped) {
    std::string pdf = "%PDF-1.4\n";
    std::vector<std::size_t> offsets;
    for (int i = 1; i <= 12; ++i) {
      offsets.push_back(pdf.size());
      pdf += fmt::format("{} 0 obj\n(page {})\nendobj\n", i, i);
    }
    if (swapped) offsets[0] = offsets[10] + 1;  // the "1 0 obj" of "11 0 obj"
    const auto table = pdf.size();
    pdf += "xref\n0 13\n0000000000 65535 f \n";
    for (const auto offset : offsets) pdf += fmt::format("{:010} 00000 n \n", offset);
    return pdf + fmt::format("trailer\n<</Root 1 0 R>>\nstartxref\n{}\n%%EOF\n", table);
  };
  CHECK(same(made(false), made(false)));
  CHECK_FALSE(same(made(false), made(true)));
  CHECK(same(made(true), made(true)));
}
