"""The report as data: one frozen record for a run, one for each claim, one for each obligation. Renderers read nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA = "proofcheck/report/1"
VERDICTS = ("proved", "refuted", "supported", "inconclusive", "error")
OUTCOMES = ("PASS", "FAIL", "NEWS", "BROKEN")


@dataclass(frozen=True)
class ObligationReport:
    """One obligation (statement, step, check, sanity value, must_fail neighbour) and what became of it.

    name: "statement", "step positive", "check 1", "sanity 1", "must_fail 1", with "[K=2]" behind it for an instance.
    status: proved, refuted, supported, assumed, cited, open, error. rule: the kernel rule or method that decided it.
    formula: the obligation in the formula language, definitions not expanded (what the file says).
    picture: the subdivisions of its proof as SVG elements (``pictures``).
    """

    name: str
    kind: str
    status: str
    rule: str = ""
    grade: str = ""
    formula: str = ""
    domain: str = ""
    text: str = ""
    detail: str = ""
    margin: str = ""
    where: dict[str, str] = field(default_factory=dict)
    witness: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    picture: str = ""


@dataclass(frozen=True)
class ClaimReport:
    """One claim: what it says, what is known, how, and whether that is what its file expects."""

    id: str
    kind: str
    title: str
    statement: str
    expect: str
    verdict: str
    grade: str
    outcome: str
    reason: str = ""
    path: str = ""
    for_all: dict[str, str] = field(default_factory=dict)
    exists: dict[str, str] = field(default_factory=dict)
    unique: bool = False
    for_each: dict[str, str] = field(default_factory=dict)
    random: dict[str, str] = field(default_factory=dict)
    flow: dict[str, str] = field(default_factory=dict)
    experiment: dict[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    define: dict[str, str] = field(default_factory=dict)
    text: str = ""
    paper: str = ""
    label: str = ""
    quote: str = ""
    note: str = ""
    obligations: tuple[ObligationReport, ...] = ()
    assumptions: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    margin: str = ""
    where: dict[str, str] = field(default_factory=dict)
    witness: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    replayed: bool = False
    digest: str = ""
    certificate: str = ""
    certificate_bytes: int = 0
    source: str = ""


@dataclass(frozen=True)
class PaperRow:
    """One numbered statement of a paper: its claims, or the reason there is none."""

    label: str
    title: str
    claims: tuple[str, ...]
    reason: str = ""
    status: str = ""


@dataclass(frozen=True)
class ErratumRow:
    """One erratum of a paper: as printed, what is wrong, who refutes it and where, and what is known of the correct statement."""

    id: str
    where: str
    problem: str
    printed: str = ""
    refuted: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    witness: str = ""
    status: str = ""


@dataclass(frozen=True)
class PaperReport:
    """A paper, the coverage of its numbered statements, and its errata."""

    id: str
    title: str
    authors: str
    reference: str
    rows: tuple[PaperRow, ...] = ()
    errata: tuple[ErratumRow, ...] = ()


@dataclass(frozen=True)
class Report:
    """One run of `verify`. ``environment`` holds versions and limits; ``settings`` what was asked for."""

    claims: tuple[ClaimReport, ...]
    papers: tuple[PaperReport, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False
    exit_code: int = 0

    @property
    def ok(self) -> bool:
        """Whether every claim passed and nothing was cut short."""
        return bool(self.claims) and not self.interrupted and all(claim.outcome == "PASS" for claim in self.claims)

    def sentence(self) -> str:
        """Return the one sentence that opens every form of the report."""
        passed = [claim for claim in self.claims if claim.outcome == "PASS"]
        counts = [f"{sum(c.verdict == v for c in passed)} {v}" for v in ("proved", "supported") if any(c.verdict == v for c in passed)]
        refuted = sum(c.verdict == "refuted" for c in passed)
        counts += [f"{refuted} refuted as expected"] if refuted else []
        undecided = sum(c.verdict == "inconclusive" for c in passed)
        counts += [f"{undecided} open"] if undecided else []
        head = f"{len(passed)} of {len(self.claims)} PASS"
        rest = [f"{sum(c.outcome == o for c in self.claims)} {o}" for o in OUTCOMES[1:] if any(c.outcome == o for c in self.claims)]
        return head + (": " + ", ".join(counts) if counts else "") + (" · " + ", ".join(rest) if rest else "") + (" · interrupted" if self.interrupted else "")
