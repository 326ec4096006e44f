"""What each command of the command line does. Returns exit codes; prints to standard output, messages to standard error."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from proofcheck import replay, store
from proofcheck.claim import Claim, Library, coverage_errors, library, lint, load, load_paper, schema
from proofcheck.errors import say, unsaved
from proofcheck.kernel import Receipt
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.terms import OPAQUE
from proofcheck.replay import Refusal
from proofcheck.report.text import clean_lines
from proofcheck.run import Interruption, Outcome, run
from proofcheck.verdict import EXIT_BUDGET, EXIT_ENVIRONMENT, EXIT_FAIL, EXIT_INTEGRITY, EXIT_MALFORMED, EXIT_NOTHING, EXIT_PASS, INTERRUPTED, exit_code


def verify_command(
    root: Path, *, ids: tuple[str, ...], fresh: bool, full: bool, timeout: float, memory: int, jobs: int, json_file: str | None, junit: str | None,
    folder: str, no_report: bool, no_write: bool, verbose: bool,
) -> int:  # fmt: skip
    """Verify claims, print the summary, write the reports."""
    from proofcheck.report.as_json import to_json  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.report.as_junit import to_junit  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.report.as_terminal import render  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.run.terminal_progress import TerminalProgress  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.verify import Settings, verify  # noqa: PLC0415 - not needed by the other commands

    limited(timeout=timeout, memory=memory, jobs=jobs)
    lib = library(root / "claims").selected(ids)
    chosen = list(lib.chosen)
    if nothing := unmatched(lib, ids):
        return say(nothing, EXIT_NOTHING)
    settings = Settings(timeout=timeout, memory=memory * 10**6, jobs=jobs, fresh=fresh, write=not no_write, options={"full": True} if full else {})
    problems: list[OSError] = []
    with TerminalProgress(verbose=verbose) as progress:
        report = verify(lib, chosen, settings, progress.on_event, problems.append)
    human = sys.stderr if json_file == "-" else sys.stdout
    human.write(render(report, width=columns(), color=colored(human)) + "\n")
    if json_file == "-":
        sys.stdout.write(to_json(report))
    human.flush()
    target = root / folder
    files: dict[Any, Callable[..., str]] = {json_file: to_json, junit: to_junit, target / "report.json": to_json, target / "junit.xml": to_junit}
    if not no_report:
        from proofcheck.report.as_html import to_html  # noqa: PLC0415 - loads the templates

        searches = target / "searches.html"
        files[target / "report.html"] = partial(to_html, searches=searches.is_file())
        if searches.is_file():  # its link back
            from proofcheck.report.searches import kept, page  # noqa: PLC0415 - only here

            files[searches] = lambda _: page(kept(target / "audits"), report=True)
    for path, form in files.items():
        if path and path != "-" and not (no_report and isinstance(path, Path)):
            try:
                store.save(Path(path), form(report))
            except OSError as error:
                problems.append(error)
    if not no_report and not problems:
        human.write(f"\nreport: {target / 'report.html'}\n")
    for text in dict.fromkeys(map(unsaved, problems)):
        say(text, EXIT_ENVIRONMENT)
    if report.interrupted:
        return say(f"Interrupted; what was found is kept. Go on with: {again(root, ids)}", report.exit_code)
    return exit_code([report.exit_code, *(EXIT_ENVIRONMENT for _ in problems)])


def limited(**limits: float) -> None:
    """Raise Malformed for a limit that is not positive and finite."""
    for name, value in limits.items():
        if not 0 < value < math.inf:
            raise Malformed("PC204", f"--{name} is {value:g}; it has to be positive and finite.")


def unmatched(lib: Library, ids: tuple[str, ...]) -> str:
    """Return why nothing is selected: for all that was asked for, or for a part of it, which is as wrong; empty where all of it is there."""
    for pattern in ids or ("all",):
        part = lib.selected((pattern,))
        if not part.chosen and not part.errors:
            near = get_close_matches(pattern, sorted(lib.claims), 1)
            return f"Nothing is selected: no claim matches {pattern}. " + (f"Did you mean `{near[0]}`?" if near else "See `proofcheck list`.")
    return ""


def again(root: Path, ids: tuple[str, ...]) -> str:
    """Return the command that goes on, safe to paste into a shell."""
    where = [] if root == Path(".") else ["-C", str(root)]
    return shlex.join(["proofcheck", *where, "verify", *(ids or ("all",))])


def prove_command(
    formula: str | None, *, domains: tuple[str, ...], given: tuple[str, ...], timeout: float, certificate: str | None, as_json: bool,
    problems: str | None, out: str, jobs: int,
) -> int:  # fmt: skip
    """Prove one formula, or a list of problems, and print what is known."""
    from dataclasses import asdict  # noqa: PLC0415 - only here

    from proofcheck.proving import prove  # noqa: PLC0415 - loads the methods' supervisor
    from proofcheck.run.terminal_progress import TerminalProgress  # noqa: PLC0415 - not needed by the other commands

    if (formula is None) == (problems is None):
        raise Malformed("PC203", "Give one formula, or a list with --problems.", hint='Example: proofcheck prove "sin(x) <= x" --for "x in [0, 1]"')
    limited(timeout=timeout, jobs=jobs)
    if problems is not None:
        return prove_list(Path(problems), Path(out), timeout, jobs)
    with TerminalProgress() as progress, Interruption() as interruption:
        result = prove(str(formula), domains_of(domains), given, timeout=timeout, jobs=jobs, on_event=progress.on_event)
    if certificate and result.certificate:
        store.save(Path(certificate), result.certificate)
        store.save(Path(certificate).with_suffix(".toml"), result.claim)
    if as_json:
        sys.stdout.write(json.dumps({key: value for key, value in asdict(result).items() if key not in ("claim", "certificate")}, indent=1) + "\n")
    else:
        sys.stdout.write(f"{result}\n")
    if interruption.caught and result.verdict == "inconclusive":
        return say("Interrupted.", INTERRUPTED[interruption.caught])
    return {"proved": EXIT_PASS, "refuted": EXIT_FAIL, "error": EXIT_MALFORMED}.get(result.verdict, EXIT_BUDGET)


def search_command(
    root: Path, target: str, *, domains: tuple[str, ...], given: tuple[str, ...], budget: int | None, method: str, points: str | None,
    spacing: str | None, full: bool, seed: int, jobs: int, resume: bool, out: str | None, certificate: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Search a counterexample, print what was found, and how to go on after an interruption."""
    from proofcheck.run.terminal_progress import TerminalProgress  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.search.run import search  # noqa: PLC0415 - loads numpy and scipy

    variables = domains_of(domains)
    with TerminalProgress() as progress:
        found = search(target, variables, given, budget=budget, method=method, seed=seed, jobs=jobs, points=points_of(points), spacing=spacing,
                       full=full, resume=resume, out=out, root=root, on_event=progress.on_event)  # fmt: skip
    if certificate and found.certificate:
        store.save(Path(certificate), found.certificate)
    sys.stdout.write(json.dumps(found.to_json(), indent=1) + "\n" if as_json else f"{found}\n")
    if found.signal:
        again = shlex.join(arg for arg in sys.argv[1:] if arg != "--resume")
        return say(f"Interrupted. What was found is in the ledger; go on with: proofcheck {again} --resume", INTERRUPTED[found.signal])
    return {"found": EXIT_FAIL, "nothing found": EXIT_PASS}.get(found.outcome, EXIT_BUDGET)


def points_of(text: str | None) -> int | dict[str, int] | None:
    """Return the numbers of nodes that `100` or `x=100,y=50` gives. Raises Malformed."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,12}", text):
        return int(text)
    rows = [re.fullmatch(r"\s*([^\W\d]\w*)\s*=\s*(\d{1,12})\s*", part) for part in text.split(",")]
    if not all(rows):
        raise Malformed("PC204", f"--points is {text!r}; it is a number, or name=number for variables, with commas between.")
    return {row[1]: int(row[2]) for row in rows if row}


def domains_of(texts: tuple[str, ...]) -> dict[str, str]:
    """Return the domains by name. Raises Malformed, also for a variable that comes twice."""
    rows = [domain_of(text) for text in texts]
    twice = next((name for i, (name, _) in enumerate(rows) if name in dict(rows[:i])), None)
    if twice is not None:
        raise Malformed("PC210", f"--for gives {twice} twice.", hint="Give one domain, or a hypothesis with --given.")
    return dict(rows)


def domain_of(text: str) -> tuple[str, str]:
    """Return name and domain of `x in [0, 1]`. Raises Malformed."""
    match = re.fullmatch(r"\s*([^\W\d]\w*)\s+in\s+(.+)", text)
    if match is None:
        raise Malformed("PC109", f"{text!r} does not give a variable and its domain.", hint='Write --for "x in [0, 1]".')
    return match[1], match[2]


def prove_list(path: Path, out: Path, timeout: float, jobs: int) -> int:
    """Answer a list of problems, a line for each, and close with a table; 1 where an answer contradicts what the list expects."""
    from collections import Counter  # noqa: PLC0415 - only here

    from proofcheck.proving import disagreement, problems_of, run_list  # noqa: PLC0415 - loads the methods' supervisor
    from proofcheck.run.terminal_progress import TerminalProgress  # noqa: PLC0415 - not needed by the other commands

    counts: Counter[str] = Counter()
    seconds, wrong = 0.0, []
    problems = list(problems_of(path))
    if not problems:
        return say(f"{path} has no problems.", EXIT_NOTHING)
    with TerminalProgress() as progress:
        for answer in run_list(problems, out, timeout, jobs, progress.on_event):
            counts[answer["verdict"]] += 1
            seconds += answer["seconds"]
            wrong += [disagreement(answer)] if disagreement(answer) else []
            sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
    words = ", ".join(f"{counts[word]} {word}" for word in ("proved", "refuted", "inconclusive", "error") if counts[word])
    sys.stderr.write(f"{len(problems)} problems: {words} · {seconds:.1f} s of work · answers in {out / 'answers.jsonl'}\n")
    mark = ("\x1b[1;31m", "\x1b[0m") if colored(sys.stderr) else ("", "")
    for line in wrong:
        sys.stderr.write(f"{mark[0]}DISAGREES{mark[1]}  {line}\n")
    return EXIT_FAIL if wrong else EXIT_MALFORMED if counts["error"] else EXIT_BUDGET if counts["inconclusive"] else EXIT_PASS


def replay_command(root: Path, ids: tuple[str, ...], timeout: float, jobs: int) -> int:
    """Let the kernel look at stored certificates and say for each claim what they establish.

    A claim that expects to be proved or refuted and is not settled by the kernel alone fails: here nothing else is believed. One that
    expects support is measured by ``verify``, and passes if the kernel finds nothing against it and everything that is its own to check.
    """
    limited(timeout=timeout, jobs=jobs)
    lib = library(root / "claims").selected(ids)
    if nothing := unmatched(lib, ids):
        return say(nothing, EXIT_NOTHING)
    codes = [EXIT_MALFORMED for _ in lib.errors]
    lines: dict[str, str] = {}
    certificates: dict[str, bytes | None] = {}
    for claim in lib.closure(list(lib.chosen)):
        try:
            certificates[claim.id] = store.stored(claim)
        except Malformed as error:
            certificates[claim.id] = None
            lines[claim.id] = f"REJECTED  {claim.id}\n{error}"
    tasks = [replay.task(lib, claim, certificates, {}, timeout) for claim in lib.chosen if claim.id not in lines]
    for outcome in run(tasks, jobs=jobs, preload=("proofcheck.replay",), here=True):
        name = outcome.task.name
        if outcome.ended == "interrupted":
            return say("Interrupted.", INTERRUPTED[outcome.detail])
        found = replay.answer(outcome)
        code, lines[name] = replayed_line(lib.claims[name], found, certificates[name], outcome.seconds)
        codes.append(code)
    for claim in lib.chosen:
        codes += [EXIT_INTEGRITY] if claim.id not in {task.name for task in tasks} else []
        sys.stdout.write(lines[claim.id] + "\n")
    for mistake in lib.errors:
        sys.stderr.write(f"{mistake}\n")
    words = [lines[claim.id].split()[0] for claim in lib.chosen]
    total = f"{sum(word in ('VERIFIED', 'REFUTED') for word in words)} of {len(words)} settled by the kernel alone"
    rest = {word: count for word in ("ASSUMING", "MEASURED", "OPEN", "NONE", "OBSOLETE", "REJECTED", "STOPPED", "ERROR") if (count := words.count(word))}
    sys.stdout.write("; ".join([total, *(f"{count} {TOTALS[word]}" for word, count in rest.items())]) + "\n")
    return exit_code(codes or [EXIT_PASS])


TOTALS = {
    "ASSUMING": "only under assumptions", "MEASURED": "measured, which `verify` does", "OPEN": "open", "NONE": "without a certificate",
    "OBSOLETE": "with an obsolete one", "REJECTED": "rejected", "STOPPED": "stopped", "ERROR": "in error",
}  # fmt: skip
"""How the last line of a replay counts what the kernel did not settle."""


def replayed_line(claim: Claim, found: replay.Answer, certificate: bytes | None, seconds: float) -> tuple[int, str]:
    """Return the exit code and the line of one claim."""
    run_it = f"run `proofcheck verify {claim.id}`"
    if isinstance(found, Refusal):
        if found.outdated:
            return EXIT_FAIL, f"OBSOLETE  {claim.id}  the certificate is for an older text of the claim; {run_it}"
        word = {EXIT_INTEGRITY: "REJECTED", EXIT_MALFORMED: "ERROR"}.get(found.exit_code, "STOPPED")
        return found.exit_code, f"{word:8}  {claim.id}\n{claim.path}: {found.text}"
    if found.verdict == "open" and claim.expect == "supported":
        return measured_line(claim, found, seconds)
    unsettled = found.verdict == "open" and claim.expect in ("proved", "refuted")
    if certificate is None:
        return (EXIT_FAIL if unsettled else EXIT_PASS), f"NONE      {claim.id}  no certificate; {run_it}"
    word = {"proved": "ASSUMING" if found.assumptions else "VERIFIED", "refuted": "REFUTED", "open": "OPEN"}[found.verdict]
    code = EXIT_FAIL if unsettled else replayed_code(found, claim.expect)
    return code, f"{word:8}  {claim.id}  {replayed_detail(found)}  {seconds:.2f} s"


def measured_line(claim: Claim, found: Receipt, seconds: float) -> tuple[int, str]:
    """Return code and line of a claim that expects support: the kernel has only its steps and guards to check, and those it has to close."""
    sampled = {entry.obligation.name.partition("[")[0] for entry in claim.statement.entries if entry.obligation.opaque}
    left = [finding.name for finding in found.findings if finding.kind == "step" and finding.status in ("open", "refuted") and finding.rule != OPAQUE]
    left += [name for name in found.complaints if name.partition("[")[0] not in sampled]
    if left:
        return EXIT_FAIL, f"OPEN      {claim.id}  not shown by the kernel: {', '.join(left)}; run `proofcheck verify {claim.id}`"
    return EXIT_PASS, f"MEASURED  {claim.id}  by `verify`, not the kernel's to check; it closes {replayed_detail(found)}  {seconds:.2f} s"


def replayed_code(receipt: Receipt, expect: str) -> int:
    """Return 1 where a certificate settles a claim against its expectation or its file is in doubt, else 0."""
    against = {"proved": ("refuted",), "refuted": ("proved",), "supported": ("refuted",), "open": ("proved", "refuted")}
    return EXIT_FAIL if receipt.verdict in against[expect] or (receipt.complaints and receipt.verdict != "open") else EXIT_PASS


def replayed_detail(receipt: Receipt) -> str:
    """Return how many obligations a receipt closes, and what it rests on."""
    closed = sum(finding.status in ("proved", "refuted", "cited") for finding in receipt.findings)
    parts = [f"{closed} of {len(receipt.findings)} obligations"]
    parts += [f"{len(receipt.assumptions)} assumed"] if receipt.assumptions else []
    symbolic = sum(finding.rule == "symbolic" for finding in receipt.findings)
    parts += [f"{symbolic} by computer algebra, which is not run here"] if symbolic else []
    parts += [f"expected otherwise: the file is in doubt, {', '.join(receipt.complaints)}"] if receipt.complaints and receipt.verdict != "open" else []
    return ", ".join(parts)


def list_command(root: Path, ids: tuple[str, ...], form: str) -> int:
    """Print ids, expectations and titles."""
    lib = library(root / "claims").selected(ids)
    chosen = lib.chosen
    for error in lib.errors:
        sys.stderr.write(f"{error}\n")
    if nothing := unmatched(lib, ids):
        return say(nothing, EXIT_NOTHING)
    if not chosen:
        return EXIT_MALFORMED
    tables = [claim.tables["claim"] for claim in chosen]
    rows = [{"id": str(t["id"]), "expect": str(t["expect"]), "kind": str(t.get("kind", "")), "title": str(t["title"])} for t in tables]
    if form == "json":
        sys.stdout.write(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    elif form == "ids":
        sys.stdout.write("".join(row["id"] + "\n" for row in rows))
    else:
        from proofcheck.report.text import clean, clip, pad  # noqa: PLC0415 - only for the table

        name, expect = (max(len(row[key]) for row in rows) for key in ("id", "expect"))
        for row in rows:
            sys.stdout.write(f"{pad(row['id'], name)}  {pad(row['expect'], expect)}  {clip(clean(row['title']), max(columns() - name - expect - 4, 20))}\n")
        from proofcheck.report.summary import several  # noqa: PLC0415 - only for the table

        sys.stdout.write(f"{several(len(rows), 'claim')}\n")
    return EXIT_MALFORMED if lib.errors else EXIT_PASS


def show_command(root: Path, name: str, *, source: bool) -> int:
    """Print one claim with what the last run, or else the kernel alone, knows of it."""
    from proofcheck.report.as_terminal import show  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.report.collect import claim_report  # noqa: PLC0415 - not needed by the other commands
    from proofcheck.verdict import decide, judge, own_checks  # noqa: PLC0415 - not needed by the other commands

    lib = library(root / "claims")
    claim = found(lib, name)
    if source:
        text = claim.data.decode("utf-8", "replace")
        sys.stdout.write(clean_lines(text) if sys.stdout.isatty() else text)
        return EXIT_PASS
    claim.statement.of("step")  # what cannot be read is said before anything else
    try:
        certificate = store.stored(claim)
        certificates = {c.id: store.stored(c) for c in lib.closure([claim])}
    except Malformed as error:
        return say(str(error), EXIT_INTEGRITY)
    last = last_report(root, claim, certificate)
    if last is not None:
        sys.stdout.write(show(last) + "\n")
        return EXIT_PASS
    outcome = kernel_look(lib, claim, certificates)
    answer = replay.answer(outcome)
    note = ""
    if isinstance(answer, Refusal) and answer.outdated:
        certificate, note = None, "The certificate on disk is for an older text of the claim. "
        outcome = kernel_look(lib, claim, {**certificates, claim.id: None})
        answer = replay.answer(outcome)
    if outcome.ended == "interrupted":
        return say("Interrupted.", INTERRUPTED[outcome.detail])
    if isinstance(answer, Refusal):
        return say(f"{claim.certificate_path}: {answer.text}\n  If nobody has tampered with it: proofcheck verify --fresh {claim.id}", answer.exit_code)
    verdict = decide(answer, {}, own_checks(claim.statement))
    report = claim_report(claim, answer, {}, verdict, judge(verdict, claim.expect), certificate, searched=False, seconds=outcome.seconds, points={})
    sys.stdout.write(f"{show(report)}\n\n{note}Seen by the kernel alone; checks and computer algebra run with `proofcheck verify {claim.id}`.\n")
    return EXIT_PASS


def kernel_look(lib: Library, claim: Claim, certificates: Mapping[str, bytes | None]) -> Outcome:
    """Return what became of the kernel's look at one claim."""
    (outcome,) = run([replay.task(lib, claim, certificates, {}, 120.0)], jobs=1, preload=("proofcheck.replay",), here=True)
    return outcome


def last_report(root: Path, claim: Claim, certificate: bytes | None) -> Any:
    """Return the claim's record in the last report, if claim and certificate are still the same; else None."""
    from hashlib import sha256  # noqa: PLC0415 - only here

    from proofcheck.report.as_json import ReportError, from_json  # noqa: PLC0415 - only here

    try:
        report = from_json((root / "reports" / "report.json").read_text("utf-8"))
    except (OSError, ReportError, ValueError):
        return None
    digest = sha256(certificate).hexdigest() if certificate else ""
    return next((row for row in report.claims if row.id == claim.id and row.digest == claim.statement.digest and row.certificate == digest), None)


def found(lib: Library, name: str) -> Claim:
    """Return the claim of an id. Raises Malformed with the nearest name."""
    from proofcheck.kernel.parse import suggestion  # noqa: PLC0415 - only for the message

    if name not in lib.claims:
        for error in lib.errors:
            if name in error.place.file:
                raise error
        raise Malformed("PC104", f"There is no claim {name!r}.", hint=suggestion(name, sorted(lib.claims)).replace("Names in scope", "Claims"))
    return lib.claims[name]


def lint_command(root: Path, paths: tuple[str, ...], *, strict: bool) -> int:
    """Print every error and warning of claim files; the folder's papers are checked with them."""
    claims_root = root / "claims"
    errors: list[Malformed] = []
    warnings: list[str] = []
    count = 0
    if paths:
        for text in paths:
            path = Path(text)
            try:
                if path.name == "paper.toml":
                    load_paper(path, path.parent)
                    claims = []
                else:
                    claims = [load(path, path.parent)]
                    errors += unread(claims[0])
            except Malformed as error:
                errors.append(error)
                claims = []
            count += 1
            warnings += [f"{claim.path}: {line}" for claim in claims for line in lint(claim)]
        errors += dead_ends(claims_root, {Path(text).resolve() for text in paths})
    else:
        lib = library(claims_root)
        errors += [*lib.errors, *coverage_errors(lib)]
        for claim in lib.claims.values():
            errors += unread(claim)
            warnings += [f"{claim.path}: {line}" for line in lint(claim)]
        count = len(lib.claims) + len(lib.papers) + len(lib.errors)
    for mistake in errors:
        sys.stdout.write(f"{mistake}\n")
    for line in warnings:
        sys.stdout.write(f"{line}\n")
    from proofcheck.report.summary import several  # noqa: PLC0415 - not needed by the other commands

    sys.stdout.write(f"{several(count, 'file')}: {several(len(errors), 'error')}, {several(len(warnings), 'warning')}\n")
    if not count:
        return EXIT_NOTHING
    return EXIT_MALFORMED if errors else EXIT_FAIL if warnings and strict else EXIT_PASS


def dead_ends(root: Path, paths: set[Path]) -> list[Malformed]:
    """Return the errors in the citations of files, which only the folder as a whole shows."""
    errors = library(root).errors if root.is_dir() else ()
    return [error for error in errors if Path(error.place.file).resolve() in paths and error.code[:5] in ("PC208", "PC104")]


def unread(claim: Claim) -> list[Malformed]:
    """Return what the kernel finds wrong in the formulas of a claim, and names in ``by`` that nothing knows."""
    from proofcheck.methods.strategy import known  # noqa: PLC0415 - plugins may add names

    try:
        entries = claim.statement.entries
    except Malformed as error:
        return [error]
    names = known()
    wishes = {str(entry.by.get("rule") or entry.by.get("method")): entry.key for entry in entries if entry.by}
    return [
        Malformed("PC204", f"There is no method or rule {wish!r}.", hint=f"Known: {', '.join(sorted(names))}.").at(file=str(claim.path), key=key)
        for wish, key in wishes.items()
        if wish not in names
    ]


SCAFFOLD = '''#:schema ../claim.schema.json
proofcheck = "claim/1"

[claim]
id        = "{name}"
kind      = "lemma"
title     = "A sentence that a colleague could say aloud"
statement = "f <= x"                 # a relation, a chain a < b <= c, or several joined with `and`
expect    = "proved"                 # proved, refuted, supported or open: what you, the author, expect

[for_all]
x = "[0, 1]"                         # ( and ) leave an end out, inf is infinite; also "real", "integer in [1, inf)", "vector(3)"

# given = ["x != 1/2"]               # hypotheses go above [claim], as a list of relations

[define]                             # names for formulas; numbers are exact, 0.1 is 1/10
f = "sin(x)"
# "h(t)" = "(pi - t)*cos(t) + sin(t)"    a definition with an argument, used as h(x)

[source]
label = "Lemma 1"                    # as the paper numbers it; add the same label to paper.toml
quote = "The paper's own words."

# A proof in steps. The statement counts as shown when a step shows the same, or its steps show every part of it.
# by = "identity", "inequality", {{ rule = "cite", claim = "paper/other" }} or
# by = {{ rule = "assume", source = "where", reason = "why this cannot be checked here" }}
[[step]]
id    = "bound"
text  = "Both sides vanish at 0; the zero is divided out exactly."
shows = "f <= x"
by    = "inequality"

[[check]]                            # the paper's own kind of evidence, kept beside the proof
by = {{ method = "grid", points = 200, digits = 30 }}

[[sanity]]                           # is it encoded right? A value done by hand.
at.x  = "0"
shows = "f = 0"

[[must_fail]]                        # would this file notice if it were wrong? A neighbour that is false.
text      = "The constant 1 is sharp."
statement = "f <= 9*x/10"
'''


def new_command(root: Path, name: str) -> int:
    """Write a scaffold that passes lint, and name it in the paper's file."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*", name):
        raise Malformed("PC205", f"{name!r} is not of the form paper/claim in a-z, 0-9 and hyphens.")
    path = root / "claims" / f"{name}.toml"
    if path.exists():
        raise Malformed("PC210", f"{path} exists already.", hint="Choose another id, or edit it.")
    store.save(path, SCAFFOLD.format(name=name))
    store.save(root / "claims" / "claim.schema.json", schema_text())
    paper, _, short = name.partition("/")
    register = path.parent / "paper.toml"
    if not register.exists():
        store.save(register, f'proofcheck = "paper/1"\n\n[paper]\ntitle     = "{paper}"\nauthors   = ""\nreference = ""\n')
    row = f'\n[[statement]]\nlabel  = "Lemma 1"\ntitle  = ""\nclaims = ["{short}"]\n'
    store.save(register, register.read_text("utf-8") + row)
    sys.stdout.write(f"{path}\n{register}\nNow edit it, then: proofcheck lint {path} && proofcheck verify {name}\n")
    return EXIT_PASS


def schema_text() -> str:
    """Return the JSON Schema of claim files as the text that is kept in ``claims/claim.schema.json``."""
    return json.dumps(schema(), indent=1) + "\n"


def schema_command() -> int:
    """Print the schema."""
    sys.stdout.write(schema_text())
    return EXIT_PASS


def columns() -> int:
    """Return the width to print for: the terminal's, or COLUMNS, at least 60 and at most 160."""
    return min(max(shutil.get_terminal_size((120, 24)).columns, 60), 160)


def colored(stream: Any) -> bool:
    """Say whether colours may be written: to a terminal, unless NO_COLOR is set."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
