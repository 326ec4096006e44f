"""The script of docs/figures.md draws what the claims assert on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]


def test_a_figure_is_drawn(tmp_path: Path) -> None:
    """The two figures of one experiment are files that a browser can show."""
    command = [sys.executable, str(ROOT / "docs" / "figures.py"), "--out", str(tmp_path), "tian2017/fig.train"]
    subprocess.run(command, check=True, capture_output=True, env={"PYTHONPATH": str(ROOT)})
    files = sorted(tmp_path.glob("*.svg"))
    assert [file.name for file in files] == ["tian2017.fig.train.1.svg", "tian2017.fig.train.2.svg"]
    assert all(ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg" for file in files)


def test_the_page_names_claims() -> None:
    """Every claim that the page names is there."""
    import re

    page = (ROOT / "docs" / "figures.md").read_text("utf-8")
    named = set(re.findall(r"`((?:fig|ssb)\.[a-z0-9.]+)`", page))
    assert len(named) > 10
    assert not [name for name in named if not (ROOT / "claims" / "tian2017" / f"{name}.toml").exists()]
