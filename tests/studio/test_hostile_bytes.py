"""Requests byte for byte, nonsense of every kind to every address: refused in words, nothing written."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest

from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.studio import BROKEN, COVER, PAGES
from mangacolor.tests.helpers.studio_server import TOKEN, tree_hash

PAGE = PAGES[0]
JSON = "application/json"
OWN = {"Host": "{host}", "X-Token": TOKEN}
BIG = 10**40


class Hostile(NamedTuple):
    """``path``: as it stands in the request. ``headers``: beside Host and token; None takes one away.
    ``status``: which answers are right."""

    name: str
    method: str
    path: str
    status: tuple[int, ...]
    headers: dict[str, str | None] = {}  # noqa: RUF012 - never changed
    body: bytes = b""


def sent(
    name: str, path: str, document: Any, status: tuple[int, ...] = (400,), method: str = "POST"
) -> Hostile:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Hostile(name, method, f"/api/{path}", status, {"Content-Type": JSON}, body)


def wished(name: str, wishes: Any, status: tuple[int, ...] = (400,)) -> Hostile:
    return sent(name, "palette", {"wishes": wishes}, status)


def paths() -> Iterator[Hostile]:
    """To files that are none of a browser's business."""
    for name, path in {
        "a file above the page": "/static/../settings.py",
        "a file above, encoded": "/static/%2e%2e/settings.py",
        "a file above, slashes encoded": "/static/..%2fsettings.py",
        "a file above, encoded twice": "/static/%252e%252e%252fsettings.py",
        "a file above, backslashes": "/static/..%5csettings.py",
        "a file of the system": "/static//etc/passwd",
        "a NUL behind a name": "/static/index.html%00.png",
        "a folder of the page": "/static/js",
        "a page of OUT as a file": f"/{PAGE}",
        "the state folder": "/.mangacolor/palette.json",
        "the state folder as static": "/static/../../.mangacolor/palette.json",
        "an unknown question": "/api/shell",
        "bytes that are no UTF-8": "/static/%ff%fe",
        "another machine's address": "http://evil.example/api/chapter",
    }.items():
        yield Hostile(name, "GET", path, (400, 404, 421))
    for name, page in {
        "above OUT": "../../../etc/passwd",
        "above OUT, encoded": "..%2f..%2fetc%2fpasswd",
        "of the system": "%2fetc%2fpasswd",
        "of the state folder": ".mangacolor%2fpalette.json",
        "with a NUL": f"{PAGE}%00",
        "a long name": "a" * 4000,
        "no UTF-8": "%ff%fe%fd",
        "another page's": "nobody.png",
    }.items():
        for kind in ("page", "source", "thumb", "surfaces", "balloons"):
            path = f"/api/pictures/{kind}?side=300&page={page}"
            yield Hostile(f"a picture of {kind}, {name}", "GET", path, (400,))
        yield Hostile(f"panels, {name}", "GET", f"/api/panels?page={page}", (400,))
        yield Hostile(f"panels taken away, {name}", "DELETE", f"/api/panels?page={page}", (400,))
    for side in ("0", "-1", "99999999", "1e3", "nan", "%00", "9" * 5000, ""):
        yield Hostile(f"side {side[:9]}", "GET", f"/api/pictures/page?page={PAGE}&side={side}", (400,))
    for since in ("-1", "x", "%00", "9" * 5000, ""):
        yield Hostile(f"events since {since[:9]}", "GET", f"/api/events?since={since}", (400,))
    yield Hostile("a chapter above OUT", "GET", "/api/chapter?chapter=..%2f..", (400,))
    yield Hostile("a chapter that is none", "GET", "/api/chapter?chapter=x%00", (400,))
    yield Hostile("a form that is none", "GET", "/api/export?form=..%2fexe", (400,))
    yield Hostile("a long address", "GET", f"/api/chapter?x={'y' * 9000}", (414,))
    yield Hostile("many fields", "GET", f"/?{'&'.join(['token=x'] * 200)}", (400, 401))


def strangers() -> Iterator[Hostile]:
    """Whoever has no token, another name for us, or stands behind another site."""
    chapter = "/api/chapter"
    without: dict[str, str | None] = {"X-Token": None}
    yield Hostile("no token", "GET", chapter, (401,), without)
    yield Hostile("no token for the page", "GET", "/", (401,), without)
    yield Hostile("no token for a module", "GET", "/static/js/main.js", (401,), without)
    yield Hostile("no token for events", "GET", "/api/events", (401,), without)
    yield Hostile("an empty token", "GET", chapter, (401,), {"X-Token": ""})
    yield Hostile("half a token", "GET", chapter, (401,), {"X-Token": TOKEN[:-1]})
    yield Hostile("a token and more", "GET", chapter, (401,), {"X-Token": f"{TOKEN}x"})
    yield Hostile("a token in the query", "GET", f"{chapter}?token={quote(TOKEN)}", (401,), without)
    yield Hostile("a wrong token in the address", "GET", "/?token=wrong", (401,), without)
    yield Hostile("no token in a broken cookie", "GET", chapter, (401,), {**without, "Cookie": '=;"\\'})
    yield Hostile("another port's cookie", "GET", chapter, (401,), {**without, "Cookie": f"x={TOKEN}"})
    for name, host in {
        "another host": "evil.example",
        "a rebound name": "127.0.0.1.evil.example:{port}",
        "a name within ours": "evil.example@127.0.0.1:{port}",
        "another port": "127.0.0.1:1",
        "no port": "127.0.0.1",
        "an empty host": "",
        "the address of all": "0.0.0.0:{port}",
        "a machine of the house": "192.168.0.7:{port}",
    }.items():
        yield Hostile(name, "GET", chapter, (400, 421), {"Host": host})
    yield Hostile("no host", "GET", chapter, (400, 421), {"Host": None})
    yield Hostile("two hosts", "GET", chapter, (400, 421), {"Host": "{host}\r\nHost: evil.example"})
    wish = json.dumps({"wishes": {"set": {"1": "#ff0000"}}}).encode()
    for name, origin in {
        "another origin": "http://evil.example",
        "a file's origin": "null",
        "our origin by https": "https://{host}",
        "our origin on another port": "http://127.0.0.1:1",
        "our other name": "http://localhost:{port}",
        "an extension": "chrome-extension://abcdefghijklmnop",
    }.items():
        for method, path in (("POST", "/api/palette"), ("PUT", "/api/panels"), ("POST", "/api/run")):
            yield Hostile(
                f"{name}, {path}", method, path, (403,), {"Origin": origin, "Content-Type": JSON}, wish
            )
        yield Hostile(
            f"{name}, taking away", "DELETE", f"/api/panels?page={PAGE}", (403,), {"Origin": origin}
        )
    for site in ("cross-site", "same-site", "x"):
        headers: dict[str, str | None] = {"Sec-Fetch-Site": site, "Content-Type": JSON}
        yield Hostile(f"a request from {site}", "POST", "/api/palette", (403,), headers, wish)
        yield Hostile(f"a picture for {site}", "GET", chapter, (403,), {"Sec-Fetch-Site": site})


def forms() -> Iterator[Hostile]:
    """Methods, kinds and sizes of bodies."""
    wish = json.dumps({"wishes": {"set": {"1": "#ff0000"}}}).encode()
    for method in ("PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW"):
        yield Hostile(f"the method {method}", method, "/api/chapter", (400, 405))
    yield Hostile("a GET that changes", "GET", "/api/palette", (405,))
    yield Hostile("a DELETE of the chapter", "DELETE", "/api/chapter", (405,))
    yield Hostile("a PUT of a module", "PUT", "/static/js/main.js", (405,), {"Content-Type": JSON}, b"{}")
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""):
        headers: dict[str, str | None] = {"Content-Type": kind}
        yield Hostile(f"a body of {kind}", "POST", "/api/palette", (415,), headers, wish)
    yield Hostile("a body of no kind", "POST", "/api/palette", (415,), {}, wish)
    yield sent("a long body", "palette", b'{"wishes": "' + b"x" * 2**20 + b'"}', (413,))
    huge: dict[str, str | None] = {"Content-Type": JSON, "Content-Length": str(2**40)}
    yield Hostile("a body that says it is huge", "POST", "/api/palette", (413,), huge, b"{}")
    wrong: dict[str, str | None] = {"Content-Type": JSON, "Content-Length": "-5"}
    yield Hostile("a length that is none", "POST", "/api/palette", (400, 413), wrong, b"{}")
    chunked: dict[str, str | None] = {
        "Content-Type": JSON, "Content-Length": None, "Transfer-Encoding": "chunked"
    }  # fmt: skip
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    yield Hostile("a long body in pieces", "POST", "/api/palette", (413,), chunked, piece * 20 + b"0\r\n\r\n")
    for name, body in {
        "nothing": b"",
        "a list": b"[]",
        "a number": b"1",
        "half of JSON": b'{"wishes": {',
        "no UTF-8": b'{"wishes": "\xff"}',
        "deep JSON": b'{"wishes":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "a long number": b'{"wishes": {"likeness": ' + b"9" * 6000 + b"}}",
    }.items():
        yield sent(f"a body of {name}", "palette", body)


def wishes() -> Iterator[Hostile]:
    """Wishes that nobody can have."""
    for name, wish in {
        "no object": 7,
        "unknown": {"exec": "rm"},
        "with a lone surrogate": {"\ud800": 1},
        "a page of the system": {"at": ["/etc/passwd", 1, 1], "colour": "#ff0000"},
        "a page above OUT": {"at": ["../x.png", 1, 1], "colour": "#ff0000"},
        "no page": {"at": [None, 1, 1], "colour": "#ff0000"},
        "a point outside": {"at": [PAGE, 99999, 1], "colour": "#ff0000"},
        "a point before": {"at": [PAGE, -1, 1], "colour": "#ff0000"},
        "a point far outside": {"at": [PAGE, BIG, 1], "colour": "#ff0000"},
        "a point on a copied page": {"at": [COVER, 5, 5], "colour": "#ff0000"},
        "a point on a failed page": {"at": [BROKEN, 5, 5], "colour": "#ff0000"},
        "no colour": {"at": [PAGE, 300, 300], "colour": "url(http://evil.example)"},
        "a surrogate as a colour": {"at": [PAGE, 300, 300], "colour": "\ud800"},
        "a long colour": {"at": [PAGE, 300, 300], "colour": "#" + "f" * 9000},
        "a likeness that is none": {"at": [PAGE, 300, 300], "colour": "#f00", "likeness": float("nan")},
        "a likeness too large": {"at": [PAGE, 300, 300], "colour": "#f00", "likeness": 2},
        "no reach": {"at": [PAGE, 300, 300], "colour": "#f00", "reach": "world"},
        "many points": {"at": [PAGE, 300, 300], "colour": "#f00", "also": [[PAGE, 1, 1]] * 600},
        "no group": {"set": {"99999": "#ff0000"}},
        "a group far away": {"set": {str(BIG): "#ff0000"}},
        "a group of letters": {"set": {"x": "#ff0000"}},
        "no edit": {"edit": "e99", "colour": "#ff0000"},
        "an edit of letters": {"edit": "../x", "colour": "#ff0000"},
        "no step": {"undo": 12345},
        "a step far away": {"undo": "e" + "9" * 190},
        "a surrogate as a step": {"redo": "\ud800"},
        "a surrogate as a page": {"at": ["\ud800", 1, 1], "colour": "#ff0000"},
        "nothing to forget from": {"forget": [[PAGE, 300, 300]]},
        "to forget of no edit": {"edit": "e99", "forget": [[PAGE, 300, 300]]},
        "to forget many": {"edit": "e1", "forget": [[PAGE, 1, 1]] * 501},
        "nothing to undo": {"undo": True},
        "nothing to redo": {"redo": True},
        "one group to merge": {"merge": [1]},
        "no groups to merge": {"merge": [BIG, BIG + 1]},
        "no group to split": {"split": 99999},
        "a surrogate as a name": {"name": {"1": "\ud800"}},
        "a long name": {"name": {"1": "x" * 9000}},
        "a name of no group": {"name": {"99999": "hair"}},
        "a lock of no group": {"lock": True, "lock_of": [99999]},
        "a lock of letters": {"lock": True, "lock_of": ["x"]},
        "a look that is none": {"look": {"saturation": float("inf")}},
        "too much of a look": {"look": {"warmth": 7}},
        "another look": {"look": {"script": 1}},
    }.items():
        yield wished(f"a wish: {name}", wish)
        of_no_edit = isinstance(wish, dict) and wish.get("edit") == "e99"  # which covers nothing
        yield sent(f"what would be covered: {name}", "cover", {"wishes": wish}, (200 if of_no_edit else 400,))
    red = {"wishes": {"set": {"1": "#ff0000"}}}
    yield sent("a revision of old", "palette", {**red, "revision": "0" * 12}, (409,))
    yield sent("a revision that is none", "palette", {**red, "revision": {"x": 1}}, (400, 409))
    for page in (COVER, BROKEN):
        colours = {"page": page, "side": 300, "x": 1, "y": 1, "wishes": {}}
        for path in ("surface", "line", "paint"):
            yield sent(f"{path} of {page}", path, colours, (400, 422))
        for path in ("surfaces", "pictures/surfaces", "pictures/balloons"):
            query = f"/api/{path}?page={page}&side=300"
            yield Hostile(f"{path} of {page}", "GET", query, (400, 404, 422))
    for path in ("surface", "line", "paint"):
        point = {"page": "../x", "side": 300, "x": 1, "y": 1, "wishes": {}}
        yield sent(f"{path} of no page", path, point)
        yield sent(f"{path} of a list", path, {**point, "page": [PAGE]})
    yield sent("a pixel far away", "surface", {"page": PAGE, "x": BIG, "y": 1})
    yield sent("a pixel outside", "surface", {"page": PAGE, "x": 2**20 - 1, "y": 1}, (200, 400, 422))
    for name, line in {
        "no line": None,
        "a line without points": [],
        "a line of many points": [[1, 1]] * 501,
        "a line far away": [[BIG, 1]],
        "a line to the left": [[-1, 1]],
        "a line of fractions": [[0.5, 1]],
        "a line of words": ["12"],
        "a line of one number": [[1]],
        "a line of truths": [[True, True]],
    }.items():
        yield sent(name, "line", {"page": PAGE, "line": line})
    yield sent("a line that is long", "line", {"page": PAGE, "line": [[0, 0], [2**20 - 1, 1]] * 250}, (200,))
    yield sent("a huge picture", "paint", {"page": PAGE, "side": BIG, "wishes": {}})


def panels() -> Iterator[Hostile]:
    good = [[10, 10], [200, 10], [200, 200], [10, 200]]

    def put(name: str, **about: Any) -> Hostile:
        document = {"page": PAGE, "size": SIZE, "polygons": [good], **about}
        return sent(f"panels: {name}", "panels", document, (400, 422), "PUT")

    yield put("of the system", page="/etc/passwd")
    yield put("above OUT", page="../../x.png")
    yield put("of no page", page=7)
    yield put("of no size", size=None)
    yield put("of another size", size=[10, 10])
    yield put("of a huge size", size=[BIG, BIG])
    yield put("none", polygons=[])
    yield put("no list", polygons={"0": good})
    yield put("two corners", polygons=[good[:2]])
    yield put("many", polygons=[good] * 400)
    yield put("many corners", polygons=[good * 400])
    yield put("no numbers", polygons=[[["a", "b"]] * 3])
    yield put("numbers that are none", polygons=[[[float("nan"), 1], [5, 5], [9, 1]]])
    yield put("far away", polygons=[[[10**9, 1], [5, 5], [9, 1]]])
    yield put("a region of two corners", left_out=[good[:2]])
    yield put("a region that is a word", coloured="all")


def runs() -> Iterator[Hostile]:
    for name, document in {
        "from no stage": {"start": "rm"},
        "from a list": {"start": ["decode"]},
        "of a page of the system": {"pages": ["/etc/passwd"]},
        "of no pages": {"pages": []},
        "of a word": {"pages": "all"},
        "of many": {"pages": [PAGE] * 9999},
        "by a word": {"force": "yes"},
        "of a list": {"pages": [[PAGE]]},
    }.items():
        yield sent(f"a run {name}", "run", document)


SIZE = [1, 1]  # replaced by the page's


def ask(port: int, hostile: Hostile) -> tuple[int, bytes, bytes]:
    """Status, head and body of the answer to a request that is sent byte for byte."""
    own = {"Connection": "close", **OWN, "Content-Length": str(len(hostile.body))}
    headers = {name: value for name, value in {**own, **hostile.headers}.items() if value is not None}
    host = f"127.0.0.1:{port}"
    lines = [f"{hostile.method} {hostile.path} HTTP/1.1"]
    lines += [
        f"{name}: {value.replace('{host}', host).replace('{port}', str(port))}"
        for name, value in headers.items()
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        try:
            line.sendall(hostile.body)
            answer = b""
            while piece := line.recv(65536):
                answer += piece
        except ConnectionError:  # the body was longer than anybody would read
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body


KINDS = {kind.__name__: kind for kind in (paths, strangers, forms, wishes, panels, runs)}


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_requests_are_refused_and_write_nothing(
    studio: Studio, client: httpx.Client, out: Path, kind: str
) -> None:
    SIZE[:] = next(row for row in client.get("/api/chapter").json()["pages"] if row["name"] == PAGE)["size"]
    port = client.base_url.port
    assert port is not None
    before, wrong = tree_hash(out.parent), []
    for hostile in KINDS[kind]():
        status, head, body = ask(port, hostile)
        if status not in hostile.status:
            wrong.append(f"{hostile.name}: {status} {body[:200]!r}")
        elif status != 400 or b"json" in head.lower():  # what is no HTTP at all is answered by uvicorn
            if b"content-security-policy" not in head.lower() or b"nosniff" not in head.lower():
                wrong.append(f"{hostile.name}: without its headers")
            elif status >= 400 and not json.loads(body)["error"]:
                wrong.append(f"{hostile.name}: without a word")
    assert wrong == []
    assert studio.runner.progress.state == "idle"
    assert tree_hash(out.parent) == before
    assert client.get("/api/chapter").json()["editable"]
