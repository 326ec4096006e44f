"""`proofcheck explain`: a proof in plain words with its subdivisions drawn, a refutation with its numbers, a failure with advice, a code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from proofcheck import replay, store
from proofcheck.algebras.typeset import SIGNS, pretty_domain, pretty_domains, pretty_text
from proofcheck.claim import Claim, Library, library
from proofcheck.commands import columns, found, kernel_look, last_report
from proofcheck.errors import say
from proofcheck.kernel import UNCHECKED, Finding, Receipt
from proofcheck.kernel import certificate as certificates
from proofcheck.kernel.algebra import Ball, compare, evaluate, precision, relations
from proofcheck.kernel.certificate import MAX_BYTES, Node
from proofcheck.kernel.errors import CODES, Malformed, Rejected
from proofcheck.kernel.files import read_bytes
from proofcheck.kernel.parse import suggestion
from proofcheck.kernel.rules.premises import scope_of, term_in
from proofcheck.kernel.statement import MAX_FILE, Entry, Reader, read_toml
from proofcheck.kernel.terms import TRUE, Obligation, show, substitute
from proofcheck.replay import Refusal
from proofcheck.report import blocks
from proofcheck.report.collect import claim_report
from proofcheck.report.leading import leading
from proofcheck.report.model import ClaimReport, ObligationReport
from proofcheck.report.subdivision import SUBDIVIDING, Part, Subdivision, subdivision
from proofcheck.report.summary import guarded, how, point, several, verdict
from proofcheck.report.text import clean, wrap
from proofcheck.verdict import EXIT_INTEGRITY, EXIT_MALFORMED, EXIT_PASS, INTERRUPTED, decide, judge, own_checks

Line = tuple[int, str]
"""How far a line is indented, and its text."""

ADVICE = {
    "both sides come together": "a zero there has to be divided out: cut the domain there with a step, or change variables (`charts`)",
    "may have no value": "the term is undefined at a point of the domain: open that end, or multiply the divisor away",
    "is unbounded": "map it to a bounded variable, `s = 1/(1 + x)`; signs by structure and sums of squares work on unbounded domains too",
    "no exact violating point was found": "give `at` with a point that violates it",
    "no step shows the statement": "end with a step that states it word for word, or name a method in [claim] under `by`",
    "cells ended": "cut the domain with steps: the report then says which piece is the hard one",
    " s ended": "a larger `--timeout`: a long bisection goes on where it was (it is kept in `~/.cache/proofcheck`; `--fresh` starts anew)",
    " ended": "give it more with --timeout or --memory, or cut the domain with steps",
}
"""What to try, by words of the reason; the table at the end of docs/guide.md is among them."""
OUTSIDE = 'if it is true for reasons outside the language, a step may say so: `by = { rule = "assume", source = "…", reason = "…" }`'
WORDS = {
    "sign": "sign: the signs of its parts decide it",
    "point": "point: no variable is left; balls or equal normal forms decide it",
    "krawczyk": "krawczyk: a small box is mapped into itself, so that a solution lies there",
    "nowhere": "nowhere: on every cell of the box some relation fails",
    "twice": "twice: a small box around each of two points is mapped into itself, so that there are two solutions",
    UNCHECKED: "symbolic: by computer algebra, which the kernel does not look at",
}
FORMS = {
    "N": "natural", "M": "mean value", "C": "corner", "H": "second order", "L": "Lagrange", "l": "derivative at the lower edge",
    "r": "derivative at the upper edge",
}  # fmt: skip
RELATIONS = {"gt": ">", "lt": "<", "eq": "="}
UNRUN = "checks run with `proofcheck verify`"
PICTURE = "\0"
"""What the lines of a picture start with: they are not broken."""
LONGEST = 160
MANY = 12
BITS = 64


def explain_command(root: Path, name: str) -> int:
    """Print what is behind the verdict of a claim or of a certificate, or what a code means."""
    if re.fullmatch(r"pc\d.*", name, re.IGNORECASE):
        sys.stdout.write(code(name))
        return EXIT_PASS
    lib, claim, certificate = subject(root, name)
    claim.statement.of("step")  # what cannot be read is said before anything else
    texts = {cited.id: certificate if cited.id == claim.id else on_disk(cited) for cited in lib.closure([claim])}
    outcome = kernel_look(lib, claim, texts)
    answer = replay.answer(outcome)
    notes = []
    if isinstance(answer, Refusal) and answer.outdated:
        notes = ["The certificate is for an older text of the claim: it proves nothing of this one."]
        certificate = None
        outcome = kernel_look(lib, claim, {**texts, claim.id: None})
        answer = replay.answer(outcome)
    if outcome.ended == "interrupted":
        return say("Interrupted.", INTERRUPTED[outcome.detail])
    if isinstance(answer, Refusal):
        return say(f"{name}: {answer.text}", answer.exit_code)
    last = last_report(root, claim, certificate)
    said = decide(answer, {}, own_checks(claim.statement))
    record = last or claim_report(claim, answer, {}, said, judge(said, claim.expect), certificate, searched=False, seconds=outcome.seconds, points={})
    if last is None:
        notes.append(f"Seen by the kernel alone; `proofcheck verify {claim.id}` searches, runs checks and computer algebra, and says where it gets stuck.")
    lines = [*head(claim, record), *obligations(claim, answer, record, store.proofs(certificate)), *trouble(record), *((0, note) for note in notes)]
    sys.stdout.write("\n".join(row for indent, text in lines for row in broken(indent, text, columns())) + "\n")
    return EXIT_PASS


def subject(root: Path, name: str) -> tuple[Library, Claim, bytes | None]:
    """Return the claim that an id, a claim file or a certificate file names, its library, and the certificate. Raises Malformed."""
    if not name.endswith((".json", ".toml")):
        lib = library(root / "claims")
        claim = found(lib, name)
        return lib, claim, on_disk(claim)
    path = Path(name)
    if not path.is_file():
        near = sorted(os.path.relpath(other) for other in (root / "claims").glob(f"*/*{'.cert.json' if path.suffix == '.json' else '.toml'}"))
        raise Malformed("PC207", f"There is no file {name}.", hint=suggestion(name, near).replace("Names in scope", "Files"))
    lib = library(root / "claims") if (root / "claims").is_dir() else Library(root, {})
    if path.suffix == ".toml":
        claim = beside(lib, path)
        return including(lib, claim), claim, on_disk(claim)
    data = read_bytes(path, path.parent, MAX_BYTES)
    wanted = certificates.read(data).claim
    places = (path.with_name(path.name.removesuffix(".cert.json") + ".toml"), path.with_suffix(".toml"))
    file = next((place for place in places if place.is_file()), None)
    claim = beside(lib, file) if file else found(lib, wanted)
    return including(lib, claim), claim, data


def on_disk(claim: Claim) -> bytes | None:
    """Return the certificate beside a claim. Raises Rejected for a file that cannot be used."""
    try:
        return store.stored(claim)
    except Malformed as error:
        raise Rejected("PC302", error.what, str(claim.certificate_path)) from None


def beside(lib: Library, path: Path) -> Claim:
    """Return the claim of a file: the library's where it is one of its files. Raises Malformed."""
    own = next((claim for claim in lib.claims.values() if claim.path.resolve() == path.resolve()), None)
    if own is not None:
        return own
    data = read_bytes(path, path.parent, MAX_FILE)
    try:
        tables = read_toml(data)
        Reader(tables)
    except Malformed as error:
        raise error.at(file=str(path)) from None
    return Claim(path, data, tables)


def including(lib: Library, claim: Claim) -> Library:
    """Return the library with a claim that may lie elsewhere."""
    return replace(lib, claims={**lib.claims, claim.id: claim})


def code(name: str) -> str:
    """Return what a code means, with its example. Raises Malformed for one that does not exist."""
    codes = {known.partition(" ")[0]: known for known in CODES}
    number = re.split(r"[\s-]", name.upper(), maxsplit=1)[0]
    if number not in codes:
        raise Malformed("PC104", f"There is no code {name!r}.", hint=suggestion(number, list(codes)).replace("Names in scope", "Codes"))
    full, meaning = codes[number], CODES[codes[number]]
    lines = [full, "", f"{meaning[0].upper()}{meaning[1:]}. Exit code {EXIT_INTEGRITY if number >= 'PC3' else EXIT_MALFORMED}."]
    page = Path(__file__).parents[1] / "docs" / "errors.md"
    section = re.search(rf"^### {full}\n\n.*?\n\n(.*?)(?=^##|\Z)", page.read_text("utf-8"), re.MULTILINE | re.DOTALL) if page.is_file() else None
    if section is not None:
        lines += ["", *(line for line in section[1].strip().splitlines() if line != "```")]
    return "\n".join(lines) + "\n"


# -- a claim ----------------------------------------------------------------------------------------------------------------


def head(claim: Claim, record: ClaimReport) -> Iterator[Line]:
    """Yield what is claimed, and what is known of it."""
    yield 0, f"{claim.id}  {record.title}"
    yield 2, pretty_text(record.statement)
    yield from ((2, f"for all {pretty_domain(name, domain)}") for name, domain in record.for_all.items())
    there = "there is exactly one" if record.unique else "there is"
    yield from ((2, f"{there} {pretty_domain(name, domain)}") for name, domain in record.exists.items())
    yield from ((2, f"given {pretty_text(formula)}") for formula in record.given)
    explained = how(record)
    yield 0, verdict(record) + (f": {explained}" if explained else "")
    yield from ((2, f"assuming {text}") for text in record.assumptions)


def obligations(claim: Claim, receipt: Receipt, record: ClaimReport, proofs: Mapping[str, Node]) -> Iterator[Line]:
    """Yield each obligation with its proof in plain words."""
    findings = {finding.name: finding for finding in receipt.findings}
    rows = {row.name: row for row in record.obligations}
    for entry in claim.statement.entries:
        name = entry.obligation.name
        yield 0, ""
        yield from obligation(entry, findings[name], rows[name], proofs.get(name))


def obligation(entry: Entry, finding: Finding, row: ObligationReport, node: Node | None) -> Iterator[Line]:
    """Yield what became of one obligation, and why."""
    expected = ", as it must be" if row.kind == "must_fail" and guarded(row) else ""
    yield 0, f"{row.name}  {pretty_text(row.formula)}" + (f"  on {pretty_domains(row.domain)}" if row.domain else "")
    method = f", by {row.rule}" if finding.status == "open" and row.rule else ""
    yield 2, row.status + method + expected
    if finding.by_step:
        yield 2, f"stated by {finding.by_step}, with the steps before it where it has several parts"
    elif node is None or finding.status == "open":
        told = (
            row.detail,
            f"margin {row.margin} at {point(row.where)}" if row.margin else "",
            *([UNRUN] if row.kind == "check" and row.status == "open" else []),
        )
        yield from ((2, text) for text in told if text)
    else:
        yield from tree(Part("", node, entry.obligation.domains, goal=entry.obligation.goal), entry, 2, set())


def tree(part: Part, entry: Entry, indent: int, told: set[str]) -> Iterator[Line]:
    """Yield a part of a proof and what it rests on; neighbours with the same proof are told together, and nothing is told twice."""
    head = (f"{part.label}: " if part.label else "") + sentence(part, entry)
    if part.content in told and (part.below or part.rule in SUBDIVIDING):
        yield indent, f"{head}; the same as above"
        return
    told.add(part.content)
    yield indent, head
    first = leading(part)
    if first is not None:
        yield indent + 2, f"left side − right side = {short(show(first))} + …, exactly"
    if part.rule in SUBDIVIDING:
        cut = subdivision(part)
        sizes = list(cut.sizes())
        yield indent + 2, ", ".join([*sizes[:1], f"{part.node['prec']} bits"]) + forms(cut)
        yield from ((indent + 2, PICTURE + line) for line in blocks.drawn(cut, columns() - indent - 2))
        yield from ((indent + 2, line) for line in (*sizes[1:], *widths(cut)))
    yield from ((indent + 2, line) for line in facts(part.node))
    if part.rule == "witness":
        yield from ((indent + 2, line) for line in numbers(entry.obligation, part.node["at"]))
    for _, group in groupby(part.below, key=lambda below: below.content):
        same = list(group)
        labels = list(dict.fromkeys([same[0].label, same[-1].label]))
        yield from tree(replace(same[0], label=" to ".join(labels)), entry, indent + 2, told)


def sentence(part: Part, entry: Entry) -> str:
    """Return what a rule says here, in plain words."""
    node = part.node
    match part.rule:
        case "bisection":
            return f"bisection of {', '.join(pretty_text(name) for name, _ in part.domains)}: on every cell the enclosures of both sides decide"
        case "zeros":
            where = f"{node['end']} end of {pretty_text(node['var'])}"
            return f"zeros: both sides agree to order {node['order']} at the {where}; divided out exactly, expanded to length {node['length']}"
        case "taylor":
            u, v = pretty_text(node["u"]), pretty_text(node["v"])
            edges = [f"{node[key]} at the {end} edge of {v}" for key, end in (("left", "lower"), ("right", "upper")) if node[key]]
            orders = ", ".join([f"{node['order']} at the {node['end']} edge of {u}", *edges])
            return f"taylor: zeros of order {orders} are divided out; expanded in {u} to length {node['length']}"
        case "split":
            return f"split: {pretty_text(node['var'])} is cut at {', '.join(map(pretty_text, node['at']))}, {len(node['pieces'])} pieces"
        case "cases":
            return "cases: it holds in both"
        case "both":
            return f"both: each of {len(node['parts'])} parts"
        case "either":
            return f"either: part {node['which'] + 1} of the disjunction holds"
        case "chart":
            return "chart: other variables, " + pretty_domains("; ".join(f"{name} in {domain}" for name, domain in node["new"].items()))
        case "generalise":
            return f"generalise: for any {pretty_domain(node['new'], node['domain'])} in the place of {short(node['term'])}"
        case "scale":
            return f"scale: times {short(node['factor'])}, which is positive, the difference of both sides is {short(node['to'])}"
        case "cut":
            return f"cut: {short(node['formula'])} is proved first, and used"
        case "monotone":
            return f"monotone: the value at the {node['from']} end of {pretty_text(node['var'])}, and the sign of the slope"
        case "minimum":
            at = ", ".join(f"{pretty_text(name)} = {pretty_text(value)}" for name, value in node["point"].items())
            return f"minimum: both sides are equal at {at}, and from there on the difference does not fall"
        case "telescope":
            return f"telescope: one step of {pretty_text(node['step'])}, and the limit of the difference"
        case "restrict":
            return f"restrict: the hypotheses put {pretty_domain(node['var'], node['domain'])}"
        case "weaken":
            stronger = f" with {RELATIONS[node['relation']]}" if node.get("relation") in RELATIONS else ""
            stronger += f" with {len(node['given'])} of the hypotheses" if "given" in node else ""
            return f"weaken: it is enough to show it{stronger} for {', '.join(map(pretty_text, node['keep'])) or 'no variable'}"
        case "parametrise":
            return f"parametrise: {pretty_text(node['var'])} = {short(node['as'])} for {pretty_domain(node['new'], node['domain'])} reaches every point"
        case "ring":
            using = ", with the equations among the hypotheses" if node.get("using") else ""
            return f"ring: both sides have the same exact normal form{using}"
        case "positive":
            times = sum(bool(part.get("times")) for part in node["parts"])
            using = ", with the equations among the hypotheses" if node.get("using") else ""
            weighed = f", {times} of them times what is not negative" if times else ""
            return f"positive: the difference of both sides is {several(len(node['parts']), 'sum')} of squares{weighed}{using}"
        case "rewrite":
            return f"rewrite: {several(len(node['facts']), 'term')} replaced by equal ones"
        case "witness":
            at = ", ".join(f"{pretty_text(name)} = {pretty_text(value)}" for name, value in node["at"].items())
            return f"witness: violated at {at or 'the only point'}"
        case "step":
            return f"step: as step {node['id']} shows"
        case "cite":
            return f"cite: as the claim {entry.by.get('claim')} states"
        case "assume":
            return f"assume: not checked. {entry.by.get('reason')}" + (f" ({entry.by['source']})" if "source" in entry.by else "")
    return WORDS.get(part.rule, part.rule)


def forms(cut: Subdivision) -> str:
    """Return how many leaves each form decides, where there is more than one."""
    return ": " + ", ".join(f"{count} {FORMS[form]}" for form, count in cut.forms.most_common()) if len(cut.forms) > 1 else ""


def widths(cut: Subdivision) -> Iterator[str]:
    """Yield how many strips have which share of the range."""
    if cut.rule == "taylor" and max(cut.depths):
        yield "widths: " + ", ".join(f"{count} of 1/{2**halvings}" if halvings else f"{count} of 1" for halvings, count in sorted(cut.depths.items()))


def facts(node: Node) -> Iterator[str]:
    """Yield the equal terms of a rewriting, or the maps of a chart."""
    for fact in node.get("facts", ())[:MANY]:
        if "integral" in fact:
            yield f"an integral over {pretty_text(fact['variable'])} by its antiderivative {short(fact['antiderivative'])}"
        else:
            yield f"{short(fact['term'])} = {short(fact['is'])}"
    if len(node.get("facts", ())) > MANY:
        yield f"and {len(node['facts']) - MANY} more"
    for name, image in node.get("map", {}).items():
        yield f"{pretty_text(name)} = {short(image)}"
    for name, image in node.get("inverse", {}).items():
        yield f"back: {pretty_text(name)} = {short(image)}"


def numbers(obligation: Obligation, at: Mapping[str, Any]) -> Iterator[str]:
    """Yield both sides of every hypothesis and of every relation of the goal at an exact point, as balls."""
    scope = scope_of(Obligation("", (), (), TRUE))
    values = {name: term_in(scope, text) for name, text in at.items()}
    atoms = [("hypothesis ", atom) for formula in obligation.given for atom in relations(formula)]
    for word, atom in [*atoms, *(("", atom) for atom in relations(obligation.goal))]:
        with precision(BITS):
            left, right = evaluate(tuple(substitute(side, values) for side in atom.args), Ball(), {})
            unknown = f"takes more than {BITS} bits or normal forms" if left.is_finite() and right.is_finite() else "is decided after terms are replaced"
            holds = {True: "holds", False: "does not hold", None: unknown}[compare(atom.op, left, right)]
            shown = ("…" if "…" in side else pretty_text(side) for side in (show(arg, LONGEST) for arg in atom.args))
            yield f"{word}{f' {SIGNS[atom.op]} '.join(shown)} {holds}: {ball(left)} on the left, {ball(right)} on the right"


def ball(value: Any) -> str:
    """Return a ball as its digits and its radius."""
    if not value.is_finite():
        return "no value in balls (an integral or a sum)"
    text = str(value.str(20))
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def short(formula: str) -> str:
    """Return a formula typeset, or only its length where it would fill the screen."""
    return pretty_text(formula) if len(formula) <= LONGEST else f"a formula of {len(formula)} characters"


# -- what is in the way -----------------------------------------------------------------------------------------------------


def trouble(record: ClaimReport) -> Iterator[Line]:
    """Yield where the last run got stuck, and what to try."""
    if record.verdict not in ("inconclusive", "error"):
        return
    stuck = [row for row in record.obligations if row.status in ("open", "error") or not guarded(row)]
    told = [(row.name, row.detail.partition("\n")[0]) for row in stuck]
    said = [record.reason, *(f"{name}: {detail}" for name, detail in told if detail and detail.partition(": ")[2] not in record.reason)]
    yield 0, ""
    yield 0, "In the way"
    yield from ((2, text) for text in said)
    advice = dict.fromkeys(tip for text in said for tip in [next((tip for words, tip in ADVICE.items() if words in text), "")] if tip)
    tips = [*advice, *([OUTSIDE] if record.verdict == "inconclusive" else [])]
    yield from ((2 * bool(i), tip) for i, tip in enumerate(["What to try", *tips]) if tips)


def broken(indent: int, text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text, broken under itself; those of a picture as they are."""
    if text.startswith(PICTURE):
        yield " " * indent + text.removeprefix(PICTURE)
    else:
        yield from (f"{' ' * indent}{'  ' * bool(i)}{row}" for i, row in enumerate(wrap(clean(text), width - indent - 2)))
