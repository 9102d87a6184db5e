"""``mangacolor studio`` on the command line: what it takes, and what it refuses before it listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor import cli
from mangacolor.studio import listen
from mangacolor.studio.settings import StudioSettings

pytest.importorskip("starlette")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[StudioSettings]:
    """What a studio would be told, in place of one that listens."""
    found: list[StudioSettings] = []

    def open_studio(settings: StudioSettings, *_more: object) -> int:
        found.append(settings)
        return 0

    monkeypatch.setattr(listen, "open_studio", open_studio)
    monkeypatch.chdir(tmp_path)
    return found


def studio(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["studio", *arguments])
    return int(ended.value.code or 0)


def test_it_colours_as_it_is_told(opened: list[StudioSettings]) -> None:
    assert studio("in", "--out", "out", "--scale", "2", "--copy-pages", "3", "--learn", "--keep") == 0
    (settings,) = opened
    assert settings.work is not None and settings.work.options.scale == "2"
    told = settings.work.run_options
    assert (told.copy_pages, told.learn, told.keep) == ("3", True, True)


@pytest.mark.parametrize(
    "told",
    [
        ("--json",),
        ("--quiet",),
        ("--report",),
        ("--force",),
        ("--until", "colorize"),
        ("--from", "colorize"),
        ("--pages", "3"),
        ("--pages=3",),
    ],
)
def test_what_would_do_nothing_is_refused(
    told: tuple[str, ...], opened: list[StudioSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert studio("in", "--out", "out", *told) == 2
    error = capsys.readouterr().err
    assert f"{told[0].partition('=')[0]}: the studio" in error and "Leave it out" in error
    assert not opened and not Path("out").exists()


def test_the_help_does_not_offer_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert studio("--help") == 0
    shown = capsys.readouterr().out
    assert "--copy-pages" in shown and "--keep-removed" in shown
    assert not [name for name in ("--json", "--quiet", "--until", "--report", "--force ") if name in shown]


def test_of_what_is_coloured_only_the_command_line_may_not_speak(
    opened: list[StudioSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mangacolor.toml").write_text("scale = 2\nquiet = true\n", encoding="utf-8")
    Path("out/.mangacolor").mkdir(parents=True)
    assert studio("out") == 0 and opened[0].work is None
    assert studio("out", "--scale", "2") == 2
    assert "options of colouring need --out" in capsys.readouterr().err
    assert studio("in", "--out", "out") == 0
    assert opened[1].work is not None and opened[1].work.options.scale == "2"
    assert not opened[1].work.run_options.quiet
