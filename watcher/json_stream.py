"""``--json`` of a watch: one object a line on stdout."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, get_args

from mangacolor.pipeline.events import RunResult
from mangacolor.pipeline.report.json_lines import json_documents
from mangacolor.watcher.events import Event, WatchEvent


def watch_documents(event: Event) -> list[dict[str, Any]]:
    """The objects for an event: those of pages as a run tells them, and the watch's own.

    An event is named as its class: ``chapter_coloured`` for ``ChapterColoured``.
    """
    if isinstance(event, get_args(WatchEvent)):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        return [{"event": name, **dataclasses.asdict(event)}]
    # A watch has many runs and is itself what ends last.
    return [] if isinstance(event, RunResult) else json_documents(event)  # type: ignore[arg-type]
