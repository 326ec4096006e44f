"""Properties of terms: printing and reading are inverse, exact points lie in enclosures, two precisions overlap."""

from __future__ import annotations

from fractions import Fraction

from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.kernel.algebra import Ball, ball, evaluate, interval, precision
from proofcheck.kernel.rules.premises import scope_of
from proofcheck.kernel.terms import Domain, Obligation, Term, num, show, substitute, var

REAL = Domain(None, None, lower_closed=False, upper_closed=False)
RATIONALS = st.fractions(min_value=-4, max_value=4, max_denominator=16)
FUNCTIONS = st.sampled_from(["sin", "cos", "atan", "exp", "abs", "sqrt", "log", "acos", "tan", "gamma"])


def texts() -> st.SearchStrategy[str]:
    """Return formula texts in x and y."""
    leaves = st.one_of(st.sampled_from(["x", "y", "pi"]), st.integers(0, 9).map(str), st.sampled_from(["0.5", "1.25"]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
            inner.map(lambda part: f"-({part})"),
            st.tuples(inner, st.integers(-2, 3)).map(lambda parts: f"({parts[0]})^({parts[1]})"),
            st.tuples(FUNCTIONS, inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
            st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"),
        ),
        max_leaves=8,
    )


def meaning(text: str) -> Term:
    """Return the elaborated term."""
    return scope_of(Obligation("", (("x", REAL), ("y", REAL)), (), num(0))).scalar(text)


@given(texts())
def test_printed_term_reads_back(text: str) -> None:
    """Printing an elaborated term and reading the print gives the term."""
    term = meaning(text)
    assert meaning(show(term)) is term


@given(texts(), RATIONALS, RATIONALS, st.fractions(min_value=0, max_value=1, max_denominator=8))
def test_value_at_a_point_lies_in_the_enclosure_over_a_box(text: str, low: Fraction, high: Fraction, part: Fraction) -> None:
    """Where the enclosure over an interval is finite, the value at each of its points exists and overlaps it."""
    low, high = sorted((low, high))
    term, point = meaning(text), low + part * (high - low)
    (whole,) = evaluate((term,), Ball(), {"x": interval(low, high), "y": ball(Fraction(1, 3))})
    (there,) = evaluate((term,), Ball(), {"x": ball(point), "y": ball(Fraction(1, 3))})
    if whole.is_finite():
        assert there.is_finite()
        assert there.overlaps(whole)


@given(texts(), RATIONALS, RATIONALS)
def test_two_precisions_overlap(text: str, x: Fraction, y: Fraction) -> None:
    """Enclosures at 64 and at 192 bits contain a common number."""
    term = substitute(meaning(text), {"x": num(x), "y": num(y)})
    values: list[arb] = []
    for bits in (64, 192):
        with precision(bits):
            values += evaluate((term,), Ball(), {})
    if all(value.is_finite() for value in values):
        assert values[0].overlaps(values[1])


@given(texts(), RATIONALS)
def test_substitution_and_environment_agree(text: str, x: Fraction) -> None:
    """Replacing a variable by a number is evaluating there."""
    term = meaning(text)
    (direct,) = evaluate((term,), Ball(), {"x": ball(x), "y": ball(Fraction(2))})
    (replaced,) = evaluate((substitute(term, {"x": num(x), "y": num(2)}),), Ball(), {})
    assert not (direct.is_finite() and replaced.is_finite()) or direct.overlaps(replaced)
    assert var("x") not in (substitute(term, {"x": num(x)}),)
