"""Expectations in claim files: what they mean, where they may stand, and that the kernel neither evaluates nor proves one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected
from proofcheck.kernel.algebra import Ball, Gradient, Series, evaluate
from proofcheck.kernel.calculus import derivative
from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.terms import ONE, OPAQUE, TRUE, ZERO, Obligation, Term, show, sub, substitute, var, variables

Files = Callable[..., bytes]
REAL = {"t": "real", "w": "vector(2)"}
RANDOM = {"x": "normal(2)", "s": "sphere(3)", "z": "normal", "u": "uniform(1, 3)", "b": "ball(2)", "c": "cube(2)"}
FIRST = Term(OPAQUE, (Term("pow", (var("~z"),), 2), TRUE), "monte_carlo z normal 0")


def table(random: Mapping[str, Any]) -> str:
    """Return the table [random] as text."""
    return "\n".join(["[random]", *(f"{name} = {json.dumps(text)}" for name, text in random.items())])


def goal(claim_file: Files, statement: str, random: Mapping[str, Any] = RANDOM, **more: Any) -> Obligation:
    """Return the obligation of a statement about random names."""
    return kernel.read(claim_file(statement, REAL, more=table(random), **more)).entries[0].obligation


def refused(claim_file: Files, statement: str, random: Mapping[str, Any] = RANDOM, more: str = "", domains: Mapping[str, str] = REAL, **rest: Any) -> str:
    """Return the code with which a file is refused."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, domains, more=table(random) + "\n" + more, **rest))
    return caught.value.code.split()[0]


@pytest.mark.parametrize(
    ("statement", "meaning"),
    [
        ("E(z^2) = 1", "E(~z^2) = 1"),
        ("E(dot(x, w)) = 0", "E(~x_1*w_1 + ~x_2*w_2) = 0"),
        ("E(x) = w", "E(~x_1) = w_1 and E(~x_2) = w_2"),
        ("E([x[1], t]) = [0, t]", "E(~x_1) = 0 and t = t"),
        ("P(z < t) >= 0", "P(~z < t) >= 0"),
        ("E(z, z > 0 or z < t) = 0", "E(~z, ~z > 0 or ~z < t) = 0"),
        ("E(u) = 2", "E(1 + 2*~u) = 2"),
        ("2*E(norm(s)) + E(t*b[2]) - E(c[1]) = 2", "2*E(sqrt(~s_1^2 + ~s_2^2 + ~s_3^2)) + E(t*~b_2) - E(~c_1) = 2"),
        ("sum(k in 1..2, E(z^k)) = 1", "E(~z) + E(~z^2) = 1"),
        ("E(diff(z^3, z)) = 3", "E(3*~z^2) = 3"),
        ("E(integral(p, z*p, 0, 1)) = 0", "E(integral(_1, ~z*_1, 0, 1)) = 0"),
    ],
)
def test_what_expectations_mean(claim_file: Files, statement: str, meaning: str) -> None:
    """Vectors are taken entry by entry, an event restricts, uniform names stand for their line, and parameters stay free."""
    found = goal(claim_file, statement)
    assert show(found.goal) == meaning
    assert not any(name.startswith("~") for name in variables(found.goal))
    assert set(found.box) <= {"t", "w_1", "w_2"}


def test_the_distribution_is_part_of_the_meaning(claim_file: Files) -> None:
    """Another distribution or dimension changes terms and digests; a random name that is not used changes nothing."""
    digests = {goal(claim_file, "E(x[1]^2) = 1", {"x": text}).digest() for text in ("normal(2)", "normal(3)", "sphere(2)", "cube(2)", "ball(2)")}
    assert len(digests) == 5
    assert goal(claim_file, "E(z) = 0", {"z": "normal"}).digest() == goal(claim_file, "E(z) = 0", RANDOM).digest()
    assert goal(claim_file, "E(u) = 0", {"u": "uniform(0, 1)"}).digest() != goal(claim_file, "E(u) = 0", {"u": "uniform(0, 2)"}).digest()


def test_names_and_matrices_called_e_stay_possible(claim_file: Files) -> None:
    """Only with an argument E and P are the expectation and the probability."""
    found = goal(claim_file, "E + P[1] + E(z) = 0", define={"E": "3", "P": ["1"]})
    assert show(found.goal) == "4 + E(~z) = 0"
    assert refused(claim_file, "E(z) = 0", define={"E(t)": "t"}) == "PC204"
    assert refused(claim_file, "E(z) = 0", define={"P(t)": "t"}) == "PC204"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("z > 0", "PC113"),
        ("E(z) = x[1]", "PC113"),
        ("E(t) = t", "PC113"),
        ("E([t, 1]) = [t, 1]", "PC113"),
        ("P(t > 0) = 1", "PC113"),
        ("E((z - E(z))^2) = 1", "PC113"),
        ("E(z, P(z > 0) > 0) = 1", "PC113"),
        ("integral(p, E(z*p), 0, 1) = 0", "PC107"),
        ("integral(p, D*p, 0, 1) = 0", "PC107"),
        ("E(z > 0) = 1", "PC107"),
        ("P(z) = 1", "PC107"),
        ("P([z, z]) = 1", "PC107"),
        ("E(z, t) = 1", "PC107"),
        ("P(z > 0, z < 1) = 1", "PC107"),
        ("E() = 1", "PC107"),
        ("E(q) = 1", "PC104"),
        ("diff(E(z*t), t) = 0", "PC111"),
    ],
)
def test_expectations_that_are_refused(claim_file: Files, statement: str, code: str) -> None:
    """Random names outside E and P, E of nothing random, E in E or in an integral, events that are no relations, derivatives through E."""
    assert refused(claim_file, statement, define={"D": "E(z)"}) == code


@pytest.mark.parametrize(
    ("random", "code"),
    [
        ({"x": "gauss(2)"}, "PC204"),
        ({"x": "normal(2, 3)"}, "PC204"),
        ({"x": "normal()"}, "PC204"),
        ({"x": "sphere"}, "PC204"),
        ({"x": "uniform(1)"}, "PC204"),
        ({"x": "2*normal"}, "PC204"),
        ({"x": 3}, "PC204"),
        ({"x": "normal(0)"}, "PC110"),
        ({"x": "normal(t)"}, "PC110"),
        ({"x": "normal(401)"}, "PC106"),
        ({"x": "normal((3)"}, "PC101"),
        ({"x": "uniform(0, q)"}, "PC104"),
        ({"a": "normal", "x": "uniform(0, a)"}, "PC113"),
        ({"t": "normal"}, "PC210"),
        ({"w": "normal(2)"}, "PC210"),
        ({"x": "normal(1)", "x_1": "normal"}, "PC210"),
        ({"pi": "normal"}, "PC204"),
    ],
)
def test_distributions_that_are_refused(claim_file: Files, random: Mapping[str, Any], code: str) -> None:
    """Unknown ones, wrong numbers of arguments, dimensions that are no whole numbers, ends that are random, names that are taken."""
    assert refused(claim_file, "t = t", random) == code


def test_a_random_name_is_not_a_constant_or_a_definition(claim_file: Files) -> None:
    """A name means one thing."""
    assert refused(claim_file, "t = t", {"D": "normal"}, define={"D": "1"}) == "PC210"
    assert refused(claim_file, "t = t", {"K": "normal"}, each={"K": [1]}) == "PC210"


def test_random_names_have_no_place_in_domains_hypotheses_and_points(claim_file: Files) -> None:
    """Neither an end of a domain, nor a hypothesis, nor a point may be random."""
    assert refused(claim_file, "t = t", domains={"t": "(0, E(z))"}) == "PC104"
    assert refused(claim_file, "t = t", given=["P(z < t) > 0"]) == "PC107"
    assert refused(claim_file, "t = t", given=["z < t"]) == "PC113"
    assert refused(claim_file, "t = t", more='[[sanity]]\nshows = "E(z) = 0"\nat = { z = "1" }') == "PC104"
    assert refused(claim_file, "t = t", more='[[sanity]]\nshows = "t = 0"\nat = { t = "z" }') == "PC107"


def test_neighbours_may_change_the_distribution(claim_file: Files) -> None:
    """A neighbour has the claim's random names, changed by its own; so has a step with domains of its own."""
    neighbour = '[[must_fail]]\ntext = "t"\nrandom = { z = "uniform(0, 1)" }\n'
    step = '[[step]]\nid = "s"\nby = "sign"\nshows = "E(z) = r"\nfor_all = { r = "[0, 1]" }'
    found = kernel.read(claim_file("E(z) = 0", {}, more=f"{table(RANDOM)}\n{neighbour}{step}"))
    assert [show(entry.obligation.goal) for entry in found.entries] == ["E(~z) = 0", "E(~z) = r", "E(~z) = 0"]
    assert found.entries[0].obligation.goal.args[0].value == "monte_carlo z normal 0"
    assert found.entries[2].obligation.goal.args[0].value == "monte_carlo z uniform 0"


def test_substitution_reaches_parameters_only() -> None:
    """A random variable is bound: what is put in for other variables cannot be caught by it, and it is not replaced from outside."""
    term = Term(OPAQUE, (Term("mul", (var("~z"), var("t"))), TRUE), "monte_carlo z normal 0")
    assert variables(term) == {"t"}
    assert show(substitute(term, {"t": Term("pi")})) == "E(~z*pi)"
    assert show(Term(OPAQUE, (ONE, Term("lt", (var("~z"), ZERO))), "monte_carlo z normal 0")) == "P(~z < 0)"


@pytest.mark.parametrize("algebra", [Ball(), Gradient(1), Series(3)])
def test_no_algebra_has_a_value(algebra: Any) -> None:
    """Evaluation ends with a code, also where an expectation would cancel."""
    for term in (FIRST, sub(FIRST, FIRST), Term("mul", (ZERO, FIRST))):
        with pytest.raises(Rejected) as caught:
            evaluate((term,), algebra, {})
        assert caught.value.code == "PC318 opaque"
    assert not is_zero(sub(FIRST, FIRST))


def test_nothing_is_differentiated_through_an_expectation() -> None:
    """A derivative of a term with an expectation is refused, also by a variable that it does not use."""
    for name in ("t", "z"):
        with pytest.raises(Malformed) as caught:
            derivative(sub(FIRST, var("t")), name)
        assert caught.value.code.startswith("PC111")


BY_ITSELF = [{"rule": rule} for rule in ("ring", "sign", "point", "step", "cite", "assume", "witness", "nothing")]
INSIDE: list[dict[str, Any]] = [
    {"rule": "ring"},
    {"rule": "sign"},
    {"rule": "bisection", "prec": 64, "tree": "N"},
    {"rule": "rewrite", "facts": [{"term": "t", "is": "t"}], "then": {"rule": "ring"}},
    {"rule": "weaken", "then": {"rule": "ring"}},
    {"rule": "both", "then": [{"rule": "ring"}, {"rule": "ring"}]},
    {"rule": "either", "index": 0, "then": {"rule": "ring"}},
    {"rule": "cut", "shows": "t = t", "by": {"rule": "ring"}, "then": {"rule": "ring"}},
    {"rule": "split", "var": "t", "at": "0", "left": {"rule": "ring"}, "right": {"rule": "ring"}},
    {"rule": "parametrise", "var": "t", "as": "s", "new": "s", "domain": "[0, 1]", "then": {"rule": "ring"}},
    {"rule": "witness", "at": {}},
]


@pytest.mark.parametrize("statement", ["E(z) - E(z) = 0", "E(z) = E(z)", "0*E(z) = 0", "E(z^2) >= 0", "P(z > 0) <= 1", "t = t or E(z) = 0", "E(z) = 1"])
@pytest.mark.parametrize("proof", BY_ITSELF + INSIDE)
def test_no_rule_proves_or_refutes_an_expectation(statement: str, proof: dict[str, Any], judge: Callable[..., Receipt]) -> None:
    """Whatever the certificate says, a statement with an expectation is neither proved nor refuted."""
    with pytest.raises(Rejected) as caught:
        judge(statement, proof, {"t": "[0, 1]"} if "t" in statement else {}, more=table(RANDOM))
    assert caught.value.code.split()[0] in ("PC318", "PC302", "PC314", "PC315", "PC316")
    assert caught.value.code.startswith("PC318") or proof["rule"] in ("cite", "assume", "nothing")


def test_symbolic_proofs_of_expectations_are_open_unless_this_run_made_them(judge: Callable[..., Receipt]) -> None:
    """A certificate's own word that computer algebra proved it is not believed."""
    assert judge("E(z) = 0", {"rule": "symbolic", "route": "expand"}, more=table(RANDOM)).verdict == "open"


def test_steps_do_not_assemble_an_expectation(claim_file: Files, certificate: Callable[..., bytes]) -> None:
    """Steps that bound it from both sides, or that state it word for word, help only if they are closed, and nothing closes them."""
    steps = "".join(f'[[step]]\nid = "{name}"\nby = "sign"\nshows = "{shows}"\n' for name, shows in (("a", "E(z) = 0"), ("b", "t = t")))
    claim = claim_file("E(z) = 0", {"t": "[0, 1]"}, more=f"{table(RANDOM)}\n{steps}")
    receipt = kernel.check(claim, certificate(claim, {"step b": {"rule": "ring"}}))
    assert receipt.verdict == "open"
    for rule in ("ring", "step"):
        with pytest.raises(Rejected):
            kernel.check(claim, certificate(claim, {"step b": {"rule": "ring"}, "statement": {"rule": rule, **({"id": "a"} if rule == "step" else {})}}))


def test_a_certificate_cannot_write_an_expectation(judge: Callable[..., Receipt]) -> None:
    """A cut through a formula with E is refused: a certificate has no random names."""
    with pytest.raises(Rejected) as caught:
        judge("t >= 0", {"rule": "cut", "shows": "E(z) = 0", "by": {"rule": "ring"}, "then": {"rule": "sign"}}, {"t": "[0, 1]"}, more=table(RANDOM))
    assert caught.value.code.startswith("PC302")


def test_citing_what_is_only_supported_proves_nothing(claim_file: Files, certificate: Callable[..., bytes]) -> None:
    """A claim without a proof establishes nothing, so that a citation of it is rejected."""
    lemma = claim_file("E(z^2) = 1", more=table(RANDOM), id="paper/lemma")
    receipt = kernel.check(lemma, None)
    assert (receipt.verdict, receipt.established) == ("open", ())
    claim = claim_file("E(z^2) = 1", more=table(RANDOM), by='{ rule = "cite", claim = "paper/lemma" }')
    with pytest.raises(Rejected) as caught:
        kernel.check(claim, certificate(claim, {"statement": {"rule": "cite"}}), {"paper/lemma": receipt})
    assert caught.value.code.startswith("PC314")


def test_an_assumed_expectation_is_listed(claim_file: Files, certificate: Callable[..., bytes]) -> None:
    """What the file itself assumes with a reason may be about an expectation, and the receipt says so."""
    claim = claim_file("E(z^2) = 1", more=table(RANDOM), by='{ rule = "assume", reason = "the second moment" }')
    receipt = kernel.check(claim, certificate(claim, {"statement": {"rule": "assume"}}))
    assert (receipt.verdict, receipt.assumptions) == ("proved", ("statement: the second moment",))


def test_guards_about_expectations_are_not_the_kernels(claim_file: Files) -> None:
    """Of a sanity value or a neighbour with E the kernel says that it is opaque, and complains: only samples can speak for it."""
    guards = '[[sanity]]\nshows = "E(z) = 0"\n[[must_fail]]\ntext = "t"\nstatement = "E(z) = 1"\n'
    receipt = kernel.check(claim_file("E(z) = 0", more=f"{table(RANDOM)}\n{guards}"), None)
    assert [(finding.status, finding.rule) for finding in receipt.findings] == [("open", OPAQUE)] * 3
    assert receipt.complaints == ("sanity 1", "must_fail 1")
