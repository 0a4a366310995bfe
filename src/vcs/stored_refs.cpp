#include "vcs/stored_refs.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr int k_deepest = 64;
constexpr int k_longest_way = 5;  ///< from a symbolic ref to the next: git's SYMREF_MAXDEPTH
constexpr std::size_t k_max_refs = 1'000'000;
constexpr std::uint64_t k_max_packed_refs = 256ULL << 20;
constexpr std::uint64_t k_max_loose_ref = 64U << 10;

std::optional<GitOid> id_of(std::string_view hex, GitHash hash) {
  const auto id = GitOid::from_hex(hex);
  return id && id->hash == hash ? id : std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::vector<StoredRef> parse_packed_refs(ByteView packed_refs, std::string_view prefix, GitHash hash) {
  const std::size_t hex_size = hash == GitHash::sha1 ? 40 : 64;
  std::vector<StoredRef> refs;
  bool matched = false;  // the ref of the line before
  for (auto text = as_text(packed_refs); !text.empty();) {
    const auto line = take_line(text);
    if (line.starts_with('^')) {
      if (std::exchange(matched, false)) refs.back().peeled = id_of(line.substr(1), hash);
      continue;
    }
    matched = line.size() > hex_size && line[hex_size] == ' ' && line.substr(hex_size + 1).starts_with(prefix);
    const auto target = matched ? id_of(line.substr(0, hex_size), hash) : std::nullopt;
    matched = target.has_value();
    if (matched) refs.push_back({std::string{line.substr(hex_size + 1)}, target, std::nullopt});
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

bool is_ref_name(std::string_view name) {
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  if (!name.starts_with("refs/")) return !name.empty() && std::all_of(name.begin(), name.end(), is_capital);
  if (name.ends_with('/') || name.ends_with('.') || name.find("@{") != std::string_view::npos) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' ||
        std::string_view{"~^:?*[\\"}.find(c) != std::string_view::npos)
      return false;
  for (auto rest = name;;) {
    const auto part = rest.substr(0, rest.find('/'));
    if (part.empty() || part.front() == '.' || part.find("..") != std::string_view::npos || part.ends_with(".lock"))
      return false;
    if (part.size() == rest.size()) return true;
    rest.remove_prefix(part.size() + 1);
  }
}

StoredRefs::StoredRefs(fs::path git_dir, fs::path common_dir, GitHash hash)
    : m_git_dir(std::move(git_dir)), m_common_dir(std::move(common_dir)), m_hash(hash) {}

/// What stands in the file of a ref: an id, or the name of another; neither if it is damaged.
struct StoredRefs::Loose {
  std::optional<GitOid> target;
  std::string symbolic;
};

std::optional<StoredRefs::Loose> StoredRefs::read_loose(std::string_view name) const {
  const bool own =
      !name.starts_with("refs/") || starts_with_any(name, {"refs/bisect/", "refs/worktree/", "refs/rewritten/"});
  const auto file = (own ? m_git_dir : m_common_dir) / name;
  std::error_code ignored;
  const auto status = fs::status(file, ignored);
  if (!fs::exists(status) || fs::is_directory(status)) return std::nullopt;
  const auto content = read_file(file, k_max_loose_ref);
  if (!content) return Loose{};
  auto text = as_text(*content);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  constexpr std::string_view k_symbolic = "ref:";
  if (text.starts_with(k_symbolic)) {
    text.remove_prefix(k_symbolic.size());
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return Loose{std::nullopt, std::string{text}};
  }
  const std::size_t hex_size = m_hash == GitHash::sha1 ? 40 : 64;
  const auto target = id_of(text.substr(0, hex_size), m_hash);
  // FETCH_HEAD says more behind the id.
  if (!target || (text.size() > hex_size && static_cast<unsigned char>(text[hex_size]) > ' ')) return Loose{};
  return Loose{target, {}};
}

ByteView StoredRefs::packed() const {
  std::call_once(m_packed_read, [this] {
    if (auto content = read_file(m_common_dir / "packed-refs", k_max_packed_refs)) m_packed = *std::move(content);
  });
  return m_packed;
}

std::optional<StoredRef> StoredRefs::find(std::string_view name) const {
  if (!is_ref_name(name)) return std::nullopt;
  // A damaged file does not bring back what packed-refs has of that name.
  if (const auto loose = read_loose(name)) {
    if (!loose->target && loose->symbolic.empty()) return std::nullopt;
    return StoredRef{std::string{name}, loose->target, std::nullopt};
  }
  for (auto& ref : parse_packed_refs(packed(), name, m_hash))
    if (ref.name == name) return std::move(ref);
  return std::nullopt;
}

std::optional<GitOid> StoredRefs::target(std::string_view name) const {
  std::string at{name};
  for (int i = 0; i <= k_longest_way; ++i) {
    if (!is_ref_name(at)) return std::nullopt;
    auto loose = read_loose(at);
    if (!loose) {
      const auto ref = find(at);
      return ref ? ref->target : std::nullopt;
    }
    if (loose->target) return loose->target;
    at = std::move(loose->symbolic);
  }
  return std::nullopt;
}

std::vector<StoredRef> StoredRefs::below(std::string_view prefix) const {
  std::vector<StoredRef> refs;
  const auto loose = loose_refs(m_common_dir, prefix, k_max_refs);
  for (const auto& name : loose)
    if (const auto ref = is_ref_name(name) ? read_loose(name) : std::nullopt;
        ref && (ref->target || !ref->symbolic.empty()))
      refs.push_back({name, ref->target, std::nullopt});
  for (auto& ref : parse_packed_refs(packed(), prefix, m_hash))
    if (refs.size() < k_max_refs && !std::binary_search(loose.begin(), loose.end(), ref.name))
      refs.push_back(std::move(ref));
  return refs;
}

}  // namespace assay::vcs
