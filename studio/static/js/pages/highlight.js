/** Outlines over the page: what is under the pointer, its group faintly, what a change would cover. */

import { find } from "../core/dom.js";
import { store } from "../core/state.js";
import { framesInSight, paintWithStage, stageElement } from "./stage.js";
import { drawOutlines } from "./outlines.js";
import { drawPoints } from "./points.js";
import { knownSurfaces } from "./known_surfaces.js";
import { numbersOfGroup } from "./surfaces.js";

/** @typedef {import("./frame.js").PageFrame} PageFrame */
/** @typedef {import("./surfaces.js").PageSurfaces} PageSurfaces */

// What a surface is marked as; the larger one is seen.
const GROUP = 1;
const COVERED = 2;
const MEANT = 3; // covered, and not in its colour yet
const UNDER = 4;
const LINE = 2; // screen pixels, half of them dark and half light: seen on any colour

/** A pixel as one number, as canvases hold it where the lowest byte comes first. */
const pixelOf = (/** @type {[number, number, number, number]} */ [red, green, blue, alpha]) =>
  ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;

const CLEAR = 0;
const DARK = pixelOf([16, 18, 24, 235]);
const FAINT = pixelOf([16, 18, 24, 130]);
const AMBER = pixelOf([255, 214, 92, 255]);
const STRIPES = [pixelOf([255, 214, 92, 215]), pixelOf([16, 18, 24, 120])]; // of a hatching, side by side
const HATCH = 9; // screen pixels from one stripe over what is meant to the next
const STRIPE = 1.5; // of them, the light half of a stripe
/** Of each mark the light half of its line, and what lies over it. */
const LINES = [CLEAR, pixelOf([255, 255, 255, 190]), AMBER, AMBER, pixelOf([255, 255, 255, 255])];
const FILLS = [CLEAR, pixelOf([255, 255, 255, 64]), CLEAR, CLEAR, CLEAR];

export function startHighlight() {
  const canvas = /** @type {HTMLCanvasElement} */ (find("overlay"));
  const paint = () => draw(canvas);
  paintWithStage(paint);
  store.watch(
    (state) => [
      state.hover,
      state.stroke,
      state.lasso,
      state.shown,
      state.draft,
      state.cover,
      state.aim,
      state.dropping,
      state.mode,
      state.chapter?.palette,
    ],
    () => requestAnimationFrame(paint),
  );
}

/** @param {HTMLCanvasElement} canvas */
function draw(canvas) {
  const stage = stageElement();
  const by = devicePixelRatio;
  const [width, height] = [Math.round(stage.clientWidth * by), Math.round(stage.clientHeight * by)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, width, height);
  if (store.get().mode !== "colours") return;
  for (const frame of framesInSight()) {
    const some = knownSurfaces(frame.page.name);
    const marks = some && marksOf(some);
    if (some && marks) drawMarks(context, frame, some, marks, by);
    drawOutlines(context, frame, by);
    if (!store.get().dropping) drawPoints(context, frame, by);
  }
}

/** Of each number of a page what it is marked as; null where nothing is. @param {PageSurfaces} some */
function marksOf(some) {
  const { hover, stroke, shown, draft, cover, aim, dropping } = store.get();
  const marks = new Uint8Array(some.surfaces.length + 1);
  const under = hover?.page === some.page ? hover.number : 0;
  const group = shown ?? (hover && under ? (some.surfaces[under - 1]?.group ?? null) : null);
  if (!draft || shown !== null) for (const number of numbersOfGroup(some, group)) marks[number] = GROUP;
  if (draft && !draft.outline && shown === null) {
    const mark = !dropping && isToBeSeen(draft, aim) ? MEANT : COVERED;
    const picked = draft.page === some.page ? [draft.number] : [];
    for (const number of cover ? (cover.surfaces[some.page] ?? []) : picked) marks[number] = mark;
  }
  for (const number of stroke?.page === some.page ? stroke.numbers : []) marks[number] = UNDER;
  if (under && under < marks.length) marks[under] = UNDER;
  marks[0] = 0;
  return marks.some(Boolean) ? marks : null;
}

/**
 * Whether what is covered is hatched: before it has a colour, and while it is said what is meant.
 * @param {import("../core/types.js").Draft} draft @param {import("../core/types.js").State["aim"]} aim
 */
const isToBeSeen = (draft, aim) => (!draft.touched && !draft.edit) || aim !== "new";

/**
 * @param {CanvasRenderingContext2D} context @param {PageFrame} frame @param {PageSurfaces} some
 * @param {Uint8Array} marks @param {number} by  device pixels of a screen pixel
 */
function drawMarks(context, frame, { map }, marks, by) {
  const across = (frame.rect.width * by) / map.width;
  const down = (frame.rect.height * by) / map.height;
  const [startX, startY] = [frame.rect.x * by, frame.rect.y * by];
  const line = Math.max(1, Math.round((LINE * by) / 2));
  const box = boxOf(map, marks);
  const left = Math.max(0, Math.floor(startX + box[0] * across) - 2 * line);
  const top = Math.max(0, Math.floor(startY + box[1] * down) - 2 * line);
  const right = Math.min(context.canvas.width, Math.ceil(startX + (box[2] + 1) * across) + 2 * line);
  const bottom = Math.min(context.canvas.height, Math.ceil(startY + (box[3] + 1) * down) + 2 * line);
  const [width, height] = [right - left, bottom - top];
  if (width <= 0 || height <= 0) return;

  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.floor((x + left + 0.5 - startX) / across),
  );
  const seen = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = Math.floor((y + top + 0.5 - startY) / down);
    if (row < 0 || row >= map.height) {
      at += width;
      continue;
    }
    for (let x = 0; x < width; x += 1, at += 1) {
      const column = columns[x];
      if (column >= 0 && column < map.width) seen[at] = marks[map.numbers[row * map.width + column]];
    }
  }
  context.putImageData(outline(seen, width, height, line, by), left, top);
}

/** A stripe of dark beside one of light, aslant, and clear between them. @param {number} along  screen pixels */
function hatchAt(along) {
  const at = along % HATCH;
  return at < 2 * STRIPE ? STRIPES[at < STRIPE ? 0 : 1] : CLEAR;
}

/** @param {import("./surfaces.js").NumberMap} map @param {Uint8Array} marks */
function boxOf(map, marks) {
  const box = [map.width, map.height, -1, -1];
  for (let number = 1; number < marks.length; number += 1) {
    if (!marks[number]) continue;
    box[0] = Math.min(box[0], map.boxes[4 * number]);
    box[1] = Math.min(box[1], map.boxes[4 * number + 1]);
    box[2] = Math.max(box[2], map.boxes[4 * number + 2]);
    box[3] = Math.max(box[3], map.boxes[4 * number + 3]);
  }
  return box;
}

/**
 * Inside of each border a light line, outside a dark one.
 * @param {Uint8Array} seen @param {number} width @param {number} height @param {number} line
 * @param {number} by  device pixels of a screen pixel
 */
function outline(seen, width, height, line, by) {
  const image = new ImageData(width, height);
  const data = new Uint32Array(image.data.buffer);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = y >= line ? -line * width : 0;
    const below = y < height - line ? line * width : 0;
    for (let x = 0; x < width; x += 1, at += 1) {
      const mark = seen[at];
      const a = seen[at + up];
      const b = seen[at + below];
      const c = x >= line ? seen[at - line] : 0;
      const d = x < width - line ? seen[at + line] : 0;
      if (!mark && !a && !b && !c && !d) continue;
      const least = Math.min(a, b, c, d);
      const most = Math.max(a, b, c, d);
      let pixel;
      if (mark > least) pixel = LINES[mark];
      else if (most > mark) pixel = most > GROUP ? DARK : FAINT;
      else if (mark === MEANT) pixel = hatchAt((x + y) / by);
      else pixel = FILLS[mark];
      data[at] = pixel;
    }
  }
  return image;
}
