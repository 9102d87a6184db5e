"""Something has changed in the folder: a bell that a thread of watchfiles rings."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import install_command
from mangacolor.watcher.mounts import needs_polling

# Milliseconds between two looks where the system does not tell: a share of 20,000 files takes about a second.
POLL_EVERY: Final = 5_000
# Milliseconds that a burst of changes is gathered for: a file that grows rings once a second.
_GATHER: Final = 1_000
# Milliseconds after which the thread looks whether it is to end.
_TURN: Final = 500


def check_watchfiles() -> None:
    """Raise ``SetupError`` if watchfiles is not installed."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise SetupError(
            "mangacolor watch needs the package watchfiles",
            f"Install it: {install_command('watch')}",
        ) from None


class Notices:
    """A context manager. ``polling`` is how it looks, ``how`` says so in words.

    Where the system cannot watch, the folder is polled, and ``take_warnings`` says why.
    """

    def __init__(self, root: Path, out: Path, poll: bool) -> None:
        self._root, self._out = root, out
        self._warnings: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._kind = needs_polling(root)
        self.polling = poll or bool(self._kind)
        self.rung = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="watch-folder", daemon=True)

    @property
    def how(self) -> str:
        if not self.polling:
            return "told of changes by the system"
        why = f" ({self._kind})" if self._kind else ""
        return f"looking every {POLL_EVERY // 1000} seconds{why}"

    @property
    def is_share(self) -> bool:
        """Whether the folder is another machine's, with a clock of its own."""
        return bool(self._kind)

    def take_warnings(self) -> list[str]:
        """What has gone wrong on the thread since it was last asked, in sentences."""
        return [self._warnings.get() for _ in range(self._warnings.qsize())]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=2)

    def _listen(self) -> None:
        try:
            self._watch(self.polling)
        except Exception as error:  # of any kind: the thread must not die without a word
            if self.polling:
                self._warn(f"the folder cannot be polled ({error})")
                return
            self.polling = True
            self._warn(f"the system does not tell of changes ({error})")
            self._listen()

    def _warn(self, message: str) -> None:
        """[thread] The watch itself tells it: only one thread talks to those who listen."""
        self._warnings.put(message)
        self.rung.set()

    def _watch(self, polling: bool) -> None:
        import watchfiles

        changes = watchfiles.watch(
            self._root,
            watch_filter=lambda _change, path: not Path(path).is_relative_to(self._out),
            debounce=_GATHER,
            rust_timeout=_TURN,
            stop_event=self._stop,
            raise_interrupt=False,
            force_polling=polling or None,  # watchfiles itself knows WSL, and an environment variable
            poll_delay_ms=POLL_EVERY,
            ignore_permission_denied=True,
        )
        for _ in changes:
            self.rung.set()
