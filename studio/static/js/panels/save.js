/** Panels of a page fetched, and saved as its corrections: then this page runs again, and no other. */

import { OTHERS_CAME_FIRST, Refused, askJson } from "../core/api.js";
import { notify, say, tellFailure } from "../core/say.js";
import { pageNamed, store } from "../core/state.js";
import { isTangled } from "./shapes.js";
import { EMPTY, NOTHING_BEGUN, isChanged, openSheet, sheet, step } from "./sheet.js";

/** @typedef {import("./shapes.js").Shape} Shape */
/**
 * @typedef {{size: [number, number], panels: number[][], polygons?: (Shape|null)[], left_out?: Shape[],
 *   coloured?: Shape[], corrected: boolean, revision: string}} Told
 */

/** How often panels have been asked for: the last answer counts. */
let asked = 0;

/** @param {string} page @returns {Promise<Told>} */
const askFor = (page) => askJson("panels", { query: { page } });

/** @param {string} page */
export async function loadPanels(page) {
  const mine = (asked += 1);
  sheet.set({ page, loading: true, drawing: EMPTY, saved: EMPTY, ...NOTHING_BEGUN });
  try {
    const told = await askFor(page);
    if (mine !== asked || store.get().page !== page || store.get().mode !== "panels") return;
    openSheet(page, told.size, drawingOf(told), told);
  } catch (error) {
    if (mine !== asked) return;
    sheet.set({ loading: false, page: null });
    tellFailure(error, () => void loadPanels(page));
  }
}

/** @param {Told} told @returns {import("./sheet.js").Drawing} */
const drawingOf = (told) => ({
  panels: told.panels.map((box, index) => told.polygons?.[index] ?? cornersOf(box)),
  leftOut: told.left_out ?? [],
  coloured: told.coloured ?? [],
});

/** @param {number[]} box @returns {Shape} */
const cornersOf = ([x, y, width, height]) => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
];

/** Whether it may go on: what was drawn is saved, or thrown away on purpose. */
export function mayLeave() {
  if (!isChanged()) return true;
  notify({
    text: "The panels of this page have been changed and not saved.",
    kind: "warning",
    action: { label: "Save", run: () => void savePanels() },
  });
  return false;
}

export async function savePanels() {
  const { page, size, drawing, revision } = sheet.get();
  if (page === null) return;
  const tangled = drawing.panels.findIndex(isTangled);
  if (tangled >= 0)
    return notify({
      text: `The outline of panel ${tangled + 1} crosses itself.`,
      remedy: "Drag its corners apart, then save.",
      kind: "warning",
    });
  if (!drawing.panels.length)
    return notify({
      text: "A page needs one panel at least.",
      remedy: "Draw one, or go back to what was found.",
      kind: "warning",
    });
  const body = { page, size, polygons: drawing.panels, left_out: drawing.leftOut, coloured: drawing.coloured };
  await change(page, savePanels, async () => {
    /** @type {Told} */
    const told = await askJson("panels", { method: "PUT", body: { ...body, revision } });
    if (sheet.get().page === page) sheet.set({ saved: drawing, corrected: true, revision: told.revision });
    say(`Saved: page ${pageNamed(store.get(), page)?.number} is coloured again.`);
  });
}

/** Go back to what is saved: a step that can be undone. */
export function discardPanels() {
  if (isChanged()) step(sheet.get().saved, null);
  sheet.set({ selected: null, sketch: [], turns: [] });
}

/** Without corrections: the panels that are found. */
export async function forgetPanels() {
  const { page, revision } = sheet.get();
  if (page === null) return;
  await change(page, forgetPanels, async () => {
    /** @type {Told} */
    const told = await askJson("panels", { query: { page, revision }, method: "DELETE" });
    if (sheet.get().page === page) {
      const found = drawingOf(told); // until the page has run again: what the last run has found, or was told
      step(found, null);
      sheet.set({ saved: found, corrected: false, revision: told.revision, sketch: [], turns: [] });
    }
    say("As found: the page is coloured again.");
  });
}

/**
 * A change of what is kept, one at a time: a run has to halt for it, which may take a while. Of what was kept
 * elsewhere meanwhile nothing is overwritten: it is what Discard leads to, and what the next Save is made on.
 * @param {string} page @param {() => Promise<unknown>} again @param {() => Promise<void>} act
 */
async function change(page, again, act) {
  if (sheet.get().saving || sheet.get().loading) return;
  asked += 1; // what has been asked for before is not what is kept after it
  sheet.set({ saving: true });
  try {
    await act();
  } catch (error) {
    const isOthers = error instanceof Refused && error.status === OTHERS_CAME_FIRST && (await takeOver(page));
    tellFailure(error, isOthers ? null : () => void again());
  } finally {
    sheet.set({ saving: false });
  }
}

/** Take what is kept by now for what was saved. @param {string} page @returns {Promise<boolean>} whether it is another */
async function takeOver(page) {
  const told = await askFor(page).catch(() => null);
  const { page: now, revision, drawing, saved } = sheet.get();
  if (!told || now !== page || told.revision === revision) return false;
  const theirs = drawingOf(told);
  const shown = drawing === saved ? theirs : drawing;
  sheet.set({ drawing: shown, saved: theirs, corrected: told.corrected, revision: told.revision });
  return true;
}

/** Show the panels anew once the page has run again: found by it, or corrected in another window. */
export function followRun() {
  store.watch(
    (state) => {
      const page = pageNamed(state, state.page);
      return page?.stale ? null : page?.stamp;
    },
    (stamp) => {
      const { page, mode } = store.get();
      if (stamp && page !== null && mode === "panels") void refresh(page);
    },
  );
}

/** What was there before is a step back. @param {string} page */
async function refresh(page) {
  const now = sheet.get();
  if (now.page !== page || now.loading || now.saving) return; // also where it is tried again, later
  const mine = (asked += 1);
  try {
    const told = await askFor(page);
    const { page: drawn, revision, past, drawing } = sheet.get();
    if (mine !== asked || drawn !== page || isChanged() || told.revision === revision) return;
    openSheet(page, told.size, drawingOf(told), told, [...past, drawing]);
  } catch (error) {
    if (mine === asked) tellFailure(error, () => void refresh(page));
  }
}
