"""What became of a guest's pages (``--colours-from``): on which pages they were laid, and which fit none."""

from __future__ import annotations

from collections.abc import Iterator

from mangacolor.core.wording import counted
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tasks import Tasks
from mangacolor.pipeline.events import Detail, Warned
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.stages.guest.collection import Collection, read_collection
from mangacolor.stages.guest.surfaces import page_guest
from mangacolor.stages.names import GUEST

MOST = 6  # pages of the guest that are told of one by one


class GuestPages:
    """The guest's pages at the end of a run. ``details`` sums up, ``warnings`` name those that fit no
    page."""

    def __init__(self, plan: WorkPlan, tasks: Tasks) -> None:
        self._path = plan.options.colours_from
        self._every_page = plan.known.are_all and not plan.omits_pages
        self._tasks = tasks.pages if self._path else []
        self._fits = {task.name: _fits(task) for task in self._tasks}

    def details(self) -> tuple[Detail, ...]:
        """How many pages have the guest's colours."""
        asked = [fits for fits in self._fits.values() if fits is not None]
        if not asked:
            return ()
        some = sum(bool(fits) for fits in asked)
        return (Detail("in the guest's colours", (f"{some:,} of {counted(len(asked), 'page')}",)),)

    def warnings(self) -> Iterator[Warned]:
        """The pages that fit none of ours. Nothing where only some of ours were asked for, or one is not
        known."""
        if not self._path or not self._every_page or any(self._unknown()):
            return
        unfit = self._find_unfit(read_collection(self._path))
        for name in unfit[:MOST]:
            why = "what it shows was found on none of them"
            yield Warned("", GUEST, f"{name} fits no page: {why}, and its colours are not used")
        if len(unfit) > MOST:
            more = counted(len(unfit) - MOST, "more page")
            yield Warned("", GUEST, f"{more} of {self._path} fit none either")

    def _unknown(self) -> Iterator[str]:
        """Pages that were to be coloured, and have not been."""
        coloured = (task for task in self._tasks if task.state.outcome not in ("copied", "failed"))
        return (task.name for task in coloured if self._fits[task.name] is None and not task.was_copied)

    def _find_unfit(self, collection: Collection) -> list[str]:
        used = {name for fits in self._fits.values() for name in fits or ()}
        # A cover in colour is copied, and nothing is laid on it: the guest's is not amiss.
        for task in self._tasks:
            if self._fits[task.name] is None:
                used |= {collection.pages[number].name for number in collection.called(task.spec.page)}
        return [guest.shown for guest in collection.pages if guest.name not in used]


def _fits(task: PageTask) -> tuple[str, ...] | None:
    """The guest's pages that were laid over a page; None for one that never came to it."""
    key = task.state.keys.get(GUEST)
    artifact = task.spec.cache.load(GUEST, key) if key and not task.was_copied else None
    return None if artifact is None else tuple(fit.page for fit in page_guest({GUEST: artifact}).fits)
