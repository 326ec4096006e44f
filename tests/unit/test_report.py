"""The forms of the report: the same facts in each, and hostile texts inert in all."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from proofcheck.report import schema as report_schema
from proofcheck.report.as_html import to_html
from proofcheck.report.as_json import ReportError, from_json, to_json
from proofcheck.report.as_junit import to_junit
from proofcheck.report.as_terminal import render, show
from proofcheck.report.model import ClaimReport, ErratumRow, ObligationReport, PaperReport, PaperRow, Report
from proofcheck.report.searches import linked
from proofcheck.report.searches import page as searches_page
from proofcheck.report.summary import KINDS, commands, duration, guarded, how, knowledge, shortened, trust, verdict
from proofcheck.report.text import cells, clean, clean_lines, clip, pad, wrap
from tests.sample_report import CONJECTURE, DETERMINANT, ERRATUM, KERNEL, LIMIT, SAMPLE, STUCK

GOLDEN = Path(__file__).parent.parent / "golden"
CLAIM_FORMS = ("show-det.txt", "show-limit.txt")


def form(name: str) -> str:
    """Return the sample report in the form of one golden file."""
    made = {
        "report.html": lambda: to_html(SAMPLE),
        "report.json": lambda: to_json(SAMPLE),
        "report.junit.xml": lambda: to_junit(SAMPLE),
        "report-72.txt": lambda: render(SAMPLE, width=72, color=False) + "\n",
        "report-120.txt": lambda: render(SAMPLE, width=120, color=False) + "\n",
        "show-det.txt": lambda: show(DETERMINANT) + "\n",
        "show-limit.txt": lambda: show(LIMIT) + "\n",
    }
    return made[name]()


@pytest.mark.parametrize("name", ["report.html", "report.json", "report.junit.xml", "report-72.txt", "report-120.txt", *CLAIM_FORMS])
def test_golden(name: str) -> None:
    """Each form of the sample report is, byte for byte, the one that was read and approved."""
    assert form(name) == (GOLDEN / name).read_text(encoding="utf-8")


# -- hostile texts ----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<!-- --><![CDATA[<b>]]>",
    "]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    "{{7*7}} {% raw %} {{ ''.__class__ }} {# #}",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\x9b2J\x9d0;t\x9c\x90q\x9c",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "a\x00b\x08c\x0bd\x7f",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "\ud800 lone",
    "line\nbreak\r\nand\ttab\u2028\u2029\x85",
    "\ufffe\uffff\U0001fffe",
    "宽字符" * 40,
    "e\u0301" * 80,
    "%s %n $(rm -rf /) `id` ; echo",
    "x" * 5000,
]


def poisoned(record: type, text: str, **known: Any) -> Any:
    """Return a record with ``text`` in every text field and in keys and values of every table."""
    values: dict[str, Any] = {}
    for field in fields(record):
        if field.name in known:
            values[field.name] = known[field.name]
        elif field.type == "str":
            values[field.name] = text
        elif field.type in ("dict[str, str]", "dict[str, Any]"):
            values[field.name] = {text: text, "x": text}
        elif field.type == "tuple[str, ...]":
            values[field.name] = (text, text)
    return record(**values)


def hostile_report(text: str) -> Report:
    """Return a report with ``text`` wherever a file of somebody else could put it."""
    obligations = tuple(poisoned(ObligationReport, text, kind=kind, status=status) for kind in KINDS for status in ("proved", "open"))
    claims = tuple(
        poisoned(ClaimReport, text, verdict=verdict_, outcome=outcome, obligations=obligations)
        for verdict_, outcome in (("proved", "PASS"), ("refuted", "FAIL"), ("error", "BROKEN"), ("inconclusive", "NEWS"))
    )
    row = poisoned(PaperRow, text)
    errata = (poisoned(ErratumRow, text), poisoned(ErratumRow, text, refuted=(), corrected=()))
    report: Report = poisoned(Report, text, claims=claims, papers=(poisoned(PaperReport, text, rows=(row, replace(row, claims=())), errata=errata),))
    return report


PAGE = """html nav head meta title style body header h1 h2 h3 p strong em span main section div table caption thead tbody tr th td a article code blockquote
    dl dt dd ol ul li details summary pre meter footer"""
FORMULA = "math mrow mi mn mo mtext mspace mfrac msup msub msubsup munderover msqrt mtable mtr mtd"
PICTURE = "svg path text"
ELEMENTS = {*PAGE.split(), *FORMULA.split(), *PICTURE.split()}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "role", "scope", "href", "open", "hidden", "aria-labelledby", "aria-label", "min", "max", "value",
    "display", "form", "stretchy", "width", "mathvariant",
    "viewbox", "height", "font-size", "font-weight", "fill", "fill-opacity", "stroke", "stroke-width", "d", "x", "y", "text-anchor",
}  # fmt: skip


class Census(HTMLParser):
    """Collects elements, attributes and the text between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.other: list[str] = []
        self.counts: dict[str, int] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def census(page: str) -> Census:
    """Return what a parser finds in the page."""
    found = Census()
    found.feed(page)
    found.close()
    return found


OWN_LINKS = {"#attention", "#coverage", "#errata", "#trust", "#claims", "#environment", "searches.html"}


@pytest.mark.parametrize("text", HOSTILE)
def test_html_is_inert(text: str) -> None:
    """Hostile texts add no element, attribute, comment or link target, and template marks are not evaluated."""
    page = to_html(hostile_report(text))
    found = census(page)
    assert found.elements <= ELEMENTS
    assert found.attributes <= ATTRIBUTES
    assert found.other == []
    assert all(re.fullmatch(r"#claim-[a-z0-9.-]*", link) for link in set(found.links) - OWN_LINKS)
    assert not [character for character in page if unicodedata.category(character)[0] == "C" and character != "\n"]
    assert "7*7" not in text or "{{7*7}}" in found.text
    page.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_xml_is_inert(text: str) -> None:
    """Hostile texts leave the JUnit file well formed, with four test cases and no element of their own."""
    root = ElementTree.fromstring(to_junit(hostile_report(text)).encode("utf-8"))
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "properties", "property", "failure", "error"}
    assert len(root.findall(".//testcase")) == 4


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("width", [60, 79, 100, 141, 200])
def test_terminal_is_inert(text: str, width: int) -> None:
    """Hostile texts bring no control character to the terminal and no line beyond its width."""
    report = hostile_report(text)
    shown = render(report, width=width, color=False)
    assert not [character for character in shown if unicodedata.category(character)[0] == "C" and character != "\n"]
    assert max(cells(line) for line in shown.split("\n")) <= width
    told = show(report.claims[1])
    assert not [character for character in told if unicodedata.category(character)[0] == "C" and character != "\n"]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_keeps_hostile_texts_exactly(text: str) -> None:
    """JSON is plain ASCII whatever the texts hold, and reading it back gives the same report."""
    report = hostile_report(text)
    written = to_json(report)
    assert written.isascii()
    assert from_json(written) == report


# -- HTML -------------------------------------------------------------------------------------------------------------------


def test_page_is_self_contained() -> None:
    """The page forbids and contains everything that would load or run, and says so to the browser."""
    page = to_html(SAMPLE)
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in page
    assert not re.search(r"<script|<link|@import|url\(|https?://|\son\w+=", page)


def test_page_says_what_a_referee_needs() -> None:
    """The page opens with the sentence; assumptions, grade, expectation, witness and digest stand in the claim."""
    text = " ".join(census(to_html(SAMPLE)).text.split())
    assert text.index("FAIL 5 of 8 PASS") < text.index("Needs attention") < text.index("Taken on trust") < text.index("Environment")
    assert "proved (symbolic), assuming 2: by computer algebra; the kernel did not check it. The file expects proved; outcome PASS." in text
    wanted = ["LaSalle's invariance principle (Khalil", "refuted, as it must be", "5f1d7a1c9be04c6e8f6b2a3d", "proofcheck replay sample/det"]
    assert [part for part in [*wanted, "a definition, nothing to prove"] if part not in text] == []


def test_anchors_are_unique_and_links_meet_them() -> None:
    """Every link of the page leads to a part of it or to a claim on it, even when two claims have one id; or to the page of searches."""
    page = to_html(replace(SAMPLE, claims=(*SAMPLE.claims, replace(DETERMINANT, title="again"))))
    anchors = re.findall(r'<article[^>]* id="([^"]+)"', page)
    assert len(set(anchors)) == len(anchors) == 9
    assert {link[1:] for link in set(census(page).links) - OWN_LINKS} <= set(anchors)
    assert all(f'<h2 id="{link[1:]}"' in page for link in set(census(page).links) & OWN_LINKS - {"searches.html"})


def test_searches_are_linked_where_there_are_any() -> None:
    """The link to the page of searches is hidden until there is one; the page links back where there is a report."""
    without, beside = to_html(SAMPLE), to_html(SAMPLE, searches=True)
    assert '<span id="searches" hidden>' in without
    assert "hidden" not in re.sub(r"overflow[a-z-]*: ?hidden", "", beside)
    assert linked(without) == linked(beside) == beside
    assert 'href="report.html"' in searches_page([], report=True)
    assert 'href="report.html"' not in searches_page([])


def test_table_headers_have_a_scope() -> None:
    """Every header cell says whether it heads a row or a column, and every table has header cells."""
    page = to_html(SAMPLE)
    assert page.count("<th ") == len(re.findall(r'<th scope="(?:row|col)"', page)) > 20
    assert "<th>" not in page


@pytest.mark.parametrize(
    ("margin", "shown"),
    [("0.00000001267435938672929650", "1.26744e-08"), ("12.5", "12.5"), ("1e-400000000000", "1e-400000000000"), ("-0.123456789012345", "-0.123457"), ("x", "x")],
)
def test_long_margins_are_shortened(margin: str, shown: str) -> None:
    """A margin of many digits is shown to six, never as 0; a short one, and what is no number, as it is."""
    assert shortened(margin) == shown


def test_page_of_nothing() -> None:
    """A run that selected nothing is a FAIL that says so."""
    text = " ".join(census(to_html(Report(()))).text.split())
    assert "FAIL Nothing was selected." in text


def test_must_fail_that_is_not_refuted_is_called_bad() -> None:
    """A must_fail neighbour that came out proved is shown as a fault and not as a success."""
    item = ObligationReport("must_fail 1", "must_fail", "proved")
    assert not guarded(item)
    assert "proved, not refuted" in to_html(Report((replace(DETERMINANT, obligations=(item,)),)))
    assert "not as it must be" in show(replace(DETERMINANT, obligations=(item,)))


# -- JSON -------------------------------------------------------------------------------------------------------------------


def test_schema_file_is_the_generated_one() -> None:
    """The shipped JSON Schema is what the records give today."""
    shipped = Path(report_schema.__file__).with_name("report.schema.json").read_text(encoding="utf-8")
    assert shipped == report_schema.schema_text()


def test_schema_names_every_field() -> None:
    """Each record's schema has exactly the record's fields and allows no other key."""
    made = report_schema.schema()
    for record in (ClaimReport, ObligationReport, PaperReport, PaperRow):
        shape = made["$defs"][record.__name__]
        assert set(shape["properties"]) == {field.name for field in fields(record)}
        assert shape["additionalProperties"] is False
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_json_head() -> None:
    """The JSON names its schema, the sentence and the counts at the top level."""
    value = json.loads(to_json(SAMPLE))
    assert value["schema"] == "proofcheck/report/1"
    assert value["sentence"] == SAMPLE.sentence()
    assert value["counts"]["outcomes"] == {"PASS": 5, "FAIL": 1, "NEWS": 1, "BROKEN": 1}
    assert value["ok"] is False


def test_json_round_trip() -> None:
    """Reading what was written gives an equal report and writing that gives the same text."""
    assert from_json(to_json(SAMPLE)) == SAMPLE
    assert to_json(from_json(to_json(SAMPLE))) == to_json(SAMPLE)


def test_defaults_may_be_left_out() -> None:
    """Keys with a default may be missing, so that older reports stay readable."""
    value = json.loads(to_json(SAMPLE))
    del value["claims"][0]["note"], value["papers"][0]["rows"][0]["reason"]
    assert from_json(json.dumps(value)) == SAMPLE


def edited(change: str, value: Any) -> str:
    """Return the sample's JSON with one place changed; ``change`` is a path such as claims.0.verdict."""
    report = json.loads(to_json(SAMPLE))
    *path, last = change.split(".")
    place = report
    for key in path:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[last] = value
    return json.dumps(report)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON: .* line 1"),
        ("[]", "is not of type object"),
        ("[" * 100_000, "nested too deep"),
        ('{"schema": "proofcheck/report/1", "schema": "x"}', "'schema' appears twice"),
        (edited("schema", "proofcheck/report/9"), "this version reads 'proofcheck/report/1'"),
        (edited("claims.0.verdict", "probably"), r"report.claims\[0\].verdict: 'probably' is not one of proved"),
        (edited("claims.0.seconds", "fast"), r"report.claims\[0\].seconds: 'fast' is not of type number"),
        (edited("claims.0.seconds", -1), "less than 0"),
        (edited("claims.0.seconds", True), "True is not of type number"),
        (edited("claims.0.grad", ""), "the key 'grad' is not known"),
        (edited("claims.0.where", {"x": 1}), r"where\['x'\]: 1 is not of type string"),
        (edited("claims.0.outcome", "FAIL"), "does not follow from the claims"),
        (edited("ok", True), "report.ok: True does not follow"),
        (to_json(SAMPLE).replace("213.24", "NaN"), "NaN is not a JSON number"),
        ('{"schema": "proofcheck/report/1"}', "the key 'claims' is missing"),
    ],
)
def test_json_is_read_strictly(text: str, message: str) -> None:
    """A report that is not one is refused with the place and the reason."""
    with pytest.raises(ReportError, match=message):
        from_json(text)


# -- JUnit ------------------------------------------------------------------------------------------------------------------


def test_junit_elements() -> None:
    """FAIL and NEWS are failures, BROKEN is an error, the others have neither; properties carry grade and assumptions."""
    root = ElementTree.fromstring(to_junit(SAMPLE))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert {name for name, case in cases.items() if case.find("failure") is not None} == {KERNEL.id, CONJECTURE.id}
    assert {name for name, case in cases.items() if case.find("error") is not None} == {"sample/crash"}
    properties = {item.get("name"): item.get("value") for item in cases[LIMIT.id].iter("property")}
    assert (properties["verdict"], properties["grade"], properties["assumptions"]) == ("proved", "symbolic", "2")
    assert cases[LIMIT.id].get("classname") == "sample"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "2", "1")


# -- terminal ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(60, 201, 7))
def test_terminal_fits(width: int) -> None:
    """No line is wider than asked for, and every claim, its outcome and its number of assumptions are there."""
    shown = render(SAMPLE, width=width, color=False)
    assert max(cells(line) for line in shown.split("\n")) <= width
    assert all(claim.id in shown for claim in SAMPLE.claims)
    assert "proved (symbolic), assuming 2" in shown


def test_sentence_first_failures_last() -> None:
    """The first line is the sentence with the time; the failures come last and end with commands."""
    lines = render(SAMPLE, width=120, color=False).split("\n")
    assert lines[0] == SAMPLE.sentence() + " · 3 min 33 s"
    starts = [i for i, line in enumerate(lines) if re.match(r"(FAIL|NEWS|BROKEN) +sample/\S+  expected", line)]
    assert len(starts) == 3
    assert max(i for i, line in enumerate(lines) if line.startswith("PASS")) < starts[0]
    assert lines[-1].strip() == "proofcheck replay sample/crash"


def test_colour_adds_to_the_words_only() -> None:
    """Taking the colours away from the coloured form gives the plain form, which has no escape in it."""
    plain, coloured = (render(SAMPLE, width=110, color=color) for color in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[1;31mFAIL" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_terminal_of_nothing() -> None:
    """A run that selected nothing says so in one line."""
    assert render(Report(()), width=80, color=False) == "Nothing was selected. · 0.00 s"


# -- wording ----------------------------------------------------------------------------------------------------------------


def test_knowledge() -> None:
    """What stands behind a verdict is told in a few words: sizes, a witness, or the reason."""
    assert knowledge(DETERMINANT) == "2 steps, 9 terms, 7 strips"
    assert knowledge(ERRATUM) == "at w_1 = 1, w_2 = -3/7"
    assert knowledge(CONJECTURE) == "343 leaves"
    assert knowledge(STUCK) == STUCK.reason
    grid = ObligationReport("check 1", "check", "supported", detail="1 leaf, 10 000 points")
    assert knowledge(replace(STUCK, verdict="supported", obligations=(grid,))) == "1 leaf, 10000 points"


def test_trust_counts_each_claim_once() -> None:
    """An assumption that two claims share is one row with both, before those of a single claim."""
    other = replace(DETERMINANT, assumptions=(LIMIT.assumptions[1], LIMIT.assumptions[1]))
    rows = trust(Report((LIMIT, other)))
    assert [(row.what, len(row.claims)) for row in rows] == [(LIMIT.assumptions[1], 2), (LIMIT.assumptions[0], 1)]
    assert verdict(LIMIT) == "proved (symbolic), assuming 2"


def test_conditional_proof_does_not_claim_every_step() -> None:
    """With an assumption the sentence says what the proof rests on; without one the kernel saw every step."""
    assert how(DETERMINANT).startswith("every step is certified")
    assert how(replace(DETERMINANT, grade="conditional", assumptions=("LaSalle",))).startswith("only if what is assumed holds")


def test_expected_refutation_is_not_alarming() -> None:
    """A refutation that the file expects is said to be expected, one that it does not is not."""
    assert "refuted, as expected" in to_html(Report((ERRATUM,)))
    assert "refuted, as expected" not in to_html(Report((KERNEL,)))


def test_commands_can_be_pasted() -> None:
    """A hostile id is one quoted word of the shell."""
    assert commands(replace(DETERMINANT, id="a; rm -rf /"))[1] == "proofcheck replay 'a; rm -rf /'"


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0.00 s"), (0.414, "0.41 s"), (9.996, "10 s"), (73.2, "73 s"), (119.6, "2 min 0 s"), (725, "12 min 5 s")])
def test_duration(seconds: float, text: str) -> None:
    """Times are rounded to what matters, and sixty seconds never stand beside minutes."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b(Bx\x1bcy", "xy"),
        ("a\nb\r\n\tc", "a b c"),
        ("\u202eabc\u2069", "abc"),
        ("soft\u00adhyphen\u00a0space", "softhyphen space"),
        ("\x1b[unfinished", "nfinished"),
        ("\x1b]never closed", "never closed"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    """Terminal sequences go as a whole, line ends become spaces, and what does not print is left out."""
    assert clean(text) == shown


def test_clean_lines_keeps_lines() -> None:
    """Texts of several lines keep their lines and lose the rest."""
    assert clean_lines("a\r\nb\x00\nc") == "a\nb\nc"


def test_widths() -> None:
    """Wide characters count two columns and accents none, in clipping, filling and breaking alike."""
    assert cells("宽e\u0301") == 3
    assert clip("宽宽宽", 5) == "宽宽…"
    assert clip("abc", 3) == "abc"
    assert pad("宽", 4) == "宽  "
    assert wrap("aa bb cccccc", 5) == ["aa bb", "ccccc", "c"]
    assert wrap("宽宽宽", 4) == ["宽宽", "宽"]
