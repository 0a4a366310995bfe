#include "inspect/text/texts_ahead.hpp"

#include <filesystem>
#include <future>
#include <string>

#include "base/text.hpp"
#include "inspect/text/analysis.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
namespace fs = std::filesystem;

namespace {

const ContentRules* own_rules() {
  static const auto rules = [] {
    const fs::path directories[] = {fs::path{ASSAY_SOURCE_DIR} / "rules/content"};
    auto loaded = ContentRules::load(directories);
    REQUIRE(loaded);
    return *std::move(loaded);
  }();
  return &rules;
}

const std::string k_script = "#!/bin/sh\necho aWQK | base64 -d | sh\n";
const std::string k_source = "int a; /* \xE2\x80\xAE */ int b;\n";

void offer(TextsAhead& ahead, std::string path, const std::string& content) {
  ahead.offer(std::move(path), sha256(as_bytes(content)),
              std::make_shared<const Bytes>(content.begin(), content.end()));
}

TreeEntry entry_of(std::string path, const std::string& content) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::regular;
  entry.size = content.size();
  entry.digests.sha256 = sha256(as_bytes(content));
  entry.sha256_known = true;
  return entry;
}

/// What the checks of text say of run.sh and a.c, a line each.
std::string findings(const TextsAhead* ahead) {
  const TreeEntry entries[] = {entry_of("run.sh", k_script), entry_of("a.c", k_source)};
  const TextFile files[] = {{&entries[0], as_bytes(k_script)}, {&entries[1], as_bytes(k_source)}};
  TextOptions options;
  options.rules = own_rules();
  options.ahead = ahead;
  std::string lines;
  for (const auto& finding : inspect_texts(files, {}, options).findings)
    lines += std::string{finding.rule} + ' ' + finding.location.path + ' ' + finding.fingerprint + '\n';
  return lines;
}

}  // namespace

TEST_CASE("texts ahead: what is found ahead of its time is what would be found in it", "[inspect][text]") {
  TextsAhead ahead{own_rules};
  offer(ahead, "run.sh", k_script);
  offer(ahead, "a.c", k_source);
  ahead.finish(TextsAhead::Waiting::examined);
  const auto* script = ahead.find("run.sh", sha256(as_bytes(k_script)).hex());
  REQUIRE(script != nullptr);
  CHECK_FALSE(script->hits.empty());
  const auto* source = ahead.find("a.c", sha256(as_bytes(k_source)).hex());
  REQUIRE(source != nullptr);
  CHECK(source->deceits.size() == 1);
  const auto in_time = findings(nullptr);
  CHECK(in_time.find("run.sh") != std::string::npos);
  CHECK(in_time.find("a.c") != std::string::npos);
  CHECK(findings(&ahead) == in_time);
}

TEST_CASE("texts ahead: an outcome is of one path and one content", "[inspect][text]") {
  TextsAhead ahead{own_rules};
  offer(ahead, "run.sh", "echo\n");
  ahead.finish(TextsAhead::Waiting::examined);
  CHECK(ahead.find("run.sh", sha256(as_bytes("echo\n")).hex()) != nullptr);
  CHECK(ahead.find("run.sh", sha256(as_bytes(k_script)).hex()) == nullptr);
  CHECK(ahead.find("a.c", sha256(as_bytes("echo\n")).hex()) == nullptr);
  // The other content under the same path is looked at in its time.
  CHECK(findings(&ahead) == findings(nullptr));
}

TEST_CASE("texts ahead: what waits at the end is left to those who ask", "[inspect][text]") {
  std::promise<void> gate;
  TextsAhead ahead{[&] {
    gate.get_future().wait();
    return own_rules();
  }};
  offer(ahead, "run.sh", k_script);
  offer(ahead, "a.c", k_source);
  const auto opening = std::async(std::launch::async, [&] { gate.set_value(); });
  ahead.finish();
  CHECK(findings(&ahead) == findings(nullptr));
  offer(ahead, "late", "late\n");
  ahead.finish(TextsAhead::Waiting::examined);
  CHECK(ahead.find("late", sha256(as_bytes("late\n")).hex()) == nullptr);
}
