// What is judged ahead of its time is what would be judged in it.
#include "provenance/judging_ahead.hpp"

#include <chrono>
#include <string>
#include <thread>

#include "base/text.hpp"
#include "provenance/known_files.hpp"
#include "support/catch.hpp"
#include "vcs/snapshot.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

const std::string k_macros = "AC_DEFUN([ONE], [\n  echo one\n])\n";

TreeEntry file(std::string path) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::regular;
  return entry;
}

std::unique_ptr<vcs::Reference> reference() {
  vcs::Snapshot snapshot;
  snapshot.entries = {file("m4/one.m4"), file("missing.c")};
  snapshot.read = [](const TreeEntry& entry, std::uint64_t) -> Result<Bytes> {
    if (entry.path == "missing.c") return Error{ErrorCode::format, "the object is damaged", {}, {}};
    return Bytes{k_macros.begin(), k_macros.end()};
  };
  return vcs::make_reference(std::move(snapshot));
}

/// Asks until it is there: whoever is too early gets nothing, as in a check.
template <typename Ask>
auto once_done(const Ask& ask) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  auto answer = ask();
  while (!answer && std::chrono::steady_clock::now() < patience) {
    std::this_thread::yield();
    answer = ask();
  }
  return answer;
}

}  // namespace

TEST_CASE("judging ahead: novel lines are those that are counted in time", "[provenance]") {
  const auto tree = reference();
  const KnownFiles known;
  BuildLines lines{*tree};
  const std::string text = "  echo one\nsomething new\n# and a remark\n";
  const auto content = std::make_shared<const Bytes>(text.begin(), text.end());
  const auto digest = sha256(as_bytes(text));
  JudgingAhead ahead{*tree, known, lines};
  ahead.measure("configure", digest, content);
  const auto found = once_done([&] { return ahead.novelty_of("configure", digest); });
  REQUIRE(found);
  NoveltyMeter meter{*tree, known, lines};
  const auto expected = meter.measure("configure", text, std::nullopt);
  CHECK(found->novel == expected.novel);
  CHECK(found->novel == 2);
  CHECK(found->from_vcs == expected.from_vcs);
  CHECK(found->from_vcs == 1);
  CHECK(found->novel_comments == expected.novel_comments);
  CHECK(found->kept.size() == expected.kept.size());
  // What a line means depends on the place, and another text is another text.
  CHECK_FALSE(ahead.novelty_of("doc/configure.txt", digest));
  CHECK_FALSE(ahead.novelty_of("configure", sha256(as_bytes("other\n"))));
}

TEST_CASE("judging ahead: what version control has instead is read once, and what cannot be read is left to others",
          "[provenance]") {
  const auto tree = reference();
  const KnownFiles known;
  BuildLines lines{*tree};
  JudgingAhead ahead{*tree, known, lines};
  ahead.read(file("missing.c"));
  ahead.read(file("m4/one.m4"));
  const auto found = once_done([&] { return ahead.take_counterpart(file("m4/one.m4")); });
  REQUIRE(found);
  REQUIRE(*found);
  CHECK(as_text(**found) == k_macros);
  CHECK_FALSE(ahead.take_counterpart(file("m4/one.m4")));
  CHECK_FALSE(ahead.take_counterpart(file("missing.c")));
}

TEST_CASE("judging ahead: nothing is begun after the end, and binary data is not measured", "[provenance]") {
  const auto tree = reference();
  const KnownFiles known;
  BuildLines lines{*tree};
  JudgingAhead ahead{*tree, known, lines};
  const auto binary = std::make_shared<const Bytes>(Bytes{0, 1, 2, 0});
  ahead.measure("data", sha256(*binary), binary);
  ahead.finish();
  ahead.read(file("m4/one.m4"));
  CHECK_FALSE(ahead.novelty_of("data", sha256(*binary)));
  CHECK_FALSE(ahead.take_counterpart(file("m4/one.m4")));
}
