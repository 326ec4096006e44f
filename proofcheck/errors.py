"""How the program ends when something is wrong: a message for people, an exit code for machines, never a bare traceback."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.verdict import EXIT_BROKEN, EXIT_ENVIRONMENT, EXIT_INTEGRITY, EXIT_MALFORMED


def guarded(action: Callable[[], int]) -> int:
    """Return the exit code of ``action``; what it raises becomes a message on stderr and the documented code."""
    try:
        return action()
    except Malformed as error:
        return say(str(error), EXIT_MALFORMED)
    except Rejected as error:
        return say(str(error), EXIT_INTEGRITY)
    except KeyboardInterrupt:
        return say("Interrupted.", 130)
    except BrokenPipeError:
        # Whoever reads our output has closed it; the rest of it is wanted by nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return say(unsaved(error), EXIT_ENVIRONMENT)
    except ImportError as error:
        return say(f"A library is missing: {error}. Install proofcheck again, or run `proofcheck doctor`.", EXIT_ENVIRONMENT)
    except Exception as error:  # the one place where a bug of ours is turned into a report of it
        return say(f"This is a bug of proofcheck: {type(error).__name__}: {error}\n{_recorded(traceback.format_exc())}", EXIT_BROKEN)


def _recorded(details: str) -> str:
    """Return where the details were written; the details where there is no room for a file."""
    try:
        handle, name = tempfile.mkstemp(prefix="proofcheck-", suffix=".txt")
        with os.fdopen(handle, "w") as file:
            file.write(details)
    except OSError:
        return details
    return f"The details are in {name}; please report them."


def unsaved(error: OSError) -> str:
    """Return what to tell of a file that could not be written or read."""
    reason = "The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"{error.strerror or error}."
    return f"{error.filename or 'A file'}: {reason} Nothing that was saved before is lost."


def say(text: str, code: int) -> int:
    """Write a message to stderr and return the code."""
    sys.stderr.write(text + "\n")
    return code


def project(directory: str) -> Path:
    """Return the project's folder: the given one, or the nearest one above that has ``claims``."""
    start = Path(directory)
    for folder in (start, *start.resolve().parents):
        if (folder / "claims").is_dir():
            return folder
    return start
