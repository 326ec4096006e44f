"""Subdivisions as SVG pictures for the report: small, without scripts, styles or references, and readable as they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from xml.etree import ElementTree

from proofcheck.kernel.certificate import Node
from proofcheck.kernel.terms import show

from ..algebras.typeset import pretty_domains, pretty_text
from .subdivision import SUBDIVIDING, UNIT, Cell, Domains, Part, Subdivision, subdivision
from .summary import several
from .text import clean, wrap

MOST_CELLS, MOST_PICTURES = 2000, 24
"""Cells and pictures that are drawn for one obligation."""
WIDTH, EDGE, LINE, SIZE, COLUMNS = 300, 4, 15, 11.5, 46
HEIGHTS = {1: 26, 2: 190}
HISTOGRAM = 110
LONGEST = 16
FORMS = {
    "N": ("natural", "#3f9170"),
    "M": ("mean value", "#3b7fc4"),
    "C": ("corner", "#d0872c"),
    "H": ("second-order", "#b0a030"),
    "L": ("Lagrange", "#7a8f2c"),
    "l": ("by the derivative at the lower edge", "#9a62c4"),
    "r": ("by the derivative at the upper edge", "#c4628f"),
    "": ("cut further", "#7d8590"),
}
ELEMENTS = {"svg", "path", "text"}
ATTRIBUTES = {
    "class", "viewBox", "width", "height", "role", "aria-label", "font-size", "font-weight", "fill", "fill-opacity", "stroke", "stroke-width", "d", "x", "y",
    "text-anchor", "stroke-dasharray", "stroke-linejoin", "stroke-opacity",
}  # fmt: skip


def drawn(domains: Domains, proof: Node) -> str:
    """Return a picture of each subdivision in a proof that the kernel accepted, as SVG elements; nothing where there is none."""
    parts = list({part.content: part for part in Part("", proof, domains).walk() if part.rule in SUBDIVIDING}.values())
    pictures = [picture(part, MOST_CELLS // min(len(parts), MOST_PICTURES)) for part in parts[:MOST_PICTURES]]
    if len(parts) > len(pictures):
        note = f"{several(len(parts) - len(pictures), 'more subdivision')} of this proof, not drawn"
        pictures.append(framed(note, [text(note, EDGE, LINE)], LINE))
    return "".join(pictures)


def inert(pictures: str) -> str:
    """Return the pictures if they consist of nothing but what is drawn here, else nothing: a report may come from elsewhere."""
    if "<!" in pictures or "<?" in pictures:
        return ""
    try:
        root = ElementTree.fromstring(f"<div>{clean(pictures)}</div>")
    except ElementTree.ParseError:
        return ""
    frames = list(root)
    marks = [mark for frame in frames for mark in frame]
    as_drawn = all(frame.tag == "svg" for frame in frames) and not any(len(mark) for mark in marks)
    known = all(item.tag in ELEMENTS and set(item.attrib) <= ATTRIBUTES for item in (*frames, *marks))
    between = (root.text, *(item.tail for item in (*frames, *marks)), *(frame.text for frame in frames))
    return "".join(ElementTree.tostring(frame, encoding="unicode") for frame in frames) if as_drawn and known and not any(between) else ""


def picture(part: Part, most: int) -> str:
    """Return the picture of one subdivision in at most ``most`` cells: where in the proof, the cells, and what decided them."""
    found = subdivision(part)
    place = pretty_domains("; ".join(f"{name} in {domain}" for name, domain in part.domains))
    head = wrap(clean(", ".join([part.rule, *part.trail[-1:], place])), COLUMNS)
    marks = [text(line, EDGE, LINE * (i + 1), weight="600") for i, line in enumerate(head)]
    top = LINE * len(head) + 6
    cells = found.cells(most) if len(found.axes) in HEIGHTS else []
    if cells:
        bottom = top + HEIGHTS[len(found.axes)]
        marks += [*areas(cells, top, bottom), *ends(found, bottom + LINE)]
        bottom += LINE + 2
    else:
        bottom = top + HISTOGRAM
        marks += histogram(found.depths, top, bottom - LINE)
    for line in (row for said in found.sizes() for row in wrap(said, COLUMNS)):
        bottom += LINE
        marks.append(text(line, EDGE, bottom))
    for form, words in legend(found, cells):
        bottom += LINE
        marks += [path([square(EDGE, bottom - 9, 9, 9)], FORMS[form][1]), text(words, EDGE + 15, bottom)]
    return framed(" ".join(head), marks, bottom)


def legend(found: Subdivision, cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """Yield the forms that occur, each with what it decides; and how much is left out, where not every leaf is drawn."""
    for form, count in found.forms.most_common():
        if found.rule == "bisection":
            yield form, f"{count} by the {FORMS[form][0]} form"
        elif len(found.forms) > 1:
            yield form, f"{count} {FORMS[form][0] if form != 'N' else 'on the strip itself'}"
    hidden = sum(not cell.form for cell in cells)
    if hidden:
        yield "", f"{hidden} of the {len(cells)} cells drawn are cut further"


def areas(cells: Iterable[Cell], top: float, bottom: float) -> Iterator[str]:
    """Yield a path for each form with the cells that it decides; the second axis points upwards."""
    width = WIDTH - 2 * EDGE
    outlines: dict[str, list[str]] = {}
    for cell in cells:
        (left, right), (low, high) = (*cell.ends, UNIT)[:2]
        corner = EDGE + width * float(left), bottom - (bottom - top) * float(high)
        outlines.setdefault(cell.form, []).append(square(*corner, width * float(right - left), (bottom - top) * float(high - low)))
    yield from (path(found, FORMS[form][1]) for form, found in sorted(outlines.items()))


def histogram(depths: Counter[int], top: float, bottom: float) -> Iterator[str]:
    """Yield bars for the number of leaves at each depth, and the first and the last depth below them."""
    first, last = min(depths), max(depths)
    step = (WIDTH - 2 * EDGE) / (last - first + 1)
    most = max(depths.values())
    bars = [(EDGE + step * (depth - first), (bottom - top) * count / most) for depth, count in sorted(depths.items())]
    yield path([square(x, bottom - height, step * 0.9, height) for x, height in bars], FORMS["N"][1])
    yield text(f"{first} cuts", EDGE, bottom + LINE - 2)
    yield text(f"{last} cuts: leaves by depth", WIDTH - EDGE, bottom + LINE - 2, anchor="end")


def ends(found: Subdivision, y: float) -> Iterator[str]:
    """Yield the ends of the horizontal axis under it, and the vertical one in words between them."""
    name, domain = found.axes[0]
    for end, x, anchor in ((domain.lower, EDGE, "start"), (domain.upper, WIDTH - EDGE, "end")):
        yield text(pretty_text(show(end, LONGEST)) if end is not None else "", x, y, anchor=anchor)
    upwards = f", {pretty_text(found.axes[1][0])} upwards" if len(found.axes) > 1 else ""
    yield text(pretty_text(name) + upwards, WIDTH / 2, y, anchor="middle")


# -- SVG --------------------------------------------------------------------------------------------------------------------


def framed(label: str, marks: Sequence[str], bottom: float, width: int = WIDTH) -> str:
    """Return marks as one SVG element with a name for those who do not see it."""
    height = f"{bottom + 6:g}"
    return (
        f'<svg class="picture" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{escape(clean(label))}"'
        f' font-size="{SIZE}" fill="currentColor">{"".join(marks)}</svg>'
    )


def text(words: str, x: float, y: float, *, anchor: str = "start", weight: str = "400") -> str:
    """Return a line of text."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-weight="{weight}">{escape(clean(words))}</text>'


def path(outlines: Iterable[str], colour: str) -> str:
    """Return areas in a colour that is read on light and on dark pages."""
    return f'<path d="{"".join(outlines)}" fill="{colour}" fill-opacity="0.5" stroke="{colour}" stroke-width="0.6"/>'


def square(x: float, y: float, width: float, height: float) -> str:
    """Return the outline of a rectangle."""
    return f"M{_short(x)} {_short(y)}h{_short(width)}v{_short(height)}h-{_short(width)}z"


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
