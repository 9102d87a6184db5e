/** Changes of the palette, one after the other. What was refused is offered again: no click is lost. */

import { OTHERS_CAME_FIRST, Refused, askJson } from "../core/api.js";
import { notify, say, tellFailure } from "../core/say.js";
import { pagesOf, store } from "../core/state.js";
import { fetchChapter, showNews } from "../core/chapter.js";
import { showChanges } from "../pages/flip.js";

/** @typedef {import("../core/types.js").Wishes} Wishes */
/**
 * @typedef {{palette: import("../core/types.js").Palette, look: import("../core/types.js").Look,
 *   changes: string[], touched: string[], rows: import("../core/types.js").Page[]}} Done
 *   `rows`: the pages that look otherwise, whose pictures are painted until a run has made them
 */

/** @type {Promise<unknown>} */
let line = Promise.resolve();
/** @type {Map<string, Wishes>} */
const waiting = new Map();

/**
 * Make a change. A later one with the same `topic` takes the place of one that still waits: of a colour that is
 * clicked at five times in a second the last one is saved.
 * @param {Wishes | (() => Wishes|null)} wishes  a function is asked when its turn has come
 * @param {{topic?: string, done?: (done: Done) => void, failed?: () => void}} [options]
 */
export function commit(wishes, { topic, done, failed } = {}) {
  const mine = /** @type {any} */ (wishes);
  if (topic) waiting.set(topic, mine);
  // Who takes back the one change that is left out already goes on to see just that.
  if (mine.undo === undefined || mine.undo !== store.get().flipped) showChanges();
  line = line.then(async () => {
    if (topic && waiting.get(topic) !== mine) return;
    if (topic) waiting.delete(topic);
    try {
      const wanted = typeof wishes === "function" ? wishes() : wishes;
      if (!wanted) return;
      if (isOver(wanted)) return say(wordsOfOver(wanted));
      store.set({ saving: true });
      const made = await send(wanted);
      done?.(made);
    } catch (error) {
      failed?.();
      await explain(error, () => commit(wishes, { topic, done, failed }));
    } finally {
      store.set({ saving: false });
    }
  });
}

/** Once all that was asked for so far has been saved, or refused. */
export const settled = () => line;

/**
 * Whether a change is about one that is not there any more: who clicks twice at what takes a moment means once.
 * @param {Wishes} wishes
 */
function isOver({ edit, undo, redo, lock_of: locked, name }) {
  const palette = store.get().chapter?.palette;
  if (!palette) return false;
  const named = [edit, undo, ...(Array.isArray(locked) ? locked : []), ...Object.keys(name ?? {})];
  const has = (/** @type {{id: unknown}[]} */ all, /** @type {unknown} */ id) => all.some((one) => one.id === id);
  return (
    named.some((id) => /^e\d+$/.test(String(id)) && !has(palette.edits, id)) ||
    (typeof undo === "number" && !has(palette.log, undo)) ||
    (typeof redo === "number" && !has(palette.undone, redo))
  );
}

/** @param {Wishes} wishes */
const wordsOfOver = ({ undo, redo }) =>
  undo === undefined && redo === undefined
    ? "This change is not there any more: it has been taken back."
    : "That is done already, by the click before or in another window.";

/** @param {Wishes} wishes @returns {Promise<Done>} */
async function send(wishes) {
  const revision = store.get().chapter?.palette?.revision;
  const before = new Set(pagesOf(store.get()));
  /** @type {Done} */
  const made = await askJson("palette", { body: { wishes, revision } });
  const touched = new Map(made.rows.map((row) => [row.name, row]));
  const isNews = (/** @type {import("../core/types.js").Page} */ page) =>
    touched.has(page.name) && !before.has(page);
  const pages = pagesOf(store.get());
  showNews({
    palette: made.palette,
    look: made.look,
    pages: pages.map((page) => (before.has(page) && touched.get(page.name)) || page),
  });
  if (pages.some(isNews)) void fetchChapter(); // it has been told of meanwhile: before this change or after it?
  if (made.changes.length) say(made.changes.join(" · "));
  return made;
}

/** @param {unknown} error @param {() => void} again */
async function explain(error, again) {
  if (error instanceof Refused && error.status === OTHERS_CAME_FIRST) {
    await fetchChapter();
    notify({
      text: error.message,
      remedy: error.remedy || "What is shown is up to date again.",
      kind: "warning",
      action: { label: "Do it again", run: again },
    });
    return;
  }
  tellFailure(error, again);
}

export function undo() {
  commit(() => {
    if (store.get().chapter?.palette?.log.length) return { undo: true };
    say("Nothing to undo.");
    return null;
  });
}

export function redo() {
  commit(() => {
    if (store.get().chapter?.palette?.undone.length) return { redo: true };
    say("Nothing to redo.");
    return null;
  });
}
