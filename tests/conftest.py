"""What kernel tests share: claim files built from a statement, and the receipt that a certificate earns for one."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import settings

from proofcheck import kernel
from proofcheck.kernel import Receipt

settings.register_profile("proofcheck", deadline=None, derandomize=True)
settings.load_profile("proofcheck")

# A shell that starts jobs in the background has them ignore Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Proof = Mapping[str, Any]


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep searches in a folder of the tests' own, never in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROOFCHECK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def _file(statement: str, domains: Mapping[str, str] = {}, *, given: Sequence[str] = (), define: Mapping[str, Any] = {},
          each: Mapping[str, Any] = {}, by: str = "", more: str = "",
          exists: Mapping[str, str] = {}, unique: bool = False, id: str = "paper/claim") -> bytes:  # noqa: A002 - read only  # fmt: skip
    """Return a claim file with this statement; ``more`` is TOML text that follows."""
    lines = ['proofcheck = "claim/1"']
    lines += [f"given = {json.dumps(list(given))}"] if given else []
    lines += ["[claim]", f'id = "{id}"', 'title = "a title"', 'expect = "proved"', f"statement = {json.dumps(statement)}"]
    lines += [f"by = {by}"] if by else []
    lines += ["unique = true"] if unique else []
    for table, entries in (("for_all", domains), ("exists", exists), ("for_each", each), ("define", define)):
        lines += [f"[{table}]", *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in entries.items())] if entries else []
    return "\n".join([*lines, more, ""]).encode()


def _certificate(claim: bytes, proofs: Mapping[str, Proof]) -> bytes:
    """Return a certificate for the claim with these proofs."""
    statement = kernel.read(claim)
    return json.dumps({"proofcheck": "certificate/1", "claim": statement.id, "digest": statement.digest, "proofs": proofs}).encode()


@pytest.fixture
def claim_file() -> Callable[..., bytes]:
    """Return a function that writes a claim file."""
    return _file


@pytest.fixture
def certificate() -> Callable[..., bytes]:
    """Return a function that writes a certificate for a claim file."""
    return _certificate


@pytest.fixture
def refuses(judge: Callable[..., Receipt]) -> Callable[..., None]:
    """Return a function that asserts that the kernel rejects a proof of a statement, and by which code."""

    def check(code: str, statement: str, domains: Mapping[str, str], proof: Proof, rest: Mapping[str, Any] = {}) -> None:
        with pytest.raises(kernel.Rejected) as caught:
            judge(statement, proof, domains, **rest)
        assert caught.value.code.split()[0] == code, str(caught.value)

    return check


@pytest.fixture
def judge() -> Callable[..., Receipt]:
    """Return a function that returns the receipt of a statement with a proof of it."""

    def run(statement: str, proof: Proof, domains: Mapping[str, str] = {}, **rest: Any) -> Receipt:
        claim = _file(statement, domains, **rest)
        return kernel.check(claim, _certificate(claim, {kernel.read(claim).entries[0].obligation.name: proof}))

    return run
