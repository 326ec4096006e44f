"""One problem in the languages of other provers: each an algebra for the one evaluator, whose numbers are texts.

A problem becomes: are there values in the domains that satisfy the hypotheses and violate the conclusion (SMT-LIB), a goal with one side 0
(Coq), a nested list (the loop over mpmath.iv). Raises UnsupportedError for what a language does not have.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.terms import RELATIONS, Obligation, Term, conjuncts, postorder, sub


class UnsupportedError(Exception):
    """The language has no word for an operation."""


class Words:
    """An algebra whose operations without a method of their own go to ``call``."""

    def __getattr__(self, op: str) -> Any:
        def made(*args: Any) -> Any:
            return self.call(op, *args)

        return made

    def call(self, op: str, *args: Any) -> Any:
        """Return the text of an operation."""
        raise UnsupportedError(op)


class Smt(Words):
    """SMT-LIB. Square roots, and logarithms where there is an exponential, are new variables with their equation."""

    words: ClassVar = {"add": "+", "sub": "-", "mul": "*", "div": "/", "neg": "-"}
    further: ClassVar = {"sin": "sin", "cos": "cos", "tan": "tan", "exp": "exp", "atan": "arctan", "asin": "arcsin", "acos": "arccos"}

    def __init__(self, *, transcendental: bool) -> None:
        self.transcendental = transcendental
        self.new: list[tuple[str, str]] = []

    def number(self, value: Fraction) -> str:
        text = f"{abs(value.numerator)}.0" if value.denominator == 1 else f"(/ {abs(value.numerator)}.0 {value.denominator}.0)"
        return text if value >= 0 else f"(- {text})"

    def pi(self) -> str:
        if not self.transcendental:
            raise UnsupportedError("pi")
        return "real.pi"

    def pow(self, x: str, n: int) -> str:
        return f"(/ 1.0 {self.pow(x, -n)})" if n < 0 else "1.0" if n == 0 else x if n == 1 else f"(* {' '.join([x] * n)})"

    def sqrt(self, x: str) -> str:
        name = f"root{len(self.new)}"
        self.new.append((name, f"(and (>= {name} 0.0) (= (* {name} {name}) {x}))"))
        return name

    def log(self, x: str) -> str:
        if not self.transcendental:
            raise UnsupportedError("log")
        name = f"log{len(self.new)}"
        self.new.append((name, f"(= (exp {name}) {x})"))
        return name

    def abs(self, x: str) -> str:
        return f"(ite (>= {x} 0.0) {x} (- {x}))"

    def max(self, x: str, y: str) -> str:
        return f"(ite (>= {x} {y}) {x} {y})"

    def min(self, x: str, y: str) -> str:
        return f"(ite (<= {x} {y}) {x} {y})"

    def call(self, op: str, *args: Any) -> str:
        if op in self.words:
            return f"({self.words[op]} {' '.join(args)})"
        if op in self.further and self.transcendental:
            return f"({self.further[op]} {args[0]})"
        raise UnsupportedError(op)


def smt(problem: Obligation, *, transcendental: bool) -> str:
    """Return an SMT-LIB script: unsat means proved, sat means refuted."""
    algebra = Smt(transcendental=transcendental)
    relations = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}

    def text(term: Term) -> str:
        return str(evaluate((term,), algebra, {name: name for name, _ in problem.domains})[0])

    def formula(part: Term) -> str:
        if part.op in ("and", "or", "not"):
            return f"({part.op} {' '.join(formula(arg) for arg in part.args)})"
        if part.op == "ne":
            return f"(not (= {text(part.args[0])} {text(part.args[1])}))"
        return f"({relations[part.op]} {text(part.args[0])} {text(part.args[1])})"

    asserted = [f"(not {formula(problem.goal)})", *(formula(part) for part in problem.given)]
    for name, domain in problem.domains:
        assert domain.lower is not None
        assert domain.upper is not None
        asserted.append(f"({'<=' if domain.lower_closed else '<'} {text(domain.lower)} {name})")
        asserted.append(f"({'<=' if domain.upper_closed else '<'} {name} {text(domain.upper)})")
    names = [name for name, _ in problem.domains] + [name for name, _ in algebra.new]
    lines = [f"(set-logic {'QF_NRAT' if transcendental else 'QF_NRA'})", *(f"(declare-fun {name} () Real)" for name in names)]
    lines += [f"(assert {part})" for part in [*(equation for _, equation in algebra.new), *asserted]]
    return "\n".join([*lines, "(check-sat)", ""])


class Coq(Words):
    """The reals of Coq's standard library."""

    words: ClassVar = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
    functions: ClassVar = {"sin": "sin", "cos": "cos", "tan": "tan", "exp": "exp", "log": "ln", "atan": "atan", "sqrt": "sqrt", "abs": "Rabs", "neg": "-"}

    def number(self, value: Fraction) -> str:
        text = f"{abs(value.numerator)}" if value.denominator == 1 else f"({abs(value.numerator)}/{value.denominator})"
        return text if value >= 0 else f"(-{text})"

    def pi(self) -> str:
        return "PI"

    def pow(self, x: str, n: int) -> str:
        return f"({x}^{n})" if n >= 0 else f"(/ {x}^{-n})"

    def call(self, op: str, *args: Any) -> str:
        if op in self.words:
            return f"({args[0]} {self.words[op]} {args[1]})"
        if op in self.functions:
            return f"({self.functions[op]} {args[0]})"
        raise UnsupportedError(op)


def coq(problem: Obligation) -> str:
    """Return a script that ends without an error where the tactic ``interval`` proves the problem. It uses no hypotheses but the domains."""
    if problem.goal.op in ("and", "or", "not", "eq", "ne"):
        raise UnsupportedError(problem.goal.op)
    names = [name for name, _ in problem.domains]
    inside = {name: f"v_{name}" for name in names}

    def text(term: Term) -> str:
        return str(evaluate((term,), Coq(), inside)[0])

    relation = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}[problem.goal.op]
    domains = []
    for name, domain in problem.domains:
        assert domain.lower is not None
        assert domain.upper is not None
        low, high = ("<=" if closed else "<" for closed in (domain.lower_closed, domain.upper_closed))
        domains.append(f"{text(domain.lower)} {low} v_{name} {high} {text(domain.upper)}")
    cuts = ", ".join(f"i_bisect v_{name}" for name in names)
    goal = f"{text(sub(*problem.goal.args))} {relation} 0"
    ways = [f"interval with ({cuts}, i_autodiff v_{names[0]}, i_depth 40)"]
    if len(names) == 1:
        ways = [f"interval with ({cuts}, i_taylor v_{names[0]}, i_degree 8, i_depth 30)", *ways]
    return "\n".join([
        "Require Import Reals.", "From Interval Require Import Tactic.", "Open Scope R_scope.",
        f"Goal forall {' '.join(f'v_{name}' for name in names)}, {' -> '.join(domains)} -> {goal}.",
        f"Proof. intros {' '.join(inside.values())} {' '.join(f'h_{name}' for name in names)}.",
        f"Time (first [{' | '.join(ways)}]). Qed.", "",
    ])  # fmt: skip


class Nested(Words):
    """Nested lists in prefix order."""

    def number(self, value: Fraction) -> list[Any]:
        return ["num", value.numerator, value.denominator]

    def pi(self) -> list[Any]:
        return ["pi"]

    def pow(self, x: list[Any], n: int) -> list[Any]:
        return ["pow", x, n]

    def call(self, op: str, *args: Any) -> list[Any]:
        return [op, *args]


def nested(problem: Obligation) -> dict[str, Any]:
    """Return the problem as nested lists, for the loop over mpmath.iv."""
    env = {name: ["var", name] for name, _ in problem.domains}

    def listed(part: Term) -> list[Any]:
        if part.op in RELATIONS:
            return [part.op, *evaluate(part.args, Nested(), env)]
        return [part.op, *(listed(arg) for arg in part.args)]

    known = {"add", "sub", "mul", "div", "neg", "pow", "num", "var", "pi", "sin", "cos", "tan", "exp", "log", "sqrt", "abs", "and", "or", "not", *RELATIONS}
    strange = {node.op for node in postorder((problem.goal, *problem.given))} - known
    if strange:
        raise UnsupportedError(", ".join(sorted(strange)))
    domains = {}
    for name, domain in problem.domains:
        ends = [evaluate((end,), Nested(), {})[0] for end in (domain.lower, domain.upper) if end is not None]
        domains[name] = ends
    return {"domains": domains, "given": [listed(part) for formula in problem.given for part in conjuncts(formula)], "goal": listed(problem.goal)}
