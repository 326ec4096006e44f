"""The audit of a ledger: chain, claim, reported points by balls, sampled tiles computed again, coverage, and what was not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from proofcheck.algebras.floats import FloatsWithError, evaluated
from proofcheck.claim import Claim, Library
from proofcheck.kernel.errors import Malformed, Place, Rejected
from proofcheck.kernel.statement import read_toml
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import grid
from proofcheck.report.summary import several

from . import ledger as ledgers
from .coverage import Array, Cloud, Everywhere, Grid, Points, Together, grid_resolution
from .engines import ENGINES
from .ledger import Candidate, Open, Search, Tile
from .run import program
from .space import Space, spaces
from .tiles import Computer, point, verdict
from .verdicts import (
    Asked,
    Audit,
    Check,
    SearchAudit,
    Seen,
    chosen,
    follows,
    point_text,
    searchable,
    seen_at,
    short,
    together,
    unit_places,
    with_coverage,
    with_resolution,
    with_scattered,
)  # fmt: skip
from .workers import mapped

CLOUD = 100_000
"""Points of sampling methods that are made again for coverage and resolution: the first ones."""
LIMITS = {"points": 2**22, "starts": 10_000, "steps": 10_000, "boxes": 10**7, "parts": 2**16, "rows": 10**8}
"""How large the parameters of a stage may be."""
WRONG_PARAMETERS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
"""What engines raise for parameters that they were not made for: those of a stage come from the ledger."""
ULP = Fraction(1, 2**52)
CERTIFIED = ("grid",)
"""Methods whose counts rest on error bounds and balls: they are the same on every machine."""


def of_ledger(lib: Library, path: Path, asked: Asked, head: str) -> Audit:
    """Return the audit of all searches of a ledger. Raises Malformed for a file that cannot be opened or is too large (PC206, PC207)."""
    if path.exists() and not path.is_file():
        raise Malformed("PC207", "The ledger is not a regular file.", Place(file=str(path)))
    try:
        ledger = ledgers.read(path)
    except Rejected as error:
        return Audit(str(path), "ledger", "tampered", f"{error.where}: {error.why} [{error.code}]", "none", "")
    if head and head not in {line.digest for line in ledger.lines}:
        lines = several(len(ledger.lines), "line")
        why = f"the published head {head[:16]}… is not the digest of any of its {lines}: lines were cut off, or all was written anew"
        return Audit(str(path), "ledger", "tampered", why, ledger.head, "")
    results = [_Audited(lib, ledger, search, asked, head).result() for search in ledger.searches]
    if not results:
        return Audit(str(path), "ledger", "insufficient", "the ledger holds no search", ledger.head, "")
    return together(str(path), "ledger", ledger.head, asked.nonce, results)


def difference(reported: ledgers.Record, again: ledgers.Record) -> str:
    """Return in words the first key in which two records differ."""
    one, other = ledgers.plain(reported), ledgers.plain(again)
    key = next((key for key in sorted({*one, *other}) if one.get(key) != other.get(key)), "")
    return f"{key} is reported as {_shown(one.get(key))}, and comes out as {_shown(other.get(key))}" if key else ""


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 120 else text[:119] + "…"


class _Audited:
    """One search of a ledger under audit: problems are collected, the worst decides."""

    def __init__(self, lib: Library, ledger: ledgers.Ledger, search: Search, asked: Asked, head: str) -> None:
        self.lib, self.ledger, self.search, self.asked, self.head = lib, ledger, search, asked, head
        self.opened = search.open
        self.checks: list[Check] = []
        self.problems: list[tuple[str, str]] = []

    def wrong(self, verdict_: str, reason: str) -> None:
        """Note a problem."""
        self.problems.append((verdict_, reason))

    def result(self) -> SearchAudit:
        """Return the audit."""
        title = ", ".join(dict.fromkeys(str(stage["method"]) for stage in self.opened.stages))
        try:
            for stage in self.opened.stages:
                sensible(stage)
            computer = Computer(self.opened)
            for stage in self.opened.stages:
                searchable(computer.obligations[str(stage["obligation"])])
            self.chain()
            claim = self.claim()
        except (Malformed, Rejected) as error:
            self.wrong("tampered", f"line {self.search.line + 1}, the plan: {_one_line(error)}")
            self.checks.append(Check("claim", False, self.problems[0][1]))
            return SearchAudit(self.opened.claim, title, *self.problems[0], tuple(self.checks))
        obligations = computer.obligations
        self.margins(obligations)
        self.candidates(obligations)
        if not any(verdict_ == "tampered" for verdict_, _ in self.problems):
            self.tiles(computer)
        self.finished()
        found = SearchAudit(self.opened.claim, title, *self.decided(), tuple(self.checks))
        if self.found or found.verdict not in ("confirmed", "insufficient"):
            return found
        wanted = [name for name in dict.fromkeys(str(stage["obligation"]) for stage in self.opened.stages) if self.search.tiles]
        try:
            regions = [(obligations[name], *self.points(obligations[name])) for name in wanted]
        except (Malformed, Rejected, *WRONG_PARAMETERS) as error:
            return replace(found, verdict="tampered", reason=f"line {self.search.line + 1}, the plan cannot be computed: {_one_line(error)}")
        found = with_coverage(claim, found, [(obligation, points) for obligation, points, _, _ in regions], self.asked, wanted=True)
        for obligation, _, plans, cloud in regions:
            name = f"{obligation.name}, " if len(regions) > 1 else ""
            for plan in plans:
                found = with_resolution(found, f"{name}grid" if len(plans) > 1 or cloud.size else name.rstrip(", "), grid_resolution(obligation, plan.axes))
            if cloud.size:
                found = with_scattered(found, obligation, cloud, f"{name}of the sampled points the first {cloud.shape[1]:,}")
        return found

    def decided(self) -> tuple[str, str]:
        """Return verdict and reason: the worst problem, the first of its kind."""
        for verdict_ in ("tampered", "not-reproduced", "insufficient"):
            for kind, reason in self.problems:
                if kind == verdict_:
                    return kind, reason
        return "confirmed", ""

    @property
    def found(self) -> bool:
        """Whether the search reports a confirmed counterexample."""
        return any(candidate.verdict == "witness" for candidate in self.search.candidates)

    # -- what needs no computation -------------------------------------------------------------------------------------

    def chain(self) -> None:
        """Note that the ledger is whole: reading it has checked every line."""
        tiles = len(self.search.tiles)
        words = [several(len(self.ledger.lines), "line") + " bound to each other", f"{several(tiles, 'tile')} under the root {self.search.root[:16]}…"]
        if self.head:
            later = len(self.ledger.lines) - 1 - next(line.number for line in self.ledger.lines if line.digest == self.head)
            words.append("the published head is there" + (f", {several(later, 'line')} were added after it" if later else ", and nothing was added after it"))
        else:
            words.append("no published head was given (--head), so that a ledger written anew as a whole is noticed by its tiles alone")
        self.checks.append(Check("chain", True, "; ".join(words)))

    def claim(self) -> Claim:
        """Return the claim of the search: the one on disk if it is there, else that of the ledger's own text."""
        disk = self.lib.claims.get(self.opened.claim)
        if disk is None:
            data = self.opened.text.encode()
            self.checks.append(Check("claim", None, f"{self.opened.claim} is not a claim of this project: audited by the text in the ledger"))
            return Claim(Path(f"{self.opened.claim}.toml"), data, read_toml(data))
        if disk.statement.digest != self.opened.digest:
            now = f"the claim {disk.id} on disk has the digest {disk.statement.digest[:16]}…, the search was for {self.opened.digest[:16]}…"
            raise Malformed("PC301", f"{now}: the file was changed since, or the ledger is about something else.")
        self.checks.append(Check("claim", True, f"{disk.id} on disk says what was searched, digest {disk.statement.digest[:16]}…"))
        return disk

    def finished(self) -> None:
        """Note whether the search was carried through, and whether its outcome is that of its records."""
        planned = sum(int(stage["tiles"]) for stage in self.opened.stages)
        done, close = len(self.search.tiles), self.search.close
        points = sum(tile.points for tile in self.search.tiles)
        counted = points - sum(tile.outside + tile.undefined for tile in self.search.tiles)
        outcome = close.outcome if close is not None else "left unfinished"
        text = f"{outcome}: {done:,} of {planned:,} planned tiles, {points:,} points, {counted:,} of them count"
        if close is not None and (close.outcome == "found") != self.found:
            line = next(line.number + 1 for line in self.ledger.lines if line.record is close)
            self.wrong("tampered", f"line {line}: the close record says `{close.outcome}`, and {'a' if self.found else 'no'} candidate is a confirmed witness")
        elif not self.found and done < planned:
            self.wrong("insufficient", f"{outcome}: {done:,} of {planned:,} planned tiles")
        elif close is None:
            self.wrong("insufficient", "left unfinished: there is no close record")
        elif close.outcome == "budget ended":
            whole = sum(int(stage.get("whole", stage["tiles"])) for stage in self.opened.stages)
            self.wrong("insufficient", f"the budget ended after {done:,} of {whole:,} tiles")
        elif self.ledger.torn:
            self.wrong("insufficient", f"the last line is unfinished ({self.ledger.torn} bytes): a search was killed while it wrote")
        elif not self.found and counted <= 0:
            self.wrong("insufficient", "none of the points satisfies the hypotheses and has a value")
        undefined = sum(tile.undefined for tile in self.search.tiles)
        text += f"; at {undefined:,} the claim has no value" if undefined else ""
        self.checks.append(Check("outcome", self.decided()[0] != "insufficient", text))

    # -- exact points ----------------------------------------------------------------------------------------------------

    def margins(self, obligations: Mapping[str, Obligation]) -> None:
        """Look again by balls at the smallest margin of every tile, at its exact point."""
        tiles = [tile for tile in self.search.tiles if tile.margin]
        witnesses = {candidate.tile for candidate in self.search.candidates if candidate.verdict == "witness"}
        jobs = [(str(self.opened.stages[tile.stage]["obligation"]), tile) for tile in tiles]
        outside, smallest, problem = 0, None, ""
        for done, (tile, (why, seen)) in enumerate(zip(tiles, mapped(_margin_again, dict(obligations), jobs, self.asked.jobs), strict=True)):
            self.asked.progress(done, len(tiles), "margins")
            hidden = seen.what == "violated" and tile.number not in witnesses
            reason = why or (f"its point {_shown(dict(tile.at))} violates the claim, and is not among the witnesses" if hidden else "")
            problem = problem or (f"tile {tile.number}: {reason}" if reason else "")
            outside += seen.what == "outside"
            if seen.what != "outside" and seen.low is not None and (smallest is None or seen.low < smallest[0]):
                smallest = seen.low, tile
        text = f"{several(len(tiles), 'reported margin')} again by balls at their exact points"
        text += f"; {several(outside, 'point')} outside the hypotheses by a rounding, where a margin says nothing" if outside else ""
        text += f"; smallest {short(smallest[0])} at {', '.join(f'{k} = {v}' for k, v in smallest[1].at.items())[:160]}" if smallest else ""
        if problem:
            self.wrong("not-reproduced", problem)
        self.checks.append(Check("margins", not problem, problem or text))

    def candidates(self, obligations: Mapping[str, Obligation]) -> None:
        """Bring every candidate before the kernel again."""
        counts: dict[str, int] = {}
        problem = ""
        for number, candidate in enumerate(self.search.candidates, 1):
            why = candidate_again(candidate, obligations)
            counts[candidate.verdict] = counts.get(candidate.verdict, 0) + 1
            problem = problem or (f"candidate {number} of tile {candidate.tile}: {why}" if why else "")
        if problem:
            self.wrong("not-reproduced", problem)
        what = ", ".join(f"{count} {word}" for word, count in counts.items())
        text = f"{several(len(self.search.candidates), 'candidate')} before the kernel again: {what}" if counts else "none"
        first = next((candidate for candidate in self.search.candidates if candidate.verdict == "witness"), None)
        if first is not None and not problem:
            text += "; the claim is violated at " + ", ".join(f"{name} = {value}" for name, value in first.witness.items())[:400]
        self.checks.append(Check("candidates", not problem, problem or text))

    # -- tiles -----------------------------------------------------------------------------------------------------------

    def tiles(self, computer: Computer) -> None:
        """Compute the chosen tiles again and compare."""
        search, asked = self.search, self.asked
        # The seed must not be chosen by the searcher: the digest of the search's own last line, and the auditor's nonce.
        numbers = chosen(self.ledger.head + str(search.line), asked.nonce, len(search.tiles), asked.sample)
        same, drifted, problem = 0, 0, ""
        by_tile: dict[int, list[Candidate]] = {}
        for candidate in search.candidates:
            by_tile.setdefault(candidate.tile, []).append(candidate)
        for done, (number, again) in enumerate(zip(numbers, mapped(_computed, computer, numbers, asked.jobs), strict=True)):
            asked.progress(done, len(numbers), "tiles")
            if isinstance(again, str):
                problem = problem or f"tile {number} cannot be computed: {again}"
                continue
            tile, candidates = again
            reported = search.tiles[number]
            same += reported == tile and tuple(by_tile.get(number, ())) == candidates
            why = self.compared(reported, tile, by_tile.get(number, []), candidates, computer)
            if why and self.drifts(reported):
                drifted += 1
            elif why:
                problem = problem or f"tile {number} ({self.opened.stages[reported.stage]['method']}): {why}"
        text = f"{len(numbers):,} of {len(search.tiles):,} computed again, {same:,} of them to the last digit"
        if drifted:
            why = f"{drifted:,} of {len(numbers):,} tiles took another way here, as floats may: the ledger was written with {self.elsewhere}"
            self.wrong("insufficient", why)
            text += f"; {why}; what they report was looked at by balls all the same"
        else:
            text += f"; {follows(len(numbers), len(search.tiles))}"
        if problem:
            self.wrong("not-reproduced", problem)
        self.checks.append(Check("tiles", not problem and not drifted, problem or text))

    def drifts(self, reported: Tile) -> bool:
        """Say whether a tile may come out differently here: its method follows floats, and the ledger names other versions or another machine."""
        return str(self.opened.stages[reported.stage]["method"]) not in CERTIFIED and bool(self.elsewhere)

    @cached_property
    def elsewhere(self) -> str:
        """What the ledger says of versions and machine that is different here."""
        here = program()
        return ", ".join(f"{key} {_shown(value)[:40]}" for key, value in self.opened.program.items() if key in here and here[key] != value)

    def compared(self, reported: Tile, again: Tile, listed: Sequence[Candidate], candidates: Sequence[Candidate], computer: Computer) -> str:
        """Return how a tile differs from what it is when computed again; nothing where it does not."""
        for key in ("stage", "part", "points", "outside", "undefined", "work"):
            one, other = getattr(reported, key), getattr(again, key)
            if one != other:
                return f"`{key}` is reported as {_shown(one)}, and comes out as {_shown(other)}"
        if bool(reported.margin) != bool(again.margin):
            return f"the margin is reported as {reported.margin or 'none'}, and comes out as {again.margin or 'none'}"
        if reported.margin:
            obligation = computer.obligations[str(self.opened.stages[reported.stage]["obligation"])]
            low, high = (Fraction(end) for end in reported.enclosure)
            again_low, again_high = (Fraction(end) for end in again.enclosure)
            if not (low <= again_high and again_low <= high):
                slack = Fraction(0)
                if str(self.opened.stages[reported.stage]["method"]) not in CERTIFIED:
                    slack = float_error(obligation, reported.at) + float_error(obligation, again.at)
                if low > again_high + slack or again_low > high + slack:
                    return f"the smallest margin is reported as {reported.margin}, and comes out as {again.margin} at {_shown(dict(again.at))}"
        if [candidate.verdict for candidate in listed] != [candidate.verdict for candidate in candidates]:
            return f"{several(len(listed), 'candidate')} reported, {len(candidates)} found: {', '.join(c.verdict for c in candidates) or 'none'}"
        return ""

    # -- where the points are --------------------------------------------------------------------------------------------

    def points(self, obligation: Obligation) -> tuple[Points, list[grid.Plan], Array]:
        """Return the points of the search for one obligation: as a set for coverage, its grids, and the first of its scattered points."""
        parts: list[Points] = []
        plans: list[grid.Plan] = []
        clouds: list[Array] = []
        first = 0
        for index, stage in enumerate(self.opened.stages):
            count = min(max(0, len(self.search.tiles) - first), int(stage["tiles"]))
            if stage["obligation"] == obligation.name and count:
                if stage["method"] == "grid":
                    plans.append(partial(obligation, stage, count))
                    parts.append(Grid(plans[-1].axes))
                elif stage["method"] == "bisect":
                    parts.append(Everywhere())
                else:
                    clouds += recorded(self.opened, obligation, index, count, CLOUD - sum(cloud.shape[1] for cloud in clouds))
            first += int(stage["tiles"])
        cloud = np.concatenate(clouds, axis=1) if clouds else np.empty((len(obligation.domains), 0))
        if cloud.size:
            parts.append(Cloud(cloud))
        return Together(tuple(parts)), plans, cloud


def _one_line(error: Exception) -> str:
    return error.what if isinstance(error, Malformed) else error.why if isinstance(error, Rejected) else f"{type(error).__name__}: {error}"


def sensible(stage: Mapping[str, Any]) -> None:
    """Refuse a stage that no search plans: parameters beyond limits would take all memory before anything is compared (PC106)."""
    if stage["method"] not in (*ENGINES, "grid"):
        raise Malformed("PC204", f"there is no method {_shown(stage['method'])}")
    for key, most in LIMITS.items():
        value = stage.get(key)
        if key in stage and not (type(value) is int and 1 <= value <= most) and not (stage["method"] == "grid" and key == "points"):
            raise Malformed("PC106", f"`{key}` of the method {stage['method']} is {_shown(value)}; it lies between 1 and {most}")


def _margin_again(obligations: Mapping[str, Obligation], job: tuple[str, Tile]) -> tuple[str, Seen]:
    """Return what is wrong with the reported margin of a tile, if anything, and what balls see at its point."""
    name, tile = job
    try:
        at = point(obligations[name], tile.at)
        if len(tile.enclosure) != 2:
            return "the margin has no enclosure", Seen("undecided")
        low, high = (Fraction(end) for end in tile.enclosure)
    except (Malformed, ValueError, ZeroDivisionError) as error:
        return f"the point cannot be read: {error}", Seen("undecided")
    seen = seen_at(obligations[name], at)
    slip = max(abs(low), abs(high)) * ULP
    if "inf" in tile.margin or not low - slip <= Fraction(tile.margin) <= high + slip:
        return f"the margin {tile.margin} does not lie in its enclosure", seen
    if seen.low is not None and seen.high is not None:
        if not (low <= seen.high and seen.low <= high):
            return f"the margin is reported in [{short(low)}, {short(high)}], and lies in [{short(seen.low)}, {short(seen.high)}]", seen
    elif seen.what != "outside":
        return "a margin is reported where the claim has no value", seen
    return "", seen


def candidate_again(candidate: Candidate, obligations: Mapping[str, Obligation]) -> str:
    """Return what is wrong with a candidate, nothing where the kernel says of it what the ledger says."""
    if candidate.obligation not in obligations:
        return f"there is no obligation {candidate.obligation!r}"
    obligation = obligations[candidate.obligation]
    try:
        at = point(obligation, candidate.witness if candidate.verdict == "witness" else candidate.at)
        ends = [Fraction(end) for end in candidate.enclosure]
    except (Malformed, ValueError, ZeroDivisionError) as error:
        return f"the point cannot be read: {error}"
    says = verdict(obligation, at)
    if says != candidate.verdict:
        return f"the ledger says `{candidate.verdict}`, the kernel says `{says}` at {point_text(at)}"
    seen = seen_at(obligation, at)
    if len(ends) == 2 and seen.low is not None and seen.high is not None and not (ends[0] <= seen.high and seen.low <= ends[1]):
        return f"the margin is reported in [{short(ends[0])}, {short(ends[1])}], and lies in [{short(seen.low)}, {short(seen.high)}]"
    return ""


def _computed(computer: Computer, number: int) -> tuple[Tile, tuple[Candidate, ...]] | str:
    """Return a tile and its candidates, or why it cannot be computed."""
    try:
        found = computer.result(number)
    except (Malformed, Rejected, *WRONG_PARAMETERS) as error:
        return _one_line(error)
    return found.tile, found.candidates


def float_error(obligation: Obligation, at: Mapping[str, str]) -> Fraction:
    """Return a bound of the error with which float64 computes the margin at a point; 1 where none is known."""
    terms = point(obligation, at)
    algebra = FloatsWithError()
    env = {name: evaluated((term,), algebra, {})[0] for name, term in terms.items()}
    ((_, error),) = evaluated((grid.margin(obligation.goal),), algebra, env)
    return 2 * Fraction(float(error)) if np.isfinite(error) else Fraction(1)


def partial(obligation: Obligation, stage: Mapping[str, Any], tiles: int) -> grid.Plan:
    """Return the part of a grid that its first tiles cover: some of the values of the first variable."""
    options = {key: stage[key] for key in ("points", "spacing", "digits") if key in stage}
    plan = grid.planned(obligation, options)
    assert isinstance(plan, grid.Plan)
    if tiles == int(stage.get("whole", stage["tiles"])) or not plan.axes:
        return plan
    cut = grid.planned(obligation, {**options, "part": {plan.axes[0].name: [0, min(plan.axes[0].size, tiles * int(stage["rows"]))]}})
    assert isinstance(cut, grid.Plan)
    return cut


@dataclass(frozen=True)
class Recorder(Space):
    """A space that remembers the points at which it is evaluated."""

    seen: list[Array] = field(default_factory=list, compare=False)

    def looked(self, t: Array) -> tuple[Array, Array]:
        """Return (goal, held) as ``Space`` does."""
        self.seen.append(t.copy())
        return super().looked(t)


def recorded(opened: Open, obligation: Obligation, index: int, tiles: int, room: int) -> list[Array]:
    """Return places in the unit cube that the first tiles of a stage looked at, at most ``room`` of them."""
    stage = opened.stages[index]
    branches = spaces(obligation)
    found: list[Array] = []
    for inner in range(tiles):
        if room <= 0:
            break
        space = branches[inner % len(branches)]
        recorder = Recorder(**{item.name: getattr(space, item.name) for item in fields(Space)})
        ENGINES[str(stage["method"])](recorder, stage, index, inner // len(branches), opened.seed)
        for t in recorder.seen:
            names = [name for name, _ in obligation.domains]
            values = evaluated(tuple(space.at[name] for name in names), space.floats, space.inputs(t))
            env = {name: np.broadcast_to(value, t.shape[1]) for name, value in zip(names, values, strict=True)}
            places = unit_places(obligation, env)
            places = places[:, np.isfinite(places).all(axis=0)][:, : max(0, room)]
            room -= places.shape[1]
            found.append(places)
    return found

