"""A window asks about a change while another, or its own undo, takes that back."""

from __future__ import annotations

from typing import Any

import httpx

from mangacolor.tests.helpers.studio import PAGES

WISHES = {"edit": "e99", "colour": "#00c020", "likeness": 0.3}


def painted(client: httpx.Client, wishes: dict[str, Any]) -> bytes:
    answer = client.post("/api/paint", json={"page": PAGES[1], "side": 500, "wishes": wishes})
    assert answer.status_code == 200, answer.text
    return answer.content


def test_it_covers_nothing(client: httpx.Client) -> None:
    cover = client.post("/api/cover", json={"wishes": WISHES}).json()
    assert cover["pages"] == {} and cover["surfaces"] == {}
    assert painted(client, WISHES) == painted(client, {})


def test_it_cannot_be_changed(client: httpx.Client) -> None:
    answer = client.post("/api/palette", json={"wishes": WISHES})
    assert answer.status_code == 400 and "e99: there is no such edit" in answer.json()["error"]
