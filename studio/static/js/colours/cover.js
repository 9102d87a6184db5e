/** What the draft would cover, and how it would look: asked while things are dragged. */

import { NOTHING_YET, Unreachable, ask, askJson } from "../core/api.js";
import { isUnder, tellFailure } from "../core/say.js";
import { counted } from "../core/dom.js";
import { pageNamed, store } from "../core/state.js";
import { latest, oneByOne } from "../core/throttle.js";
import { showChanges } from "../pages/flip.js";
import { frameOf, framesInSight } from "../pages/stage.js";
import { sideFor } from "../pages/frame.js";
import { sayOfDraft, wishesOf } from "./draft.js";

/** @typedef {import("../core/types.js").Draft} Draft */
/** @typedef {import("../core/types.js").Look} Look */

const MOST_SIDE = 1400; // pixels: a preview at screen size
const AGAIN = 1000; // ms until it is asked once more what a draft covers, while a run writes the pages

/** The page that a draft is shown on: its own if it is in sight. @param {Draft} draft */
function pageOf(draft) {
  return frameOf(draft.page) ? draft.page : store.get().page;
}

/** Of a lost connection the banner tells, once. @param {unknown} error */
function tellUnlessLost(error) {
  if (!(error instanceof Unreachable)) tellFailure(error);
}

/** @type {number|undefined} */
let again;

const covers = latest(
  (/** @type {{draft: Draft, said: string}} */ { draft }, signal) =>
    askJson("cover", { body: { wishes: wishesOf(draft) }, signal }),
  (answer, { draft, said }) => {
    if (!answer) return askAgain();
    store.set({ cover: answer });
    const { dropping, status } = store.get();
    // A colour is told there, or what is under the pointer by now: the panel has the counts.
    if (dropping || (status !== said && isUnder(status))) return;
    sayOfDraft(`${draft.edit ? "Changes" : "Would change"} ${countsOf(answer)}.`);
  },
  tellUnlessLost,
  90,
);

/** Where the draft begins that was asked about last. @type {import("../core/types.js").Place|null} */
let begun = null;

/** Ask what a draft covers. What is told from now on of what is under the pointer is newer than the answer. */
function askCover() {
  const { draft, status } = store.get();
  clearTimeout(again);
  if (draft?.at !== begun) covers.stop(); // that is another one's by now
  begun = draft?.at ?? null;
  if (draft) covers.want({ draft, said: status });
  else covers.stop();
}

/** Ask once more in a moment, unless something else is asked before: a run writes the pages. */
function askAgain() {
  clearTimeout(again);
  again = setTimeout(askCover, AGAIN);
}

/** What the cover of a draft depends on. @param {import("../core/types.js").State} state */
const questionOf = ({ draft, chapter }) =>
  draft &&
  [
    draft.at,
    draft.reach,
    draft.likeness,
    draft.level,
    draft.edit,
    draft.also,
    draft.not,
    draft.outline,
    draft.edit && chapter?.palette?.revision, // its points may have been taken away, or back
  ].join(" ");

const paints = oneByOne(
  async (/** @type {{page: string, wishes: object, look?: Look}} */ wanted, signal) => {
    const frame = frameOf(wanted.page);
    const seen = frame ? Math.max(frame.rect.width, frame.rect.height) * devicePixelRatio : MOST_SIDE;
    const side = Math.min(MOST_SIDE, sideFor(seen));
    const answer = await ask("paint", { body: { ...wanted, side }, signal });
    return answer.status === NOTHING_YET ? null : answer.blob();
  },
  (blob, { page }) => void (blob && frameOf(page)?.showPreview(blob)),
  tellUnlessLost,
);

export function startCover() {
  store.watch(questionOf, askCover);
  store.watch(
    ({ draft, page, double }) =>
      draft &&
      [
        draft.colour,
        draft.at,
        draft.reach,
        draft.likeness,
        draft.level,
        draft.also,
        draft.not,
        draft.outline,
        draft.touched,
        page,
        double, // other frames have no preview yet
      ].join(" "),
    showDraft,
  );
  store.watch(
    (state) => state.saving,
    (saving) => !saving && !store.get().draft?.touched && dropPreviews(), // it may have been refused
  );
}

/** Show what the draft would make of its page; without a colour nothing, but for what is being saved. */
function showDraft() {
  const { draft, saving } = store.get();
  const page = draft && pageOf(draft);
  if (!draft?.touched || !page) return saving || dropPreviews();
  if (pageNamed(store.get(), page)?.has_colours) paints.want({ page, wishes: wishesOf(draft) });
}

/** Show the page in view, if it has colours, with another saturation and warmth. @param {Look} look */
export function previewLook(look) {
  const { page } = store.get();
  showChanges();
  if (page && frameOf(page)?.page.has_colours) paints.want({ page, wishes: {}, look });
}

/** Previews that nothing stands behind go: what is saved stays until the page's own picture has come. */
export function dropPreviews() {
  paints.stop();
  for (const frame of framesInSight()) if (!frame.page.stale || frame.hasCome) frame.dropPreview();
}

/** @param {{pages: Record<string, number>}} cover */
export function countsOf({ pages }) {
  const counts = Object.values(pages);
  return countsIn(
    counts.reduce((sum, count) => sum + count, 0),
    counts.length,
  );
}

/** @param {number} surfaces @param {number} pages */
export const countsIn = (surfaces, pages) => `${counted(surfaces, "surface")} on ${counted(pages, "page")}`;
