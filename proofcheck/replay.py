"""The kernel in a child process: claim texts and certificates in, a receipt out. Used by `replay` and by `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from proofcheck import kernel
from proofcheck.claim import Claim, Library
from proofcheck.kernel import Receipt
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.run import Outcome, Task

MEMORY = 2_000_000_000


@dataclass(frozen=True)
class Refusal:
    """Why there is no receipt: a code and a text. ``outdated`` marks a certificate for an older text of the claim."""

    code: str
    text: str
    outdated: bool = False


Answer = Receipt | Refusal


def task(lib: Library, claim: Claim, certificates: Mapping[str, bytes | None], symbolic: Mapping[str, frozenset[str]], seconds: float) -> Task:
    """Return the kernel's task for a claim: the claims that it cites, then itself."""
    chain = [(c.data, certificates.get(c.id), symbolic.get(c.id, frozenset())) for c in lib.closure([claim])]
    return Task(claim.id, "proofcheck.replay:checked", chain, seconds, MEMORY)


def checked(chain: list[tuple[bytes, bytes | None, frozenset[str]]]) -> Answer:
    """Return the receipt of the last claim of a chain; each may cite those before it. Runs in the child."""
    receipts: dict[str, Receipt] = {}
    receipt: Receipt | None = None
    for position, (text, certificate, symbolic) in enumerate(chain):
        try:
            receipt = kernel.check(text, certificate, receipts, symbolic)
        except (Rejected, Malformed) as error:
            if position == len(chain) - 1:
                return Refusal(error.code, str(error), error.code.startswith("PC301"))
            receipt = kernel.check(text, None, receipts)  # a cited claim whose certificate is refused is not proved
        receipts[receipt.claim] = receipt
    assert receipt is not None
    return replace(receipt, established=())


def answer(outcome: Outcome) -> Answer:
    """Return the kernel's answer from a task's outcome; a kernel that was stopped has not accepted anything."""
    if outcome.ended == "done" and isinstance(outcome.result, (Receipt, Refusal)):
        return outcome.result
    return Refusal("PC302 bad-certificate", f"the kernel was stopped ({outcome.ended}): {outcome.detail}")


