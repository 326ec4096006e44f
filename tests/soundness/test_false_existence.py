"""False statements that something exists, with plausible proofs, and tampered proofs of true ones: none may come out proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Receipt, Rejected
from proofcheck.kernel.statement import read

CLAIMS = Path(__file__).parents[2] / "claims" / "tian2017"
SIGN, POINT, LEAF = {"rule": "sign"}, {"rule": "point"}, {"rule": "bisection", "prec": 64, "tree": "N"}

FALSE: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[0, 1.41]"}}),
    ("x^2 = 2", {"exists": {"x": "[-2, 2]"}, "unique": True}),
    ("x^2 = -10^-12", {"exists": {"x": "[-1, 1]"}}),
    ("(x - 1)^2 = -10^-20", {"exists": {"x": "[0, 2]"}}),
    ("x^2 = a", {"domains": {"a": "[-10^-9, 1]"}, "exists": {"x": "[0, 2]"}}),
    ("x = 1", {"exists": {"x": "[0, 1)"}}),
    ("x^2 = 2 and x > 1.4143", {"exists": {"x": "[0, 2]"}}),
    ("abs(x) = -10^-15", {"exists": {"x": "[-1, 1]"}}),
    ("sqrt(x) = -10^-15", {"exists": {"x": "[0, 1]"}}),
    ("1/x = 0", {"exists": {"x": "[-1, 1]"}}),
    ("x*log(x - 2) = 0", {"exists": {"x": "[0, 2]"}}),
    ("atan(x) = pi/2", {"exists": {"x": "[0, 10^9]"}}),
    ("tan(x) = 0 and x > 1", {"exists": {"x": "[1, 2]"}}),  # a pole, not a zero
    ("x = 1 and eigenvalue(1, [[x, 2], [2, x]]) > -1 + 10^-12", {"exists": {"x": "[0, 2]"}}),
    ("x = 1 and eigenvalue(2, [[x, 2], [2, x]]) < 3 - 10^-12", {"exists": {"x": "[0, 2]"}}),
]  # fmt: skip


def plausible(goal: Any) -> list[dict[str, Any]]:
    """Return proofs with boxes around many points, wide and narrow."""
    nodes: list[dict[str, Any]] = [SIGN, POINT, LEAF, {"rule": "ring"}]
    for middle in ("0", "1", "1.4142135623730950488", "1.5707963267948966"):
        for radius in ("0.4", "10^-3", "10^-12"):
            node = {"rule": "krawczyk", "prec": 64, "box": {name: [f"{middle} - {radius}", f"{middle} + {radius}"] for name, _ in goal.exists}}
            nodes += [node, node | {"rest": LEAF}, node | {"elsewhere": {"prec": 64, "tree": "0NN"}}, node | {"wide": {"x": ["-2", "2"]}}]
    return nodes


@pytest.mark.parametrize("case", FALSE, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_what_does_not_exist_is_not_proved(
    claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: tuple[str, dict[str, Any]]
) -> None:
    """No box, no radius, no rule proves a zero that is not there, nor one where there are two."""
    statement, rest = case
    rest = dict(rest)
    data = claim_file(statement, rest.pop("domains", {}), **rest)
    for node in plausible(read(data).entries[0].obligation):
        try:
            verdict = kernel.check(data, certificate(data, {"statement": node})).verdict
        except Rejected:
            continue
        assert verdict != "proved", node


NOT_REFUTED: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[0, 1.4142135623730951]"}}),
    ("x = 1", {"exists": {"x": "[0, 1]"}}),
    ("(x - 1/3)^2 = 0", {"exists": {"x": "[0, 1]"}}),
    ("abs(x) = 0", {"exists": {"x": "[-1, 1]"}}),
    ("x = a", {"domains": {"a": "[0, 1]"}, "exists": {"x": "[0, 1]"}}),
    ("x^2 = 2 or x = 9", {"exists": {"x": "[0, 2]"}}),
]


@pytest.mark.parametrize("case", NOT_REFUTED, ids=lambda case: f"{case[0]} {case[1]['exists']}")
@pytest.mark.parametrize("form", ["N", "M", "C"])
def test_what_exists_is_not_refuted(judge: Callable[..., Receipt], case: tuple[str, dict[str, Any]], form: str) -> None:
    """No tree shows that there is nothing where there is something, at ends of domains and for double zeros too."""
    statement, rest = case
    rest = dict(rest)
    domains = rest.pop("domains", {})
    for depth in range(5):
        tree = form
        for _ in range(depth):
            tree = f"0{tree}{tree}"
        with pytest.raises(Rejected):
            judge(statement, {"rule": "nowhere", "prec": 64, "tree": tree, "at": dict.fromkeys(domains, "1/2")}, domains, **rest)


ONE: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[0, 2]"}}),
    ("x = 1", {"exists": {"x": "[0, 2]"}}),
    ("x^2 = 2 and x > -1", {"exists": {"x": "[-2, 2]"}}),
    ("x^2 = 2", {"exists": {"x": "(-1.4142135623730950488, 2]"}}),
    ("x^2 = a", {"domains": {"a": "[1, 2]"}, "exists": {"x": "[0, 2]"}}),
    ("x^3 = x + 10^-12", {"exists": {"x": "[1/2, 2]"}}),
]


@pytest.mark.parametrize("case", ONE, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_the_only_solution_is_not_taken_for_two(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: tuple[str, dict[str, Any]]) -> None:
    """No pair of boxes, near or far, wide or narrow, shows a second solution where there is exactly one."""
    statement, rest = case
    rest = dict(rest)
    data = claim_file(statement, rest.pop("domains", {}), unique=True, **rest)
    boxes = [node for node in plausible(read(data).entries[0].obligation) if node["rule"] == "krawczyk" and "wide" not in node and "elsewhere" not in node]
    boxes += [{**node, "box": {"x": [f"-({end})" for end in reversed(node["box"]["x"])]}} for node in boxes]
    at = dict.fromkeys(read(data).entries[0].obligation.box, "2")
    for first in boxes:
        for second in boxes:
            proof = {"rule": "twice", "at": at, "first": first, "second": second}
            with pytest.raises(Rejected):
                kernel.check(data, certificate(data, {"statement": proof}))


@pytest.mark.parametrize("name", ["thm2.isolated", "open1.opposite", "ssb.k3"])
def test_tampered_boxes_are_rejected(name: str) -> None:
    """A box moved off the zero, one of no width, one too wide, and one of fewer names do not pass."""
    claim = (CLAIMS / f"{name}.toml").read_bytes()
    stored = json.loads((CLAIMS / f"{name}.cert.json").read_bytes())
    box = stored["proofs"]["statement"]["box"]
    first = sorted(box)[0]
    low, high = box[first]
    changes: list[dict[str, list[str]]] = [
        {first: [f"{low} + 10^-8", f"{high} + 10^-8"]},
        {first: [low, low]},
        {first: [high, low]},
        {other: ["-10^-6", "10^-6"] for other in box} | {first: ["0", "10^-6"]},
        {other: ["-1", "1"] for other in box},
    ]
    for change in changes:
        stored["proofs"]["statement"]["box"] = box | change
        with pytest.raises(Rejected):
            kernel.check(claim, json.dumps(stored).encode())
    stored["proofs"]["statement"]["box"] = {other: box[other] for other in box if other != first}
    with pytest.raises(Rejected):
        kernel.check(claim, json.dumps(stored).encode())
