"""Fetching weights by hash: once, whole, or with a message that helps."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mangacolor.core.errors import SetupError
from mangacolor.models.files.download import fetch, pretrained_file, weights_cache
from mangacolor.models.files.known import WEIGHTS, Weights, find_weights

CONTENT = b"numbers" * 400_000


class Handler(SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        Handler.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "net.pth").write_bytes(CONTENT)
    Handler.asked = []
    handler = functools.partial(Handler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return weights_cache()


def entry(origin: str, sha256: str = "") -> Weights:
    known = find_weights("danbooru-resnet50")
    assert known is not None
    wanted = sha256 or hashlib.sha256(CONTENT).hexdigest()[:8]
    return dataclasses.replace(known, file="net.pth", origin=origin, sha256=wanted)


def test_a_file_is_fetched_once(server: str, cache: Path) -> None:
    wanted = entry(f"{server}/net.pth")
    assert fetch(wanted).read_bytes() == CONTENT
    assert fetch(wanted) == cache / "net.pth"
    assert Handler.asked == ["/net.pth"]
    assert [path.name for path in cache.iterdir()] == ["net.pth"]


def test_a_damaged_cache_is_mended(server: str, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "net.pth").write_bytes(CONTENT[:-1])
    assert fetch(entry(f"{server}/net.pth")).read_bytes() == CONTENT


def test_other_bytes_are_not_kept(server: str, cache: Path) -> None:
    with pytest.raises(SetupError, match="another sha256"):
        fetch(entry(f"{server}/net.pth", sha256="0" * 8))
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("origin", ["missing page", "closed port", "file:///nowhere/net.pth"])
def test_what_cannot_be_fetched_is_told_with_a_way_on(server: str, cache: Path, origin: str) -> None:
    places = {"missing page": f"{server}/none.pth", "closed port": "http://127.0.0.1:9/net.pth"}
    url = places.get(origin, origin)
    with pytest.raises(SetupError) as caught:
        fetch(entry(url))
    told = str(caught.value)
    assert "net.pth" in told
    assert url in told  # where it comes from
    assert str(cache) in told  # where to put it
    assert "go on without it" in told
    assert not any(cache.iterdir())


def test_a_path_that_is_not_there_names_the_published_file(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"here\.pth") as caught:
        pretrained_file(tmp_path / "here.pth", "vgg16")
    assert "vgg16-397923af.pth" in caught.value.remedy


def test_the_table_says_all_that_a_user_must_know() -> None:
    assert len({item.name for item in WEIGHTS}) == len(WEIGHTS)
    for item in WEIGHTS:
        assert item.licence
        assert item.attribution
        assert item.bundled or (item.origin.startswith("https://") and len(item.sha256) >= 8)
        assert set(item.sha256) <= set("0123456789abcdef")
