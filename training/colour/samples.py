"""The sample sheet of a run: the same pictures at every look, a column a kind of input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image as PilImage
from torch import nn

from mangacolor.core.types import Image
from mangacolor.training.colour.config import TrainConfig
from mangacolor.training.colour.dataset import CropDataset, random_crop, to_picture, to_tensor
from mangacolor.training.colour.materials import Materials
from mangacolor.training.data.pictures import Picture
from mangacolor.training.data.synthesis import KINDS, synthesize

SHEET_SIDE = 256  # pixels of a picture on the sheets: the network's working size
ROWS, PAIRS = 8, 5  # of a contact sheet


def draw_sample_sheet(
    network: nn.Module, pictures: Sequence[Picture], device: torch.device
) -> PilImage.Image:
    """A row a picture: truth, then input and result for each kind of input. ``network`` is in eval mode."""
    rows = []
    for number, picture in enumerate(pictures):
        rng = np.random.default_rng(number)
        truth = random_crop(picture.pixels, SHEET_SIDE, SHEET_SIDE, (1.0, 1.0), rng)
        row = [truth]
        for kind in KINDS:
            grey, _ = synthesize(truth, kind, rng)
            with torch.inference_mode():
                result = network(to_tensor(grey)[None].to(device))[0]
            row += [np.repeat(grey[..., None], 3, axis=2), to_picture(result)]
        rows.append(np.concatenate(row, axis=1))
    return PilImage.fromarray(np.concatenate(rows))


def draw_contact_sheet(materials: Materials, config: TrainConfig) -> PilImage.Image:
    """``ROWS`` × ``PAIRS`` training pairs, input beside target, exactly as training would draw them."""
    dataset = CropDataset(
        materials.sources, materials.pictures, SHEET_SIDE, ROWS * PAIRS,
        config.seed, config.synthesis, config.kind, warp=config.warp, whitened=config.whitened,
    )  # fmt: skip
    lines = []
    for row in range(ROWS):
        cells: list[Image] = []
        for column in range(PAIRS):
            grey, colour = dataset.pair(row * PAIRS + column)
            cells += [np.repeat(grey[..., None], 3, axis=2), colour]
        lines.append(np.concatenate(cells, axis=1))
    return PilImage.fromarray(np.concatenate(lines))
