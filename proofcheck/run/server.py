"""The fork server: a process with the heavy modules imported, which forks one child per task and does nothing else.

It owns what only a parent process can do: it kills a child and all its descendants at the deadline, and reports how the child
ended with its CPU time and peak memory. It computes nothing, so it always answers; and when the process that started it is
gone, it kills every child and exits.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from . import child

START, KILL = 1, 2
"""Orders: start a task (with two files attached), kill one."""
BY_ITSELF, AT_DEADLINE, ON_ORDER = 0, 1, 2
"""Why a child ended."""
ORDER = struct.Struct("!BQdQ")
"""Order, task number, limit in seconds, limit in bytes."""
REPORT = struct.Struct("!QBBBddQ")
"""The fields of ``Ended``. Number 0: the server is ready, with its own memory."""


@dataclass(frozen=True)
class Ended:
    """How the process of a task ended: exit code or signal, why, wall and CPU seconds, peak resident bytes."""

    number: int
    code: int
    signal: int
    why: int
    seconds: float
    cpu_seconds: float
    peak_memory: int


@dataclass
class _Child:
    number: int
    started: float
    deadline: float
    why: int = BY_ITSELF


def serve(control: int, pipe: int, preload: Sequence[str]) -> None:
    """Import the modules, then obey orders from the control socket until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in preload:
        with contextlib.suppress(Exception):  # the task that needs it will say so, with a traceback
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # children share the pages of what is imported instead of copying them at their first collection
    with contextlib.suppress(ConnectionError):
        _Server(socket.socket(fileno=control), pipe).loop()


class _Server:
    def __init__(self, control: socket.socket, pipe: int) -> None:
        self.control, self.pipe = control, pipe
        self.children: dict[int, _Child] = {}
        self.wake_read, self.wake_write = os.pipe()
        for end in (self.wake_read, self.wake_write):
            os.set_blocking(end, False)

    def loop(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self.control, selectors.EVENT_READ)
        selector.register(self.wake_read, selectors.EVENT_READ)
        try:
            self.control.sendall(REPORT.pack(0, 0, 0, 0, 0.0, 0.0, child.statm(1)))
            while True:
                for key, _ in selector.select(self.patience()):
                    if key.fileobj is self.control:
                        if not self.obey():
                            return
                    else:
                        os.read(self.wake_read, 4096)
                self.enforce()
                self.reap()
        finally:
            for pid in self.children:
                _kill(pid)

    def patience(self) -> float | None:
        """Return the seconds to the nearest deadline, None without one."""
        waiting = [one.deadline for one in self.children.values() if one.why == BY_ITSELF]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def obey(self) -> bool:
        message, files, _, _ = socket.recv_fds(self.control, ORDER.size, 2)
        if len(message) < ORDER.size:
            return False
        order, number, seconds, memory = ORDER.unpack(message)
        if order == START:
            self.fork((files[0], files[1]), number, seconds, memory)
        else:
            for pid, one in self.children.items():
                if one.number == number and one.why == BY_ITSELF:
                    one.why = ON_ORDER
                    _kill(pid)
        return True

    def fork(self, files: tuple[int, int], number: int, seconds: float, memory: int) -> None:
        for file in files:
            os.set_inheritable(file, False)
        server, now = os.getpid(), time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self.control.close()
                os.close(self.wake_read)
                os.close(self.wake_write)
                child.die_with(server)
                child.work(*files, self.pipe, number, seconds, memory)
            finally:
                os._exit(1)  # whatever happens, a child never returns into the server's loop
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # in both, so that no order of events leaves a moment without a group to kill
        for file in files:
            os.close(file)
        self.children[pid] = _Child(number, now, now + seconds)

    def enforce(self) -> None:
        now = time.monotonic()
        for pid, one in self.children.items():
            if one.why == BY_ITSELF and one.deadline <= now:
                one.why = AT_DEADLINE
                _kill(pid)

    def reap(self) -> None:
        for pid, one in list(self.children.items()):
            if not _has_ended(pid):
                continue
            _kill(pid)  # descendants that outlive their task; the number cannot be taken before the wait below
            _, status, usage = os.wait4(pid, 0)
            del self.children[pid]
            peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            used = usage.ru_utime + usage.ru_stime
            code, by = (0, os.WTERMSIG(status)) if os.WIFSIGNALED(status) else (os.WEXITSTATUS(status), 0)
            self.control.sendall(REPORT.pack(one.number, code, by, one.why, time.monotonic() - one.started, used, peak))


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody left in the group
        os.killpg(pid, signal.SIGKILL)
