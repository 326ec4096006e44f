"""`proofcheck explain`: what a proof says in plain words, the numbers of a refutation, advice where nothing was found, codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from proofcheck import store
from proofcheck.claim import library
from proofcheck.explain import ADVICE, code, sentence
from proofcheck.kernel.errors import CODES
from proofcheck.kernel.rules import RULES
from proofcheck.kernel.statement import Entry
from proofcheck.kernel.terms import TRUE, Domain, Obligation, num
from proofcheck.report.subdivision import Part
from tests.project import HARD, ROOT, Ended, Project

LEAF = {"rule": "bisection", "prec": 64, "tree": "N"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


def certified(project: Project, name: str, statement: str, proof: Mapping[str, Any], **rest: Any) -> Ended:
    """Write a claim with a certificate, and return what `explain` says of it."""
    project.claim(name, statement, **rest)
    claim = library(project.root / "claims").claims[f"p/{name}"]
    certificate = store.assemble(claim, {"statement": proof})
    assert certificate is not None
    project.certificate(name).write_bytes(certificate)
    return project.run("explain", f"p/{name}")


# -- proofs -----------------------------------------------------------------------------------------------------------------

DOMAINS = (("x", Domain(num(0), num(1), lower_closed=True, upper_closed=True)), ("y", Domain(num(0), num(2), lower_closed=True, upper_closed=True)))
RULE_TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "bisection": ({"tree": "N", "prec": 64}, "bisection of x, y"),
    "split": ({"var": "x", "at": ["1/3"], "pieces": [LEAF, LEAF]}, "x is cut at 1/3, 2 pieces"),
    "cases": ({"on": "x < y", "yes": LEAF, "no": LEAF}, "it holds in both"),
    "zeros": ({"var": "theta", "end": "upper", "order": 3, "length": 21, "prec": 64, "tree": "N"}, "agree to order 3 at the upper end of θ; divided out exactly, expanded to length 21"),
    "taylor": ({"u": "x", "v": "y", "end": "lower", "order": 2, "left": 0, "right": 1, "length": 9, "prec": 64, "strips": []},
               "order 2 at the lower edge of x, 1 at the upper edge of y are divided out; expanded in x to length 9"),
    "chart": ({"new": {"a": "(0, 1]"}, "map": {}, "inverse": {}, "then": LEAF}, "other variables, a ∈ (0, 1]"),
    "scale": ({"factor": "1 + x^2", "to": "y", "then": LEAF}, "times 1 + x², which is positive, the difference of both sides is y"),
    "both": ({"parts": [LEAF, LEAF]}, "each of 2 parts"),
    "either": ({"which": 1, "then": LEAF}, "part 2 of the disjunction"),
    "cut": ({"formula": "x < y", "lemma": LEAF, "then": LEAF}, "x < y is proved first"),
    "monotone": ({"var": "x", "from": "lower", "strict": "base", "base": LEAF, "slope": LEAF}, "at the lower end of x, and the sign of the slope"),
    "minimum": ({"point": {"x": "pi/3"}, "prec": 64}, "equal at x = π/3, and from there on"),
    "telescope": ({"step": "2", "then": LEAF}, "one step of 2, and the limit"),
    "krawczyk": ({}, "a small box is mapped into itself"),
    "nowhere": ({}, "on every cell"),
    "twice": ({}, "around each of two points"),
    "ring": ({"using": ["x"]}, "same exact normal form, with the equations among the hypotheses"),
    "sign": ({}, "signs of its parts"),
    "positive": ({"parts": [{"basis": ["x"], "matrix": [1]}, {"basis": ["1"], "matrix": [1], "times": ["y"]}]}, "is 2 sums of squares, 1 of them times what is not negative"),
    "rewrite": ({"facts": [{"term": "abs(x)", "is": "x"}], "then": LEAF}, "1 term replaced"),
    "parametrise": ({"var": "x", "as": "s^2", "new": "s", "domain": "[0, 1]", "then": LEAF}, "x = s² for s ∈ [0, 1] reaches every point"),
    "point": ({}, "no variable is left"),
    "witness": ({"at": {"theta": "pi/3"}}, "violated at θ = π/3"),
    "generalise": ({"term": "exp(x)", "new": "s", "domain": "(0, inf)", "then": LEAF}, "for any s ∈ (0, ∞) in the place of exp(x)"),
    "restrict": ({"var": "x", "domain": "(0, y]", "then": LEAF}, "put x ∈ (0, y]"),
    "weaken": ({"keep": ["x"], "relation": "gt", "then": LEAF}, "enough to show it with > for x"),
    "step": ({"id": "bound"}, "as step bound shows"),
    "cite": ({}, "as the claim p/other states"),
    "assume": ({}, "not checked. A theorem of analysis (Rudin)"),
    "symbolic": ({"route": "simplify"}, "computer algebra, which the kernel does not look at"),
}  # fmt: skip


def test_every_rule_has_its_words() -> None:
    """Each rule of the kernel, and computer algebra, is told in a sentence with the numbers that matter."""
    assert set(RULE_TEXTS) == {*RULES, "symbolic"}
    by = {"claim": "p/other", "reason": "A theorem of analysis", "source": "Rudin"}
    entry = Entry(Obligation("statement", DOMAINS, (), TRUE), "statement", by, "")
    told = {rule: sentence(Part("", {"rule": rule, **node}, DOMAINS), entry) for rule, (node, _) in RULE_TEXTS.items()}
    assert {rule: text for rule, text in told.items() if not text.startswith(f"{rule}: ") and rule != "bisection"} == {}
    assert {rule: text for rule, text in told.items() if RULE_TEXTS[rule][1] not in text} == {}


def test_a_proof_is_told_down_to_its_leaves(project: Project) -> None:
    """The tree of rules, the pieces, the orders, the picture and the smallest leaf are there, in the order of the proof."""
    zeros = {"rule": "zeros", "var": "x", "end": "lower", "order": 5, "length": 9, "prec": 64, "tree": "00NNN"}
    proof = {"rule": "split", "var": "x", "at": ["1"], "pieces": [zeros, {**LEAF, "tree": "00MM0MM"}]}
    ended = certified(project, "sine", "sin(x) >= x - x^3/6 - 4*x^5", proof, domains={"x": "[0, 2]"})
    assert ended.code == 0, ended.err
    wanted = [
        "proved (kernel)", "split: x is cut at 1, 2 pieces", "x ∈ [0, 1]: zeros: both sides agree to order 5 at the lower end of x", "3 leaves, at most 2 cuts deep, 64 bits",
        "█" * 32 + "▄" * 32, "smallest leaf: x from 0 to 1/4", "x ∈ [1, 2]: bisection of x", "4 leaves, at most 2 cuts deep, 64 bits",
    ]  # fmt: skip
    places = [ended.out.find(text) for text in wanted]
    assert -1 not in places
    assert places == sorted(places)


def test_equal_parts_are_told_once(project: Project) -> None:
    """Neighbours with the same proof are one line, and what was told before is not told again."""
    leaf = {"rule": "bisection", "prec": 64, "tree": "0NN"}
    proof = {"rule": "both", "parts": [leaf, leaf, {"rule": "cases", "on": "x < 1/2", "yes": leaf, "no": leaf}]}
    out = certified(project, "three", "x > -1 and x > -2 and x > -3", proof).out
    assert "part 1 of 3 to part 2 of 3: bisection of x" in out
    assert "where x < 1/2 to elsewhere: bisection of x: on every cell the enclosures of both sides decide; the same as above" in " ".join(out.split())
    assert out.count("2 leaves") == 1


def test_a_refutation_is_shown_with_its_numbers(project: Project) -> None:
    """Both sides of each relation at the witness are enclosed at 64 bits, hypotheses too, and what fails is said to fail."""
    out = certified(project, "false", "sin(x) <= x/2 and x < 3", {"rule": "witness", "at": {"x": "1/2"}}, expect="refuted", given=("x > 1/3",)).out
    assert "refuted (witness)" in out
    assert "violated at x = 1/2" in out
    low, high = (Fraction(text) for text in ("0.479425538604203000", "0.479425538604203001"))
    found = re.search(r"sin\(x\) ≤ x/2 does not hold: \[([\d.]+) \+/- ([\d.e-]+)\] on the left, 0.25 on the right", " ".join(out.split()))
    assert found is not None
    middle, radius = Fraction(found[1]), Fraction(found[2])
    assert middle - radius <= high
    assert low <= middle + radius
    assert radius < Fraction(1, 10**17)
    assert "x < 3 holds: 0.5 on the left, 3 on the right" in out
    assert "hypothesis x > 1/3 holds: 0.5 on the left, [0.3333333333333333333" in " ".join(out.split())


def test_the_leading_term_of_a_zero_is_told(project: Project) -> None:
    """What is divided out is told with its exact coefficient."""
    proof = {"rule": "zeros", "var": "x", "end": "lower", "order": 3, "length": 4, "prec": 64, "tree": "N"}
    out = certified(project, "cubic", "x - sin(x) > 0", proof, domains={"x": "(0, 1]"}).out
    assert "left side − right side = 1/6·x³ + …, exactly" in out


def test_a_certificate_file_is_explained_with_the_claim_beside_it(project: Project, tmp_path: Path) -> None:
    """A certificate that lies anywhere is explained for the claim beside it, as its claim is by its own file or id."""
    certified(project, "one", "x >= -1", LEAF)
    by_id = project.run("explain", "p/one").out
    assert project.run("explain", str(project.certificate("one"))).out == by_id
    assert project.run("explain", str(project.path("one"))).out == by_id
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.toml").write_text(project.path("one").read_text())
    (elsewhere / "a.cert.json").write_bytes(project.certificate("one").read_bytes())
    project.path("one").unlink()
    assert "x ≥ −1" in project.run("explain", str(elsewhere / "a.cert.json")).out


def test_what_the_kernel_refuses_is_not_explained(project: Project) -> None:
    """A tampered certificate ends with exit code 6, the kernel's reason, and not a word about a proof."""
    certified(project, "one", "x >= -1", LEAF)
    project.forge("one", proofs={"statement": {"rule": "bisection", "prec": 64, "tree": "0N"}})
    ended = project.run("explain", "p/one")
    assert (ended.code, ended.out) == (6, "")
    assert "PC304 bad-tree" in ended.err


def test_an_old_certificate_proves_nothing(project: Project) -> None:
    """After an edit the certificate is said to be for an older text, and the statement is open."""
    certified(project, "one", "x >= -1", LEAF)
    project.claim("one", "x >= -2")
    ended = project.run("explain", "p/one")
    assert ended.code == 0
    assert "for an older text" in ended.out
    assert "bisection" not in ended.out
    assert re.search(r"^  open$", ended.out, re.MULTILINE)


# -- where nothing was found --------------------------------------------------------------------------------------------------


def test_an_inconclusive_claim_says_where_and_what_to_try(project: Project) -> None:
    """What the last run said is repeated with its advice, also beside an old certificate; before a run the reader is told which command searches."""
    certified(project, "hard", "x >= -1", LEAF)
    project.claim("hard", HARD, domains={"x": "[0, 1]", "y": "[0, 1]", "z": "[0, 1]"}, by='{ rule = "bisection", cells = 30 }')
    assert "`proofcheck verify p/hard` searches" in " ".join(project.run("explain", "p/hard").out.split())
    project.run("verify", "--jobs", "1")
    ended = project.run("explain", "p/hard")
    said = " ".join(ended.out.split())
    reason = json.loads((project.root / "reports" / "report.json").read_text())["claims"][0]["reason"]
    assert ended.code == 0
    assert f"In the way {reason}" in said
    assert ADVICE["cells ended"] in said
    assert ADVICE[" ended"] not in said


def test_advice_is_the_guides() -> None:
    """Each row of the guide's table is known here: its advice is given for a reason that reads as the guide says."""
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8").partition("When it does not go through")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \*(.+?)\* \| (.+?) \|$", guide, re.MULTILINE)
    assert len(rows) == 5
    assert [row for row in rows if not any(words in row[0] and advice == row[1] for words, advice in ADVICE.items())] == []


# -- codes and mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", CODES)
def test_every_code_is_explained(full: str) -> None:
    """A code is told with its meaning, its exit code, and the example or advice of docs/errors.md."""
    number = full.split(maxsplit=1)[0]
    text = code(number.lower())
    assert text.startswith(f"{full}\n\n{CODES[full][0].upper()}{CODES[full][1:]}. Exit code {6 if number > 'PC3' else 2}.\n\n")
    assert len(text.splitlines()) > 4
    assert code(full) == text == code(full.replace(" ", "-"))


def test_the_example_is_the_pages() -> None:
    """The example of PC104 is the one of the page, with the caret under the name, and nothing of the next code."""
    assert "    thetta >= 0\n    ^^^^^^\n" in code("PC104")
    assert "PC105" not in code("PC104")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PC305x", "Did you mean `PC305`?"),
        ("PC999", "There is no code 'PC999'."),
        ("p/onne", "Did you mean `p/one`?"),
        ("one.cert.json", "There is no file one.cert.json."),
        ("claims/p/on.toml", "Did you mean"),
    ],
)
def test_mistakes_get_the_nearest_name(project: Project, name: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of nothing ends with exit code 2 and says what is nearest."""
    project.claim("one", "x >= 0")
    monkeypatch.chdir(project.root)
    ended = project.run("explain", name)
    assert (ended.code, ended.out) == (2, "")
    assert expected in ended.err


def test_certificates_that_are_none(project: Project) -> None:
    """A file that is not a certificate is refused as one: exit code 6."""
    project.claim("one", "x >= 0")
    project.certificate("one").write_text("{}")
    for name in ("p/one", str(project.certificate("one"))):
        ended = project.run("explain", name)
        assert (ended.code, ended.out) == (6, "")
        assert "PC302" in ended.err


def test_certificates_that_are_no_files(project: Project) -> None:
    """A certificate that is a link is not followed: exit code 6, as for everything that was tampered with."""
    project.claim("one", "x >= -1")
    project.certificate("one").symlink_to("/dev/zero")
    ended = project.run("explain", "p/one")
    assert (ended.code, ended.out) == (6, "")


def test_hostile_texts_do_not_reach_the_terminal(project: Project) -> None:
    """Control characters of a title and of a text are not printed."""
    path = project.claim("one", "x >= 0", more='[[step]]\nid = "s"\nshows = "x >= 0"\nby = { rule = "assume", source = "\\u001b[31m", reason = "\\u202e why" }')
    path.write_text(path.read_text().replace("A title", "\\u001b]0;t\\u0007red"))
    out = project.run("explain", "p/one").out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", out)


def test_nothing_heavy_is_imported() -> None:
    """Explaining loads neither sympy nor numpy nor the templates."""
    program = "import sys; import proofcheck.explain; print([name for name in ('sympy', 'numpy', 'mpmath', 'jinja2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
