"""The description of mangacolor's own API, OpenAPI 3.1. The options in it are made from their fields."""

from __future__ import annotations

from typing import Any, Final

from mangacolor.core.option_fields import OptionField
from mangacolor.server.request_options import offered

_JSON_TYPES: Final[dict[Any, str]] = {bool: "boolean", int: "integer", float: "number"}
_ERRORS: Final = {
    400: "An option or the form is wrong.",
    401: "The token is missing or wrong.",
    403: "A web page of another origin asked.",
    404: "There is no such job.",
    408: "The body did not come in time.",
    409: "The job is not done yet.",
    413: "The body, or the picture, is larger than is taken.",
    415: "Not a kind of file that is taken.",
    421: "The Host header names another server.",
    422: "The picture is damaged.",
    500: "The server cannot colour; the message says why.",
    503: "The queue is full, or the page not ready: ask again after Retry-After seconds.",
    507: "The server's disk is nearly full.",
}
_BYTES: Final = {"type": "string", "format": "binary"}


def document() -> dict[str, Any]:
    """The whole description, JSON-able."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mangacolor",
            "version": "1",
            "description": "Colours pages and chapters of manga. Nothing leaves the machine.",
        },
        "paths": {
            "/v1/pages": {"post": _colour_page()},
            "/v1/chapters": {"post": _create_job(), "get": _list_jobs()},
            "/v1/chapters/{id}": {"parameters": [_id()], "get": _show_job(), "delete": _delete_job()},
            "/v1/chapters/{id}/events": {"parameters": [_id()], "get": _follow_job()},
            "/v1/chapters/{id}/result": {"parameters": [_id()], "get": _fetch_result()},
            "/api/health": {"get": _show_health()},
        },
        "components": {"schemas": _schemas(), "securitySchemes": _security()},
        "security": [{}, {"bearer": []}, {"header": []}, {"query": []}],
    }


def _colour_page() -> dict[str, Any]:
    return {
        "summary": "Colour a page",
        "parameters": [*_options(), _series(), _series_header()],
        "requestBody": {
            "required": True,
            "content": {
                "image/*": {"schema": _BYTES},
                "multipart/form-data": {
                    "schema": {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
                },
            },
        },
        "responses": {
            "200": {
                "description": "The page in its own format; as it came where X-Left-As-It-Is says why.",
                "headers": {"X-Left-As-It-Is": {"schema": {"type": "string"}}},
                "content": {"image/*": {"schema": _BYTES}},
            },
            **_errors(400, 401, 403, 408, 413, 415, 421, 422, 500, 503),
        },
    }


def _create_job() -> dict[str, Any]:
    return {
        "summary": "Send a chapter to be coloured: CBZ, CBR, CB7, CBT, EPUB or PDF",
        "parameters": [
            _query("name", "What to call the chapter.", {"type": "string"}),
            *_options(),
            _series(),
        ],
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BYTES}}},
        "responses": {
            "201": {
                "description": "The job. Location is its address.",
                "headers": {"Location": {"schema": {"type": "string"}}},
                "content": _json({"$ref": "#/components/schemas/Job"}),
            },
            **_errors(400, 401, 403, 408, 413, 415, 421, 503, 507),
        },
    }


def _list_jobs() -> dict[str, Any]:
    jobs = {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}
    return _reading("All jobs, the oldest first", _json(jobs))


def _show_job() -> dict[str, Any]:
    return _reading("A job and its progress", _json({"$ref": "#/components/schemas/Job"}), 404)


def _follow_job() -> dict[str, Any]:
    content = {"text/event-stream": {"schema": {"type": "string"}}}
    return _reading("The job's progress as server-sent events, each with a Job as its data", content, 404)


def _fetch_result() -> dict[str, Any]:
    return _reading("The coloured chapter", {"application/octet-stream": {"schema": _BYTES}}, 404, 409)


def _delete_job() -> dict[str, Any]:
    deleted = {"204": {"description": "It is gone, and stopped if it was at work."}}
    return {"summary": "Delete a job and its files", "responses": {**deleted, **_errors(401, 403, 404, 421)}}


def _show_health() -> dict[str, Any]:
    return _reading("Whether the networks are loaded; needs no token", _json({"type": "object"}), 500)


def _reading(summary: str, content: dict[str, Any], *errors: int) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": content}, **_errors(401, 403, 421, *errors)}
    return {"summary": summary, "responses": responses}


def _errors(*numbers: int) -> dict[str, Any]:
    content = _json({"$ref": "#/components/schemas/Error"})
    return {str(number): {"description": _ERRORS[number], "content": content} for number in numbers}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _options() -> list[dict[str, Any]]:
    return [_query(name, field.info.help, _schema(field)) for name, field in offered().items()]


def _schema(field: OptionField) -> dict[str, Any]:
    if field.choices:
        return {"type": "string", "enum": list(field.choices)}
    schema: dict[str, Any] = {"type": _JSON_TYPES[field.type]}
    if field.info.minimum is not None:
        schema["minimum"] = field.info.minimum
    if field.info.maximum is not None:
        schema["maximum"] = field.info.maximum
    if field.words:
        return {"anyOf": [schema, {"type": "string", "enum": list(field.words)}]}
    return schema


def _series() -> dict[str, Any]:
    return _query("series", "The title it belongs to: its pages share colours.", {"type": "string"})


def _series_header() -> dict[str, Any]:
    told = {"description": "The same, percent-encoded where it is not ASCII.", "schema": {"type": "string"}}
    return {"name": "X-Manga-Title", "in": "header", **told}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _id() -> dict[str, Any]:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _schemas() -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    states = ["uploading", "queued", "running", "done", "failed"]
    job = {
        "id": text,
        "name": text,
        "series": text,
        "created": {"type": "number", "description": "Seconds since 1970."},
        "state": {"type": "string", "enum": states},
        "pages": number,
        "done": number,
        "failed": number,
        "error": text,
    }
    error = {"error": text, "remedy": text}
    return {
        "Job": {"type": "object", "required": [*job], "properties": job},
        "Error": {"type": "object", "required": [*error], "properties": error},
    }


def _security() -> dict[str, Any]:
    return {
        "bearer": {"type": "http", "scheme": "bearer"},
        "header": {"type": "apiKey", "in": "header", "name": "X-Token"},
        "query": {"type": "apiKey", "in": "query", "name": "token"},
    }
