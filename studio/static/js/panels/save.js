/** Panels of a page fetched, and saved as its corrections: then this page runs again, and no other. */

import { askJson } from "../core/api.js";
import { notify, say, tellFailure } from "../core/say.js";
import { pageNamed, store } from "../core/state.js";
import { isTangled } from "./shapes.js";
import { EMPTY, NOTHING_BEGUN, isChanged, openSheet, sheet } from "./sheet.js";

/** @typedef {import("./shapes.js").Shape} Shape */

/** How often panels have been asked for: the last answer counts. */
let asked = 0;

/** @param {string} page */
export async function loadPanels(page) {
  const mine = (asked += 1);
  sheet.set({ page, loading: true, drawing: EMPTY, saved: EMPTY, ...NOTHING_BEGUN });
  try {
    const told = await askJson("panels", { query: { page } });
    if (mine !== asked || store.get().page !== page || store.get().mode !== "panels") return;
    const panels = told.panels.map(
      (/** @type {number[]} */ box, /** @type {number} */ index) => told.polygons?.[index] ?? cornersOf(box),
    );
    openSheet(
      page,
      told.size,
      { panels, leftOut: told.left_out ?? [], coloured: told.coloured ?? [] },
      told.corrected,
    );
  } catch (error) {
    if (mine !== asked) return;
    sheet.set({ loading: false, page: null });
    tellFailure(error, () => void loadPanels(page));
  }
}

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
  const { page, size, drawing } = sheet.get();
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
  try {
    await askJson("panels", {
      method: "PUT",
      body: { page, size, polygons: drawing.panels, left_out: drawing.leftOut, coloured: drawing.coloured },
    });
    if (sheet.get().page === page) sheet.set({ saved: drawing, corrected: true });
    say(`Saved: page ${pageNamed(store.get(), page)?.number} is coloured again.`);
  } catch (error) {
    tellFailure(error, () => void savePanels());
  }
}

export function discardPanels() {
  sheet.set({ drawing: sheet.get().saved, ...NOTHING_BEGUN });
}

/** Without corrections: the panels that are found. */
export async function forgetPanels() {
  const { page } = sheet.get();
  if (page === null) return;
  try {
    await askJson("panels", { query: { page }, method: "DELETE" });
    discardPanels();
    sheet.set({ corrected: false });
    say("As found: the page is coloured again.");
    awaited = page;
  } catch (error) {
    tellFailure(error, () => void forgetPanels());
  }
}

/** The page whose panels are being found anew. @type {string|null} */
let awaited = null;

/** Fetch the panels once the page has run again: it is stale before, and there is what was corrected. */
export function followRun() {
  store.watch(
    (state) => {
      const page = pageNamed(state, state.page);
      return page?.stale ? null : page?.stamp;
    },
    (stamp) => {
      const { page, mode } = store.get();
      if (!stamp || awaited === null || awaited !== page || mode !== "panels" || isChanged()) return;
      awaited = null;
      void loadPanels(page);
    },
  );
}
