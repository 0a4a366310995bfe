#include "artifact/node.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_maintainer_script(const ContainerPath& path) {
  const auto& parts = path.parts();
  if (parts.size() < 2) return false;
  const auto& last = parts.back();
  if (last.starts_with(".") && is_any_of(last, {".pre-install", ".post-install", ".pre-upgrade", ".post-upgrade",
                                                ".pre-deinstall", ".post-deinstall", ".trigger", ".INSTALL"}))
    return true;
  return parts[parts.size() - 2].starts_with("control.tar") &&
         is_any_of(path_basename(last), {"preinst", "postinst", "prerm", "postrm", "config"});
}

/// A section of the manual begins with a macro or a comment of troff, whatever else has a number for a suffix does not.
bool is_manual_page(std::string_view path, ByteView content) {
  static constexpr auto k_sections = "123456789"sv;
  for (const auto suffix : {".gz"sv, ".xz"sv, ".bz2"sv})
    if (path.ends_with(suffix)) path.remove_suffix(suffix.size());
  if (path.size() < 3 || path[path.size() - 2] != '.' || k_sections.find(path.back()) == std::string_view::npos)
    return false;
  const auto text = as_text(content);
  return text.starts_with('.') || text.starts_with("'\\\"");
}

bool is_documentation(std::string_view path) {
  const auto lower = ascii_lower(path);
  for (const auto part : {"share/doc/"sv, "share/man/"sv, "share/info/"sv, "/doc/"sv, "/docs/"sv, "/javadoc/"sv})
    if (lower.find(part) != std::string::npos) return true;
  return ends_with_any(lower, {".md", ".html", ".htm", ".pdf", ".txt", ".rst"});
}

bool is_executable_format(std::string_view head) {
  for (const auto magic :
       {"\x7f"
        "ELF"sv,
        "MZ"sv, "\xca\xfe\xba\xbe"sv, "\xcf\xfa\xed\xfe"sv, "\0asm"sv, "!<arch>\n"sv, "BC\xc0\xde"sv})
    if (head.starts_with(magic)) return true;
  return false;
}

bool is_script(std::string_view name, std::uint32_t mode, ByteView content) {
  const auto head = as_text(content.first(std::min<std::size_t>(content.size(), 4)));
  if (head.starts_with("#!")) return true;
  if (ends_with_any(name, {".sh", ".py", ".pl", ".rb", ".js", ".lua", ".tcl", ".php", ".m4", ".ps1", ".pyc", ".mk"}))
    return true;
  if (is_any_of(name, {"configure", "Makefile", "configure.ac", "CMakeLists.txt", "Makefile.am", "Makefile.in",
                       "meson.build", "setup.py"}))
    return true;
  return (mode & 0111) != 0 && looks_like_text(content);
}

}  // namespace

Change& Node::add(Change change) {
  const auto cut = [](std::string& text) {
    if (text.size() > k_change_bytes) text.resize(k_change_bytes);
  };
  cut(change.before);
  cut(change.after);
  cut(change.context);
  return changes.emplace_back(std::move(change));
}

Change make_change(Aspect aspect, std::string place, std::string_view before, std::string_view after) {
  Change change;
  change.aspect = aspect;
  change.place = std::move(place);
  change.before = before.substr(0, k_change_bytes);
  change.after = after.substr(0, k_change_bytes);
  change.bytes = std::max(before.size(), after.size());
  return change;
}

void Ledger::told(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
  if (a_size > 0) m_in_a.push_back({a, a_size});
  if (b_size > 0) m_in_b.push_back({b, b_size});
}

bool Ledger::equal(std::uint64_t a, std::uint64_t b, std::uint64_t size) {
  if (a > m_a.size() || b > m_b.size() || size > m_a.size() - a || size > m_b.size() - b) return false;
  const auto left = m_a.subspan(static_cast<std::size_t>(a), static_cast<std::size_t>(size));
  const auto right = m_b.subspan(static_cast<std::size_t>(b), static_cast<std::size_t>(size));
  if (first_difference(left, right) != size) return false;
  told(a, size, b, size);
  return true;
}

bool Ledger::covers(std::vector<Range> ranges, std::uint64_t size) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& x, const Range& y) { return x.begin < y.begin; });
  std::uint64_t at = 0;
  for (const auto& range : ranges) {
    if (range.begin != at || range.size > size - at) return false;
    at += range.size;
  }
  return at == size;
}

bool Ledger::complete() const {
  return covers(m_in_a, m_a.size()) && covers(m_in_b, m_b.size());
}

Impact impact_of(const ContainerPath& path, std::uint32_t mode, ByteView content) {
  if (is_maintainer_script(path)) return Impact::maintainer_script;
  const auto& parts = path.parts();
  const std::string_view last = parts.empty() ? std::string_view{} : parts.back();
  const auto head = as_text(content.first(std::min<std::size_t>(content.size(), 21)));
  if (is_executable_format(head) && !head.starts_with("!<arch>\ndebian-binary")) return Impact::code;
  if (is_script(path_basename(last), mode, content)) return Impact::script;
  if (parts.size() >= 2 && parts[parts.size() - 2].starts_with("control.tar")) return Impact::metadata;
  if (last.starts_with("etc/") || last.find("/etc/") != std::string_view::npos ||
      ends_with_any(last, {".conf", ".cfg", ".ini", ".service", ".rules", ".desktop"}))
    return Impact::configuration;
  if (is_documentation(last) || is_manual_page(last, content)) return Impact::documentation;
  return Impact::data;
}

}  // namespace assay::artifact
