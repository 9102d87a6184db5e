"""``mangacolor evaluate`` on a folder made by somebody else: samples, table, sheets, command."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as PilImage

from mangacolor.commands.evaluate import evaluate as command
from mangacolor.core.errors import InputError, SetupError
from mangacolor.core.types import Image
from mangacolor.models.colour.checkpoints import save_generator
from mangacolor.models.colour.factory import create_generator
from mangacolor.training.data.pack import write_pack
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.evaluation.evaluate import (
    TINT,
    Colourer,
    crop_square,
    evaluate,
    network_colourers,
    shorten_names,
    tint_colourer,
)
from mangacolor.training.evaluation.report import (
    gaps,
    html_page,
    json_document,
    sheet,
    verdicts,
    write_report,
)
from mangacolor.training.evaluation.samples import KINDS, make_input, make_sample, open_folder, outer_paper


def scene(seed: int, height: int, width: int) -> Image:
    """Discs of random colour with black outlines: a toy comic."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), rng.integers(120, 250, 3), np.uint8)
    for _ in range(14):
        centre = int(rng.integers(width)), int(rng.integers(height))
        radius = int(rng.integers(6, max(8, min(height, width) // 3)))
        cv2.circle(picture, centre, radius, [int(value) for value in rng.integers(0, 255, 3)], -1)
        cv2.circle(picture, centre, radius, (0, 0, 0), 2)
    return picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sizes, formats and modes as people have them, a broken file and something that is no picture."""
    root = tmp_path / "pictures"
    (root / "inner").mkdir(parents=True)
    PilImage.fromarray(scene(0, 300, 420)).save(root / "a.png")
    PilImage.fromarray(scene(1, 1200, 90)).save(root / "inner" / "strip ü.jpg")
    PilImage.fromarray(scene(2, 60, 60)).convert("RGBA").save(root / "small.webp")
    PilImage.fromarray(scene(3, 20, 500)).save(root / "icon.png")
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (root / "notes.txt").write_text("hello")
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = create_generator("unet", width=4)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_generator(path, network, network.config, {})
    return path


def oracle(folder: Path) -> Colourer:
    """Knows the answer: finds the sample whose input it is given."""
    known = {
        sample.inputs[kind].tobytes(): sample.truth
        for sample in open_folder(folder).samples()
        for kind in KINDS
    }
    return Colourer("oracle", lambda greys: [known[grey.tobytes()] for grey in greys])


def test_any_sizes_come_to_working_scale(folder: Path) -> None:
    opened = open_folder(folder)
    sizes = {sample.name: sample.truth.shape[:2] for sample in opened.samples()}
    assert sizes == {"a.png": (256, 358), "inner/strip ü.jpg": (720, 180), "small.webp": (120, 120)}
    assert len(opened.skipped) == 2
    assert any("broken.png" in reason for reason in opened.skipped)
    assert any("icon.png" in reason for reason in opened.skipped)


def test_inputs_are_black_and_white_and_always_the_same() -> None:
    truth = make_sample("x.png", scene(0, 256, 256)).truth
    for kind in KINDS:
        first, again = make_input(truth, kind, "x.png"), make_input(truth, kind, "x.png")
        assert first.shape == truth.shape[:2] and first.dtype == np.uint8
        assert np.array_equal(first, again)
    assert np.array_equal(make_input(truth, "grey", "x"), cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY))
    line = make_input(truth, "line", "x.png")
    assert np.mean(line > 200) > 0.5 and np.abs(line.astype(int) - make_input(truth, "grey", "x")).mean() > 20


def test_limit_spreads_and_our_own_sheets_do_not_count(folder: Path) -> None:
    everything = open_folder(folder).paths
    assert open_folder(folder, limit=2).paths == [everything[0], everything[-1]]
    assert open_folder(folder, leave_out=folder / "inner").paths == [
        path for path in everything if path.parent.name != "inner"
    ]
    (folder / "._left by macOS.png").write_bytes(b"no picture")
    assert open_folder(folder).paths == everything


def test_a_folder_without_pictures_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no pictures"):
        open_folder(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"broken\.png"):
        evaluate([tint_colourer()], open_folder(tmp_path))


def test_a_data_pack_is_measured_on_as_its_pictures_are(tmp_path: Path) -> None:
    pictures = [Picture(f"a/{number}.png#0", "a", scene(number, 300, 280)) for number in range(5)]
    write_pack(tmp_path / "heldout.pack", [Source("a")], pictures, quality=100)
    opened = open_folder(tmp_path / "heldout.pack", limit=3)
    names = [sample.name for sample in opened.samples(shown=1)]
    assert names == ["a/0.png#0", "a/2.png#0", "a/4.png#0"]
    assert evaluate([tint_colourer()], opened).row("tint table", "grey").pictures == 3
    write_pack(tmp_path / "none.pack", [], [])
    with pytest.raises(InputError, match=r"none\.pack holds no picture"):
        open_folder(tmp_path / "none.pack")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=r"notes\.txt is not a data pack"):
        open_folder(tmp_path / "notes.txt")


def test_paper_around_a_figure_is_not_drawn() -> None:
    picture = np.full((40, 40, 3), 255, np.uint8)
    cv2.circle(picture, (20, 20), 10, (0, 0, 0), 2)
    paper = outer_paper(picture)
    assert paper[0, 0] and not paper[20, 20] and not paper[20, 10]


def test_the_table_ranks_the_oracle_above_tint_above_shuffled_colour(folder: Path) -> None:
    def shuffled(greys: list[Image]) -> list[Image]:
        rng = np.random.default_rng(0)
        return [rng.integers(0, 256, (*grey.shape, 3), dtype=np.uint8) for grey in greys]

    models = [tint_colourer(), oracle(folder), Colourer("noise", shuffled)]
    result = evaluate(models, open_folder(folder), shown=2)
    assert len(result.rows) == len(models) * len(KINDS)
    for kind in KINDS:
        best = result.row("oracle", kind).scores
        assert best.structure == pytest.approx(1, abs=1e-6) and best.delta_e == 0 and best.hue == 1
        tint, noise = (result.row(name, kind).scores.structure for name in (TINT, "noise"))
        assert noise is not None and noise < 0.01
        assert tint is not None and tint < 0.25  # three pictures of few flat colours are easily fitted
    assert {row.model for row in result.learnt_nothing()} == {"noise"}
    assert len(verdicts(result)) == len(KINDS)


def test_the_sheet_has_a_row_of_originals_of_inputs_and_one_a_model(folder: Path) -> None:
    result = evaluate([tint_colourer(), oracle(folder)], open_folder(folder), shown=2)
    page = sheet(result, "line")
    assert page.shape[0] == 4 * (256 + 6) + 6
    cell = page[6 : 6 + 256, 150 : 150 + 256]
    assert np.array_equal(cell, result.cells.originals[0])
    oracle_row = page[6 + 3 * 262 :][:256, 150 : 150 + 256]
    assert np.array_equal(oracle_row, cell)
    input_row = page[6 + 262 :][:256, 150 : 150 + 256]
    assert np.array_equal(input_row[..., 0], input_row[..., 2])


def test_square_cells_cut_the_middle_and_pad_with_white() -> None:
    picture = np.zeros((300, 100, 3), np.uint8)
    cell = crop_square(picture)
    assert cell.shape == (256, 256, 3)
    assert cell[:, 78:178].max() == 0 and cell[:, :78].min() == 255


def test_the_report_is_complete_and_self_contained(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    odd = Colourer("<net & co>", tint_colourer().colour)
    result = evaluate([tint_colourer(), odd], open_folder(folder))
    document = write_report(result, out)
    assert json.loads((out / "table.json").read_text()) == document == json_document(result)
    with (out / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == [TINT, odd.name] * 3
    with (out / "pictures.csv").open() as file:
        assert len(list(csv.DictReader(file))) == document["pictures"] * 2 * 3
    page = (out / "report.html").read_text()
    assert "<net" not in page and "&lt;net &amp; co&gt;" in page
    assert page.count("data:image/png;base64,") == 3
    assert not re.search(r'(src|href)="(?!data:)', page)
    for kind in KINDS:
        with PilImage.open(out / f"sheet-{kind}.png") as opened:
            opened.verify()


def test_labels_are_short_and_distinct() -> None:
    assert shorten_names(["runs/a/weights.safetensors", "runs/b/weights.safetensors"]) == [
        "a/weights",
        "b/weights",
    ]
    assert shorten_names(["default", "x/y.safetensors"]) == ["default", "y"]
    assert shorten_names(["x.pth", "x.safetensors"]) == ["x.pth", "x.safetensors"]


def test_the_command_measures_real_networks(folder: Path, weights: Path) -> None:
    out = folder / "out"  # inside the data: a second run must not measure our own sheets
    arguments = ["--weights", str(weights), "--data", str(folder), "--out", str(out), "--json"]
    first = CliRunner().invoke(command, arguments)
    assert first.exit_code == 0, first.output
    document = json.loads(first.stdout)
    assert document["pictures"] == 3 and len(document["skipped"]) == 2
    assert [model["name"] for model in document["models"]] == [TINT, "tiny"]
    assert document["models"][1]["parameters"] > 1000
    again = json.loads(CliRunner().invoke(command, arguments).stdout)
    assert again["rows"] == document["rows"]


def test_pictures_without_colour_are_said_to_give_no_such_figures(folder: Path) -> None:
    greys = folder / "grey"
    greys.mkdir()
    for number in range(2):
        PilImage.fromarray(scene(number, 90, 90)).convert("L").save(greys / f"{number}.png")
    result = evaluate([tint_colourer()], open_folder(greys))
    assert result.row(TINT, "grey").scores.structure is None
    (line,) = gaps(result)
    assert line.startswith("–: no such figure") and "hardly any colour" in line
    assert line in html_page(result, dict.fromkeys(KINDS, b""))
    mixed = evaluate([tint_colourer()], open_folder(folder))
    assert gaps(mixed) == ["hue is measured on 3 of 5 pictures; without colour: grey/0.png, grey/1.png"]
    assert gaps(evaluate([tint_colourer()], open_folder(folder / "a.png"))) == []


def test_the_command_prints_tables(folder: Path, weights: Path, tmp_path: Path) -> None:
    arguments = ["--weights", str(weights), "--data", str(folder), "--limit", "3"]
    arguments += ["--out", str(tmp_path / "out")]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    for word in ("structure", "grey inputs", "screentone inputs", "tint table", "tiny"):
        assert word in done.stdout
    assert "report.html" in done.stderr


def test_weights_that_are_not_there_are_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"missing\.safetensors"):
        network_colourers([str(tmp_path / "missing.safetensors")], "cpu")
