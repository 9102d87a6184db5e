"""``mangacolor palette``: the colours of a chapter, shown and changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import PATH, Numbers
from mangacolor.core.errors import ExitStatus, UsageError
from mangacolor.core.wording import json_text, printable

REACHES = ("segment", "panel", "page", "alike", "group")
LEVELS = ("fine", "coarse")


@click.command()
@click.argument("out", type=PATH)
@click.option("--at", metavar="PAGE:X,Y", help="Recolour what lies at this point of a page of OUT.")
@click.option("--colour", "--color", "colour", metavar="COLOUR", help="Its colour: #c0392b, #fff, crimson.")
@click.option(
    "--reach",
    type=click.Choice(REACHES),
    help="What else takes the colour: nothing but this surface (segment), what is like it in the panel, on "
    "the page or, by default, in the chapter (alike), or the whole group.",
)
@click.option(
    "--likeness",
    type=Numbers(0, 1),
    help="How like it that must be: more of it from 0, less up to 1; 0.5 by default.",
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="What a point means: fine, the default, a lock of hair, coarse the hair.",
)
@click.option("--also", metavar="PAGE:X,Y", multiple=True, help="A further point of the same thing.")
@click.option("--not", "negatives", metavar="PAGE:X,Y", multiple=True, help="A point that is not meant.")
@click.option(
    "--forget",
    metavar="PAGE:X,Y",
    multiple=True,
    help="A point of --edit, meant or not, that counts no more.",
)
@click.option(
    "--outline",
    metavar="PAGE:X,Y,X,Y,…",
    help="Recolour what lies inside a line around these corners, three or more, on a page of OUT.",
)
@click.option("--edit", metavar="ID", help="Change this edit, e3, instead of making a new one.")
@click.option(
    "--preview",
    type=PATH,
    metavar="FILE.png|DIR",
    help="Change nothing; draw the pages with all that would change outlined: one picture, or one a page.",
)
@click.option(
    "--undo",
    is_flag=False,
    flag_value="",
    metavar="[ID]",
    help="Undo the last change, or the one named.",
)
@click.option("--redo", is_flag=False, flag_value="", metavar="[ID]", help="Do again what was undone.")
@click.option("--edits", "listing", is_flag=True, help="List the edits, what they cover, and all changes.")
@click.option(
    "--set",
    "colours",
    metavar="ID=COLOUR",
    multiple=True,
    help="Give a whole group a colour; ID=found undoes it.",
)
@click.option("--split", metavar="ID", help="Part a group in two; --at and --not say which is which.")
@click.option("--merge", metavar="ID,ID", help="Make one group of several.")
@click.option(
    "--name", "names", metavar="ID=NAME", multiple=True, help="Call a group, 7, or an edit, e3, by a name."
)
@click.option("--saturation", type=Numbers(0, 3), help="How strong all colours are; 1 by default.")
@click.option(
    "--warmth", type=Numbers(-1, 1), help="All colours towards blue, to -1, or towards amber, to 1."
)
@click.option("--renew", is_flag=True, help="Have old edits reach as new ones do; they are told of.")
@click.option("--lock/--unlock", "lock", default=None, help="Keep these colours, here and with --palette.")
@click.option("--save", type=PATH, help="Write a copy, for --palette of other chapters.")
@click.option("--chapter", metavar="NAME", help="Which of OUT's chapters, where no point says it.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def palette(
    out: Path,
    chapter: str | None,
    preview: Path | None,
    listing: bool,
    save: Path | None,
    as_json: bool,
    **wishes: Any,
) -> int:
    """Show the colours of a chapter as one HTML file, and change them.

    The file, palette.html in OUT/.mangacolor, is named at the end. Colouring the chapter into OUT again takes
    over what was changed; `mangacolor studio OUT` does the same by clicks.
    """
    from mangacolor.commands.settings.bare import bare_settings
    from mangacolor.pipeline.decisions import command_again
    from mangacolor.pipeline.editing import telling
    from mangacolor.pipeline.editing.chapter import chapter_of_point, open_chapter
    from mangacolor.pipeline.editing.palette_document import save_copy
    from mangacolor.pipeline.editing.session import Session
    from mangacolor.pipeline.editing.wishes.options import Wishes
    from mangacolor.pipeline.out_folder import check_out
    from mangacolor.pipeline.report.palette_page import write_sheet
    from mangacolor.pipeline.store.store import read_store

    if preview is not None and save is not None:
        raise UsageError("--preview changes nothing that --save could keep", "Leave one of the two away.")
    check_out(out, "palette")
    asked = Wishes(**wishes)
    session = Session(open_chapter(out, chapter or chapter_of_point(out, asked.at or asked.outline)))
    if preview is not None:
        files = [str(file) for file in session.preview(asked, preview)]
        about: dict[str, Any] = {"preview": files}
    else:
        session.change(asked)
        if save is not None:
            save_copy(session.palette, save)
        files = [str(write_sheet(session.chapter, session.palette, session.covers))]
        about = {"file": files[0]}
    about["palette"] = str(session.chapter.palette)
    if as_json:
        document = telling.palette_document(session.palette, session.covers, session.changes, about)
        click.echo(json_text(document))
    else:
        is_preview, again = preview is not None, ""
        if session.is_seen and not is_preview:
            again = command_again(read_store(out), session.chapter.names, bare_settings())
        for line in telling.session_lines(session, is_preview=is_preview, listing=listing, again=again):
            click.echo(printable(line))
        for file in files:
            click.echo(file)
    return ExitStatus.DONE
