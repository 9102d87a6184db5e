/** Lines of outlines over the page: the one that is drawn, and that of the edit which is open. */

import { store } from "../core/state.js";

/** @typedef {import("./frame.js").PageFrame} PageFrame */
/** @typedef {import("../core/types.js").Point} Point */

const WIDE = 3; // screen pixels of the dark line, in which a light one lies: seen on any colour
const THIN = 1.5;
const DASH = [6, 4];

/** @param {CanvasRenderingContext2D} context @param {PageFrame} frame @param {number} by  device pixels a screen pixel */
export function drawOutlines(context, frame, by) {
  const { draft, lasso } = store.get();
  if (lasso?.page === frame.page.name) draw(context, frame, lasso.line, by, false);
  if (draft?.outline && draft.page === frame.page.name) draw(context, frame, draft.outline, by, true);
}

/**
 * @param {CanvasRenderingContext2D} context @param {PageFrame} frame @param {Point[]} line @param {number} by
 * @param {boolean} isDone  what is not is closed by a dashed line
 */
function draw(context, frame, line, by, isDone) {
  const places = line.map(([x, y]) => frame.toStage(x + 0.5, y + 0.5).map((one) => one * by));
  context.save();
  context.lineJoin = "round";
  for (const [width, colour] of /** @type {[number, string][]} */ ([
    [WIDE, "rgb(16 18 24 / 85%)"],
    [THIN, "rgb(255 214 92)"],
  ])) {
    context.lineWidth = width * by;
    context.strokeStyle = colour;
    context.setLineDash([]);
    trace(context, places, isDone);
    if (isDone || places.length < 3) continue;
    context.setLineDash(DASH.map((one) => one * by));
    trace(context, [places[places.length - 1], places[0]], false);
  }
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number[][]} places @param {boolean} isClosed */
function trace(context, places, isClosed) {
  context.beginPath();
  for (const [x, y] of places) context.lineTo(x, y);
  if (isClosed) context.closePath();
  context.stroke();
}
