"""Certificate text -> proofs by obligation. JSON with whole numbers and texts only; versioned, strict, size limits.

A certificate carries no verdict, no number that the kernel would believe, no date and no host: only exact inputs for rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import Rejected

FORMAT = "certificate/1"
MAX_BYTES = 64_000_000
MAX_DEPTH = 40

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Certificate:
    """The claim it is for (id and digest of its meaning) and one proof node for each obligation, by name."""

    claim: str
    digest: str
    proofs: Mapping[str, Node]


def read(text: bytes) -> Certificate:
    """Return the certificate. Rejects what is not well formed, too large, of another version, or has unknown keys (PC302)."""
    if len(text) > MAX_BYTES:
        raise Rejected("PC302", f"The certificate has {len(text)} bytes; {MAX_BYTES} are allowed.")
    try:
        data = json.loads(text, parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Rejected("PC302", f"The certificate is not JSON that can be read: {error}.") from None
    if not isinstance(data, dict) or set(data) != {"proofcheck", "claim", "digest", "proofs"}:
        raise Rejected("PC302", "A certificate has the keys proofcheck, claim, digest and proofs.")
    if data["proofcheck"] != FORMAT:
        raise Rejected("PC302", f"The format is {data['proofcheck']!r}; this version reads {FORMAT!r}.")
    if not isinstance(data["claim"], str) or not isinstance(data["digest"], str) or not isinstance(data["proofs"], dict):
        raise Rejected("PC302", "claim and digest are texts, proofs is a table.")
    for name, node in data["proofs"].items():
        _shape(node, f"proof of {name!r}", 0)
    return Certificate(data["claim"], data["digest"], data["proofs"])


def write(certificate: Certificate) -> str:
    """Return the certificate as text: the same proofs give the same bytes."""
    data = {"proofcheck": FORMAT, "claim": certificate.claim, "digest": certificate.digest, "proofs": certificate.proofs}
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def text_of(node: Node, key: str) -> str:
    """Return a text of a proof node."""
    value = node.get(key)
    if not isinstance(value, str):
        raise Rejected("PC302", f"The proof needs a text under `{key}`.")
    return value


def number_of(node: Node, key: str, low: int, high: int) -> int:
    """Return a whole number of a proof node, within limits."""
    value = node.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Rejected("PC302", f"The proof needs a whole number from {low} to {high} under `{key}`.")
    return value


def nodes_of(node: Node, key: str) -> list[Node]:
    """Return a list of proof nodes; none where the key is absent."""
    value = node.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Rejected("PC302", f"The proof needs a list of proofs under `{key}`.")
    return list(value)


def node_of(node: Node, key: str) -> Node:
    """Return the proof node under a key."""
    value = node.get(key)
    if not isinstance(value, dict):
        raise Rejected("PC302", f"The proof needs a proof under `{key}`.")
    return value


def only_keys(node: Node, *allowed: str) -> None:
    """Reject keys that the rule does not know: a part that nobody looks at may hide a mistake."""
    unknown = sorted(set(node) - {"rule", *allowed})
    if unknown:
        raise Rejected("PC302", f"The proof has keys that its rule does not know: {', '.join(unknown)}.")


def _shape(value: Any, where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Rejected("PC302", f"The {where} is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, dict):
        for part in value.values():
            _shape(part, where, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _shape(part, where, depth + 1)
    elif not isinstance(value, (str, int)):
        raise Rejected("PC302", f"The {where} contains {value!r}; whole numbers and texts are allowed.")
    if depth == 0 and not (isinstance(value, dict) and isinstance(value.get("rule"), str)):
        raise Rejected("PC302", f"The {where} names no rule.")


def _refuse(text: str) -> NoReturn:
    raise Rejected("PC302", f"The certificate contains the float {text}; numbers are whole or exact formulas in texts.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Rejected("PC302", "The certificate has a key twice.")
    return result
