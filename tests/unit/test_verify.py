"""The straight line on real claims: what is kept, searched again, believed, and what never is."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proofcheck import store
from proofcheck.claim import library
from proofcheck.evidence import Failure, Proof, Undecided
from proofcheck.kernel.certificate import MAX_BYTES
from proofcheck.report.model import Report
from proofcheck.run import Outcome, Task, run
from proofcheck.verify import Settings, result, verify
from tests.project import HARD, Project

CUBES = {"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


def _run(project: Project, *names: str, timeout: float = 60, **settings: Any) -> Report:
    lib = library(project.root / "claims").selected(tuple(f"p/{name}" for name in names))
    return verify(lib, list(lib.chosen), Settings(jobs=1, timeout=timeout, **settings))


def _verdicts(report: Report) -> dict[str, tuple[str, str, str]]:
    return {claim.id.removeprefix("p/"): (claim.verdict, claim.grade, claim.outcome) for claim in report.claims}


PROVED, STUCK = ("proved", "kernel", "PASS"), ("inconclusive", "", "FAIL")


def test_second_run_replays(project: Project) -> None:
    """What is proved is kept beside the claim and replayed the next time; the bytes do not change."""
    project.claim("x", "exp(x) > x")
    first = _run(project)
    text = project.certificate("x").read_bytes()
    second = _run(project)
    assert _verdicts(first) == _verdicts(second) == {"x": PROVED}
    assert [first.claims[0].replayed, second.claims[0].replayed] == [False, True]
    assert project.certificate("x").read_bytes() == text
    assert second.claims[0].certificate == first.claims[0].certificate


def test_checks_run_every_time_and_the_proof_is_replayed(project: Project) -> None:
    """A check beside a proof is run again, and the claim still counts as replayed."""
    project.claim("x", "exp(x) > x", more='[[check]]\nby = { method = "grid", points = 20, digits = 20 }')
    _run(project)
    (claim,) = _run(project).claims
    assert claim.replayed
    assert {item.name: item.status for item in claim.obligations} == {"statement": "proved", "check 1": "supported"}


def test_fresh_run_gives_the_same_certificate(project: Project) -> None:
    """With --fresh the certificate on disk does not count, and what is found is the same text."""
    project.claim("x", "exp(x) > x")
    _run(project)
    text = project.certificate("x").read_bytes()
    project.certificate("x").write_text("no certificate")
    assert _verdicts(_run(project, fresh=True)) == {"x": PROVED}
    assert project.certificate("x").read_bytes() == text


def test_no_write_leaves_the_folder_alone(project: Project) -> None:
    """Without permission to write the claim is proved and nothing is saved."""
    project.claim("x", "exp(x) > x")
    assert _verdicts(_run(project, write=False)) == {"x": PROVED}
    assert not project.certificate("x").exists()


def test_certificate_for_an_older_text_is_searched_again(project: Project) -> None:
    """A claim that was edited loses its certificate: the new statement is searched, and its certificate replaces the old one."""
    project.claim("x", "exp(x) > x")
    _run(project)
    old = project.certificate("x").read_bytes()
    project.claim("x", "exp(x) > x + 1/2")
    report = _run(project)
    assert _verdicts(report) == {"x": PROVED}
    assert not report.claims[0].replayed
    assert project.certificate("x").read_bytes() != old


def test_old_certificate_stays_until_it_is_replaced(project: Project) -> None:
    """Where the new text cannot be proved the old certificate stays, and the reason says that it is for an older text."""
    project.claim("x", "exp(x) > x")
    _run(project)
    old = project.certificate("x").read_bytes()
    project.claim("x", HARD, domains=CUBES, by='{ rule = "bisection", cells = 30 }')
    report = _run(project)
    assert report.claims[0].verdict == "inconclusive"
    assert "for an older text" in report.claims[0].reason
    assert project.certificate("x").read_bytes() == old


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"proofcheck": "certificate/1"}',
        b'{"proofcheck": "certificate/9", "claim": "p/x", "digest": "", "proofs": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_damaged_certificate_is_an_integrity_error(project: Project, text: bytes) -> None:
    """A truncated or foreign file in the place of a certificate is exit code 6, with the file and what to do."""
    project.claim("x", "exp(x) > x")
    project.certificate("x").write_bytes(text)
    report = _run(project)
    assert (report.exit_code, report.claims[0].verdict) == (6, "error")
    assert str(project.certificate("x")) in report.claims[0].reason
    assert "verify --fresh p/x" in report.claims[0].reason
    assert project.certificate("x").read_bytes() == text


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.mkdir(),
        os.mkfifo,
        lambda path: path.symlink_to("/etc/hostname"),
        lambda path: os.truncate(os.open(path, os.O_WRONLY | os.O_CREAT), MAX_BYTES + 1),
    ],
    ids=["folder", "pipe", "link", "huge"],
)
def test_certificate_that_is_no_file_is_an_integrity_error(project: Project, make: Any) -> None:
    """What cannot be a certificate is not opened, and is exit code 6."""
    project.claim("x", "exp(x) > x")
    make(project.certificate("x"))
    report = _run(project)
    assert (report.exit_code, report.claims[0].outcome) == (6, "FAIL")


@pytest.mark.parametrize(
    "changes",
    [
        {"proofs": {"statement": {"rule": "bisection", "prec": 64, "tree": "N"}}},
        {"proofs": {"statement": {"rule": "assume"}}},
        {"proofs": {"statement": {"rule": "cite"}, "step none": {"rule": "sign"}}},
        {"proofs": {"statement": {"rule": "trust-me"}}},
        {"proofs": {"statement": {"rule": "witness", "at": {"x": "0"}}}},
        {"claim": "p/y"},
        {"verdict": "proved"},
    ],
)
def test_forged_certificate_is_an_integrity_error(project: Project, changes: dict[str, Any]) -> None:
    """A certificate that proves nothing, proves something else, or belongs to another claim is refused: never a proof, exit code 6."""
    project.claim("x", "sin(5*x) < 3/2 - x/2")
    _run(project)
    project.forge("x", **changes)
    report = _run(project)
    assert (report.exit_code, report.claims[0].verdict) == (6, "error")


def test_symbolic_node_on_disk_is_never_believed(project: Project) -> None:
    """Only what this run proved by computer algebra counts; a forged symbolic node is dropped, and searched for."""
    project.claim("x", HARD, domains=CUBES, by='{ rule = "bisection", cells = 30 }')
    project.claim("good", "exp(x) > x")
    _run(project)
    lib = library(project.root / "claims")
    text = store.assemble(lib.claims["p/x"], {"statement": {"rule": "symbolic", "route": "simplify"}})
    assert text is not None
    project.certificate("x").write_bytes(text)
    assert _verdicts(_run(project)) == {"good": PROVED, "x": STUCK}
    assert project.run("replay", "p/x").code == 1


def test_symbolic_grade_is_that_of_this_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim proved by computer algebra in this run is symbolic, and so is whatever cites it; with an assumption both are conditional."""
    step = '[[step]]\nid = "limit"\nshows = "x <= 1"\nby = { rule = "assume", source = "a book", reason = "too long" }'
    project.claim("base", "exp(x) > x")
    project.claim("user", "exp(x) > x", by='{ rule = "cite", claim = "p/base" }')
    project.claim("rests", "exp(x) > x", more=step)
    project.claim("rests-too", "exp(x) > x", by='{ rule = "cite", claim = "p/rests" }')

    def proved(outcome: Outcome, name: str) -> Any:
        found = result(outcome, name)
        symbolic = isinstance(found, Proof) and found.tree["rule"] == "bisection"
        return Proof(name, {"rule": "symbolic", "route": "simplify"}, "identity") if symbolic else found

    monkeypatch.setattr("proofcheck.verify.result", proved)
    monkeypatch.setattr("proofcheck.verify.missing", lambda work: [entry.obligation.name for entry in work.claim.statement.entries])
    report = _run(project)
    symbolic, conditional = ("proved", "symbolic", "PASS"), ("proved", "conditional", "PASS")
    assert _verdicts(report) == {"base": symbolic, "user": symbolic, "rests": conditional, "rests-too": conditional}
    assert sorted(len(claim.assumptions) for claim in report.claims) == [0, 0, 1, 1]


def test_citation_needs_a_proof(project: Project) -> None:
    """A claim is proved only if what it cites is; when the cited claim breaks, the one that cites it is open, and nobody has tampered."""
    project.claim("base", "exp(x) > x")
    project.claim("user", "exp(x) > x", by='{ rule = "cite", claim = "p/base" }')
    assert _verdicts(_run(project)) == {"base": PROVED, "user": PROVED}
    project.claim("base", "exp(x) > x + 1/2")
    report = _run(project)
    assert _verdicts(report) == {"base": PROVED, "user": STUCK}
    assert report.exit_code == 1
    assert "p/base is not proved, or does not state this" in report.claims[1].reason
    project.claim("base", "exp(x) > x")
    assert _verdicts(_run(project)) == {"base": PROVED, "user": PROVED}


def test_cited_claim_is_checked_though_not_selected(project: Project) -> None:
    """Selecting the claim that cites is enough: what it cites is proved on the way and not listed."""
    project.claim("base", "exp(x) > x")
    project.claim("user", "exp(x) > x", by='{ rule = "cite", claim = "p/base" }')
    assert _verdicts(_run(project, "user")) == {"user": PROVED}


def test_citing_a_claim_that_cannot_be_read(project: Project) -> None:
    """A typing mistake in the cited claim makes the citing one open, not broken."""
    project.claim("base", "exp(xx) > x")
    project.claim("user", "exp(x) > x", by='{ rule = "cite", claim = "p/base" }')
    report = _run(project)
    assert _verdicts(report) == {"user": STUCK, "base": ("error", "", "FAIL")}
    assert report.exit_code == 2


def test_assumptions_are_listed(project: Project) -> None:
    """What is assumed closes the statement, and the report says what and why."""
    project.claim("x", "exp(x) > x", by='{ rule = "assume", source = "a book", reason = "a long proof" }')
    (claim,) = _run(project).claims
    assert (claim.verdict, claim.assumptions) == ("proved", ("statement: a long proof",))
    assert claim.obligations[0].status == "assumed"


def test_steps_that_do_not_show_the_statement(project: Project) -> None:
    """Proved steps beside the statement leave it open; where nothing else is tried, the reason says what is missing."""
    more = '[[step]]\nid = "a"\nshows = "exp(x) > x/2"\nby = "inequality"\n[[check]]\nshows = "x <= 1"\nby = "inequality"'
    project.claim("x", "exp(x) > x", expect="supported", more=more)
    (claim,) = _run(project).claims
    assert (claim.verdict, [item.status for item in claim.obligations]) == ("inconclusive", ["open", "proved", "proved"])
    assert claim.reason.startswith("no step shows the statement")


def test_statement_that_rests_on_an_open_step_is_open(project: Project) -> None:
    """A statement that is assembled from a step is open while the step rests on a claim that is not proved; nothing is broken."""
    step = f'[[step]]\nid = "a"\nshows = "{HARD} and x <= 1"\nby = {{ rule = "cite", claim = "p/base" }}'
    project.claim("base", HARD, domains=CUBES, by='{ rule = "bisection", cells = 30 }')
    project.claim("x", HARD, domains=CUBES, more=step)
    report = _run(project, "x", timeout=3)
    assert _verdicts(report) == {"x": STUCK}
    assert report.exit_code in (1, 4)


def test_violated_check_of_the_statement_refutes_it(project: Project) -> None:
    """A check that says the same as the statement and is violated at an exact point settles an open claim: NEWS."""
    project.claim("x", "exp(x) < 5/2", expect="open", more='[[check]]\nby = { method = "grid", points = 20, digits = 20 }')
    for _ in range(2):
        report = _run(project)
        assert (_verdicts(report), report.exit_code) == ({"x": ("refuted", "witness", "NEWS")}, 1)
        assert report.claims[0].witness


def test_false_step_does_not_refute_the_statement(project: Project) -> None:
    """A violated step is an error of the argument; the statement stays open."""
    project.claim("x", "exp(x) > x", more='[[step]]\nid = "a"\nshows = "exp(x) > 2*x + 2/3"\nby = "inequality"')
    (claim,) = _run(project).claims
    assert claim.verdict == "inconclusive"
    assert "step a is violated" in claim.reason


HALVES = "".join(f'[[step]]\nid = "{name}"\nshows = "{{0}}"\nfor_all.x = "{part}"\nby = "inequality"\n' for name, part in (("low", "[0, 1/2]"), ("high", "[1/2, 1]")))
CUBIC = "x*(1 - x)*(x + 3)"


@pytest.mark.parametrize("expect", ["refuted", "proved"])
def test_witness_wins_over_steps_that_are_false(project: Project, expect: str) -> None:
    """A false statement that would follow from steps is refuted at a point, found beside their refutations, and again in a replay."""
    statement = f"{CUBIC} <= 3/4"
    project.claim("x", statement, expect=expect, more=HALVES.format(statement))
    for _ in range(2):
        (claim,) = _run(project).claims
        assert (claim.verdict, claim.outcome) == ("refuted", "PASS" if expect == "refuted" else "FAIL")
        assert claim.witness
    assert {item.name: item.status for item in claim.obligations} == {"statement": "refuted", "step low": "refuted", "step high": "refuted"}


def test_witness_is_found_where_steps_are_only_open(project: Project) -> None:
    """A false statement that follows from a false step that no search decides within its budget is refuted all the same."""
    step = f'[[step]]\nid = "a"\nshows = "{CUBIC} <= 3/4"\nby = {{ method = "charts", cases = [] }}'
    project.claim("x", f"{CUBIC} <= 3/4", expect="refuted", more=step)
    (claim,) = _run(project).claims
    assert (claim.verdict, claim.outcome) == ("refuted", "PASS")


def test_true_statement_with_a_false_step_stays_open(project: Project) -> None:
    """The search for a violation of the statement finds none where there is none: the step alone is refuted."""
    statement = f"{CUBIC} <= 89/100"
    project.claim("x", statement, more=HALVES.format(f"{CUBIC} <= 3/4") + HALVES.format(statement).replace('"low"', '"a"').replace('"high"', '"b"'))
    (claim,) = _run(project).claims
    assert (claim.verdict, claim.obligations[0].status) == ("inconclusive", "proved")


@pytest.mark.parametrize(
    ("domains", "given", "more", "name"),
    [
        ({"x": "[0, 1]"}, ["x > 2"], "", "statement"),
        ({"x": "[0, 1]", "y": "(x, 0)"}, [], "", "statement"),
        ({"x": "[0, 1]"}, [], '[[step]]\nid = "a"\nshows = "x >= 0"\ngiven = ["x < 0"]\nby = "inequality"', "step a"),
    ],
)
def test_vacuous_claim_is_an_error(project: Project, domains: dict[str, str], given: list[str], more: str, name: str) -> None:
    """A claim about no point at all is malformed, says which obligation and why, and is never proved, also with a certificate."""
    project.claim("x", "x >= 5", domains=domains, given=given, more=more)
    for _ in range(2):
        report = _run(project)
        assert (report.exit_code, report.claims[0].verdict) == (2, "error")
        assert "[PC209 vacuous]" in report.claims[0].reason
        assert f"{name}: no point that satisfies the hypotheses was found" in report.claims[0].reason


def test_point_of_the_hypotheses_is_shown(project: Project) -> None:
    """The report says at which exact point the hypotheses hold."""
    project.claim("x", "x^2 > 0", given=["x > 7/8"])
    (claim,) = _run(project).claims
    assert claim.verdict == "proved"
    assert "hypotheses hold at x = " in claim.obligations[0].detail


def test_unreadable_formula_does_not_stop_the_others(project: Project) -> None:
    """A typing mistake in one file is an error of that file; the others are verified."""
    project.claim("bad", "exp(xx) > x")
    project.claim("good", "exp(x) > x")
    report = _run(project)
    assert _verdicts(report) == {"good": PROVED, "bad": ("error", "", "FAIL")}
    assert report.exit_code == 2


def test_crashed_method_is_broken(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash is BROKEN with exit code 70: its first line is the reason, its whole text is in the record."""
    project.claim("x", "exp(x) > x")
    monkeypatch.setattr("proofcheck.verify.result", lambda outcome, name: Failure(name, "inequality", "ValueError: boom\n  File a\n  File b"))
    report = _run(project)
    (claim,) = report.claims
    assert (report.exit_code, claim.outcome) == (70, "BROKEN")
    assert claim.reason == "statement: the method inequality failed: ValueError: boom"
    assert claim.obligations[0].detail.endswith("File b")
    assert not project.certificate("x").exists()


def test_mistake_in_by_is_malformed(project: Project) -> None:
    """A method that there is not is the file's mistake: exit code 2, also for a check beside a proof."""
    project.claim("x", "exp(x) > x", more='[[check]]\nby = "gird"')
    report = _run(project)
    assert (report.exit_code, report.claims[0].verdict) == (2, "error")
    assert "There is no method or rule 'gird'" in report.claims[0].reason


def test_wrong_fresh_proof_is_broken(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method whose proof the kernel rejects has a bug: BROKEN, exit code 70, and nothing is written."""
    project.claim("x", "exp(x) > x + 1/2")
    monkeypatch.setattr("proofcheck.verify.result", lambda outcome, name: Proof(name, {"rule": "bisection", "prec": 64, "tree": "C"}, "inequality"))
    report = _run(project)
    assert (report.exit_code, report.claims[0].outcome) == (70, "BROKEN")
    assert "a bug of its method" in report.claims[0].reason
    assert not project.certificate("x").exists()


@pytest.mark.parametrize(("ended", "why"), [("timeout", "budget"), ("memory", "memory"), ("interrupted", "budget")])
def test_stopped_task_is_a_spent_budget(ended: str, why: str) -> None:
    """A method that was stopped leaves a spent budget; one that crashed, or returned no evidence, a failure."""
    task = Task("p/x · statement", "a:b", None, 5, 10**9)
    found = result(Outcome(task, None, ended, 5.0, 5.0, 0, ""), "statement")
    assert isinstance(found, Undecided)
    assert found.why == why
    assert isinstance(result(Outcome(task, None, "crash", 5.0, 5.0, 0, "SIGSEGV"), "statement"), Failure)
    assert isinstance(result(Outcome(task, "proved", "done", 5.0, 5.0, 0, ""), "statement"), Failure)


def _sleepy(tasks: Iterable[Task], **options: Any) -> Iterator[Outcome]:
    """Run the kernel's tasks; let every search end at its time limit."""
    for task in tasks:
        search = task.call.startswith("proofcheck.methods.strategy")
        yield from [Outcome(task, None, "timeout", task.seconds, 1.0, 0)] if search else run([task], **options)


def test_spent_time_is_code_4(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is stopped at its time limit is inconclusive, with exit code 4 and the limit in the reason."""
    project.claim("x", "x >= 0", by='"sleepy"')
    monkeypatch.setattr("proofcheck.verify.run", _sleepy)
    report = _run(project)
    assert (report.exit_code, report.claims[0].verdict) == (4, "inconclusive")
    assert "60 s ended (budget)" in report.claims[0].reason


def test_full_disk_does_not_lose_the_report(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a certificate cannot be saved the verdict stands, the caller hears of it, and no caller means an exception."""
    project.claim("x", "exp(x) > x")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.os, "fsync", full)
    lib = library(project.root / "claims")
    problems: list[OSError] = []
    report = verify(lib, list(lib.claims.values()), Settings(jobs=1), on_problem=problems.append)
    assert _verdicts(report) == {"x": PROVED}
    assert [error.filename for error in problems] == [str(project.certificate("x"))]
    with pytest.raises(OSError, match="No space"):
        _run(project)


def test_certificate_holds_what_was_accepted_only(project: Project) -> None:
    """A citation that does not hold is not written down, so that the kernel's own program accepts every certificate on disk."""
    step = '[[step]]\nid = "cited"\nshows = "exp(x) > x"\nby = { rule = "cite", claim = "p/base" }\n'
    project.claim("base", HARD, domains=CUBES, by='{ rule = "bisection", cells = 30 }')
    project.claim("x", "exp(x) > x", more=step + '[[step]]\nid = "own"\nshows = "x <= 1"\nby = "inequality"')
    assert _verdicts(_run(project))["x"] == STUCK
    assert list(json.loads(project.certificate("x").read_text())["proofs"]) == ["step own"]
