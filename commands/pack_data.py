"""``mangacolor pack-data``: colour pictures in one small file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mangacolor.commands.settings.value_types import PATH, WholeNumbers
from mangacolor.core.errors import ExitStatus
from mangacolor.core.wording import byte_size, counted

if TYPE_CHECKING:
    from mangacolor.training.data.left_out import LeftOut
    from mangacolor.training.data.pictures import Picture, Source


@click.command("pack-data")
@click.argument("root", type=PATH)
@click.option("--out", required=True, type=PATH, help="The pack to write.")
@click.option("--sources", type=PATH, help="TOML: folders, layouts, weights, zooms.")
@click.option("--size", type=WholeNumbers(1), default=256, show_default=True, help="Working size in pixels.")
@click.option(
    "--quality",
    type=WholeNumbers(0, 100),
    default=40,
    show_default=True,
    help="AVIF quality of the stored pictures.",
)
def pack_data(root: Path, out: Path, sources: Path | None, size: int, quality: int) -> int:
    """Gather the colour pictures under ROOT into one small file to train from.

    Pictures that cannot be read, or have no colour, are left out and named. Exit status: 0 the pack holds all
    that can be read, 1 some could not, 2 the command line is wrong, 3 nothing was written.
    """
    from mangacolor.core.atomic import check_writable
    from mangacolor.training.data.left_out import LeftOut
    from mangacolor.training.data.pack import write_pack
    from mangacolor.training.data.sources import describe_sources, tell_unnamed

    chosen = describe_sources(root, sources)
    check_writable(out, 1)
    if sources is not None:
        tell_unnamed(root, chosen, say)
    left_out, having = LeftOut(), set[str]()
    packed = write_pack(out, chosen, _read(root, chosen, size, left_out, having), quality)
    held = f"{counted(packed, 'picture')} of {counted(len(having), 'source')}"
    more = f"; {counted(len(left_out), 'file')} left out" if len(left_out) else ""
    say(f"{out}: {held}, {byte_size(out.stat().st_size)}{more}")
    return ExitStatus.SOME_FAILED if left_out.broken else ExitStatus.DONE


def _read(
    root: Path, sources: Sequence[Source], size: int, left_out: LeftOut, having: set[str]
) -> Iterator[Picture]:
    """The pictures, and in the end a word on what is ``left_out``. ``having`` gets the sources of those that
    are not. Raises ``InputError`` where all are."""
    from mangacolor.training.data.pictures import find_pictures, read_source
    from mangacolor.training.display import WorkDisplay

    files = sum(len(find_pictures(root, source)) for source in sources)
    begun = count(0)
    with WorkDisplay() as display:
        for source in sources:
            for picture in read_source(
                root, source, left_out, size, lambda _path: display("packing", next(begun), files)
            ):
                having.add(picture.source)
                yield picture
        display("packing", files, files)
    for line in left_out.lines():
        say(line)
    left_out.check(len(having))


def say(line: str) -> None:
    click.echo(line, err=True)
