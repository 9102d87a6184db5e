"""Neighbours, communities, and groups of one colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from mangacolor.core.arrays import I64, AnyArray
from mangacolor.stages.harmonize.clustering import Groups, divide_large, merge_communities
from mangacolor.stages.harmonize.louvain import MAX_SWEEPS, find_communities, move_nodes
from mangacolor.stages.harmonize.neighbours import find_neighbours, symmetric_graph
from mangacolor.stages.harmonize.params import ClusteringParams, NeighbourParams
from mangacolor.stages.segments.links import Links


def links_of(matrix: AnyArray) -> Links:
    row, col = matrix.nonzero()
    return Links.gather(row, col, matrix[row, col], len(matrix))


def test_groups_of_one_colour_that_are_closely_linked_are_merged() -> None:
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    blocks[3, 4] = blocks[4, 3] = blocks[7, 8] = blocks[8, 7] = 3.0
    number = np.repeat([0, 1, 2], 4)
    colours = np.repeat([[0.0, 0.0], [3.0, 0.0], [30.0, 0.0]], 4, axis=0)
    alike, small = np.zeros((12, 3)), np.full(12, 0.001)
    merged = merge_communities(number, links_of(blocks), colours, alike, small, ClusteringParams())
    assert merged.tolist() == [0] * 8 + [1] * 4


def test_groups_that_look_unlike_or_would_be_too_large_are_not_merged() -> None:
    blocks = np.kron(np.eye(3), np.ones((15, 15)))
    blocks[14, 15] = blocks[15, 14] = blocks[29, 30] = blocks[30, 29] = 50.0
    number, colours, links = np.repeat([0, 1, 2], 15), np.zeros((45, 2)), links_of(blocks)
    places = np.repeat([[0.0], [0.4], [0.8]], 15, axis=0)  # the third is 0.6 from the mean of the others
    small, params = np.full(45, 0.001), ClusteringParams()
    unlike = merge_communities(number, links, colours, places, small, params)
    assert unlike.tolist() == [0] * 30 + [1] * 15
    large = np.full(45, 0.004)  # two groups would be 12 % of the chapter
    assert merge_communities(number, links, colours, 0 * places, large, params).tolist() == number.tolist()
    few = replace(params, max_few=30)
    merged = merge_communities(number, links, colours, 0 * places, large, few)
    assert len(np.unique(merged)) == 2


def test_a_crowd_is_divided_by_its_communities_and_a_few_are_not() -> None:
    pairs = links_of(np.kron(np.eye(15), np.ones((2, 2))) - np.eye(30))
    whole, share = np.zeros(30, np.int64), np.full(30, 1 / 30)
    divided = divide_large(whole, pairs, share, ClusteringParams())
    assert (divided[::2] == divided[1::2]).all() and len(np.unique(divided)) == 15
    assert not divide_large(whole, pairs, share, ClusteringParams(max_few=30)).any()
    assert not divide_large(whole, pairs, share, ClusteringParams(max_share=1.1)).any()


def move_one_by_one(graph: Links, resolution: float) -> tuple[I64, int]:
    """As ``move_nodes``, with a look at every node in every sweep; and how many sweeps there were."""
    matrix = graph.dense()
    degree = np.bincount(graph.row, weights=graph.data, minlength=graph.count)
    community, weight = np.arange(graph.count), degree.copy()
    sweeps = 0
    while sweeps < MAX_SWEEPS:
        before = community.copy()
        for node in range(graph.count):
            own, price = community[node], resolution * degree[node] / degree.sum()
            others = [other for other in np.nonzero(matrix[node])[0] if other != node]
            towards = {own: 0.0}
            for other in others:
                towards[community[other]] = towards.get(community[other], 0.0) + matrix[node, other]
            weight[own] -= degree[node]
            best, most = own, towards[own] - price * weight[own] + 1e-12
            for there, link in towards.items():
                if link - price * weight[there] > most:
                    best, most = there, link - price * weight[there]
            weight[best] += degree[node]
            community[node] = best
        if (before == community).all():
            break
        sweeps += 1
    return community, sweeps


@pytest.mark.parametrize("resolution", [0.3, 1.0, 6.0])
def test_nodes_that_are_passed_over_would_have_stayed(resolution: float) -> None:
    rng = np.random.default_rng(0)
    sweeps = 0
    for size in (12, 60, 200):
        for weights in (rng.random(4 * size), np.ones(4 * size)):  # equal ones: ties
            one, other = rng.integers(0, size, (2, 4 * size))
            near = (one + other % 9) % size  # some structure, and nodes linked to themselves
            pairs = np.concatenate([one, near]), np.concatenate([near, one])
            graph = Links.gather(*pairs, np.concatenate([weights, weights]), size)
            expected, taken = move_one_by_one(graph, resolution)
            assert (move_nodes(graph, resolution) == expected).all()
            sweeps = max(sweeps, taken)
    assert sweeps >= 3


@pytest.mark.parametrize("resolution", [0.0, np.float64(0.0), 1.0])
def test_without_links_each_node_is_a_community(resolution: float) -> None:
    none = np.zeros(0, np.int64)
    lonely = Links(none, none, np.zeros(0), 3)
    assert find_communities(lonely, resolution).tolist() == [0, 1, 2]


def test_who_is_hardly_linked_to_a_group_strays_but_where_nobody_is() -> None:
    groups = Groups(np.array([0, 0, 0, 1, 1]), np.array([1.0, 0.5, 0.1, 0.02, 0.1]))
    assert groups.find_stray(ClusteringParams()).tolist() == [False, False, True, False, False]


def test_who_is_not_linked_at_all_strays_but_where_nobody_is() -> None:
    groups = Groups(np.array([0, 0, 1, 2, 2]), np.array([0.0, 0.1, 0.0, 0.0, 0.0]))
    assert groups.find_stray(ClusteringParams()).tolist() == [True, False, False, False, False]


def test_communities_are_found_and_numbered_by_first_member() -> None:
    blocks = sparse.block_diag([np.ones((5, 5)), np.ones((7, 7)), np.ones((3, 3))]).toarray()
    np.fill_diagonal(blocks, 0)
    blocks[0, 6] = blocks[6, 0] = 0.5
    communities = find_communities(links_of(blocks), 1.0)
    assert communities.tolist() == [0] * 5 + [1] * 7 + [2] * 3


@pytest.mark.parametrize("seed", range(4))
def test_links_are_what_sparse_matrices_say(seed: int) -> None:
    """SciPy, which colouring does without, as the judge."""
    rng = np.random.default_rng(seed)
    count, nearest = 40, 6
    near = np.stack([rng.permutation(count)[:nearest] for _ in range(count)])
    alike = rng.random((count, nearest)) * (rng.random((count, nearest)) > 0.3)
    near[alike == 0] = 0  # as where there is no further neighbour
    rows = np.repeat(np.arange(count), nearest)
    one_way = sparse.csr_matrix((alike.ravel(), (rows, near.ravel())), shape=(count, count))
    expected = one_way.maximum(one_way.T).toarray()
    np.fill_diagonal(expected, 0)
    links = symmetric_graph(near, alike)
    assert np.array_equal(links.dense(), expected)
    assert (np.diff(links.row * count + links.col) > 0).all() and (links.data > 0).all()
    group = rng.integers(0, 5, count)
    member = np.eye(5)[group]
    np.testing.assert_allclose(links.merged(group, 5).dense(), member.T @ expected @ member, rtol=1e-12)
    assert np.array_equal(links.since(30).dense(), expected * (np.arange(count) >= 30)[:, None])
    assert symmetric_graph(near[:0], alike[:0]).dense().shape == (0, 0)


def test_neighbours_are_of_other_windows_and_nearly_all_found_without_comparing_all() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 16))
    places = (centres[rng.integers(60, size=4000)] + 0.15 * rng.normal(size=(4000, 16))).astype(np.float32)
    windows = np.arange(4000) // 20
    near, distance = find_neighbours(places, windows, 5, NeighbourParams(), 0)
    assert (windows[near] != windows[:, None]).all() and np.isfinite(distance).all()
    some = rng.integers(4000, size=150)
    square = ((places[some, None] - places[None]) ** 2).sum(axis=2)
    square[windows[some][:, None] == windows[None]] = np.inf
    true = np.argsort(square, axis=1)[:, :5]
    kept = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(true, near[some], strict=True)])
    assert kept > 0.9
