"""Exact rules: identities in the ring, signs by structure, rewriting by proved equalities, substitution of a variable."""

from __future__ import annotations

from dataclasses import replace

from ..algebra import ball_sign
from ..calculus import conditions, derivative
from ..certificate import Node, node_of, nodes_of, number_of, only_keys, text_of
from ..errors import Rejected
from ..exact import is_zero
from ..parse import is_name
from ..scope import Scope
from ..signs import Signs
from ..terms import (
    PI,
    RELATIONS,
    ZERO,
    Domain,
    Obligation,
    Term,
    add,
    conjuncts,
    div,
    mul,
    num,
    postorder,
    power,
    replaced,
    sub,
    substitute,
    var,
    variables,
)  # fmt: skip
from . import Link, established, prove
from .premises import domain_in, multiples, require, require_defined, scope_of, term_in

HALF_PI = div(PI, num(2))


def ring(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept equalities whose sides have the same normal form.

        a - b - q_1 (l_1 - r_1) - … = 0 in the ring      l_i = r_i hypotheses      all terms defined on the domain
        ----------------------------------------------------------------------------------------------------
                                                   a = b

    Soundness: see ``exact``. ``using`` gives the factors q_i of equations among the hypotheses, in their order.
    """
    only_keys(node, "conditions", "using")
    known = multiples(goal, node, scope_of(goal))
    for atom in conjuncts(goal.goal):
        if atom.op != "eq":
            raise Rejected("PC315", f"The rule is for equalities, not for {atom}.", goal.name)
        if not is_zero(sub(sub(*atom.args), known)):
            raise Rejected("PC306", f"The normal forms of both sides differ: {atom}.", goal.name)
    require_defined(goal, node, link, [goal.goal, known])
    return True


def sign(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept relations that follow from the signs of parts (``signs``).

    Soundness: each sign is a superset of what occurs on the domain, and all terms are proved to have values.
    """
    only_keys(node, "conditions")
    if not Signs(goal.box, goal.given).holds(goal.goal):
        raise Rejected("PC303", f"The signs of its parts do not decide {goal.goal}.", goal.name)
    require_defined(goal, node, link, [goal.goal])
    return True


def rewrite(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what follows after subterms are replaced by equal terms.

        t_i = t_i' on the domain, each by its own reason        P[t'] on the domain
        ------------------------------------------------------------------------
                                        P[t]

    Soundness: equal terms may be exchanged; the reasons are those of ``_fact``. What P[t] needs in order to have a value and
    P[t'] does not is proved too; where `or` or `not` may decide P[t'] without all of its values, or a part refutes it, every
    condition of P[t] is. Facts are used in order, each on the result of the ones before. Works for refutations as well.
    """
    only_keys(node, "facts", "then", "conditions")
    facts = nodes_of(node, "facts")
    if not facts:
        raise Rejected("PC302", "A rewriting needs facts.", goal.name)
    scope = scope_of(goal)
    formula, needed = goal.goal, dict.fromkeys(conditions(goal.goal))
    for fact in facts:
        old, new = _integrated(goal, fact, formula, scope) if "integral" in fact else _fact(goal, fact, link, scope)
        formula = replaced(formula, {old: new})
        needed = dict.fromkeys(replaced(condition, {old: new}) for condition in needed)
    holds = prove(replace(goal, goal=formula, name=f"{goal.name}, rewritten"), node_of(node, "then"), link)
    plain = formula.op in RELATIONS or (holds and all(part.op in RELATIONS for part in conjuncts(formula)))
    remaining = set(conditions(formula)) if plain else set()
    require(goal, [condition for condition in needed if condition not in remaining], nodes_of(node, "conditions"), link)
    return holds


def _fact(goal: Obligation, fact: Node, link: Link, scope: Scope) -> tuple[Term, Term]:
    """Return (old, new) after checking that both are equal on the whole domain.

    sqrt x = y: y^2 = x, y >= 0. |x| = y: y^2 = x^2, y >= 0. max(a, b), min(a, b): one of both, by their order.
    acos x = y: cos y = x, 0 <= y <= pi; asin, atan likewise. log x = y: exp y = x. Anything else: equal normal forms.
    """
    only_keys(fact, "term", "is", "premises")
    old = term_in(scope, text_of(fact, "term"))
    premises = nodes_of(fact, "premises")
    new = term_in(scope, text_of(fact, "is"))
    x = old.args[0] if old.args else ZERO
    signs: list[Term]
    if old.op in ("sqrt", "abs"):
        equal, signs = sub(power(new, 2), x if old.op == "sqrt" else power(x, 2)), [Term("ge", (new, ZERO))]
    elif old.op in ("min", "max"):
        other = next((arg for arg in old.args if is_zero(sub(arg, new))), None)
        if other is None:
            raise Rejected("PC311", f"{new} is neither of the arguments of {old}.", goal.name)
        second = old.args[1] if other is old.args[0] else old.args[0]
        equal, signs = sub(other, new), [Term("ge" if old.op == "max" else "le", (sub(other, second), ZERO))]
    elif old.op == "acos":
        equal, signs = sub(Term("cos", (new,)), x), [Term("ge", (new, ZERO)), Term("ge", (sub(PI, new), ZERO))]
    elif old.op == "asin":
        equal, signs = sub(Term("sin", (new,)), x), [Term("ge", (add(new, HALF_PI), ZERO)), Term("ge", (sub(HALF_PI, new), ZERO))]
    elif old.op == "atan":
        equal = sub(Term("sin", (new,)), mul(x, Term("cos", (new,))))
        signs = [Term("gt", (add(new, HALF_PI), ZERO)), Term("gt", (sub(HALF_PI, new), ZERO))]
    elif old.op == "log":
        equal, signs = sub(Term("exp", (new,)), x), []
    else:
        equal, signs = sub(old, new), []
    if not is_zero(equal):
        raise Rejected("PC311", f"{old} = {new} does not follow: {equal} is not exactly 0.", goal.name)
    require(goal, [*signs, *conditions(new)], premises, link, "PC311")
    return old, new


SMOOTH = ("var", "neg", "add", "sub", "mul", "sin", "cos", "exp")


def _integrated(goal: Obligation, fact: Node, formula: Term, scope: Scope) -> tuple[Term, Term]:
    """Return an integral of the formula, by its number, and F(b) - F(a), where F' = f exactly and F is smooth on all of R."""
    only_keys(fact, "integral", "variable", "antiderivative")
    integrals = [term for term in postorder((formula,)) if term.op == "integral"]
    old = integrals[number_of(fact, "integral", 0, max(len(integrals) - 1, 0))] if integrals else ZERO
    name = text_of(fact, "variable")
    if old is ZERO or name in scope.values or not is_name(name) or "inf" in (old.args[1].op, old.args[2].op):
        raise Rejected("PC311", "The fact needs an integral between finite ends and a new name for its variable.", goal.name)
    body = substitute(old.args[0], {str(old.value): var(name)})
    scope.values[name] = var(name)
    antiderivative = term_in(scope, text_of(fact, "antiderivative"))
    del scope.values[name]
    for inner in postorder((antiderivative, body)):
        power_ok = inner.op == "pow" and isinstance(inner.value, int) and inner.value >= 0
        division_ok = inner.op == "div" and name not in variables(inner.args[1])
        if name in variables(inner) and inner.op not in SMOOTH and not power_ok and not division_ok:
            raise Rejected("PC311", f"`{inner.op}` of the variable of integration is not smooth everywhere.", goal.name)
    if not is_zero(sub(derivative(antiderivative, name), body)):
        raise Rejected("PC311", "The derivative of the antiderivative is not the integrand.", goal.name)
    if conditions(antiderivative) or conditions(body):
        raise Rejected("PC311", "Integrand and antiderivative must have values everywhere; take parameters out of divisions first.", goal.name)
    return old, sub(*(substitute(antiderivative, {name: end}) for end in (old.args[2], old.args[1])))


def parametrise(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what holds after a variable is replaced by a continuous function onto its domain.

        P[g(s)] for all s in S      g(S) contains the domain of x
        ---------------------------------------------------------
                      P[x] for all x in the domain

    Soundness: g is continuous on all of R (no conditions), S is an interval, and g at the ends of S reaches the ends of the
    domain of x (beyond them, or exactly and with the end included where x includes it): the intermediate value theorem.
    Domains of other variables must not use x.
    """
    only_keys(node, "var", "as", "new", "domain", "then")
    name, new = text_of(node, "var"), text_of(node, "new")
    box = goal.box
    used_elsewhere = any(name in variables(end) for domain in box.values() for end in (domain.lower, domain.upper) if end is not None)
    if name not in box or new in box or not is_name(new) or used_elsewhere or box[name].integer:
        raise Rejected("PC310", f"{name} cannot be replaced by a function of {new} here.", goal.name)
    outer = Scope({}, {}, "certificate")
    domain = domain_in(outer, text_of(node, "domain"))
    if domain.integer:
        raise Rejected("PC310", f"{new} must run through an interval, not through whole numbers.", goal.name)
    outer.values[new] = Term("var", (), new)
    image = term_in(outer, text_of(node, "as"))
    if conditions(image):
        raise Rejected("PC310", f"{image} does not have a value everywhere.", goal.name)
    _onto(image, new, domain, box[name], goal.name)
    change = {name: image}
    domains = tuple((n, d) if n != name else (new, domain) for n, d in goal.domains)
    given = tuple(substitute(formula, change) for formula in goal.given)
    changed = Obligation(f"{goal.name}, {name} = {image}", domains, given, substitute(goal.goal, change))
    established(changed, node_of(node, "then"), link)
    return True


def _onto(image: Term, new: str, domain: Domain, target: Domain, where: str) -> None:
    """Reject unless the image of ``domain`` contains ``target``."""
    if domain.lower is None or domain.upper is None or target.lower is None or target.upper is None:
        raise Rejected("PC310", "Both domains must be bounded.", where)
    if variables(target.lower) or variables(target.upper):
        raise Rejected("PC310", "The ends of the domain must be constants.", where)
    first, last = (substitute(image, {new: end}) for end in (domain.lower, domain.upper))
    rising = [(first, domain.lower_closed), (last, domain.upper_closed)]
    for low, high in (rising, rising[::-1]):
        below = _reaches(sub(target.lower, low[0]), closed=target.lower_closed, included=low[1])
        above = _reaches(sub(high[0], target.upper), closed=target.upper_closed, included=high[1])
        if below and above:
            return
    raise Rejected("PC310", f"The image of {new} in {domain} under {image} is not shown to contain {target}.", where)


def _reaches(excess: Term, *, closed: bool, included: bool) -> bool:
    """Say whether an end is passed (excess > 0), or met exactly and included where it has to be."""
    return ball_sign(excess) == 1 or (is_zero(excess) and (included or not closed))


