"""FlamboyantEntertainment/manga-colorizer's extension: a page in, a JPEG out, 204 for one that is to stay."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.server.http.access import HEALTH
from mangacolor.server.http.bodies import declared_size, read_file
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import PATIENT
from mangacolor.server.pages import PageRequest
from mangacolor.server.protocols.answers import picture_response
from mangacolor.server.request_options import with_options
from mangacolor.server.service import Service, series_of

# Pixels of the shorter side below which the extension expects a picture to be left alone.
LEAST_SIDE = 256


def routes(service: Service) -> list[Route]:
    async def health(_request: Request) -> Response:
        told = {"state": service.health.state, "device": service.health.device, "error": service.health.error}
        return JSONResponse(told, 500 if service.health.state == "error" else 200)

    async def colorize(request: Request) -> Response:
        options = with_options(service.options, _settings(request))
        with service.bodies.taken(declared_size(request)):
            data = await read_file(request, "file")
            page = PageRequest(data, options, series_of(request), form="jpeg")
            size = _size(service, page)
            if min(size) < LEAST_SIDE:
                return Response(status_code=204)
            answer = await service.answer(request, page, PATIENT)
        return Response(status_code=204) if answer.left else picture_response(answer)

    return [
        Route(HEALTH, health, methods=["GET"]),
        Route("/api/colorize", colorize, methods=["POST"]),
    ]


def _settings(request: Request) -> dict[str, str]:
    """Its settings in our words; those for its own network (size, denoise) and tones are passed over."""
    given = request.query_params
    settings = {"saturation": given["saturation"]} if "saturation" in given else {}
    skips = given.get("skip_colored", "true").lower()
    return {
        **settings,
        "force_color": {"true": "false", "1": "false", "false": "true", "0": "true"}.get(skips, skips),
    }


def _size(service: Service, page: PageRequest) -> tuple[int, int]:
    """Width and height. A picture that cannot be read is 422 here, whatever is wrong with it."""
    try:
        size = service.engine.check(page)
    except Refusal as refusal:
        if refusal.status == 415:
            raise Refusal(422, refusal.message, refusal.remedy) from None
        raise
    if not size.pixels:
        raise Refusal(422, "the picture is damaged", "Send a whole one.")
    return size.width, size.height
