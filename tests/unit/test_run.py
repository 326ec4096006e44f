"""Every way in which a child can end, and that nothing of it reaches the parent or another task."""

from __future__ import annotations

import contextlib
import ctypes
import io
import mmap
import os
import pty
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import flint
import pytest

from proofcheck.evidence import Support
from proofcheck.run import Event, Outcome, Task, pool, progress, run
from proofcheck.run.forked import Forker, close_idle
from proofcheck.run.spawned import Spawner
from proofcheck.run.terminal_progress import TerminalProgress

MB = 1_000_000
ROOT = Path(__file__).parents[2]


# What the tasks do.


def _square(x: int) -> int:
    return x * x


def _loop(_: object) -> None:
    while True:
        pass


def _sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


def _flint_power(_: object) -> int:
    return len(str(flint.fmpq_poly([1, flint.fmpq(1, 3), 7]) ** 200_000))


def _python_bomb(_: object) -> int:
    return len([bytearray(10 * MB) for _ in range(1_000)])


def _wrapped_bomb(_: object) -> int:
    try:
        return _python_bomb(_)
    except MemoryError:
        raise ValueError("the method could not cope") from None


def _map_bomb(_: object) -> int:
    return len(mmap.mmap(-1, 1_000 * MB))


def _gmp_bomb(_: object) -> object:
    return flint.fmpz(3) ** 10**10


def _flint_bomb(_: object) -> object:
    return flint.fmpz_mat(30_000, 30_000)


def _disappear(status: int) -> None:
    os._exit(status)


def _segfault(_: object) -> None:
    ctypes.string_at(0)


def _fail(text: str) -> None:
    sys.stdout.write("printed by the task")
    raise LookupError(text)


def _unpicklable(_: object) -> object:
    return lambda: None


def _large(count: int) -> dict[int, str]:
    return {i: f"{i:020d}" for i in range(count)}


def _with_grandchild(pid_file: str, wait: float = 60.0) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(pid_file).write_text(f"{os.getpid()} {process.pid}", encoding="ascii")
    time.sleep(wait)


def _leave_grandchild(pid_file: str) -> str:
    _with_grandchild(pid_file, 0.0)
    return "left"


def _count_up(total: int) -> int:
    for i in range(total + 1):
        progress(i, total, f"box {i}\x1b[31m")
        time.sleep(0.03)
    return total


def _set_precision(bits: int) -> int:
    before = flint.ctx.prec
    flint.ctx.prec = bits
    return int(before)


def _chance(_: object) -> tuple[list[str], float]:
    return list({"alpha", "beta", "gamma", "delta"}), random.random()


def _as_evidence(name: str) -> Support:
    return Support(name, "grid", "numerical", "10 points")


# Tests.


def _task(function: str, payload: object = None, seconds: float = 20.0, memory: int = 500 * MB, name: str = "") -> Task:
    return Task(name or function, f"{__name__}:_{function}", payload, seconds, memory)


def _outcomes(*tasks: Task, jobs: int = 2) -> list[Outcome]:
    return list(run(tasks, jobs=jobs, preload=(__name__,)))


def _only(one: Task) -> Outcome:
    (outcome,) = _outcomes(one, jobs=1)
    return outcome


def _is_gone(pid: int, within: float = 1.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def _until(file: Path, within: float = 10.0) -> list[int]:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if file.exists() and (text := file.read_text(encoding="ascii")):
            return [int(word) for word in text.split()]
        time.sleep(0.02)
    raise AssertionError(f"{file} did not appear")


@pytest.mark.parametrize("function", ["loop", "flint_power"])
def test_time_limit_stops_it(function: str) -> None:
    """A loop and a FLINT power that hears no signal are killed at the deadline."""
    outcome = _only(_task(function, seconds=0.6, memory=4_000 * MB))
    assert outcome.ended == "timeout"
    assert 0.6 <= outcome.seconds < 3.0
    assert 0.05 < outcome.cpu_seconds < 1.6


@pytest.mark.parametrize("function", ["python_bomb", "wrapped_bomb", "map_bomb", "gmp_bomb", "flint_bomb"])
def test_memory_limit_stops_it(function: str) -> None:
    """Running out of memory is told from other deaths, whether Python raises, the system refuses, GMP aborts or FLINT aborts."""
    outcome = _only(_task(function, memory=200 * MB))
    assert outcome.ended == "memory"
    assert outcome.peak_memory < 500 * MB
    assert outcome.detail.startswith("out of memory: ")


def test_exit_and_segfault() -> None:
    """A child that leaves without an answer is a crash with its exit status or its signal."""
    by_name = {one.task.name: one for one in _outcomes(_task("disappear", 3), _task("disappear", 0, name="silent"), _task("segfault"), _task("square", 7))}
    assert (by_name["disappear"].ended, by_name["disappear"].detail.split("\n")[0]) == ("crash", "exit 3")
    assert by_name["silent"].ended == "crash"
    assert "without a readable answer" in by_name["silent"].detail
    assert (by_name["segfault"].ended, by_name["segfault"].detail.split("\n")[0]) == ("crash", "SIGSEGV")
    assert "in _segfault" in by_name["segfault"].detail
    assert (by_name["square"].ended, by_name["square"].result) == ("done", 49)


def test_exception_has_its_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception is a crash with its name, message and traceback, and what the task prints stays out of our output."""
    outcome = _only(_task("fail", "no such lemma"))
    assert outcome.ended == "crash"
    assert outcome.detail.startswith("LookupError: no such lemma\n")
    assert "in _fail" in outcome.detail
    assert "printed" not in "".join(capfd.readouterr())


def test_answers_and_payloads_that_cannot_be_sent() -> None:
    """Neither an answer nor a payload that does not pickle, nor a function that does not exist, disturbs the other tasks."""
    ended = {one.task.name: one for one in _outcomes(_task("square", lambda: None, name="payload"), _task("unpicklable"), _task("nowhere"), _task("square", 2))}
    assert [ended[name].ended for name in ("payload", "unpicklable", "nowhere", "square")] == ["crash", "crash", "crash", "done"]
    assert ended["nowhere"].detail.startswith("AttributeError")
    assert "cannot be sent" in ended["payload"].detail


def test_bad_tasks_are_refused() -> None:
    """Limits that limit nothing and calls that name no function are errors of the caller."""
    with pytest.raises(ValueError, match="positive finite limits"):
        _task("square", seconds=float("inf"))
    with pytest.raises(ValueError, match="written package"):
        Task("x", "square", None, 1.0, MB)
    with pytest.raises(ValueError, match="at least one"):
        run([], jobs=0)


def test_large_result() -> None:
    """Two answers of more than 20 MB arrive whole, also when the caller is slow to take them."""
    sizes = []
    for outcome in run([_task("large", 700_000, name=str(i)) for i in range(2)], jobs=2, preload=(__name__,)):
        time.sleep(0.2)
        assert isinstance(outcome.result, dict)
        sizes.append(sum(map(len, outcome.result.values())))
    assert sizes == [14_000_000, 14_000_000]


def test_slow_caller_costs_no_task_its_time() -> None:
    """A deadline counts the work of the child, not the time its answer waits to be taken."""
    iterator = run([_task("square", 1), _task("large", 1_000, seconds=2.0), _task("square", 3)], jobs=2, preload=(__name__,))
    first = next(iterator)
    time.sleep(2.2)
    assert [first.ended, *(one.ended for one in iterator)] == ["done"] * 3


@pytest.mark.parametrize("function", ["with_grandchild", "leave_grandchild"])
def test_grandchildren_die_with_the_task(function: str, tmp_path: Path) -> None:
    """A process that the task started is gone when the task is killed, and also when it ends in peace."""
    file = tmp_path / "pids"
    outcome = _only(_task(function, str(file), seconds=1.5))
    assert outcome.ended == {"with_grandchild": "timeout", "leave_grandchild": "done"}[function]
    assert all(_is_gone(pid) for pid in _until(file))


def _program(tmp_path: Path, *, tail: str) -> subprocess.Popen[str]:
    text = f"""
        import sys
        sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
        from proofcheck.run import Task, run
        def _task(name, function, payload):
            return Task(name, "test_run:_" + function, payload, 30.0, 500_000_000)
        slow = _task("slow", "with_grandchild", {str(tmp_path / "pids")!r})
        tasks = [_task("quick", "square", 5), slow, _task("later", "sleep", 30.0), _task("last", "square", 1)]
        iterator = run(tasks, jobs=2, preload=("test_run",))
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(text) + textwrap.dedent(tail), encoding="utf-8")
    return subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)


def test_killed_parent_leaves_nothing(tmp_path: Path) -> None:
    """After kill -9 of the parent its children and their children are gone within a second."""
    parent = _program(tmp_path, tail="for one in iterator: print(one.task.name, flush=True)")
    pids = _until(tmp_path / "pids")
    parent.kill()
    parent.communicate()
    assert len(pids) == 2
    assert all(_is_gone(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_parent_keeps_what_is_finished(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM kill the children, keep the finished outcome and name the rest; the caller chooses the exit code."""
    parent = _program(
        tmp_path,
        tail="""
        found = {}
        for one in iterator:
            found[one.task.name] = one.ended, one.result, one.detail
            print(one.task.name, flush=True)
        print(found)
        sys.exit(130 if found["last"][2] == "SIGINT" else 143)
        """,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "quick\n"
    pids = _until(tmp_path / "pids")
    parent.send_signal(number)
    output = parent.communicate(timeout=5)[0]
    cut = ("interrupted", None, number.name)
    assert output.splitlines()[-1] == str({"quick": ("done", 25, ""), **dict.fromkeys(output.split()[:3], cut)})
    assert parent.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert all(_is_gone(pid) for pid in pids)


def test_interruption_reaches_every_run_inside_another() -> None:
    """A signal during an inner run interrupts the outer one too, and afterwards the signal does what it did before."""
    before = signal.getsignal(signal.SIGTERM)
    outer = run([_task("square", 2), _task("sleep", 30.0)], jobs=1, preload=(__name__,))
    assert next(outer).ended == "done"
    inner = run([_task("square", 3), _task("sleep", 30.0)], jobs=1, preload=(__name__,))
    assert next(inner).ended == "done"
    os.kill(os.getpid(), signal.SIGTERM)
    assert [one.ended for one in inner] == ["interrupted"]
    assert [one.ended for one in outer] == ["interrupted"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_closing_the_iterator_kills(tmp_path: Path) -> None:
    """Whoever stops taking outcomes leaves no process behind."""
    iterator = run([_task("square", 2), _task("with_grandchild", str(tmp_path / "pids"))], jobs=2, preload=(__name__,))
    next(iterator)
    pids = _until(tmp_path / "pids")
    iterator.close()  # type: ignore[attr-defined]
    assert all(_is_gone(pid) for pid in pids)


def test_death_of_the_server_costs_only_what_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the fork server is killed, its running task is a crash and the others run on a new one."""
    close_idle()
    servers: list[Forker] = []
    real = pool.borrow
    monkeypatch.setattr(pool, "borrow", lambda preload, *, here: servers.append(real(preload, here=here)) or servers[-1])
    iterator = run([_task("square", 2), _task("sleep", 20.0), _task("square", 4)], jobs=1, preload=(__name__,))
    assert next(iterator).result == 4
    servers[0].process.kill()
    rest = list(iterator)
    assert [(one.task.name, one.ended) for one in rest] == [("sleep", "crash"), ("square", "done")]
    assert "fork server" in rest[0].detail


def test_many_small_tasks() -> None:
    """Two hundred tasks finish with their own answers, at less than 50 ms of wall clock each."""
    start = time.monotonic()
    found = {one.task.name: one.result for one in _outcomes(*(_task("square", i, name=str(i)) for i in range(200)))}
    assert found == {str(i): i * i for i in range(200)}
    assert time.monotonic() - start < 10.0


def test_events_in_order() -> None:
    """A task is started, progresses upwards to its total, and is finished; control characters in notes do not travel."""
    events: list[Event] = []
    list(run([_task("count_up", 20)], jobs=1, on_event=events.append, preload=(__name__,)))
    assert [events[0].kind, events[-1].kind, events[-1].note] == ["started", "finished", "done"]
    assert (events[-1].done, events[-1].total) == (1, 1)
    steps = [event.done for event in events if event.kind == "progress"]
    assert steps == sorted(set(steps))
    assert steps[-1] == 20
    assert 3 <= len(steps) <= 12
    assert not any("\x1b" in event.note for event in events)


def test_progress_outside_a_child() -> None:
    """A method that is called directly may report progress to nobody."""
    assert _count_up(1) == 1


def test_results_do_not_depend_on_jobs() -> None:
    """Results with one and two jobs agree, including the order of sets and what the global random generator says."""
    tasks = [_task("square", 3), _task("chance"), _task("as_evidence", "s1"), _task("large", 10)]
    alone = {one.task.name: one.result for one in _outcomes(*tasks, jobs=1)}
    close_idle()
    together = {one.task.name: one.result for one in _outcomes(*tasks, jobs=2)}
    assert alone == together
    assert alone["as_evidence"] == Support("s1", "grid", "numerical", "10 points")


def test_global_state_does_not_leak() -> None:
    """A precision set by one task is not seen by the next, nor by the parent."""
    before = flint.ctx.prec
    assert [one.result for one in _outcomes(_task("set_precision", 999), _task("set_precision", 999), jobs=1)] == [before, before]
    assert flint.ctx.prec == before


def test_where_nothing_can_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fork a task gets an interpreter of its own, with the same outcomes."""
    monkeypatch.setattr(pool._Run, "place", lambda _: Spawner())
    found = {one.task.name: one for one in _outcomes(_task("square", 5), _task("loop", seconds=1.0), _task("fail", "x"))}
    assert (found["square"].ended, found["square"].result) == ("done", 25)
    assert found["loop"].ended == "timeout"
    assert found["fail"].detail.startswith("LookupError: x")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


EVENTS = [Event("started", "a[b]\x1b[2J", 0, 2), Event("progress", "a[b]\x1b[2J", 5, 9, "boxes"), Event("finished", "a[b]\x1b[2J", 1, 2, "done", 1.25)]


def _shown(stream: io.StringIO, *, verbose: bool) -> str:
    with TerminalProgress(verbose=verbose, stream=stream) as display:
        for event in EVENTS:
            display.on_event(event)
    return stream.getvalue()


def test_display_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is silence, or one plain line per finished task; standard output gets nothing."""
    assert _shown(io.StringIO(), verbose=False) == ""
    assert _shown(io.StringIO(), verbose=True) == "a[b]?[2J: done (1.2 s)\n"
    assert capsys.readouterr().out == ""


def test_display_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal names are shown literally, their control characters are not, and NO_COLOR means no colour."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    text = _shown(_Terminal(), verbose=True)
    assert "a[b]?[2J" in text
    assert "\x1b[2J" not in text
    assert "\x1b[3" not in text.replace("\x1b[3A", "")


def test_display_on_a_real_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Bars appear on a pseudo-terminal, and what is printed meanwhile still goes to standard output."""
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream, TerminalProgress(stream=stream) as display:
        for event in EVENTS[:2]:
            display.on_event(event)
        sys.stdout.write("for the pipe\n")
    assert capsys.readouterr().out == "for the pipe\n"
    pieces = []
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while piece := os.read(ours, 100_000):
            pieces.append(piece)
    os.close(ours)
    text = b"".join(pieces).decode()
    assert "5/9" in text
    assert "boxes" in text
