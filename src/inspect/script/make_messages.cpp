#include "inspect/script/make_messages.hpp"

namespace assay::inspect {

namespace {

struct Reference {
  char open = '(';
  char close = ')';
  std::size_t depth = 0;
  bool prints = false;
};

bool prints(std::string_view inside) {
  const auto function = inside.substr(0, inside.find_first_of(" \t"));
  return function.size() < inside.size() && (function == "info" || function == "warning" || function == "error");
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> messages_of_make(std::string_view text) {
  constexpr std::size_t k_longest_function = 16;
  constexpr std::size_t k_deepest = 256;
  std::vector<std::pair<std::size_t, std::size_t>> messages;
  std::vector<Reference> open;
  std::size_t begin = 0;  // of the text that belongs to the innermost reference
  const auto end_text = [&](std::size_t at) {
    if (!open.empty() && open.back().prints && at > begin) messages.emplace_back(begin, at);
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (c == '\\' && next == '\n') {
      ++at;
    } else if (c == '\n') {
      open.clear();  // none goes on there
    } else if (c == '$' && (next == '(' || next == '{')) {
      end_text(at);
      const bool is_message = prints(text.substr(at + 2, k_longest_function));
      if (open.size() < k_deepest) open.push_back({next, next == '(' ? ')' : '}', 0, is_message});
      begin = ++at + 1;
    } else if (c == '$') {
      ++at;
    } else if (!open.empty() && c == open.back().open) {
      ++open.back().depth;
    } else if (!open.empty() && c == open.back().close && open.back().depth-- == 0) {
      end_text(at);
      open.pop_back();
      begin = at + 1;
    }
  }
  return messages;
}

}  // namespace assay::inspect
