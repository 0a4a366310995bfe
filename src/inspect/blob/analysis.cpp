#include "inspect/blob/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "inspect/blob/naming.hpp"
#include "inspect/content_type.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_text_read = 4U << 20;
constexpr std::size_t k_rounds = 2;
constexpr std::size_t k_program_stages = 32;  ///< that are no text
constexpr std::uint64_t k_stage_memory = 32ULL << 20;

class Analyser {
 public:
  Analyser(TreeAccess& tree, const FactsOf& facts, const Harvest& harvest, const BlobOptions& options)
      : m_tree(tree),
        m_facts_of(facts),
        m_options(options),
        m_observer{
            [this](const Node& node) { see(node); },
            [this](const Node& node, Oddity oddity, const std::string& detail) { see_oddity(node, oddity, detail); }},
        m_walker(options.limits, options.deadline, m_observer, m_analysis.coverage),
        m_trier(harvest, options.effort),
        m_names(tree.entries()) {}

  Result<BlobAnalysis> run() {
    const auto want = [this](const TreeEntry& entry) { return !m_options.want || m_options.want(entry); };
    const auto total = m_tree.entries().size();
    ASSAY_TRY_VOID(m_tree.visit(
        want, m_walker.max_content(),
        [&](const TreeEntry& entry, ByteView content) {
          m_facts = m_facts_of ? m_facts_of(entry.path) : FileFacts{};
          m_test_place = is_test_place(entry.path);
          ++m_analysis.files;
          m_analysis.file_bytes += content.size();
          m_walker.walk(entry.path, content, entry.sha256_known ? std::optional{entry.digests.sha256} : std::nullopt);
          if (m_options.progress && m_analysis.files % 64 == 0) m_options.progress(m_analysis.files, total);
        },
        m_analysis.coverage));
    ASSAY_TRY_VOID(try_what_stages_know());
    if (m_options.whole_tree) m_names.report(m_sink);
    judge_stages();
    report_left_out();
    m_analysis.findings = m_sink.take();
    sort_findings(m_analysis.findings);
    return std::move(m_analysis);
  }

 private:
  void see(const Node& node) {
    m_analysis.bytes += node.content.size();
    m_analysis.inside += node.depth > 0 ? 1U : 0U;
    const bool text = node.kind.family == Family::text;
    if (node.depth == 0 && !text && node.kind.family != Family::empty) m_names.mark_binary(node.top);
    if (node.depth == 0 && text && m_options.whole_tree)
      m_names.read_text(as_text(node.content.first(std::min(node.content.size(), k_text_read))));
    const auto entropy = text && !m_options.keep_nodes ? EntropyProfile{} : profile_entropy(node.content);
    // Code in the clear is what source trees are made of; the question is put only where something came out.
    const auto code = node.depth > 0 || !text ? judge_code(node.content) : CodeVerdict{};
    const Blob blob{node, m_facts, m_options.nature, entropy, code, m_test_place};
    for (const auto check : blob_checks()) check(blob, m_sink);
    if (m_options.keep_nodes) keep_node(node, entropy);
    if (m_options.see_inner && node.depth > 0) m_options.see_inner(node);
    if (code.is_code && is_stage(node))
      keep_stage(node, node.steps, node.content, std::string{code.what}, node.path, node.hidden, false);
    if (!m_trier.is_candidate(node)) return;
    m_candidates.emplace(node.top);
    try_on(blob, m_trier);
  }

  /// Members of archives in the clear are no stage.
  static bool is_stage(const Node& node) {
    return node.hidden || std::any_of(node.steps.begin(), node.steps.end(),
                                      [](const Transformation& step) { return step.step != Step::unpack; });
  }

  void try_on(const Blob& blob, Trier& trier) {
    auto hit = trier.try_on(blob.node);
    if (!hit || !m_hits.insert(sha256(hit->bytes)).second) return;
    const auto harvested = std::find_if(hit->steps.begin(), hit->steps.end(),
                                        [](const Transformation& step) { return step.harvested.has_value(); });
    bool novel = false;
    std::vector<Evidence> evidence;
    auto location = blob.node.path;
    std::string how;
    for (const auto& step : hit->steps) {
      how += fmt::format("{}{}{}", how.empty() ? "" : ", then ", to_string(step.step),
                         step.what.empty() ? "" : " (" + step.what + ")");
      location = location.child(to_string(step.step));
      if (!step.harvested) continue;
      evidence.push_back(
          {fmt::format("harvested from {}:{}", escape_for_display(step.harvested->path), step.harvested->line),
           step.harvested->text});
      const auto facts = m_facts_of ? m_facts_of(step.harvested->path) : FileFacts{};
      novel = novel || facts.is_novel(step.harvested->line);
    }
    evidence.insert(evidence.begin(), {"how it comes out", how});
    evidence.push_back(
        {"first bytes",
         std::string{as_text(ByteView{hit->bytes}.first(std::min<std::size_t>(hit->bytes.size(), 256)))}});
    m_sink.add(
        BlobRule::hidden_encoding, blob, novel ? Severity::high : Severity::medium,
        fmt::format("{} turns it into a {}",
                    harvested != hit->steps.end() ? "what the build scripts do with bytes" : "a simple transformation",
                    hit->what),
        std::move(evidence));
    auto steps = blob.node.steps;
    steps.insert(steps.end(), hit->steps.begin(), hit->steps.end());
    keep_stage(blob.node, std::move(steps), hit->bytes, std::string{hit->what}, location, true, novel);
  }

  void keep_stage(const Node& node, std::vector<Transformation> steps, ByteView bytes, std::string what,
                  ContainerPath location, bool hidden, bool novel) {
    // A program that came out is a finding; what it goes on to do nobody here can read. Only of texts all matter.
    const bool text = is_mostly_text(bytes);
    if (!text && m_program_stages++ >= k_program_stages) return;
    const auto kept = std::min<std::uint64_t>(bytes.size(), m_options.stage_kept);
    if (m_analysis.stages.size() >= k_stages_most ||
        m_stage_bytes + kept > std::max(k_stage_memory, m_options.stage_kept)) {
      ++m_stages_left;
      return;
    }
    m_stage_bytes += kept;
    BlobStage stage;
    stage.path = node.top;
    stage.location = std::move(location);
    stage.steps = std::move(steps);
    stage.bytes.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    stage.size = bytes.size();
    stage.sha256 = sha256(bytes);
    stage.what = std::move(what);
    stage.hidden = hidden;
    stage.novel = novel;
    m_analysis.stages.push_back(std::move(stage));
  }

  /// A decoded stage that is a script knows how to get the next one: try that on the blobs tried before.
  Result<void> try_what_stages_know() {
    Harvest harvest;
    for (std::size_t seen = 0, round = 0; seen < m_analysis.stages.size() && round < k_rounds; ++round) {
      for (; seen < m_analysis.stages.size(); ++seen)
        if (const auto& stage = m_analysis.stages[seen]; is_mostly_text(stage.bytes))
          harvest.merge(harvest_stage(stage.location.to_string(), as_text(stage.bytes)));
      if (harvest.byte_maps.empty() && harvest.xor_keys.empty() && harvest.slices.empty()) continue;
      m_stage_trier.emplace(harvest, m_options.effort);
      // What is a gap was said in the first pass.
      Coverage ignored;
      ASSAY_TRY_VOID(m_tree.visit(
          [this](const TreeEntry& entry) { return m_candidates.contains(entry.path); }, m_walker.max_content(),
          [&](const TreeEntry& entry, ByteView content) { walk_again(entry, content, ignored); }, ignored));
      if (const auto in_time = m_options.deadline.check(); !in_time) {
        m_analysis.coverage.add("decoded stages",
                                "what they know was not tried on all files: " + in_time.error().message,
                                in_time.error().remedy);
        break;
      }
    }
    return {};
  }

  void try_again(const Node& node) {
    const EntropyProfile entropy;
    const CodeVerdict code;
    try_on({node, m_facts, m_options.nature, entropy, code, m_test_place}, *m_stage_trier);
  }

  void walk_again(const TreeEntry& entry, ByteView content, Coverage& ignored) {
    m_facts = m_facts_of ? m_facts_of(entry.path) : FileFacts{};
    m_test_place = is_test_place(entry.path);
    const ContainerWalker::Observer observer{[this](const Node& node) {
                                               if (m_stage_trier->is_candidate(node)) try_again(node);
                                             },
                                             [](const Node&, Oddity, const std::string&) {}};
    ContainerWalker walker{m_options.limits, m_options.deadline, observer, ignored};
    walker.walk(entry.path, content, entry.sha256_known ? std::optional{entry.digests.sha256} : std::nullopt);
  }

  /// Now that every file was seen: which stages name another one?
  void judge_stages() {
    for (auto& stage : m_analysis.stages) {
      if (!is_mostly_text(stage.bytes)) continue;
      stage.names = m_names.named_in(as_text(stage.bytes), stage.path);
      if (stage.names.empty()) continue;
      std::vector<Evidence> evidence;
      for (const auto& name : stage.names) evidence.push_back({"names", name});
      m_sink.add(BlobRule::names_fixture, stage.location.to_string(), &stage.sha256,
                 stage.hidden ? Severity::medium : Severity::low,
                 fmt::format("is a {} that names {} of the tree", stage.what,
                             count_of(stage.names.size(), "other binary file")),
                 std::move(evidence));
    }
  }

  void report_left_out() {
    if (m_stages_left > 0)
      m_analysis.coverage.add("decoded stages", fmt::format("{} were not kept", count_of(m_stages_left, "stage")), {});
    const auto sentences = m_trier.left_out();
    if (sentences.empty()) return;
    m_sink.add(BlobRule::not_tried, "", nullptr, Severity::info,
               fmt::format("not tried: {}", fmt::join(sentences, "; ")));
  }

  void keep_node(const Node& node, const EntropyProfile& entropy) {
    m_analysis.nodes.push_back(
        {node.path.to_string(), describe(node), node.content.size(), node.sha256.hex(), entropy.entropy, node.depth});
  }

  /// libmagic's words where the quick look has none.
  std::string describe(const Node& node) {
    if (node.kind.family != Family::data || node.kind.name != "data") return std::string{node.kind.name};
    auto described = m_typer.describe(node.content);
    return described ? *std::move(described) : std::string{node.kind.name};
  }

  void see_oddity(const Node& node, Oddity oddity, const std::string& detail) {
    const auto rule = oddity == Oddity::contains_itself ? BlobRule::contains_itself : BlobRule::nested_traps;
    m_sink.add(rule, node.path.to_string(), &node.sha256,
               m_facts.compared && m_facts.in_vcs ? Severity::info : Severity::low, detail);
  }

  TreeAccess& m_tree;
  const FactsOf& m_facts_of;
  const BlobOptions& m_options;
  BlobAnalysis m_analysis;
  BlobSink m_sink;
  ContainerWalker::Observer m_observer;
  ContainerWalker m_walker;
  Trier m_trier;
  FixtureNames m_names;
  ContentTyper m_typer;
  FileFacts m_facts;
  bool m_test_place = false;
  std::optional<Trier> m_stage_trier;             ///< knows what the decoded stages know
  std::set<EntryPath, std::less<>> m_candidates;  ///< files with something in them that was tried
  std::set<Sha256> m_hits;
  std::uint64_t m_stage_bytes = 0;
  std::uint64_t m_stages_left = 0;
  std::size_t m_program_stages = 0;
};

}  // namespace

Result<BlobAnalysis> inspect_blobs(TreeAccess& tree, const FactsOf& facts, const Harvest& harvest,
                                   const BlobOptions& options) {
  return Analyser{tree, facts, harvest, options}.run();
}

}  // namespace assay::inspect
