"""What ``--fit`` understands, and the size that a page gets."""

from __future__ import annotations

import pytest

from mangacolor.core.displays import (
    EINK_SATURATION,
    find_display,
    fitted_size,
    known_displays,
    saturation_of,
)
from mangacolor.core.errors import UsageError
from mangacolor.core.scale import output_scale, scale_note
from mangacolor.core.settings import Options
from mangacolor.tests.helpers.paths import ROOT


def test_the_table_is_sound() -> None:
    table = known_displays()
    assert len(table) >= 25
    for name, display in table.items():
        width, height = display.frame
        assert name == name.lower() and " " not in name
        assert 500 <= width < height <= 4000, f"{name} stands in portrait"
        assert display.screen in ("e-ink", "colour e-ink", "tablet")
        assert display.device and display.source
    assert sum(display.screen == "colour e-ink" for display in table.values()) >= 5


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("1264x1680", (1264, 1680)),
        ("1264×1680", (1264, 1680)),
        (" 1264X1680 ", (1264, 1680)),
        ("1680", (0, 1680)),
        ("kobo-libra-colour", (1264, 1680)),
        ("Kobo Libra Color", (1264, 1680)),
        ("pocketbook-inkpad-colour-3", (1404, 1872)),
        ("boox_note_air_3_c", (1860, 2480)),
    ],
)
def test_displays_are_found(text: str, frame: tuple[int, int]) -> None:
    assert find_display(text).frame == frame


@pytest.mark.parametrize(
    "text", ["0x1680", "1264x0", "0", "99", "20001x100", "1264x1680x2", "-3", "", "x", "1,5"]
)
def test_what_is_no_display_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--fit"):
        find_display(text)


def test_the_guide_has_exactly_these() -> None:
    guide = (ROOT / "docs" / "guide" / "displays.md").read_text(encoding="utf-8")
    _, _, rest = guide.partition("<!-- displays -->\n")
    rows = [line for line in rest.partition("<!-- /displays -->")[0].splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{d.name}` | {d.device} | {'×'.join(map(str, d.frame))} | {d.screen} | {d.source} |"
        for d in known_displays().values()
    ]


def test_an_unknown_name_is_told_its_neighbours() -> None:
    with pytest.raises(UsageError) as caught:
        find_display("kobo-libre-colour")
    assert "no display of this name is known" in caught.value.message
    assert "kobo-libra-colour" in caught.value.remedy and "mangacolor displays" in caught.value.remedy


@pytest.mark.parametrize(
    ("size", "frame", "most", "result"),
    [
        ((1400, 2000), (1264, 1680), 1, (1176, 1680)),
        ((2000, 2000), (1264, 1680), 1, (1264, 1264)),
        ((1000, 1000), (1264, 1680), 1, (1000, 1000)),  # never larger than asked for
        ((800, 1200), (1264, 1680), 2, (1120, 1680)),
        ((300, 450), (1264, 1680), 4, (1120, 1680)),
        ((300, 450), (2048, 2732), 4, (1200, 1800)),
        ((2800, 2000), (1264, 1680), 1, (1680, 1200)),  # a spread: the display turned
        ((1400, 2000), (0, 1680), 1, (1176, 1680)),
        ((2800, 2000), (0, 1680), 1, (2352, 1680)),
        ((800, 20000), (1264, 1680), 1, (800, 20000)),  # a strip: its width alone
        ((1600, 20000), (1264, 1680), 1, (1264, 15800)),
        ((1600, 20000), (0, 1680), 1, (1260, 15750)),
        ((1, 1), (1264, 1680), 1, (1, 1)),
    ],
)
def test_sizes(size: tuple[int, int], frame: tuple[int, int], most: int, result: tuple[int, int]) -> None:
    assert fitted_size(size, frame, most) == result


@pytest.mark.parametrize(
    ("size", "factor"),
    [((1400, 2000), 1), ((1264, 1680), 1), ((830, 1170), 2), ((632, 840), 2), ((300, 450), 4)],
)
def test_auto_takes_the_least_enlargement_that_fills_the_display(size: tuple[int, int], factor: int) -> None:
    assert output_scale("auto", size, (1264, 1680)) == factor
    assert output_scale("2", size, (1264, 1680)) == 2


def test_saturation_follows_the_screen_unless_it_was_given() -> None:
    assert saturation_of(Options()) == 1.0
    assert saturation_of(Options(fit="1264x1680")) == 1.0
    assert saturation_of(Options(fit="kobo-libra")) == 1.0
    assert saturation_of(Options(fit="kobo-libra-colour")) == EINK_SATURATION
    assert saturation_of(Options(fit="kobo-libra-colour", saturation=1.0)) == 1.0
    assert saturation_of(Options(saturation="eink")) == EINK_SATURATION
    assert saturation_of(Options(saturation=0.3)) == 0.3


def test_the_note_says_size_and_colours() -> None:
    assert scale_note(Options(fit="kobo-libra-colour"), (1400, 2000)) == (
        "pages of 1400×2000 pixels come out 1176×1680, --fit kobo-libra-colour; "
        "colours 1.5 times as strong, for colour e-ink"
    )
    assert scale_note(Options(fit="1680", scale="1"), (800, 1200)) == (
        "pages of 800×1200 pixels come out 800×1200, --fit 1680 (1 times is the most that --scale allows)"
    )
    assert "2400 pixels" in scale_note(Options(), (800, 1200))
    assert scale_note(Options(scale="1"), (800, 1200)) == ""
