"""proofcheck: continuous integration for theorems. Methods find; the kernel looks; the verdict says how we know."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofcheck.proving import Result, prove
    from proofcheck.search.audit import Audit, audit
    from proofcheck.search.run import SearchResult

__all__ = ["Audit", "Result", "SearchResult", "audit", "prove"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return what users call, loaded when first used: importing the kernel must not import the methods."""
    if name in ("Result", "prove"):
        import proofcheck.proving as module  # noqa: PLC0415 - see above

        return getattr(module, name)
    if name in ("Audit", "audit"):
        import proofcheck.search.audit as audits  # noqa: PLC0415 - see above

        return getattr(audits, name)
    if name == "search":
        return import_module("proofcheck.search")
    if name == "SearchResult":
        return import_module("proofcheck.search.run").SearchResult
    raise AttributeError(f"module 'proofcheck' has no attribute {name!r}")
