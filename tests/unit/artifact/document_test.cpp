// Documents and tables that hold more than their bytes show: streams of a PDF, message catalogues, databases, image layers.
#include <fmt/format.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

#include "digest/digest.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

using Ids = std::vector<std::string>;

std::string deflated(const std::string& text, int level = 9) {
  std::string out(compressBound(text.size()), '\0');
  auto size = static_cast<uLongf>(out.size());
  REQUIRE(::compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                      text.size(), level) == Z_OK);
  out.resize(size);
  return out;
}

/// A document with one stream and a table that leads to its objects.
std::string pdf_of(const std::string& content, const std::string& date, int level = 9) {
  const auto packed = deflated(content, level);
  std::string text = "%PDF-1.4\n";
  std::vector<std::size_t> offsets;
  const auto object = [&](const std::string& body) {
    offsets.push_back(text.size());
    text += fmt::format("{} 0 obj\n{}\nendobj\n", offsets.size(), body);
  };
  object(fmt::format("<< /Length {} /Filter /FlateDecode >>\nstream\n{}\nendstream", packed.size(), packed));
  object("<< /Type /Catalog /Pages 3 0 R >>");
  object("<< /Type /Pages /Kids [] /Count 0 >>");
  object(fmt::format("<< /CreationDate (D:{}) >>", date));
  const auto table = text.size();
  text += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets.size() + 1);
  for (const auto offset : offsets) text += fmt::format("{:010} 00000 n \n", offset);
  return text + fmt::format("trailer\n<< /Root 2 0 R /Info 4 0 R >>\nstartxref\n{}\n%%EOF\n", table);
}

std::string number(std::uint32_t value, bool big) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (big ? 24 - 8 * i : 8 * i));
  return bytes;
}

/// Two messages, the header first.
std::string catalogue(const std::string& header, bool big) {
  const std::vector<std::string> strings{"", "yes", header, "ja"};
  std::string text;
  for (const auto value : {0x950412deU, 0U, 2U, 28U, 44U, 0U, 60U}) text += number(value, big);
  std::uint32_t at = 60;
  for (const auto& each : strings) {
    text += number(static_cast<std::uint32_t>(each.size()), big) + number(at, big);
    at += static_cast<std::uint32_t>(each.size()) + 1;
  }
  for (const auto& each : strings) text += each + '\0';
  return text;
}

}  // namespace

TEST_CASE("pdf: a stream is compared by what it holds", "[artifact][pdf]") {
  const auto before = pdf_of("BT (made 2022-03-04) Tj (same text) Tj ET\n", "20220304101112");
  const auto date = compare(before, pdf_of("BT (made 2026-05-06) Tj (same text) Tj ET\n", "20260506101112"), "a.pdf");
  CHECK(cause_ids(date) == Ids{"timestamp"});
  CHECK(date.closed);
  const auto text =
      compare(before, pdf_of("BT (made 2022-03-04) Tj (another text) Tj ET\n", "20220304101112"), "a.pdf");
  REQUIRE(text.leftovers.size() == 1);
  const auto& change = text.changes[text.leftovers[0]];
  CHECK(change.path == "object 1 0");
  CHECK(change.before == "same");
  CHECK(change.after == "another");
}

TEST_CASE("pdf: one stream packed in two ways is compression, and its length follows", "[artifact][pdf]") {
  std::string content;
  for (int i = 0; i < 400; ++i) content += fmt::format("{} {} Td (x{}) Tj\n", i * 7 % 100, i * 13 % 90, i);
  const auto comparison = compare(pdf_of(content, "20220304101112", 1), pdf_of(content, "20220304101112", 9), "a.pdf");
  CHECK(cause_ids(comparison) == Ids{"compression"});
  CHECK(comparison.closed);
}

TEST_CASE("pdf: what runs within a stream is a script, and closes over nothing", "[artifact][pdf][hostile]") {
  const auto comparison =
      compare(pdf_of("<< /S /JavaScript /JS (if (now > '2022-03-04') go()) >>\n", "20220304101112"),
              pdf_of("<< /S /JavaScript /JS (if (now > '2026-05-06') go()) >>\n", "20220304101112"), "a.pdf");
  CHECK_FALSE(comparison.closed);
}

TEST_CASE("pdf: a length or an offset that is not so follows from nothing", "[artifact][pdf][hostile]") {
  const auto before = pdf_of("BT (made 2022-03-04) Tj ET\n", "20220304101112");
  auto after = pdf_of("BT (made 2026-05-06) Tj ET\n", "20260506101112");
  CHECK(compare(before, after, "a.pdf").closed);
  std::mt19937 random{7};
  const auto digits = after.find("xref\n");
  for (int round = 0; round < 20; ++round) {
    auto wrong = after;
    const auto at = wrong.find(" 00000 n", digits + random() % 60);
    REQUIRE(at != std::string::npos);
    wrong[at - 1] = static_cast<char>(wrong[at - 1] == '9' ? '0' : wrong[at - 1] + 1);
    CHECK_FALSE(compare(before, wrong, "a.pdf").closed);
  }
}

TEST_CASE("pdf: no flipped bit beside a date is passed over or explained", "[artifact][pdf][hostile]") {
  const auto before = pdf_of("BT (made 2022-03-04) Tj (same text) Tj ET\n", "20220304101112");
  const auto after = pdf_of("BT (made 2026-05-06) Tj (same text) Tj ET\n", "20260506101112");
  const auto dates = std::vector{after.find("(D:2026") + 3, after.find("(D:2026") + 17};
  for (std::size_t at = 0; at < after.size(); ++at) {
    if (at >= dates[0] && at < dates[1]) continue;
    auto flipped = after;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    INFO("bit flipped in byte " << at);
    CHECK_FALSE(compare(before, flipped, "a.pdf").closed);
  }
}

TEST_CASE("mo: a catalogue of the other byte order is told as one", "[artifact][mo]") {
  const auto little = catalogue("Date: 2022-03-04 10:11\n", false);
  const auto order = compare(little, catalogue("Date: 2022-03-04 10:11\n", true), "a.mo");
  CHECK(cause_ids(order) == Ids{"byte-order"});
  CHECK(order.closed);
  const auto both = compare(little, catalogue("Date: 2026-05-06 10:11\n", true), "a.mo");
  CHECK(both.closed);
  CHECK(both.causes.size() == 2);
  const auto dates =
      compare(catalogue("Date: 2022-03-04 10:11\n", true), catalogue("Date: 2026-05-06 10:11\n", true), "a.mo");
  CHECK(cause_ids(dates) == Ids{"timestamp"});
  CHECK(dates.closed);
  const auto turned = catalogue("Date: 2022-03-04 10:11\n", true);
  for (std::size_t at = 0; at < turned.size(); ++at) {
    auto flipped = turned;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    INFO("bit flipped in byte " << at);
    CHECK(says_something(compare(little, flipped, "a.mo")));
    CHECK_FALSE(
        (compare(little, flipped, "a.mo").closed && cause_ids(compare(little, flipped, "a.mo")) == Ids{"byte-order"}));
  }
}

TEST_CASE("image: ids that docker gave to layers follow where they are what they have to be", "[artifact][image]") {
  const auto hex = [](const std::string& text) { return sha256(as_bytes(text)).hex(); };
  const auto archive = [&](const std::string& date, const std::string& forged) {
    const auto layer = tar_of({{"app", "same"}});
    const auto config =
        fmt::format(R"({{"created":"{}","rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}})", date, hex(layer));
    const auto before = fmt::format(R"({{"created":"{}",)", date);
    const auto id =
        forged.empty() ? hex(before + fmt::format(R"("layer_id":"sha256:{}","os":"linux"}})", hex(layer))) : forged;
    return tar_of(
        {{hex(config) + ".json", config},
         {hex(layer) + ".tar", layer},
         {id + "/VERSION", "1.0"},
         {id + "/json", before + fmt::format(R"("id":"{}","os":"linux"}})", id)},
         {"manifest.json", fmt::format(R"([{{"Config":"{}.json","RepoTags":["x:latest"],"Layers":["{}.tar"]}}])",
                                       hex(config), hex(layer))},
         {"repositories", fmt::format(R"({{"x":{{"latest":"{}"}}}})", id)}});
  };
  const auto before = archive("2022-03-04T10:00:00Z", "");
  const auto comparison = compare(before, archive("2026-05-06T10:00:00Z", ""), "i.tar");
  CHECK(cause_ids(comparison) == Ids{"timestamp"});
  CHECK(comparison.closed);
  CHECK_FALSE(compare(before, archive("2026-05-06T10:00:00Z", std::string(64, 'a')), "i.tar").closed);
}
