"""A studio of a folder whose name is no UTF-8."""

from __future__ import annotations

import shutil
from pathlib import Path

from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import opened_studio


def test_a_chapter_is_shown_whatever_bytes_its_path_has(chapter: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(chapter / "out", tmp_path / "out\udcff"))
    (out / ".mangacolor/run.json").write_text("{")
    with opened_studio(out) as (_studio, client):
        told = client.get("/api/chapter")
        assert told.status_code == 200, told.text
        document = told.json()
        assert document["out"] == "out\ufffd"
        assert PAGES[0] in [page["name"] for page in document["pages"]]
        assert "out\ufffd" in document["why_not_run"]
        refused = client.post("/api/run", json={"pages": [PAGES[0]]})
        assert refused.status_code == 409 and "out\ufffd" in refused.json()["remedy"]
