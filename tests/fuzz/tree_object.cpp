// Tree objects of any content, packed refs, and the two files of git-config(1) syntax that are read from repositories.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "base/bytes.hpp"
#include "vcs/config_text.hpp"
#include "vcs/stored_refs.hpp"
#include "vcs/tree_object.hpp"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string octal(std::uint32_t value) {
  std::string digits;
  do digits.insert(digits.begin(), static_cast<char>('0' + value % 8));
  while ((value /= 8) != 0);
  return digits;
}

void check_tree(ByteView object, GitHash hash) {
  const auto tree = vcs::parse_tree(object, hash);
  require((tree.defects == 0) == tree.first_defect.empty());
  std::set<std::string_view> names;
  std::string again;
  for (const auto& entry : tree.entries) {
    require(vcs::is_harmless_path(entry.name) && entry.name.find('/') == std::string_view::npos);
    require(names.insert(entry.name).second);
    require(entry.id.size() == (hash == GitHash::sha1 ? 20 : 32));
    again += octal(entry.mode) + " " + std::string{entry.name} + '\0' + std::string{as_text(entry.id)};
  }
  // A tree without a defect, written again, is the same tree.
  if (tree.defects > 0) return;
  const auto second = vcs::parse_tree(as_bytes(again), hash);
  require(second.defects == 0 && second.entries.size() == tree.entries.size());
}

void check_refs(ByteView packed_refs) {
  const std::string prefix = "refs/";
  std::string before;
  const vcs::PackedRefs refs{Bytes{packed_refs.begin(), packed_refs.end()}, GitHash::sha1};
  for (const auto& ref : refs.below(prefix)) {
    require(ref.name.starts_with(prefix) && ref.name > before && refs.find(ref.name) == ref.target);
    require(ref.name.find('\n') == std::string::npos);
    before = ref.name;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  check_tree(input, GitHash::sha1);
  check_tree(input, GitHash::sha256);
  check_refs(input);
  for (const auto& module : vcs::parse_gitmodules(as_text(input))) require(!module.path.ends_with('/'));
  return 0;
}
