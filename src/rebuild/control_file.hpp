// Debian's control files (deb-control(5), deb822(5)): .dsc, .buildinfo, debian/control, dpkg's status; and the first lines
// of debian/changelog.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::rebuild {

/// One paragraph: field names in lower case; continuation lines joined by LF, without their first blank.
using Paragraph = std::map<std::string, std::string, std::less<>>;

/// The first paragraph of `text`; an OpenPGP signature around it is passed over, not checked.
Paragraph first_paragraph(std::string_view text);
/// All of them.
std::vector<Paragraph> paragraphs(std::string_view text);

/// A field's value; empty if it is not there. Views into `paragraph`.
std::string_view field(const Paragraph& paragraph, std::string_view name) noexcept;

struct ChangelogHead {
  std::string source, version;
  std::int64_t time = 0;  ///< seconds since the epoch
};
/// The newest entry of a debian/changelog (deb-changelog(5)); nothing if it is none.
std::optional<ChangelogHead> changelog_head(std::string_view text);

/// Items of a relation field ("debhelper (>= 9), gcc | clang [amd64] <!nocheck>"), trimmed, as written.
std::vector<std::string> relations(std::string_view value);

}  // namespace assay::rebuild
