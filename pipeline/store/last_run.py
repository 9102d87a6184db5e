"""``OUT/.mangacolor/run.json``: what the last whole run into OUT was told, and which pages it could not make.

By this a chapter can be coloured again without the command line that it was made with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.option_fields import checked_value, option_fields
from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.limits import DEFAULT_LIMITS, Limits, limits_of
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.user_documents import read_document, write_document

FILE: Final = "run.json"
VERSION: Final = 1
# Options about one run alone: which part of the work it did, and what it said. The next run has its own.
OF_ONE_RUN: Final = frozenset(
    {"until", "start", "pages", "force", "json", "quiet", "report", "keep", "learn", "processes"}
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a page could not be made, and what can be done about it. ``sha256``: of the file that it was to be
    made from, in hex; "" where that is not known, or it could not be read."""

    error: str
    remedy: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LastRun:
    """``inputs``: absolute paths. ``failures``: by page; of a page that has been made since they are old."""

    inputs: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    run_options: RunOptions = field(default_factory=RunOptions)
    failures: Mapping[str, Failure] = field(default_factory=dict)


def write_last_run(state: State, run: LastRun) -> None:
    """Raises ``OutputError``."""
    document = {
        "version": VERSION,
        "inputs": [str(path) for path in run.inputs],
        "options": _changed(run.options),
        "run_options": {k: v for k, v in _changed(run.run_options).items() if k not in OF_ONE_RUN},
        "failed": {page: [failure.error, failure.remedy] for page, failure in sorted(run.failures.items())},
        "failed_files": {page: failure.sha256 for page, failure in sorted(run.failures.items())},
    }
    write_document(state.folder / FILE, document, state.scratch)


def read_last_run(state: State) -> LastRun | None:
    """None where no run has left it. Raises ``InputError`` where it cannot be understood."""
    path = state.folder / FILE
    try:
        document = read_document(path)
        if document is None:
            return None
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']}")
        if not isinstance(document["inputs"], list) or OF_ONE_RUN & document["run_options"].keys():
            raise ValueError("it is not as runs write it")
        return LastRun(
            tuple(Path(text) for text in document["inputs"]),
            _typed(Options, document["options"]),
            _typed(RunOptions, document["run_options"]),
            dict(_told(document["failed"], document.get("failed_files", {}))),
        )
    except (UsageError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: cannot be understood ({error})", "Colour the chapter again: that writes it anew."
        ) from None


def known_last_run(state: State) -> LastRun | None:
    """The same, and None where it cannot be understood, too: the next run writes it anew."""
    try:
        return read_last_run(state)
    except InputError:
        return None


def limits_of_run(last: LastRun | None) -> Limits:
    """The limits that a run was given; the default ones where that is not known."""
    return DEFAULT_LIMITS if last is None else limits_of(last.options, last.run_options)


def absolute_inputs(inputs: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(path.absolute() for path in inputs)


def _changed(settings: Any) -> dict[str, Any]:
    """The fields of a settings dataclass that are not as they are by default."""
    found = {}
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        if value != item.default:
            found[item.name] = str(value.absolute()) if isinstance(value, Path) else value
    return found


def _typed(kind: type[T], values: Mapping[str, Any]) -> T:
    """A settings dataclass from what ``_changed`` left of it. Raises ``ValueError`` or ``KeyError`` for
    what is none."""
    options = option_fields(kind)
    return kind(**{name: checked_value(options[name], value) for name, value in values.items()})


def _told(failed: Mapping[str, Any], hashes: Mapping[str, Any]) -> Iterator[tuple[str, Failure]]:
    for page, told in failed.items():
        if not isinstance(told, list):
            raise ValueError(f"why {page} failed is {told!r}")
        error, remedy = told
        yield page, Failure(str(error), str(remedy), str(hashes.get(page, "")))
