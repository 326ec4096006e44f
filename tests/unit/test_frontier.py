"""The vectorised search for subdivisions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from proofcheck.evidence import Proof
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.subdivide import unit
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import frontier, kept
from proofcheck.methods.frontier import Cells, Growth, Look, Search, Tree, leaves, subdivide
from proofcheck.methods.inequality import attempt
from proofcheck.methods.kept import Kept
from proofcheck.run import Outcome

EASY = "1 - 2*x + x^2 + 10*y^2 - 20*y*x^2 + 10*x^4 > -1/5"
WELL = "1 - 2*x + x^2 + 10*y^2 - 20*y*x^2 + 10*x^4 > -1/1000"


def goal(text: str, domains: Mapping[str, str], given: str = "") -> Obligation:
    """Return an obligation."""
    scope = Scope({}, {}, "test")
    scope.domains(dict(domains), "for_all")
    return Obligation("goal", tuple(scope.box.items()), (scope.formula(given, "given"),) if given else (), scope.formula(text, "goal"))


def quiet(*_: object) -> None:
    """Tell nobody."""


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Forget the search of the test before."""
    frontier.searching.cache_clear()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units that are so small that a subdivision of some hundred cells has many, some with more than one turn."""
    for name, number in (("DIVE", 4), ("SMALL", 8), ("WORK", 1_000), ("ALONE", 500), ("UNITS", 4), ("MAX_CURVED", 0)):
        monkeypatch.setattr(frontier, name, number)


def accepted(obligation: Obligation, grown: Growth) -> bool:
    """Say whether the kernel's rule accepts a subdivision."""
    try:
        return prove(obligation, {"rule": "bisection", "prec": 64, "tree": grown.text, "factors": [list(row) for row in grown.factors]}, Link())
    except Rejected:
        return False


@pytest.mark.parametrize(
    ("text", "domains", "given"),
    [
        (WELL, {"x": "[-2, 2]", "y": "[-2, 2]"}, ""),
        ("sin(3*x)*cos(5*y) + x*y < 5", {"x": "[-2, 2]", "y": "[-2, 2]"}, ""),
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 > -1/200", {"x": "[-2, 2]", "y": "[-2, 2]"}, ""),
        ("x + y > 7/5", {"x": "[0, 2]", "y": "[0, 2]"}, "x^2 + y^2 <= 1 and x*y >= 0 or x + y >= 3/2"),
        ("(x > y or y > x^2 - 1/10) and x < 2", {"x": "[0, 1]", "y": "[0, 1]"}, ""),
        ("abs(x - y) + max(x, y)^2 + min(x, 1/3) > -2/3", {"x": "[-1, 1]", "y": "[-1, 1]"}, ""),
        ("gamma(x) + log(x) + sqrt(x) + atan(x) + exp(-x) > 1/2 + tan(x/4)/10", {"x": "[1/2, 3]"}, ""),
        ("acos(x/3) + asin(y/3) + angle([x, 1], [y, 2]) > -1/10", {"x": "[-2, 2]", "y": "[0, 2]"}, ""),
        ("y < 3/2", {"x": "[0, 1]", "y": "[0, 1 + x/4]"}, ""),
    ],
)
def test_every_complete_subdivision_passes_the_kernel(text: str, domains: dict[str, str], given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the arrays find is accepted by the rule, with a dive of one cell and with the usual one."""
    obligation = goal(text, domains, given)
    for dive in (1, frontier.DIVE):
        monkeypatch.setattr(frontier, "DIVE", dive)
        grown = subdivide(obligation, 64, 20_000, quiet)
        if given and grown.violated:
            continue
        assert grown.open == 0, (text, grown)
        assert accepted(obligation, grown)


@pytest.mark.usefixtures("small")
def test_processes_do_not_show_in_the_text() -> None:
    """One process and three find the same subdivision, byte for byte, with as many cells."""
    obligation = goal(WELL, {"x": "[-2, 2]", "y": "[-2, 2]"})
    one, three = (subdivide(obligation, 64, 100_000, quiet, processes=count) for count in (1, 3))
    assert one == three
    assert one.open == 0
    assert len(one.text) > 300


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("text", ["(x - 1/3)^2 + (y - 1/3)^2 >= 0", "(x - 7/10)^2 + (y - 1/5)^2 > 1/10^9", "x^2 + y^2 + 1/10^7 > 2*x*y"])
def test_processes_do_not_show_where_a_search_ends(text: str) -> None:
    """At a zero, a violation or the end of the budget, too, one process and two say the same."""
    obligation = goal(text, {"x": "[0, 1]", "y": "[0, 1]"})
    one, two = (subdivide(obligation, 64, 700, quiet, processes=count) for count in (1, 2))
    assert one == two
    assert one.open > 0


class Killed(Exception):
    """What ends a search from outside."""


def killed_after(count: int) -> Callable[[int, int, str], None]:
    """Return a progress function that ends the search after some units."""
    told: list[int] = []

    def progress(done: int, total: int, note: str) -> None:
        del total, note
        told.append(done)
        if len(told) > count:
            raise Killed

    return progress


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_search_goes_on_where_it_was(processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed twice, a search ends with the text and the cells of one that was not, and looks at no more cells than the rest."""
    monkeypatch.setattr(kept, "EVERY", 0.0)
    monkeypatch.setattr(Kept, "due", True)
    obligation = goal(EASY, {"x": "[-2, 2]", "y": "[-2, 2]"})
    wanted = subdivide(obligation, 64, 100_000, quiet)
    for count in (3, 4):
        with pytest.raises(Killed):
            subdivide(obligation, 64, 100_000, killed_after(count), processes=processes, kept=tmp_path)
    (file,) = tmp_path.iterdir()
    state = json.loads(file.read_text("utf-8"))
    assert 0 < state["spent"] < wanted.spent
    assert state["tree"].count("?") == len(state["turns"]) > 0
    told: list[int] = []
    grown = subdivide(obligation, 64, 100_000, lambda done, *_: told.append(done), processes=processes, kept=tmp_path)
    assert grown == wanted
    assert grown.kept is not None
    assert told[1] > state["spent"]
    # It is complete on disk too; another budget, precision or obligation has a file of its own.
    assert subdivide(obligation, 64, 100_000, killed_after(1), kept=tmp_path) == wanted
    assert subdivide(obligation, 64, 90_000, quiet, kept=tmp_path).kept is None


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 10_000, '{"tree": "0N", "turns": [], "spent": 1}', '{"tree": "NN", "turns": [], "spent": 1}',
                                  '{"tree": "0?N", "turns": [], "spent": 1}', '{"tree": "2NN", "turns": [], "spent": 1}', '{"tree": "Z", "turns": [], "spent": 1}',
                                  '{"tree": "0?N", "turns": ["x"], "spent": 1}'])  # fmt: skip
def test_what_was_kept_and_is_no_search_is_not_used(text: str, tmp_path: Path) -> None:
    """A file that is damaged in any way means that the search starts anew."""
    obligation = goal(EASY, {"x": "[-2, 2]", "y": "[-2, 2]"})
    Kept(tmp_path, obligation, 64, False, 100_000).write({})
    (file,) = tmp_path.iterdir()
    file.write_text(text, "utf-8")
    found = subdivide(obligation, 64, 100_000, quiet, kept=tmp_path)
    assert found == subdivide(obligation, 64, 100_000, quiet)
    assert found.kept is None


@pytest.mark.usefixtures("small")
def test_what_was_kept_is_never_trusted(tmp_path: Path) -> None:
    """A kept subdivision with a leaf that does not decide is thrown away; for a false statement it changes nothing."""
    for text, rule in ((EASY, "bisection"), (EASY.replace("-1/5", "1/5"), "witness")):
        obligation = goal(text, {"x": "[-2, 2]", "y": "[-2, 2]"})
        Kept(tmp_path, obligation, 64, False, 200_000 - 3).write({"tree": "N", "turns": [], "spent": 1})
        Kept(tmp_path, obligation, 64, False, 200_000).write({"tree": "N", "turns": [], "spent": 1})
        proof = attempt(obligation, {"kept": str(tmp_path)}, quiet)
        assert isinstance(proof, Proof)
        assert proof.tree["rule"] == rule
        assert prove(obligation, proof.tree, Link()) == (rule == "bisection")


def test_few_searches_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest files go; where nothing can be written nothing is kept, and nothing else happens."""
    monkeypatch.setattr(kept, "FILES", 2)
    files = [Kept(tmp_path, goal(f"x > -{i}", {"x": "[0, 1]"}), 64) for i in range(1, 5)]
    for i, file in enumerate(files):
        file.write(i)
        if file.path.exists():
            os.utime(file.path, (i, i))
    assert [file.load() for file in files] == [None, None, 2, 3]
    files[3].forget()
    assert files[3].load() is None
    (tmp_path / "file").write_text("", "utf-8")
    Kept(tmp_path / "file", goal("x > -1", {"x": "[0, 1]"}), 64).write(1)


def test_where_searches_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder that the environment names, else in the user's folder for caches."""
    monkeypatch.setenv("PROOFCHECK_CACHE", "/a")
    assert kept.folder() == Path("/a/searches")
    monkeypatch.delenv("PROOFCHECK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert kept.folder() == Path("/b/proofcheck/searches")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/c")
    assert kept.folder() == Path("/c/.cache/proofcheck/searches")


@pytest.mark.usefixtures("small")
def test_an_interruption_ends_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signal stopped is not done here instead."""
    task = frontier.Task("0", frontier.CALL, None, 1.0, 1)
    monkeypatch.setattr(frontier, "run", lambda *_, **__: (Outcome(task, None, "interrupted", 0.0, 0.0, 0) for _ in range(1)))
    with pytest.raises(KeyboardInterrupt):
        subdivide(goal(WELL, {"x": "[-2, 2]", "y": "[-2, 2]"}), 64, 100_000, quiet, processes=2)


@pytest.mark.usefixtures("small")
def test_a_unit_whose_process_dies_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process costs time and changes nothing."""
    obligation = goal(EASY, {"x": "[-2, 2]", "y": "[-2, 2]"})
    wanted = subdivide(obligation, 64, 100_000, quiet)
    monkeypatch.setattr(frontier, "CALL", "os:abort_without_payload")
    assert subdivide(obligation, 64, 100_000, quiet, processes=2) == wanted


def test_cells_share_what_is_said_of_constants() -> None:
    """A goal without variables, even without a value, is looked at on cells that a hypothesis excludes or not."""
    search = Search(goal("not (integral(p, p + 6, x, x) != -2)", {"x": "[0, 1]"}, "x > 1/2"), 64, clip=False)
    look = Look(search, np.array([[0.0, 0.5]]), np.array([[0.25, 0.5]]))
    assert look.forms.tolist() == ["N", ""]


def test_budget_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search stops near its budget, leaves open cells behind, and tells its progress on the way."""
    monkeypatch.setattr(frontier, "LEAST", 256)
    told: list[int] = []
    hard = goal("x^3 + y^3 + z^3 + 1/10^9 > 3*x*y*z - (x - y)^4", dict.fromkeys("xyz", "[0, 1]"))
    grown = subdivide(hard, 64, 3_000, lambda done, total, note: told.append(done))
    assert grown.open > 0
    assert 3_000 <= grown.spent < 3_000 + 256 + frontier.BATCH
    assert told


def test_a_zero_stops_the_search_early() -> None:
    """A point at which both sides agree is reached before much is spent, and named."""
    grown = subdivide(goal("(x - 1/3)^2 + (y - 1/3)^2 >= 0", {"x": "[0, 1]", "y": "[0, 1]"}), 64, 10**6, quiet)
    assert grown.stuck is not None
    assert not grown.violated
    assert grown.spent < 2_000
    assert all(abs(low - Fraction(1, 3)) < Fraction(1, 1000) for low, _ in grown.stuck)


def test_a_violation_stops_the_search() -> None:
    """The middle of a cell at which the goal fails and the hypotheses hold ends the search; where they do not hold it does not."""
    domains = {"x": "[0, 1]", "y": "[0, 1]"}
    text = "(x - 7/10)^2 + (y - 1/5)^2 > 1/10^6"
    found = subdivide(goal(text, domains), 64, 10**6, quiet)
    assert found.violated
    assert found.stuck is not None
    (a, b), (c, d) = found.stuck
    assert ((a + b) / 2 - Fraction(7, 10)) ** 2 + ((c + d) / 2 - Fraction(1, 5)) ** 2 <= Fraction(1, 10**6)
    assert subdivide(goal(text, domains, "x + y <= 1/2"), 64, 10**6, quiet).open == 0


def test_a_tight_disc_is_reached_by_arrays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays stop at violations and at cells that are too narrow, as balls do."""
    monkeypatch.setattr(frontier, "DIVE", 4)
    domains = {"x": "[0, 1]", "y": "[0, 1]"}
    assert subdivide(goal("(x - 7/10)^2 + (y - 1/5)^2 > 1/10^6", domains), 64, 10**6, quiet).violated
    assert subdivide(goal("(x - 1/3)^2 >= 0", {"x": "[0, 1]"}), 64, 10**6, quiet).stuck is not None


def test_corner_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference that is monotone and exactly 0 at a corner of the domain is a corner leaf, and at an open end of it too."""
    monkeypatch.setattr(frontier, "DIVE", 1)
    closed = goal("x + y + x*y >= sin(x)/2", {"x": "[0, 1]", "y": "[0, 1]"})
    search = Search(closed, 64, clip=False)
    assert list(Look(search, np.zeros((2, 1)), np.ones((2, 1))).forms) == ["C"]
    assert subdivide(closed, 64, 100, quiet).text == "C"
    assert search.confirmed("", Cells(np.zeros((2, 1)), np.ones((2, 1))), 0) == ""


def test_confirmation_is_by_balls() -> None:
    """A form that does not decide a cell is not confirmed, whatever floats said."""
    search = Search(goal("x > 1/2", {"x": "[0, 1]"}), 64, clip=False)
    cells = Cells(np.array([[0.5, 0.75]]), np.array([[0.5, 0.25]]))
    assert [search.confirmed("N", cells, place) for place in (0, 1)] == ["", "N"]


def test_trees() -> None:
    """A tree is written in preorder, read back with its cells, and grows where a text is put in the place of an open node."""
    tree = Tree(1)
    first = tree.cut(0, 1)
    tree.letters[first] = "N"
    tree.letters[tree.cut(first + 1, 0)] = "M"
    assert tree.text(0) == "1N0M?"
    (opened,) = tree.graft(4, "0?L", iter([("1/2",)]))
    assert tree.text(0) == "1N0M0?L"
    assert tree.graft(opened, "H", iter(())) == []
    assert tree.text(0) == "1N0M0HL"
    assert tree.rows(0) == (("1/2",),)
    cells = list(leaves("1N0M?", unit(Search(goal("x > y", {"x": "[0, 1]", "y": "[0, 1]"}), 64, clip=False).chart)))
    half = Fraction(1, 2)
    assert cells[2] == ("?", ((half, Fraction(1)), (half, Fraction(1))))
    assert Growth("1N0M?", 5).open == 1


def test_a_sliver_inside_a_hypothesis_is_found() -> None:
    """Cells at which a hypothesis fails do not hide the violation beside them."""
    sliver = goal("x + y <= 141421/100000", {"x": "[-1, 1]", "y": "[-1, 1]"}, "x^2 + y^2 <= 1")
    found = subdivide(sliver, 64, 200_000, quiet)
    assert found.violated
    assert found.spent < 100_000


DISC, BALL, SIMPLEX = "x^2 + y^2 <= 1", "x^2 + y^2 + z^2 <= 1", "x + y + z <= 1"
BOUND: list[tuple[str, dict[str, str], str, int]] = [
    ("x + y <= 3/2", dict.fromkeys("xy", "[-1, 1]"), DISC, 4),
    ("x + y + z <= 9/5", dict.fromkeys("xyz", "[-1, 1]"), BALL, 6),
    ("x*y*z <= 1/5", dict.fromkeys("xyz", "[-1, 1]"), BALL, 500),
    ("x*y + y*z <= 71/100", dict.fromkeys("xyz", "[-1, 1]"), f"{BALL} and x^2 + y^2 + z^2 >= 99/100", 250),
    ("x*y*z <= 1/26", dict.fromkeys("xyz", "[0, 1]"), SIMPLEX, 250),
    ("x*y <= 26/100", dict.fromkeys("xy", "[0, 1]"), "x + y <= 1 and x != 3", 20),
    ("x + y + z <= 7/4", dict.fromkeys("xyz", "[-1, 1]"), "x^2 + y^2 + z^2 = 1", 15),
    ("exp(x)*y + x <= 27/10", dict.fromkeys("xy", "[0, 2]"), "x + y = 1 and x*y >= 0", 20),
]


@pytest.mark.parametrize("case", BOUND, ids=lambda case: f"{case[2]} => {case[0]}")
def test_factors_of_hypotheses_need_few_leaves(monkeypatch: pytest.MonkeyPatch, case: tuple[str, dict[str, str], str, int]) -> None:
    """Where the goal is least on the edge of its hypotheses, Lagrange's leaves are a tenth of the others, or the only ones that end."""
    text, domains, given, most = case
    obligation = goal(text, domains, given)
    grown = subdivide(obligation, 64, 20_000, quiet)
    assert grown.open == 0
    assert 0 < grown.text.count("L") == len(grown.factors)
    count = sum(letter.isupper() for letter in grown.text)
    assert count <= most
    assert accepted(obligation, grown)
    frontier.searching.cache_clear()
    monkeypatch.setattr(frontier, "MAX_CURVED", 0)
    plain = subdivide(obligation, 64, 20_000, quiet)
    assert plain.open > 0 or plain.text.count("N") >= 3 * count


def test_factors_are_kept_with_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed search with Lagrange's leaves goes on with their factors; without them it starts anew."""
    for name, number in (("SMALL", 8), ("WORK", 1_000), ("ALONE", 500), ("UNITS", 4)):
        monkeypatch.setattr(frontier, name, number)
    monkeypatch.setattr(Kept, "due", True)
    obligation = goal("x*y*z <= 1/26", dict.fromkeys("xyz", "[0, 1]"), SIMPLEX)
    wanted = subdivide(obligation, 64, 20_000, quiet)
    with pytest.raises(Killed):
        subdivide(obligation, 64, 20_000, killed_after(9), kept=tmp_path)
    (file,) = tmp_path.iterdir()
    state = json.loads(file.read_text("utf-8"))
    assert len(state["factors"]) == state["tree"].count("L") > 0
    found = subdivide(obligation, 64, 20_000, quiet, kept=tmp_path)
    assert found == wanted
    assert found.kept is not None
    file.write_text(json.dumps({**state, "factors": []}), "utf-8")
    found = subdivide(obligation, 64, 20_000, quiet, kept=tmp_path)
    assert found == wanted
    assert found.kept is None


CURVED: list[tuple[str, dict[str, str], int]] = [
    ("x^2 + y^2 - x*y - x - y + 1 + 1/100 > 0", dict.fromkeys("xy", "[-2, 2]"), 1),
    ("x^4 - 2*x^2 + 1 + 1/1000 > 0", {"x": "[-2, 2]"}, 25),
    ("exp(x) - x > 1 - 1/1000", {"x": "[-2, 1]"}, 5),
    ("exp(x) - exp(1)*x > -1/10^6", {"x": "[0, 2]"}, 1),
    ("x*log(x) > -1/exp(1) - 1/10000", {"x": "[1/10, 1]"}, 12),
    ("sin(x*y) + x^2 + y^2 > -1/100", dict.fromkeys("xy", "[-1, 1]"), 25),
    ("x^2 - 2*x*cos(y) + 1 - cos(y)*cos(y) + 1/100 > -1", {"x": "[-2, 2]", "y": "[0, 3]"}, 30),
    ("x^6 + y^6 - 3*x^2*y^2 + 1 + 1/50 > 0", dict.fromkeys("xy", "[-2, 2]"), 300),
    ("4*x^2 - 21/10*x^4 + x^6/3 + x*y - 4*y^2 + 4*y^4 > -104/100", {"x": "[-2, 2]", "y": "[-1, 1]"}, 120),
    ("x^4 + 2*x^2*y - 21*x^2 + y^2 - 22*y + y^4 + 2*x*y^2 - 13*y^2 - 14*x + 170 > -1/100", dict.fromkeys("xy", "[-5, 5]"), 120),
    ("x^4 + y^4 + z^4 - 4*x*y*z + 1 + 1/20 > 0", dict.fromkeys("xyz", "[-2, 2]"), 2_000),
    ("sin(x)*sin(y) + cos(x)*cos(y)*cos(z) < 1 + 1/500", dict.fromkeys("xyz", "[0, 2]"), 1_100),
]


@pytest.mark.parametrize("case", CURVED, ids=lambda case: case[0])
def test_second_order_needs_fewer_leaves(monkeypatch: pytest.MonkeyPatch, case: tuple[str, dict[str, str], int]) -> None:
    """Near a smooth minimum the second-order form closes larger cells: fewer leaves than without it, by the stated bound."""
    statement, domains, most = case
    counts = []
    for limit in (0, frontier.MAX_CURVED):
        frontier.searching.cache_clear()
        monkeypatch.setattr(frontier, "MAX_CURVED", limit)
        grown = subdivide(goal(statement, domains), 64, 60_000, quiet)
        assert grown.open == 0
        counts.append(sum(letter.isupper() for letter in grown.text))
        assert ("H" in grown.text) == (limit > 0)
    assert counts[1] <= min(most, counts[0] * 2 // 3)
