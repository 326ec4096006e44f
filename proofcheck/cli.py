"""The command line. No logic: each command reads its options, calls one function, and returns an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from proofcheck import __version__
from proofcheck.errors import guarded, project, say

ENDINGS = """Exit codes: 0 all PASS, 1 a FAIL or NEWS, 2 malformed input, 3 environment, 4 budget ended first, 5 nothing selected, 6 integrity,
70 a bug of proofcheck, 130 and 143 interrupted."""


def jobs(meaning: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that says how much of the machine is used."""
    return click.option("--jobs", default=os.cpu_count() or 1, show_default="all cores", help=meaning)


FOR = click.option("--for", "domains", multiple=True, metavar='"x in [0, 1]"', help="A variable of a formula and its domain; may come several times.")
GIVEN = click.option("--given", multiple=True, metavar="RELATION", help="A hypothesis of a formula; may come several times.")
NO_REPORT = click.option("--no-report", is_flag=True, help="Write no report files.")


class Commands(click.Group):
    """Ends with 130 on Ctrl-C while a command still loads what it uses; click alone would end with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(say("Interrupted.", 130))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=ENDINGS)
@click.option("-C", "directory", default=".", metavar="DIR", help="The project: the folder that contains `claims`.")
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context, directory: str) -> None:
    """Continuous integration for theorems: claims in files, proofs replayed by a small kernel, a report that says how we know."""
    context.obj = directory


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID|GLOB|all]...")
@click.option("--fresh", is_flag=True, help="Search everything again; certificates on disk do not count.")
@click.option("--full", is_flag=True, help="Experiments in the paper's full size, eight times the trajectories; minutes instead of seconds.")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds for each obligation.")
@click.option("--memory", default=2000, show_default=True, help="Megabytes for each obligation.")
@jobs("Obligations at a time.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is standard output.")
@click.option("--junit", metavar="FILE", help="Write the report as JUnit XML.")
@click.option("--report", "folder", default="reports", show_default=True, metavar="DIR", help="Where report.html, report.json and junit.xml go.")
@NO_REPORT
@click.option("--no-write", is_flag=True, help="Leave the certificates on disk as they are.")
@click.option("-v", "--verbose", is_flag=True, help="One line for each finished obligation.")
@click.pass_obj
def verify(directory: str, /, **options: Any) -> None:
    """Check claims: replay their certificates, search what has none, report PASS or FAIL."""
    from proofcheck.commands import verify_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: verify_command(project(directory), **options))


@cli.command()
@click.argument("formula", required=False)
@FOR
@GIVEN
@click.option("--timeout", default=60.0, show_default=True, help="Seconds for each search.")
@click.option("--certificate", metavar="FILE", help="Write the certificate, and beside it the claim that it is for.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--problems", metavar="FILE.jsonl", help="A list of problems instead of one formula (docs/format.md).")
@click.option("--out", metavar="DIR", default="reports/problems", show_default=True, help="Where the answers to a list go; a run that was killed goes on.")
@jobs("Problems at a time.")
def prove(formula: str | None, **options: Any) -> None:
    """Prove or refute a formula, or a list of them, without a claim file."""
    from proofcheck.commands import prove_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: prove_command(formula, **options))


@cli.command()
@click.argument("target", metavar="ID|FORMULA")
@FOR
@GIVEN
@click.option("--budget", type=int, metavar="WORK", help="Evaluations of the statement; default: half a minute's worth.")
@click.option("--method", type=click.Choice(["grid", "random", "optimise", "bisect", "all"]), default="all", show_default=True)
@click.option("--points", metavar="N|x=N,y=M", help="The grid: nodes for every variable, or by variable.")
@click.option("--spacing", type=click.Choice(["inside", "linspace"]), help="The grid: nodes inside the domain, or as numpy.linspace makes them.")
@click.option("--full", is_flag=True, help="The paper's own grid: `points` and `spacing` of the file's [search].")
@click.option("--seed", type=int, default=0, show_default=True)
@jobs("Tiles at a time; the result does not depend on it.")
@click.option("--resume", is_flag=True, help="Go on with the last search of the ledger.")
@click.option("--out", metavar="LEDGER", help="The ledger; default: reports/searches/ID.jsonl.")
@click.option("--certificate", metavar="FILE", help="Write the counterexample as a certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def search(directory: str, /, target: str, **options: Any) -> None:
    """Search a counterexample to a claim or a formula, and write down in a ledger what was done.

    Ends with 1 where a counterexample was found (as `prove` does for refuted), 0 where the plan was carried out and nothing found, 4
    where the budget ended before the grid did.
    """
    from proofcheck.commands import search_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: search_command(project(directory), target, **options))


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID|GLOB|all]...")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds for each claim.")
@jobs()
@click.pass_obj
def replay(directory: str, ids: tuple[str, ...], timeout: float, jobs: int) -> None:
    """Let the kernel look at the certificates on disk again; search nothing."""
    from proofcheck.commands import replay_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: replay_command(project(directory), ids, timeout, jobs))


@cli.command()
@click.argument("path", metavar="LEDGER|SEARCH.toml|POINTS")
@click.option("--claim", default="", metavar="ID", help="The claim that a list of points (.csv, .json) is about.")
@click.option("--sample", type=int, default=None, metavar="N", show_default="1379", help="Tiles, or points, that are computed again.")
@click.option("--full", is_flag=True, help="Compute all of them again.")
@click.option("--seed", default="", metavar="TEXT", show_default="drawn at random", help="The auditor's own number: with the head it chooses the tiles.")
@click.option("--head", default="", metavar="DIGEST", help="A head that was published: the ledger must contain it.")
@click.option("--require-coverage", default=None, metavar="SHARE", help='Less certified coverage, of "95 %" or 0.95, is INSUFFICIENT.')
@click.option("--cells", type=int, default=None, show_default="100000, fewer for large formulas", help="Cells that coverage looks at; 0: none.")
@jobs()
@click.option("--certificate", metavar="FILE", help="Write the proof that full coverage is.")
@click.option("--json", "as_json", is_flag=True, help="Print the audit as JSON.")
@click.option("--report", "folder", default="reports", show_default=True, metavar="DIR", help="Where searches.html and audits/ go.")
@NO_REPORT
@click.pass_obj
def audit(directory: str, /, **options: Any) -> None:
    """Audit a search: its ledger, or a declaration of a search that was run elsewhere.

    Exit codes: 0 CONFIRMED, 1 NOT REPRODUCED, 4 INSUFFICIENT, 6 TAMPERED; 2 for what cannot be read.
    """
    from proofcheck.search.audit_command import audit_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: audit_command(project(directory), **options))


@cli.command(name="list")
@click.argument("ids", nargs=-1, metavar="[GLOB]...")
@click.option("--format", "form", type=click.Choice(["table", "json", "ids"]), default="table", show_default=True)
@click.pass_obj
def list_(directory: str, ids: tuple[str, ...], form: str) -> None:
    """List the claims."""
    from proofcheck.commands import list_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: list_command(project(directory), ids, form))


@cli.command()
@click.argument("name", metavar="ID")
@click.option("--source", is_flag=True, help="Print the file.")
@click.pass_obj
def show(directory: str, name: str, source: bool) -> None:
    """Show one claim: the statement typeset, its steps, the verdict, how we know."""
    from proofcheck.commands import show_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: show_command(project(directory), name, source=source))


@cli.command()
@click.argument("name", metavar="ID|CERTIFICATE|CODE")
@click.pass_obj
def explain(directory: str, name: str) -> None:
    """Tell a proof in plain words with its subdivisions drawn, a refutation with its numbers, why nothing was found, or what a code means."""
    from proofcheck.explain import explain_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: explain_command(project(directory), name))


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.pass_obj
def lint(directory: str, paths: tuple[str, ...], strict: bool) -> None:
    """Say what is wrong, or careless, in claim files; all of it at once."""
    from proofcheck.commands import lint_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: lint_command(project(directory), paths, strict=strict))


@cli.command()
@click.argument("name", metavar="PAPER/ID")
@click.pass_obj
def new(directory: str, name: str) -> None:
    """Write a commented claim file to start from."""
    from proofcheck.commands import new_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: new_command(project(directory), name))


@cli.command()
@click.pass_obj
def doctor(directory: str) -> None:
    """Check that this machine and this installation can do the work."""
    from proofcheck.doctor import doctor_command  # noqa: PLC0415 - each command loads only what it uses

    finish(lambda: doctor_command(project(directory)))


@cli.command()
def schema() -> None:
    """Print the JSON Schema of claim files, for editors."""
    from proofcheck.commands import schema_command  # noqa: PLC0415 - each command loads only what it uses

    finish(schema_command)


def finish(action: Any) -> None:
    """End the process with the exit code of an action."""
    sys.exit(guarded(action))


def main() -> None:
    """Run the command line."""
    cli(prog_name="proofcheck")
