// Filters that print members of archives: tar -xO, unzip -p, cpio --to-stdout, 7z -so.
#include <fmt/format.h>

#include <algorithm>

#include "archive/reader.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect::filters {

namespace {

std::string_view without_dot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

/// Joins the members whose names one of the patterns matches; all of them if there is none.
class MemberPrinter final : public archive::EntryVisitor {
 public:
  MemberPrinter(const std::vector<std::string>& patterns, std::uint64_t max_output)
      : m_patterns(patterns), m_max_output(max_output) {}
  void begin(const TreeEntry& entry) override {
    m_wanted = entry.kind == EntryKind::regular &&
               (m_patterns.empty() || std::any_of(m_patterns.begin(), m_patterns.end(),
                                                  [&](const auto& pattern) { return is_meant(pattern, entry.path); }));
    m_any = m_any || m_wanted;
  }
  void data(ByteView piece) override {
    if (m_wanted && m_output.size() + piece.size() <= m_max_output) m_output += as_text(piece);
  }
  std::optional<std::string> take() { return m_any ? std::optional{std::move(m_output)} : std::nullopt; }

 private:
  static bool is_meant(std::string_view pattern, std::string_view path) {
    pattern = without_dot(pattern);
    return pattern == path || (pattern.find_first_of("*?[") != std::string_view::npos && glob_match_any(pattern, path));
  }

  const std::vector<std::string>& m_patterns;
  const std::uint64_t m_max_output;
  std::string m_output;
  bool m_wanted = false;
  bool m_any = false;
};

std::optional<std::string> unpacked(std::string_view input, const std::vector<std::string>& patterns,
                                    std::uint64_t max_output) {
  MemberPrinter printer{patterns, max_output};
  archive::ReadOptions options;
  options.visitor = &printer;
  const auto read = archive::read_archive(as_bytes(input), "archive", options);
  return read ? printer.take() : std::nullopt;
}

FilterPlan unpacking(std::vector<std::size_t> files, std::vector<std::string> members) {
  FilterPlan plan{FilterKind::decode, {}, false, std::move(files), {}, {}, {}};
  plan.what =
      members.empty() ? "unpacks it" : fmt::format("takes {} out of the archive", members.front().substr(0, 120));
  plan.run = [members = std::move(members)](std::string_view input,
                                            const FilterContext& context) -> std::optional<FilterOutput> {
    auto output = unpacked(input, members, context.max_output);
    return output ? std::optional{whole(*std::move(output), input)} : std::nullopt;
  };
  return plan;
}

std::vector<std::string> at(const Arguments& arguments, const std::vector<std::size_t>& indices, std::size_t from) {
  std::vector<std::string> words;
  for (auto i = from; i < indices.size(); ++i) words.push_back(arguments[indices[i]]);
  return words;
}

}  // namespace

Plan plan_tar(const Arguments& given) {
  auto arguments = given;
  // `tar xzOf FILE`: the old way to write options.
  if (arguments.size() > 1 && !arguments[1].starts_with('-')) arguments[1].insert(0, "-");
  const auto options = parse_options(
      arguments, "fCTXbHIK",
      {"file", "directory", "files-from", "exclude", "use-compress-program", "strip-components", "transform"});
  if (!options.has_any({"x", "extract", "get"}) || !options.has_any({"O", "to-stdout"})) return std::nullopt;
  const auto name = options.value({"f", "file"});
  std::vector<std::size_t> files;
  for (std::size_t i = 1; i < given.size(); ++i)
    if (!name.empty() && name != "-" && given[i] == name) files.push_back(i);
  if (files.size() > 1) files.erase(files.begin() + 1, files.end());
  return unpacking(std::move(files), at(arguments, options.operands, 0));
}

Plan plan_unzip(const Arguments& arguments) {
  const auto options = parse_options(arguments, "dPx");
  if (!options.has_any({"p", "c"}) || options.operands.empty()) return std::nullopt;
  return unpacking({options.operands.front()}, at(arguments, options.operands, 1));
}

Plan plan_cpio(const Arguments& arguments) {
  const auto options = parse_options(arguments, "CEFHIMOR", {"file", "format"});
  if (!options.has_any({"i", "extract"}) || !options.has("to-stdout")) return std::nullopt;
  return unpacking({}, at(arguments, options.operands, 0));
}

/// `7z x -so FILE [MEMBER…]`
Plan plan_7z(const Arguments& arguments) {
  if (arguments.size() < 3 || (arguments[1] != "x" && arguments[1] != "e")) return std::nullopt;
  if (std::find(arguments.begin(), arguments.end(), "-so") == arguments.end()) return std::nullopt;
  std::vector<std::size_t> operands;
  for (std::size_t i = 2; i < arguments.size(); ++i)
    if (!arguments[i].starts_with('-')) operands.push_back(i);
  if (operands.empty()) return std::nullopt;
  return unpacking({operands.front()}, at(arguments, operands, 1));
}

}  // namespace assay::inspect::filters
