"""The comparison behind docs/research/ablation.md: generators and losses of the notebook, trained alike.

    python benchmarks/ablation/ablation.py stand-in --data PACK --out RUNS
    python benchmarks/ablation/ablation.py train --data PACK --out RUNS [--only CELL]
    python benchmarks/ablation/ablation.py report --data HELDOUT --out RUNS --docs docs

``train`` goes through the cells of ``ablation_cells.py`` that are to be run, each for as many crops
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
    from mangacolor.training.colour.trainer import Materials

STAND_IN = "stand-in.pth"


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--steps", default=120, show_default=True)
def stand_in(data: Path, out: Path, steps: int) -> None:
    """Train a ResNet-18 to tell the sources of the training pictures apart: the stand-in extractor."""
    import numpy as np
    import torch
    from torch.nn.functional import cross_entropy
    from torchvision.models import resnet18

    from mangacolor.commands.train import load_data
    from mangacolor.models.encoders.stand_in import MEAN, STD
    from mangacolor.training.colour.dataset import random_crop

    sources, pictures = load_data(data, None)
    names = [source.folder for source in sources]
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = resnet18(num_classes=len(names)).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (MEAN, STD))
    right = seen = 0
    for step in range(1, steps + 1):
        chosen = [pictures[index] for index in rng.integers(len(pictures), size=32)]
        crops = np.stack([random_crop(one.pixels, 96, 128, (0.7, 1.3), rng) for one in chosen])
        batch = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
        if step % 2:  # the extractor sees grey pictures, the perceptual loss colour
            batch = batch.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        told = network(((batch - mean) / std).contiguous(memory_format=torch.channels_last))
        truth = torch.tensor([names.index(one.source) for one in chosen])
        optimiser.zero_grad(set_to_none=True)
        loss = cross_entropy(told, truth)
        torch.autograd.backward(loss)
        optimiser.step()
        right, seen = right + int((told.argmax(1) == truth).sum()), seen + len(truth)
        if step % 20 == 0:
            click.echo(f"step {step}/{steps}  right {right / seen:.2f}", err=True)
            right = seen = 0
    out.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), out / STAND_IN)


@main.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--steps", default=400, show_default=True, help="Batches of a run; the budget of every cell.")
@click.option("--only", default="", help="Cells whose name begins so.")
@click.option("--device", default="auto", show_default=True)
def train(data: Path, out: Path, steps: int, only: str, device: str) -> None:
    """Train every cell that is to be run, in the order of the table."""
    from mangacolor.commands.train import load_data
    from mangacolor.core.devices import resolve_device, set_torch_threads
    from mangacolor.training.colour.trainer import Materials

    set_torch_threads()
    materials = Materials(*load_data(data, None))
    for cell in CELLS:
        if not cell.not_run and cell.name.startswith(only):
            for seed in range(1, cell.seeds + 1):
                _train_cell(cell, seed, steps, materials, out, resolve_device(device))


def _train_cell(cell: Cell, seed: int, steps: int, materials: Materials, out: Path, device: str) -> None:
    from mangacolor.commands.train import export
    from mangacolor.training.colour.checkpoint import CHECKPOINT
    from mangacolor.training.colour.trainer import Trainer

    run = out / f"{cell.name}-{seed}"
    if (run / "weights.safetensors").exists():
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
        raise SystemExit(128 + trainer.stopped_by)
    facts = {"crops": trainer.crops, "cpu_seconds": round(time.process_time() - begun), **budget(config)}
    (run / "facts.json").write_text(json.dumps(facts) + "\n")
    export(trainer, run / "weights.safetensors")


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
