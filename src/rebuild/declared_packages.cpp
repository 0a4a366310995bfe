#include "rebuild/declared_packages.hpp"

#include <map>

#include "base/file.hpp"
#include "base/text.hpp"
#include "rebuild/control_file.hpp"

namespace assay::rebuild {

namespace {

struct Installed {
  std::vector<std::string> depends;  ///< names, alternatives among them
  bool essential = false;
};

/// "gcc | clang:any (>= 14) [amd64]": the names.
void add_names(std::string_view relation, std::vector<std::string>& names) {
  while (!relation.empty()) {
    const auto end = std::min(relation.find('|'), relation.size());
    auto name = relation.substr(0, end);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find_first_of(" :(["));
    if (!name.empty()) names.emplace_back(name);
    relation.remove_prefix(std::min(end + 1, relation.size()));
  }
}

std::vector<std::string> names_in(std::string_view field) {
  std::vector<std::string> names;
  for (const auto& relation : relations(field)) add_names(relation, names);
  return names;
}

/// What dpkg has installed, by name, and who provides what.
struct Database {
  std::map<std::string, Installed, std::less<>> packages;
  std::multimap<std::string, std::string, std::less<>> providers;

  void add(const Paragraph& paragraph) {
    if (!field(paragraph, "status").ends_with(" installed")) return;
    const std::string name{field(paragraph, "package")};
    auto& package = packages[name];
    for (const auto* relation : {"depends", "pre-depends"})
      for (auto& depended : names_in(field(paragraph, relation))) package.depends.push_back(std::move(depended));
    package.essential = package.essential || field(paragraph, "essential") == "yes";
    for (auto& provided : names_in(field(paragraph, "provides"))) providers.emplace(std::move(provided), name);
  }
};

}  // namespace

std::optional<DeclaredPackages> DeclaredPackages::read(const std::filesystem::path& root,
                                                       const std::vector<std::string>& needs) {
  const auto status = MappedFile::open(root / "var/lib/dpkg/status");
  if (!status) return std::nullopt;
  Database database;
  for (const auto& paragraph : paragraphs(as_text(status->bytes()))) database.add(paragraph);
  std::vector<std::string> open{"build-essential"};
  for (const auto& relation : needs) add_names(relation, open);
  for (const auto& [name, package] : database.packages)
    if (package.essential) open.push_back(name);
  DeclaredPackages declared;
  while (!open.empty()) {
    const auto name = std::move(open.back());
    open.pop_back();
    if (!declared.m_names.insert(name).second) continue;
    if (const auto found = database.packages.find(name); found != database.packages.end())
      open.insert(open.end(), found->second.depends.begin(), found->second.depends.end());
    for (auto [at, end] = database.providers.equal_range(name); at != end; ++at) open.push_back(at->second);
  }
  return declared;
}

}  // namespace assay::rebuild
