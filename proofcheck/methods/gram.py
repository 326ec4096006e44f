"""Gram matrices: f = sum of v^T G v times given products, G semidefinite: found in floating point, rounded to exact rationals.

The equations for the entries of the matrices are those of the coefficients of f. An interior point is rounded and put back on them
exactly; where there is none, because f has zeros, the null vectors of the matrices are guessed as rationals and taken out of the bases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from proofcheck.kernel.rules.positive import semidefinite

Polynomial = Any  # flint's fmpq_mpoly, which has no types
Matrix = list[list[fmpq]]
DENOMINATORS = (1, 2, 4, 6, 12, 60, 360, 5040, 10**5, 10**7, 2**32, 2**44)
"""Denominators to which entries are rounded, the simplest first."""
STRICT = 1e-7
THRESHOLDS = (1e-4, 1e-5, 1e-3, 1e-6)
"""Eigenvalues below these are taken for 0."""
SIMPLE, CLOSE = 60, 2e-3
"""Entries of null vectors have small denominators, and are met that closely."""


@dataclass(frozen=True)
class Part:
    """A product of factors (by their places) times a sum of squares in a basis."""

    times: tuple[int, ...]
    product: Polynomial
    basis: tuple[Polynomial, ...]


@dataclass(frozen=True)
class Problem:
    """f = sum over parts of product * v^T G v + sum of free coefficients times ``free``, modulo the relations of ``reduced``.

    With ``strict``, matrices of one entry are to be positive.
    """

    f: Polynomial
    parts: tuple[Part, ...]
    free: tuple[Polynomial, ...]
    reduced: Callable[[Polynomial], Polynomial]
    strict: bool = False


@dataclass(frozen=True)
class Solution:
    """The parts with their exact semidefinite matrices, and the exact free coefficients."""

    parts: tuple[Part, ...]
    matrices: tuple[Matrix, ...]
    free: tuple[fmpq, ...]


@dataclass(frozen=True)
class System:
    """The equations: one column for each entry on or below a diagonal and each free coefficient, one row for each monomial."""

    problem: Problem
    columns: tuple[dict[Any, fmpq], ...]
    rows: tuple[Any, ...]
    right: tuple[fmpq, ...]

    def dense(self) -> np.ndarray:
        """Return the matrix of the equations, rows by columns."""
        place = {row: i for i, row in enumerate(self.rows)}
        a = np.zeros((len(self.rows), len(self.columns)))
        for j, column in enumerate(self.columns):
            for row, value in column.items():
                a[place[row], j] = float(value.p) / float(value.q)
        return a


def solved(system: System, depth: int = 4) -> Solution | None:
    """Return exact matrices, or None where none are found."""
    found = interior(system)
    if found is None:
        return None
    least, grams, x = found
    if least > STRICT:
        return rounded(system, x)
    old, tried = system.problem.parts, set()
    for threshold in THRESHOLDS if depth else ():
        parts = tuple(smaller_part for part, gram in zip(old, grams, strict=True) if (smaller_part := without_null(part, gram, threshold)) is not None)
        size = tuple((part.times, len(part.basis)) for part in parts)
        smaller = equations(replace(system.problem, parts=parts)) if parts and size not in tried and parts != old else None
        tried.add(size)
        solution = None if smaller is None else solved(smaller, depth - 1)
        if solution is not None:
            return solution
    return None


def equations(problem: Problem) -> System | None:
    """Return the equations, without basis elements that must have coefficient 0; None where they contradict each other."""
    target = dict(problem.f.to_dict())
    free = [dict(problem.reduced(h).to_dict()) for h in problem.free]
    table = [_columns(part, problem.reduced) for part in problem.parts]
    alive = [set(range(len(part.basis))) for part in problem.parts]
    freely = {row for column in free for row in column}
    while True:
        diagonal: dict[Any, list[tuple[int, int, bool]]] = defaultdict(list)
        mixed: set[Any] = set(freely)
        for k, entries in enumerate(table):
            for (i, j), column in entries.items():
                if i in alive[k] and j in alive[k]:
                    for row, value in column.items():
                        if i == j:
                            diagonal[row].append((k, i, value > 0))
                        else:
                            mixed.add(row)
        if any(row not in diagonal and row not in mixed for row in target):
            return None
        gone = set()
        for row, uses in diagonal.items():
            if row not in mixed and len({up for _, _, up in uses}) == 1:
                if row not in target:
                    gone |= {(k, i) for k, i, _ in uses}
                elif (target[row] > 0) != uses[0][2]:
                    return None
        if not gone:
            break
        for k, i in gone:
            alive[k].discard(i)
    kept = [k for k in range(len(table)) if alive[k]]
    parts = tuple(replace(problem.parts[k], basis=tuple(problem.parts[k].basis[i] for i in sorted(alive[k]))) for k in kept)
    columns = [table[k][i, j] for k in kept for i in sorted(alive[k]) for j in sorted(alive[k]) if j <= i] + free
    rows = tuple({row: None for column in (*columns, target) for row in column})
    return System(replace(problem, parts=parts), tuple(columns), rows, tuple(target.get(row, fmpq(0)) for row in rows))


def _columns(part: Part, reduced: Callable[[Polynomial], Polynomial]) -> dict[tuple[int, int], dict[Any, fmpq]]:
    """Return what an entry on or below the diagonal, with its mirror, adds to the coefficients."""
    pairs = [(i, j) for i in range(len(part.basis)) for j in range(i + 1)]
    return {(i, j): dict(reduced(part.product * part.basis[i] * part.basis[j] * (1 if i == j else 2)).to_dict()) for i, j in pairs}


def interior(system: System) -> tuple[float, list[np.ndarray], np.ndarray] | None:
    """Return the largest t with G - t >= 0 for all matrices, the matrices, and all unknowns; None where t < 0.

    Errors: those of an interior point method in floating point; nothing is concluded from them.
    """
    import clarabel  # noqa: PLC0415 - an optimiser is loaded only where one is needed
    from scipy import sparse  # noqa: PLC0415 - same

    a, n = system.dense(), len(system.columns)
    scale = max(abs(float(value.p) / float(value.q)) for value in system.right) or 1.0
    b = np.array([float(value.p) / float(value.q) for value in system.right]) / scale
    rows = independent(a.T)  # the optimiser does not converge on equations that follow from others
    a, b = a[rows], b[rows]
    triples: list[tuple[int, int, float]] = []
    cones: list[Any] = [clarabel.ZeroConeT(len(b))]
    row, column = len(b), 0
    for part in system.problem.parts:
        size = len(part.basis)
        for i in range(size):  # the upper triangle column by column is the lower one row by row
            for j in range(i + 1):
                triples.append((row, column, -1.0 if i == j else -(2**0.5)))
                if i == j:
                    triples.append((row, n, 1.0))
                row, column = row + 1, column + 1
        cones.append(clarabel.PSDTriangleConeT(size))
    triples.append((row, n, 1.0))
    cones.append(clarabel.NonnegativeConeT(1))
    places = np.array([(i, j) for i, j, _ in triples])
    below = sparse.csc_matrix(([v for _, _, v in triples], (places[:, 0] - len(b), places[:, 1])), shape=(row + 1 - len(b), n + 1))
    above = sparse.csc_matrix(np.hstack([a, np.zeros((len(b), 1))]))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.time_limit, settings.max_threads = False, 20.0, 1
    q = np.zeros(n + 1)
    q[n] = -1.0
    right = np.concatenate([b, np.zeros(row - len(b)), [1.0]])
    try:
        answer = clarabel.DefaultSolver(sparse.csc_matrix((n + 1, n + 1)), q, sparse.vstack([above, below]).tocsc(), right, cones, settings).solve()
    except BaseException as error:  # a panic inside the solver is no error of ours and proves nothing
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return None
    x = np.array(answer.x)
    if answer.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved) or x[n] < -1e-5:
        return None
    return float(x[n]), list(matrices(system, x * scale)), x[:n] * scale


def matrices(system: System, x: Sequence[Any] | np.ndarray) -> Iterator[np.ndarray]:
    """Yield the symmetric matrices of the parts."""
    place = 0
    for part in system.problem.parts:
        size = len(part.basis)
        gram = np.zeros((size, size), dtype=object if isinstance(x, list) else float)
        for i in range(size):
            for j in range(i + 1):
                gram[i, j] = gram[j, i] = x[place]
                place += 1
        yield gram


def without_null(part: Part, gram: np.ndarray, threshold: float) -> Part | None:
    """Return the part in a basis of what is orthogonal to rational null vectors; None where nothing is left, the part where none are found."""
    values, vectors = np.linalg.eigh(gram)
    null = vectors[:, values < threshold * max(1.0, float(values[-1]))].T.copy()
    pivots: list[int] = []
    for k in range(len(null)):  # reduced echelon form, with the largest pivots
        i, j = divmod(int(np.argmax(np.abs(null[k:]))), null.shape[1])
        null[[k, k + i]] = null[[k + i, k]]
        null[k] /= null[k, j]
        for other in range(len(null)):
            if other != k:
                null[other] -= null[other, j] * null[k]
        pivots.append(j)
    rest = [j for j in range(null.shape[1]) if j not in pivots]
    basis = []
    for j in rest:
        v = part.basis[j]
        for k, pivot in enumerate(pivots):
            entry = simple(float(null[k, j]))
            if entry is None:
                return part
            if entry:
                v = v - part.basis[pivot] * fmpq(entry.numerator, entry.denominator)
        basis.append(v)
    return replace(part, basis=tuple(basis)) if basis else None


def simple(x: float) -> Fraction | None:
    """Return the simplest fraction close to x, or None."""
    for bound in range(1, SIMPLE + 1):
        near = Fraction(round(x * bound), bound)
        if abs(near - x) < CLOSE / bound:
            return near
    return None


def independent(a: np.ndarray) -> list[int]:
    """Return the places of columns that are a well-conditioned basis of all columns."""
    from scipy.linalg import qr  # noqa: PLC0415 - only where matrices are found

    r, order = qr(a, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(r))
    return [int(j) for j in order[: int((diagonal > 1e-9 * diagonal[0]).sum())]]


def rounded(system: System, x: np.ndarray) -> Solution | None:
    """Return exact semidefinite matrices next to x: rounded, then put back on the equations by the unknowns of a well-conditioned minor."""
    a = system.dense()
    chosen = independent(a)
    rows = [system.rows[i] for i in independent(a[:, chosen].T)]
    rank = len(rows)
    right = dict(zip(system.rows, system.right, strict=True))
    starts, defects = [], []
    for over in DENOMINATORS:
        start = [fmpq(round(float(value) * over), over) for value in x]
        defect = {row: right[row] for row in rows}
        for value, column in zip(start, system.columns, strict=True):
            if value:
                for row, entry in column.items():
                    if row in defect:
                        defect[row] -= entry * value
        starts.append(start)
        defects.append([defect[row] for row in rows])
    minor = fmpq_mat(rank, rank, [system.columns[j].get(row, fmpq(0)) for row in rows for j in chosen])
    try:
        steps = minor.solve(fmpq_mat(rank, len(defects), [column[i] for i in range(rank) for column in defects]))
    except ZeroDivisionError:
        return None
    for number, start in enumerate(starts):
        for i, j in enumerate(chosen):
            start[j] += steps[i, number]
        grams = tuple([list(row) for row in gram] for gram in matrices(system, start))
        if all(semidefinite(gram) and not (system.problem.strict and len(gram) == 1 and gram[0][0] == 0) for gram in grams):
            used = len(start) - len(system.problem.free)
            return Solution(system.problem.parts, grams, tuple(start[used:]))
    return None
