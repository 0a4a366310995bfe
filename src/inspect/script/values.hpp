// What the interpreter computes with: a string, how sure it is of it, and where its bytes come from.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/script/analysis.hpp"

namespace assay::inspect {

struct TraceNode;
/// The history of a value; null for what stands in the script itself.
using Trace = std::shared_ptr<const TraceNode>;

/// One step in the history of a value, after those `before` it.
struct TraceNode {
  FlowStep step;
  std::vector<Trace> before;
  std::string file;      ///< that was read or found
  bool content = false;  ///< bytes of a file or from the network went into the value, not only a name
  bool joint = false;    ///< no step, only a meeting of two histories
  unsigned depth = 0;    ///< longest way back
};

inline constexpr unsigned k_longest_trace = 100;

inline Trace extended(FlowStep step, std::vector<Trace> before, std::string file = {}) {
  TraceNode node{std::move(step), {}, std::move(file), false, false, 0};
  node.content = node.step.kind == StepKind::read || node.step.kind == StepKind::fetch;
  for (auto& trace : before) {
    if (!trace) continue;
    node.content = node.content || trace->content;
    node.depth = std::max(node.depth, trace->depth + 1);
    if (std::find(node.before.begin(), node.before.end(), trace) == node.before.end())
      node.before.push_back(std::move(trace));
  }
  // A history that long tells nothing more; a longer one would be a danger to whoever walks it.
  if (node.depth > k_longest_trace) return node.before.front();
  return std::make_shared<const TraceNode>(std::move(node));
}

inline Trace join(const Trace& a, const Trace& b) {
  if (!b || a == b) return a;
  if (!a) return b;
  TraceNode node;
  node.before = {a, b};
  node.content = a->content || b->content;
  node.joint = true;
  node.depth = std::max(a->depth, b->depth) + 1;
  if (node.depth > k_longest_trace) return a->content ? a : b;
  return std::make_shared<const TraceNode>(std::move(node));
}

/// Stands in a text for a part that is not known; only where the value is not `known`.
inline constexpr char k_unknown_part = '\x01';

struct Value {
  std::shared_ptr<const std::string> text;
  bool known = true;
  Trace trace;
  std::uint32_t line = 0;  ///< where it was written down; 0 if it was not

  static Value of(std::string text, Trace trace = nullptr, std::uint32_t line = 0) {
    return {std::make_shared<const std::string>(std::move(text)), true, std::move(trace), line};
  }
  static Value unknown(Trace trace = nullptr) {
    return {std::make_shared<const std::string>(1, k_unknown_part), false, std::move(trace), 0};
  }
  const std::string& str() const noexcept { return *text; }
  bool carries_content() const noexcept { return trace && trace->content; }
};

using Values = std::vector<Value>;

/// So many values of one thing are followed.
inline constexpr std::size_t k_most_values = 8;

}  // namespace assay::inspect
