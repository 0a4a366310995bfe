#include "attest/build_record.hpp"

#include "support/catch.hpp"

using namespace assay::attest;

TEST_CASE("build record: what is written is read back, and becomes provenance", "[attest][record]") {
  BuildRecord record;
  record.builder_id = "https://rebuilder.example.org/amd64";
  record.builder_version.set("assay", "1");
  auto source = Json::object();
  source.set("uri", "hello_2.10-3.dsc").set("digest", to_json({{"sha256", std::string(64, 'a')}}));
  record.external_parameters.set("source", source).set("recipe", "inferred");
  record.internal_parameters.set("reproduced", true);
  record.inputs = {{"/usr/bin/cc1",
                    "pkg:deb/debian/cpp-12@12.2.0-14?arch=amd64#usr/bin/cc1",
                    {{"sha256", std::string(64, 'b')}},
                    Grounds::observed,
                    "trace: run by gcc"},
                   {"src/hello.c", "", {{"sha256", std::string(64, 'c')}}, Grounds::observed, "trace: read by cc1"}};
  record.outputs = {{"hello.deb", {{"sha256", std::string(64, 'd')}}}};
  record.byproducts = {{"log", "", {{"sha256", std::string(64, 'e')}}, Grounds::declared, ""}};
  record.invocation_id = "urn:uuid:0b2f9c3e-6a52-4c63-9d1f-0d5f6a1c2b3e";
  record.started = 1'711'728'000;
  record.finished = 1'711'728'042;
  const auto text = write_build_record(record);
  const auto read = read_build_record(text);
  REQUIRE(read);
  CHECK(read->inputs.size() == 2);
  CHECK(read->builder_id == record.builder_id);
  CHECK(read->started == record.started);
  CHECK(read->byproducts.size() == 1);
  auto again = *read;
  CHECK(read_build_record(write_build_record(again)));
  CHECK(write_build_record(*read_build_record(write_build_record(again))) == write_build_record(again));
  const auto statement = provenance_statement(*read);
  CHECK(statement.predicate["buildDefinition"]["resolvedDependencies"].items().size() == 2);
  CHECK(sbom_of(*read).components.size() == 2);
  CHECK(sbom_of(*read).digests == record.outputs.front().digests);
  again.outputs.push_back({"hello-doc.deb", {{"sha256", std::string(64, 'f')}}});
  CHECK(sbom_of(again).digests.empty());
}
