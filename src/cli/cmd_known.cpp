// assay known: make, ask and check the data of what upstreams ever published.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/rule_data.hpp"
#include "provenance/known_files.hpp"
#include "provenance/known_index.hpp"
#include "provenance/m4_header.hpp"
#include "provenance/prevalence.hpp"

namespace assay::cli {

namespace {

using provenance::KnownFile;

constexpr std::uint64_t k_max_file = 256ULL << 20;
constexpr std::size_t k_lines_shown = 40;
constexpr std::size_t k_line_width = 200;

std::string date_of(std::int64_t seconds) {
  return seconds == 0 ? "date unknown" : fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// --- index
// ------------------------------------------------------------------------------------------------------------

struct IndexOptions {
  std::vector<std::string> sources;
  provenance::KnownFilter filter;
  std::string url;
  std::string package;
  std::string output;
  bool releases = false;
};

Result<provenance::KnownDataSet> make_data_set(const IndexOptions& options, const std::string& name) {
  const std::filesystem::path first{options.sources.front()};
  std::error_code ignored;
  if (!std::filesystem::is_directory(first, ignored)) {
    return provenance::index_packages({options.sources.begin(), options.sources.end()}, name, options.filter);
  }
  if (options.sources.size() > 1)
    return Error{ErrorCode::usage, "one directory at a time can be indexed", options.sources[1],
                 "give one repository or directory, or any number of .deb files"};
  if (!options.package.empty()) return provenance::index_directory(first, options.package, name, options.filter);
  // The place of a clone says nothing to others, so it never gets into the manifest.
  const auto address = options.url.empty() ? name : options.url;
  auto set = provenance::index_repository(first, name, address, options.filter);
  const bool looks_bare = std::filesystem::exists(first / "HEAD", ignored);
  if (!set && !looks_bare && !std::filesystem::exists(first / ".git", ignored))
    set.error().remedy = "for a directory that is no repository, say which package it holds: --package NAME_VERSION";
  return set;
}

/// Count how many projects ship each auxiliary file: DIR/NAME.prevalence.
Result<int> index_prevalence(const IndexOptions& options, const std::filesystem::path& directory,
                             const std::string& name, Invocation& invocation) {
  if (options.sources.size() > 1)
    return Error{ErrorCode::usage, "one directory of releases at a time can be indexed", options.sources[1], {}};
  std::vector<std::string> skipped;
  ASSAY_TRY(const auto counter, provenance::count_releases(options.sources.front(), options.filter, Limits{}, skipped));
  ASSAY_TRY_VOID(write_file_whole(directory / (name + ".prevalence"), counter.finish()));
  for (const auto& reason : skipped) invocation.err << "assay: not counted: " << reason << '\n';
  invocation.out << fmt::format("{}: {} of {}\n", escape_for_display(name),
                                count_of(counter.contents(), "auxiliary file"),
                                count_of(counter.projects(), "project"));
  return skipped.empty() ? 0 : 3;
}

Result<int> run_index(const IndexOptions& options, Invocation& invocation) {
  const std::filesystem::path output{options.output};
  auto directory = output.parent_path();
  if (directory.empty()) directory = ".";
  const auto name = output.extension() == ".known" ? output.stem().string() : output.filename().string();
  if (name.empty())
    return Error{ErrorCode::usage, "names a directory, not a data set", options.output, "give -o DIR/NAME"};
  if (options.releases) return index_prevalence(options, directory, name, invocation);
  ASSAY_TRY(const auto set, make_data_set(options, name));
  ASSAY_TRY_VOID(provenance::write_data_set(set, directory));
  const auto& manifest = set.manifest;
  invocation.out << fmt::format("{}: {} ({}) under {}, {}, {} bytes\n", escape_for_display(name),
                                count_of(manifest.files, "version of a file", "versions of files"),
                                count_of(manifest.contents, "content"), count_of(manifest.paths, "path"),
                                count_of(manifest.lines, "line"), manifest.size);
  return 0;
}

void add_index(CLI::App& known, Invocation& invocation) {
  auto options = std::make_shared<IndexOptions>();
  auto* command =
      known.add_subcommand("index", "Make a data set from the whole history of a repository, or from packages");
  command->add_option("SOURCE", options->sources, "A git repository, a directory (with --package), or .deb files")
      ->required();
  command
      ->add_option("--paths", options->filter.paths,
                   "Files to index; '*' spans directories, '!GLOB' excludes; default: all")
      ->type_name("GLOB");
  command->add_option("--line-paths", options->filter.line_paths, "Those whose lines count as known too; default: none")
      ->type_name("GLOB");
  command->add_option("--url", options->url, "Public address of the repository, for the manifest")->type_name("URL");
  command->add_option("--package", options->package, "The package whose files the directory holds")
      ->type_name("NAME_VERSION");
  command->add_flag("--releases", options->releases,
                    "The directory holds release tarballs: count in how many projects each auxiliary file stands");
  command->add_option("-o,--output", options->output, "Write DIR/NAME.known and DIR/NAME.json")
      ->type_name("DIR/NAME")
      ->required();
  command->footer(
      "Example: assay known index ./gnulib.git --paths 'm4/*' 'lib/*' --line-paths 'm4/*' -o rules/known/gnulib");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_index(*options, invocation); };
  });
}

// --- lookup
// -----------------------------------------------------------------------------------------------------------

struct LookupOptions {
  std::string what;
  std::string format = "text";
  std::string rules;
};

/// What the data says about a content.
struct Answer {
  Sha256 sha256;
  std::string basename;             ///< empty if only a digest was given
  std::vector<KnownFile> places;    ///< where this very content stood
  std::vector<KnownFile> versions;  ///< known files of that base name, if the content is none of them
  std::optional<provenance::M4Serial> serial;
  std::uint64_t lines = 0;
  std::vector<std::string> novel;  ///< lines that no known file holds
};

void examine_unknown(const provenance::KnownFiles& known, ByteView content, Answer& answer) {
  answer.versions = known.history_of(answer.basename);
  if (!looks_like_text(content)) return;
  if (answer.basename.ends_with(".m4")) answer.serial = provenance::parse_m4_serial(as_text(content));
  for (const auto line : split_lines(as_text(content))) {
    auto normal = normalise_line(line);
    if (normal.empty()) continue;
    ++answer.lines;
    if (!known.has_line(provenance::line_digest(normal))) answer.novel.push_back(std::move(normal));
  }
}

Result<Answer> look_up(const provenance::KnownFiles& known, const std::string& what) {
  Answer answer;
  std::error_code ignored;
  constexpr std::string_view k_algorithm = "sha256:";
  const auto digest = Sha256::from_hex(what.starts_with(k_algorithm) ? what.substr(k_algorithm.size()) : what);
  if (digest && !std::filesystem::exists(what, ignored)) {
    answer.sha256 = *digest;
    answer.places = known.find(*digest);
    return answer;
  }
  auto content = read_file(what, k_max_file);
  if (!content) {
    if (content.error().remedy.empty()) content.error().remedy = "give a file, or a SHA-256 of 64 hexadecimal digits";
    return content.error();
  }
  answer.sha256 = sha256(*content);
  answer.basename = path_basename(what);
  answer.places = known.find(answer.sha256);
  if (answer.places.empty()) examine_unknown(known, *content, answer);
  return answer;
}

std::string describe(const KnownFile& file) {
  const auto serial = file.serial == 0 ? std::string{} : fmt::format("  serial {}", file.serial);
  return fmt::format("{}  {}  {}{}", file.upstream, date_of(file.first_seen), escape_for_display(file.path), serial);
}

std::string describe_serials(const Answer& answer) {
  std::set<std::uint32_t> serials;
  for (const auto& version : answer.versions) serials.insert(version.serial);
  serials.erase(0);  // a version without a serial
  if (serials.empty()) return {};
  auto text = fmt::format("  serials {} to {}", *serials.begin(), *serials.rbegin());
  if (!answer.serial) return text + ", this file bears none\n";
  const bool had = serials.contains(answer.serial->number);
  return text + fmt::format(", this file claims {}{}\n", escape_for_display(answer.serial->text),
                            had ? "" : ", which upstream never had");
}

void print_unknown(const Answer& answer, std::ostream& out) {
  out << "not known\n";
  if (answer.basename.empty()) return;
  if (answer.versions.empty()) {
    out << fmt::format("  no upstream has a file named {}\n", escape_for_display(answer.basename));
  } else {
    out << fmt::format("  {} known of {}; the newest:\n    {}\n",
                       count_of(answer.versions.size(), "version is", "versions are"),
                       escape_for_display(answer.basename), describe(answer.versions.back()));
    out << describe_serials(answer);
  }
  out << fmt::format("  {} of {} stand in no known file\n", answer.novel.size(), count_of(answer.lines, "line"));
  for (std::size_t i = 0; i < std::min(k_lines_shown, answer.novel.size()); ++i)
    out << "    " << escape_for_display(answer.novel[i].substr(0, k_line_width)) << '\n';
  if (answer.novel.size() > k_lines_shown) out << fmt::format("    … {} more\n", answer.novel.size() - k_lines_shown);
}

nlohmann::ordered_json to_json(const std::vector<KnownFile>& files) {
  auto list = nlohmann::ordered_json::array();
  using Json = nlohmann::ordered_json;
  for (const auto& file : files)
    list.push_back({{"upstream", file.upstream},
                    {"path", file.path},
                    {"serial", file.serial == 0 ? Json{} : Json(file.serial)},
                    {"first_seen", file.first_seen == 0 ? Json{} : Json(date_of(file.first_seen))}});
  return list;
}

void print_json(const Answer& answer, std::ostream& out) {
  nlohmann::ordered_json json{{"schema_version", "1"},
                              {"command", "known lookup"},
                              {"sha256", answer.sha256.hex()},
                              {"known", to_json(answer.places)}};
  if (answer.places.empty() && !answer.basename.empty()) {
    json["versions"] = to_json(answer.versions);
    if (answer.serial) json["serial"] = answer.serial->text;
    json["lines"] = answer.lines;
    json["novel_lines"] = answer.novel;
  }
  out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

Result<int> run_lookup(const LookupOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto directory, find_rule_directory(options.rules));
  ASSAY_TRY(const auto known, provenance::KnownFiles::open(directory / "known"));
  ASSAY_TRY(const auto answer, look_up(known, options.what));
  if (options.format == "json") {
    print_json(answer, invocation.out);
  } else if (answer.places.empty()) {
    print_unknown(answer, invocation.out);
  } else {
    for (const auto& place : answer.places) invocation.out << describe(place) << '\n';
  }
  return answer.places.empty() ? 1 : 0;
}

void add_lookup(CLI::App& known, Invocation& invocation) {
  auto options = std::make_shared<LookupOptions>();
  auto* command =
      known.add_subcommand("lookup", "Say where and since when an upstream had this content; exit 1 if none had");
  command->add_option("FILE|DIGEST", options->what, "A file, or the SHA-256 of one")->required();
  command->add_option("-f,--format", options->format, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--rules", options->rules, "Rule data to use instead of the installed one")->type_name("DIR");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_lookup(*options, invocation); };
  });
}

// --- verify
// -----------------------------------------------------------------------------------------------------------

struct VerifyOptions {
  std::vector<std::string> names;
  std::string repository;
  std::string rules;
};

/// True if data set `name` is whole and, where there is something to compare it with, what indexing yields.
Result<bool> verify(const std::filesystem::path& directory, const std::string& name, const std::string& repository,
                    std::ostream& out) {
  const auto recorded = provenance::read_data_set(directory, name);
  if (!recorded) {
    if (recorded.error().code != ErrorCode::format) return recorded.error();
    out << fmt::format("{}: {}\n", escape_for_display(name), recorded.error().to_string());
    return false;
  }
  const auto summary =
      fmt::format("{}, {}", count_of(recorded->manifest.files, "version of a file", "versions of files"),
                  count_of(recorded->manifest.lines, "line"));
  if (repository.empty()) {
    out << fmt::format("{}: whole ({})\n", escape_for_display(name), summary);
    return true;
  }
  ASSAY_TRY(const auto again, provenance::index_again(recorded->manifest, repository));
  const auto found = provenance::differences(*recorded, again);
  out << fmt::format("{}: {} ({})\n", escape_for_display(name),
                     found.empty() ? "reproduced" : "NOT what indexing yields", summary);
  for (const auto& line : found) out << "  " << line << '\n';
  return found.empty();
}

Result<int> run_verify(const VerifyOptions& options, Invocation& invocation) {
  if (!options.repository.empty() && options.names.size() != 1)
    return Error{ErrorCode::usage,
                 "--repo needs the name of the one data set it is the source of",
                 {},
                 "for instance: assay known verify gnulib --repo ./gnulib.git"};
  ASSAY_TRY(const auto rules, find_rule_directory(options.rules));
  auto names = options.names;
  if (names.empty()) {
    ASSAY_TRY(names, provenance::data_set_names(rules / "known"));
  }
  bool good = true;
  for (const auto& name : names) {
    ASSAY_TRY(const auto one, verify(rules / "known", name, options.repository, invocation.out));
    good = good && one;
  }
  return good ? 0 : 1;
}

void add_verify(CLI::App& known, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = known.add_subcommand(
      "verify", "Check that data sets are whole, or that a repository yields the very same; exit 1 if not");
  command->add_option("NAME", options->names, "Data sets; default: all");
  command
      ->add_option("--repo", options->repository,
                   "Make the data again from this clone, or from the .deb files in this directory, and compare")
      ->type_name("REPO");
  command->add_option("--rules", options->rules, "Rule data to use instead of the installed one")->type_name("DIR");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_verify(*options, invocation); };
  });
}

}  // namespace

void add_known_command(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("known", "Make, ask and check the data of what upstreams ever published");
  command->require_subcommand(1);
  add_index(*command, invocation);
  add_lookup(*command, invocation);
  add_verify(*command, invocation);
}

}  // namespace assay::cli
