"""What the points of a search leave open, as a picture: a map in two variables, a strip for each variable in any other number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

import numpy as np

from proofcheck.algebras.typeset import pretty_text
from proofcheck.kernel.terms import Domain, show
from proofcheck.search.coverage import Array, Coverage, Dyadic, percent

from .pictures import EDGE, LINE, WIDTH, framed, path, square, text

ACROSS, UPWARDS = 7, 6
"""Pixels of a map: 2^7 by 2^6. Boxes of the unit cube never straddle their edges unless they are larger."""
HEIGHT, STRIP = 190, 16
EXCLUDED = "#3f9170"
LEFT = ((Fraction(3, 4), "#a8321f", "left: more than 3/4"), (Fraction(1, 4), "#d0672c", "left: 1/4 to 3/4"), (Fraction(0), "#e0b64a", "left: less than 1/4"))
LONGEST = 16


def leftover(coverage: Coverage, domains: Sequence[tuple[str, Domain]]) -> str:
    """Return an SVG element that shows where the domain is not excluded. Colours are those of the share that is left in a pixel."""
    head = f"{percent(coverage.share)} of the domain excluded"
    marks = [text(head, EDGE, LINE, weight="600")]
    top: float = LINE + 6
    used: set[str] = set()
    if len(domains) == 2:
        used |= _map(shares(coverage.remaining, (0, 1), (ACROSS, UPWARDS)), top, top + HEIGHT, marks)
        top += HEIGHT + LINE
        _ends(domains[0], f", {pretty_text(domains[1][0])} upwards", top, marks)
        top += 2
    else:
        for axis, domain in list(enumerate(domains))[:12]:
            used |= _map(shares(coverage.remaining, (axis,), (ACROSS,)), top, top + STRIP, marks)
            top += STRIP + LINE
            _ends(domain, "", top - 2, marks)
            top += 4
    for _, colour, words in (*LEFT, (Fraction(0), EXCLUDED, "excluded" + (", or outside the hypotheses" if coverage.outside else ""))):
        if colour in used:
            top += LINE
            marks += [path([square(EDGE, top - 9, 9, 9)], colour), text(words, EDGE + 15, top)]
    return framed(head, marks, top)


def shares(cells: Sequence[Dyadic], axes: tuple[int, ...], sizes: tuple[int, ...]) -> Array:
    """Return for each pixel the share of its volume that the boxes take, over all values of the other variables."""
    image = np.zeros([1 << size for size in sizes])
    for cell in cells:
        share = 1.0
        where = []
        for axis, size in zip(axes, sizes, strict=True):
            k, n = cell[axis]
            where.append(slice(k >> (n - size), (k >> (n - size)) + 1) if n >= size else slice(k << (size - n), (k + 1) << (size - n)))
            share *= 0.5 ** max(0, n - size)
        for axis, (_, n) in enumerate(cell):
            share *= 1.0 if axis in axes else 0.5**n
        image[tuple(where)] += share
    return image


def _map(image: Array, top: float, bottom: float, marks: list[str]) -> set[str]:
    """Draw the pixels, runs of one colour as one area, the second axis upwards; return the colours that occur."""
    rows = image.T if image.ndim == 2 else image[None, :]
    width, height = (WIDTH - 2 * EDGE) / rows.shape[1], (bottom - top) / rows.shape[0]
    outlines: dict[str, list[str]] = {}
    for y, row in enumerate(rows):
        for colour, first, count in _runs(row):
            outlines.setdefault(colour, []).append(square(EDGE + first * width, bottom - (y + 1) * height, count * width, height))
    marks += [path(areas, colour) for colour, areas in sorted(outlines.items())]
    return set(outlines)


def _runs(row: Array) -> Iterator[tuple[str, int, int]]:
    first = 0
    for colour, run in groupby(_colour(float(share)) for share in row):
        count = len(list(run))
        yield colour, first, count
        first += count


def _colour(share: float) -> str:
    return next((colour for least, colour, _ in LEFT if share > least), EXCLUDED)


def _ends(variable: tuple[str, Domain], more: str, y: float, marks: list[str]) -> None:
    name, domain = variable
    for end, nothing, x, anchor in ((domain.lower, "-inf", EDGE, "start"), (domain.upper, "inf", WIDTH - EDGE, "end")):
        marks.append(text(pretty_text(show(end, LONGEST) if end is not None else nothing), x, y, anchor=anchor))
    marks.append(text(pretty_text(name) + more, WIDTH / 2, y, anchor="middle"))
