"""A run of a colour network as the command line asks for it: ``mangacolor train``."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.checkpoints import save_generator
from mangacolor.training.colour.checkpoint import find_start, read_checkpoint
from mangacolor.training.colour.config import PRESETS, TrainConfig, check_config, match_network, override
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.samples import draw_contact_sheet
from mangacolor.training.colour.trainer import Trainer, summarize
from mangacolor.training.data.sources import load_pictures, weigh_sources
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.runs import CHECKPOINT, check_free

WEIGHTS = "weights.safetensors"
SAMPLES = 12  # pictures of the sample sheet, evenly spread


def train(request: TrainRequest) -> TrainOutcome:
    """Train a colour network; the run's folder gets curves, samples, checkpoint and weights."""
    if request.resume and request.init:
        raise UsageError("--resume and --init exclude each other", "use --init for a new run only")
    config = choose_config(request)
    if not request.preview_data and not request.resume:
        check_free(request.run)
    materials = load_materials(request, config)
    if request.preview_data:
        return _preview(materials, config, request.run)
    start = find_start(request.init, request.anime_weights) if request.init else None
    if start is not None:
        config = match_network(config, start.network)
        check_config(config)
    named = {"vgg": request.vgg_weights, "anime": request.anime_weights}
    trainer = Trainer(
        config,
        materials,
        request.run,
        request.device,
        request.workers,
        {role: path for role, path in named.items() if path},
        request.anime_weights,
        request.encoder_weights,
    )
    if request.resume:
        trainer.load(request.run / CHECKPOINT)
    if start is not None:
        trainer.start_from(start)

    def report(_step: int, losses: dict[str, float], rate: float) -> None:
        terms = "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        request.say(f"{trainer.clock.describe(trainer.step)}  {terms}  {rate:.1f} crops/s")

    finished = trainer.fit(report)
    export(trainer, request.run / WEIGHTS)
    return describe_end(trainer, finished)


def choose_config(request: TrainRequest) -> TrainConfig:
    """The preset, or the configuration of the run that is resumed, with what the command line sets."""
    if request.preset not in PRESETS:
        raise UsageError(f"there is no preset {request.preset!r}", f"choose from {', '.join(PRESETS)}")
    base: TrainConfig = PRESETS[request.preset]
    if request.resume:
        base = read_checkpoint(request.run / CHECKPOINT)["config"]
    timed = {} if request.minutes is None else {"minutes": request.minutes}
    return override(base, {**request.settings, **timed})


def load_materials(request: TrainRequest, config: TrainConfig) -> Materials:
    """Everything that the run reads."""
    sources, pictures = load_pictures(request.data, request.sources)
    shown = load_pictures([request.samples])[1] if request.samples else []
    apart = load_pictures([request.validation])[1] if request.validation else []
    weighed = weigh_sources(sources, config.source_weights)
    return Materials(weighed, pictures, shown[:: max(1, len(shown) // SAMPLES)][:SAMPLES], apart)


def export(trainer: Trainer, path: Path) -> None:
    """Write the averaged generator as half-precision weights that ``--weights`` takes."""
    if trainer.world.first:
        network = trainer.average if trainer.config.ema else trainer.generator
        save_generator(path, network, network.config, summarize(trainer))


def describe_end(trainer: Trainer, finished: bool) -> TrainOutcome:
    """A line about a run that is over, and its exit status."""
    how = "finished" if finished else "stopped"
    clock = trainer.clock
    if clock.minutes:
        where = f"step {trainer.step}, after {clock.seconds / 60:.1f} of {clock.minutes:g} minutes"
    else:
        where = f"step {trainer.step} of {trainer.config.steps}"
    return TrainOutcome(f"{how} at {where}", 0 if finished else 128 + trainer.interrupt.signal)


def _preview(materials: Materials, config: TrainConfig, run: Path) -> TrainOutcome:
    run.mkdir(parents=True, exist_ok=True)
    path = run / "preview.png"
    draw_contact_sheet(materials, config).save(path)
    return TrainOutcome(f"{path}: pairs of input and target as the network will see them")
