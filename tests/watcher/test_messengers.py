"""Who wants to know: a program after each chapter, Komga and Kavita, and that none of them is forgotten."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.pipeline.events import RunResult
from mangacolor.tests.helpers.fake_stages import write_page
from mangacolor.tests.helpers.watching import Watching, wait_until
from mangacolor.watcher.events import ChapterColoured, Notified
from mangacolor.watcher.telling import messengers, then
from mangacolor.watcher.telling.libraries import LibraryError, find_servers
from mangacolor.watcher.telling.then import run_command, split_command

KEY = "very-secret-key"


class Library:
    """A fake Komga and Kavita in one: notes each request, and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str | None]] = []
        self.status = 200
        self.body: bytes | None = None
        library = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer([{"id": "0AB", "name": "Manga"}, {"id": "0CD", "name": "More"}])

            def do_POST(self) -> None:
                self._answer({"token": "short-lived"} if "authenticate" in self.path else None)

            def _answer(self, document: object) -> None:
                key = self.headers.get("X-API-Key") or self.headers.get("Authorization")
                library.requests.append((self.command, self.path, key))
                body = b"" if document is None else json.dumps(document).encode()
                body = body if library.body is None else library.body
                self.send_response(library.status)
                if library.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    library = Library()
    thread = threading.Thread(target=library.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("MANGACOLOR_KOMGA_TOKEN", KEY)
    monkeypatch.setenv("MANGACOLOR_KAVITA_TOKEN", KEY)
    yield library
    library.server.shutdown()
    library.server.server_close()
    thread.join()


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


@pytest.fixture
def noting(tmp_path: Path) -> tuple[str, Path]:
    """A command that writes its arguments to a file, and that file."""
    script, notes = tmp_path / "note it.py", tmp_path / "notes"
    script.write_text(
        "import os, sys\nprint('heard', sys.argv[1:])\n"
        "line = repr((sys.argv[1:], 'MANGACOLOR_KOMGA_TOKEN' in os.environ))\n"
        "line = repr((sys.argv[1:], 'MANGACOLOR_KOMGA_TOKEN' in os.environ))\n"
        f"open({str(notes)!r}, 'a').write(line + '\\n')"
    )
    return f"{sys.executable} '{script}' --flag", notes


# -- --then


def test_a_program_gets_the_path_of_each_result(
    watched: Watching, noting: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANGACOLOR_KOMGA_TOKEN", KEY)
    command, notes = noting
    watched.chapter("a $(touch oops); b", 1)
    write_page(watched.source / "loose.png", 2)
    watched.once(then=command)
    heard = [eval(line) for line in notes.read_text().splitlines()]
    assert sorted(heard) == [
        (["--flag", str(watched.out)], False),
        (["--flag", str(watched.out / "a $(touch oops); b")], False),
    ], "one word, no shell, and no key in its environment"
    assert [event.error for event in watched.of(Notified)] == ["", ""]
    notes.unlink()
    watched.once(then=command)
    assert not notes.exists()


def test_a_program_that_fails_is_told_and_nothing_more(watched: Watching) -> None:
    watched.chapter("a", 1)
    watched.chapter("b", 2)
    assert watched.once(then=f"{sys.executable} -c 'raise SystemExit(7)'") == 0
    told = watched.of(Notified)
    assert [(event.to, event.chapter, event.error) for event in told] == [
        ("then", "a", "exit status 7"),
        ("then", "b", "exit status 7"),
    ]
    assert all(event.remedy for event in told)
    assert len(watched.of(ChapterColoured)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="makes a file whose name holds a backslash")
def test_a_path_of_windows_keeps_its_backslashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "nt")
    tool = tmp_path / "my tools\\tell.exe"
    tool.touch(0o755)
    assert split_command(f'"{tool}" --to "the phone"') == (str(tool), "--to", "the phone")


@pytest.mark.parametrize("name", ["tell.bat", "Tell.CMD"])
def test_no_batch_file_of_windows_gets_a_name_that_could_be_a_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / name
    tool.touch(0o755)
    assert split_command(str(tool)) == (str(tool),)
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "nt")
    with pytest.raises(UsageError, match="batch file") as refused:
        split_command(str(tool))
    assert "powershell" in refused.value.remedy


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(then, "LONGEST", 0.3)
    words = (sys.executable, "-c", "import time; time.sleep(60)")
    assert run_command(words, tmp_path, lambda: False) == "ended after 0.3 s"
    assert run_command(words, tmp_path, lambda: True) == "ended, since the watch ends"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see other processes")
@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "])
def test_what_it_began_is_ended_with_it_also_if_it_will_not_hear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: str
) -> None:
    monkeypatch.setattr(then, "_GRACE", 0.3)
    script = f'{deaf}sleep 60 & echo $! > "$0/child.part"; mv "$0/child.part" "$0/child"; wait; sleep 60'
    told = run_command(("sh", "-c", script), tmp_path, (tmp_path / "child").exists)
    assert told == "ended, since the watch ends"
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not is_alive(child), "its end")


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_hangs_keeps_the_next_chapter_waiting_no_longer_than_it_may(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(then, "LONGEST", 0.5)
    watched.chapter("a", 1)
    watched.chapter("b", 2)
    assert watched.once(then=f"{sys.executable} -c 'import time; time.sleep(60)'") == 0
    assert [event.error for event in watched.of(Notified)] == ["ended after 0.5 s"] * 2
    assert len(watched.of(ChapterColoured)) == 2
    watched.once(then="true")
    assert watched.of(Notified) == [], "it is not told again of what it did not take"


def test_a_watch_that_is_stopped_does_not_wait_for_a_program_that_hangs(
    watched: Watching, tmp_path: Path
) -> None:
    watched.chapter("a", 1)
    began = tmp_path / "began"
    script = f"import time; open({str(began)!r}, 'w').close(); time.sleep(60)"
    (tmp_path / "then.py").write_text(script)
    with watched.alive(then=f"{sys.executable} {tmp_path / 'then.py'}"):
        wait_until(began.exists, "the program")
    assert [event.error for event in watched.of(Notified)] == ["ended, since the watch ends"]


@pytest.mark.parametrize("text", ["", "'unclosed", "no-such-program --flag"])
def test_a_command_that_cannot_be_run_is_refused_at_once(watched: Watching, text: str) -> None:
    watched.chapter("a", 1)
    with pytest.raises(UsageError, match="--then"):
        watched.once(then=text)
    assert not watched.out.exists()


def die_before_telling(watched: Watching, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of the watch that ends when a chapter is to be told of."""

    def die(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(messengers, "run_command", die)
        with pytest.raises(KeyboardInterrupt):
            watched.once(then=command)


def test_a_watch_that_dies_before_it_tells_tells_the_next_time(
    watched: Watching, noting: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    command, notes = noting
    watched.chapter("a", 1)
    die_before_telling(watched, command, monkeypatch)
    watched.once(then=command)
    assert watched.started == []
    assert len(notes.read_text().splitlines()) == 1


def test_of_a_chapter_that_has_gone_before_it_is_told_of_nothing_is_told(
    watched: Watching, noting: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be told of as all of OUT."""
    command, notes = noting
    page = watched.chapter("a", 1) / "001.png"
    die_before_telling(watched, command, monkeypatch)
    page.unlink()
    page.with_name("notes.txt").write_text("it is gone")
    watched.once(then=command)
    assert watched.started == ["a"] and not notes.exists()


def test_a_watch_that_dies_before_it_writes_down_tells_the_next_time(
    watched: Watching, noting: tuple[str, Path]
) -> None:
    command, notes = noting
    watched.chapter("a", 1)

    def die(event: object) -> None:
        if isinstance(event, RunResult):
            raise KeyboardInterrupt

    watched.listener = die
    with pytest.raises(KeyboardInterrupt):
        watched.once(then=command)
    watched.listener = lambda event: None
    watched.once(then=command)
    (coloured,) = watched.of(ChapterColoured)
    assert (coloured.done, coloured.cached) == (0, 1), "it was coloured, though nobody knew"
    assert len(notes.read_text().splitlines()) == 1


# -- Komga and Kavita


def test_komga_is_asked_to_scan_all_its_libraries(watched: Watching, library: Library) -> None:
    watched.chapter("a", 1)
    watched.chapter("b", 2)
    watched.once(komga=library.url)
    assert library.requests == [
        ("GET", "/api/v1/libraries", KEY),
        ("POST", "/api/v1/libraries/0AB/scan", KEY),
        ("POST", "/api/v1/libraries/0CD/scan", KEY),
    ], "once for both chapters"
    assert watched.of(Notified) == [Notified("komga", "")]
    library.requests.clear()
    watched.once(komga=library.url)
    assert library.requests == []


def test_one_library_is_named_by_its_address(watched: Watching, library: Library) -> None:
    watched.chapter("a", 1)
    watched.once(komga=f"{library.url}/base/libraries/0AB/series", kavita=f"{library.url}/library/3")
    paths = [path for _, path, _ in library.requests]
    assert paths == [
        "/base/api/v1/libraries/0AB/scan",
        f"/api/Plugin/authenticate?apiKey={KEY}&pluginName=mangacolor",
        "/api/Library/scan?libraryId=3",
    ]


def test_kavita_is_asked_with_a_token_of_its_own(watched: Watching, library: Library) -> None:
    watched.chapter("a", 1)
    watched.once(kavita=library.url)
    assert library.requests[1:] == [("POST", "/api/Library/scan-all", "Bearer short-lived")]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, None, "answers 401"),
        (500, None, "answers 500"),
        (302, None, "answers 302"),
        (200, b"<html>", "answers no JSON"),
        (200, b"[]", "shows no library"),
    ],
)
def test_a_server_that_refuses_is_told_and_asked_again(
    watched: Watching, library: Library, status: int, body: bytes | None, told: str
) -> None:
    library.status, library.body = status, body
    watched.chapter("a", 1)
    assert watched.once(komga=library.url) == 0
    (event,) = watched.of(Notified)
    assert told in event.error and event.remedy and event.retry_in == messengers.FIRST_RETRY
    assert KEY not in repr(watched.events)
    library.status, library.body = 200, None
    watched.once(komga=library.url)
    assert watched.started == []
    assert watched.of(Notified) == [Notified("komga", "")], "what is owed is not forgotten"


def test_a_server_that_comes_back_is_told(
    watched: Watching, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messengers, "FIRST_RETRY", 0.2)
    library.status = 503
    watched.chapter("a", 1)
    with watched.alive(settle=0, komga=library.url):
        watched.wait_for(Notified, 2)
        library.status = 200
        watched.chapter("b", 2)
        watched.wait_for(ChapterColoured, 2)
        watched.wait_for(Notified, 3)
    first, second = watched.of(Notified)[:2]
    assert (first.retry_in, second.retry_in) == (0.2, 0.4)
    assert watched.of(Notified)[-1].error == ""


def test_nobody_there_is_told_without_the_key(library: Library) -> None:
    library.server.server_close()
    (komga, kavita) = find_servers("http://127.0.0.1:9", "http://127.0.0.1:9")
    for server in (komga, kavita):
        with pytest.raises(LibraryError, match="does not answer") as caught:
            server.scan()
        assert KEY not in str(caught.value)
        assert caught.value.__cause__ is None
        assert KEY not in repr(server)


@pytest.mark.parametrize("url", ["localhost:25600", "ftp://x", "http://", "http://user:pass@host"])
def test_an_address_that_is_none_is_refused(library: Library, url: str) -> None:
    with pytest.raises(UsageError, match="--komga"):
        find_servers(url, None)


def test_a_missing_key_is_said_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANGACOLOR_KAVITA_TOKEN", raising=False)
    with pytest.raises(SetupError, match="MANGACOLOR_KAVITA_TOKEN is not set"):
        find_servers(None, "http://localhost:5000")
    assert "MANGACOLOR_KAVITA_TOKEN" not in os.environ
