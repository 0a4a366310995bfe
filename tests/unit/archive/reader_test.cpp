#include "archive/reader.hpp"

#include "builders.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

std::string small_tar() {
  return TarBuilder{}
      .directory("p/")
      .file("p/a.txt", "hello\n")
      .file("p/run", "#!/bin/sh\n", 0755)
      .symlink("p/l", "a.txt")
      .finish();
}

ReadOptions keep_all() {
  ReadOptions options;
  options.keep = [](const TreeEntry& candidate) { return candidate.kind == EntryKind::regular; };
  return options;
}

std::string text(const Bytes& bytes) {
  return std::string{as_text(bytes)};
}

}  // namespace

TEST_CASE("archive: a tar's entries carry path, kind, mode, size and digests", "[archive]") {
  const auto bytes = small_tar();
  const auto contents = read(bytes);
  REQUIRE(contents.entries.size() == 4);
  CHECK(contents.format == "tar (ustar)");
  CHECK(contents.size == bytes.size());
  CHECK(contents.content_size == bytes.size());
  CHECK(contents.sha256 == sha256(as_bytes(bytes)));
  CHECK(contents.findings.empty());
  CHECK(contents.coverage.complete());
  CHECK(entry(contents, "p").kind == EntryKind::directory);
  const auto& file = entry(contents, "p/a.txt");
  CHECK(file.size == 6);
  CHECK(file.mode == 0644);
  CHECK(file.sha256_known);
  CHECK(file.digests.sha256 == sha256(as_bytes("hello\n")));
  CHECK(file.digests.git_oid.hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(entry(contents, "p/run").executable());
  const auto& link = entry(contents, "p/l");
  CHECK(link.kind == EntryKind::symlink);
  CHECK(link.link_target == "a.txt");
  // git stores a link as a blob that holds the target.
  CHECK(link.digests.git_oid == git_object_id(GitHash::sha1, "blob", as_bytes("a.txt")));
}

TEST_CASE("archive: every filter gives the same entries and is named in the format", "[archive]") {
  const auto tar = small_tar();
  for (const auto filter :
       {Filter::gzip, Filter::bzip2, Filter::xz, Filter::lzma, Filter::lzip, Filter::zstd, Filter::lz4}) {
    const auto packed = compress(filter, tar);
    const auto contents = read(packed);
    INFO(to_string(filter));
    CHECK(contents.format == "tar (ustar), " + std::string{to_string(filter)});
    CHECK(contents.entries.size() == 4);
    CHECK(contents.sha256 == sha256(as_bytes(packed)));
    CHECK(contents.content_size == tar.size());
    CHECK(contents.findings.empty());
    CHECK(contents.coverage.complete());
  }
}

TEST_CASE("archive: filters on filters are taken off one by one", "[archive]") {
  const auto contents = read(compress(Filter::xz, compress(Filter::gzip, small_tar())));
  CHECK(contents.format == "tar (ustar), gzip, xz");
  CHECK(contents.entries.size() == 4);
}

TEST_CASE("archive: git ids are of the hash asked for", "[archive]") {
  ReadOptions options;
  options.git_hash = GitHash::sha256;
  const auto contents = read(small_tar(), options);
  CHECK(entry(contents, "p/a.txt").digests.git_oid == git_object_id(GitHash::sha256, "blob", as_bytes("hello\n")));
}

TEST_CASE("archive: an archive without members is one", "[archive]") {
  CHECK(read(TarBuilder{}.finish()).entries.empty());
  CHECK(read(std::string(10240, '\0')).entries.empty());
  CHECK(read(compress(Filter::gzip, std::string(10240, '\0'))).coverage.complete());
}

TEST_CASE("archive: paths are normalised", "[archive]") {
  const auto contents = read(TarBuilder{}.directory("./").file("./a//b", "1").file("c/./d", "2").finish());
  REQUIRE(contents.entries.size() == 3);
  CHECK(contents.entries[0].path == ".");
  CHECK(contents.entries[1].path == "a/b");
  CHECK(contents.entries[2].path == "c/d");
}

TEST_CASE("archive: what tar and the other packers of the system write is read without findings", "[archive]") {
  const assay::test::TempDir dir;
  const auto root = dir.path().string();
  assay::test::shell("cd '" + root +
                     "' && mkdir -p src/d && printf hello > src/f && printf x > src/d/g && chmod 755 src/d/g && "
                     "ln -s f src/l && ln src/f src/zh && "
                     "long=src/d/$(printf 'n%.0s' $(seq 150)) && printf long > $long && ln -s $(printf 't%.0s' $(seq "
                     "150)) src/d/ll && "
                     "printf u > src/d/$(printf '\\303\\251')");
  const auto pack = [&](const std::string& command, const std::string& name) {
    assay::test::shell("cd '" + root + "' && " + command);
    auto contents = read_archive(dir.path() / name, ReadOptions{});
    if (!contents) FAIL(name << ": " << contents.error().to_string());
    return *std::move(contents);
  };
  const std::vector<std::pair<std::string, std::string>> packers{
      {"tar --format=gnu -cf gnu.tar src", "gnu.tar"},
      {"tar --format=pax -cf pax.tar src", "pax.tar"},
      {"tar --format=gnu -czf gnu.tar.gz src", "gnu.tar.gz"},
      {"tar --format=pax -cJf pax.tar.xz src", "pax.tar.xz"},
      {"find src | sort | cpio --quiet -o -H newc > newc.cpio", "newc.cpio"},
      {"python3 -c 'import tarfile; t=tarfile.open(\"py.tar\",\"w\"); t.add(\"src\"); t.close()'", "py.tar"},
  };
  const auto reference = pack(packers[0].first, packers[0].second);
  for (const auto& [command, name] : packers) {
    INFO(name);
    const auto contents = pack(command, name);
    CHECK(contents.coverage.complete());
    for (const auto& finding : contents.findings) FAIL_CHECK(finding.rule << ": " << finding.message);
    REQUIRE(contents.entries.size() == reference.entries.size());
    for (const auto& wanted : reference.entries) {
      const auto& got = entry(contents, wanted.path);
      INFO(wanted.path);
      CHECK(got.digests == wanted.digests);
      CHECK(got.size == wanted.size);
    }
  }
}

TEST_CASE("archive: a zip made by a usual library is read without findings", "[archive]") {
  const assay::test::TempDir dir;
  assay::test::shell("cd '" + dir.path().string() +
                     "' && python3 - <<'EOF'\n"
                     "import zipfile\n"
                     "z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED)\n"
                     "z.writestr('p/a.txt', 'hello\\n')\n"
                     "z.writestr('p/\\u00e9', 'x' * 100000)\n"
                     "with z.open('p/streamed', 'w') as f: f.write(b'y' * 70000)\n"
                     "z.close()\n"
                     "class Pipe:\n"
                     "  def __init__(self): self.f = open('b.zip', 'wb')\n"
                     "  def write(self, b): return self.f.write(b)\n"
                     "  def flush(self): self.f.flush()\n"
                     "z = zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED)\n"
                     "z.writestr('p/a.txt', 'hello\\n')\n"
                     "z.writestr('p/b', 'x' * 100000)\n"
                     "z.close()\n"
                     "EOF");
  for (const auto* name : {"a.zip", "b.zip"}) {
    const auto contents = read_archive(dir.path() / name, ReadOptions{});
    REQUIRE(contents.has_value());
    INFO(name);
    CHECK(contents->format == "zip");
    CHECK(contents->coverage.complete());
    for (const auto& finding : contents->findings) FAIL_CHECK(finding.rule << ": " << finding.message);
    CHECK(entry(*contents, "p/a.txt").digests.git_oid.hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
  }
}

TEST_CASE("archive: a deb is an ar of compressed tars", "[archive]") {
  const assay::test::TempDir dir;
  dir.write("debian-binary", "2.0\n");
  dir.write("control.tar", small_tar());
  assay::test::shell("cd '" + dir.path().string() + "' && xz control.tar && ar rcD x.deb debian-binary control.tar.xz");
  ReadOptions options = keep_all();
  const auto contents = read_archive(dir.path() / "x.deb", options);
  REQUIRE(contents.has_value());
  CHECK(contents->format == "ar (deb)");
  CHECK(contents->findings.empty());
  const auto inner = read(as_text(contents->kept.at("control.tar.xz")));
  CHECK(inner.entries.size() == 4);
}

TEST_CASE("archive: a 7z archive is read", "[archive]") {
  if (assay::test::run({"7z", "--help"}).exit_code != 0) return;
  const assay::test::TempDir dir;
  dir.write("p/a.txt", "hello\n");
  assay::test::shell("cd '" + dir.path().string() +
                     "' && 7z a x.7z p >/dev/null && 7z a -psecret -mhe=off y.7z p >/dev/null && "
                     "7z a -psecret -mhe=on z.7z p >/dev/null");
  const auto contents = read_archive(dir.path() / "x.7z", ReadOptions{});
  REQUIRE(contents.has_value());
  CHECK(contents->format == "7z");
  CHECK(entry(*contents, "p/a.txt").digests.git_oid.hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(contents->findings.empty());
  CHECK(contents->coverage.complete());
  for (const auto* name : {"y.7z", "z.7z"}) {
    const auto locked = read_archive(dir.path() / name, ReadOptions{});
    REQUIRE_FALSE(locked.has_value());
    CHECK(locked.error().message.find("ncrypted") != std::string::npos);
  }
}

TEST_CASE("archive: hard links are resolved to their target", "[archive]") {
  const auto contents =
      read(TarBuilder{}.file("p/a", "content").hardlink("p/b", "p/a").hardlink("p/c", "./p/b").finish());
  for (const auto* path : {"p/b", "p/c"}) {
    const auto& link = entry(contents, path);
    CHECK(link.kind == EntryKind::hardlink);
    CHECK(link.size == 7);
    CHECK(link.sha256_known);
    CHECK(link.digests == entry(contents, "p/a").digests);
  }
}

TEST_CASE("archive: cpio's linked files all get the content that stands with the last", "[archive]") {
  const assay::test::TempDir dir;
  assay::test::shell("cd '" + dir.path().string() +
                     "' && printf content > a && ln a b && ln a c && "
                     "printf 'a\\nb\\nc\\n' | cpio --quiet -o -H newc > x.cpio");
  ReadOptions options = keep_all();
  const auto contents = read_archive(dir.path() / "x.cpio", options);
  REQUIRE(contents.has_value());
  REQUIRE(contents->entries.size() == 3);
  for (const auto& link : contents->entries) {
    CHECK(link.size == 7);
    CHECK(link.digests.sha256 == sha256(as_bytes("content")));
  }
  REQUIRE(contents->kept.size() == 1);
  CHECK(text(contents->kept.begin()->second) == "content");
}

TEST_CASE("archive: GNU sparse files of every form are hashed with their holes", "[archive]") {
  const assay::test::TempDir dir;
  const auto root = dir.path().string();
  assay::test::shell("cd '" + root +
                     "' && truncate -s 3000000 s && printf head | dd of=s conv=notrunc status=none && "
                     "printf tail | dd of=s bs=1 seek=2000000 conv=notrunc status=none");
  const auto wanted = assay::test::shell("sha256sum '" + root + "/s' | cut -c1-64").substr(0, 64);
  for (const auto* form : {"--format=gnu -S", "--format=pax -S --sparse-version=0.0",
                           "--format=pax -S --sparse-version=0.1", "--format=pax -S --sparse-version=1.0"}) {
    INFO(form);
    assay::test::shell("cd '" + root + "' && tar " + form + " -cf s.tar s");
    const auto contents = read_archive(dir.path() / "s.tar", ReadOptions{});
    REQUIRE(contents.has_value());
    // Told, because some readers leave such files out; nothing else is.
    REQUIRE(contents->findings.size() == 1);
    CHECK(contents->findings[0].rule == "archive-readers-disagree");
    CHECK(contents->findings[0].severity == assay::Severity::medium);
    CHECK(entry(*contents, "s").size == 3000000);
    CHECK(entry(*contents, "s").digests.sha256.hex() == wanted);
  }
}

TEST_CASE("archive: the content that is asked for is kept, within bounds", "[archive]") {
  const auto big = noise(300000);
  const auto tar = TarBuilder{}.file("small", "s").file("big", big).file("other", "o").file("empty", "").finish();
  ReadOptions options;
  options.keep = [](const TreeEntry& candidate) { return candidate.path != "other"; };
  SECTION("all that fits") {
    const auto contents = read(tar, options);
    CHECK(contents.kept.size() == 3);
    CHECK(text(contents.kept.at("small")) == "s");
    CHECK(text(contents.kept.at("big")) == big);
    CHECK(contents.kept.at("empty").empty());
    CHECK(contents.not_kept.empty());
  }
  SECTION("an entry may be too large") {
    options.max_kept_entry = 1000;
    const auto contents = read(tar, options);
    CHECK(contents.kept.count("big") == 0);
    CHECK(contents.not_kept.count("big") == 1);
    CHECK(contents.kept.count("small") == 1);
  }
  SECTION("the sum may be too large") {
    options.limits.memory = 1U << 20;
    const auto contents = read(TarBuilder{}.file("1", noise(200000, 1)).file("2", noise(200000, 2)).finish(), options);
    CHECK(contents.kept.count("1") == 1);
    CHECK(contents.not_kept.count("2") == 1);
  }
  SECTION("of equal paths the last one counts") {
    const auto contents = read(TarBuilder{}.file("a", "1").file("a", "2").finish(), options);
    CHECK(text(contents.kept.at("a")) == "2");
  }
  SECTION("a hard link's content has gone by") {
    const auto contents = read(TarBuilder{}.file("other", "1").hardlink("b", "other").finish(), options);
    CHECK(contents.not_kept.count("b") == 1);
  }
}

TEST_CASE("archive: named members are read in a further pass", "[archive]") {
  const assay::test::TempDir dir;
  const auto file = dir.write(
      "x.tar.gz", compress(Filter::gzip, TarBuilder{}.file("a", "1").file("b", "22").hardlink("c", "a").finish()));
  const auto members = read_members(file, {"a", "b", "c", "none"}, 100, Limits{});
  REQUIRE(members.has_value());
  CHECK(members->size() == 3);
  CHECK(text(members->at("a")) == "1");
  CHECK(text(members->at("b")) == "22");
  CHECK(text(members->at("c")) == "1");
  const auto short_ones = read_members(file, {"a", "b"}, 1, Limits{});
  REQUIRE(short_ones.has_value());
  CHECK(short_ones->size() == 1);
}

TEST_CASE("archive: a visitor sees every entry and all of its bytes in order", "[archive]") {
  struct Recorder : EntryVisitor {
    std::string log;
    std::string content;
    void begin(const TreeEntry& seen) override { log += "<" + seen.path; }
    void data(ByteView piece) override { content += as_text(piece); }
    void end(const TreeEntry& seen) override {
      CHECK(seen.digests.sha256 == sha256(as_bytes(content)));
      content.clear();
      log += ">";
    }
  };
  Recorder recorder;
  ReadOptions options;
  options.visitor = &recorder;
  read(compress(Filter::gzip, TarBuilder{}.file("a", noise(700000)).file("b", "").file("c", "x").finish()), options);
  CHECK(recorder.log == "<a><b><c>");
}

TEST_CASE("archive: progress is told and ends at the size of the file", "[archive]") {
  ReadOptions options;
  std::uint64_t last = 0;
  std::uint64_t all = 0;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    CHECK(done >= last);
    last = done;
    all = total;
  };
  const auto packed = compress(Filter::gzip, TarBuilder{}.file("a", noise(2000000)).finish());
  read(packed, options);
  CHECK(last == packed.size());
  CHECK(all == packed.size());
}

TEST_CASE("archive: an archive that comes as a stream is read alike", "[archive]") {
  const auto check = [](const std::string& bytes, std::string_view format) {
    std::size_t at = 0;
    GeneratedSource source{[&](std::span<std::uint8_t> out) {
      const auto count = std::min<std::size_t>({out.size(), bytes.size() - at, 1000});
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
      at += count;
      return count;
    }};
    const auto contents = read_archive(source, "outer!inner", ReadOptions{});
    REQUIRE(contents.has_value());
    CHECK(contents->format == format);
    CHECK(contents->sha256 == sha256(as_bytes(bytes)));
    CHECK(contents->size == bytes.size());
    CHECK(entry(*contents, "p/a.txt").digests.git_oid.hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
  };
  check(compress(Filter::gzip, small_tar()), "tar (ustar), gzip");
  check(make_zip({{.name = "p/a.txt", .content = "hello\n"}}), "zip");
  check(compress(Filter::xz, make_zip({{.name = "p/a.txt", .content = "hello\n"}})), "zip, xz");
}

TEST_CASE("archive: the commit that git archive writes is passed on as a claim", "[archive]") {
  const std::string commit = "0123456789abcdef0123456789abcdef01234567";
  const auto contents = read(TarBuilder{}.pax({{"comment", commit}}, 'g').file("p/a", "1").finish());
  CHECK(contents.claimed_commit == commit);
  CHECK(contents.format == "tar (pax)");
  CHECK(contents.findings.empty());
  CHECK(read(TarBuilder{}.pax({{"comment", "not a commit"}}, 'g').file("p/a", "1").finish()).claimed_commit.empty());
}

TEST_CASE("archive: names beyond ASCII come out as they went in", "[archive]") {
  // NFC and NFD of the same letter: a reader that normalises would make them one.
  const std::string nfc = "p/\xc3\xa9";
  const std::string nfd = "p/e\xcc\x81";
  const auto tar = TarBuilder{}
                       .pax({{"path", nfc}})
                       .file("p/?", "1")
                       .pax({{"path", nfd}})
                       .file("p/e", "2")
                       .file(nfd + "u", "3")
                       .finish();
  const auto contents = read(tar);
  CHECK(contents.entries[0].path == nfc);
  CHECK(contents.entries[1].path == nfd);
  CHECK(contents.entries[2].path == nfd + "u");
  CHECK(contents.findings.empty());
  const auto zip = read(
      make_zip({{.name = nfd, .content = "1", .flags = 1U << 11}, {.name = nfc, .content = "2", .flags = 1U << 11}}));
  CHECK(zip.entries[0].path == nfd);
  CHECK(zip.entries[1].path == nfc);
  CHECK(zip.findings.empty());
}

TEST_CASE("archive: what cannot be opened or is no archive is refused with file, reason and remedy",
          "[archive][hostile]") {
  const assay::test::TempDir dir;
  const auto refused = [&](const std::filesystem::path& file) {
    const auto contents = read_archive(file, ReadOptions{});
    REQUIRE_FALSE(contents.has_value());
    CHECK(contents.error().where == file.string());
    return contents.error();
  };
  CHECK(refused(dir.path() / "none").message.find("No such file") != std::string::npos);
  CHECK(refused(dir.path()).message.find("directory") != std::string::npos);
  CHECK(refused(dir.write("empty", "")).message == "is empty");
  CHECK(refused(dir.write("elf",
                          "\x7f"
                          "ELF" +
                              noise(100)))
            .message == "is an ELF file");
  CHECK(refused(dir.write("html", "<!DOCTYPE html>\n<html>404</html>\n")).message.find("HTML") != std::string::npos);
  CHECK(refused(dir.write("text", "just some text\n")).message.find("not an archive") != std::string::npos);
  CHECK(
      refused(dir.write("text.gz", compress(Filter::gzip, "just some text\n"))).message.find("compressed with gzip") !=
      std::string::npos);
  CHECK(refused(dir.write("empty.gz", compress(Filter::gzip, ""))).message.find("what is in it is empty") !=
        std::string::npos);
  CHECK_FALSE(refused(dir.write("cut.gz", compress(Filter::gzip, small_tar()).substr(0, 30))).remedy.empty());
}

TEST_CASE(
    "archive: what stands neither at a path nor as a blob of version control is spared the collision detection only",
    "[archive]") {
  const auto blob = [](std::string_view text) { return git_object_id(GitHash::sha1, "blob", as_bytes(text)); };
  const auto bytes = TarBuilder{}
                         .file("p/same.txt", "same\n")
                         .file("p/modified.txt", "now\n")
                         .file("p/added.txt", "new\n")
                         .file("p/moved.txt", "moved\n")
                         .finish();
  auto options = keep_all();
  options.git_id_suffices = true;
  options.has_path = [](const TreeEntry& entry) {
    return entry.path == "p/same.txt" || entry.path == "p/modified.txt";
  };
  options.has_blob = [&](const GitOid& id) { return id == blob("same\n") || id == blob("moved\n"); };
  options.keep = [&](const TreeEntry& entry) { return !options.has_blob(entry.digests.git_oid); };
  const auto contents = read_archive(as_bytes(bytes), "p.tar", options);
  REQUIRE(contents);
  REQUIRE(contents->entries.size() == 4);
  const std::string_view texts[] = {"same\n", "now\n", "new\n", "moved\n"};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& entry = contents->entries[i];
    CAPTURE(entry.path);
    CHECK(entry.digests.git_oid == blob(texts[i]));
    const bool in_vcs = options.has_blob(entry.digests.git_oid);
    CHECK(entry.sha256_known == !in_vcs);
    if (!in_vcs) CHECK(entry.digests.sha256 == sha256(as_bytes(texts[i])));
    CHECK(contents->kept.contains(entry.path) == !in_vcs);
  }
}
