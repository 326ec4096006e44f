"""Small claim files: the folder says what becomes of them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from proofcheck.claim import library
from proofcheck.report.model import ClaimReport
from proofcheck.verify import Settings, verify

HERE = Path(__file__).parent


@cache
def _reports(folder: str) -> dict[str, ClaimReport]:
    lib = library(HERE).selected((f"{folder}/*",))
    report = verify(lib, list(lib.chosen), Settings(timeout=60, jobs=1, write=False))
    return {claim.id: claim for claim in report.claims}


@pytest.mark.parametrize("folder", ["proved", "refuted", "supported", "inconclusive"])
def test_folder_is_the_verdict(folder: str) -> None:
    """Every claim of a folder gets the verdict that the folder is called, and passes."""
    found = {name: (claim.verdict, claim.outcome) for name, claim in _reports(folder).items()}
    assert found == {f"{folder}/{path.stem}": (folder, "PASS") for path in (HERE / folder).glob("*.toml")}
    assert len(found) >= 12


def test_malformed_files_get_their_codes() -> None:
    """Every malformed file is an error with the code that its first line promises."""
    found = {name: (claim.verdict, re.findall(r"\[(PC\d+)", claim.reason)) for name, claim in _reports("malformed").items()}
    expected = {f"malformed/{path.stem}": ("error", [_promised(path)]) for path in (HERE / "malformed").glob("*.toml")}
    assert found == expected


def _promised(path: Path) -> str:
    return "PC207" if path.is_symlink() else path.read_text("utf-8").split("\n")[0].removeprefix("# code: ")


def test_proofs_are_the_kernels() -> None:
    """In the folder of proved claims nothing rests on computer algebra, and exactly one claim rests on an assumption, with a grade that says so."""
    found = _reports("proved")
    assert {name: claim.grade for name, claim in found.items() if claim.grade != "kernel"} == {"proved/assumed": "conditional"}
    assert {name: len(claim.assumptions) for name, claim in found.items() if claim.assumptions} == {"proved/assumed": 1}


def test_refutations_have_exact_points() -> None:
    """Every refuted claim with variables is refuted at a point whose coordinates are written exactly."""
    for name, claim in _reports("refuted").items():
        assert claim.grade == "witness"
        assert name == "refuted/number" or claim.witness
        assert not any("." in value for value in claim.witness.values())
