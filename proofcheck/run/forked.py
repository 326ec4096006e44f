"""The parent's side of the fork server: start it, give orders, hear reports. Idle servers are kept for the next run."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

from .child import ENVIRONMENT
from .interruption import Interruption
from .server import KILL, ORDER, REPORT, START, Ended

PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from proofcheck.run.server import serve; serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split())"
CLOSE_WITHIN = 5.0
"""Seconds that a server gets to kill its children and exit."""

Message = tuple[int, int, int, str]
"""Task number, done, total, note."""


class Forker:
    """A running fork server with the modules ``preload`` imported. Methods raise ConnectionError when it is gone.

    ``own_memory`` is what it occupies itself, in bytes: the part of a child's peak that is not the task's.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self.control, theirs = socket.socketpair()
        self.pipe, write = os.pipe()
        for end in (self.pipe, write):
            os.set_blocking(end, False)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(write), " ".join(preload), *sys.path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), write),
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,  # Ctrl-C at the terminal reaches the parent alone, which then decides
        )
        theirs.close()
        os.close(write)
        self._reports = self._messages = b""
        self._closed = False
        try:
            self.own_memory = self._hear()[0].peak_memory
        except ConnectionError as error:
            self.close()
            raise RuntimeError("the fork server did not start; the reason is on standard error") from error

    def start(self, number: int, exchange: IO[bytes], log: IO[bytes], seconds: float, memory: int) -> None:
        """Start a task; its two files are shared with it."""
        order = ORDER.pack(START, number, seconds, memory)
        socket.send_fds(self.control, [order], [exchange.fileno(), log.fileno()])

    def kill(self, number: int) -> None:
        """Kill a task and its descendants, if it still runs; its end is reported as any other."""
        self.control.sendall(ORDER.pack(KILL, number, 0.0, 0))

    def wait(self, interruption: Interruption) -> tuple[list[Message], list[Ended]]:
        """Return progress messages and the tasks that ended, once there is something to return or the user interrupts."""
        ended: list[Ended] = []
        control = self.control.fileno()
        ready, _, _ = select.select([control, self.pipe, interruption.wake], [], [])
        if control in ready:
            ended = self._hear()
        if interruption.wake in ready:
            os.read(interruption.wake, 16)
        return self._listen(), ended  # messages are read last: whatever a task sent before its end comes with its end

    def close(self) -> None:
        """Kill all tasks and end the server."""
        if self._closed:
            return
        self._closed = True
        self.control.close()
        os.close(self.pipe)
        try:
            self.process.wait(CLOSE_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _hear(self) -> list[Ended]:
        while True:
            chunk = self.control.recv(65_536)
            if not chunk:
                raise ConnectionResetError("the fork server ended")
            self._reports += chunk
            whole = len(self._reports) // REPORT.size * REPORT.size
            if whole:
                complete, self._reports = self._reports[:whole], self._reports[whole:]
                return [Ended(*fields) for fields in REPORT.iter_unpack(complete)]

    def _listen(self) -> list[Message]:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.pipe, 65_536):
                self._messages += chunk
        *lines, self._messages = self._messages.split(b"\n")
        return [(number, done, total, note) for number, done, total, note in map(json.loads, lines)]


_Key = tuple[int, str, tuple[str, ...], tuple[str, ...]]
_idle: dict[_Key, Forker] = {}


def _key(preload: Sequence[str]) -> _Key:
    return os.getpid(), os.getcwd(), tuple(sys.path), tuple(preload)


def borrow(preload: Sequence[str]) -> Forker:
    """Return an idle server of this process with these modules and the present search path, or a new one."""
    idle = _idle.pop(_key(preload), None)
    return idle if idle is not None and idle.process.poll() is None else Forker(preload)


def give_back(forker: Forker, preload: Sequence[str]) -> None:
    """Keep a server without tasks for the next run, unless it is gone."""
    close_idle()
    if forker.process.poll() is None:
        _idle[_key(preload)] = forker


def close_idle() -> None:
    """End the servers that wait for a next run; the ones a forked copy of this process inherited are not its own to end."""
    while _idle:
        (pid, *_), forker = _idle.popitem()
        if pid == os.getpid():
            forker.close()


atexit.register(close_idle)
