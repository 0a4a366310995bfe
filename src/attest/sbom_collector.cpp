#include "attest/sbom_collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "attest/json.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

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

std::string npm_purl(std::string_view name, std::string_view version) {
  const auto slash = name.starts_with('@') ? name.find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return fmt::format("pkg:npm/{}@{}", purl_part(name), purl_part(version));
  return fmt::format("pkg:npm/{}/{}@{}", purl_part(name.substr(0, slash)), purl_part(name.substr(slash + 1)),
                     purl_part(version));
}

Component declared(std::string_view name, std::string_view version, const std::string& where) {
  Component component;
  component.name = name;
  component.version = version;
  component.grounds = Grounds::declared;
  component.evidence = escape_for_display(where);
  return component;
}

std::string deb_purl(const Component& component, std::string_view architecture) {
  return fmt::format("pkg:deb/debian/{}@{}?arch={}", purl_part(component.name), purl_part(component.version),
                     purl_part(architecture));
}

/// Where a file's content says what is installed; anything else counts by its digest only.
enum class Manifest : std::uint8_t { none, dpkg, dpkg_control, apk, npm, npm_lock, python };

Manifest manifest_of(std::string_view path) {
  const auto slash = path.rfind('/');
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const auto directory = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  if (path.ends_with("var/lib/dpkg/status")) return Manifest::dpkg;
  // Images without a package manager keep one paragraph a package (and lists of digests beside it).
  if (directory.ends_with("var/lib/dpkg/status.d") && !name.ends_with(".md5sums")) return Manifest::dpkg_control;
  if (path.ends_with("lib/apk/db/installed")) return Manifest::apk;
  if (name == "package-lock.json") return Manifest::npm_lock;
  if (name == "package.json") return Manifest::npm;
  if (name == "METADATA" && directory.ends_with(".dist-info")) return Manifest::python;
  return Manifest::none;
}

}  // namespace

std::string purl_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool SbomCollector::wants_content(std::string_view path) noexcept {
  return manifest_of(path) != Manifest::none;
}

void SbomCollector::take_content(std::string_view path, std::string_view text) {
  const std::string where{path};
  switch (manifest_of(path)) {
    case Manifest::none:
      return;
    case Manifest::dpkg:
      return take_dpkg(text, where, true);
    case Manifest::dpkg_control:
      return take_dpkg(text, where, false);
    case Manifest::apk:
      return take_apk(text, where);
    case Manifest::python:
      return take_python(text, where);
    case Manifest::npm:
    case Manifest::npm_lock:
      break;
  }
  const auto json = Json::parse(text, {k_max_manifest, 64});
  if (!json) return gap(path, json.error().message);
  if (manifest_of(path) == Manifest::npm) take_npm(*json, where);
  else take_npm_lock(*json, where);
}

void SbomCollector::take_file(std::string_view path, std::string sha256, std::string_view where) {
  Component component;
  component.type = "file";
  component.name = escape_for_display(path);
  component.digests.emplace("sha256", std::move(sha256));
  component.grounds = Grounds::guessed;
  component.evidence = where;
  m_sbom.components.push_back(std::move(component));
}

void SbomCollector::take_deb_control(std::string_view text) {
  const auto fields = parse_fields(text);
  auto component = declared(field(fields, "package"), field(fields, "version"), "control");
  if (component.name.empty()) return;
  component.supplier = field(fields, "maintainer");
  component.purl = deb_purl(component, field(fields, "architecture"));
  m_sbom.name = component.name;
  m_sbom.version = component.version;
  m_sbom.purl = component.purl;
  m_sbom.components.push_back(std::move(component));
}

void SbomCollector::gap(std::string_view path, std::string reason) {
  m_coverage.add(escape_for_display(path), std::move(reason));
}

Sbom SbomCollector::finish() {
  m_sbom.phase = "post-build";
  normalise(m_sbom);
  return std::move(m_sbom);
}

void SbomCollector::take_dpkg(std::string_view text, const std::string& where, bool has_status) {
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    const auto fields = parse_fields(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    if ((has_status && !field(fields, "status").ends_with(" installed")) || field(fields, "package").empty()) continue;
    auto component = declared(field(fields, "package"), field(fields, "version"), where);
    component.supplier = field(fields, "maintainer");
    component.purl = deb_purl(component, field(fields, "architecture"));
    m_sbom.components.push_back(std::move(component));
  }
}

void SbomCollector::take_apk(std::string_view text, const std::string& where) {
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    std::map<char, std::string_view> fields;
    for (const auto line : split_lines(text.substr(0, end)))
      if (line.size() > 2 && line[1] == ':') fields.emplace(line[0], line.substr(2));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    if (fields['P'].empty()) continue;
    auto component = declared(fields['P'], fields['V'], where);
    component.license = fields['L'];
    component.supplier = fields['m'];
    component.purl = fmt::format("pkg:apk/alpine/{}@{}?arch={}", purl_part(component.name),
                                 purl_part(component.version), purl_part(fields['A']));
    m_sbom.components.push_back(std::move(component));
  }
}

void SbomCollector::take_python(std::string_view text, const std::string& where) {
  const auto fields = parse_fields(text);
  auto component = declared(field(fields, "name"), field(fields, "version"), where);
  component.license =
      field(fields, "license-expression").empty() ? field(fields, "license") : field(fields, "license-expression");
  std::string normal = ascii_lower(component.name);  // PyPI's names: lower case, hyphens
  std::replace(normal.begin(), normal.end(), '_', '-');
  component.purl = fmt::format("pkg:pypi/{}@{}", purl_part(normal), purl_part(component.version));
  if (!component.name.empty()) m_sbom.components.push_back(std::move(component));
}

void SbomCollector::take_npm(const Json& json, const std::string& where) {
  if (json.text("name").empty() || json.text("version").empty()) return;
  auto component = declared(json.text("name"), json.text("version"), where);
  component.license = json.text("license");
  component.purl = npm_purl(component.name, component.version);
  m_sbom.components.push_back(std::move(component));
}

void SbomCollector::take_npm_lock(const Json& json, const std::string& where) {
  for (const auto& [place, package] : json["packages"].members()) {
    constexpr std::string_view k_modules = "node_modules/";
    const auto at = place.rfind(k_modules);
    if (at == std::string::npos || package.text("version").empty()) continue;
    const auto name =
        package.has("name") ? package.text("name") : std::string_view{place}.substr(at + k_modules.size());
    auto component = declared(name, package.text("version"), where);
    component.license = package.text("license");
    component.download_location = package.text("resolved");
    component.purl = npm_purl(component.name, component.version);
    m_sbom.components.push_back(std::move(component));
  }
}

}  // namespace assay::attest
