"""Paths that are no UTF-8: of the input, OUT, and of files that options name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as PillowImage

from mangacolor.pipeline.store.last_run import read_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.edited_chapters import colour, pages_of, palette, write_pages
from mangacolor.tests.helpers.stages import tiny_weights


def test_a_chapter_is_coloured_whatever_bytes_its_paths_have(tmp_path: Path) -> None:
    odd = tmp_path / "\udcff"
    source, out = write_pages(odd / "in\udcfe", 2), odd / "out\udcfd"
    weights, reference = tiny_weights(odd), odd / "cover.png"
    PillowImage.new("RGB", (64, 96), (200, 60, 30)).save(reference)
    given = {"reference": str(reference), "series": str(odd / "mine.series"), "report": True}
    assert colour(source, out, weights, **given).done == 2
    assert (out / ".mangacolor/report.html").read_bytes().decode().count("<section") == 2
    last = read_last_run(State(out))
    assert last is not None
    assert (last.inputs, last.options.reference) == ((source,), str(reference))
    assert colour(source, out, weights, **given).cached == 2
    assert palette(out).status == 0
    assert exit_status("inspect", out) == 0


@pytest.mark.parametrize("backend", ["torch", "ncnn"])
def test_weights_are_read_whatever_bytes_their_path_has(tmp_path: Path, backend: str) -> None:
    odd = tmp_path / "\udcff"
    source = write_pages(tmp_path / "in", 1)
    weights = tiny_weights(tmp_path)
    given = {"cpu_backend": backend}
    assert colour(source, tmp_path / "out", weights, **given).done == 1
    odd.mkdir()
    assert colour(source, tmp_path / "again", weights.rename(odd / "\udcfe.safetensors"), **given).done == 1
    assert pages_of(tmp_path / "again") == pages_of(tmp_path / "out")
