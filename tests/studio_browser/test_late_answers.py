"""Answers that come late, or in another order: nothing that has been shown or chosen since is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import PAGES, Studio
from mangacolor.tests.helpers.studio_window import Window

PAGE = PAGES[0]
HAIR, SKY = (0.22, 0.86), (0.5, 0.2)  # shares of the page's sides
RED, BLUE = "#d01c2a", "#2040c8"

Hold = Callable[[str], "Held"]


class Held:
    """Requests to an address of the studio that wait until they are let go."""

    def __init__(self, window: Window, path: str) -> None:
        self.routes: list[Any] = []
        self._window, self._path, self._is_open = window, path, False

        def hold(route: Any) -> None:
            if self._is_open:
                route.continue_()
            else:
                self.routes.append(route)

        window.page.route(f"**/api/{path}*", hold)

    def wait_for(self, count: int) -> None:
        self._window.until(lambda: len(self.routes) >= count, f"{count} questions: {self._path}")

    def let_go(self) -> None:
        """Those that wait, and all that come from here on."""
        self._is_open = True
        while self.routes:
            self.routes.pop(0).continue_()


@pytest.fixture
def hold(window: Window) -> Iterator[Hold]:
    """Holds questions of the window; at the end all are let go."""
    held: list[Held] = []

    def begin(path: str) -> Held:
        held.append(Held(window, path))
        return held[-1]

    yield begin
    for one in held:
        one.let_go()


# Counts the answers that scripts have read, by path, each once all that it does at once is done.
COUNT_READ = """() => {
  if (window.answersRead) return;
  window.answersRead = {};
  const { json } = Response.prototype;
  Response.prototype.json = async function () {
    const told = await json.call(this);
    const path = new URL(this.url).pathname;
    setTimeout(() => (window.answersRead[path] = (window.answersRead[path] ?? 0) + 1));
    return told;
  };
}"""


def see_read(window: Window, path: str, answer: Callable[[], None]) -> None:
    """Have a question answered, and wait until the window has done with the answer whatever it does."""
    window.page.evaluate(COUNT_READ)

    def count() -> int:
        return int(window.page.evaluate("(path) => window.answersRead[path] ?? 0", f"/api/{path}"))

    before = count()
    answer()
    window.until(lambda: count() > before, f"the answer to be read: {path}")


@pytest.fixture
def picked(window: Window) -> Iterator[Window]:
    """A window with the hair picked; afterwards nothing is changed."""
    window.pick(PAGE, *HAIR)
    yield window
    window.press("Escape")
    while log(window):
        window.press("Control+z")
        window.page.evaluate("async () => (await import('/static/js/colours/commit.js')).settled()")
    window.wait_for_rest()


def log(window: Window) -> list[Any]:
    return list(window.state("chapter")["palette"]["log"])


def edits(window: Window) -> list[str]:
    """The colours of the edits that a window knows."""
    return [edit["colour"] for edit in window.state("chapter")["palette"]["edits"]]


def ask_again(window: Window) -> None:
    """Have the chapter asked for, as when something has been told."""
    window.page.evaluate("async () => void (await import('/static/js/core/chapter.js')).fetchChapter()")


def saved(window: Window) -> str:
    """The edit that what is picked has become."""
    window.until(lambda: bool((window.state("draft") or {}).get("edit")), "the change to be saved")
    return str(window.state("draft")["edit"])


def test_a_chapter_from_before_a_change_does_not_take_it_back(
    picked: Window, studio: Studio, hold: Hold
) -> None:
    before = studio.ask("chapter").json()
    asked = hold("chapter")
    ask_again(picked)
    asked.wait_for(1)
    picked.choose_colour(RED)
    edit = saved(picked)
    asked.routes.pop(0).fulfill(json=before)
    asked.wait_for(1)  # since that answer was an old one it is asked for again
    assert edits(picked) == [RED] and picked.state("draft")["edit"] == edit
    asked.let_go()


def test_what_is_as_it_was_is_not_made_anew(window: Window) -> None:
    """Who is about to press a button presses that one, whatever the studio asks for meanwhile."""
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.click_at(PAGE, *HAIR)
    window.page.locator(".presets button").first.focus()
    same = window.page.evaluate(
        """async () => {
          const { fetchChapter } = await import('/static/js/core/chapter.js');
          const { store } = await import('/static/js/core/state.js');
          const { chapter } = store.get();
          await fetchChapter();
          await fetchChapter();
          const now = store.get().chapter;
          return now !== chapter && Object.keys(chapter).every((part) => now[part] === chapter[part]);
        }"""
    )
    assert same and window.page.locator(".presets button").first.evaluate("one => one.matches(':focus')")


def test_what_runs_do_is_told_and_no_late_answer_says_otherwise(window: Window) -> None:
    told = {**window.state("chapter")["run"], "state": "running", "of": 3}
    window.page.route("**/api/run*", lambda route: route.fulfill(json={**told, "state": "idle"}))
    window.page.evaluate(
        """async (run) => {
          const { showNews } = await import('/static/js/core/chapter.js');
          const bar = await import('/static/js/run/bar.js');
          showNews({ run });
          await bar.run({});
        }""",
        told,
    )
    assert window.state("chapter")["run"]["state"] == "running"


def test_what_was_turned_stays_while_it_is_saved(picked: Window, hold: Hold) -> None:
    saturation, warmth = (
        picked.page.get_by_label(f"{part} of the chapter") for part in ("Saturation", "Warmth")
    )
    picked.page.click("#to-groups")
    asked = hold("palette")
    saturation.fill("0.2")
    asked.wait_for(1)
    picked.page.evaluate("async () => (await import('/static/js/core/chapter.js')).fetchChapter()")
    assert saturation.input_value() == "0.2"
    warmth.fill("0.4")
    asked.let_go()
    wanted = {"saturation": 0.2, "warmth": 0.4}
    picked.until(lambda: picked.state("chapter")["look"] == wanted, "both to be saved")
    assert saturation.input_value() == "0.2" and warmth.input_value() == "0.4"


def test_who_clicks_twice_takes_back_once(picked: Window, hold: Hold) -> None:
    picked.choose_colour(RED)
    edit = saved(picked)
    picked.page.click("#to-history")
    asked = hold("palette")
    button = picked.page.get_by_label(f"Take {edit} back")
    button.click()
    button.click()
    asked.wait_for(1)
    asked.let_go()
    picked.until(lambda: "done already" in picked.status, "what became of the second click")
    assert edits(picked) == [] and not picked.page.locator(".notice").count()


def test_a_colour_for_what_is_being_taken_back_is_no_error(picked: Window, hold: Hold) -> None:
    picked.choose_colour(RED)
    saved(picked)
    asked = hold("palette")
    picked.page.click("#undo")
    picked.choose_colour(BLUE)
    asked.wait_for(1)
    asked.let_go()
    picked.until(lambda: "taken back" in picked.status, "what became of the colour")
    assert edits(picked) == [] and not picked.page.locator(".notice").count()


def test_surfaces_that_were_asked_for_earlier_do_not_come_over_later_ones(window: Window, hold: Hold) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    asked = hold("surfaces")
    turn_to = """async (revision) => {
      const { showNews } = await import('/static/js/core/chapter.js');
      const { store } = await import('/static/js/core/state.js');
      showNews({ palette: { ...store.get().chapter.palette, revision } });
    }"""
    first_colour = f"""async () =>
      (await import('/static/js/pages/known_surfaces.js')).knownSurfaces('{PAGE}').surfaces[0].colour"""
    for count, revision in enumerate(("earlier", "later"), 1):
        window.page.evaluate(turn_to, revision)
        asked.wait_for(count)
    earlier, later = asked.routes
    asked.routes.clear()
    told = later.fetch().json()
    for route, colour in ((later, RED), (earlier, BLUE)):
        first, *others = told["surfaces"]
        answer = {**told, "surfaces": [{**first, "colour": colour}, *others]}
        # The map of numbers is there already.
        see_read(window, "surfaces", partial(route.fulfill, json=answer))
    assert window.page.evaluate(first_colour) == RED


def test_what_is_under_the_pointer_by_now_is_not_what_a_click_covers(picked: Window, hold: Hold) -> None:
    picked.until(lambda: picked.state("cover") is not None, "the first answer")
    asked = hold("cover")
    picked.click_at(PAGE, *SKY, "Alt")
    asked.wait_for(1)
    picked.page.mouse.move(*picked.place(PAGE, 0.5, 0.01))
    picked.page.mouse.move(*picked.place(PAGE, *SKY))
    picked.until(lambda: picked.status == "A click takes this point away.", "what a click would do")
    see_read(picked, "cover", asked.let_go)
    assert picked.status == "A click takes this point away."
    picked.page.mouse.move(0, 0)
    picked.choose("Page")
    picked.until(lambda: picked.status.startswith("Would change"), "what is asked for then")


def test_what_a_run_could_not_tell_is_asked_again_whatever_the_colour_is_by_then(
    window: Window, hold: Hold
) -> None:
    asked = hold("cover")
    window.pick(PAGE, *HAIR)
    asked.wait_for(1)
    window.page.evaluate(
        f"async () => (await import('/static/js/colours/draft.js')).setColour('{RED}', false)"
    )
    with window.page.expect_response("**/api/cover*"):
        asked.routes.pop().fulfill(status=204)
    asked.let_go()
    window.until(lambda: window.state("cover") is not None, "what it covers")
    window.press("Escape")


def test_a_click_beside_all_surfaces_while_the_page_is_made_is_no_error(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.page.route("**/api/surface*", lambda route: route.fulfill(status=204))
    window.page.evaluate(
        f"""async () => {{
          const {{ knownSurfaces }} = await import('/static/js/pages/known_surfaces.js');
          knownSurfaces('{PAGE}').map.numbers.fill(0);
        }}"""
    )
    window.click_at(PAGE, *HAIR)
    window.until(lambda: window.status == "This page is being coloured.", "why there is nothing")
    assert not window.page.locator(".notice").count()


# What a frame of a page is told and given, one after the other; it ends with what is seen of it.
FRAME = """async ([name, steps]) => {
  const { frameOf } = await import('/static/js/pages/stage.js');
  const { pictureAddress } = await import('/static/js/core/api.js');
  const frame = frameOf(name);
  const own = frame.page;
  const other = { ...own, stale: true, stamp: `${own.stamp}-other` };
  const blob = await (await fetch(frame.after.src)).blob();
  const acts = {
    preview: () => frame.showPreview(blob),
    coming: () => void frame.showPreview(blob),
    dropped: () => frame.dropPreview(),
    changed: () => frame.update({ ...own, stale: true }),
    other: () => frame.update(other),
    own: () => frame.update(own),
    time: async () => {
      for (const src of [pictureAddress('page', other, frame.side), URL.createObjectURL(blob)]) {
        const image = new Image();
        image.src = src;
        await image.decode();
      }
      await new Promise((done) => setTimeout(done, 50));
    },
  };
  const before = frame.after.getAttribute('src');
  for (const step of steps) await acts[step]();
  return { isOwn: frame.after.getAttribute('src') === before, preview: !frame.preview.hidden };
}"""


@pytest.mark.parametrize(
    "steps",
    [
        ("other", "own", "time"),  # a change that was taken back while its picture was on its way
        ("preview", "changed", "own"),  # one that was taken back before a run has shown it
        ("preview", "other", "own", "time"),
        ("coming", "dropped", "time"),  # a colour that was given up while its preview was on its way
    ],
)
def test_of_what_was_given_up_no_picture_stays(window: Window, steps: tuple[str, ...]) -> None:
    window.show(PAGE)
    assert window.page.evaluate(FRAME, [PAGE, steps]) == {"isOwn": True, "preview": False}


def test_a_preview_is_seen_until_the_picture_of_a_change_has_come(window: Window) -> None:
    window.show(PAGE)
    assert window.page.evaluate(FRAME, [PAGE, ("preview", "changed")]) == {"isOwn": True, "preview": True}
    assert window.page.evaluate(FRAME, [PAGE, ("other", "time")]) == {"isOwn": False, "preview": False}


@pytest.fixture
def room(window: Window) -> Window:
    """The panels' room of a page."""
    window.show(PAGE)
    window.press("p")
    window.until(lambda: len(drawn(window)) > 0, "the panels")
    return window


def drawn(window: Window) -> list[list[list[int]]]:
    shapes: list[list[list[int]]] = window.page.evaluate(
        "async () => (await import('/static/js/panels/sheet.js')).sheet.get().drawing.panels"
    )
    return shapes


LOAD = f"async () => void (await import('/static/js/panels/save.js')).loadPanels('{PAGE}')"


def test_panels_that_come_twice_do_not_take_back_what_was_drawn_since(room: Window, hold: Hold) -> None:
    asked = hold("panels")
    for count in (1, 2):
        room.page.evaluate(LOAD)
        asked.wait_for(count)
    first, last = asked.routes
    asked.routes.clear()
    last.continue_()
    room.until(lambda: len(drawn(room)) > 0, "the panels")
    room.press("n", "Shift+ArrowDown")
    moved = drawn(room)
    see_read(room, "panels", first.continue_)
    assert drawn(room) == moved
    room.page.click("#panels-discard")


def test_panels_as_found_are_fetched_once_the_page_is_up_to_date(room: Window, hold: Hold) -> None:
    """Whether the answer comes first or the word that the page is stale."""
    asked = hold("panels")
    room.page.evaluate("async () => void (await import('/static/js/panels/save.js')).forgetPanels()")
    asked.wait_for(1)
    asked.routes.pop().fulfill(json={"panels": []})
    room.until(lambda: "As found" in room.status, "the answer")
    for change in ("{ stale: true, stamp: 'corrected' }", "{ stale: false, stamp: 'found' }"):
        assert asked.routes == []
        room.page.evaluate(
            f"""async () => {{
              const {{ showNews }} = await import('/static/js/core/chapter.js');
              const {{ pagesWith, pageNamed, store }} = await import('/static/js/core/state.js');
              showNews({{ pages: pagesWith({{ ...pageNamed(store.get(), '{PAGE}'), ...{change} }}) }});
              await fetch('/api/colour?text=red'); // whatever was asked for before has been seen by then
            }}"""
        )
    asked.wait_for(1)
    asked.let_go()


def test_groups_chosen_while_others_wait_to_be_merged_are_not_merged_with_them(window: Window) -> None:
    window.expected = ("ERR_",)
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.page.click("#to-groups")
    boxes = window.page.locator("#groups .groups input")
    for box in (0, 1):
        boxes.nth(box).check()
    both = "(one) => { one.click(); document.querySelectorAll('#groups .groups input')[2].click(); }"
    window.page.route("**/api/palette*", lambda route: route.abort())
    with window.page.expect_request("**/api/palette*") as sent:
        window.page.get_by_role("button", name="Merge 2").evaluate(both)
    assert len(sent.value.post_data_json["wishes"]["merge"]) == 2
