"""Derivatives of terms, and the conditions under which a term has a value at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .errors import Malformed
from .terms import BINDERS, ONE, ZERO, Term, add, div, mul, neg, num, postorder, power, rational, sub, substitute, total

MAX_VISITED = 2_000_000


def derivative(root: Term, name: str) -> Term:
    """Return d root / d name, by the chain rule on the shared graph.

    Domain: where root is differentiable in an open neighbourhood; abs, min, max, gamma, eigenvalues, integrals and sums
    that use ``name`` are refused (PC111). The result has a value only where root has one: subterms of root that can be undefined and do not
    occur in the derivative are kept as ``0*root``.
    """
    result = slope(dependent(root, name), name)
    return result if not conditions(root) else add(result, mul(ZERO, root))


def dependent(root: Term, name: str) -> list[Term]:
    """Return the nodes below the root, itself included, in which ``name`` is free: arguments before users, each once.

    Raises Malformed (PC111) for what is measured.
    """
    seen: set[Term] = set()
    if root.opaque:
        raise Malformed("PC111", "What is measured along trajectories or in experiments is not differentiated.")
    order: list[Term] = []
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen and name in node.free:
            seen.add(node)
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args) if arg not in seen)
    return order


def slope(order: list[Term], name: str) -> Term:
    """Return the derivative of the last of the ``dependent`` nodes, 0 for none. It may have a value where the term has none."""
    made: dict[Term, Term] = {}
    for node in order:
        made[node] = _rule(node, made, name)
    return made[order[-1]] if order else ZERO


@lru_cache(maxsize=16)
def gradient(root: Term, names: tuple[str, ...], point: tuple[Term, ...]) -> tuple[tuple[Term, ...], int]:
    """Return the partial derivatives of a term at a point, and how many nodes were looked at."""
    first, visited = _slopes(root, names)
    return _placed([_guarded(part, [root]) for part in first], names, point), visited


@lru_cache(maxsize=16)
def hessian(root: Term, names: tuple[str, ...], point: tuple[Term, ...]) -> tuple[tuple[Term, ...], int]:
    """Return the second derivatives of a term at a point, row by row, and how many nodes were looked at.

    Soundness: derivatives exist only of terms that are smooth where these derivatives have values, so mixed ones commute, and the
    same term stands on both sides of the diagonal; it has a value only where the term and both first derivatives have one.
    """
    first, visited = _slopes(root, names)
    lower: list[Term] = []
    for i, part in enumerate(first):
        second, more = _slopes(part, names[: i + 1])
        lower += [_guarded(entry, [root, part, *([first[j]] if j < i else [])]) for j, entry in enumerate(second)]
        visited += more
    entries = _placed(lower, names, point)
    size = range(len(names))
    return tuple(entries[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for i in size for j in size), visited


def _placed(terms: list[Term], names: tuple[str, ...], point: tuple[Term, ...]) -> tuple[Term, ...]:
    """Return the terms at a point; parts that they share are substituted once."""
    return substitute(Term("vector", tuple(terms)), dict(zip(names, point, strict=True))).args


def _slopes(root: Term, names: tuple[str, ...]) -> tuple[list[Term], int]:
    found, visited = [], 0
    for name in names:
        order = dependent(root, name)
        found.append(slope(order, name))
        visited += len(order)
        if visited > MAX_VISITED:
            raise Malformed("PC106", f"The derivatives look at more than {MAX_VISITED} nodes.", hint="Shorten the term, or take fewer variables.")
    return found, visited


def _guarded(part: Term, needed: Sequence[Term]) -> Term:
    """Return the term, without a value where one of the needed terms has none."""
    return total((part, *(mul(ZERO, term) for term in needed if term.op != "num")))


def _rule(node: Term, made: dict[Term, Term], name: str) -> Term:
    op, args = node.op, node.args
    if op == "var":
        return ONE
    if op in BINDERS or op in ("abs", "min", "max", "gamma", "eigenvalue") or not args:
        raise Malformed("PC111", f"`{op}` cannot be differentiated here.", hint=f"Write the derivative in {name} out, or split into cases.")
    a, da = args[0], made.get(args[0], ZERO)
    b, db = (args[1], made.get(args[1], ZERO)) if len(args) == 2 else (ZERO, ZERO)
    if op == "angle":  # cos(angle) = a/sqrt(u v): differentiable where u v > a^2
        u, v = args[1:]
        du, dv = made.get(u, ZERO), made.get(v, ZERO)
        stretched = add(div(du, u) if du is not ZERO else ZERO, div(dv, v) if dv is not ZERO else ZERO)
        return div(sub(_times(stretched, div(a, num(2))), da), Term("sqrt", (sub(mul(u, v), power(a, 2)),)))
    if op in ("add", "sub"):
        return add(da, db) if op == "add" else sub(da, db)
    if op == "mul":
        return add(_times(da, b), _times(db, a))
    if op == "div":
        return sub(div(da, b) if da is not ZERO else ZERO, div(_times(db, a), power(b, 2)) if db is not ZERO else ZERO)
    if op == "neg":
        return neg(da)
    if op == "pow":
        assert isinstance(node.value, int)
        return _times(da, mul(num(node.value), power(a, node.value - 1)) if node.value else ZERO)
    square = power(a, 2)
    outer = {
        "sin": lambda: Term("cos", (a,)),
        "cos": lambda: neg(Term("sin", (a,))),
        "tan": lambda: add(ONE, power(node, 2)),
        "exp": lambda: node,
        "log": lambda: div(ONE, a),
        "sqrt": lambda: div(ONE, mul(num(2), node)),
        "atan": lambda: div(ONE, add(ONE, square)),
        "asin": lambda: div(ONE, Term("sqrt", (sub(ONE, square),))),
        "acos": lambda: neg(div(ONE, Term("sqrt", (sub(ONE, square),)))),
    }[op]()
    return _times(da, outer)


def _times(a: Term, b: Term) -> Term:
    """Return a b, where b has a value; 0 a is kept where a may have none: 0*sqrt(-x^2) has no derivative at 0."""
    return ZERO if a is ZERO or (b is ZERO and not conditions(a)) else mul(a, b)


def conditions(root: Term) -> tuple[Term, ...]:
    """Return the formulas that must hold for ``root`` (a term or formula) to have a value, each once, arguments first.

    div: divisor != 0; sqrt: radicand >= 0; log: > 0; asin, acos: 1 - u^2 >= 0; tan: cos(u) != 0; gamma: > 0 (a restriction:
    negative arguments are not used); angle: both vectors nonzero; negative powers: base != 0; an integral with an infinite end
    equals itself, which no rule shows. Conditions inside an integral or a sum are stated for its bound variable and are
    refused by every rule that meets them.
    """
    found: dict[Term, None] = {}
    for node in postorder([root]):
        a = node.args[0] if node.args else ZERO
        if node.op == "div":
            found[Term("ne", (node.args[1], ZERO))] = None
        elif node.op == "pow" and isinstance(node.value, int) and node.value < 0:
            found[Term("ne", (a, ZERO))] = None
        elif node.op == "sqrt":
            found[Term("ge", (a, ZERO))] = None
        elif node.op in ("log", "gamma"):
            found[Term("gt", (a, ZERO))] = None
        elif node.op in ("asin", "acos"):
            found[Term("ge", (sub(ONE, power(a, 2)), ZERO))] = None
        elif node.op == "tan":
            found[Term("ne", (Term("cos", (a,)), ZERO))] = None
        elif node.op == "angle":
            found[Term("gt", (node.args[1], ZERO))] = None
            found[Term("gt", (node.args[2], ZERO))] = None
        elif node.op == "integral" and "inf" in (node.args[1].op, node.args[2].op):
            found[Term("eq", (node, node))] = None
    return tuple(formula for formula in found if not _holds(formula))


def _holds(formula: Term) -> bool:
    """Say whether the condition is about a number and true of it."""
    value = rational(formula.args[0])
    return value is not None and {"ne": value != 0, "ge": value >= 0, "gt": value > 0}[formula.op]


def determinant(rows: tuple[tuple[Term, ...], ...]) -> Term:
    """Return det of a square matrix of terms, n <= 8, by minors along the first row, each minor once."""
    n = len(rows)
    known: dict[tuple[int, tuple[int, ...]], Term] = {}

    def minor(row: int, columns: tuple[int, ...]) -> Term:
        key = (row, columns)
        if key not in known:
            parts = []
            for place, column in enumerate(columns):
                rest = columns[:place] + columns[place + 1 :]
                part = mul(rows[row][column], minor(row + 1, rest)) if row + 1 < n else rows[row][column]
                parts.append(part if place % 2 == 0 else neg(part))
            known[key] = total(parts)
        return known[key]

    return minor(0, tuple(range(n)))
