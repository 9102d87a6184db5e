"""What a change would cover is seen before it has a colour, on every page, and the way there is a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_window import Window

PAGE = PAGES[0]
HAIR = (0.22, 0.86)
CLOTH = "#2f7d6b"
LIKENESS = "0.4"  # from which the hair is on all three pages


@pytest.fixture
def picked(window: Window) -> Window:
    """A window with something picked that is on several pages, and no colour chosen."""
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.click_at(PAGE, *HAIR)
    reach_further(window)
    window.page.mouse.move(*window.place(PAGE, 0.5, 0.01))
    return window


def reach_further(window: Window) -> None:
    """Pick what is less like it, too; not before the first answer is there, so that the last one is meant."""
    window.until(lambda: bool(pages_of(window)), "what is like it")
    at_first = sum(pages_of(window).values())
    window.page.fill("#tab-colour .likeness input", LIKENESS)
    window.until(lambda: sum(pages_of(window).values()) > at_first, "what is less like it")


def pages_of(window: Window) -> dict[str, int]:
    cover = window.state("cover")
    return dict(cover["pages"]) if cover else {}


def badges(window: Window) -> dict[str, int]:
    """What the thumbnails say."""
    marks = window.page.locator(".thumb-covered:not([hidden])")
    found: list[tuple[str, str]] = marks.evaluate_all(
        "(all) => all.map((one) => [one.closest('li').dataset.page, one.dataset.covered])"
    )
    return {page: int(number) for page, number in found}


def test_thumbnails_say_how_much_and_keys_lead_there(picked: Window) -> None:
    pages = pages_of(picked)
    picked.until(lambda: badges(picked) == pages, "the thumbnails")
    named = picked.page.locator(f'#strip li[data-page="{PAGE}"] button').get_attribute("aria-label")
    assert f"{pages[PAGE]} surface" in str(named)
    seen = [PAGE]
    while len(seen) <= len(pages):
        picked.press("n")
        picked.until(lambda: picked.state("page") != seen[-1], "another page")
        seen.append(picked.state("page"))
        assert f"of {len(pages)} pages" in picked.status
    assert seen[-1] == PAGE and set(seen) == set(pages)  # all of them, and round again
    picked.page.get_by_role("button", name="The page before that this covers").click()
    picked.until(lambda: picked.state("page") == seen[-2], "the page before")
    assert picked.state("draft")["at"][0] == PAGE  # what was picked is picked still
    picked.press("Escape")
    picked.until(lambda: badges(picked) == {}, "the marks to go")


def test_it_is_hatched_on_other_pages_too_until_it_has_a_colour(picked: Window) -> None:
    for keys in ((), ("n",)):
        picked.press(*keys)
        page = picked.state("page")
        picked.wait_for_surfaces(page)
        picked.until(lambda: hatched(picked) > 50, f"the hatching on {page}")
    picked.choose_colour(CLOTH)
    picked.until(lambda: picked.state("draft")["edit"] is not None, "the change to be saved")
    picked.until(lambda: hatched(picked) == 0, "the colour to be seen")
    picked.choose("Not this")
    picked.until(lambda: hatched(picked) > 50, "the hatching while it is said what is meant")
    picked.press("Escape", "Control+z")
    picked.until(lambda: not picked.state("chapter")["palette"]["edits"], "the undo")
    picked.wait_for_rest()


# How many pixels over the page are of the hatching's light half: it is less than opaque, unlike all lines.
HATCHED = """() => {
  const canvas = document.getElementById('overlay');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] === 215) count += 1;
  return count;
}"""


def hatched(window: Window) -> int:
    return int(window.page.evaluate(HATCHED))


def test_what_not_this_takes_away_is_told(open_window: Callable[..., Window]) -> None:
    window = open_window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    window.press("PageDown")
    window.wait_for_surfaces(PAGE)
    window.page.touchscreen.tap(*window.place(PAGE, *HAIR))
    reach_further(window)
    before = sum(pages_of(window).values())
    window.choose("Not this")
    window.page.evaluate(
        """async ([page, size]) => {
          const { addPoints } = await import('/static/js/colours/draft.js');
          const { askJson } = await import('/static/js/core/api.js');
          const { store } = await import('/static/js/core/state.js');
          const own = store.get().draft.number; // without which nothing would be left
          const line = [[0, Math.round(size[1] * 0.86)], [size[0] - 1, Math.round(size[1] * 0.86)]];
          const { surfaces } = await askJson('line', { body: { page, line } });
          addPoints('not', surfaces.filter((one) => one.number !== own).map(({ at }) => [page, ...at]));
        }""",
        [PAGE, next(one["size"] for one in window.state("chapter")["pages"] if one["name"] == PAGE)],
    )
    window.until(lambda: sum(pages_of(window).values()) < before, "less to be covered")
    told = window.page.locator(".reach .about", has_text="Without “Not this”")
    fewer = len(pages_of(window)) < window.state("cover")["unopposed"][1]
    assert window.state("cover")["unopposed"][0] == before
    window.until(lambda: (told.count() == 1) == fewer, "what is said of it")


# Questions to an address wait in ``held`` until they are called, whatever becomes of them meanwhile.
HOLD = """(path) => {
  const ask = window.fetch;
  window.held = [];
  window.fetch = (what, init) =>
    String(what).includes(path)
      ? new Promise((done) =>
          held.push(() => {
            const answer = ask(what, { ...init, signal: undefined });
            done(answer);
            return answer;
          }),
        )
      : ask(what, init);
}"""
DRAFT = "const { changeDraft, setColour } = await import('/static/js/colours/draft.js');"


def wait_for_question(window: Window) -> None:
    window.until(lambda: window.page.evaluate("held.length") > 0, "the question")


def test_a_page_is_painted_while_a_colour_is_dragged_on_and_not_for_what_is_picked_next(
    picked: Window,
) -> None:
    preview = picked.page.locator(f'.page[data-page="{PAGE}"] img').nth(2)
    picked.page.evaluate(HOLD, "/api/paint")
    picked.page.evaluate(f"async () => {{ {DRAFT} setColour('{CLOTH}', false); }}")
    wait_for_question(picked)
    picked.page.evaluate(f"async () => {{ {DRAFT} setColour('#c0392b', false); }}")
    picked.until(lambda: picked.state("draft")["colour"] == "#c0392b", "the next colour")
    assert picked.page.evaluate("held.length") == 1
    picked.page.evaluate("held.shift()()")  # though another is wanted by now
    preview.wait_for(state="visible")
    wait_for_question(picked)
    picked.click_at(PAGE, 0.5, 0.2)
    preview.wait_for(state="hidden")
    picked.page.evaluate("held.shift()()")
    with picked.page.expect_response("**/api/cover*"):
        picked.choose("Page")
    assert not preview.is_visible() and picked.page.evaluate("held.length") == 0


def test_what_a_change_covers_is_not_told_of_the_one_picked_next(picked: Window) -> None:
    picked.page.evaluate(HOLD, "/api/cover")
    picked.page.evaluate(f"async () => {{ {DRAFT} changeDraft({{ reach: 'page' }}, false); }}")
    wait_for_question(picked)
    told = picked.page.evaluate(
        """async () => {
          const { store } = await import('/static/js/core/state.js');
          const { draft } = store.get();
          const later = window.setTimeout;
          window.setTimeout = () => 0; // the next question, which would take the place of this one
          store.set({ draft: { ...draft, at: [draft.page, 1, 1] }, cover: null });
          await Promise.resolve();
          window.setTimeout = later;
          await held.shift()();
          await new Promise((done) => setTimeout(done, 300)); // it is read
          return store.get().cover;
        }"""
    )
    assert told is None


def test_a_change_is_seen_on_its_pages_before_a_run_has_made_them(picked: Window) -> None:
    chapter = picked.state("chapter")
    row = next(page for page in chapter["pages"] if page["name"] == PAGE)
    done = {"palette": chapter["palette"], "look": chapter["look"], "changes": [], "touched": []}
    answer = {**done, "rows": [{**row, "stale": True, "stamp": f"{row['stamp']}-new"}]}
    picked.page.route("**/api/palette*", lambda route: route.fulfill(json=answer))
    with picked.page.expect_request("**/api/pictures/page*-new*"):
        picked.choose_colour(CLOTH)
    thumbnail = picked.page.locator(f'#strip li[data-page="{PAGE}"] img')
    assert "-new" not in str(thumbnail.get_attribute("src"))  # it shows the file, which is the same
    own, preview = (picked.page.locator(f'.page[data-page="{PAGE}"] img').nth(at) for at in (1, 2))
    picked.until(lambda: "-new" in str(own.get_attribute("src")), "the page's own picture")
    picked.page.evaluate(f"async () => {{ {DRAFT} setColour('#c0392b', false); }}")
    preview.wait_for(state="visible")
    picked.press("Escape")  # what is not saved is not to be seen, though no run has made the page yet
    preview.wait_for(state="hidden")
