"""Searches that proofcheck did not run: a declared grid, or a plain list of points, read as data.

A declaration is a TOML file:

    proofcheck = "declared/1"

    [search]
    claim      = "paper/name"          # the claim whose violation was looked for
    title      = "…"                   # optional, with text and source: who looked, and where that is written down
    outcome    = "nothing found"       # what was reported; or "found"
    obligation = "statement[K=2]"      # optional: one instance

    [grid]                             # either the nodes of a grid, as the method ``grid`` reads them
    points  = { x = 1000, y = 2001 }
    spacing = "linspace"

    [list]                             # or a file beside the declaration
    file     = "points.csv"
    accuracy = "1e-9"                  # of the margins in it

A list is CSV with a header of variable names, or JSON: {"variables": ["x", "y"], "points": [["1/3", 0.25], …]} or a list of tables. Numbers are read
exactly as they are written (0.1 is 1/10); exact constants such as pi/4 are allowed as texts. A column ``margin`` may hold what the searcher
computed there. Entries of vectors are named w_1, w_2, …
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from proofcheck.kernel.errors import Malformed, Place
from proofcheck.kernel.files import read_bytes
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import MAX_FILE, read_toml
from proofcheck.kernel.terms import Obligation, Term, num, variables
from proofcheck.search.ledger import OUTCOMES, unique

FORMAT = "declared/1"
MAX_LIST, MAX_ROWS, MAX_DIGITS, MAX_EXPONENT = 64_000_000, 1_000_000, 400, 400
ACCURACY = Fraction(1, 10**9)
MARGIN = "margin"
KEYS = {
    "": ("proofcheck", "search", "grid", "list"),
    "search": ("claim", "title", "text", "source", "outcome", "obligation"),
    "grid": ("points", "spacing", "part", "digits"),
    "list": ("file", "accuracy"),
}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Row:
    """A point of a list: exact coordinates, the margin that its author computed there, and the line or number in the file."""

    place: str
    at: Mapping[str, Term]
    margin: Fraction | None = None


@dataclass(frozen=True)
class Declared:
    """A search as its author declares it: a grid by the options of the method ``grid``, or points one by one."""

    path: Path
    claim: str
    title: str = ""
    text: str = ""
    source: str = ""
    outcome: str = "nothing found"
    obligation: str = ""
    grid: Mapping[str, Any] | None = None
    file: Path | None = None
    accuracy: Fraction = ACCURACY


def declared(path: Path) -> Declared:
    """Return the declaration in a TOML file. Raises Malformed."""
    try:
        tables = read_toml(read_bytes(path, path.parent, MAX_FILE))
        if tables.get("proofcheck") != FORMAT:
            raise Malformed("PC204", f"A declared search starts with `proofcheck = {FORMAT!r}`.").at(key="key `proofcheck`")
        for name, table in (("", tables), *((key, tables[key]) for key in ("search", "grid", "list") if key in tables)):
            if not isinstance(table, Mapping):
                raise Malformed("PC204", f"[{name}] is a table.")
            if unknown := sorted(set(table) - set(KEYS[name])):
                raise Malformed("PC202", f"`{unknown[0]}` is not a key here. Keys: {', '.join(KEYS[name])}.").at(key=f"[{name}]" if name else "")
        search = tables.get("search", {})
        if not search.get("claim") or ("grid" in tables) == ("list" in tables):
            raise Malformed("PC203", "A declared search has a `claim` in [search], and either [grid] or [list].")
        for key, value in search.items():
            if not isinstance(value, str):
                raise Malformed("PC204", f"{value!r} is not a text.").at(key=f"[search], key `{key}`")
        outcome = search.get("outcome", "nothing found")
        if outcome not in OUTCOMES[:2]:
            raise Malformed("PC204", f"{outcome!r} is not one of {', '.join(OUTCOMES[:2])}.").at(key="[search], key `outcome`")
        texts = {key: search[key] for key in ("title", "text", "source", "obligation") if key in search}
        listed = tables.get("list", {})
        if "list" in tables and not isinstance(listed.get("file"), str):
            raise Malformed("PC203", "[list] names a `file`.")
        accuracy = _number(listed["accuracy"], "[list], key `accuracy`") if "accuracy" in listed else ACCURACY
        return Declared(path, search["claim"], outcome=outcome, grid=tables.get("grid"), accuracy=accuracy,
                        file=path.parent / listed["file"] if listed else None, **texts)  # fmt: skip
    except Malformed as error:
        raise error.at(file=str(path)) from None


def rows(path: Path, obligation: Obligation) -> list[Row]:
    """Return the points of a CSV or JSON file. Raises Malformed with the line, or the number of the point, at fault."""
    data = read_bytes(path, path.parent, MAX_LIST)
    try:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Malformed("PC201", f"The list is not UTF-8 (byte {error.start}).", hint="Save it as UTF-8.") from None
        found = list(_rows(_json(text) if path.suffix.lower() == ".json" else _csv(text), obligation))
        if not found:
            raise Malformed("PC203", "The list has no points.")
    except Malformed as error:
        raise error.at(file=str(path)) from None
    return found


def _csv(text: str) -> Iterator[tuple[str, list[str], Sequence[Any]]]:
    """Yield place, names and values of each line behind the header."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip() for cell in cells]
            else:
                yield f"line {reader.line_num}", names, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise Malformed("PC201", f"The list is not CSV that can be read: {error}.").at(key=f"line {reader.line_num}") from None


def _json(text: str) -> Iterator[tuple[str, list[str], Sequence[Any]]]:
    """Yield place, names and values of each point; numbers with a fraction keep their text."""
    try:
        data = json.loads(text, parse_float=str, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Malformed("PC201", f"The list is not JSON that can be read: {error}.") from None
    if isinstance(data, dict) and set(data) == {"variables", "points"} and isinstance(data["points"], list) and isinstance(data["variables"], list):
        for i, point in enumerate(data["points"], 1):
            yield f"point {i}", list(map(str, data["variables"])), point if isinstance(point, list) else []
    elif isinstance(data, list) and all(isinstance(point, dict) for point in data):
        for i, point in enumerate(data, 1):
            yield f"point {i}", list(point), list(point.values())
    else:
        raise Malformed("PC204", "A list in JSON is a table with `variables` and `points`, or a list of tables.")


def _rows(table: Iterator[tuple[str, list[str], Sequence[Any]]], obligation: Obligation) -> Iterator[Row]:
    wanted = [name for name, _ in obligation.domains]
    for count, (place, names, values) in enumerate(table, 1):
        if count > MAX_ROWS:
            raise Malformed("PC106", f"The list has more than {MAX_ROWS} points.", hint="Cut it into several.")
        if sorted(set(names) - {MARGIN}) != sorted(wanted) or len(set(names)) != len(names):
            what = f"The columns are {', '.join(names)[:200]}; the claim's variables are {', '.join(wanted)}."
            raise Malformed("PC203", what, hint=f"A column `{MARGIN}` may stand beside them.").at(key=place)
        if len(values) != len(names):
            raise Malformed("PC203", f"{len(values)} values for {len(names)} columns.").at(key=place)
        entries = dict(zip(names, values, strict=True))
        margin = entries.pop(MARGIN, None)
        at = {name: _constant(entries[name], f"{place}, {name}") for name in wanted}
        yield Row(place, at, None if margin in (None, "") else _number(margin, f"{place}, {MARGIN}"))


def _constant(value: Any, key: str) -> Term:
    """Return an exact constant: a decimal as it is written, or a formula without variables."""
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        try:
            term = Scope({}, {}, key).scalar(value)
        except Malformed as error:
            raise error.at(key=key) from None
        assert not variables(term)
        return term
    return num(_number(value, key))


def _number(value: Any, key: str) -> Fraction:
    """Return a decimal number exactly. Raises Malformed for anything else, and for numbers that nobody means."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not _DECIMAL.fullmatch(text) or len(text) > MAX_DIGITS or _exponent(text) > MAX_EXPONENT:
        shown = str(value)[:80]
        raise Malformed("PC204", f"{shown!r} is not a number that can be read exactly.", Place(text=shown, length=len(shown))).at(key=key)
    return Fraction(text)


def _exponent(text: str) -> int:
    """Return the size of the exponent of a decimal number; its digits are few because the text is short."""
    return abs(int(text.lower().partition("e")[2] or "0"))


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= MAX_DIGITS else text


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
