"""Answers and refusals as HTTP responses."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from mangacolor.server.http.answering import refused
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.pages import Answer, media_type_of

# Why a page comes back as it was.
LEFT_HEADER = "X-Left-As-It-Is"
ERROR_HEADER = "X-Error"


def picture_response(answer: Answer) -> Response:
    headers = {LEFT_HEADER: answer.left} if answer.left else {}
    return Response(answer.data, media_type=answer.media_type, headers=headers)


def refused_with_page(refusal: Refusal, page: bytes) -> Response:
    """The refusal with the page itself as its body, if that is a picture.

    A client that looks at the status takes what it has; one that does not still gets a picture to show.
    """
    media_type = media_type_of(page)
    if not media_type:
        return refused(refusal)
    headers = {**refusal.headers, ERROR_HEADER: quote(refusal.message, safe=" ,;:()/+")}
    return Response(page, refusal.status, headers, media_type)
