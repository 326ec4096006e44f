"""The audit of a search by somebody who does not trust whoever ran it: what was done, done again at places that nobody could foresee.

Verdicts:

==============  ==========================================================================================================================
confirmed       the ledger is whole, it is about the claim on disk, everything computed again came out as it says
not-reproduced  something came out differently: the first difference is named
tampered        the ledger contradicts itself, an anchored head, or the claim on disk: the entry is named
insufficient    nothing contradicts it, and it says too little: it was left unfinished, no point counted, or its certified coverage is
                below what was asked for
==============  ==========================================================================================================================

Tiles that are computed again are chosen by sha256(head ‖ nonce): the head of the ledger binds its owner before the nonce is drawn.
Margins are compared by balls at exact points, never as floats of two machines.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

from proofcheck import store
from proofcheck.claim import Claim, Library, library
from proofcheck.evidence import Undecided
from proofcheck.kernel import check as kernel_check
from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.parse import suggestion
from proofcheck.kernel.rules.points import settled
from proofcheck.kernel.terms import Obligation, Term, num, show, substitute
from proofcheck.methods.grid import Plan, Tally, exact_position, examined, margin, planned
from proofcheck.report.summary import several
from proofcheck.verdict import EXIT_BUDGET, EXIT_FAIL, EXIT_INTEGRITY, EXIT_PASS

from .coverage import Cloud, Coverage, Grid, Points, Resolution, cloud_resolution, cover, grid_resolution, percent, place
from .imports import Declared, Row, declared, rows
from .workers import mapped

Progress: TypeAlias = Callable[[int, int, str], None]

SCHEMA = "proofcheck/audit/1"
SAMPLE = 1_379
"""Tiles that are computed again: of a search of which more than 0.5 % is misreported they meet a misreported tile with probability 0.999."""
CERTAINTY = Fraction(999, 1000)
BITS = 256
CELLS = 20_000
EXIT = {"confirmed": EXIT_PASS, "not-reproduced": EXIT_FAIL, "tampered": EXIT_INTEGRITY, "insufficient": EXIT_BUDGET}
WORST = ("tampered", "not-reproduced", "insufficient", "confirmed")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its name, whether it is in order (None where nothing was to be decided), and what was seen."""

    name: str
    ok: bool | None
    text: str


@dataclass(frozen=True)
class SearchAudit:
    """The audit of one search: verdict, the reason for it, and all that was looked at. ``certificate`` is text that the kernel accepted, if any."""

    claim: str
    title: str
    verdict: str
    reason: str
    checks: tuple[Check, ...]
    coverage: tuple[Coverage, ...] = ()
    resolution: tuple[tuple[str, Resolution], ...] = ()
    pictures: str = ""
    certificate: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "claim": self.claim, "title": self.title, "verdict": self.verdict, "reason": self.reason,
            "checks": [{"name": item.name, "ok": item.ok, "text": item.text} for item in self.checks],
            "coverage": [item.to_json() for item in self.coverage],
            "resolution": [{"method": method, **item.to_json()} for method, item in self.resolution],
            "certificate": bool(self.certificate),
        }  # fmt: skip


@dataclass(frozen=True)
class Audit:
    """The audit of a ledger, a declared search or a list of points. ``head``: digest of what was audited; ``nonce``: what chose the tiles with it."""

    subject: str
    kind: str
    verdict: str
    reason: str
    head: str
    nonce: str
    searches: tuple[SearchAudit, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 confirmed, 1 not reproduced, 4 insufficient, 6 tampered."""
        return EXIT[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "schema": SCHEMA, "subject": self.subject, "kind": self.kind, "verdict": self.verdict, "reason": self.reason, "head": self.head,
            "nonce": self.nonce, "exit_code": self.exit_code, "searches": [search.to_json() for search in self.searches],
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [f"{self.verdict.replace('-', ' ').upper()}  {self.subject}" + (f": {self.reason}" if self.reason else "")]
        for search in self.searches:
            lines += ["", f"  {search.claim}" + (f"  {search.title}" if search.title else "")]
            lines += [f"  {'ok' if item.ok else '--' if item.ok is None else 'NO'}  {item.name:<11} {item.text}" for item in search.checks]
        lines += ["", f"  {'head' if self.kind == 'ledger' else 'file'} {self.head}" + (f" · tiles chosen with --seed {self.nonce}" if self.nonce else "")]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the same words, escaped."""
        return f"<pre>{escape(str(self))}</pre>"


# -- exact points --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What balls and exact normal forms say at an exact point: holds, violated, outside, undefined or undecided; and an enclosure of the margin."""

    what: str
    low: Fraction | None = None
    high: Fraction | None = None


def seen_at(obligation: Obligation, at: Mapping[str, Term], bits: int = BITS) -> Seen:
    """Return what is seen at a point, domain and hypotheses included. There is no tolerance."""
    conditions = list(obligation.given)
    for name, domain in obligation.domains:
        if domain.integer:
            conditions.append(Term("eq", (_whole_part(at[name]), at[name])))
        for end, closed, ops in ((domain.lower, domain.lower_closed, ("ge", "gt")), (domain.upper, domain.upper_closed, ("le", "lt"))):
            if end is not None:
                conditions.append(Term(ops[0] if closed else ops[1], (at[name], end)))
    found = [settled(substitute(condition, at)) for condition in conditions]
    if any(item is False for item in found):
        return Seen("outside")
    enclosure = enclosed(margin(obligation.goal), at, bits)
    if any(item is None for item in found):
        return Seen("undecided", *enclosure)
    holds = settled(substitute(obligation.goal, at))
    what = "holds" if holds else "violated" if holds is False else "undefined" if enclosure[0] is None else "undecided"
    return Seen(what, *enclosure)


def _whole_part(term: Term) -> Term:
    """Return the whole number next to a constant."""
    with precision(BITS):
        (value,) = evaluate((term,), Ball(), {})
        return num(round(float(value.mid()))) if value.is_finite() else num(0)


def enclosed(term: Term, at: Mapping[str, Term], bits: int = BITS) -> tuple[Fraction, Fraction] | tuple[None, None]:
    """Return rationals that enclose a term at an exact point; (None, None) where balls give no value."""
    with precision(bits):
        (value,) = evaluate((substitute(term, at),), Ball(), {})
        if not value.is_finite():
            return None, None
        low, high = (_rational(end) for end in (value.lower(), value.upper()))
        return low, high


def _rational(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def point_text(at: Mapping[str, Term]) -> str:
    """Return a point in words."""
    return ", ".join(f"{name} = {show(value, 60)}" for name, value in at.items()) or "the only point"


def short(value: Fraction | None) -> str:
    """Return a margin to a few digits."""
    return "none" if value is None else f"{float(value):.6g}"


# -- which tiles ---------------------------------------------------------------------------------------------------------


def chosen(head: str, nonce: str, tiles: int, sample: int) -> list[int]:
    """Return ``sample`` of ``tiles`` numbers, ascending: those with the smallest sha256(head ‖ nonce ‖ number). All where there are no more."""
    if sample >= tiles:
        return list(range(tiles))
    start = sha256(f"{head}|{nonce}|".encode())

    def rank(number: int) -> bytes:
        digest = start.copy()
        digest.update(str(number).encode())
        return digest.digest()

    return sorted(sorted(range(tiles), key=rank)[:sample])


def follows(sampled: int, tiles: int, noun: str = "misreported") -> str:
    """Return the statement that follows where all sampled tiles came out as reported: 1 - (1 - f)^n >= 0.999."""
    if sampled >= tiles:
        return f"every tile was computed again: none is {noun}"
    if not sampled:
        return "no tile was computed again"
    share = -math.expm1(math.log1p(-float(CERTAINTY)) / sampled)
    digits = 1 - math.floor(math.log10(100 * share))
    up = math.ceil(100 * share * 10**digits - 1e-9) / 10**digits
    return f"with probability at least 0.999 at most {up:g} % of the tiles are {noun}"


# -- a declared search ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the auditor asks for."""

    sample: int = SAMPLE
    nonce: str = ""
    require: Fraction | None = None
    cells: int = CELLS
    jobs: int = 1
    progress: Progress = lambda done, total, note: None


def found_claim(lib: Library, name: str) -> Claim:
    """Return a claim by its id. Raises Malformed (PC104)."""
    if name not in lib.claims:
        for error in lib.errors:
            if lib.place(error) == name:
                raise error
        raise Malformed("PC104", f"There is no claim {name!r} here.", hint=suggestion(name, sorted(lib.claims)).replace("Names in scope", "Claims"))
    return lib.claims[name]


def obligation_of(claim: Claim, name: str) -> Obligation:
    """Return an obligation of a claim: the statement if there is one instance, else the one named. Raises Malformed (PC104)."""
    entries = [entry.obligation for entry in claim.statement.entries if entry.kind in ("statement", "step", "check")]
    wanted = [item for item in entries if item.name == name] if name else [item for item in entries if item.name.partition("[")[0] == "statement"]
    if len(wanted) != 1:
        names = ", ".join(item.name for item in entries)
        what = f"{claim.id} has no obligation {name!r}." if name else f"{claim.id} has {len(wanted)} statements: `obligation` says which."
        raise Malformed("PC104", what, hint=f"There are: {names[:400]}.")
    return wanted[0]


def of_grid(claim: Claim, search: Declared, head: str, asked: Asked) -> SearchAudit:
    """Return the audit of a declared grid: its tiles are blocks of nodes, which are computed again with certified signs."""
    obligation = obligation_of(claim, search.obligation)
    plan = planned(obligation, dict(search.grid or {}))
    if isinstance(plan, Undecided):
        raise Malformed("PC204", f"The grid cannot be walked through: {plan.detail}.").at(file=str(search.path))
    tiles = math.prod(plan.blocks)
    numbers = chosen(head, asked.nonce, tiles, asked.sample)
    total = Tally()
    runs = _runs(numbers)
    done = 0
    for (first, end), tally in zip(runs, mapped(_examined, plan, runs, asked.jobs), strict=True):
        total.merge(tally)
        done += end - first
        asked.progress(done, len(numbers), "tiles")
        if total.violated_at is not None:
            break
    nodes = " x ".join(f"{axis.size:,}" for axis in plan.axes)
    checks = [Check("chain", None, "declared, no ledger: what was run, and what it found, is the author's word"),
              Check("claim", True, f"{claim.id}, {obligation.name}, digest {claim.statement.digest[:16]}")]  # fmt: skip
    verdict, reason = "confirmed", ""
    head_text = f"{len(numbers):,} of {tiles:,} tiles computed again, {total.nodes:,} of {plan.points:,} nodes ({nodes})"
    if total.violated_at is not None:
        at = exact_position(plan.axes, total.violated_at)
        seen = seen_at(obligation, at)
        where = f"{point_text(at)} violates the claim, margin {short(seen.high)}"
        if search.outcome == "found":
            checks.append(Check("tiles", True, f"{head_text}; reported as found, and {where}"))
        else:
            verdict, reason = "not-reproduced", f"reported as `{search.outcome}`, but {where}"
            checks.append(Check("tiles", False, f"{head_text}; {reason}"))
    elif search.outcome == "found":
        verdict = "not-reproduced" if len(numbers) == tiles else "insufficient"
        reason = "reported as `found`, and no violation is among the nodes computed again"
        checks.append(Check("tiles", False, f"{head_text}; {reason}"))
    else:
        held = total.inside - total.unsigned
        text = f"{head_text}: no violation; {held:,} nodes hold by error bounds or balls; {follows(len(numbers), tiles, 'hold a violation')}"
        rest = [several(count, word) for count, word in ((total.undefined, "node without a value"), (total.unsigned, "undecided node")) if count]
        checks.append(Check("tiles", not rest, "; ".join([text.replace("are hold", "hold").replace("is hold", "holds"), *rest])))
        if not total.inside:
            verdict, reason = "insufficient", "none of the nodes computed again satisfies the hypotheses"
    result = SearchAudit(claim.id, search.title, verdict, reason, tuple(checks))
    found = with_coverage(claim, result, [(obligation, Grid(plan.axes))], asked, wanted=search.outcome != "found")
    return with_resolution(found, [("grid", obligation, grid_resolution(obligation, plan.axes))])


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as half-open runs, none longer than 64: blocks that are next to each other are looked at together."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number and number - runs[-1][0] < 64:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


def _examined(plan: Plan, blocks: tuple[int, int]) -> Tally:
    return examined(plan, blocks)


def of_list(claim: Claim, search: Declared, points: Sequence[Row], head: str, asked: Asked) -> SearchAudit:
    """Return the audit of a list of points: each of the chosen ones by balls at the exact point, reported margins included."""
    obligation = obligation_of(claim, search.obligation)
    numbers = chosen(head, asked.nonce, len(points), asked.sample)
    counts: dict[str, int] = dict.fromkeys(("holds", "violated", "outside", "undefined", "undecided"), 0)
    verdict, reason, compared = "confirmed", "", 0
    smallest: tuple[Fraction, Row] | None = None
    witness = ""
    for done, (number, seen) in enumerate(zip(numbers, mapped(_seen_row, obligation, [dict(points[i].at) for i in numbers], asked.jobs), strict=True)):
        row = points[number]
        counts[seen.what] += 1
        asked.progress(done, len(numbers), "points")
        if seen.what == "violated" and not witness:
            witness = f"{row.place}: {point_text(row.at)} violates the claim, margin {short(seen.high)}"
            if search.outcome != "found":
                verdict, reason = "not-reproduced", f"reported as `{search.outcome}`, but {witness}"
        if seen.what == "outside" and not reason:
            verdict, reason = "not-reproduced", f"{row.place}: {point_text(row.at)} is not in the domain, or violates a hypothesis"
        if seen.low is not None and seen.high is not None and seen.what != "outside":
            if smallest is None or seen.low < smallest[0]:
                smallest = seen.low, row
            if row.margin is not None:
                compared += 1
                slack = search.accuracy * max(Fraction(1), abs(row.margin))
                if not seen.low - slack <= row.margin <= seen.high + slack and not reason:
                    verdict = "not-reproduced"
                    reason = f"{row.place}: the reported margin is {short(row.margin)}, the exact one lies in [{short(seen.low)}, {short(seen.high)}]"
    what = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    text = f"{len(numbers):,} of {len(points):,} points computed again by balls: {what}"
    text += f"; {compared:,} reported margins within {float(search.accuracy):g}" if compared and verdict == "confirmed" else ""
    text += f"; smallest margin {short(smallest[0])} at {point_text(smallest[1].at)}" if smallest else ""
    if search.outcome == "found" and not witness and verdict == "confirmed":
        verdict = "not-reproduced" if len(numbers) == len(points) else "insufficient"
        reason = "reported as `found`, and no point computed again violates the claim"
    if verdict == "confirmed" and not counts["holds"] and search.outcome != "found":
        verdict, reason = "insufficient", "the claim is not seen to hold at any of the points"
    checks = (
        Check("chain", None, "a list of points, no ledger: whether these are all that were looked at is the author's word"),
        Check("claim", True, f"{claim.id}, {obligation.name}, digest {claim.statement.digest[:16]}"),
        Check("points", verdict == "confirmed", text + (f"; {reason}" if reason else f"; {follows(len(numbers), len(points)).replace('tile', 'point')}")),
    )
    result = SearchAudit(claim.id, search.title, verdict, reason, checks)
    t = unit_places(obligation, [row.at for row in points])
    if t is None:
        return replace(result, checks=(*checks, Check("coverage", None, "none: a point has no place in the domain")))
    found = with_coverage(claim, result, [(obligation, Cloud(t))], asked, wanted=search.outcome != "found")
    return with_resolution(found, [("points", obligation, cloud_resolution(obligation, t))])


def _seen_row(obligation: Obligation, at: dict[str, Term]) -> Seen:
    return seen_at(obligation, at)


def unit_places(obligation: Obligation, points: Sequence[Mapping[str, Term]]) -> Any:
    """Return the places of exact points in the unit cube, in float64, of shape (variables, points); None where there are none."""
    import numpy as np  # noqa: PLC0415 - only for scattered points

    if not points or not obligation.domains:
        return None
    array = np.empty((len(obligation.domains), len(points)))
    with precision(64):
        for j, at in enumerate(points):
            env: dict[str, Any] = {}
            for i, (name, domain) in enumerate(obligation.domains):
                x = at[name]
                env[name] = Ball.number(x.value) if isinstance(x.value, Fraction) else evaluate((x,), Ball(), {})[0]
                key = place(domain.lower, domain.upper, Term("var", (), name))
                array[i, j] = float(evaluate((key,), Ball(), env)[0].mid())
    return array if bool(np.isfinite(array).all()) and bool((array >= -1e-9).all()) and bool((array <= 1 + 1e-9).all()) else None


# -- coverage and resolution ---------------------------------------------------------------------------------------------


def with_coverage(claim: Claim, result: SearchAudit, regions: Iterable[tuple[Obligation, Points]], asked: Asked, *, wanted: bool) -> SearchAudit:
    """Return the audit with the certified coverage of each obligation; insufficient where it is below what is required and nothing was found."""
    if asked.cells <= 0:
        return result
    from proofcheck.report.leftover import leftover  # noqa: PLC0415 - pictures are for reports

    checks, coverages, pictures = list(result.checks), [], []
    nodes: dict[str, Any] = {}
    for obligation, points in regions:
        found = cover(obligation, points, cells=asked.cells, jobs=asked.jobs, progress=asked.progress)
        if isinstance(found, str):
            checks.append(Check("coverage", None, f"not measured: {found}"))
            continue
        coverages.append(found)
        pictures.append(leftover(found, obligation.domains))
        checks.append(Check("coverage", None if asked.require is None or not wanted else found.share >= asked.require, found.sentence()))
        if found.node is not None:
            nodes[obligation.name] = found.node
    result = replace(result, coverage=tuple(coverages), pictures="".join(pictures), checks=tuple(checks))
    result = _offered(claim, result, nodes)
    least = min((item.share for item in coverages), default=Fraction(0))
    if wanted and asked.require is not None and least < asked.require and result.verdict == "confirmed":
        reason = f"the certified coverage is {percent(least)}; {percent(asked.require)} are required"
        result = replace(result, verdict="insufficient", reason=reason)
    return result


def _offered(claim: Claim, result: SearchAudit, nodes: Mapping[str, Any]) -> SearchAudit:
    """Return the audit with a certificate, where full coverage makes a proof that the kernel accepts."""
    if not nodes:
        return result
    certificate = store.assemble(claim, nodes)
    receipt = kernel_check(claim.data, certificate)
    proved = [finding.name for finding in receipt.findings if finding.name in nodes and finding.status == "proved"]
    text = f"the coverage is 100 %: the kernel accepts the subdivision as a proof of {', '.join(proved)}"
    return replace(result, certificate=(certificate or b"").decode(), checks=(*result.checks, Check("proof", True, text)))


def with_resolution(result: SearchAudit, found: Iterable[tuple[str, Obligation, Resolution]]) -> SearchAudit:
    """Return the audit with what the search could not have seen."""
    items = [(method, resolution) for method, _, resolution in found]
    checks = [Check("unseen", None, f"{resolution.sentence()}") for _, resolution in items]
    return replace(result, resolution=(*result.resolution, *items), checks=(*result.checks, *checks))


# -- the whole audit -----------------------------------------------------------------------------------------------------


def audit(
    path: str | Path, *, claim: str = "", root: str | Path = ".", sample: int | None = None, full: bool = False, seed: str | int = "", head: str = "",
    require_coverage: Fraction | str | None = None, cells: int = CELLS, jobs: int = 1, on_progress: Progress | None = None,
) -> Audit:  # fmt: skip
    """Return the audit of a ledger (.jsonl), a declared search (.toml), or a list of points (.csv, .json; with ``claim``).

    ``root``: the project, the folder with ``claims``. ``sample``: how many tiles are computed again, 1,379 by default; ``full``: all. ``seed``: the
    auditor's nonce, drawn at random by default. ``head``: an anchored head that the ledger must contain. ``require_coverage``: the least certified
    coverage, a share or a text such as "95 %". ``cells``: the budget of the coverage, 0 for none. Raises Malformed for what cannot be read.
    """
    path = Path(path)
    if full and sample is not None:
        raise Malformed("PC204", "--full computes every tile again; --sample says how many: choose one.")
    nonce = str(seed) if seed != "" else secrets.token_hex(8)
    asked = Asked(2**62 if full else SAMPLE if sample is None else sample, nonce, share_of(require_coverage), cells, jobs, on_progress or _silent)
    lib = library(Path(root) / "claims")
    suffix = path.suffix.lower()
    if suffix == ".toml":
        search = declared(path)
    elif suffix in (".csv", ".json"):
        if not claim:
            raise Malformed("PC203", f"{path.name} is a list of points: --claim says of which claim.", hint="Or write a declaration (docs/audit.md).")
        search = Declared(path, claim, file=path)
    else:
        raise Malformed("PC204", f"{path.name} is no ledger (.jsonl), declaration (.toml) or list of points (.csv, .json).")
    return _of_declared(lib, search, asked)


def _of_declared(lib: Library, search: Declared, asked: Asked) -> Audit:
    claim = found_claim(lib, search.claim)
    data = search.path.read_bytes() + (search.file.read_bytes() if search.file is not None and search.file != search.path else b"")
    digest = sha256(data).hexdigest()
    if search.file is None:
        result = of_grid(claim, search, digest, asked)
    else:
        result = of_list(claim, search, rows(search.file, obligation_of(claim, search.obligation)), digest, asked)
    return together(str(search.path), "declared", digest, asked.nonce, [result])


def together(subject: str, kind: str, head: str, nonce: str, results: Sequence[SearchAudit]) -> Audit:
    """Return the audit of all searches of a file: its verdict is the worst of theirs."""
    worst = min(results, key=lambda result: WORST.index(result.verdict))
    return Audit(subject, kind, worst.verdict, worst.reason, head, nonce, tuple(results))


def share_of(value: Fraction | str | None) -> Fraction | None:
    """Return a share from 0 to 1 of texts such as "95 %", "0.95". Raises Malformed (PC204)."""
    if value is None or isinstance(value, Fraction):
        return value
    text = value.strip()
    try:
        share = Fraction(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise Malformed("PC204", f"{value!r} is no share of the domain.", hint='Write "95 %" or "0.95".')
    return share


def _silent(done: int, total: int, note: str) -> None:
    del done, total, note


__all__ = ["Audit", "Check", "Rejected", "SearchAudit", "audit"]
