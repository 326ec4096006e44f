"""The parent's side of the fork server: start it, give orders, hear reports. Idle servers are kept for the next run."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO

from proofcheck.start import ENVIRONMENT

from .interruption import Interruption
from .server import KILL, ORDER, REPORT, START, Ended, serve

PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from proofcheck.run.server import serve; serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split())"
CLOSE_WITHIN = 5.0
"""Seconds that a server gets to kill its children and exit."""

Message = tuple[int, int, int, str]
"""Task number, done, total, note."""


class _Copy:
    """A copy of this process that serves, without the start of another interpreter. As much of ``Popen`` as is used here."""

    def __init__(self, control: int, pipe: int, preload: Sequence[str]) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                while _idle:  # the original's servers; its ends of their sockets are closed below, by number
                    _idle.popitem()[1].control.detach()
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 0)
                os.dup2(null, 1)
                first, second = sorted((control, pipe))
                for low, high in ((3, first), (first + 1, second), (second + 1, os.sysconf("SC_OPEN_MAX"))):
                    os.closerange(low, high)
                serve(control, pipe, preload)
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        """Return None while it lives."""
        try:
            return None if os.waitpid(self.pid, os.WNOHANG)[0] == 0 else 0
        except ChildProcessError:
            return 0

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        limit = None if seconds is None else time.monotonic() + seconds
        while self.poll() is None:
            if limit is not None and time.monotonic() > limit:
                raise subprocess.TimeoutExpired("fork server", seconds or 0.0)
            time.sleep(0.001)

    def kill(self) -> None:
        """Kill it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Forker:
    """A running fork server with the modules ``preload`` imported. Methods raise ConnectionError when it is gone.

    ``own_memory`` is what it occupies itself, in bytes: the part of a child's peak that is not the task's.
    """

    def __init__(self, preload: Sequence[str], *, here: bool = False) -> None:
        self.control, theirs = socket.socketpair()
        self.pipe, write = os.pipe()
        for end in (self.pipe, write):
            os.set_blocking(end, False)
        self.process: subprocess.Popen[bytes] | _Copy
        if here and threading.active_count() == 1:
            self.process = _Copy(theirs.fileno(), write, preload)
        else:
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


_Key = tuple[int, str, tuple[str, ...], tuple[str, ...], bool]
_idle: dict[_Key, Forker] = {}


def _key(preload: Sequence[str], *, here: bool) -> _Key:
    return os.getpid(), os.getcwd(), tuple(sys.path), tuple(preload), here


def borrow(preload: Sequence[str], *, here: bool = False) -> Forker:
    """Return an idle server of this process with these modules and the present search path, or a new one."""
    idle = _idle.pop(_key(preload, here=here), None)
    return idle if idle is not None and idle.process.poll() is None else Forker(preload, here=here)


def give_back(forker: Forker, preload: Sequence[str], *, here: bool = False) -> None:
    """Keep a server without tasks for the next run, unless it is gone; of those kept before, the one kept last stays."""
    close_idle(1)
    if forker.process.poll() is None:
        _idle[_key(preload, here=here)] = forker


def close_idle(stay: int = 0) -> None:
    """End the servers that wait for a next run, the oldest first, until ``stay`` are left.

    Those that a copy of the process inherited are not its own to end.
    """
    while len(_idle) > stay:
        key = next(iter(_idle))
        forker = _idle.pop(key)
        if key[0] == os.getpid():
            forker.close()


atexit.register(close_idle)
