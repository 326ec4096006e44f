"""What an audit says, and what every audit looks at: exact points, the choice of tiles, coverage and resolution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from html import escape
from typing import Any, TypeAlias

import numpy as np

from proofcheck import store
from proofcheck.algebras.floats import Floats, evaluated
from proofcheck.claim import Claim
from proofcheck.kernel import check as kernel_check
from proofcheck.kernel.algebra import Ball, compiled, decide, evaluate, precision, relations
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules.points import settled
from proofcheck.kernel.terms import Obligation, Term, num, postorder, rational, show, substitute
from proofcheck.methods.grid import margin
from proofcheck.verdict import EXIT_BUDGET, EXIT_FAIL, EXIT_INTEGRITY, EXIT_PASS

from .coverage import Array, Coverage, Points, Resolution, cloud_resolution, cover, percent, place

Progress: TypeAlias = Callable[[int, int, str], None]

SCHEMA = "proofcheck/audit/1"
SAMPLE = 1_379
"""Tiles that are computed again: of a search of which more than 0.5 % is misreported they meet a misreported tile with probability 0.999."""
CERTAINTY = Fraction(999, 1000)
BITS = 256
CELLS, WORTH = 100_000, 30_000_000
"""Cells that coverage looks at without being told: so many, fewer where formulas are large; work is operations, those of gradients included."""
TIE = Fraction(1, 10**60)
SLIP = 1e-9  # by how much rounding may move a point of the domain out of it
MANY = 8
"""Variables from which points are too few for a largest empty box to mean anything."""
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


def searchable(obligation: Obligation) -> Obligation:
    """Return the obligation if it can be looked at point by point. Raises Malformed (PC204) for expectations, flows and experiments."""
    opaque = next((node for node in postorder((*obligation.given, obligation.goal)) if node.op == "opaque"), None)
    if opaque is not None:
        what = f"{obligation.name} speaks of {show(opaque, 60)}, which is measured and has no value at a point: no search can look at it."
        raise Malformed("PC204", what, hint="`proofcheck verify` measures it.")
    return obligation


def seen_at(obligation: Obligation, at: Mapping[str, Term], bits: int = BITS) -> Seen:
    """Return what is seen at a point, domain and hypotheses included. There is no tolerance: what balls leave open, exact normal forms settle."""
    conditions = list(obligation.given)
    whole: list[bool | None] = []
    for name, domain in obligation.domains:
        x = Term("var", (), name)
        if domain.integer:
            number = rational(at[name])
            whole.append(settled(Term("eq", (_whole_part(at[name]), at[name]))) if number is None else number.denominator == 1)
        for end, closed, ops in ((domain.lower, domain.lower_closed, ("ge", "gt")), (domain.upper, domain.upper_closed, ("le", "lt"))):
            if end is not None:
                conditions.append(Term(ops[0] if closed else ops[1], (x, end)))
    formulas = (*conditions, obligation.goal)
    atoms = tuple(dict.fromkeys(atom for formula in formulas for atom in relations(formula)))
    roots = (margin(obligation.goal), *(side for atom in atoms for side in atom.args))
    with precision(bits):
        env = {name: evaluate((term,), Ball(), {})[0] for name, term in at.items()}
        value, *values = evaluate(roots, Ball(), env)
        known = {atom: (values[2 * i], values[2 * i + 1]) for i, atom in enumerate(atoms)}
        answers = [decide(formula, known) for formula in formulas]
        ends = (_rational(value.lower()), _rational(value.upper())) if value.is_finite() else (None, None)
    found = [*whole, *(settled(substitute(formula, at)) if answer is None else answer for formula, answer in zip(conditions, answers[:-1], strict=True))]
    if any(item is False for item in found):
        return Seen("outside")
    if any(item is None for item in found):
        return Seen("undecided", *ends)
    holds = settled(substitute(obligation.goal, at)) if answers[-1] is None else answers[-1]
    what = "holds" if holds else "violated" if holds is False else "undefined" if ends[0] is None else "undecided"
    return Seen(what, *ends)


def _whole_part(term: Term) -> Term:
    """Return the whole number next to a constant."""
    with precision(BITS):
        (value,) = evaluate((term,), Ball(), {})
        return num(round(float(value.mid()))) if value.is_finite() else num(0)


def _rational(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def point_text(at: Mapping[str, Term]) -> str:
    """Return a point in words."""
    return ", ".join(f"{name} = {show(value, 60)}" for name, value in at.items()) or "the only point"


def short(value: Fraction | None) -> str:
    """Return a margin to a few digits; what is within the reach of balls of 0 is 0."""
    return "none" if value is None else "0" if abs(value) < TIE else f"{float(value):.6g}"


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


@dataclass(frozen=True)
class Asked:
    """What the auditor asks for."""

    sample: int = SAMPLE
    nonce: str = ""
    require: Fraction | None = None
    cells: int | None = None
    jobs: int = 1
    progress: Progress = lambda done, total, note: None


# -- coverage and resolution ---------------------------------------------------------------------------------------------


def with_coverage(claim: Claim, result: SearchAudit, regions: Iterable[tuple[Obligation, Points]], asked: Asked, *, wanted: bool) -> SearchAudit:
    """Return the audit with the certified coverage of each obligation; insufficient where it is below what is required and nothing was found."""
    if asked.cells == 0:
        return result
    from proofcheck.report.leftover import leftover  # noqa: PLC0415 - pictures are for reports

    checks, coverages, pictures = list(result.checks), [], []
    nodes: dict[str, Any] = {}
    for obligation, points in regions:
        found = cover(obligation, points, cells=affordable(obligation) if asked.cells is None else asked.cells, jobs=asked.jobs, progress=asked.progress)
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


def affordable(obligation: Obligation) -> int:
    """Return how many cells coverage looks at without being told."""
    steps = len(compiled(tuple(side for formula in (*obligation.given, obligation.goal) for atom in relations(formula) for side in atom.args))[0])
    return max(20, min(CELLS, WORTH // (steps * (1 + len(obligation.domains)))))


def _offered(claim: Claim, result: SearchAudit, nodes: Mapping[str, Any]) -> SearchAudit:
    """Return the audit with a certificate, where full coverage makes a proof that the kernel accepts."""
    if not nodes:
        return result
    certificate = store.assemble(claim, nodes)
    try:
        receipt = kernel_check(claim.data, certificate)
    except Rejected as error:  # found by the same forms: never a fault of whoever ran the search
        raise AssertionError(f"the kernel rejects the coverage as a proof: {error}") from error
    proved = [finding.name for finding in receipt.findings if finding.name in nodes and finding.status == "proved"]
    text = f"the coverage is 100 %: the kernel accepts the subdivision as a proof of {', '.join(proved)}"
    return replace(result, certificate=(certificate or b"").decode(), checks=(*result.checks, Check("proof", True, text)))


def with_resolution(result: SearchAudit, name: str, found: Resolution) -> SearchAudit:
    """Return the audit with what the search could not have seen; ``name`` says of which points."""
    text = f"{name}: {found.sentence()}" if name else found.sentence()
    return replace(result, resolution=(*result.resolution, (name, found)), checks=(*result.checks, Check("unseen", None, text)))


def with_scattered(result: SearchAudit, obligation: Obligation, t: Array, name: str) -> SearchAudit:
    """Return the audit with the largest empty box between scattered points, where there are few enough variables to speak of one."""
    if len(obligation.domains) > MANY or t.shape[1] == 0:
        why = f"{name}not measured: in {len(obligation.domains)} variables a few points leave boxes of almost any size empty"
        return replace(result, checks=(*result.checks, Check("unseen", None, why)))
    return with_resolution(result, name, cloud_resolution(obligation, t))


def unit_places(obligation: Obligation, values: Mapping[str, Array]) -> Array:
    """Return the places in the unit cube of points that are given by arrays of their coordinates, of shape (variables, points); NaN outside."""
    found = []
    for name, domain in obligation.domains:
        (t,) = evaluated((place(domain.lower, domain.upper, Term("var", (), name)),), Floats(), values)
        if domain.integer and domain.lower is not None and domain.upper is not None:
            first, last = (float(evaluated((end,), Floats(), {})[0]) for end in (domain.lower, domain.upper))
            first = math.floor(first) + 1 if not domain.lower_closed else math.ceil(first)
            last = math.ceil(last) - 1 if not domain.upper_closed else math.floor(last)
            t = (values[name] - first + 0.5) / (last - first + 1)
        found.append(np.where((t >= -SLIP) & (t <= 1 + SLIP), np.clip(t, 0.0, 1.0), np.nan))
    return np.array(found)


def together(subject: str, kind: str, head: str, nonce: str, results: Sequence[SearchAudit]) -> Audit:
    """Return the audit of all searches of a file: its verdict is the worst of theirs."""
    worst = min(results, key=lambda result: WORST.index(result.verdict))
    return Audit(subject, kind, worst.verdict, worst.reason, head, nonce, tuple(results))


