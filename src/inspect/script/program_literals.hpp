// Literals of a program in Python, perl, Ruby, JavaScript or R that could name files, and those that are put together.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace assay::inspect {

/// What stands between two literals that together are a path (`"tests" / "data"`, `join("tests", "data")`,
/// `Path("tests").joinpath("data")`), or a text (`"tests/" + "data"`): what has to be put there; nothing if it is neither.
std::optional<std::string_view> joint(std::string_view between);

/// Is it a file among the tests, and so no directory that others are joined to?
bool is_file_of_tests(std::string_view path);

/// `use(name)` for each literal without blanks, and for those that are put together.
template <typename Use>
void each_name(std::string_view program, Use use) {
  constexpr std::size_t k_longest_name = 200;
  const auto give = [&](std::string_view name) {
    // perl opens "<FILE".
    while (!name.empty() && (name[0] == '<' || name[0] == '+')) name.remove_prefix(1);
    if (!name.empty() && name.size() < k_longest_name) use(name);
  };
  constexpr std::string_view k_quotes = "'\"`";
  std::string path;
  std::size_t path_end = 0;
  for (auto at = program.find_first_of(k_quotes); at != std::string_view::npos;
       at = program.find_first_of(k_quotes, at + 1)) {
    const auto end = program.find_first_of(std::string{program[at], '\n'}, at + 1);
    if (end == std::string_view::npos || program[end] == '\n') continue;
    const auto name = program.substr(at + 1, end - at - 1);
    const bool plain = name.find_first_of(" \t()>|;*\\") == std::string_view::npos;
    const auto between = plain && path_end > 0 && path.size() < k_longest_name
                             ? joint(program.substr(path_end, at - path_end))
                             : std::nullopt;
    // A file is no directory: what follows is the next one in a list.
    const bool listed = between && *between == "/" && is_file_of_tests(path);
    if (between && !listed) (path += *between) += name;
    else path = plain ? name : std::string_view{};
    path_end = path.empty() ? 0 : end + 1;
    if (plain) give(name);
    give(path);
    at = end;
  }
  // perl's q(…)
  for (auto at = program.find("q("); at != std::string_view::npos; at = program.find("q(", at + 2)) {
    const auto rest = program.substr(at + 2, k_longest_name);
    const auto name = rest.substr(0, rest.find_first_of(") \t\n"));
    if (name.find('/') != std::string_view::npos) give(name);
  }
}

/// Variables of a program that are given a literal, or several that are put together, and nothing else.
class Constants {
 public:
  /// The statement with what is known of the variables in it: `join(d, "x")` as `join("tests", "x")`. So many in each.
  std::string put_into(std::string_view statement) const;
  bool know(std::string_view variable) const { return m_values.contains(variable); }
  /// Learn what the statement gives to a variable; `known` is what put_into() made of it. The text has to live as long as this.
  void note(std::string_view statement, std::string_view known);

 private:
  std::unordered_map<std::string_view, std::string> m_values;
};

}  // namespace assay::inspect
