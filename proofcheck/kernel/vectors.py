"""Numbers, vectors and matrices of terms, entry by entry: what the operations of the formula language make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeAlias

from .calculus import determinant
from .errors import Malformed
from .terms import CONNECTIVES, ONE, RELATIONS, ZERO, Term, add, conjunction, div, mul, neg, power, rational, sub, total

MAX_EXPONENT, MAX_MATRIX = 10_000, 400

Value: TypeAlias = "Term | tuple[Value, ...]"


def relation(op: str, left: Value, right: Value) -> Term:
    """Return a relation of numbers, or = between all entries of vectors. Raises Malformed (PC107)."""
    if isinstance(left, Term) and isinstance(right, Term):
        if any(side.op in RELATIONS + CONNECTIVES for side in (left, right)):
            raise Malformed("PC107", "A relation cannot be a side of a relation.")
        return Term(op, (left, right))
    if not isinstance(left, tuple) or not isinstance(right, tuple) or len(left) != len(right) or op != "eq":
        raise Malformed("PC107", "Vectors are compared with `=` only, and with vectors of the same shape.")
    return conjunction(relation(op, a, b) for a, b in zip(left, right, strict=True))


def arithmetic(op: str, *values: Value) -> Value:
    """Return a sum, product, quotient, … of numbers, vectors and matrices. Raises Malformed (PC106, PC107)."""
    for value in values:
        if isinstance(value, Term) and value.op in RELATIONS + CONNECTIVES:
            raise Malformed("PC107", "A relation cannot be added or multiplied.")
    if op == "neg":
        return each(values[0], neg)
    left, right = values
    if op in ("add", "sub"):
        if isinstance(left, Term) and isinstance(right, Term):
            return add(left, right) if op == "add" else sub(left, right)
        if not isinstance(left, tuple) or not isinstance(right, tuple) or len(left) != len(right):
            raise Malformed("PC107", "Only values of the same shape are added.")
        return tuple(arithmetic(op, a, b) for a, b in zip(left, right, strict=True))
    if op == "div":
        if not isinstance(right, Term):
            raise Malformed("PC107", "Nothing is divided by a vector.")
        return each(left, lambda term: div(term, right))
    if isinstance(left, Term):
        return each(right, lambda term: mul(left, term))
    if isinstance(right, Term):
        return each(left, lambda term: mul(term, right))
    return _product(left, right)


def _product(left: Value, right: Value) -> Value:
    """Return matrix times matrix or matrix times vector."""
    a = matrix(left, "The left factor of a matrix product")
    if isinstance(right, tuple) and all(isinstance(entry, Term) for entry in right):
        return tuple(_dot(row, right) for row in a)
    b = matrix(right, "The right factor of a matrix product")
    return tuple(tuple(_dot(row, column) for column in zip(*b, strict=True)) for row in a)


def matrix(value: Value, what: str = "The argument") -> tuple[tuple[Term, ...], ...]:
    """Return the rows of a matrix. Raises Malformed (PC107) for anything else."""
    rows = [row for row in value if isinstance(row, tuple)] if isinstance(value, tuple) else []
    flat = all(isinstance(entry, Term) for row in rows for entry in row)
    if not isinstance(value, tuple) or len(rows) != len(value) or len({len(row) for row in rows}) != 1 or len(rows) > MAX_MATRIX or not flat:
        raise Malformed("PC107", f"{what} must be a matrix of at most {MAX_MATRIX} rows.", hint="Two vectors are multiplied with dot(u, v).")
    return tuple(tuple(entry for entry in row if isinstance(entry, Term)) for row in rows)


def _vector(value: Value) -> tuple[Term, ...]:
    if not isinstance(value, tuple) or not value or not all(isinstance(entry, Term) for entry in value):
        raise Malformed("PC107", "The argument must be a vector of numbers.")
    return tuple(entry for entry in value if isinstance(entry, Term))


def _dot(u: Value, v: Value) -> Term:
    a, b = _vector(u), _vector(v)
    if len(a) != len(b):
        raise Malformed("PC107", f"The vectors have {len(a)} and {len(b)} entries.")
    return total(mul(x, y) if x is not y else power(x, 2) for x, y in zip(a, b, strict=True))


def _norm(v: Value) -> Term:
    return Term("sqrt", (_dot(v, v),))


def _angle(u: Value, v: Value) -> Term:
    return Term("angle", (_dot(u, v), _dot(u, u), _dot(v, v)))


def _det(m: Value) -> Term:
    rows = matrix(m)
    if len(rows) != len(rows[0]) or len(rows) > 8:
        raise Malformed("PC107", "det takes a square matrix of at most 8 rows.")
    return determinant(rows)


def _trace(m: Value) -> Term:
    rows = matrix(m)
    if len(rows) != len(rows[0]):
        raise Malformed("PC107", "trace takes a square matrix.")
    return total(row[i] for i, row in enumerate(rows))


def _transpose(m: Value) -> Value:
    return tuple(zip(*matrix(m), strict=True))


def _identity(n: Value) -> Value:
    size = rational(n) if isinstance(n, Term) else None
    if size is None or size.denominator != 1 or not 1 <= size <= MAX_MATRIX:
        raise Malformed("PC110", f"identity takes a whole number from 1 to {MAX_MATRIX}.")
    return tuple(tuple(ONE if i == j else ZERO for j in range(int(size))) for i in range(int(size)))


VECTOR_FUNCTIONS: dict[str, tuple[Callable[..., Value], int]] = {
    "dot": (_dot, 2), "norm": (_norm, 1), "angle": (_angle, 2), "det": (_det, 1), "trace": (_trace, 1),
    "transpose": (_transpose, 1), "identity": (_identity, 1),
}  # fmt: skip


def each(value: Value, change: Any) -> Value:
    """Return a value with every entry changed."""
    if isinstance(value, tuple):
        return tuple(each(part, change) for part in value)
    if value.op in RELATIONS + CONNECTIVES:
        raise Malformed("PC107", "A relation is not a number.")
    changed: Term = change(value)
    return changed


def flatten(value: Value) -> Iterator[Term]:
    """Yield the entries, row by row."""
    if isinstance(value, tuple):
        for part in value:
            yield from flatten(part)
    else:
        yield value


def refuse_arity(name: str, wanted: int, found: int) -> NoReturn:
    """Raise Malformed (PC107) for a wrong number of arguments."""
    raise Malformed("PC107", f"`{name}` takes {wanted} argument(s), not {found}.")
