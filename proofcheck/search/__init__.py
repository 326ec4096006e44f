"""Counterexample search: engines propose points, the kernel confirms them, a ledger says exactly what was done.

The package can be called: ``proofcheck.search("x^2 > 0", {"x": "[-1, 1]"})`` is ``proofcheck.search.run.search``.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from proofcheck.start import ENVIRONMENT

# Tiles run in parallel, their linear algebra is tiny: with threads of its own it is a hundred times slower. Counts if numpy comes later.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, ENVIRONMENT[_name])


class _Callable(ModuleType):
    """The package and the function of the same name in one: an import of a submodule binds ``proofcheck.search`` to the package."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from proofcheck.search.run import search  # noqa: PLC0415 - the ledger can be read without numpy

        return search(*args, **options)


sys.modules[__name__].__class__ = _Callable
