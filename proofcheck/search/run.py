"""From a claim to a finished ledger: plan, tiles in order, candidates, close; and on again after an interruption."""

from __future__ import annotations

import json
import platform
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from errno import ECHILD
from fractions import Fraction
from hashlib import sha256
from html import escape
from importlib.metadata import version
from multiprocessing import current_process, get_context
from os import getpid
from pathlib import Path
from signal import SIG_IGN, SIGINT, SIGTERM, signal
from typing import Any

import proofcheck
from proofcheck.claim import Claim, library, load
from proofcheck.kernel.certificate import Certificate, write
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.parse import suggestion
from proofcheck.kernel.statement import read_toml
from proofcheck.kernel.terms import show
from proofcheck.proving import Problem, claim_of
from proofcheck.run import Event, Interruption
from proofcheck.run.child import die_with
from proofcheck.search.ledger import Candidate, Note, Open, Search, Tile, Writer, closing, content
from proofcheck.search.space import spaces
from proofcheck.search.tiles import METHODS, Computer, Result, budget_for, planned

SCHEMA = "proofcheck/search/1"
FOLDER = Path("reports/searches")
FORMULA = "problems/search"
"""The id of a claim that is only a formula."""
MISSES = 5
MAX_SHOWN, MAX_NAMES = 60, 40
"""Characters of a coordinate, and coordinates, that people are shown; the ledger has all."""
PATIENCE = 0.2
"""Seconds after which a signal is noticed at the latest while tiles are computed elsewhere."""
MAX_BUDGET = 10**13


@dataclass(frozen=True)
class Miss:
    """A smallest margin of a tile: how close the search came, and where."""

    margin: str
    at: Mapping[str, str]
    tile: int
    method: str


@dataclass(frozen=True)
class SearchResult:
    """What a search found. ``outcome`` is found, nothing found, budget ended or interrupted; ``witness`` the point that the kernel confirmed.

    ``excluded`` is the share of the domain, between 0 and 1, that boxes of balls certainly exclude; ``misses`` the smallest margins; ``head``
    the digest that fixes the ledger. Nothing found is no proof.
    """

    claim: str
    outcome: str
    ledger: str
    head: str
    result: str
    obligation: str = ""
    witness: Mapping[str, str] = field(default_factory=dict)
    margin: tuple[str, ...] = ()
    misses: tuple[Miss, ...] = ()
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    excluded: float = 0.0
    refused: int = 0
    unsolved: tuple[str, ...] = ()
    seconds: float = 0.0
    signal: str = ""
    certificate: str = ""

    @property
    def found(self) -> bool:
        """Whether the kernel confirmed a counterexample."""
        return self.outcome == "found"

    @property
    def best(self) -> Miss | None:
        """The smallest margin and where."""
        return self.misses[0] if self.misses else None

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain data, without the certificate."""
        return {"schema": SCHEMA, **{key: value for key, value in asdict(self).items() if key != "certificate"}}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return what people read."""
        points = sum(row["points"] for row in self.totals.values())
        outside = sum(row["outside"] for row in self.totals.values())
        did = ", ".join(f"{method} {row['points']:,}" for method, row in self.totals.items())
        lines = [f"{self.outcome.upper() if self.found else self.outcome}  {self.claim} · {points:,} points ({did}) · {self.seconds:.1f} s"]
        if self.found:
            lines.append(f"  {self.obligation} is violated at {_point(self.witness)}")
            lines += [f"  the margin there is in [{_short(self.margin[0])}, {_short(self.margin[1])}]; the kernel confirms it"] if self.margin else []
        else:
            lines.append("  no counterexample was found; that is no proof")
        if outside:
            lines.append(f"  {outside:,} of the points violate a hypothesis")
        lines += [f"  the hypothesis {text} could not be solved for a variable: points satisfy it by accident only" for text in self.unsolved]
        if not self.found:
            lines += [f"  smallest margin {miss.margin} at {_point(miss.at)} ({miss.method}, tile {miss.tile})" for miss in self.misses[:3]]
        if self.excluded:
            advice = "; try `proofcheck prove`" if self.excluded == 1 else ""
            lines.append(f"  enclosures exclude counterexamples in {100 * self.excluded:.3g} % of the domain{advice}")
        if self.refused:
            lines.append(f"  {self.refused} candidates of float64 were not confirmed by the kernel; the ledger holds them")
        lines.append(f"  ledger {self.ledger} · head {self.head}")
        return lines

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the same lines, escaped."""
        first, *rest = self.lines()
        return f"<p><strong>{escape(first)}</strong></p><ul>{''.join(f'<li>{escape(line.strip())}</li>' for line in rest)}</ul>"


def _point(at: Mapping[str, str]) -> str:
    shown = [f"{name} = {value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + '…'}" for name, value in at.items()]
    rest = [f"and {len(shown) - MAX_NAMES} more"] if len(shown) > MAX_NAMES else []
    return ", ".join(shown[:MAX_NAMES] + rest) or "the only point"


def _short(text: str) -> str:
    return f"{float(Fraction(text)):.6g}"


# -- what to search ------------------------------------------------------------------------------------------------------


def claim_named(target: str, variables: Mapping[str, str], given: Sequence[str], root: Path) -> Claim:
    """Return the claim of an id (paper/name or name), of a path, or of a formula with its variables. Raises Malformed."""
    if re.search(r"[<>=]", target):
        claim = claim_of(Problem(target[:200], dict(variables), tuple(given), target), FORMULA.partition("/")[2])
        _ = claim.statement
        return claim
    if variables or given:
        raise Malformed("PC204", f"{target!r} is no relation: --for and --given go with a formula.")
    if target.endswith(".toml"):
        path = Path(target)
        return load(path, path.resolve().parent.parent if not path.is_absolute() else path.parent.parent)
    lib = library(root / "claims")
    fitting = [claim for name, claim in sorted(lib.claims.items()) if target in (name, name.partition("/")[2])]
    if len(fitting) != 1:
        for error in lib.errors:
            if lib.place(error) == target:
                raise error
        what = f"There is no claim {target!r}." if not fitting else f"Several claims are called {target!r}: {', '.join(claim.id for claim in fitting)}."
        raise Malformed("PC104", what, hint="" if fitting else suggestion(target, sorted(lib.claims)).replace("Names in scope", "Claims"))
    return fitting[0]


def settings(claim: Claim) -> dict[str, Any]:
    """Return the file's own grid: points, spacing and digits of [search]. Raises Malformed where there is none."""
    table = claim.tables.get("search", {})
    if "points" not in table:
        raise Malformed("PC203", "--full needs the grid of the paper: `points` in the file's [search].").at(file=str(claim.path), key="[search]")
    return {key: table[key] for key in ("points", "spacing", "digits") if key in table}


def opened(claim: Claim, method: str, budget: int | None, seed: int, options: Mapping[str, Any]) -> Open:
    """Return the open record of a search: everything that its result depends on. Raises Malformed."""
    if method not in METHODS:
        raise Malformed("PC204", f"There is no method {method!r}.", hint=f"Methods: {', '.join(METHODS)}.")
    for name, value, least, most in (("budget", 1 if budget is None else budget, 1, MAX_BUDGET), ("seed", seed, 0, 2**62)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Malformed("PC204", f"`{name}` is {value!r}; it is a whole number from {least} to {most}.")
    if method != "grid" and options:
        raise Malformed("PC204", f"{' and '.join(sorted(options))} go with the method grid.")
    statement = claim.statement
    obligations = [entry.obligation for entry in statement.of("statement")]
    asked = budget_for(obligations) if budget is None and method != "grid" else budget
    stages = planned(obligations, method, asked, options)
    return Open(claim.id, statement.digest, claim.data.decode(), seed, asked or 0, stages, program())


def program() -> dict[str, str]:
    """Return what computed the tiles: versions, a digest of this program's source, and the machine."""
    folder = Path(proofcheck.__file__).parent
    source = sha256()
    for path in sorted(folder.rglob("*.py")):
        source.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    packages = {name: version(name) for name in ("numpy", "scipy", "python-flint", "mpmath")}
    return {"proofcheck": proofcheck.__version__, "source": source.hexdigest(), "python": platform.python_version(), **packages,
            "system": platform.system(), "machine": platform.machine(), "processor": processor()}  # fmt: skip


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return platform.processor()
    match = re.search(r"model name\s*:\s*(.+)", text)
    return match[1].strip() if match else platform.processor()


def same_search(one: Open, other: Open) -> bool:
    """Say whether two open records ask for the same tiles: all but the program."""
    return content(replace(one, program={})) == content(replace(other, program={}))


# -- tiles in order ------------------------------------------------------------------------------------------------------

_computer: Computer | None = None  # set once in every worker process


def _prepare(plan: Open, parent: int) -> None:
    global _computer  # noqa: PLW0603 - a worker process has one plan, handed over when it starts
    signal(SIGINT, SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    signal(SIGTERM, SIG_IGN)
    die_with(parent)  # also after kill -9 of the parent
    _computer = Computer(plan)


def _tile(number: int) -> Result:
    assert _computer is not None
    return _computer.result(number)


def computed(plan: Open, first: int, jobs: int, interruption: Interruption) -> Iterator[Result]:
    """Yield the results of the tiles from ``first`` on, in order; end early when a signal comes. At most jobs + 1 tiles are in flight."""
    total = sum(int(stage["tiles"]) for stage in plan.stages)
    if jobs == 1 or total - first <= 1 or current_process().daemon:
        computer = Computer(plan)
        for number in range(first, total):
            if interruption.caught:
                return
            yield computer.result(number)
        return
    pool = ProcessPoolExecutor(min(jobs, total - first), get_context("fork"), _prepare, (plan, getpid()))
    flying: deque[Future[Result]] = deque()
    try:
        for number in range(first, total + 1):
            while flying and (len(flying) > jobs or number == total):
                while not flying[0].done() and not interruption.caught:
                    wait([flying[0]], PATIENCE)
                if interruption.caught:
                    return
                try:
                    yield flying.popleft().result()
                except BrokenProcessPool:
                    raise OSError(ECHILD, "A process of the search was killed, for want of memory perhaps; go on with --resume") from None
            if number < total:
                flying.append(pool.submit(_tile, number))
    finally:
        # A tile that nobody waits for may take minutes: it is not waited for.
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def conducted(plan: Open, path: Path, jobs: int, *, resume: bool, on_event: Callable[[Event], None] | None = None) -> tuple[Search, str, str]:
    """Carry out a plan, or the rest of it, and return the search, the head of the ledger and the signal that interrupted it.

    Raises Malformed where ``resume`` meets another search, Rejected for a ledger that was changed, OSError where nothing can be written.
    """
    total = sum(int(stage["tiles"]) for stage in plan.stages)
    tell = on_event or (lambda event: None)
    with Interruption() as interruption, Writer(path) as writer:
        tiles: list[Tile] = []
        candidates: list[Candidate] = []
        last = writer.ledger.searches[-1] if writer.ledger.searches else None
        if writer.cut and last is not None:
            writer.append(Note("cut", f"an unfinished line of {writer.cut} bytes"))
        start = Search(writer.number, plan)
        if resume and last is not None:
            if not same_search(last.open, plan):
                why = "The last search in this ledger is another one: other claim, method, budget, seed or options."
                raise Malformed("PC204", why, hint="Give the same options, or leave --resume out to append a new search.").at(file=str(path))
            if last.close is not None:
                return last, writer.head, ""
            start, plan = last, last.open
            tiles, candidates = list(last.tiles), list(last.candidates)
            writer.append(Note("resumed", f"after {len(tiles)} tiles"), sync=True)
            if last.open.program != program():
                writer.append(Note("program", json.dumps(program(), sort_keys=True)), sync=True)
            if tiles:
                # The process may have died between a tile and its candidates: that tile is computed again.
                again = Computer(plan).result(tiles[-1].number)
                written = sum(candidate.tile == tiles[-1].number for candidate in candidates)
                for candidate in again.candidates[written:]:
                    writer.append(candidate, sync=True)
                    candidates.append(candidate)
        else:
            writer.append(plan, sync=True)
        tell(Event("started", "search", 0, 1))
        found = any(candidate.verdict == "witness" for candidate in candidates)
        lowest = min((float(tile.margin) for tile in tiles if tile.margin), default=None)
        if not found:
            for result in computed(plan, len(tiles), jobs, interruption):
                writer.append(result.tile)
                tiles.append(result.tile)
                for candidate in result.candidates:
                    writer.append(candidate, sync=True)
                    candidates.append(candidate)
                if result.tile.margin and (lowest is None or float(result.tile.margin) < lowest):
                    lowest = float(result.tile.margin)
                seen = f"smallest margin {lowest:.3g}" if lowest is not None else ""
                tell(Event("progress", "search", len(tiles), total, f"{plan.stages[result.tile.stage]['method']} · {seen}"))
                if result.found:
                    found = True
                    break
        partly = found or len(tiles) == total
        search = replace(start, tiles=tuple(tiles), candidates=tuple(candidates))
        if not partly:
            writer.append(Note("interrupted", interruption.caught), sync=True)
            return search, writer.head, interruption.caught
        cut = any(int(stage.get("whole", stage["tiles"])) > int(stage["tiles"]) for stage in plan.stages)
        close = closing(plan, tuple(tiles), tuple(candidates), "found" if found else "budget ended" if cut else "nothing found")
        writer.append(close, sync=True)
        tell(Event("finished", "search", 1, 1, close.outcome))
        return replace(search, close=close), writer.head, ""


def search(
    target: str, variables: Mapping[str, str] | None = None, given: Sequence[str] = (), *, budget: int | None = None, method: str = "all", seed: int = 0,
    jobs: int = 1, points: Any = None, spacing: str | None = None, full: bool = False, resume: bool = False, out: str | Path | None = None,
    root: str | Path = ".", on_event: Callable[[Event], None] | None = None,
) -> SearchResult:  # fmt: skip
    """Search a violation of a claim (by id) or of a formula, write the ledger, and return what was found.

    ``search("x^2 + y^2 > 1/100", {"x": "[-1, 1]", "y": "[-1, 1]"}, budget=10**6, seed=7)``. ``budget`` counts evaluations of the statement at a
    point; ``points`` and ``spacing`` are those of the method grid; ``full`` takes the grid of the file's [search]. Raises Malformed, Rejected, OSError.
    """
    start = time.monotonic()
    if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= 256:
        raise Malformed("PC204", f"`jobs` is {jobs!r}; it is a whole number from 1 to 256.")
    claim = claim_named(target, variables or {}, given, Path(root))
    options = {key: value for key, value in (("points", points), ("spacing", spacing)) if value is not None}
    if full:
        options, method = {**settings(claim), **options}, "grid"
    plan = opened(claim, method, budget, seed, options)
    path = Path(out) if out is not None else Path(root) / FOLDER / place_of(claim)
    done, head, caught = conducted(plan, path, jobs, resume=resume, on_event=on_event)
    return result_of(done, path, head, caught, time.monotonic() - start)


def place_of(claim: Claim) -> str:
    """Return where a claim's ledger lies below the folder of searches; formulas are told apart by their meaning."""
    return f"{claim.id}.jsonl" if claim.path.exists() else f"formulas/{claim.statement.digest[:16]}.jsonl"


def result_of(done: Search, path: Path, head: str, caught: str = "", seconds: float = 0.0) -> SearchResult:
    """Return the result of a search from its records."""
    confirmed = next((candidate for candidate in done.candidates if candidate.verdict == "witness"), None)
    close = done.close or closing(done.open, done.tiles, done.candidates, "nothing found")
    computer = Computer(done.open)
    unsolved = [show(formula, 200) for name in dict.fromkeys(str(stage["obligation"]) for stage in done.open.stages) if done.open.stages[0]["method"] != "grid"
                for space in spaces(computer.obligations[name])[:1] for formula in space.unsolved]  # fmt: skip
    certificate = ""
    if confirmed is not None:
        node = {"rule": "witness", "at": dict(confirmed.witness)}
        certificate = write(Certificate(done.open.claim, done.open.digest, {confirmed.obligation: node}))
    outcome = close.outcome if done.close is not None else "interrupted"
    name = done.open.claim if done.open.claim != FORMULA else str(read_toml(done.open.text.encode())["claim"]["statement"])
    return SearchResult(
        name, outcome, str(path), head, replace(done, notes=()).result(), confirmed.obligation if confirmed else "",
        confirmed.witness if confirmed else {}, confirmed.enclosure if confirmed else (), misses(done), close.totals, excluded(done),
        sum(candidate.verdict != "witness" for candidate in done.candidates), tuple(unsolved), round(seconds, 3), caught, certificate,
    )  # fmt: skip


def misses(done: Search) -> tuple[Miss, ...]:
    """Return the tiles with the smallest margins, each place once."""
    rows = sorted((tile for tile in done.tiles if tile.margin), key=lambda tile: (float(tile.margin), tile.number))
    found: dict[tuple[tuple[str, str], ...], Miss] = {}
    for tile in rows:
        found.setdefault(tuple(tile.at.items()), Miss(tile.margin, tile.at, tile.number, str(done.open.stages[tile.stage]["method"])))
        if len(found) == MISSES:
            break
    return tuple(found.values())


def excluded(done: Search) -> float:
    """Return the share of the domain that the boxes of the method bisect exclude, the mean over all obligations; 0 without it."""
    best: dict[str, Fraction] = {}
    for index, stage in enumerate(done.open.stages):
        if stage["method"] == "bisect":
            shares = (Fraction(str(tile.part.get("excluded", "0"))) for tile in done.tiles if tile.stage == index)
            name = str(stage["obligation"])
            best[name] = max(best.get(name, Fraction(0)), sum(shares, Fraction(0)) / int(stage["tiles"]))
    return float(sum(best.values(), Fraction(0)) / len(best)) if best else 0.0
