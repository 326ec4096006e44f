"""Claim files as a library: the kernel's statement together with prose, sources and papers. Nothing here changes a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.files import read_bytes
from proofcheck.kernel.parse import suggestion
from proofcheck.kernel.statement import EXPECT, KEYS, KINDS, MAX_FILE, REQUIRED, Reader, Statement, read_toml

PAPER_FORMAT = "paper/1"


@dataclass(frozen=True)
class Claim:
    """One claim file: its text, its tables, and on demand what the kernel reads in it."""

    path: Path
    data: bytes
    tables: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The id, ``paper/name``."""
        return str(self.tables["claim"]["id"])

    @property
    def expect(self) -> str:
        """What the file expects: proved, refuted, supported or open."""
        return str(self.tables["claim"]["expect"])

    @cached_property
    def statement(self) -> Statement:
        """The kernel's reading. Raises Malformed with the file's name."""
        try:
            return Reader(self.tables).statement()
        except Malformed as error:
            raise error.at(file=str(self.path)) from None

    @property
    def certificate_path(self) -> Path:
        """Where the certificate lies: beside the claim."""
        return self.path.with_suffix(".cert.json")

    @property
    def cites(self) -> tuple[str, ...]:
        """The ids of cited claims, in the file's order."""
        by = [self.tables["claim"].get("by"), *(step.get("by") for step in self.tables.get("step", []))]
        return tuple(dict.fromkeys(str(wish["claim"]) for wish in by if isinstance(wish, Mapping) and wish.get("rule") == "cite" and "claim" in wish))


@dataclass(frozen=True)
class Statements:
    """One numbered statement of a paper: the claims that encode it, or the reason there is none."""

    label: str
    title: str
    claims: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Erratum:
    """One thing wrong, or said too loosely, in a paper: as printed, what is wrong, the claims that refute it and those of the correct statement."""

    id: str
    where: str
    printed: str
    problem: str
    refuted: tuple[str, ...]
    corrected: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Paper:
    """A paper, its numbered statements and its errata."""

    id: str
    title: str
    authors: str
    reference: str
    statements: tuple[Statements, ...]
    errata: tuple[Erratum, ...] = ()


@dataclass(frozen=True)
class Library:
    """All claims below a folder, by id; files that cannot be used are kept as errors."""

    root: Path
    claims: Mapping[str, Claim]
    papers: tuple[Paper, ...] = ()
    errors: tuple[Malformed, ...] = ()
    chosen: tuple[Claim, ...] = ()

    def selected(self, patterns: tuple[str, ...]) -> Library:
        """Return the library with the ``chosen`` claims and, of the errors, those of files that were chosen."""
        wanted = patterns or ("all",)
        errors = tuple(error for error in self.errors if any(_names(Path(error.place.file), self.place(error), pattern) for pattern in wanted))
        return replace(self, errors=errors, chosen=tuple(self.select(patterns)))

    def place(self, error: Malformed) -> str:
        """Return the id that a faulty file would have."""
        path = Path(error.place.file)
        return f"{path.parent.name}/{path.stem}"

    def select(self, patterns: tuple[str, ...]) -> list[Claim]:
        """Return the claims that the ids, globs, paths or ``all`` name, in order of id."""
        wanted = patterns or ("all",)
        return [claim for name, claim in sorted(self.claims.items()) if any(_names(claim.path, name, pattern) for pattern in wanted)]

    def closure(self, claims: list[Claim]) -> list[Claim]:
        """Return the claims with everything they cite, cited claims first. Raises Malformed for circles and unknown ids."""
        order: dict[str, Claim] = {}

        def visit(claim: Claim, path: tuple[str, ...]) -> None:
            if claim.id in path:
                raise Malformed("PC208", f"Claims cite each other in a circle: {' -> '.join((*path, claim.id))}.").at(file=str(claim.path))
            if claim.id in order:
                return
            for cited in claim.cites:
                if cited not in self.claims:
                    faulty = any(self.place(error) == cited for error in self.errors)
                    what = f"The cited claim {cited!r} {'cannot be used' if faulty else 'does not exist'}."
                    hint = "Its own error comes first." if faulty else suggestion(cited, sorted(self.claims)).replace("Names in scope", "Claims")
                    raise Malformed("PC104", what, hint=hint).at(file=str(claim.path))
                visit(self.claims[cited], (*path, claim.id))
            order[claim.id] = claim

        for claim in claims:
            visit(claim, ())
        return list(order.values())


def _names(path: Path, name: str, pattern: str) -> bool:
    if pattern == "all" or fnmatchcase(name, pattern):
        return True
    return pattern.endswith(".toml") and Path(pattern).resolve() == path.resolve()


def load(path: Path, root: Path) -> Claim:
    """Return the claim of a file below ``root``; its id must be its place. Raises Malformed."""
    data = read_bytes(path, root, MAX_FILE)
    try:
        tables = read_toml(data)
        Reader(tables)
        claim = Claim(path, data, tables)
        place = f"{path.parent.name}/{path.stem}"
        if claim.id != place:
            raise Malformed("PC205", f"The id is {claim.id!r}, the file's place says {place!r}.", hint="Rename one of them.").at(key="[claim], key `id`")
    except Malformed as error:
        raise error.at(file=str(path)) from None
    return claim


def library(root: Path) -> Library:
    """Return every claim and paper below ``root``. Raises Malformed (PC207) only where the folder itself is missing."""
    if not root.is_dir():
        raise Malformed("PC207", f"There is no folder {root}.", hint="Run in a project with a `claims` folder, or give one with -C DIR.")
    claims: dict[str, Claim] = {}
    papers: list[Paper] = []
    errors: list[Malformed] = []
    for path in sorted(root.glob("*/*.toml")):
        try:
            if path.name == "paper.toml":
                papers.append(load_paper(path, root))
            else:
                claim = load(path, root)
                claims[claim.id] = claim
        except Malformed as error:
            errors.append(error)
    for path in sorted({*root.glob("*.toml"), *root.glob("*/*/**/*.toml")}):
        place = f"Claims lie in {root}/<paper>/<name>.toml; this file would never be checked."
        errors.append(Malformed("PC205", place, hint="Move it.").at(file=str(path)))
    return _without_dead_ends(Library(root, claims, tuple(papers), tuple(errors)))


def _without_dead_ends(lib: Library) -> Library:
    """Return the library without the claims that cite in a circle, or cite what is not there; they are errors."""
    errors = []
    for claim in lib.claims.values():
        try:
            lib.closure([claim])
        except Malformed as error:
            errors.append((claim.id, error))
    own = {str(error): error for _, error in errors}  # whoever cites a faulty claim shares its error
    return replace(lib, claims={name: claim for name, claim in lib.claims.items() if name not in dict(errors)}, errors=(*lib.errors, *own.values()))


def load_paper(path: Path, root: Path) -> Paper:
    """Return the paper of a ``paper.toml``. Raises Malformed."""
    try:
        tables = read_toml(read_bytes(path, root, MAX_FILE))
        if tables.get("proofcheck") != PAPER_FORMAT or not isinstance(tables.get("paper"), dict):
            raise Malformed("PC204", f"A paper file starts with `proofcheck = {PAPER_FORMAT!r}` and a table [paper].")
        paper = tables["paper"]
        rows = []
        for i, row in enumerate(tables.get("statement", []), 1):
            where = f"[[statement]] {i}"
            unknown = set(row) - {"label", "title", "claims", "reason"}
            if unknown:
                raise Malformed("PC202", f"`{sorted(unknown)[0]}` is not a key here.").at(key=where)
            if "label" not in row or bool(row.get("claims")) == bool(row.get("reason")):
                raise Malformed("PC203", "A statement has a label, and either claims or the reason why there are none.").at(key=where)
            rows.append(Statements(str(row["label"]), str(row.get("title", "")), _full(path, row.get("claims", [])), str(row.get("reason", ""))))
        texts = {key: str(paper.get(key, "")) for key in ("title", "authors", "reference")}
        errata = tuple(_erratum(path, row, i) for i, row in enumerate(tables.get("erratum", []), 1))
        return Paper(path.parent.name, texts["title"], texts["authors"], texts["reference"], tuple(rows), errata)
    except Malformed as error:
        raise error.at(file=str(path)) from None


def _full(path: Path, names: list[str]) -> tuple[str, ...]:
    """Return claim ids in full: a name without a paper is of the paper whose file this is."""
    return tuple(name if "/" in name else f"{path.parent.name}/{name}" for name in names)


def _erratum(path: Path, row: Mapping[str, Any], number: int) -> Erratum:
    where = f"[[erratum]] {number}"
    unknown = set(row) - {"id", "where", "printed", "problem", "refuted", "corrected", "reason"}
    if unknown:
        raise Malformed("PC202", f"`{sorted(unknown)[0]}` is not a key here.").at(key=where)
    if any(key not in row for key in ("id", "where", "problem")) or not (row.get("refuted") or row.get("reason")):
        raise Malformed("PC203", "An erratum has an id, where, a problem, and claims that refute it or the reason why none does.").at(key=where)
    texts = {key: str(row.get(key, "")) for key in ("id", "where", "printed", "problem", "reason")}
    return Erratum(**texts, refuted=_full(path, row.get("refuted", [])), corrected=_full(path, row.get("corrected", [])))


def coverage_errors(lib: Library) -> list[Malformed]:
    """Return what is wrong between papers and claims: names of claims that do not exist, claims that no statement names."""
    errors = []
    for paper in lib.papers:
        named = {name for row in paper.statements for name in row.claims}
        where = str(lib.root / paper.id / "paper.toml")
        for row in paper.statements:
            errors += [Malformed("PC104", f"{row.label}: there is no claim {name!r}.").at(file=where) for name in row.claims if name not in lib.claims]
        for item in paper.errata:
            missing = [name for name in (*item.refuted, *item.corrected) if name not in lib.claims]
            errors += [Malformed("PC104", f"{item.id}: there is no claim {name!r}.").at(file=where) for name in missing]
        orphans = [name for name in lib.claims if name.startswith(paper.id + "/") and name not in named]
        errors += [Malformed("PC203", f"No statement names the claim {name!r}.").at(file=where) for name in orphans]
    return errors


def lint(claim: Claim) -> list[str]:
    """Return warnings about a claim that can be read: what a careful author would not leave out."""
    tables = claim.tables
    warnings = []
    if not tables.get("sanity"):
        warnings.append("no [[sanity]] value: nothing shows that the statement was encoded right")
    if not tables.get("must_fail"):
        warnings.append("no [[must_fail]] neighbour: nothing shows that the file would notice if it were wrong")
    if not tables.get("source"):
        warnings.append("no [source]: where is the statement from?")
    used = " ".join(_texts({key: value for key, value in tables.items() if key not in ("source",)}))
    for name in tables.get("define", {}):
        bare = name.partition("(")[0].strip()
        if used.count(bare) < 2:
            warnings.append(f"`{bare}` is defined and not used")
    for step in tables.get("step", []):
        by = step.get("by")
        if isinstance(by, Mapping) and by.get("rule") == "assume" and not (by.get("reason") and by.get("source")):
            warnings.append(f"step {step['id']} is assumed without a reason and a source")
    return warnings


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for key, part in value.items() for text in (str(key), *_texts(part))]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [str(value)]


TEXT: dict[str, Any] = {"type": "string"}
FORMULA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 10000}
NUMBER: dict[str, Any] = {"anyOf": [FORMULA, {"type": "integer"}, {"type": "array"}]}
DOMAINS: dict[str, Any] = {"type": "object", "additionalProperties": FORMULA}
BY: dict[str, Any] = {
    "anyOf": [
        TEXT,
        {
            "type": "object",
            "properties": dict.fromkeys(("rule", "method", "claim", "reason", "source"), TEXT),
            "anyOf": [{"required": ["rule"]}, {"required": ["method"]}],
        },
    ]
}
FLAG: dict[str, Any] = {"type": "boolean"}
DEFINE: dict[str, Any] = {"type": "object", "additionalProperties": NUMBER}
GIVEN: dict[str, Any] = {"type": "array", "items": FORMULA}
PROPERTIES: dict[str, dict[str, Any]] = {
    "claim": {"id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$"}, "kind": {"enum": list(KINDS)}, "title": TEXT, "text": TEXT,
              "statement": FORMULA, "unique": FLAG, "expect": {"enum": list(EXPECT)}, "by": BY},
    "experiment": {"name": {"type": "string", "pattern": "^[a-z0-9]+\\.[a-z0-9_]+$"}, "seed": {"type": "integer", "minimum": 0},
                   "measures": {"type": "array", "items": TEXT, "minItems": 1}, "parameters": DEFINE, "full": DEFINE},
    "source": dict.fromkeys(KEYS["source"], TEXT),
    "step": {"id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,40}$"}, "text": TEXT, "shows": FORMULA, "unique": FLAG, "by": BY, "for_all": DOMAINS,
             "exists": DOMAINS, "given": GIVEN},
    "check": {"text": TEXT, "shows": FORMULA, "unique": FLAG, "by": BY, "for_all": DOMAINS,
             "exists": DOMAINS, "given": GIVEN},
    "sanity": {"text": TEXT, "at": {"type": "object", "additionalProperties": NUMBER}, "shows": FORMULA, "instance": {"type": "object"}},
    "must_fail": {"text": TEXT, "statement": FORMULA, "unique": FLAG, "for_all": DOMAINS, "exists": DOMAINS, "random": DOMAINS, "given": GIVEN,
                  "define": DEFINE, "at": {"type": "object"}, "instance": {"type": "object"}},
}  # fmt: skip


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of claim files, made from the keys that the kernel accepts."""

    def table(kind: str) -> dict[str, Any]:
        properties = {key: PROPERTIES[kind][key] for key in KEYS[kind]}
        return {"type": "object", "properties": properties, "required": list(REQUIRED.get(kind, ())), "additionalProperties": False}

    top: dict[str, Any] = {
        "proofcheck": {"const": "claim/1"}, "claim": table("claim"), "for_all": DOMAINS, "exists": DOMAINS, "random": DOMAINS,
        "for_each": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
        "given": GIVEN, "define": DEFINE, "flow": DEFINE, "experiment": table("experiment"), "source": table("source"), "search": {"type": "object"},
        **{kind: {"type": "array", "items": table(kind)} for kind in ("step", "check", "sanity", "must_fail")},
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "proofcheck claim",
        "type": "object",
        "properties": {key: top[key] for key in KEYS[""]},
        "required": list(REQUIRED[""]),
        "additionalProperties": False,
    }
