/** The top bar: which page, how large, and from where to where keys lead. */

import { find } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { remember } from "../core/preferences.js";
import { pageNamed, pagesOf, store } from "../core/state.js";
import { toggleCompare } from "../pages/compare.js";
import { flipByKey } from "../pages/flip.js";
import { pageBeside } from "../pages/reading.js";
import { moveBy, zoomBy, zoomExactly } from "../pages/stage.js";

const STEP = 1.25; // zoom, a press of a key
const PART = "Pages";

/** @param {number} step  in reading order */
function goBeside(step) {
  const state = store.get();
  const page = pageBeside(pagesOf(state), state.page, step, state.double);
  if (page) store.set({ page, hover: null });
}

/** @param {number} side  −1 for the page on the left */
function goSideways(side) {
  goBeside(store.get().chapter?.direction === "ltr" ? side : -side);
}

export function startBar() {
  find("page-left").addEventListener("click", () => goSideways(-1));
  find("page-right").addEventListener("click", () => goSideways(1));
  find("zoom-in").addEventListener("click", () => zoomBy(STEP));
  find("zoom-out").addEventListener("click", () => zoomBy(1 / STEP));
  find("fit-page").addEventListener("click", () => store.set({ fit: "page" }));
  find("fit-width").addEventListener("click", () => store.set({ fit: "width" }));
  find("zoom-value").addEventListener("click", () => zoomExactly(1));
  find("double").addEventListener("click", toggleDouble);
  find("compare").addEventListener("click", toggleCompare);
  bindKeys();

  store.watch(
    (state) => [state.chapter?.chapter, state.chapter?.out],
    () => {
      const { chapter } = store.get();
      if (!chapter) return;
      find("out").textContent = chapter.out.split(/[\\/]/).filter(Boolean).at(-1) ?? chapter.out;
      find("out").title = chapter.out;
      document.title = `${chapter.chapter === "." ? chapter.out : chapter.chapter} · mangacolor studio`;
    },
  );
  store.watch(
    (state) => [state.page, state.chapter?.pages, state.double],
    () => showPlace(),
  );
  store.watch(
    (state) => [state.zoom, state.fit],
    () => {
      const { zoom, fit } = store.get();
      find("zoom-value").textContent = `${Math.round(100 * zoom)} %`;
      for (const one of ["page", "width"])
        find(`fit-${one}`).setAttribute("aria-pressed", String(fit === one));
    },
  );
  store.watch(
    (state) => [state.double, state.compare],
    () => {
      const { double, compare } = store.get();
      find("double").setAttribute("aria-pressed", String(double));
      find("compare").setAttribute("aria-pressed", String(compare !== null));
    },
  );
}

function toggleDouble() {
  const double = !store.get().double;
  store.set({ double });
  remember("double", double ? "yes" : "no");
}

function showPlace() {
  const state = store.get();
  const pages = pagesOf(state);
  const page = pageNamed(state, state.page);
  const ends = {
    onwards: !pageBeside(pages, state.page, 1, state.double),
    back: !pageBeside(pages, state.page, -1, state.double),
  };
  const isLtr = state.chapter?.direction === "ltr";
  find("page-place").textContent = page ? `${page.number} / ${pages.length}` : "";
  find("page-name").textContent = page?.name.split("/").at(-1) ?? "";
  for (const [id, onwards] of /** @type {[string, boolean][]} */ ([
    ["page-left", !isLtr],
    ["page-right", isLtr],
  ])) {
    const label = onwards ? "Next page" : "Page before";
    find(id).disabled = onwards ? ends.onwards : ends.back;
    find(id).setAttribute("aria-label", label);
    find(id).title = label;
  }
}

function bindKeys() {
  const isInColours = () => store.get().mode === "colours";
  const pages = () => pagesOf(store.get());
  bind(PART, ["ArrowLeft"], "the page on the left", () => goSideways(-1));
  bind(PART, ["ArrowRight"], "the page on the right", () => goSideways(1));
  bind(PART, ["PageDown", " "], "the next page in reading order", () => goBeside(1));
  bind(PART, ["PageUp"], "the page before", () => goBeside(-1));
  bind(PART, ["Home"], "the first page", () => store.set({ page: pages()[0]?.name ?? null }));
  bind(PART, ["End"], "the last page", () => store.set({ page: pages().at(-1)?.name ?? null }));
  bind(PART, ["+", "="], "larger", () => zoomBy(STEP));
  bind(PART, ["-"], "smaller", () => zoomBy(1 / STEP));
  bind(PART, ["f"], "fit the page", () => store.set({ fit: "page" }));
  bind(PART, ["w"], "fit the width", () => store.set({ fit: "width" }));
  bind(PART, ["0"], "100 %: a pixel of the scan is one of the screen", () => zoomExactly(1));
  bind(PART, ["ArrowUp"], "move up", () => moveBy(0, 80));
  bind(PART, ["ArrowDown"], "move down", () => moveBy(0, -80));
  bind(PART, ["d"], "two pages, or one", toggleDouble);
  bind(PART, ["s"], "before and after, with a line to drag", toggleCompare);
  bind(PART, ["b"], "the scan, and the page again; held, until let go", (key) => flipByKey("scan", key), isInColours);
  bind(PART, ["m"], "before my changes, and with them again; held, until let go", (key) => flipByKey("changes", key), isInColours);
  bind("Studio", ["p"], "panels and balloons, or colours", () =>
    find(store.get().mode === "panels" ? "mode-colours" : "mode-panels").click(),
  );
}
