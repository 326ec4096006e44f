"""Audits: declared grids, lists of points, ledgers; each verdict with its reason and its exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

import proofcheck
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.terms import Term, num
from proofcheck.report.searches import kept, page
from proofcheck.search.audit import Audit, audit, chosen, follows, seen_at, share_of
from tests.project import Project
from tests.unit.test_search_coverage import obligation


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a true and a false claim on a square."""
    found = Project(tmp_path)
    found.claim("true", "x*y <= 2/7", given=["x + y <= 1"], domains={"x": "[0, 1]", "y": "[0, 1]"})
    found.claim("false", "(x - 1/3)^2 + (y - 1/2)^2 > 1/10^4", domains={"x": "[0, 1]", "y": "[0, 1]"})
    found.claim("three", "x + K > 0", domains={"x": "[0, 1]"}, more='[for_each]\nK = ["1", "2", "3"]')
    return found


def declaration(project: Project, claim: str, body: str, more: str = "") -> Path:
    """Write a declared search."""
    path = project.root / "search.toml"
    path.write_text(f'proofcheck = "declared/1"\n[search]\nclaim = "p/{claim}"\n{more}\n{body}\n', "utf-8")
    return path


def audited(project: Project, path: Path, **options: object) -> Audit:
    """Return an audit with a fixed number of the auditor's."""
    return audit(path, root=project.root, **{"seed": 1, "cells": 2000, **options})  # type: ignore[arg-type]


def check(found: Audit, name: str) -> str:
    """Return what an audit says under a name."""
    return next(item.text for item in found.searches[0].checks if item.name == name)


# -- declared grids ------------------------------------------------------------------------------------------------------


def test_a_declared_grid_is_confirmed_and_is_a_proof(project: Project) -> None:
    """Every node holds again; the enclosures around the nodes leave nothing, and the kernel accepts them as a proof."""
    found = audited(project, declaration(project, "true", "[grid]\npoints = 41"))
    assert (found.verdict, found.exit_code) == ("confirmed", 0)
    assert "861 nodes hold" in check(found, "tiles")
    assert found.searches[0].coverage[0].share == 1
    assert "the kernel accepts" in check(found, "proof")
    assert json.loads(found.searches[0].certificate)["claim"] == "p/true"


def test_a_declared_grid_that_meets_a_violation(project: Project) -> None:
    """A node inside the disc contradicts `nothing found`, by name; the same grid declared as `found` is confirmed."""
    body = "[grid]\npoints = 61"
    found = audited(project, declaration(project, "false", body))
    assert (found.verdict, found.exit_code) == ("not-reproduced", 1)
    assert "x = 1/3, y = 1/2 violates the claim" in found.reason
    assert audited(project, declaration(project, "false", body, 'outcome = "found"')).verdict == "confirmed"


def test_a_declared_grid_that_misses_the_violation_says_what_it_missed(project: Project) -> None:
    """All nodes hold, the verdict is about the search and not about the claim: coverage below 100 %, and the size that fits between."""
    found = audited(project, declaration(project, "false", "[grid]\npoints = 12"))
    assert found.verdict == "confirmed"
    assert found.searches[0].coverage[0].share < 1
    assert not found.searches[0].certificate
    assert "x-side 1/11" in check(found, "unseen")


def test_coverage_that_was_asked_for(project: Project) -> None:
    """Below the required coverage a search that found nothing is insufficient, with the coverage."""
    path = declaration(project, "false", "[grid]\npoints = 12")
    found = audited(project, path, require_coverage="99.9 %")
    assert (found.verdict, found.exit_code) == ("insufficient", 4)
    assert "99.90 % are required" in found.reason
    assert audited(project, path, require_coverage="1 %").verdict == "confirmed"


def test_a_declared_find_that_is_not_there(project: Project) -> None:
    """`found` on a grid without a violation is not reproduced; by a sample of it nothing follows."""
    path = declaration(project, "true", "[grid]\npoints = 301", 'outcome = "found"')
    assert audited(project, path).verdict == "not-reproduced"
    assert audited(project, path, sample=1).verdict == "insufficient"


def test_a_grid_outside_the_hypotheses_says_nothing(project: Project) -> None:
    """Where no node satisfies the hypotheses, the search is insufficient."""
    project.claim("narrow", "x > 2", given=["x*(1 - x) > 249/1000"], domains={"x": "[0, 1]"})
    assert audited(project, declaration(project, "narrow", "[grid]\npoints = 4")).verdict == "insufficient"


def test_instances_are_named(project: Project) -> None:
    """A claim with instances needs the name of one; a wrong name is answered with those that exist."""
    with pytest.raises(Malformed, match="3 statements"):
        audited(project, declaration(project, "three", "[grid]\npoints = 4"))
    found = audited(project, declaration(project, "three", "[grid]\npoints = 4", 'obligation = "statement[K=2]"'))
    assert "statement[K=2]" in check(found, "claim")
    assert "statement[K=2]" in check(found, "proof")


def test_measured_claims_cannot_be_searched(project: Project) -> None:
    """An expectation has no value at a point: the audit says so, as a mistake of whoever asks."""
    project.claim("mean", "E(x*a) <= 1", domains={"a": "[0, 1]"}, more='[random]\nx = "normal"')
    ended = project.run("audit", str(declaration(project, "mean", "[grid]\npoints = 3")))
    assert ended.code == 2
    assert "PC204" in ended.err
    assert "has no value at a point" in ended.err


# -- lists of points -----------------------------------------------------------------------------------------------------


def points(project: Project, text: str) -> Path:
    """Write a list of points."""
    path = project.root / "points.csv"
    path.write_text(text, "utf-8")
    return path


LISTS = [
    ("x,y\n0.1,0.2\n1/3,1/2\n", "true", "confirmed", ""),
    ("x,y,margin\n0.1,0.2,0.265714285714286\n", "true", "confirmed", ""),
    ("x,y,margin\n0.1,0.2,0.26\n", "true", "not-reproduced", "line 2: the reported margin is 0.26"),
    ("x,y\n0.1,0.2\n0.75,0.75\n", "true", "not-reproduced", "line 3"),
    ("x,y\n0.1,2\n", "true", "not-reproduced", "not in the domain"),
    ("x,y\n0.1,0.2\n0.333,0.5\n", "false", "not-reproduced", "violates the claim"),
]


@pytest.mark.parametrize(("text", "claim", "verdict", "reason"), LISTS)
def test_lists_of_points(project: Project, text: str, claim: str, verdict: str, reason: str) -> None:
    """Every point again by balls: membership, hypotheses, sign and reported margin, the first difference by its line."""
    found = audited(project, points(project, text), claim=f"p/{claim}")
    assert found.verdict == verdict
    assert reason in found.reason


def test_a_list_declared_with_its_accuracy(project: Project) -> None:
    """The accuracy of reported margins is part of the declaration."""
    points(project, "x,y,margin\n0.1,0.2,0.2657\n")
    loose = declaration(project, "true", '[list]\nfile = "points.csv"\naccuracy = "1e-4"')
    assert audited(project, loose).verdict == "confirmed"
    assert audited(project, declaration(project, "true", '[list]\nfile = "points.csv"')).verdict == "not-reproduced"


def test_a_list_without_a_claim_is_refused(project: Project) -> None:
    """A list of numbers is about nothing until somebody says of which claim."""
    with pytest.raises(Malformed, match="--claim"):
        audited(project, points(project, "x,y\n0,0\n"))
    with pytest.raises(Malformed, match="Did you mean"):
        audited(project, points(project, "x,y\n0,0\n"), claim="p/treu")


# -- parts ---------------------------------------------------------------------------------------------------------------


def test_tiles_are_chosen_by_head_and_nonce() -> None:
    """The choice is fixed by both, changes with either, and is a set of the right size."""
    one = chosen("head", "1", 1000, 50)
    assert one == chosen("head", "1", 1000, 50)
    assert one == sorted(set(one))
    assert len(one) == 50
    assert one != chosen("head", "2", 1000, 50)
    assert one != chosen("tail", "1", 1000, 50)
    assert chosen("head", "1", 7, 50) == list(range(7))


def test_every_tile_may_be_chosen() -> None:
    """Over many numbers of the auditor's, each tile is chosen about equally often."""
    counts = [0] * 20
    for nonce in range(400):
        for number in chosen("head", str(nonce), 20, 5):
            counts[number] += 1
    assert sum(counts) == 2000
    assert min(counts) > 60
    assert max(counts) < 140


@pytest.mark.parametrize(
    ("sampled", "tiles", "words"),
    [(1379, 10_000, "at most 0.5 %"), (690, 10_000, "at most 1 %"), (10, 10, "every tile"), (0, 10, "no tile"), (10, 100, "at most 50 %")],
)
def test_what_follows_from_a_sample(sampled: int, tiles: int, words: str) -> None:
    """The share f of 1 - (1 - f)^n >= 0.999, rounded up."""
    assert words in follows(sampled, tiles)


def test_exact_points_are_decided_without_tolerance() -> None:
    """On the edge of the domain or of a hypothesis, and at equality, what holds is what is written."""
    goal = obligation("x^2 < 2", ("x >= 1",), x="(0, 2)", n="integer in [0, 3]")
    root = Term("sqrt", (num(2),))
    cases = [(num(1), num(1), "holds"), (root, num(1), "violated"), (num(2), num(1), "outside"), (num("99/100"), num(1), "outside")]
    for x, n, what in cases:
        assert seen_at(goal, {"x": x, "n": n}).what == what
    whole = obligation("x + n >= 0", x="[0, 1]", n="integer in [0, 3]")
    assert seen_at(whole, {"x": num(0), "n": num("1/2")}).what == "outside"
    assert seen_at(obligation("1/x > 0", x="[0, 1]"), {"x": num(0)}).what == "undefined"


@pytest.mark.parametrize(("text", "share"), [("95 %", Fraction(19, 20)), ("0.95", Fraction(19, 20)), ("100%", Fraction(1))])
def test_shares(text: str, share: Fraction) -> None:
    """A share may be a percentage or a number up to 1."""
    assert share_of(text) == share


@pytest.mark.parametrize("text", ["95", "-1 %", "much", "1/0"])
def test_shares_that_are_none(text: str) -> None:
    """Everything else is an error."""
    with pytest.raises(Malformed):
        share_of(text)


# -- as a user -----------------------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes(project: Project) -> None:
    """The terminal has the verdict first; the certificate, the record and the page are on disk; the page is inert."""
    path = declaration(project, "true", "[grid]\npoints = 41", 'title = "<script>alert(1)</script>"')
    ended = project.run("audit", str(path), "--seed", "1", "--certificate", str(project.root / "c.json"))
    assert ended.code == 0
    assert ended.out.startswith("CONFIRMED")
    assert "--seed 1" in ended.out
    assert (project.root / "c.json").exists()
    html = (project.root / "reports" / "searches.html").read_text("utf-8")
    assert "CONFIRMED" in html
    assert "<svg" in html
    assert "<script" not in html
    assert len(kept(project.root / "reports" / "audits")) == 1


def test_the_command_answers_in_json(project: Project) -> None:
    """Verdict, exit code and every check are there for machines."""
    ended = project.run("audit", str(declaration(project, "false", "[grid]\npoints = 61")), "--seed", "1", "--json", "--no-report")
    data = json.loads(ended.out)
    assert ended.code == data["exit_code"] == 1
    assert data["schema"] == "proofcheck/audit/1"
    assert data["verdict"] == "not-reproduced"
    assert not (project.root / "reports").exists()


@pytest.mark.parametrize("arguments", [["--full", "--sample", "3"], ["--sample", "-1"], ["--require-coverage", "200 %"], ["--jobs", "0"]])
def test_options_that_make_no_sense(project: Project, arguments: list[str]) -> None:
    """They are exit code 2 with a message."""
    ended = project.run("audit", str(declaration(project, "true", "[grid]\npoints = 4")), *arguments)
    assert ended.code == 2
    assert "PC204" in ended.err


def test_the_page_ignores_what_is_no_audit(project: Project) -> None:
    """Files that are not audits, or hostile ones, are left out; pictures that are not ours are not shown."""
    folder = project.root / "reports" / "audits"
    folder.mkdir(parents=True)
    good: dict[str, object] = {"subject": "s", "kind": "ledger", "verdict": "confirmed", "reason": "", "head": "h", "nonce": "", "searches": []}
    evil: Mapping[str, object] = {"claim": "c", "title": "<b>", "verdict": "confirmed", "reason": "", "pictures": "<svg onload='x()'></svg>", "checks": []}
    for name, data in (("a", good | {"searches": [evil]}), ("b", [1]), ("c", good | {"verdict": "fine"}), ("d", good | {"searches": [3]})):
        (folder / f"{name}.json").write_text(json.dumps(data), "utf-8")
    (folder / "e.json").write_text("[" * 100_000, "utf-8")
    found = kept(folder)
    assert len(found) == 1
    assert "onload" not in page(found)
    assert "<b>" not in page(found)


def test_from_python(project: Project) -> None:
    """`proofcheck.audit` returns a record with verdict and notebook display."""
    found = proofcheck.audit(declaration(project, "true", "[grid]\npoints = 41"), root=project.root, seed=1)
    assert found.verdict == "confirmed"
    assert "CONFIRMED" in found._repr_html_()
