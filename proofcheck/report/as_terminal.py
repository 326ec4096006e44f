"""The report for a terminal: one sentence, one row for each claim, failures last, next to the prompt.

Plain text; colour is added to words that already say what the colour says, and only on request.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..algebras.typeset import pretty_definition, pretty_distribution, pretty_domain, pretty_domains, pretty_text
from .model import ClaimReport, ObligationReport, Report
from .summary import (
    assuming,
    commands,
    counts,
    covered,
    duration,
    expectation,
    failures,
    guarded,
    how,
    knowledge,
    pending,
    several,
    shortened,
    trust,
    verdict,
    way,
)
from .text import cells, clean, clean_lines, clip, pad, wrap

NARROW = 100
ROOM = 16  # columns that must be left for what stands behind the verdict
SHOW_WIDTH = 96
COLOURS = {"PASS": "32", "FAIL": "1;31", "NEWS": "1;33", "BROKEN": "1;35"}
HEADINGS = {
    "statement": "The statement itself",
    "step": "Steps",
    "check": "Checks",
    "sanity": "Sanity: is it encoded right?",
    "must_fail": "Must fail: would this file notice?",
}


def render(report: Report, *, width: int, color: bool) -> str:
    """Return the summary of a run in at most ``width`` columns, without a line end behind the last line.

    First the sentence and the time, then a row for each claim (two lines below 100 columns), totals, and the failures.
    """
    sentence = clean(report.sentence()) if report.claims else "Nothing was selected."
    lines = wrap(f"{sentence} · {duration(report.seconds)}", width)
    if color:
        lines = [f"\x1b[1m{line}\x1b[0m" for line in lines]
    if report.claims:
        lines += ["", *_table(report, width, color), "", *_totals(report, width)]
    for claim in failures(report):
        lines += ["", *_failure(claim, width, color)]
    return "\n".join(lines)


def _table(report: Report, width: int, color: bool) -> Iterator[str]:
    """Yield a row for each claim, or two where ids and verdicts leave too little room beside each other."""
    names, verdicts, times = (max(map(cells, column)) for column in zip(*map(_columns, report.claims), strict=True))
    room = width - (8 + names + 2 + verdicts + 2) - (2 + times + 2 + len("replayed"))
    for claim in report.claims:
        word = _word(claim.outcome, 6, color)
        name, known, time = _columns(claim)
        if width < NARROW or room < ROOM:
            yield f"{word}  {pad(name, width - 10 - cells(time))}  {time}"
            yield "        " + clip(" · ".join(part for part in (known, way(claim), knowledge(claim)) if part), width - 8)
        else:
            yield f"{word}  {pad(name, names)}  {pad(known, verdicts)}  {pad(knowledge(claim), room)}  {time:>{times}}  {way(claim)}"


def _columns(claim: ClaimReport) -> tuple[str, str, str]:
    return clean(claim.id), verdict(claim), duration(claim.seconds)


def _totals(report: Report, width: int) -> Iterator[str]:
    numbers = counts(report)
    verdicts = " · ".join(f"{name} {number}" for name, number in numbers["verdicts"].items() if number)
    grades = ", ".join(f"{clean(name)} {number}" for name, number in numbers["grades"].items())
    yield from wrap(verdicts + (f" ({grades})" if grades else ""), width)
    yield from wrap(pending(report), width) if pending(report) else ()
    rows = trust(report)
    resting = {claim.id for row in rows for claim in row.claims}
    if rows:
        yield from wrap(f"taken on trust: {several(len(rows), 'assumption')}, used by {several(len(resting), 'claim')}", width)
    for paper in report.papers:
        known = f"{covered(paper.rows)} of {several(len(paper.rows), 'numbered statement')} covered"
        yield from wrap(f"{clean(paper.id)}: {known}; {assuming(paper, report)}", width)


def _failure(claim: ClaimReport, width: int, color: bool) -> Iterator[str]:
    if not claim.expect:  # a file that cannot be used: its message as it is, with the caret under the column
        yield f"{_word(claim.outcome, 6, color)}  {clip(clean(claim.id), width - 8)}"
        yield from (clip("  " + line, width) for line in clean_lines(claim.reason).split("\n"))
        return
    head = f"{clean(claim.id)}  {expectation(claim)}"
    first, *rest = wrap(head, width - 8)
    yield f"{_word(claim.outcome, 6, color)}  {first}"
    yield from ("        " + line for line in rest)
    show_it, replay_it = commands(claim)
    facts = [
        ("file", claim.path),
        ("states", pretty_text(claim.statement)),
        ("at", _point(claim.witness)),
        ("nearest", f"margin {shortened(claim.margin)}" + (f" at {_point(claim.where)}" if claim.where else "") if claim.margin and not claim.witness else ""),
        ("reason", claim.reason),
        *((item.name, _state(item)) for item in claim.obligations if item.status in ("open", "error") or not guarded(item)),
        ("run", show_it),
        ("", replay_it),
    ]
    for name, text in facts:
        if text:
            yield from _labelled(name, text, width)


def _labelled(name: str, text: str, width: int, indent: int = 2, column: int = 10) -> Iterator[str]:
    """Yield ``name`` and the text behind it, broken under itself, both cleaned; a long name has a line of its own."""
    margin = " " * indent
    name, lines = clean(name), wrap(clean(text), width - indent - column)
    if cells(name) >= column:
        yield margin + clip(name, width - indent)
        name = ""
    for line in lines:
        yield margin + pad(name, column) + line
        name = ""


def _word(outcome: str, width: int, color: bool) -> str:
    """Return the outcome, filled up to ``width``, in its colour."""
    shown = pad(clean(outcome), width)
    return f"\x1b[{COLOURS[outcome]}m{shown}\x1b[0m" if color and outcome in COLOURS else shown


def _point(values: dict[str, str]) -> str:
    return ", ".join(f"{pretty_text(name)} = {pretty_text(value)}" for name, value in values.items())


def _state(item: ObligationReport) -> str:
    """Return what became of an obligation: status, rule, size and margin."""
    parts = [item.status, f"by {item.rule}" if item.rule else "", item.detail.partition("\n")[0], f"margin {item.margin}" if item.margin else ""]
    at = _point(item.witness or item.where)
    parts += [f"at {at}" if at else "", "" if guarded(item) else "not as it must be"]
    return ", ".join(part for part in parts if part)


# -- one claim --------------------------------------------------------------------------------------------------------------


def show(claim: ClaimReport) -> str:
    """Return everything the report knows of one claim as text: what it says, the steps, and the verdict with its reasons."""
    lines = [*wrap(f"{clean(claim.id)}  {clean(claim.kind)}{': ' if claim.kind else ''}{clean(claim.title)}", SHOW_WIDTH), ""]
    lines += ["  " + line for line in wrap(clean(pretty_text(claim.statement)), SHOW_WIDTH - 2)]
    lines += [line for name, text in _quantifiers(claim) for line in _labelled(name, text, SHOW_WIDTH)]
    for part in (claim.text, claim.note):
        if part:
            lines += ["", *wrap(clean(part), SHOW_WIDTH)]
    source = " ".join(part for part in (claim.paper, claim.label) if part)
    if source or claim.quote:
        lines += ["", *_labelled("source", source + (f": “{claim.quote}”" if claim.quote else ""), SHOW_WIDTH, 0)]
    for kind, heading in HEADINGS.items():
        items = [item for item in claim.obligations if item.kind == kind]
        if items:
            lines += ["", heading, *(line for item in items for line in _obligation(item))]
    return "\n".join([*lines, "", *_known(claim)])


def _quantifiers(claim: ClaimReport) -> Iterator[tuple[str, str]]:
    for i, (name, domain) in enumerate(claim.for_all.items()):
        yield "" if i else "for all", pretty_domain(name, domain)
    for i, (name, domain) in enumerate(claim.exists.items()):
        yield "" if i else "there is one" if claim.unique else "there is", pretty_domain(name, domain)
    for i, (name, values) in enumerate(claim.for_each.items()):
        yield "" if i else "for each", f"{pretty_text(name)} in {values}"
    for i, (name, text) in enumerate(claim.random.items()):
        yield "" if i else "random", pretty_distribution(name, text)
    for i, (name, body) in enumerate(claim.flow.items()):
        yield "" if i else "flow", f"d{pretty_text(name)}/dt = {pretty_text(body)}"
    for i, (name, value) in enumerate(claim.experiment.items()):
        yield "" if i else "measured by", f"{name} {value}"
    for i, formula in enumerate(claim.given):
        yield "" if i else "given", pretty_text(formula)
    for i, (name, body) in enumerate(claim.define.items()):
        yield "" if i else "where", pretty_definition(name, body)


def _obligation(item: ObligationReport) -> Iterator[str]:
    yield from _labelled(item.name, pretty_text(item.formula), SHOW_WIDTH, 2, 16)
    if item.domain:
        yield from _labelled("", f"on {pretty_domains(item.domain)}", SHOW_WIDTH, 2, 16)
    if item.text:
        yield from _labelled("", item.text, SHOW_WIDTH, 2, 16)
    yield from _labelled("", _state(item), SHOW_WIDTH, 2, 16)


def _known(claim: ClaimReport) -> Iterator[str]:
    explained = how(claim)
    facts = [
        ("verdict", verdict(claim) + (f": {explained}" if explained else "")),
        *(("assuming" if i == 1 else "", f"{i}. {text}") for i, text in enumerate(claim.assumptions, 1)),
        ("cites", ", ".join(claim.cites)),
        ("known by", knowledge(claim)),
        ("margin", shortened(claim.margin) + (f" at {_point(claim.where)}" if claim.where else "") if claim.margin else ""),
        ("witness", _point(claim.witness)),
        ("reason", claim.reason),
        ("outcome", f"{claim.outcome}: {expectation(claim)}"),
        ("time", f"{duration(claim.seconds)}, {way(claim)}"),
        ("file", claim.path),
        ("proof", f"{claim.certificate} ({claim.certificate_bytes} bytes)" if claim.certificate else ""),
        ("digest", claim.digest),
        ("replay", commands(claim)[1]),
    ]
    for name, text in facts:
        if text:
            yield from _labelled(name, text, SHOW_WIDTH, 0)
