"""What ``proofcheck audit`` does: the audit in the terminal, as JSON, and on the page of searches."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from proofcheck import store
from proofcheck.commands import colored, columns
from proofcheck.errors import say, unsaved
from proofcheck.kernel.errors import Malformed
from proofcheck.report.searches import kept, linked, page, record
from proofcheck.report.text import clean, wrap
from proofcheck.run import Event
from proofcheck.run.terminal_progress import TerminalProgress
from proofcheck.verdict import EXIT_ENVIRONMENT, exit_code

from .audit import Audit, audit

COLOURS = {"confirmed": "\x1b[1;32m", "not-reproduced": "\x1b[1;31m", "tampered": "\x1b[1;31m", "insufficient": "\x1b[1;33m"}
LABEL = 17
"""Columns before the text of a check."""


def audit_command(
    root: Path, *, path: str, claim: str, sample: int | None, full: bool, seed: str, head: str, require_coverage: str | None, cells: int | None, jobs: int,
    certificate: str | None, as_json: bool, folder: str, no_report: bool,
) -> int:  # fmt: skip
    """Audit one ledger, declaration or list; print what was found, write the page; the exit code is the verdict's."""
    if (sample is not None and sample < 0) or (cells is not None and cells < 0) or jobs < 1:
        raise Malformed("PC204", "--sample and --cells are not negative, --jobs is positive.")
    with TerminalProgress() as progress:
        progress.on_event(Event("started", "audit", 0, 1))
        result = audit(path, claim=claim, root=root, sample=sample, full=full, seed=seed, head=head, require_coverage=require_coverage, cells=cells,
                       jobs=jobs, on_progress=lambda done, total, note: progress.on_event(Event("progress", "audit", done, total, note)))  # fmt: skip
    problems: list[OSError] = []
    files = {Path(certificate): search.certificate for search in result.searches if certificate and search.certificate}
    target = root / folder
    if not no_report:
        files[target / "audits" / record(result)[0]] = record(result)[1]
    for name, text in files.items():
        try:
            store.save(name, text)
        except OSError as error:
            problems.append(error)
    if not no_report and not problems:
        try:
            report = target / "report.html"
            store.save(target / "searches.html", page(kept(target / "audits"), report=report.is_file()))
            if report.is_file() and (text := report.read_text("utf-8")) != linked(text):
                store.save(report, linked(text))
        except OSError as error:
            problems.append(error)
    human = sys.stderr if as_json else sys.stdout
    human.write(rendered(result, columns(), color=colored(human)) + "\n")
    if as_json:
        sys.stdout.write(json.dumps(result.to_json(), indent=1, ensure_ascii=True) + "\n")
    if not no_report and not problems:
        human.write(f"\nreport: {target / 'searches.html'}\n")
    for problem in problems:
        say(unsaved(problem), EXIT_ENVIRONMENT)
    return exit_code([result.exit_code, *(EXIT_ENVIRONMENT for _ in problems)])


def rendered(result: Audit, width: int, *, color: bool) -> str:
    """Return the audit for a terminal: verdict first, then every search with what was looked at."""
    on, off = (COLOURS[result.verdict], "\x1b[0m") if color else ("", "")
    lines = [f"{on}{result.verdict.replace('-', ' ').upper()}{off}  {clean(result.subject)}"]
    lines += [f"  {line}" for line in wrap(clean(result.reason), width - 2) if line]
    for search in result.searches:
        lines += ["", "  " + clean(f"{search.claim}  {search.title}").strip()]
        for item in search.checks:
            mark = {True: "ok", False: "NO", None: "--"}[item.ok]
            rows = wrap(clean(item.text), width - LABEL)
            lines.append(f"  {mark}  {item.name:<11}{rows[0]}")
            lines += [" " * LABEL + row for row in rows[1:]]
    chosen = f", tiles chosen with --seed {clean(result.nonce)}" if result.nonce else ""
    return "\n".join([*lines, "", f"  {'head' if result.kind == 'ledger' else 'digest'} {result.head}{chosen}"])
