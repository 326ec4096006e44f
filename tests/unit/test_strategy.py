"""Which method an obligation gets, and what a plugin may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from proofcheck.evidence import Failure, Proof, Support, Undecided
from proofcheck.kernel.statement import Entry, read
from proofcheck.methods import strategy

File = Callable[..., bytes]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Return the names of the methods that were asked, with the options that they got."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def method(name: str) -> strategy.Method:
        def attempt(obligation: Any, options: dict[str, Any], _: object) -> Undecided:
            calls.append((name, options))
            return Undecided(obligation.name, name, "fragment", "")

        return attempt

    monkeypatch.setattr(strategy, "method", method)
    return calls


def _choose(file: bytes, kind: str = "statement") -> Any:
    entry = next(entry for entry in read(file).entries if entry.kind == kind)
    return strategy.chosen(entry, {}, lambda *_: None)


@pytest.mark.parametrize(
    ("statement", "by", "expected"),
    [
        ("x >= 0", "", "inequality"),
        ("x = x + 1", "", "identity"),
        ("x = 1 and x^2 = 1", "", "identity"),
        ("x = 1 and x >= 0", "", "inequality"),
        ("x = 1 or x = 2", "", "inequality"),
        ("x >= 0", '"identity"', "identity"),
        ("x >= 0", '{ method = "grid", points = 7 }', "grid"),
        ("x >= 0", '"witness"', "witness"),
        ("x >= 0", '"nonesuch"', "nonesuch"),
    ],
)
def test_wish_comes_before_shape(claim_file: File, asked: list[tuple[str, dict[str, Any]]], statement: str, by: str, expected: str) -> None:
    """The file's wish decides; without one equations go to identity and everything else to inequality."""
    _choose(claim_file(statement, {"x": "[0, 1]"}, by=by))
    assert [name for name, _ in asked] == [expected]


def test_hints_become_options(claim_file: File, asked: list[tuple[str, dict[str, Any]]]) -> None:
    """What stands beside the method's name in `by` is an option, the name itself is not."""
    _choose(claim_file("x >= 0", {"x": "[0, 1]"}, by='{ method = "grid", points = 7, digits = 20 }'))
    assert asked == [("grid", {"points": 7, "digits": 20})]


def test_neighbours_are_refuted_with_their_own_point(claim_file: File, asked: list[tuple[str, dict[str, Any]]]) -> None:
    """A must_fail neighbour goes to the witness method with the point that the file states."""
    _choose(claim_file("x >= 0", {"x": "[0, 1]"}, more='[[must_fail]]\ntext = "t"\nstatement = "x > 0"\nat.x = "0"'), "must_fail")
    assert asked == [("witness", {"at": {"x": "0"}})]


@pytest.mark.parametrize(("statement", "detail"), [("pi < 22/7", ""), ("pi = 3", "the value is false")])
def test_numbers_are_decided_where_they_stand(claim_file: File, asked: list[Any], statement: str, detail: str) -> None:
    """A statement without variables is settled by the kernel's own rule, true or false."""
    found = _choose(claim_file(statement))
    assert isinstance(found, Proof)
    assert (found.tree, found.detail, asked) == ({"rule": "point"}, detail, [])


def test_declared_steps_are_left_to_the_kernel(claim_file: File, asked: list[Any]) -> None:
    """Citations and assumptions are nodes that the kernel looks at; no method is asked."""
    for rule in ("assume", "cite"):
        found = _choose(claim_file("x >= 0", {"x": "[0, 1]"}, by=f'{{ rule = "{rule}", claim = "p/y", reason = "r" }}'))
        assert found.tree == {"rule": rule}
    assert asked == []


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ('"nonesuch"', ["'nonesuch'", "inequality", "PC204"]),
        ('{ rule = "bisection", cells = "many" }', ["`cells` is 'many'", "PC204"]),
        ('{ rule = "bisection", prec = 5 }', ["`prec` is 5", "PC204"]),
        ('{ method = "grid", pionts = 5 }', ["`pionts` is not an option", "PC202"]),
    ],
)
def test_mistakes_in_by_are_the_files(claim_file: File, by: str, words: list[str]) -> None:
    """A method that there is not, or an option that it does not have, is no crash: the evidence says what is wrong, and where."""
    found = strategy.attempt({"claim": claim_file("x >= 0", {"x": "[0, 1]"}, by=by), "obligation": "statement"})
    assert isinstance(found, Undecided)
    assert found.why == "malformed"
    assert [word for word in [*words, "[claim]"] if word not in found.detail] == []


def test_attempt_reads_the_claim_again(claim_file: File) -> None:
    """In the child the obligation is found by its name in the claim's text, and the time is measured."""
    found = strategy.attempt({"claim": claim_file("x^2 >= 0", {"x": "real"}), "obligation": "statement"})
    assert isinstance(found, Proof)
    assert (found.obligation, found.tree["rule"]) == ("statement", "sign")
    assert found.seconds > 0


@dataclass
class _Plugin:
    """An entry point as `importlib.metadata` gives it."""

    name: str
    answer: object

    def load(self) -> strategy.Method:
        return lambda obligation, options, progress: self.answer  # type: ignore[return-value]


def _entry(claim_file: File) -> Entry:
    return read(claim_file("x >= 0", {"x": "[0, 1]"}, by='"guess"')).entries[0]


def _asked_plugin(claim_file: File, monkeypatch: pytest.MonkeyPatch, answer: object) -> Any:
    monkeypatch.setattr(strategy, "plugins", lambda: [_Plugin("guess", answer)])
    return strategy.chosen(_entry(claim_file), {}, lambda *_: None)


def test_plugin_cannot_call_a_proof_symbolic(claim_file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's symbolic node would be believed unseen; it becomes no proof at all."""
    found = _asked_plugin(claim_file, monkeypatch, Proof("statement", {"rule": "symbolic", "route": "trust me"}, "guess"))
    assert isinstance(found, Undecided)
    assert found.why == "fragment"


@pytest.mark.parametrize("grade", ["kernel", "symbolic", "witness", "certain"])
def test_plugin_cannot_award_itself_a_grade(claim_file: File, monkeypatch: pytest.MonkeyPatch, grade: str) -> None:
    """Support of a plugin is numerical or statistical, whatever it says."""
    found = _asked_plugin(claim_file, monkeypatch, Support("statement", "guess", grade, ""))
    assert isinstance(found, Support)
    assert found.grade == "numerical"


def test_plugin_speaks_of_its_obligation_only(claim_file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence of a plugin is for the obligation that it was asked, under its own name."""
    found = _asked_plugin(claim_file, monkeypatch, Proof("step other", {"rule": "sign"}, "inequality"))
    assert (found.obligation, found.method) == ("statement", "guess")
    failed = _asked_plugin(claim_file, monkeypatch, Failure("step other", "x", "boom"))
    assert (failed.obligation, failed.detail) == ("statement", "boom")


def test_plugin_that_returns_something_else_is_an_error(claim_file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not evidence is a fault of the plugin, said by name."""
    with pytest.raises(TypeError, match="plugin guess returned a bool"):
        _asked_plugin(claim_file, monkeypatch, True)


def test_plugin_cannot_replace_our_methods(claim_file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point called like one of our methods is never loaded."""
    monkeypatch.setattr(strategy, "plugins", lambda: [_Plugin("inequality", None)])
    found = strategy.chosen(read(claim_file("x >= 0", {"x": "[0, 1]"})).entries[0], {}, lambda *_: None)
    assert isinstance(found, Proof)


def test_known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lint knows our methods, the declared rules and the plugins."""
    monkeypatch.setattr(strategy, "plugins", lambda: [_Plugin("guess", None)])
    assert {"identity", "inequality", "witness", "grid", "assume", "cite", "guess"} <= set(strategy.known())
