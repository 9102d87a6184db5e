"""Documents for readers: links lead somewhere, guide and design tell what holds, named files are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.tests.helpers.house import project, python_files, shown
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.house.test_layers import BELOW

MAX_COLUMNS = 118  # of prose; tables, code and headings are as long as they are
CARD_LINES = 120
CARD_SECTIONS = [
    "Details",
    "Intended use",
    "Out of scope",
    "Training data",
    "Procedure",
    "Evaluation",
    "Limitations",
    "Licence",
]
FILES_OF_A_TASK = 5  # that a newcomer has to read
NOUNS = ["Chapter", "Page", "Panel", "Tile", "Artifact"]
# Words of a diary: what was done and given up belongs to docs/research.
DIARY = re.compile(
    r"\bbefore\)|\btried\b|\bwas dropped\b|\bno longer\b|\b(?:earlier|first) versions?\b|\bused to be\b",
    re.IGNORECASE,
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMED_FILE = re.compile(
    r"`((?:benchmarks|commands|core|docs|examples|formats|models|pipeline|server|stages|tests|training)/[\w./-]+)`"
)


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def texts_of_today() -> list[Path]:
    """Documents that say what holds now."""
    return [path for path in documents() if "research" not in path.parts]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines outside of code blocks."""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def links(path: Path) -> set[str]:
    """Targets of a document's links within the repository, as they are written."""
    text = "\n".join(line for _, line in prose(read(path)))
    return {target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)}


def target_of(path: Path, link: str) -> Path:
    return (path.parent / link.partition("#")[0]).resolve() if not link.startswith("#") else path


def anchors(path: Path) -> set[str]:
    """Of a document's headings, as GitHub makes them."""
    headings = [line.lstrip("# ") for _, line in prose(read(path)) if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = set()
    for link in links(path):
        target, _, anchor = target_of(path, link), *link.partition("#")[1:]
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.add(link)
    assert broken == set()


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        path = ahead.pop()
        reached.add(path)
        ahead += {target_of(path, link) for link in links(path) if ".md" in link} - reached
    assert {shown(path) for path in documents()} - {shown(path) for path in reached} == set()


def test_every_picture_is_shown_somewhere() -> None:
    used = {target_of(path, link) for path in documents() for link in links(path)}
    pictures = {
        path.resolve() for path in (ROOT / "docs").rglob("*") if path.is_file() and path.suffix != ".md"
    }
    assert pictures
    assert {shown(path) for path in pictures - used} == set()


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_lines_are_short(path: Path) -> None:
    rows = [(number, line) for number, line in prose(read(path)) if line[:1] not in ("|", "#")]
    long = [number for number, line in rows if len(line) > MAX_COLUMNS]
    assert long == []


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_steps_of_a_list_begin_their_lines(path: Path) -> None:
    assert [number for number, line in prose(read(path)) if re.search(r"\S \d\. \*\*", line)] == []


@pytest.mark.parametrize("path", texts_of_today(), ids=shown)
def test_what_holds_now_is_no_diary(path: Path) -> None:
    words = [(number, match[0]) for number, line in prose(read(path)) for match in DIARY.finditer(line)]
    assert words == []


@pytest.mark.parametrize("text", ["| a look (before) |", "Two were tried.", "It was dropped", "no longer so"])
def test_a_diary_is_noticed(text: str) -> None:
    assert DIARY.search(text)


@pytest.mark.parametrize("text", ["before any work", "tries slopes", "bytes are dropped from it"])
def test_a_description_is_let_be(text: str) -> None:
    assert not DIARY.search(text)


@pytest.mark.parametrize(
    "path", [path for path in texts_of_today() if path.name != "CONTRIBUTING.md"], ids=shown
)
def test_files_that_are_named_are_there(path: Path) -> None:
    """CONTRIBUTING names files that its readers make; its own test follows them."""
    assert {name for name in NAMED_FILE.findall(read(path)) if not (ROOT / name).exists()} == set()


def test_documents_that_code_names_are_there() -> None:
    named = {
        (shown(path), name)
        for path in python_files()
        if path != Path(__file__).resolve()
        for name in re.findall(r"(?<![\w./])docs/[\w/-]+\.md", read(path))
    }
    assert named
    assert {(path, name) for path, name in named if not (ROOT / name).exists()} == set()


def test_the_layers_are_drawn_as_they_are_guarded() -> None:
    text = read(ROOT / "docs/design/architecture.md")
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.+) \|$", section(text, "Layers"))
    told = {part: set(re.findall(r"`(\w+)`", others)) for part, others in rows}
    assert told == {part: others for part, others in BELOW.items() if part not in ("", "__main__")}


def test_every_package_has_a_paragraph() -> None:
    text = section(read(ROOT / "docs/design/architecture.md"), "The packages")
    names = [
        name.removeprefix("mangacolor.").replace(".", "/")
        for name in project()["tool"]["setuptools"]["packages"]
    ]
    assert len(names) > 20
    assert [name for name in names if f"**`{name}`**" not in text and name != "mangacolor"] == []


def section(text: str, heading: str) -> str:
    _, _, rest = text.partition(f"\n## {heading}\n")
    assert rest, heading
    return rest.partition("\n## ")[0]


def test_the_model_card_has_the_sections_of_a_model_card() -> None:
    text = read(ROOT / "docs/model-card.md")
    assert re.findall(r"(?m)^## (.+)$", text) == CARD_SECTIONS
    assert len(text.splitlines()) <= CARD_LINES


def test_a_newcomer_reads_few_files() -> None:
    _, *tasks = read(ROOT / "docs/design/newcomer.md").split("\n## ")
    assert len(tasks) == 4
    for task in tasks:
        files = {name for name in re.findall(r"`([\w/]+\.(?:py|md))`", task) if not name.startswith("tests/")}
        assert 1 <= len(files) <= FILES_OF_A_TASK, task.partition("\n")[0]


def test_the_glossary_begins_with_the_five_nouns() -> None:
    terms = re.findall(r"(?m)^\*\*([^*]+)\*\*", read(ROOT / "docs/glossary.md"))
    assert terms[:5] == NOUNS
    assert len(terms) >= 25


def test_the_readme_installs_before_it_runs() -> None:
    text = read(ROOT / "README.md")
    assert (
        text.index("make demo") < text.index("make test") < text.index("mangacolor chapter/ --out colored/")
    )
    assert "make test" in read(ROOT / ".ci/run")
