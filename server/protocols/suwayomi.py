"""Suwayomi-Server's page conversion over HTTP: a form with the page in, the converted page out.

Its ``ConversionUtil.imageHttpPostProcess`` sends the field ``image`` and takes whatever body comes back for
the picture, without a look at the status; so a refusal carries the page as it came.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mangacolor.server.http.bodies import declared_size, read_file
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import SOON
from mangacolor.server.pages import PageRequest
from mangacolor.server.protocols.answers import picture_response, refused_with_page
from mangacolor.server.request_options import check_names, with_options
from mangacolor.server.service import Service, series_of


def routes(service: Service) -> list[Route]:
    async def convert(request: Request) -> Response:
        data = b""
        try:
            with service.bodies.taken(declared_size(request)):
                data = await read_file(request, "image")
                check_names(request.query_params)
                options = with_options(service.options, request.query_params)
                page = PageRequest(data, options, series_of(request))
                return picture_response(await service.answer(request, page, SOON))
        except Refusal as refusal:
            if not data:
                raise
            return refused_with_page(refusal, data)

    return [Route("/suwayomi", convert, methods=["POST"])]
