"""Where the program begins, before anything is imported that takes time."""

from __future__ import annotations

import os
import sys

ENVIRONMENT = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Set for every task: the same order of sets in every run, and one thread per task, because tasks are what runs in parallel."""


def main() -> None:
    """Run the command line.

    ``prove`` starts again as a process whose sets have the order that tasks see: its tasks can then be copies of it, which are made in
    milliseconds, where another interpreter would have to import everything once more.
    """
    if "prove" in sys.argv[1:] and hasattr(os, "fork") and os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ENVIRONMENT})
    from proofcheck.cli import main as run  # noqa: PLC0415 - see above

    run()
