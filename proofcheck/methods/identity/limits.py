"""A time limit inside the process, for pure Python such as sympy. What FLINT or GMP do is not stopped by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, TypeVar

Result = TypeVar("Result")


class _Expired(BaseException):
    """Not an Exception: libraries that catch everything must not swallow it."""


def within(seconds: float, work: Callable[[], Result]) -> Result | None:
    """Return what ``work`` returns; None after ``seconds`` or where it fails. Outside the main thread nothing is tried.

    An alarm set by somebody else is put back with what is left of it.
    """
    if seconds <= 0 or threading.current_thread() is not threading.main_thread():
        return None
    old = signal.signal(signal.SIGALRM, _expire)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work()
    except (_Expired, ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError):
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - seconds, 0.01))


def _expire(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise _Expired
