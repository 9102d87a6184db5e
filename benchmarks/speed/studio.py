"""How long the studio lets one wait: for the first view, for a preview after a click; and what it holds.

    python benchmarks/speed/studio.py OUT [--page NAME] [--previews 50] [--side 1400]

OUT is a coloured chapter; it is not changed. ``first view``: from asking for the page until the list of pages
and the thumbnails of the first screen are there. ``preview``: from asking until the painted page is there, a
colour after another at one surface. ``memory``: of the server's process, idle and after every page of the
chapter has been looked at ``--rounds`` times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx

# Thumbnails that a screen shows at once.
SCREEN = 8


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True))
@click.option("--page", help="The page that is clicked on; the first with surfaces by default.")
@click.option("--previews", default=50, show_default=True)
@click.option("--side", default=1400, show_default=True, help="Pixels of a page's long side on the screen.")
@click.option("--rounds", default=1, show_default=True, help="How often every page is looked at.")
def main(out: Path, page: str | None, previews: int, side: int, rounds: int) -> None:
    command = [sys.executable, "-m", "mangacolor", "studio", str(out), "--no-browser", "--token", "t"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = httpx.URL(process.stdout.readline().strip()).copy_with(path="/", query=None)
            with httpx.Client(base_url=address, headers={"X-Token": "t"}, timeout=600) as client:
                _measure(client, process.pid, page, previews, side, rounds)
        finally:
            process.terminate()


def _measure(client: httpx.Client, pid: int, page: str | None, count: int, side: int, rounds: int) -> None:
    chapter, seconds = _timed(lambda: _first_view(client))
    pages = [row["name"] for row in chapter["pages"] if row["state"] == "coloured"]
    print(f"first view, {len(chapter['pages'])} pages   {seconds:8.3f} s")
    name, at = _find_surface(client, [page] if page else pages, side)
    _, seconds = _timed(lambda: _paint(client, name, at, side, 0))
    print(f"first preview               {seconds:8.3f} s")
    taken = [_timed(lambda n=n: _paint(client, name, at, side, n))[1] for n in range(count)]  # type: ignore[misc]
    print(f"preview, median of {count:3}      {statistics.median(taken):8.3f} s, worst {max(taken):.3f} s")
    idle = _memory(pid)
    for _ in range(rounds):
        for other in pages:
            client.get("/api/pictures/page", params={"page": other, "side": side, "stamp": "x"})
            client.get("/api/surfaces", params={"page": other, "side": side})
            client.get("/api/pictures/surfaces", params={"page": other, "side": side})
    print(f"memory {idle:8.0f} MB, after {rounds * len(pages)} pages {_memory(pid):8.0f} MB")


def _first_view(client: httpx.Client) -> dict[str, Any]:
    for path in ("/", "/static/js/main.js"):
        client.get(path).raise_for_status()
    chapter: dict[str, Any] = client.get("/api/chapter").json()
    for row in chapter["pages"][:SCREEN]:
        client.get("/api/pictures/thumb", params={"page": row["name"], "stamp": row["stamp"]})
    return chapter


def _find_surface(client: httpx.Client, pages: list[str], side: int) -> tuple[str, list[Any]]:
    """A page and a point of it that takes a colour."""
    for page in pages:
        width, height = client.get("/api/panels", params={"page": page}).json()["size"]
        client.get("/api/surfaces", params={"page": page, "side": side}).raise_for_status()
        for share in range(1, 20):
            x, y = width * share // 20, height * share // 20
            met = client.post("/api/surface", json={"page": page, "x": x, "y": y}).json()
            if met.get("number"):
                return page, [page, x, y]
    raise click.ClickException("no point of these pages takes a colour")


def _paint(client: httpx.Client, page: str, at: list[Any], side: int, number: int) -> None:
    wishes = {"at": at, "colour": f"#{40 + 4 * number % 200:02x}6090", "reach": "alike"}
    client.post("/api/paint", json={"page": page, "side": side, "wishes": wishes}).raise_for_status()


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def _memory(pid: int) -> float:
    """Megabytes in memory of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
