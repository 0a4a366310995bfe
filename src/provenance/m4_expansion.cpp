#include "provenance/m4_expansion.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

std::string replaced(std::string_view line, std::string_view what, std::string_view by) {
  std::string out;
  for (auto at = line.find(what); at != std::string_view::npos; at = line.find(what)) {
    out += line.substr(0, at);
    out += by;
    line.remove_prefix(at + what.size());
  }
  return out + std::string{line};
}

/// `name_CXX=value` as `_LT_TAGVAR(name, $1)=value`; empty if the line does not assign to a name.
std::string as_tagged_variable(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  auto name = line.substr(0, equals);
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
      std::string_view::npos)
    return {};
  for (const std::string_view tag : {"_CXX", "_F77", "_FC", "_GCJ", "_GO", "_RC"})
    if (name.ends_with(tag)) {
      name.remove_suffix(tag.size());
      break;
    }
  return "_LT_TAGVAR(" + std::string{name} + ", $1)" + std::string{line.substr(equals)};
}

std::string with_version_placeholder(std::string_view line) {
  std::string out;
  std::size_t done = 0;
  for (const auto& stamp : find_stamps(line)) {
    if (stamp.kind != StampKind::version) continue;
    out += std::string{line.substr(done, stamp.offset - done)} + "@VERSION@";
    done = stamp.offset + stamp.size;
  }
  if (done == 0) return {};
  return replaced(out + std::string{line.substr(done)}, "(GNU libtool)", "(GNU @PACKAGE@)");
}

}  // namespace

std::vector<std::string> unexpanded(std::string_view line) {
  std::vector<std::string> spellings;
  const auto add = [&](std::string spelling) {
    if (!spelling.empty() && spelling != line &&
        std::find(spellings.begin(), spellings.end(), spelling) == spellings.end())
      spellings.push_back(std::move(spelling));
  };
  add(with_version_placeholder(line));
  add(replaced(line, ">&5", ">&AS_MESSAGE_LOG_FD"));
  add(replaced(line, "2>&5", "2>&AS_MESSAGE_LOG_FD"));
  add(as_tagged_variable(line));
  if (line.find('[') == std::string_view::npos && line.find(']') == std::string_view::npos) return spellings;
  auto plain = spellings;
  plain.emplace_back(line);
  for (const auto& spelling : plain) {
    add(replaced(replaced(spelling, "[", "[["), "]", "]]"));
    add(replaced(replaced(spelling, "[", "@<:@"), "]", "@:>@"));
  }
  return spellings;
}

}  // namespace assay::provenance
