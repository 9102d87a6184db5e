"""Settings of training: what is given for one is taken or refused in words, never with a traceback."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.factory import create_generator
from mangacolor.training.auxiliary.contrastive import EmbeddingRecipe
from mangacolor.training.auxiliary.descreen import DescreenRecipe
from mangacolor.training.auxiliary.page_network import PageRecipe
from mangacolor.training.auxiliary.upscale import UpscaleRecipe
from mangacolor.training.colour.config import PRESETS, TrainConfig, from_json, override, to_json
from mangacolor.training.settings import SHOWN, assign, parse_assignment

RECIPES = (PageRecipe(), DescreenRecipe(), UpscaleRecipe(), EmbeddingRecipe())
DEFAULT = PRESETS["default"]


def leaves(target: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting and its kind; of the parts of another, too."""
    hints = typing.get_type_hints(type(target))
    for field in dataclasses.fields(target):
        value = getattr(target, field.name)
        yield prefix + field.name, hints[field.name]
        if dataclasses.is_dataclass(value):
            yield from leaves(value, f"{prefix}{field.name}.")


LEAVES = dict(leaves(DEFAULT))
# For each kind, what it can not be.
NEVER: list[Any] = [
    None,
    [],
    {},
    [[]],
    [None],
    {"": None},
    math.nan,
    math.inf,
    -math.inf,
    "\ud800",
    "not this",
]
WRONG: dict[Any, list[Any]] = {
    int: [*NEVER, 1.5, "1.5", True, False, [1], {"a": 1}, -1, 10**30, 1e300, "9" * 5000],
    float: [*NEVER, True, False, [0.5], {"a": 0.5}, -1, 10**400, "nan", "inf", ""],
    bool: [*NEVER, 0, 1, "yes", [True]],
    str: [*[value for value in NEVER if not isinstance(value, str)], 5, True, "no such name", "", "\ud800"],
}


def wrong_values(kind: Any) -> list[Any]:
    if kind in WRONG:
        return WRONG[kind]
    is_part = dataclasses.is_dataclass(kind) or typing.get_origin(kind) is dict  # may be left as it is
    odd = [value for value in NEVER if not (is_part and value == {})]
    return [*odd, 5, True, "text", [5], ["a", "b", "c"], [[64, 2, 2]]]


@pytest.mark.parametrize("name", LEAVES)
def test_a_wrong_value_is_refused_with_what_is_wanted(name: str) -> None:
    for value in wrong_values(LEAVES[name]):
        if (name, value) == ("attention", -1):  # as the generator's name says
            continue
        with pytest.raises(UsageError) as refused:
            override(DEFAULT, {name: value})
        assert name in refused.value.message, value
        assert refused.value.remedy, value
        assert len(refused.value.message) < SHOWN + 120, value


def test_phases_as_bare_lists_are_refused_with_an_example() -> None:
    name, value = parse_assignment("phases=[[64,2,2]]")
    with pytest.raises(UsageError) as refused:
        override(DEFAULT, {name: value})
    told = str(refused.value)
    assert "phases[0] cannot be [64, 2, 2]" in told
    assert all(f'"{part}": a whole number' in told for part in ("steps", "size", "batch"))
    with pytest.raises(
        UsageError, match=r"phases cannot be 7\n.*Now it is --set 'phases=\[\{\"steps\": 4200,"
    ):
        override(DEFAULT, {"phases": 7})
    with pytest.raises(UsageError, match=r"phases\[0\] lacks batch"):
        override(DEFAULT, {"phases": [{"steps": 2, "size": 64}]})
    with pytest.raises(UsageError, match=r"no setting 'phases\[0\]\.crop'"):
        override(DEFAULT, {"phases": [{"steps": 2, "size": 64, "batch": 2, "crop": 1}]})


@pytest.mark.parametrize(
    "name", ["", "widht", "losses.vg", "width.x", "phases.0.size", "losses.l1.x", "a\udce4", "."]
)
def test_a_name_that_there_is_not_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        override(DEFAULT, {name: 1})
    assert refused.value.remedy and str(refused.value)


def test_an_assignment_without_a_value_is_refused() -> None:
    with pytest.raises(UsageError, match="has no value"):
        parse_assignment("width")
    assert parse_assignment("a=b=c") == ("a", "b=c")
    assert parse_assignment("a=" + "[" * 100_000)[0] == "a"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("width", "48", 48),
        ("width", 48.0, 48),
        ("losses.vgg", "0.5", 0.5),
        ("compile", "TRUE", True),
        ("betas", [0.5, 0.9], (0.5, 0.9)),
        ("synthesis.kinds", {"line": 1}, {"line": 1.0}),
        ("synthesis.kinds.line", 2, {"grey": 0.34, "tone": 0.26, "line": 2.0, "screentone": 0.30}),
        ("source_weights.my_*", 2, {"my_*": 2.0}),
    ],
)
def test_right_values_are_taken(name: str, text: Any, expected: Any) -> None:
    changed: Any = override(DEFAULT, {name: text})
    for part in name.removesuffix(".line").removesuffix(".my_*").split("."):
        changed = getattr(changed, part)
    assert changed == expected and type(changed) is type(expected)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"losses": {"l1": 0, "palette": 0}}, "nothing is left to learn"),
        ({"synthesis.kinds": {"grey": 0}}, "leaves no kind"),
        ({"phases": [{"steps": 1, "size": 32, "batch": 1}]}, "cannot learn from 1 crops of 32"),
        ({"phases": [{"steps": 1, "size": 100, "batch": 2}]}, "multiples of 32"),
        (
            {
                "generator": "unet",
                "levels": 8,
                "losses.l1": 1,
                "phases": [{"steps": 1, "size": 64, "batch": 2}],
            },
            "fit",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        override(DEFAULT, changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(LEAVES)), json_values)
@settings(max_examples=400, deadline=None)
def test_anything_at_all_is_taken_or_refused(name: str, value: Any) -> None:
    try:
        changed = override(DEFAULT, {name: value})
    except UsageError as refused:
        assert str(refused) and refused.remedy
    else:
        assert from_json(to_json(changed)) == changed


@given(st.sampled_from(RECIPES), st.data(), json_values)
@settings(max_examples=200, deadline=None)
def test_recipes_of_small_networks_take_or_refuse_anything(
    recipe: Any, data: st.DataObject, value: Any
) -> None:
    name = data.draw(st.sampled_from([field.name for field in dataclasses.fields(recipe)]))
    try:
        changed = assign(recipe, {name: value})
    except UsageError as refused:
        assert name in refused.message and refused.remedy
    else:
        assert type(getattr(changed, name)) is type(getattr(recipe, name))


@given(
    st.sampled_from(["unet", "unet-attention", "unet-faithful", "unet-attention-faithful", "unet-palette"]),
    st.integers(1, 6),
    st.sampled_from([32, 48, 64, 80]),
    st.integers(1, 2),
    st.sampled_from([1, 8]),
)
@settings(max_examples=40, deadline=None)
def test_what_is_taken_can_be_built_and_learnt_from(
    name: str, levels: int, size: int, batch: int, width: int
) -> None:
    """Settings that are not refused make a network that a crop of each phase goes through, in training."""
    import torch

    small = {"width": width, "generator": name, "levels": levels, "losses.l1": 1}
    try:
        config = override(DEFAULT, {**small, "phases": [{"steps": 1, "size": size, "batch": batch}]})
    except UsageError:
        return
    network = create_generator(name, config.width, levels=config.levels, dropout=config.dropout).train()
    colour, _ = network.colour_and_logits(torch.zeros(batch, 1, size, size))
    assert colour.shape == (batch, 3, size, size)


def test_every_preset_passes_its_own_checks() -> None:
    for preset in PRESETS.values():
        assert isinstance(override(preset, {}), TrainConfig)


@pytest.mark.parametrize(
    ("name", "meant"), [("widht", "width"), ("losses.adversaril", "adversarial"), ("qqq", "")]
)
def test_a_name_that_is_nearly_a_settings_is_answered_with_that(name: str, meant: str) -> None:
    with pytest.raises(UsageError, match="has no setting") as refused:
        assign(DEFAULT, {name: 1})
    assert refused.value.remedy.startswith(f"Did you mean {meant}? Here" if meant else "Here there are ")
