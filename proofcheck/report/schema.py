"""The JSON Schema of the report, written from the records of ``model``, and the check of a value against it.

One source for both: what ``report.schema.json`` promises is what ``as_json.from_json`` demands.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from .model import OUTCOMES, SCHEMA, VERDICTS, Report
from .summary import KINDS, STATUSES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENUMS: dict[str, tuple[str, ...]] = {
    "ClaimReport.verdict": VERDICTS,
    "ClaimReport.outcome": OUTCOMES,
    "ObligationReport.kind": KINDS,
    "ObligationReport.status": STATUSES,
}
COUNT = {"type": "integer", "minimum": 0}


def schema() -> dict[str, Any]:
    """Return the schema of a JSON report, draft 2020-12."""
    records: dict[str, Any] = {}
    report = _record(Report, records)
    totals = {name: {"type": "object", "additionalProperties": COUNT} for name in ("outcomes", "verdicts", "grades")}
    head = {
        "schema": {"const": SCHEMA},
        "sentence": {"type": "string"},
        "ok": {"type": "boolean"},
        "counts": {"type": "object", "properties": totals, "required": sorted(totals), "additionalProperties": False},
    }
    return {
        "$schema": DIALECT,
        "title": SCHEMA,
        **report,
        "description": "A report of proofcheck: what each claim says, what is known, how, and whether its file expects that.",
        "properties": {**head, **report["properties"]},
        "required": sorted([*head, *report["required"]]),
        "$defs": records,
    }


def schema_text() -> str:
    """Return the text of ``report.schema.json``."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


def _record(record: type, records: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(record)
    shapes = {field.name: _shape(hints[field.name], f"{record.__name__}.{field.name}", records) for field in fields(record)}
    needed = [field.name for field in fields(record) if field.default is MISSING and field.default_factory is MISSING]
    description = (record.__doc__ or "").split("\n")[0]
    return {"type": "object", "description": description, "properties": shapes, "required": sorted(needed), "additionalProperties": False}


def _shape(hint: Any, name: str, records: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one field from its annotation."""
    simple = {str: "string", bool: "boolean", int: "integer", float: "number"}
    if hint in simple:
        shape: dict[str, Any] = {"type": simple[hint]}
        if hint in (int, float) and name != "Report.exit_code":
            shape["minimum"] = 0
        return {**shape, "enum": list(ENUMS[name])} if name in ENUMS else shape
    if hint is Any:
        return {}
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in records:
            records[hint.__name__] = _record(hint, records)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    arguments = get_args(hint)
    if get_origin(hint) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": _shape(arguments[0], name, records)}
    if get_origin(hint) is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _shape(arguments[1], name, records)}
    raise TypeError(f"{name} has the annotation {hint!r}, which reports do not use")


_PYTHON: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float), "null": (types.NoneType,),
}  # fmt: skip


def violations(value: Any, shape: Mapping[str, Any], root: Mapping[str, Any], at: str = "report") -> Iterator[str]:
    """Yield what of a JSON value goes against ``shape``, one sentence each with the place in front.

    Covers the keywords that ``schema`` writes: $ref, type, const, enum, minimum, properties, required, additionalProperties, items.
    """
    if "$ref" in shape:
        yield from violations(value, root["$defs"][shape["$ref"].rsplit("/", 1)[1]], root, at)
        return
    if "const" in shape and value != shape["const"]:
        yield f"{at}: {_shown(value)} is not {shape['const']!r}"
    if "type" in shape and (not isinstance(value, _PYTHON[shape["type"]]) or (isinstance(value, bool) and shape["type"] != "boolean")):
        yield f"{at}: {_shown(value)} is not of type {shape['type']}"
        return
    if "enum" in shape and value not in shape["enum"]:
        yield f"{at}: {_shown(value)} is not one of {', '.join(shape['enum'])}"
    if "minimum" in shape and not value >= shape["minimum"]:
        yield f"{at}: {_shown(value)} is less than {shape['minimum']}"
    if isinstance(value, list) and "items" in shape:
        for i, item in enumerate(value):
            yield from violations(item, shape["items"], root, f"{at}[{i}]")
    if isinstance(value, dict) and shape.get("type") == "object":
        yield from _members(value, shape, root, at)


def _members(value: dict[str, Any], shape: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    known: Mapping[str, Any] = shape.get("properties", {})
    for key in shape.get("required", ()):
        if key not in value:
            yield f"{at}: the key {key!r} is missing"
    for key, item in value.items():
        if key in known:
            yield from violations(item, known[key], root, f"{at}.{key}")
        elif shape["additionalProperties"] is False:
            yield f"{at}: the key {_shown(key)} is not known; known are {', '.join(sorted(known))}"
        else:
            yield from violations(item, shape["additionalProperties"], root, f"{at}[{_shown(key)}]")


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
