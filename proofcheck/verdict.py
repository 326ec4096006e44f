"""What is known, and how; and whether that is what the file expects. The only place where these words are decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofcheck.evidence import Evidence, Failure, Support, Undecided
from proofcheck.kernel import Receipt

EXIT_PASS, EXIT_FAIL, EXIT_MALFORMED, EXIT_ENVIRONMENT, EXIT_BUDGET, EXIT_NOTHING, EXIT_INTEGRITY, EXIT_BROKEN = 0, 1, 2, 3, 4, 5, 6, 70
PRECEDENCE = (EXIT_BROKEN, EXIT_INTEGRITY, EXIT_MALFORMED, EXIT_FAIL, EXIT_ENVIRONMENT, EXIT_BUDGET, EXIT_NOTHING, EXIT_PASS)


@dataclass(frozen=True)
class Verdict:
    """One of proved, refuted, supported, inconclusive, error; the grade; and in a sentence why. ``code`` is the exit code it asks for if it fails."""

    verdict: str
    grade: str
    reason: str = ""
    code: int = EXIT_FAIL


def decide(receipt: Receipt, evidence: Mapping[str, Evidence]) -> Verdict:
    """Return the verdict of a claim from the kernel's receipt and the evidence of this run, by obligation name.

    "proved" comes from the receipt alone; its grade is symbolic where the kernel did not look at a step. A check that is violated
    at an exact point contradicts a proof: that is an error of proofcheck, never a verdict.
    """
    failures = [item for item in evidence.values() if isinstance(item, Failure)]
    status = {finding.name: finding for finding in receipt.findings}
    violated = [finding.name for finding in receipt.findings if finding.kind in ("check", "step") and finding.status == "refuted"]
    if receipt.verdict == "proved" and violated:
        return Verdict("error", "", f"{violated[0]} is violated at an exact point although everything is proved", EXIT_BROKEN)
    if receipt.complaints:
        return Verdict("error", "", complaint(receipt, evidence))
    if receipt.verdict == "proved":
        return Verdict("proved", "symbolic" if receipt.unchecked else "kernel")
    if receipt.verdict == "refuted":
        return Verdict("refuted", "witness")
    if violated:
        return Verdict("inconclusive", "", f"{violated[0]} is violated at an exact point: the argument is wrong, the statement may still hold")
    main = [finding.name for finding in receipt.findings if finding.kind == "statement"]
    checks = [finding.name for finding in receipt.findings if finding.kind == "check"]
    support = [item for name in (*main, *checks) if isinstance(item := evidence.get(name), Support)]
    closed = ("proved", "assumed", "cited", "unchecked")
    all_main = all(status[name].status in closed or isinstance(evidence.get(name), Support) for name in main)
    all_checks = bool(checks) and all(status[name].status in closed or isinstance(evidence.get(name), Support) for name in checks)
    if support and (all_main or all_checks):
        return Verdict("supported", "statistical" if any(item.grade == "statistical" for item in support) else "numerical")
    if failures:
        return Verdict("error", "", f"{failures[0].obligation}: {failures[0].detail}", EXIT_BROKEN)
    open_ones = [item for item in evidence.values() if isinstance(item, Undecided)]
    budget = bool(open_ones) and all(item.why in ("budget", "memory") for item in open_ones)
    reason = f"{open_ones[0].obligation}: {open_ones[0].detail} ({open_ones[0].why})" if open_ones else "nothing was found for the statement"
    return Verdict("inconclusive", "", reason, EXIT_BUDGET if budget else EXIT_FAIL)


def complaint(receipt: Receipt, evidence: Mapping[str, Evidence]) -> str:
    """Return which sanity value or neighbour the file promises in vain, and why."""
    name = receipt.complaints[0]
    finding = next((f for f in receipt.findings if f.name == name or f.name.partition("[")[0] == name), None)
    if name.startswith("must_fail"):
        if finding is not None and finding.status == "proved":
            return f"{name} was to fail and is proved: the file would not notice this mistake"
        return f"{name} was to fail, and no exact violating point was found; add `at` with one"
    if finding is not None and finding.status == "refuted":
        return f"{name} is false: the statement is not encoded as its author thinks, or the value is wrong"
    item = evidence.get(name)
    return f"{name} is not decided" + (f": {item.detail}" if isinstance(item, (Undecided, Failure)) else "")


def judge(verdict: Verdict, expect: str) -> str:
    """Return PASS (as expected or better in grade), FAIL, NEWS (an open claim got settled) or BROKEN."""
    if verdict.verdict == "error":
        return "BROKEN" if verdict.code == EXIT_BROKEN else "FAIL"
    if expect == "open":
        return "NEWS" if verdict.verdict in ("proved", "refuted") else "PASS"
    wanted = {"proved": ("proved",), "refuted": ("refuted",), "supported": ("supported", "proved")}[expect]
    return "PASS" if verdict.verdict in wanted else "FAIL"


def exit_code(codes: Iterable[int]) -> int:
    """Return the exit code that takes precedence; 5 for no claims at all."""
    found = set(codes)
    return next((code for code in PRECEDENCE if code in found), EXIT_NOTHING)
