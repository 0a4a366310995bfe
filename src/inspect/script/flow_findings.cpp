#include "inspect/script/flow_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/rules.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_excerpt = 600;

/// The steps of a history in the order in which the bytes travel.
void flatten(const Trace& trace, std::set<const TraceNode*>& seen, std::vector<const TraceNode*>& order) {
  if (!trace || !seen.insert(trace.get()).second) return;
  for (const auto& before : trace->before) flatten(before, seen, order);
  if (!trace->joint) order.push_back(trace.get());
}

/// Turns an arrival into a flow.
class FlowMaker {
 public:
  FlowMaker(SourceTree& tree, Coverage& coverage) : m_tree(tree), m_coverage(coverage) {}

  /// The flow that ends in `arrival`; nothing if it is what honest builds do.
  std::optional<Flow> make(const Arrival& arrival) {
    if (arrival.value.known && arrival.value.text->empty()) return std::nullopt;
    Flow flow;
    flow.executes = arrival.executes;
    std::set<const TraceNode*> seen;
    std::vector<const TraceNode*> order;
    flatten(arrival.unit->trace(), seen, order);
    flatten(arrival.value.trace, seen, order);
    bool strong = false, unknown_program = false;
    m_from_plain = false;
    for (const auto* node : order) {
      take_step(*node, flow);
      strong = strong || node->step.kind == StepKind::decode;
      unknown_program = unknown_program || node->step.kind == StepKind::program;
    }
    flow.opaque = unknown_program;
    flow.from_data = flow.from_data || (m_from_plain && (flow.opaque || flow.decodes));
    const auto& script = arrival.unit->root();
    flow.configures = script.kind() == ScriptKind::m4 || script.kind() == ScriptKind::cmake ||
                      script.kind() == ScriptKind::meson || path_basename(script.path()) == "configure" ||
                      path_basename(script.path()) == "setup.py" || path_basename(script.path()) == "auto.def";
    flow.unreviewed = script.facts().compared && has_novel_step(flow);
    const bool foreign = flow.executes && (flow.fetched || flow.files.empty());
    flow.severity = foreign ? judge_foreign(flow, arrival) : judge(flow, arrival, strong);
    // What only runs what it reads is nothing among the tests.
    if (flow.severity < Severity::medium && flow.executes && flow.from_data && !is_in_test_data(script.path()))
      flow.severity = Severity::medium;
    if (flow.severity < Severity::medium) return std::nullopt;
    return flow;
  }

 private:
  void take_step(const TraceNode& node, Flow& flow) {
    const auto same = [&](const FlowStep& other) {
      return other.kind == node.step.kind && other.what == node.step.what && other.script == node.step.script;
    };
    if (std::none_of(flow.steps.begin(), flow.steps.end(), same)) flow.steps.push_back(node.step);
    flow.decodes = flow.decodes || node.step.kind == StepKind::decode || node.step.kind == StepKind::map ||
                   node.step.kind == StepKind::carve;
    flow.fetched = flow.fetched || node.step.kind == StepKind::fetch;
    flow.diverted = flow.diverted || node.step.kind == StepKind::divert;
    // What is found in the place of a command or a module need not look like data.
    flow.from_data = flow.from_data || (node.step.kind == StepKind::shadow);
    if (node.step.kind != StepKind::read || node.file.empty()) return;
    if (std::find(flow.files.begin(), flow.files.end(), node.file) != flow.files.end()) return;
    flow.files.push_back(node.file);
    const auto* entry = m_tree.find(node.file);
    const auto content = entry != nullptr ? m_tree.read(*entry, m_coverage) : nullptr;
    const bool binary = content && !looks_like_text(as_bytes(*content));
    const bool fixture = is_in_test_data(node.file) &&
                         script_kind(node.file, content ? as_bytes(std::string_view{*content}.substr(0, 256))
                                                        : ByteView{}) == ScriptKind::none;
    flow.from_binary = flow.from_binary || binary || fixture;
    flow.from_data = flow.from_data || binary || is_data_file(node.file);
    m_from_plain = m_from_plain || (fixture && entry != nullptr && !entry->executable() &&
                                    path_basename(node.file).find('.') == std::string_view::npos);
  }

  /// By an interpreter, not by the kernel.
  static bool may_be_run(ByteView content) { return executable_format(content).empty() && holds_commands(content); }

  /// What a server sends was reviewed by nobody, nor was what a script has encoded in itself. Makefiles and scripts have honest targets that
  /// do so when asked; what configures the build does it to everyone.
  static Severity judge_foreign(const Flow& flow, const Arrival& arrival) {
    const auto& unit = arrival.unit->root();
    if (!flow.fetched && arrival.value.known && !may_be_run(as_bytes(*arrival.value.text))) return Severity::low;
    const bool grave =
        has_novel_step(flow) && (unit.facts().compared || flow.configures) && !is_in_test_data(unit.path());
    return grave ? Severity::high : Severity::medium;
  }

  /// Conjunction decides: a data file, a decoding, an execution, and a line that nobody reviewed.
  static Severity judge(const Flow& flow, const Arrival& arrival, bool strong) {
    const bool novel = has_novel_step(flow);
    const bool readable = !arrival.value.known || may_be_run(as_bytes(*arrival.value.text)) || !flow.executes;
    if (!readable) return flow.from_binary && flow.decodes && novel ? Severity::medium : Severity::low;
    if (!flow.executes) {
      if (!flow.from_binary || !strong) return Severity::low;
      return novel ? Severity::high : Severity::medium;
    }
    if (flow.from_binary && flow.decodes) return novel && arrival.value.known ? Severity::critical : Severity::high;
    if (strong) return arrival.value.known && novel ? Severity::high : Severity::medium;
    return Severity::low;
  }

  SourceTree& m_tree;
  Coverage& m_coverage;
  bool m_from_plain = false;  ///< of the present flow: a file among the tests without a suffix that is no script
};

/// Without a comparison nothing is known to be new.
std::string place_of(const FlowStep& step, const Flow& flow) {
  return fmt::format("{}:{}{}", escape_for_display(step.script), step.line,
                     step.novel && flow.unreviewed ? " (novel)" : "");
}

}  // namespace

bool has_novel_step(const Flow& flow) {
  return std::any_of(flow.steps.begin(), flow.steps.end(), [](const FlowStep& step) { return step.novel; });
}

std::optional<Flow> flow_of(const Arrival& arrival, SourceTree& tree, Coverage& coverage) {
  return FlowMaker{tree, coverage}.make(arrival);
}

Finding finding_of(const Flow& flow) {
  std::vector<Evidence> evidence;
  for (const auto& step : flow.steps) evidence.push_back({place_of(step, flow), step.what});
  for (const auto& path : flow.also_in) evidence.push_back({"the same stands in", path});
  for (const auto& stage : flow.stages)
    evidence.push_back({fmt::format("decoded stage ({} bytes)", stage.bytes.size()),
                        std::string{as_text(stage.bytes).substr(0, k_excerpt)}});
  const auto& rule = !flow.executes                       ? k_hidden_build_input
                     : flow.fetched && flow.files.empty() ? k_fetched_execution
                                                          : k_hidden_execution;
  std::string key = flow.steps.back().what;
  for (const auto& file : flow.files) key += "\n" + file;
  if (flow.files.empty()) key += "\n" + flow.steps.front().what;
  if (flow.files.empty() && !flow.stages.empty())
    key += "\n" + std::string{as_text(flow.stages.front().bytes).substr(0, k_excerpt)};
  auto finding = make_finding(rule, {flow.steps.front().script, flow.steps.front().line}, describe(flow),
                              std::move(evidence), key);
  finding.severity = flow.severity;
  finding.confidence = flow.stages.empty() ? Confidence::likely : Confidence::proven;
  finding.rank = 1000 + flow.steps.size();
  return finding;
}

Finding finding_of(const PatternHit& hit) {
  return make_finding(k_telling_pattern, {hit.unit->root().path(), hit.line},
                      fmt::format("searches the tree for '{}', which stands in {} and nowhere else",
                                  escape_for_display(hit.pattern), escape_for_display(hit.file)),
                      {{"pattern", hit.pattern}, {"found in", fmt::format("{} at offset {}", hit.file, hit.offset)}},
                      hit.pattern);
}

std::string_view to_string(StepKind kind) noexcept {
  switch (kind) {
    case StepKind::search:
      return "search";
    case StepKind::read:
      return "read";
    case StepKind::fetch:
      return "fetch";
    case StepKind::map:
      return "map";
    case StepKind::carve:
      return "carve";
    case StepKind::decode:
      return "decode";
    case StepKind::text:
      return "text";
    case StepKind::program:
      return "program";
    case StepKind::name:
      return "name";
    case StepKind::divert:
      return "divert";
    case StepKind::shadow:
      return "shadow";
    case StepKind::execute:
      return "execute";
    case StepKind::write:
      return "write";
  }
  return "step";
}

std::string describe(const Flow& flow) {
  const auto& first = flow.steps.front();
  const bool novel = first.novel && flow.unreviewed;
  auto text = fmt::format("{} ({}line {}) ", escape_for_display(first.script), novel ? "novel " : "", first.line);
  for (std::size_t i = 0; i < flow.steps.size(); ++i) {
    if (i > 0) text += i + 1 == flow.steps.size() ? " and " : ", ";
    text += escape_for_display(flow.steps[i].what);
  }
  return text;
}

}  // namespace assay::inspect
