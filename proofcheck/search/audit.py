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
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np

from proofcheck.claim import Claim, Library, library
from proofcheck.evidence import Undecided
from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.files import read_bytes
from proofcheck.kernel.parse import suggestion
from proofcheck.kernel.terms import Obligation, Term
from proofcheck.methods.grid import Plan, Tally, exact_position, examined, planned
from proofcheck.report.summary import several

from .coverage import Array, Cloud, Grid, grid_resolution
from .imports import MAX_LIST, Declared, Row, declared, rows
from .ledger_audit import of_ledger
from .verdicts import (
    SAMPLE,
    Asked,
    Audit,
    Check,
    Progress,
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

# -- a declared search ---------------------------------------------------------------------------------------------------


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
    if wanted[0].exists:
        raise Malformed("PC204", f"{wanted[0].name} of {claim.id} says that something exists; a search looks for violations of what is said of all points.")
    return searchable(wanted[0])


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
    return with_resolution(found, "", grid_resolution(obligation, plan.axes))


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
    t = unit_places(obligation, float_points(obligation, [row.at for row in points]))
    t = t[:, np.isfinite(t).all(axis=0)]
    found = with_coverage(claim, result, [(obligation, Cloud(t))], asked, wanted=search.outcome != "found")
    return with_scattered(found, obligation, t, "")


def float_points(obligation: Obligation, points: Sequence[Mapping[str, Term]]) -> dict[str, Array]:
    """Return exact points as arrays of floats, by variable."""
    with precision(64):
        return {name: np.array([float(evaluate((at[name],), Ball(), {})[0].mid()) for at in points]) for name, _ in obligation.domains}


def _seen_row(obligation: Obligation, at: dict[str, Term]) -> Seen:
    return seen_at(obligation, at)


# -- the whole audit -----------------------------------------------------------------------------------------------------


def audit(
    path: str | Path, *, claim: str = "", root: str | Path = ".", sample: int | None = None, full: bool = False, seed: str | int = "", head: str = "",
    require_coverage: Fraction | str | None = None, cells: int | None = None, jobs: int = 1, on_progress: Progress | None = None,
) -> Audit:  # fmt: skip
    """Return the audit of a ledger (.jsonl), a declared search (.toml), or a list of points (.csv, .json; with ``claim``).

    ``root``: the project, the folder with ``claims``. ``sample``: how many tiles are computed again, 1,379 by default; ``full``: all. ``seed``: the
    auditor's nonce, drawn at random by default. ``head``: an anchored head that the ledger must contain. ``require_coverage``: the least certified
    coverage, a share or a text such as "95 %". ``cells``: the budget of the coverage, 0 for none, by default what the formula's size affords.
    Raises Malformed for what cannot be read.
    """
    path = Path(path)
    if full and sample is not None:
        raise Malformed("PC204", "--full computes every tile again; --sample says how many: choose one.")
    nonce = str(seed) if seed != "" else secrets.token_hex(8)
    asked = Asked(2**62 if full else SAMPLE if sample is None else sample, nonce, share_of(require_coverage), cells, jobs, on_progress or _silent)
    lib = library(Path(root) / "claims")
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return of_ledger(lib, path, asked, head)
    if head:
        raise Malformed("PC204", "--head is for ledgers: nothing else has one.")
    if suffix == ".toml":
        return _of_declared(lib, declared(path), asked)
    if suffix not in (".csv", ".json"):
        raise Malformed("PC204", f"{path.name} is no ledger (.jsonl), declaration (.toml) or list of points (.csv, .json).")
    if not claim:
        raise Malformed("PC203", f"{path.name} is a list of points: --claim says of which claim.", hint="Or write a declaration (docs/audit.md).")
    return _of_declared(lib, Declared(path, claim, file=path), asked)


def _of_declared(lib: Library, search: Declared, asked: Asked) -> Audit:
    claim = found_claim(lib, search.claim)
    files = dict.fromkeys(path for path in (search.path, search.file) if path is not None)
    digest = sha256(b"".join(read_bytes(path, path.parent, MAX_LIST) for path in files)).hexdigest()
    if search.file is None:
        result = of_grid(claim, search, digest, asked)
    else:
        result = of_list(claim, search, rows(search.file, obligation_of(claim, search.obligation)), digest, asked)
    return together(str(search.path), "declared", digest, asked.nonce, [result])


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


__all__ = ["Audit", "Check", "SearchAudit", "audit"]
