// Java class files: what they declare and do, with their constants in place. The order of the pool is told apart.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "artifact/class_listing.hpp"
#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_largest = 16U << 20;
constexpr std::size_t k_view = 60;

constexpr std::array k_header{FixedField{"class file version", 4, 4, Aspect::content, FixedField::Form::big}};

std::vector<std::string_view> views(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

void compare_lines(const std::vector<std::string>& a, const std::vector<std::string>& b, std::string_view unit,
                   std::size_t view_lines, Node& node) {
  auto diff = diff_parts(views(a), views(b), {unit, view_lines});
  for (auto& change : diff.changes) {
    // A constant that is loaded may be run, or compared with the clock.
    change.impact = Impact::code;
    node.add(std::move(change));
  }
  node.item.view += diff.view;
}

void compare_pools(ClassListing& a, ClassListing& b, Node& node) {
  if (a.constants == b.constants) return;
  std::sort(a.constants.begin(), a.constants.end());
  std::sort(b.constants.begin(), b.constants.end());
  if (a.constants != b.constants) return compare_lines(a.constants, b.constants, "constant", 0, node);
  auto change = make_change(Aspect::order, fmt::format("{} members of the constant pool", a.constants.size()), {}, {});
  change.impact = Impact::metadata;
  node.add(std::move(change));
}

}  // namespace

bool compare_class(Session& session, const Pair& pair, Node& node) {
  const bool small = std::max(pair.a.size(), pair.b.size()) <= k_largest;
  auto left = small ? list_class(pair.a.bytes()) : std::nullopt;
  auto right = left ? list_class(pair.b.bytes()) : std::nullopt;
  if (!left || !right) {
    node.note("a class file that is damaged or holds what is not known: compared as bytes");
    compare_fields(pair, k_header, 0, node);
    return true;
  }
  if (left->version != right->version) {
    auto change = make_change(Aspect::content, std::string{k_header[0].place}, fmt::format("{}", left->version),
                              fmt::format("{}", right->version));
    change.impact = Impact::metadata;
    node.add(std::move(change));
  }
  compare_lines(left->lines, right->lines, "listing line", session.view_lines(pair.path, k_view), node);
  compare_pools(*left, *right, node);
  // The same class in other bytes: one constant stands in its pool twice, and another of the two is referred to.
  if (node.empty()) {
    auto change = make_change(Aspect::order, "members of the constant pool", {}, {});
    change.impact = Impact::metadata;
    node.add(std::move(change));
  }
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
