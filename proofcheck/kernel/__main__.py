"""``python -m proofcheck.kernel CLAIM CERTIFICATE``: print VERIFIED, REFUTED or the reason it is neither.

Cited claims are looked up as ``<claims>/<id>.toml`` beside the claim's own folder, each with its certificate. Exit codes: 0 proved
or refuted as certified, 1 open or a sanity value or neighbour that does not hold, 2 malformed or unusable input, 6 rejected.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import Receipt, check
from .certificate import MAX_BYTES
from .errors import Malformed, Rejected
from .files import read_bytes
from .statement import MAX_FILE, read


def main(arguments: list[str]) -> int:
    """Check one claim against one certificate and say what was found."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m proofcheck.kernel CLAIM CERTIFICATE\n")
        return 2
    claim, certificate = map(Path, arguments)
    try:
        receipt = _checked(claim, certificate, claim.parent.parent, {}, ())
    except Malformed as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Rejected as error:
        sys.stderr.write(f"REJECTED {certificate}\n{error}\n")
        return 6
    word = {"proved": "ASSUMING" if receipt.assumptions else "VERIFIED", "refuted": "REFUTED", "open": "OPEN"}[receipt.verdict]
    sys.stdout.write(f"{word} {receipt.claim} {receipt.digest}\n")
    for finding in receipt.findings:
        sys.stdout.write(f"  {finding.status:10} {finding.rule or finding.by_step or '-':12} {finding.name}\n")
    for line in receipt.assumptions:
        sys.stdout.write(f"  assuming {line}\n")
    for line in receipt.complaints:
        sys.stdout.write(f"  the file is in doubt: {line} does not hold\n")
    return 1 if receipt.verdict == "open" or receipt.complaints else 0


def _checked(claim: Path, certificate: Path, root: Path, receipts: dict[str, Receipt], path: tuple[str, ...]) -> Receipt:
    """Check the claims that this one cites, then this one."""
    text = read_bytes(claim, root, MAX_FILE)
    try:
        statement = read(text)
        if path and statement.id != claim.relative_to(root).with_suffix("").as_posix():
            raise Malformed("PC205", f"The file is cited by its place and has the id {statement.id}.")
        for entry in statement.entries:
            cited = entry.by.get("claim") if entry.by.get("rule") == "cite" else None
            if isinstance(cited, str) and cited not in receipts:
                if cited in (*path, statement.id):
                    raise Malformed("PC208", f"Claims cite each other in a circle: {' -> '.join((*path, statement.id, cited))}.")
                if not _is_id(cited):
                    raise Malformed("PC205", f"{cited!r} is not an id.")
                other = root / f"{cited}.toml"
                receipts[cited] = _checked(other, other.with_suffix(".cert.json"), root, receipts, (*path, statement.id))
        proofs = read_bytes(certificate, certificate.parent, MAX_BYTES)
        return check(text, proofs, receipts)
    except Malformed as error:
        raise error.at(file=str(claim)) from None


def _is_id(text: str) -> bool:
    parts = text.split("/")
    return len(parts) == 2 and all(part and set(part) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") and part[0] not in "-." for part in parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
