"""False claims with tiny violations: `search` finds a point that the kernel confirms, from nothing, each in half a minute on two processors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.search.run import search

CLAIMS = tomllib.loads((Path(__file__).parent / "false_claims.toml").read_text("utf-8"))["claim"]
ROOT = Path(__file__).parents[2]
LIBRARY = ["tian2017/erratum-e4", "tian2017/erratum-e4.antipodal", "liyuan2017/thm3-3.half-all", "liyuan2017/thm3-3.045-all"]
SECONDS = 30


def _written(folder: Path, claim: dict[str, Any]) -> Path:
    """Write a claim file and return its path."""
    path = folder / "claims" / "quality" / f"{claim['name']}.toml"
    path.parent.mkdir(parents=True)
    lines = ['proofcheck = "claim/1"', f"given = {json.dumps(claim.get('given', []))}", "[claim]", f'id = "quality/{claim["name"]}"', 'title = "false"']
    lines += [f"statement = {json.dumps(claim['statement'])}", 'expect = "refuted"', "[for_all]"]
    lines += [f"{json.dumps(name)} = {json.dumps(text)}" for name, text in claim["for_all"].items()]
    lines += ["[define]", *(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in claim.get("define", {}).items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _cracked(tmp_path: Path, claim: dict[str, Any], jobs: int) -> float:
    """Search a claim; return the seconds that it took."""
    path = _written(tmp_path, claim)
    found = search(str(path), jobs=jobs, out=tmp_path / "ledger.jsonl")
    assert found.found, str(found)
    assert kernel.check(path.read_bytes(), found.certificate.encode()).verdict == "refuted"
    return found.seconds


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.get("quick")], ids=lambda claim: claim["name"])
def test_quick(tmp_path: Path, claim: dict[str, Any]) -> None:
    """The quick ones are found by one process, with the default budget and seed."""
    _cracked(tmp_path, claim, 1)


@pytest.mark.heavy
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["name"])
def test_in_time(tmp_path: Path, claim: dict[str, Any]) -> None:
    """Every one is found by two processes in half a minute."""
    assert _cracked(tmp_path, claim, 2) < SECONDS


@pytest.mark.heavy
@pytest.mark.parametrize("name", LIBRARY)
def test_of_the_library(tmp_path: Path, name: str) -> None:
    """False statements of the papers are refuted from nothing: the file's own witness is not looked at."""
    found = search(name, root=ROOT, jobs=2, out=tmp_path / "ledger.jsonl")
    assert found.found
    data = (ROOT / "claims" / f"{name}.toml").read_bytes()
    assert kernel.check(data, found.certificate.encode()).verdict == "refuted"


def test_the_corpus_is_large() -> None:
    """There are at least thirty false claims, of at least six with volume 1e-6 or less in two variables, and every name comes once."""
    assert len({claim["name"] for claim in CLAIMS}) == len(CLAIMS) >= 30
    assert sum(len(claim["for_all"]) == 2 and float(claim["volume"]) <= 1.1e-6 for claim in CLAIMS) >= 6
