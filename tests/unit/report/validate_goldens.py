"""Validate every JSON golden against the published schema, and see that the schema refuses what it should.

usage: validate_goldens.py SCHEMA GOLDEN_DIRECTORY
"""
import copy
import json
import pathlib
import sys

import jsonschema


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def undescribed(schema, where="#"):
    """Places of properties that have neither a description nor a reference to something that has one."""
    if not isinstance(schema, dict):
        return
    for name, prop in schema.get("properties", {}).items():
        if not {"description", "$ref", "const"} & prop.keys():
            yield f"{where}/{name}"
        yield from undescribed(prop, f"{where}/{name}")
    for name in ("items", *(f"$defs/{key}" for key in schema.get("$defs", {}))):
        inner = schema.get("$defs", {}).get(name[6:]) if name.startswith("$defs/") else schema.get(name)
        yield from undescribed(inner, f"{where}/{name}")


def spoiled(document):
    """Documents that are each wrong in one place."""
    for change in (
        lambda d: d.update(schema_version="2"),
        lambda d: d.update(surplus=1),
        lambda d: d.pop("verdict"),
        lambda d: d.update(verdict="fine"),
        lambda d: d["counts"].pop("contradicted"),
        lambda d: d["counts"].update(entries=-1),
        lambda d: d["coverage"].update(gaps=["a text"]),
        lambda d: d["subject"].update(sha256="ABC"),
        lambda d: d["entries"][0].update(proof="certain"),
        lambda d: d["findings"][0].pop("fingerprint"),
    ):
        copied = copy.deepcopy(document)
        change(copied)
        yield copied


def main(schema_file, golden_directory):
    schema = load(pathlib.Path(schema_file))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = [f"{place} has no description" for place in undescribed(schema)]
    goldens = sorted(pathlib.Path(golden_directory).glob("*/json"))
    if not goldens:
        problems.append(f"no golden below {golden_directory}")
    for golden in goldens:
        for error in validator.iter_errors(load(golden)):
            problems.append(f"{golden}: {error.json_path}: {error.message}")
    suspect = load(pathlib.Path(golden_directory) / "suspect" / "json")
    problems += [f"spoiled document {i} was accepted" for i, document in enumerate(spoiled(suspect)) if validator.is_valid(document)]
    print("\n".join(problems) or f"{len(goldens)} goldens agree with {schema_file}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
