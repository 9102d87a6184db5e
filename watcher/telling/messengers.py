"""Who is told that a chapter is done: a program, Komga, Kavita. What they are owed is in the records."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mangacolor.core.settings import WatchOptions
from mangacolor.watcher.events import Listener, Notified
from mangacolor.watcher.records import Record, Records
from mangacolor.watcher.telling.libraries import LibraryError, Server, find_servers
from mangacolor.watcher.telling.then import run_command, split_command

THEN: Final = "then"
# Seconds between two scans while a queue is worked off: a scan is work for the server, and readers can wait.
SCAN_EVERY: Final = 300.0
# Seconds until a server that did not answer is asked again, doubled each time up to the last.
FIRST_RETRY, LAST_RETRY = 30.0, 1800.0


class Messengers:
    """``names``: those that a chapter's record owes word to. ``is_over``: the watch is to end."""

    def __init__(
        self,
        command: tuple[str, ...],
        servers: list[Server],
        out: Path,
        emit: Listener,
        is_over: Callable[[], bool],
    ) -> None:
        self._command, self._servers, self._out = command, servers, out
        self._emit, self._is_over = emit, is_over
        self._next = {server.kind: time.monotonic() + SCAN_EVERY for server in servers}
        self._delay = {server.kind: FIRST_RETRY for server in servers}
        self._failing: set[str] = set()
        self.names = (*((THEN,) if command else ()), *(server.kind for server in servers))

    def deliver_owed(self, records: Records, idle: bool) -> float | None:
        """Tell those who are owed word. Returns seconds until a server is asked again, if one has to be.

        ``idle``: nothing else is to be done, so that servers are asked at once. Raises ``OutputError``.
        """
        for record in records.all():
            if THEN in record.owed and self._command and not self._is_over():
                self._run(record)
                records.keep(_without(records.of(record.chapter) or record, THEN))
        return min(
            (wait for server in self._servers if (wait := self._ask(server, records, idle)) is not None),
            default=None,
        )

    def _run(self, record: Record) -> None:
        output = self._out / record.output
        if not record.output or not output.exists():  # never packed, refused since, or taken away
            return
        error = run_command(self._command, output.absolute(), self._is_over)
        remedy = f"See what {self._command[0]} has said; it is not run again for this chapter."
        self._emit(Notified(THEN, record.chapter, error, remedy if error else ""))

    def _ask(self, server: Server, records: Records, idle: bool) -> float | None:
        owed = [record for record in records.all() if server.kind in record.owed]
        now, failing = time.monotonic(), server.kind in self._failing
        if not owed:
            return None
        if self._is_over() or (now < self._next[server.kind] and (failing or not idle)):
            return max(0.0, self._next[server.kind] - now)
        try:
            server.scan()
        except LibraryError as error:
            delay = self._delay[server.kind]
            self._failing.add(server.kind)
            self._next[server.kind] = now + delay
            self._delay[server.kind] = min(2 * delay, LAST_RETRY)
            self._emit(Notified(server.kind, "", error.message, error.remedy, delay))
            return delay
        self._failing.discard(server.kind)
        self._next[server.kind] = now + SCAN_EVERY
        self._delay[server.kind] = FIRST_RETRY
        records.keep(*(_without(record, server.kind) for record in owed))
        self._emit(Notified(server.kind, ""))
        return None


def make_messengers(
    settings: WatchOptions, out: Path, emit: Listener, is_over: Callable[[], bool]
) -> Messengers:
    """Those that the options name. Raises ``UsageError`` or ``SetupError`` where it cannot be so."""
    command = () if settings.then is None else split_command(settings.then)
    return Messengers(command, find_servers(settings.komga, settings.kavita), out, emit, is_over)


def _without(record: Record, name: str) -> Record:
    return dataclasses.replace(record, owed=tuple(other for other in record.owed if other != name))
