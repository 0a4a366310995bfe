// Any bytes as a build script of any kind, in a tree with a few files it may name: parsing, following and harvesting must
// stay inside their bounds and end.
#include <cstdlib>
#include <string>

#include "inspect/script/analysis.hpp"
#include "inspect/tree_memory.hpp"

using namespace assay;
using namespace assay::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr const char* k_names[] = {"configure",   "m4/x.m4",      "Makefile.am", "CMakeLists.txt",
                                     "meson.build", "package.json", "setup.py",    "x.sh"};
  if (size < 1 || size > 64 * 1024) return 0;
  const ByteView content{bytes + 1, size - 1};
  MemoryTree tree;
  tree.add(k_names[bytes[0] % 8], {content.begin(), content.end()}, 0755);
  tree.add("tests/files/a.xz", {0xfd, '7', 'z', 'X', 'Z', 0, 0, 4});
  tree.add("tests/files/b.txt", {'e', 'c', 'h', 'o', ' ', '1', '\n'});
  tree.add("tests/files/c.bin", {content.begin(), content.end()});
  ScriptOptions options;
  options.max_file = options.max_stage = 1 << 20;
  options.max_bytes = 8 << 20;
  options.max_steps = 500;
  options.max_all_steps = 5000;
  const auto analysis = analyse_scripts(tree, {}, options);
  if (analysis.scripts > 4) std::abort();
  for (const auto& flow : analysis.flows)
    if (flow.steps.empty() || (flow.files.empty() && !flow.fetched)) std::abort();
  return 0;
}
