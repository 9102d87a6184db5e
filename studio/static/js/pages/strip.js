/** The strip of thumbnails: every page with what has become of it. Pictures are fetched as they come into sight. */

import { counted, drawSign, find, make } from "../core/dom.js";
import { pictureAddress } from "../core/api.js";
import { pagesOf, store } from "../core/state.js";
import { tryAgain } from "./frame.js";
import { pagesInSight } from "./reading.js";

/** @typedef {import("../core/types.js").Page} Page */

const NEAR = "300px"; // how far out of sight a thumbnail is fetched: one swipe
const STATES = {
  coloured: "",
  copied: "copied as it came",
  failed: "failed",
  waiting: "waiting",
  working: "being coloured",
};
const SIGNS = { coloured: "", copied: "copied", failed: "failed", waiting: "waiting", working: "working" };

/** @type {Map<string, {item: HTMLElement, image: HTMLImageElement, page: Page, near: boolean}>} */
const items = new Map();

/** @param {(page: string) => void} open */
export function startStrip(open) {
  const list = /** @type {HTMLElement} */ (find("strip-list"));
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const one = items.get(/** @type {HTMLElement} */ (entry.target).dataset.page ?? "");
        if (!one) continue;
        one.near = entry.isIntersecting;
        if (one.near) fetchPicture(one);
      }
    },
    { root: find("strip"), rootMargin: NEAR },
  );

  store.watch(
    (state) => state.chapter?.pages,
    () => fill(list, watch, open),
  );
  store.watch(
    (state) => state.connected,
    (connected) => connected && items.forEach(({ image }) => tryAgain(image)),
  );
  store.watch(
    (state) => [state.page, state.double],
    () => markCurrent(),
  );
  store.watch(
    (state) => state.draft && state.cover,
    () => items.forEach(describe),
  );
}

/** @param {HTMLElement} list @param {IntersectionObserver} watch @param {(page: string) => void} open */
function fill(list, watch, open) {
  const pages = pagesOf(store.get());
  const names = pages.map((page) => page.name);
  const same = names.length === items.size && [...items.keys()].every((name, at) => name === names[at]);
  if (!same) {
    watch.disconnect();
    items.clear();
    for (const page of pages) items.set(page.name, makeItem(page, open));
    list.replaceChildren(...[...items.values()].map((one) => one.item));
    for (const one of items.values()) watch.observe(one.item);
    markCurrent();
    return;
  }
  for (const page of pages) {
    const one = items.get(page.name);
    if (!one || one.page === page) continue;
    one.page = page;
    describe(one);
    if (one.near) fetchPicture(one);
  }
}

/** @param {Page} page @param {(page: string) => void} open */
function makeItem(page, open) {
  const image = make("img", { alt: "", draggable: "false", decoding: "async", fetchpriority: "low" });
  image.addEventListener("load", () => delete image.dataset.there);
  image.addEventListener("error", () => (image.dataset.there = "false"));
  const button = make(
    "button.thumb",
    { onclick: () => open(page.name) },
    make("span.thumb-picture", {}, image, make("span.thumb-missing", { "aria-hidden": "true" }, drawSign("failed"))),
    make("span.thumb-covered", { "aria-hidden": "true", hidden: true }),
    make("span.thumb-label"),
  );
  const item = make("li", { "data-page": page.name }, button);
  const one = { item, image, page, near: false };
  describe(one);
  return one;
}

/** @param {{item: HTMLElement, image: HTMLImageElement, page: Page}} one */
function describe({ item, image, page }) {
  item.dataset.state = page.state;
  item.dataset.stale = String(page.stale);
  item.dataset.colours = String(page.has_colours);
  const covered = coveredOn(page.name);
  const told = [
    STATES[page.state],
    page.stale ? "changes to be run" : "",
    page.note,
    covered ? `${counted(covered, "surface")} of this change` : "",
  ].filter(Boolean);
  const button = /** @type {HTMLElement} */ (item.firstElementChild);
  button.setAttribute("aria-label", [`Page ${page.number}`, ...told].join(", "));
  button.title = [page.name, ...told].join("\n");
  const sign = page.stale && page.state === "coloured" ? "stale" : SIGNS[page.state];
  const label = /** @type {HTMLElement} */ (button.querySelector(".thumb-label"));
  label.replaceChildren(String(page.number), ...(sign ? [drawSign(sign)] : []));
  const badge = /** @type {HTMLElement} */ (button.querySelector(".thumb-covered"));
  badge.hidden = !covered;
  badge.dataset.covered = String(covered); // drawn and not written, too
  const missing = /** @type {HTMLElement} */ (button.querySelector(".thumb-missing"));
  missing.dataset.why = reasonOf(page); // drawn and not written: the button's name has it already
  if (page.size) image.style.aspectRatio = `${page.size[0]} / ${page.size[1]}`;
}

/** How many surfaces of a page the change covers that is open. @param {string} name */
function coveredOn(name) {
  const { draft, cover } = store.get();
  return (draft && cover?.pages[name]) || 0;
}

/** Why a page failed, without the place of its file: its number stands below. @param {Page} page */
function reasonOf({ name, note }) {
  const file = `${name.split("/").at(-1)}: `;
  return note.includes(file) ? note.slice(note.indexOf(file) + file.length) : note;
}

/** @param {{image: HTMLImageElement, page: Page}} one */
function fetchPicture({ image, page }) {
  const src = pictureAddress("thumb", { name: page.name, stamp: page.file_stamp }); // changes are not painted on it
  if (image.getAttribute("src") !== src) image.src = src;
}

function markCurrent() {
  const state = store.get();
  const seen = pagesInSight(pagesOf(state), state.page, state.double).map((page) => page.name);
  for (const [name, { item }] of items) {
    const button = /** @type {HTMLElement} */ (item.firstElementChild);
    if (name === state.page) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
    item.classList.toggle("in-sight", seen.includes(name));
  }
  items.get(state.page ?? "")?.item.scrollIntoView({ block: "nearest", inline: "nearest" });
}
