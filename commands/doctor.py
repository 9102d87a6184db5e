"""``mangacolor doctor``: what this machine has, what each option is and why, and what is missing."""

from __future__ import annotations

import difflib
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from mangacolor.commands.settings.bare import bare_context, bare_settings
from mangacolor.commands.settings.every_name import every_name
from mangacolor.commands.settings.options import option, settings_options
from mangacolor.commands.settings.settings_file import (
    PREFIX,
    environment_name,
    file_options,
    origin,
    pick,
)
from mangacolor.core.cpu import usable_cores
from mangacolor.core.devices import describe_cards, hidden_cards, notes_on_device, resolve_device
from mangacolor.core.errors import ExitStatus, MangacolorError, SetupError, in_one_line
from mangacolor.core.installed import install_command, missing_of_extras, version_of
from mangacolor.core.settings import Options
from mangacolor.core.wording import counted, json_text
from mangacolor.models.runtime.backends import cpu_backend

_PACKAGES = (
    "ncnn",
    "opencv",
    "numpy",
    "pillow",
    "torch",
    "torchvision",
    "spandrel",
    "realesrgan",
    "click",
)


@click.command()
@settings_options("doctor")
@option("--json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(context: click.Context, /, **values: Any) -> int:
    """Show what was found on this machine and where each option's value comes from."""
    diagnosis = diagnose(context)
    click.echo(json_text(diagnosis) if values["json"] else report(diagnosis))
    return ExitStatus.NOTHING_DONE if diagnosis["problems"] else ExitStatus.DONE


def diagnose(context: click.Context) -> dict[str, Any]:
    """Everything doctor tells, as one JSON-able object. ``problems`` is empty where colouring works."""
    problems: list[str] = []
    options = pick(Options, context.params)
    return {
        "mangacolor": version("mangacolor"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": usable_cores(),
        "threads": _threads(),
        "device": _checked(problems, lambda: resolve_device(options.device)),
        "cards": describe_cards(),
        "cpu_backend": _checked(problems, lambda: cpu_backend(options.cpu_backend)),
        "packages": {name: version_of(name) for name in _PACKAGES},
        "extras": {
            extra: {"missing": list(missing), "install": install_command(extra) if missing else ""}
            for extra, missing in missing_of_extras().items()
        },
        "stages": _checked(problems, _stages),
        "weights": _checked(problems, lambda: _weights(options)),
        "series": _series(options),
        "options": {**_options(context, options), **_set_for_runs(context.command, problems)},
        "notes": [*notes_on_device(options.device), *filter(None, [hidden_cards()]), *_misspelt(os.environ)],
        "problems": problems,
    }


def report(diagnosis: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"mangacolor {diagnosis['mangacolor']}, Python {diagnosis['python']}, {diagnosis['system']}",
        f"device     {diagnosis['device'] or 'none usable'}, {counted(diagnosis['cores'], 'core')}",
        f"pages      {_shown_threads(diagnosis['threads'])}",
        *(f"card       {card}" for card in diagnosis["cards"]),
        f"on a CPU   {diagnosis['cpu_backend'] or 'none usable'}",
        f"stages     {', '.join(diagnosis['stages'] or ['none'])}",
        f"weights    {diagnosis['weights'] or 'none usable'}",
        *(diagnosis["series"]["lines"] if diagnosis["series"] else ()),
        "packages",
        *(f"  {name:16}{release or 'missing'}" for name, release in diagnosis["packages"].items()),
        "extras",
        *(f"  {name:16}{_shown_extra(**extra)}" for name, extra in diagnosis["extras"].items()),
        "options",
        *(f"  {name:16}{_shown(row['value']):24}{row['from']}" for name, row in diagnosis["options"].items()),
    ]
    lines += [f"note       {note}" for note in diagnosis["notes"]]
    lines += [f"problem    {problem}" for problem in diagnosis["problems"]] or ["no problems found"]
    return "\n".join(lines)


def _shown(value: object) -> str:
    """As it is given: switches yes or no, and a dash for what nobody chose."""
    if value is None:
        return "-"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _threads() -> list[int]:
    """How many threads compute in each of the processes that a run of many pages has here."""
    from mangacolor.pipeline.processes.shares import threads_of

    return threads_of(*bare_settings())


def _shown_threads(threads: Sequence[int]) -> str:
    if len(threads) == 1:
        return f"in one process, {counted(threads[0], 'thread')} at work at a time"
    at_work = ", ".join(map(str, threads)) if len(set(threads)) > 1 else f"{threads[0]} each"
    return f"where there are many, in {len(threads)} processes; threads at work at a time: {at_work}"


def _shown_extra(missing: Sequence[str], install: str) -> str:
    return f"missing {', '.join(missing)}: {install}" if missing else "installed"


def _checked(problems: list[str], look: Any) -> Any:
    try:
        return look()
    except (MangacolorError, ImportError) as error:
        problems.append(in_one_line(error))
        return None


def _stages() -> list[str]:
    from mangacolor.stages.registry import default_graph

    return list(default_graph().names)


def _weights(options: Options) -> str:
    """Load nothing: only see that every stage accepts its configuration and finds its weights."""
    from mangacolor.core.types import Chapter
    from mangacolor.pipeline.store.keys import make_recipe
    from mangacolor.stages.registry import default_graph

    graph = default_graph()
    make_recipe(graph, options, Chapter("", ()), graph.sinks())
    return options.weights


def _series(options: Options) -> dict[str, Any] | None:
    """What the weights say of themselves, if they are a series'; what is wrong with them is a problem."""
    from mangacolor.models.colour.series.describing import describe_series

    try:
        facts = describe_series(options.weights)
    except SetupError:
        return None
    return None if facts is None else {**facts.to_document(), "lines": facts.lines()}


def _options(context: click.Context, options: Options) -> dict[str, dict[str, Any]]:
    rows = {}
    for long_name, parameter in file_options(context.command).items():
        name = parameter.name
        if name is not None and hasattr(options, name):
            rows[long_name] = {"value": getattr(options, name), "from": origin(context, name)}
    return rows


def _set_for_runs(doctor_itself: click.Command, problems: list[str]) -> dict[str, dict[str, Any]]:
    """The options of a run alone, as ``jobs``, that the file or the environment sets."""
    from mangacolor.commands.colorize import colorize

    try:
        context = bare_context()
    except (MangacolorError, click.ClickException) as error:
        problems.append(in_one_line(error))
        return {}
    shown = file_options(doctor_itself)
    rows = {
        long_name: {"value": _plain(context.params[parameter.name]), "from": origin(context, parameter.name)}
        for long_name, parameter in file_options(colorize).items()
        if parameter.name is not None and long_name not in shown
    }
    return {name: row for name, row in rows.items() if row["from"] != "default"}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that nearly have the name of an option, and so set nothing."""
    known = [environment_name(name).removeprefix(PREFIX) for name in sorted(every_name())]
    notes = []
    for variable in environment:
        name = variable.removeprefix(PREFIX)
        close = difflib.get_close_matches(name, known, 1, cutoff=0.8) if variable != name else ()
        if close and name not in known:
            notes.append(f"{variable} sets nothing: did you mean {PREFIX}{close[0]}?")
    return notes
