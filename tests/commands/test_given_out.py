"""What is given for OUT and is none: named as what it is, with the line that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.cli import main

TAKING = ("palette", "inspect", "clean", "export", "studio")


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("my out/.mangacolor/pages", "my out/ch 1", "pages"):
        Path(folder).mkdir(parents=True)
    for file in ("my out/001.png", "my out/ch 1/2.png", "my out/x.cbz", "pages/1.png", "b.cbz"):
        Path(file).write_bytes(b"any")
    (Path("my out") / ".mangacolor" / "palette.json").write_text("{}")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("command", TAKING)
@pytest.mark.parametrize("inside", ["001.png", ".mangacolor", ".mangacolor/palette.json", "gone.png", "ch 1"])
def test_what_lies_in_out_is_told_with_out(
    command: str, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = refused(capsys, command, f"my out/{inside}")
    assert status == 2 and f"my out/{inside}: " in said and "the output folder my out\n" in said
    assert f"Did you mean mangacolor {command} 'my out'" in said


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (("inspect", "my out/ch 1/2.png"), "inspect 'my out' --page 'ch 1/2.png'?"),
        (("palette", "my out/ch 1/2.png"), "palette 'my out' --chapter 'ch 1'?"),
        (("export", "my out/x.cbz"), "export 'my out' --chapter x.cbz?"),
        (("studio", "my out/ch 1"), "studio 'my out' --chapter 'ch 1'?"),
        (("clean", "my out/x.cbz"), "clean 'my out'?"),
        (("palette", "my out/.mangacolor/pages"), "palette 'my out'?"),
    ],
)
def test_the_chapter_or_page_is_named(
    given: tuple[str, ...], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"Did you mean mangacolor {meant}\n" in refused(capsys, *given)[1]


def test_inside_out_a_name_is_enough(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("my out")
    assert "Did you mean mangacolor inspect . --page 001.png?" in refused(capsys, "inspect", "001.png")[1]


@pytest.mark.parametrize("command", TAKING)
@pytest.mark.parametrize("given", ["pages", "pages/1.png", "b.cbz"])
def test_what_was_never_coloured_is_told_how_to(
    command: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = refused(capsys, command, given)
    line = f"mangacolor studio {given}" if command == "studio" else f"mangacolor {given}"
    assert status == 3 and f"{given}: " in said and f"{line} --out OUT" in said
    assert not Path(given, ".mangacolor").exists()


@pytest.mark.parametrize("command", TAKING)
def test_what_is_nowhere_is_said(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    series = ", or the file of a series" if command == "inspect" else ""
    said = f"mangacolor: nowhere: no such file or folder\n  Name the --out of an earlier run{series}.\n"
    assert refused(capsys, command, "nowhere") == (3, said)
