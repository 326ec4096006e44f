"""Ctrl-C and SIGTERM as a fact to look at, not an exception in the middle of something."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """While entered, the first SIGINT or SIGTERM sets ``caught`` to its name; a second one does what it did before.

    Signals that the process ignores stay ignored. Outside the main thread nothing is caught, because Python delivers no signals there.
    ``wake`` is a file descriptor that becomes readable when a signal comes, for those who wait in ``select``.
    """

    def __init__(self) -> None:
        self.caught = ""
        self.wake, self._write = os.pipe()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                if before not in (signal.SIG_IGN, None):
                    self._before[number] = before
                    signal.signal(number, self._catch)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._restore()
        os.close(self.wake)
        os.close(self._write)

    def _catch(self, number: int, frame: FrameType | None) -> None:
        self.caught = signal.Signals(number).name
        before: Any = self._before.get(number)
        self._restore()
        os.write(self._write, b".")
        if isinstance(getattr(before, "__self__", None), Interruption):
            before(number, frame)  # a run inside another run: both are interrupted

    def _restore(self) -> None:
        while self._before:
            number, before = self._before.popitem()
            signal.signal(number, before)
