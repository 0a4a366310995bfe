#include "inspect/inspection.hpp"

#include <iterator>

namespace assay::inspect {

namespace {

template <typename Item>
void move_into(std::vector<Item>& to, std::vector<Item>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

Result<Inspection> inspect_tree(TreeAccess& tree, const FactsOf& facts, const InspectionOptions& options) {
  Inspection inspection;
  if (options.read_scripts) {
    if (options.phase) options.phase("reading build scripts");
    inspection.scripts = analyse_scripts(tree, facts, options.scripts);
  }
  TextAnalysis texts;
  if (options.read_texts) {
    if (options.phase) options.phase("reading texts");
    texts = inspect_texts(tree, facts, options.texts);
  }
  if (options.phase) options.phase("examining files");
  TextInspector inner{facts, options.texts};
  auto blobs = options.blobs;
  blobs.see_inner = [&](const Node& node) {
    if (!options.want_inner_texts || options.want_inner_texts(node.top)) inner.examine_inner(node);
  };
  ASSAY_TRY(inspection.blobs, inspect_blobs(tree, facts, inspection.scripts.harvest, blobs));
  auto inner_texts = inner.take();
  move_into(inspection.findings, inspection.scripts.findings);
  move_into(inspection.findings, inspection.blobs.findings);
  for (auto* analysis : {&texts, &inner_texts}) {
    move_into(inspection.findings, analysis->findings);
    move_into(inspection.coverage.gaps, analysis->coverage.gaps);
  }
  move_into(inspection.coverage.gaps, inspection.scripts.coverage.gaps);
  move_into(inspection.coverage.gaps, inspection.blobs.coverage.gaps);
  return inspection;
}

}  // namespace assay::inspect
