#!/usr/bin/python3
"""`assay sbom`: bills of materials of directories, packages and images, converted and compared."""
import gzip
import hashlib
import io
import json
import tarfile

import jsonschema
from assay_test import SOURCE, AssayTest, main
from sbom_schemas import cyclonedx_errors, spdx_errors


class SbomTest(AssayTest):
    def setUp(self):
        super().setUp()
        self.root = self.directory / "rootfs"
        (self.root / "var/lib/dpkg").mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").write_text(
            "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13.dfsg-1\nDepends: libc6\n\n"
            "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n")
        (self.root / "app").mkdir()
        (self.root / "app/main.bin").write_bytes(b"\x7fELF")

    def document(self, *arguments, code=0):
        run = self.assay("sbom", *arguments)
        self.expect_exit(run, code)
        return run.report

    def test_a_file_system_is_described_with_grounds_in_both_formats(self):
        bom = self.document(self.root)
        by_name = {each["name"]: each for each in bom["components"]}
        self.assertEqual("1:1.2.13.dfsg-1", by_name["zlib1g"]["version"])
        properties = {each["name"]: each["value"] for each in by_name["zlib1g"]["properties"]}
        self.assertEqual("declared", properties["assay:grounds"])
        self.assertIn("dpkg/status", properties["assay:evidence"])
        spdx = self.document(self.root, "--format", "spdx")
        self.assertIn("zlib1g", [each["name"] for each in spdx["packages"]])
        self.assertEqual([], [each for each in spdx["packages"] if "filesAnalyzed" not in each])

    def test_the_suffix_of_the_output_chooses_the_format_and_the_option_goes_before(self):
        for name, options, member in (("a.spdx.json", [], "spdxVersion"), ("a.spdx", [], "spdxVersion"), ("a.cdx.json", [], "bomFormat"),
                                      ("a.json", [], "bomFormat"), ("b.spdx.json", ["--format", "cyclonedx"], "bomFormat")):
            with self.subTest(name=name):
                self.expect_exit(self.assay("sbom", self.root, "-o", name, *options), 0)
                self.assertIn(member, json.loads((self.directory / name).read_text()))

    def test_the_same_input_gives_the_same_bytes_and_another_input_another_number(self):
        first, second = (self.assay("sbom", self.root).out for _ in range(2))
        self.assertEqual(first, second)
        (self.root / "app/main.bin").write_bytes(b"\x7fELG")
        self.assertNotEqual(json.loads(first)["serialNumber"], self.document(self.root)["serialNumber"])

    def test_times_come_from_the_option_or_the_environment(self):
        self.assertEqual("1970-01-01T00:00:00Z", self.document(self.root)["metadata"]["timestamp"])
        run = self.assay("sbom", self.root, environment={"SOURCE_DATE_EPOCH": "1711728000"})
        self.assertEqual("2024-03-29T16:00:00Z", run.report["metadata"]["timestamp"])
        self.assertEqual("2020-01-01T00:00:00Z", self.document(self.root, "--time", "2020-01-01T00:00:00Z")["metadata"]["timestamp"])
        self.expect_error(self.assay("sbom", self.root, "--time", "yesterday"), "yesterday")
        self.expect_error(self.assay("sbom", self.root, environment={"SOURCE_DATE_EPOCH": "x"}), "SOURCE_DATE_EPOCH")

    def test_what_differs_between_two_documents(self):
        self.expect_exit(self.assay("sbom", self.root, "-o", "before.json"), 0)
        status = self.root / "var/lib/dpkg/status"
        status.write_text(status.read_text().replace("2.36-9", "2.36-10") + "Package: new\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n")
        self.expect_exit(self.assay("sbom", self.root, "--format", "spdx", "-o", "after.json"), 0)
        same = self.assay("sbom", "diff", "before.json", "before.json")
        self.expect_exit(same, 0)
        self.assertEqual(["equal: before.json and before.json", "", "exit 0: no difference"], same.out.splitlines())
        run = self.assay("sbom", "diff", "before.json", "after.json")
        self.expect_exit(run, 1)
        self.assertRegex(run.out, r"version +pkg:deb/debian/libc6.*2\.36-9 -> 2\.36-10")
        self.assertRegex(run.out, r"added +pkg:deb/debian/new")
        self.assertEqual(["different: before.json and after.json: 2 differences", "exit 1: differences"],
                         [line for line in run.out.splitlines() if line and not line.startswith("  ")])
        schema = json.loads((SOURCE / "docs/schema/sbom-diff-1.json").read_text())
        for before, after, kinds in (("before.json", "after.json", {"version", "added"}), ("after.json", "before.json", {"version", "removed"}),
                                     ("after.json", "after.json", set())):
            file = self.directory / "diff.json"
            self.expect_exit(self.assay("sbom", "diff", before, after, "-o", file), 1 if kinds else 0)
            report = json.loads(file.read_text())
            jsonschema.validate(report, schema)
            self.assertEqual(kinds, {each["change"] for each in report["changes"]})
        self.assertEqual(1, len(self.assay("sbom", "diff", "before.json", "after.json", "-q").out.splitlines()))

    def test_versions_that_both_have_are_compared_with_each_other(self):
        def document(*versions):
            components = [{"type": "library", "name": "x", "version": each, "purl": f"pkg:npm/x@{each}"} for each in versions]
            return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})
        (self.directory / "a.json").write_text(document("1", "2", "3"))
        (self.directory / "b.json").write_text(document("4", "3", "2"))
        changes = self.assay("sbom", "diff", "a.json", "b.json", "--format", "json").report["changes"]
        self.assertEqual([("version", "1", "4")], [(each["change"], each["before"], each["after"]) for each in changes])

    def test_what_was_read_is_not_overwritten(self):
        self.expect_exit(self.assay("sbom", self.root, "-o", "before.json"), 0)
        before = (self.directory / "before.json").read_bytes()
        for words in (["sbom", "before.json", "-o", "before.json"], ["sbom", "diff", "before.json", "before.json", "-o", "before.json"]):
            self.expect_error(self.assay(*words), "would be overwritten")
        self.assertEqual(before, (self.directory / "before.json").read_bytes())

    def test_limits_are_those_that_are_asked_for(self):
        run = self.assay("sbom", self.root, "--limit", "entries=2")
        self.expect_exit(run, 3)
        self.assertIn("more than 2 entries", run.err)
        self.expect_error(self.assay("sbom", self.root, "--memory", "lots"), "--memory")

    def expect_cyclonedx(self, document):
        """Valid by the published schema of CycloneDX 1.6."""
        self.assertEqual([], cyclonedx_errors(document))

    def expect_spdx(self, document):
        """Valid by the published schema of SPDX 2.3, and what its text asks beyond that, clause by clause."""
        self.assertEqual([], spdx_errors(document))
        self.assertEqual(("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"), (document["spdxVersion"], document["dataLicense"], document["SPDXID"]))
        self.assertRegex(document["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertRegex(document["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertRegex(document["creationInfo"]["creators"][0], r"^Tool: assay-")
        identifiers = [document["SPDXID"]] + [package["SPDXID"] for package in document["packages"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        for package in document["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[a-zA-Z0-9.-]+$")
            self.assertTrue({"name", "downloadLocation", "filesAnalyzed"} <= set(package), package)
            self.assertIs(False, package["filesAnalyzed"])
            for checksum in package.get("checksums", []):
                self.assertIn(checksum["algorithm"], ("SHA1", "SHA256", "SHA384", "SHA512"))
                self.assertRegex(checksum["checksumValue"], r"^[0-9a-f]+$")
            for reference in package.get("externalRefs", []):
                self.assertEqual(("PACKAGE-MANAGER", "purl"), (reference["referenceCategory"], reference["referenceType"]))
        self.assertIn(("SPDXRef-DOCUMENT", "DESCRIBES"), [(each["spdxElementId"], each["relationshipType"]) for each in document["relationships"]])
        for relationship in document["relationships"]:
            self.assertIn(relationship["spdxElementId"], identifiers)
            self.assertIn(relationship["relatedSpdxElement"], identifiers)
            self.assertIn(relationship["relationshipType"], ("DESCRIBES", "CONTAINS", "DEPENDS_ON"))

    # In the manner of syft, apko, trivy and cdxgen: what each of them writes that others do not.
    OTHERS = {
        "syft.spdx": {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "alpine", "creationInfo": {"created": "2024-03-29T16:00:00Z", "creators": ["Organization: Anchore, Inc", "Tool: syft-1.0"]},
                      "packages": [{"name": "musl", "SPDXID": "SPDXRef-Package-apk-musl-4e", "versionInfo": "1.2.4-r2", "supplier": "Person: T (t@example.org)", "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
                                    "licenseConcluded": "NOASSERTION", "licenseDeclared": "LicenseRef-MIT-odd", "packageVerificationCode": {"packageVerificationCodeValue": "0" * 40},
                                    "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:musl:musl:1.2.4:*:*:*:*:*:*:*"},
                                                     {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.18"}]}],
                      "files": [{"fileName": "lib/ld", "SPDXID": "SPDXRef-File-1", "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}]}],
                      "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-Package-apk-musl-4e", "relationshipType": "DESCRIBES"}]},
        "apko.spdx": {"SPDXID": "SPDXRef-DOCUMENT", "name": "sbom-sha256:0", "spdxVersion": "SPDX-2.3", "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: apko (v0.1)"], "licenseListVersion": "3.22"}, "dataLicense": "CC0-1.0",
                      "documentDescribes": ["SPDXRef-Package-layer"], "externalDocumentRefs": [],
                      "packages": [{"SPDXID": "SPDXRef-Package-layer", "name": "", "filesAnalyzed": False, "downloadLocation": "NOASSERTION"},
                                   {"SPDXID": "SPDXRef-Package-a", "name": "libattr1", "versionInfo": "2.5.1-r2", "filesAnalyzed": False, "downloadLocation": "",
                                    "checksums": [{"algorithm": "SHA1", "checksumValue": "1" * 40}],
                                    "externalRefs": [{"referenceCategory": "PACKAGE_MANAGER", "referenceLocator": "pkg:apk/wolfi/libattr1@2.5.1-r2?arch=x86_64", "referenceType": "purl"}]}],
                      "relationships": [{"spdxElementId": "SPDXRef-Package-layer", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-Package-a"}]},
        "trivy.cdx": {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "version": 1,
                      "metadata": {"timestamp": "2024-03-29T16:00:00+00:00", "component": {"bom-ref": "i", "type": "container", "name": "debian:12"}},
                      "components": [{"bom-ref": "os", "type": "operating-system", "name": "debian", "version": "12.5"},
                                     {"bom-ref": "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64", "type": "library", "name": "zlib1g", "version": "1:1.2.13", "purl": "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64", "licenses": [{"license": {"name": "Zlib"}}],
                                      "properties": [{"name": "aquasecurity:trivy:SrcName", "value": "zlib"}]}],
                      "dependencies": [{"ref": "i", "dependsOn": ["os"]}], "vulnerabilities": [{"id": "CVE-1"}]},
        "purposes.spdx": {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "purposes", "dataLicense": "CC0-1.0", "creationInfo": {"created": "2024-03-29T16:00:00Z", "creators": ["Tool: x"]}, "documentNamespace": "https://example.org/x",
                          "packages": [{"name": purpose.lower(), "SPDXID": f"SPDXRef-{i}", "downloadLocation": "NONE", "filesAnalyzed": False, "primaryPackagePurpose": purpose}
                                       for i, purpose in enumerate(("SOURCE", "ARCHIVE", "INSTALL", "OTHER", "FIRMWARE", "OPERATING_SYSTEM", "OPERATING-SYSTEM", "CONTAINER", "DEVICE", "FRAMEWORK", "FILE"))]},
        "cdxgen.cdx": {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"group": "@babel", "name": "core", "version": "7.0.0", "purl": "pkg:npm/%40babel/core@7.0.0", "type": "library", "bom-ref": "pkg:npm/@babel/core@7.0.0",
                       "evidence": {"identity": {"field": "purl", "confidence": 1}}, "components": [{"type": "library", "name": "nested", "version": "1", "purl": "pkg:npm/nested@1"}]}]},
    }

    @staticmethod
    def triples(document):
        """Name, version and purl of every package."""
        found = []
        for package in document.get("packages", []):
            purl = next((each["referenceLocator"] for each in package.get("externalRefs", []) if each["referenceType"] == "purl"), "")
            found.append((package["name"], package.get("versionInfo", ""), purl))
        stack = list(document.get("components", []))
        while stack:
            each = stack.pop()
            found.append((f"{each['group']}/{each['name']}" if each.get("group") else each["name"], each.get("version", ""), each.get("purl", "")))
            stack += each.get("components", [])
        return sorted(found)

    def test_documents_of_others_are_read_without_loss_and_written_as_valid_ones(self):
        for name, document in self.OTHERS.items():
            (self.directory / "theirs.json").write_text(json.dumps(document))
            wanted = self.triples(document)
            for form, check in (("cyclonedx", self.expect_cyclonedx), ("spdx", self.expect_spdx)):
                with self.subTest(document=name, form=form):
                    ours = self.document("theirs.json", "--format", form)
                    check(ours)
                    self.assertEqual([], [each for each in wanted if each not in self.triples(ours)])
                    (self.directory / "ours.json").write_text(json.dumps(ours))
                    self.expect_exit(self.assay("sbom", "diff", "theirs.json", "ours.json"), 0)

    def test_what_is_written_is_valid_by_the_published_schema(self):
        (self.root / "app/odd name \xe9 & <b>.txt").write_bytes(b"x")
        (self.root / "app/package.json").write_text('{"name": "@scope/p", "version": "1", "license": "SEE LICENSE IN x"}')
        self.expect_cyclonedx(self.document(self.root))
        self.expect_spdx(self.document(self.root, "--format", "spdx"))
        empty = self.directory / "empty"
        empty.mkdir()
        self.expect_cyclonedx(self.document(empty))
        self.expect_spdx(self.document(empty, "--format", "spdx"))

    def layer(self, name, files):
        """A layer as its bytes; a value of None is a whiteout's empty file."""
        memory = io.BytesIO()
        with tarfile.open(fileobj=memory, mode="w") as archive:
            for path, content in files.items():
                info = tarfile.TarInfo(path)
                info.size = len(content or b"")
                archive.addfile(info, io.BytesIO(content or b""))
        raw = memory.getvalue()
        return gzip.compress(raw, mtime=0) if name.endswith("gzip") else raw

    def oci_layout(self, *layers):
        """A layout of those layers, lowest first."""
        layout = self.directory / "image"
        blobs = layout / "blobs/sha256"
        blobs.mkdir(parents=True)

        def store(content):
            digest = hashlib.sha256(content).hexdigest()
            (blobs / digest).write_bytes(content)
            return {"digest": f"sha256:{digest}", "size": len(content)}
        manifest = {"schemaVersion": 2, "config": store(b"{}"), "layers": [store(each) | {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"} for each in layers]}
        (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [
            store(json.dumps(manifest).encode()) | {"annotations": {"org.opencontainers.image.ref.name": "product:1"}}]}))
        return layout

    STATUS = b"Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"

    def names(self, bom):
        return {each["name"] for each in bom["components"]}

    def two_layers(self):
        below = self.layer("tar+gzip", {"var/lib/dpkg/status": self.STATUS % b"below", "etc/gone": b"x", "opt/a/old": b"x", "usr/bin/kept": b"x"})
        above = self.layer("tar+gzip", {"var/lib/dpkg/status": self.STATUS % b"above", "etc/.wh.gone": None, "opt/a/.wh..wh..opq": None, "opt/a/new": b"y"})
        return below, above

    def test_an_oci_layout_is_what_its_layers_amount_to(self):
        layout = self.oci_layout(*self.two_layers())
        bom = self.document(layout)
        self.assertEqual({"above", "opt/a/new", "usr/bin/kept"}, self.names(bom))
        self.assertEqual("product:1", bom["metadata"]["component"]["name"])
        with tarfile.open(self.directory / "image.tar", "w") as archive:
            archive.add(layout, arcname="")
        self.assertEqual({"above", "opt/a/new", "usr/bin/kept"}, self.names(self.document(self.directory / "image.tar")))

    def test_a_layer_that_is_not_the_blob_its_digest_names_is_a_gap(self):
        layout = self.oci_layout(*self.two_layers())
        digest = json.loads((layout / "blobs/sha256" / json.loads((layout / "index.json").read_text())["manifests"][0]["digest"][7:]).read_text())["layers"][1]["digest"]
        (layout / "blobs/sha256" / digest[7:]).write_bytes(self.layer("tar+gzip", {"evil": b"x"}))
        run = self.assay("sbom", layout)
        self.expect_exit(run, 3)
        self.assertIn("another SHA-256 than its name", run.err)
        self.assertNotIn("evil", run.out)

    def test_a_layout_leads_nowhere_outside_of_itself(self):
        layout = self.oci_layout(*self.two_layers())
        (layout / "index.json").write_text(json.dumps({"manifests": [{"digest": "sha256:../../../etc/passwd"}]}))
        self.expect_error(self.assay("sbom", layout), "no SHA-256")
        saved = self.directory / "saved.tar"
        with tarfile.open(saved, "w") as archive:
            for name, content in {"manifest.json": json.dumps([{"Config": "../../etc/passwd", "Layers": ["a/layer.tar"]}]).encode(), "a/layer.tar": b""}.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        self.expect_error(self.assay("sbom", saved), "../../etc/passwd")

    def test_what_docker_saves(self):
        below, above = self.two_layers()
        saved = self.directory / "saved.tar"
        with tarfile.open(saved, "w") as archive:
            for name, content in {"c.json": b"{}", "1/layer.tar": below, "2/layer.tar": above,
                                  "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": ["product:2"], "Layers": ["1/layer.tar", "2/layer.tar"]}]).encode()}.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        bom = self.document(saved)
        self.assertEqual({"above", "opt/a/new", "usr/bin/kept"}, self.names(bom))
        self.assertEqual("product:2", bom["metadata"]["component"]["name"])

    def test_packages_of_alpine_of_images_without_a_package_manager_of_npm_and_of_python(self):
        files = {"lib/apk/db/installed": b"C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\nP:busybox\nV:1.36\nA:x86_64\n\n",
                 "var/lib/dpkg/status.d/base": b"Package: base-files\nVersion: 12.4\nArchitecture: amd64\n",
                 "app/package-lock.json": json.dumps({"packages": {"": {"name": "app"}, "node_modules/@s/left": {"version": "1.0.0", "license": "MIT"}}}).encode(),
                 "lib/site/Flask_X-2.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: Flask_X\nVersion: 2.0\n"}
        purls = {each.get("purl") for each in self.document(self.oci_layout(self.layer("tar", files)))["components"]}
        self.assertEqual({"pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64", "pkg:apk/alpine/busybox@1.36?arch=x86_64", "pkg:deb/debian/base-files@12.4?arch=amd64",
                          "pkg:npm/%40s/left@1.0.0", "pkg:pypi/flask-x@2.0"}, purls)

    def test_an_archive_and_a_debian_package(self):
        archive = self.directory / "product-1.0.tar.gz"
        archive.write_bytes(self.layer("tar+gzip", {"product-1.0/a.c": b"int a;", "product-1.0/package.json": b'{"name":"p","version":"3"}'}))
        bom = self.document(archive)
        self.assertEqual({"product-1.0/a.c", "p"}, self.names(bom))
        self.assertEqual("product-1.0", bom["metadata"]["component"]["name"])
        self.assertEqual(hashlib.sha256(archive.read_bytes()).hexdigest(), bom["metadata"]["component"]["hashes"][0]["content"])
        control = self.layer("tar+gzip", {"./control": b"Package: hello\nVersion: 2.10-3\nArchitecture: amd64\nMaintainer: Dev <d@example.org>\n"})
        data = self.layer("tar+gzip", {"./usr/bin/hello": b"\x7fELF"})
        package = self.directory / "hello.deb"

        def pack(*members):
            with package.open("wb") as out:
                out.write(b"!<arch>\n")
                for name, content in (("debian-binary", b"2.0\n"), ("control.tar.gz", control), *members):
                    out.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2))
        pack(("data.tar.gz", data), ("data.tar.gz", self.layer("tar+gzip", {"./etc/other": b"x"})))
        run = self.assay("sbom", package)
        self.expect_exit(run, 3)
        self.assertIn("data.tar.gz: stands there twice, and the first is what is read", run.err)
        pack(("data.tar.gz", data))
        bom = self.document(package)
        self.assertEqual({"hello", "usr/bin/hello"}, self.names(bom))
        self.assertEqual("2.10-3", bom["metadata"]["component"]["version"])
        self.assertEqual("pkg:deb/debian/hello@2.10-3?arch=amd64", bom["metadata"]["component"]["purl"])
        self.assertEqual([{"phase": "post-build"}], bom["metadata"]["lifecycles"])

    def test_errors_name_the_file(self):
        self.expect_error(self.assay("sbom"), "no artifact is named")
        self.expect_error(self.assay("sbom", ".", "-o", "x.xml"), "written as JSON")
        self.expect_error(self.assay("sbom", "/nonexistent"), "/nonexistent")
        (self.directory / "x.json").write_text("{}")
        self.expect_error(self.assay("sbom", "x.json"), "x.json")
        self.expect_error(self.assay("sbom", "diff", "x.json"), "AFTER")
        self.expect_error(self.assay("sbom", "diff", "x.json", "x.json"), "x.json")


if __name__ == "__main__":
    main()
