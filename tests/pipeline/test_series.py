"""The file that remembers a series: shared, bounded by nobody's crash, and never lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import OutputError, UsageError
from mangacolor.pipeline import series
from mangacolor.pipeline.series import FAMILY, FORMAT, Arrays, NetworkMemory, SeriesMemory

NETWORK = "a" * 64


def numbers(memory: SeriesMemory, network: str = NETWORK) -> list[int]:
    """What tests remember: whole numbers."""
    return sorted(memory.recall(network).get("numbers", np.zeros(0, int)).tolist())


def add(memory: SeriesMemory, number: int, network: str = NETWORK) -> None:
    def change(arrays: Arrays) -> Arrays:
        return {"numbers": np.append(arrays.get("numbers", np.zeros(0, np.int64)), number)}

    memory.remember(network, change)


def begun(path: Path, *what: int) -> SeriesMemory:
    memory = SeriesMemory.open(path)
    for number in what:
        add(memory, number)
    return memory


def test_what_is_remembered_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "new" / "naruto.series"
    memory = SeriesMemory.open(path)
    assert not path.parent.exists() and numbers(memory) == []  # nothing is written before there is anything
    add(memory, 3)
    add(memory, 5)
    again = SeriesMemory.open(path)
    assert numbers(again) == [3, 5] and again.series == memory.series and again.notes == []
    assert {file.name for file in path.parent.iterdir()} == {"naruto.series", "naruto.series.lock"}


def test_a_file_that_is_deleted_is_another_series(tmp_path: Path) -> None:
    memory = begun(tmp_path / "s", 1)
    before = memory.series
    (tmp_path / "s").unlink()
    assert numbers(memory) == [] and memory.series != before


def test_what_is_recalled_cannot_be_written_into(tmp_path: Path) -> None:
    begun(tmp_path / "s", 1)
    array = SeriesMemory.open(tmp_path / "s").recall(NETWORK)["numbers"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2


@pytest.mark.parametrize("harm", ["flipped", "cut", "headless"])
def test_a_damaged_file_is_told_of_and_put_aside(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "s"
    begun(path, 1, 2)
    good = path.read_bytes()
    middle = good.index(np.array([1, 2]).tobytes())
    bad = {
        "flipped": good[:middle] + bytes([good[middle] ^ 8]) + good[middle + 1 :],
        "cut": good[: len(good) // 2],
        "headless": FORMAT + good[len(FORMAT) + 40 :],
    }[harm]
    path.write_bytes(bad)
    memory = SeriesMemory.open(path)
    assert numbers(memory) == [] and path.read_bytes() == bad
    (note,) = memory.notes
    assert note.startswith(f"{path}: is damaged (") and "put aside as s.damaged" in note
    add(memory, 9)
    assert (tmp_path / "s.damaged").read_bytes() == bad and numbers(SeriesMemory.open(path)) == [9]
    path.write_bytes(bad)
    add(memory, 10)  # while it is open, too; and what is aside already stays
    assert (tmp_path / "s.damaged-2").read_bytes() == bad and numbers(memory) == [10]


def test_an_empty_file_is_a_new_memory(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    memory = begun(tmp_path / "s", 4)
    assert numbers(memory) == [4] and memory.notes == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xd8\xff a photograph", "is no memory of a series"),
        (FAMILY + b"2\n" + bytes(9), "another version of mangacolor"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_stays(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why):
        SeriesMemory.open(path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [content]


@pytest.mark.parametrize("what", ["photograph", "folder", "another version"])
def test_what_is_put_in_its_place_while_it_is_open_is_refused_and_stays(tmp_path: Path, what: str) -> None:
    path = tmp_path / "s"
    memory = begun(path, 1)
    ours = path.read_bytes()
    path.rename(tmp_path / "kept")
    content = {"photograph": b"\xff\xd8\xff a photograph", "another version": FAMILY + b"2\n"}.get(what)
    path.mkdir() if content is None else path.write_bytes(content)
    for _ in range(2):  # not only the first time
        with pytest.raises(UsageError, match=r"is no memory|cannot be read|another version"):
            add(memory, 2)
        with pytest.raises(UsageError):
            numbers(memory)
        with pytest.raises(UsageError):
            _ = memory.series
        with pytest.raises(UsageError):
            memory.of_network(NETWORK)
    assert path.is_dir() if content is None else path.read_bytes() == content
    assert {file.name for file in tmp_path.iterdir()} == {"s", "kept", "s.lock"}
    path.rmdir() if content is None else path.unlink()
    (tmp_path / "kept").rename(path)
    assert path.read_bytes() == ours and numbers(memory) == [1]
    add(memory, 2)
    assert numbers(SeriesMemory.open(path)) == [1, 2]


def test_a_file_that_is_emptied_is_a_new_memory(tmp_path: Path) -> None:
    memory = begun(tmp_path / "s", 1)
    (tmp_path / "s").write_bytes(b"")
    assert numbers(memory) == [] and memory.notes == []


def test_an_open_memory_is_read_again_only_when_another_has_written_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s"
    memory = begun(path, 1)
    read: list[Path] = []
    real = vars(series)["_read"]

    def noting(path: Path) -> object:
        read.append(path)
        return real(path)

    monkeypatch.setattr(series, "_read", noting)
    add(memory, 2)
    assert numbers(memory) == [1, 2] and memory.series and read == []
    begun(path, 3)
    read.clear()
    assert numbers(memory) == [1, 2, 3] and len(read) == 1


def test_a_note_is_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(FORMAT + b"nothing")
    memory = SeriesMemory.open(path)
    (note,) = memory.take_notes()
    assert "is damaged" in note
    add(memory, 1)
    assert memory.take_notes() == [] and numbers(memory) == [1]
    path.write_bytes(FORMAT + b"nothing more")
    assert numbers(memory) == []
    assert len(memory.take_notes()) == 1 and memory.take_notes() == []


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        SeriesMemory.open(tmp_path)


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with path.open("wb") as file:
        file.write(FORMAT)
        np.savez(file, about=np.array([object()], dtype=object))
    assert "is damaged" in SeriesMemory.open(path).notes[0]


def test_what_another_network_saw_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "s"
    begun(path, 1)
    memory = SeriesMemory.open(path)
    assert numbers(memory, "b" * 64) == []
    assert "was made with another colour network" in memory.notes[0] and len(memory.notes) == 1
    add(memory, 7, "b" * 64)
    assert numbers(SeriesMemory.open(tmp_path / "s.other-weights")) == [1]  # it can be taken up again
    assert numbers(SeriesMemory.open(path), "b" * 64) == [7]


def test_threads_lose_nothing(tmp_path: Path) -> None:
    shared = SeriesMemory.open(tmp_path / "s")
    memories = [shared, shared, SeriesMemory.open(tmp_path / "s"), SeriesMemory.open(tmp_path / "s")]

    def work(number: int) -> None:
        for step in range(10):
            add(memories[number], 10 * number + step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(numbers(memory) == list(range(40)) for memory in memories)
    assert len({memory.series for memory in memories}) == 1


WORK = """
import sys
from pathlib import Path
from mangacolor.tests.pipeline.test_series import add, begun
memory = begun(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 15):
    add(memory, number)
"""


def test_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    running = [subprocess.Popen([sys.executable, "-c", WORK, str(path), str(first)]) for first in (0, 15)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    assert numbers(SeriesMemory.open(path)) == list(range(30))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = SeriesMemory.open(tmp_path / "file" / "s")
    with pytest.raises(OutputError, match="cannot be written"):
        add(memory, 1)


def test_a_stage_sees_the_memory_of_its_network(tmp_path: Path) -> None:
    memory = begun(tmp_path / "s", 1)
    seen = memory.of_network(NETWORK)
    assert isinstance(seen, NetworkMemory) and seen.series == memory.series
    seen.remember(lambda arrays: {**arrays, "more": np.ones(2)})
    assert set(memory.recall(NETWORK)) == {"numbers", "more"}
