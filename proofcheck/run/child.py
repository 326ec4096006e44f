"""What happens inside one child: limits are set, one function is called, its answer is written to a file."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import importlib
import json
import math
import os
import pickle
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

if sys.platform != "win32":
    import resource

REPORT_EVERY = 0.1
"""Seconds between two progress messages of one task."""
NOTE_LENGTH = 80
"""Characters of a note that are sent: with it a message stays below every system's PIPE_BUF, hence is written whole or not at all."""
MAX_FILES = 256
OOM_SCORE = 500
"""Of 1000: when the whole machine runs out of memory, a child goes before the program that started it."""
PR_SET_PDEATHSIG = 1

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class _Reporter:
    """Where ``progress`` of this process goes: a pipe shared by all children, and the number of this task."""

    def __init__(self, pipe: int, number: int) -> None:
        self.pipe, self.number, self.last = pipe, number, -math.inf

    def send(self, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if done != total and now - self.last < REPORT_EVERY:
            return
        self.last = now
        text = "".join(letter if letter.isprintable() else "?" for letter in note[:NOTE_LENGTH])
        with contextlib.suppress(OSError):  # a reader that is busy misses a message; a computation never waits for a display
            os.write(self.pipe, json.dumps([self.number, done, total, text], ensure_ascii=False).encode() + b"\n")


_reporter: _Reporter | None = None


def progress(done: int, total: int = 0, note: str = "") -> None:
    """Tell the parent how far this task is; ``total`` 0 means unknown. Does nothing outside a child of ``run``.

    At most one message in ``REPORT_EVERY`` seconds is sent, and always the one with ``done == total``.
    """
    if _reporter is not None:
        _reporter.send(done, total, note)


def statm(column: int) -> int:
    """Return the address space (column 0) or the resident memory (column 1) of this process in bytes, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def work(exchange: int, log: int, pipe: int | None, number: int, seconds: float, memory: int) -> NoReturn:
    """Run the task whose pickled (call, payload) is in the file ``exchange``, put the pickled answer in its place, and exit.

    The answer is ("done", result, ""), ("memory", None, detail) or ("crash", None, detail). ``log`` receives what the task prints.
    ``seconds`` of wall clock are the business of the process that started this one; here they only bound the CPU time, in case it
    is no longer there. ``memory`` is in bytes, beyond what the process maps already.
    """
    global _reporter  # noqa: PLW0603  # one process, one task
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable(2)
    try:
        _limit(seconds, memory)
        with open(exchange, "rb", closefd=False) as request:
            call, payload = pickle.load(request)
        _empty(exchange)
        if pipe is not None:
            _reporter = _Reporter(pipe, number)
        function = _load(call)
        _seed()
        result = function(payload)
        with open(exchange, "wb", closefd=False) as answer:
            pickle.dump(("done", result, ""), answer, pickle.HIGHEST_PROTOCOL)
    except BaseException as error:
        _unlimit_memory()
        _empty(exchange)
        ended, detail = ("memory", "out of memory: ") if _means_memory(error) else ("crash", "")
        os.write(exchange, pickle.dumps((ended, None, detail + _described(error))))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _means_memory(error: BaseException | None) -> bool:
    """Return whether the error, or one that it was raised from or during, says that memory ran out."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        error = error.__cause__ or error.__context__
    return False


def _empty(file: int) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    os.ftruncate(file, 0)


def _load(call: str) -> Callable[[Any], object]:
    module, _, name = call.partition(":")
    function: Callable[[Any], object] = getattr(importlib.import_module(module), name)
    return function


def _seed() -> None:
    """Start the global random generators from a fixed state: sympy and numpy consult theirs, and results must not depend on it."""
    random.seed(0)
    for module, name in (("sympy.core.random", "seed"), ("numpy.random", "seed")):
        if module in sys.modules:
            getattr(sys.modules[module], name)(0)


def _limit(seconds: float, memory: int) -> None:
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as file:
        file.write(b"%d" % OOM_SCORE)
    mapped = statm(0)
    if mapped:
        # The soft limit only: the hard one stays, so that an out-of-memory answer can still be written.
        _lower(resource.RLIMIT_AS, mapped + memory, hard=False)
    _lower(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, memory)
    _lower(resource.RLIMIT_NOFILE, MAX_FILES)


def _lower(which: int, limit: int, *, hard: bool = True) -> None:
    ceiling = resource.getrlimit(which)[1]
    limit = limit if ceiling == resource.RLIM_INFINITY else min(limit, ceiling)
    resource.setrlimit(which, (limit, limit if hard else ceiling))


def _unlimit_memory() -> None:
    if sys.platform != "win32":
        ceiling = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def die_with(parent: int) -> None:
    """Arrange that this process is killed when its parent dies: by the kernel on Linux, elsewhere by a thread that looks."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)  # it died between the fork and the line above


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _described(error: BaseException) -> str:
    lines = traceback.format_exception(error, limit=-8)
    return f"{type(error).__name__}: {str(error)[:500]}\n{''.join(lines)[-4000:]}"
