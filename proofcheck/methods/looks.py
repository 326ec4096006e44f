"""The kernel's look at a part of a proof while it is being found."""

from __future__ import annotations

from typing import Any

from proofcheck.kernel import rules
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.terms import Obligation


def accepts(obligation: Obligation, node: dict[str, Any]) -> bool:
    """Say whether the kernel takes the node for a proof; what it makes of the whole certificate later is what counts."""
    try:
        return rules.prove(obligation, node, rules.Link())
    except Rejected:
        return False
