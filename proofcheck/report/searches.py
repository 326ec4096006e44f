"""The page of searches: every audit that the project keeps, what was looked at, and pictures of what is left open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .pictures import inert
from .text import clean, clean_lines

if TYPE_CHECKING:
    from proofcheck.search.audit import Audit

MAX_RECORD = 4_000_000
VERDICTS = {"confirmed": "PASS", "not-reproduced": "FAIL", "tampered": "FAIL", "insufficient": "NEWS"}
TEXTS = ("subject", "kind", "verdict", "reason", "head", "nonce")


def record(audit: Audit) -> tuple[str, str]:
    """Return name and text of the file that keeps an audit: one for each subject, the last audit counts."""
    data = audit.to_json()
    for row, search in zip(data["searches"], audit.searches, strict=True):
        row["pictures"] = search.pictures
    stem = re.sub(r"[^a-z0-9]+", "-", Path(audit.subject).stem.lower()).strip("-")[:60] or "search"
    return f"{stem}-{sha256(audit.subject.encode()).hexdigest()[:8]}.json", json.dumps(data, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def kept(folder: Path) -> list[Mapping[str, Any]]:
    """Return the audits in a folder, by subject; files that are not audits are left out."""
    found: list[Mapping[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_text("utf-8")) if path.stat().st_size <= MAX_RECORD else None
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(data, dict) and _shaped(data):
            found.append(data)
    return sorted(found, key=lambda data: str(data["subject"]))


def _shaped(data: Any) -> bool:
    """Say whether a file's content is an audit as ``record`` writes it, as far as the page uses it."""
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in TEXTS) or data["verdict"] not in VERDICTS:
        return False
    rows = data.get("searches")
    return isinstance(rows, list) and all(
        isinstance(row, dict)
        and all(isinstance(row.get(key), str) for key in ("claim", "title", "verdict", "reason", "pictures"))
        and row["verdict"] in VERDICTS
        and isinstance(row.get("checks"), list)
        and all(isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("text"), str) for item in row["checks"])
        for row in rows
    )


def page(audits: Sequence[Mapping[str, Any]], *, report: bool = False) -> str:
    """Return the audits as one self-contained HTML page; with a link to the report beside it where there is one."""
    environment = Environment(
        loader=PackageLoader("proofcheck.report", "templates"), autoescape=True, undefined=StrictUndefined, finalize=_printable, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(picture=lambda pictures: Markup(inert(pictures)), words=lambda verdict: clean(verdict).replace("-", " ").upper())
    found = environment.get_template("searches.html.j2").render(audits=audits, report=report, looks=VERDICTS, sentence=sentence(audits))
    return found.rstrip("\n") + "\n"


def linked(report: str) -> str:
    """Return the page of the report with its link to the page of searches shown."""
    return report.replace('<span id="searches" hidden>', '<span id="searches">', 1)


def sentence(audits: Sequence[Mapping[str, Any]]) -> str:
    """Return how many audits came out how."""
    counts = {verdict: sum(audit["verdict"] == verdict for audit in audits) for verdict in VERDICTS}
    words = [f"{count} {verdict.replace('-', ' ')}" for verdict, count in counts.items() if count]
    return f"{len(audits)} audited: {', '.join(words)}" if audits else "No search was audited."


def _printable(value: Any) -> Any:
    return clean_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value
