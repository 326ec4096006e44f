"""Exact points: counterexamples of every kind, and points that satisfy hypotheses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from proofcheck.evidence import Proof, Undecided
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.points import inside, settled
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import Obligation, num, substitute
from proofcheck.methods.screen import Screen
from proofcheck.methods.witness import Cubes, attempt, candidates, conditional, find, inhabitant, promising, satisfied

U = "[0, 1]"
File = Callable[..., bytes]


def _obligation(file: bytes) -> Obligation:
    return read(file).entries[0].obligation


@pytest.mark.parametrize(
    ("statement", "domains", "given"),
    [
        ("x <= 999/1000", {"x": U}, ()),
        ("x < 1", {"x": U}, ()),
        ("x > -1", {"x": "[-1, 5)"}, ()),
        ("x + y <= 2 - 1/1000", {"x": U, "y": U}, ()),
        ("x + y*(1 - x) < 1", {"x": U, "y": U}, ()),
        ("(x - 1/3)^2 + (y - 2/7)^2 > 1/10000", {"x": U, "y": U}, ()),
        ("(x - 1/3)^2 + (y - 2/7)^2 + (z - 5/9)^2 > 1/10000", {"x": U, "y": U, "z": U}, ()),
        ("sin(5*x) + sin(7*y) + sin(9*z) + sin(3*u) < 3999/1000", {"x": "[0, 3]", "y": "[0, 3]", "z": "[0, 3]", "u": "[0, 3]"}, ()),
        ("(a-1/3)^2+(b-2/7)^2+(c-5/9)^2+(d-1/7)^2+(f-9/11)^2 > 1/10^6", dict.fromkeys("abcdf", U), ()),
        ("(a-1/3)^2+(b-2/7)^2+(c-5/9)^2+(d-1/7)^2+(f-9/11)^2+(g-3/11)^2 > 1/10^6", dict.fromkeys("abcdfg", U), ()),
        ("x^2*exp(-x) < 5413/10000", {"x": "[0, inf)"}, ()),
        ("x^2 < 10^9", {"x": "real"}, ()),
        ("sin(x) = x", {"x": U}, ()),
        ("x != 12345/54321", {"x": U}, ()),
        ("n^2 - 14*n + 48 >= 0", {"n": "integer in [1, 100]"}, ()),
        ("y - x < 999/1000", {"x": U, "y": "[x, 1]"}, ()),
        ("x*y < 12/25 + 1/1000", {"x": U, "y": U}, ("x^2 + y^2 = 1",)),
        ("x + y + z < 1732/1000", {"x": U, "y": U, "z": U}, ("x^2 + y^2 + z^2 = 1",)),
        ("det([[1, x, y], [x, 1, z], [y, z, 1]]) >= 0", dict.fromkeys("xyz", "[-1, 1]"), ("x + y + z <= -149/100",)),
        ("x <= 1/2 or y <= 1/2", {"x": U, "y": U}, ()),
    ],
)
def test_violations_are_found(claim_file: File, statement: str, domains: dict[str, str], given: tuple[str, ...]) -> None:
    """A false statement is refuted, and the kernel's own rule accepts the point."""
    goal = _obligation(claim_file(statement, domains, given=given))
    node = find(goal)
    assert node is not None
    assert prove(goal, node, Link()) is False


@pytest.mark.parametrize(
    ("statement", "domains"),
    [("sin(x) <= x", {"x": U}), ("x^2 + y^2 >= 2*x*y", {"x": "real", "y": "real"}), ("sin(x)^2 + cos(x)^2 = 1", {"x": "real"}), ("x < 1", {"x": "[0, 1)"})],
)
def test_true_statements_are_not_refuted(claim_file: File, statement: str, domains: dict[str, str]) -> None:
    """Where nothing is violated nothing is found, also where both sides are equal or come together at an open end."""
    assert find(_obligation(claim_file(statement, domains)), 2000) is None


def test_witnesses_are_simple(claim_file: File) -> None:
    """What is found is rounded to the smallest denominators that still violate."""
    node = find(_obligation(claim_file("(x - 1/3)^2 + (y - 2/7)^2 > 1/10000", {"x": U, "y": U})))
    assert node is not None
    assert all(Fraction(text).denominator < 100 for text in node["at"].values())


def test_own_point_of_the_file_comes_first(claim_file: File) -> None:
    """A point that the file states is used as it stands; one that does not violate is not believed."""
    goal = _obligation(claim_file("x <= 1/2", {"x": U}))
    assert find(goal, hint={"x": "7/9"}) == {"rule": "witness", "at": {"x": "7/9"}}
    found = find(goal, hint={"x": "1/4"})
    assert found is not None
    assert found["at"]["x"] != "1/4"


def test_evidence_is_a_proof_or_undecided(claim_file: File) -> None:
    """The method hands over a witness node, or says how many points it has tried."""
    yes = attempt(_obligation(claim_file("x < 1/2", {"x": U})), {}, lambda *_: None)
    no = attempt(_obligation(claim_file("x >= 0", {"x": U})), {"points": 500}, lambda *_: None)
    assert isinstance(yes, Proof)
    assert yes.tree["rule"] == "witness"
    assert isinstance(no, Undecided)
    assert (no.why, "500" in no.detail) == ("budget", True)


@pytest.mark.parametrize(
    ("domains", "given"),
    [
        ({"x": U}, ["x > 99/100"]),
        ({"x": "real", "y": "real", "z": "real"}, ["x^2 + y^2 + z^2 = 1", "x + y + z = 0"]),
        ({"x": "(0, pi)", "y": "(0, pi)", "z": "(0, pi)"}, ["x + y + z = pi"]),
        ({"x": "(0, 10]", "y": "(0, 10]"}, ["x*y = 1", "x + y < 21/10"]),
        ({"x": U, "y": U}, ["(x - 1/3)^2 + (y - 2/7)^2 < 1/10^6"]),
        (dict.fromkeys("xyzuv", U), ["x < y", "y < z", "z < u", "u < v"]),
        ({"w": "vector(3)", "v": "vector(3)"}, ["dot(w, w) = 1", "dot(v, v) = 1", "dot(v, w) = 0"]),
        ({"x": U, "y": "(x, 1/2)"}, []),
        ({"n": "integer in [1, 100]", "m": "integer in [1, 100]"}, ["m + n = 100", "m > 98"]),
    ],
)
def test_hypotheses_are_satisfied_at_an_exact_point(claim_file: File, domains: dict[str, str], given: list[str]) -> None:
    """The point lies in every domain and satisfies every hypothesis, by the kernel's own tests."""
    goal = _obligation(claim_file("0 = 0", domains, given=given))
    at = inhabitant(goal)
    assert at is not None
    assert all(inside(at[name], domain, at) for name, domain in goal.domains)
    assert all(settled(substitute(formula, at)) is True for formula in goal.given)


@pytest.mark.parametrize(
    ("domains", "given"),
    [
        ({"x": U}, ["x > 2"]),
        ({"x": "(0, 10]", "y": "(0, 10]"}, ["x*y = 1", "x + y < 2"]),
        ({"x": U, "y": "(x, 0)"}, []),
        ({"x": "real"}, ["x < 1", "x > 1"]),
        ({"x": "real"}, ["log(-x^2) < 0"]),
        ({"x": "real", "y": "real"}, ["x^2 + y^2 = -1"]),
    ],
)
def test_contradictions_have_no_point(claim_file: File, domains: dict[str, str], given: list[str]) -> None:
    """Where hypotheses contradict each other, or a domain is empty, there is no point."""
    assert inhabitant(_obligation(claim_file("0 = 0", domains, given=given))) is None


def test_sanity_points_are_candidates(claim_file: File) -> None:
    """A hypothesis that the search cannot solve is satisfied at a point that the file states."""
    file = claim_file("x > 0", {"x": "real"}, given=["sin(x) = 1/2"])
    stated = claim_file("x > 0", {"x": "real"}, given=["sin(x) = 1/2"], more='[[sanity]]\nat.x = "pi/6"\nshows = "sin(x) = 1/2"')
    assert satisfied(file) == {"statement": None}
    assert satisfied(stated) == {"statement": {"x": "pi/6"}}


def test_only_conditional_obligations_are_asked(claim_file: File) -> None:
    """Obligations without hypotheses and with constant domains always speak of something; steps are asked for their own hypotheses."""
    step = '[[step]]\nid = "a"\nshows = "x >= 0"\nby = "inequality"\n'
    plain = claim_file("x >= 0", {"x": U}, more=step)
    hypothetical = claim_file("x >= 0", {"x": U}, more=step + 'given = ["x > 5"]\n')
    assert not conditional(_obligation(plain))
    assert satisfied(plain) == {}
    assert satisfied(hypothetical) == {"step a": None}


def test_instances_are_asked_one_by_one(claim_file: File) -> None:
    """A hypothesis that holds somewhere in one instance and nowhere in another is told apart."""
    found = satisfied(claim_file("x >= 0", {"x": U}, given=["x > K"], each={"K": [0, 3]}))
    assert found["statement[K=0]"] is not None
    assert found["statement[K=3]"] is None


def test_screen_agrees_with_balls(claim_file: File) -> None:
    """The screen calls a point bad exactly where balls find the exact point to violate."""
    goal = _obligation(claim_file("x^2 + 3*y < 2 and x <= y + 1/2", {"x": U, "y": U}))
    cube, screen = Cubes(goal), Screen(goal)
    import numpy as np

    points = [t for t in candidates(2, 100) if cube.margin(t) != 0]
    badness = screen.badness(np.array([[float(s) for s in t] for t in points]).T)
    margins = [cube.margin(t) for t in points]
    assert [bool(bad < 0) for bad in badness] == [margin is not None and margin < 0 for margin in margins]


def test_screen_marks_points_outside_the_hypotheses(claim_file: File) -> None:
    """Points that violate a hypothesis rank behind all others, and points without a value behind those."""
    import numpy as np

    screen = Screen(_obligation(claim_file("sqrt(x - 1/4) >= 0", {"x": U}, given=["x <= 1/2"])))
    fine, outside, undefined = screen.badness(np.array([[0.4, 0.9, 0.1]]))
    assert fine < 2 < outside < undefined == 4


def test_solved_coordinates_are_exact(claim_file: File) -> None:
    """An equation among the hypotheses is solved exactly: both halves of the circle are reached."""
    cube = Cubes(_obligation(claim_file("x < 2", {"x": "real", "y": "real"}, given=["x^2 + y^2 = 1"])))
    at = cube.point((Fraction(1, 2), Fraction(1)), {"x": num(Fraction(3, 5))})
    below = cube.point((Fraction(1, 2), Fraction(0)), {"x": num(Fraction(3, 5))})
    assert (at["y"], below["y"]) == (num(Fraction(4, 5)), num(Fraction(-4, 5)))


def test_descent_ends_at_the_bottom_of_a_valley(claim_file: File) -> None:
    """Quasi-Newton steps reach the minimum of a narrow valley to ten digits, and one on a face of the cube exactly."""
    valley = _obligation(claim_file("100*(y - x^2)^2 + (1/2 - x)^2 > 0", {"x": U, "y": U}))
    badness, (x, y) = Screen(valley).descended((Fraction(1, 10), Fraction(9, 10)))
    assert 0 <= badness < 1e-12
    assert abs(float(x) - 0.5) < 1e-5
    assert abs(float(y) - 0.25) < 1e-5
    face = _obligation(claim_file("(x - 2)^2 + (y - 1/4)^2 > 0", {"x": U, "y": U}))
    badness, (x, y) = Screen(face).descended((Fraction(1, 10), Fraction(9, 10)))
    assert x == 1
    assert abs(float(y) - 0.25) < 1e-6
    assert badness == pytest.approx(0.5)


def test_floats_leave_out_no_point_of_the_hypotheses(claim_file: File) -> None:
    """Of all candidates in eight variables the promising ones contain each that the hypotheses certainly allow, edges included, in the same order."""
    goal = _obligation(claim_file("a <= 1", dict.fromkeys("abcdefgh", U), given=("a + b + c + d + e + f + g + h <= 2", "3*a >= b")))
    cube = Cubes(goal)
    points = candidates(8, 60)
    chosen = list(promising(goal, points))
    inside_ = [t for t in points if cube.contains(cube.point(t))]
    assert 0 < len(inside_) < len(points)
    assert [t for t in chosen if t in set(inside_)] == inside_
    assert len(chosen) < len(points)
