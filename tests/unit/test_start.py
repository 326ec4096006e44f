"""Where the program begins: in which interpreter, and that its searches may be copies of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from proofcheck import cli, start

ASKED = ["prove", "sin(x) <= x", "--for", "x in [0, 1]", "--json"]


@pytest.mark.parametrize(("arguments", "seed", "again"), [(ASKED, None, True), (ASKED, "7", True), (ASKED, "0", False), (["list"], None, False)])
def test_only_prove_starts_again_and_only_once(monkeypatch: pytest.MonkeyPatch, arguments: list[str], seed: str | None, again: bool) -> None:
    """A process whose sets have another order than those of tasks replaces itself, with the same arguments, where tasks shall be its copies."""
    replaced: list[tuple[list[str], dict[str, str]]] = []
    ran: list[bool] = []

    class Replaced(Exception):
        """Where the process would have ended."""

    def execve(path: str, argv: list[str], environment: dict[str, str]) -> None:
        assert path == argv[0] == sys.executable
        replaced.append((argv, environment))
        raise Replaced

    monkeypatch.setattr(sys, "argv", ["proofcheck", *arguments])
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "proofcheck", *arguments])
    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(cli, "main", lambda: ran.append(True))
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    if seed is not None:
        monkeypatch.setenv("PYTHONHASHSEED", seed)
    if again:
        with pytest.raises(Replaced):
            start.main()
        assert replaced[0][0][1:] == ["-m", "proofcheck", *arguments]
        assert replaced[0][1]["PYTHONHASHSEED"] == "0"
    else:
        start.main()
    assert (len(replaced), len(ran)) == ((1, 0) if again else (0, 1))


def test_copies_and_other_interpreters_give_the_same_certificate(tmp_path: object) -> None:
    """A search in a copy of the process, and one in an interpreter of its own as from Python, end in the same certificate."""
    file = f"{tmp_path}/c.json"
    done = subprocess.run([sys.executable, "-m", "proofcheck", *ASKED, "--certificate", file], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["verdict"] == "proved"
    program = "import proofcheck; print(proofcheck.prove('sin(x) <= x', {'x': '[0, 1]'}).certificate, end='')"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    with open(file, encoding="utf-8") as written:
        assert written.read() == other.stdout
