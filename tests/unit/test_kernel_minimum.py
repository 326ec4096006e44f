"""The rule ``minimum``: what touches 0 at a point of a box and rises from there, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck.kernel import Receipt

SQUARE = {"x": "[-1, 1]", "y": "[-1, 1]"}
POSITIVE = {"x": "[0, 1]", "y": "[0, 1]"}


def minimum(prec: int = 64, **point: str) -> dict[str, Any]:
    """Return a proof by a point."""
    return {"rule": "minimum", "point": point, "prec": prec}


ORIGIN = minimum(x="0", y="0")
PROVED: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("x^2 - x*y + y^2 >= 0", SQUARE, ORIGIN),
    ("x*y <= x^2 + y^2", SQUARE, ORIGIN),
    ("x^4 + y^4 + 2 >= 4*x*y", {"x": "[3/4, 5/4]", "y": "[3/4, 5/4]"}, minimum(x="1", y="1")),
    ("cos(x) + cos(y) - cos(x + y) <= 3/2", {"x": "[1, 11/10]", "y": "[1, 11/10]"}, minimum(x="pi/3", y="pi/3")),
    ("exp(x) >= 1 + x", {"x": "[-3, 2]"}, minimum(x="0")),
    ("x*log(x) >= x - 1", {"x": "[9/10, 11/10]"}, minimum(x="1")),
    ("(x - sqrt(2))^2 >= 0", {"x": "[1, 3/2]"}, minimum(x="sqrt(2)")),
    # rising in both variables, in one, in one from its upper end; not at all in one that does not occur
    ("x + 3*y + x*y >= 0", POSITIVE, ORIGIN),
    ("x + y^2 - x*y^2/2 >= 0", {"x": "[0, 1]", "y": "[-1, 1]"}, ORIGIN),
    ("1 - x + y^2 >= 0", SQUARE, minimum(x="1", y="0")),
    ("0*x + y^2 >= 0", SQUARE, minimum(x="7", y="0")),
    # open ends, an end that is no rational, a point outside the box, whole numbers, hypotheses that do not matter
    ("sin(y) + (x - pi)^2 >= 0", {"x": "(3, 4)", "y": "(0, 1)"}, minimum(x="pi", y="0")),
    ("x^2 - pi*x >= 0", {"x": "[pi, 4]"}, minimum(x="pi")),
    ("x^2 + y^2 >= 0", {"x": "[1, 2]", "y": "[1, 2]"}, ORIGIN),
    ("n^2 >= 2*n - 1", {"n": "integer in [0, 5]"}, minimum(n="1")),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_minimum_is_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any]]) -> None:
    """A zero from which the difference rises, or is convex with slope 0, is the lowest value."""
    statement, domains, proof = case
    assert judge(statement, proof, domains).verdict == "proved"


REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    # saddles, maxima, degenerate zeros, and zeros beside which it is negative
    ("PC303", "x^2 - y^2 >= 0", SQUARE, ORIGIN),
    ("PC303", "x^2 - 3*x*y + y^2 >= 0", SQUARE, ORIGIN),
    ("PC303", "-x^2 >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC303", "x^2*y^2 >= 0", SQUARE, ORIGIN),
    ("PC303", "x^3 >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC303", "x >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC303", "x^2 - x^4 >= 0", {"x": "[-2, 2]"}, minimum(x="0")),
    ("PC303", "x^2 >= x/10^12", {"x": "[-1, 1]"}, minimum(x="0")),
    # it rises on the wrong side of the point, or only on a part of the way
    ("PC303", "x + y^2 >= 0", SQUARE, ORIGIN),
    ("PC303", "x - 1/2 >= 0", {"x": "[0, 1]"}, minimum(x="1/2")),
    ("PC303", "x*(1 - x)*(2 - x) >= 0", {"x": "[0, 3/2]"}, minimum(x="0")),
    ("PC303", "x - 2*y + y^2 >= 0", POSITIVE, ORIGIN),
    ("PC303", "x - pi + 10^-30 >= 10^-30", {"x": "[3.14, 4]"}, minimum(x="pi")),
    # not smooth, or without a value, also outside the box on the way to the point
    ("PC303", "abs(x) + y^2 >= 0", SQUARE, ORIGIN),
    ("PC303", "abs(x) >= 0", {"x": "[0, 1]"}, minimum(x="0")),
    ("PC303", "max(x^2, x) >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC303", "x^2 + 0*log(x + 1/2) >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC303", "x*sqrt(x) >= 0", {"x": "[0, 1]"}, minimum(x="0")),
    ("PC303", "x^2 + 0/(x - 1) >= 0", {"x": "[2, 3]"}, minimum(x="0")),
    # no exact zero
    ("PC308", "x^2 + 10^-60 >= 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC308", "x^2 >= 10^-60", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC308", "(x - pi)^2 >= 0", {"x": "[3, 4]"}, minimum(x="314159265358979/10^14")),
    ("PC308", "x + log(y) >= 0", POSITIVE, ORIGIN),
    # other relations, other domains
    ("PC315", "x^2 > 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC315", "x^2 != 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC315", "0*x = 0", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC315", "x^2 >= 0 and x^2 >= -1", {"x": "[-1, 1]"}, minimum(x="0")),
    ("PC315", "x^2 >= 0", {"x": "real"}, minimum(x="0")),
    ("PC315", "x*y + y^2 >= 0", {"x": "[0, 1]", "y": "[0, x]"}, ORIGIN),
    # points
    ("PC302", "x^2 + y^2 >= 0", SQUARE, minimum(x="0")),
    ("PC302", "x^2 >= 0", {"x": "[-1, 1]"}, ORIGIN),
    ("PC302", "x^2 >= 0", {"x": "[-1, 1]"}, {"rule": "minimum", "point": ["0"], "prec": 64}),
    ("PC302", "x^2 >= 0", {"x": "[-1, 1]"}, minimum(x="x")),
    ("PC302", "x^2 >= 0", {"x": "[-1, 1]"}, minimum(x="0") | {"tree": "N"}),
    ("PC302", "x^2 >= 0", {"x": "[-1, 1]"}, minimum(prec=8, x="0")),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]} {case[1]} {case[2]!s:.60}")
def test_what_is_no_minimum_is_rejected(refuses: Callable[..., None], case: tuple[str, str, dict[str, str], dict[str, Any]]) -> None:
    """Saddles, kinks, zeros that are none, wrong sides: each has its code."""
    refuses(*case)
