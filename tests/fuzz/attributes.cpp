// gitattributes(5) of any content, asked about paths that come from the same input: a path per line after the first
// NUL.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "vcs/attributes.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const auto input = as_text(ByteView{data, size});
  const auto nul = input.find('\0');
  const auto content = input.substr(0, nul);
  vcs::Attributes attributes;
  attributes.add_file("", content);
  attributes.add_file("a", content);
  std::size_t asked = 0;
  for (const auto path : split_lines(nul == std::string_view::npos ? "a/b.c" : input.substr(nul + 1))) {
    if (path.empty() || path.ends_with('/') || ++asked > 16) continue;
    for (const auto* name : {"text", "export-ignore", "binary", "a"}) {
      const auto state = attributes.get(path, name);
      require(state.kind == vcs::AttributeState::Kind::value || state.value.empty());
    }
    // What covers a directory covers what is in it.
    const std::string below = std::string{path} + "/below";
    const bool covered = attributes.get(std::string{path} + "/", "export-ignore").is_set();
    require(!covered || attributes.export_ignored(below) || attributes.exhausted());
  }
  return 0;
}
