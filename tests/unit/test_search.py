"""Counterexample search: what is found is confirmed by the kernel, tiles depend on nothing but the plan, interruptions change nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import proofcheck
from proofcheck import kernel
from proofcheck.cli import cli
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation, show
from proofcheck.search import ledger
from proofcheck.search.engines import part_of, special, unit_obligation
from proofcheck.search.run import SearchResult, claim_named, opened, search
from proofcheck.search.space import decimal, enclosed, spaces
from proofcheck.search.tape import Tape
from proofcheck.search.tiles import Computer, point, verdict

DISC = ("(x - 1/3)^2 + (y - 2/7)^2 > 1/1000000", {"x": "[0, 1]", "y": "[0, 1]"})
TRUE = ("x^2 + y^2 + 1/1000 > 0", {"x": "[-1, 1]", "y": "[-1, 1]"})
NEEDLE = ("1 - 2*exp(-((x - 1/3)^2 + (y - 2/7)^2)*2000000) > 0", {"x": "[0, 1]", "y": "[0, 1]"})


def _obligation(goal: str, domains: dict[str, str], given: tuple[str, ...] = ()) -> Obligation:
    scope = Scope({}, {}, "test")
    scope.domains(domains, "for_all")
    return Obligation("goal", tuple(scope.box.items()), scope.formulas(list(given), "given"), scope.formula(goal, "goal"))


def _confirmed(found: SearchResult, goal: str, domains: dict[str, str], given: tuple[str, ...] = ()) -> bool:
    """Say whether the kernel, asked again, refutes the formula at the witness."""
    obligation = _obligation(goal, domains, given)
    return verdict(obligation, point(obligation, dict(found.witness))) == "witness"


# -- functions on the cube -----------------------------------------------------------------------------------------------

SMOOTH = [
    "x*y + sin(x)^3 - cos(y)/x", "exp(x - y)*log(x + y)*sqrt(x)", "atan(x*y) + asin(x/4)*acos(y/5)", "abs(x - y) + min(x, y)*max(x^2, y)",
    "tan(x/3)*gamma(x + y)", "angle([x, 1, y], [y, 2, x])", "norm([x, y])^3/dot([x, y], [1, 2])", "x^(-3) + (x*y)^5 - x^0*y",
]  # fmt: skip


@pytest.mark.parametrize("text", SMOOTH)
def test_gradients(text: str) -> None:
    """One sweep back gives the derivatives that differences of values give, at many points at once."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "[1, 2]", "y": "[1, 2]"}, "for_all")
    term = scope.scalar(text)
    tape = Tape((term,), ["x", "y"])
    t = np.random.default_rng(1).uniform(1, 2, (2, 7))
    values = tape.forward(t)
    gradient = tape.pull(values, np.ones((1, 7)))
    for axis in range(2):
        step = np.zeros((2, 1))
        step[axis] = 1e-6
        slope = (tape.roots(tape.forward(t + step), 7) - tape.roots(tape.forward(t - step), 7))[0] / 2e-6
        assert np.allclose(gradient[axis], slope, rtol=1e-6, atol=1e-7)


def test_jacobian_of_several_roots() -> None:
    """The rows of the Jacobian are the gradients of the roots; a root that does not use an input has 0 there."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "[1, 2]", "y": "[1, 2]"}, "for_all")
    tape = Tape((scope.scalar("x^2"), scope.scalar("x*y"), scope.scalar("7")), ["x", "y"])
    values, slopes = tape.jacobian(np.array([3.0, 5.0]))
    assert values.tolist() == [9, 15, 7]
    assert slopes.tolist() == [[6, 0], [5, 3], [0, 0]]


@pytest.mark.parametrize(
    ("domain", "t", "value"),
    [("[2, 4]", 0.25, "5/2"), ("[2, inf)", 0.75, "5"), ("(-inf, 3]", 0.5, "2"), ("real", 0.5, "0"), ("(0, pi]", 1.0, "pi"), ("integer in [2, 5]", 0.99, "5"),
     ("integer in (2, 5)", 0.1, "3"), ("integer in [2, inf)", 0.0, "2"), ("integer in (-inf, 4)", 0.0, "3"), ("integer", 0.5, "0")],
)  # fmt: skip
def test_coordinates(domain: str, t: float, value: str) -> None:
    """The unit interval is mapped onto every kind of domain, and the exact point is what the floats say."""
    (space,) = spaces(_obligation("x > -1000000000", {"x": domain}))
    at = space.exact([t])
    assert show(at["x"]) == value
    goal, _ = space.looked(np.array([[t]]))
    assert goal[0] == pytest.approx(space.value(at), rel=1e-5)


def test_ends_that_use_other_variables() -> None:
    """A triangle is a square in the coordinates, and every exact point lies in it."""
    obligation = _obligation("x + y < 2", {"x": "[0, 1]", "y": "[x, 1]"})
    (space,) = spaces(obligation)
    at = space.exact([0.5, 0.5])
    assert [show(value) for value in at.values()] == ["1/2", "3/4"]
    assert verdict(obligation, space.exact([1.0, 1.0])) == "witness"


def test_linear_equations_are_solved() -> None:
    """With x + y + z = 1 two coordinates are left, and every point satisfies the equation exactly."""
    obligation = _obligation("x*y*z < 1/30", {"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}, ("x + y + z = 1", "x > y"))
    (space,) = spaces(obligation)
    assert (space.dimension, set(space.solved)) == (2, {"z"})
    at = space.exact([0.3, 0.4])
    assert show(at["z"]) == "3/10"
    assert len(space.given) == 3  # x > y, and both ends of z


def test_quadratic_equations_have_two_branches() -> None:
    """On the circle one coordinate is left, in two branches, one for each root."""
    branches = spaces(_obligation("x + y < 7/5", {"x": "[-1, 1]", "y": "[-1, 1]"}, ("x^2 + y^2 = 1",)))
    assert [space.dimension for space in branches] == [1, 1]
    assert len({space.exact([0.9])["y"] for space in branches}) == 2
    assert not branches[0].unsolved


def test_other_equations_are_named(tmp_path: Path) -> None:
    """An equation that is neither linear nor quadratic in a variable is reported, not silently dropped."""
    found = search("x < 1/2", {"x": "[0, 1]", "y": "[0, 1]"}, ("sin(x) + x^3 = cos(y) - y^5",), budget=2000, out=tmp_path / "a.jsonl")
    assert not found.found
    assert len(found.unsolved) == 1
    assert "could not be solved" in str(found)


def test_parts_and_alternatives() -> None:
    """A conjunction is violated where one part is, a part where all of its alternatives are; `not` turns relations round."""
    (space,) = spaces(_obligation("(x > 0 or y > 0) and not (x > 1/2 and y = 1)", {"x": "[-1, 1]", "y": "[-1, 1]"}))
    assert [len(part) for part in space.goal] == [2, 2]
    goal, _ = space.looked(np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]))  # (-1, -1), (1, -1), (1, 1)
    assert (goal[0], goal[1] > 0, goal[2] <= 0) == (-1.0, True, True)


def test_parts_of_the_cube() -> None:
    """The parts into which the cube is cut for the boxes cover it without overlap."""
    (space,) = spaces(_obligation("x + y > -1", {"x": "[0, 1]", "y": "[0, 1]"}))
    cells = [part_of(space, number, 8) for number in range(8)]
    assert len(set(cells)) == 8
    assert sum((b - a) * (d - c) for (a, b), (c, d) in cells) == 1
    assert len(unit_obligation(space).domains) == 2


def test_special_points() -> None:
    """The special points have the corners, the middle and thirds in few variables, and stay few in many."""
    assert {(0.0, 1.0), (0.5, 0.5), (1 / 3, 2 / 3)} <= {tuple(np.round(row, 12)) for row in special(2, 4096).T} | {(1 / 3, 2 / 3)}
    assert special(200, 4096).shape == (200, 403)


def test_decimals() -> None:
    """A rational with a finite decimal expansion is written so, another is not."""
    from fractions import Fraction

    assert [decimal(Fraction(text)) for text in ("-1/8", "3", "1/3", "123/100000")] == ["-0.125", "3", None, "0.00123"]


def test_enclosures_enclose() -> None:
    """The ends of an enclosure lie on both sides of the exact value, 17 digits apart at the most."""
    obligation = _obligation("x < pi", {"x": "[0, 1]"})
    (space,) = spaces(obligation)
    low, high = enclosed(space.formula, point(obligation, {"x": "1"})) or (0, 0)
    assert low < 2.14159265358979 + 1e-14 < high + 2e-14
    assert 0 < high - low < 1e-15
    assert enclosed(_obligation("1/x > 0", {"x": "[0, 1]"}).goal.args[0], point(obligation, {"x": "0"})) is None


# -- searches ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["random", "optimise", "bisect", "all"])
def test_every_method_finds_a_disc(tmp_path: Path, method: str) -> None:
    """A disc of relative volume 3e-6 is found by each method alone, confirmed, and rounded to small rationals."""
    found = search(*DISC, method=method, budget=2_000_000, out=tmp_path / "a.jsonl")
    assert found.found
    assert _confirmed(found, *DISC)
    assert max(len(text) for text in found.witness.values()) <= 9


def test_a_needle_without_a_slope_is_found(tmp_path: Path) -> None:
    """Where gradients are 0 in floats nearly everywhere, points and boxes still find a needle of relative volume 1e-6."""
    found = search(*NEEDLE, out=tmp_path / "a.jsonl")
    assert _confirmed(found, *NEEDLE)


def test_the_grid_finds_what_is_on_it(tmp_path: Path) -> None:
    """A grid finds a violation at a node and only there, and says where the smallest margin is."""
    goal, domains = "abs(x - 1/4) + abs(y - 1/2) > 0", {"x": "[0, 1]", "y": "[0, 1]"}
    found = search(goal, domains, method="grid", points=201, out=tmp_path / "a.jsonl")
    assert dict(found.witness) == {"x": "1/4", "y": "1/2"}
    missed = search(goal, domains, method="grid", points=200, out=tmp_path / "b.jsonl")
    assert (missed.outcome, missed.found) == ("nothing found", False)
    assert missed.best is not None
    assert float(missed.best.margin) == pytest.approx(1 / 4 - 50 / 199 + 1 / 398, abs=0.01)
    assert missed.totals["grid"]["points"] == 40_000


def test_grid_within_a_budget(tmp_path: Path) -> None:
    """A budget below the size of the grid ends the search before the grid, and says so; tiles are whole rows."""
    found = search("x + y >= 0", {"x": "[0, 1]", "y": "[0, 1]"}, method="grid", points=1000, budget=100_000, out=tmp_path / "a.jsonl")
    assert found.outcome == "budget ended"
    tiles = ledger.read(tmp_path / "a.jsonl").searches[0].tiles
    assert [tile.part["rows"] for tile in tiles[:2]] == [[0, 17], [17, 34]]
    assert found.totals["grid"]["points"] == 17_000 * len(tiles) <= 100_000


def test_true_statements(tmp_path: Path) -> None:
    """Nothing is found against a true statement; the smallest margin is the true one; boxes exclude the whole domain."""
    found = search(*TRUE, budget=300_000, out=tmp_path / "a.jsonl")
    assert (found.outcome, found.excluded) == ("nothing found", 1.0)
    assert found.best is not None
    assert found.best.margin == "0.001"
    assert not found.certificate


@pytest.mark.parametrize(
    ("goal", "domains", "given"),
    [
        ("x > 0", {"x": "[0, 1]"}, ()),
        ("x < 1", {"x": "(0, 1]"}, ()),
        ("sin(x) > 0", {"x": "(0, pi]"}, ()),
        ("(x - 1/3)^2 > 0", {"x": "[0, 1]"}, ()),
        ("x*y != 6/35", {"x": "[0, 1]", "y": "[0, 1]"}, ()),
        ("x*y*z <= 1/28", {"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}, ("x + y + z = 1",)),
        ("x + y < 1.414", {"x": "[-1, 1]", "y": "[-1, 1]"}, ("x^2 + y^2 = 1",)),
        ("exp(-x) > 1/100000", {"x": "[0, inf)"}, ()),
        ("n^2 + n + 41 != 41*k", {"n": "integer in [1, inf)", "k": "integer in [1, 100]"}, ()),
        ("x < 9/10 or y < 9/10", {"x": "[0, 1]", "y": "[0, 1]"}, ()),
        ("x^2 + y^2 = 1", {"x": "[0, 1]", "y": "[0, 1]"}, ("x > 1/2",)),
    ],
)
def test_edges_equations_and_whole_numbers(tmp_path: Path, goal: str, domains: dict[str, str], given: tuple[str, ...]) -> None:
    """Violations on closed ends, at single points, under equations, at infinity and among whole numbers are found and confirmed."""
    found = search(goal, domains, given, budget=500_000, out=tmp_path / "a.jsonl")
    assert _confirmed(found, goal, domains, given)


@pytest.mark.parametrize(
    ("goal", "domains", "witness"),
    [
        ("x^2 != 2", {"x": "[0, 10]"}, {"x": "sqrt(2)"}),
        ("(x^2 - 2*y)^2 + (x + y - pi)^2 > 0", {"x": "[0, 10]", "y": "real"}, {"x": "sqrt(2*pi + 1) + -1", "y": "(-1)*sqrt(2*pi + 1) + pi + 1"}),
        ("2*(x*cos(a) - 1)^2 + (y - x*sin(a))^2 > 0", {"a": "[0, pi/2]", "x": "real", "y": "real"}, None),
    ],
)
def test_exact_zeros(tmp_path: Path, goal: str, domains: dict[str, str], witness: dict[str, str] | None) -> None:
    """A strict relation that fails only where both sides are equal is refuted at a solution that is no rational point."""
    found = search(goal, domains, budget=300_000, out=tmp_path / "a.jsonl")
    assert _confirmed(found, goal, domains)
    assert witness is None or dict(found.witness) == witness
    assert witness is None or found.totals["zeros"]["tiles"] == 1


def test_what_no_point_refutes(tmp_path: Path) -> None:
    """That something exists, and numbers that only a method can measure, are not searched: the reason is given, and no ledger is begun."""
    root = Path(proofcheck.__file__).parents[1]
    for name in ("tian2017/fig.topw", "tian2017/ssb.two"):
        with pytest.raises(Malformed, match="only a method can measure"):
            search(name, root=root, out=tmp_path / "a.jsonl")
    obligation = _obligation("x > 0", {"x": "[0, 1]"})
    with pytest.raises(Malformed, match="something exists"):
        spaces(replace(obligation, exists=obligation.domains, domains=()))
    assert not (tmp_path / "a.jsonl").exists()


def test_boxes_find_what_slopes_hide(tmp_path: Path) -> None:
    """A violation of volume 5e-9 beside a slope that leads elsewhere is found by a few boxes."""
    goal = "min((x - 9/10)^2 + (y - 9/10)^2 + 1/100, 3000000*((x - pi/20)^2 + (y - pi/30)^2)) > 1/200"
    found = search(goal, {"x": "[0, 1]", "y": "[0, 1]"}, method="bisect", budget=1_000_000, out=tmp_path / "a.jsonl")
    assert found.found


def test_many_variables(tmp_path: Path) -> None:
    """A violation in 200 variables that no sampling meets is found by gradients."""
    goal = "sum(i in 1..200, (v[i] - 1/3)^2) > 1/1000"
    found = search(goal, {"v": "vector(200) in [-1, 1]"}, budget=500_000, out=tmp_path / "a.jsonl")
    assert found.found
    assert len(found.witness) == 200


def test_the_certificate_refutes(tmp_path: Path) -> None:
    """The certificate of a found counterexample makes the kernel refute the claim."""
    found = search(*DISC, budget=100_000, out=tmp_path / "a.jsonl")
    claim = claim_named(*DISC, (), tmp_path)
    assert kernel.check(claim.data, found.certificate.encode()).verdict == "refuted"


def test_python_interface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``proofcheck.search`` can be called and is the package; the result is plain data, and a notebook shows it escaped."""
    monkeypatch.chdir(tmp_path)
    found = proofcheck.search(*DISC, budget=100_000, seed=3)
    assert found.to_json()["schema"] == "proofcheck/search/1"
    assert json.loads(json.dumps(found.to_json()))["witness"] == dict(found.witness)
    assert Path(found.ledger).is_relative_to("reports/searches/formulas")
    assert proofcheck.search.ledger.head(Path(found.ledger)) == found.head
    shown = search("x < 1", {"x": "[0, 2]"}, budget=1000)._repr_html_()
    assert "x &lt; 1" in shown
    assert isinstance(found, proofcheck.SearchResult)
    with pytest.raises(AttributeError):
        _ = proofcheck.nothing


# -- the plan and its tiles ----------------------------------------------------------------------------------------------


def _plan(budget: int = 60_000, *, goal: tuple[str, dict[str, str]] = TRUE, method: str = "all", **options: Any) -> ledger.Open:
    return opened(claim_named(goal[0], goal[1], (), Path()), method, budget, 5, options)


def test_tiles_are_functions_of_the_plan() -> None:
    """Tiles computed backwards, by another computer, are the same: nothing depends on other tiles."""
    plan = _plan()
    one, other = Computer(plan), Computer(plan)
    results = [one.result(number) for number in range(one.tiles)]
    assert [other.result(number) for number in reversed(range(one.tiles))][::-1] == results
    assert len({str(result.tile.at) for result in results}) > 1


def test_the_text_is_bound_to_the_plan() -> None:
    """A plan whose text means something else than its digests is refused."""
    plan = _plan()
    with pytest.raises(Malformed) as caught:
        Computer(replace(plan, text=plan.text.replace("1/1000", "2/1000")))
    assert caught.value.code.startswith("PC301")


def test_jobs_change_nothing(tmp_path: Path) -> None:
    """With one process and with three the ledgers are the same, byte by byte."""
    for jobs in (1, 3):
        search(*TRUE, budget=60_000, jobs=jobs, out=tmp_path / f"{jobs}.jsonl")
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "3.jsonl").read_bytes()


def test_seeds_change_points(tmp_path: Path) -> None:
    """Another seed gives other points; the same seed the same result."""
    goal = "abs(x - pi/7) + abs(y - pi/11) + 1/1000 > 0"
    results = [search(goal, TRUE[1], budget=3_000, seed=seed, method="random", out=tmp_path / f"{k}.jsonl").result for k, seed in enumerate((1, 2, 1))]
    assert results[0] == results[2] != results[1]


@pytest.mark.parametrize(
    ("options", "code"),
    [({"method": "magic"}, "PC204"), ({"budget": 0}, "PC204"), ({"seed": -1}, "PC204"), ({"jobs": 0}, "PC204"), ({"points": 3}, "PC204"),
     ({"method": "grid", "points": {"q": 3}}, "PC104"), ({"full": True}, "PC203"), ({"method": "grid", "points": 10**9}, "PC106")],
)  # fmt: skip
def test_options_that_cannot_be_used(tmp_path: Path, options: dict[str, Any], code: str) -> None:
    """Every option that makes no sense is refused with its code, and no ledger is begun."""
    with pytest.raises(Malformed) as caught:
        search(*TRUE, out=tmp_path / "a.jsonl", **options)
    assert caught.value.code.startswith(code)
    assert not (tmp_path / "a.jsonl").exists()


# -- interruptions -------------------------------------------------------------------------------------------------------


def test_resuming_gives_the_same_result(tmp_path: Path) -> None:
    """A ledger cut after any line, or within one, is resumed to the same tiles, candidates, close record and root."""
    path = tmp_path / "a.jsonl"
    whole = search(*DISC, method="random", budget=3_000, seed=11, out=path)
    data = path.read_bytes()
    ends = [place for place, byte in enumerate(data) if byte == 10]
    for place in (*[end + 1 for end in ends[:-1]], ends[0] // 2, ends[1] + 9, len(data) - 5):
        path.write_bytes(data[:place])
        again = search(*DISC, method="random", budget=3_000, seed=11, out=path, resume=True)
        assert (again.result, again.outcome) == (whole.result, whole.outcome)
        found = ledger.read(path).searches[-1]
        assert found.close is not None
        assert found.close.root == found.root


def test_resuming_what_is_finished(tmp_path: Path) -> None:
    """A finished search is not done again: the ledger stays as it is, and the result comes from it."""
    path = tmp_path / "a.jsonl"
    one = search(*DISC, budget=10_000, out=path)
    before = path.read_bytes()
    assert search(*DISC, budget=10_000, out=path, resume=True).result == one.result
    assert path.read_bytes() == before
    search(*DISC, budget=10_000, seed=1, out=path)
    assert len(ledger.read(path).searches) == 2


def test_resuming_another_search(tmp_path: Path) -> None:
    """--resume refuses a ledger whose last search had another seed, and a ledger that was changed."""
    path = tmp_path / "a.jsonl"
    search(*DISC, budget=10_000, out=path)
    with pytest.raises(Malformed, match="another one"):
        search(*DISC, budget=10_000, seed=1, out=path, resume=True)
    path.write_bytes(path.read_bytes().replace(b'"seed":0', b'"seed":1'))
    with pytest.raises(Rejected):
        search(*DISC, budget=10_000, seed=1, out=path, resume=True)


ARGUMENTS = [TRUE[0], *(f"--for={name} in {domain}" for name, domain in TRUE[1].items()), "--method=grid", "--points=1500"]


def _started(path: Path, *more: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(proofcheck.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-m", "proofcheck", "search", *ARGUMENTS, "--out", str(path), *more], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment)  # fmt: skip


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the result of the search that is going to be killed."""
    path = tmp_path_factory.mktemp("search") / "a.jsonl"
    return search(*TRUE, method="grid", points=1500, out=path).result


def _killed(path: Path, choose: random.Random) -> bool:
    """Kill a search at a random moment after it began to write; say whether it was still running then."""
    with _started(path, "--resume", f"--jobs={choose.choice((1, 2))}") as process:
        size = path.stat().st_size if path.exists() else 0
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline and not (path.exists() and path.stat().st_size > size):
            time.sleep(0.005)
        time.sleep(choose.random() * 0.3)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return running


def _survives(tmp_path: Path, uninterrupted: str, kills: int) -> None:
    choose = random.Random(kills)
    done = attempts = number = 0
    while done < kills:
        attempts += 1
        assert attempts <= 5 * kills, "searches end before they can be killed"
        path = tmp_path / f"{number}.jsonl"
        done += _killed(path, choose)
        (begun,) = ledger.read(path).searches
        if begun.close or attempts % 5 == 0 or done == kills:
            last = search(*TRUE, method="grid", points=1500, out=path, resume=True)
            found = ledger.read(path)
            assert last.result == uninterrupted
            assert len(found.searches) == 1
            assert found.torn == 0
            number += 1


def test_ten_kills(tmp_path: Path, uninterrupted: str) -> None:
    """Ten kill -9 at random moments, several of the same search: what is resumed ends with the result of an uninterrupted run."""
    _survives(tmp_path, uninterrupted, 10)


@pytest.mark.heavy
def test_fifty_kills(tmp_path: Path, uninterrupted: str) -> None:
    """Fifty kill -9 at random moments: fifty resumed with the identical result."""
    _survives(tmp_path, uninterrupted, 50)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM keep what was found, print how to go on, and end with their codes; a note says what happened."""
    path = tmp_path / "a.jsonl"
    with _started(path, "--jobs=2", "--points=20000") as process:
        while not path.exists() or path.stat().st_size < 3000:
            time.sleep(0.01)
            assert process.poll() is None
        process.send_signal(number)
        out, message = process.communicate(timeout=20)
    assert process.returncode == code
    assert b"interrupted" in out
    assert b"--resume" in message
    (search_,) = ledger.read(path).searches
    assert search_.notes == (ledger.Note("interrupted", number.name),)
    assert search_.tiles
    assert search_.close is None


def test_full_disk(tmp_path: Path) -> None:
    """Where the ledger may not grow, the search ends with a message and the code of the environment, and can be resumed."""
    path = tmp_path / "a.jsonl"
    program = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); sys.argv[0] = 'proofcheck'; from proofcheck.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(proofcheck.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program, "search", *ARGUMENTS, "--out", str(path)], capture_output=True, env=environment, check=False)
    assert done.returncode == 3
    assert b"Nothing that was saved before is lost" in done.stderr
    assert b"Traceback" not in done.stderr
    found = ledger.read(path)
    assert found.torn == 0
    assert found.searches[0].close is None


def test_a_killed_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies ends the search with an error of the environment that says how to go on; what was written stays."""
    monkeypatch.setattr("proofcheck.search.run._tile", _dies)
    with pytest.raises(OSError, match="--resume"):
        search(*TRUE, budget=60_000, jobs=2, out=tmp_path / "a.jsonl")
    monkeypatch.undo()
    assert search(*TRUE, budget=60_000, out=tmp_path / "a.jsonl", resume=True).outcome == "nothing found"


def _dies(number: int) -> None:
    os._exit(number + 1)


# -- the command ---------------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["search", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 for a counterexample, 0 for a plan carried out in vain, 4 for a grid cut by the budget, 2 for mistakes; the witness is printed."""
    monkeypatch.chdir(tmp_path)
    code, out, _ = _run("x^2 > 1/16", "--for", "x in [0, 1]", "--budget", "1000", "--jobs", "1", "--certificate", "w.json")
    assert (code, out.splitlines()[1]) == (1, "  statement is violated at x = 0")
    assert "witness" in Path("w.json").read_text("utf-8")
    assert _run("x >= 0", "--for", "x in [0, 1]", "--budget", "1000", "--jobs", "1")[0] == 0
    code, out, _ = _run("x >= 0", "--for", "x in [0, 1]", "--method", "grid", "--points", "x=100000", "--budget", "20000", "--json")
    assert (code, json.loads(out)["outcome"]) == (4, "budget ended")
    for wrong in (["x >", "--for", "x in [0, 1]"], ["x > 0", "--for", "x"], ["x > 0", "--for", "x in [0, 1]", "--method", "grid", "--points", "a;b"], ["nothing/here"]):
        code, _, message = _run(*wrong)
        assert (code, "[PC" in message) == (2, True)


def test_claims_of_the_library(tmp_path: Path) -> None:
    """A claim is found by its id, by its name alone and by its path; instances are searched; the ledger lies at its id."""
    folder = tmp_path / "claims" / "paper"
    folder.mkdir(parents=True)
    text = """proofcheck = "claim/1"
[claim]
id = "paper/sums"
title = "t"
statement = "sum(i in 1..K, v[i]^2) < K - 1/100"
expect = "refuted"
[for_each]
K = [1, 2]
[for_all]
v = "vector(K) in [-1, 1]"
[search]
points = 11
"""
    (folder / "sums.toml").write_text(text, "utf-8")
    for name in ("paper/sums", "sums", str(folder / "sums.toml")):
        found = search(name, root=tmp_path, budget=2000)
        assert (found.found, found.obligation) == (True, "statement[K=1]")
        assert Path(found.ledger) == tmp_path / "reports" / "searches" / "paper" / "sums.jsonl"
    assert search("sums", root=tmp_path, full=True).totals["grid"]["points"] == 11
    assert len(ledger.read(Path(found.ledger)).searches) == 4
    with pytest.raises(Malformed, match="no relation"):
        search("sums", {"x": "[0, 1]"}, root=tmp_path)
