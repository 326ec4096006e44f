"""Eigenvalues of symmetric matrices of balls, by a congruence with approximate eigenvectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isqrt, sqrt

from flint import arb, arb_mat, fmpq

NAN = arb.nan()
SWEEPS = 40


def order_of(entries: Sequence[object]) -> int:
    """Return n for the n (n + 1)/2 entries of a lower triangle, row by row."""
    return (isqrt(8 * len(entries) + 1) - 1) // 2


def square_of(triangle: Sequence[arb]) -> arb_mat:
    """Return the symmetric matrix of a lower triangle."""
    n = order_of(triangle)
    return arb_mat(n, n, [triangle[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for i in range(n) for j in range(n)])


def eigenvalue(k: int, triangle: Sequence[arb]) -> arb:
    """Return an enclosure of the k-th smallest eigenvalue of every symmetric matrix in a matrix of balls; NaN where that fails.

        M in C ± E, |E| <= e      |Q Qᵀ - I| <= f < 1      Q C Qᵀ = diag(d) + R, |R| <= r      (norms: largest row sums)
        -------------------------------------------------------------------------------------------------------
                              λ_k(M) lies in ([d]_k ± r) / [1 - f, 1 + f] ± e

    Soundness: f < 1 makes Q invertible, whatever it is. Ostrowski: λ_k(Q C Qᵀ) = θ λ_k(C) with θ between the extreme eigenvalues of
    Q Qᵀ. Weyl: λ_k(Q C Qᵀ) differs from the k-th smallest d by at most the spectral radius of R, which its row sums bound; so does
    λ_k(M) from λ_k(C), with E. The k-th smallest of numbers from balls lies between the k-th smallest lower and upper ends.
    """
    n = order_of(triangle)
    if not all(entry.is_finite() for entry in triangle):
        return NAN
    m = square_of(triangle)
    centre = m.mid()
    vectors = approximate([[float(centre[i, j]) for j in range(n)] for i in range(n)])
    if not all(isfinite(x) for row in vectors for x in row):
        return NAN
    q = arb_mat(n, n, [arb(fmpq(*x.as_integer_ratio())) for row in vectors for x in row])
    gram, d = q * q.transpose(), q * centre * q.transpose()
    e = largest([total(m[i, j].rad() for j in range(n)) for i in range(n)])
    f = largest([total((gram[i, j] - (1 if i == j else 0)).abs_upper() for j in range(n)) for i in range(n)])
    r = largest([total(d[i, j].abs_upper() for j in range(n) if j != i) for i in range(n)])
    if not f < 1:
        return NAN
    low = sorted((d[i, i].lower() for i in range(n)), key=_Exact)[k - 1]
    high = sorted((d[i, i].upper() for i in range(n)), key=_Exact)[k - 1]
    return (low - r).union(high + r) / (1 - f).union(1 + f) + (-e).union(e)


def total(values: Iterable[arb]) -> arb:
    """Return a sum."""
    return sum(values, arb(0))


def largest(values: Sequence[arb]) -> arb:
    """Return an upper bound of numbers; NaN where one is."""
    result = values[0].upper()
    for value in values[1:]:
        result = result.max(value.upper())
    return result if all(value.is_finite() for value in values) else NAN


class _Exact:
    """Order of exact balls."""

    __slots__ = ("value",)

    def __init__(self, value: arb) -> None:
        self.value = value

    def __lt__(self, other: _Exact) -> bool:
        return bool(self.value < other.value)


def approximate(a: list[list[float]]) -> list[list[float]]:
    """Return nearly orthonormal rows that nearly diagonalise a symmetric matrix (Jacobi's rotations, in floats). Proves nothing."""
    n = len(a)
    v = [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    small = 1e-17 * sum(abs(x) for row in a for x in row) / n
    for _ in range(SWEEPS):
        turned = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                entry = a[p][q]
                if not abs(entry) > small:
                    continue
                turned = True
                slope = (a[q][q] - a[p][p]) / (2 * entry)
                t = (1 if slope >= 0 else -1) / (abs(slope) + sqrt(slope * slope + 1))
                c = 1 / sqrt(t * t + 1)
                s = t * c
                for rows in (a, v):
                    first, second = rows[p], rows[q]
                    rows[p] = [c * x - s * y for x, y in zip(first, second, strict=True)]
                    rows[q] = [s * x + c * y for x, y in zip(first, second, strict=True)]
                for row in a:
                    x, y = row[p], row[q]
                    row[p], row[q] = c * x - s * y, s * x + c * y
        if not turned:
            break
    return v
