"""Content keys: what an artifact depends on, as one hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mangacolor.core.devices import device_kind
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.stages.base import ChapterStage, Stage
from mangacolor.stages.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a chapter's pages are made: each stage's configuration, and the mark it leaves in the keys.

    ``neutral``: chapter stages that have nothing to do here. ``memory_keys``: of stages that have any.
    """

    configs: Mapping[str, Any]
    marks: Mapping[str, str]
    neutral: frozenset[str] = frozenset()
    memory_keys: Mapping[str, str] = field(default_factory=dict)

    def page_keys(
        self, graph: Graph, page: Page, source_sha256: str, chapter_results: Mapping[str, Artifact]
    ) -> dict[str, str]:
        """The key of each stage's artifact for a page whose file has this hash.

        A key covers the input bytes, the stage's name, version, configuration and fingerprints, and
        the keys of what it needs: so a changed option reaches the stage and its descendants only.
        What chapter stages gave the page (``chapter_results``) counts by its content alone: a page to which
        another version of one gives the same is not done again. What rests on a chapter stage that has not
        spoken yet has no key yet.
        """
        keys: dict[str, str] = {}
        for name in graph.names:
            stage = graph[name]
            if isinstance(stage, ChapterStage):
                if name in chapter_results:
                    keys[name] = digest([name, _json(chapter_results[name].data)])
            elif name in self.marks and keys.keys() >= set(stage.needs):
                own = stage.page_fingerprint(page) if stage.page_fingerprint else ""
                beside = [own] if own else []
                needs = [keys[need] for need in stage.needs]
                keys[name] = digest([source_sha256, self.marks[name], *beside, *needs])
        return keys


def make_recipe(
    graph: Graph, options: Options, chapter: Chapter, targets: Iterable[str], *, independent: bool = False
) -> Recipe:
    """Configure every stage for a chapter. ``independent``: only some pages are asked for.

    Marks ``targets`` and what they rest on, by each stage's ``fingerprint``: an unusable weights file is
    found here, before any page, and only by a run that would use it. The device counts by its kind:
    ``auto`` and what it comes down to share a cache.
    """
    options = dataclasses.replace(options, device=device_kind(options.device))
    configs = {name: graph[name].configure(options, chapter) for name in graph.names}
    used = graph.with_ancestors(targets)
    marks = {name: _mark(graph[name], configs[name]) for name in graph.names if name in used}
    memory_keys = {
        stage.name: memory_key(stage, configs[stage.name])
        for stage in (graph[name] for name in marks)
        if isinstance(stage, Stage) and stage.memory_key
    }
    neutral = {
        stage.name
        for stage in graph.chapter_stages
        if configs[stage.name] is None or (independent and not stage.partial)
    }
    return Recipe(configs, marks, frozenset(neutral), memory_keys)


def memory_key(stage: Stage[Any], config: Any) -> str:
    """What tells the features of a stage's artifacts that a series remembers from those that cannot be
    compared with them; of a stage that has any."""
    assert stage.memory_key is not None
    return digest([stage.name, *stage.memory_key(config)])


def config_document(config: object) -> Any:
    """A stage's configuration as plain JSON values."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    return config


def digest(parts: Iterable[str]) -> str:
    """sha256 of some strings, kept apart so that no two lists run into one."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mark(stage: Node, config: object) -> str:
    fingerprint = stage.fingerprint(config) if isinstance(stage, Stage) and stage.fingerprint else ""
    return digest([stage.name, str(stage.version), _json(_key_document(config)), fingerprint])


def _key_document(config: object) -> Any:
    """The configuration without its guards: raising a limit changes no page that was within it.

    Nor has it what came to an option later and is not asked for: pages made without stay up to date.
    """
    document = config_document(config)
    if not dataclasses.is_dataclass(config):
        return document
    left_out = {field.name for field in dataclasses.fields(config) if _is_left_out(field, config)}
    return {name: value for name, value in document.items() if name not in left_out}


def _is_left_out(field: dataclasses.Field[Any], config: object) -> bool:
    unset = field.metadata.get("where_set") and getattr(config, field.name) == field.default
    return bool(field.metadata.get("guard") or unset)


def _json(document: object) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False)
