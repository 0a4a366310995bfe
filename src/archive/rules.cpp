#include "archive/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "archive/reader.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

constexpr std::size_t k_findings_per_rule = 50;

constexpr std::string_view k_cwe_traversal = "CWE-22, https://cwe.mitre.org/data/definitions/22.html";
constexpr std::string_view k_cwe_links = "CWE-59, https://cwe.mitre.org/data/definitions/59.html";
constexpr std::string_view k_pax = "POSIX.1-2017, pax(1), \"pax Interchange Format\"";
constexpr std::string_view k_ustar = "POSIX.1-2017, pax(1), \"ustar Interchange Format\"";
constexpr std::string_view k_zip = "PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4";
constexpr std::string_view k_trojan_source =
    "Boucher, Anderson: Trojan Source (CVE-2021-42574), https://trojansource.codes";

constexpr std::string_view k_do_not_unpack =
    "do not unpack it; ask the publisher for an archive made by git archive or make dist";
constexpr std::string_view k_compare_readers =
    "list the archive with GNU tar, bsdtar and Python's tarfile, and see which of them your build uses";

constexpr std::array<Rule, k_trap_count> k_rules{{
    {"archive-absolute-path", Severity::high, "A member has an absolute path",
     "A reader that does not strip the leading slash writes outside the directory it unpacks into.", k_do_not_unpack,
     k_cwe_traversal},
    {"archive-parent-path", Severity::high, "A member's path has a '..' component",
     "A reader that follows it writes outside the directory it unpacks into.", k_do_not_unpack, k_cwe_traversal},
    {"archive-link-leaves-root", Severity::medium, "A link points outside the archive",
     "The target is absolute or has more '..' components than the link is deep, counted lexically. What the link gives "
     "then depends on the machine it is unpacked on. High for a hard link: it gives the archive a hold on a file that "
     "it does not hold itself.",
     "see what reads the link; a release has no reason to point outside itself", k_cwe_links},
    {"archive-path-through-link", Severity::high, "A member is placed through a symbolic link of the same archive",
     "The path of the member leads over a link that came earlier, so it lands where the link points: outside of the "
     "archive it overwrites files of the host, inside of it one that was proven under its own path.",
     k_do_not_unpack, k_cwe_links},
    {"archive-dangling-hardlink", Severity::medium, "A hard link to no earlier member",
     "Its content is unknown: unpacking fails, or links to whatever lies there already.",
     "unpack it into an empty directory and see what the reader says", k_cwe_links},
    {"archive-duplicate-member", Severity::high, "Two members have the same path",
     "Readers disagree on which one counts: unpacking keeps the last, some libraries and viewers find the first. High "
     "if "
     "they differ in kind or content, low if they are the same.",
     "compare both members; ask the publisher which one is meant", "CVE-2013-4787 is this in a zip reader"},
    {"archive-case-collision", Severity::low, "Two members differ only in the case of ASCII letters",
     "On a file system that ignores case one overwrites the other.", "do not unpack it on such a file system",
     "CWE-178, https://cwe.mitre.org/data/definitions/178.html"},
    {"archive-special-file",
     Severity::high,
     "A device node, FIFO or socket",
     "Source releases hold files, directories and links. Unpacked by root, a device node gives access to the hardware "
     "it names. Medium for FIFOs and sockets.",
     k_do_not_unpack,
     {}},
    {"archive-set-id",
     Severity::medium,
     "A member is set-user-ID or set-group-ID",
     "Unpacked by root it runs with the owner's rights. High for an executable file, low for a directory, where the "
     "bit "
     "only passes the group on and is an accident of the packer's umask.",
     "see that nothing installs it with this mode",
     {}},
    {"archive-sized-link", Severity::high, "A link or directory announces content",
     "GNU tar and bsdtar disagree on whether bytes follow such a header, so one of them can be made to see members "
     "that "
     "the other skips.",
     k_compare_readers, k_ustar},
    {"archive-header-conflict", Severity::high, "A member's headers contradict one another",
     "Extended (pax) headers, GNU long names and the plain header say different things about name, target or size, or "
     "an extended header belongs to no member. Readers choose differently, so each may see another archive. "
     "No known packer writes such headers.",
     k_compare_readers, k_pax},
    {"archive-readers-disagree", Severity::high, "Two readers see different members",
     "The list of members as GNU tar's rules give it differs from what libarchive (bsdtar) reads.", k_compare_readers,
     k_pax},
    {"archive-malformed-header",
     Severity::medium,
     "A header that no packer should write",
     "libarchive could read the member but reports something wrong with its header.",
     k_compare_readers,
     {}},
    {"archive-size-mismatch",
     Severity::high,
     "A member's content is not of the size its header says",
     "Readers that trust the header and readers that trust the content get different files.",
     k_compare_readers,
     {}},
    {"archive-no-end-mark", Severity::medium, "The archive has no end mark",
     "A tar archive ends with two blocks of zeros. Without them it may have been cut off between two members; some "
     "writers leave them out.",
     "compare its size and checksum with those the publisher gives", k_ustar},
    {"archive-data-after-end", Severity::medium, "Data after the archive's end mark",
     "Readers stop at the end mark and never show it, but it is there for whoever knows. High if it holds further "
     "members, which GNU tar -i and Python's tarfile with ignore_zeros do read.",
     "look at the bytes after the end mark", k_ustar},
    {"archive-trailing-bytes", Severity::medium, "Bytes after the end of the compressed stream",
     "Decompressors ignore or warn about them; they can carry anything. Zero padding is not reported.",
     "look at the bytes after the stream's end", "RFC 1952, section 2.2"},
    {"archive-zip-conflict", Severity::high, "The zip directory contradicts a member's own header",
     "The central directory and the local header give another name, size, checksum or method. Readers that stream and "
     "readers that seek then see different files.",
     "list it with unzip -Z and with bsdtar from a pipe, and compare", k_zip},
    {"archive-unclaimed-bytes", Severity::medium, "Bytes of an archive that belong to no member",
     "Data between members, in comments, extra fields, extended headers or padding is invisible to readers, and there "
     "for "
     "whoever knows. High if there are headers of members in it, which readers that stream do unpack; low where "
     "packers "
     "leave room for remarks.",
     "look at these bytes", k_zip},
    {"archive-name-not-utf8", Severity::low, "A member's name is not UTF-8",
     "What it is called depends on the locale of whoever unpacks it.", "ask the publisher to rename it", k_pax},
    {"archive-deceptive-name", Severity::high, "A member's name holds control, bidirectional or zero-width characters",
     "What is shown is not what is there: such names forge terminal output, or look like another name.",
     k_do_not_unpack, k_trojan_source},
}};

}  // namespace

const Rule& rule(Trap trap) noexcept {
  return k_rules[static_cast<std::size_t>(trap)];
}

std::span<const Rule> rules() noexcept {
  return k_rules;
}

void FindingSink::add(Trap trap, std::string_view path, std::string message, Options options) {
  const auto& broken = rule(trap);
  const auto severity = options.severity.value_or(broken.severity);
  auto& overflow = m_overflow[static_cast<std::size_t>(trap)];
  if (overflow.count++ >= k_findings_per_rule) {
    ++overflow.dropped;
    overflow.worst = std::max(overflow.worst, severity);
    return;
  }
  auto finding = make_finding(broken, Location{std::string{path}, 0}, std::move(message), std::move(options.evidence),
                              options.key);
  finding.severity = severity;
  finding.confidence = Confidence::proven;
  m_findings.push_back(std::move(finding));
}

std::vector<Finding> FindingSink::take() {
  for (std::size_t i = 0; i < k_trap_count; ++i) {
    const auto& overflow = m_overflow[i];
    if (overflow.dropped == 0) continue;
    auto finding = make_finding(k_rules[i], {},
                                fmt::format("{} more of these are not listed", count_of(overflow.dropped, "finding")));
    finding.severity = overflow.worst;
    m_findings.push_back(std::move(finding));
  }
  m_overflow = {};
  return std::exchange(m_findings, {});
}

}  // namespace assay::archive
