"""Claim files as a library: loading, limits, digests, schema, coverage, warnings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from proofcheck import __version__
from proofcheck.claim import Library, coverage_errors, library, lint, load, load_paper, schema
from proofcheck.commands import SCAFFOLD, schema_text
from proofcheck.kernel import Malformed
from proofcheck.kernel.statement import KEYS, MAX_FILE, REQUIRED, read
from proofcheck.report.schema import violations
from tests.project import ROOT, Project

BASE = """proofcheck = "claim/1"
given = ["x != 1/2"]
[claim]
id = "p/x"
title = "A title"
statement = "f(x) <= K*x"
expect = "proved"
[for_all]
x = "[0, 1]"
n = "integer in [1, 9]"
[for_each]
K = [1, 2]
[define]
"f(t)" = "sin(t) + a"
a = "n - n"
[[step]]
id = "bound"
shows = "f(x) <= K*x"
by = { rule = "assume", reason = "why", source = "where" }
[[check]]
by = { method = "grid", points = 50 }
[[sanity]]
at.x = "0"
at.n = "1"
shows = "f(x) = 0"
[[must_fail]]
text = "sharp"
statement = "f(x) <= x/2"
"""


def _digest(text: str) -> str:
    return read(text.encode()).digest


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + BASE.replace('id = "bound"', 'id = "bound" # and another'),
        BASE.replace('x = "[0, 1]"\nn = "integer in [1, 9]"', 'n = "integer in [1, 9]"\nx = "[0, 1]"'),
        BASE.replace('expect = "proved"', "").replace("[claim]", '[claim]\nexpect = "proved"'),
        BASE.replace("f(x) <= K*x", "f( x )<=K * x").replace("[0, 1]", "[ 0,1 ]"),
        BASE.replace("f(", "g(").replace("+ a", "+ b").replace("a = ", "b = "),
        BASE.replace("f(t)", "f(s)").replace("sin(t)", "sin(s)"),
        BASE.replace('title = "A title"', 'title = "Another"\ntext = "prose"\nkind = "lemma"'),
        BASE + '[source]\nlabel = "Theorem 1"\nquote = "words"\n',
        BASE.replace("points = 50", "points = 5000, digits = 90"),
        BASE.replace('source = "where"', 'source = "elsewhere"'),
        BASE + "[search]\nseed = 7\n",
        BASE.replace("1/2", "0.5"),
        BASE.replace("f(x) <= K*x", "sin(x) + a <= K*x"),
        BASE.replace("\n", "\r\n"),
    ],
    ids=[
        "comments", "order", "order-in-table", "spaces", "renamed", "renamed-argument", "prose",
        "source", "how-hard", "citation", "search", "decimal", "expanded", "crlf",
    ],
)  # fmt: skip
def test_digest_is_of_the_meaning(text: str) -> None:
    """What does not change the meaning does not change the digest."""
    assert text != BASE
    assert _digest(text) == _digest(BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('statement = "f(x) <= K*x"', 'statement = "f(x) < K*x"'),
        ('statement = "f(x) <= K*x"', 'statement = "f(x) <= K*x + 0*n"'),
        ('shows = "f(x) <= K*x"', 'shows = "f(x) >= K*x"'),
        ("[0, 1]", "(0, 1]"),
        ("[0, 1]", "[0, 2]"),
        ("integer in [1, 9]", "[1, 9]"),
        ("x != 1/2", "x != 1/3"),
        ('given = ["x != 1/2"]\n', ""),
        ("[1, 2]", "[1, 3]"),
        ("[1, 2]", "[1, 2, 3]"),
        ("sin(t)", "cos(t)"),
        ('a = "n - n"', 'a = "n - 1"'),
        ('expect = "proved"', 'expect = "open"'),
        ('id = "bound"', 'id = "other"'),
        ('reason = "why"', 'reason = "because"'),
        ('by = { rule = "assume", reason = "why", source = "where" }', 'by = { rule = "cite", claim = "p/y" }'),
        ('by = { rule = "assume", reason = "why", source = "where" }', 'by = "inequality"'),
        ('at.x = "0"', 'at.x = "1"'),
        ('shows = "f(x) = 0"', 'shows = "f(x) = 1"'),
        ("f(x) <= x/2", "f(x) <= x/3"),
        ('by = { method = "grid", points = 50 }', 'shows = "x >= 0"\nby = { method = "grid", points = 50 }'),
    ],
)
def test_digest_changes_with_the_meaning(old: str, new: str) -> None:
    """Each change of the meaning, of what is assumed or of what the file promises changes the digest."""
    assert BASE.count(old) >= 1
    assert _digest(BASE.replace(old, new)) != _digest(BASE)


def test_schema_file_is_the_schema() -> None:
    """The schema that lies beside the claims is the one that the program prints, and has the kernel's keys and no others."""
    for path in (ROOT / "claims").glob("claim.schema.json"):
        assert path.read_text("utf-8") == schema_text()
    shape = schema()
    assert json.loads(schema_text()) == shape
    assert set(shape["properties"]) == set(KEYS[""])
    for kind in ("step", "check", "sanity", "must_fail"):
        table = shape["properties"][kind]["items"]
        assert set(table["properties"]) == set(KEYS[kind])
        assert set(table["required"]) == set(REQUIRED.get(kind, ()))


def test_schema_accepts_what_the_reader_accepts() -> None:
    """The conformance files follow the schema as far as types and keys go; a file with an unknown key does not."""
    import tomllib

    shape = _plain(schema())
    for path in (ROOT / "tests" / "conformance").glob("[!m]*/*.toml"):
        assert list(violations(tomllib.loads(path.read_text("utf-8")), shape, shape)) == []
    wrong = tomllib.loads(BASE.replace("expect", "expects"))
    assert len(list(violations(wrong, shape, shape))) == 2


def _plain(value: object) -> dict[str, object]:
    """Return a schema without the keywords that the report's own checker does not know."""

    def part(value: object) -> object:
        if isinstance(value, dict):
            kept = {key: part(item) for key, item in value.items() if key not in ("anyOf", "pattern", "minLength", "maxLength", "minItems")}
            return {"additionalProperties": {}, **kept} if kept.get("type") == "object" else kept
        return [part(item) for item in value] if isinstance(value, list) else value

    found = part(value)
    assert isinstance(found, dict)
    return found


def test_scaffold_is_a_careful_claim(tmp_path: Path) -> None:
    """What `new` writes has no errors and no warnings."""
    path = tmp_path / "claims" / "p" / "x.toml"
    path.parent.mkdir(parents=True)
    path.write_text(SCAFFOLD.format(name="p/x"), "utf-8")
    claim = load(path, tmp_path / "claims")
    assert claim.statement.id == "p/x"
    assert lint(claim) == []


def _errors(root: Path) -> list[str]:
    return [error.code[:5] for error in library(root / "claims").errors]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.mkdir(), "PC207"),
        (os.mkfifo, "PC207"),
        (lambda path: path.symlink_to("/etc/hostname"), "PC207"),
        (lambda path: path.symlink_to("/nowhere"), "PC207"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "PC201"),
        (lambda path: path.write_bytes(b""), "PC203"),
        (lambda path: path.write_bytes(b"a\x00 = 1"), "PC201"),
        (lambda path: path.write_text("[" * 5000), "PC206"),
        (lambda path: path.write_text(".".join("a" * 50) + " = 1"), "PC206"),
        (lambda path: path.write_text("x = " + "[" * 900), "PC201"),
        (lambda path: path.write_text("x = " + "9" * 900 + "\n" + "y = 1" * 1), "PC202"),
        (lambda path: path.write_text("#" + " x" * (MAX_FILE // 2)), "PC206"),
        (lambda path: path.write_text('proofcheck = "claim/2"\n[claim]\nid="p/x"\ntitle=""\nstatement=""\nexpect="open"'), "PC204"),
        (lambda path: path.write_text(BASE.replace('"p/x"', '"../x"')), "PC205"),
        (lambda path: path.write_text(BASE.replace('"p/x"', '"q/x"')), "PC205"),
        (lambda path: path.write_text(BASE.replace('"p/x"', "7")), "PC205"),
    ],
)
def test_files_of_strangers(tmp_path: Path, make: Callable[[Path], object], code: str) -> None:
    """What is not a claim file in its place is one error with its code; the claims beside it are read all the same."""
    project = Project(tmp_path)
    project.claim("good", "x >= 0")
    make(project.path("x"))
    lib = library(tmp_path / "claims")
    assert list(lib.claims) == ["p/good"]
    assert _errors(tmp_path) == [code]
    assert lib.errors[0].place.file == str(project.path("x"))


def test_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file of 100 MB is refused by its size, before any of it is read."""
    path = tmp_path / "claims" / "p" / "x.toml"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(100_000_000)
    (error,) = library(tmp_path / "claims").errors
    assert error.code == "PC206 file-too-large"
    assert "100000000 bytes" in error.what


def test_claims_in_no_paper_are_not_overlooked(tmp_path: Path) -> None:
    """A file beside the papers, or deeper than a paper, would never be checked: it is an error."""
    project = Project(tmp_path)
    text = project.claim("good", "x >= 0").read_text()
    (tmp_path / "claims" / "stray.toml").write_text(text)
    (tmp_path / "claims" / "p" / "deep").mkdir()
    (tmp_path / "claims" / "p" / "deep" / "x.toml").write_text(text)
    assert _errors(tmp_path) == ["PC205", "PC205"]


def test_paper_folder_that_is_a_link_outside_is_refused(tmp_path: Path) -> None:
    """A paper that is a link to a folder elsewhere is not read."""
    elsewhere = Project(tmp_path / "elsewhere")
    elsewhere.claim("x", "x >= 0")
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "p").symlink_to(elsewhere.path("x").parent)
    assert _errors(tmp_path) == ["PC207"]


def test_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    """Without a claims folder the message names it and the option."""
    with pytest.raises(Malformed, match="no folder") as caught:
        library(tmp_path / "claims")
    assert "-C DIR" in caught.value.hint


def _cite(name: str) -> str:
    return f'{{ rule = "cite", claim = "p/{name}" }}'


def test_circles_and_missing_citations_are_errors_of_their_files(tmp_path: Path) -> None:
    """Claims that cite in a circle, or cite nothing, are errors; others are not touched."""
    project = Project(tmp_path)
    project.claim("good", "x >= 0")
    project.claim("user", "x >= 0", by=_cite("good"))
    project.claim("one", "x >= 0", by=_cite("two"))
    project.claim("two", "x >= 0", by=_cite("one"))
    project.claim("lost", "x >= 0", by=_cite("goood"))
    lib = library(tmp_path / "claims")
    assert list(lib.claims) == ["p/good", "p/user"]
    assert [(Path(error.place.file).stem, error.code[:5]) for error in lib.errors] == [("lost", "PC104"), ("one", "PC208"), ("two", "PC208")]
    assert "Did you mean `p/good`?" in lib.errors[0].hint


def test_citing_a_faulty_claim_points_to_its_error(tmp_path: Path) -> None:
    """A claim that cites one that cannot be used says so, and does not say that it does not exist."""
    project = Project(tmp_path)
    project.path("bad").parent.mkdir(parents=True)
    project.path("bad").write_text("no toml")
    project.claim("user", "x >= 0", by=_cite("bad"))
    (_, error) = library(tmp_path / "claims").errors
    assert error.what == "The cited claim 'p/bad' cannot be used."


def test_closure_has_cited_claims_first(tmp_path: Path) -> None:
    """What a claim cites, directly or not, comes before it, once."""
    project = Project(tmp_path)
    project.claim("a", "x >= 0", by=_cite("b"))
    project.claim("b", "x >= 0", by=_cite("c"))
    project.claim("c", "x >= 0")
    lib = library(tmp_path / "claims")
    assert [claim.id for claim in lib.closure(lib.select(("p/a", "p/b")))] == ["p/c", "p/b", "p/a"]


def test_selection(tmp_path: Path) -> None:
    """Ids, globs, paths and `all` select claims, and the errors of the files that they name."""
    project = Project(tmp_path)
    path = project.claim("one", "x >= 0")
    project.claim("two", "x >= 0")
    project.path("bad").write_text("no toml")
    lib = library(tmp_path / "claims")

    def chosen(*patterns: str) -> tuple[list[str], int]:
        found = lib.selected(patterns)
        return [claim.id for claim in found.chosen], len(found.errors)

    assert chosen() == chosen("all") == chosen("p/*") == (["p/one", "p/two"], 1)
    assert chosen("p/one") == chosen(str(path)) == (["p/one"], 0)
    assert chosen("p/bad") == ([], 1)
    assert chosen("q/*") == ([], 0)


PAPER = """proofcheck = "paper/1"
[paper]
title = "A paper"
[[statement]]
label = "Lemma 1"
claims = ["one"]
[[statement]]
label = "Remark 2"
reason = "no mathematics in it"
"""


def _papers(tmp_path: Path, text: str, *names: str) -> Library:
    project = Project(tmp_path)
    for name in names:
        project.claim(name, "x >= 0")
    (tmp_path / "claims" / "p" / "paper.toml").write_text(text)
    return library(tmp_path / "claims")


def test_coverage_goes_both_ways(tmp_path: Path) -> None:
    """A statement whose claim does not exist, and a claim that no statement names, are errors; full coverage is none."""
    assert coverage_errors(_papers(tmp_path / "a", PAPER, "one")) == []
    extra = coverage_errors(_papers(tmp_path / "b", PAPER, "one", "two"))
    assert [(error.code[:5], "'p/two'" in error.what) for error in extra] == [("PC203", True)]
    missing = coverage_errors(_papers(tmp_path / "c", PAPER.replace('["one"]', '["one", "q/other"]'), "one"))
    assert [(error.code[:5], "'q/other'" in error.what) for error in missing] == [("PC104", True)]


ERRATUM = """[[erratum]]
id = "E1"
where = "Lemma 1"
problem = "the sign"
refuted = ["one"]
"""


def test_errata_name_claims_that_exist(tmp_path: Path) -> None:
    """An erratum's claims are looked up; one that does not exist is an error of the paper file."""
    assert coverage_errors(_papers(tmp_path / "a", PAPER + ERRATUM, "one")) == []
    (paper,) = _papers(tmp_path / "a", PAPER + ERRATUM, "one").papers
    assert [(item.id, item.refuted, item.corrected) for item in paper.errata] == [("E1", ("p/one",), ())]
    missing = coverage_errors(_papers(tmp_path / "b", PAPER + ERRATUM + 'corrected = ["two"]\n', "one"))
    assert [(error.code[:5], "'p/two'" in error.what) for error in missing] == [("PC104", True)]


@pytest.mark.parametrize(("old", "new", "code"), [("where", "place", "PC202"), ('refuted = ["one"]\n', "", "PC203"), ('problem = "the sign"\n', "", "PC203")])
def test_errata_are_read_strictly(tmp_path: Path, old: str, new: str, code: str) -> None:
    """An erratum has an id, a place, a problem, and a refutation or a reason; and no other keys."""
    path = tmp_path / "paper.toml"
    path.write_text(PAPER + ERRATUM.replace(old, new))
    with pytest.raises(Malformed) as caught:
        load_paper(path, tmp_path)
    assert caught.value.code[:5] == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("paper/1", "paper/2", "PC204"),
        ("[paper]", "[papers]", "PC204"),
        ('reason = "no mathematics in it"', 'reason = "x"\nclaims = ["one"]', "PC203"),
        ('reason = "no mathematics in it"', "", "PC203"),
        ('label = "Lemma 1"\n', "", "PC203"),
        ('label = "Lemma 1"', 'label = "Lemma 1"\npage = "3"', "PC202"),
    ],
)
def test_paper_files_are_read_strictly(tmp_path: Path, old: str, new: str, code: str) -> None:
    """A paper's statement has a label and either claims or a reason, and no other keys."""
    path = tmp_path / "paper.toml"
    path.write_text(PAPER.replace(old, new))
    with pytest.raises(Malformed) as caught:
        load_paper(path, tmp_path)
    assert caught.value.code[:5] == code


def test_careless_files_are_warned_of(tmp_path: Path) -> None:
    """A claim without sanity, neighbour and source, with an unused definition and an unexplained assumption, gets five warnings."""
    project = Project(tmp_path)
    step = '[[step]]\nid = "s"\nshows = "x >= 0"\nby = { rule = "assume" }'
    found = lint(load(project.claim("x", "x >= 0", more=f'[define]\nunused = "1"\n{step}'), tmp_path / "claims"))
    assert [next(word for word in ("sanity", "must_fail", "source]", "`unused`", "assumed") if word in line) for line in found] == [
        "sanity", "must_fail", "source]", "`unused`", "assumed",
    ]  # fmt: skip


def test_version_is_the_packages() -> None:
    """The version that the program says is the one that it is packaged with."""
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")
