"""proofcheck and other provers on the same problems, side by side: what each decides, what it gets wrong, and how long it takes.

Each problem goes to each prover in a process of its own, which is killed after ``--seconds`` of wall clock, start-up included. In
addition proofcheck proves the whole list in one run (``prove --problems``). A prover that is absent is skipped and named.

Times are CPU seconds, which a loaded machine changes least. "Own" is what a prover takes without its start-up: check-sat for z3 and cvc5,
the loop for mpmath.iv, the tactic for Coq, each within its process; for proofcheck in one run the processes of a problem (search and the
kernel's look, from fork to end) and an equal share of what the run takes besides: its total minus that of a run with one problem.

Peers live in an environment of their own: python -m venv PEERS && PEERS/bin/pip install z3-solver cvc5 mpmath; apt-get install coq libcoq-interval
Run: python benchmarks/peers/run.py --python PEERS/bin/python [--seconds 10] [--only TEXT] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from translate import UnsupportedError, coq, nested, smt  # noqa: E402 - the folder of this script is on the path

from proofcheck.kernel.statement import read  # noqa: E402 - after the path
from proofcheck.kernel.terms import Obligation  # noqa: E402 - same
from proofcheck.proving import Problem, claim_of, problems_of  # noqa: E402 - same

Ask = Callable[[Problem, float, str], tuple[str, float, float, float]]
"""Problem, limit in seconds, folder to write to: verdict, wall and CPU seconds of the process, CPU seconds of its own."""
FRIENDS = ("proofcheck", "proofcheck, one run")
WRONG = {("proved", "false"), ("refuted", "true")}


@dataclass(frozen=True)
class Answer:
    """What a prover says of a problem: wall and CPU seconds of its process, and the CPU seconds that are its own, without its start-up."""

    problem: str
    prover: str
    verdict: str
    wall: float
    cpu: float
    inner: float
    expected: str

    @property
    def decided(self) -> bool:
        """Whether the problem is settled."""
        return self.verdict in ("proved", "refuted")


def obligation_of(problem: Problem) -> Obligation:
    """Return the problem as the kernel reads it."""
    entries = read(claim_of(problem, "p").data).entries
    return next(entry.obligation for entry in entries if entry.kind == "statement")


ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
"""Compiled modules are kept, as where a program is installed, but outside the project."""


def timed(command: list[str], seconds: float, folder: str) -> tuple[str, float, float]:
    """Return the output of a process, its wall and CPU seconds; the whole group is killed at the limit."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=ENVIRONMENT, start_new_session=True)
        limit = start + seconds
        while True:
            pid, _, usage = os.wait4(process.pid, os.WNOHANG)
            if pid or time.perf_counter() > limit:
                break
            time.sleep(0.002)
        if not pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        wall = time.perf_counter() - start
        output.seek(0)
        return output.read().decode(errors="replace"), wall, usage.ru_utime + usage.ru_stime


def spoken(text: str) -> tuple[str, float]:
    """Return verdict and seconds from the last line of an adapter."""
    match = re.search(r"^(proved|refuted|undecided) ([0-9.e-]+)\s*$", text, re.MULTILINE)
    return (match[1], float(match[2])) if match else ("undecided", 0.0)


def with_proofcheck(problem: Problem, seconds: float, folder: str) -> tuple[str, float, float, float]:
    """Ask proofcheck in a process of its own."""
    command = [sys.executable, "-m", "proofcheck", "prove", problem.goal, "--timeout", str(seconds), "--json"]
    for name, domain in problem.domains.items():
        command += ["--for", f"{name} in {domain}"]
    for formula in problem.given:
        command += ["--given", formula]
    text, wall, cpu = timed(command, seconds, str(HERE.parents[1]))
    match = re.search(r'"verdict": "(\w+)"', text)
    inner = re.search(r'"cpu_seconds": ([0-9.]+)', text)
    return (match[1] if match else "undecided"), wall, cpu, float(inner[1]) if inner else 0.0


def script(name: str, command: Callable[[str], list[str]], made: Callable[[Problem], str], said: Callable[[str], tuple[str, float]]) -> Ask:
    """Return a prover that reads a file."""

    def ask(problem: Problem, seconds: float, folder: str) -> tuple[str, float, float, float]:
        try:
            text = made(problem)
        except UnsupportedError as word:
            return f"no word for {word}", 0.0, 0.0, 0.0
        path = Path(folder) / name
        path.write_text(text, "utf-8")
        output, wall, cpu = timed(command(str(path)), seconds, folder)
        verdict, inner = said(output)
        return verdict, wall, cpu, inner

    return ask


def coq_said(text: str) -> tuple[str, float]:
    """Return what a run of coqc means: without an error everything up to Qed is checked."""
    times = re.findall(r"Finished transaction in [0-9.]+ secs \(([0-9.]+)u,([0-9.]+)s\)", text)
    return ("proved" if times and "Error" not in text else "undecided"), sum(float(part) for pair in times for part in pair)


def provers(python: str) -> dict[str, Ask]:
    """Return the provers that are here; say which are not."""
    found: dict[str, Ask] = {"proofcheck": with_proofcheck}
    adapters = {
        "z3": ("z3", "with_z3.py", "p.smt2", lambda problem: smt(obligation_of(problem), transcendental=False)),
        "cvc5": ("cvc5", "with_cvc5.py", "p.smt2", lambda problem: smt(obligation_of(problem), transcendental=True)),
        "mpmath.iv": ("mpmath", "with_mpmath.py", "p.json", lambda problem: json.dumps(nested(obligation_of(problem)))),
    }
    for name, (module, adapter, file, made) in adapters.items():
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            print(f"{name}: absent, skipped ({python} cannot import {module})")
            continue
        found[name] = script(file, lambda path, adapter=adapter: [python, str(HERE / adapter), path], made, spoken)
    if shutil.which("coqc") is None:
        print("Coq: absent, skipped (no coqc on the path)")
    else:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "probe.v").write_text("From Interval Require Import Tactic.\n", "utf-8")
            if subprocess.run(["coqc", "probe.v"], cwd=folder, capture_output=True, check=False).returncode:
                print("Coq: skipped (no library Interval)")
            else:
                found["Coq interval"] = script("p.v", lambda path: ["coqc", path], lambda problem: coq(obligation_of(problem)), coq_said)
    if subprocess.run([python, "-c", "import dreal"], capture_output=True, check=False).returncode:
        print("dReal: absent, skipped (its wheel needs libibex.so, which neither PyPI nor Debian 12 has)")
    return found


def listed(problems: list[Problem], path: Path, seconds: float) -> tuple[list[dict[str, Any]], float, float]:
    """Return the answers of ``proofcheck prove --problems`` with one job, and the wall and CPU seconds of the run."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "list.jsonl"
        names = {problem.name for problem in problems}
        chosen.write_text("".join(line + "\n" for line in path.read_text("utf-8").splitlines() if json.loads(line)["id"] in names), "utf-8")
        command = [sys.executable, "-m", "proofcheck", "prove", "--problems", str(chosen), "--jobs", "1", "--timeout", str(seconds), "--out", folder]
        _, wall, cpu = timed(command, 60 + 2 * seconds * len(problems), str(HERE.parents[1]))
        return [json.loads(line) for line in (Path(folder) / "answers.jsonl").read_text("utf-8").splitlines()], wall, cpu


def in_one_run(problems: list[Problem], path: Path, seconds: float) -> list[Answer]:
    """Return the answers of a run over all problems; what it takes besides their own processes is shared out equally."""
    first, _, alone = listed(problems[:1], path, seconds)
    rows, wall, cpu = listed(problems, path, seconds)
    start = alone - sum(row["cpu_seconds"] for row in first)
    share = max(0.0, cpu - sum(row["cpu_seconds"] for row in rows) - start) / len(rows)
    print(f"proofcheck, the whole list in one run: {wall:.1f} s wall, {cpu:.1f} s CPU; {start:.2f} s to start, {share:.4f} s a problem beside its processes")
    expected = {problem.name: problem.expected for problem in problems}
    return [
        Answer(row["id"], FRIENDS[1], row["verdict"], row["seconds"], cpu / len(rows), row["cpu_seconds"] + share, expected[row["id"]]) for row in rows
    ]


def table(answers: list[Answer]) -> None:
    """Print what each decided, and medians on what it and proofcheck both decided."""
    by = {name: {a.problem: a for a in answers if a.prover == name} for name in dict.fromkeys(a.prover for a in answers)}
    mine, list_run = by[FRIENDS[0]], by[FRIENDS[1]]
    print("| prover | decided | proved | refuted | wrong | both decide | CPU of a process, median | ours | own CPU, median | ours in one run | faster on |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, rows in by.items():
        done = [a for a in rows.values() if a.decided]
        wrong = sum((a.verdict, a.expected) in WRONG for a in done)
        both = [a.problem for a in done if mine[a.problem].decided and list_run[a.problem].decided]
        cells = [name, len(done), sum(a.verdict == "proved" for a in done), sum(a.verdict == "refuted" for a in done), wrong, len(both)]
        for theirs, ours, key in [(rows, mine, "cpu"), (rows, list_run, "inner")] if both else []:
            cells += [f"{median(getattr(table_[p], key) for p in both):.3f}" for table_ in (theirs, ours)]
        cells += [f"{sum(list_run[p].inner < rows[p].inner for p in both)} of {len(both)}"] if both and name not in FRIENDS else []
        print("| " + " | ".join(map(str, cells)) + " |")
    print()
    for problem in mine:
        line = " ".join(f"{name}: {by[name][problem].verdict[:22]} {by[name][problem].inner:.3f};" for name in by)
        print(f"{problem:22} {mine[problem].expected:6} {line}")


def main() -> None:
    """Ask everyone, print the tables; exit with 1 for a wrong answer of proofcheck."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--python", default=sys.executable, help="the interpreter of the environment with the peers")
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time (default: one for each core)")
    options.add_argument("--only", default="", help="problems whose id contains this")
    options.add_argument("--problems", type=Path, default=HERE / "problems.jsonl")
    options.add_argument("--json", type=Path, help="write every answer to this file")
    given = options.parse_args()
    ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "proofcheck-peers-pycache")
    problems = [problem for problem in problems_of(given.problems) if given.only in problem.name]
    asked = provers(given.python)
    print(f"load {os.getloadavg()[0]:.1f}, {given.jobs} processes at a time, {given.seconds:g} s of wall clock for each")
    answers = in_one_run(problems, given.problems, given.seconds)

    def one(task: tuple[Problem, str]) -> Answer:
        problem, name = task
        with tempfile.TemporaryDirectory() as folder:
            verdict, wall, cpu, inner = asked[name](problem, given.seconds, folder)
        return Answer(problem.name, name, verdict, wall, cpu, inner, problem.expected)

    tasks = [(problem, name) for problem in problems for name in asked]
    with ThreadPoolExecutor(given.jobs) as pool:
        for i, answer in enumerate(pool.map(one, tasks), 1):
            answers.append(answer)
            print(f"\r{i}/{len(tasks)} {answer.problem:30}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if given.json:
        given.json.write_text(json.dumps([asdict(answer) for answer in answers], indent=1), "utf-8")
    table(answers)
    raise SystemExit(any((a.verdict, a.expected) in WRONG for a in answers if a.prover in FRIENDS))


if __name__ == "__main__":
    main()
