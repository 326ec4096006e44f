"""Certificates on disk: assembled from evidence, written whole or not at all, beside the claim."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proofcheck.claim import Claim
from proofcheck.kernel.certificate import MAX_BYTES, Certificate, read, write
from proofcheck.kernel.files import read_bytes


def stored(claim: Claim) -> bytes | None:
    """Return the certificate beside the claim, or None where there is none. Raises Malformed for a file that cannot be used."""
    path = claim.certificate_path
    return read_bytes(path, path.parent, MAX_BYTES) if path.exists() or path.is_symlink() else None


def proofs(certificate: bytes | None) -> dict[str, Any]:
    """Return the proof nodes of a certificate, by obligation; none without one. Raises Rejected."""
    return dict(read(certificate).proofs) if certificate is not None else {}


def assemble(claim: Claim, nodes: Mapping[str, Any]) -> bytes | None:
    """Return the certificate for proof nodes by obligation; None where there is nothing to certify."""
    return write(Certificate(claim.id, claim.statement.digest, nodes)).encode() if nodes else None


def supported(name: str, node: Any, proofs: Mapping[str, Any]) -> bool:
    """Say whether every step that a proof uses is proved in its own instance: else the proof rests on nothing.

    A step with a witness is refuted; other refutations are for the kernel to see.
    """
    _, bracket, instance = name.partition("[")
    used = [proofs.get(f"step {step}{bracket}{instance}") for step in steps_of(node)]
    return all(proof is not None and proof.get("rule") != "witness" for proof in used)


def steps_of(node: Any) -> list[str]:
    """Return the steps that a proof node uses."""
    if isinstance(node, Mapping):
        own = [str(node["id"])] if node.get("rule") == "step" else []
        return own + [name for part in node.values() for name in steps_of(part)]
    return [name for part in node for name in steps_of(part)] if isinstance(node, list) else []


def save(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also where the disk is full or the process is killed. Raises OSError.

    What is no file (a terminal, a pipe) is written to, never replaced.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "It is a directory", str(path))
    if path.exists() and not path.is_file():
        try:
            path.write_text(text, "utf-8")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory, what it is to lie in", str(path)) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
