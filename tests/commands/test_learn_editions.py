"""``mangacolor learn --editions``: what is refused before anything is read, and what is told."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from mangacolor.commands.learn import MOST_TOLD, describe_editions
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.editions import example_page
from mangacolor.training.series.editions import PairedPages


def status(*arguments: str) -> int:
    return exit_status("learn", *arguments)


def test_something_must_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--out", str(tmp_path / "s.safetensors")) == 2
    assert "--editions" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_editions_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "s.safetensors"
    assert status("--editions", str(tmp_path / "bw"), str(tmp_path / "col"), "--out", str(out)) == 3
    assert f"{tmp_path / 'bw'}: no such file or folder" in capsys.readouterr().err
    assert not out.exists()


def test_an_edition_without_colour_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, out = tmp_path / "page.png", tmp_path / "s.safetensors"
    page.write_bytes(cv2.imencode(".png", example_page(3))[1].tobytes())
    assert status("--editions", str(page), str(page), "--out", str(out), "--quiet") == 3
    assert f"no page of {page} is in colour: {page}: in black and white" in capsys.readouterr().err
    assert not out.exists()


def test_reasons_are_told_a_few_at_a_time() -> None:
    pair = PairedPages(black=40, coloured=1, matched=1, told=[f"{number}.png: blank" for number in range(30)])
    lines = describe_editions([pair])
    assert (
        lines[0]
        == "editions: 1 of 40 black-and-white pages matched with 1 coloured page, 0 laid on each other"
    )
    assert lines[1] == "  0.png: blank"
    assert lines[-1] == f"  and {30 - MOST_TOLD} more, which --json names"
    assert len(lines) == MOST_TOLD + 2
