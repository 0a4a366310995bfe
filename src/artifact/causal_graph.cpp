#include "artifact/causal_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "artifact/cause.hpp"
#include "artifact/proof.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

bool is_below(std::string_view path, std::string_view root) {
  return root.empty() || path == root ||
         (path.size() > root.size() && path.starts_with(root) &&
          (path[root.size()] == '!' || path[root.size()] == '/'));
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool touches_privilege(const Change& change) {
  return change.aspect == Aspect::mode || change.aspect == Aspect::owner || change.aspect == Aspect::xattr;
}

class CausalGraph {
 public:
  CausalGraph(const DerivedValues& derived, const DatesBorne& dates, Comparison& comparison)
      : m_derived(derived), m_out(comparison), m_changes(comparison.changes) {
    for (const auto made : {dates.members_before, dates.file_before})
      if (made > 86400) m_facts.made_before.insert(year_of(made));
    for (const auto made : {dates.members_after, dates.file_after})
      if (made > 86400) m_facts.made_after.insert(year_of(made));
    m_facts.newest_before = dates.members_before;
    m_facts.newest_after = dates.members_after;
    if (dates.file_before > 0) m_facts.last_before = std::max(dates.file_before, dates.members_before);
    if (dates.file_after > 0) m_facts.last_after = std::max(dates.file_after, dates.members_after);
    note_day(m_facts.days_before, dates.file_before);
    note_day(m_facts.days_after, dates.file_after);
  }

  void run(Node&& root) {
    flatten(std::move(root));
    find_derived();
    gather_facts();
    assign_causes();
    settle_consequences();
    collect_consequences();
    rank();
    list_neutralised();
  }

 private:
  void flatten(Node&& node) {
    const bool said = !node.changes.empty() || !node.item.notes.empty();
    if (said || !node.children.empty()) {
      if (said) {
        auto item = std::move(node.item);
        for (auto& change : node.changes) {
          item.changes.push_back(static_cast<std::uint32_t>(m_changes.size()));
          item.impact = std::min(item.impact, change.impact);
          m_changes.push_back(std::move(change));
        }
        m_out.items.push_back(std::move(item));
      }
      for (auto& child : node.children) flatten(std::move(child));
    }
  }

  /// Digests and sizes of other parts, whatever file they stand in.
  void find_derived() {
    for (auto& change : m_changes) {
      if (change.derived_from.empty() && (change.aspect == Aspect::name || change.aspect == Aspect::link))
        derive_name(change);
      if (!change.derived_from.empty() || change.aspect != Aspect::content) continue;
      if (change.token != "digest" && change.token != "revision" && change.token != "word" && change.token != "random")
        continue;
      const auto from = m_derived.find(change.before, change.after);
      if (from.empty()) continue;
      change.derived_from = from;
      change.aspect = Aspect::checksum;
      m_digests_told.insert({change.path, from});
    }
    for (auto& change : m_changes) {
      if (!change.derived_from.empty() || change.aspect != Aspect::content) continue;
      if (const auto before = decimal(change.before), after = decimal(change.after); before && after)
        derive_size(change, *before, *after);
    }
  }

  /// A name made of a digest, as images give to their layers, follows from what has that digest; so does a link to it.
  void derive_name(Change& change) const {
    const auto digest_of = [](const std::string& name) -> std::optional<Token> {
      for (const auto& token : scan_tokens(name))
        if (token.kind == TokenKind::digest) return token;
      return std::nullopt;
    };
    const auto before = digest_of(change.before);
    const auto after = digest_of(change.after);
    if (!before || !after) return;
    const auto from = m_derived.find(change.before.substr(before->begin, before->size),
                                     change.after.substr(after->begin, after->size));
    const bool same_rest = std::string{change.before}.replace(before->begin, before->size, "") ==
                           std::string{change.after}.replace(after->begin, after->size, "");
    if (from.empty() || !same_rest) return;
    change.derived_from = from;
    change.aspect = Aspect::checksum;
    change.reason = "a name made of the digest of " + escape_for_display(from);
  }

  /// A number is a size of something else only where the file says so: beside the name of what has that size, beside its
  /// digest, or in a field of a package's header. A setting that happens to have the value is none.
  void derive_size(Change& change, std::uint64_t before, std::uint64_t after) const {
    const auto derive = [&](std::string from) {
      if (from.empty()) return;
      change.derived_from = std::move(from);
      change.aspect = Aspect::size;
    };
    if (is_size_of_package(change)) return derive(m_derived.find_growth(change.path, before, after));
    const auto from = m_derived.find_size(before, after);
    if (from.empty() || steers(change, m_facts)) return;
    const bool field =
        change.impact == Impact::metadata && !change.place.starts_with(".") && !change.place.starts_with("line ");
    const auto name = path_basename(from);
    const bool named = from != k_whole_artifact && change.context.find(name) != std::string::npos;
    if (field || named || m_digests_told.contains({change.path, from})) derive(from);
  }

  /// The field of a package's own description that counts what it installs.
  static bool is_size_of_package(const Change& change) {
    const auto lead = lead_of(change);
    const auto parts = ContainerPath::parse(change.path).parts();
    const auto name = parts.empty() ? std::string_view{} : path_basename(parts.back());
    const bool control =
        name == "control" && parts.size() > 1 && path_basename(parts[parts.size() - 2]).starts_with("control.tar");
    return (control && lead == "installed-size: ") || (name == ".PKGINFO" && lead == "size = ");
  }

  /// All that dh_installchangelogs(1) writes where it cuts.
  static bool says_entries_removed(std::string_view text) {
    constexpr std::string_view k_says = "# Older entries have been removed from this changelog.\n";
    constexpr std::string_view k_read = "# To read the complete changelog use `apt changelog ", k_end = "`.\n";
    if (!text.starts_with(k_says) || !text.substr(k_says.size()).starts_with(k_read) || !text.ends_with(k_end))
      return false;
    const auto begin = k_says.size() + k_read.size();
    return text.size() > begin + k_end.size() && text.find('\n', begin) == text.size() - 1;
  }

  void gather_facts() {
    m_facts.changes = m_changes.size();
    m_facts.name = m_out.after.name;
    for (const auto& change : m_changes) {
      // What is to prove a value in code must not be said by code itself.
      const bool quiet = !steers(change, m_facts);
      if (change.token != "epoch" && quiet && !is_loaded(change)) {
        if (const auto moments = moments_of(change)) {
          const bool field = change.aspect == Aspect::time;
          note_day(field ? m_facts.fields_before : m_facts.days_before, moments->first);
          note_day(field ? m_facts.fields_after : m_facts.days_after, moments->second);
          if (moments->first > 86400 && moments->second > 86400)
            m_facts.years.insert({year_of(moments->first), year_of(moments->second)});
        }
      }
      if (change.token == "path" || change.token == "temporary")
        if (const auto roots = path_roots(change, Tail::needed)) {
          m_facts.roots[*roots] += change.count;
          if (quiet) m_facts.quiet_roots[*roots] += change.count;
        }
      if (change.token == "version" && !is_policy_of_cmake(change) &&
          (change.place == "VERSION" || lead_of(change).find("version") != std::string::npos))
        note_version(change.before, change.after);
      if (change.token == "version" && names_build_tool(change))
        for (const auto& versions : with_shorter(change.before, change.after)) m_facts.tools.insert(versions);
      if (change.place == "top directory" || change.aspect == Aspect::name) note_name_versions(change);
      if (change.aspect == Aspect::identity) m_facts.relinked.insert(change.path);
      if (says_entries_removed(change.before.empty() ? change.after : change.before))
        m_facts.cut_changelogs.insert({change.path, change.place});
      if (change.aspect == Aspect::time && change.place == "mtime" && change.path.ends_with(".py"))
        m_facts.sources[change.path] = {change.before, change.after};
    }
  }

  static void note_day(BuildFacts::Days& days, std::int64_t epoch) {
    if (epoch > 86400) ++days[epoch / 86400];
  }

  void note_version(const std::string& before, const std::string& after) {
    for (const auto& versions : with_shorter(before, after)) m_facts.versions.insert(versions);
  }

  /// A full version stands for its upstream part too, and for itself without its epoch: "1:3.0.20-1~deb12u2" for
  /// "3.0.20-1~deb12u2" and "3.0.20".
  static std::set<std::pair<std::string, std::string>> with_shorter(std::string before, std::string after) {
    std::set<std::pair<std::string, std::string>> all;
    const auto cut_epoch = [](std::string& text) {
      const auto colon = text.find(':');
      if (colon == std::string::npos) return false;
      text.erase(0, colon + 1);
      return true;
    };
    const auto cut_revision = [](std::string& text) {
      const auto dash = text.find_last_of('-');
      if (dash == std::string::npos) return false;
      text.resize(dash);
      return true;
    };
    const auto add = [&] {
      if (before != after) all.insert({before, after});
    };
    add();
    const bool epoch = cut_epoch(before);  // of both, whatever the other says
    if (cut_epoch(after) && epoch) add();
    for (bool more = true; more;) {
      add();
      const bool shorter = cut_revision(before);
      more = cut_revision(after) && shorter;
    }
    return all;
  }

  void note_name_versions(const Change& change) {
    const auto version = [](const std::string& name) -> std::string {
      for (const auto& token : scan_tokens(name))
        if (token.kind == TokenKind::version) return name.substr(token.begin, token.size);
      return {};
    };
    auto before = version(change.before);
    auto after = version(change.after);
    if (!before.empty() && !after.empty()) note_version(before, after);
  }

  void assign_causes() {
    for (std::uint32_t i = 0; i < m_changes.size(); ++i) {
      auto& change = m_changes[i];
      if (!change.derived_from.empty()) {
        change.standing = Standing::consequence;
        continue;
      }
      assign(i);
    }
  }

  bool assign(std::uint32_t index) {
    auto& change = m_changes[index];
    for (const auto& cause : causes()) {
      auto match = cause.judge(change, m_facts);
      if (!match) continue;
      if (const auto bound = bounded(cause.id, *match, change, m_facts); bound != match->confidence) {
        // A root of its own: what is sure elsewhere stays sure.
        match->confidence = bound;
        match->key += "?";
        match->evidence += ", which proves nothing in what runs";
      }
      const auto number = root_of(cause, *match);
      auto& root = m_out.causes[number];
      root.changes.push_back(index);
      root.bytes += change.bytes;
      root.confidence = std::min(root.confidence, match->confidence);
      root.in_code = root.in_code || change.impact == Impact::code || change.impact == Impact::script ||
                     change.impact == Impact::maintainer_script;
      root.privileged = root.privileged || touches_privilege(change);
      if (std::find(root.evidence.begin(), root.evidence.end(), match->evidence) == root.evidence.end() &&
          root.evidence.size() < 6)
        root.evidence.push_back(match->evidence);
      change.standing = Standing::caused;
      change.cause = number;
      change.reason = match->evidence;
      return true;
    }
    return false;
  }

  std::uint32_t root_of(const Cause& cause, const Match& match) {
    const auto [found, fresh] =
        m_roots.try_emplace({std::string{cause.id}, match.key}, static_cast<std::uint32_t>(m_out.causes.size()));
    if (fresh) {
      RootCause root;
      root.id = cause.id;
      root.title = cause.title;
      root.summary = match.summary;
      root.remedy = cause.remedy;
      m_out.causes.push_back(std::move(root));
    }
    return found->second;
  }

  /// A consequence needs something that it follows from; one that has nothing is a root or a leftover itself. What
  /// follows from a consequence follows from what that follows from.
  void settle_consequences() {
    settle();
    for (std::uint32_t i = 0; i < m_changes.size(); ++i) {
      auto& change = m_changes[i];
      if (change.standing != Standing::consequence || !m_reasons[i].empty() || m_of_leftover[i]) continue;
      if (change.aspect != Aspect::identity) continue;
      change.standing = Standing::unexplained;
      assign(i);
    }
    settle();
    for (std::uint32_t i = 0; i < m_changes.size(); ++i) {
      auto& change = m_changes[i];
      if (change.standing != Standing::consequence || !m_reasons[i].empty() || m_of_leftover[i]) continue;
      change.standing = Standing::unexplained;
      change.reason = "would follow from a change that is not there";
      assign(i);
    }
  }

  void settle() {
    m_reasons.assign(m_changes.size(), {});
    m_of_leftover.assign(m_changes.size(), false);
    std::map<std::string, std::vector<std::uint32_t>, std::less<>> by_path;
    for (std::uint32_t i = 0; i < m_changes.size(); ++i) by_path[m_changes[i].path].push_back(i);
    for (int round = 0; round < k_most_rounds; ++round) {
      // What is below one place is the same for all that follow from it, and they may be as many as the lines of a list.
      std::map<std::pair<std::string_view, bool>, Reached> reached;
      bool grown = false;
      for (std::uint32_t i = 0; i < m_changes.size(); ++i) {
        if (m_changes[i].standing != Standing::consequence) continue;
        const bool within = is_within_content(m_changes[i]);
        const auto [slot, fresh] = reached.try_emplace({m_changes[i].derived_from, within});
        if (fresh) slot->second = reached_from(m_changes[i].derived_from, within, by_path);
        grown = take(slot->second, i) || grown;
      }
      if (!grown) return;
    }
  }

  static constexpr int k_most_rounds = 32;

  /// What a consequence comes down to: root causes, and changes that nothing explains.
  struct Reached {
    std::set<std::uint32_t> causes;
    bool leftover = false;
  };

  /// It follows from other bytes of its file, never from what a container's header says about the file.
  static bool is_within_content(const Change& change) {
    return change.aspect == Aspect::offset || change.aspect == Aspect::identity || change.aspect == Aspect::debug_link;
  }
  /// The header's own checksum included.
  static bool is_of_header(const Change& change) {
    const auto aspects = {Aspect::time, Aspect::mode, Aspect::owner,   Aspect::xattr,
                          Aspect::name, Aspect::size, Aspect::checksum};
    return std::find(aspects.begin(), aspects.end(), change.aspect) != aspects.end();
  }

  Reached reached_from(std::string_view from, bool within_content,
                       const std::map<std::string, std::vector<std::uint32_t>, std::less<>>& by_path) const {
    Reached reached;
    const auto root = from == k_whole_artifact ? std::string_view{} : from;
    const auto add = [&](std::uint32_t index) {
      const auto& change = m_changes[index];
      if (within_content && change.path == root && is_of_header(change)) return;
      if (change.standing == Standing::unexplained) reached.leftover = true;
      if (change.standing == Standing::caused) reached.causes.insert(*change.cause);
      if (change.standing != Standing::consequence) return;
      reached.causes.insert(m_reasons[index].begin(), m_reasons[index].end());
      reached.leftover = reached.leftover || m_of_leftover[index];
    };
    for (auto entry = by_path.lower_bound(root);
         entry != by_path.end() && (root.empty() || entry->first.starts_with(root)); ++entry)
      if (is_below(entry->first, root))
        for (const auto index : entry->second) add(index);
    return reached;
  }

  /// True if that is more than was known of the change.
  bool take(const Reached& reached, std::uint32_t index) {
    const auto before = m_reasons[index].size();
    m_reasons[index].insert(reached.causes.begin(), reached.causes.end());
    const bool grown = m_reasons[index].size() != before || (reached.leftover && !m_of_leftover[index]);
    m_of_leftover[index] = m_of_leftover[index] || reached.leftover;
    return grown;
  }

  static std::string consequence_name(const Change& change) {
    if (change.aspect == Aspect::checksum && change.path.ends_with("md5sums")) return "md5sums";
    switch (change.aspect) {
      case Aspect::checksum:
        return "checksum";
      case Aspect::size:
        return "size";
      case Aspect::offset:
        return "offsets and addresses";
      case Aspect::identity:
        return "build-id";
      case Aspect::debug_link:
        return "debug link";
      case Aspect::signature:
        return "signature";
      case Aspect::compression:
        return "compressed bytes";
      default:
        return std::string{to_string(change.aspect)};
    }
  }

  void collect_consequences() {
    for (std::uint32_t i = 0; i < m_changes.size(); ++i) {
      auto& change = m_changes[i];
      if (change.standing == Standing::unexplained) m_out.leftovers.push_back(i);
      if (change.standing != Standing::consequence) continue;
      if (change.reason.empty())
        change.reason =
            "derives from " +
            (change.derived_from == k_whole_artifact ? "the artifact" : escape_for_display(change.derived_from));
      if (m_reasons[i].empty() && !m_of_leftover[i]) continue;
      if (!m_of_leftover[i]) change.cause = *m_reasons[i].begin();
      // One line for each: a consequence of several causes stands with the first, but never with one where something
      // unexplained has it too: a changed build-id does not follow from a date if code changed as well.
      auto& list = m_of_leftover[i] ? m_out.leftover_consequences : m_out.causes[*change.cause].consequences;
      const auto name = consequence_name(change);
      const auto found = std::find_if(list.begin(), list.end(),
                                      [&](const Consequence& consequence) { return consequence.what == name; });
      if (found == list.end()) list.push_back({name, {i}});
      else found->changes.push_back(i);
    }
  }

  void rank() {
    std::stable_sort(m_out.leftovers.begin(), m_out.leftovers.end(), [&](std::uint32_t x, std::uint32_t y) {
      const auto& a = m_changes[x];
      const auto& b = m_changes[y];
      return a.impact != b.impact ? a.impact < b.impact : a.bytes > b.bytes;
    });
    std::vector<std::uint32_t> order(m_out.causes.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
      return weight(m_out.causes[x]) > weight(m_out.causes[y]);
    });
    std::vector<std::uint32_t> place(order.size());
    std::vector<RootCause> sorted;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      sorted.push_back(std::move(m_out.causes[order[i]]));
    }
    m_out.causes = std::move(sorted);
    for (auto& change : m_changes)
      if (change.cause) change.cause = place[*change.cause];
    for (auto& cause : m_out.causes) finish(cause);
  }

  /// A cause that reaches what runs comes first, a guess last; then the one that explains more.
  /// Before all of them stands that the artifact itself is another version: most of what differs is no matter of its build.
  std::pair<int, std::uint64_t> weight(const RootCause& cause) const {
    const bool own = std::any_of(cause.changes.begin(), cause.changes.end(),
                                 [&](std::uint32_t index) { return names_artifact(m_changes[index]); });
    if (cause.id == "version" && own) return {4, cause.changes.size()};
    const bool guess = cause.confidence == Confidence::guess;
    const bool headers_only = cause.id == "dialect" || cause.id == "zip-extra";
    return {guess ? 0 : headers_only ? 1 : cause.in_code ? 3 : 2, cause.changes.size()};
  }

  /// Its top directory, or a field of its own description.
  static bool names_artifact(const Change& change) {
    if (change.place == "top directory" || change.place == "VERSION" || change.place == "RELEASE") return true;
    const auto name = path_basename(std::string_view{change.path}.substr(change.path.rfind('!') + 1));
    return (name == "control" || name == ".PKGINFO" || name == "METADATA" || name == "PKG-INFO") &&
           starts_with_any(lead_of(change), {"version: ", "pkgver = "});
  }

  void finish(RootCause& cause) const {
    std::map<std::string, std::uint64_t> seen;
    for (const auto index : cause.changes) ++seen[m_changes[index].before + "\1" + m_changes[index].after];
    if (seen.size() > 1) cause.summary += fmt::format(" and {} other{}", seen.size() - 1, seen.size() == 2 ? "" : "s");
  }

  void list_neutralised() {
    for (const auto& cause : m_out.causes) {
      std::uint64_t count = 0;
      for (const auto index : cause.changes) count += m_changes[index].count;
      m_out.neutralised.push_back(fmt::format(
          "{}{}: {}{}{}", cause.id, cause.confidence == Confidence::guess ? " (guess)" : "", count_of(count, "place"),
          cause.in_code ? ", in code or scripts" : "", cause.privileged ? ", in mode or owner" : ""));
    }
    std::map<std::string, std::uint64_t> derived;
    for (const auto& change : m_changes)
      if (change.standing == Standing::consequence) derived[consequence_name(change)] += change.count;
    for (const auto& [name, count] : derived)
      m_out.neutralised.push_back(fmt::format("{} that follow from changes: {}", name, count_of(count, "place")));
    const bool guessed = std::any_of(m_out.causes.begin(), m_out.causes.end(),
                                     [](const RootCause& cause) { return cause.confidence == Confidence::guess; });
    m_out.closed =
        !m_out.equal && m_out.leftovers.empty() && !guessed && !m_out.causes.empty() && m_out.coverage.complete();
  }

  const DerivedValues& m_derived;
  Comparison& m_out;
  std::vector<Change>& m_changes;
  BuildFacts m_facts;
  std::map<std::pair<std::string, std::string>, std::uint32_t> m_roots;
  std::set<std::pair<std::string, std::string>> m_digests_told;  ///< files, and what they tell a digest of
  std::vector<std::set<std::uint32_t>> m_reasons;                ///< causes that each consequence follows from
  std::vector<bool> m_of_leftover;                               ///< it follows from what is unexplained
};

}  // namespace

void explain(Node&& root, const DerivedValues& derived, const DatesBorne& dates, Comparison& comparison) {
  CausalGraph{derived, dates, comparison}.run(std::move(root));
}

}  // namespace assay::artifact
