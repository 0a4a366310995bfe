#include "provenance/rules.hpp"

#include "provenance/release_check.hpp"

namespace assay::provenance {

const Rule k_contradicted_serial{
    "provenance-contradicted-serial",
    Severity::high,
    "m4 file claims a serial its upstream never had",
    "The file bears the name of an m4 file that gnulib, gettext, libtool or another upstream publishes, and a serial "
    "number higher than any version in that upstream's whole history. aclocal prefers the higher serial, so this is "
    "how "
    "a tampered macro file displaces the genuine one; in its cosmetic form the header only looks genuine.",
    "Read the novel lines; compare the file with the nearest upstream version named in the evidence.",
    "CVE-2024-3094 (m4/build-to-host.m4)"};
const Rule k_contradicted_version{
    "provenance-contradicted-version",
    Severity::high,
    "the release says it is another version",
    "A packer writes the version of the release into this file for the build to find. Tag and file name agree on "
    "another one, "
    "so either the release is not the one that it is called, or the file is not the packer's.",
    "Find out which release this is; compare with the tag of the version that the file names.",
    ""};
const Rule k_sha1_collision{
    "provenance-sha1-collision",
    Severity::critical,
    "content carries the marks of a SHA-1 collision attack",
    "The collision-detecting SHA-1 that git itself runs found the disturbance vectors of a collision attack in this "
    "entry. Another content with the same git id can exist; the id proves nothing and is not accepted as one.",
    "Do not use the release; compare this file byte by byte with the one in a repository you trust.",
    "Stevens, Shumow: Speeding up detection of SHA-1 collision attacks, 2017"};
const Rule k_unexplained_binary_code{
    "provenance-unexplained-binary-code",
    Severity::high,
    "machine code that is not in version control",
    "The release contains an executable, object file, library or bytecode that version control does not have. Nobody "
    "can "
    "review it, and nothing shows which source it was built from.",
    "Ask the maintainer for its source and build, or remove it and see whether the project still builds.",
    ""};
const Rule k_unexplained_build_file{
    "provenance-unexplained-build-file",
    Severity::medium,
    "unproven file that is executed when the release is built",
    "A build script, macro file, makefile or helper differs from version control or is not in it, and neither an "
    "upstream's history nor a rule of version control explains it. This is where a release can be made to do something "
    "its source does not.",
    "Regenerate the file from a clean checkout with the generator it names and compare; read its novel lines.",
    ""};
const Rule k_unexplained_source{
    "provenance-unexplained-source",
    Severity::medium,
    "unproven file that is compiled",
    "Source code differs from version control or is not in it, and nothing explains it. Generated sources (parsers, "
    "tables) belong here until they have been regenerated.",
    "Regenerate it from its grammar or template, or read its novel lines.",
    ""};
const Rule k_unexplained_data{"provenance-unexplained-data",
                              Severity::low,
                              "unproven data that is shipped",
                              "A file that is neither executed nor compiled differs from version control or is not in "
                              "it. Data can carry a payload "
                              "that a build script decodes.",
                              "Find out what reads it.",
                              ""};
const Rule k_unexplained_text{"provenance-unexplained-text",
                              Severity::info,
                              "unproven text",
                              "Documentation or other text differs from version control or is not in it.",
                              "Usually formatted documentation; nothing to do unless a script reads it.",
                              ""};
const Rule k_moved_into_build{
    "provenance-moved-into-build",
    Severity::medium,
    "version-controlled file stands where the build runs it",
    "The bytes are in version control, but at another path, where they have less reach or stand aside from what is "
    "built: "
    "a fixture, example or document became a script, macro or source of the release, a script stands outside of the "
    "release's directory, or a copy of what is built stands where it is found first.",
    "Find out why the release has it there.",
    ""};
const Rule k_made_executable{
    "provenance-made-executable",
    Severity::low,
    "file is executable in the release and not in version control",
    "What can be proven of the content says nothing of the right to run it, and that the release adds.",
    "Usually a packaging habit; see whether anything runs the file.",
    ""};
const Rule k_missing_from_build{"provenance-missing-from-build",
                                Severity::low,
                                "files that a build may use are missing from the release",
                                "Version control has them where a build would find them, the release has not, and no "
                                "export-ignore leaves them out. A build without them may fall back on something else, "
                                "or leave a check out. Counted are files that are run or compiled, those of which "
                                "the name does not tell what reads them, and wherever they stand those that a makefile "
                                "or script names; else not tests, examples and documentation, and in no case bootstrap "
                                "scripts and what forges and editors read.",
                                "See what the build does without them.",
                                ""};
const Rule k_lost_executable{"provenance-lost-executable",
                             Severity::low,
                             "files may not be run any more",
                             "They are executable in version control and not in the release. A build that runs such a "
                             "file only if it can does without it.",
                             "Usually a packaging habit; see whether anything tests for the right to run them.",
                             ""};
const Rule k_lost_reading{
    "provenance-lost-reading",
    Severity::medium,
    "files that their owner may not read",
    "Their mode keeps an ordinary user's build from reading them, and what includes a file only if it "
    "can does without it.",
    "No packer sets such modes by itself; build as an ordinary user and see what is left out.",
    ""};
const Rule k_writable_by_all{"provenance-writable-by-all",
                             Severity::low,
                             "files or directories that anyone may change",
                             "Whoever has an account where they are unpacked with their modes (as root, or by a build "
                             "service) can change what is built. Git has no such modes.",
                             "Unpack with a umask (tar --no-same-permissions), or take the right away: chmod -R o-w.",
                             "CWE-732, https://cwe.mitre.org/data/definitions/732.html"};
const Rule k_shared_file{"provenance-shared-file",
                         Severity::medium,
                         "files that are one in the release and several in version control",
                         "They are hard links of one another: a build or test that writes to one changes the other.",
                         "Git makes no hard links; unpack with copies (cpio, or cp -r of the tree) before building.",
                         ""};
const Rule k_no_top_directory{
    "provenance-no-top-directory",
    Severity::low,
    "the archive has no directory of its own",
    "What takes the first directory off every path (npm, and recipes with --strip-components=1) puts "
    "other files in the places of these than were compared.",
    "Unpack it as it is, into an empty directory.",
    ""};
const Rule k_empty_directory{"provenance-empty-directory",
                             Severity::low,
                             "empty directories that version control does not have",
                             "Git keeps no empty directory. Make takes one for a target that is up to date, and "
                             "scripts test whether one is there.",
                             "See whether a makefile has a target of that name.",
                             ""};
const Rule k_lfs_pointer{
    "provenance-lfs-pointer",
    Severity::low,
    "pointers of Git LFS in the place of what they stand for",
    "Version control has a pointer there and its content is kept elsewhere (filter=lfs). A checkout "
    "has the content; this release has the pointer, as archives of git and of some forges do.",
    "Get the contents with git lfs in a clone; a build or test that reads these files reads the "
    "pointer's text.",
    "git-lfs/docs/spec.md"};
const Rule k_link_changed{
    "provenance-link-changed",
    Severity::medium,
    "symbolic link is not the one in version control",
    "A symbolic link points elsewhere than in version control, or stands where version control has a file, or the "
    "reverse. What is read or run through it is another file then.",
    "Compare both targets.",
    ""};
const Rule k_malformed{"provenance-malformed",
                       Severity::low,
                       "file is not of the format its name promises",
                       "The release has a message catalogue, package metadata or manifest that its own tools would "
                       "refuse. A parser that is "
                       "more forgiving than ours may read something else in it than a person does.",
                       "Ask the maintainer how the file came about; look at it byte by byte.",
                       ""};
const Rule k_life_cycle_changed{"provenance-npm-script-changed",
                                Severity::high,
                                "life-cycle script of an npm package is not the one in version control",
                                "preinstall, install, postinstall and prepare run on the machine of everyone who "
                                "installs the package. The published "
                                "package.json has other commands there than the one in version control.",
                                "Do not install the package; read the commands in the evidence.",
                                "https://docs.npmjs.com/cli/using-npm/scripts"};
const Rule k_generated_injected{
    "provenance-generated-injected",
    Severity::critical,
    "generated file holds commands that its generator does not make",
    "The file was regenerated from version control. What the release has instead differs by added lines alone, and "
    "they do "
    "what honest generated files do not: decode, search by pattern, evaluate what they read, or feed a shell.",
    "Do not build the release; read the novel lines in the evidence.",
    "CVE-2024-3094"};
const Rule k_go_module{"provenance-go-module",
                       Severity::info,
                       "hash of a Go module zip",
                       "The digest over all names and contents that the go command writes into go.sum. Whoever uses "
                       "the module has it there, and the "
                       "checksum database has it in public: the same line there means the same zip.",
                       "Compare it with the module's line in a go.sum.",
                       "go.dev/ref/mod#go-sum-files"};
const Rule k_go_module_mismatch{
    "provenance-go-module-mismatch",
    Severity::high,
    "Go module zip that calls itself something else",
    "The names in the zip begin with a module path and a version. They disagree with go.mod or with the tag, so the "
    "zip would stand "
    "in for a module or version that its content is not of.",
    "Do not use the zip; have the go command fetch the module from its repository (GOPROXY=direct) and compare.",
    "go.dev/ref/mod#zip-files"};
const Rule k_poor_fit{
    "provenance-poor-fit",
    Severity::medium,
    "release and reference have little in common",
    "Fewer than half of the files that stand in both have the same content: this is probably the wrong repository or "
    "revision, and the comparison says little.",
    "Give the right revision with --vcs REPO@REV.",
    ""};
const Rule k_part_of_repository{
    "provenance-part-of-repository",
    Severity::medium,
    "release is a part of the repository that is no package of that name",
    "The release is not the repository's tree but what stands in one of its directories, and nothing there says that "
    "this is a package with the name of the release: it may be an example, an old state that is kept, or something "
    "that "
    "shows what not to do. The files are those of version control; that they are the release is not shown.",
    "See what the directory is for; compare with the tree that the project makes its releases from.",
    ""};
const Rule k_several_tags{
    "provenance-several-tags",
    Severity::low,
    "tags of other commits mean the same version",
    "The tag was chosen by the version in the file name, and another tag that means this version leads to another "
    "commit: which of the "
    "two the project released under it, the names do not tell. Whoever may push tags can add one.",
    "Find out which commit was released, and name its tag: --vcs REPO@TAG.",
    ""};
const Rule k_kept_out_but_there{
    "provenance-kept-out-but-there",
    Severity::low,
    "files that version control keeps out of its archives are in this one",
    "The release has nothing that version control has not, as archives of git have, and lacks files that are marked "
    "export-ignore there; "
    "but others that are marked so are in it, where a build runs them or tools look for them.",
    "See what the release does without them; ask how it was made.",
    ""};
const Rule k_other_version{
    "provenance-other-version",
    Severity::medium,
    "nothing shows that this is the version that the file name claims",
    "No tag of the repository means the version in the file name, the revision that was named is tagged with another "
    "version, or the directory that the release is made of says that it is of another one: an older state can be "
    "handed "
    "out as a newer release, without what was mended in between. Low where the commit has no tag at all, or one that "
    "has "
    "the version behind a word of its own (\"broken-1.2\").",
    "Find out which commit the project released under that version, and name it: --vcs REPO@REV.",
    ""};

namespace {
const Rule k_rules[] = {k_contradicted_serial,
                        k_contradicted_version,
                        k_sha1_collision,
                        k_unexplained_binary_code,
                        k_unexplained_build_file,
                        k_unexplained_source,
                        k_unexplained_data,
                        k_unexplained_text,
                        k_moved_into_build,
                        k_made_executable,
                        k_link_changed,
                        k_malformed,
                        k_life_cycle_changed,
                        k_missing_from_build,
                        k_lost_executable,
                        k_lost_reading,
                        k_writable_by_all,
                        k_shared_file,
                        k_no_top_directory,
                        k_empty_directory,
                        k_lfs_pointer,
                        k_generated_injected,
                        k_poor_fit,
                        k_part_of_repository,
                        k_other_version,
                        k_several_tags,
                        k_kept_out_but_there,
                        k_go_module,
                        k_go_module_mismatch};
}  // namespace

std::span<const Rule> rules() noexcept {
  return k_rules;
}

}  // namespace assay::provenance
