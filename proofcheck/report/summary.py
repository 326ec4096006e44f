"""What the renderers say in common: counts, how we know, what is taken on trust, coverage, and the commands to run."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from dataclasses import dataclass

from .model import OUTCOMES, VERDICTS, ClaimReport, ObligationReport, PaperReport, PaperRow, Report
from .text import clean

KINDS = ("statement", "step", "check", "sanity", "must_fail")
STATUSES = ("proved", "refuted", "supported", "violated", "assumed", "cited", "open", "error")
HOW = {
    ("proved", "kernel"): "every step is certified and the certificate was checked by the kernel",
    ("proved", "conditional"): "only if what is assumed holds; everything else was checked",
    ("proved", "symbolic"): "by computer algebra; the kernel did not check it",
    ("refuted", "witness"): "an exact point violates the statement, checked by the kernel",
    ("supported", "numerical"): "no violation at finitely many points or along finitely many trajectories; this is not a proof",
    ("supported", "statistical"): "no violation in a random sample; this is not a proof",
    ("inconclusive", ""): "neither proved nor refuted",
    ("error", ""): "the file, a tool or proofcheck itself is at fault",
}
# What refutes that something exists, in words and as a clause; rules of the kernel.
NOT_FOUND = {
    "nowhere": ("no solution", "every cell of the domains excludes a solution, checked by the kernel"),
    "twice": ("two solutions", "there are two solutions, in boxes without a common point, checked by the kernel"),
}
# What the two kinds of guards must come out as to do their work.
GUARDS = {"sanity": ("proved", "supported"), "must_fail": ("refuted", "violated")}
MARGIN = 14
"""Characters of a margin that are read at a glance."""
_UNIT = re.compile(r"(?<![\w.])([0-9]+(?:[ ,_\u202f][0-9]{3})*) (lea(?:f|ves)|strips?|boxes|points|samples|trajectories|terms)\b")


@dataclass(frozen=True)
class Trust:
    """One thing that is not checked, and the claims that rest on it."""

    what: str
    claims: tuple[ClaimReport, ...]


def counts(report: Report) -> dict[str, dict[str, int]]:
    """Return how many claims have each outcome, verdict and grade; every outcome and verdict is listed."""
    outcomes, verdicts = Counter(c.outcome for c in report.claims), Counter(c.verdict for c in report.claims)
    grades = Counter(claim.grade for claim in report.claims if claim.grade)
    return {
        "outcomes": {name: outcomes[name] for name in OUTCOMES},
        "verdicts": {name: verdicts[name] for name in VERDICTS},
        "grades": dict(sorted(grades.items())),
    }


def duration(seconds: float) -> str:
    """Return seconds as ``0.41 s``, ``73 s`` or ``12 min 5 s``."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s"


def several(count: int, noun: str) -> str:
    """Return ``1 step`` or ``3 steps``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def how(claim: ClaimReport) -> str:
    """Return how the verdict is known, as a clause; empty when verdict and grade say it all."""
    if claim.verdict == "refuted" and (rule := refuting(claim)) in NOT_FOUND:
        return ("at an exact point of what is given " if claim.witness else "") + NOT_FOUND[rule][1]
    return HOW.get((claim.verdict, claim.grade), HOW.get((claim.verdict, ""), ""))


def verdict(claim: ClaimReport) -> str:
    """Return verdict, grade and number of assumptions: ``proved (conditional), assuming 2``."""
    grade = f" ({clean(claim.grade)})" if claim.grade else ""
    return clean(claim.verdict) + grade + (f", assuming {len(claim.assumptions)}" if claim.assumptions else "")


def expectation(claim: ClaimReport) -> str:
    """Return what the file expects beside what was found: ``expected proved, got refuted (witness)``."""
    return f"expected {clean(claim.expect)}, got {verdict(claim)}"


def way(claim: ClaimReport) -> str:
    """Return whether the certificate was replayed or a search ran; what is supported was measured in this run."""
    return "measured" if claim.verdict == "supported" else "replayed" if claim.replayed else "searched"


def knowledge(claim: ClaimReport) -> str:
    """Return in a few words what stands behind the verdict: steps and leaves, a witness, points, or the reason for none."""
    if claim.verdict in ("inconclusive", "error"):
        return clean(claim.reason)
    if claim.verdict == "refuted":
        words = NOT_FOUND.get(refuting(claim), ("" if claim.witness else "false as it stands, without variables",))[0]
        return "; ".join(part for part in (f"{words} at {point(claim.witness)}".strip() if claim.witness else words, unsettled(claim)) if part)
    main = [item for item in claim.obligations if item.kind in ("statement", "step")]
    pieces = [several(steps, "step")] if (steps := sum(item.kind == "step" for item in main)) else []
    pieces += [unsettled(claim)] if unsettled(claim) else []
    sizes: Counter[str] = Counter()
    for item in main if claim.verdict == "proved" else (item for item in claim.obligations if item.kind not in GUARDS):
        for number, unit in _UNIT.findall(item.detail):
            sizes["leaves" if unit == "leaf" else unit] += int(re.sub(r"\D", "", number))
    pieces += ["1 leaf" if (size, unit) == (1, "leaves") else f"{size} {unit}" for unit, size in sizes.items()]
    return ", ".join(pieces) or ", ".join(dict.fromkeys(clean(item.rule) for item in main if item.rule))


def shortened(margin: str) -> str:
    """Return a margin to six digits where it has many; the obligation that it belongs to has them all."""
    try:
        value = float(margin)
    except ValueError:
        return margin
    return f"{value:.6g}" if len(margin) > MARGIN and value and math.isfinite(value) else margin


def refuting(claim: ClaimReport) -> str:
    """Return the rule that refuted the statement."""
    return next((item.rule for item in claim.obligations if item.kind == "statement" and item.status == "refuted"), "")


def unsettled(claim: ClaimReport) -> str:
    """Return which steps and checks of a claim came out neither proved nor supported: what stands in its file and is not known."""
    names = [clean(item.name) for item in claim.obligations if left_open(item)]
    shown = ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return f"{shown} not shown" if names else ""


def pending(report: Report) -> str:
    """Return how many steps and checks are neither proved nor supported, of how many claims; empty where all are."""
    kinds = Counter(item.kind for claim in report.claims for item in claim.obligations if left_open(item))
    claims = sum(any(map(left_open, claim.obligations)) for claim in report.claims)
    return f"not shown: {' and '.join(several(kinds[kind], kind) for kind in KINDS if kinds[kind])} of {several(claims, 'claim')}" if claims else ""


def left_open(item: ObligationReport) -> bool:
    """Say whether a step or check is open, in error, or goes against itself."""
    return item.kind in ("step", "check") and item.status in ("open", "error", "refuted", "violated")


def point(values: dict[str, str]) -> str:
    """Return the coordinates of a point as ``x = 1/8, y = 0``."""
    return ", ".join(f"{clean(name)} = {clean(value)}" for name, value in values.items())


def guarded(item: ObligationReport) -> bool:
    """Say whether an obligation came out as it must: a sanity value holds, a must_fail neighbour is refuted."""
    return item.status in GUARDS.get(item.kind, (item.status,))


def trust(report: Report) -> list[Trust]:
    """Return what the verdicts rest on without a check by the kernel, the most used first."""
    resting: dict[str, list[ClaimReport]] = {}
    for claim in report.claims:
        for assumption in dict.fromkeys(map(clean, claim.assumptions)):
            resting.setdefault(assumption, []).append(claim)
    return [Trust(what, tuple(claims)) for what, claims in sorted(resting.items(), key=lambda item: (-len(item[1]), item[0]))]


def graded(report: Report) -> list[Trust]:
    """Return the claims whose grade is below the kernel's: symbolic proofs and support."""
    texts = {
        "symbolic": "Computer algebra: proved symbolically, not replayed by the kernel",
        "numerical": "Finitely many points or trajectories: supported, not proved",
        "statistical": "Random samples: supported, not proved",
    }
    found = [Trust(text, tuple(claim for claim in report.claims if claim.grade == grade)) for grade, text in texts.items()]
    return [item for item in found if item.claims]


def covered(rows: tuple[PaperRow, ...]) -> int:
    """Return how many numbered statements have a claim."""
    return sum(bool(row.claims) for row in rows)


def assumed(row: PaperRow, report: Report) -> tuple[str, ...]:
    """Return what the claims of a numbered statement assume, each assumption once."""
    return tuple(dict.fromkeys(clean(text) for claim in report.claims if claim.id in row.claims for text in claim.assumptions))


def assuming(paper: PaperReport, report: Report) -> str:
    """Return how many numbered statements rest on assumptions, and on how many, as far as the run looked at their claims."""
    rows = [found for row in paper.rows if (found := assumed(row, report))]
    texts = {text for found in rows for text in found}
    part = "" if {name for row in paper.rows for name in row.claims} <= {claim.id for claim in report.claims} else "of those looked at, "
    if not rows:
        return f"{part}none rests on an assumption"
    return f"{part}{several(len(rows), 'statement')} {'rests' if len(rows) == 1 else 'rest'} on {several(len(texts), 'assumption')}"


def failures(report: Report) -> list[ClaimReport]:
    """Return the claims that did not pass, in the report's order."""
    return [claim for claim in report.claims if claim.outcome != "PASS"]


def commands(claim: ClaimReport) -> tuple[str, str]:
    """Return the commands that show and replay a claim, safe to paste into a shell."""
    name = shlex.quote(clean(claim.id))
    return f"proofcheck show {name}", f"proofcheck replay {name}"
