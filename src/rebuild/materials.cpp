#include "rebuild/materials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "attest/package_files.hpp"
#include "attest/sbom_collector.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "digest/digest.hpp"
#include "digest/named_digest.hpp"
#include "rebuild/rules.hpp"
#include "trace/system_files.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;
using trace::Index;

namespace {

constexpr std::uint64_t k_max_checked = 1ULL << 30;  // of one file, to hold it against its package's digest
constexpr std::size_t k_max_relations = 2'000'000;
constexpr std::size_t k_shown = 20;  // files named in a finding

/// One file that the build read and did not make.
struct Input {
  Index file = trace::k_none;
  bool from_source = false;
  bool executed = false;
  std::set<std::string, std::less<>> readers;  ///< programs
  std::optional<std::size_t> package;
  bool is_record = false;  ///< of the package manager or the system: what is installed
  std::string note;        ///< how it belongs to the package, if not by its list
  std::string id;          ///< of its component
};

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

/// The source that a module's byte code was made from: a/__pycache__/b.cpython-311.opt-1.pyc → a/b.py (PEP 3147).
std::optional<std::string> python_source(std::string_view path) {
  const auto directory = path_dirname(path);
  if (!path.ends_with(".pyc") || path_basename(directory) != "__pycache__") return std::nullopt;
  const auto name = path_basename(path);
  const auto dot = name.find(".cpython-");
  if (dot == std::string_view::npos) return std::nullopt;
  return fmt::format("{}/{}.py", path_dirname(directory), name.substr(0, dot));
}

std::string joined(const std::set<std::string, std::less<>>& words) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& word : words) {
    if (++shown > 4) return text + fmt::format(" and {} more", words.size() - 4);
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

class Collecting {
 public:
  explicit Collecting(const MaterialsRequest& request) : m_request(request), m_trace(*request.trace) {}

  Materials go() {
    find_inputs();
    find_owners();
    add_components();
    add_relations();
    report_unowned();
    report_altered();
    attest::normalise(m_materials.sbom);
    sort_findings(m_materials.findings);
    return std::move(m_materials);
  }

 private:
  bool is_own(Index process) const {
    const auto& phase = m_trace.phases[m_trace.processes[process].phase];
    return std::find(m_request.own_phases.begin(), m_request.own_phases.end(), phase) != m_request.own_phases.end();
  }

  /// Unpacked before the build began, and not touched by it since.
  bool is_source(const trace::FileVersion& version) const {
    return is_below(version.path, m_request.source) &&
           std::all_of(version.writers.begin(), version.writers.end(), [&](Index process) { return is_own(process); });
  }
  bool is_system(const trace::FileVersion& version) const {
    if (version.writable_place || !version.writers.empty()) return false;
    for (const std::string_view place : {"/proc", "/sys", "/dev"})
      if (is_below(version.path, place)) return false;
    return std::find(m_request.provided.begin(), m_request.provided.end(), version.path) == m_request.provided.end();
  }

  void find_inputs() {
    for (Index process = 0; process < m_trace.processes.size(); ++process) {
      if (is_own(process)) continue;
      const auto& each = m_trace.processes[process];
      for (const auto& image : each.images)
        for (const auto file :
             {image.program, image.program == trace::k_none ? trace::k_none : m_trace.files[image.program].loader})
          if (file != trace::k_none) take(file, trace::program_name(m_trace, process), true);
      for (const auto& access : each.reads) {
        const auto program = access.image < each.images.size() ? each.images[access.image].program : trace::k_none;
        take(access.file, program == trace::k_none ? std::string_view{} : path_basename(m_trace.files[program].path),
             false);
      }
    }
  }

  void take(Index file, std::string_view reader, bool executed) {
    const auto& version = m_trace.files[file];
    const bool from_source = is_source(version);
    if (!from_source && !is_system(version)) return;
    auto& input = m_inputs[file];
    input.file = file;
    input.from_source = from_source;
    input.executed = input.executed || executed;
    if (!reader.empty()) input.readers.insert(escape_for_display(reader));
  }

  void find_owners() {
    std::vector<std::string> wanted;
    for (const auto& [file, input] : m_inputs) {
      if (input.from_source) continue;
      wanted.push_back(m_trace.files[file].path);
      if (const auto source = python_source(m_trace.files[file].path)) wanted.push_back(*source);
    }
    m_packages = attest::PackageFiles::read(m_request.root, wanted, m_materials.coverage);
    if (!m_packages.has_database())
      m_materials.coverage.add(escape_for_display(m_request.root.string()),
                               "there is no database of dpkg, rpm or apk: no file has an owner",
                               "give --root a system with its database of packages");
    for (auto& [file, input] : m_inputs) {
      if (input.from_source) continue;
      const auto& path = m_trace.files[file].path;
      if (const auto* found = m_packages.find(path)) {
        input.package = found->package;
        m_materials.owners.emplace(path, m_packages.packages()[found->package].name);
      } else if (attest::PackageFiles::is_record(path)) {
        input.note = "; a record of the package manager";
        input.is_record = true;
      } else if (const auto source = python_source(path); source && m_packages.find(*source) != nullptr) {
        input.package = m_packages.find(*source)->package;
        m_materials.owners.emplace(path, m_packages.packages()[*input.package].name);
        input.note = "; made from " + escape_for_display(path_basename(*source)) + " when the package was installed";
      } else if (trace::is_made_by_the_system(path) && !input.executed) {
        input.note = "; made by the system when packages were installed";
        input.is_record = true;
      }
    }
  }

  std::string evidence_of(const Input& input) const {
    return fmt::format("trace: {} by {}{}", input.executed ? "run, or read" : "read",
                       input.readers.empty() ? "an unknown program" : joined(input.readers), input.note);
  }

  attest::DigestMap digests_of(const trace::FileVersion& version) {
    if (version.sha256) return {{"sha256", version.sha256->hex()}};
    m_materials.coverage.add(escape_for_display(version.path), "was read, and its content was not seen");
    return {};
  }

  static void add_gitoid(attest::Component& component, const trace::FileVersion& version) {
    if (auto gitoid = trace::gitoid_uri(version); !gitoid.empty()) component.gitoids.push_back(std::move(gitoid));
  }

  std::string shown_path(const Input& input) const {
    std::string_view path = m_trace.files[input.file].path;
    if (input.from_source) path.remove_prefix(m_request.source.size() + 1);
    return escape_for_display(path);
  }

  void add_components() {
    auto& sbom = m_materials.sbom;
    sbom.name = m_request.name;
    sbom.version = m_request.version;
    sbom.created = m_request.created;
    sbom.phase = "build";
    for (const auto& [name, sha256] : m_request.outputs) {
      attest::Component component;
      component.id = "output:" + escape_for_display(name);
      component.type = "file";
      component.name = escape_for_display(name);
      component.digests = {{"sha256", sha256}};
      if (const auto version = version_of(sha256)) add_gitoid(component, m_trace.files[*version]);
      component.grounds = attest::Grounds::observed;
      component.evidence = "made by the build";
      sbom.components.push_back(std::move(component));
    }
    for (auto& [file, input] : m_inputs) add_file(input);
    add_packages();
  }

  void add_file(Input& input) {
    const auto& version = m_trace.files[input.file];
    attest::Component component;
    component.id = input.id = (input.from_source ? "source:" : "file:") + shown_path(input);
    component.type = "file";
    component.name = shown_path(input);
    component.digests = digests_of(version);
    add_gitoid(component, version);
    component.grounds = attest::Grounds::observed;
    component.evidence = evidence_of(input);
    attest::BuildInput record{component.name, {}, component.digests, attest::Grounds::observed, component.evidence};
    if (input.package)
      record.uri = fmt::format("{}#{}", m_packages.packages()[*input.package].purl, subpath(version.path));
    else if (!input.from_source && !input.is_record) component.evidence += "; no package owns it";
    if (!record.digests.empty()) m_materials.inputs.push_back(std::move(record));
    m_materials.sbom.components.push_back(std::move(component));
  }

  /// As a purl has it: segments percent-encoded, no leading slash.
  static std::string subpath(std::string_view path) {
    std::string text;
    while (!path.empty()) {
      path.remove_prefix(1);
      const auto end = std::min(path.find('/'), path.size());
      text += (text.empty() ? "" : "/") + attest::purl_part(path.substr(0, end));
      path.remove_prefix(end);
    }
    return text;
  }

  void add_packages() {
    std::map<std::size_t, std::pair<std::size_t, std::size_t>> used;  // package → files, of which were run
    for (const auto& [file, input] : m_inputs) {
      if (!input.package) continue;
      auto& [files, run] = used[*input.package];
      ++files;
      if (input.executed) ++run;
    }
    for (std::size_t i = 0; i < m_packages.packages().size(); ++i) {
      auto component = m_packages.packages()[i];
      component.id = component.purl;
      if (const auto found = used.find(i); found != used.end()) {
        component.type = found->second.second > 0 ? "application" : "library";
        component.grounds = attest::Grounds::observed;
        component.evidence = fmt::format("trace: {} read, {} run", count_of(found->second.first, "file"),
                                         count_of(found->second.second, "program"));
      } else {
        component.unused = true;
        component.evidence += "; no file of it was read";
      }
      m_materials.sbom.components.push_back(std::move(component));
    }
  }

  std::optional<Index> version_of(const std::string& sha256) const {
    std::optional<Index> found;
    for (Index file = 0; file < m_trace.files.size(); ++file) {
      const auto& version = m_trace.files[file];
      if (version.writers.empty() || !version.sha256 || version.sha256->hex() != sha256) continue;
      // Its maker knows more of it than who copied it afterwards.
      if (!found ||
          std::none_of(version.writers.begin(), version.writers.end(), [&](Index process) { return is_own(process); }))
        found = file;
    }
    return found;
  }

  void add_relations() {
    auto& relations = m_materials.sbom.dependencies;
    for (const auto& [file, input] : m_inputs)
      if (input.package)
        relations.push_back({m_packages.packages()[*input.package].purl, input.id, attest::Relation::contains});
    for (const auto& [name, sha256] : m_request.outputs) {
      relations.push_back({"root", "output:" + escape_for_display(name), attest::Relation::contains});
      const auto version = version_of(sha256);
      if (!version)
        m_materials.coverage.add(escape_for_display(name),
                                 "no process of the trace wrote it: what it came from is not known");
      else relate(name, *version);
      if (relations.size() > k_max_relations) {
        m_materials.coverage.add(
            escape_for_display(name),
            fmt::format("more than {} relations: what further outputs came from is left out", k_max_relations));
        return;
      }
    }
  }

  void relate(const std::string& name, Index output) {
    auto& relations = m_materials.sbom.dependencies;
    std::set<std::pair<std::size_t, attest::Relation>> packages;
    const auto from = "output:" + escape_for_display(name);
    for (const auto ancestor : m_request.graph->ancestry(output)) {
      const auto found = m_inputs.find(ancestor);
      if (found == m_inputs.end()) continue;
      const auto relation = found->second.executed ? attest::Relation::built_with : attest::Relation::generated_from;
      if (found->second.package) packages.emplace(*found->second.package, relation);
      else relations.push_back({from, found->second.id, relation});
    }
    for (const auto& [package, relation] : packages)
      relations.push_back({from, m_packages.packages()[package].purl, relation});
  }

  /// One finding for each directory: a cache of a hundred files is one thing.
  void report_unowned() {
    if (!m_packages.has_database()) return;
    std::map<std::string, std::vector<const Input*>> by_directory;
    for (const auto& [file, input] : m_inputs)
      if (!input.from_source && !input.package && !input.is_record)
        by_directory[std::string{path_dirname(m_trace.files[file].path)}].push_back(&input);
    for (auto& [directory, inputs] : by_directory) {
      std::sort(inputs.begin(), inputs.end(),
                [&](const Input* a, const Input* b) { return shown_path(*a) < shown_path(*b); });
      const bool executed =
          std::any_of(inputs.begin(), inputs.end(), [](const Input* input) { return input->executed; });
      std::vector<Evidence> evidence;
      for (std::size_t i = 0; i < std::min(inputs.size(), k_shown); ++i)
        evidence.push_back({shown_path(*inputs[i]), evidence_of(*inputs[i])});
      auto finding =
          make_finding(k_unowned_input, {inputs.size() == 1 ? m_trace.files[inputs[0]->file].path : directory, 0},
                       fmt::format("the build {} {} that no installed package owns", executed ? "ran or read" : "read",
                                   count_of(inputs.size(), "file")),
                       std::move(evidence));
      if (executed) finding.severity = Severity::medium;
      m_materials.findings.push_back(std::move(finding));
    }
  }

  /// A file that is not as its package brought it was changed on this machine. Its content is looked at again, and counts
  /// only if it is still what the build read.
  void report_altered() {
    std::map<std::size_t, std::vector<Altered>> altered;  // by package
    for (const auto& [file, input] : m_inputs) {
      const auto& version = m_trace.files[file];
      const auto* listed = input.from_source ? nullptr : m_packages.find(version.path);
      if (listed == nullptr || listed->md5.empty() || !version.sha256 || version.size > k_max_checked) continue;
      const auto mapped = MappedFile::open(m_request.root / version.path.substr(1));
      if (!mapped || sha256(mapped->bytes()) != *version.sha256) {
        m_materials.coverage.add(escape_for_display(version.path),
                                 "is no longer what the build read, and was not held against its package");
        continue;
      }
      const auto md5 = to_hex(named_digest(DigestName::md5, mapped->bytes()));
      if (md5 != listed->md5) altered[listed->package].push_back({&input, listed->md5});
    }
    for (const auto& [package, files] : altered) report_altered(m_packages.packages()[package].name, files);
  }

  struct Altered {
    const Input* input = nullptr;
    std::string_view md5;  ///< that the package lists
  };

  /// One finding for a package: whoever replaces one, as npm(1) does itself, replaces hundreds of files.
  void report_altered(std::string_view package, const std::vector<Altered>& files) {
    const auto& first = m_trace.files[files.front().input->file];
    std::vector<Evidence> evidence{{"sha256 of what the build read", first.sha256->hex()},
                                   {"md5 that the package lists", std::string{files.front().md5}},
                                   {"used", evidence_of(*files.front().input)}};
    for (std::size_t i = 1; i < std::min(files.size(), k_shown); ++i)
      evidence.push_back({shown_path(*files[i].input), evidence_of(*files[i].input)});
    const auto owner = escape_for_display(package);
    m_materials.findings.push_back(make_finding(k_altered_input, {first.path, 0},
                                                files.size() == 1
                                                    ? fmt::format("is not the file that {} installed", owner)
                                                    : fmt::format("this and {} are not the files that {} installed",
                                                                  count_of(files.size() - 1, "other file"), owner),
                                                std::move(evidence)));
  }

  const MaterialsRequest& m_request;
  const trace::Trace& m_trace;
  Materials m_materials;
  std::map<Index, Input> m_inputs;
  attest::PackageFiles m_packages;
};

}  // namespace

Materials materials_of(const MaterialsRequest& request) {
  return Collecting{request}.go();
}

}  // namespace assay::rebuild
