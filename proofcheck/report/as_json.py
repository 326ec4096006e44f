"""The report as JSON: everything the records hold, the sentence and the counts; and back, strictly."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, NoReturn

from .model import SCHEMA, ClaimReport, ErratumRow, ObligationReport, PaperReport, PaperRow, Report
from .schema import schema, violations
from .summary import counts

SHOWN_ERRORS = 5


class ReportError(ValueError):
    """A text that is not a report of this version; the message says where and why."""


def to_json(report: Report) -> str:
    """Return the report as JSON text: sorted keys, ASCII, the same text for the same report."""
    return json.dumps({**_head(report), **asdict(report)}, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _head(report: Report) -> dict[str, Any]:
    return {"schema": SCHEMA, "sentence": report.sentence(), "ok": report.ok, "counts": counts(report)}


def from_json(text: str) -> Report:
    """Return the report that ``text`` holds.

    Rejects: text that is not JSON, repeated, missing and unknown keys, values of the wrong type, and a sentence or counts that
    do not follow from the claims.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_a_number)
    except json.JSONDecodeError as error:
        raise ReportError(f"The report is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise ReportError("The report is nested too deep to be one.") from None
    if isinstance(value, dict) and value.get("schema") != SCHEMA:
        raise ReportError(f"The report says schema {value.get('schema')!r}; this version reads {SCHEMA!r}.")
    shape = schema()
    wrong = list(violations(value, shape, shape))
    if wrong:
        more = [f"and {len(wrong) - SHOWN_ERRORS} more"] if len(wrong) > SHOWN_ERRORS else []
        raise ReportError("The report does not follow its schema:\n" + "\n".join(f"  {line}" for line in [*wrong[:SHOWN_ERRORS], *more]))
    report = _report(value)
    for key, derived in _head(report).items():
        if value[key] != derived:
            raise ReportError(f"report.{key}: {value[key]!r} does not follow from the claims, which give {derived!r}.")
    return report


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ReportError(f"The key {twice!r} appears twice in one object.")
    return value


def _not_a_number(text: str) -> NoReturn:
    raise ReportError(f"{text} is not a JSON number.")


def _report(value: dict[str, Any]) -> Report:
    body = {key: item for key, item in value.items() if key not in ("schema", "sentence", "ok", "counts")}
    body["claims"] = tuple(_claim(item) for item in body["claims"])
    if "papers" in body:
        body["papers"] = tuple(_paper(item) for item in body["papers"])
    return Report(**body)


def _claim(value: dict[str, Any]) -> ClaimReport:
    body = _with_tuples(value, "given", "assumptions", "cites")
    if "obligations" in body:
        body["obligations"] = tuple(ObligationReport(**item) for item in body["obligations"])
    return ClaimReport(**body)


def _paper(value: dict[str, Any]) -> PaperReport:
    body = dict(value)
    if "rows" in body:
        body["rows"] = tuple(PaperRow(**_with_tuples(row, "claims")) for row in body["rows"])
    if "errata" in body:
        body["errata"] = tuple(ErratumRow(**_with_tuples(row, "refuted", "corrected")) for row in body["errata"])
    return PaperReport(**body)


def _with_tuples(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: tuple(item) if key in keys else item for key, item in value.items()}
