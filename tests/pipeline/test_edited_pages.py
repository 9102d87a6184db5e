"""Edits through whole runs: other pages are not done again, and what is undone leaves nothing."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.hashing import sha256_of
from mangacolor.pipeline.events import RunResult
from mangacolor.stages.edits.changes import add_edit, undo
from mangacolor.stages.edits.model import Anchor, Edit, Reach, page_digest
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import FILE, from_document, to_document
from mangacolor.tests.helpers.edited_chapters import colour, pages_of
from mangacolor.tests.helpers.stages import comic_page

RED, BLUE = "#c0392b", "#2255aa"
TONE = (100, 100)  # in the grey half of the first panel of every page
FLOOR = (300, 500)  # in the second panel
PAINTING = {"decode", "upscale", "reassemble", "encode"}  # the stages that an edited page goes through


def go(folder: Path, weights: Path, out: str = "out", **options: Any) -> RunResult:
    return colour(folder / "in", folder / out, weights, **options)


def pages(folder: Path, out: str = "out") -> dict[str, bytes]:
    return pages_of(folder / out)


def palette_path(folder: Path, out: str = "out") -> Path:
    return folder / out / ".mangacolor" / FILE


def change(folder: Path, make: Callable[[Palette], Palette], out: str = "out") -> None:
    path = palette_path(folder, out)
    palette = from_document(json.loads(path.read_text())) if path.is_file() else Palette()
    path.write_text(json.dumps(to_document(make(palette)), ensure_ascii=False, indent=1) + "\n")


def point(folder: Path, page: str, at: tuple[int, int] = TONE) -> Anchor:
    return Anchor(page, *at, page_digest(sha256_of(folder / "in" / page)))


def edit(reach: Reach, *anchors: Anchor, colour: str = RED) -> Edit:
    return Edit(0, colour, reach, anchors)


def test_only_pages_whose_edits_moved_are_done_again_and_without_the_network(
    folder: Path, weights: Path
) -> None:
    before, palette = pages(folder), palette_path(folder).read_bytes()
    change(folder, lambda old: add_edit(old, edit(Reach.PAGE, point(folder, "1.png"))))
    result = go(folder, weights)
    assert (result.network_calls, result.done, result.cached) == (0, 1, 2)
    after = pages(folder)
    assert {name for name in before if after[name] != before[name]} == {"1.png"}
    assert go(folder, weights).cached == 3
    change(folder, undo)
    assert palette_path(folder).read_bytes() == palette
    assert go(folder, weights).network_calls == 0
    assert pages(folder) == before and palette_path(folder).read_bytes() == palette


def test_an_edited_page_is_only_painted_again_and_is_that_of_a_clean_colouring(
    folder: Path, weights: Path
) -> None:
    panels = {entry["page"]: entry["panels"] for entry in committed(folder)}
    change(folder, lambda old: add_edit(old, edit(Reach.PAGE, point(folder, "1.png"))))
    assert go(folder, weights).stages_run == len({"recolor", *PAINTING})
    last = committed(folder)[-1]
    assert last["page"] == "1.png" and set(last["seconds"]) == PAINTING
    assert last["panels"] == panels["1.png"] > 0
    (folder / "clean" / ".mangacolor").mkdir(parents=True)
    shutil.copy(palette_path(folder), palette_path(folder, "clean"))
    go(folder, weights, "clean")
    assert pages(folder, "clean") == pages(folder)


def test_a_page_that_a_network_enlarged_is_not_enlarged_again(coloured: Path, weights: Path) -> None:
    def upscaled(scale: str) -> tuple[bool, bool]:
        """Whether the enlarged ink of page 1 is kept, and whether an edit of the page has it made again."""
        out = f"out-{scale}"
        go(coloured, weights, out, scale=scale)
        kept = (coloured / out / ".mangacolor" / "pages" / "1.png" / "upscale.png").is_file()
        change(coloured, lambda old: add_edit(old, edit(Reach.PAGE, point(coloured, "1.png"))), out)
        assert go(coloured, weights, out, scale=scale).done == 1
        return kept, "upscale" in committed(coloured, out)[-1]["seconds"]

    assert upscaled("2") == (True, False)
    assert upscaled("1") == (False, True)  # where nothing is enlarged it is sooner made than read


def committed(folder: Path, out: str = "out") -> list[dict[str, Any]]:
    """What the manifest says of finished pages, the last ones last."""
    lines = (folder / out / ".mangacolor" / "manifest.jsonl").read_text().splitlines()
    return [entry for entry in map(json.loads, lines) if entry.get("outcome") == "done"]


def test_pages_that_come_and_go_change_no_byte_of_what_is_edited_elsewhere(
    folder: Path, weights: Path
) -> None:
    change(folder, lambda old: add_edit(old, edit(Reach.SEGMENT, point(folder, "1.png"))))
    change(folder, lambda old: add_edit(old, edit(Reach.ALIKE, point(folder, "2.png", FLOOR), colour=BLUE)))
    go(folder, weights)
    before = recolored(folder)
    assert all(before[name]["windows"] for name in ("1.png", "2.png"))
    PilImage.fromarray(comic_page(660)[:, ::-1]).save(folder / "in" / "00.png")
    go(folder, weights)
    assert {name: recolored(folder)[name] for name in before} == before
    (folder / "in" / "00.png").unlink()
    (folder / "in" / "0.png").unlink()
    (folder / "in" / "1.png").rename(folder / "in" / "5.png")
    go(folder, weights)
    after = recolored(folder)
    assert after == {"5.png": before["1.png"], "2.png": before["2.png"]}


@pytest.mark.parametrize("scale", ["1", "2"])
def test_an_outline_is_that_of_a_clean_colouring_follows_its_page_and_leaves_nothing(
    folder: Path, weights: Path, scale: str
) -> None:
    out = f"out-{scale}"
    go(folder, weights, out, scale=scale)
    before, palette = pages(folder, out), palette_path(folder, out).read_bytes()
    corners = ((60, 60), (150, 60), (150, 150), (60, 150))
    one = replace(edit(Reach.OUTLINE, point(folder, "1.png")), outline=corners)
    change(folder, lambda old: add_edit(old, one), out)
    assert go(folder, weights, out, scale=scale).network_calls == 0
    after = pages(folder, out)
    assert {name for name in before if after[name] != before[name]} == {"1.png"}
    old, new = (np.asarray(PilImage.open(io.BytesIO(made["1.png"]))) for made in (before, after))
    changed = np.argwhere((old != new).any(axis=2)) / int(scale)
    assert changed.min() > 50 and changed.max() < 160 and len(changed) > 4000 * int(scale) ** 2

    clean = f"clean-{scale}"
    (folder / clean / ".mangacolor").mkdir(parents=True)
    shutil.copy(palette_path(folder, out), palette_path(folder, clean))
    go(folder, weights, clean, scale=scale)
    assert pages(folder, clean) == after
    given = recolored(folder, out)["1.png"]
    assert given["areas"]
    change(folder, undo, out)
    go(folder, weights, out, scale=scale)
    assert pages(folder, out) == before and palette_path(folder, out).read_bytes() == palette
    # Only now: in another order pages may be grouped otherwise, and a new group takes a new id for good.
    change(folder, lambda old: add_edit(old, one), out)
    (folder / "in" / "1.png").rename(folder / "in" / "5.png")
    go(folder, weights, out, scale=scale)
    assert recolored(folder, out)["5.png"] == given
    (folder / "in" / "5.png").rename(folder / "in" / "1.png")
    change(folder, undo, out)
    go(folder, weights, out, scale=scale)
    assert pages(folder, out) == before


def recolored(folder: Path, out: str = "out") -> dict[str, Any]:
    """What the stage of edits gave to each page."""
    document = json.loads((folder / out / ".mangacolor" / "chapters" / "recolor.json").read_text())
    assert all(len(sha256) == 64 for sha256 in document["sources"].values())
    return dict(document["pages"])


def test_edits_count_without_harmonize_and_for_pages_by_themselves(folder: Path, weights: Path) -> None:
    plain: dict[str, Any] = {"harmonize": False, "out": "plain"}
    go(folder, weights, **plain)
    before = pages(folder, "plain")
    path = palette_path(folder, "plain")
    assert not path.exists()
    change(folder, lambda old: add_edit(old, edit(Reach.PAGE, point(folder, "1.png"))), "plain")
    result = go(folder, weights, **plain)
    assert (result.network_calls, result.done) == (0, 1)
    assert {name for name, data in pages(folder, "plain").items() if data != before[name]} == {"1.png"}
    change(folder, lambda old: add_edit(old, edit(Reach.PAGE, point(folder, "0.png"), colour=BLUE)), "plain")
    assert go(folder, weights, pages="1", **plain).done == 1
    changed = {name for name, data in pages(folder, "plain").items() if data != before[name]}
    assert changed == {"0.png", "1.png"}


@pytest.mark.slow
def test_200_random_edits_undone_in_random_order_end_in_the_starting_bytes(
    folder: Path, weights: Path
) -> None:
    random, before, palette = Random(1), pages(folder), palette_path(folder).read_bytes()

    def some(old: Palette) -> Palette:
        for _ in range(200):
            page, where = f"{random.randrange(3)}.png", random.choice([TONE, FLOOR])
            colour = f"#{random.randrange(256**3):06x}"
            old = add_edit(
                old, edit(random.choice(list(Reach)[:4]), point(folder, page, where), colour=colour)
            )
        return old

    change(folder, some)
    go(folder, weights)
    assert pages(folder) != before
    numbers = list(range(1, 201))
    random.shuffle(numbers)
    for count, number in enumerate(numbers, 1):
        change(folder, lambda old, number=number: undo(old, number))  # type: ignore[misc]
        if count % 40 == 0:
            assert go(folder, weights).network_calls == 0
    assert pages(folder) == before and palette_path(folder).read_bytes() == palette
