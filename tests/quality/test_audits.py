"""The worked example of docs/audit.md: the enumeration that Tian (2017) reports for Conjecture 1."""

from __future__ import annotations

import re
import resource
from fractions import Fraction
from time import perf_counter

import pytest

from proofcheck.search.audit import audit
from tests.project import ROOT

DECLARED = ROOT / "searches" / "tian2017" / "l12.toml"


def test_the_papers_grid_is_confirmed_by_sample() -> None:
    """A few tiles hold; the grid is the author's: 9,998 by 20,000 nodes, pi/9999 and 2 pi/20001 apart."""
    found = audit(DECLARED, root=ROOT, seed=1, sample=20, cells=2000)
    assert found.verdict == "confirmed", str(found)
    search = found.searches[0]
    assert dict(search.resolution[0][1].sides) == {"phi": "2/20001*pi", "theta": "1/9999*pi"}
    assert Fraction(1, 2) < search.coverage[0].share < 1
    assert any("199,960,000 nodes" in item.text for item in search.checks)


def test_the_page_says_what_the_audit_says() -> None:
    """The number of nodes and of tiles in the documentation are those of the audit."""
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    found = audit(DECLARED, root=ROOT, seed=1, sample=1, cells=0)
    tiles = next(re.search(r"1 of ([\d,]+) tiles", item.text) for item in found.searches[0].checks if item.name == "tiles")
    assert tiles is not None
    assert f"1,379 of {tiles[1]} tiles" in text
    assert DECLARED.read_text("utf-8").partition("[grid]")[2].strip() in text


@pytest.mark.heavy
def test_the_full_audit_takes_less_than_a_minute_and_a_gigabyte() -> None:
    """1,379 tiles and 100,000 cells, on an idle machine with two processors."""
    start = perf_counter()
    found = audit(DECLARED, root=ROOT, seed=1, jobs=2)
    assert found.verdict == "confirmed"
    assert perf_counter() - start < 60
    assert found.searches[0].coverage[0].share > Fraction(93, 100)
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    assert sum(used) < 10**6  # kilobytes
