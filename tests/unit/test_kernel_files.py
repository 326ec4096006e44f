"""Files of strangers, and the command ``python -m proofcheck.kernel``."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proofcheck.kernel import Malformed
from proofcheck.kernel.__main__ import main
from proofcheck.kernel.files import read_bytes

SIGN, UNIT = {"rule": "sign"}, {"x": "[0, 1]"}


def refused(path: Path, root: Path) -> str:
    """Return the code with which a file is refused."""
    with pytest.raises(Malformed) as caught:
        read_bytes(path, root, 100)
    return caught.value.code.split()[0]


def test_regular_file_inside_is_read(tmp_path: Path) -> None:
    """A regular file within the limit is read whole."""
    (tmp_path / "a.toml").write_bytes(b"x" * 100)
    assert read_bytes(tmp_path / "a.toml", tmp_path, 100) == b"x" * 100


def test_anything_else_is_refused(tmp_path: Path) -> None:
    """Too large, absent, a directory, a pipe, a link, a NUL in the name, or outside the folder: refused without waiting."""
    root = tmp_path / "claims"
    root.mkdir()
    (root / "large.toml").write_bytes(b"x" * 101)
    (root / "dir.toml").mkdir()
    os.mkfifo(root / "pipe.toml")
    (tmp_path / "secret").write_bytes(b"s")
    (root / "link.toml").symlink_to(tmp_path / "secret")
    (root / "away").symlink_to(tmp_path)
    names = ("large.toml", "absent.toml", "dir.toml", "pipe.toml", "link.toml", "a\0b", "../secret", "away/secret")
    assert [refused(root / name, root) for name in names] == ["PC206"] + ["PC207"] * 7


@pytest.fixture
def place(tmp_path: Path, claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> Callable[..., list[str]]:
    """Return a function that writes a claim and its certificate under their names and returns both paths."""

    def write(name: str, statement: str, proofs: object, **rest: object) -> list[str]:
        text = claim_file(statement, UNIT, id=name, **rest)
        path = tmp_path / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
        path.with_suffix(".cert.json").write_bytes(certificate(text, proofs))
        return [str(path), str(path.with_suffix(".cert.json"))]

    return write


def test_command_says_what_was_found(place: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """The word, the exit code and one line for each obligation."""
    assert main(place("paper/a", "x >= 0", {"statement": SIGN})) == 0
    assert capsys.readouterr().out.startswith("VERIFIED paper/a ")
    assert main(place("paper/b", "x < 1", {"statement": {"rule": "witness", "at": {"x": "1"}}})) == 0
    assert "REFUTED paper/b" in capsys.readouterr().out
    assert main(place("paper/c", "x >= 0", {}, more='[[sanity]]\nshows = "1 = 1"')) == 1
    out = capsys.readouterr().out
    assert "OPEN paper/c" in out
    assert "the file is in doubt: sanity 1" in out
    assert main(place("paper/d", "x >= 2", {"statement": {"rule": "symbolic"}})) == 1
    assert "OPEN paper/d" in capsys.readouterr().out


def test_command_refuses(place: Callable[..., list[str]], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Wrong use is 2, a malformed claim is 2 with its file named, a rejected certificate is 6."""
    assert main([]) == 2
    claim, proof = place("paper/a", "x > 0", {"statement": SIGN})
    assert main([claim, proof]) == 6
    assert "REJECTED" in capsys.readouterr().err
    Path(claim).write_text("x = ")
    assert main([claim, proof]) == 2
    assert capsys.readouterr().err.startswith(f"{claim}  [PC201 bad-toml]")
    assert main([claim, str(tmp_path / "absent")]) == 2


def cite(name: str) -> str:
    """Return `by` that cites a claim."""
    return f'{{rule = "cite", claim = "{name}"}}'


def test_command_follows_citations(place: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Cited claims are checked first, and what they assume is shown."""
    place("other/lemma", "x >= 5", {"statement": {"rule": "assume"}}, by='{rule = "assume", reason = "folklore"}')
    assert main(place("paper/a", "x >= 5", {"statement": {"rule": "cite"}}, by=cite("other/lemma"))) == 0
    assert "assuming other/lemma, statement: folklore" in capsys.readouterr().out


def test_command_refuses_citations_in_a_circle(place: Callable[..., list[str]], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A circle, a name that is no id, and a file whose id is not its place are refused; none runs for ever."""
    place("paper/a", "x >= 5", {"statement": {"rule": "cite"}}, by=cite("paper/b"))
    assert main(place("paper/b", "x >= 5", {"statement": {"rule": "cite"}}, by=cite("paper/a"))) == 2
    assert "PC208" in capsys.readouterr().err
    assert main(place("paper/c", "x >= 5", {"statement": {"rule": "cite"}}, by=cite("../../etc/passwd"))) == 2
    assert "PC205" in capsys.readouterr().err
    moved = tmp_path / "paper" / "moved.toml"
    moved.write_bytes((tmp_path / "paper" / "a.toml").read_bytes().replace(b"paper/b", b"paper/moved"))
    assert main(place("paper/d", "x >= 5", {"statement": {"rule": "cite"}}, by=cite("paper/moved"))) == 2
    assert "PC205" in capsys.readouterr().err


def test_package_runs_as_a_command(place: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m proofcheck.kernel`` is the command."""
    monkeypatch.setattr(sys, "argv", ["kernel", *place("paper/a", "x >= 0", {"statement": SIGN})])
    monkeypatch.delitem(sys.modules, "proofcheck.kernel.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("proofcheck.kernel", run_name="__main__")
    assert caught.value.code == 0
