"""Routes through sympy. A route counts if it ends in the integer 0, and is reported by name with sympy's version.

Never used: ``equals``, ``is_zero``, ``series``, ``evalf``, ``nsimplify``. Sympy knows of a domain only whether a variable is real,
whole or of one sign; so an identity that needs more is not found here. The ends of the domain and every pole are ours to check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.terms import BINDERS, Domain, Obligation, Term, conjuncts, postorder, variables

from .limits import within
from .premises import premises

Route = Callable[[Any, Any], Any]
SECONDS = 4.0


def routed(obligation: Obligation, seconds: float, each: float) -> dict[str, Any] | None:
    """Return a ``symbolic`` node if one route reduces every difference to 0 and all terms are proved to have values; else None."""
    import sympy  # noqa: PLC0415 - heavy

    if not has_values(obligation):
        return None
    names = []
    deadline = monotonic() + seconds
    for atom in conjuncts(obligation.goal):
        name = _route(obligation, atom, deadline, each)
        if name is None:
            return None
        names.append(name)
    return {"rule": "symbolic", "route": ", ".join(dict.fromkeys(names)), "sympy": str(sympy.__version__)}


def _route(obligation: Obligation, atom: Term, deadline: float, each: float) -> str | None:
    import sympy  # noqa: PLC0415

    from proofcheck.algebras.sympy import to_sympy  # noqa: PLC0415

    # Symbols are numbered alike in each call and have the same assumptions, so they are equal.
    left, right = (to_sympy(side, obligation.box, evaluate=True)[0] for side in atom.args)
    binders = any(node.op in BINDERS for node in postorder((atom,)))
    for name, route in ROUTES.items():
        if binders and name not in AFTER_BINDERS:
            continue
        result = within(min(each, deadline - monotonic()), partial(route, left, right))
        if isinstance(result, sympy.Integer) and result is sympy.S.Zero:
            return name
    return None


def has_values(obligation: Obligation) -> bool:
    """Say whether every term is proved to have a value on the domain, integrands and summands over their ranges included."""
    # That an infinite integral converges is stated as "it equals itself"; `converges` stands for it.
    conds = tuple(condition for condition in conditions(obligation.goal) if condition.op != "eq")
    outer = tuple(condition for condition in conds if variables(condition) <= set(obligation.box))
    if premises(obligation, outer) is None:
        return False
    for binder in postorder((obligation.goal,)):
        # The name of a bound variable is used again elsewhere, over another range: each binder answers for its own.
        if binder.op in BINDERS and not _binder_has_value(obligation, binder, tuple(c for c in conditions(binder.args[0]) if c not in outer)):
            return False
    return True


def _binder_has_value(obligation: Obligation, binder: Term, inner: tuple[Term, ...]) -> bool:
    """Say whether an integral or sum over terms with the conditions ``inner`` has the value that sympy means by it."""
    infinite = "inf" in (binder.args[1].op, binder.args[2].op)
    if binder.op == "integral" and not inner and not infinite:
        return True
    # Sums too: over an empty range sympy does not mean 0.
    wider = with_bound(obligation, binder)
    if wider is None or premises(wider, inner) is None:
        return False
    return binder.op == "sum" or converges(obligation, binder)


def converges(obligation: Obligation, binder: Term) -> bool:
    """Say whether sympy evaluates an improper integral to something finite by itself: a difference of two could cancel unseen."""
    import sympy  # noqa: PLC0415

    from proofcheck.algebras.sympy import to_sympy  # noqa: PLC0415

    if not variables(binder) <= set(obligation.box):
        return False
    expression, _ = to_sympy(binder, obligation.box, evaluate=True)
    value = within(SECONDS, expression.doit)
    return value is not None and not value.has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan, sympy.Integral, sympy.Piecewise, sympy.AccumBounds)


def with_bound(obligation: Obligation, binder: Term) -> Obligation | None:
    """Return the obligation with the bound variable as one more, ends left out: a value there changes no integral.

    None unless the range is proved to be in order: over an empty domain everything holds.
    """
    name, (_, first, last) = str(binder.value), binder.args
    if any(not variables(end) <= set(obligation.box) for end in (first, last)):
        return None
    if "inf" in (first.op, last.op):
        ordered = not (first.op == "inf" and first.value == 1) and not (last.op == "inf" and last.value == -1)
    else:
        goal = Term("lt" if binder.op == "integral" else "le", (first, last))
        ordered = premises(obligation, (goal,)) is not None
    closed = binder.op == "sum"
    lower, upper = (None if end.op == "inf" else end for end in (first, last))
    domain = Domain(lower, upper, closed and lower is not None, closed and upper is not None, integer=closed)
    return replace(obligation, domains=(*obligation.domains, (name, domain))) if ordered else None


def _construction(left: Any, right: Any) -> Any:
    return left - right


def _expand(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.expand(left - right)


def _cancel(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.cancel(sympy.together(left - right))


def _expand_trig(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.expand(sympy.expand_trig(left - right))


def _gammasimp(left: Any, right: Any) -> Any:
    """Return the ratio of both sides minus 1, or the difference where the right side is 0."""
    import sympy  # noqa: PLC0415

    if right == 0:
        return sympy.gammasimp(left)
    return sympy.expand(sympy.powsimp(sympy.expand(sympy.gammasimp(left / right))) - 1)


def _piecewise(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.simplify(sympy.piecewise_fold((left - right).rewrite(sympy.Piecewise)))


def _exp(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.cancel(sympy.expand((left - right).rewrite(sympy.exp)))


def _fu(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.fu(left - right)


def _doit(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.expand((left - right).doit())


def _simplify(left: Any, right: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.simplify(left - right)


ROUTES: dict[str, Route] = {
    "construction": _construction,
    "expand": _expand,
    "cancel": _cancel,
    "expand_trig": _expand_trig,
    "gammasimp": _gammasimp,
    "Piecewise": _piecewise,
    "exp": _exp,
    "fu": _fu,
    "doit": _doit,
    "simplify": _simplify,
}
AFTER_BINDERS = ("doit", "simplify")
