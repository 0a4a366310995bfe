// Bills of materials: both formats, there and back, of directories, of others, and hostile ones.
#include <sys/stat.h>

#include "attest/encoding.hpp"
#include "attest/predicate.hpp"
#include "attest/sbom.hpp"
#include "authority.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

Sbom sample() {
  Sbom sbom;
  sbom.name = "product";
  sbom.version = "1.0";
  sbom.created = 1'711'728'000;
  Component one;
  one.name = "zlib";
  one.version = "1.2.13";
  one.purl = "pkg:deb/debian/zlib@1.2.13?arch=amd64";
  one.license = "Zlib";
  one.supplier = "Debian";
  one.digests = {{"sha256", std::string(64, 'a')}};
  one.grounds = Grounds::observed;
  one.evidence = "traced";
  Component two = one;
  two.name = "odd \"name\"\n";
  two.purl.clear();
  two.license = "see COPYING";
  two.grounds = Grounds::guessed;
  sbom.components = {two, one, one};
  normalise(sbom);
  sbom.dependencies = {{sbom.components[0].id, sbom.components[1].id}};
  return sbom;
}

const Component* find(const Sbom& sbom, std::string_view name) {
  for (const auto& component : sbom.components)
    if (component.name == name) return &component;
  return nullptr;
}

void check_round_trip(const Sbom& read) {
  const auto* zlib = find(read, "zlib");
  REQUIRE(zlib != nullptr);
  CHECK(zlib->version == "1.2.13");
  CHECK(zlib->purl == "pkg:deb/debian/zlib@1.2.13?arch=amd64");
  CHECK(zlib->license == "Zlib");
  CHECK(zlib->supplier == "Debian");
  CHECK(zlib->digests == DigestMap{{"sha256", std::string(64, 'a')}});
  CHECK(zlib->grounds == Grounds::observed);
  CHECK(zlib->evidence == "traced");
  const auto* odd = find(read, "odd \"name\"\n");
  REQUIRE(odd != nullptr);
  CHECK(odd->license == "see COPYING");
  CHECK(odd->grounds == Grounds::guessed);
  CHECK(read.dependencies.size() == 1);
  CHECK(read.created == 1'711'728'000);
}

}  // namespace

TEST_CASE("sbom: both formats say the same, and the same content gives the same bytes", "[attest][sbom]") {
  const auto sbom = sample();
  CHECK(sbom.components.size() == 2);
  const auto cyclonedx = read_sbom(as_bytes(write_cyclonedx(sbom)));
  REQUIRE(cyclonedx);
  CHECK(cyclonedx->format == "CycloneDX-1.6");
  CHECK(cyclonedx->name == "product");
  check_round_trip(*cyclonedx);
  const auto spdx = read_sbom(as_bytes(write_spdx(sbom)));
  REQUIRE(spdx);
  CHECK(spdx->format == "SPDX-2.3");
  check_round_trip(*spdx);
  CHECK(write_cyclonedx(sample()) == write_cyclonedx(sbom));
  CHECK(write_spdx(sample()) == write_spdx(sbom));
  auto other = sbom;
  other.components[0].version = "2";
  CHECK(Json::parse(write_cyclonedx(other))->text("serialNumber") !=
        Json::parse(write_cyclonedx(sbom))->text("serialNumber"));
}

TEST_CASE("sbom: what is no UTF-8 is written so that it can be read", "[attest][sbom][hostile]") {
  Sbom sbom;
  sbom.name = "Andr\xe9";
  Component component;
  component.name = "caf\xe9";
  component.supplier = "\xff";
  sbom.components = {component};
  normalise(sbom);
  for (const auto& text : {write_spdx(sbom), write_cyclonedx(sbom)}) {
    const auto read = read_sbom(as_bytes(text));
    REQUIRE(read);
    CHECK(read->name == "Andr\\xe9");
    REQUIRE(read->components.size() == 1);
    CHECK(read->components[0].name == "caf\\xe9");
  }
}

TEST_CASE("sbom: what OmniBOR calls a content is kept by both formats", "[attest][sbom]") {
  const std::string gitoid = "gitoid:blob:sha256:473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813";
  Sbom sbom;
  sbom.name = "build";
  Component component;
  component.name = "a.c";
  component.purl = "pkg:generic/a";
  component.gitoids = {gitoid};
  sbom.components = {component};
  normalise(sbom);
  for (const auto& document : {write_cyclonedx(sbom), write_spdx(sbom)}) {
    const auto read = read_sbom(as_bytes(document));
    REQUIRE(read);
    CHECK(find(*read, "a.c")->gitoids == std::vector{gitoid});
    CHECK(find(*read, "a.c")->purl == "pkg:generic/a");
  }
  CHECK(write_spdx(sbom).find("\"PERSISTENT-ID\"") != std::string::npos);
  sbom.components[0].gitoids = {"gitoid:blob:sha256:other"};
  CHECK(read_sbom(as_bytes(write_spdx(sbom)))->components[0].gitoids.front() == "gitoid:blob:sha256:other");
}

TEST_CASE("sbom: what came from what, by which tool, and what was there in vain", "[attest][sbom]") {
  Sbom sbom;
  sbom.name = "build";
  for (const char* id : {"output", "source.c", "gcc", "unread"}) {
    Component component;
    component.id = component.name = id;
    component.unused = component.name == "unread";
    sbom.components.push_back(component);
  }
  sbom.dependencies = {{"output", "source.c", Relation::generated_from},
                       {"output", "gcc", Relation::built_with},
                       {"output", "gcc", Relation::depends_on},
                       {"gcc", "source.c", Relation::contains},
                       {"root", "output"}};
  normalise(sbom);
  const auto spdx = read_sbom(as_bytes(write_spdx(sbom)));
  REQUIRE(spdx);
  REQUIRE(spdx->dependencies.size() == 5);
  std::size_t same = 0;
  for (const auto& each : spdx->dependencies)
    for (const auto& wanted : sbom.dependencies)
      same += each.relation == wanted.relation && (each.from == wanted.from || each.from == "SPDXRef-" + wanted.from) &&
              each.to == "SPDXRef-" + wanted.to;
  CHECK(same == 5);
  CHECK(find(*spdx, "unread")->unused);
  CHECK_FALSE(find(*spdx, "gcc")->unused);
  const auto cyclonedx = read_sbom(as_bytes(write_cyclonedx(sbom)));
  REQUIRE(cyclonedx);
  CHECK(cyclonedx->dependencies.size() == 4);  // one dependency, whatever it is for
  CHECK(find(*cyclonedx, "unread")->unused);
}

TEST_CASE("sbom: what a directory declares, and what merely lies in it", "[attest][sbom]") {
  const test::TempDir directory;
  directory.write("var/lib/dpkg/status",
                  "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: "
                  "2.36-9+deb12u4\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n");
  directory.write("app/package.json", R"({"name":"@scope/app","version":"1.2.3","license":"MIT"})");
  directory.write(
      "app/package-lock.json",
      R"({"lockfileVersion":3,"packages":{"":{"name":"app"},"node_modules/left":{"version":"0.1.0"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0"}}})");
  directory.write("py/six-1.16.dist-info/METADATA",
                  "Metadata-Version: 2.1\nName: six\nVersion: 1.16\nLicense: MIT\n\ntext\n");
  directory.write("bad/package.json", R"({"name":1,"name":2})");
  directory.write("file.txt", "text");
  std::filesystem::create_symlink("/etc/passwd", directory.path() / "link");
  Coverage coverage;
  const auto sbom = collect_sbom(directory.path(), {}, coverage);
  REQUIRE(sbom);
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].what == "bad/package.json");
  REQUIRE(find(*sbom, "libc6") != nullptr);
  CHECK(find(*sbom, "libc6")->purl == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64");
  CHECK(find(*sbom, "gone") == nullptr);
  CHECK(find(*sbom, "@scope/app")->purl == "pkg:npm/%40scope/app@1.2.3");
  CHECK(find(*sbom, "left")->grounds == Grounds::declared);
  CHECK(find(*sbom, "@s/b") != nullptr);
  CHECK(find(*sbom, "six")->purl == "pkg:pypi/six@1.16");
  CHECK(find(*sbom, "file.txt")->grounds == Grounds::guessed);
  CHECK(find(*sbom, "link") == nullptr);
}

TEST_CASE("sbom: documents of others are read without loss", "[attest][sbom]") {
  const auto spdx = read_sbom(as_bytes(
      R"({"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3","creationInfo":{"created":"2024-03-29T16:00:00Z"},"name":"image",
    "packages":[{"name":"musl","SPDXID":"SPDXRef-Package-apk-musl","versionInfo":"1.2.4-r2","supplier":"NOASSERTION","downloadLocation":"NOASSERTION","filesAnalyzed":false,"licenseDeclared":"MIT",
    "externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:musl"},{"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl","referenceLocator":"pkg:apk/alpine/musl@1.2.4-r2"}]}],
    "files":[{"fileName":"x"}],"relationships":[{"spdxElementId":"a","relationshipType":"DEPENDENCY_OF","relatedSpdxElement":"b"}]})"));
  REQUIRE(spdx);
  CHECK(find(*spdx, "musl")->purl == "pkg:apk/alpine/musl@1.2.4-r2");
  CHECK(spdx->dependencies == std::vector<Dependency>{{"b", "a"}});
  const auto nested = read_sbom(as_bytes(
      R"({"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"type":"library","group":"org.x","name":"a","version":"1","licenses":[{"license":{"id":"MIT"}},{"license":{"name":"Own"}}],"components":[{"type":"file","name":"inner"}]}]})"));
  REQUIRE(nested);
  CHECK(find(*nested, "org.x/a")->license == "MIT AND Own");
  CHECK(find(*nested, "inner") != nullptr);
}

TEST_CASE("sbom: hostile documents are refused", "[attest][sbom][hostile]") {
  const std::string head = R"({"bomFormat":"CycloneDX","specVersion":"1.6","components":[)";
  for (const std::string& text :
       {std::string{}, std::string{"[]"}, std::string{"{}"}, head, head + "]", head + "{]}",
        head + R"({"name":"a","name":"b"}]})", head + R"({"type":"x"}]})", head + "]}{}",
        head + R"(],"components":[]})", head + R"({"name":"a"} {"name":"b"}]})",
        head + std::string(100'000, '[') + std::string(100'000, ']') + "]}", head + "\"\\\"]}",
        std::string{R"({"bomFormat":"CycloneDX","specVersion":"9.9"})"}, std::string{R"({"spdxVersion":"SPDX-3.0"})"},
        std::string{"{\"specVersion\":\"1.6\",\"x\":\"\xff\"}"}}) {
    INFO(text.substr(0, 120));
    CHECK_FALSE(read_sbom(as_bytes(text)));
  }
}

TEST_CASE("sbom: differences by package", "[attest][sbom]") {
  const auto before = sample();
  auto after = before;
  CHECK(diff_sboms(before, after).empty());
  after.components[1].version = "1.3";
  Component added;
  added.name = "new";
  after.components.push_back(added);
  const auto changes = diff_sboms(before, after);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == SbomChange::Kind::added);
  CHECK(changes[1].kind == SbomChange::Kind::version);
  CHECK(changes[1].component == "pkg:deb/debian/zlib");
  after = before;
  after.components[1].digests["sha256"] = std::string(64, 'b');
  CHECK(diff_sboms(before, after).at(0).kind == SbomChange::Kind::digest);
}

TEST_CASE("predicates: assessments, summaries and bills of materials are signed and read back", "[attest][predicate]") {
  const test::TempDir directory;
  const auto file = directory.write("key.pem", test::TestAuthority::private_key_pem("ED25519"));
  ::chmod(file.c_str(), 0600);
  const auto key = PrivateKey::load(file);
  REQUIRE(key);
  const std::vector keys{*key};
  const auto report = R"({"schema_version":"1","subject":{"name":"a.tar","sha256":")" + std::string(64, 'c') +
                      R"("},"verdict":"suspect","coverage":{"complete":false,"gaps":[{"what":"x","reason":"y"}]}})";
  const auto statement = assessment_statement(report);
  REQUIRE(statement);
  const auto first = sign_statement(*statement, keys);
  REQUIRE(first);
  CHECK(first->to_json().dump() == sign_statement(*statement, keys)->to_json().dump());
  CHECK(signers(*first, std::vector{key->public_key()}).size() == 1);
  const auto read = Statement::parse(as_text(first->payload));
  REQUIRE(read);
  CHECK(read->find({{"sha256", std::string(64, 'c')}}) != nullptr);
  CHECK(read->predicate.text("verdict") == "suspect");
  CHECK(read->predicate["coverage"]["gaps"].items().size() == 1);
  CHECK_FALSE(assessment_statement("{}"));
  CHECK_FALSE(
      assessment_statement(R"({"schema_version":"1","verdict":"verified","coverage":{},"subject":{"sha256":"C0"}})"));

  VerificationSummary summary;
  summary.levels = {"SLSA_BUILD_LEVEL_3"};
  const Subject subject{"a.tar", {{"sha256", std::string(64, 'c')}}};
  CHECK(summary_statement(summary, subject).predicate["verifiedLevels"].items()[0].text() == "FAILED");
  summary.passed = true;
  CHECK(summary_statement(summary, subject).predicate["verifiedLevels"].items()[0].text() == "SLSA_BUILD_LEVEL_3");
  CHECK(sbom_statement(write_cyclonedx(sample()), subject)->predicate_type == "https://cyclonedx.org/bom");
  CHECK(sbom_statement(write_spdx(sample()), subject)->predicate_type == "https://spdx.dev/Document");
  CHECK_FALSE(sbom_statement("{}", subject));
}

TEST_CASE("sbom: what it describes is held against the artifact by strong digests alone", "[attest][sbom]") {
  const auto other = [](const DigestMap& described, const DigestMap& artifact, bool spdx) {
    auto sbom = sample();
    sbom.digests = described;
    return describes_another(*Json::parse(spdx ? write_spdx(sbom) : write_cyclonedx(sbom)), artifact);
  };
  const std::string a(64, 'a'), b(64, 'b'), weak(40, 'c');
  for (const bool spdx : {false, true}) {
    CHECK_FALSE(other({}, {{"sha256", a}}, spdx));
    CHECK_FALSE(other({{"sha256", a}}, {{"sha256", a}, {"sha512", a + a}}, spdx));
    CHECK_FALSE(other({{"sha1", weak}}, {{"sha256", a}}, spdx));
    CHECK_FALSE(other({{"sha256", b}}, {{"sha512", a + a}}, spdx));
    CHECK(other({{"sha256", b}}, {{"sha256", a}}, spdx) == "sha256:" + b);
    CHECK(other({{"sha256", a}, {"sha512", b + b}}, {{"sha256", a}, {"sha512", a + a}}, spdx) == "sha512:" + b + b);
    CHECK_FALSE(sbom_statement(
        [&] {
          auto sbom = sample();
          sbom.digests = {{"sha256", b}};
          return spdx ? write_spdx(sbom) : write_cyclonedx(sbom);
        }(),
        {"a.tar", {{"sha256", a}}}));
  }
}
