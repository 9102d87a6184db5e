"""Where the pages of OUT came from, found again as the run found them."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.editing.chapter import open_chapter
from mangacolor.pipeline.run import run
from mangacolor.tests.helpers.archives import RawEntry, make_raw_zip
from mangacolor.tests.helpers.edited_chapters import write_pages

# The bytes of the second are Japanese, and would be taken for that.
NAMES = ("a.png", "少女漫画ページ.png".encode("cp932").decode("cp437"))


def test_names_in_archives_are_read_with_the_encoding_of_the_run(tmp_path: Path, weights: Path) -> None:
    pages = sorted(write_pages(tmp_path / "pages", 2).iterdir())
    archive, out = tmp_path / "a.cbz", tmp_path / "out"
    named = zip(NAMES, pages, strict=True)
    make_raw_zip(archive, [RawEntry(name.encode("cp437"), page.read_bytes()) for name, page in named])
    options = Options(weights=str(weights), device="cpu", scale="1", upscaler="lanczos")
    said = run([archive], out, options, RunOptions(names_encoding="cp437"), emit=lambda _: None)
    assert said.status == 0
    coloured = open_chapter(out).chapter.pages
    assert [page.name for page in coloured] == [f"a.cbz/{name}" for name in NAMES]
    assert [page.source.read() for page in coloured] == [page.read_bytes() for page in pages]
