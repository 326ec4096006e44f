"""The benchmark's problems as a regression test: no wrong verdict, and what was decided once stays decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.statement import read
from proofcheck.methods import inequality
from proofcheck.proving import claim_of, problems_of

PROBLEMS = {problem.name: problem for problem in problems_of(Path(__file__).parents[2] / "benchmarks" / "peers" / "problems.jsonl")}
CELLS = 20_000


def test_the_list_is_what_the_benchmark_promises() -> None:
    """At least forty problems of one to eight variables, each with a known truth and a stated argument."""
    arguments = Path(__file__).parents[2] / "benchmarks" / "peers" / "arguments.md"
    argued = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in arguments.read_text("utf-8").splitlines()[6:]}
    assert len(PROBLEMS) >= 40
    assert {name: problem.expected for name, problem in PROBLEMS.items()} == argued
    assert {len(problem.domains) for problem in PROBLEMS.values()} == set(range(1, 9))


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_decided_problems_stay_decided(name: str) -> None:
    """The method's proof or witness is accepted by the kernel and says what is expected."""
    problem = PROBLEMS[name]
    goal = next(entry.obligation for entry in read(claim_of(problem, "p").data).entries if entry.kind == "statement")
    evidence = inequality.attempt(goal, {"cells": CELLS}, lambda *_: None)
    tree = getattr(evidence, "tree", None)
    assert tree is not None, json.dumps(str(evidence))
    assert prove(goal, tree, Link()) is (problem.expected == "true")
