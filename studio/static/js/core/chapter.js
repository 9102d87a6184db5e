/** The chapter's document, fetched anew when it may have changed. */

import { askJson, useChapter } from "./api.js";
import { chapterInAddress, keepInAddress, pageInAddress } from "./address.js";
import { tellFailure } from "./say.js";
import { pageNamed, store } from "./state.js";

/** @type {Promise<boolean>|null} */
let going = null;
let isOutdated = false;

/**
 * One question at a time; what happens meanwhile is asked for once more.
 * @returns {Promise<boolean>} whether it came
 */
export function fetchChapter() {
  if (going) {
    isOutdated = true;
    return going;
  }
  going = load().finally(() => {
    going = null;
    if (!isOutdated) return;
    isOutdated = false;
    void fetchChapter();
  });
  return going;
}

/** Something has been told while a question was on its way: its answer may be older. */
export function noteNews() {
  isOutdated = going !== null;
}

/** @returns {Promise<boolean>} */
async function load() {
  try {
    /** @type {import("./types.js").Chapter} */
    const chapter = await askJson("chapter");
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

/** The page that the address names: a reloaded window shows what it showed. */
function wantedPage(/** @type {import("./types.js").Chapter} */ chapter) {
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
