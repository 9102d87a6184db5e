"""The balloon network's training pages and trainer: labels that agree with what is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Image
from mangacolor.training.pages import balloons
from mangacolor.training.pages.balloon_drawing import random_style
from mangacolor.training.pages.balloon_truth import find_balloon_truth
from mangacolor.training.pages.balloons import UNKNOWN, LabelledPage, make_page, print_lettered_page


def picture(seed: int, rows: int = 240, columns: int = 200) -> Image:
    """A smooth colour picture."""
    noise = np.random.default_rng(seed).uniform(0, 255, (6, 5, 3)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.uint8))


def page(seed: int) -> LabelledPage:
    return make_page([picture(1), picture(2)], np.random.default_rng(seed), side=512)


def test_a_seed_gives_the_same_page() -> None:
    first, second, other = page(3), page(3), page(4)
    np.testing.assert_array_equal(first.luma, second.luma)
    np.testing.assert_array_equal(first.label, second.label)
    assert first.luma.shape != other.luma.shape or not np.array_equal(first.luma, other.luma)


def test_lettering_lies_inside_balloons() -> None:
    lettered = 0
    for seed in range(8):
        drawn = page(seed)
        assert drawn.luma.shape == drawn.label.shape == drawn.strokes.shape
        assert not np.any((drawn.strokes > 0) & (drawn.label == 0))
        lettered += int(np.count_nonzero(drawn.strokes))
    assert lettered > 1000


def pair() -> tuple[Image, Image, Image]:
    """Art, the same page with a balloon and a sound effect, and the balloon's mask."""
    art = picture(5, 400, 300)
    lettered, balloon = art.copy(), np.zeros((400, 300), np.uint8)
    cv2.ellipse(balloon, (150, 120), (90, 60), 0, 0, 360, 255, -1)
    lettered[balloon > 0] = 255
    cv2.putText(lettered, "HELLO", (100, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2)
    sound = np.array([(40, 290), (90, 330), (70, 280), (120, 330), (110, 270)], np.int32)
    cv2.polylines(lettered, [sound], False, (255, 255, 255), 6)
    return art, lettered, balloon


def test_truth_is_the_balloon_with_its_lettering_and_sounds_are_unknown() -> None:
    art, lettered, balloon = pair()
    truth = find_balloon_truth(lettered, art)
    found = truth == 255
    assert np.sum(found & (balloon > 0)) / np.sum(found | (balloon > 0)) > 0.98
    assert truth[291, 41] == UNKNOWN
    assert truth[390, 290] == 0


def test_a_lettered_page_keeps_its_lettering_in_any_rendering() -> None:
    art, lettered, balloon = pair()
    truth = find_balloon_truth(lettered, art)
    for seed in range(6):
        printed = print_lettered_page(art, lettered, truth, np.random.default_rng(seed))
        inside = cv2.erode(balloon, np.ones((9, 9), np.uint8)) > 0
        assert np.mean(printed.luma[inside] > 180) > 0.6
        assert printed.strokes[balloon == 0].max() == 0
        assert printed.strokes.any()


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from mangacolor.models.page.page_net import load_page_net

    wrong = tmp_path / "wrong.safetensors"
    save_file({"head.weight": torch.zeros(3, 3)}, wrong)
    with pytest.raises(SetupError, match=r"wrong\.safetensors"):
        load_page_net(wrong)
    with pytest.raises(SetupError, match=r"missing\.safetensors"):
        load_page_net(tmp_path / "missing.safetensors")


@pytest.mark.parametrize("shape", [(1, 1), (33, 70), (64, 64)])
def test_the_network_answers_at_the_size_of_its_input(shape: tuple[int, int]) -> None:
    from mangacolor.models.page.page_net import PageNet, page_probabilities

    chance, strokes = page_probabilities(PageNet().eval(), np.full(shape, 200, np.uint8))
    assert chance.shape == strokes.shape == shape
    assert chance.dtype == np.uint8


def test_training_learns_and_saves_weights_that_load(tmp_path: Path) -> None:
    """A few steps on one made-up page bring the loss down, and the file gives back the same network."""
    torch = pytest.importorskip("torch")
    from mangacolor.models.page.page_net import PageNet, load_page_net, page_probabilities
    from mangacolor.training.auxiliary.page_network import PageRecipe, crop_page, page_loss
    from mangacolor.training.auxiliary.weights import save_weights
    from mangacolor.training.run_folder import WEIGHTS

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    drawn = page(1)
    crops = [crop_page(drawn, 128, 1.0, rng) for _ in range(4)]
    luma, label, strokes = (torch.from_numpy(np.stack(parts)) for parts in zip(*crops, strict=True))
    network = PageNet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    values = []
    for _ in range(12):
        value = page_loss(network(luma[:, None].float() / 255), label, strokes, 0.3)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        values.append(float(value.detach()))
    assert values[-1] < 0.8 * values[0]
    save_weights(network, PageRecipe(), 12, tmp_path)
    network.eval()
    again = page_probabilities(load_page_net(tmp_path / WEIGHTS), drawn.luma)[0]
    before = page_probabilities(network, drawn.luma)[0]
    assert np.abs(again.astype(int) - before.astype(int)).max() <= 3


def test_a_balloon_that_lies_beside_the_page_leaves_it_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One over a border near the page's corner may; its outline, of which there is none, has no gaps."""
    monkeypatch.setattr(
        balloons, "_balloon_shape", lambda shape, *_: (np.zeros(shape, np.uint8), (0, 0), (9, 9))
    )
    style = random_style(np.random.default_rng(0))
    for seed in range(12):
        blank = np.full((60, 50), 128, np.uint8)
        canvas = LabelledPage(blank, np.zeros_like(blank), np.zeros_like(blank))
        bold = replace(style, outline=2, glyph=40)
        balloons.draw_balloon(canvas, (0, 0, 50, 60), bold, np.random.default_rng(seed), over_border=True)
        assert not canvas.label.any()


def test_a_page_network_begins_with_weights_whatever_bytes_their_path_has(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from mangacolor.models.page.page_net import PageNet
    from mangacolor.training.auxiliary.page_network import PageRecipe, start_from
    from mangacolor.training.auxiliary.weights import save_weights
    from mangacolor.training.run_folder import WEIGHTS

    network, other = PageNet(), PageNet()
    save_weights(network, PageRecipe(), 1, tmp_path)
    start_from(other, (tmp_path / WEIGHTS).rename(tmp_path / "\udcff.safetensors"))
    kept, begun = network.state_dict()["at2.0.0.weight"], other.state_dict()["at2.0.0.weight"]
    torch.testing.assert_close(begun, kept, atol=1e-3, rtol=1e-2)  # the file has half of the digits
