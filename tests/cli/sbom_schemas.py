"""What the published schemas of the two formats of a bill of materials say against a document."""
import functools
import json
import pathlib
import warnings

import jsonschema

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


@functools.lru_cache(maxsize=None)
def validator(directory, schema_name):
    """Of that schema; it may refer to the others in its directory."""
    schemas = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in (DATA / directory).glob("*.json")}
    schema = schemas[schema_name]
    warnings.simplefilter("ignore", DeprecationWarning)  # RefResolver is what the oldest supported version has
    resolver = jsonschema.RefResolver(schema["$id"], schema, store={each["$id"]: each for each in schemas.values()})
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def errors_of(document, directory, schema_name):
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator(directory, schema_name).iter_errors(document)]


def cyclonedx_errors(document):
    """By the schema of CycloneDX 1.6, and references that are not unique."""
    references = [each["bom-ref"] for each in document["components"]]
    twice = sorted({each for each in references if references.count(each) > 1}) if len(references) != len(set(references)) else []
    return errors_of(document, "cyclonedx-1.6", "bom-1.6.SNAPSHOT.schema.json") + [f"{each}: a reference twice" for each in twice]


def spdx_errors(document):
    """By the schema of SPDX 2.3."""
    return errors_of(document, "spdx-2.3", "spdx-schema.json")
