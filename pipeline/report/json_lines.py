"""``--json``: the events that scripts rely on, one object a line on stdout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

from mangacolor.core.wording import json_text
from mangacolor.pipeline.events import Event, FileRemoved, PageDone, PageFailed, RunResult

E = TypeVar("E")
_NAMES = {
    PageDone: "page_done",
    PageFailed: "page_failed",
    FileRemoved: "file_removed",
    RunResult: "run_done",
}
_INTERNAL = {"outcome", "left", "failures", "details"}  # they repeat what other lines say


def json_lines(stream: TextIO, documents: Callable[[E], list[dict[str, Any]]]) -> Callable[[E], None]:
    """A listener that writes to ``stream`` what ``documents`` makes of an event, and flushes every line."""

    def tell(event: E) -> None:
        for document in documents(event):
            stream.write(json_text(document, stream) + "\n")
            stream.flush()

    return tell


def json_documents(event: Event) -> list[dict[str, Any]]:
    """The objects for an event: none for one that ``--json`` does not tell.

    Before ``page_done`` of a page that is not coloured by us, one says what became of it and why.
    """
    name = _NAMES.get(type(event))
    if name is None:
        return []
    fields = {key: value for key, value in dataclasses.asdict(event).items() if key not in _INTERNAL}
    if not isinstance(event, PageDone):
        return [{"event": name, **fields}]
    reason, renamed = fields.pop("reason"), fields.pop("renamed")
    fields["page"] = renamed or event.page
    if not event.spread:
        del fields["spread"]
    document = {"event": name, **fields}
    if event.outcome in ("copied", "left"):
        return [{"event": f"page_{event.outcome}", "page": fields["page"], "reason": reason}, document]
    return [document]
