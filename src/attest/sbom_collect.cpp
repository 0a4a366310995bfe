// What a directory says of itself, and what lies in it. Nothing is run, no link is followed.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "attest/json.hpp"
#include "attest/key.hpp"
#include "attest/sbom.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t k_max_manifest = 256U << 20;

using Fields = std::map<std::string, std::string, std::less<>>;

/// One paragraph of RFC 822 style fields; continuation lines are dropped.
Fields parse_fields(std::string_view paragraph) {
  Fields fields;
  for (const auto line : split_lines(paragraph)) {
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (line.front() == ' ' || line.front() == '\t' || colon == std::string_view::npos) continue;
    auto value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    fields.emplace(ascii_lower(line.substr(0, colon)), value);
  }
  return fields;
}

std::string_view field(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

/// purl's percent-encoding: everything but letters, digits and -._~ (ECMA-427).
std::string purl_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class Collector {
 public:
  Collector(const fs::path& root, const Limits& limits, Coverage& coverage) : m_root(root), m_limits(limits), m_coverage(coverage) {}

  Result<Sbom> run() {
    std::error_code problem;
    if (!fs::is_directory(m_root, problem)) return Error{ErrorCode::not_found, "is no directory", m_root.string(), "unpack a package first, or give the directory it is in"};
    m_sbom.name = fs::weakly_canonical(m_root, problem).filename().string();
    walk();
    normalise(m_sbom);
    return std::move(m_sbom);
  }

 private:
  void walk() {
    std::error_code problem;
    fs::recursive_directory_iterator at{m_root, fs::directory_options::none, problem};
    if (problem) return gap(m_root, problem.message());
    std::uint64_t entries = 0;
    for (const fs::recursive_directory_iterator end; at != end; at.increment(problem)) {
      if (problem) return gap(m_root, problem.message());
      if (++entries > m_limits.max_entries) return gap(m_root, fmt::format("more than {} entries", m_limits.max_entries));
      std::error_code ignored;
      if (at->is_symlink(ignored)) continue;
      if (at->path().filename() == ".git") {
        at.disable_recursion_pending();
        continue;
      }
      if (at->is_regular_file(ignored)) look_at(at->path());
    }
    if (problem) gap(m_root, problem.message());
  }

  void look_at(const fs::path& file) {
    const auto relative = file.lexically_relative(m_root).string();
    const auto name = file.filename().string();
    if (relative.ends_with("var/lib/dpkg/status")) return with_text(file, [&](std::string_view text) { take_dpkg(text, relative); });
    if (name == "package-lock.json") return with_json(file, [&](const Json& json) { take_npm_lock(json, relative); });
    if (name == "package.json") return with_json(file, [&](const Json& json) { take_npm(json, relative); });
    if (name == "METADATA" && file.parent_path().extension() == ".dist-info") return with_text(file, [&](std::string_view text) { take_python(text, relative); });
    take_file(file, relative);
  }

  void take_file(const fs::path& file, const std::string& relative) {
    const auto mapped = MappedFile::open(file);
    if (!mapped) return gap(file, mapped.error().message);
    Component component;
    component.type = "file";
    component.name = escape_for_display(relative);
    component.digests.emplace("sha256", to_hex(digest_of(HashKind::sha256, mapped->bytes())));
    component.grounds = Grounds::guessed;
    component.evidence = "lies in the directory";
    m_sbom.components.push_back(std::move(component));
  }

  void take_dpkg(std::string_view text, const std::string& where) {
    while (!text.empty()) {
      const auto end = text.find("\n\n");
      const auto fields = parse_fields(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
      if (!field(fields, "status").ends_with(" installed") || field(fields, "package").empty()) continue;
      auto component = declared(field(fields, "package"), field(fields, "version"), where);
      component.supplier = field(fields, "maintainer");
      component.purl = fmt::format("pkg:deb/debian/{}@{}?arch={}", purl_part(component.name), purl_part(component.version), purl_part(field(fields, "architecture")));
      m_sbom.components.push_back(std::move(component));
    }
  }

  void take_python(std::string_view text, const std::string& where) {
    const auto fields = parse_fields(text);
    auto component = declared(field(fields, "name"), field(fields, "version"), where);
    component.license = field(fields, "license-expression").empty() ? field(fields, "license") : field(fields, "license-expression");
    std::string normal = ascii_lower(component.name);  // PyPI's names: lower case, hyphens
    std::replace(normal.begin(), normal.end(), '_', '-');
    component.purl = fmt::format("pkg:pypi/{}@{}", purl_part(normal), purl_part(component.version));
    if (!component.name.empty()) m_sbom.components.push_back(std::move(component));
  }

  static std::string npm_purl(std::string_view name, std::string_view version) {
    const auto slash = name.starts_with('@') ? name.find('/') : std::string_view::npos;
    if (slash == std::string_view::npos) return fmt::format("pkg:npm/{}@{}", purl_part(name), purl_part(version));
    return fmt::format("pkg:npm/{}/{}@{}", purl_part(name.substr(0, slash)), purl_part(name.substr(slash + 1)), purl_part(version));
  }

  void take_npm(const Json& json, const std::string& where) {
    if (json.text("name").empty() || json.text("version").empty()) return;
    auto component = declared(json.text("name"), json.text("version"), where);
    component.license = json.text("license");
    component.purl = npm_purl(component.name, component.version);
    m_sbom.components.push_back(std::move(component));
  }

  void take_npm_lock(const Json& json, const std::string& where) {
    for (const auto& [place, package] : json["packages"].members()) {
      constexpr std::string_view k_modules = "node_modules/";
      const auto at = place.rfind(k_modules);
      if (at == std::string::npos || package.text("version").empty()) continue;
      const auto name = package.has("name") ? package.text("name") : std::string_view{place}.substr(at + k_modules.size());
      auto component = declared(name, package.text("version"), where);
      component.license = package.text("license");
      component.download_location = package.text("resolved");
      component.purl = npm_purl(component.name, component.version);
      m_sbom.components.push_back(std::move(component));
    }
  }

  static Component declared(std::string_view name, std::string_view version, const std::string& where) {
    Component component;
    component.name = name;
    component.version = version;
    component.grounds = Grounds::declared;
    component.evidence = escape_for_display(where);
    return component;
  }

  template <typename Take>
  void with_text(const fs::path& file, const Take& take) {
    const auto content = read_file(file, k_max_manifest);
    if (!content) return gap(file, content.error().message);
    take(as_text(*content));
  }

  template <typename Take>
  void with_json(const fs::path& file, const Take& take) {
    with_text(file, [&](std::string_view text) {
      const auto json = Json::parse(text, {k_max_manifest, 64});
      if (!json) return gap(file, json.error().message);
      take(*json);
    });
  }

  void gap(const fs::path& file, std::string reason) {
    m_coverage.add(escape_for_display(file.lexically_relative(m_root).string()), std::move(reason));
  }

  const fs::path& m_root;
  const Limits& m_limits;
  Coverage& m_coverage;
  Sbom m_sbom;
};

}  // namespace

Result<Sbom> collect_sbom(const fs::path& path, const Limits& limits, Coverage& coverage) {
  return Collector{path, limits, coverage}.run();
}

}  // namespace assay::attest
