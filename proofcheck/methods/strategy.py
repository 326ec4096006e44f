"""Which method for which obligation. Runs inside the child process: the obligation is read again from the claim's text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

from proofcheck.evidence import MEASURING, Evidence, Failure, Proof, Support, Undecided
from proofcheck.kernel import UNCHECKED
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.statement import Entry, read
from proofcheck.kernel.terms import BINDERS, OPAQUE, Obligation, conjuncts, postorder

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Method = Callable[..., Evidence]

OWN = {
    "identity": "proofcheck.methods.identity", "ring": "proofcheck.methods.identity", "parametrise": "proofcheck.methods.identity",
    "inequality": "proofcheck.methods.inequality", "bisection": "proofcheck.methods.inequality", "taylor": "proofcheck.methods.inequality",
    "zeros": "proofcheck.methods.inequality", "sign": "proofcheck.methods.inequality", "witness": "proofcheck.methods.witness",
    "grid": "proofcheck.methods.grid", "charts": "proofcheck.methods.charts", "assembly": "proofcheck.methods.assembly",
    **{name: f"proofcheck.methods.{name}" for name in MEASURING},
    "krawczyk": "proofcheck.methods.krawczyk",
}  # fmt: skip

NUMBERS = {"cells": (1, 10**9), "prec": (30, 4096)}
"""Options of the methods for inequalities, and their bounds."""


def attempt(payload: Mapping[str, Any]) -> Evidence:
    """Return the evidence for one obligation: ``payload`` has the claim's text, the obligation's name, and limits as options.

    With ``method``, that one is tried whatever the file asks for; ``at`` is a point for it to begin with.
    """
    from proofcheck.run import progress  # noqa: PLC0415 - exists in the child

    start = perf_counter()
    entries = {entry.obligation.name: entry for entry in read(payload["claim"]).entries}
    entry = entries[payload["obligation"]]
    _, bracket, instance = entry.obligation.name.partition("[")
    steps: dict[str, Obligation] = {}  # those before the entry in the file's order, of its own instance; all of them for a statement
    for name, other in entries.items():
        if name == entry.obligation.name and entry.kind == "step":
            break
        if other.kind == "step" and name.partition("[")[2] == instance:
            steps[name.removeprefix("step ").partition("[")[0]] = other.obligation
    if "method" in payload:
        entry = replace(entry, by={"method": payload["method"]}, hint=payload["at"])
    if entry.obligation.opaque and not entry.by:
        entry = replace(entry, by=entries[f"statement{bracket}{instance}"].by)
    try:
        wish = str(entry.by.get("rule") or entry.by.get("method") or "")
        if entry.obligation.opaque and wish not in ("assume", "cite") and measuring(entry.obligation, wish) == "monte_carlo":
            from proofcheck.methods import monte_carlo  # noqa: PLC0415 - numpy and scipy are loaded only where something is sampled

            entry = replace(entry, by=monte_carlo.stated(payload["claim"], entry))
        evidence = chosen(entry, dict(payload.get("options", {})), progress, steps)
    except Malformed as error:
        evidence = Undecided(entry.obligation.name, "strategy", "malformed", str(error.at(key=entry.key)))
    return replace(evidence, seconds=perf_counter() - start)


def chosen(
    entry: Entry, options: dict[str, Any], progress: Callable[[int, int, str], None], steps: Mapping[str, Obligation] | None = None
) -> Evidence:
    """Return the evidence of the method that fits the entry: its kind first, then the file's wish, then the goal's shape.

    ``steps`` are those that may be used: a statement is assembled from them where it can be. Raises Malformed for methods and options that there are not.
    """
    obligation = entry.obligation
    # Guards stay in the quick size: they change the quick parameters.
    full, processes = bool(options.pop("full", False)) and entry.kind in ("statement", "step", "check"), options.pop("processes", 1)
    kept = options.pop("kept", "")
    options = {**{key: value for key, value in entry.by.items() if key not in ("rule", "method")}, **options}
    wish = str(entry.by.get("rule") or entry.by.get("method") or "")
    for key, (low, high) in NUMBERS.items() if OWN.get(wish) == OWN["inequality"] else ():
        value = options.get(key, low)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Malformed("PC204", f"`{key}` is {value!r}; a whole number from {low} to {high} is expected.")
    if wish in ("assume", "cite"):
        return Proof(obligation.name, {"rule": wish}, wish)
    if obligation.opaque:
        return method(measuring(obligation, wish))(obligation, {**options, "full": full}, progress)
    if obligation.exists or wish == "krawczyk":
        if not obligation.exists or (wish and OWN.get(wish) != OWN["krawczyk"]):
            what = "Existence is for krawczyk" if obligation.exists else "krawczyk is for statements with [exists]"
            raise Malformed("PC204", f"{what}; the file asks for {wish!r}.", hint='Write `by = "krawczyk"`, with a start point under `at` if it needs one.')
        return method("krawczyk")(obligation, {**options, **({"at": entry.hint} if entry.hint else {})}, progress)
    if entry.kind == "must_fail" or (entry.kind == "statement" and wish == "witness"):
        violation = method("witness")(obligation, {**options, **({"at": entry.hint} if entry.hint else {})}, progress)
        # Balls do not enclose integrals; where they stand in equations, the method for those replaces them first.
        integrals = any(node.op in BINDERS for node in postorder((obligation.goal,)))
        return method("identity")(obligation, options, progress) if isinstance(violation, Undecided) and integrals else violation
    if not obligation.domains and not obligation.given and wish not in ("identity", "grid"):
        found = point(entry)
        if found is not None:
            return found
    if wish == "assembly":
        return method("assembly")(obligation, {**options, "steps": steps or {}}, progress)
    if steps and not wish and entry.kind == "statement":
        assembled = method("assembly")(obligation, {**options, "steps": steps}, progress)
        if isinstance(assembled, Proof):
            return assembled
    equality = all(atom.op == "eq" for atom in conjuncts(obligation.goal))
    name = wish or ("identity" if equality else "inequality")
    if OWN.get(name) == OWN["inequality"]:
        options["processes"], options["kept"] = processes, kept  # never the file's: how much of the machine is used, and where, is not part of a claim
    return method(name)(obligation, options, progress)


def measuring(obligation: Obligation, wish: str) -> str:
    """Return the method that measures what an obligation speaks of. Raises Malformed where that is not one, or the file wishes another."""
    found = {str(node.value).split()[0] for node in postorder((obligation.goal,)) if node.op == OPAQUE}
    if len(found) > 1:
        raise Malformed("PC107", f"A statement is measured in one way; this one mixes {' and '.join(sorted(found))}.", hint="Write one claim for each.")
    if obligation.exists:
        raise Malformed("PC107", "What exists is certified by a point; nothing measured can do that.", hint="Measure at a stated point instead.")
    (name,) = found
    if wish not in ("", name):
        raise Malformed("PC204", f"`{wish}` cannot measure this; the method is `{name}`.")
    return name


def point(entry: Entry) -> Evidence | None:
    """Return a decision at the only point there is, by the kernel's own rule; None where it does not decide."""
    try:
        holds = prove(entry.obligation, {"rule": "point"}, Link())
    except Rejected:
        return None
    return Proof(entry.obligation.name, {"rule": "point"}, "point", detail="" if holds else "the value is false")


def method(name: str) -> Method:
    """Return the function ``attempt`` of a method: our own, or a plugin's under the entry-point group ``proofcheck.methods``."""
    if name in OWN:
        found: Method = import_module(OWN[name]).attempt
        return found
    for plugin in plugins():
        if plugin.name == name:
            return foreign(name, plugin.load())
    raise Malformed("PC204", f"There is no method or rule {name!r}.", hint=f"Known: {', '.join(sorted(known()))}.")


def foreign(name: str, plugin: Method) -> Method:
    """Return a plugin's method with its evidence cut down to what a plugin may say.

    It may hand over a proof for the kernel or support at points. That computer algebra has proved something, it may not say.
    """

    def attempt(obligation: Obligation, options: dict[str, Any], progress: Callable[[int, int, str], None]) -> Evidence:
        found = plugin(obligation, options, progress)
        if isinstance(found, Proof) and found.tree.get("rule") == UNCHECKED:
            return Undecided(obligation.name, name, "fragment", "a plugin's own word is no proof; it may hand over a proof for the kernel, or support")
        if isinstance(found, Support):
            found = replace(found, grade="statistical" if found.grade == "statistical" else "numerical")
        if not isinstance(found, (Proof, Support, Undecided, Failure)):
            raise TypeError(f"the plugin {name} returned a {type(found).__name__}, which is no evidence")
        return replace(found, obligation=obligation.name, method=name)

    return attempt


def plugins() -> Iterable[EntryPoint]:
    """Return the entry points of plugins' methods."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - for the few files that name a plugin

    return entry_points(group="proofcheck.methods")


def known() -> tuple[str, ...]:
    """Return the names that ``by`` may use."""
    return (*OWN, *(plugin.name for plugin in plugins()), "assume", "cite")
