"""Plots as SVG: inert, within the frame, with round ticks and readable numbers."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from proofcheck.plot import ARROWS, DASHED, POINTS, Axis, Curve, Plot
from proofcheck.report.pictures import inert
from proofcheck.report.plots import WIDTH, balanced, plot, power_of_ten, standalone, ticks

EVERY = Plot(
    "A <title> & more of it, so long that it has to be broken into two lines of the picture somewhere",
    Axis("x, metres"),
    Axis("y", log=True),
    (
        Curve((0.0, 1.0, 2.0), (1.0, 0.0, 100.0), "line"),
        Curve((0.0, 1.0), (1.0, 10.0), "dashed", DASHED),
        Curve((0.5, math.nan, math.inf), (3.0, 4.0, 5.0), "points", POINTS, (1.0, 0.0, 0.0)),
        Curve((0.0, 1.0, 1.0, 1.0), (1.0, 10.0, 5.0, 5.0), "arrows", ARROWS),
        Curve((0.0, 2.0), (5.0, 5.0)),
    ),
)


def test_picture_is_inert_and_complete() -> None:
    """What is drawn passes the report's own filter unchanged in content, with title, labels and legend escaped."""
    picture = plot(EVERY)
    words = "".join(ElementTree.fromstring(picture).itertext())
    assert inert(picture)
    for word in ("A <title> & more", "x, metres", "line", "dashed", "points", "arrows", "100"):
        assert word in words
    assert "nan" not in picture
    assert "inf" not in picture


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("Distance to the teacher, d = 20, r = 3", 36, ["Distance to the", "teacher, d\u00a0=\u00a020, r\u00a0=\u00a03"]),
        ("one abcdefghijklmno", 10, ["one", "abcdefghij", "klmno"]),
    ],
)
def test_titles_are_broken_evenly(words: str, width: int, lines: list[str]) -> None:
    """A title takes as few lines as fit, none of which is much longer than the others, and cuts only words that do not fit."""
    assert balanced(words, width) == lines


def test_marks_stay_in_the_frame() -> None:
    """No coordinate of a curve lies outside the picture."""
    picture = plot(EVERY)
    height = float(re.findall(r'height="([\d.]+)"', picture)[0])
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", picture):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= height


def test_equal_axes_keep_the_shape() -> None:
    """With equal axes a square is drawn as a square."""
    picture = plot(Plot("t", Axis("x"), Axis("y"), (Curve((0.0, 1.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 1.0, 0.0), "square"),), equal=True))
    path = next(d for d in re.findall(r' d="([^"]+)" fill="none" stroke="#3b7fc4"', picture))
    points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]
    assert abs((points[1][0] - points[0][0]) - (points[0][1] - points[2][1])) < 0.3


# axis, low, high, what is written
TICKS = [
    (Axis(""), 0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
    (Axis(""), -3.0, 14.0, ["0", "5", "10"]),
    (Axis("", log=True), -16.0, 1.0, ["10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]),
    (Axis("", log=True), 0.0, 1.1, ["1", "2", "5", "10"]),
    (Axis("", log=True), 0.0, 0.5, ["1", "1.5", "2", "2.5", "3"]),
]


@pytest.mark.parametrize("case", TICKS)
def test_ticks_are_round(case: tuple[Axis, float, float, list[str]]) -> None:
    """Ticks are round numbers inside the range, powers of ten on wide logarithmic axes."""
    axis, low, high, words = case
    assert [text for _, text in ticks(axis, low, high)] == words


def test_powers_of_ten() -> None:
    """Powers are printed as a person writes them."""
    assert [power_of_ten(n) for n in (0, 1, 2, -12)] == ["1", "10", "10²", "10⁻¹²"]


def test_flat_and_empty_curves_have_a_frame() -> None:
    """One point, a constant, and nothing at all can be plotted."""
    for curves in ((Curve((1.0,), (2.0,), "p", POINTS),), (Curve((0.0, 1.0), (3.0, 3.0)),), ()):
        assert inert(plot(Plot("t", Axis("x"), Axis("y"), curves)))


def test_long_curves_are_thinned() -> None:
    """A curve of a hundred thousand points is drawn with a few hundred."""
    many = tuple(float(i) for i in range(100_000))
    assert len(plot(Plot("t", Axis("x"), Axis("y"), (Curve(many, many),)))) < 12_000


def test_file_of_its_own() -> None:
    """A picture as a file has the namespace, its own colours and a white ground."""
    root = ElementTree.fromstring(standalone(plot(EVERY)))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "currentColor" not in standalone(plot(EVERY))
