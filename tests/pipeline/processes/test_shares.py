"""How many processes a run has, and what each gets."""

from __future__ import annotations

import pytest

from mangacolor.pipeline.engine.memory import MemoryLimit, Need, total
from mangacolor.pipeline.processes.shares import (
    divide,
    most_processes,
    needs_all,
    pages_wanted,
    processes_for,
)

GIB = 2**30


def count(cores: int, pages: int = 1000, *, asked: int = 0, jobs: int = 0, device: str = "cpu") -> int:
    """Processes of a run whose memory has no limit."""
    most = most_processes(asked, cores, jobs, device)
    return processes_for(pages, asked, most, cores, MemoryLimit(0, jobs or cores), lambda _cores: [Need()])


def test_by_cores() -> None:
    found = {cores: count(cores) for cores in range(1, 65)}
    assert all(found[cores] == 1 for cores in range(1, 8))
    assert {cores: found[cores] for cores in (8, 11, 12, 16, 24, 32, 48, 63, 64)} == {
        8: 2,
        11: 2,
        12: 3,
        16: 4,
        24: 6,
        32: 8,
        48: 12,
        63: 15,
        64: 16,
    }
    assert list(found.values()) == sorted(found.values())


@pytest.mark.parametrize(
    ("pages", "processes"), [(0, 1), (1, 1), (7, 1), (8, 2), (12, 3), (15, 3), (16, 4), (500, 4)]
)
def test_a_process_is_worth_its_start_from_four_pages_on(pages: int, processes: int) -> None:
    assert count(16, pages) == processes


def test_fewer_jobs_than_cores_count_as_cores() -> None:
    assert [count(16, jobs=jobs) for jobs in (1, 4, 7, 8, 16, 64)] == [1, 1, 1, 2, 4, 4]


def test_a_card_is_shared_by_few() -> None:
    assert [count(cores, device="cuda") for cores in (4, 8, 16, 64)] == [1, 2, 3, 3]
    assert count(64, device="mps") == 1


@pytest.mark.parametrize(("card", "processes"), [(0, 3), (2, 1), (4, 2), (6, 3), (8, 3), (140, 3)])
def test_a_small_card_by_fewer(card: int, processes: int) -> None:
    # Of what is printed on a card the system and the driver keep some.
    assert most_processes(0, 16, 0, "cuda", int(card * 0.97 * 10**9)) == processes


def test_who_asks_for_a_number_gets_it_where_there_are_pages() -> None:
    assert [count(2, pages, asked=4) for pages in (1, 3, 4, 9)] == [1, 3, 4, 4]
    assert count(64, asked=1) == 1
    assert (pages_wanted(4, 4), pages_wanted(0, 4)) == (4, 16)


def test_memory_holds_as_many_as_fit_with_the_pages_that_they_do_at_once() -> None:
    need = Need({"networks": GIB // 2}, held=GIB // 16, cpu=GIB // 16)
    for processes in (2, 3, 4, 6):
        jobs = 24 // processes
        enough = 200 * 2**20 + processes * total([need] * jobs, jobs)
        found = [
            processes_for(100, 0, 6, 24, MemoryLimit(size, 24), lambda _cores: [Need(), need])
            for size in (enough, enough - GIB // 8)
        ]
        assert found[0] == processes and found[1] < processes
    assert processes_for(100, 4, 4, 16, MemoryLimit(GIB, 16), lambda _cores: [need]) == 1


@pytest.mark.parametrize("cores", range(1, 65))
def test_no_core_is_given_twice_and_none_left_over(cores: int) -> None:
    processes = count(cores)
    shares = divide(processes, cores, MemoryLimit(10 * GIB, cores))
    assert len(shares) == processes
    assert sum(share.cores for share in shares) == sum(share.jobs for share in shares) == cores
    assert max(share.cores for share in shares) - min(share.cores for share in shares) <= 1
    assert sum(share.memory.allowed for share in shares) < 10 * GIB
    assert all(share.memory.jobs == share.jobs for share in shares)


def test_more_processes_than_cores_get_one_each() -> None:
    assert [share.cores for share in divide(4, 2, MemoryLimit(0, 2))] == [1, 1, 1, 1]
    assert all(share.memory.allowed == 0 for share in divide(4, 2, MemoryLimit(0, 2)))


def test_a_page_too_large_for_a_share_needs_all() -> None:
    (share, _) = divide(2, 8, MemoryLimit(4 * GIB, 8))
    assert not needs_all(Need(held=GIB), share)
    assert needs_all(Need(held=2 * GIB), share)
    assert not needs_all(Need(held=2 * GIB), divide(2, 8, MemoryLimit(0, 8))[0])
