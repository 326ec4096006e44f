"""From what a run found to the records of the report. Every number was computed in that run or read from its evidence."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from proofcheck.claim import Claim, Erratum, Library
from proofcheck.evidence import Evidence, Failure, Proof, Support, Undecided, Violation
from proofcheck.kernel import Finding, Receipt
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import Entry
from proofcheck.kernel.terms import OPAQUE, Obligation, rational
from proofcheck.replay import Answer
from proofcheck.store import proofs
from proofcheck.verdict import Verdict

from .model import ClaimReport, ErratumRow, ObligationReport, PaperReport, PaperRow
from .pictures import drawn
from .plots import plot
from .summary import NOT_FOUND

STATUS = {"unchecked": "proved", "proved": "proved", "refuted": "refuted", "assumed": "assumed", "cited": "cited", "open": "open"}


def claim_report(
    claim: Claim, answer: Answer | None, evidence: Mapping[str, Evidence], verdict: Verdict, outcome: str, certificate: bytes | None,
    *, searched: bool, seconds: float, points: Mapping[str, Mapping[str, str]],
) -> ClaimReport:  # fmt: skip
    """Return the record of one claim; ``points`` are where domains and hypotheses hold, by obligation."""
    tables = claim.tables
    receipt = answer if isinstance(answer, Receipt) else None
    findings = {finding.name: finding for finding in receipt.findings} if receipt else {}
    names = [(entry, entry.obligation.name) for entry in claim.statement.entries]
    nodes = proofs(certificate) if receipt else {}
    rows = tuple(
        obligation_report(entry, findings.get(name), evidence.get(name), tables, points.get(name, {}), nodes.get(name, {}))
        for entry, name in names
    )
    wish = next((row for row in rows if row.kind == "statement" and row.witness), None)
    margins = [row for row in rows if row.margin and row.kind in ("statement", "step", "check")]
    # The kernel alone decides; a certificate that it accepted is shown with its digest, so that anybody can ask again.
    text = certificate or b""
    source = tables.get("source", {})
    return ClaimReport(
        id=claim.id,
        kind=str(tables["claim"].get("kind", "")),
        title=str(tables["claim"]["title"]),
        statement=str(tables["claim"]["statement"]),
        expect=claim.expect,
        verdict=verdict.verdict,
        grade=verdict.grade,
        outcome=outcome,
        reason=verdict.reason,
        path=str(claim.path),
        for_all={name: str(domain) for name, domain in tables.get("for_all", {}).items()},
        exists={name: str(domain) for name, domain in tables.get("exists", {}).items()},
        unique=bool(tables["claim"].get("unique", False)),
        random={name: str(distribution) for name, distribution in tables.get("random", {}).items()},
        flow={name: written(body) for name, body in tables.get("flow", {}).items()},
        experiment=described(tables.get("experiment", {})),
        for_each={name: ", ".join(map(str, values)) for name, values in tables.get("for_each", {}).items()},
        given=tuple(map(str, tables.get("given", ()))),
        define={name: written(body) for name, body in tables.get("define", {}).items()},
        text=str(tables["claim"].get("text", "")),
        paper=claim.id.partition("/")[0],
        label=str(source.get("label", "")),
        quote=str(source.get("quote", "")),
        note=str(source.get("note", "")),
        obligations=rows,
        assumptions=receipt.assumptions if receipt else (),
        cites=receipt.cites if receipt else (),
        margin=margins[0].margin if margins else "",
        where=margins[0].where if margins else {},
        witness=wish.witness if wish else {},
        seconds=seconds,
        replayed=certificate is not None and not searched,
        digest=claim.statement.digest,
        certificate=sha256(text).hexdigest() if text else "",
        certificate_bytes=len(text),
        source=claim.data.decode("utf-8", "replace"),
    )


def obligation_report(
    entry: Entry, finding: Finding | None, item: Evidence | None, tables: Mapping[str, Any], at: Mapping[str, str], node: Mapping[str, Any]
) -> ObligationReport:
    """Return the record of one obligation: the kernel's finding, and beside it what the method said of it."""
    status = STATUS[finding.status] if finding else "open"
    rule = finding.rule if finding and finding.rule != OPAQUE else ""
    grade = "symbolic" if finding and finding.status == "unchecked" else "kernel" if status in ("proved", "refuted") else ""
    detail = finding.by_step if finding and finding.by_step else ""
    if item is not None and status == "open":
        if isinstance(item, (Support, Violation)):
            status = "supported" if isinstance(item, Support) else "violated"
            grade = "statistical" if item.grade == "statistical" else "numerical"
        elif isinstance(item, Failure):
            status = "error"
        rule = rule or item.method
    if item is not None and not detail:
        detail = item.detail if not isinstance(item, Undecided) else f"{item.why}: {item.detail}"
    if at:
        detail = (f"{detail}; " if detail else "") + "hypotheses hold at " + ", ".join(f"{name} = {value}" for name, value in at.items())
    if isinstance(item, Proof) and item.tree.get("rule") == "symbolic":
        rule = f"sympy {item.tree.get('route', '')}".strip()
    margin = None if item is None or isinstance(item, Failure) else item.margin
    witness = dict(node.get("at", {})) if status == "refuted" and node.get("rule") in ("witness", *NOT_FOUND) else {}
    if node.get("rule") == "twice" and finding is not None and finding.status == "refuted":
        detail = "two solutions: " + "; ".join(located(node[part]["box"]) for part in ("first", "second"))
    return ObligationReport(
        name=entry.obligation.name,
        kind=entry.kind,
        status=status,
        rule=rule,
        grade=grade,
        formula=formula_of(entry, tables),
        domain=domains_of(entry.obligation) if entry.kind in ("step", "check", "must_fail") else "",
        text=entry.text,
        detail=detail,
        margin=margin.value if margin else "",
        where=dict(margin.at) if margin else {},
        witness=witness,
        seconds=item.seconds if item else 0.0,
        picture=drawn(entry.obligation.domains, node) if finding is not None and finding.status == "proved" and node else plotted(entry, item),
    )


def located(box: Mapping[str, Any]) -> str:
    """Return where a small box is, in its first few coordinates."""
    scope = Scope({}, {}, "box")
    middle = [f"{name} = {float(sum(rational(scope.scalar(end)) or 0 for end in ends) / 2):.10g}" for name, ends in list(box.items())[:4]]
    return ", ".join(middle) + (", …" if len(box) > 4 else "")


def plotted(entry: Entry, item: Evidence | None) -> str:
    """Return what a method plotted of the statement or a check, as SVG elements; its guards are not drawn."""
    return "".join(map(plot, item.plots)) if isinstance(item, (Support, Violation)) and entry.kind in ("statement", "step", "check") else ""


def domains_of(obligation: Obligation) -> str:
    """Return the domains of an obligation as a text; the names that are to be found are marked."""
    given = [f"{name} in {domain}" for name, domain in obligation.domains]
    mark = "∃!" if obligation.unique else "∃"
    return "; ".join([*given, *(f"{mark} {name} in {domain}" for name, domain in obligation.exists)])


def formula_of(entry: Entry, tables: Mapping[str, Any]) -> str:
    """Return the obligation's formula as the file writes it."""
    name = entry.obligation.name.partition("[")[0]
    word, _, which = name.partition(" ")
    if entry.kind == "statement":
        return str(tables["claim"]["statement"])
    if entry.kind == "step":
        return str(next(step["shows"] for step in tables["step"] if step["id"] == which))
    row = tables[word][int(which) - 1]
    return str(row.get("shows", row.get("statement", tables["claim"]["statement"])))


def described(table: Mapping[str, Any]) -> dict[str, str]:
    """Return name, seed and parameters of an experiment; those of the full size where they differ."""
    if not table:
        return {}
    parts = {"experiment": str(table["name"]), "seed": str(table.get("seed", 1))}
    parts |= {name: written(value) for name, value in table.get("parameters", {}).items()}
    return parts | {f"{name} in full size": written(value) for name, value in table.get("full", {}).items()}


def written(body: Any) -> str:
    """Return a definition's body in the formula language; a list is a vector."""
    return "[" + ", ".join(written(part) for part in body) + "]" if isinstance(body, list) else str(body)


def unreadable(error: Malformed, root: Path) -> ClaimReport:
    """Return the record of a file that cannot be used."""
    path = Path(error.place.file)
    name = f"{path.parent.name}/{path.stem}" if path.parent != root else path.stem
    return ClaimReport(name, "", "", "", "", "error", "", "FAIL", reason=str(error), path=str(path), paper=name.partition("/")[0])


def paper_reports(lib: Library, reports: Mapping[str, ClaimReport]) -> tuple[PaperReport, ...]:
    """Return the coverage of the papers of which the run looked at a claim."""
    chosen = [paper for paper in lib.papers if any(name.startswith(paper.id + "/") for name in reports)]
    return tuple(
        PaperReport(
            paper.id, paper.title, paper.authors, paper.reference,
            tuple(PaperRow(row.label, row.title, row.claims, row.reason, coverage(row.claims, reports)) for row in paper.statements),
            tuple(erratum_row(item, reports) for item in paper.errata),
        )
        for paper in chosen
    )  # fmt: skip


def coverage(claims: tuple[str, ...], reports: Mapping[str, ClaimReport]) -> str:
    """Return a few words on the claims of a statement: their verdicts, or what does not pass."""
    if not claims:
        return ""
    rows = [reports.get(name) for name in claims]
    words = [("not run" if row is None else row.verdict if row.outcome == "PASS" else f"{row.outcome} ({row.verdict})") for row in rows]
    return ", ".join(f"{words.count(word)} {word}" if words.count(word) > 1 else word for word in dict.fromkeys(words))


def erratum_row(item: Erratum, reports: Mapping[str, ClaimReport]) -> ErratumRow:
    """Return the record of an erratum: the witnesses that this run found, and what it knows of the printed and of the correct statement."""
    found = [reports[name] for name in item.refuted if name in reports]
    points = [", ".join(f"{name} = {value}" for name, value in claim.witness.items()) for claim in found if claim.witness]
    printed = f"as printed: {coverage(item.refuted, reports)}" if item.refuted else item.reason
    correct = f"corrected: {coverage(item.corrected, reports)}" if item.corrected else ""
    more = item.reason if item.refuted else ""
    status = "; ".join(text for text in (printed, correct, more) if text)
    return ErratumRow(item.id, item.where, item.problem, item.printed, item.refuted, item.corrected, " · ".join(points), status)


def environment() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True), "processor": platform.machine(), "kernel": kernel_digest()}
    for package in ("proofcheck", "python-flint", "sympy", "mpmath", "numpy", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@lru_cache(maxsize=1)
def kernel_digest() -> str:
    """Return the first 16 digits of the sha256 of the kernel's source files: which checker it was, not what it calls itself."""
    from proofcheck import kernel  # noqa: PLC0415 - for its place only

    digest = sha256()
    for path in sorted(Path(kernel.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
