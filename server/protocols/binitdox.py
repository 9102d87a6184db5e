"""The BinitDOX browser extension and its forks: JSON with a data URL in, JSON with a data URL out.

Its content script asks as the web page that it reads, so any web page may call this path; see
docs/design/security.md. ``imgURL``, which it sends where it may not read the picture, is never fetched.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mangacolor.core.settings import Options, Scale
from mangacolor.server.http.bodies import declared_size, read_json
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import PATIENT
from mangacolor.server.pages import Answer, PageRequest
from mangacolor.server.service import Service, series_of, visitor_of

GREETING = "Manga Colorizer is up and running! (mangacolor)"
_FACTORS: Final[dict[int, Scale]] = {1: "1", 2: "2", 4: "4"}


def routes(service: Service) -> list[Route]:
    async def greet(_request: Request) -> Response:
        return PlainTextResponse(GREETING)

    async def colorize(request: Request) -> Response:
        try:
            with service.bodies.taken(declared_size(request)):
                document = await read_json(request)
                page = await asyncio.to_thread(_page, document, service.options)
                page = dataclasses.replace(
                    page, series=series_of(request, document.get("mangaTitle")), visitor=visitor_of(request)
                )
                answer = await service.answer(request, page, PATIENT)
        except Refusal as refusal:
            told = f"{refusal.message}. {refusal.remedy}".strip()
            return JSONResponse({"msg": told}, refusal.status, headers=refusal.headers)
        if answer.left:
            return JSONResponse({"msg": f"left as it is: {answer.left}"})
        return Response(await asyncio.to_thread(_data_url, answer), media_type="application/json")

    return [Route("/", greet, methods=["GET"]), Route("/colorize-image-data", colorize, methods=["POST"])]


def _page(document: Mapping[str, Any], options: Options) -> PageRequest:
    """What the extension asks for. Raises ``Refusal``."""
    if not document.get("imgData"):
        remedy = (
            "imgURL is not fetched: this server asks nothing of other machines."
            if "imgURL" in document
            else ""
        )
        raise Refusal(422, "there is no imgData", remedy)
    data = _picture_in(document["imgData"])
    colour = _switch(document, "colorize", True)
    if _switch(document, "upscale", False):
        factor = document.get("upscaleFactor", 2)
        if isinstance(factor, bool) or not isinstance(factor, int | float) or factor not in _FACTORS:
            raise Refusal(422, "upscaleFactor is not 1, 2 or 4")
        options = dataclasses.replace(options, scale=_FACTORS[int(factor)])
    elif "upscale" in document:
        options = dataclasses.replace(options, scale="1")
    if not colour and not _switch(document, "upscale", False):
        raise Refusal(422, "neither colorize nor upscale is asked for")
    return PageRequest(data, options, colour=colour)


def _switch(document: Mapping[str, Any], name: str, default: bool) -> bool:
    """A setting that the extension may not have stored yet: null is its default."""
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Refusal(422, f"{name} is not true or false")
    return value


def _picture_in(url: object) -> bytes:
    """The bytes of a data URL (RFC 2397) in base64."""
    if not isinstance(url, str):
        raise Refusal(422, "imgData is no data URL")
    head, _, text = url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        raise Refusal(422, "imgData is no data URL in base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "imgData is no base64") from None


def _data_url(answer: Answer) -> bytes:
    text = base64.b64encode(answer.data).decode()
    return json.dumps({"colorImgData": f"data:{answer.media_type};base64,{text}"}).encode()
