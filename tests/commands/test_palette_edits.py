"""``mangacolor palette``: edits made, shown, changed and taken back; what is said to whoever errs."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.types import Image
from mangacolor.pipeline.editing.chapter import open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.sealed import seal
from mangacolor.stages.colorize.stage import STAGE as COLORIZE
from mangacolor.stages.edits.model import Look
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.edited_chapters import (
    BALLOON,
    FLOOR,
    INK,
    PAPER,
    RED,
    TONE,
    colour,
    pages_of,
    palette,
)
from mangacolor.tests.helpers.faulty_disk import FaultyDisk

BLUE = "#2255aa"
WARM = Look(1.5, 0.6)
SAME = 0.3  # levels of mean difference between a page painted at its own size and the finished page


@pytest.fixture
def out(folder: Path) -> Path:
    return folder / "out"


def palette_bytes(out: Path) -> bytes:
    return (out / ".mangacolor" / "palette.json").read_bytes()


def picture(file: Path | io.BytesIO) -> Image:
    return np.asarray(PilImage.open(file).convert("RGB"))


def is_blue(pixel: Image) -> bool:
    return int(pixel[2]) > int(pixel[0]) + 60


def test_a_surface_takes_the_colour_and_nothing_else_does(folder: Path, out: Path, weights: Path) -> None:
    before, start = pages_of(out), palette_bytes(out)
    answer = palette(out, "--at", f"1.png:{TONE}", "--colour", BLUE, "--reach", "segment")
    assert answer.status == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith(f"e1: {BLUE}, this surface: 1 surface on 1 page")
    assert lines[-2].startswith("colour the chapter again to see it: mangacolor ")
    assert f" --out {out} --scale 1 " in lines[-2] and f" --weights {weights} " in lines[-2]
    assert lines[-1] == str(out / ".mangacolor" / "palette.html")
    result = colour(folder / "in", out, weights)
    assert (result.network_calls, result.done, result.cached) == (0, 1, 2)
    after = pages_of(out)
    assert {name for name in before if after[name] != before[name]} == {"1.png"}
    old = np.asarray(PilImage.open(io.BytesIO(before["1.png"])).convert("RGB"))
    changed = picture(out / "1.png")
    assert is_blue(changed[100, 100]) and not is_blue(old[100, 100])
    assert (changed[320:] == old[320:]).all()  # the second panel
    assert palette(out, "--undo").out.startswith(f"e1 {BLUE}: undone")
    assert palette_bytes(out) == start
    colour(folder / "in", out, weights)
    assert pages_of(out) == before


def test_what_lies_inside_an_outline_takes_the_colour_and_nothing_else_does(
    folder: Path, out: Path, weights: Path, tmp_path: Path
) -> None:
    before, start = pages_of(out), palette_bytes(out)
    outline = ("--outline", "1.png:60,60,105,60,150,60,150,150,60,150", "--colour", BLUE)
    previewed = palette(out, *outline, "--preview", str(tmp_path / "look"))
    assert previewed.status == 0 and palette_bytes(out) == start
    drawn = picture(tmp_path / "look" / "1.preview.png")
    assert is_blue(drawn[100, 100]) and not is_blue(drawn[100, 170])
    answer = palette(out, *outline, "--json")
    (told,) = answer.document["edits"]
    assert told["reach"] == "outline" and list(told["pages"]) == ["1.png"] and 0 < told["area"] < 0.2
    assert told["outline"] == [[60, 60], [150, 60], [150, 150], [60, 150]]  # a corner said nothing
    result = colour(folder / "in", out, weights)
    assert (result.network_calls, result.done, result.cached) == (0, 1, 2)
    changed, old = picture(out / "1.png"), picture(io.BytesIO(before["1.png"]))
    assert is_blue(changed[100, 100]) and not is_blue(old[100, 100])
    far = np.ones(old.shape[:2], np.bool_)
    far[50:160, 50:160] = False
    assert np.array_equal(changed[far], old[far])

    again = palette(out, "--edit", "e1", "--outline", "1.png:60,60,105,60,105,150,60,150", "--name", "sleeve")
    assert again.out.startswith("e2 revised: undone") is False and "e1 (sleeve)" in again.out
    assert "what an outline holds: " in again.out and " on 1 page" in again.out
    wrong = palette(out, "--edit", "e1", "--likeness", ".7")
    assert wrong.status == 2 and "is an outline, which holds what lies inside" in wrong.err
    palette(out, *AT, "--colour", RED)
    other = palette(
        out, "--edit", palette(out, "--edits", "--json").document["edits"][1]["id"], "--outline", OUTLINE
    )
    assert other.status == 2 and "is no outline" in other.err
    for _ in range(4):
        palette(out, "--undo")
    assert palette_bytes(out) == start
    colour(folder / "in", out, weights)
    assert pages_of(out) == before


def test_a_look_is_of_every_page_and_of_nothing_but_its_colours(
    folder: Path, out: Path, weights: Path
) -> None:
    before, start = pages_of(out), palette_bytes(out)
    answer = palette(out, "--saturation", "1.5", "--warmth", ".6")
    assert answer.status == 0
    assert answer.out.splitlines()[0] == "saturation 1.5, warmth 0.6"
    assert "colour the chapter again to see it" in answer.out
    document = palette(out, "--json").document
    assert document["look"] == {"saturation": 1.5, "warmth": 0.6} and document["undo"] == [1]
    result = colour(folder / "in", out, weights)
    assert (result.network_calls, result.done, result.cached) == (0, 3, 0)
    warm = pages_of(out)
    assert all(warm[name] != before[name] for name in before)
    old, new = (picture(io.BytesIO(pages["1.png"])).astype(int) for pages in (before, warm))
    coloured = np.ptp(old, axis=2) > 20
    shift = (new - old)[coloured].mean(axis=0)
    assert shift[0] > shift[2] + 10  # towards amber
    x, y = (int(number) for number in PAPER.split(","))
    assert (new[:16] == old[:16]).all() and (new[y, x] == 255).all()  # paper
    assert np.abs(new - old)[old.max(axis=2) < 60].max() <= 2  # ink
    painted = PagePainter(open_chapter(out), "1.png", 2000, Surfaces.of(open_chapter(out))).paint((), WARM)
    assert np.abs(painted.astype(int) - new).mean() < SAME
    assert palette(out, "--saturation", "1").status == 0  # what is not named stays
    assert palette(out, "--json").document["look"] == {"saturation": 1.0, "warmth": 0.6}
    colour(folder / "in", out, weights)
    assert all(page not in (before[name], warm[name]) for name, page in pages_of(out).items())
    palette(out, "--undo", "2")
    colour(folder / "in", out, weights)
    assert pages_of(out) == warm
    assert palette(out, "--undo").out.startswith("saturation 1.5, warmth 0.6: undone")
    assert palette_bytes(out) == start
    result = colour(folder / "in", out, weights)
    assert pages_of(out) == before and result.network_calls == 0


@pytest.mark.parametrize(
    "given",
    [
        ("--saturation", "-1"),
        ("--warmth", "1.1"),
        ("--undo", "--warmth", "0"),
        ("--warmth", "1", "--preview", "look.png"),
    ],
)
def test_a_look_that_cannot_be_is_refused(out: Path, given: tuple[str, ...]) -> None:
    start = palette_bytes(out)
    assert palette(out, *given).status == 2
    assert palette_bytes(out) == start


def test_an_edit_is_changed_named_listed_taken_back_and_done_again(out: Path) -> None:
    palette(out, "--at", f"0.png:{TONE}", "--colour", "teal", "--reach", "page", "--name", "coat")
    answer = palette(
        out, "--edit", "e1", "--also", f"2.png:{TONE}", "--not", f"0.png:{FLOOR}", "--likeness", ".75"
    )
    assert answer.status == 0
    (edit,) = palette(out, "--json").document["edits"]
    assert (edit["id"], edit["name"], edit["colour"]) == ("e1", "coat", "#008080")
    assert (edit["reach"], edit["likeness"]) == ("page", 0.75)
    assert edit["at"] == [["0.png", 100, 100], ["2.png", 100, 100]]
    assert edit["not"] == [["0.png", 300, 500]]
    listed = palette(out, "--edits").out
    assert "e1  coat  #008080  alike on the page from .75" in listed
    assert "1  e1 #008080" in listed and "3  e1 revised" in listed
    assert palette(out, "--undo", "3").out.startswith("e1 revised: undone")
    assert palette(out, "--json").document["edits"][0]["likeness"] == 0.5
    assert palette(out, "--redo").status == 0
    assert palette(out, "--json").document["edits"][0]["likeness"] == 0.75
    assert palette(out, "--undo", "e1").status == 0
    assert palette(out, "--json").document["edits"] == []
    assert "1  e1 #008080 (undone)" in palette(out, "--edits").out


def test_what_is_not_meant_leaves_and_what_is_meant_comes_back(out: Path) -> None:
    palette(out, "--at", f"0.png:{TONE}", "--colour", RED, "--reach", "segment")
    palette(out, "--edit", "1", "--also", f"0.png:{FLOOR}")
    palette(out, "--edit", "1", "--not", f"0.png:{FLOOR}")
    (edit,) = palette(out, "--json").document["edits"]
    assert (edit["at"], edit["not"]) == ([["0.png", 100, 100]], [["0.png", 300, 500]])
    answer = palette(out, "--edit", "1", "--not", f"0.png:{TONE}")
    assert answer.status == 2 and "nothing would be left that is meant" in answer.err


def test_groups_are_set_split_merged_and_named(out: Path) -> None:
    groups = json.loads(palette_bytes(out))["groups"]
    first, second = (group["id"] for group in groups[:2])
    answer = palette(out, "--set", f"{first}=crimson")
    assert answer.status == 0 and answer.out.startswith(f"e1: #dc143c, group {first}: ")
    assert palette(out, "--json").document["edited"] == [first]
    assert palette(out, "--set", f"{first}=#123").out.startswith("e1: #112233")
    assert palette(out, "--set", f"{first}=found").status == 0
    assert palette(out, "--json").document["edits"] == []
    named = palette(out, "--name", f"{first}=floor")
    assert "floor" in named.out and "colour the chapter again" not in named.out
    assert palette(out, "--merge", f"{first},{second}").out.startswith(f"groups {first}, {second} merged")
    assert palette(out, "--split", str(first)).out.startswith(f"group {first} split into {first} and ")
    told = palette(out, "--split", str(first), "--at", f"0.png:{TONE}", "--not", f"0.png:{FLOOR}")
    assert told.status == 0


def test_a_preview_shows_what_would_change_and_changes_nothing(out: Path, tmp_path: Path) -> None:
    start, pages = palette_bytes(out), pages_of(out)
    asked = ("--at", f"1.png:{TONE}", "--colour", BLUE, "--reach", "segment")
    answer = palette(out, *asked, "--preview", str(tmp_path / "look.png"))
    assert answer.status == 0
    assert "nothing has been changed: the same without --preview does it" in answer.out
    assert palette_bytes(out) == start and pages_of(out) == pages
    assert is_blue(np.median(picture(tmp_path / "look.png")[150:250, 60:160], axis=(0, 1)))
    told = palette(out, *asked, "--preview", str(tmp_path / "looks"), "--json")
    assert told.document["preview"] == [str(tmp_path / "looks" / "1.preview.png")]
    drawn, page = picture(tmp_path / "looks" / "1.preview.png"), picture(out / "1.png")
    assert drawn.shape == page.shape
    assert is_blue(drawn[150, 60]) and (drawn[500, 300] == page[500, 300]).all()
    assert (drawn == (20, 20, 20)).all(axis=2).sum() > 100  # an outline, and a mark
    assert not (page == (20, 20, 20)).all(axis=2).any()


def test_a_preview_needs_a_change_and_a_png(out: Path, tmp_path: Path) -> None:
    assert "shows a change before it is made" in palette(out, "--preview", str(tmp_path / "a.png")).err
    asked = ("--at", f"1.png:{TONE}", "--colour", BLUE, "--preview")
    assert "is written as PNG" in palette(out, *asked, str(tmp_path / "a.jpg")).err
    (tmp_path / "notes").write_text("mine")
    assert "is a file and no PNG" in palette(out, *asked, str(tmp_path / "notes")).err
    refused = palette(out, *asked, str(tmp_path / "a.png"), "--save", str(tmp_path / "palette.json"))
    assert refused.status == 2 and "--save" in refused.err and not list(tmp_path.glob("[ap]*.*"))


def test_a_preview_takes_no_pages_place(out: Path, coloured: Path) -> None:
    pages, sources = pages_of(out), pages_of(coloured / "in")
    asked = ("--at", f"1.png:{TONE}", "--colour", BLUE, "--reach", "segment", "--preview")
    for page in (out / "1.png", coloured / "in/1.png"):
        refused = palette(out, *asked, str(page))
        assert refused.status == 2 and f"{page} is a page" in refused.err
    for beside in (coloured / "in/look.png", coloured / "in"):  # it would be one from the next run on
        refused = palette(out, *asked, str(beside))
        assert refused.status == 2 and "lies among the pages" in refused.err
    assert palette(out, *asked, str(out)).status == 0  # the folder of the pages itself
    (drawn,) = out.glob("*.preview.png")
    drawn.unlink()
    assert (pages_of(out), pages_of(coloured / "in")) == (pages, sources)


AT = ("--at", f"0.png:{TONE}")
OUTLINE = "0.png:60,60,150,60,150,150,60,150"
WRONG = [
    (("--at", "0.png", "--colour", RED), "must be a page and a point on it"),
    (("--at", "7.png:1,1", "--colour", RED), "out has no page 7.png"),
    (("--at", f"9:{TONE}", "--colour", RED), "Its pages: 0.png, 1.png, 2.png."),
    (("--at", "0.png:440,100", "--colour", RED), "outside of the page, which came with 440×620 pixels"),
    (("--at", f"0.png:{PAPER}", "--colour", RED), "it lies on paper, which stays as it is"),
    (("--at", f"0.png:{BALLOON}", "--colour", RED), "it lies in a balloon, which stays white"),
    (("--at", f"0.png:{INK}", "--colour", RED), "it lies on ink, which keeps its colour"),
    (AT, "in which colour?"),
    ((*AT, "--colour", "reddish"), "--colour: 'reddish' is no colour"),
    ((*AT, "--colour", RED, "--likeness", "1.5"), "1.5 is not in the range 0<=x<=1"),
    ((*AT, "--colour", RED, "--reach", "all"), "'all' is not one of"),
    ((*AT, "--colour", RED, "--edit", "e1"), "--at makes a new edit, and --edit changes one"),
    ((*AT, "--colour", RED, "--also", f"0.png:{PAPER}"), f"--also 0.png:{PAPER}: it lies on paper"),
    (("--colour", RED), "--colour says nothing of what it is for"),
    (("--edit", "e9", "--colour", RED), "--edit e9: there is no such edit"),
    (("--edit", "hair", "--colour", RED), "--edit 'hair': is no edit"),
    (("--undo",), "there is nothing to undo"),
    (("--redo",), "there is nothing to redo"),
    (("--undo", "3", "--set", "1=red"), "--undo stands by itself"),
    (("--set", "999=red"), "--set 999: there is no such group"),
    (("--split", "999"), "--split 999: there is no such group"),
    (("--split", "e1"), "'e1' is no group"),
    (("--merge", "1,999"), "there is no group 999"),
    (("--merge", "1"), "to merge takes two groups or more"),
    (("--name", "hair"), "must be an id and a name"),
    (("--name", "e9=hair"), "there is no edit 9"),
    (("--name", "²=hair"), "--name '²': is no edit"),
    (("--set", "²=red"), "must be a group and its colour"),
    (("--merge", "1,²"), "'²' is no group"),
    (("--at", "²:1,1", "--colour", RED), "out has no page ²"),
    (("--undo", "9" * 5000), "is no edit"),
    (("--outline", "0.png", "--colour", RED), "must be a page and the corners of a line"),
    (("--outline", "0.png:1,2,3", "--colour", RED), "must be a page and the corners of a line"),
    (
        ("--outline", "0.png:60,60,90,60", "--colour", RED),
        "--outline 0.png:60,60,90,60: 2 corners hold nothing",
    ),
    (("--outline", "0.png:60,60,90,60,60,60", "--colour", RED), "2 corners hold nothing"),
    (("--outline", "0.png:60,60,90,60,75,60", "--colour", RED), "nothing inside takes a colour"),
    (("--outline", "7.png:60,60,90,60,90,90", "--colour", RED), "out has no page 7.png"),
    (("--outline", "0.png:60,60,440,60,90,90", "--colour", RED), "the corner 440,60: outside of the page"),
    (
        ("--outline", "0.png:1,1,9,1,9,9,1,9", "--colour", RED),
        "--outline 0.png: nothing inside takes a colour",
    ),
    (("--outline", OUTLINE), "in which colour?"),
    (("--outline", OUTLINE, *AT, "--colour", RED), "--outline is an edit of its own"),
    (("--outline", OUTLINE, "--colour", RED, "--reach", "page"), "--reach says nothing of an outline"),
    (("--outline", OUTLINE, "--undo"), "--undo stands by itself"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_whoever_errs_is_told(coloured: Path, arguments: tuple[str, ...], message: str) -> None:
    start = palette_bytes(coloured / "out")
    answer = palette(coloured / "out", *arguments)
    assert answer.status == 2 and message in answer.err
    assert palette_bytes(coloured / "out") == start


def test_a_point_that_misses_is_told_of_the_nearest_surface(coloured: Path) -> None:
    answer = palette(coloured / "out", "--at", f"0.png:{INK}", "--colour", RED)
    near = answer.err.partition("The nearest surface is at ")[2].partition(".")[0]
    told = palette(coloured / "out", "--at", f"0.png:{near}", "--colour", RED, "--preview", "unused.jpg")
    assert "is written as PNG" in told.err  # the point was taken


def test_an_enlarged_page_is_no_place_to_read_points_off(out: Path) -> None:
    page = PilImage.open(out / "0.png")
    page.resize((2 * page.width, 2 * page.height)).save(out / "0.png")
    answer = palette(out, "--at", "0.png:800,400", "--colour", RED)
    assert "0.png in OUT is enlarged 2 times: divide by that what you read off it." in answer.err


@pytest.mark.parametrize("within", ["", "book.cbz/vol1/"])
def test_a_page_that_was_copied_says_so(folder: Path, weights: Path, within: str) -> None:
    blank = np.full((620, 440), 255, np.uint8)
    PilImage.fromarray(blank).save(folder / "in" / "3.png")
    pages = {f"vol1/{path.name}": path.read_bytes() for path in sorted((folder / "in").iterdir())}
    colour(make_zip(folder / "book.cbz", pages) if within else folder / "in", folder / "out", weights)
    answer = palette(folder / "out", "--at", f"{within}3.png:10,10", "--colour", RED)
    assert answer.status == 2 and f"{within}3.png was copied as it is (blank)" in answer.err


def test_out_that_is_held_read_only_uncoloured_or_outdated(folder: Path, out: Path) -> None:
    asked = ("--at", f"0.png:{TONE}", "--colour", RED)
    with State(out).locked():
        answer = palette(out, *asked)
    assert answer.status == 3 and "another run of mangacolor is writing here" in answer.err
    with FaultyDisk(out, 0, errno.EROFS).attached():
        answer = palette(out, *asked)
    assert answer.status == 3 and "cannot be written (Read-only file system)" in answer.err
    for elsewhere, why in (("in", "no folder that mangacolor has written to"), ("nowhere", "no such file")):
        answer = palette(folder / elsewhere, *asked)
        assert answer.status == 3 and why in answer.err
    (folder / "one" / ".mangacolor").mkdir(parents=True)
    answer = palette(folder / "one", *asked)
    assert answer.status == 3 and "holds no palette" in answer.err
    kept = out / ".mangacolor" / "pages" / "0.png" / f"{COLORIZE.name}.json"
    kept.write_bytes(seal({"_mangacolor": {"key": "", "version": 1}}))
    answer = palette(out, *asked)
    assert answer.status == 3 and "was coloured by an earlier version of mangacolor" in answer.err
    kept.unlink()
    answer = palette(out, *asked)
    assert answer.status == 3 and "what was kept of it (colorize) is gone or damaged" in answer.err


def test_a_palette_of_the_first_form_takes_edits(out: Path) -> None:
    file = out / ".mangacolor" / "palette.json"
    document = json.loads(file.read_text())
    del document["log"]
    file.write_text(json.dumps({**document, "format": "mangacolor palette 1"}))
    answer = palette(out, "--at", f"0.png:{TONE}", "--colour", RED)
    assert answer.status == 0
    assert json.loads(file.read_text())["format"] == "mangacolor palette 2"


def test_the_sheet_shows_edits_with_their_surfaces_and_pages_to_click_at(out: Path) -> None:
    palette(out, "--at", f"1.png:{TONE}", "--not", f"2.png:{FLOOR}", "--colour", BLUE, "--name", "<hair>")
    html = (out / ".mangacolor" / "palette.html").read_text()
    assert "&lt;hair&gt;" in html and "<hair>" not in html
    row = html.partition("<td>e1<br>")[2].partition("</tr>")[0]
    assert f"background:{BLUE}" in row and "alike in the chapter from .50" in row and "<img" in row
    assert '<figure data-page="1.png" data-width=440 data-height=628>' in html
    assert 'src="../1.png"' in html and (out / ".mangacolor" / "../1.png").resolve() == out / "1.png"
    assert '<span class="dot" style="left:22.73%;top:15.92%">e1</span>' in html
    assert '<span class="dot not"' in html
    assert "$" not in html.partition("<script>")[0]


def test_points_may_be_given_by_number_or_path(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(out.parent)
    for page in ("2", "out/1.png", str(out / "1.png")):
        answer = palette(Path("out"), "--at", f"{page}:{TONE}", "--colour", RED, "--json")
        assert answer.document["edits"][-1]["at"] == [["1.png", 100, 100]]
