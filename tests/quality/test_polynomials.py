"""Polynomial inequalities with zeros where no subdivision ends: proved by sums of squares, and their false neighbours refuted."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import inequality

ITEMS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "polynomials.toml").read_text("utf-8"))["inequality"]
DOMAINS = {"real": "real", "nonnegative": "[0, inf)", "positive": "(0, inf)"}
CELLS = 20_000


def question(item: dict[str, Any], text: str) -> Obligation:
    """Return what an item asks."""
    kind = next((key for key in DOMAINS if key in item), "")
    names, domain = (item[kind], DOMAINS[kind]) if kind else (item["variables"], item["box"])
    scope = Scope({}, {}, "test")
    scope.domains(dict.fromkeys(names.split(), domain), "for_all")
    return Obligation(item["name"], tuple(scope.box.items()), tuple(scope.formula(one, "given") for one in item.get("given", [])), scope.formula(text, "goal"))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["name"])
def test_the_true_one_is_proved(item: dict[str, Any]) -> None:
    """The kernel accepts what the method finds."""
    goal = question(item, item["true"])
    tree = getattr(inequality.attempt(goal, {"cells": CELLS}, lambda *_: None), "tree", None)
    assert tree is not None
    assert prove(goal, tree, Link())


@pytest.mark.parametrize("item", [item for item in ITEMS if "false" in item], ids=lambda item: item["name"])
def test_the_false_neighbour_is_refuted(item: dict[str, Any]) -> None:
    """A little more is refuted at an exact point."""
    goal = question(item, item["false"])
    tree = getattr(inequality.attempt(goal, {"cells": CELLS}, lambda *_: None), "tree", None)
    assert tree is not None
    assert not prove(goal, tree, Link())
