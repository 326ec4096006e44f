"""The straight line: claims -> obligations -> evidence -> certificate -> receipt -> verdict -> outcome -> report."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from proofcheck import replay, store
from proofcheck.claim import Claim, Library
from proofcheck.evidence import Evidence, Failure, Proof, Support, Undecided, Violation
from proofcheck.kernel import UNCHECKED, Receipt
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.terms import postorder
from proofcheck.methods.kept import folder
from proofcheck.methods.witness import conditional
from proofcheck.replay import Answer, Refusal
from proofcheck.run import Event, Interruption, Outcome, Task, run
from proofcheck.verdict import (
    EXIT_BROKEN,
    EXIT_BUDGET,
    EXIT_INTEGRITY,
    EXIT_MALFORMED,
    INTERRUPTED,
    Verdict,
    broken,
    decide,
    exit_code,
    first_line,
    judge,
    own_checks,
)

if TYPE_CHECKING:
    from proofcheck.report.model import Report

KERNEL = ("proofcheck.replay", "proofcheck.methods.witness")
PRELOAD = ("proofcheck.methods.strategy", "proofcheck.methods.inequality", "proofcheck.methods.screen")
SAMPLED = ("numpy.random",)
ALGEBRA = ("sympy",)
ALONE = 3
"""Obligations up to which what only some need is loaded by those: it takes longer than the proof of a small one."""
BY_STEPS = ("assembly", "charts")
"""The methods that rest on others: where they end, nobody has looked for a violation of the statement."""
MEASURED = ("scipy.integrate", "proofcheck.methods.flow", "proofcheck.methods.experiment")

Show = Callable[[Event], None] | None


@dataclass(frozen=True)
class Settings:
    """What was asked for: seconds and bytes for each obligation, processes, whether certificates on disk count and are written."""

    timeout: float = 120.0
    memory: int = 2_000_000_000
    jobs: int = 2
    fresh: bool = False
    write: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    copied: bool = False
    """Whether searches run in copies of this process, if its sets have the order that tasks see: for the few that should start quickly."""


@dataclass
class Work:
    """One claim on its way through the line."""

    claim: Claim
    certificate: bytes | None = None
    receipt: Answer | None = None
    evidence: dict[str, Evidence] = field(default_factory=dict)
    points: dict[str, dict[str, str]] = field(default_factory=dict)
    outdated: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    problem: Verdict | None = None

    def spent(self, outcome: Outcome) -> None:
        """Add what a process took that worked for this claim."""
        self.seconds += outcome.seconds
        self.cpu_seconds += outcome.cpu_seconds

    def status(self) -> dict[str, str]:
        """Return what the kernel found, by obligation; nothing before it looked."""
        return {finding.name: finding.status for finding in self.receipt.findings} if isinstance(self.receipt, Receipt) else {}

    @property
    def searched(self) -> bool:
        """Whether this run looked for anything but the checks, which are run every time."""
        checks = {entry.obligation.name for entry in self.claim.statement.of("check")}
        return not set(self.evidence) <= checks


def verify(lib: Library, claims: list[Claim], settings: Settings, on_event: Show = None, on_problem: Callable[[OSError], None] | None = None) -> Report:
    """Return the report on the claims (and whatever they cite), searching what has no certificate that the kernel accepts.

    After Ctrl-C or SIGTERM the search ends, what was found until then is looked at by the kernel and saved, and the report says so.
    A certificate that cannot be saved goes to ``on_problem``, or is raised without one.
    """
    from proofcheck.report.collect import claim_report, environment, paper_reports, unreadable  # noqa: PLC0415 - not needed to prove
    from proofcheck.report.model import Report  # noqa: PLC0415 - same

    start = perf_counter()
    errors = list(lib.errors)
    readable = []
    for claim in claims:
        try:
            claim.statement.of("step")
            readable.append(claim)
        except Malformed as error:
            errors.append(error)
    works, caught = settled(lib, readable, settings, on_event, on_problem)
    reports, codes = [], [EXIT_MALFORMED for _ in errors]
    for claim in readable:
        work = works[claim.id]
        verdict = concluded(work)
        outcome = judge(verdict, claim.expect)
        record = claim_report(
            claim, work.receipt, work.evidence, verdict, outcome, work.certificate, searched=work.searched, seconds=work.seconds, points=work.points
        )
        reports.append(record)
        codes.append(0 if outcome == "PASS" else verdict.code)
    reports += [unreadable(error, lib.root) for error in errors]
    return Report(
        tuple(reports), paper_reports(lib, {report.id: report for report in reports}), environment(),
        {"timeout": settings.timeout, "jobs": settings.jobs, "fresh": settings.fresh}, perf_counter() - start, bool(caught),
        INTERRUPTED[caught] if caught else exit_code(codes),
    )  # fmt: skip


def settled(
    lib: Library, claims: list[Claim], settings: Settings, on_event: Show = None, on_problem: Callable[[OSError], None] | None = None
) -> tuple[dict[str, Work], str]:  # fmt: skip
    """Return the claims, and whatever they cite, at the end of the line, and the signal that cut it short or nothing.

    The claims are those that can be read; a cited one that cannot is left out.
    """
    works: dict[str, Work] = {}
    for claim in lib.closure(claims):
        with contextlib.suppress(Malformed):
            claim.statement.of("step")
            works[claim.id] = Work(claim)
    interruption = Interruption()
    with interruption:
        try:
            read_certificates(works.values(), settings)
            replayed(lib, works, settings, on_event, [work for work in works.values() if work.certificate is not None], fresh=False)
            if not interruption.caught:
                satisfied(works, settings, on_event)
            if not interruption.caught:
                searched(works, settings, on_event)
            if not interruption.caught:
                contradicted(works, settings, on_event)
            replayed(lib, works, settings, on_event, assembled(lib, works, complete=not interruption.caught), fresh=True)
        except KeyboardInterrupt:  # the second one: at once
            interruption.caught = interruption.caught or "SIGINT"
        written(works.values(), settings, on_problem)
    return works, interruption.caught


def read_certificates(works: Iterable[Work], settings: Settings) -> None:
    """Read what lies beside the claims; nothing is believed yet."""
    for work in works:
        try:
            work.certificate = None if settings.fresh else store.stored(work.claim)
        except Malformed as error:
            work.problem = Verdict("error", "", str(error), EXIT_INTEGRITY)


def replayed(lib: Library, works: Mapping[str, Work], settings: Settings, on_event: Show, wanted: list[Work], *, fresh: bool) -> None:
    """Let the kernel look at certificates, in child processes.

    Those found on disk: one for an older text is dropped, one that the kernel refuses is an integrity error. Those with ``fresh``
    proofs from the methods: a refusal is a bug of a method.
    """
    certificates = {name: work.certificate for name, work in works.items()}
    symbolic = {name: proved_symbolically(work) for name, work in works.items()}
    tasks = [replay.task(lib, work.claim, certificates, symbolic, settings.timeout) for work in wanted if work.problem is None]
    tasks.sort(key=lambda task: -len(certificates[task.name] or b""))  # the longest first, so that no core waits for it at the end
    for outcome in run(tasks, jobs=settings.jobs, on_event=on_event, preload=KERNEL, here=True):
        work = works[outcome.task.name]
        work.spent(outcome)
        if outcome.ended == "interrupted":
            continue
        work.receipt = replay.answer(outcome)
        if not isinstance(work.receipt, Refusal):
            continue
        if not fresh and work.receipt.outdated:
            work.certificate, work.receipt, work.outdated = None, None, True
        elif work.receipt.exit_code == EXIT_BUDGET:
            work.problem = Verdict("inconclusive", "", first_line(work.receipt.text), EXIT_BUDGET)
        elif work.receipt.exit_code != EXIT_INTEGRITY:
            work.problem = Verdict("error", "", work.receipt.text, work.receipt.exit_code)
        elif fresh:
            work.problem = Verdict("error", "", f"a fresh proof is rejected by the kernel, a bug of its method: {work.receipt.text}", EXIT_BROKEN)
        else:
            advice = f"If nobody has tampered with it, search again: proofcheck verify --fresh {work.claim.id}"
            work.problem = Verdict("error", "", f"the certificate {work.claim.certificate_path} is rejected: {work.receipt.text}\n  {advice}", EXIT_INTEGRITY)


def satisfied(works: Mapping[str, Work], settings: Settings, on_event: Show) -> None:
    """Find a point for the domains and hypotheses of every statement and step that has any: a claim about no point at all is an error."""
    tasks = [
        Task(f"{work.claim.id} · hypotheses", "proofcheck.methods.witness:satisfied", work.claim.data, settings.timeout, settings.memory)
        for work in works.values()
        if work.problem is None and any(entry.kind in ("statement", "step") and conditional(entry.obligation) for entry in work.claim.statement.entries)
    ]
    for outcome in run(tasks, jobs=settings.jobs, on_event=on_event, preload=KERNEL, here=True):
        work = works[outcome.task.name.partition(" · ")[0]]
        work.spent(outcome)
        if outcome.ended == "interrupted":
            continue
        if not isinstance(outcome.result, dict):
            found = result(outcome, "hypotheses")
            work.problem = broken(found) if isinstance(found, Failure) else Verdict("inconclusive", "", f"hypotheses: {found.detail}", EXIT_BUDGET)
            continue
        work.points = {name: at for name, at in outcome.result.items() if at is not None}
        empty = [name for name, at in outcome.result.items() if at is None]
        if empty:
            work.problem = Verdict("error", "", str(vacuous(work.claim, empty[0])), EXIT_MALFORMED)


def vacuous(claim: Claim, name: str) -> Malformed:
    """Return the error for an obligation that speaks of no point, as far as can be found."""
    entry = next(entry for entry in claim.statement.entries if entry.obligation.name == name)
    given = " and ".join(map(str, entry.obligation.given))
    what = f"{name}: no point that satisfies the hypotheses was found" + (f": {given}." if given else ": a domain seems to be empty.")
    hint = "If there is one, state a [[sanity]] value at it; else the claim says nothing."
    return Malformed("PC209", what, hint=hint).at(file=str(claim.path), key="key `given`" if given else "[for_all]")


def searched(works: Mapping[str, Work], settings: Settings, on_event: Show) -> None:
    """Search evidence for every obligation that is still open, and run every check again."""
    options = {"options": {"processes": settings.jobs, "kept": "" if settings.fresh else str(folder()), **settings.options}}
    wanted = [(work, name, options) for work in works.values() if work.problem is None for name in missing(work)]
    for work, name, item in attempts(works, wanted, settings, on_event):
        work.evidence[name] = item


def contradicted(works: Mapping[str, Work], settings: Settings, on_event: Show) -> None:
    """Where a statement was left to steps of which one is not proved, search a violation of the statement itself."""
    wanted = [(work, name, {"method": "witness", "at": at}) for work in works.values() if work.problem is None for name, at in doubtful(work).items()]
    for work, name, item in attempts(works, wanted, settings, on_event):
        work.evidence[name] = item if isinstance(item, (Proof, Failure)) else work.evidence.get(name, item)


def attempts(
    works: Mapping[str, Work], wanted: list[tuple[Work, str, dict[str, Any]]], settings: Settings, on_event: Show
) -> Iterator[tuple[Work, str, Evidence]]:
    """Yield the evidence for obligations, each searched in a child process of its own; the payload has what the strategy is told besides."""
    tasks = [
        Task(f"{work.claim.id} · {name}", "proofcheck.methods.strategy:attempt", {"claim": work.claim.data, "obligation": name, **more},
             settings.timeout, settings.memory)
        for work, name, more in wanted
    ]  # fmt: skip
    for outcome in run(tasks, jobs=settings.jobs, on_event=on_event, preload=preloaded(works), here=settings.copied and not sys.flags.hash_randomization):
        claim, _, name = outcome.task.name.partition(" · ")
        works[claim].spent(outcome)
        yield works[claim], name, result(outcome, name)


def doubtful(work: Work) -> dict[str, dict[str, str]]:
    """Return the statements that were left to steps of which one is not proved, and where such a step of theirs is violated.

    Methods other than those of ``BY_STEPS`` have looked for a violation themselves. Where the file asks for nothing but support, no
    search of the statement is meant, unless a step is violated.
    """
    status = work.status()
    nodes = {name: node for name, node in store.proofs(work.certificate).items() if status.get(name, "open") != "open"}
    nodes |= {item.obligation: item.tree for item in work.evidence.values() if isinstance(item, Proof)}
    statement = work.claim.statement
    names: dict[str, dict[str, str]] = {}
    for entry in statement.of("statement"):
        goal, item = entry.obligation, work.evidence.get(entry.obligation.name)
        steps = [step.obligation for step in statement.of("step") if step.obligation.name.partition("[")[2] == goal.name.partition("[")[2]]
        violated = [nodes[step.name]["at"] for step in steps if nodes.get(step.name, {}).get("rule") == "witness"]
        left = violated or (any(step.name not in nodes for step in steps) and not (statement.expect in ("open", "supported") and statement.of("check")))
        by_steps = item is None or item.method in BY_STEPS
        if left and by_steps and status.get(goal.name, "open") == "open" and not (goal.opaque or goal.exists):
            names[goal.name] = next((at for at in violated if set(at) == set(goal.box)), {})
    return names


def preloaded(works: Mapping[str, Work]) -> tuple[str, ...]:
    """Return the modules that the searches of a run share: one list for all of it, so that one server forks them."""
    entries = [entry for work in works.values() for entry in work.claim.statement.entries]
    equalities = sum(any(node.op == "eq" for node in postorder((entry.obligation.goal,))) for entry in entries)
    measured = any(entry.obligation.opaque for work in works.values() if work.problem is None for entry in work.claim.statement.entries)
    return PRELOAD + (SAMPLED if len(entries) > ALONE else ()) + (MEASURED if measured else ()) + (ALGEBRA if equalities > ALONE else ())


def missing(work: Work) -> list[str]:
    """Return the obligations to search for: what the receipt leaves open, checks always, symbolic steps always.

    A statement that a step states word for word needs no search of its own; neither does one that its file calls open or
    supported and that has checks but no method.
    """
    status = work.status()
    statement = work.claim.statement
    steps = statement.of("step")
    names = []
    for entry in statement.entries:
        obligation = entry.obligation
        if status.get(obligation.name, "open") != "open":
            continue
        if entry.kind == "statement":
            # A step may state the same word for word; otherwise the statement is assembled from its steps, or searched as it stands.
            checks_only = statement.expect in ("open", "supported") and statement.of("check")
            if not entry.by and not obligation.opaque and (checks_only or any(step.obligation.same_statement(obligation) for step in steps)):
                continue
        names.append(obligation.name)
    return names


def result(outcome: Outcome, name: str) -> Evidence:
    """Return the evidence of a finished task; a killed one is a spent budget, a crashed one a failure of the tool."""
    if outcome.ended == "done" and isinstance(outcome.result, (Proof, Support, Violation, Undecided, Failure)):
        return outcome.result
    if outcome.ended == "timeout":
        return Undecided(name, "search", "budget", f"{outcome.task.seconds:g} s ended", outcome.seconds)
    if outcome.ended == "memory":
        return Undecided(name, "search", "memory", f"{outcome.task.memory // 10**6} MB ended", outcome.seconds)
    if outcome.ended == "interrupted":
        return Undecided(name, "search", "budget", "interrupted", outcome.seconds)
    return Failure(name, "search", outcome.detail or f"a {type(outcome.result).__name__} is no evidence", outcome.seconds)


def proved_symbolically(work: Work) -> frozenset[str]:
    """Return the obligations that computer algebra proved in this run."""
    return frozenset(name for name, item in work.evidence.items() if isinstance(item, Proof) and item.tree.get("rule") == UNCHECKED)


def assembled(lib: Library, works: Mapping[str, Work], *, complete: bool) -> list[Work]:
    """Put what was kept and what was found into one certificate for each claim; return those that the kernel has to look at.

    That are those with something new, those that cite one of them, and, where nothing was interrupted, those it has not seen.
    """
    changed = set()
    for name, work in works.items():
        if work.problem is None:
            status = work.status()
            kept = {obligation: node for obligation, node in store.proofs(work.certificate).items() if status.get(obligation, "open") != "open"}
            found = {item.obligation: item.tree for item in work.evidence.values() if isinstance(item, Proof)}
            found.update(violations(work, {**kept, **found}))
            found = {obligation: node for obligation, node in found.items() if store.supported(obligation, node, {**kept, **found})}
            if found or (complete and work.receipt is None):
                work.certificate = store.assemble(work.claim, {**kept, **found})
                changed.add(name)
    return [work for work in works.values() if changed & {claim.id for claim in lib.closure([work.claim])}]


def violations(work: Work, nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the witnesses against checks and steps that say the same as the statement: they refute the statement too."""
    statement = work.claim.statement
    others = (*statement.of("check"), *statement.of("step"))
    witnesses = [entry.obligation for entry in others if nodes.get(entry.obligation.name, {}).get("rule") == "witness"]
    return {
        entry.obligation.name: nodes[other.name]
        for entry in statement.of("statement")
        for other in witnesses
        if entry.obligation.name not in nodes and other.same_statement(entry.obligation)
    }


def written(works: Iterable[Work], settings: Settings, on_problem: Callable[[OSError], None] | None) -> None:
    """Leave in the certificates what the kernel accepted; save them, where they are new. Raises OSError without ``on_problem``."""
    for work in works:
        status = work.status()
        if not work.evidence or work.problem is not None or not status:
            continue
        accepted = {name: node for name, node in store.proofs(work.certificate).items() if status[name] != "open"}
        work.certificate = store.assemble(work.claim, accepted)
        if settings.write and work.certificate is not None:
            try:
                if _on_disk(work.claim) != work.certificate:
                    store.save(work.claim.certificate_path, work.certificate.decode())
            except OSError as error:
                if on_problem is None:
                    raise
                on_problem(error)


def _on_disk(claim: Claim) -> bytes | None:
    try:
        return store.stored(claim)
    except Malformed:
        return None


def concluded(work: Work) -> Verdict:
    """Return the verdict of a claim."""
    if work.problem is not None:
        return work.problem
    if not isinstance(work.receipt, Receipt):
        return Verdict("inconclusive", "", "interrupted before the kernel looked", EXIT_BUDGET)
    status = work.status()
    for entry in work.claim.statement.entries:
        if entry.by.get("rule") == "cite" and status[entry.obligation.name] == "open" and entry.kind in ("statement", "step"):
            name = entry.obligation.name
            detail = f"{entry.by.get('claim')} is not proved, or does not state this for these domains and hypotheses"
            work.evidence[name] = Undecided(name, "cite", "obstruction", detail)
    verdict = decide(work.receipt, work.evidence, own_checks(work.claim.statement))
    if work.outdated and verdict.verdict == "inconclusive":
        return Verdict(verdict.verdict, verdict.grade, f"{verdict.reason}; the certificate on disk is for an older text", verdict.code)
    return verdict
