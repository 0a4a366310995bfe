#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "base/nearest.hpp"
#include "base/text.hpp"

namespace assay::cli {

namespace {

/// How far the words of a command line can be understood.
struct Reading {
  const CLI::App* command;  ///< the last (sub-)command that they name
  std::string name;         ///< "assay rules explain"
  std::string unknown;      ///< the first word that is no option, or no sub-command, of it
};

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_min() > 0;
}

/// Of a word like "-qf": the first letter that is no option. A letter that takes a value takes the rest, or the next word.
std::string unknown_letter(const CLI::App& command, std::string_view word, bool& value_follows) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    auto letter = fmt::format("-{}", word[i]);
    const auto* option = command.get_option_no_throw(letter);
    if (option == nullptr) return letter;
    if (!takes_value(*option)) continue;
    value_follows = i + 1 == word.size();
    return {};
  }
  return {};
}

/// The option that `word` is meant to be and is not; empty if there is such an option.
std::string unknown_option(const CLI::App& command, std::string_view word, bool& value_follows) {
  if (!word.starts_with("--")) return unknown_letter(command, word, value_follows);
  const auto equals = word.find('=');
  std::string name{word.substr(0, equals)};
  const auto* option = command.get_option_no_throw(name);
  if (option == nullptr) return name;
  value_follows = equals == std::string_view::npos && takes_value(*option);
  return {};
}

Reading read(const CLI::App& app, const std::vector<std::string>& args) {
  Reading reading{&app, app.get_name(), {}};
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto& word = args[i];
    if (word == "--") break;
    if (word.size() > 1 && word.starts_with('-')) {
      bool value_follows = false;
      reading.unknown = unknown_option(*reading.command, word, value_follows);
      if (!reading.unknown.empty()) return reading;
      if (value_follows) ++i;
      continue;
    }
    const auto commands = reading.command->get_subcommands([&](const CLI::App* one) { return one->check_name(word); });
    if (!commands.empty()) {
      reading.command = commands.front();
      reading.name += " " + reading.command->get_name();
    } else if (reading.command->get_require_subcommand_min() > 0) {
      reading.unknown = word;
      return reading;
    }
  }
  return reading;
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* one : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(one->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string see_help(const std::string& name) {
  return fmt::format("\n  see '{} --help'", name);
}

std::string missing_command(const Reading& reading) {
  const auto& name = reading.name;
  if (reading.command->get_parent() == nullptr) return fmt::format("{} needs a command", name);
  return fmt::format("{} needs a command: {}", name, fmt::join(commands_of(*reading.command), ", "));
}

/// The library says which option it is before the first colon.
std::string mismatch(const Reading& reading, std::string_view what) {
  const std::string name{what.substr(0, what.find(':'))};
  const auto* option = reading.command->get_option_no_throw(name);
  if (what.ends_with("missing"))
    return fmt::format("{} needs a value{}", name,
                       option != nullptr && !option->get_type_name().empty() ? ": " + option->get_type_name() : "");
  return fmt::format("{} is given more than once", name);
}

/// What stands where a command has no place for it, in the order in which it was written.
std::string left_over(const Reading& reading) {
  std::string words;
  for (const auto& word : reading.command->remaining()) words += fmt::format("{}'{}'", words.empty() ? "" : " ", word);
  return fmt::format("{} has no place for {}", reading.name, words.empty() ? "so many words" : words);
}

/// "Could not convert: --jobs = -3"
std::string no_number(std::string_view what) {
  const auto start = what.find(": ");
  const auto equals = what.find(" = ");
  if (start == std::string_view::npos || equals == std::string_view::npos || equals < start) return std::string{what};
  return fmt::format("{} takes a number, not '{}'", what.substr(start + 2, equals - start - 2),
                     what.substr(equals + 3));
}

}  // namespace

std::string unknown_word(const CLI::App& app, const std::vector<std::string>& args) {
  const auto reading = read(app, args);
  const auto& word = reading.unknown;
  if (word.empty()) return {};
  const bool option = word.starts_with('-');
  const auto near = nearest_word(word, option ? options_of(*reading.command) : commands_of(*reading.command));
  auto text = fmt::format("{} has no {} {}", reading.name, option ? "option" : "command",
                          escape_for_display(option ? word : fmt::format("'{}'", word)));
  if (!near.empty())
    text += fmt::format("\n  did you mean {}?", option ? near : fmt::format("'{} {}'", reading.name, near));
  return text + see_help(reading.name);
}

std::string empty_word(const std::vector<std::string>& args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view name = args[i];
    if (name.starts_with("--") && name.size() > 2 && name.ends_with('=')) name.remove_suffix(1);
    else if (!name.empty()) continue;
    else if (i > 0) name = args[i - 1];
    // What an empty name of an artifact means, its command says.
    if (name.starts_with('-') && name.size() > 1)
      return escape_for_display(name) + " is given an empty value\n  is a variable not set?";
  }
  return {};
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& problem, const std::vector<std::string>& args) {
  const auto reading = read(app, args);
  const std::string what = problem.what();
  std::string text = what;
  if (what == "A subcommand is required") text = missing_command(reading);
  else if (dynamic_cast<const CLI::ArgumentMismatch*>(&problem) != nullptr) text = mismatch(reading, what);
  else if (dynamic_cast<const CLI::ExtrasError*>(&problem) != nullptr) text = left_over(reading);
  else if (dynamic_cast<const CLI::ConversionError*>(&problem) != nullptr) text = no_number(what);
  return escape_for_display(text) + see_help(reading.name);
}

}  // namespace assay::cli
