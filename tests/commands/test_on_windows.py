"""What the command line does otherwise on Windows: its shells, pipes and editors."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import click
import pytest

import mangacolor.cli
from mangacolor.cli import main
from mangacolor.commands.colorize import colorize
from mangacolor.commands.settings.settings_file import read_file
from mangacolor.commands.settings.value_types import expand_patterns

CONTEXT = click.Context(colorize)
INPUTS = colorize.params[0]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "nt")


def status(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


def test_patterns_are_files(windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("[a] ch1.cbz", "[a] ch2.cbz", "a ch3.cbz"):
        Path(name).touch()
    found = expand_patterns(CONTEXT, INPUTS, (Path("[a] ch*.cbz"), Path("no*.cbz"), Path("a ch3.cbz")))
    assert [str(path) for path in found] == ["[a] ch1.cbz", "[a] ch2.cbz", "no*.cbz", "a ch3.cbz"]
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "posix")
    assert expand_patterns(CONTEXT, INPUTS, (Path("[a] ch*.cbz"),)) == (Path("[a] ch*.cbz"),)


def test_a_stroke_before_a_closing_quote_is_told(windows: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert status('My Manga" --out colored') == 2  # of: mangacolor "My Manga\" --out colored
    assert "must not end in \\" in capsys.readouterr().err


def test_a_settings_file_of_the_notepad(tmp_path: Path) -> None:
    file = tmp_path / "mangacolor.toml"
    file.write_text('scale = "2"\n', encoding="utf-8-sig")
    assert read_file(file, colorize) == {"scale": "2"}


@pytest.mark.parametrize("code", [errno.EPIPE, errno.EINVAL])
def test_a_reader_that_has_gone_is_no_bug(
    code: int, windows: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Windows says so with another number."""

    def broken(*_: object, **__: object) -> None:
        raise OSError(code, "a pipe")

    monkeypatch.setattr(mangacolor.cli.cli, "main", broken)
    assert status("displays") == 141
    assert "bug" not in capfd.readouterr().err


def test_a_pipe_without_the_letters_of_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(pipe, "cp1252", errors="strict"))
    monkeypatch.setattr("sys.argv", ["mangacolor"])
    for name in ("é.png", "黒猫.png"):
        (tmp_path / name).write_bytes(b"no picture")
    assert status("plan", str(tmp_path), "--out", str(tmp_path / "黒")) == 0
    assert "\\u9ed2" in pipe.getvalue().decode("cp1252")
