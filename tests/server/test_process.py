"""``mangacolor serve`` as a process: its address, its end, what it needs, and that it asks nobody."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mangacolor.cli import cli
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.installed import install_command
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.servers import as_file
from mangacolor.tests.helpers.stages import comic_page, tiny_weights

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MANGACOLOR_")}
COMMAND = [sys.executable, "-m", "mangacolor", "serve", "--device", "cpu"]
# Another user and network namespace, whose only line is to itself.
ALONE = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]


@contextlib.contextmanager
def served(
    data: Path, *more: str, before: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, once it has told its address. ``before``: a command that runs the one behind it."""
    weights = tiny_weights(data.parent)
    command = [*before, *COMMAND, "--port", "0", "--data", str(data), "--weights", str(weights), *more]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=data.parent
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), process.stderr.read()
            yield process, address
        finally:
            process.kill()


def client_at(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, trust_env=False, timeout=100)


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 200
    while client.get("/api/health").json()["state"] != "ready":
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)]
)
def test_it_serves_and_ends_when_asked(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with served(tmp_path / "data") as (process, address), client_at(address) as client:
        assert process.stdout is not None and process.stderr is not None
        wait_until_ready(client)
        page = as_file(comic_page())
        answer = client.post("/suwayomi", files={"image": page})
        while answer.status_code == 503:  # as a reader's program does while a busy machine is not ready
            answer = client.post("/suwayomi", files={"image": page})
        assert answer.status_code == 200 and answer.content != page
        assert client.post("/suwayomi", files={"image": page}).content == answer.content
        process.send_signal(number)
        assert process.wait(60) == status
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_it_ends_while_a_page_is_at_work(tmp_path: Path) -> None:
    with served(tmp_path / "data") as (process, address), client_at(address) as client:
        wait_until_ready(client)
        host, port = client.base_url.host, client.base_url.port or 0
        page = as_file(comic_page(2400, 1700))
        with socket.create_connection((host, port), timeout=60) as line:
            head = f"POST /v1/pages?scale=2 HTTP/1.1\r\nhost: {host}:{port}\r\n"
            line.sendall(f"{head}content-length: {len(page)}\r\n\r\n".encode() + page)
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 143


def _can_be_alone() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode == 0


ASKING = """
import sys, time, urllib.request
process_address, page = sys.argv[1], open(sys.argv[2], "rb").read()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
request = urllib.request.Request(process_address + "/v1/pages", page)
with opener.open(request, timeout=100) as answer:
    sys.stdout.write(f"{answer.status} {answer.headers['content-type']}")
"""
SERVING_ALONE = """
import subprocess, sys
with subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE, text=True) as server:
    try:
        address = server.stdout.readline().strip()
        asking = [sys.executable, "-c", sys.argv[1], address, sys.argv[2]]
        done = subprocess.run(asking, capture_output=True, text=True)
        sys.stdout.write(done.stdout + done.stderr[-500:])
    finally:
        server.terminate()
    server.wait(60)
"""


@pytest.mark.skipif(not _can_be_alone(), reason="needs unshare and ip, and leave to make a network namespace")
def test_no_request_leaves_the_machine(tmp_path: Path) -> None:
    """In a network that reaches nothing, pages are coloured as ever: the program needs nobody."""
    page = tmp_path / "page.png"
    page.write_bytes(as_file(comic_page()))
    weights = str(tiny_weights(tmp_path))
    server = [*COMMAND, "--port", "0", "--data", str(tmp_path / "data"), "--weights", weights]
    command = [*ALONE, sys.executable, "-c", SERVING_ALONE, ASKING, str(page), *server]
    unreachable = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    alone = subprocess.run(
        [*ALONE, sys.executable, "-c", unreachable], check=False, capture_output=True, text=True, timeout=60
    )
    assert "Network is unreachable" in alone.stderr
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=200, env=ENVIRONMENT, cwd=tmp_path
    )
    assert done.stdout == "200 image/png", done.stderr


def run(*arguments: str) -> object:
    """The exception that the command ends with."""
    return CliRunner().invoke(cli, ["serve", *arguments], env=dict.fromkeys(["MANGACOLOR_TOKEN"])).exception


def test_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--data", str(tmp_path))
    error = run("--host", "0.0.0.0", *data)
    assert isinstance(error, UsageError) and "--token" in error.remedy
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = run("--port", str(port), *data)
        assert isinstance(error, SetupError) and f"127.0.0.1:{port}: cannot be listened on" in error.message
    error = run("--host", "no.such.host.invalid", "--token", "x", *data)
    assert isinstance(error, SetupError)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    from mangacolor.commands.serve import serve

    error = CliRunner().invoke(serve, [*data]).exception
    assert isinstance(error, SetupError)
    assert (
        error.message == "serve needs packages that are not installed: starlette, uvicorn, python_multipart"
    )
    assert install_command("serve") in error.remedy


def test_a_data_folder_has_one_server(tmp_path: Path) -> None:
    with served(tmp_path / "data"):
        second = subprocess.run(
            [*COMMAND, "--port", "0", "--data", str(tmp_path / "data")],
            check=False,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=60,
        )
    assert second.returncode == 3
    assert "another mangacolor serve has it" in second.stderr


def test_weights_that_are_none_end_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nothing")
    done = subprocess.run(
        [*COMMAND, "--port", "0", "--data", str(tmp_path / "data"), "--weights", str(broken)],
        check=False,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=100,
    )
    assert done.returncode == 3
    assert "broken.safetensors" in done.stderr and "Traceback" not in done.stderr


HELP = """
import json, sys
from mangacolor.cli import main
try:
    main(["serve", "--help"])
except SystemExit:
    print(json.dumps([name for name in ("torch", "cv2", "starlette", "uvicorn") if name in sys.modules]))
"""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], check=True, capture_output=True, text=True, cwd=ROOT)
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert "--allow-origin" in done.stdout
