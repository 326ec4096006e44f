"""The report as JUnit XML, for the test views of CI servers: one test case for each claim."""

from __future__ import annotations

from xml.etree import ElementTree

from .model import ClaimReport, Report
from .summary import commands, counts, expectation, point
from .text import clean, clean_lines


def to_junit(report: Report) -> str:
    """Return the report as JUnit XML. FAIL and NEWS are failures, BROKEN is an error; grade and assumptions are properties."""
    outcomes = counts(report)["outcomes"]
    numbers = {
        "tests": str(len(report.claims)),
        "failures": str(outcomes["FAIL"] + outcomes["NEWS"]),
        "errors": str(outcomes["BROKEN"]),
        "skipped": "0",
        "time": f"{report.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": "proofcheck", **numbers})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "claims", **numbers})
    _properties(suite, {"sentence": report.sentence(), **{f"environment.{clean(name)}": text for name, text in report.environment.items()}})
    for claim in report.claims:
        _case(suite, claim)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, claim: ClaimReport) -> None:
    # Claims of no paper take the first part of their id, which is the folder they lie in.
    paper = claim.paper or claim.id.partition("/")[0]
    case = ElementTree.SubElement(suite, "testcase", classname=clean(paper), name=clean(claim.id), time=f"{claim.seconds:.3f}")
    if claim.path:
        case.set("file", clean(claim.path))
    _properties(case, _facts(claim))
    if claim.outcome in ("FAIL", "NEWS", "BROKEN"):
        element = ElementTree.SubElement(case, "error" if claim.outcome == "BROKEN" else "failure")
        element.set("type", claim.outcome)
        element.set("message", f"{claim.outcome}: {expectation(claim)}")
        element.text = clean_lines("\n".join(_story(claim)))


def _facts(claim: ClaimReport) -> dict[str, str]:
    facts = {
        "title": claim.title,
        "verdict": claim.verdict,
        "grade": claim.grade,
        "expect": claim.expect,
        "assumptions": str(len(claim.assumptions)),
        **{f"assumption.{i}": text for i, text in enumerate(claim.assumptions, 1)},
        "witness": point(claim.witness),
        "certificate": claim.certificate,
        "digest": claim.digest,
    }
    return {name: text for name, text in facts.items() if text}


def _story(claim: ClaimReport) -> list[str]:
    lines = [clean(claim.title), f"statement: {clean(claim.statement)}"]
    lines += [f"at: {point(claim.witness)}"] if claim.witness else []
    lines += [f"reason: {claim.reason}"] if claim.reason else []
    return [*lines, *(f"run: {command}" for command in commands(claim))]


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    element = ElementTree.SubElement(parent, "properties")
    for name, text in values.items():
        ElementTree.SubElement(element, "property", name=name, value=clean(text))
