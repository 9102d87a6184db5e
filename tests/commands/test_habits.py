"""What people type by the habits of other programs: it is answered with what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import write_page


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one page, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chapter").mkdir()
    write_page(tmp_path / "chapter" / "1.png", 1)
    return tmp_path / "chapter"


@pytest.mark.parametrize("word", ["help", "version"])
def test_a_command_of_other_programs_is_answered_with_the_option(
    capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert exit_status(word) == 2
    assert f"Did you mean mangacolor --{word}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("chapter", "a new one"), "Did you mean mangacolor chapter --out 'a new one'?"),
        (("chapter", "-o", "out"), "Did you mean --out?"),
    ],
)
def test_out_in_the_way_of_other_programs_is_answered_with_ours(
    chapter: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], said: str
) -> None:
    assert exit_status(*given) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("given", [("chapter", "chapter/1.png"), ("chapter",), ("missing", "out"), ()])
def test_what_can_mean_anything_is_not_guessed(
    chapter: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...]
) -> None:
    assert exit_status(*given) in (0, 2)
    assert "Did you mean" not in capsys.readouterr().err
