#include "vcs/stored_refs.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/text.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_hex_size = 40;
constexpr int k_deepest = 64;

std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::vector<StoredRef> parse_packed_refs(ByteView packed_refs, std::string_view prefix) {
  std::vector<StoredRef> refs;
  bool matched = false;  // the ref of the line before
  for (auto text = as_text(packed_refs); !text.empty();) {
    const auto line = take_line(text);
    if (line.starts_with('^')) {
      if (std::exchange(matched, false)) refs.back().peeled = GitOid::from_hex(line.substr(1));
      continue;
    }
    matched = line.size() > k_hex_size && line[k_hex_size] == ' ' && line.substr(k_hex_size + 1).starts_with(prefix);
    const auto target = matched ? GitOid::from_hex(line.substr(0, k_hex_size)) : std::nullopt;
    matched = target.has_value();
    if (matched) refs.push_back({std::string{line.substr(k_hex_size + 1)}, target, std::nullopt});
  }
  std::stable_sort(refs.begin(), refs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto same_name = [](const auto& a, const auto& b) { return a.name == b.name; };
  refs.erase(refs.begin(), std::unique(refs.rbegin(), refs.rend(), same_name).base());
  return refs;
}

std::vector<std::string> loose_refs(const fs::path& common_dir, std::string_view prefix, std::size_t most) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator item{common_dir / prefix, error};
  for (; !error && item != fs::recursive_directory_iterator{} && names.size() < most; item.increment(error)) {
    const auto type = item->symlink_status(error).type();
    if (type == fs::file_type::directory) {
      if (item.depth() >= k_deepest) item.disable_recursion_pending();
      continue;
    }
    auto name = item->path().lexically_relative(common_dir).generic_string();
    if (!name.ends_with(".lock")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace assay::vcs
