#include "git_fixture.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "base/bytes.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

namespace assay::test {

namespace {

constexpr std::string_view k_environment = R"(
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=2
export GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always
export GIT_CONFIG_KEY_1=advice.detachedHead GIT_CONFIG_VALUE_1=false
export GIT_AUTHOR_NAME='Ada Author' GIT_AUTHOR_EMAIL=ada@example.org GIT_AUTHOR_DATE='1700000000 +0130'
export GIT_COMMITTER_NAME='Carl Committer' GIT_COMMITTER_EMAIL=carl@example.org GIT_COMMITTER_DATE='1700003600 -0800'
export LC_ALL=C
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE || true
)";

}  // namespace

GitHash fixture_hash() {
  const char* name = ::getenv("GIT_DEFAULT_HASH");
  return name != nullptr && std::string_view{name} == "sha256" ? GitHash::sha256 : GitHash::sha1;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

GitFixture::GitFixture() {
  std::filesystem::create_directory(work());
  sh("git init -q -b main .");
}

std::string GitFixture::sh(const std::string& script) const {
  return shell(fmt::format("{}\ncd '{}'\n{}", k_environment, work().string(), script));
}

void GitFixture::write(std::string_view name, std::string_view content) const {
  m_dir.write("work/" + std::string{name}, content);
}

std::string GitFixture::store(std::string_view type, std::string_view content) const {
  m_dir.write("object", content);
  auto id = sh(fmt::format("git hash-object -w --literally -t {} --stdin < ../object", type));
  id.pop_back();
  return id;
}

std::unique_ptr<vcs::Reference> open_reference(const std::filesystem::path& repository, std::string_view revision,
                                               const Limits& limits) {
  const auto source = vcs::open_source(repository, limits);
  if (!source) FAIL(source.error().to_string());
  auto reference = (*source)->open(revision);
  if (!reference) FAIL(reference.error().to_string());
  return *std::move(reference);
}

Error open_error(const std::filesystem::path& repository, std::string_view revision, const Limits& limits) {
  const auto source = vcs::open_source(repository, limits);
  if (!source) return source.error();
  const auto reference = (*source)->open(revision);
  if (reference) FAIL("an error was expected");
  return reference.error();
}

std::string listing(const vcs::Reference& reference) {
  std::string text;
  for (const auto& entry : reference.manifest().entries())
    text += fmt::format("{} {:o} {}\n", entry.path, entry.mode, to_string(entry.kind));
  return text;
}

std::string content_of(const vcs::Reference& reference, std::string_view path) {
  const auto* entry = reference.manifest().find(path);
  REQUIRE(entry != nullptr);
  const auto content = reference.read(*entry, 1U << 20);
  if (!content) FAIL(content.error().to_string());
  return std::string{as_text(*content)};
}

std::string raw_id(std::string_view hex) {
  const auto bytes = from_hex(hex);
  REQUIRE(bytes);
  return std::string{as_text(*bytes)};
}

}  // namespace assay::test
