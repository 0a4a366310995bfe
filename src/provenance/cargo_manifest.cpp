#include "provenance/cargo_manifest.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <vector>

#include "base/text.hpp"
#include "base/toml_nesting.hpp"

namespace assay::provenance {

namespace {

using namespace std::string_literals;

Result<toml::table> parse(std::string_view text, std::string_view what) {
  try {
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::format, fmt::format("{} is no TOML: {}", what, error.description()), {}, {}};
  }
}

std::string written(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

bool same(const toml::node* a, const toml::node* b) {
  return a != nullptr && b != nullptr && a->type() == b->type() && written(*a) == written(*b);
}

bool is_false(const toml::node& node) {
  return node.value<bool>() == false;
}

const toml::table* table_at(const toml::table& root, std::string_view path) {
  return root.at_path(path).as_table();
}

/// `x.workspace = true`, or `x = { workspace = true }`.
bool is_inherited(const toml::node* node) {
  const auto* table = node != nullptr ? node->as_table() : nullptr;
  return table != nullptr && (*table)["workspace"].value<bool>() == true;
}

constexpr std::array<std::string_view, 3> k_dependencies{"dependencies", "dev-dependencies", "build-dependencies"};
constexpr std::array<std::string_view, 4> k_target_lists{"bin", "test", "example", "bench"};

bool is_dependencies(std::string_view key) {
  return std::find(k_dependencies.begin(), k_dependencies.end(), key) != k_dependencies.end();
}
bool is_target_list(std::string_view key) {
  return std::find(k_target_lists.begin(), k_target_lists.end(), key) != k_target_lists.end();
}

/// Where a dependency is taken from: cargo leaves that out, as the registry has it.
constexpr std::array<std::string_view, 6> k_places{"path", "git", "branch", "tag", "rev", "workspace"};

class Comparison {
 public:
  Comparison(const toml::table& made, const toml::table& source, const toml::table& workspace,
             const CargoSources& sources)
      : m_made(made), m_source(source), m_workspace(workspace), m_sources(sources) {}

  std::string mismatch() {
    for (const auto& [key, node] : m_made) compare_top(key.str(), node);
    for (const auto& [key, node] : m_source) look_for_loss(key.str(), node);
    return m_mismatch;
  }

 private:
  void differs(const std::string& what) {
    if (m_mismatch.empty()) m_mismatch = what;
  }

  void compare_top(std::string_view key, const toml::node& node) {
    const auto* source = m_source.get(key);
    if (key == "package" || key == "project") return compare_package(node);
    if (is_dependencies(key)) return compare_dependencies(std::string{key}, node, source);
    if (key == "target") return compare_platforms(node);
    if (key == "lib") return compare_target("lib", node, source);
    if (is_target_list(key)) return compare_targets(std::string{key}, node, source);
    if (key == "lints" && is_inherited(source)) source = m_workspace.at_path("workspace.lints").node();
    const bool as_declared = key == "profile" ? same_profiles(node, source) : same(&node, source);
    if (!as_declared) differs(fmt::format("[{}] is not as in version control", key));
  }

  /// cargo writes `debug = true` as the level it means.
  static bool same_profiles(const toml::node& made, const toml::node* source) {
    if (source == nullptr || !made.is_table() || !source->is_table()) return false;
    toml::table wanted = *source->as_table();
    for (auto&& [name, profile] : wanted) {
      auto* settings = profile.as_table();
      const auto debug = settings != nullptr ? (*settings)["debug"].value_exact<bool>() : std::nullopt;
      if (debug) settings->insert_or_assign("debug", *debug ? 2 : 0);
    }
    return written(wanted) == written(made);
  }

  void compare_package(const toml::node& node) {
    const auto* made = node.as_table();
    const auto* source = m_source.contains("package") ? table_at(m_source, "package") : table_at(m_source, "project");
    if (made == nullptr || source == nullptr) return differs("[package] is no table");
    for (const auto& [key, value] : *made) {
      const auto* declared = source->get(key);
      if (is_inherited(declared)) declared = m_workspace.at_path(fmt::format("workspace.package.{}", key.str())).node();
      if (same(&value, declared) || is_package_default(key.str(), value, declared)) continue;
      differs(fmt::format("package.{} is not as in version control", key.str()));
    }
    for (const auto& [key, value] : *source)
      if (!made->contains(key) && key != "workspace") differs(fmt::format("package.{} is gone", key.str()));
  }

  /// What cargo writes out where the author relied on the place of a file, or on the workspace's resolver.
  bool is_package_default(std::string_view key, const toml::node& value, const toml::node* declared) const {
    if (key.starts_with("auto")) return declared == nullptr && is_false(value) && lists_all_found(key.substr(4));
    if (key == "resolver") return declared == nullptr && same(&value, m_workspace.at_path("workspace.resolver").node());
    if (key != "build" && key != "readme") return false;
    if (declared == nullptr && is_false(value)) return key != "build" || !m_sources.has_file("build.rs");
    const auto path = value.value<std::string>();
    if (!path || !m_sources.has_file(*path)) return false;
    if (key == "build") return declared == nullptr && *path == "build.rs";
    return declared == nullptr ? starts_with_any(*path, {"README"})
                               : written(*declared).find(path_basename(*path)) != std::string::npos;
  }

  /// The author may keep the sources of tests, examples and benchmarks out of what is published; what is not has no target either.
  bool is_kept_back(std::string_view kind, std::string_view path) const {
    return kind != "bin" && (m_source.at_path("package.exclude") || m_source.at_path("package.include")) &&
           !m_sources.is_published(path);
  }

  /// With `autobins = false` there are no programs but those listed, so every one that cargo would find has to be.
  bool lists_all_found(std::string_view kinds) const {
    const auto is_listed = [&](const std::string& kind, const std::string& path) {
      const auto* targets = m_made.get(kind);
      if (targets == nullptr) return false;
      if (targets->is_table()) return (*targets->as_table())["path"].value_or("src/lib.rs"s) == path;
      return targets->is_array() &&
             std::any_of(targets->as_array()->begin(), targets->as_array()->end(), [&](const toml::node& one) {
               return one.is_table() && (*one.as_table())["path"].value<std::string>() == path;
             });
    };
    if (kinds == "lib") return !m_sources.has_file("src/lib.rs") || is_listed("lib", "src/lib.rs");
    const auto kind = std::string{kinds == "benches" ? "bench" : kinds.substr(0, kinds.size() - 1)};
    if (!is_target_list(kind)) return false;
    if (kind == "bin" && m_sources.has_file("src/main.rs") && !is_listed(kind, "src/main.rs")) return false;
    const auto directory = kind == "bin" ? "src/bin"s : std::string{kinds};
    const auto files = m_sources.files_below(directory);
    return std::all_of(files.begin(), files.end(), [&](const std::string& path) {
      const auto below = path.substr(directory.size() + 1);
      const auto slash = below.find('/');
      const bool is_target = slash == std::string::npos ? below.ends_with(".rs") : below.substr(slash) == "/main.rs";
      return !is_target || is_listed(kind, path) || is_kept_back(kind, path);
    });
  }

  void compare_dependencies(const std::string& place, const toml::node& node, const toml::node* source) {
    const auto* made = node.as_table();
    const auto* declared = source != nullptr ? source->as_table() : nullptr;
    if (made == nullptr || declared == nullptr) return differs(fmt::format("version control has no [{}]", place));
    for (const auto& [key, value] : *made)
      compare_dependency(fmt::format("{}.{}", place, key.str()), value, declared->get(key), key.str());
    for (const auto& [key, value] : *declared)
      if (!made->contains(key) && !may_be_left_out(place, value))
        differs(fmt::format("{}.{} is gone", place, key.str()));
  }

  /// A development dependency on something beside the crate is not published.
  static bool may_be_left_out(std::string_view place, const toml::node& value) {
    const auto* table = value.as_table();
    return place.ends_with("dev-dependencies") && table != nullptr && !table->contains("version") &&
           table->contains("path");
  }

  static bool may_all_be_left_out(std::string_view place, const toml::node& node) {
    const auto* table = node.as_table();
    return table != nullptr && std::all_of(table->begin(), table->end(),
                                           [&](const auto& pair) { return may_be_left_out(place, pair.second); });
  }

  void compare_dependency(const std::string& place, const toml::node& value, const toml::node* declared,
                          std::string_view name) {
    toml::table wanted;
    if (declared == nullptr) return differs(fmt::format("version control does not depend on {}", place));
    if (is_inherited(declared))
      add_to(wanted, m_workspace.at_path(fmt::format("workspace.dependencies.{}", name)).node(), Adds::first);
    add_to(wanted, declared, is_inherited(declared) ? Adds::over_workspace : Adds::first);
    toml::table made;
    add_to(made, &value, Adds::first);
    for (auto* table : {&wanted, &made})
      if ((*table)[k_default_features].value<bool>() == true) table->erase(k_default_features);
    // Only what the author wrote is rid of its places: cargo publishes none, so one that is there now was put there.
    for (const auto key : k_places) wanted.erase(key);
    if (written(wanted) != written(made)) differs(fmt::format("{} is not as in version control", place));
  }
  static constexpr std::string_view k_default_features = "default-features";
  enum class Adds { first, over_workspace };

  /// A dependency as a table. The member's features add to the workspace's; it may turn on the default ones that the workspace turns off,
  /// and not turn off others.
  static void add_to(toml::table& out, const toml::node* node, Adds adds) {
    if (node == nullptr) return;
    if (node->is_string()) {
      out.insert_or_assign("version", *node->as_string());
      return;
    }
    const auto* table = node->as_table();
    if (table == nullptr) return;
    for (const auto& [key, value] : *table) {
      auto* existing = out.get(key);
      const bool over = adds == Adds::over_workspace;
      if (over && key == "features" && existing != nullptr && existing->is_array() && value.is_array()) {
        for (const auto& feature : *value.as_array()) existing->as_array()->push_back(feature.value_or(std::string{}));
      } else if (!(over && key == k_default_features && is_false(value))) {
        value.visit([&, &name = key](const auto& typed) { out.insert_or_assign(name, typed); });
      }
    }
  }

  void compare_platforms(const toml::node& node) {
    const auto* made = node.as_table();
    const auto* declared = table_at(m_source, "target");
    if (made == nullptr || declared == nullptr) return differs("version control has no [target]");
    for (const auto& [platform, tables] : *made) {
      const auto* source = declared->get_as<toml::table>(platform);
      if (source == nullptr || !tables.is_table())
        return differs(fmt::format("version control has no [target.'{}']", platform.str()));
      for (const auto& [key, value] : *tables.as_table())
        compare_dependencies(fmt::format("target.{}.{}", platform.str(), key.str()), value, source->get(key));
    }
    for (const auto& [platform, tables] : *declared)
      if (tables.is_table())
        look_for_lost_platform(platform.str(), *tables.as_table(), made->get_as<toml::table>(platform));
  }

  void look_for_lost_platform(std::string_view platform, const toml::table& declared, const toml::table* made) {
    for (const auto& [key, value] : declared) {
      const bool there = made != nullptr && made->contains(key);
      if (!there && !may_all_be_left_out(key.str(), value))
        differs(fmt::format("[target.'{}'.{}] is gone", platform, key.str()));
    }
  }

  void compare_targets(const std::string& kind, const toml::node& node, const toml::node* source) {
    const auto* made = node.as_array();
    if (made == nullptr) return differs(fmt::format("[[{}]] is no list", kind));
    for (const auto& one : *made) {
      const auto name = one.is_table() ? (*one.as_table())["name"].value<std::string>() : std::nullopt;
      if (!name) return differs(fmt::format("a [[{}]] has no name", kind));
      const toml::node* declared = nullptr;
      if (source != nullptr && source->is_array())
        for (const auto& candidate : *source->as_array())
          if (candidate.is_table() && (*candidate.as_table())["name"].value<std::string>() == name)
            declared = &candidate;
      compare_target(kind, one, declared);
    }
    if (source != nullptr && source->is_array())
      for (const auto& one : *source->as_array())
        if (one.is_table()) look_for_lost_target(kind, *one.as_table(), *made);
  }

  void look_for_lost_target(const std::string& kind, const toml::table& declared, const toml::array& made) {
    const auto name = declared["name"].value<std::string>();
    const bool there = std::any_of(made.begin(), made.end(), [&](const toml::node& one) {
      return one.is_table() && (*one.as_table())["name"].value<std::string>() == name;
    });
    const auto directory = kind == "bench" ? "benches"s : kind + "s";
    const auto places = declared["path"].is_string()
                            ? std::vector{declared["path"].value_or(""s)}
                            : std::vector{fmt::format("{}/{}.rs", directory, name.value_or(""s)),
                                          fmt::format("{}/{}/main.rs", directory, name.value_or(""s))};
    const bool is_back =
        std::all_of(places.begin(), places.end(), [&](const std::string& path) { return is_kept_back(kind, path); });
    if (!there && !is_back) differs(fmt::format("[[{}]] {} is gone", kind, name.value_or("without a name")));
  }

  void compare_target(const std::string& kind, const toml::node& node, const toml::node* declared) {
    const auto* made = node.as_table();
    const auto* source = declared != nullptr ? declared->as_table() : nullptr;
    if (made == nullptr) return differs(fmt::format("[{}] is no table", kind));
    for (const auto& [key, value] : *made) {
      if (source != nullptr && same(&value, source->get(key))) continue;
      if (source != nullptr && source->contains(key))
        return differs(fmt::format("{}.{} is not as in version control", kind, key.str()));
      if (key == "path" &&
          stands_where_cargo_looks(kind, value.value_or(std::string{}), (*made)["name"].value_or(std::string{})))
        continue;
      if (key == "name" && is_name_by_default(kind, value.value_or(std::string{}), *made)) continue;
      return differs(fmt::format("{}.{} is not in version control", kind, key.str()));
    }
    if (source != nullptr)
      for (const auto& [key, value] : *source)
        if (!made->contains(key)) differs(fmt::format("{}.{} is gone", kind, key.str()));
  }

  /// Of a target that the author did not name: the package's, or that of its file, which stands_where_cargo_looks() asks for.
  bool is_name_by_default(std::string_view kind, const std::string& name, const toml::table& target) const {
    auto package = m_source.at_path("package.name").value_or(m_source.at_path("project.name").value_or(std::string{}));
    if (kind == "lib") std::replace(package.begin(), package.end(), '-', '_');
    const bool of_package = kind == "lib" || (kind == "bin" && target["path"].value<std::string>() == "src/main.rs");
    return !of_package || name == package;
  }

  bool stands_where_cargo_looks(std::string_view kind, const std::string& path, const std::string& name) const {
    if (!m_sources.has_file(path)) return false;
    if (kind == "lib") return path == "src/lib.rs";
    if (kind == "bin" && path == "src/main.rs") return true;
    const auto directory = kind == "bin"     ? std::string{"src/bin"}
                           : kind == "bench" ? "benches"
                                             : fmt::format("{}s", kind);
    return path == fmt::format("{}/{}.rs", directory, name) || path == fmt::format("{}/{}/main.rs", directory, name);
  }

  void look_for_loss(std::string_view key, const toml::node& node) {
    const bool dropped = key == "workspace" || key == "patch" || key == "replace" || key == "badges" ||
                         key == "cargo-features" || key == "project" || key == "package";
    if (dropped || m_made.contains(key)) return;
    if (is_dependencies(key) && may_all_be_left_out(key, node)) return;
    differs(fmt::format("[{}] is gone", key));
  }

  const toml::table& m_made;
  const toml::table& m_source;
  const toml::table& m_workspace;
  const CargoSources& m_sources;
  std::string m_mismatch;
};

}  // namespace

Result<std::string> manifest_mismatch(std::string_view normalised, const CargoSources& sources) {
  ASSAY_TRY(const auto made, parse(normalised, "the normalised Cargo.toml"));
  ASSAY_TRY(const auto source, parse(sources.manifest, "version control's Cargo.toml"));
  ASSAY_TRY(const auto workspace, parse(sources.workspace, "the workspace's Cargo.toml"));
  return Comparison{made, source, workspace, sources}.mismatch();
}

namespace {

/// A package of a Cargo.lock.
struct Locked {
  std::string pinned;                   ///< all but its dependencies
  std::vector<std::string> depends_on;  ///< "serde", or "serde 1.0.1" where there are several
};

using Lock = std::multimap<std::string, Locked, std::less<>>;

Result<Lock> packages_of(const toml::table& lock, std::string_view name, std::string_view version) {
  Lock packages;
  const auto* list = lock["package"].as_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto* table = list->get(i)->as_table();
    if (table == nullptr) return Error{ErrorCode::format, "a [[package]] of a Cargo.lock is no table", {}, {}};
    toml::table pinned = *table;
    Locked package;
    if (const auto* depends_on = (*table)["dependencies"].as_array())
      for (const auto& one : *depends_on) package.depends_on.push_back(one.value_or(std::string{}));
    pinned.erase("dependencies");
    const bool is_own = pinned["name"].value<std::string_view>() == name && !pinned.contains("source");
    if (is_own && !version.empty()) pinned.insert_or_assign("version", std::string{version});
    package.pinned = written(pinned);
    packages.emplace(pinned["name"].value_or(std::string{}), std::move(package));
  }
  return packages;
}

/// "serde 1.0.1" is "serde" where the lock has one of that name.
bool depends_on_no_more(const Locked& made, const Locked& source) {
  return std::all_of(made.depends_on.begin(), made.depends_on.end(), [&](const std::string& one) {
    return std::any_of(source.depends_on.begin(), source.depends_on.end(), [&](const std::string& other) {
      return other == one || (one.find(' ') == std::string::npos && other.starts_with(one + " "));
    });
  });
}

}  // namespace

Result<std::string> lock_mismatch(std::string_view lock, std::string_view lock_of_vcs, const CargoSources& sources) {
  ASSAY_TRY(auto made, parse(lock, "Cargo.lock"));
  ASSAY_TRY(auto before, parse(lock_of_vcs, "version control's Cargo.lock"));
  ASSAY_TRY(const auto manifest, parse(sources.manifest, "version control's Cargo.toml"));
  ASSAY_TRY(const auto workspace, parse(sources.workspace, "the workspace's Cargo.toml"));
  const auto name = manifest.at_path("package.name").value_or(std::string{});
  const auto version = manifest.at_path("package.version")
                           .value<std::string>()
                           .value_or(workspace.at_path("workspace.package.version").value_or(std::string{}));
  if (name.empty() || version.empty()) return "version control's Cargo.toml has no name and version"s;
  ASSAY_TRY(const auto packages, packages_of(made, {}, {}));
  ASSAY_TRY(const auto known, packages_of(before, name, version));
  for (const auto& [each, package] : packages) {
    const auto [first, last] = known.equal_range(each);
    const bool stands_there = std::any_of(first, last, [&, &wanted = package](const auto& candidate) {
      return candidate.second.pinned == wanted.pinned && depends_on_no_more(wanted, candidate.second);
    });
    if (!stands_there) return fmt::format("it pins {} as version control's does not", each);
  }
  if (!packages.contains(name)) return fmt::format("it lacks {} itself", name);
  made.erase("package");
  before.erase("package");
  return written(made) == written(before) ? std::string{} : std::string{"it has more than packages"};
}

}  // namespace assay::provenance
