"""Parsed formulas as Presentation MathML: the ink of the HTML report.

Every text node is escaped here, whatever the term holds, so the result may stand in a page as it is. Only the elements of
MathML Core are used, which browsers draw without script or fonts of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..kernel.errors import Malformed
from ..kernel.parse import parse
from ..kernel.terms import Term
from .typeset import ATOM, FRACTION, POWER, Ink, Piece, distribution, membership, split_domains, typeset

APPLY, TIMES = "&#x2061;", "&#x2062;"
TALL = ("<mfrac>", "<mtable>", "<munderover>", "<msubsup>")
THIN = '<mspace width="0.17em"></mspace>'


class MathML(Ink):
    """Elements of MathML Core."""

    gap = THIN
    after_big = ""
    minus = "<mo>−</mo>"

    def letter(self, base: str, subscripts: tuple[str, ...]) -> str:
        drawn = f"<mi>{escape(base)}</mi>"
        if not subscripts:
            return drawn
        below = self.listed([self.number(part) if part.isdigit() else f"<mi>{escape(part)}</mi>" for part in subscripts])
        return f"<msub>{drawn}{below}</msub>"

    def upright(self, text: str) -> str:
        # A single letter is slanted unless told otherwise.
        return f'<mi mathvariant="normal">{escape(text)}</mi>' if len(text) == 1 else f"<mi>{escape(text)}</mi>"

    def number(self, digits: str) -> str:
        return f"<mn>{escape(digits)}</mn>"

    def operator(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>"

    def word(self, text: str) -> str:
        return f'<mspace width="0.6em"></mspace><mtext>{escape(text)}</mtext><mspace width="0.6em"></mspace>'

    def juxtaposed(self, *, apart: bool) -> str:
        return f"<mo>{TIMES}</mo>" + (THIN if apart else "")

    def row(self, parts: Sequence[str]) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def fence(self, left: str, inside: str, right: str) -> str:
        # Fences grow with what they hold; around one line the stretched glyphs of some fonts are too wide.
        stretchy = "true" if any(element in inside for element in TALL) else "false"
        opening = f'<mo form="prefix" stretchy="{stretchy}">{left}</mo>'
        return f'<mrow>{opening}{inside}<mo form="postfix" stretchy="{stretchy}">{right}</mo></mrow>'

    def listed(self, parts: Sequence[str]) -> str:
        return parts[0] if len(parts) == 1 else self.row(["<mo>,</mo>".join(parts)])

    def applied(self, function: str, arguments: str) -> str:
        return self.row([function, f"<mo>{APPLY}</mo>", self.fence("(", arguments, ")")])

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        return Piece(f"<mfrac>{top.text}{bottom.text}</mfrac>", FRACTION)

    def root(self, inside: Piece) -> Piece:
        return Piece(f"<msqrt>{inside.text}</msqrt>")

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(f"<msup>{self.guarded(base, ATOM)}{exponent.text}</msup>", POWER)

    def lowered(self, base: Piece, indices: Sequence[Piece]) -> Piece:
        return Piece(f"<msub>{self.guarded(base, ATOM)}{self.listed([index.text for index in indices])}</msub>")

    def big(self, sign: str, below: str, above: str) -> str:
        element = "msubsup" if sign == "∫" else "munderover"
        drawn = {"Σ": "∑", "Π": "∏"}.get(sign, sign)
        return f"<{element}><mo>{drawn}</mo>{below}{above}</{element}>"

    def table(self, rows: Sequence[Sequence[str]]) -> str:
        cells = "".join("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in row) + "</mtr>" for row in rows)
        return self.fence("[", f"<mtable>{cells}</mtable>", "]")


INK = MathML()


def mathml(term: Term, *, display: bool = False) -> str:
    """Return a ``math`` element with the parsed term; ``display`` sets it on a line of its own."""
    return _math(typeset(term, INK), display=display)


def mathml_text(formula: str, *, display: bool = False) -> str:
    """Return ``mathml`` of a formula text, or the escaped text in a ``code`` element when it does not parse."""
    try:
        return mathml(parse(formula), display=display)
    except Malformed:
        return _code(formula)


def mathml_domain(name: str, domain: str) -> str:
    """Return a ``math`` element with θ ∈ (0, π/2], or escaped text when name or domain do not parse."""
    drawn = membership(name, domain, INK)
    return _math(drawn) if drawn else _code(f"{name}: {domain}")


def mathml_domains(text: str) -> str:
    """Return the memberships of ``theta in (0, pi/2]; x in real``, each in a ``math`` element; other parts as escaped text."""
    return ", ".join(mathml_domain(name, domain) if domain else _code(name) for name, domain in split_domains(text))


def mathml_distribution(name: str, text: str) -> str:
    """Return a ``math`` element with x ∼ normal(d), or escaped text when either side does not parse."""
    drawn = distribution(name, text, INK)
    return _math(drawn) if drawn else _code(f"{name}: {text}")


def mathml_definition(name: str, body: str) -> str:
    """Return a ``math`` element with D ≔ det(M), or escaped text when either side does not parse."""
    try:
        return _math(INK.row([typeset(parse(name), INK), INK.operator("≔"), typeset(parse(body), INK)]))
    except Malformed:
        return _code(f"{name} ≔ {body}")


def _math(inside: str, *, display: bool = False) -> str:
    return f'<math display="block">{inside}</math>' if display else f"<math>{inside}</math>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
