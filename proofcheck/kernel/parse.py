"""Formula text -> term. A Pratt parser over a closed grammar; nothing is evaluated and every error has a column.

    formula  = conj { "or" conj } ;  conj = unit { "and" unit } ;  unit = "not" unit | chain
    chain    = sum { ("<" | "<=" | "=" | ">=" | ">" | "!=") sum }
    sum      = product { ("+" | "-") product } ;  product = signed { ("*" | "/") signed }
    signed   = ("-" | "+") signed | power ;  power = indexed [ "^" signed ] ;  indexed = atom { "[" list "]" }
    atom     = number | name | name "(" list ")" | "(" formula ")" | "[" list "]"
             | ("sum" | "prod") "(" name "in" sum ".." sum "," sum ")"

Numbers are exact: ``0.1`` is 1/10. ``-x^2`` is -(x^2), ``2^3^2`` is 2^(3^2). Greek letters of a closed list are their names.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache

from .errors import Malformed, Place
from .terms import Term, num

MAX_CHARACTERS, MAX_TOKENS, MAX_DEPTH, MAX_DIGITS, MAX_SCALE = 10_000, 5_000, 64, 1_000, 1_000

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*|[^\W\d_a-zA-Z])"
    r"|(?P<op><=|>=|!=|==|\*\*|\.\.|[-+*/^<>=(),\[\]])"
)
RELATION = {"<": "lt", "<=": "le", "=": "eq", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}
WORDS = ("and", "or", "not", "in")


@lru_cache(maxsize=1024)
def parse(text: str) -> Term:
    """Return the term or formula that ``text`` writes. Raises Malformed (PC101, PC102, PC103, PC106)."""
    parser = _Parser(text)
    term = parser.formula()
    parser.finish()
    return term


def parse_domain(text: str) -> tuple[Term | None, Term | None, bool, bool]:
    """Return lower, upper, lower_closed, upper_closed of an interval like ``(0, pi/2]`` or ``[0, inf)``; infinite ends are None."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] not in "([" or stripped[-1] not in ")]":
        raise Malformed("PC109", "A domain is an interval.", Place(text=text, length=len(text)), 'Write for example "(0, pi/2]" or "real".')
    parser = _Parser(text, brackets=True)
    opening = parser.take()
    ends = [parser.end()]
    parser.expect(",", "between the two ends")
    ends.append(parser.end())
    closing = parser.take()
    if closing.text not in (")", "]"):
        raise parser.error("PC109", closing, "The interval must end here.", "It has two ends, for example [0, 1).")
    parser.finish()
    lower, upper = (None if end is _INFINITE or end is _MINUS_INFINITE else end for end in ends)
    if ends[0] is _INFINITE or ends[1] is _MINUS_INFINITE:
        raise Malformed("PC109", "The domain is empty: its ends are exchanged.", Place(text=text, length=len(text)))
    left, right = opening.text == "[" and lower is not None, closing.text == "]" and upper is not None
    return lower, upper, left, right


def is_name(text: str) -> bool:
    """Say whether ``text`` can name a variable or a definition."""
    return bool(NAME.fullmatch(text)) and text not in (*WORDS, "pi", "inf", "sum", "prod", "integral", "diff")


def suggestion(name: str, known: list[str]) -> str:
    """Return a sentence with the nearest known name, or the names in scope."""
    near = get_close_matches(name, known, 1)
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    scope = f"Names in scope: {listed}." if known else "No names are defined here."
    return f"{scope} Did you mean `{near[0]}`?" if near else scope


_INFINITE, _MINUS_INFINITE = Term("name", (), "inf"), Term("neg", (Term("name", (), "inf"),))


class _Token:
    __slots__ = ("kind", "length", "start", "text")

    def __init__(self, kind: str, text: str, start: int, length: int) -> None:
        self.kind, self.text, self.start, self.length = kind, text, start, length


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_CHARACTERS:
        raise Malformed("PC106", f"The formula has {len(text)} characters; {MAX_CHARACTERS} are allowed.", Place(text=text, length=1), "Use [define].")
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _alien(text, at)
        kind, found = match.lastgroup or "", match.group()
        if kind == "name" and not found.isascii():
            if found not in GREEK:
                raise _alien(text, at)
            found = GREEK[found]
        if kind == "name" and len(found) > 32:
            raise Malformed("PC106", "A name has at most 32 characters.", Place(text=text, start=at, length=len(found)))
        if kind != "space":
            tokens.append(_Token(kind, "^" if found == "**" else found, at, match.end() - at))
        at = match.end()
        if len(tokens) > MAX_TOKENS:
            raise Malformed("PC106", f"The formula has more than {MAX_TOKENS} symbols.", Place(text=text, start=at, length=1), "Use [define].")
    tokens.append(_Token("end", "", len(text), 1))
    return tokens


def _alien(text: str, at: int) -> Malformed:
    hint = "Formulas are plain ASCII with single Greek letters; look-alikes of other alphabets are not accepted."
    known = {"'": "Derivatives are written diff(f, x).", "|": "Absolute values are written abs(x), norms norm(v).", "%": "There is no remainder."}
    return Malformed("PC103", f"The character {text[at]!a} is not part of formulas.", Place(text=text, start=at, length=1), known.get(text[at], hint))


class _Parser:
    def __init__(self, text: str, *, brackets: bool = False) -> None:
        self.text, self.tokens, self.at, self.depth = text, _tokens(text), 0, 0
        self.brackets = brackets

    def error(self, code: str, token: _Token, what: str, hint: str = "") -> Malformed:
        return Malformed(code, what, Place(text=self.text, start=token.start, length=token.length), hint)

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def accept(self, *texts: str) -> _Token | None:
        return self.take() if self.next.kind != "end" and self.next.text in texts else None

    def expect(self, text: str, why: str) -> None:
        if not self.accept(text):
            raise self.error("PC101", self.next, f"Expected `{text}` {why}, found {self.found()}.")

    def found(self) -> str:
        return f"`{self.next.text}`" if self.next.kind != "end" else "the end of the formula"

    def finish(self) -> None:
        token = self.next
        if token.kind == "end":
            return
        previous = self.tokens[self.at - 1] if self.at else token
        if token.kind in ("name", "number") or token.text in ("(", "["):
            left = self.text[previous.start : previous.start + previous.length]
            right = self.text[token.start : token.start + token.length]
            raise self.error("PC102", token, "Products are written with `*`.", f"Did you mean `{left}*{right}`?")
        raise self.error("PC101", token, f"{self.found()} is not expected here.", "Check the parentheses.")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("PC106", self.next, f"The formula is nested more than {MAX_DEPTH} levels deep.", "Use [define].")

    def formula(self) -> Term:
        self.deeper()
        left = self.conjunction()
        while self.accept("or"):
            left = Term("or", (left, self.conjunction()))
        self.depth -= 1
        return left

    def conjunction(self) -> Term:
        left = self.unit()
        while self.accept("and"):
            left = Term("and", (left, self.unit()))
        return left

    def unit(self) -> Term:
        if self.accept("not"):
            self.deeper()
            inner = self.unit()
            self.depth -= 1
            return Term("not", (inner,))
        return self.chain()

    def chain(self) -> Term:
        left = self.sum()
        result: Term | None = None
        while self.next.text in RELATION and self.next.kind == "op":
            relation = RELATION[self.take().text]
            right = self.sum()
            link = Term(relation, (left, right))
            result = link if result is None else Term("and", (result, link))
            left = right
        return left if result is None else result

    def sum(self) -> Term:
        left = self.product()
        while token := self.accept("+", "-"):
            left = Term("add" if token.text == "+" else "sub", (left, self.product()))
        return left

    def product(self) -> Term:
        left = self.signed()
        while token := self.accept("*", "/"):
            left = Term("mul" if token.text == "*" else "div", (left, self.signed()))
        return left

    def signed(self) -> Term:
        token = self.accept("-", "+")
        if token is None:
            return self.power()
        self.deeper()
        inner = self.signed()
        self.depth -= 1
        return Term("neg", (inner,)) if token.text == "-" else inner

    def power(self) -> Term:
        base = self.indexed()
        if self.accept("^"):
            self.deeper()
            base = Term("power", (base, self.signed()))
            self.depth -= 1
        return base

    def indexed(self) -> Term:
        base = self.atom()
        while not (self.brackets and self.next.text == "]") and self.accept("["):
            base = Term("index", (base, *self.listed("]")))
        return base

    def listed(self, closing: str) -> list[Term]:
        if self.accept(closing):
            return []
        items = [self.formula()]
        while self.accept(","):
            items.append(self.formula())
        if not self.accept(closing):
            self.finish() if self.next.kind in ("name", "number") else None
            raise self.error("PC101", self.next, f"Expected `,` or `{closing}`, found {self.found()}.")
        return items

    def atom(self) -> Term:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name" and token.text not in WORDS:
            return self.named(token)
        if token.text == "(":
            inner = self.formula()
            if not self.accept(")"):
                if self.next.kind in ("name", "number"):
                    self.finish()
                raise self.error("PC101", self.next, f"Expected `)`, found {self.found()}.")
            return inner
        if token.text == "[":
            return Term("vector", tuple(self.listed("]")))
        what = f"`{token.text}`" if token.kind != "end" else "the end of the formula"
        raise self.error("PC101", token, f"Expected a number, a name or `(`, found {what}.")

    def named(self, token: _Token) -> Term:
        if token.text == "pi":
            return Term("pi")
        if self.next.text != "(" or self.next.kind != "op":
            return Term("name", (), token.text)
        self.take()
        if token.text in ("sum", "prod") and self.next.kind == "name" and self.tokens[self.at + 1].text == "in":
            name = self.take().text
            self.take()
            self.deeper()
            first = self.sum()
            self.expect("..", "between the ends of the range")
            last = self.sum()
            self.expect(",", "before the summand")
            body = self.sum()
            self.expect(")", "after the summand")
            self.depth -= 1
            return Term("binder", (first, last, body), f"{name} {token.text}")
        return Term("call", tuple(self.listed(")")), token.text)

    def number(self, token: _Token) -> Term:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > MAX_SCALE:
            raise self.error("PC106", token, f"A number has at most {MAX_DIGITS} digits and a decimal exponent of at most {MAX_SCALE}.")
        return num(Fraction(mantissa) * Fraction(10) ** int(exponent or 0))

    def end(self) -> Term:
        """Parse one end of a domain."""
        token = self.next
        if token.text == "-" and self.tokens[self.at + 1].text == "inf":
            self.at += 2
            return _MINUS_INFINITE
        if token.text == "inf":
            self.take()
            return _INFINITE
        return self.sum()


