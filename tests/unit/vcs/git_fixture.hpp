// Repositories made by git itself, free of the host's configuration. Their object format is that of GIT_DEFAULT_HASH, as git itself
// has it: ctest runs these tests once for SHA-1 and once for SHA-256.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "digest/digest.hpp"
#include "support/temp_dir.hpp"
#include "vcs/reference.hpp"

namespace assay::test {

/// The hash that names the objects of the fixtures.
GitHash fixture_hash();

/// What git prints in one line, without its end.
std::string first_line(const std::string& text);

class GitFixture {
 public:
  /// A directory `work` with an empty repository on branch main.
  GitFixture();
  const std::filesystem::path& root() const noexcept { return m_dir.path(); }
  std::filesystem::path work() const { return root() / "work"; }
  /// Run a shell script in `work`; what it printed. `git` has an identity, fixed dates and no configuration.
  std::string sh(const std::string& script) const;
  /// Write a file of the working tree.
  void write(std::string_view name, std::string_view content) const;
  /// Store `content` as a loose object of `type`, however wrong it is, under its true id; the id.
  std::string store(std::string_view type, std::string_view content) const;

 private:
  TempDir m_dir;
};

/// Open `REPO@REV` and expect success.
std::unique_ptr<vcs::Reference> open_reference(const std::filesystem::path& repository, std::string_view revision,
                                               const Limits& limits = {});

/// The error of opening `REPO@REV`; the test fails if there is none.
Error open_error(const std::filesystem::path& repository, std::string_view revision, const Limits& limits = {});

/// "path mode kind" of every entry, a line each.
std::string listing(const vcs::Reference& reference);

/// The content of the file at `path`.
std::string content_of(const vcs::Reference& reference, std::string_view path);

/// Binary form of an object id.
std::string raw_id(std::string_view hex);

}  // namespace assay::test
