"""Certificates on disk: assembled from evidence, written whole or not at all, beside the claim."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from proofcheck.claim import Claim
from proofcheck.evidence import Evidence, Proof
from proofcheck.kernel.certificate import MAX_BYTES, Certificate, write
from proofcheck.kernel.files import read_bytes


def stored(claim: Claim) -> bytes | None:
    """Return the certificate beside the claim, or None where there is none. Raises Malformed for a file that cannot be used."""
    path = claim.certificate_path
    return read_bytes(path, path.parent, MAX_BYTES) if path.exists() or path.is_symlink() else None


def assemble(claim: Claim, kept: Mapping[str, Any], evidence: Iterable[Evidence]) -> str | None:
    """Return the certificate text for proofs that were kept and proofs that were found; None where there is nothing to certify."""
    proofs = {**kept, **{item.obligation: item.tree for item in evidence if isinstance(item, Proof)}}
    return write(Certificate(claim.id, claim.statement.digest, proofs)) if proofs else None


def save(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also where the disk is full or the process is killed. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
