"""Content keys: what an artifact depends on, as one hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mangacolor.nouns import Chapter
from mangacolor.pipeline.graph import Graph
from mangacolor.settings import Options
from mangacolor.stages.base import Stage


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a chapter's pages are made: each stage's configuration, and the mark it leaves in the keys."""

    configs: Mapping[str, Any]
    marks: Mapping[str, str]

    def page_keys(self, graph: Graph, source_sha256: str) -> dict[str, str]:
        """The key of each stage's artifact for the page whose file has this hash.

        A key covers the input bytes, the stage's name, version, configuration and fingerprint, and
        the keys of what it needs: so a changed option reaches the stage and its descendants only.
        """
        keys: dict[str, str] = {}
        for name in graph.names:
            needs = [keys[need] for need in graph[name].needs]
            keys[name] = digest([source_sha256, self.marks[name], *needs])
        return keys


def make_recipe(graph: Graph, options: Options, chapter: Chapter) -> Recipe:
    """Configure every stage for a chapter.

    Calls each stage's ``fingerprint``: an unusable weights file is found here, before any page.
    """
    configs = {name: graph[name].configure(options, chapter) for name in graph.names}
    marks = {name: _mark(graph[name], configs[name]) for name in graph.names}
    return Recipe(configs, marks)


def config_document(config: object) -> Any:
    """A stage's configuration as plain JSON values."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    return config


def digest(parts: Iterable[str]) -> str:
    """sha256 of some strings, kept apart so that no two lists run into one."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mark(stage: Stage, config: object) -> str:
    fingerprint = stage.fingerprint(config) if stage.fingerprint else ""
    document = json.dumps(config_document(config), sort_keys=True, ensure_ascii=False)
    return digest([stage.name, str(stage.version), document, fingerprint])
