// The lexers of sources and what is judged with them: the tokens are the text, whatever it is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/text/lexer.hpp"
#include "inspect/text/trojan_source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::inspect;
  if (size == 0) return 0;
  const auto language = static_cast<Language>(data[0] % 8);
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  if (language != Language::none) {
    std::size_t at = 0;
    tokenise(language, text, [&](const Token& token) {
      if (token.offset != at || token.text.empty() || token.text != text.substr(at, token.text.size())) std::abort();
      at += token.text.size();
    });
    if (at != text.size()) std::abort();
  }
  for (const auto& deceit : find_deceits(language, text))
    if (deceit.line == 0 || deceit.line_text.size() > 400) std::abort();
  return 0;
}
