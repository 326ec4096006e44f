"""Every method against random statements of known truth: nothing false is proved, nothing true is refuted, and witnesses violate by another arithmetic.

The default run has about 170 statements; `pytest -m heavy tests/soundness/test_fuzz_methods.py` has thousands.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from proofcheck import kernel, store
from proofcheck.evidence import Failure, Proof
from proofcheck.kernel.certificate import Certificate, write
from proofcheck.methods import strategy
from proofcheck.proving import Problem, answers
from tests.soundness.statements import Made, Maker, violates

CELLS = 600


@dataclass
class Tally:
    """How often a true and a false statement came out as what, by kind."""

    counts: Counter[tuple[str, bool, str]] = field(default_factory=Counter)

    def judge(self, made: Made, verdict: str, witness: dict[str, str]) -> None:
        """Count an outcome; fail on a wrong one."""
        self.counts[made.kind, made.true, verdict] += 1
        assert (made.true, verdict) not in ((True, "refuted"), (False, "proved")), (made, witness)
        if verdict == "refuted":
            assert violates(made, witness), (made, witness)

    def share(self, true: bool, verdict: str) -> float:
        """Return which part of the true, or of the false, statements had a verdict."""
        total = sum(count for (_, truth, _), count in self.counts.items() if truth is true)
        return sum(count for (_, truth, found), count in self.counts.items() if truth is true and found == verdict) / total


def outcome(made: Made) -> tuple[str, dict[str, str]]:
    """Return the kernel's verdict on what the methods find for a statement and its steps, and the witness."""
    claim = made.claim()
    statement = kernel.read(claim)
    options: dict[str, Any] = {} if made.kind == "grid" else {"cells": CELLS}
    nodes = {}
    for entry in statement.entries:
        evidence = strategy.attempt({"claim": claim, "obligation": entry.obligation.name, "options": dict(options)})
        assert not isinstance(evidence, Failure), (made, evidence)
        if isinstance(evidence, Proof) and evidence.tree["rule"] != kernel.UNCHECKED:
            nodes[entry.obligation.name] = evidence.tree
    shown = {name for name, node in nodes.items() if node["rule"] != "witness"}
    if "statement" in nodes and not all(f"step {name}" in shown for name in store.steps_of(nodes["statement"])):
        del nodes["statement"]  # as in verify: it rests on a step that is not proved
    if not nodes:
        return "open", {}
    receipt = kernel.check(claim, write(Certificate(statement.id, statement.digest, nodes)).encode())
    status = {finding.name: finding.status for finding in receipt.findings}["statement"]
    node = nodes["statement"] if status == "refuted" else {}
    while node.get("rule") not in (None, "witness", "point"):  # a fact is applied first
        node = node["then"]
    return status, dict(node.get("at", {}))


def fuzz(seed: int, count: int) -> Tally:
    """Put ``count`` random statements before the methods."""
    maker, tally = Maker(seed), Tally()
    for _ in range(count):
        made = maker.make()
        tally.judge(made, *outcome(made))
    return tally


@pytest.mark.parametrize("seed", [0, 1, 3, 4])
def test_methods_and_kernel_never_err(seed: int) -> None:
    """Thirty random statements: no wrong verdict, most true ones proved, nearly all false ones refuted."""
    tally = fuzz(seed, 30)
    assert tally.share(True, "proved") > 0.4, tally.counts
    assert tally.share(False, "refuted") > 0.6, tally.counts


def test_the_whole_line_never_errs() -> None:
    """The same through `proofcheck.proving`: child processes, certificates, the kernel's receipt, the witness in the answer."""
    maker, tally = Maker(1_000), Tally()
    made = [one for one in (maker.make() for _ in range(60)) if not one.by and not one.steps]
    problems = [Problem(str(i), one.domains, one.given, one.goal) for i, one in enumerate(made)]
    for one, answer in zip(made, answers(problems, 5.0, 2), strict=True):
        assert answer.verdict != "error", (one, answer)
        tally.judge(one, answer.verdict, dict(answer.witness))
    assert tally.share(True, "proved") > 0.4, tally.counts
    assert tally.share(False, "refuted") > 0.6, tally.counts


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(100, 130))
def test_thousands_of_statements(seed: int) -> None:
    """A hundred random statements for each of thirty seeds."""
    tally = fuzz(seed, 100)
    assert tally.share(True, "proved") > 0.4, tally.counts


def test_the_truth_of_what_is_made() -> None:
    """False statements that should have a visible violation have one by mpmath at some of many points, true ones at none."""
    maker = Maker(7)
    for _ in range(150):
        made = maker.make()
        if made.kind == "identity" and not made.true:
            assert any(violates(made, dict.fromkeys(made.domains, f"{k}/7")) for k in (-5, -2, 3, 6)), made
        if made.true:
            for k in range(9):
                at = {}
                for name, domain in made.domains.items():
                    low, high = domain[1:-1].split(",")
                    at[name] = f"({low}) + ({high} - ({low}))*{(k * 5 + 3 * len(at)) % 9}/8"
                assert not violates(made, at), (made, at)
