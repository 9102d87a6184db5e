"""The trainer: generator against discriminator, resumable to the bit, in one readable file.

A step: the generator learns from L1, chroma, adversarial and perceptual terms, then the
discriminator from half the sum of its real and fake terms. Data item ``i`` depends on the seed and
``i`` alone; a checkpoint holds everything else, so a run that was stopped goes on as if it had not.
"""

from __future__ import annotations

import csv
import json
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.factory import create_generator
from mangacolor.models.losses.discriminator import PatchDiscriminator
from mangacolor.training.colour.checkpoint import CHECKPOINT, Start, read_checkpoint
from mangacolor.training.colour.config import TrainConfig, to_json
from mangacolor.training.colour.dataset import CropDataset
from mangacolor.training.colour.distributed import World, average_gradients
from mangacolor.training.colour.objectives import (
    adversarial_loss,
    chroma_l1,
    discriminator_loss,
    luma_l1,
    palette_loss,
    perceptual_loss,
)
from mangacolor.training.colour.palette_colours import choose_palette, palette_rarity
from mangacolor.training.colour.samples import sample_sheet
from mangacolor.training.data.pictures import Picture, Source


@dataclass
class Materials:
    """What a run reads: training pictures, and pictures kept apart for the sample sheet."""

    sources: Sequence[Source]
    pictures: Sequence[Picture]
    samples: Sequence[Picture] = ()


class Trainer:
    """The state of a run: networks, optimisers, averages, step. ``fit`` does the work."""

    def __init__(
        self,
        config: TrainConfig,
        materials: Materials,
        run: Path,
        device: str = "cpu",
        workers: int = 1,
        perceptual_weights: dict[str, Path] | None = None,
        extractor_weights: Path | str | None = None,
        encoder_weights: Path | None = None,
    ) -> None:
        self.config, self.materials, self.run = config, materials, run
        self.world = World.from_environment(device)
        self.device = self.world.device
        self.workers = workers
        torch.manual_seed(config.seed)
        build = {"levels": config.levels, "dropout": config.dropout}
        if "extractor" in config.generator and extractor_weights is None:
            extractor_weights = "danbooru-resnet50"  # random features would train, and teach nothing
        self.generator = create_generator(config.generator, config.width, extractor_weights, **build)
        if config.pretrained_encoder:
            self.generator.load_pretrained(encoder_weights)
        self.discriminator = PatchDiscriminator(width=config.discriminator_width)
        self.average = create_generator(config.generator, config.width, extractor_weights, **build)
        self.rarity: Tensor | None = None
        if self.generator.palette is not None:
            colours = self.generator.config.palette
            centres = choose_palette(materials.sources, materials.pictures, colours)
            self.generator.palette.centres.copy_(torch.from_numpy(centres))
            self._weigh_palette()
        self.average.load_state_dict(self.generator.state_dict())
        for network in (self.generator, self.discriminator, self.average):
            network.to(self.device).to(memory_format=torch.channels_last)
        self.colour = self.generator.colour_and_logits
        if config.compile:
            # Each size by itself: where sizes are left open, the compiler of torch 2.14 fails.
            self.colour = torch.compile(self.colour, dynamic=False)
        self.average.eval().requires_grad_(False)
        self.perceptual = perceptual_loss(config.losses, perceptual_weights or {}, config.faithful_losses)
        if self.perceptual is not None:
            self.perceptual.to(self.device)
        self.optimisers = [
            torch.optim.Adam(
                [weight for weight in network.parameters() if weight.requires_grad],
                lr=config.learning_rate,
                betas=config.betas,
                fused=True,
            )
            for network in (self.generator, self.discriminator)
        ]
        self.step = 0
        self.crops = 0
        self.stop = False
        self.stopped_by = 0  # the signal that asked for it

    # ------------------------------------------------------------------ the loop

    def fit(self, report: Any = None) -> bool:
        """Train to the end of the configuration. Returns False when a signal asked to stop earlier.

        ``report(step, losses, crops_per_second)`` is called every 25 steps.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        with self._stop_on_signal():
            first = 0
            for phase in self.config.phases:
                last = first + phase.steps
                if self.step < last and not self.stop:
                    self._phase(phase.size, phase.batch, first, last, report)
                first = last
        self.save()
        return not self.stop

    def _phase(self, size: int, batch: int, first: int, last: int, report: Any) -> None:
        begun, crops = time.perf_counter(), 0
        sums: dict[str, float] = {}
        batches = self._batches(size, batch, first, last)
        while self.step < last and not self.stop:
            losses = self._step([next(batches) for _ in range(self.config.accumulate)])
            self.step += 1
            crops += batch * self.config.accumulate * self.world.size
            self.crops += batch * self.config.accumulate * self.world.size
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value
            if self.step % 25 == 0 or self.step == last:
                rate = crops / (time.perf_counter() - begun)
                # A resumed run's first window may be shorter than 25 steps.
                done = max(1, min(25, crops // (batch * self.config.accumulate * self.world.size)))
                self._log({name: value / done for name, value in sums.items()}, size, rate, report)
                sums, crops, begun = {}, 0, time.perf_counter()
            if self.step % self.config.checkpoint_every == 0:
                self.save()
            if self.step % self.config.sample_every == 0 and self.world.first:
                self.samples()

    def _step(self, batches: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
        config, weights = self.config, self.config.losses
        against = weights.adversarial > 0 and self.step >= config.adversarial_from * config.steps
        generator_optimiser, discriminator_optimiser = self.optimisers
        for optimiser in self.optimisers:
            optimiser.param_groups[0]["lr"] = config.learning_rate * self._decay()
        self.generator.train()
        self.discriminator.train().requires_grad_(False)
        generator_optimiser.zero_grad(set_to_none=True)
        total: dict[str, float] = {}
        fakes = []
        for grey, colour in batches:
            with self._precision():
                fake, logits = self.colour(grey)
                terms: dict[str, Tensor] = {}
                if weights.l1:
                    terms["l1"] = weights.l1 * functional.l1_loss(fake, colour)
                if weights.luma:
                    terms["luma"] = weights.luma * luma_l1(fake, colour)
                if logits is not None and self.rarity is not None and self.generator.palette is not None:
                    centres = self.generator.palette.centres
                    terms["palette"] = weights.palette * palette_loss(logits, colour, centres, self.rarity)
                if weights.chroma:
                    terms["chroma"] = weights.chroma * chroma_l1(fake, colour)
                if against:
                    terms["adversarial"] = weights.adversarial * adversarial_loss(
                        self.discriminator(grey, fake)
                    )
                if self.perceptual is not None:
                    terms["perceptual"] = weights.perceptual * self.perceptual(fake, colour)
                loss = torch.stack(list(terms.values())).sum() / len(batches)
            torch.autograd.backward(loss)
            fakes.append(fake.detach())
            for name, term in terms.items():
                total[name] = total.get(name, 0.0) + float(term.detach()) / len(batches)
        average_gradients(self.generator, self.world)
        generator_optimiser.step()
        self._update_average()
        if against:
            total["discriminator"] = self._discriminate(batches, fakes, discriminator_optimiser)
        return total

    def _discriminate(
        self, batches: list[tuple[Tensor, Tensor]], fakes: list[Tensor], optimiser: torch.optim.Optimizer
    ) -> float:
        self.discriminator.requires_grad_(True)
        optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for (grey, colour), fake in zip(batches, fakes, strict=True):
            with self._precision():
                loss = discriminator_loss(self.discriminator(grey, colour), self.discriminator(grey, fake))
            torch.autograd.backward(loss / len(batches))
            total += float(loss.detach()) / len(batches)
        average_gradients(self.discriminator, self.world)
        optimiser.step()
        return total

    def _update_average(self) -> None:
        # Young averages follow fast, or the start of the run would stay in them for long.
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            mine = dict(self.generator.named_parameters())
            for name, weight in self.average.named_parameters():
                weight.lerp_(mine[name], 1 - decay)
            for kept, buffer in zip(self.average.buffers(), self.generator.buffers(), strict=True):
                kept.copy_(buffer)

    def _decay(self) -> float:
        done = self.step / max(1, self.config.steps)
        start = self.config.decay_from
        return 1.0 if done < start else max(0.02, (1 - done) / (1 - start))

    def _precision(self) -> Any:
        if self.config.mixed_precision and has_bfloat16(self.device):
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return nullcontext()

    def _batches(self, size: int, batch: int, first: int, last: int) -> Iterator[tuple[Tensor, Tensor]]:
        per_step = batch * self.config.accumulate * self.world.size
        dataset = CropDataset(
            self.materials.sources, self.materials.pictures, size, (last - first) * per_step,
            self.config.seed + size, self.config.synthesis, self.config.kind, warp=self.config.warp,
        )  # fmt: skip
        start = (self.step - first) * per_step
        calls = [
            list(range(at + self.world.rank * batch, at + (self.world.rank + 1) * batch))
            for at in range(start, len(dataset), batch * self.world.size)
        ]
        loader = DataLoader(
            dataset,
            batch_sampler=calls,
            num_workers=self.workers,
            pin_memory=self.device.type == "cuda",
            worker_init_fn=_leave_signals,
        )
        layout = torch.channels_last
        for grey, colour in loader:
            yield (
                grey.to(self.device, non_blocking=True, memory_format=layout),
                colour.to(self.device, non_blocking=True, memory_format=layout),
            )

    # ------------------------------------------------------------------ what is written

    def save(self) -> None:
        """The complete state, written beside and renamed, so that a kill leaves the last good one."""
        if not self.world.first:
            return
        state = {
            "config": json.dumps(to_json(self.config)),
            "step": self.step,
            "crops": self.crops,
            "generator": self.generator.state_dict(),
            "average": self.average.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "random": torch.get_rng_state(),
        }
        partial = self.run / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.run / CHECKPOINT)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of ``save``. Raises ``SetupError`` when it belongs to another network."""
        state = read_checkpoint(path)
        try:
            self.generator.load_state_dict(state["generator"])
            self.average.load_state_dict(state["average"])
            self.discriminator.load_state_dict(state["discriminator"])
        except RuntimeError as error:
            raise SetupError(
                f"{path} was trained with other networks than this configuration: {error}",
                "resume with the settings it was started with, or start from its weights with --init",
            ) from error
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self._weigh_palette()
        self.step, self.crops = state["step"], state["crops"]
        torch.set_rng_state(state["random"])

    def start_from(self, start: Start) -> None:
        """Fine-tune: take trained networks, with fresh optimisers.

        From weights alone the discriminator is fresh, too, and has to learn again what it knew; a
        checkpoint brings it along. Raises ``SetupError`` where it is of another width.
        """
        self.generator.load_state_dict(start.generator)
        self.average.load_state_dict(start.generator)
        if start.discriminator is not None:
            try:
                self.discriminator.load_state_dict(start.discriminator)
            except RuntimeError as error:
                raise SetupError(
                    "the checkpoint's discriminator has another width than this run's",
                    "start from its weights.safetensors, or --set discriminator_width to what it had",
                ) from error
        self._weigh_palette()

    def _weigh_palette(self) -> None:
        """Rare colours of the palette in force weigh more; which are rare, the run's pictures say."""
        if self.generator.palette is not None:
            centres = self.generator.palette.centres.cpu().numpy()
            rarity = palette_rarity(centres, self.materials.sources, self.materials.pictures)
            self.rarity = torch.from_numpy(rarity).to(self.device)

    def samples(self) -> None:
        if self.materials.samples:
            sheet = sample_sheet(self.average, self.materials.samples, self.device)
            folder = self.run / "samples"
            folder.mkdir(exist_ok=True)
            sheet.save(folder / f"{self.step:06d}.png")

    def _log(self, losses: dict[str, float], size: int, rate: float, report: Any) -> None:
        if not self.world.first:
            return
        row = {"step": self.step, "crops": self.crops, "size": size, "rate": round(rate, 2)}
        row |= {name: round(losses.get(name, float("nan")), 5) for name in _COLUMNS}
        path = self.run / "curves.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        if report is not None:
            report(self.step, losses, rate)

    @contextmanager
    def _stop_on_signal(self) -> Iterator[None]:
        """Ctrl-C ends the run after the step in progress, with a checkpoint."""

        def ask(number: int, _frame: Any) -> None:
            self.stop, self.stopped_by = True, number

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 pays: on any GPU, and on processors that multiply it in hardware (Zen 4, Sapphire
    Rapids), where a step took 0.6 of the time; elsewhere it is emulated, ten times slower."""
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported()
    return device.type == "cuda"


def _leave_signals(_worker: int) -> None:
    """Ctrl-C reaches the whole process group: the trainer decides, its helpers must not die first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


_COLUMNS = ("l1", "luma", "palette", "chroma", "adversarial", "perceptual", "discriminator")


def summary(trainer: Trainer) -> dict[str, Any]:
    """What a weights file says about its training."""
    pictures = np.array([picture.source for picture in trainer.materials.pictures])
    names, counts = np.unique(pictures, return_counts=True)
    return {
        "training": to_json(trainer.config),
        "sources": [asdict(source) for source in trainer.materials.sources],
        "pictures": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
        "steps": trainer.step,
        "crops": trainer.crops,
    }
