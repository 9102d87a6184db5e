"""The ratios of a bench as bars, in plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mangacolor.benchmarks.speed.timing import Ratio

ROW, LEFT, WIDE = 28, 420, 360


def ratios_svg(ratios: Sequence[Ratio]) -> str:
    """A bar for each ratio that has a goal, as a share of the goal: beyond the line is met.

    Where less is better, the share is turned round.
    """
    rated = [one for one in ratios if one.goal is not None]
    rows = [_row(number, one) for number, one in enumerate(rated)]
    height = ROW * len(rows) + 20
    line = LEFT + WIDE / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 90}" height="{height}"'
            ' font-family="sans-serif" font-size="13">',
            *rows,
            f'<line x1="{line}" x2="{line}" y1="0" y2="{height}" stroke="black" stroke-dasharray="4 3"/>',
            "</svg>\n",
        ]
    )


def _row(number: int, one: Ratio) -> str:
    assert one.goal is not None
    share = one.goal / max(one.cpu, 1e-9) if one.at_most else one.cpu / one.goal
    length = round(min(share / 2, 1.0) * WIDE)
    top = 10 + number * ROW
    colour = "#2a8f5c" if one.met else "#c2542d"
    return (
        f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(one.name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length}" height="{ROW - 8}" fill="{colour}"/>'
        f'<text x="{LEFT + length + 6}" y="{top + 14}">{one.cpu:.2f} ({one.goal:g})</text>'
    )
