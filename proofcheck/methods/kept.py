"""Long searches kept between runs: a search that is killed, interrupted or out of time goes on where it was.

What is kept is a guess like anything that a method finds: the kernel looks at the whole proof in the end. It lies in the user's
cache folder, which may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from proofcheck import __version__
from proofcheck.kernel.terms import Obligation
from proofcheck.store import save

EVERY = 2.0
"""Seconds between two writes, at the least; a write takes at most a fiftieth of the time."""
FILES = 100
"""Files that stay, the newest."""


def folder() -> Path:
    """Return the folder for searches: $PROOFCHECK_CACHE, or `proofcheck` in the user's folder for caches."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(os.environ.get("PROOFCHECK_CACHE") or Path(home, "proofcheck")) / "searches"


class Kept:
    """The file of one search. What it is for shows in its name: the obligation, how it is searched, and the version of the program."""

    def __init__(self, place: Path, obligation: Obligation, *how: object) -> None:
        names = [name for name, _ in obligation.domains]  # the digest does not tell their order
        self.path = place / f"{sha256(repr((__version__, obligation.digest(), names, how)).encode()).hexdigest()}.json"
        self.next = perf_counter() + EVERY

    def load(self) -> Any:
        """Return what an earlier run kept, None where there is nothing that can be read."""
        with contextlib.suppress(OSError, ValueError, RecursionError):
            return json.loads(self.path.read_text("utf-8"))
        return None

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return perf_counter() >= self.next

    def write(self, data: Any) -> None:
        """Keep something; where it cannot be written, a later run starts anew."""
        start = perf_counter()
        with contextlib.suppress(OSError):
            save(self.path, json.dumps(data, separators=(",", ":")) + "\n")
            aged = sorted(self.path.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)
            for path in aged[:-FILES]:
                path.unlink(missing_ok=True)
        now = perf_counter()
        self.next = now + max(EVERY, 50 * (now - start))

    def forget(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
