#include "attest/build_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_items = 1'000'000;
constexpr JsonLimits k_limits{256U << 20, 64, 256U << 20};

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, "docs/predicates/rebuild-v1.md describes the record"};
}

/// A member that nobody asked for is one that nobody would verify.
Result<void> only(const Json& json, std::initializer_list<std::string_view> names, std::string_view where) {
  if (!json.is_object()) return malformed(fmt::format("{} is no object", where));
  for (const auto& member : json.members())
    if (std::find(names.begin(), names.end(), member.name) == names.end())
      return malformed(fmt::format("{} has the unknown member \"{}\"", where, escape_for_display(member.name)));
  return {};
}

Result<DigestMap> read_digests(const Json& json, const std::string& where) {
  DigestMap digests;
  for (const auto& [name, value] : json.members()) {
    if (!is_digest(name, value.text()))
      return malformed(
          fmt::format("{}: digest \"{}\" is no lower-case hexadecimal of its length", where, escape_for_display(name)));
    digests.emplace(name, value.text());
  }
  if (digests.empty()) return malformed(fmt::format("{} has no digest", where));
  return digests;
}

Result<BuildInput> read_input(const Json& json, const std::string& where) {
  ASSAY_TRY_VOID(only(json, {"name", "uri", "digest", "grounds", "evidence"}, where));
  BuildInput input{std::string{json.text("name")},
                   std::string{json.text("uri")},
                   {},
                   Grounds::declared,
                   std::string{json.text("evidence")}};
  if (input.name.empty() && input.uri.empty()) return malformed(where + " has neither name nor uri");
  ASSAY_TRY(input.digests, read_digests(json["digest"], where));
  if (!json.has("grounds")) return input;
  const auto grounds = parse_grounds(json.text("grounds"));
  if (!grounds) return malformed(where + ": grounds are observed, declared or guessed");
  input.grounds = *grounds;
  return input;
}

Result<std::vector<BuildInput>> read_inputs(const Json& list, std::string_view what) {
  std::vector<BuildInput> inputs;
  if (list.items().size() > k_max_items)
    return Error{ErrorCode::limit, fmt::format("more than {} {}", k_max_items, what), {}, {}};
  for (const auto& json : list.items()) {
    ASSAY_TRY(auto input, read_input(json, fmt::format("{} {}", what, inputs.size())));
    inputs.push_back(std::move(input));
  }
  const auto key = [](const BuildInput& input) { return std::tie(input.uri, input.name, input.digests); };
  std::sort(inputs.begin(), inputs.end(), [&](const BuildInput& a, const BuildInput& b) { return key(a) < key(b); });
  return inputs;
}

Result<std::vector<Subject>> read_outputs(const Json& list) {
  std::vector<Subject> outputs;
  for (const auto& json : list.items()) {
    const auto where = fmt::format("output {}", outputs.size());
    ASSAY_TRY_VOID(only(json, {"name", "digest"}, where));
    Subject output{std::string{json.text("name")}, {}};
    ASSAY_TRY(output.digests, read_digests(json["digest"], where));
    outputs.push_back(std::move(output));
  }
  if (outputs.empty()) return malformed("the build has no output");
  return outputs;
}

Result<std::optional<std::int64_t>> read_time(const Json& json, std::string_view name) {
  if (!json.has(name)) return std::optional<std::int64_t>{};
  const auto time = parse_time(json.text(name));
  if (!time) return malformed(fmt::format("{} is no time as 2024-03-29T16:00:00Z", name));
  return std::optional{*time};
}

Result<Json> read_object(const Json& json, std::string_view name) {
  if (json.has(name) && !json[name].is_object()) return malformed(fmt::format("{} is no object", name));
  return json[name];
}

Json descriptor(const BuildInput& input, bool with_grounds) {
  auto json = Json::object();
  json.set_text("name", input.name).set_text("uri", input.uri).set("digest", to_json(input.digests));
  if (!with_grounds) return json;
  auto annotations = Json::object();
  annotations.set("grounds", to_string(input.grounds)).set_text("evidence", input.evidence);
  return std::move(json.set("annotations", std::move(annotations)));
}

Json run_details(const BuildRecord& record) {
  auto builder = Json::object();
  builder.set("id", record.builder_id);
  if (!record.builder_version.is_null()) builder.set("version", record.builder_version);
  auto metadata = Json::object();
  metadata.set_text("invocationId", record.invocation_id);
  if (record.started) metadata.set("startedOn", format_time(*record.started));
  if (record.finished) metadata.set("finishedOn", format_time(*record.finished));
  auto details = Json::object();
  details.set("builder", std::move(builder));
  if (!metadata.members().empty()) details.set("metadata", std::move(metadata));
  auto byproducts = Json::array();
  for (const auto& product : record.byproducts) byproducts.push(descriptor(product, false));
  if (!record.byproducts.empty()) details.set("byproducts", std::move(byproducts));
  return details;
}

}  // namespace

Result<BuildRecord> read_build_record(std::string_view text) {
  ASSAY_TRY(const auto json, Json::parse(text, k_limits));
  ASSAY_TRY_VOID(only(json,
                      {"schema_version", "build_type", "builder", "external_parameters", "internal_parameters",
                       "inputs", "outputs", "byproducts", "invocation_id", "started", "finished"},
                      "the record"));
  if (json.text("schema_version") != "1") return malformed("not a build record of schema_version 1");
  ASSAY_TRY_VOID(only(json["builder"], {"id", "version"}, "builder"));
  BuildRecord record;
  if (json.has("build_type")) record.build_type = json.text("build_type");
  record.builder_id = json["builder"].text("id");
  if (record.builder_id.find(':') == std::string::npos) return malformed("builder.id is no URI");
  ASSAY_TRY(record.builder_version, read_object(json["builder"], "version"));
  ASSAY_TRY(record.external_parameters, read_object(json, "external_parameters"));
  if (record.external_parameters.is_null()) return malformed("there are no external_parameters");
  ASSAY_TRY(record.internal_parameters, read_object(json, "internal_parameters"));
  ASSAY_TRY(record.inputs, read_inputs(json["inputs"], "input"));
  ASSAY_TRY(record.outputs, read_outputs(json["outputs"]));
  ASSAY_TRY(record.byproducts, read_inputs(json["byproducts"], "byproduct"));
  record.invocation_id = json.text("invocation_id");
  ASSAY_TRY(record.started, read_time(json, "started"));
  ASSAY_TRY(record.finished, read_time(json, "finished"));
  return record;
}

std::string write_build_record(const BuildRecord& record) {
  const auto list = [](const std::vector<BuildInput>& inputs) {
    auto array = Json::array();
    for (const auto& input : inputs) {
      auto json = descriptor(input, false);
      array.push(std::move(json.set("grounds", to_string(input.grounds)).set_text("evidence", input.evidence)));
    }
    return array;
  };
  auto builder = Json::object();
  builder.set("id", record.builder_id);
  if (!record.builder_version.is_null()) builder.set("version", record.builder_version);
  auto outputs = Json::array();
  for (const auto& output : record.outputs) {
    auto json = Json::object();
    outputs.push(std::move(json.set("name", output.name).set("digest", to_json(output.digests))));
  }
  auto json = Json::object();
  json.set("schema_version", "1").set("build_type", record.build_type).set("builder", std::move(builder));
  json.set("external_parameters", record.external_parameters);
  if (!record.internal_parameters.is_null()) json.set("internal_parameters", record.internal_parameters);
  json.set("inputs", list(record.inputs)).set("outputs", std::move(outputs)).set("byproducts", list(record.byproducts));
  json.set_text("invocation_id", record.invocation_id);
  if (record.started) json.set("started", format_time(*record.started));
  if (record.finished) json.set("finished", format_time(*record.finished));
  return json.dump(2) + "\n";
}

Statement provenance_statement(const BuildRecord& record) {
  auto dependencies = Json::array();
  for (const auto& input : record.inputs) dependencies.push(descriptor(input, true));
  auto definition = Json::object();
  definition.set("buildType", record.build_type).set("externalParameters", record.external_parameters);
  if (!record.internal_parameters.is_null()) definition.set("internalParameters", record.internal_parameters);
  definition.set("resolvedDependencies", std::move(dependencies));
  Statement statement;
  statement.subjects = record.outputs;
  statement.predicate_type = k_provenance_predicate;
  statement.predicate.set("buildDefinition", std::move(definition)).set("runDetails", run_details(record));
  return statement;
}

Sbom sbom_of(const BuildRecord& record) {
  Sbom sbom;
  sbom.name = record.outputs.front().name;
  // Of several outputs it is as much about the others, and must not contradict them.
  if (record.outputs.size() == 1) sbom.digests = record.outputs.front().digests;
  sbom.created = record.finished.value_or(0);
  sbom.phase = "build";
  for (const auto& input : record.inputs) {
    Component component;
    component.name = input.name.empty() ? input.uri : input.name;
    if (input.uri.starts_with("pkg:")) {
      component.purl = input.uri;
      const auto path = std::string_view{input.uri}.substr(0, input.uri.find_first_of("?#"));
      if (const auto at = path.rfind('@'); at != std::string_view::npos) component.version = path.substr(at + 1);
    } else {
      component.download_location = input.uri;
    }
    component.digests = input.digests;
    component.grounds = input.grounds;
    component.evidence = input.evidence;
    sbom.components.push_back(std::move(component));
  }
  normalise(sbom);
  return sbom;
}

}  // namespace assay::attest
