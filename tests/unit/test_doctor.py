"""`doctor` tries what it reports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from proofcheck import doctor
from tests.project import Project


def test_all_is_well_here(tmp_path: Path) -> None:
    """On a machine that can run these tests every fact holds, and the exit code is 0."""
    project = Project(tmp_path)
    project.claim("x", "x >= 0")
    ended = project.run("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert {line[:3] for line in ended.out.splitlines()[:-1]} == {"ok "}
    for name in ("python-flint", "balls enclose", "time limit stops", "memory limit stops", "kernel stands alone"):
        assert name in ended.out


def test_missing_package_and_folder_are_an_environment_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed and a missing claims folder are reported as BAD, with exit code 3."""
    monkeypatch.setattr(doctor, "version", lambda package: {"numpy": "1.2.0"}.get(package) or _raise(package))
    ended = Project(tmp_path).run("doctor")
    assert ended.code == 3
    bad = {line[5:28].strip(): line[28:].strip() for line in ended.out.splitlines() if line.startswith("BAD")}
    assert bad["sympy"] == "not installed"
    assert "1.26 or newer is needed" in bad["numpy"]
    assert "proofcheck new" in bad["claims folder"]


def _raise(package: str) -> str:
    raise doctor.PackageNotFoundError(package)


def test_limit_that_does_not_stop_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that ends otherwise than it should makes the fact false, with how it ended."""
    assert doctor.tried(lambda: doctor.stopped("proofcheck.doctor:greedy", 20.0, "timeout"))[0] is False
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: _raise_os())
    assert doctor.tried(doctor.kernel_alone) == (False, "no processes")


def _raise_os() -> None:
    raise OSError("no processes")


def test_kernel_alone_notices_a_heavy_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Were numpy imported by the kernel, the fact would be false."""
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho numpy\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    assert doctor.tried(doctor.kernel_alone) == (False, "the kernel imports numpy")
