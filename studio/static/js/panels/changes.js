/** Changes of the drawing that a key or a button makes. */

import { forHand } from "../core/dom.js";
import { say } from "../core/say.js";
import { between, cut, halve, holds, join, simplify } from "./shapes.js";
import { onPage, selectedShape, sheet, step, withShape, withShapes } from "./sheet.js";

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./shapes.js").Shape} Shape */
/** @typedef {import("./sheet.js").Kind} Kind */

/** @type {Kind[]} */
export const KINDS = ["leftOut", "coloured", "panels"]; // what lies on top comes first
const WORDS = { panels: "Panel", leftOut: "Kept uncoloured", coloured: "Coloured anyway" };

/** @param {Kind} kind @param {number} index */
export const nameOf = (kind, index) => `${WORDS[kind]} ${index + 1}`;

/** @param {Kind} kind @param {number} index @param {number|null} [corner] */
export function select(kind, index, corner = null) {
  sheet.set({ selected: { kind, index, corner } });
  say(
    corner === null ? `${nameOf(kind, index)} is selected.` : `${nameOf(kind, index)}, corner ${corner + 1}.`,
  );
}

/** The selected corner, or else the whole shape. */
export function removeSelected() {
  const { selected, drawing } = sheet.get();
  const shape = selectedShape();
  if (!selected || !shape) return say("Nothing is selected.");
  const { kind, index, corner } = selected;
  if (corner !== null && shape.length > 3) {
    return step(withShape(kind, index, shape.toSpliced(corner, 1)), { kind, index, corner: null });
  }
  step(withShapes(kind, drawing[kind].toSpliced(index, 1)), null);
}

/** A corner in the middle of the edge that follows the selected one. */
export function insertCorner() {
  const { selected } = sheet.get();
  const shape = selectedShape();
  if (!selected || !shape) return say("Select a panel first.");
  const corner = selected.corner ?? 0;
  const point = between(shape[corner], shape[(corner + 1) % shape.length]);
  step(withShape(selected.kind, selected.index, shape.toSpliced(corner + 1, 0, point)), {
    ...selected,
    corner: corner + 1,
  });
}

/** @param {number} x @param {number} y  source pixels */
export function moveSelected(x, y) {
  const { selected } = sheet.get();
  const shape = selectedShape();
  if (!selected || !shape) return;
  const move = (/** @type {Point} */ point) => onPage([point[0] + x, point[1] + y]);
  const moved =
    selected.corner === null ? shape.map(move) : shape.with(selected.corner, move(shape[selected.corner]));
  step(withShape(selected.kind, selected.index, moved));
}

/** @param {number} by  1 for the next corner */
export function nextCorner(by) {
  const { selected } = sheet.get();
  const shape = selectedShape();
  if (!selected || !shape) return say("Select a panel first.");
  const corner =
    selected.corner === null
      ? by > 0
        ? 0
        : shape.length - 1
      : (selected.corner + by + shape.length) % shape.length;
  select(selected.kind, selected.index, corner);
}

/** @param {number} by */
export function nextShape(by) {
  const { selected, drawing } = sheet.get();
  const all = ["panels", "leftOut", "coloured"].flatMap((kind) =>
    drawing[/** @type {Kind} */ (kind)].map((_, index) => ({ kind: /** @type {Kind} */ (kind), index })),
  );
  if (!all.length) return;
  const now = all.findIndex((one) => one.kind === selected?.kind && one.index === selected.index);
  const next = all[now < 0 ? 0 : (now + by + all.length) % all.length];
  select(next.kind, next.index);
}

/** Along a line that was drawn. @param {Point} from @param {Point} to */
export function cutAlong(from, to) {
  const { drawing, selected } = sheet.get();
  const middle = /** @type {Point} */ ([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
  const order = drawing.panels
    .map((_, index) => index)
    .filter((index) => holds(drawing.panels[index], middle));
  const index = order.find((one) => selected?.kind === "panels" && one === selected.index) ?? order[0];
  const pieces = index === undefined ? null : cut(drawing.panels[index], from, to);
  if (index === undefined || !pieces) return say("The line cuts no panel: draw it right across one.");
  replaceByTwo(index, pieces);
}

/** @param {"across"|"down"} how */
export function halveSelected(how) {
  const { selected } = sheet.get();
  const shape = selectedShape();
  const pieces = shape && selected?.kind === "panels" ? halve(shape, how) : null;
  if (!selected || !pieces) return say("Select a panel first.");
  replaceByTwo(selected.index, pieces);
}

/** The piece that is read first comes first. @param {number} index @param {[Shape, Shape]} pieces */
function replaceByTwo(index, pieces) {
  const sorted = [...pieces].sort((one, other) => readBefore(one) - readBefore(other));
  step(withShapes("panels", sheet.get().drawing.panels.toSpliced(index, 1, ...sorted)), {
    kind: "panels",
    index,
    corner: null,
  });
  say(`Panel ${index + 1} is cut in two.`);
}

let direction = "rtl";

/** @param {string} given */
export function readIn(given) {
  direction = given;
}

/** Smaller for what is read earlier: higher up, and of two beside each other the one where reading begins. */
function readBefore(/** @type {Shape} */ shape) {
  const x = shape.reduce((sum, point) => sum + point[0], 0) / shape.length;
  const y = shape.reduce((sum, point) => sum + point[1], 0) / shape.length;
  return 2 * y + (direction === "ltr" ? x : -x);
}

/** @param {number} one @param {number} other  indices of panels; the first keeps its number */
export function joinPanels(one, other) {
  const { panels } = sheet.get().drawing;
  const whole = join(panels[one], panels[other]).map(onPage);
  const index = one < other ? one : one - 1;
  step(withShapes("panels", panels.with(one, whole).toSpliced(other, 1)), {
    kind: "panels",
    index,
    corner: null,
  });
  say(`Panels ${one + 1} and ${other + 1} are one.`);
}

/** Earlier or later in reading. @param {number} index @param {number} by */
export function reorder(index, by) {
  const { panels } = sheet.get().drawing;
  const to = index + by;
  if (to < 0 || to >= panels.length) return;
  const moved = panels.toSpliced(index, 1).toSpliced(to, 0, panels[index]);
  step(withShapes("panels", moved), { kind: "panels", index: to, corner: null });
}

/** Click by click: the panels that were clicked come first, in that order. @param {Shape} shape */
export function takeTurn(shape) {
  const { panels } = sheet.get().drawing;
  const turns = [...sheet.get().turns.filter((one) => one !== shape), shape];
  step(withShapes("panels", [...turns, ...panels.filter((one) => !turns.includes(one))]), null);
  const isAll = turns.length >= panels.length;
  sheet.set({ turns: isAll ? [] : turns, ...(isAll && { tool: /** @type {const} */ ("move") }) });
  say(isAll ? "All panels have their number." : forHand(`Number ${turns.length}. Click the next one.`));
}

/** @param {Kind} kind @param {Shape} points */
export function addShape(kind, points) {
  const shape = simplify(points.map(onPage));
  if (shape.length < 3) return say("That is too small to be a region.");
  const shapes = sheet.get().drawing[kind];
  step(withShapes(kind, [...shapes, shape]), { kind, index: shapes.length, corner: null });
  sheet.set({ tool: "move", sketch: [] });
}
