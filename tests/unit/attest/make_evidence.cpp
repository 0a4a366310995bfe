// Writes what the tests of `assay verify` run on: an artifact, a trusted root of a test authority, bundles that verify, and
// for each of the seven steps bundles that fail there. usage: make_evidence DIRECTORY
//
// DIRECTORY/cases.tsv: bundle, trusted root, step that fails ("-" if none), part of the message.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "attest/encoding.hpp"
#include "authority.hpp"

namespace {

using assay::attest::Json;
using assay::test::EntryForm;
using assay::test::Recipe;
using assay::test::TestAuthority;

class Writer {
 public:
  explicit Writer(std::filesystem::path directory)
      : m_directory(std::move(directory)), m_cases(m_directory / "cases.tsv") {
    text("artifact", Recipe{}.artifact);
    text("root.json", m_authority.trusted_root().dump(2));
  }

  void text(const std::string& name, const std::string& content) const {
    std::ofstream{m_directory / name, std::ios::binary} << content;
  }

  void bundle(const std::string& name, const Json& json, const std::string& step = "-", const std::string& message = {},
              const std::string& root = "root.json") {
    text(name + ".json", json.dump());
    m_cases << name << ".json\t" << root << '\t' << step << '\t' << message << '\n';
  }

  Json make(const std::function<void(Recipe&)>& change = {}) const {
    Recipe recipe;
    if (change) change(recipe);
    return m_authority.bundle(recipe);
  }

  std::string root_with(const std::string& name, const std::string& path, const Json& value) const {
    text(name, assay::test::with_value(m_authority.trusted_root(), path, value).dump(2));
    return name;
  }

 private:
  std::filesystem::path m_directory;
  std::ofstream m_cases;
  TestAuthority m_authority;
};

constexpr auto k_proof = "verificationMaterial.tlogEntries.0.inclusionProof";

void write_times_and_certificates(Writer& out) {
  using assay::test::with_flipped_bit;
  using assay::test::with_value;
  const auto good = out.make();
  const std::string stamp = "verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp";
  out.bundle("time-other-bytes", out.make([](Recipe& r) { r.stamped = "something else"; }), "time", "over other bytes");
  out.bundle("time-foreign", out.make([](Recipe& r) { r.foreign_tsa = true; }), "time",
             "no trusted timestamp authority");
  out.bundle("time-other-signer", out.make([](Recipe& r) { r.other_tsa = true; }), "time",
             "no trusted timestamp authority");
  out.bundle("time-malformed", with_value(good, stamp, "AAAA"), "time", "timestamp is malformed");
  out.bundle("time-promise",
             with_flipped_bit(good, "verificationMaterial.tlogEntries.0.inclusionPromise.signedEntryTimestamp"), "time",
             "bad signature");
  out.bundle("time-none", out.make([](Recipe& r) { r.promise = r.timestamp = false; }), "time", "no trusted time");
  out.bundle("chain-foreign", out.make([](Recipe& r) { r.foreign_ca = true; }), "certificate chain",
             "no chain to a trusted certificate authority");
  out.bundle("chain-own-intermediate", out.make([](Recipe& r) { r.own_intermediate = true; }), "certificate chain",
             "no chain to a trusted certificate authority");
  out.bundle("chain-late", out.make([](Recipe& r) { r.promise_time = assay::test::k_signing_time + 601; }),
             "certificate chain", "outside the certificate's validity");
  out.bundle("chain-early", out.make([](Recipe& r) { r.stamp_time = assay::test::k_signing_time - 1; }),
             "certificate chain", "outside the certificate's validity");
  out.bundle("chain-usage", out.make([](Recipe& r) { r.usage = "serverAuth"; }), "certificate chain",
             "not for code signing");
  out.bundle("chain-retired", good, "certificate chain", "was trusted",
             out.root_with("root-retired.json", "certificateAuthorities.0.validFor.end", "2023-01-01T00:00:00Z"));
  out.bundle("sct-none", out.make([](Recipe& r) { r.sct = false; }), "certificate log",
             "no timestamp of a certificate log");
  out.bundle("sct-foreign", out.make([](Recipe& r) { r.foreign_ct_log = true; }), "certificate log",
             "unknown certificate log");
  out.bundle("sct-issuer", out.make([](Recipe& r) { r.sct_of_other_issuer = true; }), "certificate log",
             "has a bad signature");
  out.bundle("sct-late", good, "certificate log", "outside the log key's time",
             out.root_with("root-ct-end.json", "ctlogs.0.publicKey.validFor.end", "2023-01-01T00:00:00Z"));
  out.bundle("sct-no-log", good, "certificate log", "unknown certificate log",
             out.root_with("root-no-ct.json", "ctlogs", Json::array()));
}

void write_identities_and_entries(Writer& out) {
  using assay::test::with_flipped_bit;
  using assay::test::with_value;
  const auto good = out.make();
  const std::string proof = k_proof;
  out.bundle("identity-workflow", out.make([](Recipe& r) { r.san = "URI:https://example.org/other"; }), "identity",
             "expected");
  out.bundle("identity-issuer", out.make([](Recipe& r) { r.issuer_identity = "https://evil.test"; }), "identity",
             "https://evil.test");
  out.bundle("identity-no-issuer", out.make([](Recipe& r) { r.issuer_identity.clear(); }), "identity",
             "vouched for by");
  out.bundle("identity-nobody", out.make([](Recipe& r) { r.san.clear(); }), "identity", "names nobody");
  out.bundle("identity-host", out.make([](Recipe& r) { r.san = "DNS:example.org"; }), "identity", "names nobody");
  out.bundle("entry-hash", with_flipped_bit(good, proof + ".hashes.0"), "log entry", "leads to another root hash");
  out.bundle("entry-index", with_value(good, proof + ".logIndex", "5"), "log entry", "leads to another root hash");
  out.bundle("entry-length", with_value(good, proof + ".hashes", Json::array()), "log entry",
             "does not have the length");
  out.bundle("entry-no-proof", with_value(good, proof, Json{}), "log entry", "has no inclusion proof");
  out.bundle("entry-no-checkpoint", with_value(good, proof + ".checkpoint", Json{}), "log entry", "has no checkpoint");
}

void write_signatures_and_subjects(Writer& out) {
  using assay::test::statement_about;
  const auto envelope = [&](std::string payload, const std::string& type = "application/vnd.in-toto+json") {
    return out.make([&](Recipe& r) {
      r.form = EntryForm::dsse_v1, r.envelope = true, r.payload = std::move(payload), r.payload_type = type;
    });
  };
  out.bundle("signature-key", out.make([](Recipe& r) { r.foreign_signer = true; }), "signature",
             "does not hold over the artifact");
  out.bundle("signature-longer", out.make([](Recipe& r) { r.signature = [](assay::Bytes& s) { s.push_back(0); }; }),
             "signature", "does not hold");
  out.bundle("signature-zeros", out.make([](Recipe& r) { r.signature = [](assay::Bytes& s) { s.assign(64, 0); }; }),
             "signature", "does not hold");
  out.bundle("signature-message-digest",
             assay::test::with_flipped_bit(out.make(), "messageSignature.messageDigest.digest"), "signature",
             "message digest is not the artifact's");
  out.bundle("signature-envelope",
             out.make([](Recipe& r) { r.form = EntryForm::dsse_v1, r.envelope = true, r.foreign_signer = true; }),
             "signature", "does not hold over the envelope");
  out.bundle("subject-other", envelope(statement_about("another")), "subject", "not about this artifact");
  out.bundle("subject-none",
             envelope(R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[]})"), "subject",
             "has no subject");
  out.bundle(
      "subject-no-digest",
      envelope(R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[{"name":"artifact"}]})"),
      "subject", "has no digest");
  out.bundle("subject-not-json", envelope("not JSON"), "subject", "malformed JSON");
  out.bundle("subject-type", envelope({}, "text/plain"), "subject", "no in-toto statement");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_evidence DIRECTORY\n", stderr);
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  Writer out{argv[1]};
  out.bundle("good-message", out.make());
  out.bundle("good-envelope", out.make([](Recipe& r) { r.form = EntryForm::dsse_v1, r.envelope = true; }));
  out.bundle("good-rekor-v2", out.make([](Recipe& r) { r.form = EntryForm::hashedrekord_v2; }));
  write_times_and_certificates(out);
  write_identities_and_entries(out);
  write_signatures_and_subjects(out);
  return 0;
}
