"""Hostile bytes: whatever comes in, a page or an input fails by name, quickly, and nothing else happens."""

from __future__ import annotations

import io
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from mangacolor.core.errors import InputError, MangacolorError, PageError
from mangacolor.formats import comicinfo, sniff
from mangacolor.formats.containers import container_kind
from mangacolor.formats.discovery import discover
from mangacolor.formats.names import PageNames, clash_key, natural_key, readable, why_refused
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.formats.pixels import decode_picture
from mangacolor.tests.helpers.mutated_books import mutated_epub, mutated_pdf

FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM"]
MODES = {"PNG": ["1", "L", "P", "RGBA", "I;16"], "JPEG": ["L", "RGB", "CMYK"], "TIFF": ["1", "CMYK", "LAB"]}
LIMIT = 4_000_000
SMALL = settings(max_examples=150, deadline=5000, derandomize=True, suppress_health_check=list(HealthCheck))


def seeds() -> list[bytes]:
    """One small file of each format and mode."""
    rng = np.random.default_rng(7)
    made = []
    for format in FORMATS:
        for mode in MODES.get(format, ["RGB"]):
            channels = {"RGBA": 4, "RGB": 3, "CMYK": 4, "LAB": 3}.get(mode, 1)
            shape = (24, 20) if channels == 1 else (24, 20, channels)
            if mode == "I;16":
                image = PillowImage.fromarray(rng.integers(0, 65536, shape, dtype=np.uint16))
            else:
                pixels = rng.integers(0, 256, shape, dtype=np.uint8)
                plain = {"1": "L", "P": "L"}.get(mode, mode)
                image = PillowImage.frombytes(plain, (20, 24), pixels.tobytes()).convert(mode)
            target = io.BytesIO()
            image.save(target, format)
            made.append(target.getvalue())
    return made


SEEDS = seeds()
mutations = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.sampled_from(["flip", "set", "cut", "double", "drop"]), st.integers(0, 255)
    ),
    min_size=1,
    max_size=6,
)


def mutate(data: bytes, steps: list[tuple[int, str, int]]) -> bytes:
    changed = bytearray(data)
    for place, what, value in steps:
        at = place % max(1, len(changed))
        if what == "flip" and changed:
            changed[at] ^= 1 << value % 8
        elif what == "set" and changed:
            changed[at] = value
        elif what == "cut":
            del changed[at:]
        elif what == "double":
            changed[at:at] = changed[at : at + value]
        elif what == "drop":
            del changed[at : at + value % 16]
    return bytes(changed)


def decodes_or_is_named(data: bytes) -> None:
    try:
        picture = decode_picture(data, "page-name", LIMIT)
    except PageError as error:
        assert "page-name" in error.message and error.remedy
    else:
        height, width, channels = picture.pixels.shape
        assert channels == 3 and height * width <= LIMIT and picture.pixels.dtype == np.uint8


@SMALL
@given(st.sampled_from(SEEDS), mutations)
def test_mutated_pictures(data: bytes, steps: list[tuple[int, str, int]]) -> None:
    decodes_or_is_named(mutate(data, steps))


@pytest.mark.slow
@settings(max_examples=6000, deadline=10_000, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SEEDS), mutations)
def test_many_mutated_pictures(data: bytes, steps: list[tuple[int, str, int]]) -> None:
    decodes_or_is_named(mutate(data, steps))


@SMALL
@given(st.sampled_from([data[:16] for data in SEEDS]), st.binary(max_size=200))
def test_right_beginnings_with_nonsense_behind(head: bytes, rest: bytes) -> None:
    decodes_or_is_named(head + rest)


@SMALL
@given(st.binary(max_size=600))
def test_sniffing_never_fails(head: bytes) -> None:
    assert sniff.image_kind(head) is None or container_kind(head) is None or b"%PDF-" in head


names = st.text(st.characters(exclude_categories=()), max_size=40) | st.lists(
    st.sampled_from(["..", ".", "", "a", "CON", "C:", "長" * 90, "x.png", "\\", "~"]), max_size=8
).map("/".join)


@SMALL
@given(st.lists(names, max_size=12))
def test_pages_of_any_entries_get_distinct_names_inside_the_archive(entries: list[str]) -> None:
    maker = PageNames()
    made = [maker.make(entry) for entry in entries]
    assert len({clash_key(name) for name in made}) == len(made)
    for name in made:
        assert why_refused(name) is None
        assert all(0 < len(part.encode()) <= 255 for part in name.split("/"))
        assert not {"", ".", ".."} & set(name.split("/"))
    assert len({natural_key(name) for name in made}) == len(made)
    for entry in entries:
        readable(entry.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"))


def archive_seeds() -> dict[str, bytes]:
    entries = {
        "1.jpg": SEEDS[5],
        "a/2.png": SEEDS[1],
        "ComicInfo.xml": b"<ComicInfo><Manga>No</Manga></ComicInfo>",
    }
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    import tarfile

    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    pdf = io.BytesIO()
    write_pdf(pdf, [SEEDS[5], SEEDS[1]])
    return {"x.cbz": zipped.getvalue(), "x.cbt": tarred.getvalue(), "x.pdf": pdf.getvalue()}


ARCHIVES = archive_seeds()


def opens_or_is_named(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            plan = discover([path], Path(folder) / "out")
        except InputError as error:
            assert name in error.message and error.remedy
            return
        for chapter in plan.chapters:
            for page in chapter.pages:
                target = (Path(folder) / "out" / page.name).resolve()
                assert target.is_relative_to((Path(folder) / "out").resolve())
                try:
                    page.source.read()
                except PageError as error:
                    assert name in str(error)
            if chapter.container is not None:
                chapter.container.pack({}, Path(folder) / "packed")
        assert sorted(entry.name for entry in Path(folder).iterdir()) in ([name], sorted([name, "packed"]))


@settings(SMALL, max_examples=60)
@given(st.sampled_from(sorted(ARCHIVES)), mutations)
@example("x.cbz", [(26, "flip", 1), (37, "cut", 0)])  # a name that libarchive gives as bytes
def test_mutated_archives(name: str, steps: list[tuple[int, str, int]]) -> None:
    opens_or_is_named(name, mutate(ARCHIVES[name], steps))


@pytest.mark.slow
@settings(max_examples=2500, deadline=10_000, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(ARCHIVES)), mutations)
def test_many_mutated_archives(name: str, steps: list[tuple[int, str, int]]) -> None:
    opens_or_is_named(name, mutate(ARCHIVES[name], steps))


def opens_quickly(name: str, data: bytes) -> None:
    started = time.process_time()
    opens_or_is_named(name, data)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("seed", range(40))
def test_mutated_books(seed: int) -> None:
    opens_quickly("x.epub", mutated_epub(seed))
    opens_quickly("x.pdf", mutated_pdf(seed))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_mutated_books() -> None:
    for seed in range(40, 540):
        opens_quickly("x.epub", mutated_epub(seed))
        opens_quickly("x.pdf", mutated_pdf(seed))


@SMALL
@given(
    st.binary(max_size=300)
    | mutations.map(lambda steps: mutate(b"<ComicInfo><Pages><Page Image='0'/></Pages></ComicInfo>", steps))
)
def test_comicinfo_takes_anything(data: bytes) -> None:
    comicinfo.direction(data)
    comicinfo.update(data, {0: (1, 2, 3)})


def test_errors_cross_process_borders() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(PageError("what", "remedy")))
    assert isinstance(error, MangacolorError) and (error.message, error.remedy) == ("what", "remedy")
