"""Training the page network, which answers two questions about every pixel of a page, on labelled pages."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.types import Image
from mangacolor.models.files.reading import load_tensors
from mangacolor.models.page.layout import PAGE_STRIDE
from mangacolor.models.page.page_net import PageNet, load_page_net
from mangacolor.training.auxiliary.loop import Schedule, choose_recipe, describe_end, run_task
from mangacolor.training.auxiliary.weights import save_weights
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.pages.balloons import UNKNOWN, LabelledPage
from mangacolor.training.runs import mixed_precision
from mangacolor.training.settings import number

FIRST_PAGES = 12  # that a run begins with
STEPS_A_PAGE = 4  # steps from one fresh page to the next: drawing one costs as much as learning from a batch
DICE = 0.3  # weight of the Dice term beside cross-entropy
DICE_SMOOTHING = 100.0  # pixels: of the Dice term, so that crops without a balloon give no jumps
ZOOMS = (0.7, 1.4)  # range of a crop's zoom about the scale
AROUND_LABEL = 0.5  # share of crops that lie around something that is labelled
BANDS = 0.25  # share of steps whose familiar crops are shown in bands, as single lines are looked at
BAND = 64  # pixels: height of such a band


@dataclass(frozen=True, slots=True)
class PageRecipe(Schedule):
    """Everything that decides the weights, besides the data and the machine's speed."""

    minutes: float = number(30.0, at_least=0)
    batch: int = number(8, at_least=1, at_most=65536)
    rate: float = number(3e-3, above=0, at_most=1)
    warm_up: int = number(30, at_least=1)
    decay: float = number(1e-4, at_least=0, at_most=1)
    ema: float = number(0.99, at_least=0, below=1)
    log_every: int = number(50, at_least=1)
    save_every: int = number(100, at_least=1)
    seed: int = number(7, at_least=0, at_most=2**32 - 1)
    crop: int = number(
        256, at_least=2 * PAGE_STRIDE, at_most=4096
    )  # pixels at working scale, a multiple of 32
    side: int = number(1024, at_least=64, at_most=16384)  # long side of a page as drawn, in pixels
    scale: float = number(0.75, above=0, at_most=4)  # from there to the working scale, on average
    lettered: float = number(0.4, at_least=0, at_most=1)  # share of real lettered pages in the pool
    pool: int = number(48, at_least=1, at_most=4096)  # pages held ready
    lettering: float = number(0.3, at_least=0)  # weight of the helper task
    pictures: int = number(260, at_least=1)  # at most so many of a folder
    rehearse: float = number(0.0, at_least=0)  # weight of answers to familiar pages staying as they were


class Pages(Protocol):
    """Where pages to learn from come from."""

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page of a random kind."""


@dataclass(slots=True)
class PageTask:
    """The page network on pages of a corpus. Page ``i`` depends on the seed and ``i`` alone.

    ``before``: the network as it was. On familiar pages its answers are learnt, not labels (Li & Hoiem,
    "Learning without forgetting", 2016), and norms keep their statistics, so that nothing else moves.
    """

    name: str
    pages: Pages
    recipe: PageRecipe
    network: nn.Module = field(default_factory=PageNet)
    before: nn.Module | None = None
    unit: float = 1.0
    drawn: int = 0  # pages, all told
    pool: deque[LabelledPage] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.network = self.network.to(memory_format=torch.channels_last)

    def loss(self, step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        self._fill_pool(FIRST_PAGES + step // STEPS_A_PAGE + 1)
        recipe = self.recipe
        pages = [self.pool[int(i)] for i in rng.integers(len(self.pool), size=recipe.batch)]
        crops = [crop_page(page, recipe.crop, recipe.scale, rng) for page in pages]
        luma, label, strokes = (
            torch.from_numpy(np.stack(parts)).to(device) for parts in zip(*crops, strict=True)
        )
        inputs = (luma[:, None].float() / 255).contiguous(memory_format=torch.channels_last)
        if self.before is None:
            return self._learn_labels(inputs, label, strokes)
        hold_statistics(self.network)
        familiar = torch.tensor([page.familiar for page in pages], device=device)
        losses, new = [], ~familiar
        if new.any():
            told = self._learn_labels(inputs[new], label[new], strokes[new])
            losses.append(told * new.float().mean())
        if familiar.any():
            shown = in_bands(inputs[familiar]) if rng.random() < BANDS else inputs[familiar]
            losses.append(recipe.rehearse * self._answer_as(self.before, shown) * familiar.float().mean())
        return torch.stack(losses).sum()

    def _learn_labels(self, inputs: Tensor, label: Tensor, strokes: Tensor) -> Tensor:
        with mixed_precision(inputs.device):
            logits = self.network(inputs)
        return page_loss(logits.float(), label, strokes, self.recipe.lettering)

    def _answer_as(self, before: nn.Module, inputs: Tensor) -> Tensor:
        """Cross-entropy with the answers that another network gives."""
        with mixed_precision(inputs.device):
            logits = self.network(inputs)
            with torch.no_grad():
                answers = torch.sigmoid(before(inputs).float())
        return F.binary_cross_entropy_with_logits(logits.float(), answers)

    def _fill_pool(self, wanted: int) -> None:
        """Draw pages up to number ``wanted``; a resumed run draws only those that its pool would hold."""
        for index in range(max(self.drawn, wanted - self.recipe.pool), wanted):
            rng = np.random.default_rng((self.recipe.seed, index))
            self.pool.append(self.pages.draw_page(self.recipe, rng))
            if len(self.pool) > self.recipe.pool:
                self.pool.popleft()
        self.drawn = wanted

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        save_weights(network, self.recipe, step, run)


def crop_page(
    page: LabelledPage, size: int, scale: float, rng: np.random.Generator
) -> tuple[Image, Image, Image]:
    """A square of the page at about ``scale``, half of the time around something that is labelled."""
    zoom = float(scale * rng.uniform(*ZOOMS))
    span = min(int(size / zoom), *page.luma.shape)
    limit_y, limit_x = page.luma.shape[0] - span, page.luma.shape[1] - span
    y, x = int(rng.integers(limit_y + 1)), int(rng.integers(limit_x + 1))
    if rng.random() < AROUND_LABEL:
        rows, columns = np.nonzero(page.label[::8, ::8] == 255)
        if rows.size:
            pick = int(rng.integers(rows.size))
            y = int(np.clip(rows[pick] * 8 - rng.integers(span), 0, limit_y))
            x = int(np.clip(columns[pick] * 8 - rng.integers(span), 0, limit_x))
    window = np.s_[y : y + span, x : x + span]
    luma = cv2.resize(
        page.luma[window], (size, size), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    )
    half = (size // 2, size // 2)
    label = cv2.resize(page.label[window], half, interpolation=cv2.INTER_NEAREST)
    strokes = cv2.resize(page.strokes[window], half, interpolation=cv2.INTER_AREA)
    return np.asarray(luma, np.uint8), np.asarray(label, np.uint8), np.asarray(strokes, np.uint8)


def page_loss(logits: Tensor, label: Tensor, strokes: Tensor, weight: float) -> Tensor:
    """Cross-entropy and soft Dice for the label, cross-entropy for the helper task; unknown is left out.

    ``logits`` N×2×h×w; ``label`` (255, 0 or unknown) and ``strokes`` (0 to 255) N×h×w uint8; ``weight``: of
    the helper task.
    """
    known = (label != UNKNOWN).float()
    target = (label == 255).float()
    probability = torch.sigmoid(logits[:, 0]) * known
    entropy = F.binary_cross_entropy_with_logits(logits[:, 0], target, weight=known)
    overlap = 2 * (probability * target).sum() + DICE_SMOOTHING
    dice = 1 - overlap / (probability.sum() + target.sum() + DICE_SMOOTHING)
    helper = F.binary_cross_entropy_with_logits(logits[:, 1], strokes.float() / 255, weight=known)
    return entropy + DICE * dice + weight * helper


def in_bands(inputs: Tensor) -> Tensor:
    """Crops (N×1×H×W) cut into bands of ``BAND`` rows, N·H/BAND×1×BAND×W; what is left below is dropped."""
    rows = inputs.shape[2] // BAND * BAND
    return inputs[:, :, :rows].reshape(-1, 1, BAND, inputs.shape[3])


def hold_statistics(network: nn.Module) -> None:
    """Let norms keep the statistics that they have, in place."""
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


def start_from(network: nn.Module, path: Path, *, head: bool = False) -> None:
    """Begin with the weights of a file; of the last layer only if the questions are the same (``head``).

    Raises ``SetupError`` for other networks.
    """
    try:
        weights = load_tensors(path)
        if not head:
            weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
        missing, strange = network.load_state_dict(weights, strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise SetupError(f"{path} is no file of a page network: {error}", "Give one to --init.") from error
    if strange or any(not name.startswith("head.") and "num_batches" not in name for name in missing):
        raise SetupError(f"{path} holds another network", "Give a page network's to --init.")


def choose_page_recipe(request: TrainRequest, name: str, default: PageRecipe) -> PageRecipe:
    """The recipe of a request. Raises ``UsageError``, also for a crop that does not fit."""
    recipe = choose_recipe(request, name, default)
    if recipe.crop % PAGE_STRIDE:
        raise UsageError(f"crop cannot be {recipe.crop}", f"Give a multiple of {PAGE_STRIDE} pixels.")
    return recipe


def train_on_pages(
    request: TrainRequest, name: str, pages: Pages, recipe: PageRecipe, before: Path | None = None
) -> TrainOutcome:
    """Train the network called ``name`` on pages, from the start, from ``--init`` or from a checkpoint.

    ``before``: weights whose answers to familiar pages are rehearsed if the recipe says so. They then are
    what is begun with, too, with their last layer. Raises ``UsageError`` for other ones to begin with.
    """
    torch.manual_seed(recipe.seed)
    task = PageTask(name, pages, recipe)
    rehearsed = before if recipe.rehearse else None
    if rehearsed is not None:
        if request.init is not None:
            raise UsageError(
                "what is rehearsed is what a run begins with", "Leave out --init, or set rehearse=0."
            )
        task.before = load_page_net(rehearsed).to(torch.device(request.device))
        start_from(task.network, rehearsed, head=True)
    elif request.init is not None:
        start_from(task.network, request.init)
    return describe_end(run_task(task, recipe, request), request.run)
