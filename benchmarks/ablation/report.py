"""The ablation's results as a Markdown table and a sheet of pictures."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from PIL import Image as PilImage

from mangacolor.benchmarks.ablation.cells import CELLS
from mangacolor.training.evaluation.evaluate import TINT, Evaluation
from mangacolor.training.evaluation.report import sheet
from mangacolor.training.evaluation.samples import KINDS

if TYPE_CHECKING:
    from mangacolor.training.evaluation.metrics import Scores

SHOWN = ("structure", "delta_e_share", "hue", "colourfulness")
HEADINGS = ("structure", "ΔE / grey", "hue", "chroma")


def write_documents(evaluation: Evaluation, runs: Path, docs: Path) -> None:
    """A table to be taken into docs/research/ablation.md, and ``docs/pictures/ablation.jpg``."""
    lines = [f"{evaluation.rows[0].pictures} held-out pictures.", ""]
    for kind in KINDS:
        lines += [f"**{kind} inputs**", "", *_table(evaluation, kind, runs), ""]
    lines += ["Not run:", "", *(f"- `{cell.name}`: {cell.not_run}" for cell in CELLS if cell.not_run)]
    (docs / "research" / "ablation-table.md").write_text("\n".join(lines) + "\n")
    page = PilImage.fromarray(sheet(evaluation, "grey"))
    page.thumbnail((1400, 3000))
    page.save(docs / "pictures" / "ablation.jpg", quality=82)


def _table(evaluation: Evaluation, kind: str, runs: Path) -> list[str]:
    """A row a cell; the seeds of a cell are averaged, and structure shows each of them."""
    scores: dict[str, list[Scores]] = defaultdict(list)
    for row in evaluation.rows:
        if row.kind == kind:
            scores[row.model if row.model == TINT else row.model.rpartition("-")[0]].append(row.scores)
    lines = [f"| | {' | '.join(HEADINGS)} | CPU s |", f"|---|{'---|' * (len(HEADINGS) + 1)}"]
    stand_in = {cell.name for cell in CELLS if cell.stand_in}
    for name, found in scores.items():
        label = f"{name} (stand-in)" if name in stand_in else name
        figures = [_mean(found, field) for field in SHOWN]
        if len(found) > 1:
            figures[0] += f" ({', '.join(f'{one.structure:.3f}' for one in found)})"
        lines.append(f"| {label} | {' | '.join(figures)} | {_seconds(runs, name)} |")
    return lines


def _mean(scores: list[Scores], field: str) -> str:
    values = [getattr(one, field) for one in scores]
    known = [value for value in values if value is not None]
    return f"{mean(known):.3f}" if known else "–"


def _seconds(runs: Path, name: str) -> str:
    facts = [json.loads(path.read_text()) for path in sorted(runs.glob(f"{name}-[0-9]*/facts.json"))]
    return str(round(mean(one["cpu_seconds"] for one in facts))) if facts else ""
