/** Marks over the page of the points that say what the open change means, and what it does not. */

import { editOf, store } from "../core/state.js";

/** @typedef {import("./frame.js").PageFrame} PageFrame */
/** @typedef {import("../core/types.js").Place} Place */
/** @typedef {{place: Place, isMeant: boolean}} NamedPoint */

const RADIUS = 8; // screen pixels
const ARM = 4; // of the plus and the minus
const DARK = "#101218";
const MEANT = "#b7f0c2"; // light, under a dark sign: told apart by the sign alone, too
const NOT_MEANT = "#ffc2bb";

/**
 * The points of the open change, saved or not. An outline has none, and those of a whole group nobody has named.
 * @param {import("../core/types.js").State} state @returns {NamedPoint[]}
 */
export function namedPoints(state) {
  const { draft } = state;
  if (!draft || draft.outline || draft.reach === "group") return [];
  const edit = editOf(state, draft.edit);
  const meant = [...(edit?.at ?? [draft.at]), ...draft.also];
  const not = [...(edit?.not ?? []), ...draft.not];
  return [
    ...meant.map((place) => ({ place, isMeant: true })),
    ...not.map((place) => ({ place, isMeant: false })),
  ];
}

/**
 * The point whose mark lies at a place of the stage; of several the one marked last, which lies on top.
 * @param {PageFrame} frame @param {number} x @param {number} y  screen pixels @param {number} [beside]  of them
 */
export function pointAt(frame, x, y, beside = 0) {
  return namedPoints(store.get()).findLast(({ place }) => {
    if (place[0] !== frame.page.name) return false;
    const [left, top] = frame.toStage(place[1] + 0.5, place[2] + 0.5);
    return Math.hypot(left - x, top - y) <= RADIUS + beside;
  });
}

/** @param {CanvasRenderingContext2D} context @param {PageFrame} frame @param {number} by  device pixels a screen pixel */
export function drawPoints(context, frame, by) {
  for (const { place, isMeant } of namedPoints(store.get())) {
    if (place[0] === frame.page.name) draw(context, frame.toStage(place[1] + 0.5, place[2] + 0.5), isMeant, by);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number[]} at @param {boolean} isMeant @param {number} by */
function draw(context, at, isMeant, by) {
  const [x, y] = at.map((one) => one * by);
  context.save();
  context.beginPath();
  context.arc(x, y, RADIUS * by, 0, 2 * Math.PI);
  context.fillStyle = isMeant ? MEANT : NOT_MEANT;
  context.fill();
  context.lineWidth = 1.5 * by;
  context.strokeStyle = DARK;
  context.moveTo(x - ARM * by, y);
  context.lineTo(x + ARM * by, y);
  if (isMeant) {
    context.moveTo(x, y - ARM * by);
    context.lineTo(x, y + ARM * by);
  }
  context.stroke();
  context.restore();
}
