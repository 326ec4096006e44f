"""Certified coverage of a search's points, and the largest box between them."""

from __future__ import annotations

import random
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from flint import arb

from proofcheck.kernel.algebra import precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.points import settled
from proofcheck.kernel.rules.subdivide import chart_of
from proofcheck.kernel.terms import Obligation, add, mul, num, sub, substitute
from proofcheck.methods.grid import planned
from proofcheck.proving import Problem, claim_of
from proofcheck.report.leftover import leftover, shares
from proofcheck.report.pictures import inert
from proofcheck.search.coverage import (
    Cloud,
    Coverage,
    Everywhere,
    Grid,
    Together,
    cloud_resolution,
    cover,
    fractions_of,
    grid_resolution,
    percent,
)  # fmt: skip


def obligation(goal: str, given: tuple[str, ...] = (), **domains: str) -> Obligation:
    """Return the obligation of a formula on domains."""
    return claim_of(Problem("p", domains, given, goal), "p").statement.of("statement")[0].obligation


def grid(goal: Obligation, **options: object) -> Grid:
    """Return the nodes of a grid as points."""
    return Grid(planned(goal, options).axes)


def covered(goal: Obligation, points: object, **options: int) -> Coverage:
    """Return a coverage that exists."""
    found = cover(goal, points, **options)  # type: ignore[arg-type]
    assert isinstance(found, Coverage), found
    assert found.proved + found.outside + found.left == 1
    return found


FULL = [
    ("sin(x) >= 0", (), {"x": "[0, pi]"}),
    ("x*y <= 2/7", ("x + y <= 1",), {"x": "(0, 1]", "y": "[0, 1]"}),
    ("x*y < 1/3 or x > 1/2", (), {"x": "[0, 1]", "y": "(0, x)"}),
    ("sqrt(1 - x^2) <= 11/10", (), {"x": "[-1, 1]"}),
    ("abs(x) + max(x, y) > -3/2", (), {"x": "[-1, 1]", "y": "[-1, 1]"}),
]


@pytest.mark.parametrize(("goal", "given", "domains"), FULL)
def test_full_coverage_is_a_proof(goal: str, given: tuple[str, ...], domains: dict[str, str]) -> None:
    """Where nothing is left, the kernel accepts the subdivision as a proof."""
    goal_ = obligation(goal, given, **domains)
    found = covered(goal_, grid(goal_, points=60), cells=4000)
    assert found.left == 0
    assert percent(found.share) == "100 %"
    assert found.node is not None
    assert prove(goal_, found.node, Link({}, {}, {}))


def test_tampered_proof_of_coverage_is_rejected() -> None:
    """The certificate is looked at by the kernel, not believed: one cut less and it is refused."""
    goal = obligation("x*y <= 2/7", ("x + y <= 1",), x="(0, 1]", y="[0, 1]")
    found = covered(goal, Everywhere(), cells=4000)
    assert found.node is not None
    with pytest.raises(Rejected) as caught:
        prove(goal, {**found.node, "tree": "N"}, Link({}, {}, {}))
    assert caught.value.code.startswith("PC303")


FALSE = [
    ("(x - 1/3)^2 > 0", (), {"x": "[0, 1]"}),
    ("(x - 1/3)^2 + (y - 1/7)^2 > 1/10^8", (), {"x": "[0, 1]", "y": "[0, 1]"}),
    ("x >= 0", (), {"x": "[-1/10^6, 1]"}),
    ("cos(x) > -1", (), {"x": "[0, 4]"}),
    ("x*y*z <= 1 - 1/10^6", ("x <= y",), {"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}),
    ("n*(n - 5)*(n - 6)^2 > 0 or n < 5", (), {"n": "integer in [1, 9]"}),
    ("1/x > 0", (), {"x": "[0, 1]"}),
]


@pytest.mark.parametrize(("goal", "given", "domains"), FALSE)
@pytest.mark.parametrize("everywhere", [True, False])
def test_false_claims_are_never_covered(goal: str, given: tuple[str, ...], domains: dict[str, str], everywhere: bool) -> None:
    """A claim that fails, or has no value, somewhere keeps a part that is left, however many points there are."""
    goal_ = obligation(goal, given, **domains)
    found = covered(goal_, Everywhere() if everywhere else grid(goal_, points=30), cells=3000)
    assert found.left > 0
    assert found.node is None
    assert percent(found.share) != "100 %"
    assert found.remaining


def test_a_needle_between_the_nodes_is_not_excluded() -> None:
    """No node sees the violation, and the cell in which it hides is exactly what is left."""
    goal = obligation("(x - 1/2 - 1/97)^2 + (y - 1/3)^2 > 1/10^6", x="[0, 1]", y="[0, 1]")
    found = covered(goal, grid(goal, points=21), cells=100_000)
    assert found.limit == "points"
    hidden = (Fraction(1, 2) + Fraction(1, 97), Fraction(1, 3))
    assert any(all(low <= value <= high for value, (low, high) in zip(hidden, fractions_of(cell), strict=True)) for cell in found.remaining)
    assert found.share > Fraction(9, 10)


def test_what_is_not_left_holds_at_exact_points() -> None:
    """Random exact points outside the boxes that are left satisfy the claim, or violate a hypothesis."""
    draw = random.Random(5)
    goal = obligation("sin(3*x)*y - x*y^2 <= 1/2", ("x^2 + y <= 2",), x="[-1, 2]", y="[0, x + 1]")
    found = covered(goal, Everywhere(), cells=1500)
    assert 0 < found.left < 1
    chart = chart_of(goal)
    tried = 0
    while tried < 150:
        t = [Fraction(draw.randrange(1, 10**6), 10**6) for _ in range(2)]
        if any(all(low <= value <= high for value, (low, high) in zip(t, fractions_of(cell), strict=True)) for cell in found.remaining):
            continue
        at = {name: add(low, mul(sub(high, low), num(value))) for name, (low, high), value in zip(chart.names, chart.ends, t, strict=True)}
        holds = settled(substitute(chart.goal, at))
        outside = any(settled(substitute(formula, at)) is False for formula in chart.given)
        assert holds or outside
        tried += 1


def test_every_cell_holds_a_point_of_the_search() -> None:
    """Cells are halved only where both halves hold points, so that the points, not the enclosures alone, exclude them."""
    goal = obligation("x - y != 0", x="[0, 1]", y="[0, 1]")
    points = np.random.default_rng(1).random((2, 40))
    found = covered(goal, Cloud(points), cells=10_000)
    assert found.limit == "points"
    for cell in found.remaining:
        ends = [(float(low), float(high)) for low, high in fractions_of(cell)]
        assert any(all(low <= value <= high for value, (low, high) in zip(point, ends, strict=True)) for point in points.T)


def test_one_point_excludes_only_what_one_enclosure_reaches() -> None:
    """A single point is a single cell: the whole domain or nothing."""
    easy, hard = obligation("x + 2 > 0", x="[0, 1]"), obligation("sin(9*x) + cos(5*x) < 2", x="[0, 1]")
    assert covered(easy, Cloud(np.array([[0.3]]))).left == 0
    alone = covered(hard, Cloud(np.array([[0.3]])))
    assert (alone.left, alone.cells, alone.limit) == (1, 1, "points")
    both = covered(hard, Together((Cloud(np.array([[0.3]])), Cloud(np.random.default_rng(0).random((1, 64))))))
    assert both.left == 0


def test_whole_numbers_count_equally() -> None:
    """Of nine whole numbers two are left: and a third at most of the unit interval; no certificate, because the kernel's rule is for reals."""
    goal = obligation("(n - 3)*(n - 4) > 0", n="integer in [1, 9]")
    found = covered(goal, grid(goal, points=9))
    assert 0 < found.left < Fraction(1, 3)
    true = obligation("(n - 7/2)^2 >= 1/4", n="integer in [1, 9]")
    assert covered(true, grid(true, points=9)).left == 0
    assert covered(true, grid(true, points=9)).node is None


def test_unbounded_domains_are_measured_in_t() -> None:
    """The coverage of a half-line is that of its image in the unit interval, and says so; the far end stays open."""
    goal = obligation("x/(1 + x^2) <= 11/20", x="[0, inf)")
    found = covered(goal, grid(goal, points=400), cells=2000)
    assert Fraction(9, 10) < found.share < 1
    assert "t = x/(1 + x)" in found.measured
    assert cover(obligation("n > 0", n="integer in [1, inf)"), Everywhere()) == "the whole numbers of n have no constant ends"


def test_processes_do_not_change_the_result() -> None:
    """One process and two find the same, cell by cell."""
    goal = obligation("sin(x*y) < 9/10", x="[0, 2]", y="[0, 2]")
    assert covered(goal, Everywhere(), cells=1500, jobs=1) == covered(goal, Everywhere(), cells=1500, jobs=2)


def test_a_larger_budget_excludes_at_least_as_much() -> None:
    """More cells never lose coverage."""
    goal = obligation("sin(x*y) < 9/10", x="[0, 2]", y="[0, 2]")
    shares_ = [covered(goal, Everywhere(), cells=cells).share for cells in (10, 100, 1000)]
    assert shares_ == sorted(shares_)
    assert shares_[0] < shares_[2]


@pytest.mark.parametrize(
    ("share", "words"),
    [("1", "100 %"), ("0", "0.00 %"), ("999999/1000000", "99.99990 %"), ("2/3", "66.66 %"), ("99999999999999999/100000000000000000", "99.999999999999 %")],
)
def test_percentages_are_rounded_down(share: str, words: str) -> None:
    """100 % is written for all of the domain and for nothing less."""
    assert percent(Fraction(share)) == words


def test_resolution_of_a_grid_is_exact() -> None:
    """The paper's grid: pi/9999 by 2 pi/20001, as formulas, gaps to the excluded ends included."""
    goal = obligation("theta + phi > 0", theta="(0, pi)", phi="(0, 2*pi)")
    found = grid_resolution(goal, planned(goal, {"points": {"theta": 10_000, "phi": 20_002}, "spacing": "linspace"}).axes)
    assert found.exact
    assert found.sides == {"theta": "1/9999*pi", "phi": "2/20001*pi"}
    with precision(64):
        assert arb.pi() / 9999 < found.lengths["theta"] < arb.pi() / 9999 + 1e-18
    assert "missed" in found.sentence()


def test_resolution_of_a_part_of_a_grid_counts_the_rest() -> None:
    """Nodes on the lower half only leave the upper half open."""
    goal = obligation("x > -1", x="[0, 1]")
    axes = planned(goal, {"points": 101, "part": {"x": [0, 51]}}).axes
    assert grid_resolution(goal, axes).sides == {"x": "1/2"}


def test_resolution_with_moving_ends_is_a_bound() -> None:
    """Where ends move, the widest range counts, and the side is no exact formula."""
    goal = obligation("x*y >= 0", x="[0, 2]", y="[0, x]")
    found = grid_resolution(goal, planned(goal, {"points": 11}).axes)
    assert not found.exact
    assert 0.2 <= found.lengths["y"] < 0.2001


def test_largest_empty_box_between_points() -> None:
    """Against a brute force over a fine mesh: never less, and at most a few per cent more; the box reported empty is."""
    goal = obligation("x + y >= 0", x="[0, 1]", y="[0, 4]")
    draw = np.random.default_rng(3)
    for count in (1, 3, 20, 200):
        t = draw.random((2, count))
        found = cloud_resolution(goal, t)
        mesh = np.stack(np.meshgrid(np.linspace(0, 1, 201), np.linspace(0, 1, 201))).reshape(2, -1)
        radius = np.abs(mesh[:, :, None] - t[:, None, :]).max(axis=0).min(axis=1).max()
        assert min(1, 2 * radius) <= found.shares[0] <= min(1, 2 * (radius + 1 / 400) * 1.03)
        assert found.lengths["y"] == pytest.approx(4 * found.lengths["x"])


def test_picture_shows_what_is_left_where_it_is() -> None:
    """The pixels hold the volumes of the boxes, and the drawing is inert."""
    goal = obligation("x - y != 0", x="[0, 1]", y="[0, 1]")
    found = covered(goal, Everywhere(), cells=700)
    image = shares(found.remaining, (0, 1), (7, 6))
    assert image.sum() / image.size == pytest.approx(float(found.left))
    assert image[0, 0] > 0
    assert image[0, 63] == 0
    drawing = leftover(found, goal.domains)
    assert inert(drawing).replace(" />", "/>") == drawing
    line = obligation("x*(x - 1)*z + y != 0", x="[0, 1]", y="[0, 1]", z="[0, 1]")
    assert inert(leftover(covered(line, Everywhere(), cells=100), line.domains))


def test_grid_points_agree_with_their_numbers() -> None:
    """How many nodes lie below a place is what counting them says."""
    goal = obligation("x > 0", x="(0, 1]")
    axis = planned(goal, {"points": 7}).axes[0]
    for middle in (Fraction(1, 2), Fraction(3, 7), Fraction(1, 64), Fraction(1)):
        assert Grid.below(axis, middle) == sum(axis.fraction(i) < middle for i in range(axis.size)) == ceil(middle * axis.parts) - axis.first
