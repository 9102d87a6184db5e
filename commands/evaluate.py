"""``mangacolor evaluate``: networks side by side on a folder of colour pictures."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mangacolor.commands.settings.value_types import PATH, PATH_OR_NAME, WholeNumbers
from mangacolor.core.installed import TRAINING, need_torch

if TYPE_CHECKING:
    from mangacolor.training.data.pictures import Layout
    from mangacolor.training.evaluation.evaluate import Colourer, Evaluation
    from mangacolor.training.evaluation.samples import Folder, Sample


@click.command()
@click.option(
    "--weights",
    multiple=True,
    type=PATH_OR_NAME,
    metavar="NAME|PATH",
    help="A network to measure; may be given several times. The bundled one by default.",
)
@click.option("--data", required=True, type=PATH, help="A folder of colour pictures, or a data pack.")
@click.option("--out", required=True, type=PATH, help="Folder for tables and sheets.")
@click.option(
    "--layout",
    type=click.Choice(["pictures", "pages", "pairs"]),
    default="pictures",
    show_default=True,
    help="pages are cut into panels; pairs are 1024×512 with the colour on the left.",
)
@click.option(
    "--limit", type=WholeNumbers(0), default=0, help="At most so many files, evenly spread; by default all."
)
@click.option("--shown", type=WholeNumbers(1), default=8, show_default=True, help="Pictures on a sheet.")
@click.option(
    "--device", metavar="DEVICE", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps."
)
@click.option("--json", is_flag=True, help="Print one JSON object.")
def evaluate(
    weights: tuple[str, ...],
    data: Path,
    out: Path,
    layout: Layout,
    limit: int,
    shown: int,
    device: str,
    json: bool,
) -> None:
    """Measure colour networks on grey, line and screentone inputs made from the pictures in DATA.

    OUT gets table.json, table.csv, pictures.csv, a sheet of pictures for each kind of input, and
    report.html with all of it. A fixed tint table stands beside the networks: one that does not
    clearly beat its structure has learnt nothing.
    """
    need_torch("mangacolor evaluate", extra=TRAINING)
    from mangacolor.core.devices import notes_on_device, resolve_device, set_torch_threads
    from mangacolor.training.data.left_out import LeftOut
    from mangacolor.training.evaluation.evaluate import network_colourers, tint_colourer
    from mangacolor.training.evaluation.report import gaps, terminal_tables, verdicts, write_report
    from mangacolor.training.evaluation.samples import open_folder

    folder = open_folder(data, layout, limit, leave_out=out)
    resolved = resolve_device(device)
    for note in notes_on_device(device):
        click.echo(note, err=True)
    set_torch_threads()
    networks = network_colourers(weights or ("default",), resolved)
    evaluation = _run([tint_colourer(), *networks], folder, shown)
    document = write_report(evaluation, out)
    if json:
        click.echo(json_text.dumps({**document, "out": str(out)}))
        return
    from rich.console import Console

    console = Console()
    for table in terminal_tables(evaluation):
        console.print(table)
    left_out = LeftOut(broken=evaluation.skipped).lines()
    for text in [*verdicts(evaluation), *gaps(evaluation), *left_out]:
        click.echo(text, err=True)
    click.echo(f"{out / 'report.html'} shows the pictures", err=True)


def _run(models: list[Colourer], folder: Folder, shown: int) -> Evaluation:
    from mangacolor.training.display import WorkDisplay
    from mangacolor.training.evaluation.evaluate import evaluate as compare

    seen = set[str]()  # files, of which a page has several samples, or pictures of a pack

    def progress(sample: Sample) -> None:
        seen.add(sample.name if folder.packed else sample.name.partition("#")[0])
        display("evaluating", len(seen), len(folder.paths))

    with WorkDisplay() as display:
        return compare(models, folder, shown, progress)
