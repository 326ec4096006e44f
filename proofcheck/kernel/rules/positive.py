"""Sums of squares: polynomials that are squares, weighted by what is not negative on the domain, and so not negative themselves."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from ..calculus import conditions
from ..certificate import Node, nodes_of, only_keys
from ..errors import Rejected
from ..exact import is_zero
from ..terms import ZERO, Obligation, Term, mul, num, rational, sub, total
from . import Link
from .premises import multiples, require, scope_of, term_in

MAX_BASIS, MAX_BITS = 100, 10_000


def positive(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept a relation whose difference is a sum of squares times factors that are not negative.

        a - b = sum_k (v_k^T G_k v_k) prod_i g_ki + sum_j q_j (l_j - r_j) exactly      G_k semidefinite      g_ki >= 0      l_j = r_j hypotheses
        -----------------------------------------------------------------------------------------------------------------------------------
                                                               a >= b

    For a > b one part is a positive number times factors that are all > 0.

    Soundness: G_k = L D L^T with D >= 0, by exact elimination, so v^T G v = sum of d_i (L^T v)_i^2 >= 0 for all real v. At each point of
    the domain all terms have values and the factors are >= 0 (premises), hypotheses hold, and the identity is one of the ring;
    every summand is >= 0 there, or 0. A part that makes it strict has v = 1 and G > 0. For < and <= the sides change places.

    Rejects: a matrix that is not semidefinite, a strict relation without a positive part (PC303); an identity that does not hold
    (PC306); a factor or term not shown to be >= 0 or to have a value (PC307); what is not one relation < <= >= > (PC315).
    """
    only_keys(node, "parts", "using", "premises")
    if goal.goal.op not in ("lt", "le", "gt", "ge"):
        raise Rejected("PC315", f"The rule is for one relation < <= >= >, not for {goal.goal}.", goal.name)
    upward = goal.goal.op in ("gt", "ge")
    scope = scope_of(goal)
    strict = goal.goal.op in ("lt", "gt")
    summands = [multiples(goal, node, scope)]
    signs: list[Term] = []
    for part in nodes_of(node, "parts"):
        only_keys(part, "basis", "matrix", "over", "times")
        basis, factors = ([term_in(scope, text) for text in _texts(part, key, goal)] for key in ("basis", "times"))
        matrix = _matrix(part, len(basis), goal)
        # Of the parts that are positive numbers times factors, the first has to be positive everywhere.
        decisive = strict and len(basis) == 1 and (rational(basis[0]) or 0) != 0 and matrix[0][0] > 0
        strict = strict and not decisive
        signs += [Term("gt" if decisive else "ge", (factor, ZERO)) for factor in factors]
        rows = [total(mul(_number(entry), w) for w, entry in zip(basis, row, strict=True) if entry) for row in matrix]
        summand = total(mul(v, row) for v, row in zip(basis, rows, strict=True))
        for factor in factors:
            summand = mul(summand, factor)
        summands.append(summand)
        if not semidefinite(matrix):
            raise Rejected("PC303", "The matrix of a part is not positive semidefinite.", goal.name)
    if strict:
        raise Rejected("PC303", "A strict relation needs a part that is a positive number times positive factors.", goal.name)
    known = total(summands)
    difference = sub(*goal.goal.args) if upward else sub(*reversed(goal.goal.args))
    if not is_zero(sub(difference, known)):
        raise Rejected("PC306", "The difference of both sides is not exactly the sum of the parts.", goal.name)
    require(goal, dict.fromkeys([*conditions(goal.goal), *conditions(known), *signs]), nodes_of(node, "premises"), link)
    return True


def _texts(part: Node, key: str, goal: Obligation) -> list[str]:
    """Return the list of texts under a key of a part."""
    value = part.get(key, [])
    if not isinstance(value, list) or len(value) > MAX_BASIS:
        raise Rejected("PC302", f"A part has a list of at most {MAX_BASIS} terms under `{key}`.", goal.name)
    return value


def _matrix(part: Node, size: int, goal: Obligation) -> list[list[fmpq]]:
    """Return the symmetric matrix of a part: whole numbers, the lower triangle row by row, over a common positive denominator."""
    entries, over = part.get("matrix"), part.get("over", 1)
    if not isinstance(entries, list) or not size or len(entries) != size * (size + 1) // 2:
        raise Rejected("PC302", "A part has a basis, and the lower triangle of its matrix under `matrix`.", goal.name)
    if any(not isinstance(n, int) or isinstance(n, bool) or n.bit_length() > MAX_BITS for n in (*entries, over)) or over <= 0:
        raise Rejected("PC302", f"Matrices are whole numbers of at most {MAX_BITS} bits, over a positive one.", goal.name)
    return [[fmpq(entries[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)], over) for j in range(size)] for i in range(size)]


def _number(entry: fmpq) -> Term:
    return num(Fraction(int(entry.p), int(entry.q)))


def semidefinite(matrix: list[list[fmpq]]) -> bool:
    """Say whether x^T A x >= 0 for all x, for a symmetric A: pivots >= 0, and a pivot 0 only before a row of zeros."""
    a = [row[:] for row in matrix]
    for k, row in enumerate(a):
        if row[k] < 0 or (row[k] == 0 and any(row[k + 1 :])):
            return False
        for i in range(k + 1, len(a)) if row[k] else ():
            ratio = row[i] / row[k]
            for j in range(k + 1, len(a)):
                a[i][j] -= ratio * row[j]
    return True
