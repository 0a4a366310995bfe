#include "attest/debian_control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attest/encoding.hpp"
#include "attest/statement.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_files = 10'000, k_names_shown = 10;
constexpr std::string_view k_absent = "is not at hand";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

/// " digest size name"; a name with a slash would lead out of the directory.
std::optional<DebianFile> parse_line(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() != 3 || !is_digest("sha256", words[0]) || words[2].find('/') != std::string_view::npos)
    return std::nullopt;
  const auto size = parse_unsigned(words[1]);
  if (!size) return std::nullopt;
  return DebianFile{std::string{words[2]}, *size, std::string{words[0]}};
}

/// The first line that is neither "Field: value" nor the continuation of one (deb822(5)); empty if there is none.
std::string_view line_of_prose(std::string_view text) {
  constexpr std::size_t k_shown = 80;
  for (const auto line : split_lines(text)) {
    if (line.empty() || line.starts_with(' ') || line.starts_with('\t') || line == "\r") continue;
    const auto name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || name.find_first_of(" \t") != std::string_view::npos)
      return line.substr(0, k_shown);
  }
  return {};
}

Link check_file(const DebianFile& listed, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return Link::not_checked(listed.name, std::string{k_absent}, false);
  const auto opened = Artifact::open(file);
  if (!opened) return Link::not_checked(listed.name, opened.error().message);
  if (opened->digests().at("sha256") != listed.sha256)
    return Link::failed(listed.name, "has another SHA-256 than the signed list says");
  return Link::ok(listed.name, "").with("sha256", listed.sha256);
}

/// In one line, so that the answer names them once and not one by one.
std::string names_of_absent(const Link& files) {
  std::string names;
  std::size_t count = 0;
  for (const auto& child : files.children) {
    if (child.state != LinkState::not_checked || child.detail != k_absent) continue;
    if (++count <= k_names_shown) names += (names.empty() ? "" : ", ") + child.name;
  }
  if (count > k_names_shown) names += fmt::format(" and {} more", count - k_names_shown);
  return names;
}

}  // namespace

std::vector<DebianFile> parse_debian_files(std::string_view text) {
  std::vector<DebianFile> files;
  bool inside = false;
  for (const auto line : split_lines(text)) {
    if (!line.starts_with(' ')) {
      inside = ascii_lower(line.substr(0, 17)) == "checksums-sha256:";
      continue;
    }
    if (!inside || files.size() >= k_max_files) continue;
    if (auto file = parse_line(line)) files.push_back(*std::move(file));
  }
  return files;
}

Link find_in_listing(std::string_view text, const Artifact& artifact) {
  const auto digest = artifact.digests().find("sha256");
  if (digest == artifact.digests().end())
    return Link::not_checked("subject", "the list names files by SHA-256, which of the artifact is not known");
  const auto files = parse_debian_files(text);
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const DebianFile& file) { return file.sha256 == digest->second; });
  if (found == files.end())
    return Link::failed("subject", fmt::format("none of the {} listed files is this artifact", files.size()));
  const bool named = std::any_of(files.begin(), files.end(), [&](const DebianFile& file) {
    return file.sha256 == digest->second && artifact.may_be_called(file.name);
  });
  if (!named)
    return Link::failed(
        "subject", fmt::format("the list has this digest for \"{}\", not for \"{}\"", found->name, artifact.name()));
  if (const auto prose = line_of_prose(text); !prose.empty())
    return Link::not_checked("subject", fmt::format("listed as \"{}\", but what else the list says is not understood "
                                                    "here, and may take it back: \"{}\"",
                                                    found->name, prose));
  return Link::ok("subject", fmt::format("listed as \"{}\"", found->name));
}

bool lists_files(std::string_view text) {
  const auto lines = split_lines(text);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    const auto name = ascii_lower(line.substr(0, line.find(':')));
    return name == "files" || name.starts_with("checksums-");
  });
}

Link check_listed_files(std::string_view text, const std::filesystem::path& directory) {
  Link link;
  link.name = "listed files";
  if (parse_debian_files(text).empty())
    return Link::not_checked(link.name, "files are listed, but none by SHA-256 (Checksums-Sha256)");
  for (const auto& file : parse_debian_files(text)) link.add(check_file(file, directory / file.name));
  link.settle();
  const auto at_hand = std::count_if(link.children.begin(), link.children.end(),
                                     [](const Link& child) { return child.state == LinkState::ok; });
  link.detail = fmt::format("{} of {} are at hand and as signed", at_hand, link.children.size());
  const auto absent = names_of_absent(link);
  if (absent.empty()) return link;
  if (link.state == LinkState::ok) link.state = LinkState::not_checked;
  link.detail += fmt::format("; the signature on the list holds, and not beside it: {}", absent);
  return link;
}

}  // namespace assay::attest
