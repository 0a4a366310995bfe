// assay rules: what can be reported, and why.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/rule_data.hpp"
#include "report/rules.hpp"

namespace assay::cli {

namespace {

struct RulesOptions {
  std::string format = "text";
  std::string color = "auto";
  std::string rule;
  std::vector<std::string> rule_dirs;
};

Result<int> list_rules(const RulesOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto content, load_content_rules(options.rule_dirs));
  const auto rules = all_rules(content);
  invocation.out << (options.format == "json" ? report::render_rule_list_json(rules)
                                              : report::render_rule_list_text(rules, decide_color(options.color)));
  return 0;
}

Result<int> explain_rule(const RulesOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto content, load_content_rules(options.rule_dirs));
  const auto rules = all_rules(content);
  ASSAY_TRY(const auto text, report::render_rule_explanation(rules, options.rule, decide_color(options.color)));
  invocation.out << text;
  return 0;
}

void add_color_option(CLI::App& command, RulesOptions& options) {
  command.add_option("--color", options.color, "auto (default), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_rules_option(CLI::App& command, RulesOptions& options) {
  command.add_option("--rules", options.rule_dirs, "Content rules of DIR as well")
      ->type_name("DIR")
      ->allow_extra_args(false);
}

}  // namespace

void add_rules_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RulesOptions>();
  auto* command = app.add_subcommand("rules", "List and explain what can be reported");
  command->require_subcommand(1);

  auto* list = command->add_subcommand("list", "Every rule with its usual severity");
  list->add_option("-f,--format", options->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_color_option(*list, *options);
  add_rules_option(*list, *options);
  list->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return list_rules(*options, invocation); };
  });

  auto* explain = command->add_subcommand("explain", "What a rule looks for, why it matters and what to do");
  explain->add_option("RULE", options->rule, "The rule's id, as reports show it")->required();
  add_color_option(*explain, *options);
  add_rules_option(*explain, *options);
  explain->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return explain_rule(*options, invocation); };
  });
}

}  // namespace assay::cli
