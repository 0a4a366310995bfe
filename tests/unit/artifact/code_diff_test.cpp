// Machine code for people.
#include "artifact/code_diff.hpp"

#include <elf.h>

#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;

TEST_CASE("code: a listing is in step again behind what is no instruction, and tells jumps by their distance",
          "[artifact][code]") {
  const std::string before{"\x31\xc0\x75\x02\x90\x90\xc3", 7};  // xor eax, eax; jne over two nops; ret
  const auto after = "\x06" + before;
  CodeDiffOptions options;
  options.machine = EM_X86_64;
  CHECK(diff_listings({before, 0x1000}, {after, 0x1000}, 0, options) ==
        "@@ -1,0 +1,1 @@\n+.byte 0x06\n xor eax, eax\n");
}
