"""When a file has settled: nothing of it has changed for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mangacolor.watcher.folder import Seen


class Settling:
    """Remembers since when each file is as it is. ``seconds``: how long it has to stay so.

    ``trust_age``: whether a file's own times may say at first sight that it is old enough. The clock of a
    network share may be another than ours, and there only what we have watched ourselves counts.
    """

    def __init__(
        self,
        seconds: float,
        trust_age: bool = True,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        self._seconds, self._trust_age = seconds, trust_age
        self._clock, self._today = clock, today
        self._since: dict[Path, tuple[str, float]] = {}

    def look(self, files: Iterable[Seen]) -> None:
        """Take note of how all files are now."""
        now, today = self._clock(), self._today()
        since = {}
        for seen in files:
            known = self._since.get(seen.path)
            if known is None or known[0] != seen.stamp:
                known = seen.stamp, now - self._age(seen, today)
            since[seen.path] = known
        self._since = since

    def wait(self, seen: Seen) -> float:
        """Seconds until a file has settled, if nothing comes between; 0 for one that has."""
        stamp, since = self._since[seen.path]
        assert stamp == seen.stamp
        return max(0.0, since + self._seconds - self._clock())

    def _age(self, seen: Seen, today: float) -> float:
        """Seconds since anything of a file changed, as far as its own times can be trusted."""
        changed = max(seen.modified_ns, seen.changed_ns) / 1e9
        return max(0.0, today - changed) if self._trust_age else 0.0
