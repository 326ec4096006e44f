"""The ledger of a search: JSON Lines, each line bound to the one before, tiles committed to by one root.

=========  =================================================================================================================
record     says
=========  =================================================================================================================
open       what is searched (the claim's text and digest), the plan tile by tile, seed, budget, versions of everything
tile       one unit of work: what was looked at, how many points, the smallest margin, where, and its enclosure
candidate  a point that looked like a violation, and what the kernel says of it
note       resumed, cut, interrupted, another program: what does not belong to the result
close      totals, the best margin, the outcome, the root over all tiles and candidates
=========  =================================================================================================================

A ledger may hold several searches, one after the other. Line k has ``seq`` = k (from 0) and ``prev`` = the sha256 of line k - 1
as it stands in the file, without its end of line (sixty-four zeros for the first). The content of a record is the record without
``seq`` and ``prev``, as canonical JSON: keys sorted, no spaces, ASCII, no binary floats. What a search found is the list of its
tiles, candidates and its close record by content: it does not depend on notes, on interruptions, or on how many processes worked.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeAlias

from proofcheck.kernel.errors import Malformed, Place, Rejected
from proofcheck.search import merkle

FORMAT = "search/1"
MAX_LEDGER, MAX_LINE, MAX_LINES = 256_000_000, 2_000_000, 2_000_000
MAX_DEPTH, MAX_WHOLE = 8, 2**63
START = "0" * 64
SYNC_EVERY = 0.2
"""Seconds between two orders to the disk: a killed process loses nothing that was written, a power failure at most this much."""
OUTCOMES = ("found", "nothing found", "budget ended")
VERDICTS = ("witness", "outside", "not violated", "undecided")
HAPPENED = ("resumed", "cut", "interrupted", "program", "text")

Point: TypeAlias = Mapping[str, str]
Plain: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Open:
    """What is searched, and the plan. ``text`` is the claim file's text; ``digest`` the digest of its meaning (``Statement.digest``).

    ``stages``: tables with ``method``, ``obligation`` (its name), ``obligation_digest``, ``tiles`` (how many) and the method's own
    parameters; tiles are numbered through all stages. ``budget``: work units asked for. ``program``: versions and machine.
    """

    kind: ClassVar[str] = "open"
    claim: str
    digest: str
    text: str
    seed: int
    budget: int
    stages: tuple[Plain, ...]
    program: Mapping[str, str]
    format: str = FORMAT


@dataclass(frozen=True)
class Tile:
    """One unit of work, a function of the open record and ``number`` alone.

    ``part`` says what the method looked at, in the method's words. ``points`` were evaluated, of which ``outside`` violate a hypothesis and at
    ``undefined`` a term has no value. ``margin`` is the smallest distance from being violated, as the shortest decimals of a float64;
    ``enclosure`` are two rationals that contain its exact value at the exact point ``at``; empty where no point counted.
    """

    kind: ClassVar[str] = "tile"
    number: int
    stage: int
    part: Plain
    points: int
    outside: int
    undefined: int
    work: int
    margin: str = ""
    at: Point = field(default_factory=dict)
    enclosure: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A point of a tile that looked like a violation; ``verdict`` is the kernel's; ``witness`` the confirmed point, as simple as it gets."""

    kind: ClassVar[str] = "candidate"
    tile: int
    obligation: str
    at: Point
    margin: str
    verdict: str
    witness: Point = field(default_factory=dict)
    enclosure: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something that happened and is no part of the result."""

    kind: ClassVar[str] = "note"
    what: str
    text: str


@dataclass(frozen=True)
class Close:
    """The end of a search. ``totals``: by method, numbers of tiles, points, outside, undefined, work. ``best``: tile, margin, at of the smallest margin.

    ``root`` commits to the tiles, ``candidates`` to the candidates, both by content and in order.
    """

    kind: ClassVar[str] = "close"
    outcome: str
    tiles: int
    root: str
    candidates: str
    totals: Mapping[str, Mapping[str, int]]
    best: Plain


Record: TypeAlias = Open | Tile | Candidate | Note | Close


@dataclass(frozen=True)
class Line:
    """A record with its place: number from 0, and the digest of the line as it stands in the file."""

    number: int
    digest: str
    record: Record


@dataclass(frozen=True)
class Search:
    """The records of one search, in order; ``close`` is None where it was left unfinished. ``line`` is the line of its open record."""

    line: int
    open: Open
    tiles: tuple[Tile, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[Note, ...] = ()
    close: Close | None = None

    @property
    def root(self) -> str:
        """The root over the tiles."""
        return merkle.root([content(tile) for tile in self.tiles])

    def result(self) -> str:
        """Return a digest of what was found: tiles, candidates and close record, and nothing else."""
        found: list[Record] = [*self.tiles, *self.candidates, *([self.close] if self.close else [])]
        return sha256("\n".join(content(record) for record in found).encode()).hexdigest()


@dataclass(frozen=True)
class TileProof:
    """What it takes to check one tile without the others: its content, its number, how many there are, and the path to the root."""

    content: str
    number: int
    count: int
    path: tuple[str, ...]

    def holds(self, root: str) -> bool:
        """Say whether ``root`` commits to this tile in this place."""
        return merkle.leads_to(self.content, self.number, self.count, self.path, root)


def tile_proof(tiles: tuple[Tile, ...], number: int) -> TileProof:
    """Return the proof that tile ``number`` is one of ``tiles``."""
    contents = [content(tile) for tile in tiles]
    return TileProof(contents[number], number, len(contents), merkle.path(contents, number))


@dataclass(frozen=True)
class Ledger:
    """A whole ledger that passed every check of ``read``; ``torn`` counts the bytes of an unfinished last line, which is no part of it."""

    path: Path
    lines: tuple[Line, ...]
    searches: tuple[Search, ...]
    torn: int = 0

    @property
    def head(self) -> str:
        """The digest of the last line, which binds all of them; published, it fixes the whole ledger."""
        return self.lines[-1].digest if self.lines else START


# -- text ----------------------------------------------------------------------------------------------------------------


def canonical(data: Mapping[str, Any]) -> str:
    """Return JSON: keys sorted, no spaces, ASCII; the same data gives the same text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def plain(record: Record) -> dict[str, Any]:
    """Return the content of a record as a table; what is empty by default is left out."""
    table = {key: value for key, value in asdict(record).items() if key in _required(record.kind) or value}
    return {"kind": record.kind, **table}


def content(record: Record) -> str:
    """Return the content of a record as canonical JSON: what the roots commit to."""
    return canonical(plain(record))


def line_of(record: Record, number: int, prev: str) -> str:
    """Return the line of a record, without its end."""
    return canonical({**plain(record), "seq": number, "prev": prev})


def digest(line: bytes) -> str:
    """Return the digest of a line, without its end."""
    return sha256(line).hexdigest()


# -- reading -------------------------------------------------------------------------------------------------------------


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_WHOLE


def _hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _plain(value: Any, depth: int = 0) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_plain(part, depth + 1) for part in value.values())
    if isinstance(value, list):
        return all(_plain(part, depth + 1) for part in value)
    return isinstance(value, (str, int))


def _table(value: Any) -> bool:
    return isinstance(value, dict) and _plain(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


_RATIONAL = re.compile(r"-?\d+(/[1-9]\d*)?")


def _enclosure(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (0, 2) and all(isinstance(end, str) and _RATIONAL.fullmatch(end) for end in value)


def _margin(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(-?(\d+(\.\d+)?(e[+-]?\d+)?|inf))?", value) is not None


def _one_of(words: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: value in words


def _totals(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(row, dict) and all(_whole(count) for count in row.values()) for row in value.values())


def _stages(value: Any) -> bool:
    return isinstance(value, list) and all(
        _table(stage) and _text(stage.get("method")) and _text(stage.get("obligation")) and _hash(stage.get("obligation_digest")) and _whole(stage.get("tiles"))
        for stage in value
    )


KEYS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "open": {"claim": _text, "digest": _hash, "text": _text, "seed": _whole, "budget": _whole, "stages": _stages, "program": _texts,
             "format": _one_of((FORMAT,))},
    "tile": {"number": _whole, "stage": _whole, "part": _table, "points": _whole, "outside": _whole, "undefined": _whole, "work": _whole,
             "margin": _margin, "at": _texts, "enclosure": _enclosure},
    "candidate": {"tile": _whole, "obligation": _text, "at": _texts, "margin": _margin, "verdict": _one_of(VERDICTS), "witness": _texts,
                  "enclosure": _enclosure},
    "note": {"what": _one_of(HAPPENED), "text": _text},
    "close": {"outcome": _one_of(OUTCOMES), "tiles": _whole, "root": _hash, "candidates": _hash, "totals": _totals, "best": _table},
}  # fmt: skip
KINDS: dict[str, type[Record]] = {"open": Open, "tile": Tile, "candidate": Candidate, "note": Note, "close": Close}
OPTIONAL = {"tile": ("margin", "at", "enclosure"), "candidate": ("witness", "enclosure")}


def _required(kind: str) -> tuple[str, ...]:
    return tuple(key for key in KEYS[kind] if key not in OPTIONAL.get(kind, ()))


def _refuse(text: str) -> None:
    raise ValueError(f"the number {text} is not whole")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON in which no key comes twice. Raises ValueError."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key comes twice")
    return table


def record_of(line: bytes, number: int, prev: str, where: str = "ledger") -> Record:
    """Return the record of line ``number``, bound to ``prev``. Rejects (PC401, PC402) with the line's number, counted from 1."""
    place = f"{where}: line {number + 1}"
    try:
        data = json.loads(line, parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Rejected("PC401", f"The line is not JSON that a ledger can hold: {error}.", place) from None
    if not isinstance(data, dict) or data.get("kind") not in KEYS:
        raise Rejected("PC401", f"A record has a `kind`: {', '.join(KEYS)}.", place)
    kind = data.pop("kind")
    seq, found = data.pop("seq", None), data.pop("prev", None)
    keys, needed = KEYS[kind], set(_required(kind))
    if unknown := sorted(set(data) - set(keys)):
        raise Rejected("PC401", f"A record of the kind {kind} has no `{unknown[0][:40]}`.", place)
    if missing := sorted(needed - set(data)):
        raise Rejected("PC401", f"The record of the kind {kind} lacks `{missing[0]}`.", place)
    for key, value in data.items():
        if not keys[key](value):
            raise Rejected("PC401", f"`{key}` of a record of the kind {kind} cannot be {json.dumps(value)[:60]}.", place)
    if type(seq) is not int or seq != number:
        raise Rejected("PC402", f"The line says that it is number {seq!r:.40}, and stands at {number}: lines were removed, added or moved.", place)
    if found != prev:
        raise Rejected("PC402", "The line before is not the one that this line was written after: it was changed, removed or moved.", place)
    for key in ("stages", "enclosure"):
        if key in data:
            data[key] = tuple(data[key])
    record = KINDS[kind](**data)
    if line_of(record, number, prev).encode() != line:
        raise Rejected("PC401", "The line is not written as a ledger writes it.", place)
    return record


def split(data: bytes) -> tuple[list[bytes], int]:
    """Return the whole lines, and how many bytes an unfinished last line has. A tail of NUL bytes, as a power failure leaves it, is unfinished."""
    whole = data.rstrip(b"\x00")
    end = whole.rfind(b"\n") + 1
    return whole[:end].split(b"\n")[:-1], len(data) - end


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a ledger. Raises Malformed (PC206, PC207)."""
    try:
        if path.stat().st_size > MAX_LEDGER:
            raise Malformed("PC206", f"The ledger has more than {MAX_LEDGER} bytes.", Place(file=str(path)))
        return path.read_bytes()
    except OSError as error:
        raise Malformed("PC207", f"The ledger cannot be read: {error.strerror or error}.", Place(file=str(path))) from None


def read(path: Path) -> Ledger:
    """Return the ledger of a file after every check that needs nothing but the file.

    Raises Malformed for a file that cannot be opened or is too large (PC206, PC207); Rejected for a line that is no record (PC401), that is not
    bound to the one before (PC402), or whose totals are not those of the records before it (PC403).
    """
    return parsed(bytes_of(path), path)


def parsed(data: bytes, path: Path = Path("ledger")) -> Ledger:
    """Return the ledger with these bytes, as ``read`` does."""
    rows, torn = split(data)
    if len(rows) > MAX_LINES:
        raise Malformed("PC206", f"The ledger has more than {MAX_LINES} lines.", Place(file=str(path)))
    lines: list[Line] = []
    prev = START
    for number, row in enumerate(rows):
        if len(row) > MAX_LINE:
            raise Malformed("PC206", f"Line {number + 1} has more than {MAX_LINE} bytes.", Place(file=str(path)))
        record = record_of(row, number, prev, str(path))
        prev = digest(row)
        lines.append(Line(number, prev, record))
    return Ledger(path, tuple(lines), searches_of(lines, str(path)), torn)


def searches_of(lines: list[Line], where: str = "ledger") -> tuple[Search, ...]:
    """Return the searches of the lines. Rejects (PC403) records out of place, and totals that are not those of the records."""
    found: list[Search] = []
    parts: list[Line] = []
    for line in lines:
        if isinstance(line.record, Open):
            if parts:
                found.append(_search(parts, where))
            parts = [line]
        elif not parts or (isinstance(parts[-1].record, Close) and not isinstance(line.record, Note)):
            raise Rejected("PC403", "A record stands outside a search.", f"{where}: line {line.number + 1}")
        elif isinstance(line.record, Note) and isinstance(parts[-1].record, Close):
            continue  # a note about the file as a whole
        else:
            parts.append(line)
    return (*found, *([_search(parts, where)] if parts else []))


def _search(parts: list[Line], where: str) -> Search:
    opened = parts[0].record
    assert isinstance(opened, Open)
    planned = sum(int(stage["tiles"]) for stage in opened.stages)
    tiles: list[Tile] = []
    candidates: list[Candidate] = []
    notes: list[Note] = []
    close: Close | None = None
    for line in parts[1:]:
        record, place = line.record, f"{where}: line {line.number + 1}"
        if isinstance(record, Tile):
            if record.number != len(tiles) or record.number >= planned or record.stage != stage_of(opened, record.number):
                raise Rejected("PC403", f"Tile {record.number} of stage {record.stage} is not the next one of the plan.", place)
            tiles.append(record)
        elif isinstance(record, Candidate):
            if record.tile != len(tiles) - 1:
                raise Rejected("PC403", f"The candidate is of tile {record.tile}, and the last tile is {len(tiles) - 1}.", place)
            candidates.append(record)
        elif isinstance(record, Note):
            notes.append(record)
        elif isinstance(record, Close):
            close = record
            wrong = closing(opened, tuple(tiles), tuple(candidates), record.outcome)
            for key, value in plain(wrong).items():
                if plain(record)[key] != value:
                    raise Rejected("PC403", f"`{key}` of the close record is not that of the records before it.", place)
    return Search(parts[0].number, opened, tuple(tiles), tuple(candidates), tuple(notes), close)


def stage_of(opened: Open, number: int) -> int:
    """Return the index of the stage to which tile ``number`` belongs."""
    for index, stage in enumerate(opened.stages):
        number -= int(stage["tiles"])
        if number < 0:
            return index
    return -1


def closing(opened: Open, tiles: tuple[Tile, ...], candidates: tuple[Candidate, ...], outcome: str) -> Close:
    """Return the close record that belongs to tiles and candidates."""
    totals: dict[str, dict[str, int]] = {}
    for tile in tiles:
        row = totals.setdefault(str(opened.stages[tile.stage]["method"]), dict.fromkeys(("tiles", "points", "outside", "undefined", "work"), 0))
        row["tiles"] += 1
        for key in ("points", "outside", "undefined", "work"):
            row[key] += getattr(tile, key)
    smallest = min((tile for tile in tiles if tile.margin), key=lambda tile: (float(tile.margin), tile.number), default=None)
    best = {} if smallest is None else {"tile": smallest.number, "margin": smallest.margin, "at": dict(smallest.at)}
    digests = sha256("\n".join(content(candidate) for candidate in candidates).encode()).hexdigest()
    return Close(outcome, len(tiles), merkle.root([content(tile) for tile in tiles]), digests, totals, best)


# -- writing -------------------------------------------------------------------------------------------------------------


class Writer:
    """Appends records to a ledger, one at a time, so that a line is there whole or not at all.

    Opening reads and checks what is there (``ledger``), refuses a ledger that another process is writing (BlockingIOError), and
    cuts an unfinished last line; ``cut`` says how many bytes that were. Raises OSError where the disk is full; what was written before stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BlockingIOError(error.errno, "Another search is writing this ledger", str(path)) from None
            self.ledger = read(path)
            self.cut = self.ledger.torn
            self.end = os.fstat(self.file).st_size - self.cut
            os.ftruncate(self.file, self.end)
            self.number, self.head = len(self.ledger.lines), self.ledger.head
            self.synced = time.monotonic()
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except BaseException:
            os.close(self.file)
            raise

    def append(self, record: Record, *, sync: bool = False) -> Line:
        """Write one record and return its line; with ``sync`` it is on the disk when this returns."""
        data = line_of(record, self.number, self.head).encode()
        if len(data) > MAX_LINE:
            raise Malformed("PC206", f"A record has {len(data)} bytes; a line of a ledger has at most {MAX_LINE}.", Place(file=str(self.path)))
        try:
            written = 0
            while written < len(data) + 1:
                written += os.write(self.file, (data + b"\n")[written:])
            if sync or time.monotonic() - self.synced >= SYNC_EVERY:
                self.sync()
        except OSError as error:
            os.ftruncate(self.file, self.end)
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self.end += len(data) + 1
        self.head = digest(data)
        self.number += 1
        return Line(self.number - 1, self.head, record)

    def sync(self) -> None:
        """Order everything written to the disk."""
        os.fsync(self.file)
        self.synced = time.monotonic()

    def close(self) -> None:
        """End the writing; everything is on the disk then."""
        if self.file >= 0:
            try:
                self.sync()
            finally:
                os.close(self.file)
                self.file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def head(path: Path) -> str:
    """Return the digest of the last line of a ledger that passes every check of ``read``."""
    return read(path).head
