"""The rules of inference. Each is one function: it accepts by returning, or raises Rejected(code, why); none searches.

``prove(goal, node, links)`` is the only way in. It returns True where ``goal`` is proved and False where it is refuted; a
rejection proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..certificate import Node
from ..errors import Rejected
from ..terms import Obligation


@dataclass(frozen=True)
class Link:
    """What an obligation may rest on: `by` of its entry, the obligations of claims proved before, the steps closed before it."""

    by: Mapping[str, Any] = field(default_factory=dict)
    proved: Mapping[str, tuple[Obligation, ...]] = field(default_factory=dict)
    steps: Mapping[str, Obligation] = field(default_factory=dict)


Rule = Callable[[Obligation, Node, Link], bool]


def prove(goal: Obligation, node: Node, link: Link) -> bool:
    """Return True if the node proves the goal and False if it refutes it. Raises Rejected otherwise.

    An opaque obligation, about trajectories, expectations or measurements, has no proof here: only what the file declares reaches it.

    What the file declares (a citation, an assumption) is for the whole obligation, where the receipt lists it; a premise
    cannot use it.
    """
    name = node.get("rule")
    if not isinstance(name, str) or name not in RULES:
        raise Rejected("PC316", f"There is no rule {name!r}. Rules: {', '.join(sorted(RULES))}.")
    if goal.opaque and name not in ("cite", "assume"):
        raise Rejected("PC318", "Trajectories, expectations and measurements are outside every rule; they can be supported, never proved.", goal.name)
    if goal.exists and name not in EXISTENCE:
        raise Rejected("PC315", f"The rule {name} is for statements about all points; this one says that something exists.", goal.name)
    return RULES[name](goal, node, link if name in ("cite", "assume") else Link(steps=link.steps))


def established(goal: Obligation, node: Node, link: Link) -> None:
    """Reject unless the node proves the goal: where a premise is needed, a refutation is none."""
    if not prove(goal, node, link):
        raise Rejected("PC315", f"A premise of {goal.name} is refuted, not proved.")


from . import algebraic, charts, existence, links, minimum, points, positive, subdivide, taylor, telescope, zeros  # noqa: E402 - rules call `prove`

RULES: dict[str, Rule] = {
    "bisection": subdivide.bisection,
    "split": subdivide.split,
    "cases": subdivide.cases,
    "zeros": zeros.zeros,
    "chart": charts.chart,
    "generalise": charts.generalise,
    "scale": charts.scale,
    "both": charts.both,
    "either": charts.either,
    "cut": charts.cut,
    "monotone": charts.monotone,
    "minimum": minimum.minimum,
    "taylor": taylor.taylor,
    "telescope": telescope.telescope,
    "ring": algebraic.ring,
    "positive": positive.positive,
    "sign": algebraic.sign,
    "rewrite": algebraic.rewrite,
    "parametrise": algebraic.parametrise,
    "point": points.point,
    "witness": points.witness,
    "krawczyk": existence.krawczyk,
    "nowhere": existence.nowhere,
    "twice": existence.twice,
    "restrict": charts.restrict,
    "weaken": charts.weaken,
    "step": links.step,
    "cite": links.cite,
    "assume": links.assume,
}

EXISTENCE = frozenset({"krawczyk", "nowhere", "twice", "step", "cite", "assume"})
"""The rules that know what to do with names to be found. Every other rule would read them as variables of [for_all]."""
