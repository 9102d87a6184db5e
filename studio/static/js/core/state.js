/** The studio's one state, and the readings of it that several views need. */

import { createStore } from "./store.js";
import { recall } from "./preferences.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Page} Page */
/** @typedef {import("./types.js").Group} Group */

/** @type {import("./store.js").Store<State>} */
export const store = createStore(
  /** @type {State} */ ({
    chapter: null,
    trouble: null,
    page: null,
    mode: "colours",
    tab: "colour",
    double: recall("double", "no") === "yes",
    fit: "page",
    zoom: 1,
    compare: null,
    against: "scan",
    flipped: null,
    hover: null,
    shown: null,
    draft: null,
    cover: null,
    split: null,
    stroke: null,
    outlining: null,
    lasso: null,
    aim: "new",
    dropping: false,
    crosshair: false,
    status: "",
    connected: true,
    saving: false,
    theme: recall("theme", "auto"),
  }),
);

/** @param {State} state @returns {Page[]} */
export const pagesOf = (state) => state.chapter?.pages ?? [];

/** @param {State} state @param {string|null} name @returns {Page|null} */
export const pageNamed = (state, name) => pagesOf(state).find((page) => page.name === name) ?? null;

/** @param {State} state @param {number|null} id @returns {Group|null} */
export const groupOf = (state, id) => state.chapter?.palette?.groups.find((group) => group.id === id) ?? null;

/** @param {State} state @param {string|null} id */
export const editOf = (state, id) => state.chapter?.palette?.edits.find((edit) => edit.id === id) ?? null;

/** Whether colours can be changed at all. @param {State} state */
export const isEditable = (state) => Boolean(state.chapter?.editable && state.chapter.palette);

/** @param {Group} group */
export const groupName = (group) => group.name || `Group ${group.id}`;

/** @param {import("./types.js").Edit} edit */
export const editName = (edit) => edit.name || edit.id;

/**
 * Put a part of the chapter's document in the place of what there was.
 * @param {Partial<import("./types.js").Chapter>} part
 */
export function patchChapter(part) {
  const { chapter } = store.get();
  if (chapter) store.set({ chapter: { ...chapter, ...part } });
}

/** The chapter's pages with another one in the place of its name. @param {Page} page */
export const pagesWith = (page) =>
  pagesOf(store.get()).map((old) => (old.name === page.name ? { ...old, ...page } : old));
