"""``--json``: the events that scripts rely on, one object a line on stdout."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TextIO

from mangacolor.pipeline.events import Event, FileRemoved, PageDone, PageFailed, RunDone

_FIELDS = {
    PageDone: ("page_done", ("page", "seconds", "panels", "stages")),
    PageFailed: ("page_failed", ("page", "stage", "error", "remedy")),
    FileRemoved: ("file_removed", ("file", "moved_to", "reason")),
    RunDone: (
        "run_done",
        (
            "status",
            "pages",
            "done",
            "copied",
            "cached",
            "failed",
            "seconds",
            "stages_run",
            "network_calls",
        ),
    ),
}


class JsonLines:
    """A listener that writes to ``stream`` and flushes every line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        for document in json_documents(event):
            self._stream.write(json.dumps(document, ensure_ascii=False) + "\n")
            self._stream.flush()


def json_documents(event: Event) -> list[dict[str, Any]]:
    """The objects for an event: none for one that ``--json`` does not tell.

    Before ``page_done`` of a page that is not coloured by us, one says what became of it and why.
    """
    name, fields = _FIELDS.get(type(event), ("", ()))
    if not name:
        return []
    said = dataclasses.asdict(event)
    document = {"event": name, **{field: said[field] for field in fields}}
    if isinstance(event, PageDone) and event.outcome in ("copied", "left"):
        return [{"event": f"page_{event.outcome}", "page": event.page, "reason": event.reason}, document]
    return [document]
