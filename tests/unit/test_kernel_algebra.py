"""The number systems: what is undefined is NaN and decides nothing; what is enclosed contains the value."""


from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import arb, arb_series, ctx

from proofcheck.kernel.algebra import Ball, Gradient, Series, arccos, ball, ball_sign, compare, decide, evaluate, has_value, hull, interval, precision, square
from proofcheck.kernel.rules.premises import scope_of
from proofcheck.kernel.terms import Domain, Obligation, Term, num, var

REAL = Domain(None, None, lower_closed=False, upper_closed=False)


def term(text: str) -> Term:
    """Return the term of a text in the variables x and y."""
    return scope_of(Obligation("", (("x", REAL), ("y", REAL)), (), num(0))).scalar(text)


def formula(text: str) -> Term:
    """Return the formula of a text in the variables x and y."""
    return scope_of(Obligation("", (("x", REAL), ("y", REAL)), (), num(0))).formula(text, "")


def over(text: str, low: str, high: str, *, clip: bool = False) -> arb:
    """Return the enclosure of a term in x over an interval."""
    (value,) = evaluate((term(text),), Ball(clip=clip), {"x": interval(Fraction(low), Fraction(high))})
    found: arb = value
    return found


UNDEFINED = [
    ("0*(1/x)", "-1", "1"), ("(1/x)^0", "0", "0"), ("x/x", "0", "0"), ("sqrt(x)", "-1", "1"), ("log(x)", "0", "1"), ("acos(x)", "0", "2"), ("asin(x)", "-2", "0"), ("tan(x)", "1", "2"),
    ("gamma(x)", "-1", "1"), ("x^(-1)", "-1", "1"), ("0*sqrt(x)", "-2", "-1"), ("min(0, log(x))", "-2", "-1"), ("max(2, acos(x))", "2", "3"), ("abs(log(x))", "-1", "0"), ("sin(1/x)", "-1", "1"),
    ("atan(tan(x))", "1", "2"), ("exp(log(x))", "-1", "1"), ("angle([x, 0], [1, 0])", "-1", "1"), ("log(x)^2", "0", "1"), ("integral(p, p, 0, x)", "0", "1"), ("integral(p, p, 0, inf)", "0", "1"),
    ("max(0, 1/x)^0", "-1", "1"), ("x - log(0)", "0", "1"), ("sqrt(x)^2", "-1", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high"), UNDEFINED)
def test_what_may_be_undefined_is_not_finite_in_any_algebra(text: str, low: str, high: str) -> None:
    """A term that has no value somewhere on the box has no finite enclosure there, and no comparison with it holds."""
    value = over(text, low, high)
    assert not value.is_finite()
    assert [compare(op, value, arb(0)) for op in ("lt", "le", "eq", "ne", "gt", "ge")] == [None] * 6
    gradient = Gradient(1)
    ((found, parts),) = evaluate((term(text),), gradient, {"x": gradient.variable(interval(Fraction(low), Fraction(high)), 0)})
    assert not found.is_finite()
    assert len(parts) == 1


ENCLOSED = [
    ("x^2", "-1", "2", "0", "4"), ("x*x", "-1", "2", "0", "4"), ("x^3", "-1", "2", "-1", "8"), ("x^4", "-1", "1", "0", "1"), ("abs(x)", "-1", "2", "0", "2"), ("abs(x)", "-2", "-1", "1", "2"),
    ("min(x, 0)", "-1", "1", "-1", "0"), ("max(x, 0)", "-1", "1", "0", "1"), ("x^(-2)", "1", "2", "1/4", "1"), ("x^0", "-1", "1", "1", "1"), ("1/x", "1", "2", "1/2", "1"), ("log(x)", "1", "1", "0", "0"),
    ("gamma(x)", "2", "3", "1", "2"), ("sqrt(x)", "1", "4", "1", "2"), ("tan(x)", "0", "0", "0", "0"), ("x^1", "1", "2", "1", "2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high", "least", "greatest"), ENCLOSED)
def test_enclosure_contains_the_range_and_not_much_more(text: str, low: str, high: str, least: str, greatest: str) -> None:
    """The ball contains both extreme values, and is at most ten times as wide."""
    value = over(text, low, high)
    a, b = Fraction(least), Fraction(greatest)
    assert not value < ball(a)
    assert not value > ball(b)
    assert value.contains(ball((a + b) / 2))
    assert value.rad() < 10 * (ball(b - a) + arb("1e-6"))


def test_clip_cuts_arguments_to_where_functions_are_defined() -> None:
    """With clip a ball that sticks out is cut; one that lies outside is still NaN."""
    for text, low, high, inside in (("sqrt(x)", "-1", "4", "1"), ("acos(x)", "0", "2", "1/2"), ("asin(x)", "-2", "0", "-1/2"), ("acos(x)", "-2", "2", "0"), ("sqrt(x)", "-1/10", "0", "0")):
        value = over(text, low, high, clip=True)
        assert value.is_finite()
        assert value.overlaps(over(text, inside, inside))
    assert not over("sqrt(x)", "-2", "-1", clip=True).is_finite()
    assert not over("acos(x)", "2", "3", clip=True).is_finite()
    assert not over("sqrt(log(x))", "-1", "1", clip=True).is_finite()


def test_arccos_reaches_its_ends() -> None:
    """Next to 1 and -1, and beyond them, the enclosure of acos is finite and right."""
    with precision(128):
        assert arccos(arb(1)).contains(0)
        assert arccos(arb(-1)).overlaps(arb.pi())
        near = arccos(arb(1) - arb(2) ** -100)
        assert near > 0
        assert near < arb(2) ** -49
        assert arccos(hull(arb(-3), arb(3))).contains(arb(1))
        assert not arccos(arb(2)).is_finite()
        assert not arccos(arb.nan()).is_finite()


def test_square_of_a_ball_around_zero() -> None:
    """The square is at or near the nonnegative side; of an infinite ball it is unknown."""
    assert square(arb(0, 1)).contains(0)
    assert not square(arb.nan()).is_finite()
    assert not square(arb(0, "inf")).is_finite()


def test_precision_is_put_back() -> None:
    """The precision of the process is the old one afterwards, also after an error."""
    old = ctx.prec, ctx.cap
    with pytest.raises(ValueError, match="stop"), precision(333, 7):  # noqa: PT012 - the precision inside matters
        assert (ctx.prec, ctx.cap) == (333, 7)
        raise ValueError("stop")
    assert (ctx.prec, ctx.cap) == old


SLOPES = [
    ("x^3", "1", "3"), ("1/x", "2", "-1/4"), ("x/(1 + x)", "1", "1/4"), ("3/x + 0*2", "1", "-3"), ("sin(x)", "0", "1"), ("cos(x)", "0", "0"), ("tan(x)", "0", "1"), ("atan(x)", "1", "1/2"), ("exp(x)", "0", "1"),
    ("log(x)", "2", "1/2"), ("sqrt(x)", "4", "1/4"), ("asin(x)", "0", "1"), ("acos(x)", "0", "-1"), ("abs(x)", "-2", "-1"), ("abs(x)", "2", "1"), ("min(x, 3)", "2", "1"), ("min(x, 3)", "4", "0"),
    ("max(x, 3)", "2", "0"), ("max(x, 3)", "4", "1"), ("x*x", "3", "6"), ("x^0", "3", "0"), ("2*x - x", "1", "1"), ("1 - x", "1", "-1"), ("x + 1", "1", "1"), ("-x", "1", "-1"), ("x*(2 + x)", "1", "4"),
    ("2*x + x*2", "0", "4"), ("angle([x, 1], [0, 1])", "0", "0"), ("pi", "0", "0"), ("(1 + x)/(1 + 1)", "1", "1/2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "slope"), SLOPES)
def test_gradient_contains_the_derivative(text: str, point: str, slope: str) -> None:
    """The enclosure of the partial at a point contains the derivative, and is narrow where the term is smooth."""
    gradient = Gradient(1)
    ((_, (part,)),) = evaluate((term(text),), gradient, {"x": gradient.variable(ball(Fraction(point)), 0)})
    found = arb(0) if part is None else part
    assert found.overlaps(ball(Fraction(slope))) or (text.startswith("angle") and not found.is_finite())


def test_gradient_of_a_kink_contains_every_slope() -> None:
    """Where |x| or a maximum may bend, every generalised derivative is enclosed; at an unbounded slope none is."""
    gradient = Gradient(1)
    env = {"x": gradient.variable(arb(0, 1), 0)}
    values = evaluate(tuple(map(term, ("abs(x)", "max(x, 0)", "min(-x, x)", "max(0, 2*x)", "max(1 - 1, 0*2)"))), gradient, env)
    kinks = [parts[0] for _, parts in values]
    assert all(part.contains(slope) for part, slopes in zip(kinks[:4], ([-1, 0, 1], [0, 1], [-1, 1], [0, 2]), strict=True) for slope in slopes)
    clipped = Gradient(1, clip=True)
    for text in ("sqrt(x)", "acos(2*x)"):
        ((value, (part,)),) = evaluate((term(text),), clipped, {"x": clipped.variable(arb(0, 1), 0)})
        assert value.is_finite()
        assert not part.is_finite()


SERIES = [
    ("x^2 - 3*x + 2", "1", ["0", "-1", "1"]), ("x^3/x", "1", ["1", "2", "1"]), ("x^(-1)", "1", ["1", "-1", "1"]), ("sin(x) + cos(x) - 1", "0", ["0", "1", "-1/2"]), ("tan(x)", "0", ["0", "1", "0"]),
    ("exp(-x)", "0", ["1", "-1", "1/2"]), ("log(x)", "1", ["0", "1", "-1/2"]), ("sqrt(x)", "1", ["1", "1/2", "-1/8"]), ("atan(x) + asin(x) + acos(x) - pi/2", "0", ["0", "1", "0"]), ("abs(x)", "-1", ["1", "-1", "0"]),
    ("abs(x)", "1", ["1", "1", "0"]), ("min(x, 2)", "1", ["1", "1", "0"]), ("min(x, 2)", "3", ["2", "0", "0"]), ("max(x, 2)", "3", ["3", "1", "0"]), ("max(x, 2)", "1", ["2", "0", "0"]), ("x^0", "2", ["1", "0", "0"]),
    ("gamma(x)/gamma(x)", "1", ["1", "0", "0"]), ("x^1", "2", ["2", "1", "0"]), ("angle([x, 1], [0, 1])*0 + 1", "1", ["1", "0", "0"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "wanted"), SERIES)
def test_series_contains_the_taylor_coefficients(text: str, point: str, wanted: list[str]) -> None:
    """The coefficients at a point are enclosed."""
    with precision(64, 5):
        series = Series(3)
        (value,) = evaluate((term(text),), series, {"x": series.variable(ball(Fraction(point)))})
        assert all(found.overlaps(ball(Fraction(want))) for found, want in zip(series.coefficients(value), wanted, strict=True))


@pytest.mark.parametrize("text", ["sqrt(x)", "log(x)", "1/x", "abs(x)", "min(x, 0)", "max(0, x)", "acos(1 + x)", "asin(x - 1)", "gamma(x)", "integral(p, p, 0, x)", "integral(p, p, 0, inf)", "(1/x)^0", "x^(-2)"])
def test_series_at_a_singular_point_is_unknown(text: str) -> None:
    """A branch point, kink or pole at 0 gives no finite coefficient."""
    with precision(64, 5):
        series = Series(3)
        (value,) = evaluate((term(text),), series, {"x": series.variable(arb(0))})
        assert not all(found.is_finite() for found in series.coefficients(value))


def test_series_that_is_too_short_is_unknown() -> None:
    """Coefficients beyond the length of a series are unknown, not 0."""
    assert not any(found.is_finite() for found in Series(5).coefficients(arb_series([1, 2], prec=2)))


KLEENE = [
    ("x > 0 and y > 0", None), ("x > 2 and y > 0", False), ("y > 0 and x > 2", False), ("x < 2 or y > 0", True), ("y > 0 or x > 2", None), ("not x > 2", True), ("not y > 0", None), ("x < 2 and x > -2", True),
    ("x = x", None), ("1 = 1", True), ("1 = 2", False), ("1 != 1", False), ("1 != 2", True), ("x != 3", True), ("x >= 2", False), ("x <= -2", False), ("x < -1", None), ("x > 2 or x < -2", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), KLEENE)
def test_formula_is_decided_by_the_logic_of_three_values(text: str, wanted: bool | None) -> None:
    """Over x in [-1, 1], and y without a value, a formula is decided only where every value leaves no choice."""
    values: dict[str, Any] = {"x": arb(0, 1), "y": arb.nan()}
    atoms = _atoms(formula(text))
    sides = {atom: tuple(evaluate(atom.args, Ball(), values)) for atom in atoms}
    assert decide(formula(text), sides) is wanted


def _atoms(root: Term) -> list[Term]:
    return [root] if root.op not in ("and", "or", "not") else [atom for arg in root.args for atom in _atoms(arg)]


def test_signs_and_values_of_constants() -> None:
    """A constant has a certain sign, or none is claimed; one without a value has none."""
    assert [ball_sign(term(text)) for text in ("pi - 3", "3 - pi", "sqrt(2)^2 - 2", "log(-1)")] == [1, -1, None, None]
    assert [has_value(term(text)) for text in ("pi", "0*log(-1)")] == [True, False]
    assert evaluate((var("x"),), Ball(), {"x": arb(2)}) == [arb(2)]
