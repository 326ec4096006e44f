"""Files of strangers: read at most so many bytes, of regular files, inside one folder, without following links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import Malformed, Place


def read_bytes(path: Path, root: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes below ``root``. Raises Malformed (PC206, PC207)."""
    place = Place(file=str(path))
    try:
        inside = path.parent.resolve().is_relative_to(root.resolve())
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        why = "it is a link" if path.is_symlink() else getattr(error, "strerror", None) or str(error)
        raise Malformed("PC207", f"The file cannot be read: {why}.", place) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise Malformed("PC207", "The file is not a regular file.", place)
    with os.fdopen(handle, "rb") as file:
        if not inside:
            raise Malformed("PC207", f"The file lies outside {root}.", place)
        if status.st_size > limit:
            raise Malformed("PC206", f"The file has {status.st_size} bytes; {limit} are allowed.", place)
        return file.read(limit + 1)[:limit]
