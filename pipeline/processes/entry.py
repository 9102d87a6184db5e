"""Where a process for pages begins. Importing it imports nothing heavy: much depends on what comes first."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from mangacolor.core.cpu import one_thread_for_blas, use_only
from mangacolor.core.system.kind import stop_signals

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_NICELY = 0  # exit status: nobody looks at it, since what there is to say is said in messages


def main(connection: Connection, cores: int) -> None:
    """Do pages that come by ``connection``, on so many cores, until the process at its other end closes it.

    Signals of a terminal or a supervisor reach the whole group: what is to happen, the other end says. The
    process does not wait for a thread that hangs.
    """
    for number in stop_signals():
        signal.signal(number, signal.SIG_IGN)
    one_thread_for_blas()
    use_only(cores)
    from mangacolor.pipeline.processes.worker import work

    work(connection)
    sys.stderr.flush()
    os._exit(_NICELY)
