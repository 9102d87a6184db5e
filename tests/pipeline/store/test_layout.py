"""The folders for files in the making: who may clear which."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mangacolor.pipeline.store.layout import State
from mangacolor.watcher.records import Record, Records


def leftover(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ".0123456789abcdef.tmp"
    file.write_bytes(b"half")
    return file


def test_a_run_clears_what_a_killed_one_was_writing_and_nothing_of_a_watch(tmp_path: Path) -> None:
    state = State(tmp_path / "out")
    with state.watched():
        ours, watchs = leftover(state.scratch), leftover(state.watch_scratch)
        with state.locked():
            assert not ours.exists() and watchs.exists()
    with state.watched():
        assert not watchs.exists()


def test_a_run_that_begins_while_a_watch_writes_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path / "out")
    path = state.folder / "watch.jsonl"
    forced = os.fsync

    def begin_a_run(number: int) -> None:
        with state.locked():
            forced(number)

    with state.watched():
        records = Records(path, state.watch_scratch)
        for tries in range(12):
            records.keep(Record("a", "mark", tries=tries))
        monkeypatch.setattr(os, "fsync", begin_a_run)
        again = Records(path, state.watch_scratch)
        assert len(path.read_text(encoding="utf-8").splitlines()) == 1, "it has been written anew"
    kept = again.of("a")
    assert kept is not None and kept.tries == 11
