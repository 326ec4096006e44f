"""Searches that proofcheck did not run: declarations, CSV and JSON lists, and everything that may be wrong with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.terms import PI, div, num
from proofcheck.search.imports import declared, rows
from tests.unit.test_search_coverage import obligation

GOAL = obligation("x + y >= 0", x="[0, 4]", y="[0, 1]")


def written(folder: Path, name: str, text: str | bytes) -> Path:
    """Return a file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_numbers_are_read_exactly(tmp_path: Path) -> None:
    """0.1 is 1/10, 1e-3 is 1/1000, pi/4 is itself; columns come in any order."""
    found = rows(written(tmp_path, "p.csv", "y, x, margin\n0.1,pi/4,0.25\n\n1e-3 , 2,\n"), GOAL)
    assert [dict(row.at) for row in found] == [{"x": div(PI, num(4)), "y": num("1/10")}, {"x": num(2), "y": num("1/1000")}]
    assert [row.margin for row in found] == [Fraction(1, 4), None]
    assert [row.place for row in found] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    "text", ['{"variables": ["x", "y"], "points": [[0.1, "1/3"], [3, 1]]}', '[{"y": "1/3", "x": 0.1}, {"x": 3, "y": 1}]']
)  # fmt: skip
def test_json_lists(tmp_path: Path, text: str) -> None:
    """Both shapes of JSON say the same, and numbers keep their digits."""
    found = rows(written(tmp_path, "p.json", text), GOAL)
    assert [dict(row.at) for row in found] == [{"x": num("1/10"), "y": num("1/3")}, {"x": num(3), "y": num(1)}]


WRONG = [
    ("p.csv", "x,z\n1,2\n", "PC203", "line 2"),
    ("p.csv", "x,y\n1\n", "PC203", "line 2"),
    ("p.csv", "x,y\n1,nan\n", "PC104", "line 2, y"),
    ("p.csv", "x,y\n1,1e99999999999\n", "PC204", "line 2, y"),
    ("p.csv", "x,y\n1,__import__('os')\n", "PC103", "line 2, y"),
    ("p.csv", "x,y\n1,1,2\n", "PC203", "line 2"),
    ("p.csv", "x,x,y\n1,1,2\n", "PC203", "line 2"),
    ("p.csv", "x,y,margin\n1,1,pi\n", "PC204", "line 2, margin"),
    ("p.csv", 'x,y\n"1,2\n', "PC201", ""),
    ("p.csv", b"x,y\n\xff,1\n", "PC201", ""),
    ("p.csv", b"x,y\n1\x00,1\n", "PC103", "line 2, x"),
    ("p.csv", "x,y\n", "PC203", ""),
    ("p.csv", "", "PC203", ""),
    ("p.csv", "x,y\n" + "9" * 500 + ",1\n", "PC204", "line 2, x"),
    ("p.csv", "x,y\n" + "1" * 200_000 + ",1\n", "PC201", ""),
    ("p.json", '[{"x": NaN, "y": 1}]', "PC201", ""),
    ("p.json", '[{"x": 1, "x": 2, "y": 1}]', "PC201", ""),
    ("p.json", '[{"x": 1, "y": true}]', "PC204", "point 1, y"),
    ("p.json", '[{"x": 1, "y": [1]}]', "PC204", "point 1, y"),
    ("p.json", '{"variables": ["x", "y"], "points": [3]}', "PC203", "point 1"),
    ("p.json", '{"points": []}', "PC204", ""),
    ("p.json", "[" * 100_000, "PC201", ""),
    ("p.json", '[{"x": ' + "9" * 5000 + ', "y": 1}]', "PC204", "point 1, x"),
]


@pytest.mark.parametrize(("name", "text", "code", "place"), WRONG)
def test_mistakes_are_named(tmp_path: Path, name: str, text: str | bytes, code: str, place: str) -> None:
    """Each mistake has its code, the file, and the line or the point at fault."""
    path = written(tmp_path, name, text)
    with pytest.raises(Malformed) as caught:
        rows(path, GOAL)
    assert caught.value.code.startswith(code)
    assert caught.value.place.file == str(path)
    assert place in caught.value.place.key


HEAD = 'proofcheck = "declared/1"\n[search]\nclaim = "a/b"\n'


def test_a_declared_grid(tmp_path: Path) -> None:
    """The options of the grid come as they stand, and reported outcome and accuracy have defaults."""
    found = declared(written(tmp_path, "s.toml", HEAD + 'source = "App. C"\n[grid]\npoints = { x = 10, y = 3 }\nspacing = "linspace"\n'))
    assert (found.claim, found.source, found.outcome, found.file) == ("a/b", "App. C", "nothing found", None)
    assert found.grid == {"points": {"x": 10, "y": 3}, "spacing": "linspace"}


def test_a_declared_list(tmp_path: Path) -> None:
    """The file lies beside the declaration; the accuracy is exact."""
    found = declared(written(tmp_path, "s.toml", HEAD + '[list]\nfile = "p.csv"\naccuracy = "1e-6"\n'))
    assert found.file == tmp_path / "p.csv"
    assert found.accuracy == Fraction(1, 10**6)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD, "PC203"),
        (HEAD + "[grid]\n[list]\nfile = 'a'\n", "PC203"),
        (HEAD + "[list]\n", "PC203"),
        (HEAD + "[grid]\nsteps = 3\n", "PC202"),
        (HEAD.replace("declared/1", "declared/2"), "PC204"),
        (HEAD + "outcome = 'all is well'\n[grid]\n", "PC204"),
        (HEAD + "title = 3\n[grid]\n", "PC204"),
        (HEAD + "[list]\nfile = 'a'\naccuracy = 'small'\n", "PC204"),
        ("search = 3\n" + 'proofcheck = "declared/1"\n', "PC204"),
        ("x = ", "PC201"),
    ],
)
def test_declarations_that_cannot_be_used(tmp_path: Path, text: str, code: str) -> None:
    """Each mistake in a declaration has its code and its file."""
    path = written(tmp_path, "s.toml", text)
    with pytest.raises(Malformed) as caught:
        declared(path)
    assert caught.value.code.startswith(code)
    assert caught.value.place.file == str(path)
