#!/usr/bin/python3
"""`assay attest`: what is signed is verified again by `assay verify`, negative results included."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess

from assay_test import AssayTest, FIXTURES, SOURCE, main


def openssl(*arguments, **how):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, **how).stdout


class AttestTest(AssayTest):
    def setUp(self):
        super().setUp()
        self.artifact = self.directory / "product-1.0.tar.gz"
        self.artifact.write_bytes(b"not really a tarball\n")
        self.digest = hashlib.sha256(self.artifact.read_bytes()).hexdigest()
        self.key = self.make_key("key", "-algorithm", "ed25519")

    def make_key(self, name, *how):
        file = self.directory / f"{name}.pem"
        file.touch(mode=0o600)
        openssl("genpkey", *how, "-out", file)
        openssl("pkey", "-in", file, "-pubout", "-out", self.directory / f"{name}.pub")
        return file

    def attest(self, what, *arguments, key=None, **options):
        return self.assay("attest", what, *arguments, "--key", key or self.key, **options)

    def statement(self, run):
        self.expect_exit(run, 0)
        return json.loads(base64.b64decode(json.loads(run.out)["payload"]))

    def verify(self, envelope, *keys, artifact=None, code=0):
        file = self.directory / "envelope.json"
        file.write_text(envelope)
        words = [word for key in keys or ["key"] for word in ("--key", self.directory / f"{key}.pub")]
        run = self.assay("verify", artifact or self.artifact, "--attestation", file, *words)
        self.expect_exit(run, code)
        return run

    def vsa(self, result, *more, **options):
        policy = self.directory / "policy.toml"
        policy.write_text("# the policy\n")
        return self.attest("vsa", self.artifact, "--result", result, "--verifier-id", "https://v.example.org",
                           "--resource-uri", "pkg:generic/product@1.0", "--policy", policy, "--time", "2024-03-29T16:00:00Z", *more, **options)

    def test_every_kind_of_key_signs_what_verify_takes_and_openssl_too(self):
        kinds = {"ed25519": ["-algorithm", "ed25519"], "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                 "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
                 "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                 "pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]}
        for name, how in kinds.items():
            with self.subTest(kind=name):
                key = self.make_key(name, *how)
                run = self.vsa("passed", key=key)
                self.expect_exit(run, 0)
                self.verify(run.out, name)
                self.verify(run.out, "key", code=1)
                again = self.vsa("passed", key=key)
                if name == "pss":
                    self.assertNotEqual(run.out, again.out)
                    self.assertIn("differ from run to run", run.err)
                else:
                    self.assertEqual(run.out, again.out)
                    self.assertEqual("", run.err)

    def test_an_assessment_is_attested_whatever_its_verdict(self):
        for case, verdict, code in (("hello-clean", "unexplained", 3), ("hello-injected", "suspect", 1)):
            tarball = FIXTURES / case / "greet-1.2.0.tar.gz"
            report = self.check(tarball, f"{case}/greet.git@v1.2.0")
            (self.directory / "report.json").write_text(report.out)
            run = self.attest("assessment", "report.json")
            statement = self.statement(run)
            self.assertEqual("urn:assay:attestation:assessment:v1", statement["predicateType"])
            self.assertEqual(json.loads(report.out), statement["predicate"])
            self.assertEqual(verdict, statement["predicate"]["verdict"])
            self.assertEqual(hashlib.sha256(tarball.read_bytes()).hexdigest(), statement["subject"][0]["digest"]["sha256"])
            verified = self.verify(run.out, artifact=tarball, code=code)
            self.assertIn(f'as "{tarball.name}"', verified.out)
            self.assertIn(f'the assessment that is attested says "{verdict}"', verified.out)

    def test_a_summary_that_failed_says_so_and_gives_no_level(self):
        statement = self.statement(self.vsa("passed", "--level", "SLSA_BUILD_LEVEL_2", "--input", self.artifact))
        self.assertEqual("PASSED", statement["predicate"]["verificationResult"])
        self.assertEqual(["SLSA_BUILD_LEVEL_2"], statement["predicate"]["verifiedLevels"])
        self.assertEqual(self.digest, statement["predicate"]["inputAttestations"][0]["digest"]["sha256"])
        failed = self.statement(self.vsa("failed", "--level", "SLSA_BUILD_LEVEL_2"))
        self.assertEqual("FAILED", failed["predicate"]["verificationResult"])
        self.assertEqual(["FAILED"], failed["predicate"]["verifiedLevels"])
        verified = self.verify(self.vsa("failed").out, code=1)
        self.assertIn("attest-negative-statement", verified.out)
        self.assertIn("the verification that is attested FAILED", verified.out)

    def test_an_identity_that_was_asked_for_is_not_passed_over_where_a_key_signed(self):
        file = self.directory / "envelope.json"
        file.write_text(self.vsa("passed").out)
        run = self.assay("verify", self.artifact, "--attestation", file, "--key", self.directory / "key.pub",
                         "--certificate-identity", "nobody@example.org", "--certificate-oidc-issuer", "https://nobody.example.org")
        self.expect_exit(run, 3)
        self.assertIn("the identity asked for cannot be held against it", run.out)

    def record(self):
        """The example of the documentation, about this artifact."""
        text = (SOURCE / "docs/predicates/rebuild-v1.md").read_text().split("```json\n")[1].split("```")[0]
        record = json.loads(text)
        record["outputs"][0]["digest"]["sha256"] = self.digest
        return record

    def provenance(self, record, *more, **options):
        (self.directory / "record.json").write_text(json.dumps(record))
        return self.attest("provenance", "record.json", *more, **options)

    def test_a_build_becomes_slsa_provenance_that_a_policy_can_count(self):
        run = self.provenance(self.record())
        predicate = self.statement(run)["predicate"]
        self.assertEqual("urn:assay:build:rebuild:v1", predicate["buildDefinition"]["buildType"])
        self.assertEqual("https://rebuilder.example.org/amd64", predicate["runDetails"]["builder"]["id"])
        self.assertEqual("2024-03-29T16:00:42Z", predicate["runDetails"]["metadata"]["finishedOn"])
        dependency = predicate["buildDefinition"]["resolvedDependencies"][0]
        self.assertEqual({"grounds": "observed", "evidence": "trace: executed 12 times"}, dependency["annotations"])
        self.assertEqual(run.out, self.provenance(self.record()).out)
        other = self.make_key("other", "-algorithm", "ed25519")
        (self.directory / "first.json").write_text(run.out)
        (self.directory / "second.json").write_text(self.provenance(self.record(), key=other).out)
        different = self.record()
        different["outputs"][0]["digest"]["sha256"] = "0" * 64
        third = self.make_key("third", "-algorithm", "ed25519")
        (self.directory / "third.json").write_text(self.provenance(different, key=third).out)
        signers = "".join(f'[[require.signer]]\nkey = "{self.fingerprint(name)}"\n' for name in ("key", "other", "third"))
        policy = self.directory / "policy.toml"
        policy.write_text('[[require]]\nname = "two of three"\npredicate = "https://slsa.dev/provenance/v1"\ncount = 2\n' + signers +
                          '[require.expect]\nbuilder-id = "https://rebuilder.example.org/amd64"\nexternal-parameters = ["source", "recipe"]\n')

        def counted(*files):
            words = [word for file in files for word in ("--attestation", f"{file}.json")]
            keys = [word for name in ("key", "other", "third") for word in ("--key", f"{name}.pub")]
            return self.assay("verify", self.artifact, *words, *keys, "--policy", policy)
        self.expect_exit(counted("first", "second"), 0)
        told = self.assay("verify", self.artifact, "--attestation", "first.json", "--key", "key.pub", "-v").out
        for words in ("builder-id: https://rebuilder.example.org/amd64", "finishedOn: 2024-03-29T16:00:42Z", "part: pkg:deb/debian/gcc-12@12.2.0-14?arch=amd64"):
            self.assertIn(words, told)
        self.assertIn("1 of 2 signers asked for", counted("first").out)
        disagreeing = counted("first", "third")
        self.expect_exit(disagreeing, 1)
        self.assertIn("the statement is not about this artifact", disagreeing.out)
        outvoted = counted("first", "second", "third")
        self.expect_exit(outvoted, 0)
        self.assertIn("attestation: not checked  passed over: it is about something else", outvoted.out)
        self.assertIn("subject: not checked  the statement is not about this artifact", outvoted.out)
        self.expect_exit(self.assay("verify", self.artifact, "--attestation", "third.json", "--key", "third.pub"), 1)

    def fingerprint(self, name):
        return hashlib.sha256(openssl("pkey", "-pubin", "-in", self.directory / f"{name}.pub", "-outform", "DER")).hexdigest()

    def test_a_build_record_that_is_off_is_refused_with_the_member_named(self):
        changes = {"unknown member \"colour\"": {"colour": 1}, "no output": {"outputs": []}, "schema_version 1": {"schema_version": "2"},
                   "no external_parameters": {"external_parameters": None}, "builder.id is no URI": {"builder": {"id": "me"}},
                   "started is no time": {"started": "yesterday"}, "output 0 has no digest": {"outputs": [{"name": "x"}]},
                   "lower-case hexadecimal": {"outputs": [{"name": "x", "digest": {"sha256": "AB"}}]},
                   "input 0 has neither name nor uri": {"inputs": [{"digest": {"sha256": "0" * 64}}]},
                   "grounds are observed": {"inputs": [{"name": "x", "digest": {"sha256": "0" * 64}, "grounds": "sure"}]}}
        for message, change in changes.items():
            with self.subTest(message=message):
                self.expect_error(self.provenance(self.record() | change), "record.json", message)

    def test_a_bill_of_materials_of_a_build_says_what_the_trace_observed(self):
        (self.directory / "record.json").write_text(json.dumps(self.record()))
        run = self.assay("sbom", "record.json")
        self.expect_exit(run, 0)
        component = run.report["components"][0]
        self.assertEqual(("gcc-12", "12.2.0-14"), (component["name"], component["version"]))
        self.assertIn({"name": "assay:grounds", "value": "observed"}, component["properties"])

    def test_a_bill_of_materials_is_a_predicate(self):
        for form, kind in (("cyclonedx", "https://cyclonedx.org/bom"), ("spdx", "https://spdx.dev/Document")):
            self.expect_exit(self.assay("sbom", self.directory, "--format", form, "-o", "bom.json"), 0)
            run = self.attest("sbom", "bom.json", self.artifact)
            self.assertEqual(kind, self.statement(run)["predicateType"])
            self.verify(run.out)
            self.directory.joinpath("bom.json").unlink()

    def described(self, digest):
        """Bills of materials whose root has this SHA-256."""
        return {"cyclonedx": {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [],
                              "metadata": {"component": {"type": "file", "name": "x", "hashes": [{"alg": "SHA-256", "content": digest}]}}},
                "spdx": {"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-x", "name": "x", "checksums": [{"algorithm": "SHA256", "checksumValue": digest}]}],
                         "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-x"}]}}

    def signed(self, predicate_type, predicate):
        """A statement about the artifact as any other tool may sign it."""
        payload = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "x", "digest": {"sha256": self.digest}}],
                              "predicateType": predicate_type, "predicate": predicate}).encode()
        kind = "application/vnd.in-toto+json"
        (self.directory / "pae").write_bytes(f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.directory / "pae")
        return json.dumps({"payloadType": kind, "payload": base64.b64encode(payload).decode(), "signatures": [{"sig": base64.b64encode(signature).decode()}]})

    def test_a_bill_of_materials_of_something_else_is_neither_signed_nor_verified(self):
        for digest, holds in ((self.digest, True), (self.digest.upper(), True), ("0" * 64, False)):
            for form, document in self.described(digest).items():
                with self.subTest(digest=digest, form=form):
                    (self.directory / "bom.json").write_text(json.dumps(document))
                    run = self.attest("sbom", "bom.json", self.artifact)
                    if holds:
                        self.expect_exit(run, 0)
                    else:
                        self.expect_error(run, "bom.json", f"describes sha256:{digest}", "product-1.0.tar.gz")
                    for kind in ("https://cyclonedx.org/bom", "https://spdx.dev/Document/v2.3"):
                        run = self.verify(self.signed(kind, document), code=0 if holds else 1)
                        self.assertEqual(not holds, f"bill of materials: it describes sha256:{digest}" in " ".join(run.out.split()), str(run))

    def test_several_keys_make_several_signatures(self):
        other = self.make_key("other", "-algorithm", "ed25519")
        run = self.vsa("passed", "--key", other)
        self.assertEqual(2, len(json.loads(run.out)["signatures"]))
        self.assertIn("2 of 2 signatures hold", self.verify(run.out, "key", "other").out)
        self.assertIn("1 of 2 signatures hold", self.verify(run.out, "other").out)

    def test_a_key_that_others_may_read_is_refused_and_an_encrypted_one_needs_its_phrase(self):
        for mode in (0o640, 0o604, 0o620):
            os.chmod(self.key, mode)
            self.expect_error(self.vsa("passed"), f"mode {mode:03o}", "chmod 600")
        locked = self.directory / "locked.pem"
        locked.touch(mode=0o600)
        openssl("genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:correct horse", "-out", locked)
        openssl("pkey", "-in", locked, "-passin", "pass:correct horse", "-pubout", "-out", self.directory / "locked.pub")
        self.expect_error(self.vsa("passed", key=locked), "is encrypted", "--pass-phrase-file")
        phrase = self.directory / "phrase"
        phrase.write_text("battery staple\n")
        self.expect_error(self.vsa("passed", "--pass-phrase-file", phrase, key=locked), "wrong pass phrase")
        phrase.write_text("correct horse\n")
        run = self.vsa("passed", "--pass-phrase-file", phrase, key=locked)
        self.verify(run.out, "locked")
        self.assertNotIn("horse", run.out + run.err)

    def test_a_public_key_is_told_from_a_private_one_that_others_can_read(self):
        public = self.directory / "k.pub"
        public.write_bytes(openssl("pkey", "-in", self.make_key("k", "-algorithm", "ed25519"), "-pubout"))
        run = self.vsa("passed", key=public)
        self.expect_error(run, "is a public key")
        self.assertNotIn("chmod", run.err)
        script = self.directory / "t.sh"
        script.write_text("#!/bin/sh\n")
        self.expect_error(self.vsa("passed", key=script), "t.sh", "no private key in PEM form")

    def test_a_key_or_report_is_not_overwritten_by_what_is_signed(self):
        key = self.make_key("k", "-algorithm", "ed25519")
        before = key.read_bytes()
        self.expect_error(self.vsa("passed", "-o", key, key=key), "would be overwritten")
        self.assertEqual(before, key.read_bytes())

    def test_a_key_on_a_token_signs_and_its_pin_is_not_repeated(self):
        module = next((file for file in map(pathlib.Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")) if file.exists()), None)
        self.assertIsNotNone(module, "SoftHSM is not installed: scripts/setup installs softhsm2 and libengine-pkcs11-openssl")
        (self.directory / "tokens").mkdir()
        (self.directory / "softhsm2.conf").write_text(f"directories.tokendir = {self.directory}/tokens\nobjectstore.backend = file\n")
        environment = {"SOFTHSM2_CONF": str(self.directory / "softhsm2.conf"), "PKCS11_MODULE_PATH": str(module)}

        def softhsm(*arguments):
            subprocess.run(["softhsm2-util", *map(str, arguments)], check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)
        softhsm("--init-token", "--free", "--label", "release", "--so-pin", "12345678", "--pin", "87654321")
        phrase = self.directory / "pin"
        phrase.write_text("87654321\n")
        kinds = {"p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}
        for number, (name, how) in enumerate(kinds.items(), 1):
            key = self.make_key(name, *how)
            softhsm("--import", key, "--token", "release", "--label", name, "--id", f"a{number}", "--pin", "87654321")
            key.unlink()
            uri = f"pkcs11:token=release;object={name};type=private"
            run = self.vsa("passed", "--pass-phrase-file", phrase, key=uri, environment=environment)
            self.expect_exit(run, 0)
            self.verify(run.out, name)
            run = self.vsa("passed", key=uri + ";pin-value=87654321", environment=environment)
            self.verify(run.out, name)
            self.assertNotIn("87654321", run.out + run.err)
        absent = self.vsa("passed", key="pkcs11:token=release;object=absent;type=private;pin-value=87654321", environment=environment)
        self.expect_error(absent, "no such private key", "object=absent")
        self.assertNotIn("87654321", absent.err)

    def test_errors_name_the_file_and_leave_none_behind(self):
        (self.directory / "report.json").write_text('{"verdict": 1}')
        run = self.attest("assessment", "report.json", "-o", "out.json")
        self.expect_error(run, "report.json", "not an assessment")
        self.assertFalse((self.directory / "out.json").exists())
        self.expect_error(self.attest("assessment", "/nonexistent.json"), "/nonexistent.json")
        self.expect_error(self.attest("sbom", "report.json", self.artifact), "neither an SPDX 2 nor a CycloneDX")
        self.expect_error(self.vsa("perhaps"), "--result")
        weak = self.make_key("weak", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
        self.expect_error(self.vsa("passed", key=weak), "RSA key of 1024 bits", "weak.pem")
        self.expect_error(self.assay("attest"), "needs a command")


if __name__ == "__main__":
    main()
