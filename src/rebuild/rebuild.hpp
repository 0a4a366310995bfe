// `assay rebuild`: a source is built, held against what was published, built again under other conditions, and what was seen
// of it becomes one result.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/rebuild.hpp"
#include "rebuild/build.hpp"
#include "rebuild/conditions.hpp"
#include "rebuild/materials.hpp"

namespace assay::rebuild {

/// Where a root that is made for the build comes from, and goes to: see make_root.hpp.
struct RootPlace {
  std::filesystem::path sources, cache;
};

struct RebuildRequest {
  std::string source;                          ///< see build_source.hpp
  std::vector<std::filesystem::path> against;  ///< published artifacts, matched by file name
  std::filesystem::path buildinfo;             ///< the publisher's record of its build; empty: none
  std::string recipe;                          ///< a built-in one or FILE.toml; empty: chosen by what is in the tree
  std::filesystem::path root = "/";            ///< whose system the build sees
  std::string environment;                     ///< what that is, for the report
  std::optional<RootPlace> make_root;          ///< make a root that has what the recipe needs, and take that
  std::filesystem::path work;                  ///< a directory for what the builds make; left as it is afterwards
  bool keep =
      false;  ///< builds that ended well are kept there with their outcome, and those that were are not made again
  bool network = false, traced = true, sandboxed = true;
  std::vector<const Variation*> vary;  ///< none: no experiment
  std::size_t builds = 0;  ///< under the same conditions; 0: two where it tells something. With `vary`, the most of all
  unsigned jobs = 1;       ///< builds at a time
  SandboxLimits limits;
  Limits reading;
  std::function<void(std::string_view what)> progress;  ///< from any thread
};

struct Rebuild {
  RebuildResult result;
  BuildSource source;
  BuildRecipe recipe;
  BuildOutcome base;                   ///< of the first build; its trace, if it was traced
  std::optional<Materials> materials;  ///< what it consisted of, if it was traced
};

/// Errors: the source cannot be opened, no recipe, no sandbox or tracer is to be had, an artifact in `against` is not there.
Result<Rebuild> rebuild(const RebuildRequest& request);

}  // namespace assay::rebuild
