"""A project for tests: claim files in a folder, and the program run in it as a user runs it, in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from proofcheck.cli import cli

ROOT = Path(__file__).parents[1]
HARD = "y*sin(30*x) + z*cos(30*x) <= sqrt(y^2 + z^2) + 1/10^6"
"""True on the unit cube, by Cauchy and Schwarz; far from what a few cells decide."""
PROGRAM = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from proofcheck.cli import main; main()"
"""The program as a shell starts it: a test run in the background may ignore Ctrl-C, and children inherit that."""


@dataclass(frozen=True)
class Ended:
    """How the program ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A folder with ``claims``."""

    root: Path

    def path(self, name: str, suffix: str = ".toml") -> Path:
        """Return the place of a claim of the paper ``p``, or of a file beside it."""
        return self.root / "claims" / "p" / f"{name}{suffix}"

    def certificate(self, name: str) -> Path:
        """Return the place of a claim's certificate."""
        return self.path(name, ".cert.json")

    def claim(
        self, name: str, statement: str, *, expect: str = "proved", domains: Mapping[str, str] | None = None, given: Sequence[str] = (),
        by: str = "", more: str = "",
    ) -> Path:  # fmt: skip
        """Write a claim of the paper ``p``; x in [0, 1] unless told otherwise."""
        lines = ['proofcheck = "claim/1"', *([f"given = {json.dumps(list(given))}"] if given else []), "[claim]"]
        lines += [f'id = "p/{name}"', 'title = "A title"', f"statement = {json.dumps(statement)}", f'expect = "{expect}"']
        lines += [f"by = {by}"] if by else []
        lines += ["[for_all]", *(f"{key} = {json.dumps(text)}" for key, text in ({"x": "[0, 1]"} if domains is None else domains).items()), more]
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, ""]), "utf-8")
        return path

    def forge(self, name: str, **changes: Any) -> None:
        """Change keys of a claim's certificate."""
        path = self.certificate(name)
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")

    def run(self, *arguments: str) -> Ended:
        """Run the program on this project."""
        result = CliRunner().invoke(cli, ["-C", str(self.root), *arguments], prog_name="proofcheck", catch_exceptions=False)
        return Ended(result.exit_code, result.stdout, result.stderr)

    def verify(self, *arguments: str) -> Ended:
        """Run ``verify`` with one process and without report files."""
        return self.run("verify", "--jobs", "1", "--no-report", *arguments)

    def report(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON that ``verify`` writes to standard output."""
        report: dict[str, Any] = json.loads(self.verify("--json", "-", *arguments).out)
        return report

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program in a process of its own, in this folder."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
