"""A studio from its beginning to its end: socket, browser, signals."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable
from urllib.parse import quote

from mangacolor.core.cpu import keep_libraries_to_their_thread
from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
from mangacolor.server.http.serving import Tell, address_of, listening, make_server, stop_when_asked
from mangacolor.studio.app import make_app
from mangacolor.studio.settings import StudioSettings
from mangacolor.studio.studio import Studio


def open_studio(settings: StudioSettings, announce: Callable[[str], None], tell: Tell, browser: bool) -> int:
    """Run a studio until a signal comes; returns the exit status that the signal stands for.

    ``announce`` gets the address, with its token, once it can be opened; ``tell`` what goes wrong. Raises
    ``InputError`` or ``UsageError`` where there is no chapter, ``SetupError`` where it cannot listen.
    """
    cancel = CancelToken()
    with (
        listening(settings.access.host, settings.port) as listener,
        cancel_on_signals(cancel),
        keep_libraries_to_their_thread(),
    ):
        studio = Studio(settings)
        server = make_server(make_app(studio, settings.access), tell)
        address = f"{address_of(listener)}/?token={quote(settings.access.token)}"

        async def serve() -> None:
            studio.hub.start()
            studio.start()
            stopping = asyncio.create_task(stop_when_asked(server, cancel, studio.hub.close))
            announce(address)
            if browser:
                asyncio.get_running_loop().run_in_executor(None, webbrowser.open, address)
            try:
                await server.serve(sockets=[listener])
            finally:
                stopping.cancel()

        try:
            asyncio.run(serve())
        finally:
            studio.close()
    return cancel.status
