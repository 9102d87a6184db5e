"""``mangacolor train``: one command for every network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mangacolor.commands.settings.value_types import PATH, PATH_OR_NAME, Numbers, WholeNumbers
from mangacolor.core.installed import TRAINING, need_torch
from mangacolor.training.networks import NAMES, TRAINABLE, TrainRequest, find_trainable, refuse_strangers
from mangacolor.training.settings import parse_also, parse_assignment

EPILOG = "\b\nNetworks, and what --data is for each:\n" + "\n".join(
    f"  {network.name:<10}{network.help}\n{'':<12}--data: {network.data}" for network in TRAINABLE
)


@click.command(epilog=EPILOG)
@click.option(
    "--network",
    "name",
    type=click.Choice(NAMES),
    default="colour",
    show_default=True,
    help="Which one: see below.",
)
@click.option("--data", required=True, multiple=True, type=PATH, help="What it learns from: see below.")
@click.option("--out", "run", required=True, type=PATH, help="The run's folder.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting, as losses.chroma=2.")
@click.option(
    "--also",
    multiple=True,
    metavar="NAME:NAME=VALUE",
    help="A further network on the same crops, in a folder of its own, with this set otherwise.",
)
@click.option(
    "--minutes",
    type=Numbers(0, min_open=True),
    help="End in time; the learning rate falls by the clock.",
)
@click.option("--resume", is_flag=True, help="Go on from the run's checkpoint, exactly.")
@click.option(
    "--device", metavar="DEVICE", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps."
)
@click.option("--init", type=PATH, help="Fine-tune from weights or, for colour, a run's checkpoint.")
@click.option("--sources", type=PATH, help="TOML that describes a folder's sources.")
@click.option(
    "--preset",
    metavar="NAME",
    default="default",
    show_default=True,
    help="Settings to begin with, for colour, as notebook or l1; docs/guide/training.md lists them.",
)
@click.option("--samples", type=PATH, help="A pack or folder for the sample sheets.")
@click.option("--validation", type=PATH, help="A pack or folder to measure on, by source and kind of input.")
@click.option(
    "--workers", type=WholeNumbers(0), default=1, show_default=True, help="Processes that prepare crops."
)
@click.option("--vgg-weights", type=PATH, help="VGG16's, as a file: for the perceptual presets.")
@click.option("--anime-weights", type=PATH, help="The danbooru ResNet-50's, as a file: for presets with it.")
@click.option("--encoder-weights", type=PATH, help="EfficientNet-Lite0's, as a file.")
@click.option("--preview-data", is_flag=True, help="Only write a contact sheet of training pairs.")
@click.option(
    "--weights",
    type=PATH_OR_NAME,
    metavar="NAME|PATH",
    default="default",
    show_default=True,
    help="Of the colour network, for segments and identity.",
)
@click.option("--rows", type=PATH, help="Where gathered segments are kept; in the run's folder by default.")
@click.pass_context
def train(
    context: click.Context,
    /,
    name: str,
    data: tuple[Path, ...],
    settings: tuple[str, ...],
    also: tuple[str, ...],
    device: str,
    **values: Any,
) -> int:
    """Train a network; the run's folder gets curves, a checkpoint and weights."""
    from mangacolor.core.devices import notes_on_device, resolve_device

    need_torch("mangacolor train", extra=TRAINING)
    network = find_trainable(name)
    given = (
        option
        for option in ("also", *values)
        if context.get_parameter_source(option) is ParameterSource.COMMANDLINE
    )
    refuse_strangers(network, tuple(given))
    resolved = resolve_device(device)
    for note in notes_on_device(device):
        click.echo(note, err=True)
    outcome = network.train(
        TrainRequest(
            data,
            settings=dict(parse_assignment(text) for text in settings),
            also=parse_also(also),
            device=resolved,
            say=lambda line: click.echo(line, err=True),
            **values,
        )
    )
    click.echo(outcome.message, err=True)
    return outcome.status
