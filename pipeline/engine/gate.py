"""The memory gate: how many pages may be at work together."""

from __future__ import annotations

from mangacolor.pipeline.engine.memory import MemoryLimit, Need
from mangacolor.pipeline.engine.page_task import PageTask


class MemoryGate:
    """Lets pages in while they fit into the limit together, and a single one always."""

    def __init__(self, limit: MemoryLimit) -> None:
        self._limit = limit
        self._inside: dict[int, Need] = {}

    def enter(self, task: PageTask) -> bool:
        """Whether a page is inside, now that it has knocked: it fits, or no other page is at work."""
        state = task.state
        if state.keys and not state.inside and not state.ended:
            others = self._inside.values()
            if not self._inside or self._limit.fits([*others, state.need]):
                state.inside = True
                self._inside[task.spec.index] = state.need
        return state.inside

    def leave(self, task: PageTask) -> None:
        """Give a page's memory back."""
        if task.state.inside:
            del self._inside[task.spec.index]
