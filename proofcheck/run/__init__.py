"""Where work runs: one child process per task, limits that really stop it, progress on the way."""

from .child import progress
from .interruption import Interruption
from .pool import Event, Outcome, Task, run

__all__ = ["Event", "Interruption", "Outcome", "Task", "progress", "run"]
