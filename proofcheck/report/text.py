"""Text of claim files made fit to print: no control character, no terminal sequence, no reordering mark; and its width in cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# CSI sequences, OSC and other strings with their terminator, two-character escapes; then whatever control character is left.
_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]")


def clean(text: str) -> str:
    """Return ``text`` on one line: spaces for line ends and tabs; control, format and private characters and surrogates removed."""
    return " ".join(line.strip() for line in clean_lines(text).split("\n") if line.strip())


def clean_lines(text: str) -> str:
    """Return ``text`` with its line ends; every other character that does not print is removed."""
    bare = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(_printable(character) for character in bare)


def _printable(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if character in "\t\r\v\f" or category[0] == "Z":
        return " "
    # Cc, Cf (reordering marks, zero-width joiners), Cs (lone surrogates), Co and Cn say nothing a reader could see.
    return "" if category[0] == "C" else character


def cells(text: str) -> int:
    """Return the number of terminal columns that a clean text takes: two for wide East Asian characters, none for accents."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` columns; what is cut is replaced by one ``…``."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        if used + _cell(character) > width - 1:
            break
        kept.append(character)
        used += _cell(character)
    return "".join(kept).rstrip() + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Return ``text`` clipped or filled with spaces to exactly ``width`` columns."""
    shown = clip(text, width)
    return shown + " " * (width - cells(shown))


def wrap(text: str, width: int) -> list[str]:
    """Return ``text`` broken at spaces into lines of at most ``width`` columns; longer words are cut."""
    lines = [""]
    for word in text.split(" "):
        for part in _cut(word, width):
            joined = f"{lines[-1]} {part}" if lines[-1] else part
            if cells(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(part)
    return lines


def _cut(word: str, width: int) -> Iterator[str]:
    part, used = "", 0
    for character in word:
        if used + _cell(character) > width and part:
            yield part
            part, used = "", 0
        part, used = part + character, used + _cell(character)
    yield part
