"""How long existence takes: a discretised boundary value problem in many unknowns, and the Hessian of a spurious minimum.

    python benchmarks/existence.py [UNKNOWNS]

The problem is -u'' + u^3 = 1 on n inner nodes with u = 0 at both ends: n equations with a solution in the box. The claim is read,
solved by Newton's method, and proved by the kernel from the certificate alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from proofcheck import kernel
from proofcheck.evidence import Proof
from proofcheck.methods.strategy import chosen

CLAIM = Path(__file__).parents[1] / "claims" / "tian2017" / "ssb.k6.toml"


def problem(n: int) -> bytes:
    """Return the boundary value problem as a claim file."""
    lines = [
        'proofcheck = "claim/1"', "[claim]", 'id = "benchmarks/boundary"', 'title = "a boundary value problem"', 'expect = "proved"',
        'statement = "gradient(v, energy(v), u) = 0*u"', 'by = "krawczyk"', "[exists]", f'u = "vector({n}) in [0, 1]"', "[define]",
        f'"energy(v)" = "{n + 1}/2*(v[1]^2 + v[{n}]^2 + sum(i in 2..{n}, (v[i] - v[i - 1])^2)) + 1/{n + 1}*sum(i in 1..{n}, v[i]^4/4 - v[i])"',
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def timed(data: bytes, label: str) -> None:
    """Print the seconds of reading, finding and checking the statement of a claim."""
    start = perf_counter()
    statement = kernel.read(data)
    read = perf_counter() - start
    evidence = chosen(statement.entries[0], {}, lambda *_: None)
    found = perf_counter() - start - read
    if not isinstance(evidence, Proof):
        raise SystemExit(f"{label}: {evidence}")
    proofs = {"statement": evidence.tree}
    certificate = json.dumps({"proofcheck": "certificate/1", "claim": statement.id, "digest": statement.digest, "proofs": proofs}).encode()
    middle = perf_counter()
    receipt = kernel.check(data, certificate)
    print(f"{label:32} read {read:6.1f} s   find {found:6.1f} s   check {perf_counter() - middle:6.1f} s   {receipt.findings[0].status}")


def main() -> None:
    """Print both measurements."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    timed(problem(n), f"{n} equations")
    timed(CLAIM.read_bytes(), "ssb.k6: 36 equations, 36 x 36")


if __name__ == "__main__":
    main()
