"""Audits of ledgers: honest ones are confirmed, a hundred random tamperings are noticed, hostile files end in messages."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from proofcheck.search.audit import Audit, audit
from proofcheck.search.ledger import Candidate, Close, Open, Record, Tile, Writer, closing, digest, head, line_of, read
from tests.project import Project
from tests.searching import searched

SQUARE = {"x": "[0, 1]", "y": "[0, 1]"}


def project_in(folder: Path) -> Project:
    """Return a project with a true claim under a hypothesis, and a false one."""
    found = Project(folder)
    found.claim("true", "x*y <= 2/7", given=["x + y <= 1"], domains=SQUARE)
    found.claim("false", "(x - 1/3)^2 + (y - 1/2)^2 > 1/10^4", domains=SQUARE)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return such a project."""
    return project_in(tmp_path)


def audited(project: Project, path: Path, **options: object) -> Audit:
    """Return an audit without coverage unless asked for."""
    return audit(path, root=project.root, **{"seed": 1, "cells": 0, **options})  # type: ignore[arg-type]


def check(found: Audit, name: str) -> str:
    """Return what an audit says under a name."""
    return next(item.text for item in found.searches[0].checks if item.name == name)


# -- honest ledgers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "budget"), [("grid", 90_000), ("random", 40_000), ("bisect", 200_000), ("all", 300_000)])
def test_honest_searches_are_confirmed(project: Project, method: str, budget: int) -> None:
    """Every tile comes out again to the last digit, and enclosures around the points leave nothing of a claim with room."""
    found = audited(project, searched(project, "true", method, budget=budget), cells=3000)
    assert found.verdict == "confirmed", str(found)
    assert "none is misreported" in check(found, "tiles")
    assert found.searches[0].coverage[0].share == 1
    assert found.searches[0].certificate


def test_ties_are_confirmed(project: Project) -> None:
    """Where both sides are equal at a node, the margin is 0 and its enclosure reaches to both sides of it."""
    project.claim("tight", "x*(pi - x) <= pi^2/4", domains={"x": "[0, pi]"})
    found = audited(project, searched(project, "tight", "grid", points=101))
    assert found.verdict == "confirmed", str(found)
    assert "smallest 0 at x = 1/2*pi" in check(found, "margins")


@pytest.mark.parametrize("method", ["grid", "random", "all"])
def test_a_find_is_confirmed_by_its_witness(project: Project, method: str) -> None:
    """A search that found a counterexample is confirmed where the kernel accepts it again; coverage does not matter then."""
    found = audited(project, searched(project, "false", method, budget=90_000), require_coverage=Fraction(1))
    assert found.verdict == "confirmed"
    assert "the claim is violated at" in check(found, "candidates")


def test_a_search_that_missed_is_confirmed_and_says_what_it_missed(project: Project) -> None:
    """The verdict is about the search: on a coarse grid nothing was found, the coverage is below 100 %, the gap is named."""
    path = searched(project, "false", "grid", points=12)
    found = audited(project, path, cells=2000)
    assert found.verdict == "confirmed"
    assert found.searches[0].coverage[0].share < 1
    assert "1/11" in check(found, "unseen")
    assert audited(project, path, cells=2000, require_coverage="100 %").verdict == "insufficient"


def test_prose_may_change(project: Project) -> None:
    """A comment, a title and the order of keys are no part of the meaning."""
    path = searched(project, "true", budget=20_000)
    claim = project.path("true")
    claim.write_text(claim.read_text().replace('"A title"', '"Another"') + "# a comment\n")
    assert audited(project, path).verdict == "confirmed"


def test_a_claim_that_is_not_here(project: Project) -> None:
    """Where the project does not have the claim, the ledger's own text is audited, and the audit says so."""
    path = searched(project, "true", budget=20_000)
    project.path("true").unlink()
    found = audited(project, path)
    assert found.verdict == "confirmed"
    assert "not a claim of this project" in check(found, "claim")


def test_several_searches_in_one_ledger(project: Project) -> None:
    """Each search is audited, and the worst verdict is that of the ledger."""
    path = searched(project, "true", budget=20_000)
    searched(project, "false", "grid", points=12, path=path)
    assert len(audited(project, path).searches) == 2
    searched(project, "true", "grid", budget=90_000, stop=2, path=path)
    assert [search.verdict for search in audited(project, path).searches] == ["confirmed", "confirmed", "insufficient"]
    assert audited(project, path).verdict == "insufficient"


def test_unfinished_searches_are_insufficient(project: Project) -> None:
    """A search that was stopped says how far it came."""
    found = audited(project, searched(project, "true", "grid", budget=90_000, stop=2))
    assert (found.verdict, found.exit_code) == ("insufficient", 4)
    assert found.reason == "left unfinished: 2 of 5 planned tiles"


def test_a_search_whose_points_do_not_count(project: Project) -> None:
    """Where every point violates a hypothesis, nothing was searched."""
    project.claim("narrow", "x > 2", given=["x*(1 - x) > 249/1000"], domains={"x": "[0, 1]"})
    assert audited(project, searched(project, "narrow", points=4)).verdict == "insufficient"


def test_processes_do_not_change_an_audit(project: Project) -> None:
    """One process and two say the same."""
    path = searched(project, "true", "grid", budget=90_000)
    assert audited(project, path, jobs=2, cells=500) == audited(project, path, jobs=1, cells=500)


# -- heads ---------------------------------------------------------------------------------------------------------------


def test_published_heads(project: Project) -> None:
    """The last head, and one of an earlier state, are found; any other is not."""
    path = searched(project, "true", "grid", budget=20_000)
    early = head(path)
    searched(project, "false", "grid", points=12, path=path)
    assert audited(project, path, head=head(path)).verdict == "confirmed"
    found = audited(project, path, head=early)
    assert found.verdict == "confirmed"
    assert "3 lines were added after it" in check(found, "chain")
    assert audited(project, path, head="0" * 64).verdict == "tampered"


def test_a_later_search_cut_off_is_noticed_by_its_head(project: Project) -> None:
    """Without its last search a ledger is whole; only the published head shows that something is gone."""
    path = searched(project, "true", "grid", budget=20_000)
    whole = path.read_bytes()
    searched(project, "false", "grid", budget=90_000, path=path)
    published = head(path)
    path.write_bytes(whole)
    assert audited(project, path).verdict == "confirmed"
    assert audited(project, path, head=published).verdict == "tampered"


# -- a hundred tamperings ------------------------------------------------------------------------------------------------

Tamper = Callable[[random.Random, list[bytes], Project], list[bytes]]


def flip(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Flip a bit."""
    del project
    data = bytearray(b"\n".join(lines) + b"\n")
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return [bytes(data)]


def remove(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Remove a line."""
    del project
    lines.pop(draw.randrange(len(lines)))
    return lines


def reorder(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Exchange two lines."""
    del project
    i, j = draw.sample(range(len(lines)), 2)
    lines[i], lines[j] = lines[j], lines[i]
    return lines


def duplicate(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Put a line in twice."""
    del project
    lines.insert(draw.randrange(len(lines)), draw.choice(lines))
    return lines


def forge(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Change a number in a tile and bind the next line to it, and no further."""
    del project
    i = draw.randrange(1, len(lines) - 2)
    data = json.loads(lines[i])
    data["points"] += draw.randrange(1, 50)
    lines[i] = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
    following = json.loads(lines[i + 1])
    following["prev"] = digest(lines[i])
    lines[i + 1] = json.dumps(following, sort_keys=True, separators=(",", ":")).encode()
    return lines


def forge_last(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Change the close record, to which nothing is bound."""
    del project
    data = json.loads(lines[-1])
    key = draw.choice(["tiles", "outcome", "root", "candidates", "best"])
    data[key] = {"tiles": data["tiles"] + 1, "outcome": "found", "root": "0" * 64, "candidates": "1" * 64, "best": {}}[key]
    lines[-1] = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
    return lines


def truncate(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Cut the tail off, anywhere."""
    del project
    data = b"\n".join(lines) + b"\n"
    return [data[: draw.randrange(len(data))]]


def truncate_lines(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Cut off whole lines."""
    del project
    return lines[: draw.randrange(len(lines))]


def append(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Add a tile, or half a line, behind the end."""
    del project
    return [*lines, draw.choice(lines)] if draw.random() < 0.5 else [*lines, lines[1][: draw.randrange(1, len(lines[1]))] + b"\x00"]


def change_claim(draw: random.Random, lines: list[bytes], project: Project) -> list[bytes]:
    """Change what the claim on disk says."""
    path = project.path("true")
    old, new = draw.choice([("2/7", "3/10"), ("x + y <= 1", "x + y <= 9/10"), ("[0, 1]", "[0, 1)"), ("x*y <=", "x*y <"), ('"proved"', '"refuted"')])
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return lines


TAMPERINGS: tuple[Tamper, ...] = (flip, remove, reorder, duplicate, forge, forge_last, truncate, truncate_lines, append, change_claim)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, bytes, str]:
    """Return a project, the bytes of an honest ledger with five tiles, and its head."""
    project = project_in(tmp_path_factory.mktemp("honest"))
    path = searched(project, "true", "grid", budget=90_000)
    return project, path.read_bytes(), head(path)


@pytest.mark.parametrize("number", range(100))
def test_tampering_is_noticed(tmp_path: Path, honest: tuple[Project, bytes, str], number: int) -> None:
    """Whatever was changed, the verdict is not CONFIRMED; what contradicts itself is TAMPERED and names a line or the claim."""
    _, data, published = honest
    project = project_in(tmp_path)
    draw = random.Random(number)
    tamper = TAMPERINGS[number % len(TAMPERINGS)]
    while True:
        lines = tamper(draw, data.split(b"\n")[:-1], project)
        changed = b"\n".join(lines) + (b"" if len(lines) == 1 else b"\n")
        if changed != data or tamper is change_claim:
            break
    path = tmp_path / "search.jsonl"
    path.write_bytes(changed)
    found = audited(project, path, sample=0)
    assert found.verdict in ("tampered", "insufficient"), str(found)
    if tamper not in (truncate, truncate_lines, append, flip, remove):
        assert found.verdict == "tampered"
        assert "line" in found.reason
    if tamper is not change_claim:
        assert audited(project, path, head=published).verdict == "tampered" or tamper is append


# -- a ledger written anew as a whole ------------------------------------------------------------------------------------


def rewritten(path: Path, change: Callable[[Record], Record | None]) -> Path:
    """Return a ledger with changed records, all digests computed anew as its owner could."""
    search = read(path).searches[0]
    opened = change(search.open)
    assert isinstance(opened, Open)
    tiles = [tile for item in search.tiles if isinstance(tile := change(item), Tile)]
    candidates = [candidate for item in search.candidates if isinstance(candidate := change(item), Candidate)]
    assert search.close is not None
    close = change(closing(opened, tuple(tiles), tuple(candidates), search.close.outcome))
    assert isinstance(close, Close)
    target = path.with_name("rewritten.jsonl")
    target.unlink(missing_ok=True)
    with Writer(target) as writer:
        writer.append(opened)
        for tile in tiles:
            writer.append(tile)
            for candidate in candidates:
                if candidate.tile == tile.number:
                    writer.append(candidate)
        writer.append(close)
    return target


def for_tile(number: int, **changes: object) -> Callable[[Record], Record]:
    """Return a change of one tile."""
    return lambda record: replace(record, **changes) if isinstance(record, Tile) and record.number == number else record  # type: ignore[arg-type]


FORGED = [
    ("a smaller margin", for_tile(3, margin="0.01", enclosure=("1/100", "1/100")), 0),
    ("a margin that is not its enclosure", for_tile(3, margin="0.01"), 0),
    ("a point elsewhere", for_tile(3, at={"x": "1/4", "y": "1/4"}), 0),
    ("a point that is none", for_tile(3, at={"x": "1/4"}), 0),
    ("a point that is no number", for_tile(3, at={"x": "1/4", "y": "y"}), 0),
    ("a larger margin with its point", for_tile(3, at={"x": "1/4", "y": "1/4"}, margin=repr(25 / 112), enclosure=("25/112", "25/112")), 6),
    ("fewer points", for_tile(4, points=1), 6),
    ("fewer points outside", for_tile(4, outside=0), 6),
    ("points without a value hidden", for_tile(4, undefined=1), 6),
    ("another part", for_tile(4, part={"rows": [0, 1]}), 6),
    ("no margin", for_tile(2, margin="", at={}, enclosure=()), 6),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "sample"), FORGED, ids=[name for name, _, _ in FORGED])
def test_a_forged_chain_is_noticed_by_looking_again(project: Project, what: str, change: Callable[[Record], Record], sample: int) -> None:
    """With all digests computed anew the chain is whole. Reported points are all looked at; the rest by computing tiles again, or by a head."""
    del what
    path = searched(project, "true", "grid", budget=90_000)
    published = head(path)
    forged = rewritten(path, change)
    found = audited(project, forged, sample=sample)
    assert found.verdict == "not-reproduced", str(found)
    assert f"tile {next(n for n in (2, 3, 4) if f'tile {n}' in found.reason)}" in found.reason
    assert audited(project, forged, head=published).verdict == "tampered"
    if sample:
        assert audited(project, forged, sample=0).verdict == "confirmed"


def test_a_smaller_plan_is_noticed_by_a_head_alone(project: Project) -> None:
    """Who writes a ledger of a smaller search has a true ledger of a smaller search; only a head published before shows the difference."""
    published = head(searched(project, "true", "grid", budget=90_000))
    smaller = searched(project, "true", "grid", budget=20_000, path=project.root / "smaller.jsonl")
    assert audited(project, smaller).verdict == "confirmed"
    assert audited(project, smaller, head=published).verdict == "tampered"


def test_a_hidden_find_is_noticed(project: Project) -> None:
    """A witness taken out of the ledger: the reported margin itself violates the claim."""
    path = searched(project, "false", "grid", budget=90_000)

    def hide(record: Record) -> Record | None:
        return None if isinstance(record, Candidate) else replace(record, outcome="nothing found") if isinstance(record, Close) else record

    found = audited(project, rewritten(path, hide), sample=0)
    assert found.verdict == "not-reproduced"
    assert "violates the claim" in found.reason


def test_an_invented_find_is_noticed(project: Project) -> None:
    """A candidate that the kernel does not confirm, called a witness."""
    path = searched(project, "false", "grid", budget=90_000)

    def invent(record: Record) -> Record | None:
        return replace(record, witness={"x": "0", "y": "0"}) if isinstance(record, Candidate) else record

    found = audited(project, rewritten(path, invent), sample=0)
    assert found.verdict == "not-reproduced"
    assert "the kernel says `not violated`" in found.reason


def test_a_plan_for_another_claim_is_noticed(project: Project) -> None:
    """Text and digest of the open record have to belong together, and to the obligations of the stages."""
    path = searched(project, "true", "grid", budget=20_000)

    def exchange(record: Record) -> Record | None:
        return replace(record, text=project.path("false").read_text("utf-8")) if isinstance(record, Open) else record

    found = audited(project, rewritten(path, exchange))
    assert found.verdict == "tampered"
    assert "line 1" in found.reason


@pytest.mark.parametrize("stage", [{"points": "many"}, {"points": -3}, {"rows": 0}, {"method": "guess"}, {"points": {"z": 3}}, {"points": 10**12}])
def test_plans_that_cannot_be_computed(project: Project, stage: dict[str, object]) -> None:
    """Parameters that no method takes are a difference with a reason, not a crash."""
    path = searched(project, "true", "grid", budget=20_000)

    def spoil(record: Record) -> Record | None:
        return replace(record, stages=({**record.stages[0], **stage},)) if isinstance(record, Open) else record

    found = audited(project, rewritten(path, spoil), cells=50)
    assert found.verdict in ("not-reproduced", "tampered"), str(found)


def test_other_machines_may_follow_other_floats(project: Project) -> None:
    """Where the ledger names other versions, methods that follow floats may take another way, and too little follows; grids may not."""
    path = searched(project, "true", "all", budget=300_000)
    count = len(read(path).searches[0].tiles)

    def elsewhere(record: Record) -> Record | None:
        if isinstance(record, Open):
            return replace(record, program={"numpy": "0.1"})
        return replace(record, points=record.points + 1) if isinstance(record, Tile) else record

    found = audited(project, rewritten(path, elsewhere))
    assert found.verdict == "insufficient"
    assert f"{count} of {count} tiles took another way here" in found.reason
    assert "numpy 0.1" in found.reason
    assert audited(project, rewritten(searched(project, "true", budget=20_000, path=project.root / "g.jsonl"), elsewhere)).verdict == "not-reproduced"


# -- hostile files -------------------------------------------------------------------------------------------------------

HOSTILE = [
    ("binary", os.urandom(20_000) + b"\n", 6),
    ("nested", b"[" * 200_000 + b"\n", 6),
    ("nan", b'{"kind":"note","what":"text","text":"","seq":NaN,"prev":""}\n', 6),
    ("float", b'{"kind":"note","what":"text","text":"","seq":0.0,"prev":""}\n', 6),
    ("twice", b'{"kind":"note","kind":"note","what":"text","text":"","seq":0,"prev":""}\n', 6),
    ("digits", b'{"kind":"note","what":"text","text":"","seq":' + b"9" * 6_000 + b',"prev":""}\n', 6),
    ("long line", b'{"kind":"' + b"a" * 3_000_000 + b'"}\n', 2),
    ("empty", b"", 4),
    ("zeros", b"\x00" * 1000, 4),
    ("lines", b"\n" * 1000, 6),
    ("no end", b'{"kind":"note"', 4),
    ("utf", b"\xff\xfe{}\n", 6),
    ("escape", b'{"kind":"\\u001b[2J"}\n', 6),
]


@pytest.mark.parametrize(("name", "data", "code"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_hostile_ledgers(project: Project, name: str, data: bytes, code: int) -> None:
    """Each ends in a message with its code, in moments, and without a control character on the terminal."""
    path = project.root / f"{name.replace(' ', '-')}.jsonl"
    path.write_bytes(data)
    ended = project.run("audit", str(path), "--seed", "1")
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.out + ended.err
    assert ("PC4" in ended.out) if code == 6 else ended.out or "PC206" in ended.err


def test_files_that_cannot_be_opened(project: Project) -> None:
    """A folder, a missing file, and something else altogether are exit code 2."""
    (project.root / "folder.jsonl").mkdir()
    for name in ("folder.jsonl", "missing.jsonl", "search.txt"):
        ended = project.run("audit", str(project.root / name))
        assert ended.code == 2, ended
        assert "PC20" in ended.err


def test_a_pipe_does_not_hang(project: Project) -> None:
    """A named pipe is no ledger."""
    os.mkfifo(project.root / "pipe.jsonl")
    ended = project.run("audit", str(project.root / "pipe.jsonl"))
    assert ended.code == 2
    assert "PC207" in ended.err


def test_lines_are_written_as_read() -> None:
    """The helper of these tests writes what a ledger writes."""
    tile = Tile(0, 0, {}, 1, 0, 0, 1)
    assert json.loads(line_of(tile, 3, "0" * 64))["seq"] == 3
