"""Parsed formulas as people write them: one layout, and an ink for each place where formulas are shown.

The layout decides what stands where and which parentheses are needed; an ``Ink`` draws letters, fractions and roots. The
parentheses that stay are those that the formula language needs, so ``a - (b - c)`` and ``a + (b + c)`` keep theirs: what is
shown is what was parsed. ``mathml.py`` has the ink of the report, this module the ink of the terminal.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..kernel.errors import Malformed
from ..kernel.parse import GREEK, parse, parse_domain
from ..kernel.terms import RELATIONS, Term

OR, AND, NOT, RELATION, SUM, SIGN, BIG, PRODUCT, FRACTION, POWER, ATOM = range(11)

LETTERS = {name: letter for letter, name in GREEK.items()}
SIGNS = {"lt": "<", "le": "≤", "eq": "=", "ne": "≠", "gt": ">", "ge": "≥", "add": "+", "sub": "−"}
FUNCTION_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "gamma": "Γ", "trace": "tr", "angle": "∠"}
FENCES = {("abs", 1): ("|", "|"), ("norm", 1): ("‖", "‖"), ("dot", 2): ("⟨", "⟩")}
SQUARED = ("sin", "cos", "tan")
PLAIN_DIGITS = 15

_NAME = re.compile(r"([A-Za-z]+)([0-9]*)((?:_[A-Za-z0-9]+)*)")
_SHAPE = re.compile(r"\s*(vector|matrix)\s*\(([^()]*)\)\s*(?:in\s+(.*))?")
_INTEGER = re.compile(r"\s*integer\s*(?:in\s+(.*))?")


@dataclass(frozen=True)
class Piece:
    """A drawn term and how tightly its outermost operation binds."""

    text: str
    level: int = ATOM


class Ink(ABC):
    """How the parts of a formula are drawn. Every method returns finished text."""

    gap: str
    after_big: str
    minus: str

    @abstractmethod
    def letter(self, base: str, subscripts: tuple[str, ...]) -> str: ...
    @abstractmethod
    def upright(self, text: str) -> str: ...
    @abstractmethod
    def number(self, digits: str) -> str: ...
    @abstractmethod
    def operator(self, sign: str) -> str: ...
    @abstractmethod
    def word(self, text: str) -> str: ...
    @abstractmethod
    def juxtaposed(self, *, apart: bool) -> str: ...
    @abstractmethod
    def row(self, parts: Sequence[str]) -> str: ...
    @abstractmethod
    def fence(self, left: str, inside: str, right: str) -> str: ...
    @abstractmethod
    def listed(self, parts: Sequence[str]) -> str: ...
    @abstractmethod
    def applied(self, function: str, arguments: str) -> str: ...
    @abstractmethod
    def fraction(self, top: Piece, bottom: Piece) -> Piece: ...
    @abstractmethod
    def root(self, inside: Piece) -> Piece: ...
    @abstractmethod
    def raised(self, base: Piece, exponent: Piece) -> Piece: ...
    @abstractmethod
    def lowered(self, base: Piece, indices: Sequence[Piece]) -> Piece: ...
    @abstractmethod
    def big(self, sign: str, below: str, above: str) -> str: ...
    @abstractmethod
    def table(self, rows: Sequence[Sequence[str]]) -> str: ...

    def guarded(self, piece: Piece, level: int) -> str:
        """Return the piece, in parentheses when it binds less tightly than ``level``."""
        return piece.text if piece.level >= level else self.fence("(", piece.text, ")")


class Plain(Ink):
    """One line of Unicode, for the terminal."""

    gap = " "
    after_big = " "
    minus = "−"
    _up = str.maketrans("0123456789−ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿⁱ")
    _down = str.maketrans("0123456789aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")

    def letter(self, base: str, subscripts: tuple[str, ...]) -> str:
        if len(subscripts) == 1 and (len(subscripts[0]) == 1 or subscripts[0].isdigit()) and self._fits(subscripts[0], self._down):
            return base + subscripts[0].translate(self._down)
        return "_".join((base, *subscripts))

    def upright(self, text: str) -> str:
        return text

    def number(self, digits: str) -> str:
        return digits

    def operator(self, sign: str) -> str:
        return sign if sign == "·" else f" {sign} "

    def word(self, text: str) -> str:
        return f" {text} "

    def juxtaposed(self, *, apart: bool) -> str:
        return " " if apart else ""

    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def fence(self, left: str, inside: str, right: str) -> str:
        return left + inside + right

    def listed(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)

    def applied(self, function: str, arguments: str) -> str:
        return f"{function}({arguments})"

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        sign = top.level == SIGN
        return Piece(f"{top.text if sign else self.guarded(top, PRODUCT)}/{self.guarded(bottom, POWER)}", SIGN if sign else PRODUCT)

    def root(self, inside: Piece) -> Piece:
        return Piece("√" + self.guarded(inside, ATOM), POWER)

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        if exponent.text == "T" or self._fits(exponent.text, self._up):
            return Piece(self.guarded(base, ATOM) + ("ᵀ" if exponent.text == "T" else exponent.text.translate(self._up)), POWER)
        return Piece(f"{self.guarded(base, ATOM)}^{self.guarded(exponent, ATOM)}", POWER)

    def lowered(self, base: Piece, indices: Sequence[Piece]) -> Piece:
        inside = ", ".join(index.text for index in indices)
        drawn = inside.translate(self._down) if self._fits(inside, self._down) else f"[{inside}]"
        return Piece(self.guarded(base, ATOM) + drawn)

    def big(self, sign: str, below: str, above: str) -> str:
        return f"{sign}({below.replace(' = ', '=')}..{above})"

    def table(self, rows: Sequence[Sequence[str]]) -> str:
        drawn = [row[0] if len(row) == 1 else f"[{', '.join(row)}]" for row in rows]
        return f"[{', '.join(drawn)}]"

    @staticmethod
    def _fits(text: str, alphabet: dict[int, int]) -> bool:
        return bool(text) and all(ord(character) in alphabet for character in text)


PLAIN = Plain()


def pretty(term: Term) -> str:
    """Return a parsed term on one line of Unicode, such as ``40θ² ≤ ‖w‖``."""
    return typeset(term, PLAIN)


def pretty_text(formula: str) -> str:
    """Return ``pretty`` of a formula text, or the text itself when it does not parse."""
    return text_or(formula, PLAIN, formula)


def pretty_domain(name: str, domain: str) -> str:
    """Return ``θ ∈ (0, π/2]`` for a variable and the text of its domain."""
    return membership(name, domain, PLAIN) or f"{name}: {domain}"


def pretty_distribution(name: str, text: str) -> str:
    """Return ``x ∼ normal(d)`` for a random name and the text of its distribution."""
    return distribution(name, text, PLAIN) or f"{name}: {text}"


def pretty_domains(text: str) -> str:
    """Return ``θ ∈ (0, π/2], x ∈ ℝ`` for ``theta in (0, pi/2]; x in real``."""
    return ", ".join(pretty_domain(name, domain) if domain else name for name, domain in split_domains(text))


def pretty_definition(name: str, body: str) -> str:
    """Return ``D ≔ det(M)`` for a definition."""
    return PLAIN.row([pretty_text(name), PLAIN.operator("≔"), pretty_text(body)])


def text_or(formula: str, ink: Ink, otherwise: str) -> str:
    """Return the formula drawn with ``ink``, or ``otherwise`` when it does not parse."""
    try:
        return typeset(parse(formula), ink)
    except Malformed:
        return otherwise


def membership(name: str, domain: str, ink: Ink) -> str:
    """Return ``name ∈ domain`` drawn with ``ink``; empty when the domain is not one of the claim files."""
    try:
        drawn = _domain(domain, ink)
        left = typeset(parse(name), ink)
    except Malformed:
        return ""
    return ink.row([left, ink.operator("∈"), drawn])


def distribution(name: str, text: str, ink: Ink) -> str:
    """Return ``name ∼ text`` drawn with ``ink``; empty when either does not parse."""
    try:
        return ink.row([typeset(parse(name), ink), ink.operator("∼"), typeset(parse(text), ink)])
    except Malformed:
        return ""


def split_domains(text: str) -> list[tuple[str, str]]:
    """Return names and domains of ``theta in (0, pi/2]; x in real``; a part of another form has an empty domain."""
    parts = [part.strip().partition(" in ") for part in text.split(";") if part.strip()]
    return [(name.strip(), domain.strip()) for name, _, domain in parts]


def typeset(term: Term, ink: Ink) -> str:
    """Return the parsed term drawn with ``ink``.

    The walk keeps its own stack: a formula may be a sum of thousands of terms. Drawn parts are dropped as soon as the part
    around them is drawn.
    """
    drawn: list[Piece] = []
    todo = [(term, False)]
    while todo:
        node, ready = todo.pop()
        parts = _operands(node)
        if ready:
            first = len(drawn) - len(parts)
            arguments = drawn[first:]
            del drawn[first:]
            drawn.append(_draw(node, arguments, ink))
        else:
            todo.append((node, True))
            todo.extend((part, False) for part in reversed(parts))
    return drawn[0].text


# -- what a node is made of -------------------------------------------------------------------------------------------------


def _spine(node: Term, ops: tuple[str, ...]) -> tuple[Term, list[Term]]:
    """Return the leftmost operand of a left-nested chain of ``ops`` and the nodes of the chain, inner first."""
    links = []
    while node.op in ops:
        links.append(node)
        node = node.args[0]
    return node, links[::-1]


def _chains(node: Term) -> list[list[Term]]:
    """Return the conjuncts of a formula; relations that share a side stand in one list, as in a < b < c."""
    todo, chains = [node], list[list[Term]]()
    while todo:
        part = todo.pop()
        if part.op == "and":
            todo += [part.args[1], part.args[0]]
        elif chains and part.op in RELATIONS and chains[-1][-1].op in RELATIONS and chains[-1][-1].args[1] is part.args[0]:
            chains[-1].append(part)
        else:
            chains.append([part])
    return chains


def _sides(chain: list[Term]) -> list[Term]:
    """Return what a chain of relations relates: a, b, c for a < b < c; another formula stands for itself."""
    return [chain[0].args[0], *(link.args[1] for link in chain)] if chain[0].op in RELATIONS else chain


def _matrix(node: Term) -> bool:
    """Say whether a vector of vectors is rectangular."""
    lengths = {len(row.args) if row.op == "vector" else 0 for row in node.args}
    return len(lengths) == 1 and 0 not in lengths


def _operands(node: Term) -> list[Term]:
    """Return the parts that are drawn before ``node``, chains of one operation flattened."""
    for ops in (("or",), ("add", "sub"), ("mul",)):
        if node.op in ops:
            first, links = _spine(node, ops)
            return [first, *(link.args[1] for link in links)]
    if node.op == "and" or node.op in RELATIONS:
        return [side for chain in _chains(node) for side in _sides(chain)]
    if node.op == "index":
        first, links = _spine(node, ("index",))
        return [first, *(index for link in links for index in link.args[1:])]
    if node.op == "vector" and _matrix(node):
        return [entry for row in node.args for entry in row.args]
    if node.op == "power" and _squared(node):
        return [*node.args[0].args, node.args[1]]
    return list(node.args)


def _squared(node: Term) -> bool:
    """Say whether a power is one of sin, cos or tan with a whole exponent from 2, written sin²(x)."""
    base, exponent = node.args
    power = exponent.value if exponent.op == "num" else None
    return base.op == "call" and base.value in SQUARED and len(base.args) == 1 and isinstance(power, Fraction) and power >= 2 and power.denominator == 1


# -- how a node is drawn ----------------------------------------------------------------------------------------------------


def _draw(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    op = node.op
    if op == "num":
        return _number(node, ink)
    if op == "pi":
        return Piece(ink.letter("π", ()))
    if op in ("name", "var"):
        return Piece(_letter(str(node.value), ink))
    if op in ("add", "sub"):
        return _sum(node, parts, ink)
    if op == "mul":
        return _product(node, parts, ink)
    if op == "div":
        return ink.fraction(*parts)
    if op == "neg":
        # -Σ a·b must not become the first factor of a product, hence the lower level.
        return Piece(ink.row([ink.minus, ink.guarded(parts[0], BIG)]), SUM if parts[0].level == BIG else SIGN)
    if op == "power":
        return _power(node, parts, ink)
    if op == "index":
        return ink.lowered(parts[0], parts[1:])
    if op == "vector":
        columns = len(node.args[0].args) if _matrix(node) else 1
        texts = [part.text for part in parts]
        return Piece(ink.table([texts[i : i + columns] for i in range(0, len(texts), columns)]))
    if op == "binder":
        return _binder(node, parts, ink)
    if op == "call":
        return _call(str(node.value), parts, ink)
    if op == "or":
        return Piece(_joined([ink.guarded(part, AND) for part in parts], ink.word("or"), ink), OR)
    if op == "not":
        return Piece(ink.row([ink.upright("not"), ink.gap, ink.guarded(parts[0], ATOM)]), NOT)
    if op == "and" or op in RELATIONS:
        return _conjunction(node, parts, ink)
    raise ValueError(f"{op!r} is not an operation of parsed terms")


def _joined(texts: Sequence[str], between: str, ink: Ink) -> str:
    return ink.row([part for text in texts for part in (between, text)][1:])


def _letter(name: str, ink: Ink) -> str:
    """Return a name drawn with its subscripts: ``theta_0`` is θ with 0 below, ``J2`` is J with 2 below."""
    if name == "inf":
        return ink.number("∞")
    match = _NAME.fullmatch(name)
    if match is None:
        return ink.letter(name, ())
    subscripts = [*([match[2]] if match[2] else []), *match[3].split("_")[1:]]
    return ink.letter(LETTERS.get(match[1], match[1]), tuple(LETTERS.get(part, part) for part in subscripts))


def _number(node: Term, ink: Ink) -> Piece:
    value = node.value if isinstance(node.value, Fraction) else Fraction(str(node.value))
    if value < 0:
        return Piece(ink.row([ink.minus, _number(Term("num", (), -value), ink).text]), SIGN)
    written = _decimal(value)
    if written is None:
        return ink.fraction(Piece(ink.number(str(value.numerator))), Piece(ink.number(str(value.denominator))))
    digits, exponent = written
    if not exponent:
        return Piece(ink.number(digits))
    ten = ink.raised(Piece(ink.number("10")), _number(Term("num", (), Fraction(exponent)), ink))
    return ten if digits == "1" else Piece(ink.row([ink.number(digits), ink.operator("·"), ten.text]), PRODUCT)


def _decimal(value: Fraction) -> tuple[str, int] | None:
    """Return digits and a power of ten that are exactly ``value``; None when no decimal is."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    for prime in (2, 5):
        while rest % prime == 0:
            rest, places = rest // prime, places + 1
    if rest != 1:
        return None
    whole = str(value.numerator * 10**places // value.denominator)
    digits, shift = whole.rstrip("0") or "0", len(whole) - len(whole.rstrip("0") or "0") - places
    if max(len(digits), len(digits) + shift, -shift) > PLAIN_DIGITS:
        return digits, shift
    if shift >= 0:
        return digits + "0" * shift, 0
    padded = digits.rjust(1 - shift, "0")
    return f"{padded[:shift]}.{padded[shift:]}", 0


def _sum(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    _, links = _spine(node, ("add", "sub"))
    drawn = [ink.guarded(parts[0], SUM)]
    for link, part in zip(links, parts[1:], strict=True):
        drawn += [ink.operator(SIGNS[link.op]), ink.guarded(part, BIG)]
    return Piece(ink.row(drawn), SUM)


def _product(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    factors = _operands(node)
    first = parts[0] if parts[0].level == SIGN else Piece(ink.guarded(parts[0], PRODUCT), PRODUCT)
    drawn, level = [first.text], first.level
    for i, factor in enumerate(factors[1:], 1):
        # A sum or integral reaches to its right, so only the last factor may be one without parentheses.
        last = i == len(factors) - 1 and parts[i].level == BIG
        level = min(level, BIG) if last else level
        drawn += [_times(factors[i - 1], factor, ink), parts[i].text if last else ink.guarded(parts[i], FRACTION)]
    return Piece(ink.row(drawn), level)


def _times(left: Term, right: Term, ink: Ink) -> str:
    """Return the sign between two factors: none after a number or π unless digits would meet, else a dot."""
    head = right
    while head.op in ("power", "div", "mul", "index") or (head.op == "call" and head.value == "factorial" and head.args):
        head = head.args[0]
    if left.op not in ("num", "pi") or head.op in ("num", "vector"):
        return ink.operator("·")
    fenced = head.op == "call" and ((str(head.value), len(head.args)) in FENCES or head.value == "sqrt")
    stem = str(head.value).split("_")[0].rstrip("0123456789") if head.op == "name" else ""
    long_name = len(LETTERS.get(stem, stem)) > 1
    return ink.juxtaposed(apart=long_name or (head.op in ("call", "binder") and not fenced))


def _power(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    if _squared(node):
        inside, exponent = parts
        name = ink.raised(Piece(ink.upright(str(node.args[0].value))), exponent)
        return Piece(ink.applied(name.text, inside.text), POWER)
    return ink.raised(*parts)


def _binder(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    name, kind = str(node.value).split()
    first, last, body = parts
    below = ink.row([_letter(name, ink), ink.operator("="), first.text])
    sign = ink.big("Σ" if kind == "sum" else "Π", below, last.text)
    return Piece(ink.row([sign, ink.after_big, ink.guarded(body, BIG if kind == "sum" else FRACTION)]), BIG)


def _call(name: str, parts: list[Piece], ink: Ink) -> Piece:
    inside = ink.listed([part.text for part in parts])
    if (name, len(parts)) in FENCES:
        left, right = FENCES[name, len(parts)]
        return Piece(ink.fence(left, inside, right))
    match name, parts:
        case "sqrt", [radicand]:
            return ink.root(radicand)
        case ("E", [_] | [_, _]) | ("P", [_]):
            inner = ink.row([parts[0].text, *(part for event in parts[1:] for part in (ink.operator(";"), event.text))])
            return Piece(ink.row([ink.letter("𝔼" if name == "E" else "ℙ", ()), ink.fence("[", inner, "]")]))
        case "transpose", [matrix]:
            return ink.raised(matrix, Piece(ink.upright("T")))
        case "factorial", [n]:
            return Piece(ink.row([ink.guarded(n, ATOM), ink.upright("!")]), POWER)
        case "identity", [n]:
            return ink.lowered(Piece(ink.letter("I", ())), [n])
        case "diff", [body, variable]:
            return _derivative(body, variable, None, ink)
        case "diff", [body, variable, order]:
            return _derivative(body, variable, order, ink)
        case "eigenvalue", [k, matrix]:
            return Piece(ink.applied(ink.lowered(Piece(ink.letter("λ", ())), [k]).text, matrix.text))
        case ("gradient" | "hessian"), [variable, body, point]:
            nabla = ink.applied(ink.upright("∇" if name == "gradient" else "∇²"), body.text)
            return Piece(ink.row([nabla, ink.fence("(", ink.row([variable.text, ink.operator("="), point.text]), ")")]))
        case "integral", [variable, body, first, last]:
            sign = ink.big("∫", first.text, last.text)
            drawn = [sign, ink.after_big, ink.guarded(body, BIG), ink.gap, ink.upright("d"), ink.guarded(variable, ATOM)]
            return Piece(ink.row(drawn), BIG)
        case _:
            known = FUNCTION_NAMES.get(name)
            return Piece(ink.applied(ink.upright(known) if known else _letter(name, ink), inside))


def _derivative(body: Piece, variable: Piece, order: Piece | None, ink: Ink) -> Piece:
    d = Piece(ink.upright("d"))
    bottom = Piece(ink.guarded(variable, ATOM))
    if order is not None:
        d, bottom = ink.raised(d, order), ink.raised(bottom, order)
    sign = ink.fraction(d, Piece(ink.row([ink.upright("d"), bottom.text])))
    return Piece(ink.row([sign.text, ink.gap, ink.guarded(body, POWER)]), BIG)


def _conjunction(node: Term, parts: list[Piece], ink: Ink) -> Piece:
    sides: Iterator[Piece] = iter(parts)
    chains = _chains(node)
    drawn = []
    for chain in chains:
        if chain[0].op not in RELATIONS:
            drawn.append(ink.guarded(next(sides), NOT))
            continue
        row = [ink.guarded(next(sides), SUM)]
        for link in chain:
            row += [ink.operator(SIGNS[link.op]), ink.guarded(next(sides), SUM)]
        drawn.append(ink.row(row))
    return Piece(_joined(drawn, ink.word("and"), ink), AND if len(chains) > 1 else RELATION)


# -- domains ----------------------------------------------------------------------------------------------------------------


def _domain(text: str, ink: Ink) -> str:
    if shape := _SHAPE.fullmatch(text):
        sizes = [typeset(parse(size), ink) for size in shape[2].split(",")]
        exponent = Piece(_joined(sizes, ink.operator("×"), ink), ATOM if len(sizes) == 1 and len(sizes[0]) == 1 else PRODUCT)
        return ink.raised(Piece(_domain(shape[3] or "real", ink)), exponent).text
    if integer := _INTEGER.fullmatch(text):
        whole = ink.letter("ℤ", ())
        return ink.row([_domain(integer[1], ink), ink.operator("∩"), whole]) if integer[1] else whole
    return ink.letter("ℝ", ()) if text.strip() == "real" else _interval(text, ink)


def _interval(text: str, ink: Ink) -> str:
    lower, upper, left, right = parse_domain(text)
    infinite = ink.number("∞")
    ends = [ink.row([ink.minus, infinite]) if lower is None else typeset(lower, ink), infinite if upper is None else typeset(upper, ink)]
    return ink.fence("[" if left else "(", ink.listed(ends), "]" if right else ")")
