"""What a page needs on ncnn is found without torch: no module of it asks for torch while it is imported."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from mangacolor.tests.helpers.hidden import TORCH
from mangacolor.tests.helpers.house import modules, tree

HEAVY = frozenset(TORCH.split(","))
# Networks of torch in models/, and what fills, trains or reads them: callers import these where they run.
NETWORKS = {
    "models.colour.blocks",
    "models.colour.checkpoints",
    "models.colour.efficient_unet",
    "models.colour.factory",
    "models.colour.folded",
    "models.colour.generator",
    "models.colour.notebook_checkpoints",
    "models.colour.palette_head",
    "models.colour.unet",
    "models.encoders.efficientnet",
    "models.encoders.extractor",
    "models.encoders.stand_in",
    "models.files.pretrained",
    "models.losses.discriminator",
    "models.losses.perceptual",
    "models.page.descreener",
    "models.page.page_net",
    "models.upscale.luma_networks",
    "models.upscale.torch_form",
    "models.upscale.winograd",
}


def imported_with(module: ast.Module) -> Iterator[str]:
    """What is imported while ``module`` is: outside of functions, and not for types alone."""
    waiting: list[ast.AST] = [*module.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def run_by(name: str, known: Collection[str]) -> set[str]:
    """The modules of ``known`` that importing ``name`` runs: its own, and the packages that it lies in."""
    first, *parts = name.split(".")
    if first != "mangacolor":
        return set()
    return {".".join(parts[:count]) for count in range(len(parts) + 1)} & set(known)


def heavy_ones(imports: Mapping[str, set[str]]) -> set[str]:
    """The modules whose import brings one of ``HEAVY`` with it, by themselves or by others."""
    runs = {
        module: set().union(*(run_by(name, imports) for name in (f"mangacolor.{module}", *names)))
        for module, names in imports.items()
    }
    heavy = {module for module, names in imports.items() if HEAVY & {name.split(".")[0] for name in names}}
    while more := {module for module, others in runs.items() if others & heavy} - heavy:
        heavy |= more
    return heavy


def test_only_networks_of_torch_and_training_bring_it() -> None:
    imports = {module: set(imported_with(tree(path))) for module, path in modules().items()}
    assert {name for name in heavy_ones(imports) if name.partition(".")[0] != "training"} == NETWORKS


def test_what_is_imported_is_seen() -> None:
    text = (
        "class A:\n    import torch.nn\n"
        "try:\n    from mangacolor.core import cpu\nexcept ImportError:\n    pass\n"
        "def later():\n    import skimage\n"
        "if TYPE_CHECKING:\n    import scipy\nelse:\n    import spandrel\n"
    )
    assert set(imported_with(ast.parse(text))) == {"torch.nn", "mangacolor.core.cpu", "spandrel"}


def test_heavy_ones_are_found_through_others_and_through_packages() -> None:
    imports = {
        "": set[str](),
        "core": {"torch.nn"},
        "core.light": set[str](),
        "stages.one": {"mangacolor.core.light.something"},
        "stages.two": {"mangacolor.stages.one"},
        "stages.three": {"numpy", "torchlike"},
    }
    assert heavy_ones(imports) == {"core", "core.light", "stages.one", "stages.two"}
