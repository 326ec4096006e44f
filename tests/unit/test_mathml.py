"""Typesetting of parsed formulas, in MathML and on one line."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from proofcheck.algebras.mathml import mathml, mathml_definition, mathml_domain, mathml_domains, mathml_text
from proofcheck.algebras.typeset import pretty, pretty_definition, pretty_domain, pretty_domains, pretty_text
from proofcheck.kernel.parse import parse
from proofcheck.kernel.terms import Term, num

LINES = [
    ("det(M) > 0", "det(M) > 0"),
    ("0 < theta <= pi/2", "0 < θ ≤ π/2"),
    ("a<b<=c<d", "a < b ≤ c < d"),
    ("p < q and a < b < c", "p < q and a < b < c"),
    ("(a < b or b < c) and x != 1", "(a < b or b < c) and x ≠ 1"),
    ("a < b or b < c and x != 1", "a < b or b < c and x ≠ 1"),
    ("not a < b", "not (a < b)"),
    ("a - (b - c)", "a − (b − c)"),
    ("(a - b) - c", "a − b − c"),
    ("a*(b + c)", "a·(b + c)"),
    ("(a*b)*c/d", "a·b·c/d"),
    ("a/(b*c)", "a/(b·c)"),
    ("a/(b/c)", "a/(b/c)"),
    ("a/b/c", "a/b/c"),
    ("a + -b*c", "a + (−b·c)"),
    ("-(2*pi - theta)*cos(theta) - sin(theta)", "−(2π − θ)·cos(θ) − sin(θ)"),
    ("(-a)^2", "(−a)²"),
    ("-a^2", "−a²"),
    ("(a^2)^3", "(a²)³"),
    ("2^(a + b)", "2^(a + b)"),
    ("x^(-1)", "x⁻¹"),
    ("sqrt(x)^2", "(√x)²"),
    ("sqrt(x + 1)", "√(x + 1)"),
    ("40*theta^2", "40θ²"),
    ("2*3^x", "2·3^x"),
    ("2*(3/4)", "2·(3/4)"),
    ("2*(x + 1)^2", "2(x + 1)²"),
    ("2*rhs", "2 rhs"),
    ("2*sin(2*theta)", "2 sin(2θ)"),
    ("sin(x)^2 + f(x)^2", "sin²(x) + f(x)²"),
    ("norm(w - v)^2", "‖w − v‖²"),
    ("abs(x)", "|x|"),
    ("dot(u, v)", "⟨u, v⟩"),
    ("angle(u, v)", "∠(u, v)"),
    ("transpose(M)*v", "Mᵀ·v"),
    ("min(a, max(b, c))", "min(a, max(b, c))"),
    ("gamma(n + 1)", "Γ(n + 1)"),
    ("gamma + asin(x)", "γ + arcsin(x)"),
    ("factorial(n)", "n!"),
    ("identity(3)", "I₃"),
    ("trace(M)", "tr(M)"),
    ("sum(k in 1..n, w[k]^2) + 1", "Σ(k=1..n) wₖ² + 1"),
    ("sum(k in 1..n, a_k)*y", "(Σ(k=1..n) aₖ)·y"),
    ("-sum(k in 1..n, a_k)*y", "(−Σ(k=1..n) aₖ)·y"),
    ("y*sum(k in 1..n, a_k)", "y·Σ(k=1..n) aₖ"),
    ("prod(k in 1..3, k + 1)", "Π(k=1..3) (k + 1)"),
    ("integral(p, p^2, 0, inf)", "∫(0..∞) p² dp"),
    ("diff(f, x)", "d/dx f"),
    ("diff(x*y, x, 2)", "d²/dx² (x·y)"),
    ("[[1, a], [b, 2*pi]]", "[[1, a], [b, 2π]]"),
    ("[1, 2]", "[1, 2]"),
    ("M[1][j + 1]", "M[1, j + 1]"),
    ("J2(c) <= phi_s*theta_0", "J₂(c) ≤ φₛ·θ₀"),
    ("w_star + w_1_2", "w_star + w_1_2"),
    ("0.05", "0.05"),
    ("1e-30*x", "10⁻³⁰x"),
    ("3e20", "3·10²⁰"),
    ("120", "120"),
]


@pytest.mark.parametrize(("formula", "line"), LINES)
def test_one_line(formula: str, line: str) -> None:
    """A formula reads as mathematicians write it, with the parentheses it needs and no others."""
    assert pretty(parse(formula)) == line


@pytest.mark.parametrize("formula", [formula for formula, _ in LINES])
def test_mathml_is_well_formed(formula: str) -> None:
    """Every construction becomes one well-formed math element whose schema-bound elements have the children they need."""
    root = ElementTree.fromstring(mathml(parse(formula)))
    assert root.tag == "math"
    needed = {"mfrac": 2, "msup": 2, "msub": 2, "munderover": 3, "msubsup": 3, "msqrt": 1}
    assert all(len(element) == needed[element.tag] for element in root.iter() if element.tag in needed)


@pytest.mark.parametrize(
    "formula",
    ["a + b + c", "a - (b - c)", "a*(b + c) - -d", "-(a + b)*c", "(a*b)/(c*d)", "(a < b and b < c) or not x = y", "-x^2/(1 + x)"],
)
def test_parentheses_keep_the_meaning(formula: str) -> None:
    """Reading the printed line as a formula gives the same term, so no needed parenthesis was dropped."""
    ascii_line = pretty(parse(formula)).replace("−", "-").replace("·", "*").replace("²", "^2")
    assert parse(ascii_line) is parse(formula)


def test_structures() -> None:
    """Fractions, roots, subscripts, limits, matrices and bars have their own elements."""
    assert mathml_text("a/b") == "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"
    assert mathml_text("theta_0") == "<math><msub><mi>θ</mi><mn>0</mn></msub></math>"
    assert mathml_text("sqrt(x)") == "<math><msqrt><mi>x</mi></msqrt></math>"
    assert "<munderover><mo>∑</mo><mrow><mi>k</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>" in mathml_text("sum(k in 1..n, k)")
    assert mathml_text("[[a, b], [c, d]]").count("<mtr>") == 2
    assert mathml_text("[a, b, c]").count("<mtr>") == 3
    assert mathml_text("norm(w)").count("‖") == 2
    assert "<mo>&lt;</mo>" in mathml_text("a < b")


def test_fraction_needs_no_parentheses_but_its_power_does() -> None:
    """A built-up fraction groups by itself; only as the base of a power it needs parentheses."""
    assert "(" not in mathml_text("(a + b)/(c + d)*x")
    assert mathml_text("(a/b)^2").count("(") == 1


def test_display() -> None:
    """Display formulas stand on a line of their own."""
    assert mathml_text("x", display=True) == '<math display="block"><mi>x</mi></math>'


@pytest.mark.parametrize(
    ("name", "domain", "line"),
    [
        ("theta", "(0, pi/2]", "θ ∈ (0, π/2]"),
        ("x", "real", "x ∈ ℝ"),
        ("x", "(-inf, 2*y)", "x ∈ (−∞, 2y)"),
        ("n", "integer in [1, inf)", "n ∈ [1, ∞) ∩ ℤ"),
        ("n", "integer", "n ∈ ℤ"),
        ("w", "vector(3)", "w ∈ ℝ³"),
        ("W", "matrix(2, 3) in [0, 1]", "W ∈ [0, 1]^(2 × 3)"),
        ("z", "normal(d)", "z: normal(d)"),
    ],
)
def test_domains(name: str, domain: str, line: str) -> None:
    """Domains are shown as membership; a domain that claim files do not have stays as text in both inks."""
    assert pretty_domain(name, domain) == line
    assert ("∈" in mathml_domain(name, domain)) == ("∈" in line)


def test_lists_of_domains_and_definitions() -> None:
    """Several domains are joined, and a definition shows name and body on both sides of the sign of definition."""
    assert pretty_domains("theta in (0, pi/2]; x in real; <b>") == "θ ∈ (0, π/2], x ∈ ℝ, <b>"
    assert mathml_domains("<b>") == "<code>&lt;b&gt;</code>"
    assert pretty_definition("J2(t)", "t^2") == "J₂(t) ≔ t²"
    assert "<mo>≔</mo>" in mathml_definition("D", "det(M)")
    assert mathml_definition("D", "<") == "<code>D ≔ &lt;</code>"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a b", "x & y", '"', "(", ""])
def test_what_does_not_parse_is_escaped(text: str) -> None:
    """A text that is no formula appears escaped as code, and as it is on the line."""
    root = ElementTree.fromstring(mathml_text(text))
    assert (root.tag, root.text or "", list(root)) == ("code", text, [])
    assert pretty_text(text) == text


def test_names_are_escaped_whatever_the_term_holds() -> None:
    """A term built by hand with markup in its name gives text, not elements."""
    hostile = Term("call", (Term("name", (), "<img src=x>"), num(1)), "<script>")
    assert {element.tag for element in ElementTree.fromstring(mathml(hostile)).iter()} <= {"math", "mrow", "mi", "mn", "mo"}


def test_elaborated_operations_are_refused() -> None:
    """Only parsed terms are typeset: an operation of elaborated terms is an error, not a wrong picture."""
    with pytest.raises(ValueError, match="'sin' is not an operation of parsed terms"):
        pretty(Term("sin", (num(1),)))


@pytest.mark.parametrize("formula", ["+".join(["a"] * 2400), "a" + "/b*c" * 1200, "[" * 60 + "x" + "]" * 60, "a" + "[1]" * 1500, " or ".join(["a<b"] * 900)])
def test_long_formulas(formula: str) -> None:
    """The longest formulas that parse are typeset without deep recursion."""
    assert mathml_text(formula).startswith("<math>")


def test_nested_chains_stay_small() -> None:
    """A chain inside a chain inside a chain shares its middle and is printed once, not twice a level."""
    formula = "x"
    for _ in range(60):
        formula = f"(a<{formula}<c)"
    assert pretty_text(formula).count("x") == 1
