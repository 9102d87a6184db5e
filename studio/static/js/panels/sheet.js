/**
 * What is being drawn on one page: its panels in reading order, regions to keep free of colour, regions to colour
 * all the same. Every change is one step that can be undone; nothing is saved until it is asked for.
 *
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {"panels"|"leftOut"|"coloured"} Kind
 * @typedef {{panels: Shape[], leftOut: Shape[], coloured: Shape[]}} Drawing
 * @typedef {{kind: Kind, index: number, corner: number|null}} Selected
 * @typedef {"move"|"cut"|"join"|"order"|"panel"|"leftOut"|"coloured"} Tool
 * @typedef {{page: string|null, size: [number, number], drawing: Drawing, saved: Drawing, corrected: boolean,
 *   selected: Selected|null, tool: Tool, sketch: import("./shapes.js").Point[], turns: Shape[],
 *   past: Drawing[], future: Drawing[], loading: boolean, saving: boolean, revision: string}} Sheet
 *   `revision`: of what is saved, by which the studio knows whether others have changed it
 */

import { createStore } from "../core/store.js";

/** @type {Drawing} */
export const EMPTY = { panels: [], leftOut: [], coloured: [] };
export const NOTHING_BEGUN = { selected: null, sketch: [], turns: [], past: [], future: [] };

/** @type {import("../core/store.js").Store<Sheet>} */
export const sheet = createStore(
  /** @type {Sheet} */ ({
    page: null,
    size: [1, 1],
    drawing: EMPTY,
    saved: EMPTY,
    corrected: false,
    tool: "move",
    loading: false,
    saving: false,
    revision: "",
    ...NOTHING_BEGUN,
  }),
);

/**
 * @param {string} page @param {[number, number]} size @param {Drawing} drawing
 * @param {{corrected: boolean, revision: string}} kept @param {Drawing[]} [past]  what undo leads back to
 */
export function openSheet(page, size, drawing, { corrected, revision }, past = []) {
  const kept = { saved: drawing, corrected, revision };
  sheet.set({ page, size, drawing, ...kept, loading: false, ...NOTHING_BEGUN, past });
}

export const isChanged = () => sheet.get().drawing !== sheet.get().saved;

/** Take a step. @param {Drawing} drawing @param {Selected|null} [selected] */
export function step(drawing, selected = sheet.get().selected) {
  const now = sheet.get();
  sheet.set({ drawing, selected, past: [...now.past, now.drawing], future: [] });
}

/** While something is dragged: the drawing, without a step. @param {Drawing} drawing */
export function slide(drawing) {
  sheet.set({ drawing });
}

/** The dragging has ended: one step from what there was. @param {Drawing} before */
export function settle(before) {
  const now = sheet.get();
  if (now.drawing !== before) sheet.set({ past: [...now.past, before], future: [] });
}

export function undoStep() {
  const { past, future, drawing } = sheet.get();
  const before = past.at(-1);
  if (before) goTo(before, past.slice(0, -1), [drawing, ...future]);
}

export function redoStep() {
  const { past, future, drawing } = sheet.get();
  if (future.length) goTo(future[0], [...past, drawing], future.slice(1));
}

/** @param {Drawing} drawing @param {Drawing[]} past @param {Drawing[]} future */
const goTo = (drawing, past, future) => sheet.set({ drawing, past, future, selected: null, turns: [] });

/** The drawing with other shapes of a kind. @param {Kind} kind @param {Shape[]} shapes @returns {Drawing} */
export const withShapes = (kind, shapes) => ({ ...sheet.get().drawing, [kind]: shapes });

/** The drawing with another shape in a place. @param {Kind} kind @param {number} index @param {Shape} shape */
export const withShape = (kind, index, shape) =>
  withShapes(kind, sheet.get().drawing[kind].with(index, shape));

/** @returns {Shape|null} */
export function selectedShape() {
  const { selected, drawing } = sheet.get();
  return selected ? (drawing[selected.kind][selected.index] ?? null) : null;
}

/** A point as whole pixels of the page. @param {import("./shapes.js").Point} point */
export function onPage([x, y]) {
  const [width, height] = sheet.get().size;
  return /** @type {import("./shapes.js").Point} */ ([
    Math.round(Math.min(width, Math.max(0, x))),
    Math.round(Math.min(height, Math.max(0, y))),
  ]);
}
