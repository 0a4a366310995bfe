#include "attest/package_files.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <system_error>

#include "attest/rpm_database.hpp"
#include "attest/sbom_collector.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_list = 64ULL << 20;  // of one package's files
constexpr std::string_view k_directories[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

/// The value of "?arch=" in a purl that SbomCollector made.
std::string_view architecture_of(const Component& component) {
  constexpr std::string_view k_key = "?arch=";
  const auto at = component.purl.find(k_key);
  return at == std::string::npos ? std::string_view{} : std::string_view{component.purl}.substr(at + k_key.size());
}

}  // namespace

class PackageFileReader {
 public:
  PackageFileReader(const fs::path& root, PackageFiles& files, Coverage& coverage)
      : m_root(root), m_files(files), m_coverage(coverage) {
    std::error_code ignored;
    // Where /bin is a link to /usr/bin, lists of packages name either.
    for (const auto name : k_directories)
      if (fs::is_symlink(fs::symlink_status(m_root / name, ignored))) m_merged.push_back("/" + std::string{name} + "/");
  }

  void read() {
    read_dpkg();
    read_apk();
    read_rpm();
  }

 private:
  std::optional<Bytes> content_of(const fs::path& relative, std::uint64_t most) {
    std::error_code ignored;
    if (!fs::exists(m_root / relative, ignored)) return std::nullopt;
    auto bytes = read_file(m_root / relative, most);
    if (bytes) return std::move(*bytes);
    m_coverage.add(escape_for_display(relative.string()), bytes.error().message, "read as a user who may");
    return std::nullopt;
  }

  std::string canonical(std::string_view path) const {
    for (const auto& directory : m_merged)
      if (path.starts_with(directory)) return "/usr" + std::string{path};
    return std::string{path};
  }

  void own(std::string_view path, std::size_t package, std::string_view md5 = {}) {
    const auto found = m_files.m_files.find(canonical(path));
    if (found == m_files.m_files.end()) return;
    if (!found->second) found->second = PackageFile{package, {}};
    if (!md5.empty() && found->second->package == package) found->second->md5 = md5;
  }

  void read_dpkg() {
    const auto status = content_of("var/lib/dpkg/status", k_max_manifest);
    if (!status) return;
    SbomCollector collector{m_coverage};
    collector.take_content("var/lib/dpkg/status", as_text(*status));
    std::map<std::string, std::size_t, std::less<>> by_name;  // "libc6:amd64" and "libc6"
    for (auto& component : collector.sbom().components) {
      by_name.emplace(component.name, m_files.m_packages.size());
      by_name.emplace(component.name + ":" + std::string{architecture_of(component)}, m_files.m_packages.size());
      m_files.m_packages.push_back(std::move(component));
    }
    read_diversions();
    const auto lists = names_of_lists();
    each_of_info(lists, ".list", by_name, &PackageFileReader::take_list);
    each_of_info(lists, ".md5sums", by_name, &PackageFileReader::take_md5sums);
    own_metadata(lists, by_name);
  }

  using Names = std::map<std::string, std::size_t, std::less<>>;

  std::vector<std::string> names_of_lists() {
    std::error_code problem;
    std::vector<std::string> names;
    for (fs::directory_iterator at{m_root / "var/lib/dpkg/info", problem}, end; !problem && at != end;
         at.increment(problem))
      names.push_back(at->path().filename().string());
    if (problem) m_coverage.add("var/lib/dpkg/info", problem.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  void each_of_info(const std::vector<std::string>& lists, std::string_view suffix, const Names& by_name,
                    void (PackageFileReader::*take)(std::string_view, std::size_t)) {
    for (const auto& name : lists) {
      if (!name.ends_with(suffix)) continue;
      const auto package = by_name.find(std::string_view{name}.substr(0, name.size() - suffix.size()));
      if (package == by_name.end()) continue;  // removed, its configuration kept
      if (const auto list = content_of(fs::path{"var/lib/dpkg/info"} / name, k_max_list))
        (this->*take)(as_text(*list), package->second);
    }
  }

  /// dpkg-shlibdeps(1) makes dependencies from these: they are what the package says about itself.
  void own_metadata(const std::vector<std::string>& lists, const Names& by_name) {
    for (const auto& name : lists) {
      for (const std::string_view suffix : {".shlibs", ".symbols"}) {
        if (!name.ends_with(suffix)) continue;
        const auto package = by_name.find(std::string_view{name}.substr(0, name.size() - suffix.size()));
        if (package != by_name.end()) own("/var/lib/dpkg/info/" + name, package->second);
      }
    }
  }

  void take_list(std::string_view list, std::size_t package) {
    for (const auto line : split_lines(list)) {
      const auto diverted = m_diversions.find(line);
      if (diverted != m_diversions.end() && diverted->second.second != m_files.m_packages[package].name)
        own(diverted->second.first, package);
      else own(line, package);
    }
  }

  void take_md5sums(std::string_view list, std::size_t package) {
    for (const auto line : split_lines(list)) {
      const auto space = line.find("  ");
      if (space != 32) continue;
      own("/" + std::string{line.substr(space + 2)}, package, line.substr(0, space));
    }
  }

  /// Three lines each: the file, where it is put instead, and the package that may have it.
  void read_diversions() {
    const auto text = content_of("var/lib/dpkg/diversions", k_max_list);
    if (!text) return;
    const auto lines = split_lines(as_text(*text));
    for (std::size_t i = 0; i + 2 < lines.size(); i += 3)
      m_diversions.emplace(lines[i], std::pair{std::string{lines[i + 1]}, std::string{lines[i + 2]}});
  }

  /// F: names a directory, R: a file in it, for the package that began with P: (apk-installed(5)).
  void read_apk() {
    const auto text = content_of("lib/apk/db/installed", k_max_manifest);
    if (!text) return;
    SbomCollector collector{m_coverage};
    collector.take_content("lib/apk/db/installed", as_text(*text));
    const auto first = m_files.m_packages.size();
    std::map<std::string, std::size_t, std::less<>> by_name;
    for (auto& component : collector.sbom().components) {
      by_name.emplace(component.name, m_files.m_packages.size());
      m_files.m_packages.push_back(std::move(component));
    }
    auto package = first;
    std::string directory;
    for (const auto line : split_lines(as_text(*text))) {
      if (line.starts_with("P:")) {
        const auto found = by_name.find(line.substr(2));
        package = found == by_name.end() ? m_files.m_packages.size() : found->second;
      }
      if (line.starts_with("F:")) directory = line.substr(2);
      if (line.starts_with("R:") && package < m_files.m_packages.size())
        own("/" + directory + (directory.empty() ? "" : "/") + std::string{line.substr(2)}, package);
    }
  }

  void read_rpm() {
    for (const char* place : {"usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite"}) {
      std::error_code ignored;
      if (!fs::is_regular_file(m_root / place, ignored)) continue;
      const auto packages = read_rpm_database(m_root / place);
      if (!packages) {
        m_coverage.add(place, packages.error().message);
        continue;
      }
      for (const auto& [component, files] : *packages) {
        m_files.m_packages.push_back(component);
        m_files.m_packages.back().evidence = place;
        for (const auto& file : files) own(file, m_files.m_packages.size() - 1);
      }
      return;
    }
    std::error_code ignored;
    for (const char* place : {"var/lib/rpm/Packages", "var/lib/rpm/Packages.db"})
      if (fs::exists(m_root / place, ignored))
        m_coverage.add(place, "a database of packages in a form of old that is not read",
                       "rpm --rebuilddb with a current rpm");
  }

  fs::path m_root;
  PackageFiles& m_files;
  Coverage& m_coverage;
  std::vector<std::string> m_merged;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> m_diversions;
};

bool PackageFiles::is_record(std::string_view path) noexcept {
  constexpr std::string_view k_dpkg = "/var/lib/dpkg/";
  if (path.starts_with(k_dpkg)) {
    path.remove_prefix(k_dpkg.size());
    if (starts_with_any(path, {"triggers/", "alternatives/", "updates/"})) return true;
    if (path.starts_with("info/"))
      return path == "info/format" || ends_with_any(path, {".list", ".md5sums", ".conffiles", ".triggers", ".preinst",
                                                           ".postinst", ".prerm", ".postrm", ".config", ".templates"});
    for (const std::string_view name :
         {"status", "available", "diversions", "statoverride", "arch", "lock", "lock-frontend"})
      if (path == name) return true;
    return false;
  }
  return starts_with_any(path, {"/lib/apk/db/", "/var/lib/rpm/", "/usr/lib/sysimage/rpm/"});
}

PackageFiles PackageFiles::read(const fs::path& root, const std::vector<std::string>& wanted, Coverage& coverage) {
  PackageFiles files;
  for (const auto& path : wanted) files.m_files.emplace(path, std::nullopt);
  PackageFileReader{root, files, coverage}.read();
  return files;
}

const PackageFile* PackageFiles::find(std::string_view path) const {
  const auto found = m_files.find(std::string{path});
  return found == m_files.end() || !found->second ? nullptr : &*found->second;
}

}  // namespace assay::attest
