"""Certificates on disk: whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from proofcheck import store
from proofcheck.claim import Claim, load
from proofcheck.kernel import Malformed, Rejected
from tests.project import Project


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    """Return a claim on disk without a certificate."""
    project = Project(tmp_path)
    return load(project.claim("x", "x >= 0"), tmp_path / "claims")


def test_assembled_certificate_reads_back(claim: Claim) -> None:
    """What is assembled is read as the same proofs, and the same proofs give the same bytes."""
    nodes = {"step b": {"rule": "sign"}, "statement": {"rule": "witness", "at": {"x": "1/2"}}}
    text = store.assemble(claim, nodes)
    assert store.proofs(text) == nodes
    assert text == store.assemble(claim, dict(reversed(nodes.items())))


def test_nothing_to_certify_is_no_certificate(claim: Claim) -> None:
    """Without proofs there is no certificate text, and without a text there are no proofs."""
    assert store.assemble(claim, {}) is None
    assert store.proofs(None) == {}


def test_no_certificate_is_none(claim: Claim) -> None:
    """A claim without a certificate beside it has none."""
    assert store.stored(claim) is None


def test_certificate_that_is_a_link_is_refused(claim: Claim, tmp_path: Path) -> None:
    """A link in the place of a certificate is refused, a dangling one too."""
    for target in (claim.path, tmp_path / "nowhere"):
        claim.certificate_path.unlink(missing_ok=True)
        claim.certificate_path.symlink_to(target)
        with pytest.raises(Malformed, match="link"):
            store.stored(claim)


def test_damaged_certificate_is_rejected() -> None:
    """A text that is not a certificate raises Rejected."""
    with pytest.raises(Rejected):
        store.proofs(b"{")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """Where writing fails, the old file is still there, no other file is left, and the error names the file that was meant."""
    path = tmp_path / "file.json"
    store.save(path, "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.os, failing, full)
    with pytest.raises(OSError, match="No space") as caught:
        store.save(path, "new")
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_interruption_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a write leaves the old file and no other."""
    path = tmp_path / "file.json"
    store.save(path, "old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_saving_replaces_a_link_and_not_its_target(tmp_path: Path) -> None:
    """A link in the place of a file is replaced; what it points to keeps its content."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("precious")
    link.symlink_to(target)
    store.save(link, "new")
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("precious", "new", False)


def test_saving_in_the_place_of_a_folder_says_so(tmp_path: Path) -> None:
    """A folder where the file should be is an error that names it."""
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError, match="directory"):
        store.save(tmp_path / "file", "text")


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path, kind: str) -> None:
    """A pipe gets the text and is still a pipe; a device without room says so, with its own name, and is still a device."""
    if kind == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        store.save(path, "text")
        assert (os.read(reader, 100), stat.S_ISFIFO(path.stat().st_mode)) == (b"text", True)
        os.close(reader)
        return
    path = Path("/dev/full")
    if not path.is_char_device():
        pytest.skip("no such device here")
    with pytest.raises(OSError, match="No space left") as caught:
        store.save(path, "text")
    assert caught.value.filename == "/dev/full"
    assert path.is_char_device()


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error names the file that was asked for, not a temporary one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory") as caught:
        store.save(tmp_path / "file" / "report.json", "text")
    assert caught.value.filename == str(tmp_path / "file" / "report.json")
