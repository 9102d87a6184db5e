"""As many threads compute as there are cores: one that waits lends its place, one that hangs loses it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import pytest

from mangacolor.core.cpu import Cores, keep_libraries_to_their_thread

SOON = 10.0  # seconds that a thread may take to get what is free


def test_no_more_threads_hold_a_place_than_there_are_cores() -> None:
    cores, holding, most, change = Cores(3), 0, 0, threading.Lock()

    def work(_number: int) -> None:
        nonlocal holding, most
        place = cores.place()
        place.take()
        with change:
            holding += 1
            most = max(most, holding)
        time.sleep(0.005)
        with change:
            holding -= 1
        place.give_back()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert most == 3


def test_who_waits_for_others_lends_them_its_place() -> None:
    cores = Cores(1)
    cores.place().take()

    def take_and_give_back() -> None:
        cores.place().take()
        cores.place().give_back()

    with ThreadPoolExecutor(1) as pool:
        with cores.lent():
            pool.submit(take_and_give_back).result(SOON)
        waiting = pool.submit(take_and_give_back)
        with pytest.raises(TimeoutError):  # the place is its owner's again
            waiting.result(0.2)
        cores.place().give_back()
        waiting.result(SOON)


def test_who_holds_no_place_lends_none() -> None:
    cores = Cores(1)
    with cores.lent():
        pass
    assert _takers(cores, 2) == 1  # lending has not made a second place out of nothing


def test_a_lost_place_is_free_once_whatever_its_thread_does() -> None:
    cores = Cores(1)
    place = cores.place()
    place.take()
    place.lose()
    assert not place.give_back()
    place.take()  # does not wait, holds nothing
    assert _takers(cores, 2) == 1


def _takers(cores: Cores, threads: int) -> int:
    """How many of so many threads get a place that none of them gives back."""

    def take() -> None:
        cores.place().take()
        done.release()

    done = threading.Semaphore(0)
    for _ in range(threads):
        threading.Thread(target=take, daemon=True).start()
    count = 0
    while done.acquire(timeout=SOON if count == 0 else 0.2):
        count += 1
    return count


def test_opencv_has_its_threads_again_afterwards() -> None:
    before = cv2.getNumThreads()
    with keep_libraries_to_their_thread():
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before
