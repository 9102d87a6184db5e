"""A run of a colour network as the command line asks for it: ``mangacolor train``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import UsageError
from mangacolor.core.wording import counted, duration
from mangacolor.models.colour.checkpoints import save_generator
from mangacolor.training.colour.checkpoint import Start, find_start, read_checkpoint
from mangacolor.training.colour.config import (
    NETWORK,
    PRESETS,
    STREAM,
    TrainConfig,
    check_config,
    match_network,
    override,
    override_also,
)
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.networks import count_pictures
from mangacolor.training.colour.samples import draw_contact_sheet
from mangacolor.training.colour.trainer import Trainer, summarize
from mangacolor.training.data.pictures import check_colour
from mangacolor.training.data.sources import check_patterns, load_pictures, weigh_sources
from mangacolor.training.evaluation.samples import spread
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.run_folder import CHECKPOINT, GO_ON, WEIGHTS, check_free
from mangacolor.training.runs import RESERVE

RESUMED_NETWORKS = (*NETWORK, "adversary", "discriminator_width")  # that a run goes on with as they are
DEFAULT_PRESET = "default"
SAMPLES = 12  # pictures of the sample sheet, evenly spread


def train(request: TrainRequest) -> TrainOutcome:
    """Train a colour network; the run's folder gets curves, samples, checkpoint and weights.

    Further networks that learn from the same crops have curves, samples and weights in folders within it.
    """
    _check_resumed(request)
    if request.preview_data:
        return _preview(request)
    trainer = begin_run(request)
    request.say(describe_begin(trainer))

    def report(_step: int, losses: dict[str, float], rate: float) -> None:
        terms = "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        request.say(f"{trainer.clock.report(trainer.step)}  {terms}  {rate:.1f} crops/s")

    finished = trainer.fit(report)
    _check_learnt(trainer, finished)
    for each in (trainer, *trainer.also):
        export(each, each.run / WEIGHTS)
    return describe_end(trainer, finished)


def _check_learnt(trainer: Trainer, finished: bool) -> None:
    """Raise ``UsageError`` where a run by the clock is over before its first step."""
    if finished and not trainer.step:
        took = duration(trainer.clock.reserve / RESERVE, rough=True)
        raise UsageError(
            f"nothing was learnt in {_minutes(trainer.config.minutes)}: checkpoint, samples and validation "
            f"took {took}, and as much is kept free for the last ones",
            "Give it more, --resume --minutes N, or begin with fewer pictures for --samples, --validation.",
        )


def _minutes(number: float) -> str:
    return f"{number:g} minute{'' if number == 1 else 's'}"


def _check_resumed(request: TrainRequest) -> None:
    """Raise ``UsageError`` where a run is to go on and to begin with something at once."""
    others = {"--init": request.init, "--also": request.also, "--preset": request.preset != DEFAULT_PRESET}
    for other, given in others.items():
        if request.resume and given:
            raise UsageError(f"--resume and {other} exclude each other", f"Use {other} for a new run only.")


def begin_run(request: TrainRequest) -> Trainer:
    """The trainer of a new run or of the one that is resumed, leading the others that learn with it."""
    kept = read_kept(request)
    config = choose_config(request, kept)
    others = choose_others(request, config, kept)
    if kept is None:
        check_free(request.run)
    materials = load_materials(request, config)
    start = find_start(request.init, request.anime_weights) if request.init else None

    def create(config: TrainConfig, run: Path) -> Trainer:
        _check_network(request, config, start)
        trainer = create_trainer(request, _start_with(config, start), materials, run)
        if start is not None:
            trainer.start_from(start)
        return trainer

    trainer = create(config, request.run)
    trainer.lead([create(each, request.run / name) for name, each in others.items()])
    if kept is not None:
        trainer.resume(kept, request.run / CHECKPOINT)
        _tell_other_pictures(request, kept, materials)
    return trainer


def _tell_other_pictures(request: TrainRequest, kept: Mapping[str, Any], materials: Materials) -> None:
    """Say so where a run goes on with other pictures than it began with: it may, but not exactly."""
    before, now = kept.get("pictures"), count_pictures(materials)
    if before is not None and before != now:
        learnt, given = _counted_pictures(before), _counted_pictures(now)
        request.say(f"until now {learnt} were learnt from, and these are {given}: the run goes on with these")


def _counted_pictures(pictures: Mapping[str, int]) -> str:
    return f"{counted(sum(pictures.values()), 'picture')} of {counted(len(pictures), 'source')}"


def read_kept(request: TrainRequest) -> dict[str, Any] | None:
    """The checkpoint of the run that is resumed; None for a new run."""
    return read_checkpoint(request.run / CHECKPOINT) if request.resume else None


def _check_network(request: TrainRequest, config: TrainConfig, start: Start | None) -> None:
    """Raise ``UsageError`` where another network is asked for than a run begins with."""
    if start is None:
        return
    theirs = match_network(config, start.network)
    _refuse_other(request, config, theirs, NETWORK, f"{request.init}", "begin without --init")


def _refuse_other(
    request: TrainRequest,
    asked: TrainConfig,
    have: TrainConfig,
    names: Iterable[str],
    place: str,
    otherwise: str,
) -> None:
    """Raise ``UsageError`` where a setting is given that is another one in what a run begins with."""
    for name in names:
        wanted, given = getattr(asked, name), getattr(have, name)
        if name in request.settings and wanted != given:
            raise UsageError(
                f"--set {name}={wanted}, but {place} has {name}={given}",
                f"Leave the setting out, or {otherwise}.",
            )


def _start_with(config: TrainConfig, start: Start | None) -> TrainConfig:
    """The configuration, of the network that a run begins with if there is one."""
    if start is None:
        return config
    matched = match_network(config, start.network)
    check_config(matched)
    return matched


def create_trainer(request: TrainRequest, config: TrainConfig, materials: Materials, run: Path) -> Trainer:
    """A trainer as the command line asks for it, of one configuration and in one folder."""
    named = {"vgg": request.vgg_weights, "anime": request.anime_weights}
    return Trainer(
        config,
        materials,
        run,
        request.device,
        request.workers,
        {role: path for role, path in named.items() if path},
        request.anime_weights,
        request.encoder_weights,
    )


def choose_config(request: TrainRequest, kept: Mapping[str, Any] | None = None) -> TrainConfig:
    """The preset, or the configuration of the run that is resumed, with what the command line sets.

    ``kept``: the checkpoint of that run.
    """
    if request.preset not in PRESETS:
        raise UsageError(f"there is no preset {request.preset!r}", f"choose from {', '.join(PRESETS)}")
    base: TrainConfig = kept["config"] if kept else PRESETS[request.preset]
    timed = {} if request.minutes is None else {"minutes": request.minutes}
    config = override(base, {**request.settings, **timed})
    if kept is not None:
        _refuse_other(
            request,
            config,
            base,
            RESUMED_NETWORKS,
            f"the run in {request.run}",
            "begin a run in another folder",
        )
    return config


def choose_others(
    request: TrainRequest, config: TrainConfig, kept: Mapping[str, Any] | None = None
) -> dict[str, TrainConfig]:
    """By their names the configurations of the networks that learn together with one of ``config``."""
    if kept is not None:
        stream = {name: getattr(config, name) for name in STREAM}
        return {name: replace(state["config"], **stream) for name, state in kept["also"].items()}
    return {name: override_also(config, name, settings) for name, settings in request.also.items()}


def load_materials(request: TrainRequest, config: TrainConfig) -> Materials:
    """Everything that the run reads."""
    sources, pictures = load_pictures(request.data, request.say, request.sources)
    check_colour(pictures)
    shown = load_pictures([request.samples], request.say)[1] if request.samples else []
    apart = load_pictures([request.validation], request.say)[1] if request.validation else []
    weighed = weigh_sources(sources, config.source_weights)
    check_patterns("whitened", config.whitened, sources)
    return Materials(weighed, pictures, [shown[at] for at in spread(len(shown), SAMPLES)], apart)


def export(trainer: Trainer, path: Path) -> None:
    """Write the averaged generator as half-precision weights that ``--weights`` takes."""
    if trainer.world.first:
        network = trainer.average if trainer.config.ema else trainer.generator
        save_generator(path, network, network.config, summarize(trainer))


def describe_begin(trainer: Trainer) -> str:
    """A line about a run that begins, or goes on: what learns, from what, for how long and how to end it."""
    config = trainer.config
    much = _minutes(config.minutes) if config.minutes else counted(config.steps, "step")
    others = f" and {', '.join(other.run.name for other in trainer.also)}" if trainer.also else ""
    on = f", from step {trainer.step} on" if not trainer.fresh else ""
    return (
        f"{_counted_pictures(count_pictures(trainer.materials))}, {much} of {config.generator}{others} "
        f"on {trainer.device}{on}; Ctrl-C ends it with a checkpoint"
    )


def describe_end(trainer: Trainer, finished: bool) -> TrainOutcome:
    """A line about a run that is over, and its exit status."""
    how = "finished" if finished else "stopped"
    clock = trainer.clock
    if clock.minutes:
        where = f"step {trainer.step}, after {clock.seconds / 60:.1f} of {_minutes(clock.minutes)}"
    else:
        where = f"step {trainer.step} of {trainer.config.steps}"
    weights = trainer.run / WEIGHTS
    end = f"{weights}, for --weights" if finished else f"{weights} as far as it is; {GO_ON}"
    return TrainOutcome(f"{how} at {where}: {end}", 0 if finished else 128 + trainer.interrupt.signal)


def _preview(request: TrainRequest) -> TrainOutcome:
    """Draw what the network would see, and train nothing."""
    config = choose_config(request, read_kept(request))
    materials = load_materials(request, config)
    request.run.mkdir(parents=True, exist_ok=True)
    path = request.run / "preview.png"
    draw_contact_sheet(materials, config).save(path)
    return TrainOutcome(f"{path}: pairs of input and target as the network will see them")
