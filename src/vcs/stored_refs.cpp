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

/// Cheaper than making one of it: most refs of a repository are never asked for.
bool is_id(std::string_view hex) {
  return std::all_of(hex.begin(), hex.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

/// The line that begins at `at`, without its end.
std::string_view line_at(std::string_view text, std::size_t at) {
  auto line = text.substr(at, text.find('\n', at) - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

PackedRefs::PackedRefs(Bytes file, GitHash hash)
    : m_file(std::move(file)), m_hex_size(hash == GitHash::sha1 ? 40 : 64) {
  const auto text = as_text(m_file);
  bool sorted = true;
  std::string_view last;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    const auto line = line_at(text, at);
    if (line.size() <= m_hex_size || line[m_hex_size] != ' ' || !is_id(line.substr(0, m_hex_size))) continue;
    const auto name = line.substr(m_hex_size + 1);
    sorted = sorted && (m_lines.empty() || last < name);
    last = name;
    m_lines.push_back(static_cast<std::uint32_t>(at));
  }
  if (sorted) return;  // as git writes it
  const auto name_of = [this](std::uint32_t line) { return name_at(line); };
  std::stable_sort(m_lines.begin(), m_lines.end(), [&](auto a, auto b) { return name_of(a) < name_of(b); });
  const auto same_name = [&](auto a, auto b) { return name_of(a) == name_of(b); };
  m_lines.erase(m_lines.begin(), std::unique(m_lines.rbegin(), m_lines.rend(), same_name).base());
}

std::string_view PackedRefs::name_at(std::uint32_t line) const {
  return line_at(as_text(m_file), line).substr(m_hex_size + 1);
}

GitOid PackedRefs::target_at(std::uint32_t line) const {
  return *GitOid::from_hex(as_text(m_file).substr(line, m_hex_size));
}

std::vector<std::uint32_t>::const_iterator PackedRefs::first_from(std::string_view name) const {
  return std::lower_bound(m_lines.begin(), m_lines.end(), name,
                          [this](std::uint32_t line, std::string_view wanted) { return name_at(line) < wanted; });
}

std::optional<GitOid> PackedRefs::find(std::string_view name) const {
  const auto found = first_from(name);
  if (found == m_lines.end() || name_at(*found) != name) return std::nullopt;
  return target_at(*found);
}

std::vector<StoredRef> PackedRefs::below(std::string_view prefix) const {
  std::vector<StoredRef> refs;
  for (auto line = first_from(prefix); line != m_lines.end() && name_at(*line).starts_with(prefix); ++line)
    refs.push_back({std::string{name_at(*line)}, target_at(*line)});
  return refs;
}

std::vector<std::string> loose_refs(const fs::path& common_dir, std::string_view prefix, std::size_t most) {
  std::vector<std::string> names;
  std::error_code error;
  const auto directory = common_dir / prefix.substr(0, prefix.find_last_not_of('/') + 1);
  if (!fs::is_directory(fs::symlink_status(directory, error))) return names;
  fs::recursive_directory_iterator item{directory, error};
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

const PackedRefs& StoredRefs::packed() const {
  std::call_once(m_packed_read, [this] {
    if (auto content = read_file(m_common_dir / "packed-refs", k_max_packed_refs))
      m_packed = PackedRefs{*std::move(content), m_hash};
  });
  return m_packed;
}

std::optional<GitOid> StoredRefs::target(std::string_view name) const {
  std::string at{name};
  for (int i = 0; i <= k_longest_way; ++i) {
    if (!is_ref_name(at)) return std::nullopt;
    auto loose = read_loose(at);
    if (!loose) return packed().find(at);
    // A damaged file does not bring back what packed-refs has of that name.
    if (loose->target || loose->symbolic.empty()) return loose->target;
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
      refs.push_back({name, ref->target});
  for (auto& ref : packed().below(prefix))
    if (refs.size() < k_max_refs && !std::binary_search(loose.begin(), loose.end(), ref.name))
      refs.push_back(std::move(ref));
  return refs;
}

}  // namespace assay::vcs
