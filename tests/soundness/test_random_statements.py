"""Random statements against random certificates; what is accepted is compared with an independent evaluation at many points.

The evaluation here is mpmath at 100 digits, written apart from the kernel. Values closer than 10^-60 count as equal, and the sample
points are coarse, so that a difference of this size is an equality.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import PI, ZERO, Domain, Obligation, Term, add, div, mul, neg, num, postorder, power, sub, substitute, var, variables

CLOSE = mpmath.mpf(10) ** -60
TREES = ("N", "M", "C", "0NN", "0MM", "0CC", "0NC", "0MC", "0M0MM", "00NNN", "00CCC")


class UndefinedError(Exception):
    """The term has no value at the point."""


class TooLargeError(Exception):
    """The value is out of reach here; the point says nothing."""


def value(root: Term, env: Mapping[str, Any]) -> Any:
    """Return the value of a term at a point."""
    known: dict[Term, Any] = {}
    for node in postorder([root]):
        known[node] = _operation(node, [known[arg] for arg in node.args], env)
        if abs(known[node]) > mpmath.mpf(10) ** 30:
            raise TooLargeError
    return known[root]


def _operation(node: Term, a: list[Any], env: Mapping[str, Any]) -> Any:
    op, count = node.op, node.value
    if op == "num":
        assert isinstance(count, Fraction)
        return mpmath.mpf(count.numerator) / count.denominator
    if op in ("pi", "var"):
        return +mpmath.pi if op == "pi" else env[str(count)]
    if op in ("add", "sub", "mul", "neg"):
        return {"add": lambda: a[0] + a[1], "sub": lambda: a[0] - a[1], "mul": lambda: a[0] * a[1], "neg": lambda: -a[0]}[op]()
    outside = {
        "div": lambda: abs(a[1]) < CLOSE,
        "pow": lambda: isinstance(count, int) and count < 0 and abs(a[0]) < CLOSE,
        "sqrt": lambda: a[0] < -CLOSE,
        "log": lambda: a[0] < CLOSE,
        "gamma": lambda: a[0] < CLOSE,
        "asin": lambda: abs(a[0]) > 1 + CLOSE,
        "acos": lambda: abs(a[0]) > 1 + CLOSE,
        "tan": lambda: abs(mpmath.cos(a[0])) < CLOSE,
        "angle": lambda: min(a[1], a[2]) < CLOSE,
    }.get(op, lambda: False)
    if outside():
        raise UndefinedError
    if op in ("exp", "gamma") and a[0] > 60:
        raise TooLargeError
    if op in ("asin", "acos"):
        a = [max(-1, min(1, a[0]))]
    if op == "angle":
        return mpmath.acos(max(-1, min(1, a[0] / mpmath.sqrt(a[1] * a[2]))))
    rest: dict[str, Any] = {"div": lambda x, y: x / y, "pow": lambda x: x**count, "sqrt": lambda x: mpmath.sqrt(max(x, 0)), "abs": abs, "min": min, "max": max}
    return rest.get(op, getattr(mpmath, op, None))(*a)


def holds(formula: Term, env: Mapping[str, Any]) -> bool | None:
    """Return whether a formula holds at a point; None where a term that matters has no value."""
    if formula.op in ("and", "or"):
        parts = [holds(arg, env) for arg in formula.args]
        strong = formula.op == "or"
        return strong if strong in parts else None if None in parts else not strong
    if formula.op == "not":
        inner = holds(formula.args[0], env)
        return None if inner is None else not inner
    try:
        gap = value(formula.args[0], env) - value(formula.args[1], env)
    except UndefinedError:
        return None
    sign = 0 if abs(gap) < CLOSE else 1 if gap > 0 else -1
    return sign in {"gt": (1,), "ge": (0, 1), "lt": (-1,), "le": (-1, 0), "eq": (0,), "ne": (-1, 1)}[formula.op]


class Maker:
    """Random terms, domains, points and proofs."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)

    def term(self, depth: int, names: tuple[str, ...] = ("x", "y")) -> Term:
        """Return a random term."""
        pick = self.choose
        if depth == 0 or pick.random() < 0.1:
            if pick.random() < 0.6:
                return var(pick.choice(names))
            return PI if pick.random() < 0.3 else num(Fraction(pick.randint(-4, 4), pick.choice([1, 1, 1, 2, 3, 5])))
        op = pick.choice("add sub mul mul div neg pow sin cos tan asin acos atan exp log sqrt sqrt abs gamma min max angle".split())  # noqa: SIM905 - a list of 22 words
        a, b = self.term(depth - 1, names), self.term(depth - 1, names)
        made = {"add": add, "sub": sub, "mul": mul, "div": div}.get(op)
        if made:
            return made(a, b)
        if op == "neg":
            return neg(a)
        if op == "pow":
            return power(a, pick.choice([-2, -1, 0, 2, 3]))
        if op == "angle":
            return Term("angle", (add(a, b), add(power(a, 2), power(b, 2)), num(2)))
        return Term(op, (a, b) if op in ("min", "max") else (a,))

    def domain(self, earlier: str = "") -> Domain:
        """Return a random bounded domain, sometimes with an end that uses an earlier variable."""
        pick = self.choose
        ends = [num(k) for k in range(-2, 3)] + [num(Fraction(1, 2)), PI, neg(PI), div(PI, num(2))]
        while True:
            low, high = pick.choice(ends), pick.choice(ends)
            if earlier and pick.random() < 0.3:
                low, high = (low, var(earlier)) if pick.random() < 0.5 else (var(earlier), high)
            elif value(low, {}) >= value(high, {}):
                continue
            return Domain(low, high, pick.random() < 0.5, pick.random() < 0.5)

    def points(self, domains: tuple[tuple[str, Domain], ...], count: int) -> Iterator[dict[str, Any]]:
        """Yield points of the domains, ends that belong to them often."""
        for _ in range(count):
            env: dict[str, Any] = {}
            for name, domain in domains:
                assert domain.lower is not None
                assert domain.upper is not None
                low, high = value(domain.lower, env), value(domain.upper, env)
                parts = [Fraction(self.choose.randint(1, 63), 64), Fraction(1, 2), *([0] if domain.lower_closed else []), *([1] if domain.upper_closed else [])]
                part = self.choose.choice(parts)
                if high < low + CLOSE:
                    break
                env[name] = low + (high - low) * mpmath.mpf(part.numerator) / part.denominator
            else:
                yield env

    def obligation(self) -> Obligation:
        """Return a random obligation, often with equality at a corner of its domain."""
        pick = self.choose
        domains = (("x", self.domain()), ("y", self.domain("x")))
        left, right = self.term(pick.randint(1, 3)), pick.choice([ZERO, ZERO, num(pick.randint(-3, 3)), self.term(1)])
        if pick.random() < 0.3:
            corner = {name: end for name, domain in domains for end in [pick.choice([domain.lower, domain.upper])] if end is not None}
            right = substitute(substitute(left, corner), corner)
        goal = Term(pick.choice(["gt", "ge", "lt", "le", "gt", "ge", "ne", "eq"]), (left, right))
        if pick.random() < 0.2:
            goal = Term(pick.choice(["and", "or"]), (goal, Term("gt", (self.term(1), ZERO))))
        if pick.random() < 0.1:
            goal = Term("not", (goal,))
        given = (Term(pick.choice(["gt", "ge", "le", "lt", "eq"]), (self.term(1), ZERO)),) if pick.random() < 0.25 else ()
        if not any("y" in variables(part) for part in (goal, *given)):
            domains = domains[:1]
        return Obligation("random", domains, given, goal)

    def proofs(self, goal: Obligation) -> Iterator[dict[str, Any]]:
        """Yield proofs that might do."""
        trees = [*TREES, *(["1NN", "1MM", "1CC", "01NN1NN", "01MM1MM", "01CC1CC"] if len(goal.domains) == 2 else [])]
        yield {"rule": "sign"}
        for tree in trees:
            yield {"rule": "bisection", "prec": 64, "tree": tree}
        yield {"rule": "bisection", "prec": 64, "tree": self.choose.choice(trees), "conditions": []}
        if goal.goal.op == "eq":
            yield {"rule": "ring"}
        if len(postorder([goal.goal])) > 9:
            return  # exact series of larger random terms take seconds
        if len(goal.domains) == 1:
            for end in ("lower", "upper"):
                for order in (1, 2):
                    yield {"rule": "zeros", "var": "x", "end": end, "order": order, "length": order + 2, "prec": 64, "tree": "N"}
        else:
            for left, kind in ((0, ""), (1, "l")):
                yield {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1 - left, "left": left, "right": 0, "length": 3,
                       "prec": 64, "strips": [["1", kind, "N"]]}  # fmt: skip


def accepted(goal: Obligation, proof: Mapping[str, Any]) -> bool:
    """Say whether the kernel accepts the proof."""
    try:
        return prove(goal, proof, Link())
    except Rejected:
        return False


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_what_is_accepted_is_true_at_every_sampled_point(seed: int) -> None:
    """No accepted statement is false, or without a value, at any of thirty points of its domain that satisfy its hypotheses."""
    make = Maker(seed)
    count = 0
    with mpmath.workdps(100):
        for _ in range(45):
            goal = make.obligation()
            proof = next((proof for proof in make.proofs(goal) if accepted(goal, proof)), None)
            if proof is None:
                continue
            count += 1
            for env in make.points(goal.domains, 30):
                try:
                    if all(holds(formula, env) for formula in goal.given):
                        assert holds(goal.goal, env), (goal, proof, env)
                except TooLargeError:
                    continue
    assert count > 4


@pytest.mark.parametrize("seed", range(4))
def test_normal_forms_have_the_value_of_the_term(seed: int) -> None:
    """The exact normal form of a random term has its value wherever the term has one."""
    make = Maker(1000 + seed)
    compared = 0
    with mpmath.workdps(100):
        for _ in range(250):
            term = make.term(make.choose.randint(2, 3))
            try:
                ring, (element,) = normal((term,))
            except Rejected:
                continue
            form = ring.term(element)
            for _ in range(4):
                env = {name: mpmath.mpf(make.choose.randint(-96, 96)) / 32 for name in ("x", "y")}
                try:
                    wanted = value(term, env)
                    found = value(form, env)
                except (UndefinedError, TooLargeError):
                    continue
                compared += 1
                assert abs(wanted - found) < mpmath.mpf(10) ** -40 * (1 + abs(wanted)), (term, form, env)
    assert compared > 150


@pytest.mark.parametrize("seed", range(2))
def test_signs_contain_the_sign_of_every_value(seed: int) -> None:
    """The set of signs of a random term contains the sign at every sampled point."""
    make = Maker(2000 + seed)
    with mpmath.workdps(100):
        for _ in range(60):
            domains = (("x", make.domain()), ("y", make.domain("x")))
            term = make.term(make.choose.randint(1, 3))
            found = Signs(dict(domains)).sign(term)
            for env in make.points(domains, 15):
                try:
                    gap = value(term, env)
                except (UndefinedError, TooLargeError):
                    continue
                assert (0 if abs(gap) < CLOSE else 1 if gap > 0 else -1) in found, (term, domains, env)
