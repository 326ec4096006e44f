"""The report as one HTML page that needs nothing else: no script, no network, formulas in MathML."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..algebras.mathml import mathml_definition, mathml_distribution, mathml_domain, mathml_domains, mathml_text
from . import summary
from .model import Report
from .pictures import inert
from .text import clean, clean_lines


def to_html(report: Report, *, searches: bool = False) -> str:
    """Return the report as one self-contained HTML page; with a link to the page of searches beside it where there is one."""
    environment = Environment(
        loader=PackageLoader("proofcheck.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    anchors = _anchors(report)
    environment.filters.update(
        math=_math, display=_display, domain=_domain, domains=_domains, distribution=_distribution, definition=_definition,
        duration=summary.duration, verdict=summary.verdict,
        how=summary.how, knowledge=summary.knowledge, expectation=summary.expectation, guarded=summary.guarded, shortened=summary.shortened, way=summary.way,
        commands=summary.commands, picture=_picture, thousands=lambda number: f"{number:,}".replace(",", "\u202f"),
    )  # fmt: skip
    known = {claim.id: (claim, anchor) for claim, anchor in zip(reversed(report.claims), reversed(anchors), strict=True)}
    named = {name for paper in report.papers for row in paper.rows for name in row.claims}
    page = environment.get_template("report.html.j2").render(
        report=report,
        searches=searches,
        counts=summary.counts(report),
        anchored=list(zip(report.claims, anchors, strict=True)),
        known=known,
        failed=summary.failures(report),
        others=[claim for claim in report.claims if claim.id not in named],
        trust=summary.trust(report),
        graded=summary.graded(report),
        covered=summary.covered,
        assumed=summary.assumed,
        assuming=summary.assuming,
        pending=summary.pending(report),
        several=summary.several,
        kinds=summary.KINDS,
    )
    return page.rstrip("\n") + "\n"


def _printable(value: Any) -> Any:
    """Return what a template writes, without characters that do not print; our own markup was cleaned when it was made."""
    return clean_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _math(formula: str) -> Markup:
    return Markup(mathml_text(clean(formula)))


def _display(formula: str) -> Markup:
    return Markup(mathml_text(clean(formula), display=True))


def _domain(domain: str, name: str) -> Markup:
    return Markup(mathml_domain(clean(name), clean(domain)))


def _domains(text: str) -> Markup:
    return Markup(mathml_domains(clean(text)))


def _definition(body: str, name: str) -> Markup:
    return Markup(mathml_definition(clean(name), clean(body)))


def _distribution(text: str, name: str) -> Markup:
    return Markup(mathml_distribution(clean(name), clean(text)))


def _picture(pictures: str) -> Markup:
    return Markup(inert(pictures))


def _anchors(report: Report) -> list[str]:
    """Return a fragment for each claim, made of its id; a second claim of the same fragment gets a number."""
    seen: Counter[str] = Counter()
    anchors = []
    for claim in report.claims:
        slug = "claim-" + re.sub(r"[^a-z0-9.]+", "-", claim.id.lower())[:80].strip("-")
        seen[slug] += 1
        anchors.append(slug if seen[slug] == 1 else f"{slug}--{seen[slug]}")
    return anchors
