// Loose objects of any content, commits and tags as they stand in them, and the index of a working tree.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "vcs/commit_object.hpp"
#include "vcs/index_file.hpp"
#include "vcs/loose_object.hpp"
#include "vcs/tree_object.hpp"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_texts(ByteView object) {
  for (const auto hash : {GitHash::sha1, GitHash::sha256}) {
    const GitOid id{hash, {}};
    if (const auto commit = vcs::parse_commit(id, object)) {
      require(commit->tree.hash == hash);
      for (const auto* person : {&commit->author, &commit->committer})
        require(person->time >= 0 && std::abs(person->offset_minutes) < 24 * 60 &&
                person->name.find('\n') == std::string::npos);
      require(commit->message.empty() || commit->message.front() != '\n');
    }
    if (const auto tag = vcs::parse_tag(hash, object)) require(tag->object.hash == hash);
  }
}

void check_index(ByteView file) {
  for (const auto hash : {GitHash::sha1, GitHash::sha256}) {
    Bytes unsigned_file{file.begin(), file.end()};
    unsigned_file.resize(file.size() + (hash == GitHash::sha1 ? 20 : 32));  // no checksum
    const auto entries = vcs::parse_index(unsigned_file, hash);
    if (!entries) continue;
    std::set<std::string_view> paths;
    for (const auto& entry : *entries) require(vcs::is_harmless_path(entry.path) && paths.insert(entry.path).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  const auto header = vcs::loose_header(input);
  if (header && header->size <= 1U << 20) {
    const auto object = vcs::loose_content(input);
    require(!object || object->bytes().size() == header->size);
    if (object) check_texts(object->bytes());
  }
  check_texts(input);
  check_index(input);
  return 0;
}
