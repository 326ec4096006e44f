"""Formulas and lists of problems without claim files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import proofcheck
from proofcheck import kernel
from proofcheck.kernel.errors import Malformed
from proofcheck.proving import Problem, answers, disagreement, earlier, problem_of, problems_of, run_list

TRUE = [
    ("sin(x) <= x", {"x": "[0, 1]"}),
    ("x - sin(x) >= x^3/6 - x^5/120", {"x": "[0, 2]"}),
    ("cos(x) >= 1 - x^2/2", {"x": "[-3, 3]"}),
    ("sin(x)/x > 2/pi - 1/10", {"x": "(0, pi/2]"}),
    ("x^2 - x + 1 > 0", {"x": "real"}),
    ("sin(x) + sin(y) > sin(x + y)", {"x": "(0, 1)", "y": "(0, 1)"}),
    ("x*y <= 26/100", {"x": "[0, 1]", "y": "[0, 1 - x]"}),
    ("sin(2*x) = 2*sin(x)*cos(x)", {"x": "real"}),
    ("sin(x) >= x/2 and cos(x) >= 1/2", {"x": "[0, 1]"}),
]
FALSE = [
    ("sin(x) < x", {"x": "[0, 1]"}),
    ("x^2 < 99/100", {"x": "[0, 1]"}),
    ("sin(x) + sin(y) > sin(x + y)", {"x": "[0, 1]", "y": "[0, 1]"}),
    ("acos(cos(t)) = t", {"t": "[0, 2*pi]"}),
]


@pytest.mark.parametrize(("goal", "domains"), TRUE)
def test_true_formulas_are_proved_by_the_kernel(goal: str, domains: dict[str, str]) -> None:
    """Zeros at ends, edges and corners are found and divided out without being told; the certificate replays for the claim it comes with."""
    result = proofcheck.prove(goal, domains)
    assert result.proved
    assert kernel.check(result.claim.encode(), result.certificate.encode()).verdict == "proved"


@pytest.mark.parametrize(("goal", "domains"), FALSE)
def test_false_formulas_are_refuted_at_an_exact_point(goal: str, domains: dict[str, str]) -> None:
    """A false formula, also one that fails on a closed edge only, comes with a point that the kernel accepts."""
    result = proofcheck.prove(goal, domains)
    assert (result.verdict, result.grade) == ("refuted", "witness")
    assert set(result.witness) == set(domains)
    assert kernel.check(result.claim.encode(), result.certificate.encode()).verdict == "refuted"


def test_undefined_conclusions_are_not_proved() -> None:
    """Where the conclusion has no value at some point, the answer is inconclusive and names the place."""
    result = proofcheck.prove("log(x) < 2", {"x": "[-1, 1]"})
    assert result.verdict == "inconclusive"
    assert "no value" in result.reason


def test_hypotheses_count() -> None:
    """The same inequality is refuted without its hypothesis and proved with it."""
    assert proofcheck.prove("x^2 >= x", {"x": "[0, 3]"}).verdict == "refuted"
    assert proofcheck.prove("x^2 >= x", {"x": "[0, 3]"}, ["x >= 1"]).proved


def test_a_mistake_in_the_formula_is_raised() -> None:
    """The only formula's mistake is the caller's: an unknown function is a Malformed with a suggestion."""
    with pytest.raises(Malformed) as error:
        proofcheck.prove("lg(x) < 2", {"x": "[1, 2]"})
    assert error.value.code == "PC105 unknown-function"


def test_results_show_themselves_escaped() -> None:
    """A notebook gets HTML in which the reason cannot become markup."""
    (result,) = answers([Problem("<b>", {"x": "[0, 1]"}, (), "<script>")], 5.0, 1)
    assert result.verdict == "error"
    assert "<script>" not in result._repr_html_()


LINE = {"id": "a", "vars": {"x": ["0", "pi/2"]}, "open": {"x": "lo"}, "hyps": ["x <= 1"], "concl": "sin(x) > 2*x/pi - 1/10", "expected": "true"}


def test_the_neutral_format_is_read() -> None:
    """Ends, open sides, infinite ends and hypotheses become domains and given formulas."""
    problem = problem_of({**LINE, "vars": {"x": ["0", "pi/2"], "y": ["-inf", "inf"], "z": [0, 1]}}, 1)
    assert problem.domains == {"x": "(0, pi/2]", "y": "(-inf, inf)", "z": "[0, 1]"}
    assert (problem.given, problem.expected) == (("x <= 1",), "true")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"concl": 3}, "PC204"), ({"vars": {"x": ["0"]}}, "PC109"), ({"open": {"x": "left"}}, "PC109"), ({"extra": 1}, "PC203"), ({"hyps": "x<1"}, "PC204")],
)
def test_bad_lines_are_refused(change: dict[str, object], code: str) -> None:
    """Each mistake in a problem has its code."""
    with pytest.raises(Malformed) as error:
        problem_of({**LINE, **change}, 7)
    assert error.value.code.startswith(code)


def test_an_id_may_come_once(tmp_path: Path) -> None:
    """Answers are found by id, so a second one is refused."""
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(LINE) + "\n" + json.dumps(LINE) + "\n")
    with pytest.raises(Malformed) as error:
        list(problems_of(path))
    assert error.value.code == "PC210 duplicate"


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """Answers on disk are not searched again, half a line is dropped, and the result is that of an uninterrupted run."""
    problems = [Problem(f"p{i}", {"x": "[0, 1]"}, (), f"x <= {i}", "true") for i in range(1, 4)]
    whole = list(run_list(problems, tmp_path / "whole", 10.0, 1))
    parts = tmp_path / "parts"
    first = list(run_list(problems[:1], parts, 10.0, 1))
    ledger = parts / "answers.jsonl"
    ledger.write_text(ledger.read_text() + '{"id": "p2", "verd')
    resumed = list(run_list(problems, parts, 10.0, 1))
    assert resumed[0] == first[0]
    assert [(a["id"], a["verdict"], a["certificate"]) for a in resumed] == [(a["id"], a["verdict"], a["certificate"]) for a in whole]
    assert [answer["id"] for answer in earlier(ledger)] == ["p1", "p2", "p3"]


def test_answers_of_another_kernel_are_not_believed(tmp_path: Path) -> None:
    """What another kernel believed is looked at again; only its own answers are kept."""
    problems = [Problem("p", {"x": "[0, 1]"}, (), "x > 0", "false")]
    ledger = tmp_path / "answers.jsonl"
    list(run_list(problems, tmp_path, 10.0, 1))
    ledger.write_text(json.dumps(json.loads(ledger.read_text()) | {"verdict": "proved", "kernel": "0" * 16}) + "\n")
    assert [answer["verdict"] for answer in run_list(problems, tmp_path, 10.0, 1)] == ["refuted"]


def test_expectations_are_compared_and_never_read() -> None:
    """A wrong expectation changes nothing in the answer and is reported as a disagreement."""
    assert disagreement({"id": "a", "expected": "false", "verdict": "proved"}) == "a: expected false, got proved"
    assert disagreement({"id": "a", "expected": "true", "verdict": "inconclusive"}) == ""
    (right,) = answers([Problem("a", {"x": "[0, 1]"}, (), "x <= 1", "false")], 10.0, 1)
    assert right.proved
