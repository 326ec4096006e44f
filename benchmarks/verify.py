"""The library of claims from nothing, with its certificates, and replayed: time, CPU and memory of each command's process tree.

Run: python benchmarks/verify.py [--jobs N] [--one ID]
Works on a copy of `claims/` in a temporary project. Linux only: it samples /proc.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.02
SHORT = 5
"""How often the commands that take a moment are run; the smallest CPU time counts."""


@dataclass(frozen=True)
class Measured:
    """One command: wall and CPU seconds, the peak resident bytes of its largest process and of all together (shared pages counted by each)."""

    name: str
    wall: float
    cpu: float
    largest: int
    tree: int
    code: int
    last: str


@dataclass(frozen=True)
class Target:
    """A number that is to stay below a limit."""

    what: str
    value: float
    limit: float
    unit: str


def measured(name: str, project: Path, *arguments: str) -> Measured:
    """Return what a command costs with all its descendants. CPU is that of the processes that were waited for."""
    command = [sys.executable, "-m", "proofcheck", "-C", str(project), *arguments]
    start = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=output, stderr=subprocess.STDOUT)
        largest = tree = 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            sizes = list(resident(process.pid))
            largest, tree = max(largest, *sizes, 0), max(tree, sum(sizes))
            time.sleep(EVERY)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        lines = output.read().decode(errors="replace").strip().splitlines()
    return Measured(name, wall, usage.ru_utime + usage.ru_stime, max(largest, usage.ru_maxrss * 1024), tree, process.returncode, lines[-1] if lines else "")


def resident(root: int) -> Iterator[int]:
    """Yield the resident bytes of a process and of all its descendants."""
    parents: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended since
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
            sizes[int(entry.name)] = int(fields[21]) * PAGE
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += parents.get(pid, [])
        yield sizes.get(pid, 0)


def smallest(name: str, project: Path, *arguments: str) -> Measured:
    """Return the run of several that took the least CPU."""
    return min((measured(name, project, *arguments) for _ in range(SHORT)), key=lambda run: run.cpu)


def targets(runs: dict[str, Measured], claims: int) -> Iterator[Target]:
    """Yield what was promised."""
    yield Target("from nothing, wall", runs["from nothing"].wall, 600.0, "s")
    yield Target("replay all, wall", runs["replay all"].wall, 30.0, "s")
    yield from (Target(f"{name}, all processes", run.tree / 1e6, 2000.0, "MB") for name, run in runs.items())
    yield Target("--help, CPU", runs["--help"].cpu, 0.3, "s")
    yield Target("list, CPU for a claim", 1000 * runs["list"].cpu / claims, 3.0, "ms")


def main() -> None:
    """Print a row for each command, the ratios, and what misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default=str(os.cpu_count() or 1))
    parser.add_argument("--one", default="tian2017/thm5", help="the claim that is replayed by itself")
    arguments = parser.parse_args()
    runs: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="proofcheck-benchmark-") as folder:
        project = Path(folder)
        shutil.copytree(ROOT / "claims", project / "claims", ignore=shutil.ignore_patterns("*.cert.json"))
        jobs = ("--jobs", arguments.jobs)
        claims = sum(path.name != "paper.toml" for path in project.glob("claims/*/*.toml"))
        print(f"{'':20} {'wall s':>8} {'CPU s':>8} {'largest MB':>11} {'tree MB':>8}  exit  last line")
        for name, run, words in (
            ("from nothing", measured, ("verify", "all", "--fresh", "--no-report", *jobs)),
            ("with certificates", measured, ("verify", "all", *jobs)),
            ("replay all", measured, ("replay", "all", *jobs)),
            ("replay one", smallest, ("replay", arguments.one)),
            ("--help", smallest, ("--help",)),
            ("list", smallest, ("list",)),
        ):
            found = runs[name] = run(name, project, *words)
            print(f"{name:20} {found.wall:8.2f} {found.cpu:8.2f} {found.largest / 1e6:11.0f} {found.tree / 1e6:8.0f}  {found.code:4}  {found.last}", flush=True)
    nothing, certified, replayed = runs["from nothing"], runs["with certificates"], runs["replay all"]
    print(f"\nfrom nothing / with certificates {nothing.wall / certified.wall:6.1f}   from nothing / replay {nothing.wall / replayed.wall:6.1f}")
    print(f"cores used from nothing          {nothing.cpu / nothing.wall:6.2f}")
    missed = [target for target in targets(runs, claims) if target.value >= target.limit]
    for target in missed:
        print(f"MISSED  {target.what}: {target.value:.2f} {target.unit}, target {target.limit:g} {target.unit}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
