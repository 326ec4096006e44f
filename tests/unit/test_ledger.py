"""The ledger of a search: what is written is read again, and every change is noticed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.search import ledger, merkle
from proofcheck.search.ledger import Candidate, Ledger, Note, Open, Tile, TileProof, Writer

OPEN = Open("paper/claim", "ab" * 32, "text", 7, 1000, ({"method": "random", "obligation": "statement", "obligation_digest": "cd" * 32, "tiles": 9},), {"python": "3"})


def _tile(number: int, margin: str = "0.5") -> Tile:
    return Tile(number, 0, {"first": number * 10}, 10, 0, 0, 10, margin, {"x": f"{number}/7"}, ("1/3", "2/3"))


def _written(path: Path, tiles: int = 9, *, close: bool = True) -> Ledger:
    with Writer(path) as writer:
        writer.append(OPEN)
        records = tuple(_tile(number, repr(1.5 - number / 10)) for number in range(tiles))
        for record in records:
            writer.append(record)
        if close:
            candidate = Candidate(tiles - 1, "statement", {"x": "1/2"}, "-0.25", "witness", {"x": "1/2"}, ("-1/4", "-1/4"))
            writer.append(candidate)
            writer.append(ledger.closing(OPEN, records, (candidate,), "found"))
    return ledger.read(path)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]


def _save(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _forged(lines: list[bytes], changes: dict[int, dict[str, object]]) -> list[bytes]:
    """Return the lines with changed records and a chain made anew, as a forger would."""
    made: list[bytes] = []
    for number, line in enumerate(lines):
        data = {**json.loads(line), **changes.get(number, {}), "seq": number, "prev": sha256(made[-1]).hexdigest() if made else ledger.START}
        made.append(ledger.canonical(data).encode())
    return made


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A ledger gives back the records, the head is the digest of the last line, and writing again gives the same bytes."""
    found = _written(tmp_path / "a.jsonl")
    (search,) = found.searches
    assert search.open == OPEN
    assert [tile.number for tile in search.tiles] == list(range(9))
    assert search.close is not None
    assert search.close.root == search.root
    assert search.close.best["tile"] == 8
    assert search.close.totals == {"random": {"tiles": 9, "points": 90, "outside": 0, "undefined": 0, "work": 90}}
    assert found.head == sha256(_lines(tmp_path / "a.jsonl")[-1]).hexdigest() == ledger.head(tmp_path / "a.jsonl")
    _written(tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_several_searches_in_one_ledger(tmp_path: Path) -> None:
    """A second search is appended to the chain of the first, and both are read."""
    _written(tmp_path / "a.jsonl", 3, close=False)
    found = _written(tmp_path / "a.jsonl", 5)
    assert [len(search.tiles) for search in found.searches] == [3, 5]
    assert [search.close is None for search in found.searches] == [True, False]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_one_tile_without_the_others(count: int) -> None:
    """The path of every text leads to the root, and of no other text, place, count or root."""
    texts = [f"text {k}" for k in range(count)]
    root = merkle.root(texts)
    for number, text in enumerate(texts):
        path = merkle.path(texts, number)
        assert merkle.leads_to(text, number, count, path, root)
        assert not merkle.leads_to(text + " ", number, count, path, root)
        assert not merkle.leads_to(text, number, count, (*path, root), root)
        assert not merkle.leads_to(text, number, count, path, "0" * 64)
        assert count == 1 or not merkle.leads_to(text, (number + 1) % count, count, path, root)
        assert count == 1 or not merkle.leads_to(text, number, count, path[:-1], root)


def test_merkle_root_by_hand() -> None:
    """The root of three texts is sha256(1, sha256(1, a, b), c) with leaves sha256(0, text); of none, sha256 of nothing."""
    a, b, c = (sha256(b"\x00" + text).digest() for text in (b"a", b"b", b"c"))
    left = sha256(b"\x01" + a + b).digest()
    assert merkle.root(["a", "b", "c"]) == sha256(b"\x01" + left + c).hexdigest()
    assert merkle.root([]) == sha256(b"").hexdigest()
    assert not merkle.leads_to("a", 0, 2, ("zz",), merkle.root(["a", "b"]))
    assert not merkle.leads_to("a", 2, 2, (), merkle.root(["a", "b"]))
    with pytest.raises(IndexError):
        merkle.path(["a"], 1)


def test_tile_proof(tmp_path: Path) -> None:
    """The proof of a tile holds for the root of the close record, and not for a tile with another margin."""
    (search,) = _written(tmp_path / "a.jsonl").searches
    assert search.close is not None
    proof = ledger.tile_proof(search.tiles, 4)
    assert proof.holds(search.close.root)
    assert not TileProof(proof.content.replace("4/7", "5/7"), proof.number, proof.count, proof.path).holds(search.close.root)


def test_notes_are_no_part_of_the_result(tmp_path: Path) -> None:
    """A note between tiles changes the chain and leaves tiles, root and result as they are."""
    (plain,) = _written(tmp_path / "a.jsonl").searches
    rows = [json.loads(line) for line in _lines(tmp_path / "a.jsonl")]
    note = {"kind": "note", "what": "resumed", "text": "after tile 3"}
    _save(tmp_path / "b.jsonl", _forged([json.dumps(row).encode() for row in [*rows[:5], note, *rows[5:]]], {}))
    (noted,) = ledger.read(tmp_path / "b.jsonl").searches
    assert (noted.result(), noted.root, noted.notes) == (plain.result(), plain.root, (Note("resumed", "after tile 3"),))


def _refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        ledger.read(path)
    return caught.value.code[:5], caught.value.where


def test_edits_are_located(tmp_path: Path) -> None:
    """A changed value is noticed in the line after it; a removed, doubled or moved line where it is missing; the line is named."""
    path = tmp_path / "a.jsonl"
    _written(path)
    lines = _lines(path)
    changed = lines.copy()
    changed[3] = changed[3].replace(b'"points":10', b'"points":11')
    for wrong, line in ((changed, 5), (lines[:3] + lines[4:], 4), ([*lines[:4], lines[3], *lines[4:]], 5), ([*lines[:3], lines[4], lines[3], *lines[5:]], 4)):
        _save(path, wrong)
        assert _refusal(path) == ("PC402", f"{path}: line {line}")


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """A flipped bit anywhere before the last line is refused; in the last line it is refused or changes the head."""
    path = tmp_path / "a.jsonl"
    good = _written(path)
    data = path.read_bytes()
    choose = random.Random(5)
    for _ in range(200):
        place = choose.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << choose.randrange(8)]) + data[place + 1 :])
        try:
            assert ledger.read(path).head != good.head
        except (Rejected, Malformed):
            continue


@pytest.mark.parametrize(
    ("changes", "code", "line"),
    [
        ({3: {"points": 11}}, "PC403", 12),
        ({3: {"margin": "-1.0"}}, "PC403", 12),
        ({10: {"verdict": "undecided"}}, "PC403", 12),
        ({11: {"outcome": "nothing"}}, "PC401", 12),
        ({11: {"root": "0" * 64}}, "PC403", 12),
        ({11: {"best": {}}}, "PC403", 12),
        ({3: {"number": 3}}, "PC403", 4),
        ({3: {"stage": 1}}, "PC403", 4),
        ({10: {"tile": 3}}, "PC403", 11),
        ({3: {"margin": "nan"}}, "PC401", 4),
        ({3: {"margin": 0.5}}, "PC401", 4),
        ({3: {"points": -1}}, "PC401", 4),
        ({3: {"points": True}}, "PC401", 4),
        ({3: {"extra": 1}}, "PC401", 4),
        ({3: {"at": {"x": 1}}}, "PC401", 4),
        ({3: {"enclosure": ["1/3"]}}, "PC401", 4),
        ({3: {"enclosure": ["1/0", "1"]}}, "PC401", 4),
        ({3: {"part": {"a": [None]}}}, "PC401", 4),
        ({0: {"format": "search/2"}}, "PC401", 1),
        ({0: {"digest": "AB" * 32}}, "PC401", 1),
        ({0: {"stages": [{"method": "random"}]}}, "PC401", 1),
        ({0: {"program": {"python": 3}}}, "PC401", 1),
        ({11: {"totals": {"random": {"tiles": "9"}}}}, "PC401", 12),
        ({1: {"kind": "tail"}}, "PC401", 2),
    ],
)
def test_forged_chains(tmp_path: Path, changes: dict[int, dict[str, object]], code: str, line: int) -> None:
    """A forger who makes the chain anew is still refused where records are malformed or contradict the totals."""
    path = tmp_path / "a.jsonl"
    _written(path)
    try:
        _save(path, _forged(_lines(path), changes))
    except ValueError:
        pytest.fail("the forger cannot write this")
    assert _refusal(path) == (code, f"{path}: line {line}")


@pytest.mark.parametrize("text", [b"{}", b"[]", b"x", b'{"kind":"note","kind":"note"}', b"[" * 100_000, b'{"kind":"note","what":"text","text":"a","seq":0}', b'{"a":1.5}'])
def test_lines_that_are_no_records(tmp_path: Path, text: bytes) -> None:
    """A line that is not a record is refused with its number, whatever it is."""
    path = tmp_path / "a.jsonl"
    _save(path, [text])
    assert _refusal(path)[1] == f"{path}: line 1"


def test_one_way_of_writing(tmp_path: Path) -> None:
    """The same record with other spaces, key order or defaults written out is refused: one content, one text."""
    path = tmp_path / "a.jsonl"
    _written(path, 1, close=False)
    lines = _lines(path)
    for other in (lines[1].replace(b'":', b'": ', 1), ledger.canonical({**json.loads(lines[1]), "enclosure": []}).encode()):
        _save(path, [lines[0], other])
        assert other != lines[1]
        assert _refusal(path) == ("PC401", f"{path}: line 2")


def test_records_outside_a_search(tmp_path: Path) -> None:
    """A tile before any search, or after a close record, is refused; a note after it is not."""
    path = tmp_path / "a.jsonl"
    _written(path)
    lines = _lines(path)
    _save(path, _forged(lines[1:], {}))
    assert _refusal(path) == ("PC403", f"{path}: line 1")
    _save(path, _forged([*lines, lines[1]], {}))
    assert _refusal(path) == ("PC403", f"{path}: line 13")
    with Writer(path.with_name("b.jsonl")) as writer:
        writer.append(OPEN)
        writer.append(ledger.closing(OPEN, (), (), "budget ended"))
        writer.append(Note("text", "head published"))
    assert len(ledger.read(path.with_name("b.jsonl")).searches) == 1


@pytest.mark.parametrize("tail", [b'{"kind":"ti', b"\x00" * 40, b'{"kind"\x00\x00'])
def test_torn_last_line_is_cut(tmp_path: Path, tail: bytes) -> None:
    """What a killed process or a power failure leaves behind the last whole line is reported, no part of the ledger, and cut by the next writer."""
    path = tmp_path / "a.jsonl"
    good = _written(path, 4, close=False)
    with path.open("ab") as file:
        file.write(tail)
    torn = ledger.read(path)
    assert (torn.torn, torn.head, torn.searches) == (len(tail), good.head, good.searches)
    with Writer(path) as writer:
        assert writer.cut == len(tail)
        writer.append(_tile(4))
    assert len(ledger.read(path).searches[0].tiles) == 5


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """A second writer of the same ledger is refused as long as the first is open."""
    path = tmp_path / "a.jsonl"
    with Writer(path), pytest.raises(BlockingIOError, match="Another search"):
        Writer(path)
    Writer(path).close()


def test_a_changed_ledger_is_not_continued(tmp_path: Path) -> None:
    """A writer refuses a ledger that does not pass its checks, and leaves it as it is."""
    path = tmp_path / "a.jsonl"
    _written(path)
    lines = _lines(path)
    _save(path, lines[:3] + lines[4:])
    before = path.read_bytes()
    with pytest.raises(Rejected):
        Writer(path)
    assert path.read_bytes() == before


def test_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """Where the file may not grow, the record in flight is lost and nothing else: the ledger reads, and goes on when there is room."""
    path = tmp_path / "a.jsonl"
    program = f"""
import resource, sys
sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}
from pathlib import Path
from test_ledger import OPEN, _tile
from proofcheck.search.ledger import Writer
writer = Writer(Path({str(path)!r}))
writer.append(OPEN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    for number in range(9):
        writer.append(_tile(number))
except OSError as error:
    print(number, error.filename)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, name = done.stdout.split()
    assert name == str(path)
    assert 0 < int(count) < 9
    found = ledger.read(path)
    assert (found.torn, len(found.searches[0].tiles)) == (0, int(count))
    with Writer(path) as writer:
        writer.append(_tile(int(count)))
    assert len(ledger.read(path).searches[0].tiles) == int(count) + 1


def test_files_that_are_no_ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, a folder, or too large is malformed, with the reason; an empty file is an empty ledger."""
    with pytest.raises(Malformed, match="cannot be read"):
        ledger.read(tmp_path / "none")
    with pytest.raises(Malformed, match="cannot be read"):
        ledger.read(tmp_path)
    path = tmp_path / "a.jsonl"
    _written(path)
    for limit in ("MAX_LEDGER", "MAX_LINE", "MAX_LINES"):
        with monkeypatch.context() as patch:
            patch.setattr(ledger, limit, 5)
            with pytest.raises(Malformed) as caught:
                ledger.read(path)
            assert caught.value.code.startswith("PC206")
    path.write_bytes(b"")
    assert (ledger.read(path).searches, ledger.head(path)) == ((), ledger.START)


def test_records_too_long_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that no reader would take is refused by the writer."""
    monkeypatch.setattr(ledger, "MAX_LINE", 100)
    with Writer(tmp_path / "a.jsonl") as writer, pytest.raises(Malformed):
        writer.append(OPEN)


def test_killed_while_writing(tmp_path: Path) -> None:
    """A process killed while it writes leaves whole lines, or whole lines and a torn one; the chain holds."""
    path = tmp_path / "a.jsonl"
    program = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}
from pathlib import Path
from dataclasses import replace
from test_ledger import OPEN, _tile
from proofcheck.search.ledger import Writer
writer = Writer(Path({str(path)!r}))
writer.append(replace(OPEN, stages=({{**OPEN.stages[0], "tiles": 1000000}},)))
print(flush=True)
for number in range(1000000):
    writer.append(_tile(number))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while os.stat(path).st_size < 20_000:
            pass
        process.send_signal(signal.SIGKILL)
    found = ledger.read(path)
    assert len(found.searches[0].tiles) > 40
