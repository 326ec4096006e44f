"""What is known, and how; and whether that is what the file expects. The only place where these words are decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofcheck.evidence import MEASURING, Evidence, Failure, Support, Undecided, Violation
from proofcheck.kernel import Receipt
from proofcheck.kernel.statement import Statement
from proofcheck.kernel.terms import OPAQUE

EXIT_PASS, EXIT_FAIL, EXIT_MALFORMED, EXIT_ENVIRONMENT, EXIT_BUDGET, EXIT_NOTHING, EXIT_INTEGRITY, EXIT_BROKEN = 0, 1, 2, 3, 4, 5, 6, 70
INTERRUPTED = {"SIGINT": 130, "SIGTERM": 143}
PRECEDENCE = (EXIT_BROKEN, EXIT_INTEGRITY, EXIT_MALFORMED, EXIT_FAIL, EXIT_ENVIRONMENT, EXIT_BUDGET, EXIT_NOTHING, EXIT_PASS)


@dataclass(frozen=True)
class Verdict:
    """One of proved, refuted, supported, inconclusive, error; the grade; and in a sentence why. ``code`` is the exit code it asks for if it fails."""

    verdict: str
    grade: str
    reason: str = ""
    code: int = EXIT_FAIL


def own_checks(statement: Statement) -> frozenset[str]:
    """Return the checks that say something else than the statement: false, they are the file's mistake, and contradict no proof."""
    said = [entry.obligation for entry in statement.of("statement")]
    return frozenset(entry.obligation.name for entry in statement.of("check") if not any(goal.same_statement(entry.obligation) for goal in said))


def decide(receipt: Receipt, evidence: Mapping[str, Evidence], own: frozenset[str] = frozenset()) -> Verdict:
    """Return the verdict of a claim from the kernel's receipt and the evidence of this run, by obligation name.

    "proved" comes from the receipt alone; its grade is conditional where an assumption is used, here or in what is cited, and symbolic
    where the kernel did not look at a step. A check that is violated
    at an exact point contradicts a proof: that is an error of proofcheck, never a verdict; or one of the file, where the check is among
    its ``own`` (``own_checks``).
    """
    status = {finding.name: finding for finding in receipt.findings}
    violated = [finding.name for finding in receipt.findings if finding.kind in ("check", "step") and finding.status == "refuted"]
    if receipt.verdict == "proved" and violated:
        against_proof = [name for name in violated if name not in own]
        if not against_proof:
            return Verdict("error", "", f"{violated[0]} is violated at an exact point: the file states something false")
        return Verdict("error", "", f"{against_proof[0]} is violated at an exact point although everything is proved", EXIT_BROKEN)
    mistakes = [item for item in evidence.values() if isinstance(item, Undecided) and item.why == "malformed"]
    if mistakes:
        return Verdict("error", "", f"{mistakes[0].obligation}: {mistakes[0].detail}", EXIT_MALFORMED)
    complaints = [name for name in receipt.complaints if not measured(name, evidence)]
    unseen = {finding.name.partition("[")[0] for finding in receipt.findings if finding.rule == OPAQUE and finding.name not in evidence}
    if complaints and all(name.partition("[")[0] in unseen for name in complaints):
        return Verdict("inconclusive", "", f"{complaints[0]} is measured by `proofcheck verify` only", EXIT_BUDGET)
    if complaints:
        return complaint(complaints[0], receipt, evidence)
    against = [item for item in evidence.values() if isinstance(item, Violation) and not item.obligation.startswith("must_fail")]
    if against:
        kind = "error" if receipt.verdict == "proved" else "inconclusive"
        return Verdict(kind, "", f"{against[0].obligation} is violated in numbers, by more than their error: {first_line(against[0].detail)}")
    if receipt.verdict == "proved":
        return Verdict("proved", "conditional" if receipt.assumptions else "symbolic" if receipt.unchecked else "kernel")
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
        steps = [finding for finding in receipt.findings if finding.kind == "step"]
        left = [step.name for step in steps if not (step.status in closed or isinstance(evidence.get(step.name), Support))]
        if left:
            return unproved(left, evidence)
        return Verdict("supported", "statistical" if any(item.grade == "statistical" for item in support) else "numerical")
    return undecided(receipt, evidence)


def unproved(steps: list[str], evidence: Mapping[str, Evidence]) -> Verdict:
    """Return the verdict where the statement is supported and steps of its file are not proved: support is not what they claim."""
    item = evidence.get(steps[0])
    if isinstance(item, Failure):
        return broken(item)
    why = f" ({item.why}: {first_line(item.detail)})" if isinstance(item, Undecided) else ""
    more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    budget = all(isinstance(found := evidence.get(name), Undecided) and found.why in ("budget", "memory") for name in steps)
    return Verdict("inconclusive", "", f"the statement is supported, but {steps[0]} is not proved{why}{more}", EXIT_BUDGET if budget else EXIT_FAIL)


def undecided(receipt: Receipt, evidence: Mapping[str, Evidence]) -> Verdict:
    """Return why there is no verdict: a crash, a spent budget, the first thing in the way, or steps that do not reach the statement."""
    for item in evidence.values():
        if isinstance(item, Failure):
            return broken(item)
    open_ones = [item for item in evidence.values() if isinstance(item, Undecided)]
    budget = bool(open_ones) and all(item.why in ("budget", "memory") for item in open_ones)
    if open_ones:
        first = open_ones[0]
        return Verdict("inconclusive", "", f"{first.obligation}: {first_line(first.detail)} ({first.why})", EXIT_BUDGET if budget else EXIT_FAIL)
    if any(finding.kind == "step" for finding in receipt.findings):
        advice = "one of them has to state it for the same domains and hypotheses, or [claim] names a method under `by`"
        return Verdict("inconclusive", "", f"no step shows the statement: {advice}")
    return Verdict("inconclusive", "", "nothing was found for the statement")


def broken(item: Failure) -> Verdict:
    """Return the verdict where a method crashed: the tool is at fault, and nothing is said about mathematics."""
    return Verdict("error", "", f"{item.obligation}: the method {item.method} failed: {first_line(item.detail)}", EXIT_BROKEN)


def first_line(text: str) -> str:
    """Return the first line of a text: what a person wants to see of a crash."""
    return text.partition("\n")[0]


def measured(name: str, evidence: Mapping[str, Evidence]) -> bool:
    """Say whether a guard about what only a method can measure did its work: a sanity value in every instance, a neighbour's violation in one."""
    items = [item for key, item in evidence.items() if key == name or key.partition("[")[0] == name]
    if name.startswith("must_fail"):
        return any(isinstance(item, Violation) for item in items)
    return bool(items) and all(isinstance(item, Support) and item.method in MEASURING for item in items)


def complaint(name: str, receipt: Receipt, evidence: Mapping[str, Evidence]) -> Verdict:
    """Return why a sanity value does not hold, or a neighbour does not fail, as the file promises."""
    finding = next((f for f in receipt.findings if f.name == name or f.name.partition("[")[0] == name), None)
    item = next((found for key, found in evidence.items() if key == name or key.partition("[")[0] == name), None)
    if isinstance(item, Failure):
        return broken(item)
    if name.startswith("must_fail"):
        if finding is not None and finding.status == "proved":
            return Verdict("error", "", f"{name} was to fail and is proved: the file would not notice this mistake")
        if item is not None and item.method in MEASURING:
            return Verdict("error", "", f"{name} was to fail, and nothing measured violates it: {first_line(item.detail)}")
        return Verdict("error", "", f"{name} was to fail, and no exact violating point was found; add `at` with one")
    if finding is not None and finding.status == "refuted":
        return Verdict("error", "", f"{name} is false: the statement is not encoded as its author thinks, or the value is wrong")
    return Verdict("error", "", f"{name} is not decided" + (f": {first_line(item.detail)}" if isinstance(item, (Undecided, Violation)) else ""))


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
