#include "inspect/script/awk.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "inspect/script/awk_record.hpp"
#include "inspect/script/awk_syntax.hpp"
#include "inspect/script/awk_value.hpp"

namespace assay::inspect {

using awk::bitwise;
using awk::Budget;
using awk::cased;
using awk::Cell;
using awk::compare;
using awk::converted;
using awk::from_outside;
using awk::Node;
using awk::number;
using awk::Op;
using awk::Record;
using awk::text;
using awk::truth;

namespace {

constexpr std::size_t k_most_elements = 1U << 20;
constexpr std::size_t k_longest_string = 16U << 20;
constexpr unsigned k_deepest_call = 40;
constexpr unsigned k_deepest = 2000;

struct Variable {
  Cell value;
  std::unordered_map<std::string, Cell> elements;
};
using VariablePtr = std::shared_ptr<Variable>;

enum class Flow : std::uint8_t { on, next, exit, break_loop, continue_loop, give_back };

/// One run of a program.
class Machine {
 public:
  Machine(const awk::Program& program, const AwkInput& input, std::uint64_t max_output, std::uint64_t& steps)
      : m_program(program), m_input(input), m_max_output(max_output), m_budget(steps) {
    set("FS", Cell::of(input.separator));
    set("OFS", Cell::of(" "));
    set("ORS", Cell::of("\n"));
    set("RS", Cell::of("\n"));
    set("SUBSEP", Cell::of("\x1c"));
    for (const auto& [name, value] : input.variables) set(name, from_outside(value));
  }

  std::optional<AwkResult> run() {
    bool goes_on = true;
    for (const auto& action : m_program.begin) goes_on = goes_on && execute(*action) != Flow::exit;
    if (goes_on && (!m_program.rules.empty() || !m_program.end.empty())) read_records();
    for (const auto& action : m_program.end) goes_on = goes_on && execute(*action) != Flow::exit;
    if (m_budget.failed()) return std::nullopt;
    return std::move(m_result);
  }

 private:
  void fail() { m_budget.fail(); }
  void spend() { m_budget.spend(); }
  void spend_on(std::size_t bytes) { m_budget.spend_on(bytes); }

  // --- Variables and fields.

  VariablePtr& variable(const std::string& name) {
    if (!m_frames.empty())
      if (const auto it = m_frames.back().find(name); it != m_frames.back().end()) return it->second;
    auto& slot = m_globals[name];
    if (!slot) slot = std::make_shared<Variable>();
    return slot;
  }
  void set(const std::string& name, Cell value) { variable(name)->value = std::move(value); }
  std::string setting(const std::string& name) { return text(variable(name)->value); }

  Cell& element(const std::string& array, const std::string& key) {
    auto& elements = variable(array)->elements;
    const auto [it, fresh] = elements.try_emplace(key);
    if (fresh && ++m_elements > k_most_elements) fail();
    return it->second;
  }

  void read_records() {
    const auto separator = setting("RS");
    if (separator.size() != 1) return fail();
    const auto all = m_input.text;
    for (std::size_t at = 0; at < all.size() && !m_budget.failed();) {
      const auto end = std::min(all.find(separator[0], at), all.size());
      set_record(std::string{all.substr(at, end - at)});
      set("NR", Cell::of(++m_records));
      set("FNR", Cell::of(m_records));
      at = end + 1;
      if (apply_rules() == Flow::exit) return;
    }
  }
  Flow apply_rules() {
    for (const auto& rule : m_program.rules) {
      spend();
      if (rule.pattern && !truth(evaluate(*rule.pattern))) continue;
      if (!rule.action) {
        print(text(field(0)) + setting("ORS"));
        continue;
      }
      const auto flow = execute(*rule.action);
      if (flow == Flow::next) return Flow::on;
      if (flow == Flow::exit) return flow;
    }
    return Flow::on;
  }

  void set_record(std::string record) {
    m_record.set(std::move(record), setting("FS"));
    set("NF", m_record.count());
  }
  Cell field(std::size_t number) const { return m_record.field(number); }
  void set_field(std::size_t number, Cell value) {
    if (number == 0) return set_record(text(value));
    m_record.set_field(number, std::move(value), setting("OFS"));
    set("NF", m_record.count());
  }

  // --- Statements.

  Flow execute(const Node& node) {
    const Depth depth{*this};
    if (m_budget.failed()) return Flow::exit;
    switch (node.op) {
      case Op::block:
        for (const auto& kid : node.kids)
          if (const auto flow = execute(*kid); flow != Flow::on) return flow;
        return Flow::on;
      case Op::if_else:
        if (truth(evaluate(*node.kids[0]))) return execute(*node.kids[1]);
        return node.kids.size() > 2 ? execute(*node.kids[2]) : Flow::on;
      case Op::while_loop:
        return repeat(node.kids[0].get(), nullptr, *node.kids[1], false);
      case Op::do_while:
        return repeat(node.kids[1].get(), nullptr, *node.kids[0], true);
      case Op::for_loop:
        if (node.kids[0]) execute(*node.kids[0]);
        return repeat(node.kids[1].get(), node.kids[2].get(), *node.kids[3], false);
      case Op::for_in:
        return for_in(node);
      case Op::simple:
        evaluate(*node.kids[0]);
        return Flow::on;
      case Op::print:
      case Op::printf:
        output(node);
        return Flow::on;
      case Op::remove:
        remove(node);
        return Flow::on;
      case Op::next:
        return Flow::next;
      case Op::exit:
        return Flow::exit;
      case Op::break_loop:
        return Flow::break_loop;
      case Op::continue_loop:
        return Flow::continue_loop;
      case Op::give_back:
        m_given_back = node.kids.empty() ? Cell{} : evaluate(*node.kids[0]);
        return Flow::give_back;
      default:
        fail();
        return Flow::exit;
    }
  }

  Flow repeat(const Node* condition, const Node* after, const Node& body, bool once) {
    while (!m_budget.failed() && (once || condition == nullptr || truth(evaluate(*condition)))) {
      once = false;
      const auto flow = execute(body);
      if (flow == Flow::break_loop) return Flow::on;
      if (flow != Flow::on && flow != Flow::continue_loop) return flow;
      if (after != nullptr) execute(*after);
    }
    return Flow::on;
  }

  Flow for_in(const Node& node) {
    const auto cut = node.text.find('\n');
    std::vector<std::string> keys;
    for (const auto& [key, value] : variable(node.text.substr(cut + 1))->elements) keys.push_back(key);
    std::sort(keys.begin(), keys.end());  // the order is not defined; any will do, but the same every time
    for (auto& key : keys) {
      set(node.text.substr(0, cut), from_outside(std::move(key)));
      const auto flow = execute(*node.kids[0]);
      if (flow == Flow::break_loop) break;
      if (flow != Flow::on && flow != Flow::continue_loop) return flow;
    }
    return Flow::on;
  }

  void remove(const Node& node) {
    auto& elements = variable(node.text)->elements;
    m_elements -= std::min(m_elements, node.kids.empty() ? elements.size() : 0);
    if (node.kids.empty()) elements.clear();
    else m_elements -= std::min<std::size_t>(m_elements, elements.erase(text(evaluate(*node.kids[0]))));
  }

  void output(const Node& node) {
    std::string line;
    if (node.op == Op::printf) {
      line = formatted(node, 1);
    } else {
      if (node.kids.size() == 1) line = text(field(0));
      for (std::size_t i = 1; i < node.kids.size(); ++i)
        line += (i > 1 ? setting("OFS") : "") + text(evaluate(*node.kids[i]));
      line += setting("ORS");
    }
    if (!node.kids[0]) return print(line);
    append(m_result.executed, line);  // whatever the command is: it is given text to read
  }
  void print(std::string_view line) { append(m_result.output, line); }
  void append(std::string& to, std::string_view line) {
    spend_on(line.size());
    if (to.size() + line.size() > m_max_output) return fail();
    to += line;
  }

  std::string formatted(const Node& node, std::size_t first) {
    if (node.kids.size() <= first) return fail(), std::string{};
    const auto format = text(evaluate(*node.kids[first]));
    std::size_t next = first + 1;
    std::string result;
    for (std::size_t at = 0; at < format.size(); ++at) {
      if (format[at] != '%' || at + 1 >= format.size()) {
        result += format[at];
        continue;
      }
      const auto end = format.find_first_not_of("-+ #0123456789.", at + 1);
      if (end == std::string::npos) return fail(), std::string{};
      const auto flags = format.substr(at + 1, end - at - 1);
      at = end;
      if (format[at] == '%') {
        result += '%';
        continue;
      }
      const auto value = converted(format[at], flags, next < node.kids.size() ? evaluate(*node.kids[next]) : Cell{});
      if (!value) return fail(), std::string{};
      result += *value;
      ++next;
    }
    return result;
  }

  // --- Expressions.

  Cell evaluate(const Node& node) {
    const Depth depth{*this};
    if (m_budget.failed()) return {};
    const auto kid = [&](std::size_t i) { return evaluate(*node.kids[i]); };
    const auto holds = [](bool value) { return Cell::of(value ? 1.0 : 0.0); };
    switch (node.op) {
      case Op::number:
        return Cell::of(node.number);
      case Op::string:
        return Cell::of(node.text);
      case Op::regex:
        return holds(node.regex->found_in(text(field(0))));
      case Op::name:
        return variable(node.text)->value;
      case Op::index:
        return element(node.text, text(kid(0)));
      case Op::field:
        return field(field_number(kid(0)));
      case Op::assign:
        return assign(node);
      case Op::conditional:
        return truth(kid(0)) ? kid(1) : kid(2);
      case Op::logical_or:
        return holds(truth(kid(0)) || truth(kid(1)));
      case Op::logical_and:
        return holds(truth(kid(0)) && truth(kid(1)));
      case Op::logical_not:
        return holds(!truth(kid(0)));
      case Op::in:
        return holds(variable(node.text)->elements.contains(text(kid(0))));
      case Op::match:
        return holds(matches(node));
      case Op::no_match:
        return holds(!matches(node));
      case Op::less:
        return holds(compare(kid(0), kid(1)) < 0);
      case Op::less_equal:
        return holds(compare(kid(0), kid(1)) <= 0);
      case Op::equal:
        return holds(compare(kid(0), kid(1)) == 0);
      case Op::not_equal:
        return holds(compare(kid(0), kid(1)) != 0);
      case Op::greater:
        return holds(compare(kid(0), kid(1)) > 0);
      case Op::greater_equal:
        return holds(compare(kid(0), kid(1)) >= 0);
      case Op::concat:
        return concatenated(text(kid(0)), text(kid(1)));
      case Op::negate:
        return Cell::of(-number(kid(0)));
      case Op::plus:
        return Cell::of(number(kid(0)));
      case Op::pre_increment:
        return changed(*node.kids[0], 1, false);
      case Op::pre_decrement:
        return changed(*node.kids[0], -1, false);
      case Op::post_increment:
        return changed(*node.kids[0], 1, true);
      case Op::post_decrement:
        return changed(*node.kids[0], -1, true);
      case Op::call:
        return call(node);
      case Op::call_builtin:
        return call_builtin(node);
      default: {
        // One after the other: an operand may change the other's variable.
        const double left = number(kid(0));
        return Cell::of(computed(node.op, left, number(kid(1))));
      }
    }
  }

  double computed(Op op, double a, double b) {
    switch (op) {
      case Op::add:
        return a + b;
      case Op::subtract:
        return a - b;
      case Op::multiply:
        return a * b;
      case Op::divide:
      case Op::remainder:
        if (b == 0) return fail(), 0;
        return op == Op::divide ? a / b : std::fmod(a, b);
      case Op::power:
        return std::pow(a, b);
      default:
        fail();
        return 0;
    }
  }
  Cell concatenated(std::string a, const std::string& b) {
    spend_on(a.size() + b.size());
    if (a.size() + b.size() > k_longest_string) return fail(), Cell{};
    a += b;
    return Cell::of(std::move(a));
  }
  std::size_t field_number(const Cell& cell) {
    const double value = number(cell);
    if (!(value >= 0 && value < 1e6)) return fail(), 0;
    return static_cast<std::size_t>(value);
  }

  void store(const Node& target, Cell value) {
    if (target.op == Op::field) return set_field(field_number(evaluate(*target.kids[0])), std::move(value));
    if (target.op == Op::index) {
      auto key = text(evaluate(*target.kids[0]));
      element(target.text, key) = std::move(value);
      return;
    }
    if (target.op != Op::name || target.text == "NF") return fail();
    set(target.text, std::move(value));
  }
  Cell assign(const Node& node) {
    auto value = evaluate(*node.kids[1]);
    if (node.with != Op::assign) value = Cell::of(computed(node.with, number(evaluate(*node.kids[0])), number(value)));
    store(*node.kids[0], value);
    return value;
  }
  Cell changed(const Node& target, double by, bool give_old) {
    const double old = number(evaluate(target));
    store(target, Cell::of(old + by));
    return Cell::of(give_old ? old : old + by);
  }

  bool matches(const Node& node) {
    const auto subject = text(evaluate(*node.kids[0]));
    spend_on(subject.size());
    if (node.kids[1]->op == Op::regex) return node.kids[1]->regex->found_in(subject);
    const auto* regex = m_record.pattern(text(evaluate(*node.kids[1])));
    return regex != nullptr && regex->found_in(subject);
  }

  Cell call(const Node& node) {
    const auto it = m_program.functions.find(node.text);
    if (it == m_program.functions.end() || m_frames.size() >= k_deepest_call) return fail(), Cell{};
    const auto& function = it->second;
    std::unordered_map<std::string, VariablePtr> frame;
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
      auto& slot = frame[function.parameters[i]];
      if (i < node.kids.size() && node.kids[i]->op == Op::name) {
        // Arrays are given as they are, and so is what may become one.
        auto& given = variable(node.kids[i]->text);
        if (given->value.kind == Cell::Kind::unset) slot = given;
      }
      if (slot) continue;
      slot = std::make_shared<Variable>();
      if (i < node.kids.size()) slot->value = evaluate(*node.kids[i]);
    }
    m_frames.push_back(std::move(frame));
    m_given_back = {};
    const auto flow = execute(*function.body);
    m_frames.pop_back();
    if (flow == Flow::exit || flow == Flow::next) fail();
    return std::exchange(m_given_back, {});
  }

  Cell call_builtin(const Node& node) {
    const auto& name = node.text;
    const auto count = node.kids.size();
    const auto given = [&](std::size_t i) {
      if (i < count) return evaluate(*node.kids[i]);
      fail();
      return Cell{};
    };
    if (name == "length") return length(node);
    if (name == "substr") {
      const auto subject = text(given(0));
      const double from = std::round(number(given(1)));
      return Cell::of(part(subject, from, count > 2 ? from + std::round(number(given(2))) : 1e9));
    }
    if (name == "index") {
      const auto subject = text(given(0));
      const auto at = subject.find(text(given(1)));
      spend_on(subject.size());
      return Cell::of(at == std::string::npos ? 0.0 : static_cast<double>(at + 1));
    }
    if (name == "split") return split_into(node);
    if (name == "sub" || name == "gsub") return substitute(node, name == "gsub");
    if (name == "sprintf") return Cell::of(formatted(node, 0));
    if (name == "int") return Cell::of(std::trunc(number(given(0))));
    if (name == "sqrt") return Cell::of(std::sqrt(number(given(0))));
    if (name == "tolower" || name == "toupper") return cased(text(given(0)), name == "toupper");
    if (name == "strtonum") return Cell::of(static_cast<double>(std::strtoll(text(given(0)).c_str(), nullptr, 0)));
    if (name == "system") return append(m_result.executed, text(given(0)) + "\n"), Cell::of(0.0);
    if (name == "close") return Cell::of(0.0);
    const auto bits = bitwise(name, number(given(0)), name == "compl" ? 0 : number(given(1)));
    return bits ? Cell::of(*bits) : (fail(), Cell{});
  }

  Cell length(const Node& node) {
    if (node.kids.empty()) return Cell::of(static_cast<double>(text(field(0)).size()));
    if (node.kids[0]->op == Op::name)
      if (const auto& named = variable(node.kids[0]->text); !named->elements.empty())
        return Cell::of(static_cast<double>(named->elements.size()));
    return Cell::of(static_cast<double>(text(evaluate(*node.kids[0])).size()));
  }

  /// The characters from `from` (counted from 1) up to, not including, `to`.
  std::string part(const std::string& subject, double from, double to) {
    const auto size = static_cast<double>(subject.size());
    const double begin = std::clamp(from - 1, 0.0, size);
    const double end = std::clamp(to - 1, begin, size);
    if (!(end >= begin)) return {};
    spend_on(static_cast<std::size_t>(end - begin));
    return subject.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }

  Cell split_into(const Node& node) {
    if (node.kids.size() < 2 || node.kids[1]->op != Op::name) return fail(), Cell{};
    const auto subject = text(evaluate(*node.kids[0]));
    spend_on(subject.size());
    std::vector<std::string> parts;
    if (node.kids.size() > 2 && node.kids[2]->op == Op::regex) parts = Record::split(subject, *node.kids[2]->regex);
    else parts = m_record.split(subject, node.kids.size() > 2 ? text(evaluate(*node.kids[2])) : setting("FS"));
    auto& elements = variable(node.kids[1]->text)->elements;
    m_elements -= std::min(m_elements, elements.size());
    elements.clear();
    for (std::size_t i = 0; i < parts.size(); ++i)
      element(node.kids[1]->text, std::to_string(i + 1)) = from_outside(std::move(parts[i]));
    return Cell::of(static_cast<double>(parts.size()));
  }

  Cell substitute(const Node& node, bool all) {
    if (node.kids.size() < 2) return fail(), Cell{};
    const auto& by = *node.kids[0];
    const Regex* regex = by.op == Op::regex ? by.regex.get() : m_record.pattern(text(evaluate(by)));
    const auto replacement = text(evaluate(*node.kids[1]));
    const auto subject = text(node.kids.size() > 2 ? evaluate(*node.kids[2]) : field(0));
    spend_on(subject.size() * 4);
    if (regex == nullptr || !regex->found_in(subject)) return Cell::of(0.0);
    auto value = Cell::of(regex->replace(subject, replacement, all));
    spend_on(value.text.size());
    if (value.text.size() > k_longest_string) return fail(), Cell{};
    if (node.kids.size() > 2) store(*node.kids[2], std::move(value));
    else set_field(0, std::move(value));
    return Cell::of(1.0);
  }

  /// What calls and long chains of operators nest, the stack has to hold.
  class Depth {
   public:
    explicit Depth(Machine& machine) : m_machine(machine) {
      machine.spend();
      if (++machine.m_depth > k_deepest) machine.fail();
    }
    ~Depth() { --m_machine.m_depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Machine& m_machine;
  };

  const awk::Program& m_program;
  const AwkInput& m_input;
  const std::uint64_t m_max_output;
  Budget m_budget;
  std::unordered_map<std::string, VariablePtr> m_globals;
  std::vector<std::unordered_map<std::string, VariablePtr>> m_frames;
  Record m_record{m_budget};
  std::size_t m_elements = 0;
  unsigned m_depth = 0;
  double m_records = 0;
  Cell m_given_back;
  AwkResult m_result;
};

}  // namespace

struct AwkProgram::State {
  awk::Program program;
};

AwkProgram::AwkProgram(std::unique_ptr<State> state) : m_state(std::move(state)) {}
AwkProgram::AwkProgram(AwkProgram&&) noexcept = default;
AwkProgram& AwkProgram::operator=(AwkProgram&&) noexcept = default;
AwkProgram::~AwkProgram() = default;

std::optional<AwkProgram> AwkProgram::parse(std::string_view text) {
  auto program = awk::parse(text);
  if (!program) return std::nullopt;
  return AwkProgram{std::make_unique<State>(State{std::move(*program)})};
}

std::optional<AwkResult> AwkProgram::run(const AwkInput& input, std::uint64_t max_output, std::uint64_t& steps) const {
  return Machine{m_state->program, input, max_output, steps}.run();
}

}  // namespace assay::inspect
