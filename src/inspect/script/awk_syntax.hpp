// The syntax tree of an awk program. Internal to awk_parser.cpp and awk.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/pattern.hpp"

namespace assay::inspect::awk {

enum class Op : std::uint8_t {
  // Expressions.
  number,
  string,
  regex,
  name,
  index,
  field,
  assign,
  conditional,
  logical_or,
  logical_and,
  logical_not,
  in,
  match,
  no_match,
  less,
  less_equal,
  equal,
  not_equal,
  greater,
  greater_equal,
  concat,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  power,
  negate,
  plus,
  pre_increment,
  pre_decrement,
  post_increment,
  post_decrement,
  call,
  call_builtin,
  // Statements.
  block,
  if_else,
  while_loop,
  do_while,
  for_loop,
  for_in,
  simple,
  print,
  printf,
  remove,
  next,
  exit,
  break_loop,
  continue_loop,
  give_back,
};

struct Node {
  Op op = Op::block;
  Op with = Op::block;  ///< of `x += y`: what is done; `assign` for a plain one
  double number = 0;
  std::string text;  ///< of a name, a string, a call
  std::shared_ptr<const Regex> regex;
  std::vector<std::unique_ptr<Node>> kids;  ///< an optional part that is missing is null
};
using NodePtr = std::unique_ptr<Node>;

struct Function {
  std::vector<std::string> parameters;
  NodePtr body;
};

struct Rule {
  NodePtr pattern;  ///< null: every record
  NodePtr action;   ///< null: print the record
};

struct Program {
  std::vector<NodePtr> begin, end;
  std::vector<Rule> rules;
  std::map<std::string, Function, std::less<>> functions;
};

/// Nothing if it is malformed, nested too deeply, or uses what is not followed.
std::optional<Program> parse(std::string_view text);

}  // namespace assay::inspect::awk
