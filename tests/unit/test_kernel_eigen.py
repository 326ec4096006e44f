"""Eigenvalues: enclosures, derivatives of whole terms by many variables, and what the reader accepts."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import pytest
from flint import arb

from proofcheck.kernel import Malformed, Receipt, Rejected
from proofcheck.kernel.algebra import Ball, Gradient, Series, ball, evaluate, interval, precision
from proofcheck.kernel.calculus import derivative
from proofcheck.kernel.eigen import approximate, eigenvalue
from proofcheck.kernel.parse import parse
from proofcheck.kernel.rules.points import settled
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.signs import ANY, Signs
from proofcheck.kernel.terms import REALS, Term, num, show

LEAF, POINT = {"rule": "bisection", "prec": 64, "tree": "N"}, {"rule": "point"}


def term(text: str, *names: str, **define: Any) -> Term:
    """Return the term of a text with real variables."""
    scope = Scope(define, {}, "[define]")
    scope.domains(dict.fromkeys(names, "real"), "[for_all]")
    value = scope.read(text, "key")
    assert isinstance(value, Term)
    return value


def triangle(n: int, random: Random) -> list[Fraction]:
    """Return the lower triangle of a random symmetric matrix with whole numbers, many of them equal."""
    return [Fraction(random.randint(-3, 3)) for _ in range(n * (n + 1) // 2)]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_every_eigenvalue_is_enclosed(n: int) -> None:
    """The k-th smallest eigenvalue to 40 digits, computed elsewhere, lies in a narrow ball: also multiple and zero ones."""
    random = Random(n)
    for entries in (triangle(n, random), [Fraction(0)] * (n * (n + 1) // 2), [Fraction(1)] * (n * (n + 1) // 2), triangle(n, random)):
        with mpmath.workdps(40):
            rows = [[mpmath.mpf(int(entries[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)])) for j in range(n)] for i in range(n)]
            known = sorted(mpmath.eigsy(mpmath.matrix(rows), eigvals_only=True))
        with precision(128):
            for k in range(1, n + 1):
                found = eigenvalue(k, [ball(entry) for entry in entries])
                gap = abs(found - arb(mpmath.nstr(known[k - 1], 35)))
                assert not gap > 1e-30 + float(found.rad())
                assert found.rad() < 1e-11


def test_every_matrix_of_balls_is_enclosed() -> None:
    """The eigenvalues of every matrix in a matrix of balls lie in the enclosures."""
    random = Random(7)
    with precision(64):
        for _ in range(50):
            middle = [Fraction(random.randint(-99, 99), 10) for _ in range(6)]
            radius = Fraction(random.randint(0, 30), 10)
            wide = [interval(entry - radius, entry + radius) for entry in middle]
            inner = [ball(entry + radius * random.randint(-100, 100) / 100) for entry in middle]
            for k in (1, 2, 3):
                assert eigenvalue(k, wide).contains(eigenvalue(k, inner).mid())


def test_what_cannot_be_enclosed_is_nan() -> None:
    """An infinite or undefined entry gives NaN."""
    for bad in (arb("nan"), arb("inf"), arb("1 +/- inf")):
        assert not eigenvalue(1, [arb(1), bad, arb(1)]).is_finite()
    assert not eigenvalue(1, [arb(1), arb(2), arb("nan")]).is_finite()


def test_bad_eigenvectors_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever vectors are tried, the enclosure contains the eigenvalue or is NaN."""
    entries = [arb(2), arb(1), arb(2)]  # eigenvalues 1 and 3
    for vectors, finite in (([[1.0, 0.0], [0.0, 1.0]], True), ([[1.0, 1.0], [1.0, 1.0]], False), ([[0.0, 0.0], [0.0, 0.0]], False),
                            ([[0.8, 0.1], [-0.2, 0.9]], True), ([[float("nan"), 0.0], [0.0, 1.0]], False)):  # fmt: skip
        monkeypatch.setattr("proofcheck.kernel.eigen.approximate", lambda _, vectors=vectors: vectors)
        found = eigenvalue(1, entries), eigenvalue(2, entries)
        assert [x.is_finite() for x in found] == [finite, finite]
        if finite:
            assert found[0].contains(arb(1))
            assert found[1].contains(arb(3))


def test_rotations_end_without_convergence() -> None:
    """Numbers that are none end the rotations too."""
    nan = float("nan")
    assert approximate([[1.0, nan], [nan, 1.0]]) == [[1.0, 0.0], [0.0, 1.0]]
    assert approximate([[1.0, float("inf")], [float("inf"), 1.0]]) is not None


def test_slopes_of_eigenvalues_enclose() -> None:
    """The mean value form with an eigenvalue contains its values, also where two eigenvalues meet."""
    root = term("eigenvalue(1, [[x, y], [y, -x]])", "x", "y")
    algebra = Gradient(3)
    with precision(64):
        box = {name: algebra.variable(interval(Fraction(-1), Fraction(1)), i) for i, name in enumerate(("x", "y"))}
        ((value, parts),) = evaluate((root,), algebra, box)
        assert parts[2] is None
        for slope in (0.6, -0.6, 0.8, -0.8):  # the derivatives of -sqrt(x^2 + y^2) at (±0.6, ±0.8)
            assert parts[0].contains(arb(slope))
            assert parts[1].contains(arb(slope))
        assert value.contains(arb(-1))


def test_other_kernel_algebras_refuse_eigenvalues() -> None:
    """No power series, no normal form, no sign: what is not known is not claimed."""
    root = term("eigenvalue(1, [[x, 0], [0, 1]])", "x")
    assert not Series(3).coefficients(evaluate((root,), Series(3), {"x": Series(3).variable(arb(2))})[0])[0].is_finite()
    assert Signs({"x": REALS}).sign(root) == ANY
    with pytest.raises(Malformed, match="eigenvalue"):
        derivative(root, "x")
    assert settled(Term("eq", (term("eigenvalue(1, [[2, 1], [1, 2]])"), num(1)))) is None


ACCEPTED = [
    ("eigenvalue(1, [[2, 1], [1, 2]]) > 1 - 10^-12", {}, POINT),
    ("eigenvalue(1, [[2, 1], [1, 2]]) < 1 + 10^-12", {}, POINT),
    ("3 - 10^-12 < eigenvalue(2, [[2, 1], [1, 2]]) < 3 + 10^-12", {}, POINT),
    ("eigenvalue(1, [[2, x], [x, 2]]) > 0", {"x": "[-1, 1]"}, {"rule": "bisection", "prec": 64, "tree": "0NN"}),
    ("eigenvalue(1, [[2, x], [x, 2]]) > -2", {"x": "[-1, 1]"}, {"rule": "bisection", "prec": 64, "tree": "M"}),
    ("eigenvalue(1, [[2, x + 1], [1 + x, 2]]) > -1/4", {"x": "[-1, 1]"}, {"rule": "bisection", "prec": 64, "tree": "0NN"}),
    ("eigenvalue(2, hessian(v, cos(v[1]) + v[1]*v[2], [0, 1])) > 0.6", {}, POINT),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_signs_of_eigenvalues_are_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any]]) -> None:
    """Brackets at a point, positive definiteness over an interval, symmetry by normal forms."""
    statement, domains, proof = case
    assert judge(statement, proof, domains).verdict == "proved"


OFF = [
    ("eigenvalue(1, [[2, 1], [1, 2]]) > 1 + 10^-12", POINT),
    ("eigenvalue(1, [[2, 1], [1, 2]]) < 1 - 10^-12", POINT),
    ("eigenvalue(2, [[2, 1], [1, 2]]) < 3 - 10^-12", POINT),
]


@pytest.mark.parametrize(("statement", "proof"), OFF)
def test_eigenvalue_off_by_little_is_refuted(judge: Callable[..., Receipt], statement: str, proof: dict[str, Any]) -> None:
    """A bound that is wrong by 10^-12 is not proved but refuted."""
    assert judge(statement, proof).verdict == "refuted"


@pytest.mark.parametrize("statement", ["eigenvalue(1, [[2, x], [x, 2]]) > 0", "eigenvalue(1, [[2, x], [x, 1/x]]) > -9", "eigenvalue(2, [[1, 0], [0, x]]) > 1"])
def test_eigenvalue_that_is_not_bounded_on_the_leaf_is_rejected(judge: Callable[..., Receipt], statement: str) -> None:
    """A matrix that is not definite somewhere, one without a value somewhere, a bound that is reached."""
    for form in "NM":
        with pytest.raises(Rejected) as caught:
            judge(statement, LEAF | {"tree": form}, {"x": "[-3, 1]"})
        assert caught.value.code.startswith("PC303")


MALFORMED = [
    ("PC107", "eigenvalue(1, [[1, 2], [3, 4]])"),
    ("PC107", "eigenvalue(1, [[x, x], [x + 10^-12, x]])"),
    ("PC107", "eigenvalue(1, [[1, sqrt(x^2)], [x, 1]])"),
    ("PC107", "eigenvalue(1, [[1, 2]])"),
    ("PC107", "eigenvalue(1)"),
    ("PC107", "eigenvalue(1, x)"),
    ("PC110", "eigenvalue(0, [[1]])"),
    ("PC110", "eigenvalue(2, [[1]])"),
    ("PC110", "eigenvalue(x, [[1]])"),
    ("PC110", "eigenvalue(1/2, [[1]])"),
    ("PC107", "gradient(v, dot(v, v))"),
    ("PC107", "gradient(2, x, 1)"),
    ("PC107", "hessian(v, v, [1, 2])"),
    ("PC107", "gradient(v, v, 1 < 2)"),
    ("PC107", "gradient(v, x, [])"),
    ("PC111", "gradient(v, abs(v), x)"),
    ("PC111", "gradient(v, eigenvalue(1, [[v]]), x)"),
    ("PC106", "gradient(v, v, 1)" + " + gradient(v, prod(i in 1..900, (v + i)), x)" * 90),
]


@pytest.mark.parametrize(("code", "text"), MALFORMED, ids=lambda value: str(value)[:50])
def test_what_has_no_meaning_is_malformed(code: str, text: str) -> None:
    """Matrices not shown to be symmetric, indices out of range, derivatives of kinks, and too much work."""
    with pytest.raises(Malformed) as caught:
        term(text, "x")
    assert caught.value.code.split()[0] == code


def test_symmetry_by_normal_forms_keeps_both_entries() -> None:
    """Where the entry above the diagonal has no value, the eigenvalue has none, although the one below has."""
    root = term("eigenvalue(1, [[1, x*y/y], [x, 1]])", "x", "y")
    assert evaluate((root,), Ball(), {"x": arb(0), "y": arb(1)})[0].is_finite()
    assert not evaluate((root,), Ball(), {"x": arb(0), "y": arb(0)})[0].is_finite()


def test_gradients_and_hessians_are_those_of_the_function() -> None:
    """The shape is that of the point; the values are those by hand; a value of the function is needed."""
    scope = Scope({"f(v)": "v[1]^2*v[2] + sin(v[2])", "A": [["1", "2"], ["3", "4"]]}, {}, "[define]")
    assert [settled(Term("eq", (a, num(b)))) for a, b in zip(scope.read("gradient(v, f(v), [3, 0])", "k"), (0, 10), strict=True)] == [True, True]
    rows = scope.read("hessian(v, f(v), [3, 0])", "k")
    assert [settled(Term("eq", (rows[i][j], num(6 * abs(i - j))))) for i in (0, 1) for j in (0, 1)] == [True] * 4
    assert scope.read("gradient(M, trace(M), A)", "k") == ((num(1), num(0)), (num(0), num(1)))
    assert scope.read("gradient(t, t^3, 2)", "k") is num(12)
    assert rows[0][1] is rows[1][0]


def test_gradient_has_a_value_only_where_the_function_has() -> None:
    """log(x) - log(x) + y is nowhere differentiable for x < 0, although its formal derivative by y is 1."""
    for text in ("gradient(t, log(x)*0 + t, y)", "hessian(v, log(v[1]) + v[2]^2, [x, y])[2, 2]"):
        root = term(text, "x", "y")
        assert evaluate((root,), Ball(), {"x": arb(1), "y": arb(1)})[0].is_finite()
        assert not evaluate((root,), Ball(), {"x": arb(-1), "y": arb(1)})[0].is_finite()


def test_derivative_of_the_angle_is_that_of_the_arc_cosine() -> None:
    """The derivatives of angle(u, v) agree with those of its formula, and have no value for parallel vectors."""
    by_angle = term("gradient(w, angle(w, [1, 2, 2]), [x, y, 1])[2]", "x", "y")
    by_formula = term("gradient(w, acos(dot(w, [1, 2, 2])/(3*norm(w))), [x, y, 1])[2]", "x", "y")
    with precision(128):
        for point in ((1, 0), (-2, 5), (0, 3)):
            env = {"x": arb(point[0]), "y": arb(point[1])}
            a, b = evaluate((by_angle, by_formula), Ball(), env)
            assert abs(a - b) < 1e-30
        env = {"x": arb(1) / 2, "y": arb(1)}
        assert not evaluate((by_angle,), Ball(), env)[0].is_finite()


def test_printed_eigenvalue_is_read_back() -> None:
    """The text of an eigenvalue is a formula of the language and means the same term."""
    root = term("eigenvalue(2, [[x, y, 1], [y, 2, x], [1, x, 3]])", "x", "y")
    assert term(show(root), "x", "y") is root
    assert parse(show(root)).op == "call"


def test_eigenvalues_stand_beside_sums() -> None:
    """Terms with binders are walked another way; an eigenvalue in one has a value there too."""
    root = term("eigenvalue(1, [[x, 1], [1, x]]) + 0*integral(p, p, 0, x)", "x")
    value = evaluate((root,), _Sums(), {"x": arb(3)})[0]
    assert value.contains(arb(2))


class _Sums(Ball):
    """Balls with the one integral of the test."""

    @staticmethod
    def integral(body: Term, name: str, lower: arb, upper: arb, env: Any) -> arb:
        del body, name, env
        return (upper * upper - lower * lower) / 2
