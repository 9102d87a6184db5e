"""A page as it was before anybody changed a colour, painted from what is kept."""

from __future__ import annotations

from typing import Any

import httpx

from mangacolor.tests.helpers.studio import PAGES

PAGE = PAGES[0]


def painted(client: httpx.Client, **how: Any) -> bytes:
    answer = client.post("/api/paint", json={"page": PAGE, "side": 500, **how})
    assert answer.status_code == 200, answer.text
    return answer.content


def decide(client: httpx.Client, wishes: dict[str, Any]) -> dict[str, Any]:
    revision = client.get("/api/chapter").json()["palette"]["revision"]
    answer = client.post("/api/palette", json={"wishes": wishes, "revision": revision})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def test_it_is_as_it_was_whatever_has_been_decided(client: httpx.Client) -> None:
    size = next(one["size"] for one in client.get("/api/chapter").json()["pages"] if one["name"] == PAGE)
    at = [PAGE, round(0.22 * size[0]), round(0.86 * size[1])]
    first = painted(client)
    assert painted(client, unedited=True) == first
    (edit,) = decide(client, {"at": at, "colour": "#e01020", "reach": "panel"})["touched"]
    red = painted(client)
    assert red != first
    assert painted(client, unedited=True) == first and painted(client, wishes={"undo": edit}) == first
    decide(client, {"look": {"saturation": 1.5}})
    assert painted(client) != red and painted(client, unedited=True) == first
    assert painted(client, wishes={"undo": edit}) != first  # the look is another change
    decide(client, {"undo": edit})
    assert painted(client, wishes={"undo": edit}) == painted(client)  # taken back while a window asked
