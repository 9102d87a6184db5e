"""The comparison behind docs/research/ablation.md: generators and losses of the notebook, trained alike.

    python benchmarks/ablation/ablation.py stand-in --data PACK --out RUNS
    python benchmarks/ablation/ablation.py train --data PACK --out RUNS [--only CELL]
    python benchmarks/ablation/ablation.py report --data HELDOUT --out RUNS --docs docs

``train`` goes through the cells of ``cells.py`` that are to be run, each for as many crops
as every other, and leaves out what is finished: it can be stopped and started again at any time.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mangacolor.benchmarks.ablation.cells import CELLS, Cell, budget, cell_config
from mangacolor.benchmarks.ablation.report import write_documents

if TYPE_CHECKING:
    from mangacolor.training.colour.materials import Materials

STAND_IN = "stand-in.pth"


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--steps", default=120, show_default=True)
def stand_in(data: Path, out: Path, steps: int) -> None:
    """Train a ResNet-18 to tell the sources of the training pictures apart: the stand-in extractor."""
    from mangacolor.benchmarks.ablation.stand_in import train_stand_in
    from mangacolor.training.data.sources import load_pictures

    train_stand_in(*load_pictures([data], _say), steps, out / STAND_IN, _say)


@main.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--steps", default=400, show_default=True, help="Batches of a run; the budget of every cell.")
@click.option("--only", default="", help="Cells whose name begins so.")
@click.option("--device", default="auto", show_default=True)
def train(data: Path, out: Path, steps: int, only: str, device: str) -> None:
    """Train every cell that is to be run, in the order of the table."""
    from mangacolor.core.devices import resolve_device, set_torch_threads
    from mangacolor.training.colour.materials import Materials
    from mangacolor.training.data.sources import load_pictures

    set_torch_threads()
    materials = Materials(*load_pictures([data], _say))
    for cell in CELLS:
        if not cell.not_run and cell.name.startswith(only):
            for seed in range(1, cell.seeds + 1):
                _train_cell(cell, seed, steps, materials, out, resolve_device(device))


def _train_cell(cell: Cell, seed: int, steps: int, materials: Materials, out: Path, device: str) -> None:
    from mangacolor.training.colour.run import export
    from mangacolor.training.colour.trainer import Trainer
    from mangacolor.training.run_folder import CHECKPOINT, WEIGHTS

    run = out / f"{cell.name}-{seed}"
    if (run / WEIGHTS).exists():
        return
    stand_in = out / STAND_IN if cell.stand_in else None
    if stand_in and not stand_in.exists():
        raise click.ClickException(f"{stand_in} is missing; make it with the command stand-in")
    files = {"vgg": stand_in, "anime": stand_in} if stand_in else None
    config = replace(cell_config(cell, steps), seed=seed)
    trainer = Trainer(config, materials, run, device, 1, files, stand_in)
    if (run / CHECKPOINT).exists():
        trainer.load(run / CHECKPOINT)
    begun = time.process_time()
    finished = trainer.fit(
        lambda step, losses, rate: click.echo(f"{run.name} {step}/{steps} {losses} {rate:.1f}/s", err=True)
    )
    if not finished:
        raise SystemExit(128 + trainer.interrupt.signal)
    facts = {"crops": trainer.crops, "cpu_seconds": round(time.process_time() - begun), **budget(config)}
    (run / "facts.json").write_text(json.dumps(facts) + "\n")
    export(trainer, run / WEIGHTS)


@main.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--docs", required=True, type=click.Path(path_type=Path))
@click.option("--limit", default=60, show_default=True)
def report(data: Path, out: Path, docs: Path, limit: int) -> None:
    """Evaluate what was trained on held-out pictures; write the table and the sheet."""
    from mangacolor.core.devices import set_torch_threads
    from mangacolor.models.colour.checkpoints import load_generator
    from mangacolor.training.evaluation.evaluate import evaluate, network_colourer, tint_colourer
    from mangacolor.training.evaluation.report import write_report
    from mangacolor.training.evaluation.samples import open_folder

    set_torch_threads()
    found = sorted(out.glob("*/weights.safetensors"))
    extractor = out / STAND_IN
    networks = [
        network_colourer(path.parent.name, load_generator(path, "cpu", extractor_weights=extractor))
        for path in found
    ]
    evaluation = evaluate(
        [tint_colourer(), *networks], open_folder(data, "pictures", limit), 6,
        lambda sample: click.echo(sample.name, err=True),
    )  # fmt: skip
    write_report(evaluation, out / "report")
    write_documents(evaluation, out, docs)


if __name__ == "__main__":
    main()
