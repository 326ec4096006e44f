"""Registered experiments and the method that asserts on them: parameters, sizes, errors of measurements, plots."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

from proofcheck import experiments, kernel
from proofcheck.evidence import Evidence, Support, Undecided, Violation
from proofcheck.experiments import REGISTERED, Measured, Outcome, experiment, find, tian2017
from proofcheck.kernel import Malformed
from proofcheck.methods.experiment import attempt
from proofcheck.plot import Axis, Curve, Plot
from tests.project import Project

PLOT = Plot("a line", Axis("x"), Axis("y"), (Curve((0.0, 1.0), (0.0, 1.0), "line"),))


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register an experiment that returns what it was given, for the time of a test."""

    def echo(seed: int, n: int, x: float = 0.5, many: tuple[int, ...] = (1, 2), reals: tuple[float, ...] = ()) -> Outcome:
        measures = {"seed_": float(seed), "n_": float(n), "x_": Measured(x, 0.01), "sum_": float(sum(many)) + sum(reals), "bad": math.nan}
        return Outcome(measures, (PLOT,), "a note")

    echo.__module__ = "proofcheck.experiments.tian2017"
    echo.__annotations__ = get_type_hints(echo, localns={"Outcome": Outcome})
    experiment(random=False)(echo)
    yield
    del REGISTERED["tian2017.echo"]


def _claim(statement: str, parameters: str = "n = 3", more: str = "", *, name: str = "tian2017.echo") -> str:
    names = ", ".join(f'"{measure}"' for measure in ("seed_", "n_", "x_", "sum_", "bad", "other"))
    return f'[experiment]\nname = "{name}"\nseed = 7\nmeasures = [{names}]\n[experiment.parameters]\n{parameters}\n{more}'


@pytest.fixture
def run(claim_file: Callable[..., bytes]) -> Callable[..., Evidence]:
    """Return a function that runs the method on a statement."""

    def attempted(statement: str, parameters: str = "n = 3", more: str = "", *, name: str = "tian2017.echo", **options: Any) -> Evidence:
        entry = kernel.read(claim_file(statement, more=_claim(statement, parameters, more, name=name))).entries[0]
        return attempt(entry.obligation, options, lambda *_: None)

    return attempted


def test_parameters_arrive(run: Callable[..., Evidence]) -> None:
    """The seed, whole numbers, numbers, lists and defaults arrive as the experiment annotates them."""
    assert isinstance(run("seed_ = 7 and n_ = 3 and sum_ = 3 and abs(x_ - 1/2) < 1/10"), Support)
    found = run("n_ = 4 and sum_ = 12 + pi and x_ > 3", 'n = "2 + 2"\nx = "pi"\nmany = [5, "7"]\nreals = ["pi"]')
    assert isinstance(found, Support)
    assert found.plots == (PLOT,)
    assert "x_ = 3.1415927 ± 0.01" in found.detail
    assert "a note" in found.detail
    assert "many = [5, 7]" in found.detail


def test_full_size_replaces_parameters(run: Callable[..., Evidence]) -> None:
    """The full size has the file's parameters but for those that it states itself."""
    sizes = ("n_ = 3 and sum_ = 9", "n = 3\nmany = [9]", "[experiment.full]\nn = 50")
    assert isinstance(run(*sizes), Support)
    assert isinstance(run(*sizes, full=True), Violation)
    assert isinstance(run("n_ = 50 and sum_ = 9", *sizes[1:], full=True), Support)


# statement, kind of evidence
JUDGED = [
    ("x_ < 6/10", Support), ("x_ > 6/10", Violation), ("x_ > 1/2", Undecided), ("x_ = 1/2", Undecided), ("x_ > 0.495", Undecided), ("n_ > 3", Violation),
    ("n_ >= 3", Support), ("not n_ < 3", Support), ("n_ = 4 or sum_ < 4", Support), ("bad > 0", Undecided), ("bad > 0 or n_ = 3", Support),
]  # fmt: skip


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case[0])
def test_assertions(run: Callable[..., Evidence], case: tuple[str, type]) -> None:
    """What the error of a measurement does not tell is undecided, in both directions."""
    assert isinstance(run(case[0]), case[1])


# code, statement, parameters, more
REFUSED = [
    ("PC104", "other = 1", "n = 3", ""), ("PC104", "n_ = 1", "n = 3\nm = 4", ""), ("PC203", "n_ = 1", "x = 1", ""), ("PC204", "n_ = 1", 'n = "1/2"', ""),
    ("PC204", "n_ = 1", "n = [1]", ""), ("PC204", "n_ = 1", "n = 1\nmany = 2", ""), ("PC204", "n_ = 1", 'n = 1\nx = "1/0"', ""),
    ("PC204", "n_ = 1", 'n = "pi"', ""), ("PC104", "n_ = 1", "n = 3", "[experiment.full]\nm = 4"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]} {case[2]!r}")
def test_parameters_are_checked(run: Callable[..., Evidence], case: tuple[str, str, str, str]) -> None:
    """Parameters and measurements that there are not, or of the wrong kind, are errors of the file."""
    with pytest.raises(Malformed) as caught:
        run(*case[1:])
    assert caught.value.code.startswith(case[0])


def test_unknown_experiments_and_options(run: Callable[..., Evidence]) -> None:
    """An unknown name is an error with the nearest known one; papers that there are not are not imported."""
    with pytest.raises(Malformed) as caught:
        find("tian2017.trainin")
    assert "tian2017.training" in str(caught.value)
    with pytest.raises(Malformed):
        find("os.system")
    with pytest.raises(Malformed):
        run("n_ = 3", samples=3)


def test_every_registered_experiment_is_documented_and_typed() -> None:
    """Every experiment says what it measures, takes a seed first, and has parameters of the known kinds with defaults."""
    find("tian2017.training")
    for name, found in REGISTERED.items():
        if name != "tian2017.echo":
            assert "Measures" in (found.function.__doc__ or ""), name
            assert next(iter(inspect.signature(found.function).parameters)) == "seed"
            assert set(found.parameters.values()) <= {int, float, tuple[int, ...], tuple[float, ...], Outcome}, name
    assert set(experiments.PAPERS) == {"tian2017"}


@pytest.mark.parametrize("name", ["angle", "uniform", "noise", "topweights", "basin", "convergence", "multilayer", "ball", "samples"])
def test_seeds_decide(name: str) -> None:
    """The same seed gives the same measurements, another seed others."""
    small = {"angle": {"draws": 5, "samples": 20}, "uniform": {"samples": 100, "draws": 2, "dimension": 5}, "noise": {"nodes": 3, "runs": 2, "steps": 30},
             "topweights": {"runs": 2, "steps": 30, "early": 10}, "basin": {"runs": 2, "steps": 20}, "convergence": {"dimension": 5, "nodes": 3, "steps": 5},
             "multilayer": {"nets": 2}, "ball": {"starts": 20, "time": 1.0}, "samples": {"draws": 5, "sizes": (20, 40)}}[name]  # fmt: skip
    function = getattr(tian2017, name)
    first, again, other = (_bare(function(seed, **small)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def _bare(outcome: Outcome) -> str:
    return repr((outcome.measures, outcome.plots))


def test_sampled_error_has_its_exact_mean() -> None:
    """The mean of sampled squares agrees with the exact value within six standard errors, at three angles."""
    generator = np.random.default_rng(3)
    for theta in (0.0, 1.0, 2.5):
        squares = tian2017.sampled_errors(generator, theta, 4, 50, 2000)
        error = squares.std(ddof=1) / math.sqrt(len(squares))
        assert abs(squares.mean() - tian2017.relative_square(theta, 4, 50)) < 6 * error


def test_l12_has_the_values_of_the_catalogue() -> None:
    """Regression values of conj1.grid, to 1e-14; for small θ no sign is lost to rounding."""
    wanted = {0.5: (0.0312674756278127, -0.0301820709008545, -0.0780366790339952), 3.0: (0.230082005316983, -0.211949594042346, -0.231701337973272)}
    for theta, values in wanted.items():
        found = tian2017.l12(np.array([theta / 2, theta / 2 + np.pi, 2 * np.pi - theta / 2]), np.asarray(theta))
        assert np.abs(found - values).max() < 1e-14
    theta = np.pi / 9999
    phi = np.linspace(0, 2 * np.pi, 20002)[1:-1]
    assert ((tian2017.l12(phi, np.asarray(theta)) > 0) == (phi < theta)).mean() > 0.9998


def test_polygon_moments_are_integrals() -> None:
    """The moments of a quarter and of a half of the square are 1/48 and 1/24; a cut by a slanted line agrees with sampling."""
    assert np.allclose(tian2017.square_moments(np.array([[1.0, 0], [0, 1]])), [[1 / 48, 1 / 64], [1 / 64, 1 / 48]])
    assert np.allclose(tian2017.square_moments(np.array([[1.0, 0]])), np.eye(2) / 24)
    normals = np.array([[1.0, 0.3], [-0.2, 1.0]])
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (400_000, 2))
    inside = (x @ normals.T > 0).all(axis=1)
    assert np.allclose(tian2017.square_moments(normals), (x * inside[:, None]).T @ x / len(x), atol=3e-4)


def test_layers_in_fractions() -> None:
    """In fractions the formula is the slope of every weight exactly, and misreadings are not; a weight on a kink is left out."""
    measures = tian2017.multilayer(5, nets=3, deepest=3, widest=3, samples=4).measures
    assert measures["unequal"] == 0 < float(measures["wrong"]) < float(measures["exact"])  # type: ignore[arg-type]  # floats here
    x, w = np.array([[1.0]]), [np.array([[0.0]]), np.array([[2.0]])]
    (_, low), (slope, high) = tian2017.differences(x, w, [np.array([[1.0]]), np.array([[1.0]])], 1e-6)
    assert not low.any()
    assert high.all()
    assert slope == 0


def test_ball_runs_to_the_teacher() -> None:
    """In the plane the region of Theorem 5 is hit in proportion to its area, 1/9 of a ball of radius 3."""
    measures = tian2017.ball(1, dimension=2, starts=4000, time=0.02).measures
    assert abs(float(measures["hit"]) - 1 / 9) < 6 * math.sqrt(8 / 81 / 4000)  # type: ignore[arg-type]  # a float here


def test_verdicts_and_report(tmp_path: Path) -> None:
    """A claim is supported with its plot in the report and numbers in its detail; a wrong assertion fails; neighbours change parameters."""
    project = Project(tmp_path)
    table = '[experiment]\nname = "tian2017.training"\nmeasures = ["peak_1"]\n[experiment.parameters]\nnodes = [2]\nsteps = "n"\n[define]\nn = "300"\n'
    fails = '[[must_fail]]\ntext = "too short"\ndefine = { n = "100" }\n'
    project.claim("good", "abs(peak_1 - 0.36116332) < 1e-8", expect="supported", domains={}, more=table + fails)
    project.claim("bad", "peak_1 > 1/2", expect="supported", domains={}, more=table)
    project.claim("weak", "abs(peak_1 - 0.36116332) < 1", expect="supported", domains={}, more=table + fails)
    report = project.report()
    claims = {claim["id"][2:]: claim for claim in report["claims"]}
    assert {name: (claim["verdict"], claim["grade"], claim["outcome"]) for name, claim in claims.items()} == {
        "good": ("supported", "numerical", "PASS"),
        "bad": ("inconclusive", "", "FAIL"),
        "weak": ("error", "", "FAIL"),
    }
    statement = claims["good"]["obligations"][0]
    assert statement["picture"].count("<svg") == 2
    assert "peak_1 = 0.36116332" in statement["detail"]
    assert "seed 1, nodes = [2], steps = 300" in statement["detail"]
    assert "nothing measured violates it" in claims["weak"]["reason"]
    assert "scipy" in report["environment"]
    project.run("verify", "--jobs", "1")
    html = (tmp_path / "reports" / "report.html").read_text("utf-8")
    assert "Training error" in html


def test_full_is_an_option_of_verify(tmp_path: Path) -> None:
    """Under --full the parameters of the full size count."""
    project = Project(tmp_path)
    table = '[experiment]\nname = "tian2017.training"\nmeasures = ["peak_step_1"]\n[experiment.parameters]\nnodes = [2]\nsteps = 100\n[experiment.full]\nsteps = 300\n'
    table += '[[must_fail]]\ntext = "the quick size has its peak at the end"\nstatement = "peak_step_1 = 221"\n'
    project.claim("sized", "peak_step_1 >= 100", expect="supported", domains={}, more=table)
    assert project.verify("--full").code == 0
    project.claim("sized", "peak_step_1 = 100", expect="supported", domains={}, more=table)
    assert project.verify().code == 0
    assert project.verify("--full").code == 1
