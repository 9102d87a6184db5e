"""The guest's pages in a run: what is kept of many, and who finds out what they look like."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from mangacolor.core.cpu import shared_cores
from mangacolor.core.errors import Cancelled
from mangacolor.core.types import Image, Page
from mangacolor.formats.writers import encode_png
from mangacolor.stages.demand import PageSize
from mangacolor.stages.guest import gallery as gallery_module
from mangacolor.stages.guest.collection import Collection, GuestPage
from mangacolor.stages.guest.finding import lay_over
from mangacolor.stages.guest.gallery import Gallery
from mangacolor.stages.guest.params import PARAMS
from mangacolor.stages.guest.stage import STAGE, Config
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.tests.helpers.editions import example_page, tint
from mangacolor.tests.helpers.stages import Bytes


@dataclass
class Met:
    """A page that is read only while ``others`` read one, too."""

    data: bytes
    others: threading.Barrier

    def read(self) -> bytes:
        self.others.wait(60)
        return self.data

    def describe(self) -> str:
        return "a page"


def small_pages() -> list[Image]:
    return [
        np.asarray(cv2.resize(example_page(n), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8)
        for n in (3, 4, 5)
    ]


def gallery(*sources: Bytes | Met) -> Gallery:
    pages = [
        GuestPage(f"{n}.png", f"g/{n}.png", ".", str(n), n, source) for n, source in enumerate(sources, 1)
    ]
    return Gallery(Collection(tuple(pages)), 10**8)


def test_of_many_pages_few_looks_are_kept_and_all_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery_module, "LOOKS_KEPT", 1)
    pages = small_pages()
    ours = describe_page(pages[0])
    guest = gallery(*(Bytes(encode_png(tint(page))) for page in pages), Bytes(b"no picture"))
    others = set(map(id, looks_alive()))
    assert guest.alike(ours, lambda: None) == [0]
    assert len([look for look in looks_alive() if id(look) not in others]) == 1


def looks_alive() -> list[PageLook]:
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is PageLook]


def test_threads_share_the_work_of_looking_at_all_pages() -> None:
    met = threading.Barrier(2)
    pages = small_pages()[:2]
    guest = gallery(*(Met(encode_png(tint(page)), met) for page in pages))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda page: guest.alike(describe_page(page), lambda: None), pages))
    assert found == [[0], [1]]


def test_a_thread_that_waits_for_others_hears_a_stop_and_lends_its_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    met, asked, stopped = threading.Barrier(2), threading.Event(), threading.Event()
    cores = shared_cores()
    lent: list[bool] = []
    page = small_pages()[0]
    guest = gallery(Met(encode_png(tint(page)), met))

    def check() -> None:
        if asked.is_set():
            stopped.set()
            raise Cancelled("stopped")

    def wait_for_another() -> None:
        cores.place().take()
        try:
            guest.alike(look, check)
        finally:
            lent.append(cores.place().give_back())

    look = describe_page(page)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(guest.alike, look, lambda: None)
        while not met.n_waiting:
            pass
        second = pool.submit(wait_for_another)
        asked.set()
        assert stopped.wait(60)
        with pytest.raises(Cancelled):
            second.result(60)
        met.wait(60)
        assert first.result(60) == [0] and lent == [True]


def test_laying_pages_over_each_other_takes_no_more_memory_than_is_said() -> None:
    page = example_page(3)
    guest = gallery(Bytes(encode_png(tint(page))))
    tracemalloc.start()
    try:
        laid = lay_over(page, (Page("1.png", 1, Bytes(b"")),), guest, PARAMS.finding, lambda: None, print)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert laid.fits and STAGE.demand is not None
    said = STAGE.demand(Config("", "", 10**8), PageSize(page.shape[1], page.shape[0])).working
    assert 0.4 * said < peak < said
