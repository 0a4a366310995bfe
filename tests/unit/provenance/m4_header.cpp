#include "provenance/m4_header.hpp"

#include <string>

#include "support/catch.hpp"

using assay::provenance::parse_m4_serial;

namespace {

std::string lines(int count, std::string_view text = "# comment\n") {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("m4 header: reads the form that aclocal honours", "[provenance][m4]") {
  for (const auto* text : {"# serial 7\n", "#serial 7\n", "#\tserial\t7\n", "# serial 7 -*- Autoconf -*-\n",
                           "# serial 7 (gettext-0.18)\r\n", "# serial 7"}) {
    const auto serial = parse_m4_serial(text);
    CAPTURE(text);
    REQUIRE(serial);
    CHECK(serial->number == 7);
    CHECK(serial->text == "7");
    CHECK(serial->name.empty());
    CHECK(serial->honoured_by_aclocal);
    CHECK(serial->line == 1);
  }
}

TEST_CASE("m4 header: reads the cosmetic form with the name of the file", "[provenance][m4]") {
  for (const auto* text : {"# build-to-host.m4 serial 30\n", "dnl build-to-host.m4 serial 30 (gettext-0.22)\n",
                           "#build-to-host.m4: serial 30\n", "# build-to-host.m4 serial #30.\n"}) {
    const auto serial = parse_m4_serial(text);
    CAPTURE(text);
    REQUIRE(serial);
    CHECK(serial->number == 30);
    CHECK(serial->name == "build-to-host.m4");
    CHECK_FALSE(serial->honoured_by_aclocal);
  }
}

TEST_CASE("m4 header: letters around a serial are allowed in the cosmetic form only", "[provenance][m4]") {
  REQUIRE(parse_m4_serial("# po.m4 serial 17b\n"));
  CHECK(parse_m4_serial("# po.m4 serial 17b\n")->number == 17);
  CHECK(parse_m4_serial("# iconv.m4 serial AM5 (gettext-0.16.2)\n")->number == 5);
  const auto bare = parse_m4_serial("#serial AM2\n");
  REQUIRE(bare);
  CHECK(bare->number == 2);
  CHECK_FALSE(bare->honoured_by_aclocal);
}

TEST_CASE("m4 header: the honoured form wins over the cosmetic one wherever it stands", "[provenance][m4]") {
  const auto serial = parse_m4_serial("# x.m4 serial 30\n# serial 5\n");
  REQUIRE(serial);
  CHECK(serial->number == 5);
  CHECK(serial->honoured_by_aclocal);
  CHECK(serial->line == 2);
}

TEST_CASE("m4 header: of several honoured serials the greatest counts, as in aclocal", "[provenance][m4]") {
  CHECK(parse_m4_serial("# serial 5\n# serial 30\n# serial 9\n")->number == 30);
  CHECK(parse_m4_serial("# serial 2.10\n# serial 2.9\n")->text == "2.10");
  CHECK(parse_m4_serial("# serial 2\n# serial 2.1\n")->text == "2.1");
  CHECK(parse_m4_serial("# serial 007\n# serial 6\n")->text == "007");
}

TEST_CASE("m4 header: a dotted serial counts by its last component", "[provenance][m4]") {
  const auto serial = parse_m4_serial("# serial 2.4.1\n");
  REQUIRE(serial);
  CHECK(serial->number == 1);
  CHECK(serial->text == "2.4.1");
}

TEST_CASE("m4 header: the honoured form counts below a long comment but not below a macro", "[provenance][m4]") {
  CHECK(parse_m4_serial(lines(90) + "#serial 12\n")->line == 91);
  const auto below = parse_m4_serial("AC_DEFUN([X], [])\n# serial 12\n");
  REQUIRE(below);
  CHECK_FALSE(below->honoured_by_aclocal);
  CHECK_FALSE(parse_m4_serial("AC_DEFUN([X], [])\n" + lines(60) + "# serial 12\n"));
}

TEST_CASE("m4 header: a macro in a comment ends nothing", "[provenance][m4]") {
  CHECK(parse_m4_serial("dnl AC_DEFUN([X], [])\n# AC_DEFUN([X], [])\n# serial 12\n")->honoured_by_aclocal);
  CHECK_FALSE(parse_m4_serial("xdnl AC_DEFUN([X], [])\n# serial 12\n")->honoured_by_aclocal);
  CHECK_FALSE(parse_m4_serial("AU_ALIAS([X], [Y])\n# serial 12\n")->honoured_by_aclocal);
}

TEST_CASE("m4 header: the cosmetic form counts in the first 50 lines", "[provenance][m4]") {
  CHECK(parse_m4_serial(lines(49) + "# x.m4 serial 3\n"));
  CHECK_FALSE(parse_m4_serial(lines(50) + "# x.m4 serial 3\n"));
}

TEST_CASE("m4 header: prose about serials is no header", "[provenance][m4]") {
  for (const auto* text : {"# Versions of AX_X() before serial 37 provided FLAGS\n", "#   (serial 2). Basically\n",
                           "# serial\n", "# serial  \n", "# serialx 7\n", "# serial seven\n", "# serial 7-8\n",
                           "# serial .7\n", "# serial 7.\n#", "# serial 7..8\n", "serial 7\n", " # serial 7\n", ""}) {
    CAPTURE(text);
    const auto serial = parse_m4_serial(text);
    CHECK_FALSE((serial && serial->honoured_by_aclocal));
  }
  CHECK_FALSE(parse_m4_serial("# Versions before serial 37\n"));
}

TEST_CASE("m4 header: lines that begin with two hashes are skipped by aclocal", "[provenance][m4]") {
  const auto serial = parse_m4_serial("## serial 7\n");
  CHECK_FALSE((serial && serial->honoured_by_aclocal));
}

TEST_CASE("m4 header: huge numbers and endless lines stay bounded", "[provenance][m4][hostile]") {
  const auto digits = "# serial " + std::string(100'000, '9') + "\n";
  const auto huge = parse_m4_serial(digits);
  REQUIRE(huge);
  CHECK(huge->number == 4'294'967'295U);
  CHECK(huge->text.size() == 64);
  CHECK(parse_m4_serial("# serial 4294967296\n")->number == 4'294'967'295U);
  const auto dnl = parse_m4_serial(std::string(2'000'000, 'a') + "\n# serial 3\n");
  CHECK_FALSE(dnl);
  CHECK_FALSE(parse_m4_serial(lines(400'000, "dnl ") + "\n"));
  const auto name = parse_m4_serial("# " + std::string(5000, 'n') + ".m4 serial 1\n");
  REQUIRE(name);
  CHECK(name->name.size() == 255);
}
