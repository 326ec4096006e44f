"""Tasks in, outcomes out, in the order in which they finish: each task in a process of its own that a limit really stops.

A signal handled in Python does not stop FLINT or GMP, and GMP aborts the process when memory runs out. Only the death of a
process stops everything, and only another process survives it; so every method runs in a child, and how the child ended is an
outcome like any other.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import pickle
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from .forked import Forker, borrow, give_back
from .interruption import Interruption
from .server import AT_DEADLINE, ON_ORDER, Ended
from .spawned import Spawner

TAIL = 4_000
"""Characters of a dead task's output that its outcome keeps."""
OUT_OF_MEMORY = (
    "GNU MP: Cannot allocate memory", "GNU MP: Cannot reallocate memory", "gmp: overflow in mpz type",
    "Unable to allocate memory", "std::bad_alloc", "MemoryError",
)  # fmt: skip
"""What the libraries write before they abort because memory ran out."""


@dataclass(frozen=True)
class Task:
    """A call "package.module:function" with its argument, a limit in wall-clock seconds, and one in bytes beyond the imported modules."""

    name: str
    call: str
    payload: object
    seconds: float
    memory: int

    def __post_init__(self) -> None:
        if not (0 < self.seconds < math.inf and self.memory > 0):
            raise ValueError(f"task {self.name!r} needs positive finite limits, not {self.seconds} seconds and {self.memory} bytes")
        if ":" not in self.call:
            raise ValueError(f"task {self.name!r}: a call is written package.module:function, not {self.call!r}")


@dataclass(frozen=True)
class Outcome:
    """How a task ended: "done" with a result, or "timeout", "memory", "crash", "interrupted" without one.

    ``detail`` says more: the exception or signal, its traceback or the last output. ``seconds`` is wall clock; ``cpu_seconds``
    counts the child and the descendants it waited for; ``peak_memory`` is resident bytes, imported modules included.
    """

    task: Task
    result: object
    ended: str
    seconds: float
    cpu_seconds: float
    peak_memory: int
    detail: str = ""


@dataclass(frozen=True)
class Event:
    """Something to show: ``kind`` is "started", "progress" or "finished".

    With "progress", ``done`` of ``total`` (0: unknown) and ``note`` are the task's own; otherwise they count the finished tasks of
    the run, and the note of "finished" is how the task ended, after ``seconds``.
    """

    kind: str
    task: str
    done: int
    total: int
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Running:
    task: Task
    exchange: IO[bytes]
    log: IO[bytes]

    def close(self) -> None:
        self.exchange.close()
        self.log.close()


def run(
    tasks: Iterable[Task], *, jobs: int, on_event: Callable[[Event], None] | None = None, preload: Sequence[str] = (), here: bool = False
) -> Generator[Outcome, None, None]:
    """Return the outcomes of all tasks as they finish, ``jobs`` at a time.

    ``preload`` names modules that every task may use and that are imported once; what one task does to them no other sees. With
    ``here`` the children are forked from a copy of this process, where it has one thread: for a few short tasks that need
    little more than is imported already, and whose results do not depend on the order of sets.
    Tasks that the caller appends to a deque ``tasks`` while it reads outcomes are run too.
    The first Ctrl-C or SIGTERM kills what runs; the rest of the outcomes are "interrupted" with the signal's name as detail,
    and it is the caller who then exits. Closing the iterator kills what runs. Raises ValueError if jobs < 1, and from the iterator
    RuntimeError if no child can be started at all.
    """
    if jobs < 1:
        raise ValueError(f"at least one task must run at a time, not {jobs}")
    return _Run(tasks if isinstance(tasks, deque) else deque(tasks), jobs, on_event, tuple(preload), here=here).outcomes()


class _Run:
    numbers = itertools.count(1)  # over all runs of the process: a late message of one run is never taken for another's

    def __init__(self, tasks: deque[Task], jobs: int, on_event: Callable[[Event], None] | None, preload: tuple[str, ...], *, here: bool) -> None:
        self.here = here
        self.jobs, self.on_event, self.preload = jobs, on_event, preload
        self.waiting, self.total, self.finished = tasks, len(tasks), 0
        self.running: dict[int, _Running] = {}
        self.lost: list[Outcome] = []

    def outcomes(self) -> Generator[Outcome, None, None]:
        if not self.waiting:
            return
        with Interruption() as interruption:
            place = self.place()
            try:
                while self.waiting or self.running or self.lost:
                    if interruption.caught:
                        yield from self.interrupted(place, interruption)
                        return
                    try:
                        self.fill(place)
                        messages, ended = place.wait(interruption) if self.running else ([], [])
                    except ConnectionError:
                        place.close()
                        self.lose("the fork server was killed from outside")
                        place = self.place()
                        messages, ended = [], []
                    self.show(messages)
                    outcomes = [self.collect(place, one) for one in ended] + self.lost
                    self.lost = []
                    if not interruption.caught:
                        # Before the caller gets the results: the processors work while it does. A dead server is noticed in the next round.
                        with contextlib.suppress(ConnectionError):
                            self.fill(place)
                    for outcome in outcomes:
                        yield self.finish(outcome)
            finally:
                if self.running or isinstance(place, Spawner):
                    place.close()
                else:
                    give_back(place, self.preload, here=self.here)
                for one in self.running.values():
                    one.close()

    def place(self) -> Forker | Spawner:
        return borrow(self.preload, here=self.here) if hasattr(os, "fork") else Spawner()

    def fill(self, place: Forker | Spawner) -> None:
        while self.waiting and len(self.running) < self.jobs:
            task = self.waiting.popleft()
            try:
                request = pickle.dumps((task.call, task.payload), pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # a payload can raise anything while it is pickled
                self.lost.append(Outcome(task, None, "crash", 0.0, 0.0, 0, f"the payload cannot be sent: {type(error).__name__}: {error}"))
                continue
            exchange, log = _scratch(), _scratch()
            number = next(self.numbers)
            self.running[number] = _Running(task, exchange, log)
            exchange.write(request)
            exchange.seek(0)
            self.tell("started", task)
            place.start(number, exchange, log, task.seconds, task.memory)

    def interrupted(self, place: Forker | Spawner, interruption: Interruption) -> Iterator[Outcome]:
        """Kill what runs; yield what got finished all the same, then the rest as interrupted."""
        try:
            for number in self.running:
                place.kill(number)
            while self.running:
                messages, ended = place.wait(interruption)
                self.show(messages)
                for one in ended:
                    yield self.finish(self.collect(place, one, interruption.caught))
        except ConnectionError:
            self.lose("the fork server was killed from outside")
        for outcome in self.lost:
            yield self.finish(outcome)
        while self.waiting:
            yield self.finish(Outcome(self.waiting.popleft(), None, "interrupted", 0.0, 0.0, 0, interruption.caught))

    def lose(self, detail: str) -> None:
        while self.running:
            _, one = self.running.popitem()
            one.close()
            self.lost.append(Outcome(one.task, None, "crash", 0.0, 0.0, 0, detail))

    def collect(self, place: Forker | Spawner, end: Ended, caught: str = "") -> Outcome:
        one = self.running.pop(end.number)
        ended, result, detail = _verdict(one, end, place.own_memory, caught)
        one.close()
        return Outcome(one.task, result, ended, end.seconds, end.cpu_seconds, end.peak_memory, detail)

    def finish(self, outcome: Outcome) -> Outcome:
        self.finished += 1
        self.tell("finished", outcome.task, outcome.ended, outcome.seconds)
        return outcome

    def tell(self, kind: str, task: Task, note: str = "", seconds: float = 0.0) -> None:
        if self.on_event is not None:
            self.on_event(Event(kind, task.name, self.finished, self.total, note, seconds))

    def show(self, messages: list[tuple[int, int, int, str]]) -> None:
        for number, done, total, note in messages:
            if self.on_event is not None and number in self.running:
                self.on_event(Event("progress", self.running[number].task.name, done, total, note))


def _scratch() -> IO[bytes]:
    return tempfile.TemporaryFile(buffering=0)  # closed with the task, in ``_Running.close``


def _verdict(one: _Running, end: Ended, own_memory: int, caught: str) -> tuple[str, object, str]:
    """Return how the task ended, its result, and the detail."""
    if end.code == 0 and end.signal == 0:
        return _answer(one)
    if end.why == AT_DEADLINE or end.signal == getattr(signal, "SIGXCPU", None):
        return "timeout", None, f"stopped after {end.seconds:.1f} s"
    if end.why == ON_ORDER:
        return "interrupted", None, caught
    output = _tail(one.log)
    name = signal.Signals(end.signal).name if end.signal else f"exit {end.code}"
    at_limit = end.peak_memory - own_memory > 0.9 * one.task.memory
    if any(words in output for words in OUT_OF_MEMORY) or (end.signal and at_limit):
        return "memory", None, f"out of memory: {name}\n{output}"
    return "crash", None, f"{name}\n{output}"


def _answer(one: _Running) -> tuple[str, object, str]:
    one.exchange.seek(0)
    try:
        ended, result, detail = pickle.load(one.exchange)
    except Exception as error:  # an answer that ends in the middle, or a class that cannot be rebuilt: the task's fault, not ours
        return "crash", None, f"exit 0 without a readable answer ({type(error).__name__})\n{_tail(one.log)}"
    return ended, result, detail


def _tail(log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL))
    return log.read().decode(errors="replace")
