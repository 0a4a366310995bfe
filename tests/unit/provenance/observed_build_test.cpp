#include "provenance/observed_build.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/rules.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

/// Tells of a build what the test wants it to.
class Told final : public BuildObserver {
 public:
  Result<ObservedBuild> observe(const ObservationRequest& request) const override {
    texts = request.texts;
    return outcome;
  }
  ObservedBuild outcome;
  mutable std::set<std::string, std::less<>> texts;
};

/// An assessment with unproven files of this reach, each with its finding.
struct Release {
  Assessment assessment;
  std::map<std::string, Bytes, std::less<>> contents;
  Told observer;

  Release() { observer.outcome.builds = {"as it is"}; }
  Release& unproven(const std::string& path, Reach reach, const Rule& rule, std::string_view content = "words\n") {
    AssessedEntry entry;
    entry.path = path;
    entry.status = EntryStatus::added;
    entry.kind = EntryKind::regular;
    entry.reach = reach;
    entry.sha256 = sha256(as_bytes(content));
    entry.explanation = Explanation{};
    contents[path] = Bytes(content.begin(), content.end());
    assessment.entries.push_back(std::move(entry));
    assessment.findings.push_back(make_finding(rule, {path}, "is unproven"));
    ++assessment.counts.unexplained;
    return *this;
  }
  Release& text(const std::string& path) { return unproven(path, Reach::inert, k_unexplained_text); }
  Release& observed() {
    static const TreeManifest none;
    observe_build(
        observer, {"x.tar", none, "", {}, {}, {}},
        [&](std::string_view path) {
          const auto found = contents.find(path);
          return found == contents.end() ? nullptr : &found->second;
        },
        assessment);
    return *this;
  }
  Proof proof_of(std::string_view path) const {
    for (const auto& entry : assessment.entries)
      if (entry.path == path) return entry.proof();
    return Proof::identical;
  }
};

}  // namespace

TEST_CASE("observed build: a text that nothing used is inert, and its finding is taken back", "[provenance][inert]") {
  Release release;
  release.text("doc/a.txt").observed();
  CHECK(release.proof_of("doc/a.txt") == Proof::inert);
  CHECK(release.assessment.counts.inert == 1);
  CHECK(release.assessment.counts.unexplained == 0);
  CHECK(release.assessment.findings.empty());
  CHECK(release.assessment.traced_build->doubt.empty());
}

TEST_CASE("observed build: a man page is a text, if it has nothing run and is one", "[provenance][inert][hostile]") {
  const auto proof_of = [](const std::string& path, std::string_view content) {
    Release release;
    release.unproven(path, Reach::inert, k_unexplained_text, content);
    release.assessment.entries.back().reach_reason = "man page";
    return release.observed().proof_of(path);
  };
  CHECK(proof_of("tool.8", ".ds V 1\n.TH TOOL 8\n.SH NAME\nIt sy what it sees. It opens.\n") == Proof::inert);
  CHECK(proof_of("tool.8", ".Dd 1\nwords\n") == Proof::inert);
  CHECK(proof_of("tool.8", "'\\\" t\n.TH TOOL 8\nThe device. output of it\n") == Proof::inert);
  CHECK(proof_of("tool.8", "'\\\" p\n.TH TOOL 8\n") == Proof::unexplained);
  CHECK(proof_of("tool.8", "'\\\" tp\n.TH TOOL 8\n") == Proof::unexplained);
  CHECK(proof_of("tool.8", "words\n") == Proof::unexplained);
  CHECK(proof_of("libtool.so.8", ".TH TOOL 8\n") == Proof::unexplained);
  for (const std::string_view active : {".sy id",
                                        "'  sy id",
                                        ".if n .sy id",
                                        ".pso id",
                                        ".de X\n.pi id\n..",
                                        ".opena f x",
                                        ".cc !\n!sy id",
                                        ".so man8/other.8",
                                        ".if n .so man8/other.8",
                                        "'  so /etc/passwd",
                                        ".soquiet x",
                                        ".msoquiet x",
                                        ".psbb x",
                                        ".hpf x",
                                        ".ec @\n.sy id",
                                        ".eo",
                                        ".device ps: exec quit",
                                        ".if n .output x",
                                        ".PSPIC x",
                                        "\\X'ps: exec quit'",
                                        "\\Y(xx",
                                        ".als x sy\n.x id",
                                        ".do sy id",
                                        ".ds x sy\n.\\*x id"})
    CHECK(proof_of("tool.8", fmt::format(".TH TOOL 8\n{}\n", active)) == Proof::unexplained);
}

TEST_CASE("observed build: a text that is used stays unproven, and so does every other with it",
          "[provenance][inert][hostile]") {
  Release release;
  release.observer.outcome.used = {{"doc/a.txt", "read by cat in the phase test"}};
  release.text("doc/a.txt").text("doc/b.txt").observed();
  CHECK(release.proof_of("doc/a.txt") == Proof::unexplained);
  CHECK(release.proof_of("doc/b.txt") == Proof::unexplained);
  CHECK(release.assessment.traced_build->doubt.find("doc/a.txt") != std::string::npos);
  CHECK(release.assessment.findings.size() == 2);
}

TEST_CASE("observed build: one unproven script or source, and no text is asked about", "[provenance][inert][hostile]") {
  for (const auto reach : {Reach::executed, Reach::compiled}) {
    Release release;
    release.text("doc/a.txt").unproven("m4/x", reach, k_unexplained_build_file).observed();
    CHECK(release.observer.texts.empty());
    CHECK(release.proof_of("doc/a.txt") == Proof::unexplained);
    CHECK(release.proof_of("m4/x") == Proof::unexplained);
    CHECK(release.assessment.traced_build->unread == 1);
    CHECK(release.assessment.traced_build->doubt.find("m4/x") != std::string::npos);
  }
}

TEST_CASE("observed build: a doubt of the builder keeps every text unproven", "[provenance][inert][hostile]") {
  Release release;
  release.observer.outcome.doubt = "the build (as it is) failed with exit code 2";
  release.text("doc/a.txt").observed();
  CHECK(release.proof_of("doc/a.txt") == Proof::unexplained);
  CHECK(release.assessment.traced_build->doubt == release.observer.outcome.doubt);
}

TEST_CASE("observed build: binary, empty, and what another finding speaks of is never inert",
          "[provenance][inert][hostile]") {
  using namespace std::literals;
  Release release;
  release.unproven("a.bin", Reach::shipped, k_unexplained_data, "a\0b"sv)
      .unproven("empty", Reach::shipped, k_unexplained_data, "");
  release.text("accused.txt");
  release.assessment.findings.push_back(make_finding(k_unexplained_binary_code, {"accused.txt"}, "hides something"));
  release.text("plain.txt").observed();
  CHECK(release.observer.texts == std::set<std::string, std::less<>>{"plain.txt"});
  CHECK(release.proof_of("a.bin") == Proof::unexplained);
  CHECK(release.proof_of("empty") == Proof::unexplained);
  CHECK(release.proof_of("accused.txt") == Proof::unexplained);
  CHECK(release.proof_of("plain.txt") == Proof::inert);
}

TEST_CASE("observed build: what another build than this would read is never inert", "[provenance][inert][hostile]") {
  for (const auto* path : {"debian/patches/fix.patch",
                           "sub/debian/control",
                           ".github/workflows/ci.yml",
                           "doc/.hidden",
                           "PKGBUILD",
                           "Dockerfile",
                           "config.cache",
                           "autom4te.cache/requests",
                           "config.h.bot",
                           "Kbuild",
                           "tally.gemspec",
                           "conanfile.txt",
                           "requirements-dev.txt",
                           "go.mod",
                           "po/Makevars",
                           "changes.hs",
                           "CMakePresets.json",
                           "tox.ini",
                           "default.nix",
                           "requirements.txt",
                           "doc/manual.xml",
                           "x.in"}) {
    CAPTURE(path);
    Release release;
    release.unproven(path, Reach::shipped, k_unexplained_data).observed();
    CHECK(release.observer.texts.empty());
    CHECK(release.proof_of(path) == Proof::unexplained);
  }
}

TEST_CASE("observed build: modes and links are no matter of content", "[provenance][inert][hostile]") {
  Release release;
  release.text("mode.txt").text("link.txt");
  release.assessment.entries[0].status = EntryStatus::mode_changed;
  release.assessment.entries[1].kind = EntryKind::symlink;
  release.observed();
  CHECK(release.observer.texts.empty());
}
