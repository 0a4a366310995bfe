#include "inspect/script/rules.hpp"

#include "inspect/script/analysis.hpp"

namespace assay::inspect {

const Rule k_hidden_execution{
    "inspect-hidden-execution",
    Severity::high,
    "build script decodes a data file and executes the result",
    "Following what the script would do, without running it: bytes of a file of the tree pass through filters "
    "(cutting, byte "
    "maps, decompression, decryption) and come to an interpreter. Critical when the line is novel or nothing was "
    "compared and "
    "the file is binary or test data; the decoded stage is given where it could be computed.",
    "Do not build this tree. Read the decoded stage in the evidence; find out who added the line and the file.",
    "CVE-2024-3094"};
const Rule k_hidden_build_input{
    "inspect-hidden-build-input",
    Severity::high,
    "build script decodes a data file into the build",
    "Decoded bytes of a binary or test file are written where the build takes its instructions or objects from "
    "(makefiles, "
    "libtool, object files).",
    "Do not build this tree. Compare what is written with what the source says should be there.",
    "CVE-2024-3094"};
const Rule k_fetched_execution{
    "inspect-fetched-execution",
    Severity::medium,
    "build script runs what it fetches from the network",
    "Following what the script would do, without running it: what a server sends comes to an interpreter, through "
    "pipes, "
    "variables, functions or a file. What runs depends on the server and on the day, and was reviewed by nobody. High "
    "where the line is not in version control, or where what configures the build does it.",
    "Find out what the address serves, and why a build needs it.",
    "https://cwe.mitre.org/data/definitions/494.html"};
const Rule k_telling_pattern{"inspect-telling-pattern",
                             Severity::medium,
                             "build script searches the tree for a pattern that stands in one binary file only",
                             "The pattern was evaluated against every file of the tree. A search that can only ever "
                             "find one binary file names that file "
                             "without naming it.",
                             "Find out what the script does with the file it finds.",
                             "CVE-2024-3094 (m4/build-to-host.m4)"};
const Rule k_disguised_read{
    "inspect-disguised-read",
    Severity::medium,
    "build script reads a file with a command that only looks like an edit",
    "A sed whose program does nothing but print its input (`sed \"r\\n\"`) is a cat that does not look like one.",
    "Find out where its output goes.",
    "CVE-2024-3094"};
const Rule k_script_decoder{"inspect-script-decoder",
                            Severity::medium,
                            "build script carries a decoder",
                            "Byte maps over most of the 256 values, chains of cuts by offset, RC4 or exclusive-or "
                            "written in a small language: none of "
                            "1,596 honest m4 files has one.",
                            "Find out what is put through it.",
                            "CVE-2024-3094"};
const Rule k_packager_gate{"inspect-packager-gate",
                           Severity::low,
                           "build script asks whether a distribution is building it",
                           "Tests for debian/rules, RPM_ARCH and the like decide whether something happens. Honest "
                           "uses exist; a payload that spares "
                           "developers and meets users needs one. Medium when several are asked for together.",
                           "See what depends on the answer.",
                           "CVE-2024-3094"};
const Rule k_build_mutation{"inspect-build-mutation",
                            Severity::low,
                            "build script edits makefiles or libtool while building",
                            "The rules that are executed are then not those that were reviewed.",
                            "See what is changed.",
                            "CVE-2024-3094"};
const Rule k_linker_flags{"inspect-linker-flags",
                          Severity::low,
                          "novel line puts unusual linker flags into a variable of the build",
                          "Flags that change when symbols are bound or how sections are sorted (-z now, "
                          "--sort-section) prepare the ground for code "
                          "that takes over symbols.",
                          "Find out why the release needs them and version control does not.",
                          "CVE-2024-3094"};
const Rule k_unassigned_eval{"inspect-unassigned-eval",
                             Severity::low,
                             "novel line evaluates a variable that is assigned nowhere",
                             "What is executed comes from somewhere that the script does not show.",
                             "Find out what sets the variable.",
                             "CVE-2024-3094"};
const Rule k_foreign_internals{
    "inspect-foreign-internals",
    Severity::medium,
    "macro file uses internals of libtool",
    "_LT_DECL and _LT_TAGDECL hand variables to config.status. Only libtool's own macro files have a use for them.",
    "Find out what the variables are for.",
    "CVE-2024-3094"};
const Rule k_lookalike_object{"inspect-lookalike-object",
                              Severity::medium,
                              "build script names an object that differs from a source's only in punctuation",
                              "`name-part.o` beside `name_part.c`: no source would be compiled into it, and a reader "
                              "takes it for the one that is.",
                              "Find out where the object comes from.",
                              "CVE-2024-3094"};
const Rule k_sabotaged_probe{"inspect-sabotaged-probe",
                             Severity::medium,
                             "test program of the build can never compile",
                             "A feature test whose program has a stray character is always answered with no, which "
                             "silently turns a protection off.",
                             "Remove the stray character and see what changes.",
                             "CVE-2024-3094 (CMakeLists.txt, landlock)"};
const Rule k_lifecycle_script{
    "inspect-lifecycle-script",
    Severity::medium,
    "package runs a script when it is installed that version control does not have",
    "npm's install scripts, setup.py and build.rs run on the machine of whoever installs the package.",
    "Read the script; compare with version control.",
    "ua-parser-js 0.7.29"};
const Rule k_nul_in_script{
    "inspect-nul-in-script",
    Severity::medium,
    "build script has NUL bytes",
    "A shell drops NUL bytes and runs what is left, up to the `exit` in it; viewers, searches and comparisons take the "
    "file for binary and show nothing.",
    "Read it without them: tr -d '\\0' < FILE.",
    "https://cwe.mitre.org/data/definitions/158.html"};

const Rule k_unfollowed_data{"inspect-unfollowed-data",
                             Severity::medium,
                             "build file in a language that is not followed runs test data",
                             "A file that a build executes by its name (build.rs, a Gradle or Bazel script, a "
                             "package's description, a directive of go "
                             "generate) names a file among the tests that is no source, where it says what is run, or "
                             "while it runs something. What it "
                             "does with the bytes is not followed.",
                             "Read what it does with the file, and look at the file.",
                             "CVE-2024-3094"};

namespace {
const Rule k_rules[] = {k_hidden_execution, k_hidden_build_input, k_fetched_execution, k_telling_pattern,
                        k_disguised_read,   k_script_decoder,     k_packager_gate,     k_build_mutation,
                        k_linker_flags,     k_unassigned_eval,    k_foreign_internals, k_lookalike_object,
                        k_sabotaged_probe,  k_lifecycle_script,   k_nul_in_script,     k_unfollowed_data};
}  // namespace

std::span<const Rule> script_rules() noexcept {
  return k_rules;
}

}  // namespace assay::inspect
