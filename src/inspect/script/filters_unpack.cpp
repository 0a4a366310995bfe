// Filters that print members of archives: tar -xO, unzip -p, cpio --to-stdout, 7z -so.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"
#include "inspect/script/unpacked_archives.hpp"

namespace assay::inspect::filters {

namespace {

constexpr std::uint64_t k_most_alone = 256ULL << 20;  ///< bytes unpacked where nobody counts

FilterPlan unpacking(std::vector<std::size_t> files, std::vector<std::string> members) {
  FilterPlan plan{FilterKind::decode, {}, false, std::move(files), {}, {}, {}};
  plan.what =
      members.empty() ? "unpacks it" : fmt::format("takes {} out of the archive", members.front().substr(0, 120));
  plan.run = [members = std::move(members)](std::string_view input,
                                            const FilterContext& context) -> std::optional<FilterOutput> {
    auto of_its_own = UnpackedArchives{k_most_alone};
    auto& archives = context.archives != nullptr ? *context.archives : of_its_own;
    auto output = archives.files_in(as_bytes(input), members, context.max_output);
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
