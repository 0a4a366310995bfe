#!/usr/bin/python3
"""`assay verify`, and `assay check` with signatures: every answer through the program, every failed step named."""
import base64
import hashlib
import json
import os
import re
import subprocess

import jsonschema
from assay_test import AssayTest, SOURCE, main

MAKE_EVIDENCE = os.environ["ASSAY_MAKE_EVIDENCE"]
IDENTITY = ["--certificate-identity", "https://example.org/project/.github/workflows/release.yml@refs/tags/v1",
            "--certificate-oidc-issuer", "https://token.example.org"]


def shell(script, cwd, check=True):
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GNUPGHOME": str(cwd / "g"), "LC_ALL": "C.UTF-8",
                   "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    done = subprocess.run(["bash", "-ec", script], cwd=cwd, env=environment, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode != 0:
        raise AssertionError(f"{script}\n{done.stdout.decode(errors='replace')}")
    return done.stdout


def links(link):
    """The link and all below it."""
    yield link
    for child in link["links"]:
        yield from links(child)


class VerifyTest(AssayTest):
    def verify(self, *arguments, code=None, **options):
        run = self.assay("verify", *arguments, **options)
        if code is not None:
            self.expect_exit(run, code)
        return run

    def link(self, run, name):
        chain = run.report.get("chain") or run.report["trust_chain"]
        found = [each for each in links(chain) if each["name"] == name]
        self.assertTrue(found, f"no link {name}\n{run}")
        return found[0]


class MadeBundles(VerifyTest):
    @classmethod
    def setUpClass(cls):
        import tempfile
        import pathlib
        cls.holder = tempfile.TemporaryDirectory(prefix="assay-evidence-")
        cls.addClassCleanup(cls.holder.cleanup)
        cls.made = pathlib.Path(cls.holder.name)
        subprocess.run([MAKE_EVIDENCE, cls.made], check=True)
        cls.cases = [line.split("\t") for line in (cls.made / "cases.tsv").read_text().splitlines()]

    SCHEMA = json.loads((SOURCE / "docs/schema/verification-1.json").read_text())

    def bundle(self, name, *options, root="root.json", code=None, artifact="artifact"):
        return self.verify(self.made / artifact, "--bundle", self.made / name, "--trusted-root", self.made / root,
                           *options, code=code)


class BundleTest(MadeBundles):
    def test_each_of_the_seven_steps_refuses_at_its_place_with_its_reason(self):
        failed = {}
        for name, root, step, message in self.cases:
            with self.subTest(bundle=name):
                run = self.bundle(name, *IDENTITY, "--format", "json", root=root, code=0 if step == "-" else 1)
                jsonschema.validate(run.report, self.SCHEMA)
                self.assertEqual(run.exit, run.report["exit_code"])
                if step == "-":
                    self.assertEqual([], run.report["findings"])
                    continue
                failing = [each for each in links(run.report["chain"]) if each["state"] == "failed" and not each["links"]]
                self.assertEqual(step, failing[0]["name"], str(run))
                self.assertIn(message, failing[0]["detail"])
                self.assertEqual("attest-bad-attestation", run.report["findings"][0]["rule"])
                failed[step] = failed.get(step, 0) + 1
        self.assertEqual(7, len(failed), failed)
        self.assertGreaterEqual(min(failed.values()), 5, failed)

    def test_the_answer_stands_first_and_names_the_failed_step(self):
        run = self.bundle("entry-hash.json", *IDENTITY, code=1)
        self.assertRegex(run.out, r"\AFAILED  artifact: .*\n  failed: log entry: ")
        self.assertIn("log entry: FAILED", run.out)
        self.assertTrue(run.out.endswith("\nexit 1: a link does not hold\n"), str(run))
        quiet = self.bundle("entry-hash.json", *IDENTITY, "-q", code=1)
        self.assertNotIn("├", quiet.out)

    def test_which_bytes_and_which_key_it_is_about_is_said_without_asking(self):
        run = self.bundle("good-message.json", *IDENTITY, code=0)
        self.assertIn("sha256: " + hashlib.sha256((self.made / "artifact").read_bytes()).hexdigest(), run.out)
        self.assertNotIn("issuer: ", run.out)

    def test_the_age_of_the_trusted_root_and_the_builder_are_shown(self):
        run = self.bundle("good-envelope.json", *IDENTITY, code=0)
        self.assertRegex(run.out, r"root.json: newest key is of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, \d+ days ago")

    def test_an_identity_that_nobody_asked_for_is_a_gap_and_not_silence(self):
        run = self.bundle("good-message.json", code=3)
        self.assertIn("not checked: identity", run.out)

    def test_the_page_is_whole_and_escapes_what_comes_from_outside(self):
        hostile = self.made / "<script>alert(1)</script>&"
        hostile.parent.mkdir(exist_ok=True)
        odd = self.directory / "<b>&\"artifact"
        odd.write_bytes((self.made / "artifact").read_bytes())
        for bundle, code, words in (("good-message.json", 0, "verified"), ("sct-none.json", 1, "failed"), ("good-message.json", 3, "incomplete")):
            run = self.verify(odd, "--bundle", self.made / bundle, "--trusted-root", self.made / "root.json",
                              *(IDENTITY if code != 3 else []), "--format", "html", code=code)
            self.assertTrue(run.out.startswith("<!DOCTYPE html>"))
            self.assertIn(f"</span> {words}</p>", run.out)
            self.assertIn(f"<dd>{code}: ", run.out)
            self.assertIn("default-src 'none'", run.out)
            self.assertNotIn("<b>&\"", run.out)
            self.assertIn("&lt;b&gt;&amp;", run.out)
            self.assertNotRegex(run.out, r"(?i)<script|\bsrc=|\bhref=|url\(|@import")
            for state in ("ok",) + (("failed",) if code == 1 else ()) + (("not_checked",) if code == 3 else ()):
                self.assertIn(f'<li class="{state}">', run.out)

    def test_the_suffix_of_the_output_names_its_form(self):
        page, report, text = (self.directory / f"answer.{suffix}" for suffix in ("html", "json", "txt"))
        for file, begin in ((page, "<!DOCTYPE html>"), (report, "{"), (text, "VERIFIED  artifact: ")):
            run = self.bundle("good-message.json", *IDENTITY, "-o", file, code=0)
            self.assertTrue(file.read_text().startswith(begin), file.read_text()[:100])
            self.assertEqual("", run.out)
            self.assertTrue(run.err.startswith("VERIFIED  artifact: "), str(run))
        self.assertEqual("", self.bundle("good-message.json", *IDENTITY, "-q", "-o", page, code=0).err)
        self.assertTrue(self.bundle("good-message.json", *IDENTITY, "-o", "-", code=0).out.startswith("VERIFIED"))
        for name in ("answer.sarif", "answer"):
            self.expect_error(self.bundle("good-message.json", *IDENTITY, "-o", self.directory / name), name)
            self.assertFalse((self.directory / name).exists())
        self.expect_error(self.bundle("good-message.json", *IDENTITY, "-o", page, "--format", "json"), "its suffix says html")

    def test_nothing_that_was_read_is_overwritten(self):
        for what in ("artifact", "good-message.json", "root.json"):
            before = (self.made / what).read_bytes()
            run = self.bundle("good-message.json", *IDENTITY, "-o", self.made / what)
            self.expect_error(run, what, "would be overwritten")
            self.assertEqual(before, (self.made / what).read_bytes())

    def test_a_bundle_without_a_root_or_a_root_that_is_none_is_an_error_with_a_remedy(self):
        run = self.verify(self.made / "artifact", "--bundle", self.made / "good-message.json", *IDENTITY)
        self.expect_error(run, "trusted root", "--trusted-root FILE")
        bad = self.directory / "root.json"
        bad.write_text("{}")
        run = self.verify(self.made / "artifact", "--bundle", self.made / "good-message.json", "--trusted-root", bad)
        self.expect_error(run, "root.json")

    def test_one_certificate_identity_is_exact_or_a_pattern_and_not_both(self):
        run = self.bundle("good-message.json", "--certificate-identity", "a", "--certificate-identity-regexp", "b")
        self.expect_error(run, "--certificate-identity")
        self.bundle("good-message.json", "--certificate-identity-regexp", ".*/release\\.yml@refs/tags/v[0-9]+",
                    "--certificate-oidc-issuer-regexp", "https://token\\..*", code=0)

    def test_attestations_as_pypi_serves_them(self):
        bundle = json.loads((self.made / "good-envelope.json").read_text())
        attestation = {"version": 1,
                       "verification_material": {"certificate": bundle["verificationMaterial"]["certificate"]["rawBytes"],
                                                 "transparency_entries": bundle["verificationMaterial"]["tlogEntries"]},
                       "envelope": {"statement": bundle["dsseEnvelope"]["payload"],
                                    "signature": bundle["dsseEnvelope"]["signatures"][0]["sig"]}}
        provenance = {"version": 1, "attestation_bundles": [{"publisher": {"kind": "GitHub"}, "attestations": [attestation]}]}
        for name, content in (("one.json", attestation), ("provenance.json", provenance)):
            file = self.directory / name
            file.write_text(json.dumps(content))
            for option in ("--bundle", "--attestation"):
                run = self.verify(self.made / "artifact", option, file, "--trusted-root", self.made / "root.json", *IDENTITY, code=0)
                self.assertIn("subject: ok", run.out)
        attestation["envelope"]["statement"] = base64.b64encode(b"{}").decode()
        (self.directory / "one.json").write_text(json.dumps(attestation))
        self.verify(self.made / "artifact", "--bundle", self.directory / "one.json", "--trusted-root", self.made / "root.json", *IDENTITY, code=1)

    def test_bad_bundles_name_what_is_off(self):
        good = json.loads((self.made / "good-envelope.json").read_text())
        text = json.dumps(good)
        signature = good["dsseEnvelope"]["signatures"][0]["sig"]
        cases = {
            "a member twice": (text.replace('"mediaType"', '"mediaType": "x", "mediaType"', 1), "stands twice"),
            "base64 with white space": (text.replace(signature, signature[:8] + " " + signature[8:]), "not canonical base64"),
            "a signature of no bytes": (text.replace(signature, ""), "empty signature"),
            "an unknown version": (re.sub(r"bundle[^\"]*json[^\"]*", "bundle.v9.9+json", text, count=1), "no Sigstore bundle of version"),
            "deep JSON": ("[" * 100000 + "]" * 100000, "nested too deeply"),
            "a malformed certificate": (text.replace(good["verificationMaterial"]["certificate"]["rawBytes"], "MAA="), "malformed certificate"),
        }
        many = json.loads(text)
        many["dsseEnvelope"]["signatures"] *= 20000
        cases["thousands of signatures"] = (json.dumps(many), "20000 signatures")
        for what, (content, message) in cases.items():
            with self.subTest(what=what):
                file = self.directory / "bad.json"
                file.write_text(content)
                run = self.verify(self.made / "artifact", "--bundle", file, "--trusted-root", self.made / "root.json", *IDENTITY, code=1)
                self.assertIn("Sigstore bundle", run.out)
                self.assertIn(message, run.out)


class PolicyTest(MadeBundles):
    def policy(self, *lines):
        file = self.directory / "policy.toml"
        file.write_text("\n".join(lines) + "\n")
        return file

    def requirement(self, name="provenance", subject=IDENTITY[1], extra=""):
        return (f'[[require]]\nname = "{name}"\npredicate = "{self.predicate}"\n[[require.signer]]\nsubject = "{subject}"\n'
                f'issuer = "{IDENTITY[3]}"\n{extra}')

    @property
    def predicate(self):
        payload = json.loads((self.made / "good-envelope.json").read_text())["dsseEnvelope"]["payload"]
        return json.loads(base64.b64decode(payload))["predicateType"]

    def test_a_policy_accepts_and_refuses_and_says_which_rule_decided(self):
        accepted = self.bundle("good-envelope.json", "--policy", self.policy(self.requirement()), code=0)
        self.assertIn("its one requirement is met", accepted.out)
        refused = self.bundle("good-envelope.json", "--policy",
                              self.policy(self.requirement(), self.requirement("by another", "https://other")), code=1)
        self.assertIn('decided by "by another"', refused.out)
        self.assertIn("attest-policy-not-met", refused.out)

    def test_a_dry_run_explains_and_succeeds_whatever_it_says(self):
        policy = self.policy('schema = "assay-verify-policy-1"', self.requirement(), self.requirement("by another", "https://other"))
        run = self.bundle("good-envelope.json", "--policy", policy, "--dry-run", code=0)
        self.assertTrue(run.out.startswith('the policy would refuse the artifact: decided by "by another"'), str(run))
        self.assertIn("1. provenance: met", run.out)
        self.assertIn("2. by another: not met", run.out)
        self.assertIn("counts: signed by", run.out)
        self.assertIn("does not count: signed by", run.out)
        run = self.bundle("signature-envelope.json", *IDENTITY, "--policy", policy, "--dry-run", code=0)
        self.assertIn("not among the statements, because it failed: signature", run.out)
        self.expect_error(self.bundle("good-envelope.json", "--dry-run"), "--policy")

    def test_a_policy_of_another_kind_or_with_an_unknown_key_is_refused_with_its_place(self):
        run = self.bundle("good-envelope.json", "--policy", self.policy('schema = "other"', self.requirement()))
        self.expect_error(run, "policy.toml:1", "assay-verify-policy-1")
        run = self.bundle("good-envelope.json", "--policy", self.policy(self.requirement(extra="colour = 1")))
        self.expect_error(run, "policy.toml:7", "colour")

    def test_the_policies_that_come_with_assay_are_read(self):
        for file in sorted((SOURCE / "rules" / "policy").glob("verify-*.toml")):
            run = self.bundle("good-envelope.json", "--policy", file, "--dry-run", code=0)
            self.assertIn("the policy would refuse", run.out)


class SignatureTest(VerifyTest):
    """A small project with a release that is signed in every way."""

    @classmethod
    def setUpClass(cls):
        import tempfile
        import pathlib
        cls.holder = tempfile.TemporaryDirectory(prefix="assay-signed-")
        cls.addClassCleanup(cls.holder.cleanup)
        cls.made = pathlib.Path(cls.holder.name)
        shell(r"""
            mkdir -m 700 g
            gpg() { command gpg --batch --quiet --passphrase '' "$@" 2>/dev/null; }
            gpg --quick-gen-key 'Dev <dev@example.org>' ed25519 sign never
            gpg --quick-gen-key 'Other <other@example.org>' ed25519 sign never
            gpg --armor --export dev@example.org > keys.asc
            gpg --armor --export other@example.org > other.asc
            ssh-keygen -q -t ed25519 -N '' -C '' -f ssh; printf 'dev@example.org %s' "$(cat ssh.pub)" > allowed
            git init -q repo; cd repo; git config user.name Dev; git config user.email dev@example.org
            printf 'int main(void) { return 0; }\n' > main.c; printf 'all:\n\tcc main.c\n' > Makefile
            git add .; git commit -q -S -m first; git tag -s -m one v1.0; git tag -a -m bare v0.9
            git -c gpg.format=ssh -c user.signingkey="$PWD/../ssh.pub" tag -s -m ssh v1.0-ssh
            git archive --prefix=hello-1.0/ -o ../hello-1.0.tar v1.0; cd ..
            gzip -n hello-1.0.tar
            gpg -u dev@example.org --armor --detach-sign hello-1.0.tar.gz
            mkdir evil; tar xf hello-1.0.tar.gz -C evil; printf 'system("id");\n' >> evil/hello-1.0/main.c
            tar czf evil-1.0.tar.gz -C evil hello-1.0
            gpg -u dev@example.org --armor --detach-sign evil-1.0.tar.gz
            printf 'Format: 3.0 (quilt)\nSource: hello\nVersion: 1.0-1\nChecksums-Sha1:\n %s 1 hello-1.0.tar.gz\nChecksums-Sha256:\n %s %s hello-1.0.tar.gz\n %064d 5 absent.tar.xz\nFiles:\n 0 1 hello-1.0.tar.gz\n' \
              "$(sha1sum < hello-1.0.tar.gz | cut -d' ' -f1)" "$(sha256sum < hello-1.0.tar.gz | cut -d' ' -f1)" "$(stat -c %s hello-1.0.tar.gz)" 0 > plain.dsc
            gpg -u dev@example.org --output hello.dsc --clear-sign plain.dsc
            grep -v absent plain.dsc > whole.txt; gpg -u dev@example.org --output whole.dsc --clear-sign whole.txt
            sed '/Sha256/,/hello/d' whole.txt > weak.txt; gpg -u dev@example.org --output weak.dsc --clear-sign weak.txt
            ssh-keygen -q -Y sign -n file -f ssh hello-1.0.tar.gz 2>/dev/null; mv hello-1.0.tar.gz.sig hello.sshsig
            printf '\n\n' | minisign -G -W -f -p m.pub -s m.key >/dev/null
            minisign -S -s m.key -x hello.minisig -m hello-1.0.tar.gz >/dev/null
            s=$(command -v signify-openbsd || command -v signify)
            "$s" -G -n -p s.pub -s s.sec; "$s" -S -s s.sec -m hello-1.0.tar.gz -x hello.signify
            printf 'SHA256 (other) = %064d\nSHA256 (hello-1.0.tar.gz) = %s\n' 0 "$(sha256sum < hello-1.0.tar.gz | cut -d' ' -f1)" > SHA256
            "$s" -S -e -s s.sec -m SHA256 -x SHA256.sig
            (echo 'withdrawn: do not use'; cat SHA256) > taken-back; "$s" -S -e -s s.sec -m taken-back -x taken-back.sig
            (cat whole.txt; echo 'Withdrawn, do not use.') > taken-back.txt
            gpg -u dev@example.org --output taken-back.dsc --clear-sign taken-back.txt
            openssl ecparam -genkey -name prime256v1 -noout -out npm.pem; openssl pkey -in npm.pem -pubout -outform DER -out npm.der
            gpgconf --kill gpg-agent || true""", cls.made)
        cls.tarball = cls.made / "hello-1.0.tar.gz"
        cls.flipped = cls.made / "flipped" / "hello-1.0.tar.gz"
        cls.flipped.parent.mkdir()
        content = bytearray(cls.tarball.read_bytes())
        content[9] ^= 1  # the operating system in gzip's header: what is unpacked stays the same
        cls.flipped.write_bytes(content)

    def pgp(self, *more):
        return ["--signature", self.made / "hello-1.0.tar.gz.asc", "--keyring", self.made / "keys.asc", *more]

    def check_release(self, tarball, *options, **how):
        return self.assay("check", tarball, "--vcs", f"{self.made}/repo@v1.0", "--format", "json", *options, **how)

    def test_every_kind_of_signature_holds_and_fails_after_one_flipped_bit(self):
        kinds = {"OpenPGP": self.pgp(),
                 "minisign": ["--signature", self.made / "hello.minisig", "--keyring", self.made / "m.pub"],
                 "signify": ["--signature", self.made / "hello.signify", "--keyring", self.made / "s.pub"],
                 "signify's list": ["--signature", self.made / "SHA256.sig", "--keyring", self.made / "s.pub"],
                 "SSH": ["--signature", self.made / "hello.sshsig", "--allowed-signers", self.made / "allowed"],
                 "a list": ["--signature", self.made / "hello.dsc", "--keyring", self.made / "keys.asc"]}
        for kind, options in kinds.items():
            with self.subTest(kind=kind):
                self.verify(self.tarball, *options, code=0)
                run = self.verify(self.flipped, *options, "--format", "json", code=1)
                self.assertEqual("attest-bad-signature", run.report["findings"][0]["rule"], str(run))

    def test_the_fingerprint_of_who_signed_is_shown(self):
        run = self.verify(self.tarball, *self.pgp(), code=0)
        self.assertRegex(run.out, "fingerprint: [0-9A-F]{40}\n")
        run = self.verify(self.tarball, "--signature", self.made / "hello.sshsig", "--allowed-signers", self.made / "allowed", code=0)
        self.assertRegex(run.out, "key: SHA256:[A-Za-z0-9+/]{43}=\n")

    def test_what_stands_around_a_signed_text_makes_the_file_another(self):
        good = (self.made / "whole.dsc").read_text()
        for changed in (good + "Checksums-Sha256:\n", good.replace("\n\n", "\nComment: more\n\n", 1), "more\n" + good):
            file = self.directory / "whole.dsc"
            file.write_text(changed)
            code = 2 if changed.startswith("more") else 1  # no clear-signed file at all: there is nothing to verify it with
            self.verify(file, "--keyring", self.made / "keys.asc", code=code)

    def test_a_signed_list_of_digests_is_read_once_its_signature_holds(self):
        trust = ["--keyring", self.made / "s.pub"]
        listed = "sha256:" + hashlib.sha256(self.tarball.read_bytes()).hexdigest()
        run = self.verify(listed, "--signature", self.made / "SHA256.sig", *trust, code=0)
        self.assertIn('subject: ok  listed as "hello-1.0.tar.gz"', run.out)
        forged = self.directory / "SHA256.sig"
        forged.write_text((self.made / "SHA256.sig").read_text().replace(listed[7:], hashlib.sha256(self.flipped.read_bytes()).hexdigest()))
        run = self.verify(self.flipped, "--signature", forged, *trust, code=1)
        self.assertIn("the signature does not hold", run.out)
        self.assertIn("the list is not looked into", run.out)

    def test_what_else_a_signed_list_says_is_not_taken_for_nothing(self):
        for listing, key in (("taken-back.sig", "s.pub"), ("taken-back.dsc", "keys.asc")):
            run = self.verify(self.tarball, "--signature", self.made / listing, "--keyring", self.made / key, code=3)
            self.assertIn('listed as "hello-1.0.tar.gz", but what else the list says is not understood here', run.out)
            self.assertIn("ithdrawn", run.out)

    def test_another_name_than_the_signed_list_has_is_not_this_release(self):
        other = self.directory / "hello-2.0.tar.gz"
        other.write_bytes(self.tarball.read_bytes())
        for listing, key in (("SHA256.sig", "s.pub"), ("whole.dsc", "keys.asc")):
            run = self.verify(other, "--signature", self.made / listing, "--keyring", self.made / key, code=1)
            self.assertIn('the list has this digest for "hello-1.0.tar.gz", not for "hello-2.0.tar.gz"', run.out)

    def test_a_file_of_another_kind_is_a_slip_and_no_attack(self):
        odd = self.directory / "hello.txt"
        odd.write_text("hello\n")
        run = self.verify(self.tarball, "--signature", odd, "--keyring", self.made / "keys.asc")
        self.expect_error(run, "hello.txt", "no signature of a kind that is known")
        for keyring in (odd, self.made / "hello-1.0.tar.gz.asc"):
            self.expect_error(self.verify(self.tarball, *self.pgp()[:2], "--keyring", keyring), keyring.name, "holds no public key")
        self.expect_error(self.check_release(self.tarball, "--signature", odd, "--keyring", self.made / "keys.asc"), "hello.txt")
        cut = self.directory / "cut.asc"  # it claims to be a signature: that it is none contradicts the artifact
        cut.write_text((self.made / "hello-1.0.tar.gz.asc").read_text()[:120])
        self.verify(self.tarball, "--signature", cut, "--keyring", self.made / "keys.asc", code=1)

    def test_an_option_whose_value_is_empty_is_not_an_option_left_out(self):
        for option in ("--policy", "--vcs", "--principal", "--certificate-identity", "--trusted-root"):
            for words in ([option, ""], [option + "="]):
                self.expect_error(self.verify(self.tarball, *self.pgp(), *words), option + " is given an empty value", "not set?")

    def test_who_is_expected_and_could_not_be_found_out_is_a_gap(self):
        run = self.verify(self.tarball, *self.pgp(), *IDENTITY, code=3)
        self.assertIn("nothing here is signed with a certificate", " ".join(run.out.split()))
        run = self.verify(self.tarball, *self.pgp(), "--principal", "dev@example.org", code=3)
        self.assertIn("nothing here is signed with an SSH key", " ".join(run.out.split()))

    def test_the_principal_of_an_ssh_signature(self):
        ssh = ["--signature", self.made / "hello.sshsig", "--allowed-signers"]
        self.verify(self.tarball, *ssh, self.made / "allowed", "--principal", "dev@example.org", code=0)
        run = self.verify(self.tarball, *ssh, self.made / "allowed", "--principal", "mallory@example.org", code=1)
        self.assertIn("the key is of dev@example.org, not of mallory@example.org", " ".join(run.out.split()))
        some = self.directory / "some"
        some.write_text((self.made / "allowed").read_text().replace("dev@example.org", "*,!mallory@example.org"))
        run = self.verify(self.tarball, *ssh, some, code=3)
        self.assertIn("is not known without --principal", " ".join(run.out.split()))
        self.verify(self.tarball, *ssh, some, "--principal", "dev@example.org", code=0)
        self.verify(self.tarball, *ssh, some, "--principal", "mallory@example.org", code=1)
        tag = ["--vcs", f"{self.made}/repo@v1.0-ssh", "--keyring", self.made / "keys.asc", "--allowed-signers", self.made / "allowed"]
        self.verify(self.tarball, *tag, "--principal", "dev@example.org", code=0)
        self.verify(self.tarball, *tag, "--principal", "mallory@example.org", code=1)

    def test_signatures_by_the_thousand_and_messages_in_place_of_signatures_are_refused_before_gpgv(self):
        shell(f"gpg --dearmor < '{self.made}/hello-1.0.tar.gz.asc' > one.sig 2>/dev/null", self.directory)
        one = (self.directory / "one.sig").read_bytes()
        (self.directory / "many.sig").write_bytes(one * 20_000)
        (self.directory / "inline.sig").write_bytes(b"\xcb\x0bb\0\0\0\0\0hello" + one)
        (self.directory / "two.dsc").write_bytes((self.made / "whole.dsc").read_bytes() * 2)
        for name, words in (("many.sig", "holds more than 64 signatures"), ("inline.sig", "other OpenPGP packets than signatures"),
                            ("two.dsc", "is not one signed message with one signature")):
            run = self.verify(self.tarball, "--signature", self.directory / name, "--keyring", self.made / "keys.asc", code=1)
            self.assertIn(words, " ".join(run.out.split()))
        self.verify(self.tarball, "--signature", self.directory / "one.sig", "--keyring", self.made / "keys.asc", code=0)

    def test_what_is_lacking_is_said_and_exits_with_3(self):
        for options, words in (([*self.pgp()[:2]], "no keyring was given"),
                               ([*self.pgp()[:2], "--keyring", self.made / "other.asc"], "the keyring has no key"),
                               (["--signature", self.made / "hello.minisig"], "no public key was given"),
                               (["--signature", self.made / "hello.sshsig"], "no allowed signers were given")):
            run = self.verify(self.tarball, *options, code=3)
            self.assertIn(words, run.out)

    def test_from_key_to_tag_to_commit_to_tree_to_tarball_in_one_answer(self):
        for tag, trust in (("v1.0", ["--keyring", self.made / "keys.asc"]),
                           ("v1.0-ssh", ["--allowed-signers", self.made / "allowed", "--keyring", self.made / "keys.asc"])):
            run = self.verify(self.tarball, "--vcs", f"{self.made}/repo@{tag}", *trust, code=0)
            order = [run.out.index(word) for word in (f"tag {tag}: ok", "dev@example.org", "commit ", "tree: ok", "artifact: ok  verified: 2 of 2 files identical")]
            self.assertEqual(sorted(order), order, str(run))
        run = self.verify(self.made / "evil-1.0.tar.gz", "--vcs", f"{self.made}/repo@v1.0", "--keyring", self.made / "keys.asc", code=3)
        self.assertIn("not proven: artifact: unexplained: 1 of 2 files identical, 1 unexplained; ", " ".join(run.out.split()))
        self.assertIn("artifact: not proven  unexplained", run.out)
        self.assertNotIn("not checked: artifact", run.out)
        self.assertTrue(run.out.endswith("\nexit 3: something is not proven\n"), str(run))
        run = self.verify(self.tarball, "--vcs", f"{self.made}/repo@v0.9", code=3)
        self.assertIn("not signed", run.out)
        self.expect_error(self.verify(self.tarball, "--vcs", self.made / "repo"), "REPO@REV")
        self.expect_error(self.verify(self.tarball, "--vcs", f"{self.made}/repo@nowhere"), "nowhere")

    def test_a_source_description_and_the_files_it_lists(self):
        run = self.verify(self.made / "whole.dsc", "--keyring", self.made / "keys.asc", code=0)
        self.assertIn("listed files: ok  1 of 1 are at hand and as signed", run.out)
        run = self.verify(self.made / "hello.dsc", "--keyring", self.made / "keys.asc", code=3)
        self.assertIn("not checked: listed files: 1 of 2 are at hand and as signed; the signature on the list holds, and not beside it: absent.tar.xz", " ".join(run.out.split()))
        self.assertIn("hello-1.0.tar.gz: ok", run.out)
        self.assertIn("absent.tar.xz: not checked  is not at hand", run.out)
        run = self.verify(self.made / "weak.dsc", "--keyring", self.made / "keys.asc", code=3)
        self.assertIn("files are listed, but none by SHA-256", " ".join(run.out.split()))
        copy = self.flipped.parent / "hello.dsc"
        copy.write_bytes((self.made / "hello.dsc").read_bytes())
        run = self.verify(copy, "--keyring", self.made / "keys.asc", code=1)
        self.assertIn("hello-1.0.tar.gz: FAILED  has another SHA-256", run.out)
        alone = self.directory / "whole.dsc"
        alone.write_bytes((self.made / "whole.dsc").read_bytes())
        run = self.verify(alone, "--keyring", self.made / "keys.asc", "-q", code=3)
        self.assertIn("0 of 1 are at hand and as signed; the signature on the list holds, and not beside it: hello-1.0.tar.gz", " ".join(run.out.split()))
        changed = self.directory / "hello.dsc"
        changed.write_text((self.made / "hello.dsc").read_text().replace("1.0-1", "1.0-2"))
        self.assertIn("bad signature", self.verify(changed, "--keyring", self.made / "keys.asc", code=1).out)

    def test_registry_signatures_of_npm(self):
        der = (self.made / "npm.der").read_bytes()
        wire = b"\0\0\0\x13ecdsa-sha2-nistp256\0\0\0\x08nistp256\0\0\0\x41" + der[-65:]
        key_id = "SHA256:" + base64.b64encode(hashlib.sha256(wire).digest()).decode()[:43]
        keys = {"keys": [{"expires": None, "keyid": key_id, "keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256", "key": base64.b64encode(der).decode()}]}
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(self.tarball.read_bytes()).digest()).decode()
        (self.directory / "message").write_text(f"hello@1.0.0:{integrity}")
        signature = base64.b64encode(shell(f"openssl dgst -sha256 -sign '{self.made}/npm.pem' message", self.directory)).decode()
        version = {"name": "hello", "version": "1.0.0", "dist": {"integrity": integrity, "signatures": [{"keyid": key_id, "sig": signature}]}}
        packument = {"name": "hello", "versions": {"1.0.0": version}, "time": {"1.0.0": "2024-01-01T00:00:00.000Z"}}

        def answer(document, key_list, artifact=None):
            (self.directory / "p.json").write_text(json.dumps(document))
            (self.directory / "keys.json").write_text(json.dumps(key_list))
            return self.verify(artifact or self.tarball, "--signature", self.directory / "p.json", "--keyring", self.directory / "keys.json")
        for document in (version, packument):
            run = answer(document, keys)
            self.expect_exit(run, 0)
            self.assertIn("hello@1.0.0", run.out)
        self.assertIn("no version in the file is this artifact", answer(packument, keys, self.flipped).out)
        renamed = json.loads(json.dumps(version))
        renamed["name"] = "hallo"
        run = answer(renamed, keys)
        self.expect_exit(run, 1)
        self.assertIn("does not hold over \"hallo@1.0.0", run.out.replace("\\\"", "\""))
        shipped = {"keys": [{"keyId": key_id, "keyUsage": usage, "publicKey": {"rawBytes": keys["keys"][0]["key"], "validFor": {"start": "2020-01-01T00:00:00Z"}}}
                            for usage in ("npm:signatures", "npm:attestations")]}
        self.expect_exit(answer(packument, shipped), 0)
        unsigned = json.loads(json.dumps(version))
        del unsigned["dist"]["signatures"]
        run = answer(unsigned, keys)
        self.expect_exit(run, 3)
        self.assertIn("has no signature of the registry", run.out)
        expired = json.loads(json.dumps(keys))
        expired["keys"][0]["expires"] = "2023-01-01T00:00:00.000Z"
        self.assertIn("after the key expired", answer(packument, expired).out)
        self.expect_exit(answer(version, expired), 3)
        expired["keys"][0]["expires"] = "2025-01-01T00:00:00.000Z"
        run = answer(packument, expired)
        self.expect_exit(run, 0)
        self.assertIn("that it was published before, 2024-01-01T00:00:00Z, is the file's word alone", run.out)
        forged = json.loads(json.dumps(keys))
        forged["keys"][0]["keyid"] = "SHA256:" + "A" * 43
        self.expect_error(answer(version, forged), "not the key its id names")

    def test_check_takes_evidence_into_its_verdict(self):
        run = self.check_release(self.tarball, *self.pgp())
        self.expect_exit(run, 0)
        self.expect_verdict(run, "verified")
        self.assertEqual("verified", run.report["trust_chain"]["proof"])
        bad = self.check_release(self.flipped, *self.pgp())
        self.expect_exit(bad, 1)
        self.expect_verdict(bad, "suspect")
        self.assertEqual("contradicted", bad.report["trust_chain"]["proof"])
        self.expect_finding(bad, "attest-bad-signature", severity="critical")
        self.assertEqual("failed", self.link(bad, "OpenPGP signature")["state"])
        self.expect_verdict(self.check_release(self.flipped), "verified")  # it is the signature that decides, nothing else
        text = self.assay("check", self.flipped, "--vcs", f"{self.made}/repo@v1.0", *self.pgp(), "--color", "never")
        self.assertIn("SUSPECT  hello-1.0.tar.gz is contradicted by its signature or attestation", text.out)
        self.assertIn("OpenPGP signature: FAILED", text.out)
        markdown = self.assay("check", self.flipped, "--vcs", f"{self.made}/repo@v1.0", *self.pgp(), "--format", "markdown")
        self.assertIn("OpenPGP signature: FAILED", markdown.out)

    def test_what_of_the_evidence_could_not_be_checked_is_a_gap_of_check(self):
        run = self.check_release(self.tarball, *self.pgp()[:2])
        self.expect_exit(run, 3)
        self.expect_verdict(run, "inconclusive")
        self.expect_gap(run, "no keyring was given")
        self.assertIsNone(run.report["trust_chain"]["proof"])

    def test_no_suppression_silences_a_bad_signature(self):
        digest = hashlib.sha256(self.flipped.read_bytes()).hexdigest()
        config = self.directory / "assay.toml"
        config.write_text(f'[[suppress]]\nrule = "attest-bad-signature"\npath = "*"\nreason = "let me"\n'
                          f'[[suppress]]\nrule = "attest-bad-signature"\npath = "*"\nsha256 = "{digest}"\nreason = "let me"\n')
        run = self.check_release(self.flipped, *self.pgp(), "--config", config)
        self.expect_exit(run, 1)
        self.expect_verdict(run, "suspect")
        self.expect_finding(run, "attest-bad-signature")

    def test_check_takes_an_attestation_too(self):
        shell("openssl genpkey -algorithm ed25519 -out key.pem; chmod 600 key.pem; openssl pkey -in key.pem -pubout -out key.pub", self.directory)
        report = self.directory / "report.json"
        self.expect_exit(self.check_release(self.tarball, "-o", report), 0)
        run = self.assay("attest", "assessment", report, "--key", "key.pem", "-o", "report.dsse")
        self.expect_exit(run, 0)
        evidence = ["--attestation", self.directory / "report.dsse", "--key", self.directory / "key.pub"]
        self.expect_verdict(self.check_release(self.tarball, *evidence), "verified")
        bad = self.check_release(self.flipped, *evidence)
        self.expect_exit(bad, 1)
        self.expect_finding(bad, "attest-bad-attestation", severity="critical")
        self.assertEqual("contradicted", bad.report["trust_chain"]["proof"])

    def test_errors_name_the_file(self):
        self.expect_error(self.verify(self.tarball), "nothing to verify the artifact with", "a clear-signed .dsc")
        self.expect_error(self.verify(self.tarball, "--signature", "/nonexistent/a.asc"), "/nonexistent/a.asc")
        self.expect_error(self.verify("/nonexistent/artifact", *self.pgp()), "/nonexistent/artifact")
        self.expect_error(self.verify("sha256:" + "a" * 64, *self.pgp()), "of which only a digest was given")
        self.expect_error(self.verify(self.tarball, *self.pgp(), "--key", self.made / "keys.asc"), "keys.asc")
        self.expect_error(self.verify(self.tarball, *self.pgp(), "--format", "pdf"), "--format")


if __name__ == "__main__":
    main()
