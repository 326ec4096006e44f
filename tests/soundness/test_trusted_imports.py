"""The kernel needs the standard library and flint, executes no text, and runs where nothing else is installed."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed

ROOT = Path(__file__).resolve().parents[2]
KERNEL = sorted((ROOT / "proofcheck" / "kernel").rglob("*.py"))
EVERYTHING = sorted((ROOT / "proofcheck").rglob("*.py"))
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "globals", "breakpoint", "lambdify"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "yaml", "ctypes", "code", "codeop", "runpy", "dill", "cloudpickle", "joblib"}
BETWEEN_OUR_PROCESSES = {"pickle", "ctypes"}  # only in `run`: results of our own children, and the signal of a dying parent
CLAIM = '''proofcheck = "claim/1"
[claim]
id = "paper/claim"
title = "a title"
statement = "sin(x) < x"
expect = "proved"
[for_all]
x = "(0, 1]"
'''
PROOF = {"rule": "zeros", "var": "x", "end": "lower", "order": 3, "length": 5, "prec": 64, "tree": "N"}


def name_of(path: Path) -> str:
    """Return the place of a file below the root."""
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level names of every absolute import."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", KERNEL, ids=name_of)
def test_kernel_imports_the_standard_library_and_flint_only(path: Path) -> None:
    """No kernel module imports anything else, and no relative import leaves the kernel."""
    tree = ast.parse(path.read_text())
    assert imported(tree) <= set(sys.stdlib_module_names) | {"flint"}
    depth = len(path.relative_to(ROOT / "proofcheck" / "kernel").parts)
    assert all(node.level <= depth for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_nothing_executes_text_or_unpickles(path: Path) -> None:
    """No module calls eval, exec, compile or a function of sympy that does, and none imports a way to load code from data."""
    tree = ast.parse(path.read_text())
    allowed = BETWEEN_OUR_PROCESSES if path.parent.name == "run" else set()
    assert not imported(tree) & (FORBIDDEN_MODULES - allowed)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            is_regex = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            assert called not in FORBIDDEN_NAMES or (called == "compile" and is_regex), f"{path}:{node.lineno}"


def test_kernel_runs_where_every_other_import_fails(tmp_path: Path, certificate: Callable[..., bytes]) -> None:
    """With all other packages blocked, the kernel checks a claim: none is imported late or optionally."""
    files = _pair(tmp_path, certificate)
    blocker = f"""
import sys, importlib.abc
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        first = name.split(".")[0]
        if first not in sys.stdlib_module_names and first not in ("flint", "proofcheck", "__main__"):
            raise ImportError("blocked: " + name)
        if first == "proofcheck" and name != "proofcheck" and not name.startswith("proofcheck.kernel"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
sys.path.insert(0, {str(ROOT)!r})
from proofcheck.kernel.__main__ import main
sys.exit(main({files!r}))
"""
    done = subprocess.run([sys.executable, "-c", blocker], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout[:24]) == (0, "VERIFIED paper/claim " + done.stdout[21:24]), done.stderr


def test_kernel_runs_in_an_environment_with_flint_alone(tmp_path: Path, certificate: Callable[..., bytes]) -> None:
    """A fresh environment with python-flint and nothing else replays a certificate."""
    files = _pair(tmp_path, certificate)
    venv.create(tmp_path / "env", with_pip=True)
    python = str(tmp_path / "env" / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "python-flint>=0.9"], capture_output=True, timeout=120, check=False)
    if installed.returncode:
        pytest.skip("python-flint cannot be downloaded here")
    done = subprocess.run([python, "-m", "proofcheck.kernel", *files], capture_output=True, text=True, timeout=30, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout.split()[0]) == (0, "VERIFIED"), done.stderr


def _pair(folder: Path, certificate: Callable[..., bytes]) -> list[str]:
    (folder / "paper").mkdir()
    claim, proof = folder / "paper" / "claim.toml", folder / "paper" / "claim.cert.json"
    claim.write_text(CLAIM)
    proof.write_bytes(certificate(CLAIM.encode(), {"statement": PROOF}))
    return [str(claim), str(proof)]


HOSTILE = [
    "__import__('os').system('id') > 0", "().__class__.__bases__[0] = x", "x.__class__ > 0", "eval(x) > 0", "exec(x) > 0", "x if x else x > 0",
    "lambda x: x > 0", "sin.__class__ > 0", "`id` > 0", "$(id) > 0", "x; import os > 0", "f\"{x}\" > 0", "x := 2", "@x > 0", "x\\n > 0", "compile(x) > 0",
]  # fmt: skip


@pytest.mark.parametrize("statement", HOSTILE)
def test_text_that_looks_like_a_program_is_refused(claim_file: Callable[..., bytes], statement: str) -> None:
    """What another tool would run is a formula that cannot be read here."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, {"x": "[0, 1]"}))
    assert caught.value.code.split()[0] in {"PC101", "PC102", "PC103", "PC105"}


def test_reading_a_claim_never_reaches_the_interpreter(monkeypatch: pytest.MonkeyPatch, certificate: Callable[..., bytes]) -> None:
    """Reading and checking claims works while eval, exec and compile raise."""
    kernel.check(CLAIM.encode(), certificate(CLAIM.encode(), {"statement": PROOF}))  # regular expressions are compiled by now

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("text reached the interpreter")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(builtins, name, refuse)
    texts = [path.read_bytes() for path in sorted((ROOT / "claims").rglob("*.toml")) if path.name != "paper.toml"]
    verdicts = [kernel.check(CLAIM.encode(), certificate(CLAIM.encode(), {"statement": PROOF})).verdict]
    digests = [kernel.read(text).digest for text in texts]
    monkeypatch.undo()
    assert verdicts == ["proved"]
    assert all(len(digest) == 64 for digest in digests)
