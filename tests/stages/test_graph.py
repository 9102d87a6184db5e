"""The graph of stages: order, ancestry, and the circles and gaps it refuses."""

from __future__ import annotations

import pytest

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.types import Artifact
from mangacolor.stages.base import NoConfig, Stage, no_config
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import built_in_stages


def stage(name: str, *needs: str) -> Stage[NoConfig]:
    return Stage(name, lambda _context, _inputs: Artifact(), no_config, needs)


@pytest.fixture
def graph() -> Graph:
    return Graph([stage("d", "b", "c"), stage("a"), stage("b", "a"), stage("c", "a"), stage("e", "b")])


def test_needs_come_before_those_who_need_them(graph: Graph) -> None:
    order = graph.names
    for name in order:
        assert all(order.index(need) < order.index(name) for need in graph[name].needs)


def test_order_is_as_listed_where_needs_allow_it() -> None:
    assert Graph([stage("a"), stage("c", "a"), stage("d", "c"), stage("b", "a")]).names == (
        "a",
        "c",
        "d",
        "b",
    )
    listed = built_in_stages()
    assert Graph(listed).names == tuple(stage.name for stage in listed)


def test_ancestors_descendants_and_sinks(graph: Graph) -> None:
    assert graph.ancestors("d") == {"a", "b", "c"}
    assert graph.with_ancestors(("b", "c")) == {"a", "b", "c"} and not graph.with_ancestors(())
    assert graph.descendants("b") == {"d", "e"}
    assert set(graph.sinks()) == {"d", "e"}


def test_circle_is_refused_and_named() -> None:
    with pytest.raises(SetupError, match=r"circle.*b"):
        Graph([stage("a"), stage("b", "a", "c"), stage("c", "b")])


def test_missing_need_is_refused_and_named() -> None:
    with pytest.raises(SetupError, match="b needs x"):
        Graph([stage("b", "x")])


def test_same_name_twice_is_refused() -> None:
    with pytest.raises(SetupError, match="two stages are called a"):
        Graph([stage("a"), stage("b"), stage("a")])


def test_unknown_stage_is_a_usage_error_with_a_hint(graph: Graph) -> None:
    with pytest.raises(UsageError, match="no stage 'panel'") as error:
        Graph([stage("panels")]).select(until="panel")
    assert "panels" in error.value.remedy


def test_selection_of_a_part(graph: Graph) -> None:
    both = graph.select(until="d", start="b")
    assert both.targets == ("d",) and both.forced == {"b", "d", "e"} and not both.commits
    assert graph.select().commits
    with pytest.raises(UsageError, match="selects nothing"):
        graph.select(until="e", start="c")
