"""The search for subdivisions, on the numerator of Conjecture 1 inside the cone: arrays of boxes against one ball after another, two processes against one.

Both look at theta in [1/32, 1/16] (balls against arrays) or [1/160, 1/16], phi = v theta, where the numerator is of the size of theta^5.

Run: python benchmarks/bisection.py [--repeat N]
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np

from proofcheck.kernel.algebra import precision
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.subdivide import FORMS, halves, unit
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.frontier import BATCH, Look, Search, searching, subdivide
from proofcheck.run.forked import close_idle

DEFINE = {
    "h(t)": "(pi - t)*cos(t) + sin(t)",
    "m1": "pi*cos(theta)",
    "m2": "pi - theta + sin(theta)*cos(theta)",
    "D": "pi^2 - h(theta)^2",
    "mstar": "(pi - v*theta)*cos(theta - v*theta) + sin(v*theta)*cos(theta)",
    "N": "D*mstar - h(v*theta)*(pi*m1 - h(theta)*m2) - h(theta - v*theta)*(pi*m2 - h(theta)*m1)",
}
REQUIRED, REQUIRED_PROCESSES = 10.0, 1.7


@dataclass(frozen=True)
class Used:
    """Seconds: by the clock, of this process, of those it waited for."""

    wall: float
    own: float
    others: float


def obligation(least: str = "1/32", low: str = "1/10", high: str = "9/10") -> Obligation:
    """Return the obligation for theta from ``least`` and v from ``low`` to ``high``."""
    scope = Scope(DEFINE, {}, "benchmark")
    scope.domains({"theta": f"[{least}, 1/16]", "v": f"[{low}, {high}]"}, "for_all")
    return Obligation("N > 0", tuple(scope.box.items()), (), scope.formula("N > 0", "goal"))


def one_by_one(search: Search, count: int) -> float:
    """Return cells per CPU second of the loop over balls: leaf forms, then the axis to cut, depth first."""
    stack, seen = [unit(search.chart)], 0
    with precision(search.bits):
        start = time.process_time()
        while stack and seen < count:
            cell = stack.pop()
            seen += 1
            if not search.form(cell):
                stack += halves(cell, search.direction(cell))
        return seen / (time.process_time() - start)


def in_arrays(search: Search, count: int) -> tuple[float, int]:
    """Return cells per CPU second of the same decisions in float64, generation after generation, and how many were leaves."""
    low, width, seen, leaves = np.zeros((2, 1)), np.ones((2, 1)), 0, 0
    start = time.process_time()
    while low.shape[1] and seen < count:
        forms, axes = [], []
        for first in range(0, low.shape[1], BATCH):
            look = Look(search, low[:, first : first + BATCH], width[:, first : first + BATCH])
            forms.append(look.forms)
            axes.append(look.axes)
        seen += low.shape[1]
        cut = np.concatenate(forms) == ""
        leaves += int((~cut).sum())
        axis, each = np.concatenate(axes)[cut], np.arange(int(cut.sum()))
        low, width = low[:, cut], width[:, cut].copy()
        width[axis, each] /= 2
        upper = low.copy()
        upper[axis, each] += width[axis, each]
        low, width = np.hstack([low, upper]), np.hstack([width, width])
    return seen / (time.process_time() - start), leaves


def cpu() -> tuple[float, float]:
    """Return the CPU seconds of this process, and of those it has waited for."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


def both(goal: Obligation) -> tuple[dict[int, Used], str, int]:
    """Return what one bisection takes with one process and with two, its text, and how many units were handed out."""
    used: dict[int, Used] = {}
    texts, told = set(), []
    for processes in (1, 2):
        searching.cache_clear()
        told.clear()
        start, before = time.perf_counter(), cpu()
        grown = subdivide(goal, 64, 1_000_000, lambda *event: told.append(event), processes=processes)
        wall = time.perf_counter() - start
        close_idle()  # ends the processes, so that what they used is counted
        after = cpu()
        used[processes] = Used(wall, after[0] - before[0], after[1] - before[1])
        texts.add(grown.text)
    (text,) = texts
    return used, text, len(told) - 1


def main() -> None:
    """Print both tables; exit with 1 where a target is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=3)
    repeat = options.parse_args().repeat
    goal = obligation()
    search = Search(goal, 64, clip=False)
    scalar, arrays = [], []
    for _ in range(repeat):
        scalar.append(one_by_one(search, 3_000))
        arrays.append(in_arrays(search, 400_000)[0])
    ratios = sorted(b / a for a, b in zip(scalar, arrays, strict=True))
    print(f"cells per CPU second: balls one by one {max(scalar):,.0f}, arrays {max(arrays):,.0f}")
    print(f"ratio {ratios[0]:.0f} to {ratios[-1]:.0f}, required {REQUIRED:.0f}")

    goal = obligation("1/160", "1/20", "19/20")
    once = [both(goal) for _ in range(repeat)]
    (text,) = {text for _, text, _ in once}
    assert "?" not in text
    leaves = sum(text.count(form) for form in FORMS)
    one, two = (min(times[n].wall for times, _, _ in once) for n in (1, 2))
    speedups = sorted(times[1].wall / times[2].wall for times, _, _ in once)
    shares = sorted(times[1].own / (times[2].own + times[2].others / 2) for times, _, _ in once)
    first = once[0][0]
    print(f"one bisection of {len(text)} cells, {leaves} leaves, identical text in {2 * repeat} runs: one process {one:.1f} s, two {two:.1f} s wall")
    print(f"CPU: one process {first[1].own:.1f} s; two, {first[2].own:.2f} s that nothing divides and {first[2].others:.1f} s in {once[0][2]} units")
    print(f"one process / two, wall: {speedups[0]:.2f} to {speedups[-1]:.2f}, required {REQUIRED_PROCESSES} when idle; load now {os.getloadavg()[0]:.1f}")
    print(f"predicted by CPU, one / (undivided + divided / 2): {shares[0]:.2f} to {shares[-1]:.2f}")
    start = time.process_time()
    prove(goal, {"rule": "bisection", "prec": 64, "tree": text}, Link())
    print(f"the kernel's look at the certificate: {time.process_time() - start:.1f} s CPU, {len(text) / 1000:.0f} kB")
    raise SystemExit(0 if ratios[0] >= REQUIRED and max(speedups[-1], shares[0]) >= REQUIRED_PROCESSES else 1)


if __name__ == "__main__":
    main()
