"""Trajectories and measurements in claim files: read, digested, and out of reach of every rule and algebra."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Rejected
from proofcheck.kernel.algebra import Ball, evaluate
from proofcheck.kernel.rules import RULES
from proofcheck.kernel.terms import Obligation, show, variables

UNIT = {"x": "(0, 1]", "y": "[0, x]"}
FLOW = '[flow]\nx = "-x"\ny = "-2*y"'
EXPERIMENT = '[experiment]\nname = "p.train"\nseed = 3\nmeasures = ["final", "steps"]\n[experiment.parameters]\nK = "k"\nrates = ["1/2", "a"]'


def _first(data: bytes) -> Obligation:
    return kernel.read(data).entries[0].obligation


def _digest(statement: str = "limit(x) = 0", more: str = FLOW, **rest: Any) -> str:
    from tests.conftest import _file

    return kernel.read(_file(statement, UNIT, more=more, **rest)).digest


def test_terms_about_trajectories_bind_the_state(claim_file: Callable[..., bytes]) -> None:
    """A limit depends on the start only; inside of it the state is bound, so that a start can be put in."""
    goal = _first(claim_file("limit(x + y) = 0 and always(x > y)", UNIT, more=FLOW)).goal
    assert show(goal) == "limit(_s1 + _s2) = 0 and always(_s1 > _s2) = 1"
    assert variables(goal) == {"x", "y"}
    sanity = '[[sanity]]\nat = { x = "1/2", y = "1/4" }\nshows = "limit(x) = 0 and x = 1/2"'
    entries = kernel.read(claim_file("limit(x) = 0", UNIT, more=f"{FLOW}\n{sanity}")).entries
    assert (entries[1].obligation.domains, show(entries[1].obligation.goal)) == ((), "limit(_s1) = 0 and 1/2 = 1/2")


@pytest.mark.parametrize(
    "statement",
    ["limit([x, y]) = [0, 0]", "limit(w) = [0, 0]", "decreases(x^2 + y^2)", "not increases(y) and (limit(x) < 1 or always(x = 0))", "limit(x) < x"],
)
def test_language_of_trajectories(claim_file: Callable[..., bytes], statement: str) -> None:
    """Vectors, connectives, and starts beside limits can be written."""
    assert _first(claim_file(statement, UNIT, define={"w": ["x", "y"]}, more=FLOW)).opaque


def test_digest_covers_the_field_and_the_experiment(claim_file: Callable[..., bytes]) -> None:
    """Another field, quantity, region, seed, parameter or full size is another claim; the order of keys is not."""
    digests = [_digest(), _digest("limit(y) = 0"), _digest(more='[flow]\nx = "-x"\ny = "-3*y"'), _digest(more='[flow]\nx = "-x"')]
    assert len(set(digests)) == len(digests)
    assert _digest(more='[flow]\ny = "-2*y"\nx = "-x"') == digests[0]

    def measured(text: str) -> str:
        return kernel.read(claim_file("final < 1", define={"k": "2", "a": "1/3"}, more=text)).digest

    variants = [EXPERIMENT, EXPERIMENT.replace("seed = 3", "seed = 4"), EXPERIMENT.replace("p.train", "p.other"), EXPERIMENT.replace('"k"', '"k + 1"'),
                EXPERIMENT + "\n[experiment.full]\nK = 50", EXPERIMENT.replace('["1/2", "a"]', '["1/2", "a", "a"]')]  # fmt: skip
    assert len({measured(text) for text in variants}) == len(variants)


# code, statement, what follows, domains
REFUSED: list[tuple[str, str, str, dict[str, str]]] = [
    ("PC105", "limit(x) = 0", "", UNIT),
    ("PC104", "limit(x) = 0", '[flow]\nz = "-z"', UNIT),
    ("PC107", "limit(x > 0) = 0", FLOW, UNIT),
    ("PC107", "always(x)", FLOW, UNIT),
    ("PC107", "limit(x, y) = 0", FLOW, UNIT),
    ("PC107", "limit(limit(x)) = 0", FLOW, UNIT),
    ("PC107", "integral(p, limit(p*x), 0, 1) = 0", FLOW, UNIT),
    ("PC107", "limit(x) = 0", '[flow]\nx = ["x", "y"]', UNIT),
    ("PC111", "diff(limit(x), x) = 0", FLOW, UNIT),
    ("PC110", "sum(i in 1..final, i) = 0", EXPERIMENT.replace('"k"', "2").replace('"a"', "3"), {}),
    ("PC204", "x = x", "[flow]", UNIT),
    ("PC210", "limit(x) = 0", f'[define]\n"limit(t)" = "t"\n{FLOW}', UNIT),
    ("PC202", "final = 0", EXPERIMENT + '\n[experiment.more]\nK = "1"', {}),
    ("PC203", "x = x", '[experiment]\nname = "p.train"', UNIT),
    ("PC204", "final = 0", EXPERIMENT.replace("p.train", "p/train"), {}),
    ("PC204", "final = 0", EXPERIMENT.replace("seed = 3", "seed = -3"), {}),
    ("PC204", "final = 0", EXPERIMENT.replace('["final", "steps"]', "[]"), {}),
    ("PC204", "final = 0", EXPERIMENT.replace("K = ", '"K 1" = '), {}),
    ("PC210", "final = 0", EXPERIMENT.replace('"steps"', '"final"'), {}),
    ("PC210", "final = 0", EXPERIMENT.replace('"steps"', '"sin"'), {}),
    ("PC107", "final = 0", EXPERIMENT.replace('"k"', '"x"').replace('"a"', "1"), UNIT),
    ("PC208", "limit(x) = 0", '[flow]\nx = "limit(x)"', UNIT),
    ("PC208", "final = 0", EXPERIMENT.replace('"k"', '"steps"').replace('"a"', "1"), {}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]} {case[1]} {len(case[2])}")
def test_malformed(claim_file: Callable[..., bytes], case: tuple[str, str, str, dict[str, str]]) -> None:
    """What cannot be measured, or is measured in two ways, is an error with its code."""
    code, statement, more, domains = case
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, domains, more=more))
    assert caught.value.code.startswith(code)


def test_hypotheses_and_domains_are_not_measured(claim_file: Callable[..., bytes]) -> None:
    """Hypotheses and ends of domains are exact."""
    for domains, given in ((UNIT, ["limit(x) = 0"]), ({**UNIT, "z": "[0, limit(x)]"}, ["z > 0"])):
        with pytest.raises(Malformed) as caught:
            kernel.read(claim_file("limit(x) = 0", domains, given=given, more=FLOW))
        assert caught.value.code.startswith("PC107")


TRUE = ["limit(x) = limit(x)", "always(x > 0) or not always(x > 0)", "x > 0 or limit(x) = 0", "x > 0 and limit(x)^0 = 1", "0*limit(y) = 0"]


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"cite", "assume"}))
@pytest.mark.parametrize("statement", TRUE)
def test_no_rule_proves_or_refutes(judge: Callable[..., Any], rule: str, statement: str) -> None:
    """Even what is true of all numbers has no proof, by any rule, and no witness."""
    node = {"rule": rule, "at": {"x": "1/2", "y": "1/4"}, "prec": 64, "tree": "N", "id": "s"}
    with pytest.raises(Rejected) as caught:
        judge(statement, node, UNIT, more=FLOW)
    assert caught.value.code.startswith("PC318")


def test_premises_are_no_way_around(judge: Callable[..., Any]) -> None:
    """A rule whose premise would be about a trajectory is refused before it looks."""
    pieces = [{"rule": "point"}, {"rule": "point"}]
    with pytest.raises(Rejected) as caught:
        judge("limit(x) = 0", {"rule": "split", "var": "x", "at": ["1/2"], "pieces": pieces}, UNIT, more=FLOW)
    assert caught.value.code.startswith("PC318")


def test_no_algebra_evaluates(claim_file: Callable[..., bytes]) -> None:
    """The one evaluator refuses with the code, whatever the algebra."""
    goal = _first(claim_file("limit(x) = 0", UNIT, more=FLOW)).goal
    with pytest.raises(Rejected) as caught:
        evaluate(goal.args, Ball(), {})
    assert caught.value.code.startswith("PC318")


def test_assumption_is_listed(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """What cannot be checked may be assumed; the receipt lists it."""
    by = '{ rule = "assume", reason = "LaSalle", source = "a book" }'
    data = claim_file("limit(x) = 0", UNIT, by=by, more=FLOW)
    receipt = kernel.check(data, certificate(data, {"statement": {"rule": "assume"}}))
    assert (receipt.verdict, receipt.assumptions) == ("proved", ("statement: LaSalle",))


def test_measured_guards_are_marked(claim_file: Callable[..., bytes]) -> None:
    """Without evidence the kernel calls measured obligations open, and says that no certificate can close them."""
    data = claim_file("final < 1", more=EXPERIMENT.replace('"k"', "2").replace('"a"', "3") + '\n[[must_fail]]\ntext = "t"\nstatement = "final < 0"')
    receipt = kernel.check(data, None)
    assert [(finding.status, finding.rule) for finding in receipt.findings] == [("open", "opaque"), ("open", "opaque")]


def test_schema_knows_the_tables() -> None:
    """Editors are told of the two tables."""
    from proofcheck.claim import schema

    properties = json.loads(json.dumps(schema()))["properties"]
    assert {"flow", "experiment"} <= set(properties)
    assert properties["experiment"]["required"] == ["name", "measures"]
