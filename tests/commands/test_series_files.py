"""Series' files where networks are told of: listed, inspected, diagnosed, and refused elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mangacolor.cli import main
from mangacolor.core.settings import Options, RunOptions
from mangacolor.models.colour.segment_embedding import embedding_fingerprint
from mangacolor.models.colour.series.file import SeriesFile, write_series_file
from mangacolor.models.colour.series.learnt_surfaces import LearntSurfaces
from mangacolor.models.files.known import find_weights
from mangacolor.pipeline import run as run_module
from mangacolor.pipeline.events import RunResult
from mangacolor.tests.helpers.stages import comic_page

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs a command in an empty folder: its exit status, what it says on stdout and on stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        return int(ended.value.code or 0), *capfd.readouterr()

    return call


def series_file(name: str = "a.safetensors", sha256: str = "", made: dict[str, Any] | None = None) -> Path:
    base = find_weights("default")
    assert base is not None
    table = LearntSurfaces(np.zeros((3, 20), np.uint8), np.zeros(3, np.int64)).to_arrays()
    facts = {"pages": 4, "panels": 9, "steps": 200} if made is None else made
    embedding = embedding_fingerprint("default", base.sha256)
    digest = sha256 or base.sha256
    write_series_file(Path(name), SeriesFile("Frogs", "default", digest, {}, table, facts, embedding))
    return Path(name)


@pytest.mark.parametrize("command", [("inspect",), ("models", "list")])
def test_a_series_file_is_described(command: tuple[str, ...], told: Told) -> None:
    path = series_file()
    status, out, _ = told(*command, str(path))
    assert status == 0
    assert out.splitlines()[-2:] == [
        "a.safetensors: Frogs, 1 KiB, 3 surfaces, learnt from 4 pages, 9 panels, 200 steps",
        "  on the network default, which is here",
    ]
    _, out, _ = told(*command, str(path), "--json")
    document = json.loads(out)
    facts = document["series"][0] if command[0] == "models" else document
    assert (facts["name"], facts["base"], facts["bytes"], facts["fits"]) == (
        *("Frogs", "default"),
        *(path.stat().st_size, True),
    )
    assert facts["learnt"] == {"pages": 4, "panels": 9, "steps": 200}


def test_a_series_whose_base_is_another_says_so(told: Told) -> None:
    path = series_file(sha256="0" * 64, made={"pages": "\x1b[2J", "steps": True})
    _, out, _ = told("inspect", str(path))
    assert "does not say what it was learnt from" in out and "\x1b" not in out
    assert "on the network default, which does not do: a.safetensors was learnt on" in out
    assert "Learn the series again (mangacolor learn)" in out
    status, out, _ = told("doctor", "--weights", str(path))
    assert status == 3 and "Frogs" in out and "this version has another of that name" in out


def test_doctor_tells_what_the_weights_are(told: Told) -> None:
    _, out, _ = told("doctor", "--weights", str(series_file()))
    assert "learnt from 4 pages" in out and "on the network default, which is here" in out
    _, out, _ = told("doctor", "--json")
    assert json.loads(out)["series"] is None


@pytest.mark.parametrize("command", [("inspect",), ("models", "list")])
def test_other_files_are_no_series(command: tuple[str, ...], told: Told) -> None:
    Path("x.safetensors").write_bytes(b"nothing")
    status, _, error = told(*command, "x.safetensors")
    assert status == 3 and "x.safetensors is not a whole file of weights" in error
    assert told("inspect", str(series_file()), "--page", "1")[0] == 2


def test_an_embedding_is_not_trained_for_a_series(told: Told) -> None:
    path = series_file()
    (Path("data")).mkdir()
    status, _, error = told(
        *("train", "--network", "segments", "--data", "data", "--out", "run", "--weights", str(path))
    )
    assert status == 2 and "--weights a.safetensors is a series' file" in error
    assert "--weights default" in error
    assert not Path("run").exists() and not Path("a.surfaces.safetensors").exists()


@pytest.mark.parametrize("command", [("watch", "in", "--out", "out"), ("serve",)])
def test_what_does_not_learn_says_what_to_do(command: tuple[str, ...], told: Told) -> None:
    Path("in").mkdir()
    status, _, error = told(*command, "--learn")
    assert status == 2 and f"--learn: {command[0]} does not learn" in error
    assert "mangacolor learn" in error and not Path("out").exists()


def test_a_cluster_colours_by_what_was_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "in" / "1.png"), comic_page())
    given: list[str] = []

    class Engine:
        def run(self, _tasks: object) -> RunResult:
            return RunResult(0, 1, 1, 0, 0, 0, 1.0, 0, 0)

    def make(work: Any, *_more: object) -> Engine:
        plan, job = work.plan, work.job
        given.extend([plan.options.weights, job.options.weights, plan.run_options.cluster])
        return Engine()

    def learner(_inputs: object, _plan: object, state: Any, *_more: object) -> Options:
        state.folder.mkdir(parents=True, exist_ok=True)
        return Options(weights=str(series_file(str(state.folder / "learnt.safetensors"))))

    monkeypatch.setattr(run_module, "_make_engine", make)
    options = RunOptions(learn=True, cluster="tcp://127.0.0.1:1")
    emit: Callable[[object], None] = lambda _event: None  # noqa: E731
    run_module.run([tmp_path / "in"], tmp_path / "out", Options(), options, emit=emit, learner=learner)
    learnt = str(tmp_path / "out" / ".mangacolor" / "learnt.safetensors")
    assert given == [learnt, learnt, "tcp://127.0.0.1:1"]
