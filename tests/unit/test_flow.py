"""Method flow: trajectories of fields with known solutions; what is violated, what is only not told, and starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from proofcheck import kernel
from proofcheck.evidence import Evidence, Support, Undecided, Violation
from proofcheck.kernel import Malformed
from proofcheck.methods.flow import Path, attempt, remaining, starts
from proofcheck.methods.measuring import HOLDS, UNCLEAR, VIOLATED, compared, exactly
from tests.project import Project

LOGISTIC = '[flow]\nx = "x*(1 - x)"'
TURN = '[flow]\nx = "-y - x/10"\ny = "x - y/10"'


@pytest.fixture
def run(claim_file: Callable[..., bytes]) -> Callable[..., Evidence]:
    """Return a function that runs the method on a statement."""

    def attempted(statement: str, domains: dict[str, str], more: str, given: tuple[str, ...] = (), **options: Any) -> Evidence:
        entry = kernel.read(claim_file(statement, domains, given=given, more=more)).entries[0]
        return attempt(entry.obligation, options, lambda *_: None)

    return attempted


# statement, domains, field: true of every trajectory
TRUE = [
    ("limit(x) = 1", {"x": "(0, 3]"}, LOGISTIC),
    ("limit(x) = 0 and limit(y) = 0 and decreases(x^2 + y^2)", {"x": "[-1, 1]", "y": "[-1, 1]"}, TURN),
    ("always(x^2 + y^2 <= 2) and not always(x >= -1/10)", {"x": "[1/2, 1]", "y": "[1/2, 1]"}, TURN),
    ("limit(x) = a", {"x": "[-1, 1]", "a": "[0, 2]"}, '[flow]\nx = "a - x"'),
    ("limit(w) = [0, 0] and always(norm(w) <= 2)", {"w": "vector(2) in [-1, 1]"}, '[flow]\nw = "-w"'),
    ("limit(x) = sin(1) or always(x > 2)", {"x": "[-1, 3]"}, '[flow]\nx = "sin(1) - x"'),
    ("limit(x*y) = x*y", {"x": "[1, 2]", "y": "[0, 1]"}, '[flow]\nx = "x*(1 - x*y)*(1 - x*y)*0"\ny = "0"'),
]


@pytest.mark.parametrize("case", TRUE, ids=lambda case: case[0])
def test_true_statements_are_supported(run: Callable[..., Evidence], case: tuple[str, dict[str, str], str]) -> None:
    """What an exact solution says is supported, with the number of trajectories and the seed."""
    found = run(*case, starts=16)
    assert isinstance(found, Support), found
    assert found.grade == "numerical"
    assert "trajectories (seed 1)" in found.detail


# statement, domains, field: false by more than the error
FALSE = [
    ("limit(x) = 1", {"x": "[0, 3]"}, LOGISTIC),
    ("limit(x) = 1.00001", {"x": "(0, 3]"}, LOGISTIC),
    ("always(x >= 0)", {"x": "[1/2, 1]", "y": "[1/2, 1]"}, TURN),
    ("increases(x)", {"x": "(0, 3]"}, LOGISTIC),
    ("decreases(x)", {"x": "(0, 3]"}, LOGISTIC),
    ("limit(x) > 1", {"x": "(0, 3]"}, '[flow]\nx = "0.999999 - x"'),
    ("not always(x >= 0)", {"x": "(0, 3]"}, LOGISTIC),
]


@pytest.mark.parametrize("case", FALSE, ids=lambda case: case[0])
def test_false_statements_are_violated(run: Callable[..., Evidence], case: tuple[str, dict[str, str], str]) -> None:
    """A violation names the start; it is never a refutation."""
    found = run(*case, starts=16)
    assert isinstance(found, Violation), found
    assert "trajectories violate it" in found.detail
    assert found.margin is not None
    assert set(found.margin.at) == set(case[1])


# statement, domains, field, why the trajectories do not tell
UNTOLD = [
    ("limit(x) = 0", {"x": "[1, 2]"}, '[flow]\nx = "-x^3"', "at rest|without a rate"),
    ("limit(x) = 0", {"x": "[1, 2]", "y": "[1, 2]"}, '[flow]\nx = "-y"\ny = "x"', "not at rest"),
    ("limit(x) = 0", {"x": "[1, 2]"}, '[flow]\nx = "x^2"', "broke down"),
    ("limit(x) = 0", {"x": "[1, 2]"}, '[flow]\nx = "sqrt(1 - x) - 1"', "no value at the start"),
    ("limit(x) > 1", {"x": "(0, 3]"}, LOGISTIC, "limit"),
]


@pytest.mark.parametrize("case", UNTOLD, ids=lambda case: case[2])
def test_what_is_not_told_is_undecided(run: Callable[..., Evidence], case: tuple[str, dict[str, str], str, str]) -> None:
    """Slow, endless, exploding and undefined trajectories, and a strict relation that holds with equality, support nothing."""
    found = run(*case[:3], starts=4, time=50)
    assert isinstance(found, Undecided), found
    assert any(word in found.detail for word in case[3].split("|")), found.detail


def test_a_violation_before_a_breakdown_counts(run: Callable[..., Evidence]) -> None:
    """A trajectory that explodes has violated a bound on its way."""
    assert isinstance(run("always(x <= 5)", {"x": "[1, 2]"}, '[flow]\nx = "1 + x"', starts=4, time=20), Violation)


def test_a_stated_start_is_one_trajectory(claim_file: Callable[..., bytes]) -> None:
    """A sanity value about a limit is measured from its own start, which the drawing names by number."""
    more = f'{LOGISTIC}\n[[sanity]]\nat = {{ x = "1/2" }}\nshows = "limit(x) = 1 and always(x <= 1 and x > 0 and not (x > 2 or x < 0))"'
    entry = kernel.read(claim_file("limit(x) = 1", {"x": "(0, 1]"}, more=more)).entries[1]
    found = attempt(entry.obligation, {}, lambda *_: None)
    assert isinstance(found, Support)
    assert found.detail.startswith("1 trajectory, at rest by time")
    assert (found.plots[0].title, found.plots[0].y.label) == ("The trajectory", "state 1")


def test_limits_are_as_exact_as_they_claim(run: Callable[..., Evidence]) -> None:
    """The stated limit is told from one that differs by 1e-5, relatively, and agrees to 1e-6."""
    root = '[flow]\nx = "2 - x^2"'
    assert isinstance(run("limit(x) = sqrt(2)", {"x": "[0, 3]"}, root), Support)
    assert isinstance(run("limit(x) = 1.41422", {"x": "[0, 3]"}, root), Violation)


def test_starts_cover_faces_corners_and_hypotheses(claim_file: Callable[..., bytes]) -> None:
    """Closed ends are starts, open ends are not, dependent ends hold, hypotheses select; another seed spreads differently."""
    domains = {"x": "(0, 1]", "y": "[0, x]"}
    goal = kernel.read(claim_file("x = x or y = y", domains, given=["x + y <= 3/2"])).entries[0].obligation
    env = starts(goal, 64, 1)
    x, y = env["x"], env["y"]
    assert (x > 0).all()
    assert (y <= x).all()
    assert (x + y <= 1.5).all()
    assert (x == 1).any()
    assert (y == 0).any()
    assert (y == x).any()
    assert x.min() < 0.01
    assert len(x) > 64
    assert not np.array_equal(starts(goal, 64, 2)["x"][:40], x[:40])
    assert np.array_equal(starts(goal, 64, 1)["x"], x)


def test_unbounded_domains_have_starts(claim_file: Callable[..., bytes]) -> None:
    """Lines and half-lines are mapped to bounded intervals; whole numbers stay whole."""
    goal = kernel.read(claim_file("x + y + z + n > 0", {"x": "real", "y": "[1, inf)", "z": "(-inf, 2]", "n": "integer in [1, 9]"})).entries[0].obligation
    env = starts(goal, 32, 1)
    assert env["x"].min() < -5 < 5 < env["x"].max()
    assert (env["y"] >= 1).all()
    assert (env["z"] <= 2).all()
    assert (env["n"] == np.round(env["n"])).all()


def test_many_variables_have_some_corners(claim_file: Callable[..., bytes]) -> None:
    """Where there are too many corners a seeded choice of them is taken."""
    goal = kernel.read(claim_file("norm(w) >= 0", {"w": "vector(9) in [0, 1]"})).entries[0].obligation
    points = np.array(list(starts(goal, 8, 1).values()))
    assert (np.isin(points, [0.0, 1.0]).all(axis=0)).sum() == 32


@pytest.mark.parametrize("option", [{"starts": 0}, {"starts": True}, {"time": "long"}, {"seed": -1}, {"steps": 3}])
def test_options_are_checked(run: Callable[..., Evidence], option: dict[str, Any]) -> None:
    """Options that there are not, or that cannot be, are errors."""
    with pytest.raises(Malformed):
        run("limit(x) = 1", {"x": "(0, 3]"}, LOGISTIC, **option)


def test_no_start_is_an_obstruction(run: Callable[..., Evidence]) -> None:
    """Hypotheses that no start satisfies support nothing."""
    assert isinstance(run("limit(x) = 1", {"x": "(0, 3]"}, LOGISTIC, given=("x > 4",)), Undecided)


def test_difference_of_two_integrations_bounds_the_error(run: Callable[..., Evidence]) -> None:
    """For the logistic equation the fine trajectory is within the reported difference of the exact solution."""
    from proofcheck.kernel.terms import ONE, mul, sub, var
    from proofcheck.methods.flow import trajectories

    x = var("_s1")
    (path,) = trajectories((mul(x, sub(ONE, x)),), {}, np.array([[0.01]]), 100.0)
    exact = 0.01 * np.exp(path.times) / (1 - 0.01 + 0.01 * np.exp(path.times))
    assert isinstance(path, Path)
    assert path.settled
    assert np.abs(path.fine[0] - exact).max() < max(1e-9, path.difference)
    assert abs(path.fine[0, -1] - 1) < path.slack + path.difference


def test_rate_of_decay() -> None:
    """What remains of exp(-2t) after the speed 2 exp(-2t) is told within a factor of two; without decay nothing is told."""
    times = np.linspace(0, 5, 101)
    assert math.exp(-10) <= remaining(times, 2 * np.exp(-2 * times)) <= 3 * math.exp(-10)
    assert remaining(times, np.ones(101)) == math.inf
    assert remaining(times[:1], np.zeros(1)) == 0


# relation, left, right, errors, within, what comes of it
COMPARED = [
    ("lt", 1.0, 2.0, 0.5, 0.0, HOLDS), ("lt", 1.0, 2.0, 1.5, 0.0, UNCLEAR), ("lt", 2.0, 1.0, 0.5, 0.0, VIOLATED), ("lt", 1.0, 1.0, 0.0, 0.1, VIOLATED),
    ("le", 1.0, 1.0, 0.0, 0.0, HOLDS), ("le", 1.0, 1.0, 1e-9, 1e-6, HOLDS), ("le", 1.0, 1.0, 1e-3, 1e-6, UNCLEAR), ("gt", 2.0, 1.0, 0.1, 0.0, HOLDS),
    ("le", 1.0000001, 1.0, 1e-9, 1e-6, VIOLATED), ("ge", 1.0, 2.0, 0.1, 0.0, VIOLATED), ("eq", 1.0, 1.0, 1e-9, 1e-6, HOLDS), ("eq", 1.0, 1.1, 1e-9, 1e-6, VIOLATED), ("eq", 1.0, 1.0, 1.0, 1e-6, UNCLEAR),
    ("ne", 1.0, 1.1, 1e-9, 1e-6, HOLDS), ("ne", 1.0, 1.0, 0.0, 1e-6, VIOLATED), ("eq", math.nan, 1.0, 0.0, 1e-6, UNCLEAR), ("lt", 1.0, 2.0, math.inf, 0.1, UNCLEAR),
]  # fmt: skip


@pytest.mark.parametrize("case", COMPARED)
def test_relations_with_errors(case: tuple[str, float, float, float, float, int]) -> None:
    """A relation is violated beyond the error only, and agreement counts to the stated distance only."""
    relation, left, right, error, within, sign = case
    assert int(compared(relation, (np.asarray(left), np.asarray(error)), exactly(right), within).sign) == sign


def test_a_statement_with_checks_is_measured_too(tmp_path: Any) -> None:
    """A check that is supported does not stand for a statement that is violated."""
    project = Project(tmp_path)
    check = '[[check]]\nshows = "limit(x) = 1"\nfor_all.x = "(0, 1]"\nby = "flow"\n'
    project.claim("bad", "limit(x) = 1", expect="supported", more=check + LOGISTIC)
    (claim,) = project.report()["claims"]
    assert [item["status"] for item in claim["obligations"]] == ["violated", "supported"]
    assert (claim["verdict"], claim["outcome"]) == ("inconclusive", "FAIL")


def test_verdicts(tmp_path: Any) -> None:
    """Support passes; a violated statement fails without being refuted; guards are told by trajectories; mixing methods is an error."""
    project = Project(tmp_path)
    guards = '[[sanity]]\nat = { x = "1/2" }\nshows = "limit(x) = 1"\n[[must_fail]]\ntext = "another limit"\nstatement = "limit(x) = 2"\n'
    project.claim("good", "limit(x) = 1", expect="supported", domains={"x": "(0, 1]"}, more=guards + LOGISTIC)
    project.claim("bad", "limit(x) = 1", expect="supported", more=LOGISTIC)
    project.claim("tame", "limit(x) = 1", expect="supported", domains={"x": "(0, 1]"}, more=guards.replace("= 2", "> 0") + LOGISTIC)
    project.claim("insane", "limit(x) = 1", expect="supported", domains={"x": "(0, 1]"}, more=guards.replace('"limit(x) = 1"', '"limit(x) = 0"') + LOGISTIC)
    project.claim("grid", "limit(x) = 1", expect="supported", by='"grid"', more=LOGISTIC)
    project.claim("hoped", "limit(x) = 1", expect="proved", domains={"x": "(0, 1]"}, more=LOGISTIC)
    claims = {claim["id"][2:]: claim for claim in project.report()["claims"]}
    assert {name: (claim["verdict"], claim["grade"], claim["outcome"]) for name, claim in claims.items()} == {
        "good": ("supported", "numerical", "PASS"),
        "bad": ("inconclusive", "", "FAIL"),
        "tame": ("error", "", "FAIL"),
        "insane": ("error", "", "FAIL"),
        "grid": ("error", "", "FAIL"),
        "hoped": ("supported", "numerical", "FAIL"),
    }
    assert "violated in numbers" in claims["bad"]["reason"]
    assert [item["status"] for item in claims["good"]["obligations"]] == ["supported", "supported", "violated"]
    assert claims["good"]["obligations"][0]["picture"].startswith("<svg")
    assert claims["good"]["certificate"] == ""
    assert project.run("replay", "p/good").code == 0
    assert "measured by `proofcheck verify` only" in project.run("show", "p/good").out
