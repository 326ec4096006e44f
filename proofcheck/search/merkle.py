"""A root that commits to a list of texts, so that one of them can be checked without the others (the tree of RFC 6962).

The digest of a leaf is sha256(0x00 text), that of a node sha256(0x01 left right); the left subtree of n leaves has 2^k of them,
2^k < n <= 2^(k+1). The first byte keeps leaves and nodes apart: no node can be passed off as a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

NOTHING = sha256(b"").hexdigest()
"""The root of no texts at all."""


def leaf(text: str) -> bytes:
    """Return the digest of a text as a leaf."""
    return sha256(b"\x00" + text.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(texts: Sequence[str]) -> str:
    """Return the digest that commits to the texts and their order."""
    row = [leaf(text) for text in texts]
    while len(row) > 1:
        row = _parents(row)
    return row[0].hex() if row else NOTHING


def _parents(row: list[bytes]) -> list[bytes]:
    """Return the row above; the last of an odd number moves up as it is."""
    pairs = [_node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
    return pairs + row[len(pairs) * 2 :]


def path(texts: Sequence[str], number: int) -> tuple[str, ...]:
    """Return the digests that lead from the text with this number to the root, the nearest first. Domain: 0 <= number < len(texts)."""
    if not 0 <= number < len(texts):
        raise IndexError(f"there is no text {number} among {len(texts)}")
    row, found = [leaf(text) for text in texts], []
    while len(row) > 1:
        other = number ^ 1
        if other < len(row):
            found.append(row[other].hex())
        row, number = _parents(row), number // 2
    return tuple(found)


def leads_to(text: str, number: int, count: int, digests: Sequence[str], wanted: str) -> bool:
    """Say whether ``text`` is number ``number`` of the ``count`` texts to which the root ``wanted`` commits."""
    if not 0 <= number < count:
        return False
    value, rest = leaf(text), list(reversed(digests))
    while count > 1:
        if number ^ 1 < count:
            if not rest:
                return False
            try:
                other = bytes.fromhex(rest.pop())
            except ValueError:
                return False
            value = _node(other, value) if number % 2 else _node(value, other)
        number, count = number // 2, (count + 1) // 2
    return not rest and value.hex() == wanted
