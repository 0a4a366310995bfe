#!/usr/bin/env python3
"""Make the seeds of the archive fuzz targets, and those of `compare` that are no text.

    make_archive_seeds.py            write them as hexadecimal text into corpus/, where they are committed
    make_archive_seeds.py --raw DIR  write them as bytes into DIR/<target>/, for libFuzzer
"""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import zipfile
import zlib


def tar(fmt, pax=None):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt, pax_headers=pax or {}) as archive:
        def add(name, kind=tarfile.REGTYPE, content=b"", target="", mode=0o644):
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname, info.mode = kind, len(content), target, mode
            archive.addfile(info, io.BytesIO(content))
        add("p", tarfile.DIRTYPE, mode=0o755)
        add("p/a", content=b"some content\n")
        add("p/run", content=b"#!/bin/sh\n", mode=0o4755)
        add("p/" + "n" * 120 + "\u00e9" * (fmt == tarfile.PAX_FORMAT), content=b"x" * 700)
        add("p/l", tarfile.SYMTYPE, target="../../" + "t" * 110)
        add("p/l/x", content=b"through")
        add("p/h", tarfile.LNKTYPE, target="p/a")
        add("p/A", content=b"case")
        add("/abs/../p", tarfile.FIFOTYPE)
    return out.getvalue()


def header(name, kind, size=0, link="", magic=b"ustar\x0000"):
    block = bytearray(512)
    fields = ((0, name), (100, "0000644"), (108, "0000000"), (116, "0000000"), (124, "%011o" % size),
              (136, "14000000000"), (148, " " * 8), (156, kind), (157, link), (257, magic))
    for offset, value in fields:
        value = value if isinstance(value, bytes) else value.encode()
        block[offset:offset + len(value)] = value
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def conflicting_tar():
    records = b"12 path=p/b\n" + b"11 size=70\n" + b"19 linkpath=p/none\n"
    return (header("x", "x", len(records)) + padded(records) + header("././@LongLink", "L", 4, magic=b"ustar  \x00")
            + padded(b"p/c\x00") + header("p/a", "0", 3) + padded(b"abc") + header("p/d", "5", 512) + header("hidden", "0")
            + header("p/h", "1", 9, "p/a") + bytes(1024) + b"after" + bytes(507) + header("late", "0"))


def sparse_tar():
    out = io.BytesIO()
    body = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n26 GNU.sparse.name=sparse\n28 GNU.sparse.realsize=9000\n"
    content = padded(b"2\n0\n4\n8000\n4\n") + padded(b"headtail")
    out.write(header("x", "x", len(body)) + padded(body) + header("GNUSparseFile.0/s", "0", 512 + 8) + content + bytes(1024))
    return out.getvalue()


def plain_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("p/a", "some content\n"), ("p/\u00e9", "x" * 300), ("../b", "")):
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def cpio():
    out = b""
    for inode, name, content, mode in ((1, "a", b"", 0o100644), (1, "b", b"content", 0o100644), (2, "l", b"a", 0o120777),
                                       (0, "TRAILER!!!", b"", 0)):
        links = 2 if inode == 1 else 1
        encoded = name.encode() + b"\x00"
        numbers = (inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
        out += b"070701" + b"".join(b"%08X" % number for number in numbers) + encoded
        out += bytes(-len(out) % 4)
        out += content + bytes(-len(content) % 4)
    return out


def ar():
    out = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("data.tar", b"no tar\n")):
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(content)) + content
        out += b"\n" * (len(content) % 2)
    return out


def seven_zip(*options):
    """Not the same bytes from every version of 7z; the seeds need not be."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "a")
        path.write_bytes(b"some content\n" * 9)
        os.utime(path, (0, 0))
        subprocess.run(["7z", "a", *options, "x.7z", "a"], cwd=directory, capture_output=True, check=True)
        return pathlib.Path(directory, "x.7z").read_bytes()


def tool(command, content):
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


FILTERS = (
    ("gzip", lambda content: gzip.compress(content, mtime=0)),
    ("bzip2", bz2.compress),
    ("xz", lzma.compress),
    ("lzma", lambda content: lzma.compress(content, format=lzma.FORMAT_ALONE)),
    ("zstd", lambda content: tool(["zstd", "-q", "-c", "--check"], content)),
    ("lz4", lambda content: tool(["lz4", "-q", "-c"], content)),
)


def seeds():
    """(target, name, bytes) of every seed."""
    packed = dict(FILTERS)
    tars = {
        "gnu": tar(tarfile.GNU_FORMAT),
        "pax": tar(tarfile.PAX_FORMAT, {"comment": "0123456789abcdef0123456789abcdef01234567"}),
        "ustar": header("a", "0", 1) + padded(b"1") + bytes(1024),
        "conflict": conflicting_tar(),
        "sparse": sparse_tar(),
    }
    for name, content in tars.items():
        yield "archive_reader", f"tar-{name}.gz", packed["gzip"](content)
    yield "archive_reader", "tar-ustar", tars["ustar"]
    yield "archive_tar_scanner", "ustar", tars["ustar"]
    yield "archive_tar_scanner", "conflict", tars["conflict"]
    yield "archive_tar_scanner", "sparse", tars["sparse"]
    for name, pack in FILTERS[1:]:
        yield "archive_reader", f"tar-ustar.{name}", pack(tars["ustar"])
    yield "archive_reader", "zip", plain_zip()
    yield "archive_reader", "cpio", cpio()
    yield "archive_reader", "ar", ar()
    yield "archive_reader", "7z", seven_zip("-mhc=off")
    yield "archive_reader", "7z-packed-header", seven_zip("-mhc=on", "-m0=PPMd")
    text = b"some text that repeats, some text that repeats\n" * 20
    for number, (name, pack) in enumerate(FILTERS):
        yield "archive_filters", name, struct.pack("BB", number, 3) + pack(text)
        if name != "lzma":
            yield "archive_filters", f"{name}-twice", struct.pack("BB", number, 90) + pack(text) + pack(b"more") + bytes(8)
        yield "archive_filters", f"{name}-trailing", struct.pack("BB", number, 200) + pack(text) + b"trailing"
    first, second = squashfs(1600000000), squashfs(1700000000)
    yield "compare", "squashfs", first + SIDES + second
    yield "compare", "squashfs-index", first + SIDES + squashfs(1700000000, skipped=4)
    for kind in (oci_layout, docker_layers):
        yield "compare", kind.__name__, kind(b"one") + SIDES + kind(b"two")


SIDES = b"\n--\n"  # where the two contents of `compare` are cut apart


def squashfs(time, skipped=0):
    """A directory with an index, a file of one block, and two whose ends share one; tables as they are."""
    def metadata(content):
        return struct.pack("<H", 0x8000 | len(content)) + content
    def node(kind, number, *rest):
        return struct.pack("<4H2I", kind, 0o755, 0, 0, time, number) + struct.pack(*rest)
    block, ends = zlib.compress(bytes(4096)), zlib.compress(b"x" * 200)
    image = bytearray(96) + block + ends
    nodes = [node(2, 1, "<5I", 96, 0xffffffff, 0, 4096, len(block)), node(2, 2, "<4I", 0, 0, 0, 100), node(2, 3, "<4I", 0, 0, 100, 100)]
    names = struct.pack("<3I", len(nodes) - 1, 0, 1)
    for number, name in enumerate((b"a", b"b", b"c")):
        names += struct.pack("<HhHH", sum(map(len, nodes[:number])), number, 2, len(name) - 1) + name
    root = sum(map(len, nodes))
    nodes.append(node(8, 4, "<4I2HI", 2, len(names) + 3, 0, 5, 1, 0, 0xffffffff) + struct.pack("<3I", skipped, 0, 0) + b"a")
    places = []
    for table in (b"".join(nodes), names, struct.pack("<QII", 96 + len(block), len(ends), 0), struct.pack("<I", 0)):
        places.append(len(image))
        image += metadata(table)
        if len(places) > 2:  # a list leads to it
            image += struct.pack("<Q", places[-1])
            places[-1] = len(image) - 8
    absent = 2**64 - 1
    image[:96] = b"hsqs" + struct.pack("<4I6H8Q", 4, 1600000000, 4096, 1, 1, 12, 0x200, 1, 4, 0, root, len(image), places[3], absent, places[0], places[1], places[2], absent)
    return bytes(image)


def files_in_tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue().rstrip(b"\0") + bytes(1024)


def oci_layout(text):
    """An image of one layer, named through an index of its own."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    def blob(content):
        digest = hashlib.sha256(content).hexdigest()
        files["blobs/sha256/" + digest] = content
        return {"digest": "sha256:" + digest, "size": len(content)}
    manifest = blob(json.dumps({"config": blob(b'{"os":"linux"}'), "layers": [blob(text)]}).encode())
    files["index.json"] = json.dumps({"manifests": [blob(json.dumps({"manifests": [manifest]}).encode())]}).encode()
    return files_in_tar(files)


def docker_layers(text):
    """What docker save wrote before there were manifests of OCI: each layer a directory by its id."""
    diff = "sha256:" + hashlib.sha256(text).hexdigest()
    own = {"created": "2022-03-04T05:06:07Z", "os": "linux"}
    layer = hashlib.sha256(json.dumps({"created": own["created"], "layer_id": diff, "os": "linux"}, separators=(",", ":")).encode()).hexdigest()
    files = {"config.json": json.dumps({"rootfs": {"diff_ids": [diff]}}).encode(), layer + "/VERSION": b"1.0", layer + "/layer.tar": text}
    files[layer + "/json"] = json.dumps({"created": own["created"], "id": layer, "os": "linux"}, separators=(",", ":")).encode()
    files["repositories"] = json.dumps({"x": {"1": layer}}).encode()
    files["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": [layer + "/layer.tar"]}]).encode()
    return files_in_tar(files)


def main():
    raw = sys.argv[2] if len(sys.argv) == 3 and sys.argv[1] == "--raw" else None
    if len(sys.argv) != 1 and raw is None:
        sys.exit(__doc__)
    root = pathlib.Path(raw) if raw else pathlib.Path(__file__).parent / "corpus"
    for target, name, content in seeds():
        directory = root / target
        directory.mkdir(parents=True, exist_ok=True)
        if raw:
            (directory / name).write_bytes(content)
        else:
            digits = "\n".join(textwrap.wrap(content.hex(), 96))
            (directory / (name + ".hex")).write_text(f"# made by make_archive_seeds.py\n{digits}\n")


main()
