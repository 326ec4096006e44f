"""docs/errors.md says what the program says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from proofcheck.claim import library
from proofcheck.kernel.errors import CODES
from proofcheck.verify import Settings, verify

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "errors.md"
CONFORMANCE = ROOT / "tests" / "conformance"
SECTION = re.compile(r"^### (PC\d+ [a-z-]+)\n\n(.+?)\n(?=\n)(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"`malformed/([a-z-]+\.toml)`\n\n```\n(.*?)\n```", re.DOTALL)


def _sections() -> dict[str, tuple[str, str]]:
    return {head: (meaning, rest) for head, meaning, rest in SECTION.findall(PAGE.read_text("utf-8"))}


def test_every_code_is_explained() -> None:
    """The page has the kernel's codes in the kernel's order, each with the kernel's meaning and with advice or an example."""
    sections = _sections()
    assert list(sections) == list(CODES)
    assert {head: meaning for head, (meaning, _) in sections.items()} == {head: f"{text[0].upper()}{text[1:]}." for head, text in CODES.items()}
    assert all(rest.strip() for _, rest in sections.values())


def test_every_malformed_file_is_an_example() -> None:
    """The examples of the page are the files of the folder, one for each code of formulas and files."""
    examples = {head: EXAMPLE.findall(rest) for head, (_, rest) in _sections().items()}
    named = [name for found in examples.values() for name, _ in found]
    assert sorted(named) == sorted(path.name for path in (CONFORMANCE / "malformed").glob("*.toml"))
    assert all(len(found) == 1 for head, found in examples.items() if head < "PC3")


def test_messages_are_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program says of every example what the page says that it says."""
    monkeypatch.chdir(CONFORMANCE)
    lib = library(Path(os.curdir)).selected(("malformed/*",))
    report = verify(lib, list(lib.chosen), Settings(timeout=60, jobs=1, write=False))
    said = {Path(claim.path).name: claim.reason for claim in report.claims}
    assert {name: message for _, rest in _sections().values() for name, message in EXAMPLE.findall(rest)} == said
