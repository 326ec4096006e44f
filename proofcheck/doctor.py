"""Can this machine and this installation do the work? Each line is a fact that was tried just now."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from proofcheck.run import Task, run
from proofcheck.verdict import EXIT_ENVIRONMENT, EXIT_PASS

LEAST = {"python-flint": (0, 9), "sympy": (1, 13), "mpmath": (1, 3), "numpy": (1, 26), "click": (8, 1), "jinja2": (3, 1), "rich": (13,)}
"""The packages and the oldest version of each that is known to work."""


def doctor_command(root: Path) -> int:
    """Print what works and what does not, with what to do about it."""
    failed = 0
    for name, works, detail in facts(root):
        failed += not works
        sys.stdout.write(f"{'ok ' if works else 'BAD'}  {name:22} {detail}\n")
    sys.stdout.write("All is well.\n" if not failed else f"{failed} things need attention.\n")
    return EXIT_ENVIRONMENT if failed else EXIT_PASS


def facts(root: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield name, whether it works, and a detail, for each thing that the program relies on."""
    yield "python", sys.version_info >= (3, 11), sys.version.split()[0]
    for package, least in LEAST.items():
        yield (package, *at_least(package, least))
    yield ("balls enclose", *tried(balls_enclose))
    yield ("kernel stands alone", *tried(kernel_alone))
    yield ("time limit stops", *tried(lambda: stopped("proofcheck.doctor:forever", 0.5, "timeout")))
    yield ("memory limit stops", *tried(lambda: stopped("proofcheck.doctor:greedy", 20.0, "memory")))
    claims = root / "claims"
    yield "claims folder", claims.is_dir(), str(claims) if claims.is_dir() else f"{claims} is missing; make one with `proofcheck new paper/lemma-1`"
    yield "reports writable", os.access(root, os.W_OK), str(root / "reports")
    yield "cores", True, str(os.cpu_count())
    plugins = sorted(f"{plugin.name} ({plugin.value})" for plugin in entry_points(group="proofcheck.methods"))
    yield "plugins", True, ", ".join(plugins) or "none; plugins run code and cannot award themselves a grade"


def at_least(package: str, least: tuple[int, ...]) -> tuple[bool, str]:
    """Return whether a package is there in a version that is new enough."""
    try:
        found = version(package)
    except PackageNotFoundError:
        return False, "not installed"
    numbers = tuple(int(part) for part in found.split(".")[: len(least)] if part.isdigit())
    return numbers >= least, found if numbers >= least else f"{found}; {'.'.join(map(str, least))} or newer is needed"


def tried(check: Callable[[], str]) -> tuple[bool, str]:
    """Return whether a check ended without an assertion, and its detail."""
    try:
        return True, check()
    except (AssertionError, OSError, ImportError, subprocess.SubprocessError) as error:
        return False, str(error) or type(error).__name__


def balls_enclose() -> str:
    """Return a detail if FLINT's balls do what the kernel relies on."""
    from flint import arb, fmpq  # noqa: PLC0415 - a missing library is a result here, not a crash

    from proofcheck.kernel.algebra import compare, precision, square  # noqa: PLC0415 - after flint

    with precision(64):
        third = arb(fmpq(1, 3))
        assert (third * 3).contains(1), "3 * (1/3) does not contain 1"
        assert square(arb(0, 1)).is_finite(), "the square of a ball around 0 is not finite"
        assert compare("gt", arb.nan(), arb(0)) is None, "NaN decides something"
        assert arb(2).sqrt() * arb(2).sqrt() - 2 < arb(fmpq(1, 10**15)), "sqrt(2) is not enclosed tightly"
    return "exact rationals enclosed, NaN decides nothing"


def kernel_alone() -> str:
    """Return a detail if the kernel runs without numpy, sympy and mpmath."""
    code = "import sys; import proofcheck.kernel; print(*sorted({'numpy', 'sympy', 'mpmath', 'click'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    assert not found, f"the kernel imports {found}"
    return "imports the standard library and flint only"


def stopped(call: str, seconds: float, expected: str) -> str:
    """Return a detail if a runaway task is stopped in the expected way."""
    (outcome,) = run([Task("doctor", call, None, seconds, 400_000_000)], jobs=1)
    assert outcome.ended == expected, f"ended as {outcome.ended}: {outcome.detail}"
    return f"after {outcome.seconds:.1f} s"


def forever(_: object) -> None:
    """Never return: a task for the time limit."""
    while True:
        pass


def greedy(_: object) -> int:
    """Ask for more memory than allowed: a task for the memory limit."""
    return len(bytearray(10**10))
