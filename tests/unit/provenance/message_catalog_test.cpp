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
  return word(0x950412de) + word(0) + word(count) + word(28) + word(28 + 8 * count) + word(0) + word(0) + ids +
         translations + strings;
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
  for (const std::string_view text : {"msgid \"a\nmsgstr \"b\"\n", "\"floating\"\n", "msgstr \"before its id\"\n",
                                      "nonsense here\n", "msgid \"a\" \"b\"\n"}) {
    const auto catalog = parse_po(text);
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().message.find("line ") != std::string::npos);
  }
}

TEST_CASE("gmo: a compiled catalogue agrees with its source, and one that says something else does not",
          "[provenance][gettext]") {
  const auto source = parse_po(k_po);
  const auto good =
      parse_mo(as_bytes(compile({{"", "Language: de\n"}, {"menu\4Open", "Öffnen"}, {"one\ttab", "ein\ttab"}})));
  REQUIRE(good);
  CHECK(catalogue_mismatch(*good, *source).empty());
  const auto changed = parse_mo(as_bytes(compile({{"menu\4Open", "Schließen"}})));
  REQUIRE(changed);
  CHECK(catalogue_mismatch(*changed, *source).find("otherwise") != std::string::npos);
  const auto added = parse_mo(as_bytes(compile({{"extra", "mehr"}})));
  REQUIRE(added);
  CHECK_FALSE(catalogue_mismatch(*added, *source).empty());
  // msgfmt leaves out what nobody has approved, and what is no longer in use.
  for (const auto* id : {"new", "old"}) {
    const auto unused = parse_mo(as_bytes(compile({{id, source->at(id).translation}})));
    REQUIRE(unused);
    CHECK_FALSE(catalogue_mismatch(*unused, *source).empty());
  }
}

TEST_CASE("gmo: damage is named, wherever it is", "[provenance][gettext][hostile]") {
  const auto whole = compile({{"a", "x"}, {"b", "y"}});
  REQUIRE(parse_mo(as_bytes(whole)));
  for (std::size_t size = 0; size < whole.size() - 1; ++size)
    (void)parse_mo(as_bytes(std::string_view{whole}.substr(0, size))).has_value();
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
  std::vector<std::string> new_ids;
  const auto mismatch = [&](std::string_view text) { return merge_mismatch(*parse_po(text), *source, new_ids); };
  CHECK(mismatch("msgid \"brand new\"\nmsgstr \"\"\n\n#, fuzzy\nmsgid \"x\"\nmsgstr \"Öffnen\"\n").empty());
  CHECK(new_ids == std::vector<std::string>{"brand new", "x"});
  CHECK_FALSE(mismatch("msgid \"one\\ttab\"\nmsgstr \"zwei\"\n").empty());
  CHECK_FALSE(mismatch("#, fuzzy\nmsgid \"x\"\nmsgstr \"nobody's\"\n").empty());
  CHECK_FALSE(mismatch("msgid \"new\"\nmsgstr \"" + source->at("new").translation + "\"\n").empty());
  CHECK_FALSE(mismatch("#~ msgid \"never there\"\n#~ msgstr \"\"\n").empty());
}

TEST_CASE("po, gmo: a message is lost whose translation is not in use any more", "[provenance][gettext][hostile]") {
  const auto source =
      *parse_po("msgid \"a\"\nmsgstr \"x\"\n\n#, fuzzy\nmsgid \"b\"\nmsgstr \"y\"\n\nmsgid \"c\"\nmsgstr \"\"\n");
  const auto lost = [&](std::string_view text) { return lost_messages(*parse_po(text), source); };
  for (const auto* text : {"", "msgid \"a\"\nmsgstr \"\"\n", "#, fuzzy\nmsgid \"a\"\nmsgstr \"x\"\n",
                           "#~ msgid \"a\"\n#~ msgstr \"x\"\n", "msgid \"ab\"\nmsgstr \"x\"\n"}) {
    CAPTURE(text);
    CHECK(lost(text) == std::vector<std::string>{"a"});
  }
  CHECK(lost("msgid \"a\"\nmsgstr \"x\"\n").empty());
  CHECK(lost("#, fuzzy\nmsgid \"a\"\nmsgid_plural \"as\"\nmsgstr[0] \"x\"\n").empty());  // another form of it
}

TEST_CASE("po: escapes are gettext's", "[provenance][gettext][hostile]") {
  const auto translated = [](std::string_view text) {
    const auto catalog = parse_po("msgid \"a\"\nmsgstr \"" + std::string{text} + "\"\n");
    return catalog ? catalog->at("a").translation : std::string{"none"};
  };
  CHECK(translated("\\x25n") == "%n");
  CHECK(translated("\\x1234z") == "4z");
  CHECK(translated("\\\"\\\\\\101") == "\"\\A");
  for (const auto* other : {"\\xg", "\\e", "\\'", "\\?"}) CHECK(translated(other) == "none");
}

TEST_CASE("po: plural forms are numbered from 0 on", "[provenance][gettext][hostile]") {
  const std::string head = "msgid \"a\"\nmsgid_plural \"b\"\n";
  CHECK(parse_po(head + "msgstr[0] \"x\"\nmsgstr[1] \"y\"\n"));
  for (const std::string_view forms : {"msgstr[1] \"x\"\nmsgstr[0] \"y\"\n", "msgstr[0] \"x\"\nmsgstr[2] \"y\"\n",
                                       "msgstr[0] \"x\"\nmsgstr[0] \"y\"\n", "msgstr \"x\"\n", "msgstr[] \"x\"\n"})
    CHECK_FALSE(parse_po(head + std::string{forms}));
  CHECK_FALSE(parse_po("msgid \"a\"\nmsgstr[0] \"x\"\n"));
  CHECK_FALSE(parse_po("msgid \"a\"\nmsgstr \"x\"\nmsgstr \"y\"\n"));
}

TEST_CASE("po, gmo: the header keeps what says how to read the rest", "[provenance][gettext][hostile]") {
  const std::string encoding = "Content-Type: text/plain; charset=UTF-8\n",
                    plural = "Plural-Forms: nplurals=2; plural=(n != 1);\n";
  const MessageCatalog source{{"", Message{"Language: de\n" + encoding + plural}}, {"a", Message{"x"}}};
  std::vector<std::string> new_ids;
  for (const auto& header : {encoding + plural, "PO-Revision-Date: 2024-01-01 10:00+0100\n" + encoding + plural}) {
    CHECK(catalogue_mismatch({{"", Message{header}}, {"a", Message{"x"}}}, source).empty());
    CHECK(merge_mismatch({{"", Message{header}}, {"a", Message{"x"}}}, source, new_ids).empty());
  }
  for (const auto& header : {encoding, plural, std::string{}}) {
    CHECK_FALSE(catalogue_mismatch({{"", Message{header}}, {"a", Message{"x"}}}, source).empty());
    CHECK_FALSE(merge_mismatch({{"", Message{header}}, {"a", Message{"x"}}}, source, new_ids).empty());
  }
  CHECK_FALSE(catalogue_mismatch({{"a", Message{"x"}}}, source).empty());
}

TEST_CASE("po: a message without translation, and one given twice, is none", "[provenance][gettext][hostile]") {
  CHECK(parse_po("msgid \"a\"\nmsgstr \"  two  blanks \"\n")->at("a").translation == "  two  blanks ");
  CHECK_FALSE(parse_po("msgid \"dropped\"\n\nmsgid \"a\"\nmsgstr \"x\"\n"));
  CHECK_FALSE(parse_po("msgid \"a\"\nmsgstr \"x\"\n\nmsgid \"a\"\nmsgstr \"y\"\n"));
}

TEST_CASE("gmo: every byte belongs to a message, the tables or the padding", "[provenance][gettext][hostile]") {
  const auto whole = compile({{"a", "x"}, {"b", "y"}});
  CHECK(unaccounted_bytes(as_bytes(whole)).empty());
  CHECK_FALSE(unaccounted_bytes(as_bytes(whole + "payload")).empty());
  auto table = whole;
  table.replace(20, 8, word(3) + word(static_cast<std::uint32_t>(whole.size())));
  CHECK_FALSE(unaccounted_bytes(as_bytes(table + word(7) + word(8) + word(9))).empty());
  // hash_pjw("a") = 97, 97 % 5 = 2; "b" comes next.
  table.replace(20, 8, word(5) + word(static_cast<std::uint32_t>(whole.size())));
  CHECK(unaccounted_bytes(as_bytes(table + word(0) + word(0) + word(1) + word(2) + word(0))).empty());
  auto revision = whole;
  revision.replace(4, 4, word(2));
  CHECK_FALSE(unaccounted_bytes(as_bytes(revision)).empty());
}

TEST_CASE("gmo: strings that share their bytes cannot grow without bound", "[provenance][gettext][hostile]") {
  constexpr std::uint32_t count = 1000;
  std::string ids, translations, pool(64 << 10, 'x');
  const std::uint32_t start = 28 + 16 * count;
  for (std::uint32_t i = 0; i < count; ++i) {
    ids += word(i + 1) + word(start);
    translations += word(static_cast<std::uint32_t>(pool.size())) + word(start);
  }
  const auto bomb = word(0x950412de) + word(0) + word(count) + word(28) + word(28 + 8 * count) + word(0) + word(0) +
                    ids + translations + pool;
  const auto catalog = parse_mo(as_bytes(bomb));
  REQUIRE_FALSE(catalog);
  CHECK(catalog.error().message.find("overlap") != std::string::npos);
}

TEST_CASE("core metadata: fields, continuations and the description", "[provenance][sdist]") {
  const auto metadata =
      parse_metadata("Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nLicense: MIT\n and more\n\nTally counts.\n");
  REQUIRE(metadata);
  CHECK(metadata->fields.size() == 4);
  CHECK(metadata->fields[3].value == "MIT\n and more");
  CHECK(metadata->body == "Tally counts.\n");
}

TEST_CASE("core metadata: malformed headers are refused", "[provenance][sdist][hostile]") {
  for (const std::string_view text : {std::string_view{" continuation first\n"}, std::string_view{"Name tally\n"},
                                      std::string_view{"Name: a\nVersion: 1\n"},
                                      std::string_view{"Metadata-Version: 2.1\nName: a\nName: b\nVersion: 1\n"},
                                      std::string_view{"Metadata-Version: 2.1\nNa\0me: a\n", 30}, std::string_view{}})
    CHECK_FALSE(parse_metadata(text));
}
