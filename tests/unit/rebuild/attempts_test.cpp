#include "rebuild/attempts.hpp"

#include "base/bytes.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

constexpr std::string_view k_prototypes = "static char *e (char **p, int i)\n";

provenance::Regeneration made_by_automake(std::string_view version) {
  provenance::Regeneration made;
  made.tools.push_back("automake automake (GNU automake) " + std::string{version});
  return made;
}

provenance::OtherGenerators wanting(std::vector<std::string> targets, std::string_view configure) {
  provenance::OtherGenerators others;
  others.targets = std::move(targets);
  others.scripts = {configure};
  return others;
}

void give_aclocal(provenance::OtherGenerators& others, std::string_view version) {
  const auto text = "# generated automatically by aclocal " + std::string{version} + " -*- Autoconf -*-\n";
  others.aclocal.push_back({"aclocal.m4", Bytes(as_bytes(text).begin(), as_bytes(text).end()), {}});
}

}  // namespace

TEST_CASE("attempts: a build of Autoconf is tried where the script bears its marks", "[rebuild]") {
  const auto none = attempts_for(wanting({"configure"}, "#!/bin/sh\n"), "2.71", made_by_automake("1.16.5"));
  CHECK(none.empty());
  const auto one = attempts_for(wanting({"configure"}, k_prototypes), "2.71", made_by_automake("1.16.5"));
  REQUIRE(one.size() == 1);
  REQUIRE(one[0].variant != nullptr);
  CHECK(one[0].variant->what.find("prototypes") != std::string_view::npos);
  CHECK(attempts_for(wanting({"configure"}, k_prototypes), "2.70", made_by_automake("1.16.5")).empty());
}

TEST_CASE("attempts: one makes all where Automake takes the release's aclocal.m4", "[rebuild]") {
  auto others = wanting({"configure", "src/Makefile.in"}, k_prototypes);
  others.held_back = {"libtool.m4"};
  give_aclocal(others, "1.16.5");
  const auto at_once = attempts_for(others, "2.71", made_by_automake("1.16.5"));
  REQUIRE(at_once.size() == 2);
  CHECK((at_once[0].variant != nullptr && at_once[0].with_aclocal && at_once[0].with_automake));
  CHECK((at_once[1].variant == nullptr && at_once[1].with_aclocal && at_once[1].with_automake));
  const auto apart = attempts_for(others, "2.71", made_by_automake("1.17"));
  REQUIRE(apart.size() == 3);
  CHECK((apart[0].variant != nullptr && !apart[0].with_aclocal && apart[0].with_automake));
  CHECK((apart[1].with_aclocal && !apart[1].with_automake));
}

TEST_CASE("attempts: makefiles have the variables that the release's build of Autoconf substitutes", "[rebuild]") {
  const auto others = wanting({"configure", "Makefile.in"}, "  --runstatedir=DIR  modifiable per-process data\n");
  const auto attempts = attempts_for(others, "2.69", made_by_automake("1.16.5"));
  REQUIRE(attempts.size() == 1);
  CHECK((attempts[0].variant != nullptr && !attempts[0].with_aclocal && attempts[0].with_automake));
}

TEST_CASE("attempts: Automake takes the aclocal.m4 of another version of its interface", "[rebuild]") {
  auto others = wanting({"configure", "Makefile.in"}, {});
  give_aclocal(others, "1.16.2");
  const auto before = made_by_automake("1.16.5");
  const auto attempts = attempts_for(others, "2.71", before);
  REQUIRE(attempts.size() == 1);
  CHECK((attempts[0].with_aclocal && attempts[0].with_automake));
  const auto commands = commands_of(attempts[0], others, before);
  CHECK(commands.find("sed -i 's/\\[1\\.16\\.2\\]/[1.16.5]/g' './aclocal.m4'\n") != std::string::npos);
  give_aclocal(others, "1.16.3");
  CHECK_FALSE(attempts_for(others, "2.71", before).at(0).with_automake);
}

TEST_CASE("attempts: macro files that the release was made without are kept from aclocal, whatever their names",
          "[rebuild][hostile]") {
  auto others = wanting({"Makefile.in"}, {});
  others.held_back = {"ax_pthread.m4", "a'; touch x; '.m4"};
  const auto attempts = attempts_for(others, "2.71", made_by_automake("1.16.5"));
  REQUIRE(attempts.size() == 1);
  const auto commands = commands_of(attempts[0], others, made_by_automake("1.16.5"));
  CHECK(commands.find("rm -f /build/aclocal/'ax_pthread.m4' /build/aclocal/'a'\\''; touch x; '\\''.m4'\n") !=
        std::string::npos);
  CHECK(commands.find("ACLOCAL=true") == std::string::npos);
  CHECK(in_words(attempts[0], others) == "the toolchain's macro files but for ax_pthread.m4, a'; touch x; '.m4");
}

TEST_CASE("attempts: a package has made of it what it has, not what another of the tree has", "[rebuild]") {
  auto others = wanting({"configure", "Makefile.in", "lib/configure", "lib/config.h.in", "tool/configure"}, {});
  give_aclocal(others, "1.16.5");
  auto before = made_by_automake("1.16.5");
  for (const auto* path : {"configure", "lib/configure", "tool/configure"}) before.add(path, {"tree", {}, {}});
  const auto attempts = attempts_for(others, "2.71", before);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[1].autoheader == "2.69");
  const auto commands = commands_of(attempts[0], others, before);
  CHECK(commands.find("( cd './'\nautoconf -f\nautomake\n)\n") != std::string::npos);
  CHECK(commands.find("( cd './lib'\nautoconf -f\nautoheader -f\n)\n") != std::string::npos);
  CHECK(commands.find("( cd './tool'\nautoconf -f\n)\n") != std::string::npos);
}

TEST_CASE("attempts: a template without proof may be one of an earlier autoheader", "[rebuild]") {
  const auto others = wanting({"lib/src/config.h.in"}, {});
  auto before = made_by_automake("1.16.5");
  before.add("lib/configure", {"tree", {}, {}});
  CHECK(attempts_for(others, "2.69", before).empty());
  const auto attempts = attempts_for(others, "2.71", before);
  REQUIRE(attempts.size() == 1);
  CHECK(in_words(attempts[0], others) == "autoheader of Autoconf 2.69");
  CHECK(commands_of(attempts[0], others, before).find("( cd './lib'\nautoheader2.69 -f )\n") != std::string::npos);
}
