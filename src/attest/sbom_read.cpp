// Reading bills of materials of any size: the document is walked once, and only one element of a list is a value in memory.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <set>

#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/sbom.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_element = 64U << 20;
constexpr unsigned k_max_depth = 64;
constexpr std::size_t k_release_step = 8U << 20;
constexpr std::size_t k_max_components = 5'000'000;
constexpr std::string_view k_spdx_root = "SPDXRef-root";

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

/// Told how far the reader has come, so that what lies behind can be let go of.
using Progress = std::function<void(std::size_t)>;

/// Finds where values of a document begin and end; what is in them, the strict parser judges.
class Walker {
 public:
  explicit Walker(std::string_view text) : m_text(text) {}
  std::size_t position() const { return m_at; }
  bool at_end() {
    skip_space();
    return m_at == m_text.size();
  }
  bool take(char wanted) {
    skip_space();
    if (m_at >= m_text.size() || m_text[m_at] != wanted) return false;
    ++m_at;
    return true;
  }
  /// The extent of the next value; nothing if the document ends before it does or it is nested too deeply.
  std::optional<std::string_view> value() {
    skip_space();
    const auto start = m_at;
    unsigned depth = 0;
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (c == '"') {
        if (!skip_string()) return std::nullopt;
      } else if (c == '{' || c == '[') {
        if (++depth > k_max_depth) return std::nullopt;
        ++m_at;
        continue;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        --depth;
        ++m_at;
      } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
        break;
      } else {
        ++m_at;
        continue;
      }
      if (depth == 0) break;
    }
    return m_at == start ? std::nullopt : std::optional{m_text.substr(start, m_at - start)};
  }

 private:
  void skip_space() {
    while (m_at < m_text.size() &&
           (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\r' || m_text[m_at] == '\t'))
      ++m_at;
  }
  bool skip_string() {
    for (++m_at; m_at < m_text.size(); ++m_at) {
      // Most of a document is inside of strings: look for the quote, then whether a backslash stands before it.
      const auto quote = m_text.find('"', m_at);
      if (quote == std::string_view::npos) return false;
      std::size_t backslashes = 0;
      while (quote - backslashes > m_at && m_text[quote - backslashes - 1] == '\\') ++backslashes;
      m_at = quote;
      if (backslashes % 2 == 0) {
        ++m_at;
        return true;
      }
    }
    return false;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
};

std::string digest_name(std::string_view algorithm) {
  std::string name;
  for (const char c : ascii_lower(algorithm))
    if (c != '-') name += c;
  return name;
}

class SbomReader {
 public:
  /// With `take`, components are handed to it as they come and are no part of what read() returns; nor are dependencies.
  SbomReader(std::string_view text, const Progress& progress, const TakeComponent* take = nullptr)
      : m_walker(text), m_progress(progress), m_take(take), m_parser({k_max_element, k_max_depth}) {}

  Result<Sbom> read() {
    if (!m_walker.take('{')) return malformed("no JSON object");
    std::set<std::string, std::less<>> names;
    for (bool first = true; !m_walker.take('}'); first = false) {
      if (!first && !m_walker.take(',')) return malformed("malformed JSON: no comma between members");
      ASSAY_TRY(const auto name, next());
      if (!name.is_string() || !m_walker.take(':')) return malformed("malformed JSON: no member name");
      if (!names.emplace(name.text()).second)
        return malformed(
            fmt::format("member \"{}\" stands twice in one object", escape_for_display(name.text().substr(0, 80))));
      ASSAY_TRY_VOID(read_member(name.text()));
    }
    if (!m_walker.at_end()) return malformed("something stands behind the document");
    if (m_sbom.format.empty()) return malformed("neither SPDX 2.2 or 2.3 nor CycloneDX 1.2 to 1.7");
    take_root();
    if (m_take != nullptr)
      for (const auto& component : m_sbom.components) (*m_take)(component);
    return std::move(m_sbom);
  }

 private:
  /// In our own SPDX documents the first package is what the document describes, not a part of it.
  void take_root() {
    auto& components = m_sbom.components;
    if (!m_root_id.empty())
      for (auto& dependency : m_sbom.dependencies)
        for (auto* end : {&dependency.from, &dependency.to})
          if (*end == m_root_id) *end = "root";
    if (!m_describes_root || components.empty() || components.front().id != k_spdx_root) return;
    m_sbom.version = components.front().version;
    m_sbom.digests = components.front().digests;
    m_sbom.purl = components.front().purl;
    components.erase(components.begin());
    for (auto& component : components) component.unused = m_unused.contains(component.id);
    for (auto& dependency : m_sbom.dependencies)
      for (auto* end : {&dependency.from, &dependency.to})
        if (*end == k_spdx_root) *end = "root";
  }

  /// Whether the first is the root is known once the relationships have been read.
  void keep(Component component) {
    ++m_component_count;
    const bool may_be_root = m_sbom.components.empty() && component.id == k_spdx_root;
    if (m_take == nullptr || may_be_root) m_sbom.components.push_back(std::move(component));
    else (*m_take)(component);
  }

  void keep(Dependency dependency) {
    if (m_take == nullptr) m_sbom.dependencies.push_back(std::move(dependency));
  }

  Result<Json> next() {
    const auto extent = m_walker.value();
    if (!extent) return malformed("malformed JSON: it ends before its end, or is nested too deeply");
    return m_parser.parse(*extent);
  }

  Result<void> each(const std::function<Result<void>(const Json&)>& take) {
    if (!m_walker.take('[')) return malformed("malformed JSON: a list was expected");
    for (bool first = true; !m_walker.take(']'); first = false) {
      if (!first && !m_walker.take(',')) return malformed("malformed JSON: no comma between elements");
      ASSAY_TRY(const auto element, next());
      ASSAY_TRY_VOID(take(element));
      if (m_component_count > k_max_components)
        return Error{ErrorCode::limit, fmt::format("more than {} components", k_max_components), {}, {}};
      if (m_progress) m_progress(m_walker.position());
    }
    return {};
  }

  Result<void> read_member(std::string_view name) {
    if (name == "components") return each([this](const Json& json) { return take_component(json, 0); });
    if (name == "packages") return each([this](const Json& json) { return take_package(json); });
    if (name == "relationships") return each([this](const Json& json) { return take_relationship(json); });
    if (name == "dependencies") return each([this](const Json& json) { return take_dependency(json); });
    if (name == "files" || name == "vulnerabilities") return each([](const Json&) { return Result<void>{}; });
    ASSAY_TRY(const auto value, next());
    return take_header(name, value);
  }

  Result<void> take_header(std::string_view name, const Json& value) {
    if (name == "spdxVersion") {
      if (value.text() != "SPDX-2.2" && value.text() != "SPDX-2.3")
        return malformed(
            fmt::format("spdxVersion \"{}\" is not known", escape_for_display(value.text().substr(0, 40))));
      m_sbom.format = value.text();
    } else if (name == "specVersion") {
      static constexpr std::string_view k_versions[] = {"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"};
      if (std::find(std::begin(k_versions), std::end(k_versions), value.text()) == std::end(k_versions))
        return malformed(
            fmt::format("CycloneDX specVersion \"{}\" is not known", escape_for_display(value.text().substr(0, 40))));
      m_sbom.format = fmt::format("CycloneDX-{}", value.text());
    } else if (name == "name") {
      m_sbom.name = value.text();
    } else if (name == "creationInfo") {
      m_sbom.created = parse_time(value.text("created")).value_or(0);
    } else if (name == "metadata") {
      m_sbom.created = parse_time(value.text("timestamp")).value_or(0);
      m_sbom.name = value["component"].text("name");
      m_sbom.version = value["component"].text("version");
      m_sbom.purl = value["component"].text("purl");
      if (const auto phases = value["lifecycles"].items(); !phases.empty()) m_sbom.phase = phases.front().text("phase");
      m_root_id = value["component"].text("bom-ref");
    }
    return {};
  }

  void take_license(const Json& licenses, Component& component) {
    for (const auto& choice : licenses.items()) {
      const auto& license = choice["license"];
      std::string text{choice.text("expression")};
      if (text.empty()) text = license.text("id").empty() ? license.text("name") : license.text("id");
      if (text.empty()) continue;
      component.license += component.license.empty() ? text : " AND " + text;
    }
  }

  Result<void> take_component(const Json& json, unsigned depth) {
    Component component;
    component.id = json.text("bom-ref");
    component.type = json.text("type");
    const auto group = json.text("group");
    component.name = group.empty() ? std::string{json.text("name")} : fmt::format("{}/{}", group, json.text("name"));
    if (!json["name"].is_string()) return malformed("a component has no name");
    component.version = json.text("version");
    component.purl = json.text("purl");
    component.unused = json.text("scope") == "excluded";
    component.supplier = json["supplier"].text("name");
    for (const auto& hash : json["hashes"].items())
      component.digests.emplace(digest_name(hash.text("alg")), hash.text("content"));
    for (const auto& gitoid : json["omniborId"].items())
      if (gitoid.is_string()) component.gitoids.emplace_back(gitoid.text());
    take_license(json["licenses"], component);
    for (const auto& property : json["properties"].items()) {
      if (property.text("name") == "assay:grounds") component.grounds = parse_grounds(property.text("value"));
      if (property.text("name") == "assay:evidence") component.evidence = property.text("value");
    }
    keep(std::move(component));
    for (const auto& nested : json["components"].items()) {
      ASSAY_TRY_VOID(take_component(nested, depth + 1));
    }
    return {};
  }

  Result<void> take_package(const Json& json) {
    Component component;
    component.id = json.text("SPDXID");
    component.name = json.text("name");
    // An empty one is no name either, but apko writes it, and the package is there all the same.
    if (!json["name"].is_string()) return malformed("a package has no name");
    component.version = json.text("versionInfo");
    component.type = json.has("primaryPackagePurpose") ? ascii_lower(json.text("primaryPackagePurpose")) : "library";
    // The specification's text writes OPERATING-SYSTEM, its schema OPERATING_SYSTEM.
    std::replace(component.type.begin(), component.type.end(), '_', '-');
    component.download_location = json.text("downloadLocation") == "NOASSERTION" ? "" : json.text("downloadLocation");
    const auto declared = json.text("licenseDeclared");
    component.license = declared.empty() || declared == "NOASSERTION" ? json.text("licenseComments") : declared;
    const auto supplier = json.text("supplier");
    component.supplier = supplier.starts_with("Organization: ") ? supplier.substr(14)
                         : supplier == "NOASSERTION"            ? std::string_view{}
                                                                : supplier;
    for (const auto& checksum : json["checksums"].items())
      component.digests.emplace(digest_name(checksum.text("algorithm")), checksum.text("checksumValue"));
    for (const auto& reference : json["externalRefs"].items()) {
      const auto type = reference.text("referenceType");
      if (type == "purl" && component.purl.empty()) component.purl = reference.text("referenceLocator");
      if (type == "gitoid") component.gitoids.emplace_back(reference.text("referenceLocator"));
    }
    take_grounds(json.text("comment"), component);
    keep(std::move(component));
    return {};
  }

  static void take_grounds(std::string_view comment, Component& component) {
    constexpr std::string_view k_lead = "assay:grounds: ";
    if (!comment.starts_with(k_lead)) return;
    comment.remove_prefix(k_lead.size());
    const auto end = comment.find("; ");
    component.grounds = parse_grounds(comment.substr(0, end));
    if (end != std::string_view::npos) component.evidence = comment.substr(end + 2);
  }

  Result<void> take_relationship(const Json& json) {
    const auto type = json.text("relationshipType");
    const std::string from{json.text("spdxElementId")}, to{json.text("relatedSpdxElement")};
    if (type == "DESCRIBES" && to == k_spdx_root) m_describes_root = true;
    if (type == "DEPENDS_ON") keep(Dependency{from, to, Relation::depends_on});
    if (type == "DEPENDENCY_OF") keep(Dependency{to, from, Relation::depends_on});
    if (type == "GENERATED_FROM") keep(Dependency{from, to, Relation::generated_from});
    if (type == "BUILD_TOOL_OF") keep(Dependency{to, from, Relation::built_with});
    // In our own documents: that the whole contains its components is said by their being there.
    if (m_describes_root && type == "CONTAINS" && from != k_spdx_root) keep(Dependency{from, to, Relation::contains});
    if (m_describes_root && type == "OTHER" && json.text("comment") == k_unused_comment) m_unused.insert(to);
    return {};
  }

  Result<void> take_dependency(const Json& json) {
    for (const auto& target : json["dependsOn"].items())
      keep(Dependency{std::string{json.text("ref")}, std::string{target.text()}});
    return {};
  }

  Walker m_walker;
  const Progress& m_progress;
  const TakeComponent* m_take;
  JsonParser m_parser;
  Sbom m_sbom;
  std::string m_root_id;  ///< how the document itself calls what it describes
  bool m_describes_root = false;
  std::size_t m_component_count = 0;
  std::set<std::string, std::less<>> m_unused;
};

}  // namespace

Result<Sbom> read_sbom(ByteView text) {
  const Progress none;
  return SbomReader{as_text(text), none}.read();
}

namespace {

Result<Sbom> read_mapped(const std::filesystem::path& file, const TakeComponent* take) {
  ASSAY_TRY(const auto mapped, MappedFile::open(file));
  const auto bytes = mapped.bytes();
  std::size_t released = 0;
  const Progress release = [&](std::size_t done) {
    if (done < released + k_release_step) return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto end = done / page * page;
    // The mapping is private and read only: what is let go of is read again from the file, should anyone look.
    ::madvise(const_cast<std::uint8_t*>(bytes.data()) + released, end - released, MADV_DONTNEED);
    released = end;
  };
  auto sbom = SbomReader{as_text(bytes), release, take}.read();
  if (sbom || !sbom.error().where.empty()) return sbom;
  auto error = sbom.error();
  error.where = file.string();
  return error;
}

}  // namespace

Result<Sbom> read_sbom_file(const std::filesystem::path& file) {
  return read_mapped(file, nullptr);
}

Result<void> for_each_component(const std::filesystem::path& file, const TakeComponent& take) {
  ASSAY_TRY_VOID(read_mapped(file, &take));
  return {};
}

}  // namespace assay::attest
