#include <algorithm>
#include <array>
#include <cstdlib>

#include "inspect/script/awk_lexer.hpp"
#include "inspect/script/awk_syntax.hpp"

namespace assay::inspect::awk {

namespace {

constexpr std::size_t k_longest_program = 64 * 1024;
constexpr unsigned k_deepest = 100;
constexpr unsigned k_longest_chain = 200;

constexpr std::array<std::string_view, 20> k_builtins{
    "length", "substr", "index", "split", "sub",    "gsub",   "sprintf",  "int",    "tolower", "toupper",
    "xor",    "and",    "or",    "compl", "lshift", "rshift", "strtonum", "system", "sqrt",    "close"};

NodePtr make(Op op, NodePtr first = nullptr, NodePtr second = nullptr, NodePtr third = nullptr) {
  auto node = std::make_unique<Node>();
  node->op = op;
  if (first) node->kids.push_back(std::move(first));
  if (second) node->kids.push_back(std::move(second));
  if (third) node->kids.push_back(std::move(third));
  return node;
}

/// Recursive descent over the grammar of POSIX, without its getline.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {}

  std::optional<Program> program() {
    Program result;
    for (skip_line_ends(); peek().kind != Kind::end; skip_line_ends()) item(result);
    if (m_failed) return std::nullopt;
    return result;
  }

 private:
  /// What cannot be parsed ends here: from now on there are no more tokens.
  void fail() {
    m_failed = true;
    m_at = m_tokens.size() - 1;
  }
  const Token& peek(std::size_t ahead = 0) const { return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)]; }
  Token take_any() {
    auto token = peek();
    if (token.kind != Kind::end) ++m_at;
    return token;
  }
  bool is(std::string_view text) const {
    const auto& token = peek();
    return (token.kind == Kind::sign || token.kind == Kind::word || token.kind == Kind::call) && token.text == text;
  }
  bool take(std::string_view text) {
    if (!is(text)) return false;
    ++m_at;
    return true;
  }
  void need(std::string_view text) {
    if (!take(text)) fail();
  }
  bool ends(std::string_view text) { return m_failed || take(text); }
  void skip_line_ends() {
    while (peek().kind == Kind::line_end) ++m_at;
  }
  void skip_newlines() {
    while (peek().kind == Kind::line_end && peek().text == "\n") ++m_at;
  }

  void item(Program& result) {
    const auto before = m_at;
    if (take("function") || take("func")) return function(result);
    if (take("BEGIN")) return result.begin.push_back(block());
    if (take("END")) return result.end.push_back(block());
    Rule rule;
    if (!is("{")) rule.pattern = expression();
    if (is("{")) rule.action = block();
    if (is(",") || m_at == before) return fail();
    result.rules.push_back(std::move(rule));
  }

  void function(Program& result) {
    const auto name = take_any().text;
    need("(");
    Function made;
    while (!ends(")")) {
      if (peek().kind != Kind::word) return fail();
      made.parameters.push_back(take_any().text);
      skip_newlines();
      if (!is(")")) need(",");
    }
    skip_newlines();
    made.body = block();
    result.functions.insert_or_assign(name, std::move(made));
  }

  NodePtr block() {
    need("{");
    auto node = make(Op::block);
    for (skip_line_ends(); !ends("}"); skip_line_ends()) {
      if (peek().kind == Kind::end) fail();
      node->kids.push_back(statement());
    }
    return node;
  }

  NodePtr body() {
    skip_newlines();
    if (peek().kind == Kind::line_end) return ++m_at, make(Op::block);
    auto node = statement();
    return node;
  }

  NodePtr statement() {
    const Depth depth{*this};
    if (is("{")) return block();
    if (take("if")) return if_statement();
    if (take("while")) {
      need("(");
      auto condition = expression();
      need(")");
      return make(Op::while_loop, std::move(condition), body());
    }
    if (take("do")) {
      auto repeated = body();
      skip_line_ends();
      need("while");
      need("(");
      auto condition = expression();
      need(")");
      return make(Op::do_while, std::move(repeated), std::move(condition));
    }
    if (take("for")) return for_statement();
    return simple();
  }

  NodePtr if_statement() {
    need("(");
    auto node = make(Op::if_else, expression());
    need(")");
    node->kids.push_back(body());
    const auto before = m_at;
    skip_line_ends();
    if (take("else")) node->kids.push_back(body());
    else m_at = before;
    return node;
  }

  NodePtr for_statement() {
    need("(");
    if (peek().kind == Kind::word && peek(1).text == "in" && peek(2).kind == Kind::word && peek(3).text == ")") {
      auto node = make(Op::for_in);
      node->text = peek().text + '\n' + peek(2).text;
      m_at += 4;
      node->kids.push_back(body());
      return node;
    }
    auto node = make(Op::for_loop);
    node->kids.push_back(peek().kind == Kind::line_end ? nullptr : simple());
    need_semicolon();
    node->kids.push_back(peek().kind == Kind::line_end ? nullptr : expression());
    need_semicolon();
    node->kids.push_back(is(")") ? nullptr : simple());
    need(")");
    node->kids.push_back(body());
    return node;
  }
  void need_semicolon() {
    if (peek().kind != Kind::line_end || peek().text != ";") return fail();
    ++m_at;
    skip_newlines();
  }

  NodePtr simple() {
    if (take("print")) return output(Op::print);
    if (take("printf")) return output(Op::printf);
    if (take("next")) return make(Op::next);
    if (take("break")) return make(Op::break_loop);
    if (take("continue")) return make(Op::continue_loop);
    if (take("exit")) return make(Op::exit, ends_statement() ? nullptr : expression());
    if (take("return")) return make(Op::give_back, ends_statement() ? nullptr : expression());
    if (take("delete")) {
      auto node = make(Op::remove);
      node->text = take_any().text;
      if (take("[")) {
        node->kids.push_back(expression());
        need("]");
      }
      return node;
    }
    return make(Op::simple, expression());
  }
  bool ends_statement() const { return peek().kind == Kind::line_end || peek().kind == Kind::end || is("}"); }

  /// The first kid is the command that the output is piped into; null without one.
  NodePtr output(Op op) {
    auto node = make(op);
    node->kids.push_back(nullptr);
    m_in_output = true;
    const bool wrapped = is("(") && closes_list();
    if (wrapped) ++m_at;
    while (!ends_statement() && !is("|") && !is(">") && !is(")")) {
      m_in_output = !wrapped;
      node->kids.push_back(expression());
      if (!take(",")) break;
      skip_newlines();
    }
    if (wrapped) need(")");
    m_in_output = true;
    if (is(">")) fail();
    if (take("|")) node->kids[0] = concatenation();
    m_in_output = false;
    return node;
  }

  /// `print (a, b)` and `print (a)(b)`: does the list of arguments end with this parenthesis?
  bool closes_list() const {
    int depth = 0;
    for (auto at = m_at; at < m_tokens.size(); ++at) {
      if (m_tokens[at].kind != Kind::sign) continue;
      if (m_tokens[at].text == "(") ++depth;
      if (m_tokens[at].text != ")" || --depth > 0) continue;
      const auto& behind = m_tokens[std::min(at + 1, m_tokens.size() - 1)];
      return behind.kind == Kind::line_end || behind.kind == Kind::end ||
             (behind.kind == Kind::sign && (behind.text == "}" || behind.text == "|" || behind.text == ">"));
    }
    return false;
  }

  NodePtr expression() {
    const Depth depth{*this};
    auto left = conditional();
    static constexpr std::array<std::pair<std::string_view, Op>, 8> k_assignments{{{"=", Op::assign},
                                                                                   {"+=", Op::add},
                                                                                   {"-=", Op::subtract},
                                                                                   {"*=", Op::multiply},
                                                                                   {"/=", Op::divide},
                                                                                   {"%=", Op::remainder},
                                                                                   {"^=", Op::power},
                                                                                   {"**=", Op::power}}};
    for (const auto& [sign, op] : k_assignments) {
      if (!is(sign) || (left->op != Op::name && left->op != Op::index && left->op != Op::field)) continue;
      ++m_at;
      skip_newlines();
      auto node = make(Op::assign, std::move(left), expression());
      node->with = op;
      return node;
    }
    return left;
  }

  /// Operators of one level that follow one another nest to the left, with no parenthesis to bound them.
  bool goes_on(bool more, unsigned& count) {
    if (more && ++count > k_longest_chain) fail();
    return more && !m_failed;
  }

  NodePtr conditional() {
    auto condition = logical_or();
    if (!take("?")) return condition;
    skip_newlines();
    auto yes = expression();
    skip_newlines();
    need(":");
    skip_newlines();
    return make(Op::conditional, std::move(condition), std::move(yes), expression());
  }

  NodePtr logical_or() {
    auto left = logical_and();
    unsigned count = 0;
    while (goes_on(take("||"), count)) {
      skip_newlines();
      left = make(Op::logical_or, std::move(left), logical_and());
    }
    return left;
  }
  NodePtr logical_and() {
    auto left = membership();
    unsigned count = 0;
    while (goes_on(take("&&"), count)) {
      skip_newlines();
      left = make(Op::logical_and, std::move(left), membership());
    }
    return left;
  }
  NodePtr membership() {
    auto left = matching();
    unsigned count = 0;
    while (goes_on(take("in"), count)) {
      left = make(Op::in, std::move(left));
      left->text = take_any().text;
    }
    return left;
  }
  NodePtr matching() {
    auto left = comparison();
    unsigned count = 0;
    while (goes_on(is("~") || is("!~"), count)) {
      const auto op = take("~") ? Op::match : (++m_at, Op::no_match);
      left = make(op, std::move(left), comparison());
    }
    return left;
  }
  NodePtr comparison() {
    auto left = concatenation();
    static constexpr std::array<std::pair<std::string_view, Op>, 6> k_signs{{{"<=", Op::less_equal},
                                                                             {"<", Op::less},
                                                                             {"==", Op::equal},
                                                                             {"!=", Op::not_equal},
                                                                             {">=", Op::greater_equal},
                                                                             {">", Op::greater}}};
    for (const auto& [sign, op] : k_signs) {
      if (!is(sign) || (op == Op::greater && m_in_output)) continue;
      ++m_at;
      return make(op, std::move(left), concatenation());
    }
    return left;
  }

  bool begins_operand() const {
    const auto& token = peek();
    if (token.kind == Kind::word) return token.text != "in" && token.text != "else" && token.text != "while";
    if (token.kind == Kind::call) return token.text != "in" && token.text != "while" && token.text != "if";
    if (token.kind == Kind::number || token.kind == Kind::string || token.kind == Kind::regex) return true;
    return token.kind == Kind::sign &&
           (token.text == "$" || token.text == "!" || token.text == "(" || token.text == "-" || token.text == "+" ||
            token.text == "++" || token.text == "--");
  }
  NodePtr concatenation() {
    auto left = additive();
    unsigned count = 0;
    while (goes_on(begins_operand() && !is("+") && !is("-"), count))
      left = make(Op::concat, std::move(left), additive());
    return left;
  }
  NodePtr additive() {
    auto left = multiplicative();
    unsigned count = 0;
    while (goes_on(is("+") || is("-"), count)) {
      const auto op = take("+") ? Op::add : (++m_at, Op::subtract);
      left = make(op, std::move(left), multiplicative());
    }
    return left;
  }
  NodePtr multiplicative() {
    auto left = unary();
    unsigned count = 0;
    while (goes_on(is("*") || is("/") || is("%"), count)) {
      const auto op = is("*") ? Op::multiply : is("/") ? Op::divide : Op::remainder;
      ++m_at;
      left = make(op, std::move(left), unary());
    }
    return left;
  }
  NodePtr unary() {
    const Depth depth{*this};
    if (take("!")) return make(Op::logical_not, unary());
    if (take("-")) return make(Op::negate, unary());
    if (take("+")) return make(Op::plus, unary());
    auto left = postfix();
    if (take("^") || take("**")) return make(Op::power, std::move(left), unary());
    return left;
  }
  NodePtr postfix() {
    if (is("++") || is("--")) {
      const auto op = take("++") ? Op::pre_increment : (++m_at, Op::pre_decrement);
      return make(op, primary());
    }
    auto left = primary();
    if (left->op != Op::name && left->op != Op::index && left->op != Op::field) return left;
    if (take("++")) return make(Op::post_increment, std::move(left));
    if (take("--")) return make(Op::post_decrement, std::move(left));
    return left;
  }

  NodePtr primary() {
    const Depth depth{*this};
    const auto token = peek();
    if (take("$")) return make(Op::field, is("++") || is("--") ? postfix() : primary());
    if (take("(")) {
      const bool in_output = std::exchange(m_in_output, false);
      auto inner = expression();
      m_in_output = in_output;
      need(")");
      return inner;
    }
    take_any();
    if (token.kind == Kind::call) return call(token.text);
    if (token.kind == Kind::word) return name(token.text);
    auto node = std::make_unique<Node>();
    node->text = token.text;
    if (token.kind == Kind::number) {
      node->op = Op::number;
      node->number = std::strtod(token.text.c_str(), nullptr);
    } else if (token.kind == Kind::string) {
      node->op = Op::string;
    } else if (token.kind == Kind::regex) {
      node->op = Op::regex;
      node->regex = compiled(token.text);
    } else {
      fail();
    }
    return node;
  }

  std::shared_ptr<const Regex> compiled(const std::string& text) {
    const auto re2 = to_re2(text, PatternSyntax::extended);
    auto regex = re2 ? Regex::compile(*re2) : std::optional<Regex>{};
    if (!regex) return fail(), nullptr;
    return std::make_shared<const Regex>(std::move(*regex));
  }

  NodePtr name(const std::string& text) {
    if (text == "getline" || text == "function" || text == "nextfile") fail();
    auto node = make(text == "length" ? Op::call_builtin : Op::name);
    node->text = text;
    if (!take("[")) return node;
    node->op = Op::index;
    node->kids.push_back(expression());
    // Several subscripts are one, with a separator between them.
    unsigned count = 0;
    while (goes_on(take(","), count)) {
      auto separator = make(Op::string);
      separator->text = "\x1c";
      node->kids[0] = make(Op::concat, make(Op::concat, std::move(node->kids[0]), std::move(separator)), expression());
    }
    need("]");
    return node;
  }

  NodePtr call(const std::string& text) {
    const bool builtin = std::find(k_builtins.begin(), k_builtins.end(), text) != k_builtins.end();
    auto node = make(builtin ? Op::call_builtin : Op::call);
    node->text = text;
    need("(");
    const bool in_output = std::exchange(m_in_output, false);
    while (!ends(")")) {
      node->kids.push_back(expression());
      skip_newlines();
      if (!is(")")) need(",");
      skip_newlines();
    }
    m_in_output = in_output;
    return node;
  }

  class Depth {
   public:
    explicit Depth(Parser& parser) : m_parser(parser) {
      if (++m_parser.m_depth > k_deepest) m_parser.fail();
    }
    ~Depth() { --m_parser.m_depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& m_parser;
  };

  std::vector<Token> m_tokens;
  std::size_t m_at = 0;
  unsigned m_depth = 0;
  bool m_failed = false;
  bool m_in_output = false;  ///< `>` is a redirection there
};

}  // namespace

std::optional<Program> parse(std::string_view text) {
  if (text.size() > k_longest_program) return std::nullopt;
  auto tokens = tokens_of(text);
  if (!tokens) return std::nullopt;
  return Parser{std::move(*tokens)}.program();
}

}  // namespace assay::inspect::awk
