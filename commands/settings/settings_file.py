"""Where options come from: defaults → ``mangacolor.toml`` → ``MANGACOLOR_*`` → the command line.

click does the resolving: the file becomes its ``default_map`` and each option has an environment
variable. This module reads the file, checks it and says where a value came from.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mangacolor.core.errors import UsageError
from mangacolor.core.wording import did_you_mean

FILE_NAME = "mangacolor.toml"
PREFIX = "MANGACOLOR_"

T = TypeVar("T")
_ORIGINS = {
    ParameterSource.COMMANDLINE: "command line",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: FILE_NAME,
}


def read_file(
    path: Path, command: click.Command, known: Callable[[], Collection[str]] = tuple
) -> dict[str, Any]:
    """The settings in a ``mangacolor.toml`` as click's ``default_map``; empty if there is no file.

    Keys are the options' long names (``force-color`` or ``force_color``); those that only other
    commands have are passed over: ``known`` gives them all, and is asked for a key of no option of this one.
    Raises ``UsageError`` for a file that is no TOML, an unknown key, or a value that no option takes.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "Mend or remove the file.") from None
    options = file_options(command)
    settings = {key.replace("_", "-"): value for key, value in document.items()}
    others = set(known()) - set(options) if settings.keys() - options.keys() else set()
    return dict(_setting(path, key, value, options) for key, value in settings.items() if key not in others)


def file_options(command: click.Command) -> dict[str, click.Option]:
    """The options that a file may set, by their long names. Not ``--out`` and what only debugging uses."""
    options: dict[str, click.Option] = {}
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.envvar and option_name(parameter) != "out":
            options[option_name(parameter)] = parameter
    return options


def option_name(option: click.Option) -> str:
    """``force-color`` for ``--force-color``; ``harmonize`` for ``--harmonize/--no-harmonize``."""
    return max(option.opts, key=len).lstrip("-")


def environment_name(long_name: str) -> str:
    return PREFIX + long_name.upper().replace("-", "_")


def pick(kind: type[T], values: Mapping[str, Any]) -> T:
    """A settings dataclass from a command's parameters; those that are None keep their defaults."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names and value is not None})


def origin(context: click.Context, name: str) -> str:
    """Where a parameter's value came from, in words."""
    source = context.get_parameter_source(name)
    return _ORIGINS.get(source, "default") if source else "default"


def _setting(path: Path, key: str, value: object, options: Mapping[str, click.Option]) -> tuple[str, Any]:
    option = options.get(key)
    if option is None or option.name is None:
        hint = did_you_mean(key, options) or f"It knows: {', '.join(sorted(options))}."
        raise UsageError(f"{path}: unknown setting {key!r}", hint)
    typed = _typed(value, option)
    try:
        option.type_cast_value(click.Context(click.Command("file")), typed)
    except click.BadParameter as error:
        raise UsageError(f"{path}: {key}: {error.message}", "Mend the value.") from None
    if option.is_flag != isinstance(value, bool):
        kind = "true or false" if option.is_flag else "a value, not true or false"
        raise UsageError(f"{path}: {key} takes {kind}", "Mend the value.")
    return option.name, typed


def _typed(value: object, option: click.Option) -> Any:
    """A value as click takes it: text but for switches, and a list of texts where an option is repeated."""
    if isinstance(value, bool):
        return value
    if not option.multiple:
        return str(value)
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
