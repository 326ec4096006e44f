"""Inequalities and identities that are not claim files: each becomes a claim in memory and goes down the same straight line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from proofcheck import store
from proofcheck.claim import Claim, Library
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.statement import Reader, read_toml
from proofcheck.run import Event
from proofcheck.verify import Settings, Work, concluded, settled

BATCH = 32
"""Problems between two writes of answers: what a killed run has to do again at the most."""
MAX_LIST = 100_000_000
KEYS = {"id", "vars", "open", "hyps", "concl", "expected"}


@dataclass(frozen=True)
class Problem:
    """For every point of the domains that satisfies the hypotheses: the conclusion. Formulas are texts of the formula language."""

    name: str
    domains: Mapping[str, str]
    given: tuple[str, ...]
    goal: str
    expected: str = "unknown"

    def digest(self) -> str:
        """Return a digest of what is asked."""
        return sha256(json.dumps([sorted(self.domains.items()), self.given, self.goal]).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """What became of a problem. ``witness`` and ``certificate`` (text) are there where the verdict has one.

    Units: ``seconds`` of wall clock and ``cpu_seconds`` of the processes that searched and looked; not those of the program that started them.
    """

    id: str
    verdict: str
    grade: str
    reason: str
    seconds: float
    leaves: int = 0
    rules: tuple[str, ...] = ()
    witness: Mapping[str, str] = field(default_factory=dict)
    claim: str = ""
    certificate: str = ""
    cpu_seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether the kernel accepted a proof."""
        return self.verdict == "proved" and self.grade == "kernel"

    def __str__(self) -> str:
        words = [self.verdict + (f" ({self.grade})" if self.grade else "")]
        words += [f"at {', '.join(f'{name} = {value}' for name, value in self.witness.items())}"] if self.witness else []
        words += [f"by {', '.join(self.rules)}"] if self.rules and self.verdict == "proved" else []
        words += [self.reason] if self.reason else []
        return " · ".join([*words, f"{self.seconds:.2f} s"])

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the same words, escaped."""
        return f"<p><strong>{escape(self.verdict)}</strong> {escape(str(self).removeprefix(self.verdict))}</p>"


def prove(
    goal: str, variables: Mapping[str, str] | None = None, given: Sequence[str] = (), *, timeout: float = 60.0, jobs: int = 1,
    on_event: Callable[[Event], None] | None = None,
) -> Result:  # fmt: skip
    """Return what is known of one formula: ``prove("sin(x) <= x", {"x": "[0, 1]"})``. Raises Malformed for what cannot be read."""
    problem = Problem("goal", dict(variables or {}), tuple(given), goal)
    claim = claim_of(problem, "goal")
    Reader(claim.tables).statement()  # a mistake in the only formula is the caller's, and is raised
    (result,) = answers([problem], timeout, jobs, on_event)
    return result


def answers(problems: Sequence[Problem], timeout: float, jobs: int, on_event: Callable[[Event], None] | None = None) -> list[Result]:
    """Return the results of a batch of problems, in their order."""
    claims: dict[str, Claim] = {}
    failed: dict[int, Result] = {}
    for i, problem in enumerate(problems):
        try:
            claim = claim_of(problem, f"p{i:05d}")
            _ = claim.statement
            claims[claim.id] = claim
        except Malformed as error:
            failed[i] = Result(problem.name, "error", "", " ".join(str(error).split("\n")[-1:]).strip(), 0.0)
    settings = Settings(timeout=timeout, jobs=jobs, fresh=True, write=False, copied=True)
    works, _ = settled(Library(Path(), claims), list(claims.values()), settings, on_event)
    return [failed[i] if i in failed else result_of(problem, works[f"problems/p{i:05d}"]) for i, problem in enumerate(problems)]


def claim_of(problem: Problem, name: str) -> Claim:
    """Return the problem as a claim file's text and tables. Raises Malformed."""
    lines = ['proofcheck = "claim/1"', f"given = {json.dumps(list(problem.given))}", "[claim]"]
    lines += [f'id = "problems/{name}"', f"title = {json.dumps(problem.name)}", f"statement = {json.dumps(problem.goal)}", 'expect = "proved"', "[for_all]"]
    lines += [f"{json.dumps(variable)} = {json.dumps(domain)}" for variable, domain in problem.domains.items()]
    data = ("\n".join(lines) + "\n").encode()
    tables = read_toml(data)
    Reader(tables)
    return Claim(Path(f"{name}.toml"), data, tables)


def result_of(problem: Problem, work: Work) -> Result:
    """Return the result of a claim at the end of the line; support on points is no answer to a question for a proof."""
    found = concluded(work)
    item = work.evidence.get("statement")
    verdict = found.verdict if found.verdict in ("proved", "refuted", "error") else "inconclusive"
    reason = f"supported only: {item.detail}" if found.verdict == "supported" and item is not None else found.reason.removeprefix(f"{work.claim.path}: ")
    certificate = (work.certificate or b"").decode() if verdict in ("proved", "refuted") else ""
    node = store.proofs(work.certificate).get("statement", {}) if verdict == "refuted" else {}
    leaves = re.match(r"(\d+) leaves", item.detail) if item is not None else None
    rules = tuple(dict.fromkeys(re.findall(r'"rule": "([a-z]+)"', certificate)))
    return Result(problem.name, verdict, found.grade if verdict == found.verdict else "", reason, round(work.seconds, 3), int(leaves[1]) if leaves else 0,
                  rules, dict(node.get("at", {})), work.claim.data.decode(), certificate, round(work.cpu_seconds, 4))  # fmt: skip


def problem_of(data: Any, line: int) -> Problem:
    """Return the problem of one line of a list (shared format of problem lists). Raises Malformed."""
    if not isinstance(data, Mapping) or not {"id", "vars", "concl"} <= set(data) or not set(data) <= KEYS:
        raise Malformed("PC203", f"Line {line}: a problem has id, vars and concl, and may have open, hyps and expected.")
    name, variables, closed = data["id"], data["vars"], data.get("open", {})
    good = isinstance(name, str) and isinstance(variables, Mapping) and isinstance(closed, Mapping) and isinstance(data["concl"], str)
    hypotheses = data.get("hyps", [])
    if not good or not isinstance(hypotheses, list) or not all(isinstance(text, str) for text in hypotheses):
        raise Malformed("PC204", f"Line {line}: id and concl are texts, vars and open tables, hyps a list of texts.")
    domains = {}
    for variable, ends in variables.items():
        side = closed.get(variable, "")
        if not (isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, (str, int)) for end in ends) and side in ("", "lo", "hi", "both")):
            raise Malformed("PC109", f"Line {line}: the ends of {variable!r} are two exact formulas, `open` is lo, hi or both.")
        low, high = (str(end).strip() for end in ends)
        left = "(" if side in ("lo", "both") or low == "-inf" else "["
        right = ")" if side in ("hi", "both") or high in ("inf", "+inf") else "]"
        domains[str(variable)] = f"{left}{low}, {high.removeprefix('+')}{right}"
    return Problem(name, domains, tuple(hypotheses), data["concl"], str(data.get("expected", "unknown")))


def problems_of(path: Path) -> Iterator[Problem]:
    """Yield the problems of a JSON Lines file. Raises Malformed for a line that is none, or an id that comes twice."""
    seen: set[str] = set()
    try:
        if path.stat().st_size > MAX_LIST:
            raise Malformed("PC206", f"The list has more than {MAX_LIST} bytes.").at(file=str(path))
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise Malformed("PC207", f"The list cannot be read: {error.strerror or error}.").at(file=str(path)) from None
    except UnicodeDecodeError as error:
        raise Malformed("PC201", f"The list is not UTF-8 (byte {error.start}).").at(file=str(path)) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            problem = problem_of(json.loads(line), number)
        except (ValueError, RecursionError) as error:
            raise Malformed("PC201", f"Line {number} is not JSON: {error}.").at(file=str(path)) from None
        except Malformed as error:
            raise error.at(file=str(path)) from None
        if problem.name in seen:
            raise Malformed("PC210", f"Line {number}: the id {problem.name!r} comes twice.").at(file=str(path))
        seen.add(problem.name)
        yield problem


def run_list(problems: Iterable[Problem], out: Path, timeout: float, jobs: int, on_event: Callable[[Event], None] | None = None) -> Iterator[dict[str, Any]]:
    """Yield an answer for each problem, those of an earlier run with the same limits and kernel first; each is on disk before it is yielded.

    ``out`` holds answers.jsonl and the certificates. A line that a killed run left unfinished is dropped.
    """
    from proofcheck.report.collect import kernel_digest  # noqa: PLC0415 - `prove` needs nothing of the report

    out.mkdir(parents=True, exist_ok=True)
    ledger = out / "answers.jsonl"
    own = [answer for answer in earlier(ledger) if answer.get("kernel") == kernel_digest()]  # another kernel may have believed something false
    known = {answer["digest"]: answer for answer in own if answer["timeout"] >= timeout or answer["verdict"] in ("proved", "refuted")}
    todo: list[Problem] = []
    for problem in problems:
        if problem.digest() in known and known[problem.digest()]["id"] == problem.name:
            yield known[problem.digest()]
        else:
            todo.append(problem)
    for first in range(0, len(todo), BATCH):
        batch = todo[first : first + BATCH]
        found = []
        for problem, result in zip(batch, answers(batch, timeout, jobs, on_event), strict=True):
            found.append({**answer_of(problem, result, out, timeout), "kernel": kernel_digest()})
        with ledger.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(answer, ensure_ascii=True) + "\n" for answer in found))
        yield from found


def answer_of(problem: Problem, result: Result, out: Path, timeout: float) -> dict[str, Any]:
    """Return the line for a problem; its certificate and the claim that it is for are written beside the answers."""
    certificate = ""
    if result.certificate:
        stem = sha256(problem.name.encode()).hexdigest()[:16]
        (out / f"{stem}.toml").write_text(result.claim, "utf-8")
        (out / f"{stem}.cert.json").write_text(result.certificate, "utf-8")
        certificate = f"{stem}.cert.json"
    row = {key: value for key, value in asdict(result).items() if key not in ("claim", "rules")}
    return {**row, "certificate": certificate, "digest": problem.digest(), "timeout": timeout, "expected": problem.expected}


def earlier(ledger: Path) -> list[dict[str, Any]]:
    """Return the answers of earlier runs; what is not a whole line is dropped from the file."""
    if not ledger.exists():
        return []
    found, text = [], ledger.read_text("utf-8")
    for line in text.splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and {"id", "digest", "verdict", "timeout"} <= set(answer):
            found.append(answer)
    if not text.endswith("\n") or len(found) != len(text.splitlines()):
        ledger.write_text("".join(json.dumps(answer, ensure_ascii=True) + "\n" for answer in found), "utf-8")
    return found


def disagreement(answer: Mapping[str, Any]) -> str:
    """Return a sentence where an answer contradicts what the list expected, else nothing."""
    wrong = {("true", "refuted"), ("false", "proved")}
    return f"{answer['id']}: expected {answer['expected']}, got {answer['verdict']}" if (answer["expected"], answer["verdict"]) in wrong else ""
