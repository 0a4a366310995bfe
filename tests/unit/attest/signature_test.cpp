// OpenPGP, minisign, signify and SSH signatures made by their own tools, and signed git objects.
#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "attest/encoding.hpp"
#include "attest/git_signature.hpp"
#include "attest/minisign.hpp"
#include "attest/openpgp.hpp"
#include "attest/ssh_signature.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

std::string read(const std::filesystem::path& file) {
  const auto content = read_file(file, 1 << 20);
  REQUIRE(content);
  return std::string{as_text(*content)};
}

/// Keys of three people: one fine, one expired after signing, one revoked.
class OpenPgpWorld {
 public:
  OpenPgpWorld() {
    run(R"(mkdir -m 700 g; export GNUPGHOME="$PWD/g"; gpg() { command gpg --batch --quiet --passphrase '' "$@" 2>/dev/null; }
      printf 'content\n' > file
      gpg --quick-gen-key 'Fine <fine@example.org>' ed25519 sign never
      gpg --faked-system-time 20200101T000000 --quick-gen-key 'Old <old@example.org>' ed25519 sign 1y
      gpg --quick-gen-key 'Gone <gone@example.org>' rsa2048 sign never
      gpg --quick-gen-key 'Stranger <stranger@example.org>' ed25519 sign never
      gpg -u fine@example.org --armor --output fine.asc --detach-sign file
      gpg -u fine@example.org --output fine.sig --detach-sign file
      gpg -u fine@example.org --digest-algo SHA1 --armor --output weak.asc --detach-sign file
      gpg --faked-system-time 20200601T000000 -u old@example.org --armor --output old.asc --detach-sign file
      gpg --faked-system-time 20990101T000000 --ignore-valid-from -u fine@example.org --armor --output ahead.asc --detach-sign file
      gpg -u fine@example.org --textmode --armor --output lines.asc --detach-sign file
      at() { gpg --faked-system-time "$@"; }
      at 20200101T000000 --quick-gen-key 'Parts <parts@example.org>' ed25519 cert never
      p=$(gpg --list-keys --with-colons parts@example.org | awk -F: '/^fpr/ {print $10; exit}')
      at 20200101T010000 --quick-add-key $p ed25519 sign 1y
      at 20200101T020000 --quick-add-key $p ed25519 sign 3y
      at 20220601T000000 -u parts@example.org --armor --output parts.asc --detach-sign file
      gpg --export parts@example.org > parts.gpg
      at 20200102T000000 --quick-set-expire $p 1y; gpg --export parts@example.org > shorter.gpg
      gpg -u gone@example.org --armor --output gone.asc --detach-sign file
      gpg -u stranger@example.org --armor --output stranger.asc --detach-sign file
      gpg -u fine@example.org --output clear --clear-sign file
      gpg -u fine@example.org -u stranger@example.org --armor --output both.asc --detach-sign file
      f=$(gpg --list-keys --with-colons gone@example.org | awk -F: '/^fpr/ {print $10; exit}')
      sed -i 's/^:---/---/' "g/openpgp-revocs.d/$f.rev"; gpg --import "g/openpgp-revocs.d/$f.rev"
      gpg --armor --export fine@example.org old@example.org gone@example.org > keys.asc
      gpg --export fine@example.org > keys.gpg
      gpgconf --kill gpg-agent || true)");
  }
  void run(const std::string& script) const { test::shell("cd '" + m_directory.path().string() + "'\n" + script); }
  std::filesystem::path file(const char* name) const { return m_directory.path() / name; }
  OpenPgpCheck check(const char* signature, const char* keys = "keys.asc") const {
    auto checked = verify_openpgp(file("file"), read(file(signature)), read(file(keys)), "file");
    REQUIRE(checked);
    return *std::move(checked);
  }

 private:
  test::TempDir m_directory;
};

bool reports(const std::vector<Finding>& findings, std::string_view rule) {
  for (const auto& finding : findings)
    if (finding.rule == rule) return true;
  return false;
}

}  // namespace

TEST_CASE("openpgp: good, weak, expired, revoked, unknown and clear signatures", "[attest][openpgp]") {
  const OpenPgpWorld world;
  SECTION("a good one, armored or not, with armored keys or not") {
    for (const auto* signature : {"fine.asc", "fine.sig"})
      for (const auto* keys : {"keys.asc", "keys.gpg"}) {
        const auto check = world.check(signature, keys);
        CHECK(check.link.state == LinkState::ok);
        CHECK(check.findings.empty());
        REQUIRE(check.signatures.size() == 1);
        CHECK(check.signatures[0].user_id == "Fine <fine@example.org>");
        CHECK(check.signatures[0].fingerprint.size() == 40);
      }
  }
  SECTION("a weak digest is a finding") {
    const auto check = world.check("weak.asc");
    CHECK(check.link.state == LinkState::ok);
    CHECK(reports(check.findings, "attest-weak-digest"));
  }
  SECTION("a key that expired after signing is a finding") {
    const auto check = world.check("old.asc");
    CHECK(check.link.state == LinkState::ok);
    CHECK(reports(check.findings, "attest-expired-key"));
  }
  SECTION("when the signer's own key and the primary one expired counts, and no other subkey") {
    const auto check = world.check("parts.asc", "parts.gpg");
    CHECK(check.link.state == LinkState::ok);
    CHECK(check.signatures[0].key_expired == 1'672'452'000);
    const auto shorter = world.check("parts.asc", "shorter.gpg");
    CHECK(shorter.link.state == LinkState::failed);
    CHECK(shorter.link.children[0].detail.find("after the key expired 2021-01-01") != std::string::npos);
  }
  SECTION("a revoked key fails") {
    const auto check = world.check("gone.asc");
    CHECK(check.link.state == LinkState::failed);
    CHECK(reports(check.findings, "attest-revoked-key"));
  }
  SECTION("an unknown key is not checked, and takes nothing from one that is known") {
    CHECK(world.check("stranger.asc").link.state == LinkState::not_checked);
    CHECK(world.check("both.asc").link.state == LinkState::ok);
  }
  SECTION("a changed file fails") {
    world.run("printf 'contenu\\n' > file");
    const auto check = world.check("fine.asc");
    CHECK(check.link.state == LinkState::failed);
    CHECK(reports(check.findings, "attest-bad-signature"));
  }
  SECTION("a clear-signed text gives what was signed, and nothing around it") {
    const auto text = read(world.file("clear"));
    const auto check = verify_clear_signed(text, read(world.file("keys.asc")), "clear");
    REQUIRE(check);
    CHECK(check->link.state == LinkState::ok);
    CHECK(check->text == "content\n");
    auto changed = text;
    changed.replace(changed.find("content"), 7, "contenu");
    const auto bad = verify_clear_signed(changed, read(world.file("keys.asc")), "clear");
    REQUIRE(bad);
    CHECK(bad->link.state == LinkState::failed);
    CHECK(bad->text.empty());
  }
  SECTION("a signature over lines is none over bytes, and one from the future none at all") {
    CHECK(world.check("lines.asc").link.state == LinkState::not_checked);
    world.run("printf 'content\\r\\n' > file");
    CHECK(world.check("lines.asc").link.state == LinkState::not_checked);
    world.run("printf 'content\\n' > file");
    const auto ahead = world.check("ahead.asc");
    CHECK(ahead.link.state == LinkState::not_checked);
    CHECK(ahead.link.children[0].detail.find("dated in the future") != std::string::npos);
  }
  SECTION("a clear-signed file that says more than what is signed is none") {
    const auto good = read(world.file("clear"));
    const auto state = [&](const std::string& text) {
      const auto check = verify_clear_signed(text, read(world.file("keys.asc")), "clear");
      return check ? check->link.state : LinkState::failed;
    };
    REQUIRE(state(good) == LinkState::ok);
    CHECK(state(good + "\n \n") == LinkState::ok);
    const auto header = good.find('\n') + 1;
    for (const auto& changed :
         {good + "more\n", "more\n" + good, good + std::string{"\0\0", 2}, good.substr(0, good.size() - 1) + "more\n",
          good.substr(0, header) + "Comment: more\n" + good.substr(header),
          good.substr(0, header - 1) + " more" + good.substr(header - 1), good + good})
      CHECK(state(changed) == LinkState::failed);
  }
  SECTION("no signature at all fails") {
    const auto check = verify_openpgp(world.file("file"), "nothing", read(world.file("keys.asc")), "file");
    REQUIRE_FALSE(check);
    CHECK(check.error().code == ErrorCode::format);
  }
}

TEST_CASE("minisign and signify: signatures of both tools, and what is wrong with them", "[attest][minisign]") {
  const test::TempDir directory;
  const auto path = directory.path();
  test::shell("cd '" + path.string() + R"('
    printf 'content\n' > file
    printf '\n\n' | minisign -G -W -f -p m.pub -s m.key >/dev/null
    minisign -S -H -s m.key -x hashed.minisig -t 'trusted words' -m file >/dev/null
    minisign -S -l -s m.key -x plain.minisig -m file >/dev/null
    s=$(command -v signify-openbsd || command -v signify)
    "$s" -G -n -p s.pub -s s.sec; "$s" -S -s s.sec -m file -x signify.sig)");
  const auto content = as_bytes("content\n");
  const auto state = [&](const std::string& signature, const std::string& key, ByteView bytes) {
    const auto link = verify_minisign(bytes, signature, key);
    return link ? link->state : LinkState::not_checked;
  };
  for (const auto& [signature, key] :
       {std::pair{"hashed.minisig", "m.pub"}, {"plain.minisig", "m.pub"}, {"signify.sig", "s.pub"}}) {
    INFO(signature);
    CHECK(state(read(path / signature), read(path / key), content) == LinkState::ok);
    CHECK(state(read(path / signature), read(path / key), as_bytes("contenu\n")) == LinkState::failed);
  }
  CHECK(state(read(path / "signify.sig"), read(path / "m.pub"), content) == LinkState::failed);
  auto comment = read(path / "hashed.minisig");
  comment.replace(comment.find("trusted words"), 13, "trusted lords");
  const auto changed = verify_minisign(content, comment, read(path / "m.pub"));
  REQUIRE(changed);
  CHECK(changed->detail.find("trusted comment was changed") != std::string::npos);
  // Which of the two it is over stands in two letters that nobody signs: the hash of the file is not the file.
  test::shell("cd '" + path.string() + "'\nopenssl dgst -blake2b512 -binary file > hash");
  const auto hashed = read(path / "hashed.minisig");
  const auto relabelled = split_lines(hashed);
  auto blob = *from_base64(relabelled[1]);
  blob[1] = 'd';
  const auto as_plain = fmt::format("{}\n{}\n{}\n{}\n", relabelled[0], to_base64(blob), relabelled[2], relabelled[3]);
  CHECK(state(as_plain, read(path / "m.pub"), as_bytes(read(path / "hash"))) == LinkState::not_checked);
  CHECK_FALSE(verify_minisign(content, "untrusted comment: x\nAAAA\n", read(path / "m.pub")));
  CHECK_FALSE(verify_minisign(content, read(path / "signify.sig"), "nonsense"));
}

TEST_CASE("ssh: signatures of ssh-keygen by allowed signers", "[attest][ssh]") {
  const test::TempDir directory;
  const auto path = directory.path();
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    INFO(type);
    test::shell("cd '" + path.string() + "'\nprintf 'content\\n' > file\nssh-keygen -q -t " + type +
                " -N '' -C '' -f k_" + type + "\nssh-keygen -q -Y sign -n file -f k_" + type +
                " file 2>/dev/null\nmv file.sig " + type + ".sig");
    const auto public_key = read(path / ("k_" + type + ".pub"));
    const auto signature = SshSignature::parse(read(path / (type + ".sig")));
    REQUIRE(signature);
    const auto state = [&](const std::string& allowed, std::string_view message, std::string_view name_space,
                           std::int64_t time = 1'700'000'000) {
      return verify_ssh(*signature, as_bytes(message), name_space, AllowedSigners::parse(allowed), time).state;
    };
    CHECK(state("dev@example.org " + public_key, "content\n", "file") == LinkState::ok);
    CHECK(state("dev@example.org namespaces=\"file,git\" " + public_key, "content\n", "file") == LinkState::ok);
    CHECK(state("dev@example.org namespaces=\"git\" " + public_key, "content\n", "file") == LinkState::failed);
    CHECK(state("dev@example.org namespaces=\"*,!file\" " + public_key, "content\n", "file") == LinkState::failed);
    CHECK(state("dev@example.org namespaces=\"*,!git\" " + public_key, "content\n", "file") == LinkState::ok);
    CHECK(state("dev@example.org valid-before=\"20200101Z\" " + public_key, "content\n", "file") == LinkState::failed);
    CHECK(state("dev@example.org valid-after=\"20200101Z\" " + public_key, "content\n", "file") == LinkState::ok);
    CHECK(state("dev@example.org cert-authority " + public_key, "content\n", "file") == LinkState::failed);
    CHECK(state("", "content\n", "file") == LinkState::failed);
    CHECK(state("dev@example.org " + public_key, "contenu\n", "file") == LinkState::failed);
    CHECK(state("dev@example.org " + public_key, "content\n", "git") == LinkState::failed);
    const auto text = read(path / (type + ".sig"));
    CHECK_FALSE(SshSignature::parse(text + text));
  }
}

namespace {

/// "content\n" as `file`, signed by the new key `k`.
struct SignedFile {
  test::TempDir directory;
  std::filesystem::path path = directory.path();
  Result<SshSignature> signature = make();

 private:
  Result<SshSignature> make() const {
    test::shell("cd '" + path.string() +
                "'\nprintf 'content\\n' > file\nssh-keygen -q -t ed25519 -N '' -C '' -f k\n"
                "ssh-keygen -q -Y sign -n file -f k file 2>/dev/null");
    return SshSignature::parse(read(path / "file.sig"));
  }
};

}  // namespace

TEST_CASE("ssh: lines of allowed signers let sign whom ssh-keygen lets", "[attest][ssh][differential]") {
  const SignedFile signed_file;
  const auto& path = signed_file.path;
  const auto& signature = signed_file.signature;
  REQUIRE(signature);
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  for (const std::string line : {"a@x",
                                 "*,!a@x",
                                 "!a@x,*",
                                 "!a@x",
                                 "!*",
                                 "*",
                                 "*@x",
                                 "?@x",
                                 "[ab]@x",
                                 "\\\\a@x",
                                 "a@x,,b@x",
                                 "\"a@x,b@x\"",
                                 "A@x",
                                 "a@x namespaces=\"file\"",
                                 "a@x namespaces=\"\"",
                                 "a@x namespaces",
                                 "a@x namespaces=file",
                                 "a@x namespaces=\"f*\"",
                                 "a@x namespaces=\"[f]ile\"",
                                 "a@x namespaces=\"!file,*\"",
                                 "a@x namespaces=\"git\",namespaces=\"file\"",
                                 "a@x NAMESPACES=\"file\"",
                                 "a@x namespaces=\"git\"",
                                 "a@x valid-before=\"20200101Z\",valid-before=\"20990101Z\"",
                                 "a@x valid-before=\"20990101Z\"",
                                 "a@x valid-after=\"20990101Z\"",
                                 "a@x valid-after=\"20200101Z\",valid-before=\"20210101Z\"",
                                 "a@x valid-after=\"x\"",
                                 "a@x nonsense",
                                 "a@x namespaces=\"file\" cert-authority",
                                 "a@x cert-authority"}) {
    std::ofstream{path / "allowed"} << line << ' ' << read(path / "k.pub");
    auto allowed = AllowedSigners::parse(read(path / "allowed"));
    for (const std::string principal : {"a@x", "b@x", "[ab]@x", "*"}) {
      INFO(line << " as " << principal);
      const auto theirs = test::shell("cd '" + path.string() + "'\nssh-keygen -Y verify -f allowed -I '" + principal +
                                      "' -n file -s file.sig < file >/dev/null 2>&1 && echo good || echo bad");
      allowed.principal = principal;
      const auto ours = verify_ssh(*signature, as_bytes("content\n"), "file", allowed, now);
      CHECK((ours.state == LinkState::ok) == (theirs == "good\n"));
    }
  }
}

TEST_CASE("ssh: where nobody is asked for, a line that refuses some decides nothing", "[attest][ssh][hostile]") {
  const SignedFile signed_file;
  const auto& path = signed_file.path;
  const auto& signature = signed_file.signature;
  REQUIRE(signature);
  const auto public_key = read(path / "k.pub");
  const auto link = [&](const std::string& lines) {
    return verify_ssh(*signature, as_bytes("content\n"), "file", AllowedSigners::parse(lines), 1'700'000'000);
  };
  CHECK(link("* " + public_key).state == LinkState::ok);
  CHECK(link("!a@x " + public_key).state == LinkState::failed);
  const auto some = link("*,!a@x " + public_key);
  CHECK(some.state == LinkState::not_checked);
  CHECK(some.detail.find("*,!a@x") != std::string::npos);
  CHECK(link("*,!a@x " + public_key + "b@x " + public_key).detail.find("b@x") != std::string::npos);
  CHECK(link("*,!a@x namespaces=\"git\" " + public_key).state == LinkState::failed);
  const auto passed_over = link("a@x namespaces=\"git\",namespaces=\"file\" " + public_key);
  REQUIRE(passed_over.evidence.size() == 2);
  CHECK(passed_over.evidence[1].second.find("line 1: namespaces stands twice") != std::string::npos);
}

TEST_CASE("git: signed tags and commits lead from key to tree", "[attest][git]") {
  const test::TempDir directory;
  const auto path = directory.path();
  test::shell("cd '" + path.string() + R"sh('
    mkdir -m 700 g; export GNUPGHOME="$PWD/g" HOME="$PWD" GIT_CONFIG_NOSYSTEM=1
    gpg --batch --quiet --passphrase '' --quick-gen-key 'Dev <dev@example.org>' ed25519 sign never 2>/dev/null
    gpg --batch --quiet --armor --export dev@example.org > keys.asc
    ssh-keygen -q -t ed25519 -N '' -C '' -f ssh; printf 'dev@example.org %s' "$(cat ssh.pub)" > allowed
    git init -q r; cd r; git config user.name Dev; git config user.email dev@example.org
    echo a > a; git add a; git commit -q -m unsigned; git tag -s -m signed v1 2>/dev/null; git tag -a -m bare v0
    echo b > a; git -c gpg.format=ssh -c user.signingkey="$PWD/../ssh.pub" commit -q -S -a -m ssh
    git -c gpg.format=ssh -c user.signingkey="$PWD/../ssh.pub" tag -s -m ssh v2
    echo c > a; git commit -q -S -a -m gpg 2>/dev/null; git tag light
    git update-ref refs/tags/v9 "$(git rev-parse v1)"
    cp -r . ../longer; cd ../longer
    git update-ref refs/tags/v1 "$( (git cat-file tag v1; echo more) | git hash-object -t tag -w --stdin)"
    git update-ref refs/tags/v2 "$( (git cat-file tag v2; echo more; echo '-----END x') | git hash-object -t tag -w --stdin)"
    git update-ref refs/tags/v9 "$(git cat-file tag v9 | sed '/^-----END/s/$/ more/' | git hash-object -t tag -w --stdin)"
    gpgconf --kill gpg-agent || true)sh");
  GitTrust trust{read(path / "keys.asc"), AllowedSigners::parse(read(path / "allowed"))};
  const auto check = [&](const std::string& revision, const GitTrust& with) {
    auto checked = verify_git(path / "r", revision, with);
    REQUIRE(checked);
    return *std::move(checked);
  };
  CHECK(check("v1", trust).link.state == LinkState::ok);
  CHECK(check("v2", trust).link.state == LinkState::ok);
  CHECK(check("light", trust).link.state == LinkState::ok);
  CHECK(check("v0", trust).link.state == LinkState::not_checked);
  CHECK(check("v1", GitTrust{}).link.state == LinkState::not_checked);
  CHECK(check("v2", GitTrust{trust.keyring, {}}).link.state == LinkState::not_checked);
  const auto moved = check("v9", trust);
  CHECK(moved.link.state == LinkState::failed);
  CHECK(first_failure(moved.link)->detail.find("calls itself \"v1\"") != std::string::npos);
  CHECK(check("v1", trust).tree != check("v2", trust).tree);
  CHECK(check("refs/tags/v1", trust).link.children[0].name == "tag v1");
  for (const auto* tag : {"v1", "v2", "v9"}) {
    INFO(tag);
    const auto longer = verify_git(path / "longer", tag, trust);
    REQUIRE(longer);
    const auto* failed = first_failure(longer->link);
    REQUIRE(failed != nullptr);
    CHECK(failed->detail.find("goes on behind its signature") != std::string::npos);
  }
}

TEST_CASE("git: an object's signature is split from what it is over", "[attest][git]") {
  const auto commit = split_commit(
      "tree 0\ngpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----\nauthor x\n\ngpgsig in the "
      "message\n more\n",
      GitHash::sha1);
  CHECK(commit.payload == "tree 0\nauthor x\n\ngpgsig in the message\n more\n");
  CHECK(commit.signature == "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n");
  const auto tag = split_tag("object 0\n\nwords\n-----BEGIN PGP SIGNATURE-----\nx\n");
  CHECK(tag.payload == "object 0\n\nwords\n");
  CHECK(split_tag("object 0\n\nwords\n").signature.empty());
}
