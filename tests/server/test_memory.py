"""A server that reads all night: the memory of a real process stays what it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mangacolor.tests.helpers.servers import as_file
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.tests.server.test_process import client_at, served, wait_until_ready

PAGES, WARM, GROWTH = 500, 50, 1.05


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see a process's memory")
def test_memory_is_flat(tmp_path: Path) -> None:
    page = comic_page(420, 300)
    after: dict[int, int] = {}
    with served(tmp_path / "data") as (process, address), client_at(address) as client:
        wait_until_ready(client)
        for number in range(PAGES):
            page[-1, :32] = [255 * (number >> bit & 1) for bit in range(32)]
            path = f"/v1/pages?series=Title%20{number % 7}"
            assert client.post(path, content=as_file(page)).status_code == 200
            after[number + 1] = resident(process.pid)
    most = max(size for number, size in after.items() if number > WARM)
    assert most <= GROWTH * max(size for number, size in after.items() if number <= WARM)
