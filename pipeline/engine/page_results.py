"""What a page leaves: artifacts in its cache, the finished file in OUT, and whether it came in colour."""

from __future__ import annotations

from typing import Any

from mangacolor.core.errors import PageError
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.pipeline.engine.context import StageRun, summarize
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.store.keys import config_document
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.page_output import PageOutput
from mangacolor.stages.base import CAME_COLOURED, ChapterStage, Stage


def read_page(task: PageTask) -> Entry | None:
    """[lane] Read a page, see what is to do, keep what it was given. Returns a finished one's entry."""
    entry = task.read()
    if entry is None:
        _save_chapter_results(task)
    return entry


def look_at_page(task: PageTask) -> Entry | None:
    """[lane] As ``read_page``, of a page that another process is to have if anything of it is to run."""
    entry = task.read(glance=True)
    if entry is None and (task.state.ended or not task.state.to_run):
        task.begin_anew()
        return read_page(task)
    return entry


def should_save(task: PageTask, name: str, artifact: Artifact) -> bool:
    """Whether a stage's artifact is to be kept in the state folder."""
    job = task.spec.job
    if job.keep or name in job.selection.kept:
        return True
    stage = job.graph.page_stage(name)
    return stage.keep == "always" and not (stage.soon_made is not None and stage.soon_made(artifact))


def save_artifact(task: PageTask, name: str, run: StageRun, inputs: Inputs) -> None:
    """[lane] Keep what a stage made, with its preview."""
    stage = task.spec.job.graph.page_stage(name)
    preview: Image | None = None
    if stage.preview is not None and "main" not in run.artifact.images and not run.artifact.outcome:
        preview = stage.preview(run.artifact, inputs)
    task.spec.cache.save(
        name,
        task.state.keys[name],
        run.artifact,
        version=stage.version,
        seconds=run.seconds,
        config=config_document(task.spec.recipe.configs[name]),
        warnings=run.warnings,
        preview=preview,
    )


def _save_chapter_results(task: PageTask) -> None:
    cache, keys = task.spec.cache, task.state.keys
    for name, artifact in task.spec.chapter_results.items():
        if not cache.holds(name, keys[name]):
            stage = task.spec.job.graph[name]
            preview = _draw_chapter_result(task, stage, artifact) if isinstance(stage, ChapterStage) else None
            cache.save(name, keys[name], artifact, version=stage.version, seconds=0.0, preview=preview)


def _draw_chapter_result(task: PageTask, stage: ChapterStage[Any], artifact: Artifact) -> Image | None:
    """What a page was handed, drawn over the small artifacts that the chapter stage looked at."""
    if stage.preview is None or artifact.data == stage.neutral().data:
        return None
    inputs: dict[str, Artifact] = {}
    for need in stage.needs:  # what the page's second pass needs, too, has been read
        kept = task.state.artifacts.get(need) or task.spec.cache.load(need, task.state.keys[need])
        if kept is None:
            return None
        inputs[need] = kept
    return stage.preview(artifact, inputs)


def commit_page(task: PageTask) -> Entry | None:
    """[lane] Write the finished page to OUT. Done even while the run is being stopped."""
    spec, state = task.spec, task.state
    if spec.output is None:
        return None
    if state.outcome == "copied":
        return _commit_copy(task, spec.output)
    artifact = _finished_file(task)
    return spec.output.commit(artifact, spec.final_key(state.keys), state.panels, state.seconds)


def _commit_copy(task: PageTask, output: PageOutput) -> Entry:
    """Write a page that is copied: its source as it came, or what a stage makes of it."""
    spec, state = task.spec, task.state
    artifact, reason = Artifact(blob=state.source), state.reason
    for stage in spec.redrawing_stages():
        context = task.make_context(stage.name, lambda _key, make: make())
        redrawn = stage.redraw.run(context) if stage.redraw else None
        if redrawn is not None:
            artifact, reason = redrawn, "; ".join(filter(None, (reason, *context.warnings)))
            break
    key = spec.copied_file_key(state.keys)
    return output.commit(artifact, key, state.panels, state.seconds, "copied", reason)


def _finished_file(task: PageTask) -> Artifact:
    left = task.state.artifacts
    artifacts = (left[name] for name in task.spec.job.graph.names if name in left)
    artifact = next((artifact for artifact in artifacts if artifact.blob is not None), None)
    if artifact is None:
        raise PageError("no stage gave a finished file", "Mend the stages: one must give its blob.")
    return artifact


def commit_failed_page(task: PageTask) -> None:
    """[lane] Put the page as it came in the place of the one that failed, or take away what stands there."""
    if task.spec.output is None:
        return
    was_read = bool(task.state.keys)
    if was_read and task.spec.job.on_error == "copy":
        task.spec.output.commit_failed(task.state.source or task.spec.page.source.read())
    else:
        task.spec.output.drop_stand_in()


def came_coloured(task: PageTask) -> bool:
    """Whether the page was copied because it is in colour already."""
    return task.was_copied and any(_says_coloured(task, stage) for stage in task.spec.deciding_stages())


def _says_coloured(task: PageTask, stage: Stage[Any]) -> bool:
    keys = task.state.keys
    kept = task.spec.cache.load(stage.name, keys[stage.name]) if stage.name in keys else None
    return kept is not None and bool(summarize(stage, kept).get(CAME_COLOURED))
