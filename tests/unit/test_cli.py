"""The program as its users meet it: messages, exit codes, interruptions, full disks, and what is printed where."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from proofcheck import __version__, commands, errors, store
from proofcheck.kernel import Malformed, Rejected
from proofcheck.report.as_json import from_json
from tests.project import HARD, ROOT, Project

CUBES = {"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}
FEW = '{ rule = "bisection", cells = 30 }'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


# -- an author -----------------------------------------------------------------------------------------------------------------


def test_new_claim_passes_at_once(project: Project) -> None:
    """What `new` writes is clean for lint, is proved by verify, and is named in its paper."""
    made = project.run("new", "p/x")
    assert made.code == 0
    assert "proofcheck verify p/x" in made.out
    linted = project.run("lint", "--strict")
    assert (linted.code, linted.out) == (0, "2 files: 0 errors, 0 warnings\n")
    assert project.verify().code == 0
    assert 'claims = ["x"]' in (project.root / "claims" / "p" / "paper.toml").read_text()
    assert (project.root / "claims" / "claim.schema.json").read_text() == project.run("schema").out


@pytest.mark.parametrize("name", ["BAD", "p", "p/x/y", "../x", "p/../x", "p/.x", "p/X", ""])
def test_new_refuses_ids_that_are_none(project: Project, name: str) -> None:
    """An id that is not paper/claim is refused with its code, and nothing is written."""
    ended = project.run("new", name)
    assert (ended.code, "[PC205 bad-id]" in ended.err) == (2, True)
    assert not (project.root / "claims").exists()


def test_new_does_not_overwrite(project: Project) -> None:
    """A second `new` of the same id is refused, and the file stays."""
    path = project.claim("x", "x >= 0")
    text = path.read_text()
    ended = project.run("new", "p/x")
    assert (ended.code, "[PC210 duplicate]" in ended.err) == (2, True)
    assert path.read_text() == text


def test_typing_mistake_is_shown_with_a_caret(project: Project) -> None:
    """The message has the file, the key, the formula with a caret under the name, the reason, and what was meant."""
    path = project.claim("x", "sin(thetta) <= theta", domains={"theta": "[0, 1]"})
    message = f"{path}: [claim], key `statement`  [PC104 unknown-name]\n    sin(thetta) <= theta\n        ^^^^^^\n"
    reason = "`thetta` is not defined. Names in scope: theta. Did you mean `theta`?"
    linted, shown, verified = project.run("lint"), project.run("show", "p/x"), project.verify()
    assert (linted.code, shown.code, verified.code) == (2, 2, 2)
    assert message + "  " + reason in linted.out
    assert message + "  " + reason in shown.err
    squeezed = [line.strip() for line in verified.out.splitlines()]
    assert "sin(thetta) <= theta" in squeezed
    assert reason in squeezed
    lines = verified.out.splitlines()
    formula = next(line for line in lines if line.strip() == "sin(thetta) <= theta")
    assert lines[lines.index(formula) + 1].index("^") == formula.index("thetta")


def test_lint_says_everything_at_once(project: Project) -> None:
    """All errors of all files come in one go, with the number of errors and warnings, and exit code 2."""
    project.claim("one", "foo(x) > 0")
    project.claim("two", "x > y")
    project.claim("three", "x >= 0", by='"gird"')
    project.claim("four", "x >= 0", by='{ rule = "cite", claim = "p/five" }')
    ended = project.run("lint")
    assert ended.code == 2
    assert sorted(re.findall(r"\[(PC\d+)", ended.out)) == ["PC104", "PC104", "PC105", "PC204"]
    assert re.search(r"^4 files: 4 errors, \d+ warnings$", ended.out, re.MULTILINE)


def test_lint_of_one_file(project: Project) -> None:
    """A path selects one file; its citations are looked up all the same, and warnings fail only when asked to."""
    project.claim("bad", "x > y")
    good = project.claim("good", "x >= 0")
    lost = project.claim("lost", "x >= 0", by='{ rule = "cite", claim = "p/none" }')
    assert project.run("lint", str(good)).code == 0
    assert project.run("lint", "--strict", str(good)).code == 1
    ended = project.run("lint", str(lost))
    assert (ended.code, "'p/none' does not exist" in ended.out) == (2, True)
    assert project.run("lint", str(project.path("none"))).code == 2


def test_show_knows_the_last_run_and_the_kernel(project: Project) -> None:
    """`show` tells what the last run found as long as file and certificate are the same; else what the kernel sees by itself."""
    project.claim("x", "exp(x) > x")
    alone = project.run("show", "p/x")
    assert (alone.code, "Seen by the kernel alone" in alone.out, "inconclusive" in alone.out) == (0, True, True)
    project.run("verify", "--jobs", "1")
    assert "Seen by the kernel alone" not in project.run("show", "p/x").out
    project.claim("x", "exp(x) > x + 1/2")
    edited = project.run("show", "p/x")
    assert (edited.code, "older text" in edited.out, "inconclusive" in edited.out) == (0, True, True)
    assert project.run("show", "--source", "p/x").out == project.path("x").read_text()


def test_unknown_claim_is_answered_with_the_nearest(project: Project) -> None:
    """An id with a typing mistake is answered with the one that was meant."""
    project.claim("lemma", "x >= 0")
    ended = project.run("show", "p/lema")
    assert (ended.code, "Did you mean `p/lemma`?" in ended.err) == (2, True)


# -- a maintainer in continuous integration --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([("exp(x) > x", "proved", "")], 0),
        ([("exp(x) < x", "refuted", "")], 0),
        ([("exp(x) < 2", "proved", "")], 1),
        ([("exp(x) > x", "refuted", "")], 1),
        ([("exp(x) > x", "open", "")], 1),
        ([(HARD, "proved", FEW)], 4),
        ([(HARD, "open", FEW)], 0),
        ([(HARD, "proved", FEW), ("exp(x) < 2", "proved", "")], 1),
        ([(HARD, "proved", FEW), ("exp(x) > x", "proved", "")], 4),
        ([("exp(y) > x", "proved", ""), ("exp(x) < 2", "proved", "")], 2),
    ],
)
def test_exit_codes(project: Project, files: list[tuple[str, str, str]], code: int) -> None:
    """0 all PASS, 1 a FAIL or NEWS, 2 malformed, 4 budget; of several the one that takes precedence, and the JSON says the same."""
    for i, (statement, expect, by) in enumerate(files):
        project.claim(f"x{i}", statement, expect=expect, by=by, domains=CUBES if statement == HARD else None)
    ended = project.verify("--json", "-")
    assert ended.code == code
    report = from_json(ended.out)
    assert report.exit_code == code
    assert report.ok == (code == 0)


def test_nothing_selected_is_never_success(project: Project) -> None:
    """An id without a claim is exit code 5 for every command that takes ids, and the message names it."""
    project.claim("x", "x >= 0")
    for command in ("verify", "replay", "list"):
        ended = project.run(command, "p/none")
        assert (ended.code, "no claim matches p/none" in ended.err) == (5, True)
    project.path("x").unlink()
    assert project.run("verify").code == project.run("lint").code == 5


def test_mistakes_of_usage_are_code_2(project: Project) -> None:
    """Unknown commands and options, numbers that make no sense, and a missing folder are exit code 2, without a traceback."""
    for arguments in (["verfy"], ["verify", "--nope"], ["verify", "--timeout", "x"], ["verify"], ["list"], ["show", "p/x"], ["replay"]):
        assert project.run(*arguments).code == 2
    project.claim("x", "x >= 0")
    for option, value in (("--timeout", "-1"), ("--timeout", "nan"), ("--timeout", "inf"), ("--jobs", "0"), ("--memory", "0")):
        assert project.run("verify", option, value).code == 2
    assert project.run("replay", "--timeout", "inf").code == 2


def test_version_and_help() -> None:
    """`--version` says the version; `--help` lists every exit code."""
    project = Project(Path("/nowhere"))
    assert project.run("--version").out == f"proofcheck, version {__version__}\n"
    text = project.run("--help").out
    assert all(re.search(rf"\b{code}\b", text) for code in (0, 1, 2, 3, 4, 5, 6, 70, 130, 143))


def test_json_to_standard_output_is_nothing_but_json(project: Project) -> None:
    """With `--json -` standard output is one JSON report; what people read goes to standard error."""
    project.claim("good", "exp(x) > x")
    project.claim("bad", "exp(x) < 2")
    ended = project.verify("--json", "-", "-v")
    assert {claim.id: claim.verdict for claim in from_json(ended.out).claims} == {"p/good": "proved", "p/bad": "refuted"}
    assert "1 of 2 PASS" in ended.err


def test_reports_of_a_run_agree(project: Project) -> None:
    """JSON, JUnit and HTML of one run parse, have the same claims, and no other files are left."""
    project.claim("good", "exp(x) > x")
    project.claim("bad", "exp(x) < 2")
    project.claim("typo", "exp(y) < 2")
    ended = project.run("verify", "--jobs", "1", "--json", str(project.root / "own.json"), "--junit", str(project.root / "own.xml"))
    folder = project.root / "reports"
    assert sorted(path.name for path in folder.iterdir()) == ["junit.xml", "report.html", "report.json"]
    report = from_json((folder / "report.json").read_text())
    suite = ElementTree.fromstring((folder / "junit.xml").read_text()).find("testsuite")
    page = (folder / "report.html").read_text()
    assert suite is not None
    assert [case.get("name") for case in suite.iter("testcase")] == [claim.id for claim in report.claims] == ["p/bad", "p/good", "p/typo"]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert report.sentence() in ended.out
    assert report.sentence() in page
    assert all(claim.id in page for claim in report.claims)
    assert (project.root / "own.json").read_text() == (folder / "report.json").read_text()
    assert (project.root / "own.xml").read_text() == (folder / "junit.xml").read_text()


def test_no_colours_when_piped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is written to a pipe contains an escape, not even what a hostile title contains."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    path = project.claim("x", "exp(x) < 2")
    path.write_text(path.read_text().replace("A title", "\\u001b[31mred\\u0007 ::error::"))
    for arguments in (("verify", "--no-report", "-v"), ("show", "p/x"), ("list",), ("replay",), ("lint",)):
        ended = project.run(*arguments)
        assert "\x1b" not in ended.out + ended.err
        assert "\x07" not in ended.out + ended.err


def test_colours_on_a_terminal_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours are for terminals, and NO_COLOR and a dumb terminal switch them off."""

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert commands.colored(Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert not commands.colored(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not commands.colored(Terminal())


def test_list_in_three_forms(project: Project) -> None:
    """The table, the ids and the JSON list the same claims; a faulty file is told and is exit code 2."""
    project.claim("a", "x >= 0")
    project.claim("b", "x >= 0", expect="open")
    assert project.run("list", "--format", "ids").out == "p/a\np/b\n"
    assert [row["expect"] for row in json.loads(project.run("list", "--format", "json").out)] == ["proved", "open"]
    assert project.run("list").out.endswith("2 claims\n")
    project.path("c").write_text("no toml")
    ended = project.run("list", "--format", "ids")
    assert (ended.code, ended.out, "PC201" in ended.err) == (2, "p/a\np/b\n", True)
    assert project.run("list", "p/a").code == 0


def test_project_is_found_from_below(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder inside a project the project above is used, also by `new`."""
    project.claim("x", "x >= 0")
    assert errors.project(str(project.path("x").parent)) == project.root
    inside = Project(project.path("x").parent)
    assert inside.run("list", "--format", "ids").out == "p/x\n"
    assert inside.run("new", "p/y").code == 0
    assert project.path("y").exists()


@pytest.mark.parametrize("command", ["verify", "replay", "list"])
def test_part_of_what_was_asked_for_is_missing(project: Project, command: str) -> None:
    """A name that matches nothing is 5 with the nearest name, also beside one that does: what was not looked at is not passed over."""
    project.claim("good", "exp(x) > x")
    ended = project.run(command, "p/good", "p/goods")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err == "Nothing is selected: no claim matches p/goods. Did you mean `p/good`?\n"
    assert "See `proofcheck list`" in project.run(command, "q/*").err


PROVE = ("prove", "x <= 1", "--for", "x in [0, 1]")
MISTAKES = [
    ((*PROVE, "--timeout", "0"), 2, "--timeout is 0; it has to be positive and finite."),
    ((*PROVE, "--timeout", "nan"), 2, "--timeout is nan"),
    ((*PROVE, "--timeout", "inf"), 2, "--timeout is inf"),
    ((*PROVE, "--jobs", "0"), 2, "--jobs is 0"),
    (("verify", "--memory", "-1"), 2, "--memory is -1"),
    (("replay", "--timeout", "-1"), 2, "--timeout is -1"),
    ((*PROVE, "--for", "x in [0, 2]"), 2, "--for gives x twice. Give one domain"),
    ((*PROVE, "--given", "x > 3"), 2, "no point that satisfies the hypotheses was found: x > 3"),
    (("prove", "--problems", "nowhere.jsonl"), 2, "nowhere.jsonl  [PC207 unreadable]\n  The list cannot be read: No such file or directory."),
    (("prove", "--problems", "/"), 2, "The list cannot be read: Is a directory."),
    (("search", "p/gooood"), 2, "There is no claim 'p/gooood'. Claims: p/good. Did you mean `p/good`?"),
]


@pytest.mark.parametrize(("arguments", "code", "text"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_mistakes_are_explained(project: Project, arguments: tuple[str, ...], code: int, text: str) -> None:
    """A wrong value, a name twice, a hypothesis that nothing satisfies, a missing list: what is wrong, with its value, and the documented code."""
    project.claim("good", "exp(x) > x")
    ended = project.run(*arguments)
    assert (ended.code, text in ended.out + ended.err) == (code, True), ended
    assert "Traceback" not in ended.err
    assert "/tmp" not in ended.out + ended.err


# -- replay --------------------------------------------------------------------------------------------------------------------


def _line(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.split()[1:2] == [f"p/{name}"])


def test_replay_says_what_the_kernel_sees(project: Project) -> None:
    """Every state of a certificate has its word, and only what is settled counts as success."""
    project.claim("good", "exp(x) > x")
    project.claim("false", "exp(x) < 2", expect="refuted")
    project.claim("old", "exp(x) > x")
    project.claim("short", HARD, domains=CUBES, by=FEW)
    project.claim("open", HARD, domains=CUBES, by=FEW, expect="open")
    project.verify()
    project.claim("old", "exp(x) > x + 1/2")
    ended = project.run("replay", "--jobs", "1")
    words = {name: _line(ended.out, name).split()[0] for name in ("good", "false", "old", "short", "open")}
    assert words == {"good": "VERIFIED", "false": "REFUTED", "old": "OBSOLETE", "short": "NONE", "open": "NONE"}
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "2 of 5 settled by the kernel alone; 2 without a certificate; 1 with an obsolete one")
    assert project.run("replay", "p/good", "p/false", "p/open").code == 0
    assert project.run("replay", "p/old").code == project.run("replay", "p/short").code == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda project: project.forge("x", proofs={"statement": {"rule": "assume"}}),
        lambda project: project.forge("x", claim="p/y"),
        lambda project: project.certificate("x").write_bytes(project.certificate("x").read_bytes()[:-20]),
        lambda project: (project.certificate("x").unlink(), project.certificate("x").symlink_to(project.path("x"))),
    ],
    ids=["forged", "another", "truncated", "link"],
)
def test_replay_of_a_spoilt_certificate(project: Project, spoil: Callable[[Project], object]) -> None:
    """A certificate that is forged, truncated, or of another claim is REJECTED with exit code 6, by replay, show and verify."""
    project.claim("x", "exp(x) > x")
    project.claim("y", "exp(x) > x")
    project.verify()
    spoil(project)
    replayed = project.run("replay")
    assert (replayed.code, _line(replayed.out, "x").split()[0], _line(replayed.out, "y").split()[0]) == (6, "REJECTED", "VERIFIED")
    assert "[PC" in replayed.out
    assert project.run("show", "p/x").code == 6
    assert project.verify().code == 6


def test_replay_of_a_measured_claim(project: Project) -> None:
    """What expects support is MEASURED and passes, with or without a certificate; an unproved step of it is OPEN and fails."""
    step = '[[step]]\nid = "a"\nshows = "exp(x) > x"\n'
    grid = '[[check]]\nby = { method = "grid", points = 9, digits = 20 }\n'
    project.claim("grid", "exp(x) > x", expect="supported", more=grid)
    project.claim("steps", "exp(x) >= x + 1/2", expect="supported", more=grid + step + 'by = "inequality"')
    project.claim("gap", HARD, domains=CUBES, expect="supported", more=grid.replace("9", "3") + f'[[step]]\nid = "a"\nshows = "{HARD}"\nby = {FEW}')
    assert project.verify("p/grid", "p/steps").code == 0
    assert project.verify("p/gap").code == 4
    ended = project.run("replay", "p/grid", "p/steps")
    assert (ended.code, [line.split()[0] for line in ended.out.splitlines()[:2]]) == (0, ["MEASURED", "MEASURED"])
    assert ended.out.splitlines()[-1] == "0 of 2 settled by the kernel alone; 2 measured, which `verify` does"
    ended = project.run("replay", "p/gap")
    assert (ended.code, ended.out.split()[0]) == (1, "OPEN")
    assert "not shown by the kernel: step a" in ended.out


def test_replay_does_not_believe_computer_algebra(project: Project) -> None:
    """A symbolic node settles nothing: the claim is OPEN, and that is a failure where a proof is expected."""
    project.claim("x", "exp(x) > x")
    project.verify()
    project.forge("x", proofs={"statement": {"rule": "symbolic", "route": "simplify"}})
    ended = project.run("replay")
    assert (ended.code, _line(ended.out, "x").split()[0]) == (1, "OPEN")
    assert "computer algebra" in ended.out


def test_replay_against_the_expectation(project: Project) -> None:
    """A certificate that settles a claim against its expectation, or settles an open one, is exit code 1."""
    path = project.claim("x", "exp(x) > x", expect="open")
    assert project.verify().code == 1
    assert project.run("replay").code == 1
    path.write_text(path.read_text().replace('"open"', '"refuted"'))
    project.verify()
    assert project.run("replay").code == 1


def test_malformed_claim_in_replay(project: Project) -> None:
    """A formula that cannot be read is exit code 2 in replay, with file and caret; the others are replayed."""
    project.claim("good", "exp(x) > x")
    project.verify()
    path = project.claim("bad", "exp(y) > x")
    ended = project.run("replay")
    assert (ended.code, _line(ended.out, "good").split()[0], _line(ended.out, "bad").split()[0]) == (2, "VERIFIED", "ERROR")
    assert str(path) in ended.out
    assert "    exp(y) > x\n        ^\n" in ended.out


# -- when something else is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Malformed("PC204", "Wrong."), 2, "[PC204 bad-value]"),
        (Rejected("PC303", "No."), 6, "[PC303 undecided]"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (OSError(errno.ENOSPC, "No space left on device", "report.json"), 3, "report.json: The disk is full. Nothing that was saved before is lost."),
        (PermissionError(errno.EACCES, "Permission denied", "claims"), 3, "claims: Permission denied."),
        (ImportError("No module named 'sympy'"), 3, "proofcheck doctor"),
        (ZeroDivisionError("division by zero"), 70, "This is a bug of proofcheck: ZeroDivisionError: division by zero"),
    ],
)
def test_every_exception_has_a_message_and_a_code(capsys: pytest.CaptureFixture[str], error: BaseException, code: int, words: str) -> None:
    """Whatever a command raises becomes a message on standard error and the documented code, never a traceback."""

    def action() -> int:
        raise error

    assert errors.guarded(action) == code
    said = capsys.readouterr()
    assert words in said.err
    assert (said.out, "Traceback" in said.err) == ("", False)


def test_traceback_of_a_bug_is_kept_in_a_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The details of a bug are in the file that the message names; without room for a file they are in the message."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert errors.guarded(lambda: 1 // 0) == 70
    (path,) = tmp_path.iterdir()
    assert str(path) in capsys.readouterr().err
    assert "ZeroDivisionError" in path.read_text()

    def full(**_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert errors.guarded(lambda: 1 // 0) == 70
    assert "Traceback" in capsys.readouterr().err


def test_crash_shows_one_line_to_people_and_all_to_machines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crashed method is exit code 70; the terminal has the first line of it, the JSON the whole traceback."""
    project.claim("x", "exp(x) > x")
    monkeypatch.setattr("proofcheck.verify.missing", lambda work: ["nonsense"])
    ended = project.verify("--json", "-")
    assert ended.code == 70
    assert "BROKEN" in ended.err
    assert "KeyError" in ended.err
    assert "Traceback" not in ended.err


def test_full_disk(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a full disk the summary is printed, old files stay, the message names each file, and the exit code is 3."""
    project.claim("x", "exp(x) > x")
    assert project.run("verify", "--jobs", "1").code == 0
    files = [project.certificate("x"), *(project.root / "reports").iterdir()]
    before = {path: path.read_bytes() for path in files}
    project.claim("x", "exp(x) > x + 1/2")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.os, "fsync", full)
    ended = project.run("verify", "--jobs", "1")
    assert ended.code == 3
    assert "1 of 1 PASS" in ended.out
    assert all(f"{path}: The disk is full." in ended.err for path in files)
    assert {path: path.read_bytes() for path in files} == before
    assert sorted((project.root / "reports").iterdir()) == sorted(files[1:])


def test_full_disk_does_not_hide_a_failure(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that fails is exit code 1 also where the report cannot be saved."""
    project.claim("x", "exp(x) < 2")
    monkeypatch.setattr(store, "save", lambda path, text: _full(path))
    assert project.run("verify", "--jobs", "1").code == 1


def _full(path: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_closed_pipe_is_no_error(project: Project) -> None:
    """A reader that has seen enough ends the program quietly."""
    for i in range(40):
        project.claim(f"x{i}", "x >= 0")
    process = project.start("list", "--format", "json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(30) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interruption_keeps_what_was_found(project: Project, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM end the search; certificates found so far and the report are saved, and the command to go on is printed."""
    project.claim("good", "exp(x) > x")
    project.claim("hard", HARD, domains=CUBES, by='{ rule = "bisection", cells = 100000000 }')
    process = project.start("verify", "p/good", "p/hard", "-v", "--jobs", "2")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("p/good · statement: done"):
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Go on with: proofcheck verify p/good p/hard" in err
    assert "Traceback" not in err
    assert "1 of 2 PASS: 1 proved · 1 FAIL · interrupted" in out
    assert project.certificate("good").exists()
    assert not project.certificate("hard").exists()
    report = from_json((project.root / "reports" / "report.json").read_text())
    assert (report.interrupted, report.exit_code) == (True, code)
    assert project.run("replay", "p/good").code == 0


# -- what starting costs ------------------------------------------------------------------------------------------------------------

HEAVY = {"sympy", "mpmath", "numpy", "rich", "jinja2", "scipy"}
WATCHED = """
import sys
from proofcheck.cli import cli
try:
    cli(sys.argv[1:], prog_name="proofcheck")
except SystemExit as end:
    sys.stderr.write(f"\\n{end.code} {' '.join(sorted(name for name in sys.modules if '.' not in name))}")
"""


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["replay", "p/x"], ["schema"], ["new", "p/other"]])
def test_light_commands_import_nothing_heavy(project: Project, arguments: list[str]) -> None:
    """Help, list, replay, schema and new run without sympy, numpy, rich and jinja2."""
    project.claim("x", "exp(x) > x")
    project.verify()
    found = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments], cwd=project.root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    code, *modules = found.stderr.splitlines()[-1].split()
    assert code == "0"
    assert set(modules) & HEAVY == set()


def test_replay_runs_where_the_heavy_packages_are_not(project: Project) -> None:
    """Replay of a bisection and of a witness works, in the kernel's process too, where those packages cannot be imported."""
    project.claim("x", "exp(x) > x")
    project.claim("y", "exp(x) < 2", expect="refuted")
    project.verify()
    blocked = f"import sys; sys.modules.update(dict.fromkeys({sorted(HEAVY)}))\n{WATCHED}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", blocked, "replay"], cwd=project.root, env=environment, capture_output=True, text=True, check=True)
    assert "2 of 2 settled by the kernel alone" in found.stdout


def test_replay_of_one_claim_starts_one_interpreter(project: Project) -> None:
    """The kernel's process is a fork: replay executes no second program, which would double what starting costs."""
    project.claim("x", "exp(x) > x")
    project.verify()
    program = f"""
import sys
started = []
sys.addaudithook(lambda event, _: started.append(event) if event in ("subprocess.Popen", "os.exec", "os.posix_spawn") else None)
{WATCHED}
print("started", started)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", program, "replay", "p/x"], cwd=project.root, env=environment, capture_output=True, text=True, check=True)
    assert "VERIFIED  p/x" in found.stdout
    assert "started []" in found.stdout


def test_interrupted_proof_is_130(project: Project) -> None:
    """Ctrl-C during `prove` is exit code 130, not that of a spent budget."""
    domains = [text for name in CUBES for text in ("--for", f"{name} in {CUBES[name]}")]
    process = project.start("prove", HARD, *domains, "--jobs", "1")
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "inconclusive" in out, err.splitlines()[-1]) == (130, True, "Interrupted.")


def test_interruption_while_a_command_loads_is_130(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before a command begins its work is exit code 130 as well."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("proofcheck.cli.finish", interrupted)
    assert project.run("list").code == 130
