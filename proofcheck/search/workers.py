"""One function on many arguments, in this process or in several; results come in the order of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import current_process, get_context
from typing import Any, TypeVar

A = TypeVar("A")
C = TypeVar("C")
R = TypeVar("R")

_call: Callable[[Any], Any] | None = None  # set once in every worker process


def _prepare(call: Callable[[Any], Any]) -> None:
    global _call  # noqa: PLW0603 - a worker process has one function, handed over when it starts
    _call = call


def _run(argument: Any) -> Any:
    assert _call is not None
    return _call(argument)


def mapped(call: Callable[[C, A], R], context: C, arguments: Sequence[A], jobs: int) -> Iterator[R]:
    """Yield ``call(context, argument)`` for each argument. ``fork`` hands the context over without pickling it."""
    if jobs == 1 or len(arguments) < 2 or current_process().daemon:  # a daemon may not have children
        yield from (call(context, argument) for argument in arguments)
        return
    chunk = max(1, min(64, len(arguments) // (8 * jobs)))
    with ProcessPoolExecutor(jobs, get_context("fork"), _prepare, (lambda argument: call(context, argument),)) as pool:
        try:
            yield from pool.map(_run, arguments, chunksize=chunk)
        finally:
            pool.shutdown(cancel_futures=True)
