"""What ``harmonize`` does on several threads, and what it reads there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mangacolor.core.types import Artifact
from mangacolor.tests.stages.harmonize.test_stage import chapter, run


@pytest.mark.parametrize("stage", ["stage", "neighbours", "smoothing"])
def test_what_is_decided_does_not_depend_on_which_thread_is_first(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, pages = chapter()
    made, palette = run(context, pages), context.document
    turned = []

    def last_first(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        turned.append(stage)
        return [work(item) for item in reversed(list(items))][::-1]

    monkeypatch.setattr(f"mangacolor.stages.harmonize.{stage}.parallel_map", last_first)
    context, _ = chapter()
    assert {n: a.data for n, a in run(context, pages).items()} == {n: a.data for n, a in made.items()}
    assert context.document == palette and turned


def test_pictures_that_say_nothing_of_segments_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    context, pages = chapter(2)
    read: set[str] = set()
    with_glance = context.glance

    def watch(name: str, stage: str, pictures: Callable[[str], bool]) -> Artifact:
        artifact = with_glance(name, stage, pictures)
        read.update(artifact.images, artifact.maps)
        return artifact

    monkeypatch.setattr(context, "glance", watch)
    run(context, pages)
    assert read == {"surfaces", "surfaces-000"}
