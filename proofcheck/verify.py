"""The straight line: claims -> obligations -> evidence -> certificate -> receipt -> verdict -> outcome -> report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast

from proofcheck import replay, store
from proofcheck.claim import Claim, Library
from proofcheck.evidence import Evidence, Failure, Proof, Undecided
from proofcheck.kernel import Receipt
from proofcheck.kernel.errors import Malformed
from proofcheck.replay import Answer, Refusal
from proofcheck.report.collect import claim_report, environment, paper_reports, unreadable
from proofcheck.report.model import Report
from proofcheck.run import Event, Outcome, Task, run
from proofcheck.verdict import EXIT_BUDGET, EXIT_INTEGRITY, EXIT_MALFORMED, Verdict, decide, exit_code, judge

PRELOAD = ("flint", "numpy", "sympy", "proofcheck.methods.strategy", "proofcheck.methods.inequality", "proofcheck.methods.witness")


@dataclass(frozen=True)
class Settings:
    """What was asked for: seconds and bytes for each obligation, processes, whether certificates on disk count and are written."""

    timeout: float = 120.0
    memory: int = 2_000_000_000
    jobs: int = 2
    fresh: bool = False
    write: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Work:
    """One claim on its way through the line."""

    claim: Claim
    certificate: bytes | None = None
    receipt: Answer | None = None
    evidence: dict[str, Evidence] = field(default_factory=dict)
    searched: bool = False
    seconds: float = 0.0
    problem: Verdict | None = None


def verify(lib: Library, claims: list[Claim], settings: Settings, on_event: Callable[[Event], None] | None = None) -> Report:
    """Return the report on the claims (and whatever they cite), searching what has no certificate that the kernel accepts."""
    start = perf_counter()
    works = {claim.id: Work(claim) for claim in lib.closure(claims)}
    interrupted = False
    try:
        read_certificates(works.values(), settings)
        interrupted = replayed(lib, works, settings, on_event, first=True)
        if not interrupted:
            interrupted = searched(works, settings, on_event)
        assemble(works.values())
        interrupted = replayed(lib, works, settings, on_event, first=False) or interrupted
        written(works.values(), settings)
    except KeyboardInterrupt:
        interrupted = True
    reports, codes = [], [EXIT_MALFORMED for _ in lib.errors]
    for claim in claims:
        work = works[claim.id]
        verdict = concluded(work)
        outcome = judge(verdict, claim.expect)
        reports.append(claim_report(work.claim, work.receipt, work.evidence, verdict, outcome, work.certificate, searched=work.searched, seconds=work.seconds))
        codes.append(0 if outcome == "PASS" else verdict.code)
    broken = [unreadable(error, lib.root) for error in lib.errors]
    return Report(
        (*reports, *broken), paper_reports(lib, {report.id: report for report in (*reports, *broken)}), environment(),
        {"timeout": settings.timeout, "jobs": settings.jobs, "fresh": settings.fresh}, perf_counter() - start, interrupted, exit_code(codes),
    )  # fmt: skip


def read_certificates(works: Iterable[Work], settings: Settings) -> None:
    """Read what lies beside the claims; nothing is believed yet."""
    for work in works:
        try:
            work.certificate = None if settings.fresh else store.stored(work.claim)
        except Malformed as error:
            work.problem = Verdict("error", "", str(error), EXIT_INTEGRITY)


def replayed(lib: Library, works: Mapping[str, Work], settings: Settings, on_event: Callable[[Event], None] | None, *, first: bool) -> bool:
    """Let the kernel look at every certificate, in child processes; say whether it was interrupted.

    The first time round the certificates are those found on disk: one for an older text is dropped, one that the kernel refuses is
    an integrity error. The second time they are fresh from the methods: a refusal is a bug of a method.
    """
    certificates = {name: work.certificate for name, work in works.items()}
    symbolic = {name: proved_symbolically(work) for name, work in works.items()}
    wanted = [work for work in works.values() if work.certificate is not None or not first]
    tasks = [replay.task(lib, work.claim, certificates, symbolic, settings.timeout) for work in wanted]
    interrupted = False
    for outcome in run(tasks, jobs=settings.jobs, on_event=on_event, preload=PRELOAD[:1] if first else PRELOAD):
        work = works[outcome.task.name]
        interrupted = interrupted or outcome.ended == "interrupted"
        if outcome.ended == "interrupted":
            continue
        work.seconds += outcome.seconds
        work.receipt = replay.answer(outcome)
        if isinstance(work.receipt, Refusal):
            if first and work.receipt.outdated:
                work.certificate, work.receipt = None, None
            elif first or not work.searched:
                work.problem = Verdict("error", "", f"the stored certificate is rejected: {work.receipt.text}", EXIT_INTEGRITY)
            else:
                work.problem = Verdict("error", "", f"a fresh proof is rejected by the kernel, a bug of its method: {work.receipt.text}", 70)
    return interrupted


def searched(works: Mapping[str, Work], settings: Settings, on_event: Callable[[Event], None] | None) -> bool:
    """Search evidence for every obligation that is still open, and run every check again; say whether it was interrupted."""
    tasks = []
    for work in works.values():
        if work.problem is None:
            for name in missing(work):
                payload = {"claim": work.claim.data, "obligation": name, "options": dict(settings.options)}
                tasks.append(Task(f"{work.claim.id} · {name}", "proofcheck.methods.strategy:attempt", payload, settings.timeout, settings.memory))
    interrupted = False
    for outcome in run(tasks, jobs=settings.jobs, on_event=on_event, preload=PRELOAD):
        claim, _, name = outcome.task.name.partition(" · ")
        work = works[claim]
        interrupted = interrupted or outcome.ended == "interrupted"
        work.seconds += outcome.seconds
        work.searched = True
        work.evidence[name] = result(outcome, name)
    return interrupted


def missing(work: Work) -> list[str]:
    """Return the obligations to search for: what the receipt leaves open, checks always, symbolic steps always.

    A statement that a step states word for word needs no search of its own; neither does one that its file calls open or
    supported and that has checks but no method.
    """
    receipt = work.receipt if isinstance(work.receipt, Receipt) else None
    status = {finding.name: finding.status for finding in receipt.findings} if receipt else {}
    statement = work.claim.statement
    steps = statement.of("step")
    names = []
    for entry in statement.entries:
        obligation = entry.obligation
        if status.get(obligation.name, "open") != "open":
            continue
        if entry.kind == "statement":
            # A claim without steps is searched as it stands; one with steps is closed by them, or names a method of its own.
            checks_only = statement.expect in ("open", "supported") and statement.of("check")
            if not entry.by and (checks_only or (steps and statement.expect != "refuted")):
                continue
        names.append(obligation.name)
    return names


def result(outcome: Outcome, name: str) -> Evidence:
    """Return the evidence of a finished task; a killed one is a spent budget, a crashed one a failure of the tool."""
    if outcome.ended == "done":
        return cast("Evidence", outcome.result)
    if outcome.ended == "timeout":
        return Undecided(name, "search", "budget", f"{outcome.task.seconds:g} s ended", outcome.seconds)
    if outcome.ended == "memory":
        return Undecided(name, "search", "memory", f"{outcome.task.memory // 10**6} MB ended", outcome.seconds)
    if outcome.ended == "interrupted":
        return Undecided(name, "search", "budget", "interrupted", outcome.seconds)
    return Failure(name, "search", outcome.detail, outcome.seconds)


def proved_symbolically(work: Work) -> frozenset[str]:
    """Return the obligations that computer algebra proved in this run."""
    return frozenset(name for name, item in work.evidence.items() if isinstance(item, Proof) and item.tree.get("rule") == "symbolic")


def assemble(works: Iterable[Work]) -> None:
    """Put what was kept and what was found into one certificate for each claim."""
    for work in works:
        if work.problem is None and work.searched:
            kept: dict[str, Any] = json.loads(work.certificate)["proofs"] if work.certificate else {}
            text = store.assemble(work.claim, kept, work.evidence.values())
            work.certificate = text.encode() if text is not None else None


def written(works: Iterable[Work], settings: Settings) -> None:
    """Save the certificates that the kernel accepted, where they changed. Raises OSError."""
    for work in works:
        if settings.write and work.searched and work.problem is None and isinstance(work.receipt, Receipt) and work.certificate:
            path = work.claim.certificate_path
            if not path.exists() or path.read_bytes() != work.certificate:
                store.save(path, work.certificate.decode())


def concluded(work: Work) -> Verdict:
    """Return the verdict of a claim."""
    if work.problem is not None:
        return work.problem
    if isinstance(work.receipt, Receipt):
        return decide(work.receipt, work.evidence)
    return Verdict("inconclusive", "", "interrupted before the kernel looked", EXIT_BUDGET)
