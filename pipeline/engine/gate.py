"""The memory gate: how many pages may be at work together."""

from __future__ import annotations

from mangacolor.pipeline.engine.page_task import PageTask


class MemoryGate:
    """Lets pages in while they fit into ``budget`` bytes together, and a single one always. 0: no limit."""

    def __init__(self, budget: int = 0) -> None:
        self._budget = budget or 1 << 62
        self._taken = 0

    def enter(self, task: PageTask) -> bool:
        """Whether a page is inside, now that it has knocked: it fits, or no other page is at work."""
        state = task.state
        fits = not self._taken or self._taken + state.cost <= self._budget
        if fits and state.keys and not state.inside and not state.ended:
            state.inside = True
            self._taken += state.cost
        return state.inside

    def leave(self, task: PageTask) -> None:
        """Give a page's memory back."""
        if task.state.inside:
            self._taken -= task.state.cost
