"""The trainer of colour networks: generator against discriminator, resumable to the bit.

A step: the generator learns from L1, chroma, adversarial and perceptual terms, then the
discriminator from half the sum of its real and fake terms. Data item ``i`` depends on the seed and
``i`` alone; a checkpoint holds everything else, so a run that was stopped goes on as if it had not.

Several trainers can learn from one stream of crops: the first leads, and its checkpoint holds all of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mangacolor.core.errors import SetupError
from mangacolor.training.colour.adversary import balance, tells
from mangacolor.training.colour.checkpoint import Start, read_checkpoint
from mangacolor.training.colour.config import TERMS, TrainConfig, to_json
from mangacolor.training.colour.dataset import CropDataset, StepSampler, read_batches
from mangacolor.training.colour.distributed import World, agree, average_gradients
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.networks import Networks, count_pictures
from mangacolor.training.colour.objectives import perceptual_loss, picture_terms
from mangacolor.training.colour.optimisers import create_optimiser, load_optimiser, set_rate
from mangacolor.training.colour.samples import draw_sample_sheet
from mangacolor.training.colour.validation import Validation
from mangacolor.training.run_folder import CURVES, CsvLog, hold_run, write_checkpoint
from mangacolor.training.runs import Clock, Interrupt, mixed_precision, random_state, set_random_state

LOG_EVERY = 25  # steps
LEAST_RATE = 0.02  # share of the learning rate that is left at the end of a run by steps
UNLIMITED = 10**9  # steps of a phase that the clock ends

Batch = tuple[Tensor, Tensor]
Report = Callable[[int, dict[str, float], float], None]  # step, mean loss terms, crops a second


class Trainer(Networks):
    """The state of a run: networks, optimisers, step and time. ``fit`` does the work."""

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
        self.config, self.run, self.workers = config, run, workers
        self.world = World.from_environment(device)
        torch.manual_seed(config.seed)
        super().__init__(config, materials, self.world.device, extractor_weights, encoder_weights)
        self.colour = self.generator.colour_and_logits
        if config.compile:
            # Each size by itself: where sizes are left open, the compiler of torch 2.14 fails.
            self.colour = torch.compile(self.colour, dynamic=False)
        self.perceptual = perceptual_loss(config.losses, perceptual_weights or {}, config.faithful_losses)
        if self.perceptual is not None:
            self.perceptual.to(self.device)
        self.optimisers = [
            create_optimiser(self.generator, config),
            create_optimiser(self.discriminator, config, config.discriminator_rate),
        ]
        self.clock = Clock(config.steps, config.minutes)
        self.interrupt = Interrupt()
        self.validation = Validation(materials.validation, run)
        self.fresh = True  # until it goes on from a checkpoint
        self.step = 0
        self.crops = 0
        self.told = 0.0  # how much the discriminator tells apart, where its say depends on that
        self.earlier = 0.0  # seconds of the sittings before this one
        self.done = 0.0  # share of the run that has gone by
        self.phase, self.phase_begun = 0, 0  # the phase at work, and the step with which it began
        self.also: tuple[Trainer, ...] = ()

    def lead(self, others: Sequence[Trainer]) -> None:
        """From here on the ``others`` learn from this one's crops, as long as this one does.

        What decides the crops and the time, and what is checked, kept and shown when, is this one's.
        """
        self.also = tuple(others)
        for other in others:
            other.clock = self.clock

    # ------------------------------------------------------------------ the loop

    def fit(self, report: Report | None = None) -> bool:
        """Train to the end of the configuration. Returns False when a signal asked to stop earlier.

        ``report`` is called every 25 steps, at the end of a phase, and once before where that takes long.
        Raises ``OutputError`` where another process trains in the run's folder.
        """
        with ExitStack() as held:
            if self.world.first:
                held.enter_context(hold_run(self.run, fresh=self.fresh))
            for trainer in (self, *self.also):
                trainer.run.mkdir(parents=True, exist_ok=True)
            return self._fit(report)

    def _fit(self, report: Report | None) -> bool:
        if self.fresh:
            torch.manual_seed(self.config.seed)  # for dropout: whatever networks were made before
        with self.interrupt.watch():
            self.clock.start(self.earlier, self.step)
            if self.config.minutes:
                with self.clock.measure_reserve():
                    self.save()
                    self._validate()
                    self._show_samples()
            self._see_how_far()
            first = 0
            for number, phase in enumerate(self.config.phases):
                last = first + phase.steps
                if self.done < last / self.config.steps and not self.interrupt.stop:
                    self._enter_phase(number, first)
                    self._learn_phase(phase.size, phase.batch, last, report)
                first = last
            if not self.interrupt.stop:
                self._validate()
                self._show_samples()
        self.save()
        return not self.interrupt.stop

    def _enter_phase(self, number: int, first: int) -> None:
        if not self.config.minutes:
            self.phase, self.phase_begun = number, first
        elif self.phase != number:
            self.phase, self.phase_begun = number, self.step
        for other in self.also:
            other.phase, other.phase_begun = self.phase, self.phase_begun

    def _learn_phase(self, size: int, batch: int, last: int, report: Report | None) -> None:
        config = self.config
        each = batch * config.accumulate * self.world.size  # crops of a step
        length = each * (UNLIMITED if config.minutes else last - self.phase_begun)
        dataset = CropDataset(
            self.materials.sources, self.materials.pictures, size, length,
            config.seed_of_crops(self.phase), config.synthesis, config.kind,
            warp=config.warp, whitened=config.whitened,
        )  # fmt: skip
        # By the clock a run that is given more time may come to an earlier phase again: on with other crops.
        start = self.crops if config.minutes else (self.step - self.phase_begun) * each
        sampler = StepSampler(start, length, batch, self.world)
        # Closed also where a step fails: its helpers heed no signal, and the process would wait for them.
        with closing(read_batches(dataset, sampler, self.device, self.workers)) as batches:
            self._learn_batches(batches, size, each, last, report)

    def _learn_batches(
        self, batches: Iterator[Batch], size: int, each: int, last: int, report: Report | None
    ) -> None:
        """Take steps of ``each`` crops of ``size`` pixels until the run has gone as far as step ``last``."""
        config, together = self.config, (self, *self.also)
        windows: list[list[dict[str, float]]] = [[] for _ in together]
        begun = time.perf_counter()
        while self.done < last / config.steps and not self.interrupt.stop:
            step = [next(batches) for _ in range(config.accumulate)]
            random = random_state(self.device)
            for trainer, window in zip(reversed(together), reversed(windows), strict=True):
                # One dropout for all, and the leader's is what it has alone.
                set_random_state(random, self.device)
                window.append(trainer._step(step))
                trainer.step += 1
                trainer.crops += each
            self._see_how_far()
            over = self.done >= last / config.steps or self.interrupt.stop
            rate = len(windows[0]) * each / (time.perf_counter() - begun)
            if self.step % LOG_EVERY == 0 or over:
                for trainer, window in zip(together, windows, strict=True):
                    trainer._log(mean_terms(window), size, rate, report if trainer is self else None)
                    window.clear()
                begun = time.perf_counter()
            elif report is not None and self.clock.is_overdue():
                report(self.step, mean_terms(windows[0]), rate)
            self._look_after()

    def _see_how_far(self) -> None:
        """All processes take the time, and the wish to stop, from one another."""
        self.clock.tick()
        seconds, stop = agree(self.world, self.clock.seconds, float(self.interrupt.stop))
        self.interrupt.stop = bool(stop)
        self.done = self.clock.share(self.step, seconds)
        for other in self.also:
            other.done = self.done

    def _look_after(self) -> None:
        """What is due at this step: a checkpoint, a sheet of samples, a validation."""
        if self.step % self.config.checkpoint_every == 0:
            self.save()
        if self.step % self.config.sample_every == 0:
            self._show_samples()
        if self.step % self.config.validate_every == 0:
            self._validate()

    def _step(self, batches: list[Batch]) -> dict[str, float]:
        config = self.config
        adversarial = config.losses.adversarial > 0 and self.done >= config.adversarial_from
        for optimiser in self.optimisers:
            set_rate(optimiser, config.learning_rate * self._decay())
        self.set_learning(config.frozen_norms)
        self.discriminator.train().requires_grad_(False)
        self.optimisers[0].zero_grad(set_to_none=True)
        total: list[dict[str, float]] = []
        fakes = []
        for grey, colour in batches:
            terms, fake = self._generator_terms(grey, colour, adversarial)
            torch.autograd.backward(torch.stack(list(terms.values())).sum() / len(batches))
            fakes.append(fake.detach())
            total.append({name: float(term.detach()) for name, term in terms.items()})
        average_gradients(self.generator, self.world)
        self.optimisers[0].step()
        self.update_average(config.ema, self.step)
        losses = mean_terms(total)
        if adversarial:
            losses["discriminator"] = self._teach_discriminator(batches, fakes)
        return losses

    def _generator_terms(
        self, grey: Tensor, colour: Tensor, adversarial: bool
    ) -> tuple[dict[str, Tensor], Tensor]:
        weights = self.config.losses
        with mixed_precision(self.device, self.config.mixed_precision):
            fake, logits = self.colour(grey)
            palette = None
            if self.generator.palette is not None and self.rarity is not None:
                palette = self.generator.palette.centres, self.rarity
            terms = picture_terms(fake, colour, logits, palette, weights)
            if self.perceptual is not None:
                terms["perceptual"] = weights.perceptual * self.perceptual(fake, colour)
            if adversarial:
                where = fake if logits is None else logits
                terms["adversarial"] = self._adversarial_term(grey, fake, terms, where)
        return terms, fake

    def _adversarial_term(
        self, grey: Tensor, fake: Tensor, others: dict[str, Tensor], where: Tensor
    ) -> Tensor:
        """What the discriminator adds; ``where``: the generator's output whose slope it may share."""
        loss = self.adversary.fool(self.discriminator(grey, fake))
        weight = self.config.losses.adversarial
        if self.adversary.balanced:
            weight *= self.told
            return weight * balance(loss, torch.stack(list(others.values())).sum(), where) * loss
        return weight * loss

    def _teach_discriminator(self, batches: list[Batch], fakes: list[Tensor]) -> float:
        self.discriminator.requires_grad_(True)
        self.optimisers[1].zero_grad(set_to_none=True)
        total = 0.0
        for (grey, colour), fake in zip(batches, fakes, strict=True):
            with mixed_precision(self.device, self.config.mixed_precision):
                real, false = self.discriminator(grey, colour), self.discriminator(grey, fake)
                loss = self.adversary.tell_apart(real, false)
            torch.autograd.backward(loss / len(batches))
            total += float(loss.detach()) / len(batches)
        average_gradients(self.discriminator, self.world)
        self.optimisers[1].step()
        if self.adversary.balanced:
            self.told = tells(self.told, total)
        return total

    def _decay(self) -> float:
        """The learning rate's share of its peak: 1, then linearly to 0 by the clock, to 0.02 by steps."""
        done, start = self.done, self.config.decay_from
        least = 0.0 if self.config.minutes else LEAST_RATE
        return 1.0 if done < start else max(least, (1 - done) / max(1e-9, 1 - start))

    # ------------------------------------------------------------------ what is written

    def save(self) -> None:
        """Write the complete state to the run's folder, with that of the others that it leads."""
        if self.world.first:
            others = (
                {"also": {other.run.name: other.checkpoint() for other in self.also}} if self.also else {}
            )
            write_checkpoint(self.run, {**self.checkpoint(), **others})

    def checkpoint(self) -> dict[str, Any]:
        """The complete state, without that of others."""
        return {
            "config": json.dumps(to_json(self.config)),
            "pictures": count_pictures(self.materials),
            "step": self.step,
            "crops": self.crops,
            "seconds": self.clock.seconds,
            "phase": (self.phase, self.phase_begun),
            "told": self.told,
            **self.state(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "random": random_state(self.device),
        }

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of ``save``. Raises as ``read_checkpoint`` and ``resume`` do."""
        self.resume(read_checkpoint(path), path)

    def resume(self, state: dict[str, Any], path: Path) -> None:
        """Go on, with the others that it leads, from what ``read_checkpoint`` read from ``path``.

        The optimisers take over tensors of ``state``, which is nobody else's from then on. Raises
        ``SetupError`` when it belongs to another network.
        """
        for other in self.also:
            other.restore(state["also"][other.run.name], path)
        self.restore(state, path)

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Go on from what ``checkpoint`` gave, which was read from ``path``."""
        self.load_networks(state, path)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            load_optimiser(optimiser, saved, path)
        self.fresh = False
        self.step, self.crops = state["step"], state["crops"]
        self.earlier = state.get("seconds", 0.0)
        self.told = state.get("told", 0.0)
        self.phase, self.phase_begun = state.get("phase", (0, 0))
        set_random_state(state["random"], self.device)

    def start_from(self, start: Start) -> None:
        """Fine-tune: take trained networks, with fresh optimisers.

        From weights alone the discriminator is fresh, too, and has to learn again what it knew; a
        checkpoint brings it along. Raises ``SetupError`` where it is of another kind or width.
        """
        self.generator.load_state_dict(start.generator)
        self.average.load_state_dict(start.generator)
        if start.discriminator is not None:
            try:
                self.discriminator.load_state_dict(start.discriminator)
            except RuntimeError as error:
                raise SetupError(
                    "the checkpoint's discriminator is of another kind or width than this run's",
                    "start from its weights.safetensors, or --set its adversary and discriminator_width",
                ) from error
        self.weigh_palette()

    def _show_samples(self) -> None:
        """Write the sheet of samples as the averaged generator colours them now."""
        for trainer in (self, *self.also) if self.world.first else ():
            if trainer.materials.samples:
                sheet = draw_sample_sheet(trainer.average, trainer.materials.samples, trainer.device)
                folder = trainer.run / "samples"
                folder.mkdir(exist_ok=True)
                sheet.save(folder / f"{trainer.step:06d}.png")

    def _validate(self) -> None:
        if self.world.first:
            for trainer in (self, *self.also):
                trainer.validation.measure(trainer.average, trainer.step, trainer.crops, trainer.device)

    def _log(self, losses: dict[str, float], size: int, rate: float, report: Report | None) -> None:
        if not self.world.first:
            return
        row = {"step": self.step, "crops": self.crops, "size": size, "rate": round(rate, 2)}
        row |= {name: round(losses.get(name, float("nan")), 5) for name in TERMS}
        CsvLog(self.run / CURVES).write(row)
        if report is not None:
            report(self.step, losses, rate)


def mean_terms(steps: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each loss term over steps, of which some may lack it."""
    sums: dict[str, float] = {}
    for losses in steps:
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + value / len(steps)
    return sums


def summarize(trainer: Trainer) -> dict[str, Any]:
    """What a weights file says about its training."""
    return {
        "training": to_json(trainer.config),
        "sources": [asdict(source) for source in trainer.materials.sources],
        "pictures": count_pictures(trainer.materials),
        "steps": trainer.step,
        "crops": trainer.crops,
    }
