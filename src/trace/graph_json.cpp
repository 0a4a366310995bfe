#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "trace/graph.hpp"

namespace assay::trace {

namespace {

using Json = nlohmann::ordered_json;

std::string safe(const std::string& text) {
  return is_utf8(text) ? text : escape_for_display(text);
}

Json texts(const std::vector<std::string>& list) {
  auto json = Json::array();
  for (const auto& text : list) json.push_back(safe(text));
  return json;
}

Json index_or_null(Index index) {
  return index == k_none ? Json(nullptr) : Json(index);
}

Json to_json(const Image& image) {
  Json json{{"program", index_or_null(image.program)},
            {"arguments", texts(image.arguments)},
            {"directory", safe(image.directory)}};
  if (image.arguments_cut) json["arguments_cut"] = true;
  return json;
}

Json to_json(const std::vector<Access>& accesses) {
  auto json = Json::array();
  for (const auto& access : accesses) {
    Json one{{"file", access.file}, {"image", access.image}, {"moment", access.moment}};
    if (access.inherited) one["inherited"] = true;
    json.push_back(std::move(one));
  }
  return json;
}

Json to_json(const Process& process) {
  auto images = Json::array();
  for (const auto& image : process.images) images.push_back(to_json(image));
  return Json{{"pid", process.pid},
              {"parent", index_or_null(process.parent)},
              {"phase", process.phase},
              {"start_ns", process.start.count()},
              {"end_ns", process.end.count()},
              {"exit_code", process.exit_code},
              {"images", std::move(images)},
              {"reads", to_json(process.reads)},
              {"writes", to_json(process.writes)},
              {"pipes_in", process.pipes_in},
              {"pipes_out", process.pipes_out}};
}

Json to_json(const FileVersion& file, const Graph& graph, Index index) {
  Json json{{"path", safe(file.path)},
            {"size", file.size},
            {"mode", fmt::format("{:o}", file.mode)},
            {"kind", to_string(file.kind)}};
  if (!file.aliases.empty()) json["aliases"] = texts(file.aliases);
  if (file.sha256) json["sha256"] = file.sha256->hex();
  if (file.gitoid) json["gitoid"] = gitoid_uri(file);
  json["at_end"] = file.at_end;
  if (file.fixed != 0) json["fixed"] = file.fixed;
  if (!file.writers.empty()) json["writers"] = file.writers;
  if (file.previous != k_none) json["previous"] = file.previous;
  if (file.loader != k_none) json["loader"] = file.loader;
  if (file.at_end && !file.writers.empty()) json["inputs"] = graph.inputs(index);
  return json;
}

std::string_view to_string(NameChange::Kind kind) noexcept {
  switch (kind) {
    case NameChange::Kind::rename:
      return "rename";
    case NameChange::Kind::hard_link:
      return "hard_link";
    case NameChange::Kind::symbolic_link:
      return "symbolic_link";
    case NameChange::Kind::remove:
      return "remove";
  }
  return "rename";
}

Json names_of(const Trace& trace) {
  auto json = Json::array();
  for (const auto& change : trace.names) {
    Json one{{"kind", to_string(change.kind)}, {"process", change.process}, {"from", safe(change.from)}};
    if (!change.to.empty()) one["to"] = safe(change.to);
    json.push_back(std::move(one));
  }
  return json;
}

}  // namespace

std::string to_json(const Trace& trace, const Graph& graph) {
  Json json{{"schema_version", "1"},
            {"wall_ns", trace.wall.count()},
            {"stops", trace.stops},
            {"phases", texts(trace.phases)}};
  auto& processes = json["processes"] = Json::array();
  for (const auto& process : trace.processes) processes.push_back(to_json(process));
  auto& files = json["files"] = Json::array();
  for (Index i = 0; i < trace.files.size(); ++i) files.push_back(to_json(trace.files[i], graph, i));
  auto& pipes = json["pipes"] = Json::array();
  for (const auto& pipe : trace.pipes)
    pipes.push_back({{"inode", pipe.inode},
                     {"writers", pipe.writers},
                     {"readers", pipe.readers},
                     {"readers_inferred", pipe.readers_inferred}});
  json["names"] = names_of(trace);
  auto& connections = json["connections"] = Json::array();
  for (const auto& one : trace.connections)
    connections.push_back(
        {{"process", one.process}, {"network", one.network}, {"address", safe(one.address)}, {"error", one.error}});
  auto& refusals = json["refusals"] = Json::array();
  for (const auto& one : trace.refusals)
    refusals.push_back({{"process", one.process}, {"path", safe(one.path)}, {"error", one.error}});
  auto& gaps = json["coverage"] = Json{{"complete", trace.coverage.complete()}, {"gaps", Json::array()}};
  for (const auto& gap : trace.coverage.gaps) gaps["gaps"].push_back({{"what", gap.what}, {"reason", gap.reason}});
  return json.dump(1);
}

}  // namespace assay::trace
