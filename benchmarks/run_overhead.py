"""What it costs to give every task a process of its own: tasks per second and CPU per task, for jobs = 1 and 2.

Run with ``python benchmarks/run_overhead.py [TASKS]``.
"""

from __future__ import annotations

import resource
import sys
import time

from proofcheck.run import Task, run
from proofcheck.run.forked import close_idle

PRELOAD = ("sympy", "flint", "numpy")


def main(count: int) -> None:
    """Print one line per number of jobs. CPU is that of the parent, the fork server and the children, without starting the server."""
    print(f"{count} tasks `math.sqrt`, preloaded: {', '.join(PRELOAD)}")
    print(f"{'jobs':>4}  {'start-up s':>10}  {'start-up CPU s':>14}  {'tasks/s':>8}  {'ms CPU per task':>15}")
    for jobs in (1, 2):
        start_wall, start_cpu = _measured(1, 1)
        wall, cpu = _measured(count, jobs)
        rate = count / (wall - start_wall)
        print(f"{jobs:>4}  {start_wall:>10.2f}  {start_cpu:>14.2f}  {rate:>8.0f}  {1000 * (cpu - start_cpu) / count:>15.2f}")


def _measured(count: int, jobs: int) -> tuple[float, float]:
    """Return wall and CPU seconds of starting a server, running the tasks and ending it."""
    start, used = time.perf_counter(), _cpu()
    assert all(outcome.ended == "done" for outcome in run((Task(str(i), "math:sqrt", 2.0, 10.0, 10**9) for i in range(count)), jobs=jobs, preload=PRELOAD))
    close_idle()
    return time.perf_counter() - start, _cpu() - used


def _cpu() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
