"""An evaluation as files and on the terminal: JSON, CSV, the notebook's picture, one HTML page."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import string
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from mangacolor.core.atomic import write_atomic
from mangacolor.core.types import Image
from mangacolor.core.wording import counted, first_few
from mangacolor.formats.names import natural_key
from mangacolor.training.evaluation.evaluate import CLEARLY, TINT, Evaluation, Row
from mangacolor.training.evaluation.samples import KINDS

if TYPE_CHECKING:
    from rich.table import Table

TEMPLATE = Path(__file__).parent / "templates" / "evaluation.html"
_GAP, _LABEL = 6, 150  # pixels of the sheet
_LETTERS = 17  # that a line of a label takes
_MISSING = "–"  # a figure that there is nothing to measure on
_NAMED = 3  # pictures that a sentence names


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of ``Scores``: heading, digits, which values are better, and what it says."""

    name: str
    heading: str
    digits: int
    best: Literal["high", "low", "one"]
    meaning: str


COLUMNS = (
    Column("structure", "structure", 3, "high", "share of the colour beyond lightness that ours explains"),
    Column("delta_e", "ΔE00", 2, "low", "mean CIEDE2000 to the truth"),
    Column("delta_e_share", "/ grey", 3, "low", "the same as a share of the uncoloured input's"),
    Column("hue", "hue", 3, "high", "share of coloured truth whose hue is met within 30°"),
    Column("colourfulness", "chroma", 2, "one", "mean chroma over the truth's"),
    Column("l1", "L1", 2, "low", "mean absolute difference of RGB levels"),
    Column("psnr", "PSNR", 2, "high", "dB over RGB"),
    Column("ssim", "SSIM", 3, "high", "structural similarity over RGB"),
)


def write_report(evaluation: Evaluation, out: Path) -> dict[str, Any]:
    """Write ``table.json``, ``table.csv``, ``pictures.csv``, ``sheet-<kind>.png`` and ``report.html``.

    Returns what ``table.json`` holds. Raises ``OutputError`` if ``out`` cannot be written.
    """
    document = json_document(evaluation)
    write_atomic(out / "table.json", (json.dumps(document, indent=1) + "\n").encode())
    write_atomic(out / "table.csv", _csv(document["rows"]))
    write_atomic(out / "pictures.csv", _csv(_picture_rows(evaluation)))
    sheets = {kind: _png(sheet(evaluation, kind)) for kind in KINDS}
    for kind, png in sheets.items():
        write_atomic(out / f"sheet-{kind}.png", png)
    write_atomic(out / "report.html", html_page(evaluation, sheets).encode())
    return document


def json_document(evaluation: Evaluation) -> dict[str, Any]:
    """The table as JSON-able data: models, rows (one a model and kind), what was left out."""
    return {
        "pictures": evaluation.rows[0].pictures,
        "skipped": evaluation.skipped,
        "seconds": round(evaluation.seconds, 1),
        "models": [
            {"name": model.name, "weights": model.origin, "parameters": model.parameters}
            for model in evaluation.models
        ],
        "rows": [
            {"model": row.model, "kind": row.kind, "pictures": row.pictures, **_rounded(asdict(row.scores))}
            for row in evaluation.rows
        ],
        "not_better_than_tint": [
            {"model": row.model, "kind": row.kind} for row in evaluation.learnt_nothing()
        ],
    }


def _rounded(scores: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 5) for name, value in scores.items()}


def _picture_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [
        {"picture": picture, "model": model, "kind": kind, **_rounded(asdict(pair.scores))}
        for (picture, model, kind), pair in evaluation.pairs.items()
    ]


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def terminal_tables(evaluation: Evaluation) -> list[Table]:
    """One table a kind of input, the best figure of each column in bold."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    tables = []
    for kind in KINDS:
        table = Table(title=f"{kind} inputs", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        table.add_column("model", no_wrap=True)
        for column in COLUMNS:
            table.add_column(column.heading, justify="right", no_wrap=True)
        rows = [row for row in evaluation.rows if row.kind == kind]
        for row in rows:
            figures = [f"[bold]{text}[/bold]" if best else text for text, best in _figures(row, rows)]
            table.add_row(row.model.replace("[", r"\["), *figures)
        tables.append(table)
    return tables


def verdicts(evaluation: Evaluation) -> list[str]:
    """A sentence for each network and kind of input that does not clearly beat the tint table."""
    return [
        f"{row.model} has learnt nothing from {row.kind}: structure not {CLEARLY} above the {TINT}'s"
        for row in evaluation.learnt_nothing()
    ]


def gaps(evaluation: Evaluation) -> list[str]:
    """Why figures are missing: a sentence about pictures that have no colour to be met, if there are any."""
    unhued = {name for (name, _, _), pair in evaluation.pairs.items() if pair.scores.hue is None}
    count = evaluation.rows[0].pictures
    if not unhued:
        return []
    if len(unhued) == count:
        return [f"{_MISSING}: no such figure, for the pictures have hardly any colour; name coloured ones"]
    named = first_few(sorted(unhued, key=natural_key), _NAMED)
    return [
        f"hue is measured on {count - len(unhued)} of {counted(count, 'picture')}; without colour: {named}"
    ]


def _figures(row: Row, rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Each figure as text, and whether it is the best of its column."""
    figures = []
    for column in COLUMNS:
        value = getattr(row.scores, column.name)
        others = [getattr(one.scores, column.name) for one in rows]
        ranks = [_rank(column, other) for other in others if other is not None]
        text = _MISSING if value is None else f"{value:.{column.digits}f}"
        figures.append((text, value is not None and _rank(column, value) == max(ranks)))
    return figures


def _rank(column: Column, value: float) -> float:
    return {"high": value, "low": -value, "one": -abs(value - 1)}[column.best]


def sheet(evaluation: Evaluation, kind: str) -> Image:
    """The notebook's picture: a row of originals, a row of inputs, a row a model. RGB uint8."""
    cells = evaluation.cells
    rows = [("original", cells.originals), (f"{kind} input", cells.inputs[kind])]
    rows += [(model.name, cells.results[model.name, kind]) for model in evaluation.models]
    side = cells.originals[0].shape[0]
    width = _LABEL + len(cells.names) * (side + _GAP) + _GAP
    page = PilImage.new("RGB", (width, len(rows) * (side + _GAP) + _GAP), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for number, (label, pictures) in enumerate(rows):
        top = _GAP + number * (side + _GAP)
        draw.multiline_text((_GAP, top + side / 2), _wrapped(label), "black", font, anchor="lm")
        for column, picture in enumerate(pictures):
            page.paste(PilImage.fromarray(picture), (_LABEL + column * (side + _GAP), top))
    return np.asarray(page)


def _wrapped(label: str) -> str:
    return "\n".join(label[start : start + _LETTERS] for start in range(0, len(label), _LETTERS))


def _png(picture: Image) -> bytes:
    stream = io.BytesIO()
    PilImage.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()


def html_page(evaluation: Evaluation, sheets: dict[str, bytes]) -> str:
    """One page that needs no other file: tables, what the figures mean, the sheets."""
    template = string.Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        summary=html.escape(_summary(evaluation)),
        notes="".join(
            f"<p class=warn>{html.escape(text)}</p>" for text in (*verdicts(evaluation), *gaps(evaluation))
        ),
        kinds="\n".join(_html_kind(evaluation, kind, sheets[kind]) for kind in KINDS),
        meanings="".join(f"<dt>{one.heading}<dd>{html.escape(one.meaning)}" for one in COLUMNS),
        pictures=html.escape(", ".join(evaluation.cells.names)),
    )


def _summary(evaluation: Evaluation) -> str:
    text = (
        f"{counted(evaluation.rows[0].pictures, 'picture')}, {counted(len(evaluation.models) - 1, 'network')}"
    )
    return f"{text}; left out: {'; '.join(evaluation.skipped)}" if evaluation.skipped else text


def _html_kind(evaluation: Evaluation, kind: str, png: bytes) -> str:
    rows = [row for row in evaluation.rows if row.kind == kind]
    head = "".join(f'<th title="{html.escape(one.meaning)}">{one.heading}' for one in COLUMNS)
    body = "".join(
        f"<tr><td>{html.escape(row.model)}"
        + "".join(f"<td{' class=best' * best}>{text}" for text, best in _figures(row, rows))
        for row in rows
    )
    image = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<h2>{kind}</h2><table><tr><th>model{head}{body}</table><img src="{image}" alt="{kind} sheet">'
