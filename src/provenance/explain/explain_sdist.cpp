// What a Python source distribution adds to VCS: PKG-INFO (core metadata, PEP 566 and later), SOURCES.txt and the other lists
// of an .egg-info directory, and the [egg_info] section that setuptools appends to setup.cfg.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/entry_points.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/package_metadata.hpp"
#include "provenance/python_project.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/setup_cfg.hpp"

namespace assay::provenance {

namespace {

std::string text_of(const ExplainContext& context, const std::string& path) {
  const auto* entry = context.reference.manifest().find(path);
  if (entry == nullptr || entry->kind != EntryKind::regular) return {};
  const auto content = context.reference.read(*entry, context.max_read);
  return content && looks_like_text(*content) ? std::string{as_text(*content)} : std::string{};
}

/// A text that declares something of the package.
struct Declaring {
  std::string text;
  bool settings = false;  ///< sections, of which some are of extras and tests alone
};

/// Everything a maintainer writes about the package. Lists of requirements are many: of the tests, of the documentation. The package's
/// own is one that its settings name.
std::vector<Declaring> declarations(const ExplainContext& context) {
  std::vector<Declaring> all;
  std::string settings;
  for (const auto* name : {"pyproject.toml", "setup.cfg", "setup.py"}) {
    all.push_back({text_of(context, name), true});
    settings += all.back().text;
  }
  for (const auto& entry : context.reference.manifest().entries()) {
    const auto name = path_basename(entry.path);
    if (name.ends_with(".txt") && name.starts_with("requirements") && !stands_aside(entry.path) &&
        settings.find(name) != std::string::npos)
      all.push_back({text_of(context, entry.path), false});
  }
  return all;
}

/// Letters, digits and dots of `text`, in lower case: "My_Pkg >= 1.0" and "my-pkg>=1.0" are one requirement.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : ascii_lower(text))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || (static_cast<unsigned char>(c) & 0x80) != 0)
      out += c;
  return out;
}

/// Which lines of pyproject.toml, setup.cfg and setup.py are of extras, of tests or of the build alone.
class OptionalParts {
 public:
  bool pass(std::string_view line) {
    const auto has = [&](std::initializer_list<std::string_view> words) {
      return std::any_of(words.begin(), words.end(),
                         [&](std::string_view word) { return line.find(word) != std::string_view::npos; });
    };
    if (line.starts_with('[') && line.find(']') != std::string_view::npos && line.find('=') == std::string_view::npos)
      m_section = has({"extra", "optional", "group", "test", "dev", "build-system", "docs", "tool."}) &&
                  line.find("[tool.poetry.dependencies]") == std::string_view::npos;
    if (m_depth == 0)
      m_setting =
          has({"extras_require", "tests_require", "setup_requires", "optional-dependencies", "dependency-groups"});
    const bool optional = m_section || m_setting;
    for (const char c : line) {
      if (c == '[' || c == '{' || c == '(') ++m_depth;
      if ((c == ']' || c == '}' || c == ')') && m_depth > 0) --m_depth;
    }
    if (line.find("setup(") != std::string_view::npos) m_depth = 0;  // its arguments are looked at one by one
    return optional;
  }

 private:
  int m_depth = 0;
  bool m_section = false;
  bool m_setting = false;
};

/// What a maintainer wrote about the package, piece by piece: whole lines, the value and the name of a setting, quoted strings.
class Declarations {
 public:
  explicit Declarations(const std::vector<Declaring>& texts) {
    for (const auto& [text, settings] : texts) {
      OptionalParts parts;
      for (const auto line : split_lines(text)) {
        m_optional = settings && parts.pass(line);
        if (line.size() <= k_longest_line) add_line(line);
      }
    }
  }
  bool has(std::string_view text) const { return m_pieces.contains(folded(text)); }
  /// `of_extra`: asked for only by who asks for an extra of the package.
  bool has_requirement(std::string_view text, bool of_extra) const {
    const auto key = requirement_key(text);
    return m_requirements.contains(key) || (of_extra && m_optional_requirements.contains(key));
  }

 private:
  static constexpr std::size_t k_longest_line = 4096;

  void add_line(std::string_view line) {
    add(line);
    if (const auto equals = line.find('='); equals != std::string_view::npos) {
      add(line.substr(0, equals));
      add(line.substr(equals + 1));
    }
    for (const char quote : {'"', '\''}) add_quoted(line, quote);
  }
  void add(std::string_view piece) {
    m_pieces.insert(folded(piece));
    auto& requirements = m_optional ? m_optional_requirements : m_requirements;
    requirements.insert(requirement_key(piece.ends_with(',') ? piece.substr(0, piece.size() - 1) : piece));
    if (const auto marker = piece.find(';'); marker != std::string_view::npos)
      m_pieces.insert(folded(piece.substr(marker + 1)));
    for (auto at = piece.find(','); at != std::string_view::npos; at = piece.find(',')) {  // `keywords = a, b`
      m_pieces.insert(folded(piece.substr(0, at)));
      piece.remove_prefix(at + 1);
      m_pieces.insert(folded(piece));
    }
  }
  void add_quoted(std::string_view line, char quote) {
    for (auto open = line.find(quote); open != std::string_view::npos;) {
      const auto close = line.find(quote, open + 1);
      if (close == std::string_view::npos) return;
      add(line.substr(open + 1, close - open - 1));
      open = line.find(quote, close + 1);
    }
  }
  bool m_optional = false;
  std::set<std::string> m_pieces;
  std::set<std::string> m_requirements;
  std::set<std::string> m_optional_requirements;
};

/// Names of the tree's packages and modules, with and without those they stand in: "b" and "a/b" of a/b.py and a/b/__init__.py.
std::unordered_set<std::string_view> modules_of(const TreeManifest& tree) {
  std::unordered_set<std::string_view> modules;
  for (const auto& entry : tree.entries()) {
    std::string_view stem = entry.path;
    if (stem.ends_with("/__init__.py")) stem = path_dirname(stem);
    else if (stem.ends_with(".py")) stem.remove_suffix(3);
    else continue;
    for (modules.insert(stem); stem.find('/') != std::string_view::npos; modules.insert(stem))
      stem.remove_prefix(stem.find('/') + 1);
  }
  return modules;
}

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> words) {
  const auto lower = ascii_lower(value);
  return std::find(words.begin(), words.end(), lower) != words.end();
}

bool is_dynamic_field(std::string_view value) {
  return is_one_of(
      value, {"author", "author-email", "classifier", "description", "description-content-type", "home-page",
              "keywords", "license", "license-expression", "license-file", "maintainer", "maintainer-email", "platform",
              "project-url", "provides-extra", "requires-dist", "requires-python", "summary", "download-url"});
}

bool is_platform(std::string_view value) {
  return is_one_of(value, {"any", "all", "unknown", "linux", "windows", "win32", "posix", "unix", "macos", "mac os x",
                           "mac os-x", "macosx", "osx", "darwin", "cross platform", "platform independent"});
}

/// "text/markdown; charset=UTF-8; variant=GFM"
bool is_content_type(std::string_view value) {
  std::string plain = ascii_lower(value);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '"'; });
  auto rest = std::string_view{plain};
  const auto type = rest.substr(0, rest.find(';'));
  rest.remove_prefix(type.size());
  return is_one_of(type, {"text/markdown", "text/x-rst", "text/plain", "text/x-markdown"}) &&
         is_one_of(rest,
                   {"", ";", ";charset=utf-8", ";variant=gfm", ";variant=commonmark", ";charset=utf-8;variant=gfm",
                    ";charset=utf-8;variant=commonmark", ";variant=gfm;charset=utf-8"});
}

/// Where code makes its name, it is the one that the release goes by: the settings are full of names of other things.
bool is_name_of_project(std::string_view name, const ExplainContext& context) {
  const auto project = context.answers.ask<std::string>("name of the package", [&] {
    return declared_name(text_of(context, "pyproject.toml"), text_of(context, "setup.cfg"),
                         text_of(context, "setup.py"));
  });
  if (project == nullptr) return false;
  if (!project->empty()) return project_name_key(name) == *project;
  return context.release != nullptr && project_name_key(name) == project_name_key(context.release->project);
}

/// The project's extras, where its settings say all of them. Null without an answer.
std::shared_ptr<const std::optional<std::set<std::string>>> extras_of(const ExplainContext& context) {
  return context.answers.ask<std::optional<std::set<std::string>>>("extras of the package", [&] {
    return declared_extras(text_of(context, "pyproject.toml"), text_of(context, "setup.cfg"),
                           text_of(context, "setup.py"));
  });
}

bool field_is_declared(const MetadataField& field, const Declarations& declared, const ExplainContext& context) {
  if (field.name == "Metadata-Version")
    return field.value.size() <= 5 && field.value.find_first_not_of("0123456789.") == std::string::npos;
  if (field.name == "Dynamic") return is_dynamic_field(field.value);
  if (field.name == "Platform" && is_platform(field.value)) return true;
  if (field.name == "Description-Content-Type") return is_content_type(field.value);
  // Tools take it for the version of what they build from the sdist: no other number that stands in a setting will do.
  if (field.name == "Version") return context.release != nullptr && context.release->is_dotted_version(field.value);
  // Tools believe that it is the project of that name.
  if (field.name == "Name") return is_name_of_project(field.value, context);
  if (field.name == "License-File") return context.reference.manifest().find(field.value) != nullptr;
  if (field.name == "License" || field.name == "Description") return true;  // their lines are judged with the body's
  if (field.name == "Provides-Extra")
    if (const auto extras = extras_of(context); extras != nullptr && *extras)
      return (*extras)->contains(project_name_key(field.value));
  if (field.value == "UNKNOWN") return true;
  if (field.name.starts_with("Requires-Dist") || field.name == "Requires-Python") {
    const auto marker = field.value.find(';');
    const bool of_extra = marker != std::string::npos && field.value.find("extra", marker) != std::string::npos;
    return declared.has_requirement(field.value, of_extra);
  }
  if (declared.has(field.value)) return true;
  // "Name <address>" and "label, URL": each part by itself.
  std::size_t at = 0;
  while (at < field.value.size()) {
    const auto end = std::min(field.value.find_first_of(",<>", at), field.value.size());
    const auto part = field.value.substr(at, end - at);
    if (!folded(part).empty() && !declared.has(part)) return false;
    at = end + 1;
  }
  return true;
}

std::shared_ptr<const Declarations> declared_by(const ExplainContext& context) {
  return context.answers.ask<Declarations>({}, [&] { return Declarations{declarations(context)}; });
}

/// The lines of what describes the package.
std::shared_ptr<const LineSet> documents_of(const ExplainContext& context) {
  return context.answers.ask<LineSet>("documents of the package", [&] {
    LineSet documents;
    for (const auto& entry : context.reference.manifest().entries())
      if (starts_with_any(ascii_lower(path_basename(entry.path)),
                          {"readme", "changelog", "changes", "news", "history", "license", "licence", "copying"}))
        documents.add_text(text_of(context, entry.path));
    return documents;
  });
}

/// What the project requires, where its settings say all of it: a list that leaves one out is another list. Null without an answer.
std::shared_ptr<const std::optional<Requirements>> requirements_of(const ExplainContext& context) {
  return context.answers.ask<std::optional<Requirements>>("requirements of the package", [&] {
    const auto pyproject = text_of(context, "pyproject.toml");
    if (auto declared = declared_requirements(pyproject)) return declared;
    return spelled_requirements(pyproject, text_of(context, "setup.cfg"), text_of(context, "setup.py"));
  });
}

/// Does the metadata say of other extras than the project has? Who asks for one that is not there gets nothing of what it should bring.
/// True without an answer.
bool has_other_extras(const std::vector<MetadataField>& fields, const ExplainContext& context) {
  const auto declared = extras_of(context);
  if (declared == nullptr) return true;
  std::set<std::string> stated;
  for (const auto& field : fields)
    if (field.name == "Provides-Extra") stated.insert(project_name_key(field.value));
  // Before version 2.1 metadata had no such field.
  const bool may_be_silent = std::any_of(fields.begin(), fields.end(), [](const MetadataField& field) {
    return field.name == "Metadata-Version" && field.value.starts_with("1.");
  });
  return *declared && **declared != stated && !(stated.empty() && may_be_silent);
}

/// Does metadata of an sdist list what is required? setuptools does since it writes version 2.2 or later (PEP 643); before, requires.txt
/// alone had it, and nobody may rely on the list.
bool lists_requirements(const Requirements& stated, const std::vector<MetadataField>& fields) {
  return !stated.packages.empty() || std::none_of(fields.begin(), fields.end(), [](const MetadataField& field) {
    return field.name == "Metadata-Version" && is_one_of(field.value, {"1.0", "1.1", "1.2", "2.0", "2.1"});
  });
}

std::optional<Explanation> explain_metadata(ExplainContext& context) {
  const auto metadata = parse_metadata(context.text());
  if (!metadata)
    return make_explanation(Proof::unexplained, "sdist", {{"malformed", "core metadata: " + metadata.error().message}});
  const auto declared = declared_by(context);
  if (declared == nullptr) return std::nullopt;
  for (const auto& field : metadata->fields)
    if (!field_is_declared(field, *declared, context)) return std::nullopt;
  Requirements stated;
  for (const auto& field : metadata->fields) {
    if (field.name == "Requires-Dist") add_requirement(field.value, stated);
    if (field.name == "Requires-Python") stated.python = version_specifier_key(field.value);
  }
  const auto required = requirements_of(context);
  if (required == nullptr) return std::nullopt;
  if (auto wanted = *required) {
    if (!lists_requirements(stated, metadata->fields)) wanted->packages.clear();
    if (*wanted != stated) return std::nullopt;
  }
  const auto documents = documents_of(context);
  if (documents == nullptr || has_other_extras(metadata->fields, context)) return std::nullopt;
  const auto documented = [&](std::string_view line) {
    auto normal = normalise_line(line);
    if (normal.starts_with('|'))
      normal = normalise_line(std::string_view{normal}.substr(1));  // how a field goes on over empty lines
    return normal.empty() || normal == "UNKNOWN" || documents->contains(normal) || declared->has(normal);
  };
  for (const auto& field : metadata->fields)
    if (field.name == "License" || field.name == "Description")
      for (const auto line : split_lines(field.value))
        if (!documented(line)) return std::nullopt;
  for (const auto line : split_lines(metadata->body))
    if (!documented(line)) return std::nullopt;
  return make_explanation(
      Proof::derived, "sdist",
      {{"fields", std::to_string(metadata->fields.size())}, {"declared in", "pyproject.toml, setup.cfg or setup.py"}});
}

/// What asks for a package by name finds it in NAME.egg-info, beside the sources: at the top, or in the directory that has them.
bool is_egg_info_of_project(const ExplainContext& context) {
  constexpr std::string_view k_suffix = ".egg-info";
  const auto directory = path_dirname(context.difference.path);
  auto name = path_basename(directory);
  if (!name.ends_with(k_suffix) || path_dirname(directory).find('/') != std::string_view::npos) return false;
  name.remove_suffix(k_suffix.size());
  return is_name_of_project(name, context);
}

bool is_section(std::string_view line) {
  return line.size() > 2 && line.starts_with('[') && line.ends_with(']') &&
         line.find_first_of("[]", 1) == line.size() - 1;
}

/// `[name]`, of which the name, or the extra before a `:marker`, is declared.
bool section_is_declared(std::string_view line, bool requirements, const Declarations& declared) {
  const auto name = line.substr(1, line.size() - 2);
  const auto colon = std::min(name.find(':'), name.size());
  const auto marker = name.substr(std::min(colon + 1, name.size()));
  return declared.has(name) || (requirements && (colon == 0 || declared.has(name.substr(0, colon))) &&
                                (marker.empty() || declared.has(marker)));
}

/// Each line a section, a requirement, the name of a package or module of the tree, or any other declared piece.
bool lists_what_is_declared(std::span<const std::string_view> lines, bool requirements, const ExplainContext& context) {
  const auto declared = declared_by(context);
  const auto modules = context.answers.ask<std::unordered_set<std::string_view>>(
      "modules", [&] { return modules_of(context.reference.manifest()); });
  if (declared == nullptr || modules == nullptr) return false;
  std::unordered_set<std::string_view> seen;
  bool of_extra = false;
  return std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    if (normalise_line(line).empty()) return true;
    if (is_section(line)) {
      of_extra = !line.starts_with("[:");
      return section_is_declared(line, requirements, *declared);
    }
    if (requirements) return declared->has_requirement(line, of_extra);
    return !seen.insert(line).second || modules->contains(line) || declared->has(line);
  });
}

/// Where there is no version control, setuptools installs the data that SOURCES.txt lists: so each line is a member, and each member
/// is listed but for what setuptools adds itself.
bool lists_all_members(const std::vector<std::string_view>& lines, const TreeManifest& subject,
                       const ExplainContext& context) {
  std::unordered_set<std::string> listed;
  for (const auto line : lines) {
    if (line.empty()) continue;
    listed.insert(context.mapping.to_subject(line));
    if (subject.find(context.mapping.to_subject(line)) == nullptr) return false;
  }
  return std::all_of(subject.entries().begin(), subject.entries().end(), [&](const TreeEntry& entry) {
    const auto name = context.mapping.name_of(entry.path);
    return entry.kind == EntryKind::directory || listed.contains(entry.path) || name == "PKG-INFO" ||
           name == "setup.cfg" || path_dirname(name) == path_dirname(context.difference.path);
  });
}

/// SOURCES.txt names members of the archive; the other lists name what pyproject.toml or setup.py declare.
std::optional<Explanation> explain_list(ExplainContext& context, std::string_view name) {
  const auto lines = split_lines(context.text());
  if (name == "SOURCES.txt") {
    if (context.subject == nullptr || !lists_all_members(lines, *context.subject, context)) return std::nullopt;
    return make_explanation(
        Proof::derived, "sdist",
        {{"names", fmt::format("{}, each in the archive, and all of it", count_of(lines.size(), "file"))}});
  }
  // What setuptools writes there; another file in such a directory is whatever its author wanted.
  const bool requirements = name == "requires.txt";
  if (!requirements && name != "top_level.txt" && name != "entry_points.txt" && name != "dependency_links.txt" &&
      name != "not-zip-safe" && name != "zip-safe")
    return std::nullopt;
  if (name == "entry_points.txt") {
    const auto points = context.answers.ask<EntryPoints>("entry points", [&] {
      EntryPoints declared;
      for (const auto& each : declarations(context)) add_declared_entry_points(each.text, declared);
      return declared;
    });
    if (points == nullptr || !are_declared(context.text(), *points)) return std::nullopt;
  } else if (!lists_what_is_declared(lines, requirements, context)) {
    return std::nullopt;
  }
  if (requirements) {
    const auto wanted = requirements_of(context);
    if (wanted == nullptr || (*wanted && (*wanted)->packages != listed_requirements(context.text()).packages))
      return std::nullopt;
  }
  return make_explanation(Proof::derived, "sdist", {{"declared in", "pyproject.toml, setup.cfg or setup.py"}});
}

/// setuptools writes what it read of the settings, and adds its tags.
std::optional<Explanation> explain_setup_cfg(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified && context.difference.status != EntryStatus::added)
    return std::nullopt;
  if (context.difference.status == EntryStatus::modified && !context.text_before())
    return std::nullopt;  // a link, or no text
  if (!is_config_of_sdist(context.text(), text_of(context, context.reference_path))) return std::nullopt;
  return make_explanation(Proof::derived, "sdist",
                          {{"same settings as in version control, but for", "[egg_info], by setuptools"}});
}

}  // namespace

std::optional<Explanation> explain_sdist(ExplainContext& context) {
  if (context.content == nullptr || context.difference.subject == nullptr || !looks_like_text(*context.content))
    return std::nullopt;
  const auto name = path_basename(context.difference.path);
  if (name == "PKG-INFO" && context.difference.status == EntryStatus::added) {
    if (path_dirname(context.difference.path).ends_with(".egg-info") && !is_egg_info_of_project(context))
      return std::nullopt;
    return explain_metadata(context);
  }
  if (name == "setup.cfg") return explain_setup_cfg(context);
  if (!is_egg_info_of_project(context) || context.difference.status != EntryStatus::added) return std::nullopt;
  return explain_list(context, name);
}

}  // namespace assay::provenance
