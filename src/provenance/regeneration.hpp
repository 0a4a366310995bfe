// What a project's own generators make of its VCS tree, and the interface to whoever runs them. `rebuild` implements it;
// the explainers only look up what came out.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/finding.hpp"
#include "provenance/generator.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// One content that the generators made for a path.
struct RegeneratedFile {
  std::string place;  ///< "tree": where it was built; "dist": in the archive or directory that was made for release
  Bytes content;
  std::string with{};  ///< what stood in the place of something of the toolchain's, for people; empty: nothing did
};

/// One step of the recipe and how it ended.
struct RegenerationStep {
  std::string command;
  int exit_code = 0;
  bool timed_out = false;
};

/// The outcome of running a recipe on a tree.
class Regeneration {
 public:
  std::string recipe;  ///< what it is called: "autotools", "meson", "given"
  std::vector<RegenerationStep> steps;
  std::vector<std::string> tools;  ///< "autoconf (GNU Autoconf) 2.71"
  bool from_cache = false;
  std::vector<Finding> findings;
  Coverage coverage;
  /// All that the release holds which the recipe made, below its root; empty unless all of its steps succeeded.
  std::set<std::string, std::less<>> released;
  bool has_most_of_the_tree = false;  ///< does that release: one of little is none that the project hands out

  void add(std::string path, RegeneratedFile file) { m_files[std::move(path)].push_back(std::move(file)); }
  /// Everything that was made for `path`, what was made for release first.
  std::span<const RegeneratedFile> find(std::string_view path) const;
  const std::map<std::string, std::vector<RegeneratedFile>, std::less<>>& files() const noexcept { return m_files; }
  /// The tool of that name as it introduced itself; empty if it was not there.
  std::string_view tool(std::string_view name) const;

 private:
  std::map<std::string, std::vector<RegeneratedFile>, std::less<>> m_files;
};

/// What a regeneration may know of the release: versions, which choose among tools, and names of files; no content.
struct RegenerationRequest {
  std::filesystem::path repository;  ///< where the reference was opened
  std::string version;               ///< of the release, as the file name has it; may be empty
  std::vector<Generator> claimed;    ///< generators that the release's files name
  std::vector<std::string> wanted;   ///< paths in the reference's tree of files that it has not and the release has
  std::function<void(std::string_view phase, std::uint64_t done, std::uint64_t total)> progress;
};

/// A macro file that the release ships and that an upstream or a distribution published.
struct PublishedFile {
  std::string path;  ///< in the reference's tree
  Bytes content;
  std::string origin;  ///< who published it
};

/// Releases are made with other versions of the generators than those at hand. What of theirs the release itself ships and is
/// published content byte for byte can take the place of the toolchain's: nothing in it is of the release's making.
struct OtherGenerators {
  std::vector<PublishedFile> macro_files;  ///< each where the generators at hand put a file of their own
  std::vector<PublishedFile>
      aclocal;  ///< aclocal.m4 of the package and of those in it, put together of published files
  std::vector<std::string>
      held_back;  ///< names of macro files that the toolchain has and that the release was made without, or
                  ///< with others in their place
  std::vector<std::string_view>
      scripts;                       ///< the release's own text of each configure script of the targets: it shows which
                                     ///< build of Autoconf made it
  std::vector<std::string> targets;  ///< what is to be made: paths that have no proof, or a weak one
  std::function<bool(const Regeneration&)> enough;  ///< asked after each attempt: is all of it made?
};

/// Why a file that was made at `path` is no part of a release: it came to be in the tree and the recipe's release is without it, or
/// configure made it of what it found on a machine. Empty if it may be one.
std::string_view why_not_released(const Regeneration& regeneration, std::string_view path, const RegeneratedFile& file);

/// Where the generators made a header of `config.h.in`'s kind that a project copies to `path`, where an example needs it: there,
/// nothing reads one that configure does not name, but among the sources an `#include` may find it. Empty for any other name: a tool
/// may look for that here and not there.
std::vector<std::string_view> made_elsewhere(const Regeneration& regeneration, std::string_view path);

/// The tool behind `generator` as it introduced itself in `regeneration`; empty if it was not there.
std::string_view tool_of(const Regeneration& regeneration, const Generator& generator);

class Regenerator {
 public:
  virtual ~Regenerator() = default;
  /// Run the project's recipe on the reference's tree. Errors: there is no sandbox to be had. That no recipe fits is a gap
  /// of the outcome, and so is a step that fails, or is stopped by a limit, if it is no finding.
  virtual Result<Regeneration> regenerate(const vcs::Reference& reference,
                                          const RegenerationRequest& request) const = 0;
  /// Make the targets again with other generators' files, one attempt after another, and add what comes out to `outcome`, which
  /// regenerate() returned for the same reference and request. An attempt that fails makes nothing, and that is all.
  virtual void regenerate_otherwise(const vcs::Reference& reference, const RegenerationRequest& request,
                                    const OtherGenerators& others, Regeneration& outcome) const = 0;
};

}  // namespace assay::provenance
