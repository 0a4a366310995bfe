#include "cli/help_formatter.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/text.hpp"
#include "report/prose.hpp"
#include "report/wording.hpp"

namespace assay::cli {

namespace {

constexpr std::size_t k_name_columns = 26;  ///< a longer name has a line to itself

class HelpFormatter : public CLI::Formatter {
 public:
  /// `columns`: the most characters of a line; a longer word stays whole.
  explicit HelpFormatter(std::size_t columns) : m_columns(columns) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  /// Of an option its value and whether it has to be there: what excludes what is said when it matters.
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  std::string two_columns(std::string name, const std::string& text) const;
  std::string paragraphs(const std::string& text) const;

  std::size_t m_columns;
};

std::string HelpFormatter::two_columns(std::string name, const std::string& text) const {
  name = "  " + name;
  const auto width = report::char_count(name);
  const std::string lead(k_name_columns, ' ');
  const bool own_line = width + 2 > k_name_columns;
  if (text.empty()) return name + "\n";
  auto first = own_line ? lead : name + std::string(k_name_columns - width, ' ');
  return (own_line ? name + "\n" : "") + report::wrap_prose(first, k_name_columns, text, m_columns);
}

std::string HelpFormatter::paragraphs(const std::string& text) const {
  std::string out;
  for (const auto line : split_lines(text)) out += line.empty() ? "\n" : report::wrap_prose("", 0, line, m_columns);
  return out;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return two_columns(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text;
  auto type = option->get_type_name();
  if (type.starts_with("TEXT")) type.erase(0, 4);
  if (option->get_type_size() != 0 && !type.empty()) text += " " + type;
  if (option->get_expected_max() > 1) text += " ...";
  if (option->get_required()) text += " REQUIRED";
  return text;
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return paragraphs(CLI::Formatter::make_description(app));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return two_columns(command->get_display_name(true), command->get_description());
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return paragraphs(app->get_footer());
}

}  // namespace

void format_help(CLI::App& app, std::size_t columns) {
  app.formatter(std::make_shared<HelpFormatter>(columns));
}

}  // namespace assay::cli
