"""Requests that nobody with good intentions sends: all refused, and nothing of OUT changed by them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from mangacolor.server.http.access import Access
from mangacolor.studio.guard import Guard
from mangacolor.studio.limits import BODY_BYTES, QUERY_BYTES
from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import TOKEN, tree_hash

PAGE = PAGES[0]
JSON = {"content-type": "application/json"}
UNDO = json.dumps({"wishes": {"set": {"1": "#ff0000"}}})
# Method, path, headers, body: every one would do something if it were let through.
REQUESTS: dict[str, tuple[str, str, dict[str, str], str | bytes]] = {
    "no token": ("GET", "/api/chapter", {"x-token": ""}, ""),
    "another token": ("GET", "/api/chapter", {"x-token": TOKEN[:-1] + "x"}, ""),
    "a token too long": ("GET", "/api/chapter", {"x-token": TOKEN + "x"}, ""),
    "another token in the address": ("GET", "/?token=nonsense", {"x-token": ""}, ""),
    "the token in an address of data": ("GET", f"/api/chapter?token={TOKEN}", {"x-token": ""}, ""),
    "a cookie of another port": (
        "GET",
        "/api/chapter",
        {"x-token": "", "cookie": f"mangacolor_studio_1={TOKEN}"},
        "",
    ),
    "a static file without the token": ("GET", "/static/js/main.js", {"x-token": ""}, ""),
    "another host": ("GET", "/api/chapter", {"host": "evil.example"}, ""),
    "a host that begins like ours": ("GET", "/api/chapter", {"host": "127.0.0.1.nip.io"}, ""),
    "another port": ("GET", "/api/chapter", {"host": "127.0.0.1:1"}, ""),
    "another origin": ("POST", "/api/palette", {**JSON, "origin": "https://evil.example"}, UNDO),
    "a sandboxed origin": ("POST", "/api/palette", {**JSON, "origin": "null"}, UNDO),
    "our name over https": ("POST", "/api/palette", {**JSON, "origin": "https://127.0.0.1"}, UNDO),
    "another site's request": ("POST", "/api/palette", {**JSON, "sec-fetch-site": "cross-site"}, UNDO),
    "a page of another port": ("POST", "/api/palette", {**JSON, "sec-fetch-site": "same-site"}, UNDO),
    "a form": ("POST", "/api/palette", {"content-type": "application/x-www-form-urlencoded"}, UNDO),
    "plain text": ("POST", "/api/palette", {"content-type": "text/plain"}, UNDO),
    "no kind of body": ("PUT", "/api/panels", {}, UNDO),
    "a body too long": ("POST", "/api/palette", JSON, b" " * (BODY_BYTES + 1)),
    "no JSON": ("POST", "/api/palette", JSON, "{"),
    "a list": ("POST", "/api/palette", JSON, "[]"),
    "JSON without an end": ("POST", "/api/palette", JSON, "[" * 100_000),
    "a wish that there is not": ("POST", "/api/palette", JSON, '{"wishes": {"exec": "rm"}}'),
    "a wish of another kind": ("POST", "/api/palette", JSON, '{"wishes": {"set": ["7=#fff"]}}'),
    "a number that is none": ("POST", "/api/palette", JSON, '{"wishes": {"look": {"saturation": NaN}}}'),
    "a reach that is a list": ("POST", "/api/palette", JSON, '{"wishes": {"at": ["a", 1, 1], "reach": []}}'),
    "a group of another script": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"lock": true, "lock_of": ["\\u00b2"]}}',
    ),
    "a group without an end": (
        "POST",
        "/api/palette",
        JSON,
        json.dumps({"wishes": {"lock": True, "lock_of": ["9" * 5000]}}),
    ),
    "an edit without an end": ("POST", "/api/palette", JSON, json.dumps({"wishes": {"undo": 10**4299}})),
    "a colour of a group of another script": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"set": {"\\u00b2": "red"}}}',
    ),
    "a name of a group of another script": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"name": {"\\u00b2": "x"}}}',
    ),
    "a page of another script": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"at": ["\\u00b2", 1, 1], "colour": "red"}}',
    ),
    "a page that no file can hold": ("POST", "/api/surface", JSON, '{"page": "\\ud800", "x": 1, "y": 1}'),
    "a point on a page that no file can hold": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"at": ["\\ud800", 1, 1], "colour": "red"}}',
    ),
    "an edit that no file can hold": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"lock": true, "lock_of": ["\\ud800"]}}',
    ),
    "a chapter that no file can hold": ("GET", "/api/chapter?chapter=%ed%a0%80", {}, ""),
    "a point that is a switch": (
        "POST",
        "/api/palette",
        JSON,
        '{"wishes": {"at": ["a", true, 1], "colour": "red"}}',
    ),
    "a stage that is a list": ("POST", "/api/run", JSON, '{"start": []}'),
    "a point that is huge": (
        "POST",
        "/api/palette",
        JSON,
        json.dumps({"wishes": {"at": [PAGE, 10**4299, 1]}}),
    ),
    "a page above": ("GET", "/api/pictures/page?page=../../secret.png&side=400", {}, ""),
    "a page above, quoted": ("GET", "/api/pictures/source?page=..%2F..%2Fsecret.png&side=400", {}, ""),
    "an absolute page": ("GET", "/api/pictures/page?page=/etc/passwd&side=400", {}, ""),
    "a page with a NUL": ("GET", f"/api/pictures/page?page={PAGE}%00.png&side=400", {}, ""),
    "a chapter above": ("GET", "/api/chapter?chapter=../..", {}, ""),
    "a file above": ("GET", "/static/../settings.py", {}, ""),
    "a file above, quoted": ("GET", "/static/%2e%2e/settings.py", {}, ""),
    "a file above, quoted twice": ("GET", "/static/..%252fsettings.py", {}, ""),
    "panels of a page above": (
        "PUT",
        "/api/panels",
        JSON,
        json.dumps({"page": "../../evil.png", "size": [9, 9], "polygons": [[[0, 0], [9, 0], [9, 9]]]}),
    ),
    "panels that are none": (
        "PUT",
        "/api/panels",
        JSON,
        json.dumps({"page": PAGE, "size": [9, 9], "polygons": [[[0, 0], [9, "x"]]]}),
    ),
    "panels of another size": (
        "PUT",
        "/api/panels",
        JSON,
        json.dumps({"page": PAGE, "size": [-5, 1e9], "polygons": [[[0, 0], [9, 0], [9, 9]]]}),
    ),
    "a huge picture": ("GET", f"/api/pictures/page?page={PAGE}&side=100000", {}, ""),
    "a negative picture": ("GET", f"/api/pictures/page?page={PAGE}&side=-1", {}, ""),
    "a picture of no size": ("GET", f"/api/pictures/page?page={PAGE}", {}, ""),
    "an address without an end": ("GET", f"/api/chapter?x={'a' * QUERY_BYTES}", {}, ""),
    "a question of many fields": ("GET", "/api/chapter?" + "&".join(f"a{n}=1" for n in range(99)), {}, ""),
    "a name that no file can hold": ("POST", "/api/palette", JSON, '{"wishes": {"name": {"1": "\\ud800"}}}'),
    "another method": ("PATCH", "/api/palette", JSON, UNDO),
    "a method for proxies": ("TRACE", "/api/chapter", {}, ""),
    "reading by writing": ("DELETE", "/api/chapter", {}, ""),
    "a stage that there is not": ("POST", "/api/run", JSON, '{"start": "__import__"}'),
    "a run of a page above": ("POST", "/api/run", JSON, '{"pages": ["../x.png"]}'),
    "an unknown form": ("GET", "/api/export?form=../../x", {}, ""),
    "no such thing": ("GET", "/api/secrets", {}, ""),
}


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_written(out: Path, served: object) -> Iterator[None]:
    del served
    before = tree_hash(out)
    beside = sorted(path.name for path in out.parent.iterdir())
    yield
    assert tree_hash(out) == before
    assert sorted(path.name for path in out.parent.iterdir()) == beside


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_refused(client: httpx.Client, name: str) -> None:
    method, path, headers, body = REQUESTS[name]
    headers = {key: value for key, value in {"x-token": TOKEN, **headers}.items() if value}
    url = httpx.URL(client.base_url.copy_with(raw_path=path.encode()))
    with httpx.Client(timeout=30) as bare:
        answer = bare.request(method, url, headers=headers, content=body)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"error", "remedy"}


@pytest.mark.parametrize(
    "head",
    [
        "GET /api/chapter HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        "GET /api/chapter HTTP/1.1\r\n\r\n",
        "GET http://evil.example/api/chapter HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "POST /api/palette HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nContent-Length: 3\r\n\r\n{}",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_no_browser_sends_is_refused(client: httpx.Client, head: str) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 10) as line:
        line.sendall(head.encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        told = line.makefile("rb").readline()
    assert told == b"" or told.split()[1].startswith(b"4")


def test_the_token_becomes_a_cookie_that_no_other_site_can_use(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url) as browser:
        welcome = browser.get("/", params={"token": TOKEN, "chapter": "."})
        assert welcome.status_code == 303 and welcome.headers["location"] == "/?chapter=."
        cookie = welcome.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        page = browser.get("/")
        assert page.status_code == 200 and TOKEN not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"


def test_our_own_page_may_ask(client: httpx.Client) -> None:
    own = {"origin": str(client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    answer = client.post("/api/surface", json={"page": PAGE, "x": 5, "y": 5}, headers=own)
    assert answer.status_code == 200


@pytest.mark.parametrize(("host", "port", "status"), [("localhost", 80, 200), ("localhost", 8080, 421)])
def test_the_port_of_http_stands_in_no_host_header(host: str, port: int, status: int) -> None:
    answers: list[Any] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        answers.append(message)

    headers = [(b"host", host.encode()), (b"x-token", TOKEN.encode())]
    about = {"type": "http", "method": "GET", "path": "/api/chapter", "query_string": b"", "headers": headers}
    guard = Guard(PlainTextResponse("in"), Access("127.0.0.1", TOKEN))
    asyncio.run(guard({**about, "server": ("127.0.0.1", port)}, receive, send))
    assert answers[0]["status"] == status
