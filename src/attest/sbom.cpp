#include "attest/sbom.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/key.hpp"
#include "base/version.hpp"
#include "digest/digest.hpp"

namespace assay::attest {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view k_grounds_property = "assay:grounds";
constexpr std::string_view k_evidence_property = "assay:evidence";

std::string content_key(const Component& component) {
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}{}", component.type, component.name, component.version,
                                component.purl, component.evidence, component.unused ? "\nunused" : "");
  for (const auto& [name, value] : component.digests) key += fmt::format("\n{}:{}", name, value);
  for (const auto& gitoid : component.gitoids) key += "\n" + gitoid;
  return key;
}

/// A UUID whose bits come from a digest: version 8 (RFC 9562, section 5.8), vendor specific.
std::string uuid_of(const Sha256& digest) {
  auto bytes = digest.bytes;
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x80);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  const auto hex = to_hex(ByteView{bytes}.first(16));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20, 12));
}

/// The digest of what makes this document this one: everything but its identifier.
Sha256 digest_of_content(const Sbom& sbom, std::string_view form) {
  Sha256Stream digest;
  const auto take = [&digest](std::string_view text) { digest.update(as_bytes(text)); };
  take(form);
  take(fmt::format("\n{}\n{}\n{}\n{}\n{}\n", sbom.name, sbom.version, sbom.created, sbom.purl, sbom.phase));
  for (const auto& component : sbom.components)
    take(fmt::format("{}\n{}\n{}\n{}\n", component.id, content_key(component), component.license, component.supplier));
  for (const auto& each : sbom.dependencies)
    take(fmt::format("{}>{}{}\n", each.from, each.to,
                     each.relation == Relation::depends_on ? "" : fmt::format(" {}", static_cast<int>(each.relation))));
  return digest.finish();
}

/// Writes an object as Json::dump() with an indent of two would, without having all of it in memory.
class DocumentWriter {
 public:
  explicit DocumentWriter(const TakeText& take) : m_take(take) { m_text = "{"; }

  void member(std::string_view name, const Json& value) {
    begin(name);
    append(value, 1);
  }
  void begin_list(std::string_view name) {
    begin(name);
    m_text += '[';
    m_elements = 0;
  }
  void element(const Json& value) {
    m_text += m_elements++ == 0 ? "\n    " : ",\n    ";
    append(value, 2);
    if (m_text.size() >= k_piece) flush();
  }
  void end_list() { m_text += m_elements == 0 ? "]" : "\n  ]"; }
  void end() {
    m_text += "\n}\n";
    flush();
  }

 private:
  static constexpr std::size_t k_piece = 1U << 20;

  void begin(std::string_view name) {
    m_text += m_members++ == 0 ? "\n  " : ",\n  ";
    m_text += json_quoted(name) + ": ";
  }
  /// Line ends within strings are escaped: those that are there are of the form.
  void append(const Json& value, std::size_t level) {
    for (const char c : value.dump(2)) {
      m_text += c;
      if (c == '\n') m_text.append(2 * level, ' ');
    }
  }
  void flush() {
    m_take(m_text);
    m_text.clear();
  }

  const TakeText& m_take;
  std::string m_text;
  std::size_t m_members = 0, m_elements = 0;
};

std::string spdx_id(std::string_view id) {
  std::string out = "SPDXRef-";
  if (id.starts_with(out)) id.remove_prefix(out.size());
  for (const char c : id)
    out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ? c : '-';
  return out;
}

std::string_view spdx_algorithm(std::string_view name) {
  return name == "sha256"   ? "SHA256"
         : name == "sha512" ? "SHA512"
         : name == "sha384" ? "SHA384"
         : name == "sha1"   ? "SHA1"
                            : std::string_view{};
}

std::string_view cyclonedx_algorithm(std::string_view name) {
  return name == "sha256"   ? "SHA-256"
         : name == "sha512" ? "SHA-512"
         : name == "sha384" ? "SHA-384"
         : name == "sha1"   ? "SHA-1"
                            : std::string_view{};
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What SPDX calls a type ("operating-system": OPERATING_SYSTEM, as its schema spells it); empty if it has no word for it.
std::string spdx_purpose(std::string_view type) {
  constexpr std::array k_purposes{"other"sv,       "install"sv,   "archive"sv,          "firmware"sv,
                                  "application"sv, "framework"sv, "library"sv,          "container"sv,
                                  "source"sv,      "device"sv,    "operating-system"sv, "file"sv};
  if (!is_one_of(k_purposes, type)) return {};
  std::string purpose{type};
  for (auto& c : purpose) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return purpose;
}

/// What CycloneDX calls a type; SPDX has some that are none there.
std::string_view cyclonedx_type(std::string_view type) noexcept {
  constexpr std::array k_types{"application"sv,
                               "framework"sv,
                               "library"sv,
                               "container"sv,
                               "platform"sv,
                               "operating-system"sv,
                               "device"sv,
                               "device-driver"sv,
                               "firmware"sv,
                               "file"sv,
                               "machine-learning-model"sv,
                               "data"sv,
                               "cryptographic-asset"sv};
  if (is_one_of(k_types, type)) return type;
  return type == "archive" || type == "source" ? "file" : "library";
}

/// What CycloneDX calls the times of a life at which a document can be made.
constexpr std::array k_phases{"design"sv,     "pre-build"sv, "build"sv,       "post-build"sv,
                              "operations"sv, "discovery"sv, "decommission"sv};

/// Is it an SPDX licence expression in form? (identifiers, AND, OR, WITH, parentheses, LicenseRef-…)
bool is_expression(std::string_view text) {
  return !text.empty() && text.size() < 500 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '-' || c == '+' || c == ' ' || c == '(' || c == ')';
                     }) &&
         (text.find(' ') == std::string_view::npos || text.find(" OR ") != std::string_view::npos ||
          text.find(" AND ") != std::string_view::npos || text.find(" WITH ") != std::string_view::npos);
}

Json checksums(const DigestMap& digests) {
  auto list = Json::array();
  for (const auto& [name, value] : digests) {
    const auto algorithm = spdx_algorithm(name);
    if (algorithm.empty()) continue;
    auto item = Json::object();
    item.set("algorithm", algorithm).set("checksumValue", value);
    list.push(std::move(item));
  }
  return list;
}

/// What the schema of CycloneDX takes for the content of a hash. Documents of others may have "foo" there.
bool is_hash_content(std::string_view text) {
  constexpr std::size_t k_sizes[] = {32, 40, 64, 96, 128};
  return std::find(std::begin(k_sizes), std::end(k_sizes), text.size()) != std::end(k_sizes) &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Json hashes(const DigestMap& digests) {
  auto list = Json::array();
  for (const auto& [name, value] : digests) {
    const auto algorithm = cyclonedx_algorithm(name);
    if (algorithm.empty() || !is_hash_content(value)) continue;
    auto item = Json::object();
    item.set("alg", algorithm).set("content", value);
    list.push(std::move(item));
  }
  return list;
}

std::string grounds_text(const Component& component) {
  if (!component.grounds) return {};
  return fmt::format("{}: {}{}{}", k_grounds_property, to_string(*component.grounds),
                     component.evidence.empty() ? "" : "; ", component.evidence);
}

Json external_reference(const char* category, const char* type, std::string_view locator) {
  auto json = Json::object();
  json.set("referenceCategory", category).set("referenceType", type).set("referenceLocator", locator);
  return json;
}

Json spdx_package(const Component& component) {
  auto json = Json::object();
  json.set("SPDXID", spdx_id(component.id)).set("name", component.name).set_text("versionInfo", component.version);
  json.set("downloadLocation", component.download_location.empty() ? "NOASSERTION" : component.download_location)
      .set("filesAnalyzed", false);
  if (!component.supplier.empty()) json.set("supplier", "Organization: " + component.supplier);
  json.set("licenseConcluded", "NOASSERTION")
      .set("licenseDeclared", is_expression(component.license) ? component.license : "NOASSERTION");
  json.set("copyrightText", "NOASSERTION");
  if (!component.license.empty() && !is_expression(component.license)) json.set("licenseComments", component.license);
  if (auto list = checksums(component.digests); !list.items().empty()) json.set("checksums", std::move(list));
  auto references = Json::array();
  if (!component.purl.empty()) references.push(external_reference("PACKAGE-MANAGER", "purl", component.purl));
  for (const auto& gitoid : component.gitoids) references.push(external_reference("PERSISTENT-ID", "gitoid", gitoid));
  if (!references.items().empty()) json.set("externalRefs", std::move(references));
  json.set_text("comment", grounds_text(component));
  json.set_text("primaryPackagePurpose", spdx_purpose(component.type));
  return json;
}

Json relationship(std::string from, const char* type, std::string to) {
  auto json = Json::object();
  json.set("spdxElementId", std::move(from)).set("relationshipType", type).set("relatedSpdxElement", std::move(to));
  return json;
}

Json spdx_relationship(const Dependency& dependency) {
  auto from = spdx_id(dependency.from), to = spdx_id(dependency.to);
  switch (dependency.relation) {
    case Relation::depends_on:
      break;
    case Relation::generated_from:
      return relationship(std::move(from), "GENERATED_FROM", std::move(to));
    case Relation::built_with:
      return relationship(std::move(to), "BUILD_TOOL_OF", std::move(from));
    case Relation::contains:
      return relationship(std::move(from), "CONTAINS", std::move(to));
  }
  return relationship(std::move(from), "DEPENDS_ON", std::move(to));
}

Json property(std::string_view name, std::string_view value) {
  auto json = Json::object();
  json.set("name", name).set("value", value);
  return json;
}

Json cyclonedx_component(const Component& component) {
  auto json = Json::object();
  json.set("type", cyclonedx_type(component.type)).set("bom-ref", component.id);
  if (!component.supplier.empty()) {
    auto supplier = Json::object();
    json.set("supplier", supplier.set("name", component.supplier));
  }
  json.set("name", component.name).set_text("version", component.version);
  if (component.unused) json.set("scope", "excluded");
  if (auto list = hashes(component.digests); !list.items().empty()) json.set("hashes", std::move(list));
  if (!component.license.empty()) {
    auto license = Json::object();
    auto choice = Json::object();
    if (is_expression(component.license)) choice.set("expression", component.license);
    else choice.set("license", license.set("name", component.license));
    json.set("licenses", Json::array({std::move(choice)}));
  }
  json.set_text("purl", component.purl);
  if (!component.gitoids.empty()) {
    auto ids = Json::array();
    for (const auto& gitoid : component.gitoids) ids.push(gitoid);
    json.set("omniborId", std::move(ids));
  }
  auto properties = Json::array();
  if (component.grounds) properties.push(property(k_grounds_property, to_string(*component.grounds)));
  if (!component.evidence.empty()) properties.push(property(k_evidence_property, component.evidence));
  if (!properties.items().empty()) json.set("properties", std::move(properties));
  return json;
}

Component root_component(const Sbom& sbom) {
  Component root;
  root.id = "root";
  root.type = "application";
  root.name = sbom.name.empty() ? "unnamed" : sbom.name;
  root.version = sbom.version;
  root.purl = sbom.purl;
  root.digests = sbom.digests;
  return root;
}

/// Dependencies between what is in the document: an end that is no component would make it invalid.
std::vector<const Dependency*> known_dependencies(const Sbom& sbom) {
  std::unordered_set<std::string_view> known{"root"};
  for (const auto& component : sbom.components) known.insert(component.id);
  std::vector<const Dependency*> dependencies;
  for (const auto& each : sbom.dependencies)
    if (known.contains(each.from) && known.contains(each.to)) dependencies.push_back(&each);
  return dependencies;
}

/// One element for each that depends on others. A tool may be an input as well, and is named once.
void write_cyclonedx_dependencies(const Sbom& sbom, DocumentWriter& document) {
  auto dependencies = known_dependencies(sbom);
  std::stable_sort(dependencies.begin(), dependencies.end(), [](auto* a, auto* b) { return a->from < b->from; });
  for (auto at = dependencies.begin(); at != dependencies.end();) {
    const auto& from = (*at)->from;
    std::unordered_set<std::string_view> told;
    auto targets = Json::array();
    for (; at != dependencies.end() && (*at)->from == from; ++at)
      if (told.insert((*at)->to).second) targets.push((*at)->to);
    document.element(Json::object().set("ref", from).set("dependsOn", std::move(targets)));
  }
}

std::string as_one_text(const Sbom& sbom, void (*write)(const Sbom&, const TakeText&)) {
  std::string text;
  write(sbom, [&text](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace

std::string_view to_string(Grounds grounds) noexcept {
  switch (grounds) {
    case Grounds::observed:
      return "observed";
    case Grounds::declared:
      return "declared";
    case Grounds::guessed:
      return "guessed";
  }
  return "guessed";
}

std::optional<Grounds> parse_grounds(std::string_view text) noexcept {
  for (const auto grounds : {Grounds::observed, Grounds::declared, Grounds::guessed})
    if (text == to_string(grounds)) return grounds;
  return std::nullopt;
}

namespace {

/// Dependencies follow a component to its new id, unless another one bears the old.
void rename_ends(std::vector<Dependency>& dependencies, const std::map<std::string, std::string>& renamed) {
  if (renamed.empty()) return;
  for (auto& dependency : dependencies)
    for (auto* end : {&dependency.from, &dependency.to})
      if (const auto found = renamed.find(*end); found != renamed.end()) *end = found->second;
}

}  // namespace

void normalise(Sbom& sbom) {
  auto& components = sbom.components;
  for (auto& component : components)
    if (component.id.empty())
      component.id = fmt::format("{}-{}", component.name,
                                 to_hex(digest_of(HashKind::sha256, as_bytes(content_key(component)))).substr(0, 16));
  const auto key = [](const Component& component) {
    return std::tie(component.type, component.name, component.version, component.purl, component.id);
  };
  std::sort(components.begin(), components.end(),
            [&](const Component& a, const Component& b) { return key(a) < key(b); });
  components.erase(std::unique(components.begin(), components.end(),
                               [&](const Component& a, const Component& b) { return key(a) == key(b); }),
                   components.end());
  // Ids are unique within a document, also once SPDX's narrow alphabet has folded them.
  std::unordered_set<std::string> taken{spdx_id("root"), spdx_id("DOCUMENT")};
  std::map<std::string, std::string> renamed;
  for (auto& component : components) {
    const auto wanted = component.id;
    for (unsigned n = 2; !taken.insert(spdx_id(component.id)).second; ++n)
      component.id = fmt::format("{}-{}", wanted, n);
    if (component.id != wanted && wanted != "root") renamed.emplace(wanted, component.id);
  }
  for (const auto& component : components) renamed.erase(component.id);
  rename_ends(sbom.dependencies, renamed);
  auto& dependencies = sbom.dependencies;
  const auto ends = [](const Dependency& each) { return std::tie(each.from, each.to, each.relation); };
  std::sort(dependencies.begin(), dependencies.end(),
            [&](const Dependency& a, const Dependency& b) { return ends(a) < ends(b); });
  dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
}

void write_spdx(const Sbom& sbom, const TakeText& take) {
  auto creation = Json::object();
  creation.set("created", format_time(sbom.created))
      .set("creators", Json::array({Json{fmt::format("Tool: assay-{}", k_version)}}));
  const auto root = root_component(sbom);
  DocumentWriter document{take};
  document.member("spdxVersion", "SPDX-2.3");
  document.member("dataLicense", "CC0-1.0");
  document.member("SPDXID", "SPDXRef-DOCUMENT");
  document.member("name", root.name);
  document.member("documentNamespace", "urn:uuid:" + uuid_of(digest_of_content(sbom, "spdx")));
  document.member("creationInfo", creation);
  document.begin_list("packages");
  document.element(spdx_package(root));
  for (const auto& component : sbom.components) document.element(spdx_package(component));
  document.end_list();
  document.begin_list("relationships");
  document.element(relationship("SPDXRef-DOCUMENT", "DESCRIBES", spdx_id(root.id)));
  for (const auto& component : sbom.components) {
    auto belongs = relationship(spdx_id(root.id), component.unused ? "OTHER" : "CONTAINS", spdx_id(component.id));
    if (component.unused) belongs.set("comment", k_unused_comment);
    document.element(belongs);
  }
  for (const auto* dependency : known_dependencies(sbom)) document.element(spdx_relationship(*dependency));
  document.end_list();
  document.end();
}

void write_cyclonedx(const Sbom& sbom, const TakeText& take) {
  auto tool = Json::object();
  tool.set("type", "application").set("name", "assay").set("version", k_version);
  auto tools = Json::object();
  tools.set("components", Json::array({std::move(tool)}));
  auto metadata = Json::object();
  metadata.set("timestamp", format_time(sbom.created));
  if (is_one_of(k_phases, sbom.phase))
    metadata.set("lifecycles", Json::array({Json::object().set("phase", sbom.phase)}));
  metadata.set("tools", std::move(tools));
  metadata.set("component", cyclonedx_component(root_component(sbom)));
  DocumentWriter document{take};
  document.member("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
  document.member("bomFormat", "CycloneDX");
  document.member("specVersion", "1.6");
  document.member("serialNumber", "urn:uuid:" + uuid_of(digest_of_content(sbom, "cyclonedx")));
  document.member("version", 1);
  document.member("metadata", metadata);
  document.begin_list("components");
  for (const auto& component : sbom.components) document.element(cyclonedx_component(component));
  document.end_list();
  document.begin_list("dependencies");
  write_cyclonedx_dependencies(sbom, document);
  document.end_list();
  document.end();
}

std::string write_spdx(const Sbom& sbom) {
  return as_one_text(sbom, write_spdx);
}

std::string write_cyclonedx(const Sbom& sbom) {
  return as_one_text(sbom, write_cyclonedx);
}

}  // namespace assay::attest
