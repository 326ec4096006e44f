"""What tests of claim files need: mutants of a claim, tampered certificates, and an independent look at whether a formula holds.

A mutant is a claim file with one change in one formula: it is written as a file again and read by the kernel like any other.
Whether a mutant is false is decided here by mpmath at sample points, without the kernel's arithmetic and without its rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from proofcheck import kernel
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.evidence import Proof
from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.parse import parse
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.statement import Entry, read, read_toml
from proofcheck.kernel.terms import BINDERS, CONNECTIVES, ONE, RELATIONS, Domain, Obligation, Term, conjuncts, num, postorder, rational, show

FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "ne": "eq"}
STRICT = {"le": "lt", "ge": "gt"}
EXCHANGED = {"sin": "cos", "cos": "sin", "add": "sub", "sub": "add"}
OTHER_BRACKET = {"(": "[", "[": "(", ")": "]", "]": ")"}
TWO_PI = Term("mul", (num(2), Term("pi")))
Path = tuple[Any, ...]


# -- mutants -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A claim file with one change: which mutation, in which key of the file, and the file's text."""

    mutation: str
    key: str
    data: bytes


def changes(node: Term) -> Iterator[tuple[str, Term]]:
    """Yield (name of the mutation, new node) for what a node of a parsed formula may be changed to."""
    op, args = node.op, node.args
    value = rational(node)
    if op in FLIPPED:
        yield "flip-relation", Term(FLIPPED[op], args)
    if op in STRICT:
        yield "make-strict", Term(STRICT[op], args)
    if op == "eq":
        yield "shift-equation", Term("eq", (args[0], Term("add", (args[1], ONE))))
    if value is not None:
        yield "number-plus-1", num(value + 1)
        yield "number-plus-10-percent", num(value * 11 / 10)
    if op == "pi":
        yield "pi-to-2-pi", TWO_PI
    if op in ("add", "sub"):
        yield "flip-sign", Term(EXCHANGED[op], args)
    if op == "call" and node.value in EXCHANGED:
        yield "sin-cos", Term("call", args, EXCHANGED[str(node.value)])
    if op in ("mul", "div"):
        yield "drop-factor", args[0]
    if op == "neg":
        yield "drop-minus", args[0]


def occurrences(root: Term, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    """Yield every place of a term with what stands there; a shared node has several places."""
    yield path, root
    for i, arg in enumerate(root.args):
        yield from occurrences(arg, (*path, i))


def replaced_at(root: Term, path: tuple[int, ...], new: Term) -> Term:
    """Return the term with another subterm at one place."""
    if not path:
        return new
    args = tuple(replaced_at(arg, path[1:], new) if i == path[0] else arg for i, arg in enumerate(root.args))
    return Term(root.op, args, root.value)


def text_of(root: Term) -> str:
    """Return a parsed formula as text. Whole exponents are written; for others the text is one that nobody can read."""

    def plain(node: Term) -> Term:
        args = tuple(plain(arg) for arg in node.args)
        exponent = rational(args[1]) if node.op == "power" else None
        if exponent is not None and exponent.denominator == 1:
            return Term("pow", (args[0],), int(exponent))
        return Term(node.op, args, node.value)

    return show(plain(root))


def formula_mutants(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (mutation, text) for every change of one place of a formula, and for every two variables exchanged."""
    root = parse(text)
    for path, node in occurrences(root):
        for mutation, new in changes(node):
            yield mutation, text_of(replaced_at(root, path, new))
    used = sorted({str(node.value) for node in postorder([root]) if node.op == "name"} & set(names))
    for i, a in enumerate(used):
        for b in used[i + 1 :]:
            yield "swap-variables", text_of(renamed(root, {a: b, b: a}))


def renamed(root: Term, names: Mapping[str, str]) -> Term:
    """Return a parsed formula with names exchanged."""
    if root.op == "name":
        return Term("name", (), names.get(str(root.value), root.value))
    return Term(root.op, tuple(renamed(arg, names) for arg in root.args), root.value)


def domain_mutants(text: str) -> Iterator[tuple[str, str]]:
    """Yield an interval with its lower, and with its upper, end closed where it was open and open where it was closed."""
    bare = text.strip()
    if bare[:1] in OTHER_BRACKET and bare[-1:] in OTHER_BRACKET and "inf" not in bare:
        yield "lower-end", OTHER_BRACKET[bare[0]] + bare[1:]
        yield "upper-end", bare[:-1] + OTHER_BRACKET[bare[-1]]


def places(tables: Mapping[str, Any]) -> Iterator[tuple[Path, bool]]:
    """Yield the places in a claim file at which its statement, its steps and their formulas stand, and whether it is a domain."""
    yield ("claim", "statement"), False
    for name, value in tables.get("define", {}).items():
        for path in _texts(value):
            yield ("define", name, *path), False
    for name in tables.get("for_all", {}):
        yield ("for_all", name), True
    for name in tables.get("exists", {}):
        yield ("exists", name), True
    for i, step in enumerate(tables.get("step", [])):
        yield ("step", i, "shows"), False
        for name in step.get("for_all", {}):
            yield ("step", i, "for_all", name), True
        for name in step.get("exists", {}):
            yield ("step", i, "exists", name), True


def _texts(value: Any) -> Iterator[Path]:
    if isinstance(value, str):
        yield ()
    elif isinstance(value, list):
        for i, part in enumerate(value):
            for path in _texts(part):
                yield (i, *path)


def edits(tables: Mapping[str, Any]) -> Iterator[tuple[str, Path, str]]:
    """Yield (mutation, place, new text) for every change of one place of a claim file, readable or not."""
    names = [*tables.get("for_all", {}), *tables.get("exists", {})]
    for path, domain in places(tables):
        text = _at(tables, path)
        for mutation, new in domain_mutants(text) if domain else formula_mutants(text, names):
            yield mutation, path, new


def mutants(data: bytes, random: Random | None = None) -> Iterator[Mutant]:
    """Yield every mutant of a claim file that the kernel can read and that means something else.

    With ``random`` their order is mixed: first one of each mutation, then the second of each, and so on.
    """
    tables = read_toml(data)
    original = read(data).digest
    for mutation, path, new in mixed(list(edits(tables)), random) if random else edits(tables):
        changed = deepcopy(tables)
        _at(changed, path[:-1])[path[-1]] = new
        written = toml(changed).encode()
        try:
            if read(written).digest != original:
                yield Mutant(mutation, ".".join(map(str, path)), written)
        except Malformed:  # an index out of range, an empty domain, a power that is not whole: no claim at all
            continue


def mixed(found: list[tuple[str, Path, str]], random: Random) -> list[tuple[str, Path, str]]:
    """Return the edits in an order in which the mutations take turns."""
    random.shuffle(found)
    count: dict[str, int] = {}
    ranked = []
    for edit in found:
        count[edit[0]] = count.get(edit[0], 0) + 1
        ranked.append((count[edit[0]], edit))
    return [edit for _, edit in sorted(ranked, key=lambda pair: pair[0])]


def _at(tables: Any, path: Path) -> Any:
    for key in path:
        tables = tables[key]
    return tables


def toml(tables: Mapping[str, Any]) -> str:
    """Return the tables of a claim file as TOML."""
    lines = [f"{_inline(key)} = {_inline(value)}" for key, value in tables.items() if not _is_table(value)]
    for key, value in tables.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *_pairs(value)]
        elif _is_table(value):
            for item in value:
                lines += ["", f"[[{key}]]", *_pairs(item)]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value))


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_inline(key)} = {_inline(value)}" for key, value in table.items()]


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return json.dumps(value)


# -- certificates --------------------------------------------------------------------------------------------------------


def with_digest(certificate: bytes, claim: bytes) -> bytes:
    """Return the certificate as if it were for this claim."""
    statement = read(claim)
    names = {entry.obligation.name for entry in statement.entries}
    data = json.loads(certificate)
    proofs = {name: node for name, node in data["proofs"].items() if name in names}
    return json.dumps({**data, "claim": statement.id, "digest": statement.digest, "proofs": proofs}).encode()


def tampered(certificate: bytes, random: Random) -> bytes:
    """Return a certificate with one byte, one number, one letter or one key changed."""
    if random.random() < 0.3:
        place = random.randrange(len(certificate))
        return certificate[:place] + bytes([certificate[place] ^ (1 << random.randrange(7))]) + certificate[place + 1 :]
    data = json.loads(certificate)
    spots = [(container, key) for container, key in _spots(data["proofs"])]
    container, key = random.choice(spots)
    container[key] = _other(container[key], random)
    if container[key] is None:
        del container[key]
    return json.dumps(data).encode()


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, part in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(part, (dict, list)):
            yield from _spots(part)


def _other(value: Any, random: Random) -> Any:
    if isinstance(value, int):
        return value + random.choice((-1, 1, 7))
    if isinstance(value, str) and value:
        place = random.randrange(len(value))
        return value[:place] + random.choice("0123NMCHL+-*x") + value[place + random.randrange(2) :]
    return None


# -- is it false? --------------------------------------------------------------------------------------------------------


def violation(obligation: Obligation, points: int = 24, digits: int = 30) -> dict[str, str] | None:
    """Return a point of the domain at which mpmath finds the obligation false, or None. Looks at few points and knows no proof."""
    if obligation.opaque:
        return None
    if obligation.exists:
        return absence(obligation, digits)
    algebra = Mpmath(digits)
    random = Random(obligation.name)
    slow = any(node.op in BINDERS for node in postorder([obligation.goal]))
    for number in range(points // 4 if slow else points):
        env = _point(obligation, algebra, random, number)
        if env is None or any(_truth(formula, algebra, env, corner=False) is not True for formula in obligation.given):
            continue
        if _truth(obligation.goal, algebra, env, corner=number < 3) is False:
            return {name: algebra.text(value, 15) for name, value in env.items()}
    return None


def absence(obligation: Obligation, digits: int = 30, points: int = 8) -> dict[str, str] | None:
    """Return the middle of the domains where nothing seems to exist there, or None.

    That is where one relation fails at every point looked at, by more than its sides differ among these points: meant for narrow
    domains. Relations with eigenvalues are left out, which take long.
    """
    algebra = Mpmath(digits)
    random = Random(obligation.name)
    given = _point(obligation, algebra, random, 2)
    whole = replace(obligation, domains=(*obligation.domains, *obligation.exists))
    envs = [env for number in range(points) if (env := _point(whole, algebra, random, number)) is not None]
    if given is None or len(envs) < points:
        return None
    for relation in conjuncts(obligation.goal):
        if relation.op not in RELATIONS or any(node.op in ("eigenvalue", *BINDERS) for node in postorder([relation])):
            continue
        pairs = [evaluate(relation.args, algebra, {**env, **given}) for env in envs]
        gaps = [left - right for left, right in pairs]
        if not all(map(algebra.finite, gaps)):
            continue
        spread = max(gaps) - min(gaps)
        above, below = min(gaps) > spread, max(gaps) < -spread
        if {"eq": above or below, "lt": above, "le": above, "gt": below, "ge": below}.get(relation.op, False):
            return {name: algebra.text(value, 15) for name, value in envs[2].items()}
    return None


def _point(obligation: Obligation, algebra: Mpmath, random: Random, number: int) -> dict[str, Any] | None:
    """Return a point: first the lower ends, the upper ends and the middle, where they belong to the domain, then others at random."""
    env: dict[str, Any] = {}
    for name, domain in obligation.domains:
        share = algebra.context.mpf((0, 1, 0.5)[number] if number < 3 else random.random())
        if (share == 0 and not domain.lower_closed) or (share == 1 and not domain.upper_closed):
            share = algebra.context.mpf(random.random())
        env[name] = _coordinate(domain, share, algebra, env)
        if not algebra.finite(env[name]):
            return None
    return env


def _coordinate(domain: Domain, share: Any, algebra: Mpmath, env: Mapping[str, Any]) -> Any:
    low, high = (None if end is None else evaluate((end,), algebra, env)[0] for end in (domain.lower, domain.upper))
    far = min(max(share, algebra.context.mpf(1) / 64), algebra.context.mpf(63) / 64)
    if low is not None and high is not None:
        value = low + (high - low) * share
    elif low is not None:
        value = low + (share / (1 - far) if share else 0)
    elif high is not None:
        value = high - (share / (1 - far) if share else 0)
    else:
        value = (2 * far - 1) / (far * (1 - far))
    if domain.integer:
        value = algebra.context.floor(value)
        value += 1 if low is not None and (value < low or (value == low and not domain.lower_closed)) else 0
    return value


def _truth(formula: Term, algebra: Mpmath, env: Mapping[str, Any], *, corner: bool) -> bool | None:
    """Return whether a formula holds; None where both sides are too close to tell, or have no value.

    Sides that agree to a third of the digits are close: acos near 1 loses half of them. At a corner of the domain, whose coordinates are
    exact, close sides count as equal.
    """
    if formula.op in CONNECTIVES:
        values = [_truth(arg, algebra, env, corner=corner) for arg in formula.args]
        if formula.op == "not":
            return None if values[0] is None else not values[0]
        strong = formula.op == "or"
        return strong if strong in values else None if None in values else not strong
    assert formula.op in RELATIONS
    a, b = evaluate(formula.args, algebra, env)
    if not (algebra.finite(a) and algebra.finite(b)):
        return None
    close = abs(a - b) <= algebra.context.mpf(10) ** -(algebra.digits // 3) * max(1, abs(a), abs(b))
    if close:
        return True if formula.op in ("le", "ge", "eq") else False if corner else None
    return bool({"lt": a < b, "le": a < b, "gt": a > b, "ge": a > b, "eq": False, "ne": True}[formula.op])


# -- what a mutant earns -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """How many obligations of a mutant are false, what the kernel says of the file, and what it proves although it is false."""

    false: int
    verdict: str
    wrong: tuple[str, ...]


def judged(payload: tuple[bytes, bytes, bytes | None, bool]) -> Judgement:
    """Return the judgement on (original claim, mutant, certificate of the original or None, whether the methods may search).

    Runs in a child process: exact arithmetic of a mutant may take any time.
    """
    original, mutant, certificate, search = payload
    known = {entry.obligation.digest() for entry in read(original).entries}
    changed = [entry for entry in theorem(mutant) if entry.obligation.digest() not in known]
    # What is measured has no proof, true or not: whatever passes for one is wrong.
    false = [entry for entry in changed if entry.obligation.opaque or violation(entry.obligation) is not None]
    wrong = []
    verdict = "open"
    if certificate is not None:
        forged = with_digest(certificate, mutant)
        proofs = json.loads(forged)["proofs"]
        wrong += [f"{entry.obligation.name} by its old proof" for entry in false if proved(entry, proofs.get(entry.obligation.name))]
        verdict = verdict_of(mutant, forged)
        if false and verdict == "proved":
            wrong.append("the whole claim by its old certificate")
    if search:
        wrong += [f"{entry.obligation.name} by a search" for entry in false[:1] if not entry.obligation.opaque and proved(entry, searched(entry))]
    return Judgement(len(false), verdict, tuple(wrong))


def theorem(data: bytes) -> list[Entry]:
    """Return the statement and the steps of a claim file, without those that it assumes or cites, and without a statement that such a step is."""
    entries = [entry for entry in read(data).entries if entry.kind in ("statement", "step")]
    trusted = [entry for entry in entries if entry.by.get("rule") in ("assume", "cite")]
    return [entry for entry in entries if not any(other.obligation.same_statement(entry.obligation) for other in trusted)]


def verdict_of(claim: bytes, certificate: bytes) -> str:
    """Return the kernel's verdict, or the code of its refusal."""
    try:
        return kernel.check(claim, certificate).verdict
    except (Malformed, Rejected) as error:
        return error.code.split()[0]


def proved(entry: Entry, node: Mapping[str, Any] | None) -> bool:
    """Say whether a node passes for a proof: of the kernel's rules, or of computer algebra."""
    if node is None:
        return False
    if node.get("rule") == kernel.UNCHECKED:
        return True
    try:
        return prove(entry.obligation, node, Link(entry.by))
    except (Malformed, Rejected):
        return False


def searched(entry: Entry) -> Mapping[str, Any] | None:
    """Return the proof node that the methods find with a small budget, or None."""
    from proofcheck.methods.strategy import chosen  # noqa: PLC0415 - the methods load sympy

    options = {"cells": 1000, "points": 6, "seconds": 2, "symbolic_seconds": 2, "route_seconds": 1}
    quiet: Callable[[int, int, str], None] = lambda *_: None  # noqa: E731 - the methods report their progress to it
    found = chosen(Entry(entry.obligation, entry.kind, {}, entry.key), options, quiet)
    return found.tree if isinstance(found, Proof) else None


def grafted(payload: tuple[bytes, bytes]) -> list[str]:
    """Return the must_fail neighbours of a claim that one of the claim's own proofs passes for a proof of."""
    claim, certificate = payload
    proofs = json.loads(certificate)["proofs"]
    neighbours = [entry for entry in read(claim).entries if entry.kind == "must_fail" and violation(entry.obligation) is not None]
    nodes = {json.dumps(node, sort_keys=True): node for node in proofs.values() if node.get("rule") not in ("assume", "cite")}
    return [f"{entry.obligation.name}: {text[:80]}" for entry in neighbours for text, node in nodes.items() if proved(entry, node)]


def verdicts_of_tampered(payload: tuple[bytes, bytes, int, int]) -> list[str]:
    """Return the kernel's verdicts on ``count`` tampered certificates of a claim."""
    claim, certificate, seed, count = payload
    random = Random(seed)
    return [verdict_of(claim, tampered(certificate, random)) for _ in range(count)]
