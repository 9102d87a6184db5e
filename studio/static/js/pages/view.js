/**
 * Where pages lie on the screen: sums only, no elements.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {{scale: number, x: number, y: number}} View  screen = scene · scale + (x, y)
 */

const GAP = 8; // scene pixels between two pages of a double page: their spine
const MARGIN = 20; // screen pixels left free around a page that fits
export const LEAST = 0.05; // zoom
export const MOST = 12;

/**
 * The pages side by side, as high as each other; in a right-to-left chapter the first one is on the right.
 * @param {[number, number][]} sizes  in reading order
 * @param {"rtl"|"ltr"} direction
 * @returns {Rect[]} in the same order
 */
export function layPages(sizes, direction) {
  const height = Math.max(...sizes.map((size) => size[1]));
  const widths = sizes.map((size) => (size[0] * height) / size[1]);
  const order = direction === "rtl" ? [...widths.keys()].reverse() : [...widths.keys()];
  /** @type {Rect[]} */
  const rects = [];
  let x = 0;
  for (const index of order) {
    rects[index] = { x, y: 0, width: widths[index], height };
    x += widths[index] + GAP;
  }
  return rects;
}

/** @param {Rect[]} rects @returns {Rect} */
export function boundsOf(rects) {
  const right = Math.max(...rects.map((rect) => rect.x + rect.width));
  return { x: 0, y: 0, width: right, height: Math.max(...rects.map((rect) => rect.height)) };
}

/**
 * @param {"page"|"width"} how
 * @param {Rect} bounds
 * @param {{width: number, height: number}} room  the window's, in screen pixels
 * @returns {View}
 */
export function fitView(how, bounds, room) {
  const wide = Math.max(50, room.width - 2 * MARGIN) / bounds.width;
  const high = Math.max(50, room.height - 2 * MARGIN) / bounds.height;
  const scale = how === "width" ? wide : Math.min(wide, high);
  return keepInRoom({ scale, x: (room.width - bounds.width * scale) / 2, y: MARGIN }, bounds, room);
}

/**
 * Another scale, with what is under a point of the screen staying there.
 * @param {View} view @param {number} scale @param {{x: number, y: number}} at
 * @returns {View}
 */
export function zoomTo(view, scale, at) {
  const next = Math.min(MOST, Math.max(LEAST, scale));
  const by = next / view.scale;
  return { scale: next, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by };
}

/**
 * In the middle where there is room to spare, and never out of sight.
 * @param {View} view @param {Rect} bounds @param {{width: number, height: number}} room
 * @returns {View}
 */
export function keepInRoom(view, bounds, room) {
  const x = keepSide(view.x, bounds.width * view.scale, room.width);
  return { scale: view.scale, x, y: keepSide(view.y, bounds.height * view.scale, room.height) };
}

/** @param {number} start @param {number} length @param {number} room */
function keepSide(start, length, room) {
  if (length + 2 * MARGIN <= room) return (room - length) / 2;
  return Math.min(MARGIN, Math.max(room - MARGIN - length, start));
}

/** @param {Rect} rect @param {View} view @returns {Rect} on the screen */
export function onScreen(rect, view) {
  return {
    x: rect.x * view.scale + view.x,
    y: rect.y * view.scale + view.y,
    width: rect.width * view.scale,
    height: rect.height * view.scale,
  };
}
