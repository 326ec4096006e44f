"""Claim text -> obligations: names resolved, definitions expanded, vectors written out, every number exact.

This is the only reader of claim files that counts: what it returns is what gets proved. ``claim.py`` outside the kernel adds
prose, sources and expectations, and cannot change a formula.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import product
from typing import Any, NoReturn

from .errors import Malformed, Place
from .parse import is_name, suggestion
from .scope import RESERVED, TRAJECTORY, Scope, strings, wrong
from .terms import Obligation, Term, substitute, variables

MAX_FILE, MAX_LINE, MAX_KEY_DOTS, MAX_INSTANCES = 256_000, 8_000, 40, 64
ID = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*")
FORMAT = "claim/1"

KEYS: dict[str, tuple[str, ...]] = {
    "": ("proofcheck", "claim", "for_all", "exists", "for_each", "random", "given", "define", "flow", "experiment", "source", "step", "check",
         "sanity", "must_fail", "search"),
    "claim": ("id", "kind", "title", "text", "statement", "unique", "expect", "by"),
    "experiment": ("name", "seed", "measures", "parameters", "full"),
    "source": ("paper", "label", "quote", "latex", "note"),
    "step": ("id", "text", "shows", "unique", "by", "for_all", "exists", "given"),
    "check": ("text", "shows", "unique", "by", "for_all", "exists", "given"),
    "sanity": ("text", "at", "shows", "instance"),
    "must_fail": ("text", "statement", "unique", "for_all", "exists", "random", "given", "define", "at", "instance"),
}
REQUIRED = {"": ("proofcheck", "claim"), "claim": ("id", "title", "statement", "expect"), "step": ("id", "shows", "by"),
            "experiment": ("name", "measures"), "check": ("by",), "sanity": ("shows",), "must_fail": ("text",)}  # fmt: skip
EXPECT = ("proved", "refuted", "supported", "open")
KINDS = ("definition", "theorem", "lemma", "proposition", "corollary", "conjecture", "equation", "figure", "erratum", "experiment", "remark")


@dataclass(frozen=True)
class Entry:
    """An obligation with its place in the file: statement, step, check, sanity or must_fail; ``by`` is the file's wish."""

    obligation: Obligation
    kind: str
    by: Mapping[str, Any]
    key: str
    text: str = ""
    hint: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """A claim as the kernel sees it."""

    id: str
    expect: str
    entries: tuple[Entry, ...]
    digest: str

    def of(self, kind: str) -> tuple[Entry, ...]:
        """Return the entries of one kind, in the file's order."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def read_toml(data: bytes) -> dict[str, Any]:
    """Return the tables of a claim file. Limits are checked before the reader sees the text (PC201, PC206, PC112)."""
    if len(data) > MAX_FILE:
        raise Malformed("PC206", f"The file has {len(data)} bytes; {MAX_FILE} are allowed.", hint="Split the claim.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("PC201", f"The file is not UTF-8 (byte {error.start}).", hint="Save it as UTF-8.") from None
    for number, line in enumerate(text.split("\n"), 1):
        # Text in quotes may be long; only what is left of an unusual line after taking it out counts.
        suspicious = len(line) > 1_000 or line.count(".") > MAX_KEY_DOTS
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', "", line) if suspicious and len(line) <= MAX_LINE else line
        if len(line) > MAX_LINE or bare.count(".") > MAX_KEY_DOTS or len(bare) > 1_000:
            raise Malformed("PC206", f"Line {number} is too long or has too many dots.", Place(text=line[:200], length=1), "Break it up.")
    try:
        return tomllib.loads(text, parse_float=_no_float)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        line = text.split("\n")[int(where[1]) - 1] if where else ""
        place = Place(text=line, start=min(int(where[2]) - 1, len(line)), length=1) if where else Place()
        raise Malformed("PC201", f"The file is not TOML: {error}.", place) from None
    except (RecursionError, ValueError):
        raise Malformed("PC201", "The file is not TOML that can be read: nested too deep, or a number with too many digits.") from None


def _no_float(text: str) -> NoReturn:
    place = Place(text=text, length=len(text))
    raise Malformed("PC112", f"{text} without quotes is a binary float in TOML.", place, f'Write "{text}" in quotes: it is read exactly.')


def read(data: bytes) -> Statement:
    """Return the statement of a claim file. Raises Malformed with the key at fault."""
    try:
        return Reader(read_toml(data)).statement()
    except RecursionError:
        raise Malformed("PC106", "Formulas and definitions are nested too deep.") from None


class Reader:
    """The tables of one claim file, and the way from them to obligations."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables = tables
        _table(tables, "", "file")
        if tables["proofcheck"] != FORMAT:
            raise Malformed("PC204", f"`proofcheck` is {tables['proofcheck']!r}; this version reads {FORMAT!r}.").at(key="key `proofcheck`")
        self.claim = _table(tables["claim"], "claim", "[claim]")
        for key, allowed in (("expect", EXPECT), ("kind", KINDS)):
            if key in self.claim and self.claim[key] not in allowed:
                raise wrong(f"[claim], key `{key}`", self.claim[key], "one of " + ", ".join(allowed))
        name = self.claim["id"]
        if not isinstance(name, str) or not ID.fullmatch(name) or len(name) > 100:
            raise Malformed("PC205", f"The id {name!r} is not of the form paper/claim in a-z, 0-9 and hyphens.").at(key="[claim], key `id`")
        _table(tables.get("source", {}), "source", "[source]")
        self.measured = measured(tables)
        self.steps = [_table(step, "step", f"[[step]] {i}") for i, step in enumerate(_list(tables, "step"), 1)]
        self.checks = [_table(check, "check", f"[[check]] {i}") for i, check in enumerate(_list(tables, "check"), 1)]
        self.sanity = [_table(item, "sanity", f"[[sanity]] {i}") for i, item in enumerate(_list(tables, "sanity"), 1)]
        self.must_fail = [_table(item, "must_fail", f"[[must_fail]] {i}") for i, item in enumerate(_list(tables, "must_fail"), 1)]
        ids = [step["id"] for step in self.steps]
        for name in ids:
            if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
                raise wrong("[[step]], key `id`", name, "a word of a-z, 0-9 and hyphens")
            if ids.count(name) > 1:
                raise Malformed("PC210", f"Two steps are called {name!r}.").at(key=f'step "{name}"')

    def statement(self) -> Statement:
        """Return everything the file asserts, instance by instance."""
        entries = [entry for instance in self.instances() for entry in self.entries(instance)]
        names = Counter(entry.obligation.name for entry in entries)
        for name in (name for name, count in names.items() if count > 1):  # a proof is found by its name, and a finding counts for it
            what = f"{names[name]} instances are called {name!r}."
            raise Malformed("PC210", what, hint="List each value once, with fewer than 400 characters.").at(key="[for_each]")
        for kind, items in (("sanity", self.sanity), ("must_fail", self.must_fail)):
            for i, item in enumerate(items, 1):
                if not any(entry.key == f"[[{kind}]] {i}" for entry in entries):
                    raise wrong(f"[[{kind}]] {i}, instance", item["instance"], "an instance of [for_each]")
        lines = [f"{entry.kind} {entry.obligation.name} {entry.obligation.digest()} {_wish(entry)}" for entry in entries]
        digest = sha256("\n".join([self.claim["expect"], *lines]).encode()).hexdigest()
        return Statement(self.claim["id"], self.claim["expect"], tuple(entries), digest)

    def instances(self) -> Iterator[dict[str, Term]]:
        """Yield the constants of each instance, in the file's order of values and alphabetical order of names."""
        table = _strings_or_ints(self.tables.get("for_each", {}), "[for_each]")
        names = sorted(table)
        count = 1
        for name in names:
            count *= len(table[name])
        if count > MAX_INSTANCES:
            raise Malformed("PC106", f"{count} instances; {MAX_INSTANCES} are allowed.").at(key="[for_each]")
        for values in product(*(table[name] for name in names)):
            constants: dict[str, Term] = {}
            for name, value in zip(names, values, strict=True):
                with_key = Scope({}, dict(constants), f"[for_each], key `{name}`")
                constants[name] = with_key.scalar(value)
            yield constants

    def entries(self, instance: dict[str, Term]) -> Iterator[Entry]:
        """Yield statement, steps, checks, sanity values and must_fail neighbours of one instance."""
        suffix = "[" + ", ".join(f"{name}={value}" for name, value in instance.items()) + "]" if instance else ""
        tables, claim = self.tables, self.claim
        scope = Scope(tables.get("define", {}), instance, "[define]", self.measured)
        base = scope.domains(tables.get("for_all", {}), "[for_all]")
        some = scope.to_find(tables.get("exists", {}), base, "[exists]")
        scope.distributions(tables.get("random", {}), "[random]")
        given = scope.formulas(tables.get("given", []), "key `given`")
        goal = scope.formula(claim["statement"], "[claim], key `statement`")
        whole = obligation("statement" + suffix, scope, given, goal, unique=_flag(claim, "[claim]"))
        yield Entry(whole, "statement", _by(claim.get("by"), "[claim]"), "[claim], key `statement`")
        for kind, tables_of_kind in (("step", self.steps), ("check", self.checks)):
            for i, step in enumerate(tables_of_kind, 1):
                name = f"step {step['id']}" if kind == "step" else f"check {i}"
                where = f'step "{step["id"]}"' if kind == "step" else f"[[check]] {i}"
                # What a step shows is for all, unless it says itself what exists; a check of the statement takes it as it stands.
                same = "shows" not in step
                there = {**(some if same else {}), **strings(step.get("exists", {}), f"{where}, exists")}
                inner = scope.extended(base, step.get("for_all", {}), there, where)
                local = (*given, *inner.formulas(step.get("given", []), f"{where}, key `given`"))
                shows = inner.formula(step.get("shows", claim["statement"]), f"{where}, key `shows`")
                unique = _flag(claim if same and "unique" not in step else step, where)
                yield Entry(obligation(name + suffix, inner, local, shows, unique=unique), kind, _by(step["by"], where), where, step.get("text", ""))
        for i, item in enumerate(self.sanity, 1):
            where = f"[[sanity]] {i}"
            if _selected(item, instance, where):
                values = scope.point(item.get("at", {}), where)
                shows = substitute(scope.formula(item["shows"], f"{where}, key `shows`"), values)
                if variables(shows):
                    missing = ", ".join(sorted(variables(shows)))
                    raise Malformed("PC203", f"A sanity value is taken at a point; `at` says nothing of {missing}.").at(key=where)
                yield Entry(Obligation(f"sanity {i}{suffix}", (), (), shows), "sanity", {}, where, item.get("text", ""))
        for i, item in enumerate(self.must_fail, 1):
            where = f"[[must_fail]] {i}"
            if _selected(item, instance, where):
                define = {**tables.get("define", {}), **strings(item.get("define", {}), f"{where}, define")}
                changed = Scope(define, instance, f"{where}, define", self.measured)
                there = {**some, **strings(item.get("exists", {}), f"{where}, exists")}
                changed = changed.extended(base, {**base, **strings(item.get("for_all", {}), f"{where}, for_all")}, there, where)
                changed.distributions({**tables.get("random", {}), **strings(item.get("random", {}), f"{where}, random")}, f"{where}, random")
                local = changed.formulas(item.get("given", tables.get("given", [])), f"{where}, key `given`")
                shows = changed.formula(item.get("statement", claim["statement"]), f"{where}, key `statement`")
                goal_there = obligation(f"must_fail {i}{suffix}", changed, local, shows, unique=_flag(item if "unique" in item else claim, where))
                hint = strings(item.get("at", {}), f"{where}, at")
                yield Entry(goal_there, "must_fail", {}, where, item["text"], hint)


def obligation(name: str, scope: Scope, given: tuple[Term, ...], goal: Term, *, unique: bool = False) -> Obligation:
    """Return the obligation with the variables it uses, ordered so that ends use earlier ones only.

    Leaving out a variable that occurs nowhere changes nothing, because ``Scope.domains`` refuses empty domains. A domain whose
    ends depend on other variables may be empty somewhere, so its variable stays. What is to be found must be used.
    """
    for sought in scope.sought:
        if sought not in variables(goal):
            raise Malformed("PC211", f"`{sought}` is to be found, and {name} does not use it.", hint="Leave it out of `exists`.")
        if any(sought in variables(formula) for formula in given):
            raise Malformed("PC104", f"`{sought}` is to be found; the hypotheses of {name} cannot know it.", hint="Write the condition into the statement.")
    if unique and not scope.sought:
        raise Malformed("PC204", f"`unique` is said of {name}, of which nothing is to be found.", hint="Add a table [exists].")
    used: set[str] = set()
    todo = set().union(variables(goal), *(variables(formula) for formula in given))
    todo |= {name for name, domain in scope.box.items() if any(end is not None and variables(end) for end in (domain.lower, domain.upper))}
    while todo:
        here = todo.pop()
        if here not in used:
            if here not in scope.box:
                raise Malformed("PC104", f"`{here}` is used as a number in {name}, where it is none.")
            used.add(here)
            domain = scope.box[here]
            for end in (domain.lower, domain.upper):
                todo |= set(variables(end)) if end is not None else set()
    domains = tuple((n, d) for n, d in scope.box.items() if n in used and n not in scope.sought)
    return Obligation(name, domains, given, goal, tuple((n, d) for n, d in scope.box.items() if n in scope.sought), unique)


def measured(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of what only methods can measure, [flow] and [experiment], checked."""
    found: dict[str, Any] = {}
    if not {"flow", "experiment"} & set(tables):
        return found
    defined = {name for key in ("define", "for_all", "for_each") for name in strings(tables.get(key, {}), f"[{key}]")}
    if "flow" in tables:
        found["flow"] = strings(tables["flow"], "[flow]")
        for name in found["flow"]:
            if name not in strings(tables.get("for_all", {}), "[for_all]"):
                raise Malformed("PC104", f"`{name}` is no variable of [for_all]; the flow moves those.").at(key="[flow]")
        for name in (name for name in defined if name.partition("(")[0].strip() in TRAJECTORY):
            raise Malformed("PC210", f"`{name}` is defined here, and a word for trajectories in a claim with [flow].").at(key="[define]")
        if not found["flow"]:
            raise wrong("[flow]", {}, "a table of derivatives of variables")
    if "experiment" in tables:
        table = _table(tables["experiment"], "experiment", "[experiment]")
        measures = table["measures"]
        if not isinstance(table["name"], str) or not re.fullmatch(r"[a-z0-9]+\.[a-z0-9_]+", table["name"]):
            raise wrong("[experiment], key `name`", table["name"], 'a registered name such as "tian2017.training"')
        if type(table.get("seed", 1)) is not int or table.get("seed", 1) < 0:
            raise wrong("[experiment], key `seed`", table["seed"], "a whole number that is not negative")
        if not isinstance(measures, list) or not measures or not all(isinstance(name, str) and is_name(name) for name in measures):
            raise wrong("[experiment], key `measures`", measures, "a list of names")
        for name in measures:
            if name in defined or measures.count(name) > 1 or name in RESERVED:
                raise Malformed("PC210", f"`{name}` is measured, and something else too.").at(key="[experiment], key `measures`")
        for part in ("parameters", "full"):
            for key in strings(table.get(part, {}), f"[experiment.{part}]"):
                if not is_name(key):
                    raise Malformed("PC204", f"{key!r} cannot name a parameter.").at(key=f"[experiment.{part}]")
        found["experiment"] = table
    return found


def _table(value: Any, kind: str, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(where, value, "a table")
    for key in value:
        if key not in KEYS[kind]:
            raise Malformed("PC202", f"`{key}` is not a key here.", hint=suggestion(key, list(KEYS[kind])).replace("Names in scope", "Keys")).at(key=where)
    for key in REQUIRED.get(kind, ()):
        if key not in value:
            raise Malformed("PC203", f"`{key}` is missing.").at(key=where)
    for key in ("text", "title"):
        if key in value and not isinstance(value[key], str):
            raise wrong(f"{where}, key `{key}`", value[key], "a text")
    return dict(value)


def _flag(table: Mapping[str, Any], where: str) -> bool:
    value = table.get("unique", False)
    if not isinstance(value, bool):
        raise wrong(f"{where}, key `unique`", value, "true or false")
    return value


def _list(tables: Mapping[str, Any], key: str) -> list[Any]:
    value = tables.get(key, [])
    if not isinstance(value, list):
        raise wrong(f"[[{key}]]", value, f"a list of tables; write [[{key}]]")
    return value


def _strings_or_ints(table: Any, key: str) -> dict[str, list[Any]]:
    for name, values in strings(table, key).items():
        if not is_name(name) or not isinstance(values, list) or not values:
            raise wrong(f"{key}, key `{name}`", values, "a list of numbers such as [2, 3, 5]")
    return dict(table)


def _selected(item: Mapping[str, Any], instance: Mapping[str, Term], where: str) -> bool:
    wanted = strings(item.get("instance", {}), f"{where}, instance")
    for name, value in wanted.items():
        if name not in instance:
            raise Malformed("PC104", f"`{name}` is not in [for_each].").at(key=f"{where}, instance")
        if Scope({}, {}, f"{where}, instance").scalar(value) is not instance[name]:
            return False
    return True


def _by(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {"rule": value}
    if not isinstance(value, Mapping) or not ("rule" in value or "method" in value):
        raise wrong(f"{where}, key `by`", value, "a method's name or a table with `rule` or `method`")
    return dict(value)


def _wish(entry: Entry) -> str:
    """Return what of ``by`` belongs to the meaning: an assumption and a citation do, hints do not."""
    rule = entry.by.get("rule")
    return json.dumps({key: str(entry.by[key]) for key in ("rule", "claim", "reason") if key in entry.by}, sort_keys=True) if rule in ("assume", "cite") else ""
