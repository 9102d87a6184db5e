"""``mangacolor train``: a colour network from colour pictures."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mangacolor.core.errors import UsageError

if TYPE_CHECKING:
    from mangacolor.training.colour.checkpoint import Start
    from mangacolor.training.colour.config import TrainConfig
    from mangacolor.training.colour.trainer import Trainer


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="A data pack, or a folder.")
@click.option("--sources", type=click.Path(path_type=Path), help="TOML that describes a folder's sources.")
@click.option("--samples", type=click.Path(path_type=Path), help="A pack or folder for the sample sheets.")
@click.option("--out", "run", required=True, type=click.Path(path_type=Path), help="The run's folder.")
@click.option("--preset", default="default", show_default=True, help="default, notebook, l1, perceptual, …")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="e.g. losses.chroma=2")
@click.option("--resume", is_flag=True, help="Go on from the run's checkpoint, exactly.")
@click.option(
    "--init", type=click.Path(path_type=Path), help="Fine-tune from weights, or a run's checkpoint."
)
@click.option("--device", default="auto", show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes that prepare crops.")
@click.option("--vgg-weights", type=click.Path(path_type=Path))
@click.option("--anime-weights", type=click.Path(path_type=Path))
@click.option("--encoder-weights", type=click.Path(path_type=Path), help="EfficientNet-Lite0's, as a file.")
@click.option("--preview-data", is_flag=True, help="Only write a contact sheet of training pairs.")
def train(
    data: Path,
    sources: Path | None,
    samples: Path | None,
    run: Path,
    preset: str,
    settings: tuple[str, ...],
    resume: bool,
    init: Path | None,
    device: str,
    workers: int,
    vgg_weights: Path | None,
    anime_weights: Path | None,
    encoder_weights: Path | None,
    preview_data: bool,
) -> int:
    """Train a colour network; the run's folder gets curves, samples, checkpoint and weights."""
    from mangacolor.core.devices import resolve_device
    from mangacolor.training.colour.checkpoint import CHECKPOINT, read_checkpoint
    from mangacolor.training.colour.config import PRESETS, like, override
    from mangacolor.training.colour.trainer import Materials, Trainer

    if preset not in PRESETS:
        raise UsageError(f"there is no preset {preset!r}", f"choose from {', '.join(PRESETS)}")
    if resume and init:
        raise UsageError("--resume and --init exclude each other", "use --init for a new run only")
    resolved = resolve_device(device)
    base = read_checkpoint(run / CHECKPOINT)["config"] if resume else PRESETS[preset]
    config = override(base, dict(_assignment(text) for text in settings))
    shown = load_data(samples, None)[1] if samples else []
    materials = Materials(*load_data(data, sources), shown[:: max(1, len(shown) // 12)][:12])
    if preview_data:
        _preview(materials, config, run)
        return 0
    if (run / CHECKPOINT).exists() and not resume:
        raise UsageError(f"{run} holds a run already", "add --resume to go on, or choose another --out")
    start = _start(init, anime_weights) if init else None
    if start is not None:
        config = like(config, start.network)
    files = {name: path for name, path in (("vgg", vgg_weights), ("anime", anime_weights)) if path}
    trainer = Trainer(config, materials, run, resolved, workers, files, anime_weights, encoder_weights)
    if resume:
        trainer.load(run / CHECKPOINT)
    if start is not None:
        trainer.start_from(start)
    finished = trainer.fit(_report(config.steps))
    export(trainer, run / "weights.safetensors")
    click.echo(f"{'finished' if finished else 'stopped'} at step {trainer.step} of {config.steps}", err=True)
    return 0 if finished else 128 + trainer.stopped_by


def _start(init: Path, anime_weights: Path | None) -> Start:
    """What ``--init`` names: a run's folder or checkpoint, or a generator's weights by name or path."""
    from mangacolor.models.colour.checkpoints import load_generator
    from mangacolor.training.colour.checkpoint import CHECKPOINT, Start, read_start

    checkpoint = init / CHECKPOINT if init.is_dir() else init
    if checkpoint.name == CHECKPOINT:
        return read_start(checkpoint)
    network = load_generator(init, extractor_weights=anime_weights)
    return Start(network.config, network.state_dict())


def export(trainer: Trainer, path: Path) -> None:
    """Write the averaged generator as half-precision weights that ``--weights`` takes."""
    from mangacolor.models.colour.checkpoints import save_generator
    from mangacolor.training.colour.trainer import summary

    if trainer.world.first:
        network = trainer.average if trainer.config.ema else trainer.generator
        save_generator(path, network, network.config, summary(trainer))


def load_data(data: Path, sources: Path | None) -> tuple[list[Any], list[Any]]:
    """Sources and pictures of a pack, or of a folder with an optional description."""
    if data.is_file():
        from mangacolor.training.data.pack import read_pack

        return read_pack(data)
    from mangacolor.training.data.pictures import read_source

    chosen = read_sources(data, sources)
    return chosen, [picture for source in chosen for picture in read_source(data, source)]


def read_sources(root: Path, description: Path | None) -> list[Any]:
    """The sources a TOML file lists, or one source for each folder of ``root`` (else ``root`` itself)."""
    from mangacolor.training.data.pictures import Source

    if description is not None:
        try:
            entries = tomllib.loads(description.read_text())["source"]
            return [Source(**{**entry, "zoom": tuple(entry.get("zoom", (0.5, 1.3)))}) for entry in entries]
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise UsageError(
                f"{description} does not describe sources: {error}",
                'write [[source]] tables with folder, layout = "pictures"|"pages"|"pairs", weight, zoom',
            ) from error
    folders = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [Source(name) for name in folders] or [Source(".")]


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text} has no value", "write --set NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _report(steps: int) -> Any:
    def report(step: int, losses: dict[str, float], rate: float) -> None:
        told = "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        click.echo(f"step {step}/{steps}  {told}  {rate:.1f} crops/s", err=True)

    return report


def _preview(materials: Any, config: TrainConfig, run: Path) -> None:
    from mangacolor.training.colour.samples import contact_sheet

    run.mkdir(parents=True, exist_ok=True)
    path = run / "preview.png"
    contact_sheet(materials, config).save(path)
    click.echo(f"{path}: pairs of input and target as the network will see them", err=True)
