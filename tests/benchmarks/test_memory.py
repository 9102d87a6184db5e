"""What the engine expects of memory, against what a process of its own really takes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from mangacolor.benchmarks.memory import Case, expected, measure
from mangacolor.core.settings import Scale
from mangacolor.tests.helpers.stages import comic_page

WITHIN = 0.2  # a drawn page without real screentone takes a little less than those of the table


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="figures are of Linux, whose kernel counts in KiB")
@pytest.mark.parametrize("scale", ["1", "2"])
def test_a_page_takes_what_is_expected(scale: Scale, tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    Image.fromarray(comic_page(1240, 880)).save(page)
    case = Case(880, 1240, scale, jobs=1, pages=1, suffix=".png")
    peak = measure(case, tmp_path, page)
    assert expected(case, (tmp_path / "in" / "000.png").read_bytes()) == pytest.approx(peak, rel=WITHIN)
