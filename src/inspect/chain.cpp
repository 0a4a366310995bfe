#include "inspect/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/blob/naming.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

namespace {

const Rule k_payload_chain{"inspect-payload-chain",
                           Severity::high,
                           "hidden data, how it is decoded, and what runs it",
                           "Findings that speak of the same bytes, put together in the order in which the bytes "
                           "travel: the script that finds the file, "
                           "the file that is not what it says, the decoding, and what executes the result. One of them "
                           "alone is weak evidence; how grave "
                           "the chain is follows from what comes together in it, by the rules of policy/chain.toml. "
                           "What comes out is attached.",
                           "Do not build this tree; read the decoded stage, and find out who added what.",
                           "CVE-2024-3094; https://research.swtch.com/xz-script"};
const Rule k_rules[] = {k_payload_chain};

constexpr std::array<std::string_view, k_chain_fact_count> k_fact_names{
    "executes",    "builds",     "decodes", "binary-source", "hidden-source", "unexplained-source",
    "novel",       "reached",    "code",    "computed",      "searched",      "harvested",
    "data-source", "unreviewed", "opaque",  "configures",    "diverted"};

/// The same for a reader.
constexpr std::array<std::string_view, k_chain_fact_count> k_fact_words{
    "the bytes come to an interpreter",
    "they are written where the build takes instructions from",
    "they are decoded on the way",
    "they come from a binary file or from test data",
    "they stand where no ordinary tool shows them",
    "their file is not in version control",
    "a line that tells how is not in version control, or was compared with nothing",
    "a build runs the script",
    "what comes out is code",
    "what comes out was computed and is attached",
    "the file is searched for by a pattern",
    "a script tells how to undo the encoding",
    "the file is data, no source",
    "a line that moves them is not in version control",
    "they pass through a program that is not followed",
    "whoever builds runs the script first",
    "a variable that chooses what is run names the file"};

constexpr std::size_t k_stages_attached = 16;
constexpr std::size_t k_members_most = 40;

using Facts = std::bitset<k_chain_fact_count>;

void set(Facts& facts, ChainFact fact, bool holds) {
  if (holds) facts.set(static_cast<std::size_t>(fact));
}
bool has(const Facts& facts, ChainFact fact) {
  return facts.test(static_cast<std::size_t>(fact));
}

/// The file of the tree that a place is in: what stands before the first separator of containers.
std::string file_of(const std::string& location) {
  const auto parts = ContainerPath::parse(location).parts();
  return parts.empty() ? std::string{} : parts.front();
}

struct Chain {
  std::vector<const Flow*> flows;  ///< the most telling first
  std::vector<const BlobStage*> stages;
  std::set<std::string> files;    ///< whose bytes travel
  std::set<std::string> scripts;  ///< that move them
  Facts facts;
};

class Correlator {
 public:
  Correlator(std::vector<Finding>& findings, const ScriptAnalysis& scripts, const BlobAnalysis& blobs,
             const FactsOf& facts, const ChainPolicy& policy)
      : m_findings(findings), m_scripts(scripts), m_blobs(blobs), m_facts(facts), m_policy(policy) {}

  void run() {
    for (const auto& flow : m_scripts.flows)
      if (flow.files.empty()) take_in(flow);
      else add(flow);
    for (const auto& stage : m_blobs.stages) add(stage);
    std::vector<Finding> made;
    for (auto& chain : m_chains) {
      judge(chain);
      if (is_worth_telling(chain)) made.push_back(make(chain));
    }
    absorb(made);
    m_findings.insert(m_findings.begin(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  }

 private:
  FileFacts facts_of(const std::string& path) const { return m_facts ? m_facts(path) : FileFacts{}; }

  /// What comes from the network hides in no file: its finding stands alone, with what else is said of its lines.
  void take_in(const Flow& flow) {
    const auto own = std::find_if(m_findings.begin(), m_findings.end(),
                                  [&](const Finding& finding) { return finding.fingerprint == flow.fingerprint; });
    if (own == m_findings.end()) return;
    const auto is_of_flow = [&](const Finding& finding) {
      if (!finding.rule.starts_with("content-") || finding.severity > own->severity) return false;
      const auto& [path, line] = finding.location;
      for (const auto& step : flow.steps)
        if (step.script == path && step.line == line) return true;
      for (std::size_t i = 0; i < flow.also_in.size(); ++i)
        if (flow.also_in[i] == path && flow.also_lines[i] == line) return true;
      return false;
    };
    std::vector<Finding> members;
    std::copy_if(m_findings.begin(), m_findings.end(), std::back_inserter(members), is_of_flow);
    own->members = members;
    std::erase_if(m_findings, is_of_flow);
  }

  /// Flows of the same files are one story, told by several scripts or in several stages.
  void add(const Flow& flow) {
    Chain chain;
    chain.flows.push_back(&flow);
    chain.files.insert(flow.files.begin(), flow.files.end());
    chain.scripts.insert(flow.also_in.begin(), flow.also_in.end());
    for (const auto& step : flow.steps) chain.scripts.insert(file_of(step.script));
    for (auto it = m_chains.begin(); it != m_chains.end();) {
      const bool shared =
          std::any_of(it->files.begin(), it->files.end(), [&](const auto& file) { return chain.files.contains(file); });
      if (!shared) {
        ++it;
        continue;
      }
      chain.flows.insert(chain.flows.begin(), it->flows.begin(), it->flows.end());
      chain.files.merge(it->files);
      chain.scripts.merge(it->scripts);
      it = m_chains.erase(it);
    }
    std::stable_sort(chain.flows.begin(), chain.flows.end(),
                     [](const Flow* a, const Flow* b) { return a->severity > b->severity; });
    m_chains.push_back(std::move(chain));
  }

  void add(const BlobStage& stage) {
    const auto file = stage.location.parts().front();
    auto chain =
        std::find_if(m_chains.begin(), m_chains.end(), [&](const Chain& other) { return other.files.contains(file); });
    const bool harvested = std::any_of(stage.steps.begin(), stage.steps.end(),
                                       [](const auto& step) { return step.harvested.has_value(); });
    if (chain == m_chains.end()) {
      if (!stage.hidden && !harvested) return;
      chain = m_chains.insert(m_chains.end(), Chain{});
      chain->files.insert(file);
    }
    chain->stages.push_back(&stage);
    for (const auto& step : stage.steps)
      if (step.harvested) chain->scripts.insert(file_of(step.harvested->path));
    // A stage that names another file has its bytes travel with it.
    for (const auto& name : stage.names) chain->files.insert(name);
  }

  void judge(Chain& chain) const {
    for (const auto* flow : chain.flows) judge(*flow, chain.facts);
    for (const auto* stage : chain.stages) judge(*stage, chain.facts);
    for (const auto& file : chain.files) {
      const auto facts = facts_of(file);
      set(chain.facts, ChainFact::unexplained_source, facts.compared && facts.proof >= Proof::unexplained);
    }
    for (const auto& finding : m_findings)
      set(chain.facts, ChainFact::hidden_source,
          finding.rule == rule(BlobRule::hidden_code).id && chain.files.contains(file_of(finding.location.path)));
  }

  void judge(const Flow& flow, Facts& facts) const {
    const auto has_step = [&](auto test) { return std::any_of(flow.steps.begin(), flow.steps.end(), test); };
    set(facts, ChainFact::executes, flow.executes);
    set(facts, ChainFact::builds, !flow.executes);
    set(facts, ChainFact::decodes, flow.decodes);
    set(facts, ChainFact::binary_source, flow.from_binary);
    set(facts, ChainFact::novel, has_step([](const FlowStep& step) { return step.novel; }));
    set(facts, ChainFact::searched, has_step([](const FlowStep& step) { return step.kind == StepKind::search; }));
    set(facts, ChainFact::computed, !flow.stages.empty());
    set(facts, ChainFact::data_source, flow.from_data);
    set(facts, ChainFact::unreviewed, flow.unreviewed);
    set(facts, ChainFact::opaque, flow.opaque);
    set(facts, ChainFact::configures, flow.configures);
    set(facts, ChainFact::diverted, flow.diverted);
    const bool code = !flow.stages.empty() && (judge_code(flow.stages.back().bytes).is_code ||
                                               (flow.executes && looks_like_text(flow.stages.back().bytes)));
    set(facts, ChainFact::code, code);
    set(facts, ChainFact::reached, is_reached(file_of(flow.steps.back().script)));
  }

  void judge(const BlobStage& stage, Facts& facts) const {
    set(facts, ChainFact::binary_source, true);
    set(facts, ChainFact::computed, true);
    set(facts, ChainFact::code, true);
    set(facts, ChainFact::hidden_source, stage.hidden);
    set(facts, ChainFact::novel, stage.novel);
    for (const auto& step : stage.steps) {
      set(facts, ChainFact::decodes, step.step != Step::unpack && step.step != Step::region);
      if (!step.harvested) continue;
      set(facts, ChainFact::harvested, true);
      set(facts, ChainFact::reached, is_reached(file_of(step.harvested->path)));
    }
  }

  bool is_reached(const std::string& script) const {
    const auto facts = facts_of(script);
    return !is_in_test_data(script) && (!facts.compared || facts.reach == Reach::executed);
  }

  /// Something decoded that nothing runs and no script speaks of is a finding, not yet a chain.
  static bool is_worth_telling(const Chain& chain) {
    return !chain.flows.empty() || has(chain.facts, ChainFact::harvested) ||
           has(chain.facts, ChainFact::unexplained_source);
  }

  const ChainRule* rule_for(const Facts& facts) const {
    const auto holds = [&](const ChainRule& candidate) {
      return std::all_of(candidate.when.begin(), candidate.when.end(),
                         [&](ChainFact fact) { return has(facts, fact); });
    };
    const auto found = std::find_if(m_policy.rules.begin(), m_policy.rules.end(), holds);
    return found != m_policy.rules.end() ? &*found : nullptr;
  }

  Finding make(const Chain& chain) const {
    std::vector<Evidence> evidence;
    for (const auto* flow : chain.flows) add_evidence(*flow, evidence);
    if (chain.flows.empty()) add_evidence(*chain.stages.front(), evidence);
    const auto* decisive = rule_for(chain.facts);
    evidence.push_back({"severity", decisive != nullptr ? decisive->because : "no rule of the policy holds"});
    evidence.push_back({"what holds", facts_in_words(chain.facts)});

    std::string key;
    for (const auto& file : chain.files) key += file + "\n";
    auto finding = make_finding(k_payload_chain, place_of(chain), sentence_of(chain), std::move(evidence), key);
    finding.severity = decisive != nullptr ? decisive->severity : m_policy.otherwise;
    finding.confidence = has(chain.facts, ChainFact::computed) ? Confidence::proven : Confidence::likely;
    finding.members = members_of(chain);
    finding.rank = 10'000 + finding.members.size();
    attach_stages(chain, finding);
    return finding;
  }

  /// "the bytes come to an interpreter [executes]; …": for the reader, and for whoever writes a policy.
  static std::string facts_in_words(const Facts& facts) {
    std::string text;
    for (std::size_t i = 0; i < k_chain_fact_count; ++i)
      if (facts.test(i)) text += fmt::format("{}{} [{}]", text.empty() ? "" : "; ", k_fact_words[i], k_fact_names[i]);
    return text;
  }

  static Location place_of(const Chain& chain) {
    if (!chain.flows.empty())
      return {file_of(chain.flows.front()->steps.front().script), chain.flows.front()->steps.front().line};
    return {chain.stages.front()->location.parts().front(), 0};
  }

  std::string sentence_of(const Chain& chain) const {
    if (chain.flows.empty()) {
      const auto& stage = *chain.stages.front();
      std::string how;
      for (const auto& step : stage.steps)
        how += fmt::format("{}{}", how.empty() ? "" : ", then ", to_string(step.step));
      auto text =
          fmt::format("{} hides a {} ({})", escape_for_display(stage.location.parts().front()), stage.what, how);
      for (const auto& script : chain.scripts) text += fmt::format("; {} tells how", escape_for_display(script));
      return text;
    }
    const auto& flow = *chain.flows.front();
    auto text = describe(flow);
    for (std::size_t i = 0; i < flow.also_in.size(); ++i)
      text += fmt::format("; the same stands in {} from line {} on{}", escape_for_display(flow.also_in[i]),
                          flow.also_lines[i], origin_of(flow.also_in[i]));
    const auto script = file_of(flow.steps.front().script);
    return text + fmt::format("; {}{}", escape_for_display(script), origin_of(script, ""));
  }

  std::string origin_of(const std::string& script, std::string_view lead = ", which") const {
    const auto facts = facts_of(script);
    if (!facts.compared) return lead.empty() ? std::string{" was compared with nothing"} : std::string{};
    if (facts.in_vcs) return fmt::format("{} is that of version control", lead);
    if (facts.proof == Proof::contradicted) return fmt::format("{} claims an identity that is false", lead);
    return fmt::format("{} is {}", lead, facts.changed ? "another one in version control" : "only in the release");
  }

  static void add_evidence(const Flow& flow, std::vector<Evidence>& evidence) {
    for (const auto& step : flow.steps)
      evidence.push_back({fmt::format("{}:{}{}", escape_for_display(step.script), step.line,
                                      step.novel && flow.unreviewed ? " (novel)" : ""),
                          step.what});
    for (std::size_t i = 0; i < flow.also_in.size(); ++i)
      evidence.push_back({"the same stands in", fmt::format("{}:{}", flow.also_in[i], flow.also_lines[i])});
  }

  static void add_evidence(const BlobStage& stage, std::vector<Evidence>& evidence) {
    for (const auto& step : stage.steps)
      evidence.push_back({step.harvested ? fmt::format("harvested from {}:{}", escape_for_display(step.harvested->path),
                                                       step.harvested->line)
                                         : std::string{to_string(step.step)},
                          step.harvested ? step.harvested->text : step.what});
  }

  /// Does the finding speak of the chain's files, or of a line of its scripts that has to do with it?
  static bool supports(const Chain& chain, const Finding& finding) {
    const auto file = file_of(finding.location.path);
    for (const auto* flow : chain.flows)
      if (flow->fingerprint == finding.fingerprint) return true;
    if (finding.rule == "inspect-hidden-execution" || finding.rule == "inspect-hidden-build-input") return false;
    if (finding.severity == Severity::info && finding.rule != "inspect-fixture-history") return false;
    if (chain.files.contains(file)) return true;
    if (!chain.scripts.contains(file)) return false;
    if (finding.rule == "inspect-telling-pattern")
      return std::any_of(finding.evidence.begin(), finding.evidence.end(), [&](const Evidence& evidence) {
        return evidence.label == "found in" &&
               chain.files.contains(evidence.text.substr(0, evidence.text.rfind(" at offset ")));
      });
    return true;
  }

  /// Where in the chain a finding belongs: at the step it speaks of, at the reading of its file, or first of all.
  static std::size_t position(const Chain& chain, const Finding& finding) {
    const auto file = file_of(finding.location.path);
    std::size_t at = 0;
    for (const auto* flow : chain.flows) {
      if (flow->fingerprint == finding.fingerprint) return 2 * (at + flow->steps.size());
      for (const auto& step : flow->steps) {
        ++at;
        if (step.script == file && (step.line == finding.location.line || finding.location.line == 0)) return 2 * at;
        if (step.kind == StepKind::read && chain.files.contains(file) && step.what.find(file) != std::string::npos)
          return 2 * at + 1;
      }
    }
    return chain.files.contains(file) ? 2 * at + 1 : 0;
  }

  std::vector<Finding> members_of(const Chain& chain) const {
    std::vector<std::pair<std::size_t, const Finding*>> order;
    for (const auto& finding : m_findings)
      if (supports(chain, finding)) order.emplace_back(position(chain, finding), &finding);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (order.size() > k_members_most) order.resize(k_members_most);
    std::vector<Finding> members;
    for (const auto& [at, finding] : order) members.push_back(*finding);
    return members;
  }

  static std::string_view without_line_end(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    return text;
  }

  /// Command substitution takes line ends away: what differs in them only is the same stage.
  static void attach(Finding& finding, std::string location, std::string what, ByteView bytes, std::uint64_t size,
                     const Sha256& digest) {
    const auto head = as_text(bytes.first(std::min(bytes.size(), k_attached_stage_bytes)));
    const bool twice = std::any_of(finding.stages.begin(), finding.stages.end(), [&](const AttachedStage& other) {
      return without_line_end(other.bytes) == without_line_end(head);
    });
    if (twice || finding.stages.size() >= k_stages_attached) return;
    finding.stages.push_back({std::move(location), std::move(what), std::string{head}, size, digest.hex()});
  }

  static void attach_stages(const Chain& chain, Finding& finding) {
    for (const auto* flow : chain.flows)
      for (const auto& stage : flow->stages) {
        const auto code = judge_code(stage.bytes);
        attach(finding, stage.name, std::string{code.is_code ? code.what : kind_of(stage.bytes).name}, stage.bytes,
               stage.bytes.size(), sha256(stage.bytes));
      }
    for (const auto* stage : chain.stages)
      attach(finding, stage->location.to_string(), stage->what, stage->bytes, stage->size, stage->sha256);
  }

  /// What became a member no longer stands beside its chain, unless others than `inspect` said it.
  void absorb(const std::vector<Finding>& chains) {
    std::set<std::string_view> absorbed;
    for (const auto& chain : chains)
      for (const auto& member : chain.members)
        if (member.severity <= chain.severity &&
            (member.rule.starts_with("inspect-") || member.rule.starts_with("blob-")))
          absorbed.insert(member.fingerprint);
    std::erase_if(m_findings, [&](const Finding& finding) { return absorbed.contains(finding.fingerprint); });
  }

  std::vector<Finding>& m_findings;
  const ScriptAnalysis& m_scripts;
  const BlobAnalysis& m_blobs;
  const FactsOf& m_facts;
  const ChainPolicy& m_policy;
  std::vector<Chain> m_chains;
};

}  // namespace

std::string_view to_string(ChainFact fact) noexcept {
  return k_fact_names[static_cast<std::size_t>(fact)];
}

std::optional<ChainFact> parse_chain_fact(std::string_view text) noexcept {
  const auto found = std::find(k_fact_names.begin(), k_fact_names.end(), text);
  if (found == k_fact_names.end()) return std::nullopt;
  return static_cast<ChainFact>(found - k_fact_names.begin());
}

void correlate(std::vector<Finding>& findings, const ScriptAnalysis& scripts, const BlobAnalysis& blobs,
               const FactsOf& facts, const ChainPolicy& policy) {
  Correlator{findings, scripts, blobs, facts, policy}.run();
}

std::span<const Rule> chain_rules() noexcept {
  return k_rules;
}

}  // namespace assay::inspect
