"""Who may ask: hosts, origins, tokens, preflights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.server.http.access import Access, is_loopback
from mangacolor.server.settings import check_access
from mangacolor.tests.helpers.servers import PretendedEngine, client_of, make_parts, png

SITE, EXTENSION, NAMED = "https://manga.example", "moz-extension://0a1b-2c3d", "https://named.example"
TOKEN = "a long secret"
EVERYTHING = ("/v1/pages", "/suwayomi", "/api/colorize", "/v1/chapters")


def opened(data: Path, access: Access) -> Iterator[httpx.Client]:
    with client_of(*make_parts(PretendedEngine(data), data), access) as client:
        yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    yield from opened(tmp_path, Access("127.0.0.1", origins=frozenset({NAMED})))


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[httpx.Client]:
    """As it is on a network: a token, and any name."""
    yield from opened(tmp_path, Access("0.0.0.0", TOKEN))


@pytest.mark.parametrize(
    ("method", "path", "status", "remedy"),
    [
        ("GET", "/v2/pages", 404, "/openapi.json lists the addresses."),
        ("GET", "/v1/pages", 405, "This address takes POST."),
        ("GET", "/v1/chapters/none", 404, "GET /v1/chapters lists the jobs."),
        (
            "POST",
            "/v1/pages?scale=99",
            400,
            "Give such a value, or leave it out for the server's own.",
        ),
    ],
)
def test_a_refusal_names_a_remedy(
    client: httpx.Client, method: str, path: str, status: int, remedy: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["remedy"]) == (status, remedy)


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "127.0.0.1", "[::1]:7860"])
def test_names_of_this_machine(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "a b", "::1"]
)
def test_other_names_are_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/api/health", headers={"host": host}).status_code in (400, 421)


def ask_first(client: httpx.Client, path: str, origin: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
        "access-control-request-private-network": "true",
    }
    return client.options(path, headers=headers)


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_web_site_may_not_call_what_is_not_for_it(client: httpx.Client, path: str) -> None:
    for answer in (
        ask_first(client, path, SITE),
        client.post(path, content=png(), headers={"origin": SITE}),  # a simple request is sent unasked
        client.post(path, content=png(), headers={"origin": "null"}),
        client.get("/v1/chapters", headers={"origin": SITE}),
    ):
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [EXTENSION, NAMED, "chrome-extension://abcdefgh"])
def test_extensions_and_named_sites_may_call_everything(client: httpx.Client, origin: str) -> None:
    for path in EVERYTHING:
        asked = ask_first(client, path, origin)
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == origin
        assert asked.headers["access-control-allow-private-network"] == "true"
        assert "POST" in asked.headers["access-control-allow-methods"]
        assert "origin" in asked.headers["vary"].lower()
    answer = client.post("/v1/pages", content=png(), headers={"origin": origin})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)


def test_an_extension_in_a_page_may_call_its_own_path(client: httpx.Client) -> None:
    for origin in (SITE, "http://manga.example:8080", "null"):
        asked = ask_first(client, "/colorize-image-data", origin)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
        answer = client.post("/colorize-image-data", json={}, headers={"origin": origin})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (422, origin)
    refused = client.post("/colorize-image-data", json={}, headers=[("origin", SITE), ("origin", NAMED)])
    assert refused.status_code == 403


def test_every_answer_says_how_it_is_to_be_read(client: httpx.Client) -> None:
    for answer in (client.get("/"), client.get("/nothing"), client.get("/", headers={"origin": "x:y"})):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/pages", {"x-token": TOKEN}),
        ("/v1/pages", {"authorization": f"Bearer {TOKEN}"}),
        ("/v1/pages?token=a%20long%20secret", {}),
        ("/t/a%20long%20secret/v1/pages", {}),
        ("/v1/pages", {"x-token": TOKEN, "origin": SITE}),
        ("/v1/pages", {"x-token": TOKEN, "host": "nas.lan:7860"}),
    ],
)
def test_with_the_token(locked: httpx.Client, path: str, headers: dict[str, str]) -> None:
    assert locked.post(path, content=png(), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/pages", {}),
        ("/v1/pages", {"x-token": ""}),
        ("/v1/pages", {"x-token": TOKEN[:-1]}),
        ("/v1/pages", {"x-token": TOKEN + "x"}),
        ("/v1/pages", {"authorization": TOKEN}),
        ("/v1/pages", {"authorization": "Basic YTpi"}),
        ("/v1/pages?token=&token=x", {}),
        ("/v1/pages", {"x-token": "é"}),
        ("/t//v1/pages", {}),
        ("/t/x/v1/pages", {}),
        ("/", {}),
        ("/v1/pages", {"origin": EXTENSION}),
        ("/colorize-image-data", {"origin": SITE}),
    ],
)
def test_without_the_token(locked: httpx.Client, path: str, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = locked.post(path, content=png(), headers=raw)
    assert answer.status_code == 401
    assert TOKEN not in answer.text


def test_behind_a_proxy_the_token_counts_and_not_the_name(tmp_path: Path) -> None:
    for client in opened(tmp_path, Access("127.0.0.1", TOKEN)):
        named = {"host": "colour.example.org"}
        assert client.post("/v1/pages", content=png(), headers=named).status_code == 421
        assert client.post("/v1/pages", content=png(), headers={**named, "x-token": TOKEN}).status_code == 200


def test_whoever_keeps_the_container_alive_needs_no_token(locked: httpx.Client) -> None:
    assert locked.get("/api/health").status_code == 200


def test_a_page_with_the_token_in_its_address_gets_an_answer_it_can_read(locked: httpx.Client) -> None:
    """The BinitDOX extension can be told an address, and nothing else."""
    path = "/t/a%20long%20secret/colorize-image-data"
    assert ask_first(locked, path, SITE).status_code == 204
    answer = locked.post(path, json={}, headers={"origin": SITE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (422, SITE)


def test_a_server_for_others_needs_a_token() -> None:
    with pytest.raises(UsageError, match="other machines could use this server"):
        check_access("0.0.0.0", "", ())
    assert check_access("0.0.0.0", "x", ()).token == "x"
    assert check_access("::1", "", ()).token == ""
    for origin in ("example.org", "https://example.org/path", "null", "*"):
        with pytest.raises(UsageError, match="not an origin"):
            check_access("127.0.0.1", "", (origin,))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org", "localhost.example.org"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)
