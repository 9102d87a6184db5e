"""A connection to a Dask scheduler: what the engine uses of ``distributed``, and its errors in our words."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import SetupError
from mangacolor.core.installed import install_command
from mangacolor.core.settings import Options
from mangacolor.core.system.files import remove_file
from mangacolor.pipeline.cluster.bundle import Release
from mangacolor.pipeline.cluster.worker import Introduction, Probe, introduce, libraries, make_release, stop
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph

_CONNECT_WITHIN = 10.0  # seconds
_CLOSE_WITHIN = 5.0  # seconds
_WORKER_WITHIN = 60.0  # seconds that the first worker has to come
_INTRODUCE_WITHIN = 120.0
_REFRESH = 1.0  # seconds for which the number of workers is taken as known
_GONE = 30.0  # seconds without a scheduler after which the run ends: it may be restarting

Then = Callable[[Any, BaseException | None], None]


@dataclass(frozen=True, slots=True)
class Check:
    """What the workers are, and what the user should know of them."""

    release: Release
    warnings: tuple[str, ...]


def _client_class(client: Any) -> Any:
    """``distributed.Client`` (``client``, untyped), but one whose address cannot be used is closed at once.

    It would be closed when it is collected, and wait for the lock under which all of distributed's event
    loops begin and stop. If that comes to pass in the thread of a loop that begins, neither gets on.
    """

    class Client(client):  # type: ignore[misc]
        def start(self, **how: Any) -> Any:
            try:
                return super().start(**how)
            except BaseException:
                with suppress(OSError):  # of which a timeout is one
                    self.close(timeout=_CLOSE_WITHIN)
                raise

    return Client


class Cluster:
    """A connected scheduler; a context manager. Raises ``SetupError`` where it cannot be used."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._remedy = f"Start one with `dask scheduler`, and see that {address} is its address."
        self._futures: set[Any] = set()
        self._workers: tuple[float, int] = (0.0, 0)
        self._gone_since = 0.0
        try:
            import distributed
        except ImportError as error:
            raise SetupError(
                f"--cluster needs Dask distributed: {error}", f"Install it: {install_command('cluster')}"
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters becomes an event of ours
        try:
            self._client = _client_class(distributed.Client)(
                address, timeout=_CONNECT_WITHIN, set_as_default=False
            )
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise SetupError(f"--cluster {address}: no Dask scheduler answers there", self._remedy) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close(timeout=_CLOSE_WITHIN)

    def workers(self) -> int:
        """How many there are, as known for a moment."""
        now = time.monotonic()
        if now - self._workers[0] > _REFRESH:
            self._workers = now, len(self._names())
        return self._workers[1]

    def _names(self) -> list[str]:
        if self._client.status != "running":
            return []
        try:
            return sorted(self._client.nthreads())
        except (OSError, TimeoutError):  # the next turn sees whether it comes back
            return []

    def see_that_it_is_there(self) -> None:
        """Raise ``SetupError`` if the scheduler has been away for long."""
        if self._client.status == "running":
            self._gone_since = 0.0
            return
        self._gone_since = self._gone_since or time.monotonic()
        if time.monotonic() - self._gone_since > _GONE:
            raise SetupError(
                f"--cluster {self._address}: the scheduler is gone",
                "Start it again, then the same command: finished pages are kept.",
            )

    def check(self, graph: Graph, options: Options, state: State, source: Path | None) -> Check:
        """See that every worker has this release, the same kind of device, the input and the output folder.

        Raises ``SetupError`` that names the first worker which has not, or if no worker comes.
        """
        deadline = time.monotonic() + _WORKER_WITHIN
        while not (names := self._names()):
            if time.monotonic() > deadline:
                raise SetupError(
                    f"--cluster {self._address}: no worker has joined the scheduler",
                    f"Start some with `dask worker {self._address} --nthreads 1`.",
                )
            time.sleep(0.2)
        probe = Probe(state.scratch / f".{secrets.token_hex(8)}.tmp", secrets.token_hex(8), source)
        write_atomic(probe.file, probe.secret.encode(), durable=True)
        try:
            introductions = self._introductions(names, options, probe)
        finally:
            remove_file(probe.file)
        own = make_release(options, graph)
        _compare(own, introductions)
        return Check(
            Release(own.mark, introductions[0][1].release.device), tuple(_differences(introductions))
        )

    def _introductions(
        self, names: Sequence[str], options: Options, probe: Probe
    ) -> list[tuple[str, Introduction]]:
        where = {"allow_other_workers": False, "pure": False}
        asked = [self._client.submit(introduce, options, probe, workers=[name], **where) for name in names]
        introductions = []
        for name, future in zip(names, asked, strict=True):
            try:
                introductions.append((name, future.result(timeout=_INTRODUCE_WITHIN)))
            except Exception as error:
                raise SetupError(
                    f"the worker {name} cannot run mangacolor: {type(error).__name__}: {error}",
                    "Install the same mangacolor on every machine; see docs/guide/cluster.md.",
                ) from error
        return introductions

    def submit(self, function: Callable[..., Any], argument: object, then: Then) -> None:
        """Run ``function(argument)`` on some worker; ``then`` gets its result or error, in another thread."""
        future: Any = self._client.submit(function, argument, pure=False)
        self._futures.add(future)

        def done(ended: Any) -> None:
            self._futures.discard(ended)
            try:
                result, error = ended.result(), None
            except (Exception, CancelledError) as raised:
                result, error = None, raised
            then(result, error)

        future.add_done_callback(done)

    def stop(self, run: str) -> None:
        """Ask all workers to end their bundles of a run."""
        if self._client.status == "running":
            self._client.run(stop, run, wait=False, on_error="ignore")


def is_lost_worker(error: BaseException) -> bool:
    """Whether Dask gave a bundle up because one worker after the other was lost with it."""
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


def is_lost_scheduler(error: BaseException) -> bool:
    """Whether Dask dropped a bundle without a verdict: its scheduler went away, or started again."""
    return isinstance(error, CancelledError)


def _compare(own: Release, introductions: Sequence[tuple[str, Introduction]]) -> None:
    for name, worker in introductions:
        if worker.problem:
            raise SetupError(
                f"the worker {name} {worker.problem}", "See docs/guide/cluster.md for what workers need."
            )
        if worker.release.mark != own.mark:
            raise SetupError(
                f"the worker {name} has another mangacolor than this machine, or other stages or weights",
                "Install the same everywhere, then start the workers again.",
            )
    kinds = {worker.release.device: name for name, worker in introductions}
    if len(kinds) > 1:
        which = ", ".join(f"{name} computes on {kind}" for kind, name in sorted(kinds.items()))
        raise SetupError(
            f"workers have different kinds of device: {which}",
            "Use --device cpu, or only workers of one kind: their pages differ slightly.",
        )


def _differences(introductions: Sequence[tuple[str, Introduction]]) -> list[str]:
    """Libraries in which workers differ from this machine: pages may then differ in a last bit."""
    own = dict(libraries())
    other = {
        f"{library} {version} on a worker, {own[library]} here"
        for _, worker in introductions
        for library, version in worker.libraries
        if version != own[library]
    }
    return [f"{'; '.join(sorted(other))}: pages may differ in a last bit"] if other else []
