// Lines of any content: stamps lie within the line, in order and apart.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "provenance/comment_lines.hpp"
#include "provenance/m4_expansion.hpp"
#include "provenance/stamps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const auto line = as_text(ByteView{data, size});
  std::size_t end = 0;
  for (const auto& stamp : provenance::find_stamps(line)) {
    if (stamp.size == 0 || stamp.offset > line.size() || stamp.size > line.size() - stamp.offset || stamp.offset < end)
      std::abort();
    end = stamp.offset + stamp.size;
  }
  (void)provenance::stamp_skeleton(line);
  for (const auto* path : {"configure.sh", "a.c", "a.go", "a.py", "a.m4", "Makefile"})
    (void)provenance::CommentLines{path, line}.at(0);
  if (provenance::unexpanded(line).size() > 16) std::abort();
  return 0;
}
