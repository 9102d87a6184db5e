"""What the engine expects of memory, against what a process of its own really takes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangacolor.benchmarks.memory import Case, expected, measure, peak_of
from mangacolor.core.settings import Scale
from mangacolor.tests.helpers.stages import comic_page

MIB = 1 << 20
WITHIN = 0.2  # a drawn page without real screentone takes a little less than those of the table


@pytest.mark.skipif(sys.platform != "linux", reason="figures are of Linux, whose kernel counts in KiB")
def test_the_peak_of_a_command_is_its_own_however_large_we_are() -> None:
    ballast = np.ones(400 * MIB, np.uint8)
    small = peak_of([sys.executable, "-S", "-c", "print('told')"])
    large = peak_of([sys.executable, "-S", "-c", f"held = b'1' * {100 * MIB}"])
    assert small < 50 * MIB and 100 * MIB < large < 200 * MIB
    assert ballast.all()
    with pytest.raises(SystemExit, match="ended with 3"):
        peak_of([sys.executable, "-S", "-c", "raise SystemExit(3)"])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="figures are of Linux, whose kernel counts in KiB")
@pytest.mark.parametrize("scale", ["1", "2"])
def test_a_page_takes_what_is_expected(scale: Scale, tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    Image.fromarray(comic_page(1240, 880)).save(page)
    case = Case(880, 1240, scale, jobs=1, pages=1, suffix=".png")
    peak = measure(case, tmp_path, page)
    assert expected(case, (tmp_path / "in" / "000.png").read_bytes()) == pytest.approx(peak, rel=WITHIN)
