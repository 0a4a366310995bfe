// A chain of evidence from key to byte, every link of it ok, failed or not checked, and nothing left out in silence.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

enum class LinkState : std::uint8_t { ok, failed, not_checked };

std::string_view to_string(LinkState state) noexcept;

struct Link {
  std::string name;  ///< what is checked: "time", "certificate chain", "log entry"
  LinkState state = LinkState::not_checked;
  std::string detail;  ///< one sentence: what was found, or why it failed or was not checked. Raw text from outside may
                       ///< be in it: renderers escape
  std::vector<std::pair<std::string, std::string>> evidence;  ///< name → raw text, in a stable order
  std::vector<Link> children;
  bool required = true;  ///< not_checked makes the answer incomplete

  static Link ok(std::string name, std::string detail);
  static Link failed(std::string name, std::string detail);
  static Link not_checked(std::string name, std::string detail, bool required = true);
  Link& with(std::string label, std::string text);
  /// Append a link; the place it got.
  Link& add(Link child);
  /// Make this link's state that of its children: failed if one is, else not_checked if a required one is, else ok.
  void settle();
};

/// The first link, depth first, that failed and has no failed child: the reason. Null if none failed.
const Link* first_failure(const Link& link);
/// Every such link.
std::vector<const Link*> failures(const Link& link);
/// Every required link that was not checked and has no such child.
std::vector<const Link*> unchecked(const Link& link);

enum class Paint : std::uint8_t { yes, no };

/// As a tree, one line a link; below it what a reader wants to know of any answer (digests, keys, where the artifact comes from), and
/// the rest of its evidence if `details`. Green is what holds, red what does not, yellow what was
/// not checked.
std::string render_tree(const Link& root, Paint paint, bool details);

}  // namespace assay
