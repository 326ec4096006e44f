"""The determinant of Theorem 5 on (0, pi/2] at 50 digits: the method ``grid`` against a plain mpmath loop over the same nodes.

Run: python benchmarks/grid.py [--points N]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import mpmath

from proofcheck.evidence import Support
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import grid

FORMULA = "2*pi*(sin(2*theta) + 2*pi - 2*theta) - ((2*pi - theta)*cos(theta) + sin(theta))^2 > 0"
DIGITS = 50
REQUIRED = 50


def obligation() -> Obligation:
    """Return the obligation."""
    scope = Scope({}, {}, "benchmark")
    scope.domains({"theta": "(0, pi/2]"}, "for_all")
    return Obligation("det M > 0", tuple(scope.box.items()), (), scope.formula(FORMULA, "goal"))


def plain(points: int) -> tuple[Any, int]:
    """Return the smallest margin and the number k of its node pi/2*k/points, by mpmath alone."""
    with mpmath.workdps(DIGITS):
        best: tuple[Any, int] | None = None
        for k in range(1, points + 1):
            theta = mpmath.pi / 2 * k / points
            value = 2 * mpmath.pi * (mpmath.sin(2 * theta) + 2 * mpmath.pi - 2 * theta) - ((2 * mpmath.pi - theta) * mpmath.cos(theta) + mpmath.sin(theta)) ** 2
            if best is None or value < best[0]:
                best = value, k
        assert best is not None
        return best


def main() -> None:
    """Print both times, both answers and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    points = parser.parse_args().points
    start = time.perf_counter()
    value, k = plain(points)
    slow = time.perf_counter() - start
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        evidence = grid.attempt(obligation(), {"points": points, "digits": DIGITS}, lambda done, total, note: None)
        seconds.append(time.perf_counter() - start)
    assert isinstance(evidence, Support), evidence
    assert evidence.margin is not None
    with mpmath.workdps(DIGITS + 10):
        difference = abs(mpmath.mpf(evidence.margin.value) - value)
        at = mpmath.pi / 2 * k / points
        numerator, _, denominator = evidence.margin.at["theta"].split("*")[0].partition("/")
        there = mpmath.pi / 2 * int(numerator) / int(denominator or 1)
        assert abs(there - at) < mpmath.mpf(10) ** -40
        assert difference < mpmath.mpf(10) ** -40
    print(f"mpmath loop  {slow:9.4f} s   smallest margin {mpmath.nstr(value, 20)} at pi/2*{k}/{points}")
    print(f"grid         {seconds[0]:9.4f} s   smallest margin {evidence.margin.value[:24]}… at {evidence.margin.at['theta']}   (again: {min(seconds):.4f} s)")
    print(f"ratio        {slow / seconds[0]:9.1f}     difference of the values {mpmath.nstr(difference, 3)}")
    assert slow / seconds[0] >= REQUIRED, f"less than {REQUIRED} times faster"


if __name__ == "__main__":
    main()
