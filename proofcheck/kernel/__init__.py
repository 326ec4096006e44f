"""The trusted kernel: claim text + certificate text -> receipt. It looks, and never searches.

Imports the standard library and flint, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import certificate as certificates
from .errors import Malformed, Rejected
from .rules import Link, prove
from .rules.links import covers
from .statement import Entry, Statement, read
from .terms import OPAQUE, Obligation, conjuncts

UNCHECKED = "symbolic"
"""The rule name of steps that a computer algebra system proved: the kernel does not look at them and says so."""


@dataclass(frozen=True)
class Finding:
    """What the kernel found of one obligation: proved, refuted, assumed, cited, unchecked (symbolic) or open.

    An open one with the rule ``opaque`` speaks of trajectories, expectations or measurements: no certificate can close it.
    """

    name: str
    kind: str
    status: str
    rule: str = ""
    by_step: str = ""


@dataclass(frozen=True)
class Receipt:
    """What a certificate establishes for a claim.

    ``verdict`` is "proved" if the statement and every step are closed, "refuted" if an exact point violates the statement,
    else "open". ``assumptions`` are the reasons of assumed steps, those of cited claims included; ``unchecked`` the obligations that
    rest on a computer algebra system, those of cited claims included.
    """

    claim: str
    digest: str
    verdict: str
    findings: tuple[Finding, ...]
    assumptions: tuple[str, ...]
    unchecked: tuple[str, ...]
    cites: tuple[str, ...]
    established: tuple[Obligation, ...]

    @property
    def sound_file(self) -> bool:
        """Whether every sanity value holds and every must_fail neighbour has a witness."""
        return not self.complaints

    @property
    def complaints(self) -> tuple[str, ...]:
        """The sanity values that do not hold and the must_fail neighbours without a witness."""
        groups: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.kind == "sanity" and finding.status != "proved":
                groups.setdefault(finding.name, []).append("no")
            if finding.kind == "must_fail":
                groups.setdefault(finding.name.partition("[")[0], []).append(finding.status)
        return tuple(name for name, found in groups.items() if "refuted" not in found)


def check(claim: bytes, certificate: bytes | None, receipts: Mapping[str, Receipt] | None = None, symbolic: frozenset[str] = frozenset()) -> Receipt:
    """Return the receipt that the certificate earns for the claim. Raises Malformed or Rejected.

    ``receipts`` are those of claims checked before; only they can be cited. Without a certificate nothing is established.
    ``symbolic`` names the obligations that the caller has proved by computer algebra in this very run: only for them does a
    symbolic node count, and the receipt lists them as unchecked. What a certificate says of itself is never believed.
    """
    statement = read(claim)
    proofs: Mapping[str, certificates.Node] = {}
    if certificate is not None:
        parsed = certificates.read(certificate)
        if parsed.claim != statement.id or parsed.digest != statement.digest:
            raise Rejected("PC301", f"The certificate is for {parsed.claim} ({parsed.digest[:12]}), the file is {statement.id} ({statement.digest[:12]}).")
        proofs = parsed.proofs
        unknown = sorted(set(proofs) - {entry.obligation.name for entry in statement.entries})
        if unknown:
            raise Rejected("PC302", f"The certificate proves what the claim does not state: {', '.join(unknown[:3])}.")
    return _receipt(statement, proofs, receipts or {}, symbolic)


def _receipt(
    statement: Statement, proofs: Mapping[str, certificates.Node], receipts: Mapping[str, Receipt], symbolic: frozenset[str]
) -> Receipt:
    proved = {name: receipt.established for name, receipt in receipts.items() if receipt.verdict == "proved"}
    closed = {"proved", "assumed", "cited", "unchecked"}
    by_name: dict[str, Finding] = {}
    shown: dict[str, dict[str, Obligation]] = {}
    # Steps first, in the file's order: each may use those before it of its own instance, and so may everything else.
    for entry in sorted(statement.entries, key=lambda item: item.kind != "step"):
        name, _, instance = entry.obligation.name.partition("[")
        earlier = shown.setdefault(instance, {})
        finding = _finding(entry, proofs.get(entry.obligation.name), Link(entry.by, proved, dict(earlier)), symbolic)
        by_name[entry.obligation.name] = finding
        if entry.kind == "step" and finding.status in closed:
            earlier[name.removeprefix("step ")] = entry.obligation
    findings = [by_name[entry.obligation.name] for entry in statement.entries]
    steps = [entry for entry in statement.entries if entry.kind == "step"]
    for i, entry in enumerate(statement.entries):
        if entry.kind == "statement" and findings[i].status == "open":
            step = _closing_step(entry, [s for s in steps if by_name[s.obligation.name].status in closed])
            if step is not None:
                findings[i] = Finding(entry.obligation.name, "statement", by_name[step].status, by_name[step].rule, step)
    main = [finding for finding in findings if finding.kind == "statement"]
    theorem = [finding for finding in findings if finding.kind in ("statement", "step")]
    verdict = "open"
    if any(finding.status == "refuted" for finding in main):
        verdict = "refuted"
    elif main and all(finding.status in closed for finding in theorem):
        verdict = "proved"
    status = {finding.name: finding.status for finding in findings}
    used = [entry for entry in statement.entries if entry.kind in ("statement", "step")]
    assumptions = [f"{entry.obligation.name}: {entry.by['reason']}" for entry in used if status[entry.obligation.name] == "assumed" and "reason" in entry.by]
    cites = tuple(dict.fromkeys(str(entry.by["claim"]) for entry in used if status[entry.obligation.name] == "cited" and "claim" in entry.by))
    unchecked = [name for name, value in status.items() if value == "unchecked"]
    for name in cites:
        assumptions += [f"{name}, {text}" for text in receipts[name].assumptions]
        unchecked += [f"{name}, {text}" for text in receipts[name].unchecked]
    established = tuple(entry.obligation for entry in used if status[entry.obligation.name] in ("proved", "cited", "assumed", "unchecked"))
    return Receipt(
        statement.id, statement.digest, verdict, tuple(findings), tuple(dict.fromkeys(assumptions)), tuple(unchecked), cites,
        established if verdict == "proved" else (),
    )  # fmt: skip


def _finding(entry: Entry, node: certificates.Node | None, link: Link, symbolic: frozenset[str]) -> Finding:
    name = entry.obligation.name
    if node is None:
        return Finding(name, entry.kind, "open", OPAQUE if entry.obligation.opaque else "")
    rule = str(node.get("rule"))
    if rule == UNCHECKED:
        counts = entry.kind in ("statement", "step") and name in symbolic and not (entry.obligation.exists or entry.obligation.opaque)
        return Finding(name, entry.kind, "unchecked" if counts else "open", rule)
    try:
        holds = prove(entry.obligation, node, link)
    except Rejected as error:
        raise Rejected(error.code.split()[0], error.why, error.where or name) from None
    except RecursionError:
        raise Rejected("PC317", "The formula is nested too deep for the rule.", name) from None
    status = {"assume": "assumed", "cite": "cited"}.get(rule, "proved") if holds else "refuted"
    return Finding(name, entry.kind, status, rule)


def _closing_step(entry: Entry, steps: list[Entry]) -> str | None:
    """Return the step that states the same; or, where steps together state every conjunct, the last of them."""
    goal = entry.obligation
    for step in steps:
        if step.obligation.same_statement(goal):
            return step.obligation.name
    parts: dict[object, str] = {}
    for step in steps:
        if covers(step.obligation, goal):
            parts.update(dict.fromkeys(conjuncts(step.obligation.goal), step.obligation.name))
    wanted = conjuncts(goal.goal)
    return parts[wanted[-1]] if all(part in parts for part in wanted) else None


__all__ = ["Finding", "Malformed", "Receipt", "Rejected", "check", "read"]
