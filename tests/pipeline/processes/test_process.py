"""One process as the one that leads sees it, and what it says of its end."""

from __future__ import annotations

import signal
import sys
import threading
from multiprocessing import resource_tracker, spawn
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType

import pytest

from mangacolor.core.settings import Options
from mangacolor.core.system.kind import stop_signals
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.memory import MemoryLimit
from mangacolor.pipeline.processes import process as module
from mangacolor.pipeline.processes.messages import Broken, Gone, Ready, Setting, travelling
from mangacolor.pipeline.processes.process import Process
from mangacolor.pipeline.processes.shares import Share
from mangacolor.pipeline.processes.worker import sendable
from mangacolor.tests.helpers.processes import FakeStages

WITHIN = 60.0  # seconds that a process has to start on a busy machine


class Unreadable:
    """What breaks where it is read, not where it is said."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("none",)


class DemandingError(Unreadable, Exception):
    """An error that breaks where it is made anew, whatever way of pickling errors somebody has brought in, as
    ``distributed`` does for the whole process."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def setting(folder: Path) -> Setting:
    """Of a run with fake stages."""
    options, stages = Options(device="cpu"), FakeStages()
    graph = stages(options)
    job = travelling(Job(graph, graph.select(), options, CancelToken()))
    return Setting(folder, folder / "out", options, stages, job, Share(1, 1, MemoryLimit()), 0, {})


def test_a_message_that_cannot_be_read_ends_the_process(tmp_path: Path) -> None:
    """It would leave the other end waiting for ever otherwise."""
    heard = SimpleQueue[object]()
    process = Process(setting(tmp_path))
    process.listen(heard.put)
    assert isinstance(heard.get(timeout=WITHIN), Ready)
    process.send(Unreadable())
    assert isinstance(heard.get(timeout=WITHIN), Gone)
    process.end()
    assert not any(thread.name == module.LISTENER for thread in threading.enumerate())


def test_an_error_that_cannot_be_read_elsewhere_is_told_in_words() -> None:
    assert isinstance(sendable(DemandingError("this", "that")), Broken)
    assert str(sendable(DemandingError("this", "that")).error) == "DemandingError: this and that"
    assert isinstance(sendable(KeyError("kept")).error, KeyError)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals are not held back here")
def test_the_first_process_gets_no_signal_while_it_begins_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``multiprocessing`` starts before it lets signals through again."""
    tracker = resource_tracker.ResourceTracker()
    monkeypatch.setattr(resource_tracker, "ensure_running", tracker.ensure_running)
    with module._signals_held_back():
        tracker.getfd()
        held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    tracker._stop()  # type: ignore[attr-defined]
    assert held >= set(stop_signals())
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & set(stop_signals())


def test_a_process_for_which_there_is_no_thread_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would listen to it."""
    process = Process(setting(tmp_path))

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="can't start new thread"):
        patch.setattr(threading.Thread, "start", refuse)
        process.listen(lambda _message: None)
    assert process._process.exitcode is not None


def test_other_processes_are_told_of_the_script_while_ours_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """And afterwards all are, whoever began first: two runs of two threads begin processes at once."""
    script = ModuleType("__main__")
    script.__file__, script.__spec__ = "script.py", None
    monkeypatch.setitem(sys.modules, "__main__", script)
    before, told = spawn.get_preparation_data, dict[str, bool]()

    def ask(name: str) -> None:
        found = spawn.get_preparation_data("any")
        told[name] = "init_main_from_name" in found or "init_main_from_path" in found

    ask("before")
    inside, other = threading.Event(), threading.Event()

    def begin_another() -> None:
        inside.set()
        with module._without_main():
            ask("the other")
        other.set()

    with module._without_main():
        threading.Thread(target=begin_another, daemon=True).start()
        assert inside.wait(WITHIN)
        ask("ours")
        somebody = threading.Thread(target=ask, args=["somebody"])
        somebody.start()
        somebody.join(WITHIN)
    assert other.wait(WITHIN)
    assert told == {"before": True, "ours": False, "somebody": True, "the other": False}
    assert spawn.get_preparation_data is before
