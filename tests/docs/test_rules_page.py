"""The page of rules says what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

from proofcheck.kernel.rules import RULES

ROOT = Path(__file__).parents[2]


def test_page_is_made_from_the_docstrings() -> None:
    """docs/rules.md is what docs/rules.py prints today."""
    assert (ROOT / "docs/rules.md").read_text("utf-8") == runpy.run_path(str(ROOT / "docs/rules.py"))["page"]()


def test_every_rule_argues_its_soundness() -> None:
    """Each rule that infers something has a soundness paragraph; the parts of connectives speak for themselves."""
    plain = {"both", "either", "step", "cite", "assume", "sign", "point"}
    missing = [name for name, rule in RULES.items() if name not in plain and "Soundness:" not in (rule.__doc__ or "")]
    assert missing == []
