/** The pages that the change which is open covers: how to get to them, and why they may be few. */

import { counted, make, signButton } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { say } from "../core/say.js";
import { pagesOf, store } from "../core/state.js";
import { countsIn } from "./cover.js";

/** @typedef {import("../core/types.js").State} State */

export function startCovered() {
  const isOpen = () => store.get().mode === "colours" && store.get().draft !== null;
  bind("Colours", ["n"], "to the next page that the open change covers", () => goOn(1), isOpen);
}

/** Pages with something of the open change, in reading order. @param {State} state */
function coveredPages(state) {
  const pages = (state.draft && state.cover?.pages) ?? {};
  return pagesOf(state).filter((page) => pages[page.name]);
}

/** Show the next of these pages, after the last one the first again. @param {1|-1} step */
function goOn(step) {
  const state = store.get();
  const covered = coveredPages(state);
  if (!covered.length) return say("This change covers nothing.");
  const all = pagesOf(state).map((page) => page.name);
  const here = all.indexOf(state.page ?? "");
  const places = covered.map((page) => all.indexOf(page.name));
  const beyond = step > 0 ? places.findIndex((at) => at > here) : places.findLastIndex((at) => at < here);
  const next = covered.at(beyond >= 0 ? beyond : step > 0 ? 0 : -1);
  if (!next) return;
  store.set({ page: next.name, hover: null });
  const own = counted(state.cover?.pages[next.name] ?? 0, "surface");
  say(`Page ${next.number}, ${covered.indexOf(next) + 1} of ${counted(covered.length, "page")}: ${own}.`);
}

/** The counts with the way to the pages. @param {HTMLElement} counts */
export function makeCovered(counts) {
  const ways = [
    signButton("up", "The page before that this covers", () => goOn(-1)),
    signButton("down", "The next page that this covers (N)", () => goOn(1)),
  ];
  const few = make("p.about");
  store.watch(
    (state) => [state.cover, state.page],
    () => {
      const state = store.get();
      const pages = coveredPages(state);
      const isElsewhere = pages.some((page) => page.name !== state.page);
      for (const way of ways) way.disabled = !isElsewhere;
      few.textContent = wordsOfFew(state, pages.length);
      few.hidden = !few.textContent;
    },
  );
  return make("div", {}, make("div.row.covered", {}, counts, ...ways), few);
}

/** That what is not meant takes pages away, where it does. @param {State} state @param {number} pages */
function wordsOfFew({ cover }, pages) {
  if (!cover?.unopposed || pages >= cover.unopposed[1]) return "";
  return (
    `Without “Not this” ${countsIn(...cover.unopposed)}: on further pages it leaves only what is far more ` +
    "like the points that are meant."
  );
}
