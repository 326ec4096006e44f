"""Claim text -> obligations: names, shapes, binders, domains, limits, digests."""


from __future__ import annotations

import copy
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed
from proofcheck.kernel.terms import ONE, Domain, Obligation, add, num, show, var, variables

UNIT = {"x": "[0, 1]"}


def first(data: bytes) -> Obligation:
    """Return the obligation of the statement."""
    return kernel.read(data).entries[0].obligation


# statement, definitions, what the statement becomes
MEANS: list[tuple[str, dict[str, Any], str]] = [
    ("D > 0", {"D": "x + 1"}, "x + 1 > 0"),
    ("D > 0", {"D": 3}, "3 > 0"),
    ("h(2) + h(x) > 0", {"h(t)": "t^2"}, "4 + x^2 > 0"),
    ("h(h(x)) > 0", {"h(t)": "t + 1"}, "x + 1 + 1 > 0"),
    ("k() > 0", {"k": "x"}, "x > 0"),
    ("h(2) > 0", {"h(x)": "x + D", "D": "5*x"}, "2 + 5*x > 0"),
    ("sum(k in 1..3, k*x) > 0", {}, "x + 2*x + 3*x > 0"),
    ("prod(k in 1..3, k + x) > 0", {}, "(1 + x)*(2 + x)*(3 + x) > 0"),
    ("sum(k in 3..1, x) = 0", {}, "0 = 0"),
    ("prod(k in 3..1, x) = 1", {}, "1 = 1"),
    ("sum(k in 1..2, sum(j in 1..k, j)) > 0", {}, "4 > 0"),
    ("dot(w, w) > 0", {"w": ["x", "2"]}, "x^2 + 4 > 0"),
    ("norm(w) > 0", {"w": "[x, 2]"}, "sqrt(x^2 + 4) > 0"),
    ("w = [1, 2]", {"w": ["x", "2"]}, "x = 1 and 2 = 2"),
    ("w + w = 2*w - -w", {"w": ["x"]}, "x + x = 2*x - -x"),
    ("w*2 = w/3", {"w": ["x"]}, "x*2 = x/3"),
    ("M*[1, x] = [1, 1]", {"M": [["1", "2"], ["3", "4"]]}, "1 + 2*x = 1 and 3 + 4*x = 1"),
    ("M*M = M", {"M": [["x"]]}, "x^2 = x"),
    ("det(M) > 0", {"M": [["x", "2"], ["3", "4"]]}, "x*4 + -6 > 0"),
    ("trace(M) > 0", {"M": [["x", "2"], ["3", "4"]]}, "x + 4 > 0"),
    ("transpose(M) = M", {"M": [["x", "2"], ["3", "4"]]}, "x = x and 3 = 2 and (2 = 3 and 4 = 4)"),
    ("identity(2) = M", {"M": [["x", "2"], ["3", "4"]]}, "1 = x and 0 = 2 and (0 = 3 and 1 = 4)"),
    ("M[1, 2] + w[1] > M[2][1]", {"M": [["x", "2"], ["3", "4"]], "w": ["x"]}, "2 + x > 3"),
    ("angle([x, 1], [1, 0]) > 0", {}, "angle(x, x^2 + 1, 1) > 0"),
    ("min(x, 1, 2) > max(x, 1)", {}, "min(min(x, 1), 2) > max(x, 1)"),
    ("factorial(x) > 0", {}, "gamma(x + 1) > 0"),
    ("x^(1/2) + x^(-3/2) > 0", {}, "sqrt(x) + sqrt(x)^(-3) > 0"),
    ("diff(x^3, x, 2) > 0", {}, "2*x*3 > 0"),
    ("diff([x, x^2], x) = [1, x]", {}, "1 = 1 and 2*x = x"),
    ("not x < 1 or x = 1", {}, "not (x < 1) or x = 1"),
    ("0 < x < 1", {}, "0 < x and x < 1"),
    ("x < 1 and x > 0", {}, "x < 1 and x > 0"),
    ("0*(1/x) = x^0", {}, "0*(1/x) = x^0"),
    ("1*x + 0 - 0 + (0 + x) > 0 - x", {}, "x + x > -x"),
    ("--x/1 > 2^-2", {}, "x > 1/4"),
    ("integral(p, p*x, 0, x) > 0", {}, "integral(_1, _1*x, 0, x) > 0"),
    ("integral(p, exp(-p), 0, inf) > integral(p, exp(p), -inf, 0)", {}, "integral(_1, exp(-_1), 0, inf) > integral(_1, exp(_1), -inf, 0)"),
    ("integral(p, integral(q, p*q, 0, p), 0, 1) > D", {"D": "integral(q, q, 0, 1)"},
     "integral(_2, integral(_1, _2*_1, 0, _2), 0, 1) > integral(_1, _1, 0, 1)"),
]  # fmt: skip


@pytest.mark.parametrize("case", MEANS, ids=lambda case: case[0])
def test_statement_means(claim_file: Callable[..., bytes], case: tuple[str, dict[str, Any], str]) -> None:
    """Definitions, vectors, sums and functions expand to these terms."""
    statement, define, shown = case
    assert show(first(claim_file(statement, UNIT, define=define)).goal) == shown


# code, statement, domains, the rest of the file
REFUSED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("PC101", "sum(pi in 1..2, 1) > 0", {}, {}),
    ("PC104", "y > 0", UNIT, {}),
    ("PC104", "inf > 0", {}, {}),
    ("PC104", "h(1) > 0", {}, {"define": {"h(t)": "t + s", "g(s)": "h(s)"}}),
    ("PC104", "g(1) > 0", {}, {"define": {"h(t)": "t + s", "g(s)": "h(s)"}}),
    ("PC105", "arcsin(x) > 0", UNIT, {}),
    ("PC105", "x(2) > 0", UNIT, {}),
    ("PC106", "x^10001 > 0", UNIT, {}),
    ("PC106", "9^9^9^9 > 0", {}, {}),
    ("PC106", "gamma(10^5) > 0", {}, {}),
    ("PC106", "sum(k in 1..10^9, k) > 0", {}, {}),
    ("PC106", "sum(k in 1..900000, k) > 0", {}, {}),
    ("PC106", "sum(a in 1..1000, sum(b in 1..1000, a*b)) > 0", {}, {}),
    ("PC106", "K > 0", {}, {"each": {"K": list(range(1, 66))}}),
    ("PC106", "w = w", {"w": "vector(401)"}, {}),
    ("PC106", "h20(x) > 0", UNIT, {"define": {"h0(t)": "t*t", **{f"h{i + 1}(t)": f"h{i}(h{i}(t))" for i in range(20)}}}),
    ("PC106", "d300 > 0", {}, {"define": {"d0": "1", **{f"d{i + 1}": f"((d{i}))" for i in range(300)}}}),
    ("PC106", "d5 > 0", UNIT, {"define": {"d0": "sin(x)/x", **{f"d{i + 1}": f"diff(d{i}*d{i}, x, 8)" for i in range(5)}}}),
    ("PC106", "M1 = M1", {}, {"define": {"M0": "identity(64)", "M1": "M0*M0"}}),
    ("PC107", "x", UNIT, {}),
    ("PC107", "[x] > 0", UNIT, {}),
    ("PC107", "[x] = [x, x]", UNIT, {}),
    ("PC107", "(x < 1) > 0", UNIT, {}),
    ("PC107", "x + (x < 1) > 0", UNIT, {}),
    ("PC107", "-(x < 1) > 0", UNIT, {}),
    ("PC107", "(x < 1)^2 = 1", UNIT, {}),
    ("PC107", "[x < 1] = [1]", UNIT, {}),
    ("PC107", "D = [1]", UNIT, {"define": {"D": ["x < 1"]}}),
    ("PC107", "sin(x < 1) > 0", UNIT, {}),
    ("PC107", "sin([x]) > 0", UNIT, {}),
    ("PC107", "sin(x, x) > 0", UNIT, {}),
    ("PC107", "dot([x]) > 0", UNIT, {}),
    ("PC107", "dot([x], [x, x]) > 0", UNIT, {}),
    ("PC107", "dot(x, x) > 0", UNIT, {}),
    ("PC107", "[x]^2 > 0", UNIT, {}),
    ("PC107", "[x]*[x] > 0", UNIT, {}),
    ("PC107", "[x] + x = [x]", UNIT, {}),
    ("PC107", "x/[x] > 0", UNIT, {}),
    ("PC107", "det([[x, x]]) > 0", UNIT, {}),
    ("PC107", "trace([[x, x]]) > 0", UNIT, {}),
    ("PC107", "x and x > 0", UNIT, {}),
    ("PC107", "not [x] > 0", UNIT, {}),
    ("PC107", "x[1] > 0", UNIT, {}),
    ("PC107", "h > 0", {}, {"define": {"h(t)": "t"}}),
    ("PC107", "h(1, 2) > 0", {}, {"define": {"h(t)": "t"}}),
    ("PC107", "diff(x) > 0", UNIT, {}),
    ("PC107", "diff(x, 2) > 0", UNIT, {}),
    ("PC107", "diff(x, x, 9) > 0", UNIT, {}),
    ("PC107", "diff(x < 1, x) > 0", UNIT, {}),
    ("PC107", "integral(2, x, 0, 1) > 0", UNIT, {}),
    ("PC107", "integral(p, p, 0) > 0", {}, {}),
    ("PC105", "min(x) > 0", UNIT, {}),
    ("PC108", "x^x > 0", UNIT, {}),
    ("PC108", "x^(1/3) > 0", UNIT, {}),
    ("PC109", "x > 0", {"x": "[1, 0]"}, {}),
    ("PC109", "x > 0", {"x": "[1, 1)"}, {}),
    ("PC109", "x > 0", {"x": "[sqrt(2)^2, 2]"}, {}),
    ("PC109", "x > 0", {"x": "[log(0), 2]"}, {}),
    ("PC109", "x > 0", {"x": "[0*log(-1), inf)"}, {}),
    ("PC109", "x > 0", {"x": "integer in (0, 1)"}, {}),
    ("PC109", "x > 0", {"x": "integer in [1/3, 2/3]"}, {}),
    ("PC109", "x > 0", {"x": "integer in [0, pi]"}, {}),
    ("PC109", "x > 0", {"x": "between 0 and 1"}, {}),
    ("PC109", "x = x", {"x": "vector(2, 3)"}, {}),
    ("PC110", "x = x", {"x": "vector(pi)"}, {}),
    ("PC110", "x = x", {"x": "vector(0)"}, {}),
    ("PC110", "[x][2] > 0", UNIT, {}),
    ("PC110", "[x][x] > 0", UNIT, {}),
    ("PC110", "identity(0) = 1", {}, {}),
    ("PC110", "sum(k in 1..x, k) > 0", UNIT, {}),
    ("PC110", "sum(k in 1..pi, k) > 0", {}, {}),
    ("PC110", "sum(k in 1/2..n, k) > 0", {"n": "integer"}, {}),
    ("PC110", "prod(k in 1..n, k) > 0", {"n": "integer"}, {}),
    ("PC111", "diff(abs(x), x) > 0", UNIT, {}),
    ("PC111", "diff(n^2, n) > 0", {"n": "integer"}, {}),
    ("PC111", "sum(k in 1..n, diff(k^2, k)) > 0", {"n": "integer"}, {}),
    ("PC204", "x > 0", {"x": 1}, {}),
    ("PC204", "x > 0", {"2x": "real"}, {}),
    ("PC204", "x > 0", {"x": "real"}, {"define": {"sin": "x"}}),
    ("PC204", "x > 0", {"x": "real"}, {"define": {"min(a, b)": "a"}}),
    ("PC204", "x > 0", {"x": "real"}, {"define": {"h(2)": "x"}}),
    ("PC204", "D > 0", {}, {"define": {"D": True}}),
    ("PC204", "K > 0", {}, {"each": {"K": []}}),
    ("PC208", "D > 0", {}, {"define": {"D": "E", "E": "D"}}),
    ("PC208", "h(1) > 0", {}, {"define": {"h(t)": "h(t - 1)"}}),
    ("PC208", "x > y", {"x": "[0, y]", "y": "[0, x]"}, {}),
    ("PC210", "x > 0", UNIT, {"define": {"x": "1"}}),
    ("PC210", "x > 0", UNIT, {"each": {"x": [1]}}),
    ("PC210", "h(1, 2) > 0", {}, {"define": {"h(a, a)": "a"}}),
    ("PC210", "D > 0", {}, {"define": {"D": "1", " D ": "2"}}),
    ("PC210", "w = w", {"w": "vector(2)", "w_1": "real"}, {}),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]} {case[1][:30]}")
def test_statement_is_refused_at_once(claim_file: Callable[..., bytes], case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    """What has no meaning, or is too large, is refused by its code within seconds of processor time."""
    code, statement, domains, rest = case
    start = time.process_time()
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, domains, **rest))
    assert caught.value.code.split()[0] == code, str(caught.value)
    assert time.process_time() - start < 4


HEAD = '[claim]\nid = "a/b"\ntitle = "t"\nstatement = "x > 0"\nexpect = "proved"\n[for_all]\nx = "[0, 1]"\n'
TOP = 'proofcheck = "claim/1"\n'
FILES: list[tuple[str, str]] = [
    ("PC203", HEAD),
    ("PC203", TOP),
    ("PC203", TOP + HEAD.replace('title = "t"\n', "")),
    ("PC204", TOP.replace("1", "2") + HEAD),
    ("PC204", TOP + "claim = 1"),
    ("PC204", TOP + HEAD.replace('"proved"', '"maybe"')),
    ("PC204", TOP + HEAD.replace('title = "t"', "title = 1")),
    ("PC204", TOP + HEAD.replace('title = "t"', 'title = "t"\nkind = "poem"')),
    ("PC205", TOP + HEAD.replace("a/b", "../b")),
    ("PC205", TOP + HEAD.replace('"a/b"', "1")),
    ("PC202", TOP + HEAD + "[claims]\n"),
    ("PC202", TOP + HEAD + '[source]\npage = "1"\n'),
    ("PC204", TOP + "given = 1\n" + HEAD),
    ("PC204", TOP + "define = 1\n" + HEAD),
    ("PC204", TOP + "for_each = 1\n" + HEAD),
    ("PC204", TOP + HEAD.replace('[for_all]\nx = "[0, 1]"\n', "").replace("[claim]", 'for_all = 1\n[claim]')),
    ("PC204", TOP + "step = 1\n" + HEAD),
    ("PC204", TOP + "step = [1]\n" + HEAD),
    ("PC203", TOP + HEAD + '[[step]]\nid = "s"\nby = "ring"\n'),
    ("PC204", TOP + HEAD + '[[step]]\nid = "S S"\nshows = "x > 0"\nby = "ring"\n'),
    ("PC204", TOP + HEAD + '[[step]]\nid = "s"\nshows = "x > 0"\nby = 1\n'),
    ("PC204", TOP + HEAD + '[[step]]\nid = "s"\nshows = 5.5\nby = 1\n'.replace("5.5", "true")),
    ("PC210", TOP + HEAD + '[[step]]\nid = "s"\nshows = "x > 0"\nby = "ring"\n' * 2),
    ("PC203", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\n'),
    ("PC104", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.y = "1"\n'),
    ("PC104", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.D = "1"\n[define]\nD = "x"\n'),
    ("PC107", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.x = ["1", "2"]\n'),
    ("PC107", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.x = "x"\n'),
    ("PC204", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat = 1\n'),
    ("PC104", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.x = 1\ninstance.K = 1\n'),
    ("PC204", TOP + HEAD + '[[sanity]]\nshows = "x > 0"\nat.x = 1\ninstance = 1\n'),
    ("PC204", TOP + HEAD + '[[must_fail]]\ntext = "t"\ndefine = 1\n'),
    ("PC204", TOP + HEAD + '[[must_fail]]\ntext = "t"\nfor_all = 1\n'),
    ("PC112", TOP + "x = 1.5\n"),
    ("PC112", TOP + "x = 1e999999\n"),
    ("PC112", TOP + "x = nan\n"),
    ("PC201", TOP + "x = \n"),
    ("PC201", TOP + "x = [\n"),
    ("PC201", TOP + '\ufeffx = "1"\n'),
    ("PC201", TOP + 'x = "\0"\n'),
    ("PC201", TOP + "x = [" + "[\n" * 30_000),
    ("PC201", TOP + "\n".join(["x = [", *["9" * 900 + "\\" for _ in range(9)], "]"])),
    ("PC206", TOP + "x = " + "9" * 5000),
    ("PC206", TOP + "a" + ".a" * 50_000 + " = 1"),
    ("PC206", TOP + "x = " + "[" * 5000),
    ("PC206", TOP + 'x = "' + "y" * 9000 + '"'),
    ("PC206", "#" * 300_000),
    ("PC206", TOP + "x = [" + "1,\n" * 1_000_000 + "]"),
    ("PC206", "x" * 100_000_000),
    ("PC202", TOP + HEAD + "".join(f"[a{i}.b.c]\n" for i in range(9000))),
]  # fmt: skip


@pytest.mark.parametrize("case", FILES, ids=lambda case: f"{case[0]} {len(case[1])} {case[1][22:60]!r}")
def test_file_is_refused_at_once(case: tuple[str, str]) -> None:
    """A file of another shape, or a hostile one, is refused by its code within a second."""
    code, text = case
    start = time.process_time()
    with pytest.raises(Malformed) as caught:
        kernel.read(text.encode())
    assert caught.value.code.split()[0] == code, str(caught.value)[:300]
    assert time.process_time() - start < 1


def test_file_that_is_not_utf8_is_refused() -> None:
    """The byte at fault is named."""
    with pytest.raises(Malformed, match="byte 5") as caught:
        kernel.read(b"x = '\xff'")
    assert caught.value.code.startswith("PC201")


def test_lines_may_end_as_on_windows(claim_file: Callable[..., bytes]) -> None:
    """CRLF changes nothing, not even the digest."""
    text = claim_file("x > -1", UNIT)
    assert kernel.read(text.replace(b"\n", b"\r\n")).digest == kernel.read(text).digest


def test_message_points_at_the_name(claim_file: Callable[..., bytes]) -> None:
    """An unknown name is shown in its formula, with the key, the caret and the nearest name."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file("D > 40*thetta^2", {"theta": "real"}, define={"D": "1"}))
    assert str(caught.value) == (
        "[claim], key `statement`  [PC104 unknown-name]\n    D > 40*thetta^2\n           ^^^^^^\n"
        "  `thetta` is not defined. Names in scope: theta, D. Did you mean `theta`?"
    )


def test_digest_is_of_the_meaning(claim_file: Callable[..., bytes]) -> None:
    """Order of keys, comments, names of definitions and of bound variables do not change it; every part of the meaning does."""
    text = claim_file("D > integral(p, p, 0, y)", {"x": "[0, 1]", "y": "real"}, define={"D": "x"}, given=["y < 1"])
    same = [claim_file("E > integral(q, q, 0, y)", {"y": "real", "x": "[0, 1]"}, define={"E": "F", "F": "x"}, given=["y < 1"])]
    other = [claim_file("D > integral(p, p, 0, y)", {"x": domain, "y": "real"}, define={"D": "x"}, given=["y < 1"])
             for domain in ("[0, 1)", "(0, 1]", "[0, 2]", "[0, inf)", "integer in [0, 1]")]  # fmt: skip
    other += [claim_file("D > integral(p, p, 0, y)", {"x": "[0, 1]", "y": "real"}, define={"D": "y"}, given=["y < 1"]),
              claim_file("D > integral(p, y, 0, y)", {"x": "[0, 1]", "y": "real"}, define={"D": "x"}, given=["y < 1"]),
              claim_file("D > integral(p, p, 0, y)", {"x": "[0, 1]", "y": "real"}, define={"D": "x"}, given=["y <= 1"]),
              claim_file("D > integral(p, p, 0, y)", {"x": "[0, 1]", "y": "real"}, define={"D": "x"}, given=["y < 1"], by='{rule = "assume", reason = "r"}')]  # fmt: skip
    digests = [kernel.read(item).digest for item in (text, *same, *other)]
    assert digests[0] == digests[1]
    assert len(set(digests[1:])) == len(digests) - 1


def test_large_numbers_have_a_digest(claim_file: Callable[..., bytes]) -> None:
    """Numbers longer than the interpreter writes in decimals are part of the meaning all the same."""
    define = {"d0": "3", **{f"d{i + 1}": f"d{i}*d{i}" for i in range(40)}}
    first_digest, second = (kernel.read(claim_file(f"d40 > {k}", define=define)).digest for k in (0, 1))
    assert first_digest != second


def test_definition_does_not_see_the_place_of_its_use(claim_file: Callable[..., bytes]) -> None:
    """Parameters, indices and bound variables of the caller are invisible in a definition, in every order of use."""
    for statement in ("h(2) > D", "D > h(2)"):
        goal = first(claim_file(statement, {"t": "real"}, define={"D": "t", "h(t)": "D + t"})).goal
        assert {show(arg) for arg in goal.args} == {"t", "t + 2"}


def test_obligation_has_the_variables_it_uses(claim_file: Callable[..., bytes]) -> None:
    """Unused variables leave, those that domains use stay, and a domain that may be empty stays."""
    assert dict(first(claim_file("x > 0", {"x": "[0, 1]", "y": "real"})).domains).keys() == {"x"}
    assert dict(first(claim_file("y > 0", {"x": "[0, 1]", "y": "[0, x]", "z": "real"})).domains).keys() == {"x", "y"}
    assert dict(first(claim_file("x > 0", {"x": "[0, 1]", "y": "[0, x]"})).domains).keys() == {"x", "y"}


def test_vectors_and_matrices_have_entries(claim_file: Callable[..., bytes]) -> None:
    """A vector in a domain is its entries, each over the domain."""
    goal = first(claim_file("w[2] + M[2, 1] > 0", {"w": "vector(2) in [0, 1]", "M": "matrix(2, 1)"}))
    assert show(goal.goal) == "w_2 + M_2_1 > 0"
    assert str(goal.box["w_2"]) == "[0, 1]"
    assert str(goal.box["M_2_1"]) == "(-inf, inf)"


def test_instances_are_separate_obligations(claim_file: Callable[..., bytes]) -> None:
    """Each combination of constants is an obligation of its own; sanity values and neighbours may be for one of them."""
    more = '[[sanity]]\nshows = "x > K"\nat.x = 9\ninstance.K = 2\n[[must_fail]]\ntext = "t"\nstatement = "x < 0"\ngiven = []\ninstance.K = 3\n[must_fail.at]\nx = "1"'
    statement = kernel.read(claim_file("x > -K*L", UNIT, each={"L": ["1/2"], "K": [2, 3]}, more=more))
    assert [entry.obligation.name for entry in statement.entries] == [
        "statement[K=2, L=1/2]", "sanity 1[K=2, L=1/2]", "statement[K=3, L=1/2]", "must_fail 1[K=3, L=1/2]",
    ]  # fmt: skip
    assert [entry.kind for entry in statement.of("sanity")] == ["sanity"]


def test_steps_and_neighbours_change_domains_and_definitions(claim_file: Callable[..., bytes]) -> None:
    """A step may narrow a domain and add hypotheses; a neighbour may change a definition."""
    more = ('[[step]]\nid = "s"\nshows = "D > 0"\nby = "ring"\ngiven = ["x > 1/2"]\nfor_all.x = "(0, 1]"\n[[check]]\nby = {method = "grid"}\n'
            '[[must_fail]]\ntext = "t"\n[must_fail.define]\nD = "-x"\n[must_fail.for_all]\nx = "[0, 3]"')  # fmt: skip
    entries = kernel.read(claim_file("D >= 0", UNIT, define={"D": "x"}, more=more)).entries
    shown = [(entry.kind, show(entry.obligation.goal), str(entry.obligation.box["x"]), len(entry.obligation.given)) for entry in entries]
    assert shown == [("statement", "x >= 0", "[0, 1]", 0), ("step", "x > 0", "(0, 1]", 1), ("check", "x >= 0", "[0, 1]", 0), ("must_fail", "-x >= 0", "[0, 3]", 0)]


def test_whole_sums_keep_their_range(claim_file: Callable[..., bytes]) -> None:
    """A sum up to a whole-number variable stays a sum, also inside another one; its index is bound."""
    goal = first(claim_file("sum(k in 1..n + 2*3, sum(j in -k..n - 1, j*k)) >= 0", {"n": "integer in [1, 9]"})).goal
    assert show(goal) == "sum(_2 in 1..n + 6, sum(_1 in -_2..n - 1, _1*_2)) >= 0"
    assert variables(goal) == {"n"}


def test_terms_are_frozen_and_travel_between_processes() -> None:
    """A term cannot be changed, a copy is the same object, and long ones print shortened in messages."""
    term = add(var("x"), ONE)
    with pytest.raises(AttributeError):
        term.op = "sub"
    assert copy.deepcopy(term) is term
    assert repr(num(Fraction(2) ** 9000)) == "…"
    assert show(num(Fraction(2) ** 9000)).startswith("0x1000")
    assert str(Domain(None, ONE, lower_closed=False, upper_closed=True, integer=True)) == "(-inf, 1] integer"
