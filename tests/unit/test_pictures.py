"""Subdivisions taken from certificates: the cells are the kernel's, all of the domain is drawn, and pictures are inert."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofcheck import kernel, store
from proofcheck.claim import library
from proofcheck.kernel.rules import RULES, Link
from proofcheck.kernel.rules.subdivide import FORMS, leaves
from proofcheck.kernel.terms import PI, Domain, Obligation, num
from proofcheck.report import blocks
from proofcheck.report.as_html import to_html
from proofcheck.report.collect import obligation_report
from proofcheck.report.model import ClaimReport, ObligationReport, Report
from proofcheck.report.pictures import MOST_CELLS, MOST_PICTURES, drawn, inert
from proofcheck.report.subdivision import SUBDIVIDING, UNIT, Domains, Part, Subdivision, subdivision
from tests.project import ROOT, Project

ZERO_ONE = Domain(num(0), num(1), lower_closed=True, upper_closed=True)


def box(*names: str) -> Domains:
    """Return unit domains."""
    return tuple((name, ZERO_ONE) for name in names)


def cut(tree: str, *names: str) -> Subdivision:
    """Return the subdivision of a bisection of unit domains."""
    return subdivision(Part("", {"rule": "bisection", "prec": 64, "tree": tree}, box(*names)))


@st.composite
def trees(draw: st.DrawFn, axes: int, depth: int = 5) -> str:
    """Draw a bisection tree."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from("NMCHL"))
    return str(draw(st.integers(0, axes - 1))) + draw(trees(axes, depth - 1)) + draw(trees(axes, depth - 1))


def volume(ends: tuple[tuple[Fraction, Fraction], ...]) -> Fraction:
    """Return the product of the widths."""
    product = Fraction(1)
    for low, high in ends:
        product *= high - low
    return product


# -- cells ------------------------------------------------------------------------------------------------------------------


@given(trees(3))
def test_cells_are_the_kernels(tree: str) -> None:
    """Without a limit the cells, their forms, the count, the depths and the smallest leaf are those that the kernel sees."""
    found = cut(tree, "x", "y", "z")
    seen = list(leaves(tree, (UNIT,) * 3, FORMS))
    assert [(cell.form, cell.ends) for cell in found.cells(10**6)] == seen
    assert found.forms == Counter(form for form, _ in seen)
    assert found.depths == Counter((1 / volume(ends)).numerator.bit_length() - 1 for _, ends in seen)
    assert found.smallest == min((ends for _, ends in seen), key=volume)


@given(trees(2, 7), st.integers(1, 40))
def test_a_limit_keeps_the_cover(tree: str, most: int) -> None:
    """With a limit there are at most so many cells, they fill the cube, and those without form hold more than one leaf."""
    cells = cut(tree, "x", "y").cells(most)
    assert len(cells) <= most
    assert sum(volume(cell.ends) for cell in cells) == 1
    seen = list(leaves(tree, (UNIT,) * 2, FORMS))
    for cell in cells:
        inside = [ends for _, ends in seen if all(low <= a and b <= high for (a, b), (low, high) in zip(ends, cell.ends, strict=True))]
        assert (len(inside) == 1) == bool(cell.form)


def test_zeros_at_the_upper_end_are_turned() -> None:
    """Distances from the upper end are drawn from the right: the fine cells lie where the kernel cuts finely."""
    node = {"rule": "zeros", "var": "x", "end": "upper", "order": 1, "length": 3, "prec": 64, "tree": "00NNN"}
    found = subdivision(Part("", node, box("x")))
    assert {cell.ends for cell in found.cells(9)} == {((Fraction(0), Fraction(1, 2)),), ((Fraction(1, 2), Fraction(3, 4)),), ((Fraction(3, 4), Fraction(1)),)}
    assert found.smallest == ((Fraction(3, 4), Fraction(1)),)
    assert found.place == "x from 3/4 to 1"


STRIPS = {"rule": "taylor", "u": "y", "v": "x", "end": "upper", "order": 1, "left": 1, "right": 0, "length": 9, "prec": 64,
          "strips": [["1/4", "l", "N"], ["1/2", "", "0NN"], ["1", "", "00NNN"]]}  # fmt: skip


def test_strips_are_drawn_with_their_cells() -> None:
    """Strips follow each other along their variable, each cut as its own tree says, from the edge that is expanded."""
    found = subdivision(Part("", STRIPS, box("x", "y")))
    cells = found.cells(100)
    assert [name for name, _ in found.axes] == ["x", "y"]
    assert sum(volume(cell.ends) for cell in cells) == 1
    assert Counter(cell.form for cell in cells) == {"l": 1, "N": 5} == found.forms
    assert ((Fraction(1, 2), Fraction(1)), (Fraction(3, 4), Fraction(1))) in [cell.ends for cell in cells]
    assert list(found.sizes()) == ["3 strips of x, 6 leaves", "narrowest strip: x from 0 to 1/4"]
    few = found.cells(2)
    assert [(cell.ends[0], cell.form) for cell in few] == [((0, Fraction(1, 2)), ""), ((Fraction(1, 2), 1), "")]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Domains, Mapping[str, Any]]]:
    """Return the list in which the kernel notes domains and node wherever it would look at a subdivision; it accepts them unseen."""
    found: list[tuple[Domains, Mapping[str, Any]]] = []

    def look(goal: Obligation, node: Mapping[str, Any], _: Link) -> bool:
        found.append((goal.domains, node))
        return True

    for rule in SUBDIVIDING:
        monkeypatch.setitem(RULES, rule, look)
    return found


def subdivided(claim: bytes, proofs: Mapping[str, Mapping[str, Any]]) -> list[tuple[Domains, Mapping[str, Any]]]:
    """Return domains and node of each subdivision that would be drawn."""
    entries = [entry.obligation for entry in kernel.read(claim).entries if entry.obligation.name in proofs]
    walks = [part for obligation in entries for part in Part("", proofs[obligation.name], obligation.domains).walk()]
    return [(part.domains, part.node) for part in walks if part.rule in SUBDIVIDING]


@pytest.mark.parametrize("name", ["conj1", "conj1.lemmas", "k1global"])
def test_domains_are_followed_in_real_proofs(name: str, seen: list[tuple[Domains, Mapping[str, Any]]]) -> None:
    """For certificates of the library each subdivision is drawn on exactly the domains on which the kernel looks at it."""
    claim = library(ROOT / "claims").claims[f"tian2017/{name}"]
    kernel.check(claim.data, store.stored(claim))
    found = subdivided(claim.data, store.proofs(store.stored(claim)))
    assert len(found) == len(seen) > 0
    assert all(item in seen for item in found)


LEAF = {"rule": "bisection", "prec": 64, "tree": "N"}
CHANGES = [
    {"rule": "split", "var": "x", "at": ["1/3", "1/2"], "pieces": [LEAF, LEAF, LEAF]},
    {"rule": "parametrise", "var": "x", "as": "2*s", "new": "s", "domain": "[0, 1/2]", "then": LEAF},
    {"rule": "monotone", "var": "y", "from": "upper", "strict": "base", "base": LEAF, "slope": LEAF},
    {"rule": "weaken", "keep": ["x", "y"], "then": LEAF},
    {"rule": "cases", "on": "x < y", "yes": {"rule": "restrict", "var": "y", "domain": "(x, 1]", "then": LEAF}, "no": LEAF},
    {"rule": "chart", "new": {"b": "[0, a]", "a": "[0, 1]"}, "map": {"x": "a", "y": "b/2"}, "inverse": {"a": "x", "b": "2*y"}, "then": LEAF},
    {"rule": "rewrite", "facts": [{"term": "abs(x)", "is": "x", "premises": []}], "then": LEAF},
    {"rule": "scale", "factor": "1 + sin(5*x)/2", "to": "(1 + sin(5*x)/2)*(x + y + abs(x) + 1)", "premises": [LEAF], "then": LEAF},
]


@pytest.mark.parametrize("proof", CHANGES, ids=lambda proof: str(proof["rule"]))
def test_domains_are_followed_through_a_rule(
    proof: Mapping[str, Any], seen: list[tuple[Domains, Mapping[str, Any]]], claim_file: Callable[..., bytes], certificate: Callable[..., bytes]
) -> None:  # fmt: skip
    """Each rule that changes domains is followed to the domains that the kernel makes of it, in the kernel's order."""
    lower = "[0, x/2]" if proof["rule"] == "chart" else "[0, 1]"
    claim = claim_file("x + y + abs(x) > -1", {"x": "[0, 1]", "y": lower})
    kernel.check(claim, certificate(claim, {"statement": proof}))
    assert subdivided(claim, {"statement": proof}) == seen != []


def test_places_are_in_the_domain() -> None:
    """A cell is told in the variable's own values, with enough digits to tell its ends apart; where an end is not a number, as a share."""
    right_angle = Domain(num(0), PI, lower_closed=True, upper_closed=True)
    below = Domain(num(0), kernel.read(b'proofcheck = "claim/1"\n[claim]\nid = "p/x"\ntitle = "t"\nstatement = "y > 0"\nexpect = "open"\n'
                                       b'[for_all]\nx = "[0, 1]"\ny = "[0, x]"').entries[0].obligation.box["y"].upper, True, True)  # fmt: skip
    deep = subdivision(Part("", {"rule": "bisection", "prec": 64, "tree": "0" * 30 + "N" * 31}, (("theta", right_angle),)))
    first, last = re.findall(r"[\d.e-]+", deep.place)
    assert (first, last[:6]) == ("0", "2.9258")  # pi/2^30
    share = subdivision(Part("", {"rule": "bisection", "prec": 64, "tree": "1NN"}, (("x", ZERO_ONE), ("y", below))))
    assert share.place == "x from 0 to 1, 0 to 1/2 of y ∈ [0, x]"


# -- SVG --------------------------------------------------------------------------------------------------------------------


def rectangles(picture: str) -> list[tuple[float, float, float, float]]:
    """Return x, y, width and height of the cells of a picture, without the squares of the legend."""
    found = [tuple(map(float, match)) for match in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", picture)]
    return [item for item in found if item[2:] != (9.0, 9.0)]  # type: ignore[misc]


def test_picture_covers_the_square() -> None:
    """The rectangles of a picture fill it without overlap, and the second variable points upwards."""
    picture = drawn(box("x", "y"), {"rule": "bisection", "prec": 64, "tree": "0N1MC"})
    cells = rectangles(picture)
    assert sorted((w, h) for _, _, w, h in cells) == [(146, 95), (146, 95), (146, 190)]
    assert sum(w * h for _, _, w, h in cells) == 292 * 190
    colour = {form: re.search(rf'fill="(#\w+)"[^>]*/><text [^>]*>1 by the {form} form', picture)[1] for form in ("mean value", "corner")}  # type: ignore[index]
    tops = {form: float(re.search(rf'd="M150 ([\d.]+)h[^"]*" fill="{found}"', picture)[1]) for form, found in colour.items()}  # type: ignore[index]
    assert tops["mean value"] - tops["corner"] == 95


def test_large_subdivisions_are_capped_and_say_so() -> None:
    """Of twenty thousand leaves at most two thousand cells are drawn, the caption says it, and the picture stays below 60 kB."""
    tree = "0" * 3000 + "N" * 3001
    assert len(rectangles(drawn(box("x"), {"rule": "bisection", "prec": 64, "tree": tree}))) <= MOST_CELLS
    full = "N"
    for depth in range(14):
        full = f"{depth % 2}{full}{full}"
    picture = drawn(box("x", "y"), {"rule": "bisection", "prec": 64, "tree": full})
    assert len(rectangles(picture)) == 1024
    assert "16384 leaves" in picture
    assert "1024 of the 1024 cells drawn are cut further" in picture
    assert len(picture) < 60_000


def test_many_subdivisions_are_capped_and_say_so() -> None:
    """Of many subdivisions of one proof some are drawn, a note counts the others, and equal ones are drawn once."""
    pieces = [{"rule": "bisection", "prec": 64, "tree": "0NN"} for _ in range(40)]
    picture = drawn(box("x"), {"rule": "split", "var": "x", "at": [f"{i}/40" for i in range(1, 40)], "pieces": pieces})
    assert picture.count("<svg") == MOST_PICTURES + 1
    assert "16 more subdivisions of this proof, not drawn" in picture
    assert drawn(box("x"), {"rule": "both", "parts": pieces}).count("<svg") == 1


def test_more_than_two_variables_are_a_histogram() -> None:
    """In three variables the bars count the leaves at each depth."""
    picture = drawn(box("x", "y", "z"), {"rule": "bisection", "prec": 64, "tree": "01NN2MN"})
    assert len(rectangles(picture)) == 1
    assert "2 cuts" in picture
    assert "4 leaves, at most 2 cuts deep" in picture


def test_pictures_are_what_is_let_through() -> None:
    """A picture passes as it was drawn: well formed, escaped, without anything that could run or load."""
    node = {"rule": "cases", "on": "y < x", "yes": {"rule": "bisection", "prec": 64, "tree": "0NN"}, "no": STRIPS}
    picture = drawn(box("x", "y"), node)
    assert "where y &lt; x" in picture
    shown = inert(picture)
    before, after = (ElementTree.fromstring(f"<a>{text}</a>").iter() for text in (picture, shown))
    assert [(item.tag, item.attrib, item.text) for item in before] == [(item.tag, item.attrib, item.text) for item in after]
    assert shown.count("<svg") == 2
    assert not re.search(r"script|href|style|url\(|://|on\w+=", shown)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<svg><script>alert(1)</script></svg>",
        '<svg onload="alert(1)"></svg>',
        '<svg><path d="M0 0" style="background:url(//evil)"/></svg>',
        '<svg><text><a href="//evil">x</a></text></svg>',
        '<svg><image href="//evil"/></svg>',
        "<svg></svg></div><p>",
        "<svg>text</svg>",
        "<svg/> tail",
        "<svg><text>a</text>b</svg>",
        '<!DOCTYPE x [<!ENTITY e "x">]><svg><text>&e;</text></svg>',
        '<svg xmlns="http://www.w3.org/1999/xhtml"><script/></svg>',
        "<svg><path",
        "plain",
    ],
)
def test_anything_else_is_dropped(hostile: str) -> None:
    """What this program does not draw is not shown, whatever a report says; the page is as if there were no picture."""
    assert inert(hostile) == ""
    pages = []
    for picture in (hostile, "x"):
        item = ObligationReport("statement", "statement", "proved", picture=picture)
        pages.append(to_html(Report((ClaimReport("p/x", "", "t", "x > 0", "proved", "proved", "kernel", "PASS", obligations=(item,)),))))
    assert pages[0] == pages[1]


def test_verify_draws_what_the_kernel_accepted(tmp_path: Path) -> None:
    """The report of a run has a picture for a proved obligation with a subdivision, and none for what the kernel did not accept."""
    project = Project(tmp_path)
    project.claim("x", "x + 1 > 0", by='"bisection"', more='[[must_fail]]\ntext = "too much"\nstatement = "x > 0"')
    claim = library(tmp_path / "claims").claims["p/x"]
    proofs: dict[str, dict[str, Any]] = {"statement": {"rule": "bisection", "prec": 64, "tree": "0NN"}, "must_fail 1": {"rule": "witness", "at": {"x": "0"}}}
    certificate = store.assemble(claim, proofs)
    assert certificate is not None
    project.certificate("x").write_bytes(certificate)
    pictures = {row["name"]: row["picture"] for row in project.report()["claims"][0]["obligations"]}
    assert pictures["must_fail 1"] == ""
    assert sorted(w for _, _, w, _ in rectangles(pictures["statement"])) == [146, 146]
    entry = claim.statement.entries[0]
    row = obligation_report(entry, kernel.Finding("statement", "statement", "open"), None, claim.tables, {}, proofs["statement"])
    assert row.picture == ""


# -- blocks -----------------------------------------------------------------------------------------------------------------


def test_profile_is_high_where_the_cut_is_fine() -> None:
    """In one variable the blocks rise with the number of cuts, over exactly their share of the line."""
    line, axis = blocks.drawn(cut("0N0N0NN", "x"), 80)
    assert line == "▃" * 32 + "▅" * 16 + "█" * 16
    assert (axis[0], axis[-1], len(axis)) == ("0", "1", blocks.WIDTH)


def test_cells_are_outlined() -> None:
    """In two variables lines run where cells meet, with the second variable upwards."""
    rows = blocks.drawn(cut("0N1MC", "x", "y"), 80)
    assert rows[0] == "┌" + "─" * 31 + "┬" + "─" * 31 + "┐"
    assert rows[8] == "│" + " " * 31 + "├" + "─" * 31 + "┤"
    assert rows[16] == "└" + "─" * 31 + "┴" + "─" * 31 + "┘"
    upper = blocks.drawn(cut("1N0NN", "x", "y"), 80)
    assert upper[4][32] == "│"
    assert upper[12][32] == " "


def test_what_is_too_small_for_lines_is_shaded() -> None:
    """Cells that lines cannot show are shaded where they lie and nowhere else."""
    tree = "N"
    for _ in range(7):
        tree = f"0{tree}{tree}"
    rows = blocks.drawn(cut(f"0N{tree}", "x", "y"), 80)
    assert rows[5] == "│" + " " * 31 + "▒" * 33
    assert "cut finely" in rows[-1]


@pytest.mark.parametrize("tree", ["0N0N0NN", "0N1MC"])
def test_pictures_fit(tree: str) -> None:
    """Where there is not the room, a picture is half as large and shows the same."""
    large, small = (blocks.drawn(cut(tree, *("xy" if "1" in tree else "x")), room) for room in (65, 64))
    assert max(map(len, large)) > 63
    assert max(map(len, small[:-1])) <= 33
    if "1" not in tree:
        assert small[0] == large[0][::2]


def test_histogram_counts_leaves() -> None:
    """In more variables each depth has its count, and a bar in proportion."""
    assert blocks.drawn(cut("01NN20NNN", "x", "y", "z"), 80) == ["  2 cuts  3 " + "█" * 32, "  3 cuts  2 " + "█" * 22]
    assert blocks.drawn(cut("N", "x"), 80) == []
