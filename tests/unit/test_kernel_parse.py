"""Formula text -> term: what is read, what is refused, and where the caret stands."""


from __future__ import annotations

import time
from fractions import Fraction

import pytest

from proofcheck.kernel.errors import Malformed, Place, excerpt
from proofcheck.kernel.parse import is_name, parse, parse_domain, suggestion
from proofcheck.kernel.terms import num, show

READ = [
    ("1 + 2*x", "1 + 2*x"),
    ("x - y - z", "x - y - z"),
    ("x - (y - z)", "x - (y - z)"),
    ("x/y/z", "x/y/z"),
    ("x/(y/z)", "x/(y/z)"),
    ("a*b/c*d", "a*b/c*d"),
    ("+x", "x"),
    ("--x", "-(-x)"),
    ("x < y <= z", "x < y and y <= z"),
    ("x == y", "x = y"),
    ("not x < y", "not (x < y)"),
    ("x < 1 or x > 2 and y != 3", "x < 1 or x > 2 and y != 3"),
    ("(x < 1 or x > 2) and y >= 3", "(x < 1 or x > 2) and y >= 3"),
    ("w[1]", "w[1]"),
    ("M[1, 2]", "M[1, 2]"),
    ("[1, x, [2]]", "[1, x, [2]]"),
    ("[]", "[]"),
    ("h()", "h()"),
    ("sin(x)", "sin(x)"),
    ("sum(k in 1..3, k)", "sum(k in 1..3, k)"),
    ("prod(k in 1..n, k + 1)", "prod(k in 1..n, k + 1)"),
    ("sum(x)", "sum(x)"),
    ("θ + π", "theta + pi"),
    ("gamma + gamma(gamma)", "gamma + gamma(gamma)"),
]


@pytest.mark.parametrize(("text", "shown"), READ)
def test_formula_is_read(text: str, shown: str) -> None:
    """A formula prints as the same formula, and the print reads as the same term."""
    assert show(parse(text)) == shown
    assert parse(show(parse(text))) is parse(text)


NUMBERS = [("0.1", Fraction(1, 10)), (".5", Fraction(1, 2)), ("1.", Fraction(1)), ("1e3", Fraction(1000)), ("2.5e-1", Fraction(1, 4)), ("007", Fraction(7))]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_number_is_exact(text: str, value: Fraction) -> None:
    """A decimal is a rational, not a binary float."""
    assert parse(text) is num(value)


SAME = [("-x^2", "-(x^2)"), ("2^3^2", "2^(3^2)"), ("x**2", "x^2"), ("2^-1", "2^(-1)"), ("a*-b", "a*(-b)")]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_precedence(left: str, right: str) -> None:
    """Powers bind tighter than signs and to the right."""
    assert parse(left) is parse(right)


# text, code, the text under the caret
REFUSED = [
    ("2x", "PC102", "x"),
    ("2 x + 1", "PC102", "x"),
    ("(x)(y)", "PC102", "("),
    ("sin(x) cos(x)", "PC102", "cos"),
    ("f(x 2)", "PC102", "2"),
    ("(x 2)", "PC102", "2"),
    ("[x] 2", "PC102", "2"),
    ("x +", "PC101", ""),
    ("* x", "PC101", "*"),
    ("(x", "PC101", ""),
    ("(x]", "PC101", "]"),
    ("f(x", "PC101", ""),
    ("f(x]", "PC101", "]"),
    ("x)", "PC101", ")"),
    ("x = and", "PC101", "and"),
    ("sum(k in 1, k)", "PC101", ","),
    ("sum(k in 1..2 k)", "PC101", "k"),
    ("sum(k in 1..2, k", "PC101", ""),
    ("x % 2", "PC103", "%"),
    ("1 + |x", "PC103", "|"),
    ("x'", "PC103", "'"),
    ("x; y", "PC103", ";"),
    ("x + а", "PC103", "а"),  # a Cyrillic letter
    ("x − 1", "PC103", "−"),  # a minus sign that is not ASCII
    ("x\u00a0+ 1", "PC103", "\u00a0"),
    ("x\x00", "PC103", "\x00"),
    ("ﬁ", "PC103", "ﬁ"),  # a ligature
    ("x_" + "y" * 40, "PC106", "x_" + "y" * 40),
    ("1e1001", "PC106", "1e1001"),
    ("1e-99999999", "PC106", "1e-99999999"),
    ("9" * 1001, "PC106", "9" * 1001),
]


@pytest.mark.parametrize(("text", "code", "under"), REFUSED)
def test_formula_is_refused_with_the_caret_under_the_fault(text: str, code: str, under: str) -> None:
    """The code names the fault, and the caret stands under it."""
    with pytest.raises(Malformed) as caught:
        parse(text)
    place = caught.value.place
    assert caught.value.code.split()[0] == code
    assert text[place.start : place.start + place.length] == under
    assert place.start == (len(text) if not under else text.rfind(under))


HUGE = ["(" * 5000 + "x" + ")" * 5000, "-" * 9000 + "x", "not " * 2000 + "x < 1", "x^" * 4000 + "x", "x" * 10_001, "x+" * 4000 + "x", "[" * 9000, "f(" * 4000,
        "sum(k in 1..2, " * 600 + "k" + ")" * 600]  # fmt: skip


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:12])
def test_formula_beyond_the_limits_is_refused_at_once(text: str) -> None:
    """Depth, symbols and characters are bounded, each with its own error and no crash."""
    start = time.process_time()
    with pytest.raises(Malformed) as caught:
        parse(text)
    assert caught.value.code.startswith("PC106")
    assert time.process_time() - start < 1


DOMAINS = [("[0, 1]", True, True), ("(0, 1)", False, False), ("[0, inf)", True, False), ("(-inf, 0]", False, True), ("[-inf, inf]", False, False),
           ("[w[1], w[2]]", True, True), ("(0, pi/2]", False, True)]  # fmt: skip


@pytest.mark.parametrize(("text", "left", "right"), DOMAINS)
def test_domain_is_read(text: str, left: bool, right: bool) -> None:
    """An interval has two ends, each open or closed; infinite ends are open."""
    lower, upper, lower_closed, upper_closed = parse_domain(text)
    assert (lower is None, upper is None) == ("(-inf" in text or "[-inf" in text, " inf" in text)
    assert (lower_closed, upper_closed) == (left, right)


BAD_DOMAINS = [("0, 1", "PC109"), ("", "PC109"), ("[0 1]", "PC101"), ("[0, 1, 2]", "PC109"), ("(inf, 0]", "PC109"), ("[0, -inf)", "PC109"), ("[0, 1] + 1]", "PC101"),
               ("[0, 2x]", "PC109")]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), BAD_DOMAINS)
def test_domain_is_refused(text: str, code: str) -> None:
    """What is not one interval with its ends in order is refused."""
    with pytest.raises(Malformed) as caught:
        parse_domain(text)
    assert caught.value.code.split()[0] == code


def test_names() -> None:
    """Words of the language and text of another shape name nothing."""
    assert all(map(is_name, ("x", "w_1", "gamma", "A" * 32)))
    assert not any(map(is_name, ("", "_x", "1x", "pi", "inf", "sum", "in", "and", "diff", "integral", "x y", "é", "A" * 33)))


def test_suggestion_names_the_nearest() -> None:
    """A misspelt name brings the right one, and never a list without end."""
    assert suggestion("thetta", ["theta", "a"]) == "Names in scope: theta, a. Did you mean `theta`?"
    assert suggestion("q", []) == "No names are defined here."
    assert suggestion("q", [f"name{i}" for i in range(20)]).endswith("name11, ….")


MESSAGES = [
    ("D > 40*2x", "    D > 40*2x\n            ^"),
    ("sin(x", "    sin(x\n         ^"),
    ("a +* b", "    a +* b\n       ^"),
    ("x = |y|", "    x = |y|\n        ^"),
    ("(x + 1)) = 2", "    (x + 1)) = 2\n           ^"),
    ("x > 1e9999", "    x > 1e9999\n        ^^^^^^"),
    ("x > abc def", "    x > abc def\n            ^^^"),
    ("α > β'", "    α > β'\n         ^"),
    ("x <\n2y", "    2y\n     ^"),
    ("1 + [2, 3", "    1 + [2, 3\n             ^"),
    ("x > 1 \x07", "    x > 1 \N{REPLACEMENT CHARACTER}\n          ^"),
]


@pytest.mark.parametrize(("text", "picture"), MESSAGES)
def test_message_shows_the_line_and_a_caret(text: str, picture: str) -> None:
    """The excerpt shows the faulty line, with control characters made visible, and carets under the fault."""
    with pytest.raises(Malformed) as caught:
        parse(text)
    assert picture in str(caught.value)


def test_excerpt_of_a_long_line_keeps_the_fault_in_view() -> None:
    """Of a long line a window around the fault is shown, with the caret under it."""
    line, carets = excerpt("x" * 500 + "!" + "y" * 500, 500, 1)
    assert len(line) < 100
    assert line[carets.index("^")] == "!"


def test_error_keeps_the_first_place_it_was_given() -> None:
    """Callers add the file and the key where these are unknown, and never replace them."""
    error = Malformed("PC101", "What.", Place(key="inner"), "Hint.").at(file="f.toml", key="outer")
    assert str(error) == "f.toml: inner  [PC101 syntax]\n  What. Hint."
    assert str(Malformed("PC101", "What.")) == "input  [PC101 syntax]\n  What."
