"""Terms, formulas, domains and obligations: frozen, interned, exact rationals only.

A ``Term`` is a node of a directed acyclic graph. Equal terms are the same object, so equality is identity and a shared
definition is stored, evaluated and hashed once.

Scalar operations (what ``statement`` produces and every algebra implements):

    num pi var | neg add sub mul div pow | sin cos tan asin acos atan exp log sqrt abs gamma | min max | angle | eigenvalue | integral sum

``pow`` carries its whole exponent in ``value``; ``angle`` takes dot(u,v), dot(u,u), dot(v,v);
``eigenvalue`` takes the lower triangle of a symmetric matrix, row by row, with k in ``value``; ``integral`` takes body, lower,
upper and ``sum`` body, first, last, both with the bound variable's name in ``value``. Formulas are terms too:

    lt le eq ne gt ge | and or not

``opaque`` stands for a number that no operation here computes: the limit of a trajectory, a measurement of an experiment, the mean
E[f; A] of a term over an event. Its ``value`` begins with the method that measures it, its arguments what it depends on; names ``_s1, _s2, …``
and random ones, ``~x``, in them are bound by it. No algebra evaluates it and no rule but ``assume`` and ``cite`` accepts an obligation with one:
whether a mean exists no rule knows, so that not even E(f) = E(f) is proved.

What the parser leaves to ``statement`` (names, calls, vectors, sums with an index) has the operations
``name call vector index binder``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import isqrt
from typing import ClassVar

RELATIONS = ("lt", "le", "eq", "ne", "gt", "ge")
CONNECTIVES = ("and", "or", "not")
FUNCTIONS = ("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "abs", "gamma")
BINDERS = ("integral", "sum")
OPAQUE = "opaque"
RANDOM = "~"
"""How the names of random variables begin, which no name of a file does."""
NEGATED = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


class Term:
    """A node: an operation, its arguments, and a value for numbers, names and exponents. Interned: equal is identical."""

    __slots__ = ("args", "free", "op", "opaque", "value")
    op: str
    args: tuple[Term, ...]
    value: Fraction | int | str | None
    free: frozenset[str]
    opaque: bool

    _known: ClassVar[dict[tuple[object, ...], Term]] = {}

    def __new__(cls, op: str, args: tuple[Term, ...] = (), value: Fraction | int | str | None = None) -> Term:
        key = (op, tuple(map(id, args)), type(value), value)
        term = cls._known.get(key)
        if term is None:
            term = object.__new__(cls)
            object.__setattr__(term, "op", op)
            object.__setattr__(term, "args", args)
            object.__setattr__(term, "value", value)
            object.__setattr__(term, "free", _free(op, args, value))
            object.__setattr__(term, "opaque", op == OPAQUE or any(arg.opaque for arg in args))
            cls._known[key] = term
        return term

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are frozen")

    def __reduce__(self) -> tuple[object, ...]:
        return Term, (self.op, self.args, self.value)

    def __repr__(self) -> str:
        return show(self, 400)


def _free(op: str, args: tuple[Term, ...], value: Fraction | int | str | None) -> frozenset[str]:
    """Return the names of the free variables of a term, the set of an argument itself where it has them all."""
    if op == "var":
        return frozenset([str(value)])
    found: frozenset[str] = frozenset()
    for i, arg in enumerate(args):
        names = arg.free - {str(value)} if i == 0 and op in BINDERS else arg.free
        names = frozenset(name for name in names if not name.startswith(("_s", RANDOM))) if op == OPAQUE else names
        found = found if names <= found else names if found <= names else found | names
    return found


def num(value: Fraction | int | str) -> Term:
    """Return the exact rational ``value`` as a term."""
    return Term("num", (), Fraction(value))


def var(name: str) -> Term:
    """Return the variable ``name``."""
    return Term("var", (), name)


ZERO, ONE, PI = num(0), num(1), Term("pi")
TRUE = Term("eq", (ZERO, ZERO))


def rational(term: Term) -> Fraction | None:
    """Return the number that a ``num`` term holds, else None."""
    return term.value if type(term.value) is Fraction else None  # isinstance asks an abstract base class, which takes long


# Smart constructors fold rationals and drop neutral elements. They never drop an operand that could be undefined:
# 0*(1/x) stays as it is.
MAX_BITS = 100_000


def add(a: Term, b: Term) -> Term:
    """Return a + b."""
    x, y = rational(a), rational(b)
    if x is not None and y is not None and bits(x) + bits(y) <= MAX_BITS:
        return num(x + y)
    if x == 0:
        return b
    if y == 0:
        return a
    return Term("add", (a, b))


def sub(a: Term, b: Term) -> Term:
    """Return a - b."""
    x, y = rational(a), rational(b)
    if x is not None and y is not None and bits(x) + bits(y) <= MAX_BITS:
        return num(x - y)
    if y == 0:
        return a
    if x == 0:
        return neg(b)
    return Term("sub", (a, b))


def neg(a: Term) -> Term:
    """Return -a."""
    x = rational(a)
    return num(-x) if x is not None else a.args[0] if a.op == "neg" else Term("neg", (a,))


def mul(a: Term, b: Term) -> Term:
    """Return a * b."""
    x, y = rational(a), rational(b)
    if x is not None and y is not None and bits(x) + bits(y) <= MAX_BITS:
        return num(x * y)
    if x == 1:
        return b
    if y == 1:
        return a
    return Term("mul", (a, b))


def div(a: Term, b: Term) -> Term:
    """Return a / b."""
    x, y = rational(a), rational(b)
    if x is not None and y is not None and y != 0 and bits(x) + bits(y) <= MAX_BITS:
        return num(x / y)
    return a if y == 1 else Term("div", (a, b))


def power(a: Term, n: int) -> Term:
    """Return a ** n for a whole n."""
    x = rational(a)
    if n == 1:
        return a
    if x is not None and (x != 0 or n > 0) and bits(x) * abs(n) <= MAX_BITS:
        return num(x**n)
    return Term("pow", (a,), n)


def bits(x: Fraction) -> int:
    """Return the size of a rational in bits, numerator and denominator together."""
    return x.numerator.bit_length() + x.denominator.bit_length()


def total(terms: Iterable[Term]) -> Term:
    """Return the sum of the terms, 0 for none."""
    result = ZERO
    for term in terms:
        result = add(result, term)
    return result


def conjunction(formulas: Iterable[Term]) -> Term:
    """Return the formulas joined with `and`; TRUE for none."""
    result: Term | None = None
    for formula in formulas:
        result = formula if result is None else Term("and", (result, formula))
    return TRUE if result is None else result


def conjuncts(formula: Term) -> tuple[Term, ...]:
    """Return the relations that a conjunction joins, left to right."""
    found, stack = [], [formula]
    while stack:
        part = stack.pop()
        if part.op == "and":
            stack.extend(reversed(part.args))
        else:
            found.append(part)
    return tuple(found)


def postorder(roots: Iterable[Term], *, bodies: bool = True) -> list[Term]:
    """Return every node below the roots once, arguments before users; without ``bodies`` none inside an integral or a sum, only their ends."""
    seen: set[Term] = set()
    order: list[Term] = []
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            args = node.args if bodies or node.op not in BINDERS else node.args[1:]
            stack.extend((arg, False) for arg in reversed(args) if arg not in seen)
    # A node may be pushed twice before it is first visited; `seen` lets only the first visit through.
    return order


def rebuild(root: Term, change: Callable[[Term, tuple[Term, ...]], Term]) -> Term:
    """Return ``root`` with ``change(node, new_args)`` applied bottom-up, shared nodes once."""
    made: dict[Term, Term] = {}
    for node in postorder([root]):
        made[node] = change(node, tuple(made[arg] for arg in node.args))
    return made[root]


SMART: dict[str, Callable[..., Term]] = {"add": add, "sub": sub, "mul": mul, "div": div, "neg": neg}


def renew(node: Term, args: tuple[Term, ...]) -> Term:
    """Return ``node`` with other arguments, through the smart constructors."""
    if args == node.args:
        return node
    if node.op in SMART:
        return SMART[node.op](*args)
    if node.op == "pow" and isinstance(node.value, int):
        return power(args[0], node.value)
    return Term(node.op, args, node.value)


def substitute(root: Term, values: Mapping[str, Term]) -> Term:
    """Return ``root`` with variables replaced. Bound variables are named ``_1, _2, …``, so nothing is captured by a user's name."""

    def change(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op == "var":
            return values.get(str(node.value), node)
        return renew(node, args)

    return rebuild(root, change)


def variables(root: Term) -> frozenset[str]:
    """Return the names of the free variables below ``root``."""
    return root.free


def replaced(root: Term, facts: Mapping[Term, Term]) -> Term:
    """Return ``root`` with whole subterms replaced, smallest first."""

    def change(node: Term, args: tuple[Term, ...]) -> Term:
        new = renew(node, args)
        return facts.get(new, new)

    return rebuild(root, change)


@dataclass(frozen=True)
class Domain:
    """A real interval. Ends are exact terms (None is infinite) and may use variables that come earlier."""

    lower: Term | None
    upper: Term | None
    lower_closed: bool
    upper_closed: bool
    integer: bool = False

    def __str__(self) -> str:
        left = ("[" if self.lower_closed else "(") + ("-inf" if self.lower is None else show(self.lower))
        right = ("inf" if self.upper is None else show(self.upper)) + ("]" if self.upper_closed else ")")
        return f"{left}, {right}" + (" integer" if self.integer else "")


REALS = Domain(None, None, lower_closed=False, upper_closed=False)


@dataclass(frozen=True)
class Obligation:
    """What is to be shown: for every point of the domains that satisfies ``given``, the formula ``goal``.

    With ``exists``: for every such point there is a point of those domains (with ``unique``: exactly one) at which the formula holds.
    """

    name: str
    domains: tuple[tuple[str, Domain], ...]
    given: tuple[Term, ...]
    goal: Term
    exists: tuple[tuple[str, Domain], ...] = ()
    unique: bool = False

    @property
    def box(self) -> dict[str, Domain]:
        """The domains by name, in an order in which ends use earlier names only."""
        return dict(self.domains)

    def same_statement(self, other: Obligation) -> bool:
        """Say whether both assert the same, apart from the name."""
        mine, theirs = ((one.box, frozenset(one.given), one.goal, dict(one.exists), one.unique) for one in (self, other))
        return mine == theirs

    @property
    def opaque(self) -> bool:
        """Whether it speaks of numbers that only a method can measure; nothing of it can be proved or refuted here."""
        return any(formula.opaque for formula in (self.goal, *self.given))

    def digest(self) -> str:
        """Return the sha256 of the meaning: domains, hypotheses and goal with every definition expanded."""
        parts = [f"{name}:{domain_key(domain)}" for name, domain in sorted(self.domains)]
        parts += [f"{'one' if self.unique else 'some'} {name}:{domain_key(domain)}" for name, domain in sorted(self.exists)]
        parts += sorted(canonical(formula) for formula in self.given)
        return sha256("\n".join([*parts, canonical(self.goal)]).encode()).hexdigest()


def domain_key(domain: Domain) -> str:
    """Return a text that determines the domain."""
    ends = [canonical(end) if end is not None else "inf" for end in (domain.lower, domain.upper)]
    return f"{ends}{domain.lower_closed}{domain.upper_closed}{domain.integer}"


def canonical(root: Term) -> str:
    """Return a text that determines the term: its graph, numbered in postorder."""
    index: dict[Term, int] = {}
    parts = []
    for node in postorder([root]):
        number = rational(node)
        value = node.value if number is None or bits(number) <= MAX_SHOWN else f"{number.numerator:#x}/{number.denominator:#x}"
        parts.append(f"{node.op} {'' if value is None else value} {' '.join(str(index[a]) for a in node.args)}")
        index[node] = len(index)
    return ";".join(parts)


SYMBOL = {"lt": "<", "le": "<=", "eq": "=", "ne": "!=", "gt": ">", "ge": ">=", "add": "+", "sub": "-", "mul": "*", "div": "/"}
LEVEL = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(RELATIONS, 4), "add": 5, "sub": 5, "neg": 6, "mul": 7, "div": 7, "pow": 9}


MAX_SHOWN = 8_000
"""Bits up to which numbers are written in decimals: the interpreter writes at most 4300 digits."""


def show(root: Term, limit: int | None = None) -> str:
    """Return the term in the formula language; parsing it gives the term back, as far as the language can write it.

    What it cannot write are bound and random variables (``_1``, ``~x``, …), the angle of three numbers, and numbers beyond MAX_SHOWN: such a text
    is refused by the parser, and never read as another term. With a limit, as in messages, parts longer than it are left out:
    the text of a shared graph may be exponentially long.
    """
    text: dict[Term, str] = {}

    def part(node: Term, level: int) -> str:
        own = LEVEL.get(node.op, 10)
        number = rational(node)
        if number is not None:
            own = 6 if number < 0 else 7 if number.denominator != 1 else 10
        return text[node] if own >= level else f"({text[node]})"

    for node in postorder([root]):
        op, args = node.op, node.args
        if number_text := _decimal(node):
            text[node] = number_text
        elif op in ("var", "name"):
            text[node] = str(node.value)
        elif op in SYMBOL:
            level = LEVEL[op]
            left, right = (level + 1, level + 1) if op in RELATIONS else (level, level + 1)
            sign = SYMBOL[op] if op in ("mul", "div") else f" {SYMBOL[op]} "
            text[node] = part(args[0], left) + sign + part(args[1], right)
        elif op == "neg":
            text[node] = "-" + part(args[0], 8)  # -x*y reads as (-x)*y
        elif op == "pow":
            exponent = str(node.value) if isinstance(node.value, int) and node.value >= 0 else f"({node.value})"
            text[node] = f"{part(args[0], 10)}^{exponent}"
        elif op in ("and", "or"):
            text[node] = f"{part(args[0], LEVEL[op])} {op} {part(args[1], LEVEL[op] + 1)}"
        elif op == "not":
            text[node] = f"not ({text[args[0]]})"
        elif op in BINDERS:
            body, first, last = (text[arg] for arg in args)
            sign = ".." if op == "sum" else ", "
            text[node] = f"{op}({node.value} in {first}..{last}, {body})" if sign == ".." else f"{op}({node.value}, {body}, {first}, {last})"
        elif op in ("pi", "inf"):
            text[node] = "pi" if op == "pi" else "inf" if node.value == 1 else "-inf"
        elif op == OPAQUE:
            kind, name = str(node.value).split()[:2]
            text[node] = name if kind == "experiment" else _mean(text, args) if kind == "monte_carlo" else f"{name}({text[args[0]]})"
        elif op == "vector":
            text[node] = "[" + ", ".join(text[arg] for arg in args) + "]"
        elif op == "index":
            text[node] = text[args[0]] + "[" + ", ".join(text[arg] for arg in args[1:]) + "]"
        elif op == "eigenvalue":
            n = (isqrt(8 * len(args) + 1) - 1) // 2
            rows = [", ".join(text[args[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)]] for j in range(n)) for i in range(n)]
            text[node] = f"eigenvalue({node.value}, [{', '.join(f'[{row}]' for row in rows)}])"
        elif op == "binder":
            name, kind = str(node.value).split()
            text[node] = f"{kind}({name} in {text[args[0]]}..{text[args[1]]}, {text[args[2]]})"
        else:
            text[node] = f"{node.value if op == 'call' else op}(" + ", ".join(text[arg] for arg in args) + ")"
        if limit is not None and len(text[node]) > limit:
            text[node] = "…"
    return text[root]


def _mean(text: Mapping[Term, str], args: tuple[Term, ...]) -> str:
    """Return E(f), E(f, A) or P(A)."""
    body, event = args
    return f"P({text[event]})" if body is ONE else f"E({text[body]})" if event is TRUE else f"E({text[body]}, {text[event]})"


def _decimal(node: Term) -> str:
    """Return the digits of a number, none for other terms; of a number too long for decimals, its hexadecimal digits."""
    number = rational(node)
    if number is None or bits(number) <= MAX_SHOWN:
        return "" if number is None else str(number)
    return f"{number.numerator:#x}/{number.denominator:#x}"
