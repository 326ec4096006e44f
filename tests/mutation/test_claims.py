"""Every shipped claim with a change: nothing false is proved, by the old certificate, by a tampered one, or by a search."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proofcheck.claim import Claim, library
from proofcheck.run import Outcome, Task, run
from proofcheck.testing import Judgement, Mutant, domain_mutants, formula_mutants, mutants, toml, violation

ROOT = Path(__file__).parents[2] / "claims"
CLAIMS = sorted(library(ROOT).claims.values(), key=lambda claim: claim.id)
SLOW = {"tian2017/eq6", "tian2017/eq8", "tian2017/eq16", "tian2017/thm3", "tian2017/prop1.k2", "tian2017/prop1.k3", "tian2017/conj2.local",
        "tian2017/ssb.k4", "tian2017/ssb.k5", "tian2017/ssb.k6", "tian2017/ssb.pairs", "tian2017/ssb.blocks", "tian2017/conj2.isotypic",
        "tian2017/erratum-e12", "tian2017/erratum-e12.trap"}
PRELOAD = ("proofcheck.testing", "proofcheck.methods.strategy", "proofcheck.methods.inequality")
MEMORY = 1_500_000_000


def certificate_of(claim: Claim) -> bytes | None:
    """Return the certificate beside a claim, if there is one."""
    return claim.certificate_path.read_bytes() if claim.certificate_path.exists() else None


def chosen(claim: Claim, count: int) -> list[Mutant]:
    """Return ``count`` mutants of a claim, always the same, of different mutations as far as there are."""
    return list(islice(mutants(claim.data, Random(claim.id)), count))


def outcomes(tasks: Sequence[Task]) -> list[Outcome]:
    """Return the outcomes of all tasks; a child that runs out of time or memory has proved nothing."""
    found = list(run(tasks, jobs=2, preload=PRELOAD))
    crashed = [f"{outcome.task.name}: {outcome.detail}" for outcome in found if outcome.ended not in ("done", "timeout", "memory")]
    assert not crashed
    return found


def judge(pairs: Sequence[tuple[Claim, Mutant]], seconds: float, *, certificates: bool, search: bool) -> dict[str, int]:
    """Fail where something false passes for proved; return how many mutants there are, are false, and ended in time."""
    tasks = [
        Task(f"{claim.id} {i} {mutant.mutation} in {mutant.key}", "proofcheck.testing:judged",
             (claim.data, mutant.data, certificate_of(claim) if certificates else None, search), seconds, MEMORY)
        for i, (claim, mutant) in enumerate(pairs)
    ]  # fmt: skip
    done: list[tuple[str, Judgement]] = [(o.task.name, o.result) for o in outcomes(tasks) if o.ended == "done"]  # type: ignore[misc]
    wrong = [f"{name}: {text}" for name, judgement in done for text in judgement.wrong]
    assert not wrong
    return {"mutants": len(pairs), "done": len(done), "false": sum(judgement.false > 0 for _, judgement in done)}


def pairs_of(count: int) -> list[tuple[Claim, Mutant]]:
    """Return claims with their mutants; of those whose exact arithmetic is slow, fewer."""
    return [(claim, mutant) for claim in CLAIMS for mutant in chosen(claim, 1 if claim.id in SLOW else count)]


def test_there_are_claims() -> None:
    """The folder is not empty, and every claim that is expected to be settled has its certificate."""
    assert len(CLAIMS) > 40
    assert not [claim.id for claim in CLAIMS if claim.expect in ("proved", "refuted") and certificate_of(claim) is None]


def test_no_mutant_keeps_its_proof() -> None:
    """A false mutant is not proved by the certificate of the true claim, whatever digest is written into it."""
    count = judge(pairs_of(4), 6, certificates=True, search=False)
    assert count["mutants"] > 2 * len(CLAIMS)
    assert count["false"] > count["mutants"] // 2


def test_no_search_proves_a_false_mutant() -> None:
    """The methods, with a small budget, prove none of a sample of false mutants."""
    few = [pair for pair in pairs_of(2) if pair[0].id not in SLOW][::4]
    assert judge(few, 8, certificates=False, search=True)["false"] >= len(few) // 4


def test_no_proof_fits_a_neighbour() -> None:
    """The proofs in a claim's certificate do not pass for proofs of its must_fail neighbours."""
    tasks = [
        Task(claim.id, "proofcheck.testing:grafted", (claim.data, certificate), 8, MEMORY)
        for claim in CLAIMS
        if claim.id not in SLOW and (certificate := certificate_of(claim))
    ]
    assert not [(o.task.name, o.result) for o in outcomes(tasks) if o.ended == "done" and o.result]


def tampering(count: int, seconds: float) -> dict[str, list[Any]]:
    """Return the kernel's verdicts on tampered certificates, by claim."""
    tasks = [
        Task(claim.id, "proofcheck.testing:verdicts_of_tampered", (claim.data, certificate, 1, 1 if claim.id in SLOW else count), seconds, MEMORY)
        for claim in CLAIMS
        if (certificate := certificate_of(claim))
    ]
    return {o.task.name: o.result for o in outcomes(tasks) if o.ended == "done" and isinstance(o.result, list)}


def check_tampering(verdicts: dict[str, list[Any]]) -> None:
    """Fail where a refuted or open claim comes out proved, or a proved one refuted."""
    by_id = {claim.id: claim for claim in CLAIMS}
    for name, found in verdicts.items():
        never = {"proved": "refuted", "refuted": "proved", "supported": "refuted", "open": "proved"}[by_id[name].expect]
        assert never not in found, name
    assert sum(verdict.startswith("PC3") for found in verdicts.values() for verdict in found) > len(verdicts)


def test_tampered_certificates() -> None:
    """A changed certificate is refused or still proves what is true; nothing crashes, nothing refuted is proved."""
    check_tampering(tampering(6, 10))


@pytest.mark.heavy
def test_every_mutant_loses_its_proof() -> None:
    """All mutants of all claims, with the old certificates."""
    judge([(claim, mutant) for claim in CLAIMS for mutant in chosen(claim, 400)], 20, certificates=True, search=False)


@pytest.mark.heavy
def test_no_search_proves_many_false_mutants() -> None:
    """A larger sample for the methods."""
    judge([pair for pair in pairs_of(12) if pair[0].id not in SLOW], 20, certificates=False, search=True)


@pytest.mark.heavy
def test_many_tampered_certificates() -> None:
    """Two hundred changes of each certificate."""
    check_tampering(tampering(200, 120))


def test_mutations_of_a_formula() -> None:
    """The changes of one formula, by name."""
    found = dict(formula_mutants("2*sin(x) - y <= pi", ["x", "y"]))
    assert found["flip-relation"] == "2*sin(x) - y >= pi"
    assert found["make-strict"] == "2*sin(x) - y < pi"
    assert found["flip-sign"] == "2*sin(x) + y <= pi"
    assert found["sin-cos"] == "2*cos(x) - y <= pi"
    assert found["drop-factor"] == "2 - y <= pi"
    assert found["number-plus-1"] == "3*sin(x) - y <= pi"
    assert found["pi-to-2-pi"] == "2*sin(x) - y <= 2*pi"
    assert found["swap-variables"] == "2*sin(y) - x <= pi"
    assert dict(domain_mutants("(0, pi]")) == {"lower-end": "[0, pi]", "upper-end": "(0, pi)"}


def test_files_are_written_as_they_were_read() -> None:
    """Writing the tables of a claim gives a file of the same meaning."""
    from proofcheck.kernel.statement import read, read_toml

    for claim in CLAIMS:
        assert read(toml(read_toml(claim.data)).encode()).digest == claim.statement.digest


def test_true_statements_are_not_called_false() -> None:
    """The independent look finds no violation of what the shipped claims prove, and finds one of every neighbour it can reach."""
    fast = [claim for claim in CLAIMS if claim.id not in SLOW]
    true = [entry for claim in fast if claim.expect == "proved" for entry in claim.statement.entries if entry.kind in ("statement", "step")]
    assert not [entry.obligation.name for entry in true if violation(entry.obligation, 8) is not None]
    neighbours = [entry for claim in fast for entry in claim.statement.of("must_fail") if not entry.obligation.opaque]
    assert sum(violation(entry.obligation) is not None for entry in neighbours) > 0.6 * len(neighbours)
