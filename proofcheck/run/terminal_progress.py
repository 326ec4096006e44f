"""What a person sees while work runs: bars on a terminal, otherwise silence or one plain line per task. Always on standard error."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from .pool import Event

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class TerminalProgress:
    """A context manager whose ``on_event`` is for ``run``. With ``verbose`` it also writes a line for every finished task."""

    def __init__(self, *, verbose: bool = False, stream: TextIO | None = None) -> None:
        self.verbose = verbose
        self.stream = stream if stream is not None else sys.stderr
        self.bars: Progress | None = None
        self.all: TaskID | None = None
        self.shown: dict[str, list[TaskID]] = {}

    def __enter__(self) -> Self:
        if self.stream.isatty() and os.environ.get("TERM") != "dumb":
            self.bars = _bars(self.stream)
            self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.bars is not None:
            self.bars.stop()
            self.bars = None

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if self.bars is not None:
            self._draw(self.bars, event)
        if event.kind == "finished" and self.verbose:
            line = f"{printable(event.task)}: {event.note} ({event.seconds:.1f} s)"
            if self.bars is not None:
                self.bars.console.print(line, markup=False, highlight=False)
            else:
                self.stream.write(line + "\n")
                self.stream.flush()

    def _draw(self, bars: Progress, event: Event) -> None:
        if event.kind == "progress":
            if self.shown.get(event.task):
                row = self.shown[event.task][0]
                bars.update(row, completed=event.done, total=event.total or None, note=printable(event.note))
            return
        if self.all is None:
            self.all = bars.add_task("tasks", total=event.total, note="")
        if event.kind == "started":
            self.shown.setdefault(event.task, []).append(bars.add_task(printable(event.task), total=None, note=""))
            return
        if self.shown.get(event.task):
            bars.remove_task(self.shown[event.task].pop())
        bars.update(self.all, completed=event.done, total=event.total)


def printable(text: str) -> str:
    """Return the text without control characters: names and notes come from files and must not move a cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _bars(stream: TextIO) -> Progress:
    # rich takes a quarter of a second of CPU to import, and most uses of the program never show a bar.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(file=stream, no_color="NO_COLOR" in os.environ),
        transient=True,
        refresh_per_second=4,
        redirect_stdout=False,  # rich would send what others print on standard output to this console
        redirect_stderr=False,
    )
