"""What is told of the server's own files: their names, and not where they lie."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest

from mangacolor.server.http.refusal import without_folder


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        (PurePosixPath("/served"), "/served/a.cbz: holds no page"),
        (PureWindowsPath("C:\\data"), "C:\\data\\a.cbz: holds no page"),
        (PureWindowsPath("C:\\data"), "C:/data/a.cbz: holds no page"),
    ],
)
def test_a_folder_is_left_out(folder: PurePath, told: str) -> None:
    assert without_folder(told, folder) == "a.cbz: holds no page"
