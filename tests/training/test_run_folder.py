"""The folder of a training run: a checkpoint is whole or the last one, and one run writes at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mangacolor.core.errors import DiskFullError, OutputError, SetupError, UsageError
from mangacolor.tests.helpers.faulty_disk import FaultyDisk
from mangacolor.training.run_folder import (
    CHECKPOINT,
    hold_run,
    read_checkpoint_file,
    write_checkpoint,
)


def test_a_disk_that_fills_up_keeps_the_last_checkpoint_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"step": 1, "weights": torch.zeros(1000)})
    counted = FaultyDisk(tmp_path, good=10**6)
    with counted.attached():
        write_checkpoint(tmp_path, {"step": 2, "weights": torch.zeros(1000)})
    assert counted.done > 5
    for good in range(counted.done):
        with FaultyDisk(tmp_path, good).attached(), pytest.raises(DiskFullError, match=CHECKPOINT) as full:
            write_checkpoint(tmp_path, {"step": 3, "weights": torch.ones(1000)})
        assert full.value.remedy == "Free some space; --resume goes on from the checkpoint before."
        assert read_checkpoint_file(tmp_path / CHECKPOINT)["step"] == 2
        assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with (
        hold_run(run, fresh=True),
        pytest.raises(OutputError, match="run: another run is writing here"),
        hold_run(run, fresh=False),
    ):
        pass
    write_checkpoint(run, {"step": 1})
    with hold_run(run, fresh=False):
        pass
    with pytest.raises(UsageError, match="holds a run already"), hold_run(run, fresh=True):
        pass


def test_a_folder_without_a_run_is_told_from_one_with_a_damaged_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no run: there is no checkpoint") as refused:
        read_checkpoint_file(tmp_path / CHECKPOINT)
    assert "without --resume" in str(refused.value.remedy)
    write_checkpoint(tmp_path, {"step": 1, "weights": torch.zeros(1000)})
    whole = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SetupError, match="is not a training checkpoint"):
        read_checkpoint_file(tmp_path / CHECKPOINT)
