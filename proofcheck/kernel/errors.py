"""The two ways in which the kernel says no, and the stable codes of every message.

``Malformed``: the text is at fault (a file, a formula, a name). ``Rejected``: the text is fine and the proof is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CODES: dict[str, str] = {
    # 1xx: formulas
    "PC101 syntax": "the formula does not follow the grammar",
    "PC102 implicit-product": "a product is written without `*`",
    "PC103 alien-character": "a character that formulas do not contain",
    "PC104 unknown-name": "a name that is not defined here",
    "PC105 unknown-function": "a function outside the closed list",
    "PC106 too-large": "a formula, number or exponent beyond the limits",
    "PC107 type": "a vector where a number is expected, a formula where a term is expected, and the like",
    "PC108 exponent": "a power whose exponent is not a whole number or one half",
    "PC109 bad-domain": "a domain that cannot be read, or that is empty",
    "PC110 bad-index": "an index or a range that is not a whole number in bounds",
    "PC111 not-differentiable": "a derivative of abs, min or max",
    "PC112 not-exact": "a binary float where an exact number is needed",
    "PC113 random": "a random name outside E(…) and P(…), or an expectation where none can stand",
    # 2xx: claim files
    "PC201 bad-toml": "the file is not TOML",
    "PC202 unknown-key": "a key that claim files do not have",
    "PC203 missing-key": "a key that claim files must have",
    "PC204 bad-value": "a value of the wrong type or outside the allowed words",
    "PC205 bad-id": "an id that is not paper/claim in lower case, or differs from the file's place",
    "PC206 file-too-large": "a file, a line or a key beyond the limits",
    "PC207 unreadable": "a file that cannot be opened, is not regular, or lies outside the folder",
    "PC208 circular": "definitions or citations that go round in a circle",
    "PC209 vacuous": "hypotheses that no point of the domain satisfies, as far as can be found",
    "PC210 duplicate": "two steps, claims or names with the same id",
    "PC211 unused": "a name of [exists] that the statement does not use",
    # 3xx: certificates
    "PC301 wrong-claim": "the certificate belongs to another claim or to an older text of this one",
    "PC302 bad-certificate": "the certificate is not well formed",
    "PC303 undecided": "an enclosure does not decide the relation",
    "PC304 bad-tree": "a subdivision with missing or trailing nodes",
    "PC305 closed-singular-end": "a strict relation at a closed end where both sides are equal",
    "PC306 not-identical": "the exact normal forms of both sides differ",
    "PC307 undefined": "a term may be undefined somewhere in the domain",
    "PC308 no-vanishing": "a declared zero that is not exactly there",
    "PC309 bad-cover": "pieces that do not cover the domain",
    "PC310 not-onto": "a substitution whose image may miss part of the domain",
    "PC311 bad-fact": "a rewriting fact that does not follow",
    "PC312 not-a-witness": "the point does not violate the statement",
    "PC313 outside": "the point is outside the domain or the hypotheses",
    "PC314 not-cited": "the cited claim has no receipt, or says something else",
    "PC315 wrong-rule": "the rule does not apply to an obligation of this shape",
    "PC316 unknown-rule": "a rule that the kernel does not have",
    "PC317 outside-fragment": "a term that exact arithmetic here does not cover",
    "PC318 opaque": "a trajectory, an expectation or a measurement, which no rule of the kernel evaluates",
    "PC319 not-contracting": "a box that the Krawczyk operator does not map strictly into itself",
    # 4xx: ledgers of searches
    "PC401 bad-ledger": "a line that is not a record of a ledger",
    "PC402 broken-chain": "a line that was not written after the line before it",
    "PC403 wrong-totals": "records out of place, or a close record that does not belong to the records before it",
}


def full(code: str) -> str:
    """Return the code with its name, ``"PC104 unknown-name"`` for ``"PC104"``."""
    return next(name for name in CODES if name.startswith(code + " "))


@dataclass(frozen=True)
class Place:
    """Where a message points: file, key, and a span of the text under that key."""

    file: str = ""
    key: str = ""
    text: str = ""
    start: int = 0
    length: int = 0


class Malformed(Exception):
    """The text of a claim, formula or certificate cannot be used; says where, what, why and what to do."""

    def __init__(self, code: str, what: str, place: Place | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.code = full(code)
        self.what = what
        self.place = place or Place()
        self.hint = hint

    def at(self, *, file: str = "", key: str = "") -> Malformed:
        """Return the same error with the file and the key filled in where they were unknown."""
        place = replace(self.place, file=self.place.file or file, key=self.place.key or key)
        return Malformed(self.code.split()[0], self.what, place, self.hint)

    def __str__(self) -> str:
        place = self.place
        where = ": ".join(part for part in (place.file, place.key) if part) or "input"
        lines = [f"{where}  [{self.code}]"]
        if place.text:
            lines += excerpt(place.text, place.start, place.length)
        lines.append("  " + (f"{self.what} {self.hint}" if self.hint else self.what))
        return "\n".join(lines)


class Rejected(Exception):
    """A rule does not accept; ``where`` names the obligation and the part of the proof."""

    def __init__(self, code: str, why: str, where: str = "") -> None:
        super().__init__(why)
        self.code = full(code)
        self.why = why
        self.where = where

    def __str__(self) -> str:
        return f"{self.where or 'certificate'}  [{self.code}]\n  {self.why}"


def excerpt(text: str, start: int, length: int, width: int = 92) -> list[str]:
    """Return the line of ``text`` around ``start`` and a line of carets under it."""
    head = text.rfind("\n", 0, start) + 1
    tail = text.find("\n", start)
    line = text[head : tail if tail >= 0 else len(text)]
    column = start - head
    if len(line) > width:
        cut = max(0, min(column - width // 2, len(line) - width))
        line, column = line[cut : cut + width], column - cut
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return ["    " + shown, "    " + " " * column + "^" * max(1, min(length, len(shown) - column))]
