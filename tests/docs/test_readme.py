"""The pages for people: their commands exist, their links resolve, and no command is left out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from proofcheck.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md", ROOT / "CHANGELOG.md"]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def command_lines(page: Path) -> Iterator[str]:
    """Yield the lines of a page's blocks, and its words between backquotes, that call the program, without comments."""
    text = page.read_text("utf-8")
    blocks = "\n".join(FENCE.findall(text))
    lines = [part for line in blocks.splitlines() for part in re.split(r"&&|\|", line)]
    for candidate in [*lines, *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))]:
        line = re.sub(r"^(\S*/)?proofcheck(?= )", "proofcheck", candidate.strip())
        if line.startswith("proofcheck ") and not line.startswith("proofcheck ="):
            yield line.partition(" #")[0]


def read(line: str) -> str:
    """Return the name of the command that a line calls, after click has read its options and arguments, if it has any. Raises UsageError."""
    context = click.Context(cli, info_name="proofcheck")
    _, words, _ = cli.make_parser(context).parse_args(shlex.split(line)[1:])
    name, command, rest = cli.resolve_command(context, words)
    assert command is not None
    if rest:  # else it is only named
        command.make_context(name, rest, parent=context)
    return str(name)


LINES = [(page.relative_to(ROOT), line) for page in PAGES for line in command_lines(page)]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_commands_exist(page: Path, line: str) -> None:
    """Every call of the program in a page names a command that exists, with options and arguments that it takes."""
    try:
        read(line)
    except click.UsageError as error:
        pytest.fail(f"{page}: `{line}`: {error.message}")


def test_commands_are_found() -> None:
    """The pages hold calls of both kinds, in blocks and between backquotes, and a wrong one would be noticed."""
    assert {"proofcheck verify all", "proofcheck list", "proofcheck lint"} <= {line.strip() for _, line in LINES}
    for wrong in ("proofcheck verifi all", "proofcheck verify --quick all", "proofcheck list --format tables", "proofcheck show a b"):
        with pytest.raises(click.UsageError):
            read(wrong)


def test_every_command_is_told() -> None:
    """README and the guide together name every command of the program."""
    told = {read(line) for page, line in LINES if page.name in ("README.md", "guide.md") and page.parts[0] != "benchmarks"}
    assert set(cli.commands) - told == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """Every relative link leads to a file or folder, and every fragment to a heading of it."""
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        headings = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE) if fragment and place.is_file() else []
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        if not place.exists() or not place.is_relative_to(ROOT) or (fragment and fragment not in slugs):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    """docs/README.md links every page of the folder."""
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "README.md" and f"({page.name})" not in index] == []
