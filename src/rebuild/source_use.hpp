// What became of the files of a source tree in a traced build: told by path, by content, and by what was done to names, so that
// none is overlooked because it was read under another one.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "digest/digest.hpp"
#include "trace/trace.hpp"

namespace assay::rebuild {

class SourceUse {
 public:
  /// `source`: the tree as the processes saw it. What the phase "setup" did, which unpacks it, is no use. Keeps a reference to
  /// `trace`.
  SourceUse(const trace::Trace& trace, std::string source);

  /// "read by cc1 in the phase build": the first use of the file, or of anything else with its content; empty if there was none.
  std::string of(std::string_view path, const Sha256& content) const;
  /// How many files of the tree were used.
  std::size_t used() const noexcept { return m_paths.size(); }

 private:
  void add_accesses(trace::Index process);
  void add_names();
  void add_path(std::string_view path, const std::string& how);
  std::string how(trace::Index process, trace::Index image, std::string_view what) const;

  const trace::Trace& m_trace;
  std::string m_source;  ///< with a slash at its end
  std::map<std::string, std::string, std::less<>> m_paths;
  std::vector<std::pair<std::string, std::string>> m_directories;  ///< that got another name: path, and how
  std::unordered_map<Sha256, std::string> m_contents;              ///< of all that was read, wherever it stood
};

}  // namespace assay::rebuild
