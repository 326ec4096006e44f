"""Draw the figures of the papers: the plots of every registered experiment that a claim names, as SVG and, with Chromium, as PNG.

    python docs/figures.py [--out DIR] [--full] [--png] [CLAIM]...

The experiments, seeds and parameters are those of the claim files in ``claims/``; see figures.md for what each figure shows.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from proofcheck.claim import Claim, library
from proofcheck.kernel.terms import OPAQUE, Obligation, postorder
from proofcheck.methods import experiment, flow
from proofcheck.plot import Plot
from proofcheck.report.plots import plot, standalone

ROOT = Path(__file__).parents[1]
BROWSER = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--hide-scrollbars", "--force-device-scale-factor=2")  # fmt: skip


def figures(claim: Claim, *, full: bool) -> Iterator[tuple[str, Plot]]:
    """Yield name and plot of every figure of a claim, one run for each instance of its statement."""
    for entry in claim.statement.of("statement"):
        if entry.obligation.opaque:
            for i, drawn in enumerate(plots(entry.obligation, dict(entry.by), full=full), 1):
                instance = re.sub(r"[^A-Za-z0-9=,.-]", "", entry.obligation.name.partition("[")[2])
                yield ".".join(part for part in (claim.id.replace("/", "."), instance, str(i)) if part), drawn


def plots(obligation: Obligation, by: dict[str, object], *, full: bool) -> tuple[Plot, ...]:
    """Return what the method plots that measures the statement; nothing for other methods."""
    kind = next(str(node.value).split()[0] for node in postorder((obligation.goal,)) if node.op == OPAQUE)
    options = {**{key: value for key, value in by.items() if key not in ("rule", "method")}, "full": full}
    attempt = {"experiment": experiment.attempt, "flow": flow.attempt}.get(kind)
    found = attempt(obligation, options, lambda *_: None) if attempt else None
    return getattr(found, "plots", ())


def photographed(files: list[Path]) -> None:
    """Write a PNG beside every SVG file, by a headless Chromium."""
    browser = next((found for name in BROWSER if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("There is no Chromium; leave --png out, or install it.")
    with tempfile.TemporaryDirectory() as profile:
        for file in files:
            width, height = re.findall(r'width="([\d.]+)" height="([\d.]+)"', file.read_text("utf-8"))[0]
            size = f"--window-size={round(float(width))},{round(float(height))}"
            target = f"--screenshot={file.with_suffix('.png')}"
            subprocess.run([browser, *OPTIONS, f"--user-data-dir={profile}", size, target, file.resolve().as_uri()], check=True, capture_output=True)


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("claims", nargs="*", help="ids or patterns; every claim with a figure unless told")
    parser.add_argument("--out", default="reports/figures", type=Path, help="where the files go")
    parser.add_argument("--full", action="store_true", help="the paper's full sizes; minutes")
    parser.add_argument("--png", action="store_true", help="PNG files too; needs Chromium")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    files = []
    for claim in library(ROOT / "claims").select(tuple(asked.claims)):
        if {"experiment", "flow"} & set(claim.tables):
            for name, drawn in figures(claim, full=asked.full):
                files.append(asked.out / f"{name}.svg")
                files[-1].write_text(standalone(plot(drawn)), "utf-8")
                print(files[-1])
    if asked.png:
        photographed(files)


if __name__ == "__main__":
    main()
