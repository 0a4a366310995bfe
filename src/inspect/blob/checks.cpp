#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_kept_of_each = 200;

constexpr std::array<Rule, k_blob_rule_count> k_rules{
    Rule{"blob-executable", Severity::medium, "executable in a source tree",
         "A file of an executable format (ELF, PE, Mach-O, Java class, WebAssembly, bytecode) stands where sources are "
         "expected, or in test data. Low where version control has it with these bytes, high where a comparison left "
         "it unexplained. In a container information, and medium where that is unexplained.",
         "find out what made it, and whether the build or a test runs it", ""},
    Rule{"blob-name-mismatch", Severity::low, "content is not what the name says",
         "The name promises one kind of content (an image, compressed data, text), the content is another. Medium "
         "where it is code.",
         "look at the content; ask why it has this name", ""},
    Rule{"blob-undecodable", Severity::low, "container that cannot be decoded",
         "The content begins as a container (gzip, xz, zip, tar…) and fails to decode. Test suites have such files on "
         "purpose, and that is where one more is not noticed.",
         "read the history of the file, and what names it", "https://www.openwall.com/lists/oss-security/2024/03/29/4"},
    Rule{"blob-trailing-data", Severity::low, "data where the format has none",
         "Bytes behind the end of an image or of compressed data, between the strings of a message catalogue, in "
         "private chunks. No ordinary tool shows them.",
         "look at the bytes (assay extract)", ""},
    Rule{"blob-embedded-data", Severity::low, "container or executable inside other data",
         "Something that decodes, or has a whole executable header, begins inside data of another kind.",
         "look at the bytes (assay extract)", ""},
    Rule{
        "blob-hidden-code", Severity::medium, "code where no ordinary tool looks",
        "Bytes behind an image's end, in a gap, inside other data or in a block of base64 are code, or decode to code.",
        "read the decoded stage (assay extract); find what in the build reads the file", ""},
    Rule{"blob-hidden-encoding", Severity::high, "blob that a byte transformation turns into code",
         "Byte maps, keys, offsets and decoders harvested from the build scripts, and a small fixed set (exclusive or "
         "with one byte, bit reversal, nibble swap, byte reversal), were tried on the blob. One of them made it "
         "decode, and what came out is code. High where a novel line told how, medium otherwise.",
         "do not build; read the decoded stage and the script line that undoes the encoding",
         "https://www.openwall.com/lists/oss-security/2024/03/29/4"},
    Rule{"blob-duty-cycle", Severity::medium, "filler and noise in turn",
         "Of the windows of 1 KiB at least a fifth are nearly constant and at least a fifth nearly random, with more "
         "than eight sharp changes: the shape of a payload cut into pieces and spread between filler.",
         "find what reads pieces of it (head -c, tail -c, dd)", "https://research.swtch.com/xz-script"},
    Rule{"blob-incompressible-content", Severity::low, "compressed data that holds nothing compressible",
         "What the file decodes to is as random as compressed or encrypted data: compressing it was pointless, unless "
         "it was to hide what it is.",
         "find out what made it", ""},
    Rule{"blob-compressible-content", Severity::low, "compressed data with parts that are not",
         "The bytes of a compressed format are nearly random. Here several KiB in a row are not: they were stored as "
         "they are, or stand there for somebody who knows where. Info where version control has the file with these "
         "bytes.",
         "look at the bytes from that offset on (assay scan --format html shows the strip; assay extract)", ""},
    Rule{"blob-decoded-code", Severity::low, "compressed file that holds code",
         "What a compressed file in the tree decodes to is a script or an executable.", "read it (assay extract)", ""},
    Rule{"blob-names-fixture", Severity::medium, "decoded code names another blob",
         "What a blob decodes to is code, and it names another binary file of the tree: one stage that reads the next.",
         "read both stages (assay extract)", "https://research.swtch.com/xz-script"},
    Rule{"blob-unnamed-fixtures", Severity::info, "binary test data that no text names",
         "Neither the name of the file nor its stem stands in any text of the tree; at most a pattern covers it. "
         "Context only.",
         "", ""},
    Rule{"blob-contains-itself", Severity::low, "container that contains itself",
         "What the container decodes to is the container: it never ends for a program that unpacks everything.",
         "keep it away from programs that unpack recursively", "https://research.swtch.com/zip"},
    Rule{"blob-nested-traps", Severity::low, "archive inside the subject that sets traps",
         "An archive among the files has members that leave its root, links, duplicates or other things that unpacking "
         "programs trip over. Expected of test data for archivers only.",
         "do not unpack it with full rights", ""},
    Rule{"blob-not-tried", Severity::info, "combinations that were not tried",
         "Trying every harvested transformation on every blob is bounded by --effort. This says what was left out.",
         "raise --effort", ""},
};

constexpr std::array<BlobCheck, 6> k_checks{check_type,    check_container, check_hidden,
                                            check_entropy, check_density,   check_decoded_code};

}  // namespace

const Rule& rule(BlobRule rule) noexcept {
  return k_rules[static_cast<std::size_t>(rule)];
}
std::span<const Rule> blob_rules() noexcept {
  return k_rules;
}
std::span<const BlobCheck> blob_checks() noexcept {
  return k_checks;
}

void BlobSink::add(BlobRule which, const Blob& blob, Severity severity, std::string message,
                   std::vector<Evidence> evidence, std::string_view key) {
  add(which, blob.node.path.to_string(), &blob.node.sha256, severity, std::move(message), std::move(evidence), key);
}

void BlobSink::add(BlobRule which, std::string_view path, const Sha256* sha256, Severity severity, std::string message,
                   std::vector<Evidence> evidence, std::string_view key) {
  auto& overflow = m_overflow[static_cast<std::size_t>(which)];
  if (++overflow.count > k_kept_of_each && severity < Severity::high) {
    ++overflow.dropped;
    overflow.worst = std::max(overflow.worst, severity);
    return;
  }
  auto finding = make_finding(rule(which), {std::string{path}, 0}, std::move(message), std::move(evidence), key);
  finding.severity = severity;
  if (sha256 != nullptr) finding.content_sha256 = sha256->hex();
  m_findings.push_back(std::move(finding));
}

std::vector<Finding> BlobSink::take() {
  for (std::size_t i = 0; i < k_blob_rule_count; ++i) {
    if (m_overflow[i].dropped == 0) continue;
    auto finding =
        make_finding(k_rules[i], {}, fmt::format("{} more of this kind", count_of(m_overflow[i].dropped, "finding")));
    finding.severity = m_overflow[i].worst;
    m_findings.push_back(std::move(finding));
  }
  m_overflow = {};
  return std::exchange(m_findings, {});
}

}  // namespace assay::inspect
