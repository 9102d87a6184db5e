"""The container's recipe: what its scripts do, that linters agree, that the build sees the whole package."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from mangacolor.tests.helpers.house import project
from mangacolor.tests.helpers.paths import ROOT

DOCKER = ROOT / "docker"
SCRIPTS = sorted(DOCKER.glob("*.sh"))
USER, GROUP = 12345, 23456  # that nobody has


def linter(name: str) -> str:
    """A linter's program, which ``mangacolor[dev]`` brings."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [linter("hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_shellcheck_has_nothing_to_say() -> None:
    assert len(SCRIPTS) == 4
    done = subprocess.run(
        [linter("shellcheck"), *map(str, SCRIPTS)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_both_targets_are_there_and_cpu_is_the_default() -> None:
    stages = re.findall(r"(?m)^FROM \S+ AS (\S+)", dockerfile())
    assert {"cpu", "cuda"} <= set(stages)
    assert stages[-1] == "cpu"


def test_the_extras_of_the_images_exist_and_cpu_has_no_torch() -> None:
    extras = dict(re.findall(r"AS build-(\w+)\n.*\nRUN sh \S+ \S+ \S+ (\S+)", dockerfile()))
    known = project()["project"]["optional-dependencies"]
    assert {extra for row in extras.values() for extra in row.split(",")} <= known.keys()
    assert "torch" not in extras["cpu"].split(",") and "torch" in extras["cuda"].split(",")


def test_the_build_sees_every_package_and_every_file_that_is_copied() -> None:
    rows = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    seen = {row.removeprefix("!") for row in rows if row.startswith("!")}
    packages = {name.split(".")[1] for name in project()["tool"]["setuptools"]["packages"] if "." in name}
    modules = {path.name for path in ROOT.glob("*.py")}
    assert packages | modules | {"pyproject.toml", "py.typed", "README.md", "LICENSE", "NOTICE"} <= seen
    assert {name for name in seen if not (ROOT / name).exists()} == set()
    copied = re.findall(r"(?m)^COPY (?:--chmod=\d+ )?((?:docker/\S+ )+)", dockerfile())
    files = [file for row in copied for file in row.split()]
    assert files and all((ROOT / file).is_file() for file in files)


# -- the entrypoint, with a mangacolor that says who and what it is

SAYS = """#!/bin/sh
echo "args=$* uid=$(id -u) gid=$(id -g) groups=$(id -G) umask=$(umask)"
echo "host=${MANGACOLOR_HOST:-} token=${MANGACOLOR_TOKEN:-} home=$HOME"
grep NoNewPrivs /proc/self/status
"""


class Container:
    """The entrypoint with folders of its own in the place of the container's."""

    def __init__(self, folder: Path) -> None:
        self.data, self.out = folder / "serve", folder / "out"
        self.script = shutil.copy(DOCKER / "entrypoint.sh", folder)  # where everybody may read it
        programs = folder / "bin"
        programs.mkdir()
        (programs / "mangacolor").write_text(SAYS)
        (programs / "mangacolor").chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "MANGACOLOR_DATA": str(self.data),
            "MANGACOLOR_FOLDER_OUT": str(self.out),
            "PUID": str(USER),
            "PGID": str(GROUP),
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.script), *arguments]
        given = {**self.environment, **environment}
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    if os.name != "posix" or shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    for folder in (tmp_path, *tmp_path.parents):  # pytest's own folders are its user's alone
        folder.chmod(0o755)
        if folder.name.startswith("pytest-of-"):
            break
    return Container(tmp_path)


needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)


@needs_root
def test_it_runs_as_the_user_it_was_told(container: Container) -> None:
    done = container.start("watch", "in", "--out", "out 2")
    assert done.returncode == 0, done.stderr
    assert f"args=watch in --out out 2 uid={USER} gid={GROUP} groups={GROUP} umask=0022" in done.stdout
    assert "host= token= " in done.stdout, "only a server has them"
    assert "NoNewPrivs:\t1" in done.stdout
    for folder in (container.data, container.out):
        assert (folder.stat().st_uid, folder.stat().st_gid) == (USER, GROUP)


@needs_root
def test_folders_with_something_in_them_keep_their_owner(container: Container) -> None:
    container.out.mkdir()
    (container.out / "book.cbz").write_bytes(b"")
    container.start("watch")
    assert container.out.stat().st_uid == 0
    assert (container.out / "book.cbz").stat().st_uid == 0


@needs_root
def test_a_server_without_a_token_makes_one_and_keeps_it(container: Container) -> None:
    first = container.start("serve", "--port", "1")
    token = (container.data / "token").read_text().strip()
    assert re.fullmatch(r"[0-9a-f]{48}", token)
    assert (container.data / "token").stat().st_mode & 0o777 == 0o600
    assert (container.data / "token").stat().st_uid == USER
    assert f"host=0.0.0.0 token={token} home={container.data}" in first.stdout
    assert "a token was made" in first.stderr and token not in first.stderr, "logs are read by many"
    again = container.start("serve")
    assert f"token={token} " in again.stdout
    assert again.stderr == ""


@needs_root
def test_a_token_that_is_given_goes_first(container: Container, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    assert "token=mine " in container.start(MANGACOLOR_TOKEN="mine").stdout
    assert "token=from-a-file " in container.start(MANGACOLOR_TOKEN_FILE=str(tmp_path / "secret")).stdout
    assert not (container.data / "token").exists()
    missing = container.start(MANGACOLOR_TOKEN_FILE=str(tmp_path / "none"))
    assert missing.returncode == 2 and "cannot be read" in missing.stderr


@needs_root
def test_a_folder_for_the_token_that_cannot_be_written_is_said(container: Container) -> None:
    container.data.mkdir(mode=0o755)
    (container.data / "something").write_text("")
    done = container.start("serve")
    assert done.returncode == 2
    assert "cannot be written, and no token is given" in done.stderr
    assert "args=" not in done.stdout


@needs_root
def test_few_capabilities_are_enough(container: Container) -> None:
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    kept = re.search(r"cap_add: \[(.*)\]", compose)
    assert kept is not None
    few = ",".join(["-all", *(f"+{name.strip().lower()}" for name in kept[1].split(","))])
    command = ["setpriv", "--bounding-set", few, "--inh-caps", few, "sh", str(container.script)]
    done = subprocess.run(command, env=container.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"uid={USER}" in done.stdout and "token=" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"), [("PUID", "0"), ("PGID", "0"), ("PUID", "me"), ("PGID", "-1"), ("PUID", "00")]
)
def test_root_and_nonsense_are_refused(container: Container, name: str, value: str) -> None:
    done = container.start("watch", **{name: value})
    assert done.returncode == 2
    assert "PUID and PGID" in done.stderr and "args=" not in done.stdout


@needs_root
def test_a_container_started_as_somebody_stays_that(container: Container) -> None:
    for folder in (container.data, container.out):
        folder.mkdir()
        os.chown(folder, 4242, 4242)
    command = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", "sh"]
    done = subprocess.run(
        [*command, str(container.script)],
        env=container.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "args=serve uid=4242 gid=4242" in done.stdout


# -- the health check


@pytest.fixture
def healthcheck() -> ModuleType:
    spec = importlib.util.spec_from_file_location("healthcheck", DOCKER / "healthcheck.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """It answers with the status that its attribute ``status`` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(self.server.status if self.path == "/api/health" else 404)  # type: ignore[attr-defined]
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("status", "well"), [(200, True), (500, False), (401, False)])
def test_health_is_what_the_server_says(
    healthcheck: ModuleType, server: HTTPServer, status: int, well: bool
) -> None:
    server.status = status  # type: ignore[attr-defined]
    assert healthcheck.answers(str(server.server_port)) is well


def test_a_server_that_does_not_answer_is_not_well(healthcheck: ModuleType) -> None:
    assert healthcheck.answers("9") is False


@pytest.mark.parametrize(
    ("words", "serving"),
    [
        (["venv/bin/python3", "venv/bin/mangacolor", "serve"], True),
        (["python3", "mangacolor", "watch", "in", "--out", "out"], False),
        (["sh", "-c", "serve"], False),
    ],
)
def test_only_a_server_is_asked(
    healthcheck: ModuleType, tmp_path: Path, words: list[str], serving: bool
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cmdline").write_bytes(b"\0".join(word.encode() for word in words) + b"\0")
    (tmp_path / "self").mkdir()
    assert healthcheck.is_serving(tmp_path) is serving
