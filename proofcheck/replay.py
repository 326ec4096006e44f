"""The kernel in a child process: claim texts and certificates in, a receipt out. Used by `replay` and by `verify`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from proofcheck import kernel
from proofcheck.claim import Claim, Library
from proofcheck.kernel import Receipt
from proofcheck.kernel import certificate as certificates
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.run import Outcome, Task
from proofcheck.verdict import EXIT_BROKEN, EXIT_BUDGET, EXIT_INTEGRITY, EXIT_MALFORMED

MEMORY = 2_000_000_000


@dataclass(frozen=True)
class Refusal:
    """Why there is no receipt: a text and the exit code it asks for. ``outdated`` marks a certificate for an older text of the claim."""

    text: str
    exit_code: int = EXIT_INTEGRITY
    outdated: bool = False


Answer = Receipt | Refusal


def task(lib: Library, claim: Claim, certificates: Mapping[str, bytes | None], symbolic: Mapping[str, frozenset[str]], seconds: float) -> Task:
    """Return the kernel's task for a claim: the claims that it cites, then itself."""
    chain = [(c.data, certificates.get(c.id), symbolic.get(c.id, frozenset())) for c in lib.closure([claim])]
    return Task(claim.id, "proofcheck.replay:checked", chain, seconds, MEMORY)


def checked(chain: list[tuple[bytes, bytes | None, frozenset[str]]]) -> Answer:
    """Return the receipt of the last claim of a chain; each may cite those before it. Runs in the child.

    A cited claim that cannot be read, or whose certificate is refused, is not proved, and neither is what cites it.
    """
    receipts: dict[str, Receipt] = {}
    for text, certificate, symbolic in chain[:-1]:
        with contextlib.suppress(Malformed, Rejected):
            receipt = _checked(text, certificate, receipts, symbolic)
            receipts[receipt.claim] = receipt
    text, certificate, symbolic = chain[-1]
    try:
        return replace(_checked(text, certificate, receipts, symbolic), established=())
    except Malformed as error:
        return Refusal(str(error), EXIT_MALFORMED)
    except Rejected as error:
        outdated = error.code.startswith("PC301") and certificate is not None and certificates.read(certificate).claim == kernel.read(text).id
        return Refusal(str(error), outdated=outdated)


def _checked(text: bytes, certificate: bytes | None, receipts: Mapping[str, Receipt], symbolic: frozenset[str]) -> Receipt:
    """Return the kernel's receipt; where a proof rests on a claim or a step that is not proved, the one without that proof."""
    while True:
        try:
            return kernel.check(text, certificate, receipts, symbolic)
        except Rejected as error:
            name = error.where.partition(": ")[0]
            if certificate is None or not error.code.startswith("PC314"):
                raise
            parsed = certificates.read(certificate)
            rest = {other: node for other, node in parsed.proofs.items() if other != name}
            if len(rest) == len(parsed.proofs):
                raise
            certificate = certificates.write(replace(parsed, proofs=rest)).encode()


def answer(outcome: Outcome) -> Answer:
    """Return the kernel's answer from a task's outcome; a kernel that was stopped has not accepted anything."""
    if outcome.ended == "done" and isinstance(outcome.result, (Receipt, Refusal)):
        return outcome.result
    code = EXIT_BUDGET if outcome.ended in ("timeout", "memory", "interrupted") else EXIT_BROKEN
    return Refusal(f"the kernel was stopped before it had looked ({outcome.ended}): {outcome.detail}", code)
