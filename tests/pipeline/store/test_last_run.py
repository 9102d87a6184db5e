"""What a run leaves of its command line, for whoever colours the chapter again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.core.errors import InputError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.store.last_run import FILE, Failure, LastRun, read_last_run, write_last_run
from mangacolor.pipeline.store.layout import State


def state_in(folder: Path) -> State:
    state = State(folder)
    state.scratch.mkdir(parents=True)
    return state


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    run = LastRun(
        (tmp_path / "chapter",),
        Options(scale="1", saturation=1.5, harmonize=False),
        RunOptions(edits=tmp_path / "edits", spreads="off"),
        {"003.png": Failure("broken", "scan it again")},
    )
    write_last_run(state, run)
    assert read_last_run(state) == run


def test_what_concerned_one_run_alone_is_not_kept(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    write_last_run(state, LastRun((tmp_path,), run_options=RunOptions(pages="3", force=True, jobs=2)))
    assert read_last_run(state) == LastRun((tmp_path,), run_options=RunOptions(jobs=2))


def test_no_run_has_been_there(tmp_path: Path) -> None:
    assert read_last_run(State(tmp_path)) is None


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", '{"version": 9}', '{"version": 1, "inputs": 3, "options": {}}']
)
def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path, text: str) -> None:
    state = state_in(tmp_path)
    (state.folder / FILE).write_text(text)
    with pytest.raises(InputError, match=FILE) as caught:
        read_last_run(state)
    assert "Colour the chapter again" in caught.value.remedy
