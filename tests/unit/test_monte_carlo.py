"""Sampling: intervals that keep their level, exact probabilities, decisions that are honest about what was not seen."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from proofcheck import kernel
from proofcheck.evidence import Evidence, Support, Undecided, Violation
from proofcheck.kernel import Malformed
from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.terms import ONE, Term, add, div, mul, neg, sub, var
from proofcheck.methods import monte_carlo
from proofcheck.methods.monte_carlo import BLOCK, Moments, affine, clopper_pearson, drawn, planned, stages, stated

Files = Callable[..., bytes]
RANDOM = {"x": "normal(2)", "y": "normal", "z": "normal", "s": "sphere(3)", "u": "uniform(0, 1)", "b": "ball(3)", "c": "cube(2)"}
TRUE_MEANS = [
    "E(z^2) = 1",
    "E(abs(z)) = sqrt(2/pi)",
    "E(x) = [0, 0]",
    "E(exp(u)) = exp(1) - 1",
    "E(u^2) - E(u)^2 = 1/12",
    "E(z^2) - 3*E(c[1]^2) = 3/4",
    "E(z, z > 0) = 1/sqrt(2*pi)",
    "P(z > 1 or z < -1) <= 1/3",
    "P(not z > 0 and u < 1/2) = 1/4",
    "P(norm(b) < 1/2) = 1/8",
    "E(norm(b)) = 3/4",
    "E(s[1]^4) = 1/5",
    "E(dot(c, c)) = 1/6",
    "E(sin(u)) < 1/2 and 1 < 2",
    "E(u) >= 1/2",
    "E(u)/E(u^2) = 3/2",
    "1/4 < E(u)/2 + P(u < 1/2)/100 <= 0.2551",
]
FALSE_MEANS = [
    "E(z^2) = 1.01",
    "E(abs(z)) = 0.99*sqrt(2/pi)",
    "E(u) < 1/2 - 1/200",
    "E(u) >= 0.505",
    "P(norm(b) < 1/2) = 1.01/8",
    "P(z > 0) > 1/2 + 1/200",
    "E(x[1]*x[2]) = 0.01",
    "E(u^2) - E(u)^2 = 1/11",
    "E(u) = 1/2 and 2 < 1",
]


def sampled(claim_file: Files, statement: str, domains: Mapping[str, str] = {}, random: Mapping[str, str] = RANDOM, more: str = "", **options: Any) -> Evidence:
    """Return the evidence for the statement."""
    by = "{ " + ", ".join(["method = 'monte_carlo'", *(f"{key} = {value}" for key, value in options.items())]) + " }"
    claim = claim_file(statement, domains, by=by, more="\n".join(["[random]", *(f'{n} = "{text}"' for n, text in random.items()), more]))
    entry = kernel.read(claim).entries[0]
    return monte_carlo.attempt(entry.obligation, stated(claim, entry), lambda *_: None)


@pytest.mark.parametrize("statement", TRUE_MEANS)
def test_true_statements_are_supported(claim_file: Files, statement: str) -> None:
    """Every distribution, event, relation and form of goal: known means come out supported, at the statistical grade."""
    scale = '"1"' if "E(x) = [0, 0]" in statement else '"1/4"' if "E(u)^2 =" in statement else None
    found = sampled(claim_file, statement, samples=2**22, resolution='"0.02"', **({"scale": scale} if scale else {}))
    assert isinstance(found, Support), found
    assert found.grade == "statistical"
    assert "level 1e-10" in found.detail
    assert "seed 1" in found.detail


@pytest.mark.parametrize("statement", FALSE_MEANS)
def test_false_statements_are_contradicted(claim_file: Files, statement: str) -> None:
    """A constant that is wrong by 1 % is rejected, with its numbers; nothing is called refuted."""
    found = sampled(claim_file, statement, samples=2**24, resolution='"1e-12"')
    assert isinstance(found, Violation), found
    assert found.margin is not None
    assert (float(found.margin.value) < 0 or "2 < 1" in statement)


def test_parameters_are_taken_at_stated_and_random_points(claim_file: Files) -> None:
    """Sanity points come first, then random ones inside the domain and the hypotheses; a statement false at one of them falls."""
    sanity = '[[sanity]]\nshows = "t = 0"\nat = { t = "0" }'
    right = sampled(claim_file, "E((z + t)^2) = 1 + t^2", {"t": "[0, 1]"}, more=sanity, points=3, resolution='"0.03"')
    assert isinstance(right, Support)
    assert "4 points" in right.detail
    wrong = sampled(claim_file, "E((z + t)^2) = 1 + t", {"t": "[0, 1]"}, more=sanity, points=1)
    assert isinstance(wrong, Violation)
    assert wrong.margin is not None
    assert wrong.margin.at["t"] not in ("0", "1")
    only_there = sampled(claim_file, "E((z + t)^2) = 1 + t", {"t": "[0, 1]"}, more=sanity, points=0, resolution='"0.03"')
    assert isinstance(only_there, Support)
    named = sampled(claim_file, "E(z + t) = t", {"t": "[1, 2]"}, points=0, at='[{ t = "3/2" }]')
    assert isinstance(named, Support)
    assert named.margin is not None
    assert named.margin.at == {"t": "3/2"}


def test_no_point_no_support(claim_file: Files) -> None:
    """Where no point satisfies domain and hypotheses, nothing is supported."""
    found = sampled(claim_file, "E(z + t) = t", {"t": "[1, 2]"}, points=0)
    assert isinstance(found, Undecided)
    assert found.why == "obstruction"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("E(y/z) = E(y/z)", "obstruction"),
        ("E(1/z^2) = 5", "obstruction"),
        ("E(exp(z^2/4)) - E(exp(z^2/4)) = 0", "obstruction"),
        ("E(log(z)) = 0", "obstruction"),
        ("E(sqrt(z), z > -1) = 0", "obstruction"),
        ("P(log(z) < 0) = 0.1", "obstruction"),
        ("E(1, z > 8) = 0", "obstruction"),
        ("E(z, z > 8) = 0", "obstruction"),
        ("E(max(z - 8, 0)) = 0", "obstruction"),
        ("E(z) = 0", "budget"),
        ("E(u) < 1/2", "budget"),
        ("E(u) != 1/2", "fragment"),
        ("E(u) = 1/2 or E(u) = 1/3", "fragment"),
    ],
)
def test_what_stays_open(claim_file: Files, statement: str, why: str) -> None:
    """No mean, no variance, no value, nothing seen of an event, no scale, a strict relation at its edge: inconclusive, never support."""
    found = sampled(claim_file, statement, samples=2**18)
    if statement == "E(1, z > 8) = 0":  # a probability, so that the exact interval is there, and no scale to measure it by
        why = "budget"
    assert isinstance(found, Undecided), found
    assert found.why == why, found.detail


def test_a_mean_that_does_not_exist_is_not_saved_by_cancelling(claim_file: Files) -> None:
    """The difference of two equal Cauchy means is 0 in every sample; each has to be seen to exist by itself."""
    found = sampled(claim_file, "E(y/z) - E(y/z) <= 1", samples=2**18)
    assert isinstance(found, Undecided)
    assert "uneven" in found.detail


def test_existence_claims_are_not_sampled(claim_file: Files) -> None:
    """That some number has a stated mean is no matter for samples."""
    found = sampled(claim_file, "E(z + t) = 0", more='[exists]\nt = "[-1, 1]"')
    assert isinstance(found, Undecided)
    assert found.why == "fragment"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"seed": '"x"'}, "PC204"),
        ({"seed": -1}, "PC204"),
        ({"samples": 10}, "PC204"),
        ({"resolution": '"0"'}, "PC204"),
        ({"resolution": '"much"'}, "PC204"),
        ({"resolution": '"1/0"'}, "PC204"),
        ({"points": "true"}, "PC204"),
        ({"at": '"t = 1"'}, "PC204"),
        ({"at": '[{ q = "1" }]'}, "PC104"),
        ({"scale": '"q"'}, "PC104"),
        ({"variance": '["1", "2"]'}, "PC204"),
        ({"digits": 3}, "PC202"),
    ],
)
def test_hostile_options_are_refused(claim_file: Files, options: dict[str, Any], code: str) -> None:
    """Options that cannot be used are errors with their codes."""
    with pytest.raises(Malformed) as caught:
        sampled(claim_file, "E(z + t) = t", {"t": "[1, 2]"}, **options)
    assert caught.value.code.split()[0] == code


def test_a_stated_variance_is_used_and_checked(claim_file: Files) -> None:
    """The file's variance gives the standard error; one that the sample contradicts stops the check."""
    right = sampled(claim_file, "E((z + t)^2) = 1 + t^2 and E(z^2) - E(y^2) <= 1", {"t": "[1, 2]"}, variance='["2 + 4*t^2", "4"]', resolution='"0.02"')
    assert isinstance(right, Support)
    assert "stated variances" in right.detail
    wrong = sampled(claim_file, "E(2*z^2) = 2", variance='"2"')
    assert isinstance(wrong, Undecided)
    assert "variance" in wrong.detail


def test_samples_depend_on_meaning_and_seed_only(claim_file: Files) -> None:
    """The same meaning and seed give the same numbers, another seed others; blocks are independent of the order they are drawn in."""
    one, same, other = (sampled(claim_file, "E(z^2) = 1", resolution='"0.05"', seed=seed) for seed in (1, 1, 2))
    assert isinstance(one, Support)
    assert isinstance(same, Support)
    assert isinstance(other, Support)
    assert one.detail == same.detail
    assert one.detail != other.detail
    measures = (("b", "ball", 3), ("c", "cube", 2), ("s", "sphere", 1), ("u", "uniform", 0), ("z", "normal", 0))
    late, early = drawn(measures, 7, 5), drawn(measures, 7, 5)
    assert all((late[name] == early[name]).all() for name in late)
    assert not (late["~z"] == drawn(measures, 7, 6)["~z"]).any()
    assert not (late["~z"] == drawn(measures, 8, 5)["~z"]).any()
    assert set(late) == {"~b_1", "~b_2", "~b_3", "~c_1", "~c_2", "~s_1", "~u", "~z"}
    assert set(np.unique(late["~s_1"])) == {-1.0, 1.0}
    assert (np.abs(late["~c_1"]) <= 0.5).all()
    assert (late["~b_1"] ** 2 + late["~b_2"] ** 2 + late["~b_3"] ** 2 <= 1).all()


def test_stages_double() -> None:
    """Each stage continues where the one before ended, and doubles the number of samples."""
    found = list(stages(4))
    assert [part.stop * BLOCK for part in found] == [2**14, 2**15, 2**16, 2**17]
    assert all(before.stop == after.start for before, after in itertools.pairwise(found))


def test_the_levels_of_a_check_add_up(claim_file: Files) -> None:
    """Over all stages, points and intervals of a check the levels sum to LEVEL, and those of all checks of a run to 1e-6."""
    claim = claim_file("E(z + t) = t and E(z)*t + E(y) = 0", {"t": "[1, 2]"}, more='[random]\nz = "normal"\ny = "normal"')
    entry = kernel.read(claim).entries[0]
    plan = planned(entry.obligation, {**stated(claim, entry), "points": 4})
    assert not isinstance(plan, Undecided)
    assert plan.level * plan.stages * len(plan.points) * 4 == pytest.approx(monte_carlo.LEVEL)
    assert monte_carlo.LEVEL * monte_carlo.MAX_CHECKS <= 1e-6


def test_affine_terms() -> None:
    """What is affine in its unknowns is taken apart; products and functions of unknowns are not."""
    t, a, b = var("t"), var("#0"), var("#1")
    split = affine(sub(add(mul(t, a), div(neg(b), t)), t))
    assert split is not None
    constant, weights = split
    assert is_zero(add(constant, t))
    assert weights.keys() == {"#0", "#1"}
    assert is_zero(sub(weights["#0"], t))
    assert is_zero(add(weights["#1"], div(ONE, t)))
    assert affine(mul(a, b)) is None
    assert affine(div(t, a)) is None
    assert affine(Term("sin", (a,))) is None


# -- intervals ---------------------------------------------------------------------------------------------------------------------


def missed(values: Callable[[np.random.Generator], Any], mean: float, level: float, trials: int = 2000) -> tuple[int, int]:
    """Return how often the interval of a mean misses it, and how often there is an interval."""
    generator = np.random.Generator(np.random.Philox(11))
    misses = used = 0
    for _ in range(trials):
        moments = Moments()
        sample = values(generator)
        moments.take(sample, len(sample))
        found = moments.interval(level)
        used += found is not None
        misses += found is not None and not found[0] <= mean <= found[1]
    return misses, used


SAMPLES: list[tuple[str, Callable[[np.random.Generator], Any], float]] = [
    ("normal", lambda g: g.standard_normal(4000), 0.0),
    ("uniform", lambda g: g.random(4000), 0.5),
    ("square", lambda g: g.standard_normal(20_000) ** 2, 1.0),
    ("exponential", lambda g: g.exponential(size=20_000), 1.0),
    ("gated", lambda g: np.maximum(g.standard_normal(30_000), 0.0) ** 2, 0.5),
    ("rare", lambda g: (g.random(4000) < 0.05).astype(float), 0.05),
]


@pytest.mark.parametrize("level", [0.05, 0.01])
@pytest.mark.parametrize(("values", "mean"), [row[1:] for row in SAMPLES], ids=[row[0] for row in SAMPLES])
def test_intervals_keep_their_level(values: Callable[[np.random.Generator], Any], mean: float, level: float) -> None:
    """Of 2000 small experiments no more miss than the level allows, up to what chance does to 2000 experiments (1e-6)."""
    misses, used = missed(values, mean, level)
    assert used > 500
    assert clopper_pearson(misses, used, 2e-6)[0] <= level, (misses, used)


def test_intervals_are_not_wasteful() -> None:
    """Where skewness and tails are mild the interval is within a tenth of the normal one."""
    moments = Moments()
    moments.take(np.random.Generator(np.random.Philox(3)).standard_normal(40_000), 40_000)
    found = moments.interval(1e-10)
    assert found is not None
    assert 6.46 < (found[1] - found[0]) / 2 * math.sqrt(40_000) < 6.467 * 1.1


def test_uneven_samples_have_no_interval() -> None:
    """Cauchy and Pareto samples, a single outlier, no variation at all, and too few hits of an event give None."""
    generator = np.random.Generator(np.random.Philox(5))
    outlier = generator.standard_normal(10_000)
    outlier[17] = 1_000.0
    for values, seen in (
        (generator.standard_cauchy(100_000), 100_000),
        (generator.pareto(1.5, 100_000), 100_000),
        (outlier, 10_000),
        (np.ones(10_000), 10_000),
        (generator.standard_normal(10_000), 99),
    ):
        moments = Moments()
        moments.take(np.array(values), seen)
        assert moments.interval(1e-6) is None


def test_moments_do_not_depend_on_blocks() -> None:
    """Taken in one block or in ten, far from 0 as well, the central moments are those of numpy."""
    values = np.random.Generator(np.random.Philox(6)).exponential(size=20_000) + 1e4
    one, many = Moments(), Moments()
    one.take(values.copy(), 20_000)
    for part in np.split(values, 10):
        many.take(part.copy(), 2_000)
    centred = values - values.mean()
    for found in (one, many):
        assert found.count == found.seen == 20_000
        assert found.mean == pytest.approx(values.mean(), rel=1e-12)
        assert found.central() == pytest.approx([(centred**k).mean() for k in (2, 3, 4)], rel=1e-8)


def binomial(n: int, p: Fraction, most: int) -> Fraction:
    """Return the exact probability of at most ``most`` hits."""
    return sum((math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(most + 1)), Fraction(0))


@pytest.mark.parametrize(("hits", "count"), [(0, 20), (1, 20), (7, 20), (20, 20), (3, 60), (59, 60)])
@pytest.mark.parametrize("level", [0.1, 1e-4, 1e-12])
def test_clopper_pearson_against_exact_binomials(hits: int, count: int, level: float) -> None:
    """At its ends the tails of the binomial distribution are half the level; just inside and outside they lie on the right sides."""
    low, high = clopper_pearson(hits, count, level)
    assert low <= hits / count <= high
    half = Fraction(level) / 2
    for end, at_most in ((low, False), (high, True)):
        for shift in (-1, 1):
            gap = 1 - Fraction(end) if at_most else Fraction(end)
            p = Fraction(end) + shift * (gap / 10**6 + Fraction(at_most, 2**52))
            if 0 < p < 1:
                tail = binomial(count, p, hits) if at_most else 1 - binomial(count, p, hits - 1)
                assert (tail > half) == ((shift > 0) != at_most), (end, shift)
    assert (low == 0.0) == (hits == 0)
    assert (high == 1.0) == (hits == count)


@pytest.mark.parametrize("p", [0.0004, 0.03, 0.5])
def test_clopper_pearson_keeps_its_level(p: float) -> None:
    """By exact binomials: over all outcomes the interval misses the probability with at most the level."""
    n, level, chance = 60, 0.05, Fraction(p)
    intervals = [clopper_pearson(k, n, level) for k in range(n + 1)]
    outside = [k for k, (low, high) in enumerate(intervals) if not low <= p <= high]
    miss = sum((math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in outside), Fraction(0))
    assert miss <= level


def test_whole_checks_keep_their_level(monkeypatch: pytest.MonkeyPatch, claim_file: Files) -> None:
    """With the level at 5 % and small blocks, of 400 checks of a true statement (all stages) no more are contradicted than 5 % allow."""
    for name, value in (("LEVEL", 0.05), ("BLOCK", 512), ("FIRST", 512)):
        monkeypatch.setattr(monte_carlo, name, value)
    claim = claim_file("E(z^2) = 1 and P(z < t) = 1/2", {"t": "[0, 1]"}, more='[random]\nz = "normal"')
    entry = kernel.read(claim).entries[0]
    options = {**stated(claim, entry), "samples": 2**14, "resolution": Fraction(1, 10**6), "points": 0}
    at = [{"t": kernel.read(claim_file("0 = 0")).entries[0].obligation.goal.args[0]}]
    found = [monte_carlo.attempt(entry.obligation, {**options, "at": at, "seed": seed}, lambda *_: None) for seed in range(400)]
    wrong = sum(isinstance(item, Violation) for item in found)
    assert clopper_pearson(wrong, len(found), 2e-6)[0] <= 0.05
    assert not any(isinstance(item, Support) for item in found)


def test_json_of_details_is_plain(claim_file: Files) -> None:
    """What goes into the report is text and finite numbers."""
    found = sampled(claim_file, "E(x) = [0, 0]", scale='"1"', resolution='"0.05"')
    assert isinstance(found, Support)
    (plot,) = found.plots
    assert json.dumps([curve.y for curve in plot.curves], allow_nan=False)
    assert all(abs(y) + e <= 2 for y, e in zip(plot.curves[0].y, plot.curves[0].error, strict=True))
