"""A new interpreter per task, for systems that cannot fork: slower to start, killed at the deadline, without a memory limit.

Of the guarantees of ``server`` it keeps the time limit, the isolation of tasks, and that a task ends when its parent does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO

from proofcheck.start import ENVIRONMENT

from . import child
from .interruption import Interruption
from .server import AT_DEADLINE, BY_ITSELF, ON_ORDER, Ended

LOOK_EVERY = 0.02
"""Seconds between two looks at the processes: waiting for several at once has no portable form."""


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    started: float
    deadline: float
    why: int = BY_ITSELF


class Spawner:
    """Starts and kills tasks like a fork server, each in an interpreter of its own."""

    own_memory = 0

    def __init__(self) -> None:
        self.running: dict[int, _Running] = {}

    def start(self, number: int, exchange: IO[bytes], log: IO[bytes], seconds: float, memory: int) -> None:
        program = f"import sys; sys.path[:] = {sys.path!r}; from proofcheck.run.spawned import main; main({number}, {seconds!r}, {memory})"
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=exchange,
            stderr=log,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,
        )
        now = time.monotonic()
        self.running[number] = _Running(process, now, now + seconds)

    def kill(self, number: int) -> None:
        if number in self.running:
            self.running[number].why = ON_ORDER
            self.running[number].process.kill()

    def wait(self, interruption: Interruption) -> tuple[list[tuple[int, int, int, str]], list[Ended]]:
        """Return (no messages, the tasks that ended): at least one, unless the user interrupts."""
        while True:
            ended = [self._reap(number) for number in list(self.running) if self._has_ended(number)]
            if ended or interruption.caught:
                return [], ended
            time.sleep(LOOK_EVERY)

    def close(self) -> None:
        for number in list(self.running):
            self.kill(number)
            self._reap(number)

    def _has_ended(self, number: int) -> bool:
        one = self.running[number]
        if one.process.poll() is None and one.deadline <= time.monotonic() and one.why == BY_ITSELF:
            one.why = AT_DEADLINE
            one.process.kill()
        return one.process.poll() is not None

    def _reap(self, number: int) -> Ended:
        one = self.running.pop(number)
        code = one.process.wait()
        if one.process.stdin is not None:
            one.process.stdin.close()
        return Ended(number, max(code, 0), max(-code, 0), one.why, time.monotonic() - one.started, 0.0, 0)


def main(number: int, seconds: float, memory: int) -> None:
    """Run one task in this process: its request comes and its answer goes through standard output's file."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    child.work(os.dup(1), os.dup(2), None, number, seconds, memory)


def _end_with_parent() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the other end is closed
    os._exit(1)
