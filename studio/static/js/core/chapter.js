/** The chapter's document, fetched anew when it may have changed. */

import { askJson, useChapter } from "./api.js";
import { chapterInAddress, keepInAddress, pageInAddress } from "./address.js";
import { tellFailure } from "./say.js";
import { pageNamed, patchChapter, store } from "./state.js";

/** @typedef {import("./types.js").Chapter} Chapter */

/** The question on its way. @type {Promise<boolean>|null} */
let going = null;
/** The one after it. @type {Promise<boolean>|null} */
let next = null;
/** What has been told since the question on its way was asked. @type {Partial<Chapter>} */
let told = {};

/**
 * One question at a time. Who asks while one is on its way, whose answer may be older, waits for the next one.
 * @returns {Promise<boolean>} whether it came
 */
export function fetchChapter() {
  if (going) {
    next ??= going.then(() => {
      next = null;
      return fetchChapter();
    });
    return next;
  }
  told = {};
  going = load().finally(() => (going = null));
  return going;
}

/**
 * Show what has been told by itself, or with an answer. That of a question on its way may be older: it takes
 * nothing of this back, and the chapter is asked for once more.
 * @param {Partial<Chapter>} part
 */
export function showNews(part) {
  patchChapter(part);
  if (!going) return;
  if (store.get().chapter) told = { ...told, ...part };
  void fetchChapter();
}

/** @returns {Promise<boolean>} */
async function load() {
  try {
    /** @type {Chapter} */
    const chapter = asKnown({ ...(await askJson("chapter")), ...told }, store.get().chapter);
    useChapter(chapter.chapter);
    const page = pageNamed({ ...store.get(), chapter }, store.get().page)?.name ?? null;
    store.set({
      chapter,
      trouble: null,
      page: page ?? wantedPage(chapter) ?? chapter.pages[0]?.name ?? null,
    });
    return true;
  } catch (error) {
    const told = /** @type {Error & {remedy?: string}} */ (error);
    const trouble = { text: told.message, remedy: told.remedy ?? "", kind: /** @type {const} */ ("error") };
    if (store.get().chapter) tellFailure(error, () => void fetchChapter());
    else store.set({ trouble });
    return false;
  }
}

/**
 * The parts of a document that say the same as before are what they were: nothing that shows them is made anew.
 * @param {Chapter} chapter @param {Chapter|null} known
 */
function asKnown(chapter, known) {
  if (!known) return chapter;
  /** @template V @param {V} now @param {V|undefined} before */
  const kept = (now, before) => (JSON.stringify(now) === JSON.stringify(before) ? /** @type {V} */ (before) : now);
  const rows = new Map(known.pages.map((page) => [page.name, page]));
  const pages = chapter.pages.map((page) => kept(page, rows.get(page.name)));
  const parts = Object.entries({ ...chapter, pages }).map(([key, part]) => {
    return [key, kept(part, known[/** @type {keyof Chapter} */ (key)])];
  });
  return /** @type {Chapter} */ (Object.fromEntries(parts));
}

/** The page that the address names: a reloaded window shows what it showed. */
function wantedPage(/** @type {Chapter} */ chapter) {
  const name = pageInAddress();
  return chapter.pages.find((page) => page.name === name)?.name ?? null;
}

/** The address names what is shown; where somebody writes another page into it, that is shown. */
export function followAddress() {
  useChapter(chapterInAddress());
  store.watch(
    (state) => [state.page, state.chapter?.chapter],
    () => {
      const { page, chapter } = store.get();
      if (page && chapter) keepInAddress(chapter.chapters.length > 1 ? chapter.chapter : "", page);
    },
  );
  addEventListener("hashchange", () => {
    const page = pageNamed(store.get(), pageInAddress());
    if (page) store.set({ page: page.name, hover: null });
  });
}
