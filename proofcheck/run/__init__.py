"""Where work runs: one child process per task, limits that really stop it, progress on the way."""

from .child import progress
from .pool import Event, Outcome, Task, run

__all__ = ["Event", "Outcome", "Task", "progress", "run"]
