"""The search for violations on its corpus: what is false is refuted at an exact point, however small the violation; what is true is not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from proofcheck.evidence import Proof
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import obligation
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import inequality

CORPUS = tomllib.loads(Path(__file__).with_name("false.toml").read_text())
FALSE: list[dict[str, Any]] = CORPUS["false"]
TRUE: list[dict[str, Any]] = CORPUS["true"]


def read(entry: Mapping[str, Any]) -> Obligation:
    """Return the obligation that an entry writes in the claim language."""
    scope = Scope({}, {}, "[define]")
    scope.domains(entry["for_all"], "[for_all]")
    given = scope.formulas(entry.get("given", []), "key `given`")
    return obligation(entry["id"], scope, given, scope.formula(entry["statement"], "key `statement`"))


@pytest.mark.parametrize("entry", FALSE, ids=lambda entry: entry["id"])
def test_what_is_false_is_refuted_at_an_exact_point(entry: dict[str, Any]) -> None:
    """A witness is found without a hint, and the kernel evaluates the statement there and agrees."""
    goal = read(entry)
    found = inequality.attempt(goal, {}, lambda *_: None)
    assert isinstance(found, Proof)
    assert found.tree["rule"] == "witness"
    assert prove(goal, found.tree, Link()) is False


@pytest.mark.parametrize("entry", TRUE, ids=lambda entry: entry["id"])
def test_what_is_true_is_proved(entry: dict[str, Any]) -> None:
    """The neighbours that hold are proved."""
    goal = read(entry)
    found = inequality.attempt(goal, {}, lambda *_: None)
    assert isinstance(found, Proof)
    assert prove(goal, found.tree, Link()) is True


def test_corpus_has_violations_of_every_size() -> None:
    """At least 30 false statements, with depths from 1e-1 to 1e-9 and below, and equality cases."""
    depths = {entry["depth"] for entry in FALSE}
    assert len(FALSE) >= 30
    assert depths >= {"0", *(f"1e-{k}" for k in (1, 2, 4, 5, 6, 7, 8, 9))}
