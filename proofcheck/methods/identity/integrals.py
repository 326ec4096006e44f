"""Antiderivatives: sympy proposes one, it comes back as a term node by node, and its derivative is compared in the ring."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from typing import Any

from proofcheck.kernel.calculus import derivative
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.parse import is_name
from proofcheck.kernel.rules.algebraic import SMOOTH
from proofcheck.kernel.terms import REALS, Domain, Term, add, div, mul, num, postorder, power, sub, substitute, var, variables

from .limits import within

NAMES = ("p", "q", "u", "v", "t1", "t2", "t3", "t4")
SECONDS = 3.0
LARGEST_POWER = 64


def antiderivative(integral: Term, box: Mapping[str, Domain]) -> tuple[str, Term, Term] | None:
    """Return (name, F, F(b) - F(a)) with F' = f exactly in the ring, for an integral of f over [a, b], or None."""
    body, lower, upper = integral.args
    if "inf" in (lower.op, upper.op):
        return None
    name = next((name for name in NAMES if name not in box and is_name(name)), None)
    if name is None:
        return None
    integrand = substitute(body, {str(integral.value): var(name)})
    if not smooth(integrand, name):
        return None
    import_module("sympy.simplify.fu")  # outside of the time limit: on a busy machine it takes seconds
    primitive = within(SECONDS, lambda: _proposed(integrand, name, box))
    if primitive is None:
        return None
    try:
        if not is_zero(sub(derivative(primitive, name), integrand)):
            return None
    except Malformed:
        return None
    return name, primitive, sub(*(substitute(primitive, {name: end}) for end in (upper, lower)))


def smooth(integrand: Term, name: str) -> bool:
    """Say whether the kernel would take the integrand: a term that is smooth in ``name`` on the whole line."""
    for node in postorder((integrand,)):
        if name in variables(node) and node.op not in SMOOTH:
            whole = node.op == "pow" and isinstance(node.value, int) and node.value >= 0
            if not whole and not (node.op == "div" and name not in variables(node.args[1])):
                return False
    return True


def _proposed(integrand: Term, name: str, box: Mapping[str, Domain]) -> Term | None:
    import sympy  # noqa: PLC0415 - heavy
    from sympy.simplify.fu import TR8  # noqa: PLC0415

    from proofcheck.algebras.sympy import to_sympy  # noqa: PLC0415

    try:
        expression, names = to_sympy(integrand, {**box, name: REALS})
    except KeyError:  # the variable of an integral around this one
        return None
    symbol = next(symbol for symbol, known in names.items() if known == name)
    # Products of waves as sums: sympy then needs no more than a table, and answers without cases.
    found = sympy.integrate(sympy.expand(TR8(sympy.expand(expression.doit()))), symbol)
    return term_of(sympy.expand(found), names)


def term_of(expression: Any, names: Mapping[Any, str]) -> Term | None:
    """Return a sympy expression as a term, by a closed list of node types; None where it contains anything else."""
    import sympy  # noqa: PLC0415

    functions = {sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.exp: "exp", sympy.log: "log", sympy.atan: "atan", sympy.Abs: "abs"}
    if expression in names:
        return var(names[expression])
    if expression is sympy.pi:
        return Term("pi")
    if isinstance(expression, sympy.Rational):
        return num(f"{int(expression.p)}/{int(expression.q)}")
    if isinstance(expression, sympy.Pow):
        return _power_of(expression, names)
    if not (isinstance(expression, (sympy.Add, sympy.Mul)) or type(expression) in functions):
        return None
    found = [term_of(argument, names) for argument in expression.args]
    args = [term for term in found if term is not None]
    if len(args) != len(found):
        return None
    if isinstance(expression, (sympy.Add, sympy.Mul)):
        return reduce(add if isinstance(expression, sympy.Add) else mul, args)
    return Term(functions[type(expression)], tuple(args))


def _power_of(expression: Any, names: Mapping[Any, str]) -> Term | None:
    import sympy  # noqa: PLC0415

    base, exponent = expression.args
    inner = term_of(base, names)
    if inner is None or not isinstance(exponent, sympy.Rational) or abs(exponent.p) > LARGEST_POWER or exponent.q not in (1, 2):
        return None
    root = inner if exponent.q == 1 else Term("sqrt", (inner,))
    whole = power(root, abs(int(exponent.p)))
    return whole if exponent.p > 0 else div(num(1), whole)
