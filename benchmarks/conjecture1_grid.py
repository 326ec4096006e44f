"""The author's grid of Conjecture 1: theta in linspace(0, pi, 10^4), phi in linspace(0, 2 pi, 2*10^4 + 2), ends dropped.

Run: python benchmarks/conjecture1_grid.py [--rows N] [--jobs N]
Every one of the 9998 x 20000 nodes is looked at, sector by sector, by the method ``grid``.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from proofcheck.evidence import Evidence, Support
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import grid

DEFINE = {
    "h(t)": "(pi - t)*cos(t) + sin(t)",
    "H": "h(theta)",
    "c": "cos(theta)",
    "g": "(pi - theta) + sin(theta)*c",
    "D": "pi^2 - H^2",
    # L_12 for the angles t1, t2 of e* to e_1, e_2
    "L(t1, t2)": "(pi - t1)*cos(t2) + sin(t1)*c - (h(t1)*(pi^2*c - H*g) + h(t2)*pi*(g - H*c))/D",
}
SECTORS = {
    "A": (["phi < theta"], "L(phi, theta - phi) > 0"),
    "B": (["phi > theta", "phi <= pi"], "L(phi, phi - theta) < 0"),
    "C": (["phi >= pi", "phi <= pi + theta"], "L(2*pi - phi, phi - theta) < 0"),
    "D": (["phi >= pi + theta"], "L(2*pi - phi, 2*pi - phi + theta) < 0"),
}
ROWS, COLUMNS = 10_000, 20_002


def sector(name: str) -> Obligation:
    """Return the obligation of one sector on the common grid."""
    scope = Scope(DEFINE, {}, "benchmark")
    scope.domains({"theta": "(0, pi)", "phi": "(0, 2*pi)"}, "for_all")
    given, goal = SECTORS[name]
    return Obligation(f"sector {name}", tuple((n, scope.box[n]) for n in ("theta", "phi")), scope.formulas(given, "given"), scope.formula(goal, "goal"))


def run(name: str, rows: int | None, jobs: int) -> Evidence:
    """Return the evidence for one sector, with progress on stderr."""
    options = {"points": {"theta": ROWS, "phi": COLUMNS}, "spacing": "linspace", "jobs": jobs, **({"part": {"theta": [0, rows]}} if rows else {})}
    shown = [time.monotonic()]

    def progress(done: int, total: int, note: str) -> None:
        if time.monotonic() - shown[0] > 5:
            shown[0] = time.monotonic()
            print(f"  {name}: {done}/{total} ({100 * done / total:.1f} %), {note}", file=sys.stderr, flush=True)

    return grid.attempt(sector(name), options, progress)


def main() -> None:
    """Print the smallest margins inside and outside the cone, the time and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="only the first N rows of theta")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    start = time.monotonic()
    found = {name: run(name, arguments.rows, arguments.jobs) for name in SECTORS}
    for name, evidence in found.items():
        print(f"{name}: {type(evidence).__name__}, {evidence.seconds:.1f} s; {evidence.detail}")
    margins = {name: evidence.margin for name, evidence in found.items() if isinstance(evidence, Support) and evidence.margin is not None}
    for title, names in (("inside", "A"), ("outside", "BCD")):
        best = min((m for n, m in margins.items() if n in names), key=lambda m: float(m.value), default=None)
        if best is not None:
            print(f"smallest |L_12| {title}: {best.value} at {best.at}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"{time.monotonic() - start:.1f} s with {arguments.jobs} processes, at most {peak:.0f} MB each")


if __name__ == "__main__":
    main()
