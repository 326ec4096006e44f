"""Ledgers for tests: a search run tile by tile, as the records say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proofcheck.claim import load
from proofcheck.search.ledger import Open, Writer, closing
from proofcheck.search.tiles import Computer, planned
from tests.project import Project


def searched(project: Project, name: str, method: str = "grid", *, budget: int = 20_000, seed: int = 1, stop: int = 0, path: Path | None = None, **options: Any) -> Path:
    """Return the ledger of a search of the claim ``p/name``; ``stop``: only so many tiles, and no close record."""
    claim = load(project.path(name), project.root / "claims")
    obligations = [entry.obligation for entry in claim.statement.of("statement")]
    stages = planned(obligations, method, budget, options)
    opened = Open(claim.id, claim.statement.digest, claim.data.decode(), seed, budget, stages, {})
    computer = Computer(opened)
    path = path or project.root / "search.jsonl"
    tiles, candidates, found = [], [], False
    with Writer(path) as writer:
        writer.append(opened)
        for number in range(stop or computer.tiles):
            result = computer.result(number)
            writer.append(result.tile)
            tiles.append(result.tile)
            for candidate in result.candidates:
                writer.append(candidate)
                candidates.append(candidate)
            found = result.found
            if found:
                break
        if not stop:
            outcome = "found" if found else "nothing found"
            writer.append(closing(opened, tuple(tiles), tuple(candidates), outcome))
    return path
