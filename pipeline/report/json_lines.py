"""``--json``: the events that scripts rely on, one object a line on stdout."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TextIO

from mangacolor.pipeline.events import Event, PageDone, PageFailed, RunDone

_NAMES = {PageDone: "page_done", PageFailed: "page_failed", RunDone: "run_done"}
_INTERNAL = {"failures", "outcome"}  # the first repeats page_failed, the second the counts of run_done


class JsonLines:
    """A listener that writes to ``stream`` and flushes every line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        document = json_document(event)
        if document is not None:
            self._stream.write(json.dumps(document, ensure_ascii=False) + "\n")
            self._stream.flush()


def json_document(event: Event) -> dict[str, Any] | None:
    """The object for an event, or None for one that ``--json`` does not tell."""
    name = _NAMES.get(type(event))
    if name is None:
        return None
    fields = dataclasses.asdict(event)
    return {"event": name, **{key: value for key, value in fields.items() if key not in _INTERNAL}}
