"""Random statements whose truth is known by the way they are made, and their value at a point by mpmath, apart from everything in proofcheck."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import mpmath

Powers = tuple[int, ...]
NAMES = "xyzw"


@dataclass(frozen=True)
class Made:
    """A statement left op right on a box, with hypotheses, and whether it is true."""

    kind: str
    left: str
    op: str
    right: str
    domains: Mapping[str, str]
    true: bool
    given: tuple[str, ...] = ()
    steps: tuple[Mapping[str, str], ...] = field(default=())
    by: str = ""

    @property
    def goal(self) -> str:
        """The text of the relation."""
        return f"{self.left} {self.op} {self.right}"

    def claim(self) -> bytes:
        """Return a claim file; ``steps`` state the same on parts of the domain."""
        lines = ['proofcheck = "claim/1"', f"given = {[*self.given]!r}".replace("'", '"'), "[claim]", 'id = "p/fuzz"', 'title = "made"', 'expect = "proved"']
        lines += [f'statement = "{self.goal}"', *([f"by = {self.by}"] if self.by else []), "[for_all]"]
        lines += [f'{name} = "{domain}"' for name, domain in self.domains.items()]
        for i, domains in enumerate(self.steps):
            lines += ["[[step]]", f'id = "part{i}"', f'shows = "{self.goal}"', 'by = "inequality"', *(f'for_all.{name} = "{domain}"' for name, domain in domains.items())]
        return ("\n".join(lines) + "\n").encode()


def value(text: str, at: Mapping[str, Any]) -> Any:
    """Return the value of a formula that was made here, by mpmath at its present precision."""
    words = {name: getattr(mpmath, name) for name in ("sin", "cos", "tan", "exp", "log", "atan", "acos", "asin", "mpf", "pi")}
    words["sqrt"] = lambda x: mpmath.sqrt(max(x, 0))  # every radicand made here is a sum of squares, which rounding may leave below 0
    python = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"mpf(\1)", text.replace("^", "**"))
    return eval(python, {"__builtins__": {}}, {**words, "abs": abs, "max": max, "min": min, **at})  # texts made in this file


def violates(statement: Made, witness: Mapping[str, str]) -> bool:
    """Say whether at 100 digits (a square root keeps half of them at a zero) the witness lies in the box, satisfies the hypotheses and violates the relation; ties count as equal."""
    with mpmath.workdps(100):
        at = {name: value(text, {}) for name, text in witness.items()}
        for name, domain in statement.domains.items():  # a variable that occurs nowhere may be anything
            if name not in at and not re.search(rf"\b{name}\b", " ".join([statement.goal, *statement.given])):
                at[name] = sum(value(end, {}) for end in domain[1:-1].split(",")) / 2
        for name, domain in statement.domains.items():
            low, high = (value(end, {}) for end in domain[1:-1].split(","))
            if not (holds(low - at[name], "<=" if domain[0] == "[" else "<") and holds(at[name] - high, "<=" if domain[-1] == "]" else "<")):
                return False
        for formula in statement.given:
            left, op, right = re.split(r" (<=|>=|<|>|=) ", formula)
            if not holds(value(left, at) - value(right, at), op):
                return False
        return not holds(value(statement.left, at) - value(statement.right, at), statement.op)


def holds(gap: Any, op: str) -> bool:
    """Say whether ``gap op 0``, where less than 10^-40 is 0."""
    sign = 0 if abs(gap) < mpmath.mpf(10) ** -40 else 1 if gap > 0 else -1
    return sign in {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "=": (0,), "!=": (-1, 1)}[op]


class Polynomial:
    """A polynomial over the rationals: coefficients by exponents."""

    def __init__(self, terms: Mapping[Powers, Fraction]) -> None:
        self.terms = {powers: value_ for powers, value_ in terms.items() if value_}

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial({p: self.terms.get(p, Fraction(0)) + other.terms.get(p, Fraction(0)) for p in {*self.terms, *other.terms}})

    def __mul__(self, other: Polynomial) -> Polynomial:
        found: dict[Powers, Fraction] = {}
        for p, a in self.terms.items():
            for q, b in other.terms.items():
                key = tuple(i + j for i, j in zip(p, q, strict=True))
                found[key] = found.get(key, Fraction(0)) + a * b
        return Polynomial(found)

    def at(self, point: list[Fraction]) -> Fraction:
        """Return the exact value."""
        total = Fraction(0)
        for powers, coefficient in self.terms.items():
            for base, power in zip(point, powers, strict=True):
                coefficient *= base**power  # noqa: PLW2901 - a product
            total += coefficient
        return total

    def __str__(self) -> str:
        parts = []
        for powers, coefficient in sorted(self.terms.items(), reverse=True):
            factors = [f"{name}^{power}" if power > 1 else name for name, power in zip(NAMES, powers, strict=False) if power]
            parts.append("*".join([number(coefficient), *factors]))
        return " + ".join(parts) or "0"


def number(q: Fraction) -> str:
    """Return a rational in brackets."""
    return f"({q.numerator}/{q.denominator})" if q.denominator > 1 else f"({q.numerator})"


class Maker:
    """Random statements of known truth, in the same order for the same seed."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def make(self) -> Made:
        """Return one statement, true or false."""
        kinds: tuple[Callable[[], Made], ...] = (
            self.squares, self.squares, self.squares, self.composed, self.rising, self.wave, self.waves, self.distance, self.simplex, self.identity, self.identity,
            self.quotient, self.charted, self.assembled, self.on_grid,
        )  # fmt: skip
        return self.pick.choice(kinds)()

    def fraction(self, low: int = -3, high: int = 3) -> Fraction:
        """Return a small rational."""
        return Fraction(self.pick.randint(low, high) * 6 + self.pick.randint(0, 5), 6) if self.pick.random() < 0.5 else Fraction(self.pick.randint(low, high))

    def shift(self) -> Fraction:
        """Return 0 or a margin of either sign, from large to tiny."""
        size = self.pick.choice([0, 0, 1, 1, 2, 3, 4, 6, 9, 12])
        return Fraction(0) if size == 0 else Fraction(self.pick.choice([1, 1, -1]), 10 ** (size - 1))

    def relation(self, kind: str, low: str, least: bool, shift: Fraction, domains: Mapping[str, str], given: tuple[str, ...] = ()) -> Made:
        """Return ``low + shift > 0`` or a variant, for a term with infimum 0 that is attained if ``least``."""
        strict = self.pick.random() < 0.5
        true = shift > 0 or (shift == 0 and (not strict or not least))
        if self.pick.random() < 0.5:
            return Made(kind, f"{low} + {number(shift)}", ">" if strict else ">=", "0", domains, true, given)
        return Made(kind, number(-shift), "<" if strict else "<=", low, domains, true, given)

    def linear(self, size: int, zero: list[Fraction]) -> Polynomial:
        """Return a form of degree one that vanishes at a point."""
        unit = [tuple(int(i == j) for j in range(size)) for i in range(size)]
        form = Polynomial({unit[i]: self.fraction() for i in range(size)})
        return form + Polynomial({(0,) * size: -form.at(zero)})

    def nonnegative(self, size: int, zero: list[Fraction]) -> Polynomial:
        """Return a sum of squares, expanded, that vanishes at a point; sometimes times something positive."""
        total = Polynomial({})
        for _ in range(self.pick.randint(1, 3)):
            form = self.linear(size, zero)
            if self.pick.random() < 0.4:
                form = form * self.linear(size, [self.fraction() for _ in range(size)])
            total = total + form * form
        return total

    def box(self, zero: list[Fraction]) -> dict[str, str]:
        """Return a closed box around a point, sometimes with the point on its boundary."""
        ends = []
        for q in zero:
            low, high = (self.pick.choice([Fraction(0), Fraction(1, 2), Fraction(1), Fraction(2)]) for _ in range(2))
            ends.append((q - low, q + (high or Fraction(1) if not low else high)))
        return {name: f"[{low}, {high}]" for name, (low, high) in zip(NAMES, ends, strict=False)}

    def squares(self, size: int = 0) -> Made:
        """Make a sum of squares with its zero in the box, plus a margin."""
        size = size or self.pick.choice([1, 1, 2, 2, 2, 3])
        zero = [self.fraction() for _ in range(size)]
        return self.relation("squares", str(self.nonnegative(size, zero)), True, self.shift(), self.box(zero))

    def composed(self) -> Made:
        """Make a monotone function of a sum of squares, minus its value at 0."""
        size = self.pick.choice([1, 1, 2])
        zero = [self.fraction() for _ in range(size)]
        inner = f"({self.nonnegative(size, zero)})"
        text = self.pick.choice([f"exp({inner}/50) - 1", f"log(1 + {inner})", f"atan({inner})", f"sqrt(1 + {inner}) - 1", f"sqrt({inner})", f"pi/2 - acos({inner}/(1 + {inner}))"])
        return self.relation("composed", text, True, self.shift(), self.box(zero))

    def rising(self) -> Made:
        """Make a polynomial whose derivative is a square plus something positive, from its value at the lower end."""
        a, b, c = self.fraction(), self.fraction(), abs(self.fraction()) + Fraction(1, 3)
        p = Polynomial({(3,): a * a / 3, (2,): a * b, (1,): b * b + c})
        low = self.fraction()
        closed = self.pick.random() < 0.5
        text = str(p + Polynomial({(0,): -p.at([low])}))
        return self.relation("rising", text, closed, self.shift(), {"x": f"{'[' if closed else '('}{low}, {low + 2}]"})

    def wave(self) -> Made:
        """Make a sine wave over more than a period: it stays below its amplitude and reaches it."""
        a, b, c = self.pick.choice([(3, 4, 5), (5, 12, 13), (8, 15, 17), (1, 0, 1), (0, 2, 2)])
        k = self.pick.randint(1, 4)
        low = self.fraction()
        text = f"{c} - {a}*sin({k}*x) - {b}*cos({k}*x)"
        return self.relation("wave", text, True, self.shift(), {"x": f"[{low}, {low + 7}]"})

    def waves(self) -> Made:
        """Make a sum of 1 - cos(k (x - r pi)), with the common zero in the box."""
        size = self.pick.choice([1, 2, 2])
        parts, domains = [], {}
        for name in NAMES[:size]:
            k, r = self.pick.randint(1, 3), Fraction(self.pick.randint(-4, 4), self.pick.choice([1, 2, 3, 4]))
            parts.append(f"1 - cos({k}*({name} - {number(r)}*pi))")
            domains[name] = f"[{r}*pi - {self.pick.choice(['1', '1/2', '0'])}, {r}*pi + {self.pick.choice(['1', '3/2'])}]"
        return self.relation("waves", " + ".join(parts), True, self.shift(), domains)

    def distance(self) -> Made:
        """Make |x - a| + |x - b| - |a - b|, and the maximum of two squares."""
        a, b = self.fraction(), self.fraction()
        if self.pick.random() < 0.5:
            low, high = min(a, b), max(a, b)
            text = f"abs(x - {number(a)}) + abs(x - {number(b)}) - {number(high - low)}"
            return self.relation("distance", text, True, self.shift(), {"x": f"[{low - 1}, {high + 1}]"})
        text = f"max((x - {number(a)})^2, (x - {number(b)})^2) - {number((a - b) ** 2 / 4)}"
        return self.relation("distance", text, True, self.shift(), {"x": f"[{min(a, b) - 1}, {max(a, b) + 1}]"})

    def simplex(self) -> Made:
        """Make a linear form on a simplex, which is largest at one of its corners."""
        size = self.pick.choice([2, 2, 3])
        weights = [Fraction(self.pick.randint(0, 6), 2) for _ in range(size)]
        sum_ = " + ".join(NAMES[:size])
        form = " + ".join(f"{number(w)}*{name}" for w, name in zip(weights, NAMES, strict=False))
        return self.relation("simplex", f"{number(max(weights))} - ({form})", True, self.shift(), dict.fromkeys(NAMES[:size], "[0, 1]"), (f"{sum_} <= 1",))

    def quotient(self) -> Made:
        """Make a sum of squares over something positive."""
        zero = [self.fraction(), self.fraction()]
        text = f"({self.nonnegative(2, zero)})/(1 + (x - y)^2)"
        return self.relation("quotient", text, True, self.shift(), self.box(zero))

    def identity(self) -> Made:
        """Make a product and its expansion, or a law of sines, exponentials, logarithms; with a perturbation in half of the cases."""
        size = self.pick.choice([1, 2, 3])
        p, q = self.linear(size, [self.fraction() for _ in range(size)]), self.linear(size, [self.fraction() for _ in range(size)])
        a, b, k = f"({p})", f"({q})", self.pick.randint(2, 4)
        power = q
        for _ in range(k - 1):
            power = power * q
        left, right = self.pick.choice([
            (f"{a}*{b}", str(p * q)), (f"{b}^{k}", str(power)), (f"{a}^2 - {b}^2", f"({p + q})*({p + q * Polynomial({(0,) * size: Fraction(-1)})})"),
            (f"sin({a} + {b})", f"sin({a})*cos({b}) + cos({a})*sin({b})"), (f"cos(2*{a})", f"1 - 2*sin({a})^2"), (f"exp({a} + {b})", f"exp({a})*exp({b})"),
            (f"sin(3*{a})", f"3*sin({a}) - 4*sin({a})^3"), (f"{a}/(1 + {b}^2) + 1", f"(1 + {b}^2 + {p})/(1 + {b}^2)"),
        ])  # fmt: skip
        false = self.pick.random() < 0.5
        if false:
            monomial = "*".join(self.pick.choice(NAMES[:size]) for _ in range(self.pick.randint(0, 2))) or "1"
            right += f" + {number(Fraction(self.pick.choice([1, -1]), 10 ** self.pick.choice([0, 1, 3, 6, 12])))}*{monomial}"
        return Made("identity", left, "=", right, dict.fromkeys(NAMES[:size], "[-1, 1]"), not false)

    def charted(self) -> Made:
        """Make a sum of squares in two variables with a zero in (0, 1]^2, by two charts at the corner."""
        zero = [Fraction(self.pick.randint(1, 4), 4) for _ in range(2)]
        made = self.relation("charted", str(self.nonnegative(2, zero)), True, self.shift(), {"x": "(0, 1]", "y": "(0, 1]"})
        cases = (
            '{ if = "y <= x", new = { u = "(0, 1]", v = "(0, 1]" }, map = { x = "u", y = "u*v" }, inverse = { u = "x", v = "y/x" } }, '
            '{ new = { u = "(0, 1]", v = "(0, 1]" }, map = { x = "u*v", y = "u" }, inverse = { u = "y", v = "x/y" } }'
        )
        return Made(made.kind, made.left, made.op, made.right, made.domains, made.true, by=f'{{ method = "charts", cases = [{cases}] }}')

    def assembled(self) -> Made:
        """Make a statement whose steps say the same on two parts of the domain; sometimes a piece between them is missing."""
        made = self.squares(1)
        low, high = (Fraction(end) for end in made.domains["x"][1:-1].split(","))
        middle = (low + high) / 2
        hole = self.pick.choice([Fraction(0), Fraction(0), Fraction(1, 64)])
        steps = ({"x": f"[{low}, {middle - hole}]"}, {"x": f"[{middle + hole}, {high}]"})
        return Made("assembled", made.left, made.op, made.right, made.domains, made.true, steps=steps)

    def on_grid(self) -> Made:
        """Make a statement that is only looked at on a grid: never a proof."""
        made = self.squares(1)
        return Made("grid", made.left, made.op, made.right, made.domains, made.true, by='{ method = "grid", points = 40, digits = 20 }')
