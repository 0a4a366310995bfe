#include "provenance/message_catalog.hpp"

#include "provenance/package_metadata.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

const std::string_view k_po = R"(# comment
msgid ""
msgstr "Language: de\n"

#: tally.c:3
msgid "one\ttab"
msgstr "ein\ttab"

msgctxt "menu"
msgid "Open"
msgstr "Öff"
"nen"

msgid "%d line"
msgid_plural "%d lines"
msgstr[0] "%d Zeile"
msgstr[1] "%d Zeilen"

#, fuzzy
msgid "new"
msgstr "vielleicht"

#~ msgid "old"
#~ msgstr "alt"
)";

std::string word(std::uint32_t value) {
  std::string bytes;
  for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// A compiled catalogue of these messages, in the order given.
std::string compile(const std::vector<std::pair<std::string, std::string>>& messages) {
  const auto count = static_cast<std::uint32_t>(messages.size());
  std::string ids, translations, strings;
  const std::uint32_t start = 28 + 16 * count;
  const auto add = [&](std::string& table, const std::string& text) {
    table += word(static_cast<std::uint32_t>(text.size())) + word(start + static_cast<std::uint32_t>(strings.size()));
    strings += text + '\0';
  };
  for (const auto& [id, text] : messages) add(ids, id);
  for (const auto& [id, text] : messages) add(translations, text);
  return word(0x950412de) + word(0) + word(count) + word(28) + word(28 + 8 * count) + word(0) + word(0) + ids + translations + strings;
}

}  // namespace

TEST_CASE("po: messages are read with context, plural, escapes, fuzzy and obsolete marks", "[provenance][gettext]") {
  const auto catalog = parse_po(k_po);
  REQUIRE(catalog);
  CHECK(catalog->size() == 6);
  CHECK(catalog->at("one\ttab").translation == "ein\ttab");
  CHECK(catalog->at("menu\4Open").translation == "Öffnen");
  CHECK(catalog->at(std::string{"%d line\0%d lines", 16}).translation == std::string{"%d Zeile\0%d Zeilen", 18});
  CHECK(catalog->at("new").fuzzy);
  CHECK(catalog->at("old").obsolete);
}

TEST_CASE("po: what is no catalogue is refused with the line", "[provenance][gettext][hostile]") {
  for (const std::string_view text : {"msgid \"a\nmsgstr \"b\"\n", "\"floating\"\n", "msgstr \"before its id\"\n", "nonsense here\n", "msgid \"a\" \"b\"\n"}) {
    const auto catalog = parse_po(text);
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().message.find("line ") != std::string::npos);
  }
}

TEST_CASE("gmo: a compiled catalogue agrees with its source, and one that says something else does not", "[provenance][gettext]") {
  const auto source = parse_po(k_po);
  const auto good = parse_mo(as_bytes(compile({{"", "Language: de\n"}, {"menu\4Open", "Öffnen"}, {"one\ttab", "ein\ttab"}})));
  REQUIRE(good);
  CHECK(catalogue_mismatch(*good, *source).empty());
  const auto changed = parse_mo(as_bytes(compile({{"menu\4Open", "Schließen"}})));
  REQUIRE(changed);
  CHECK(catalogue_mismatch(*changed, *source).find("otherwise") != std::string::npos);
  const auto added = parse_mo(as_bytes(compile({{"extra", "mehr"}})));
  REQUIRE(added);
  CHECK_FALSE(catalogue_mismatch(*added, *source).empty());
}

TEST_CASE("gmo: damage is named, wherever it is", "[provenance][gettext][hostile]") {
  const auto whole = compile({{"a", "x"}, {"b", "y"}});
  REQUIRE(parse_mo(as_bytes(whole)));
  for (std::size_t size = 0; size < whole.size() - 1; ++size) (void)parse_mo(as_bytes(std::string_view{whole}.substr(0, size))).has_value();
  CHECK_FALSE(parse_mo(as_bytes(whole.substr(0, 40))));
  CHECK_FALSE(parse_mo(as_bytes("not a catalogue")));
  CHECK_FALSE(parse_mo(as_bytes(compile({{"b", "x"}, {"a", "y"}}))));  // gettext searches by halves
  CHECK_FALSE(parse_mo(as_bytes(compile({{"a", "x"}, {"a", "y"}}))));
  auto huge = whole;
  huge.replace(8, 4, word(0xffffffff));
  CHECK_FALSE(parse_mo(as_bytes(huge)));
}

TEST_CASE("po: a merged catalogue may lose and blur translations, not invent them", "[provenance][gettext]") {
  const auto source = parse_po(k_po);
  CHECK(merge_mismatch(*parse_po("msgid \"brand new\"\nmsgstr \"\"\n\n#, fuzzy\nmsgid \"x\"\nmsgstr \"y\"\n"), *source).empty());
  CHECK_FALSE(merge_mismatch(*parse_po("msgid \"one\\ttab\"\nmsgstr \"zwei\"\n"), *source).empty());
}

TEST_CASE("core metadata: fields, continuations and the description", "[provenance][sdist]") {
  const auto metadata = parse_metadata("Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nLicense: MIT\n and more\n\nTally counts.\n");
  REQUIRE(metadata);
  CHECK(metadata->fields.size() == 4);
  CHECK(metadata->fields[3].value == "MIT\n and more");
  CHECK(metadata->body == "Tally counts.\n");
}

TEST_CASE("core metadata: malformed headers are refused", "[provenance][sdist][hostile]") {
  for (const std::string_view text :
       {std::string_view{" continuation first\n"}, std::string_view{"Name tally\n"}, std::string_view{"Name: a\nVersion: 1\n"},
        std::string_view{"Metadata-Version: 2.1\nName: a\nName: b\nVersion: 1\n"}, std::string_view{"Metadata-Version: 2.1\nNa\0me: a\n", 30}, std::string_view{}})
    CHECK_FALSE(parse_metadata(text));
}
