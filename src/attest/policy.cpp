#include "attest/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "base/toml_nesting.hpp"

namespace assay::attest {

namespace {

constexpr std::array<std::string_view, 9> k_expectations{"builder-id",  "build-type",    "source-repository",
                                                         "source-ref",  "source-commit", "level",
                                                         "verifier-id", "resource-uri",  "result"};

class PolicyReader {
 public:
  explicit PolicyReader(const std::string& file) : m_file(file) {}

  Result<VerificationPolicy> read(const toml::table& table) {
    ASSAY_TRY_VOID(only(table, {"schema", "require"}));
    if (table.contains("schema") && table["schema"].value<std::string>() != k_policy_schema)
      return problem(*table.get("schema"),
                     fmt::format("this is no verification policy: schema has to be \"{}\"", k_policy_schema));
    const auto* list = table["require"].as_array();
    if (list == nullptr || list->empty()) return problem(table, "a policy needs at least one [[require]]");
    VerificationPolicy policy;
    for (const auto& node : *list) {
      const auto* each = node.as_table();
      if (each == nullptr) return problem(node, "require is a list of tables");
      ASSAY_TRY(auto requirement, read_requirement(*each));
      policy.requirements.push_back(std::move(requirement));
    }
    return policy;
  }

 private:
  Error problem(const toml::node& node, std::string message) const {
    const auto place = node.source().begin;
    return {ErrorCode::usage, std::move(message), fmt::format("{}:{}:{}", m_file, place.line, place.column), {}};
  }

  Result<void> only(const toml::table& table, std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
        return problem(node, fmt::format("there is no key '{}' here", escape_for_display(key.str())));
    return {};
  }

  Result<std::string> text(const toml::table& table, std::string_view key) const {
    const auto* node = table.get(key);
    if (node == nullptr) return std::string{};
    const auto value = node->value<std::string>();
    if (!value || value->empty()) return problem(*node, fmt::format("{} has to be a text that is not empty", key));
    return *value;
  }

  Result<std::vector<std::string>> texts(const toml::table& table, std::string_view key) const {
    std::vector<std::string> values;
    const auto* node = table.get(key);
    if (node == nullptr) return values;
    if (const auto one = node->value<std::string>()) return std::vector<std::string>{*one};
    const auto* list = node->as_array();
    if (list == nullptr) return problem(*node, fmt::format("{} has to be a text or a list of texts", key));
    for (const auto& item : *list) {
      const auto value = item.value<std::string>();
      if (!value) return problem(item, fmt::format("{} has to be a list of texts", key));
      values.push_back(*value);
    }
    return values;
  }

  /// `key`, or `key-pattern`, not both.
  Result<std::optional<TextPattern>> pattern(const toml::table& table, const std::string& key) const {
    ASSAY_TRY(auto exact, text(table, key));
    ASSAY_TRY(auto expression, text(table, key + "-pattern"));
    if (!exact.empty() && !expression.empty())
      return problem(table, fmt::format("{0} and {0}-pattern exclude each other", key));
    if (!exact.empty()) return std::optional{TextPattern{std::move(exact), false}};
    if (expression.empty()) return std::optional<TextPattern>{};
    TextPattern made{std::move(expression), true};
    if (const auto tried = matches(made, ""); !tried) return problem(table, tried.error().message);
    return std::optional{std::move(made)};
  }

  Result<SignerPolicy> read_signer(const toml::table& table) const {
    ASSAY_TRY_VOID(only(table, {"subject", "subject-pattern", "issuer", "issuer-pattern", "key"}));
    SignerPolicy signer;
    ASSAY_TRY(signer.identity.subject, pattern(table, "subject"));
    ASSAY_TRY(signer.identity.issuer, pattern(table, "issuer"));
    ASSAY_TRY(signer.key, text(table, "key"));
    const bool whole_identity = signer.identity.subject && signer.identity.issuer;
    if (signer.key.empty() ? !whole_identity : !signer.identity.empty())
      return problem(table, "a signer is either a key, or a subject and an issuer");
    if (!signer.key.empty() && !is_digest("sha256", signer.key))
      return problem(table, "key has to be the SHA-256 of a public key, 64 lower-case hexadecimal digits");
    return signer;
  }

  Result<void> read_expectations(const toml::table& table, Requirement& requirement) const {
    for (const auto& [key, node] : table) {
      auto name = std::string{key.str()};
      if (name == "external-parameters") continue;
      if (name.ends_with("-pattern")) name.resize(name.size() - 8);
      if (std::find(k_expectations.begin(), k_expectations.end(), name) == k_expectations.end())
        return problem(node, fmt::format("nothing can be expected of '{}'", escape_for_display(key.str())));
      ASSAY_TRY(auto expected, pattern(table, name));
      if (expected) requirement.expect.insert_or_assign(name, *std::move(expected));
    }
    requirement.limits_parameters = table.contains("external-parameters");
    ASSAY_TRY(requirement.external_parameters, texts(table, "external-parameters"));
    return {};
  }

  Result<Requirement> read_requirement(const toml::table& table) const {
    ASSAY_TRY_VOID(only(table, {"name", "predicate", "count", "signer", "expect"}));
    Requirement requirement;
    ASSAY_TRY(requirement.name, text(table, "name"));
    ASSAY_TRY(requirement.predicates, texts(table, "predicate"));
    if (requirement.name.empty() || requirement.predicates.empty())
      return problem(table, "a requirement needs a name and a predicate");
    if (const auto* count = table.get("count")) {
      const auto value = count->value<std::int64_t>();
      if (!value || *value < 1 || *value > 1000) return problem(*count, "count has to be a number from 1 to 1000");
      requirement.count = static_cast<std::size_t>(*value);
    }
    const auto* signers = table["signer"].as_array();
    if (signers == nullptr || signers->empty())
      return problem(table, "a requirement needs at least one [[require.signer]]: else anybody could meet it");
    for (const auto& node : *signers) {
      if (!node.is_table()) return problem(node, "signer is a list of tables");
      ASSAY_TRY(auto signer, read_signer(*node.as_table()));
      requirement.signers.push_back(std::move(signer));
    }
    if (const auto* expect = table.get("expect")) {
      if (!expect->is_table()) return problem(*expect, "expect is one table: [require.expect]");
      ASSAY_TRY_VOID(read_expectations(*expect->as_table(), requirement));
    }
    return requirement;
  }

  const std::string& m_file;
};

std::vector<std::string> present(std::string_view value) {
  return value.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string{value}};
}

/// "git+https://host/a.git@refs/tags/v1" and "https://host/a" are one repository.
std::string_view repository_of(std::string_view uri) {
  if (uri.starts_with("git+")) uri.remove_prefix(4);
  uri = uri.substr(0, uri.find('#'));
  // An "@" before the host is a user's.
  const auto at = uri.rfind('@');
  const auto scheme = uri.find("://");
  const auto path = uri.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (at != std::string_view::npos && path != std::string_view::npos && at > path) uri = uri.substr(0, at);
  while (uri.ends_with('/')) uri.remove_suffix(1);
  if (uri.ends_with(".git")) uri.remove_suffix(4);
  return uri;
}

/// The commits of the declared source alone: a build has many dependencies, and whoever adds one chooses its commit.
std::vector<std::string> commits_of(const Statement& statement) {
  std::vector<std::string> found;
  const auto sources = stated(statement, "source-repository");
  const auto is_source = [&](std::string_view uri) {
    return !uri.empty() && std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return repository_of(source) == repository_of(uri);
    });
  };
  for (const auto& dependency : statement.predicate["buildDefinition"]["resolvedDependencies"].items())
    if (const auto commit = dependency["digest"].text("gitCommit");
        is_source(dependency.text("uri")) && !commit.empty())
      found.emplace_back(commit);
  if (const auto commit = statement.predicate["invocation"]["configSource"]["digest"].text("sha1"); !commit.empty())
    found.emplace_back(commit);
  return found;
}

bool signer_matches(const SignerPolicy& wanted, const VerifiedStatement& statement, std::string_view signer) {
  // A name in a certificate may look like a key's fingerprint.
  if (!wanted.key.empty()) return statement.signed_with == SignedWith::key && wanted.key == signer;
  if (statement.signed_with == SignedWith::key) return false;
  const auto subject = matches(*wanted.identity.subject, signer);
  const auto issuer = matches(*wanted.identity.issuer, statement.issuer);
  return subject && *subject && issuer && *issuer;
}

/// The signers of `statement` that the requirement accepts.
std::vector<std::string> accepted_signers(const Requirement& requirement, const VerifiedStatement& statement) {
  std::vector<std::string> accepted;
  for (const auto& signer : statement.signers)
    if (std::any_of(requirement.signers.begin(), requirement.signers.end(),
                    [&](const SignerPolicy& wanted) { return signer_matches(wanted, statement, signer); }))
      accepted.push_back(signer);
  return accepted;
}

/// Counts different signers. An envelope may be signed with several keys, each a signer. A certificate is one signer however
/// many names it has, and one that shares a name with another is none more. Where a requirement lists as many signers as it
/// asks for, each of those is one, however many names its pattern lets in: who has two workflows has not two votes.
class SignerCount {
 public:
  explicit SignerCount(const Requirement& requirement) : m_requirement(requirement) {}

  /// True if that makes them more.
  bool add(const VerifiedStatement& statement, const std::vector<std::string>& accepted) {
    const auto before = count();
    if (statement.signed_with == SignedWith::key) {
      for (const auto& signer : accepted)
        if (m_names.insert(signer).second) admit(statement, {signer});
    } else {
      std::size_t fresh = 0;
      for (const auto& signer : accepted) fresh += m_names.insert(signer).second ? 1U : 0U;
      if (fresh == accepted.size()) admit(statement, accepted);
    }
    return count() > before;
  }
  std::size_t count() const noexcept { return lists_each() ? m_matched : m_voices.size(); }

 private:
  bool lists_each() const noexcept { return m_requirement.signers.size() >= m_requirement.count; }

  void admit(const VerifiedStatement& statement, const std::vector<std::string>& names) {
    auto& listed = m_voices.emplace_back();
    for (std::size_t i = 0; i < m_requirement.signers.size(); ++i)
      if (std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return signer_matches(m_requirement.signers[i], statement, name);
          }))
        listed.push_back(i);
    std::set<std::size_t> tried;
    if (find_place(m_voices.size() - 1, tried)) ++m_matched;
  }

  /// Give the voice a listed signer of its own; others may have to move (augmenting paths of a bipartite matching).
  bool find_place(std::size_t voice, std::set<std::size_t>& tried) {
    for (const auto place : m_voices[voice]) {
      if (!tried.insert(place).second) continue;
      const auto holder = m_holders.find(place);
      if (holder != m_holders.end() && !find_place(holder->second, tried)) continue;
      m_holders[place] = voice;
      return true;
    }
    return false;
  }

  const Requirement& m_requirement;
  std::set<std::string> m_names;
  std::vector<std::vector<std::size_t>> m_voices;  ///< of each signer, which of the listed it may be
  std::map<std::size_t, std::size_t> m_holders;    ///< listed signer → voice
  std::size_t m_matched = 0;
};

/// What a build was asked for from outside: SLSA provenance v1, or v0.2; null if the statement does not say.
const Json& external_parameters(const Statement& statement) {
  const auto& definition = statement.predicate["buildDefinition"];
  return definition.is_object() ? definition["externalParameters"] : statement.predicate["invocation"]["parameters"];
}

/// Empty if the statement has no external parameter but those that are expected.
std::string unexpected_parameter(const Requirement& requirement, const Statement& statement) {
  const auto& parameters = external_parameters(statement);
  if (!parameters.is_object()) return "says nothing about external parameters";
  for (const auto& parameter : parameters.members())
    if (std::find(requirement.external_parameters.begin(), requirement.external_parameters.end(), parameter.name) ==
        requirement.external_parameters.end())
      return fmt::format("has the external parameter \"{}\", which is not expected", parameter.name);
  return {};
}

/// Empty if the statement says what is expected; else what it says instead.
std::string unmet(const Requirement& requirement, const Statement& statement) {
  for (const auto& [name, expected] : requirement.expect) {
    const auto values = stated(statement, name);
    const auto fits = [&, &wanted = expected](const std::string& value) {
      const auto match = matches(wanted, value);
      return match && *match;
    };
    // A level is reached beside others; a source that has two commits was not built from the one.
    const bool met = name == "level" ? std::any_of(values.begin(), values.end(), fits)
                                     : !values.empty() && std::all_of(values.begin(), values.end(), fits);
    if (met) continue;
    return values.empty()
               ? fmt::format("says nothing about {}, expected {}", name, to_string(expected))
               : fmt::format("{} is \"{}\", expected {}", name, fmt::join(values, "\", \""), to_string(expected));
  }
  return requirement.limits_parameters ? unexpected_parameter(requirement, statement) : std::string{};
}

Link evaluate_requirement(const Requirement& requirement, std::span<const VerifiedStatement> statements) {
  Link link;
  link.name = requirement.name;
  SignerCount signers{requirement};
  for (const auto& each : statements) {
    const auto& type = each.statement.predicate_type;
    const auto say = [&](std::string text) { link.with(each.source, std::move(text)); };
    if (std::find(requirement.predicates.begin(), requirement.predicates.end(), type) == requirement.predicates.end()) {
      say(fmt::format("does not count: is a {}", type));
      continue;
    }
    const auto accepted = accepted_signers(requirement, each);
    if (accepted.empty()) {
      say(fmt::format("does not count: signed by \"{}\", who is not accepted", fmt::join(each.signers, "\", \"")));
      continue;
    }
    if (const auto reason = unmet(requirement, each.statement); !reason.empty()) {
      say("does not count: " + reason);
      continue;
    }
    say(fmt::format("{}: signed by \"{}\"", signers.add(each, accepted) ? "counts" : "adds no signer",
                    fmt::join(accepted, "\", \"")));
  }
  const bool met = signers.count() >= requirement.count;
  link.state = met ? LinkState::ok : LinkState::failed;
  link.detail = fmt::format("{} of {} signers asked for", signers.count(), requirement.count);
  if (statements.empty()) link.detail += "; there is no verified statement at all";
  else if (!met && link.evidence.size() == 1) link.detail += "; " + link.evidence[0].second;
  return link;
}

/// The requirement in words.
std::vector<std::string> asked_for(const Requirement& requirement) {
  std::vector<std::string> lines{fmt::format("a statement of type {}", fmt::join(requirement.predicates, " or "))};
  for (const auto& signer : requirement.signers)
    lines.push_back(signer.key.empty()
                        ? fmt::format("a signature by {}, vouched for by {}", to_string(*signer.identity.subject),
                                      to_string(*signer.identity.issuer))
                        : fmt::format("a signature by the key {}", signer.key));
  if (requirement.count > 1) lines.push_back(fmt::format("{} different signers of these", requirement.count));
  for (const auto& [name, expected] : requirement.expect)
    lines.push_back(fmt::format("{} {}", name, to_string(expected)));
  if (requirement.limits_parameters)
    lines.push_back(
        requirement.external_parameters.empty()
            ? "no external parameter"
            : fmt::format("no external parameter but {}", fmt::join(requirement.external_parameters, ", ")));
  return lines;
}

}  // namespace

std::span<const std::string_view> expectation_names() noexcept {
  return k_expectations;
}

std::vector<std::string> stated(const Statement& statement, std::string_view expectation) {
  const auto& predicate = statement.predicate;
  const auto& definition = predicate["buildDefinition"];
  const auto& parameters = definition["externalParameters"];
  const auto either = [](std::string_view first, std::string_view second) {
    return present(first.empty() ? second : first);
  };
  if (expectation == "builder-id")
    return either(predicate["runDetails"]["builder"].text("id"), predicate["builder"].text("id"));
  if (expectation == "build-type") return either(definition.text("buildType"), predicate.text("buildType"));
  if (expectation == "source-repository") {
    const auto& source = parameters["source"];
    const auto repository =
        either(parameters["workflow"].text("repository"), source.is_string() ? source.text() : source.text("uri"));
    return repository.empty() ? present(predicate["invocation"]["configSource"].text("uri")) : repository;
  }
  if (expectation == "source-ref") return either(parameters["workflow"].text("ref"), parameters.text("ref"));
  if (expectation == "source-commit") return commits_of(statement);
  if (expectation == "verifier-id") return present(predicate["verifier"].text("id"));
  if (expectation == "resource-uri") return present(predicate.text("resourceUri"));
  if (expectation == "result") return present(predicate.text("verificationResult"));
  std::vector<std::string> levels;
  if (expectation == "level" && predicate.text("verificationResult") == "PASSED")
    for (const auto& level : predicate["verifiedLevels"].items()) levels.emplace_back(level.text());
  return levels;
}

std::vector<std::pair<std::string, std::string>> told(const Statement& statement) {
  constexpr std::size_t k_shown = 20;
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto name : k_expectations)
    for (const auto& value : stated(statement, name)) {
      if (lines.size() >= k_shown) break;
      lines.emplace_back(name, value);
    }
  const auto& predicate = statement.predicate;
  for (const auto* time : {"startedOn", "finishedOn"})
    if (const auto text = predicate["runDetails"]["metadata"].text(time); !text.empty()) lines.emplace_back(time, text);
  // Where parts came from is told by those that have an origin; files of the source follow.
  std::vector<std::string_view> parts;
  const auto dependencies = predicate["buildDefinition"]["resolvedDependencies"].items();
  for (const auto* kind : {"uri", "name"})
    for (const auto& each : dependencies)
      if (each.text("uri").empty() == (std::string_view{kind} == "name")) parts.push_back(each.text(kind));
  for (std::size_t i = 0; i < std::min(parts.size(), k_shown); ++i) lines.emplace_back("part", parts[i]);
  if (parts.size() > k_shown) lines.emplace_back("part", fmt::format("and {} more", parts.size() - k_shown));
  for (const auto* list : {"components", "packages"})
    if (predicate.has(list)) lines.emplace_back("contains", fmt::format("{} {}", predicate[list].items().size(), list));
  if (predicate.has("verdict")) lines.emplace_back("verdict", predicate.text("verdict"));
  return lines;
}

Result<VerificationPolicy> VerificationPolicy::parse(std::string_view text, const std::string& file) {
  try {
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    const auto table = toml::parse(text, file);
    return PolicyReader{file}.read(table);
  } catch (const toml::parse_error& error) {
    const auto place = error.source().begin;
    return Error{ErrorCode::usage,
                 std::string{error.description()},
                 fmt::format("{}:{}:{}", file, place.line, place.column),
                 {}};
  }
}

Link evaluate(const VerificationPolicy& policy, std::span<const VerifiedStatement> statements) {
  Link link;
  link.name = "policy";
  for (const auto& requirement : policy.requirements) link.add(evaluate_requirement(requirement, statements));
  link.settle();
  const auto unmet_one = std::find_if(link.children.begin(), link.children.end(),
                                      [](const Link& child) { return child.state != LinkState::ok; });
  link.detail = unmet_one == link.children.end()
                    ? fmt::format("{} met", link.children.size() == 1
                                                ? "its one requirement is"
                                                : fmt::format("all {} requirements are", link.children.size()))
                    : fmt::format("decided by \"{}\", which is not met", unmet_one->name);
  return link;
}

std::string explain(const VerificationPolicy& policy, std::span<const VerifiedStatement> statements) {
  const auto link = evaluate(policy, statements);
  std::string out = fmt::format("the policy would {} the artifact: {}\n",
                                link.state == LinkState::ok ? "accept" : "refuse", escape_for_display(link.detail));
  for (std::size_t i = 0; i < policy.requirements.size(); ++i) {
    const auto& met = link.children[i];
    out += fmt::format("\n{}. {}: {}, {}\n", i + 1, escape_for_display(met.name),
                       met.state == LinkState::ok ? "met" : "not met", escape_for_display(met.detail));
    for (const auto& line : asked_for(policy.requirements[i]))
      out += fmt::format("   asks for {}\n", escape_for_display(line));
    for (const auto& [source, verdict] : met.evidence)
      out += fmt::format("   {}: {}\n", escape_for_display(source), escape_for_display(verdict));
  }
  return out;
}

}  // namespace assay::attest
