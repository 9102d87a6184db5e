/** Which surface each pixel of a page shows: a picture of numbers, decoded once a page. */

import { NOTHING_YET, askAt, askJson } from "../core/api.js";

/** @typedef {import("../core/types.js").Surface} Surface */

/**
 * `boxes`: left, top, right, bottom of each number, inclusive; `areas` in pixels of the map.
 * @typedef {{width: number, height: number, numbers: Uint32Array, boxes: Int32Array,
 *   areas: Uint32Array}} NumberMap
 * @typedef {{page: string, map: NumberMap, surfaces: Surface[]}} PageSurfaces
 */

const MAP_SIDE = 1400; // pixels of the longer side: a page at screen size
const KEPT = 6; // maps: three double pages

/** @type {Map<string, Promise<NumberMap|null>>} */
const maps = new Map();
/** @type {Map<string, {revision: string, answer: Promise<PageSurfaces|null>}>} */
const pages = new Map();

/**
 * @param {string} page
 * @param {string} revision  of the palette and the page: colours and groups are of it
 * @returns {Promise<PageSurfaces|null>}  null while a run writes them: the page is told of when it is done
 */
export function surfacesOf(page, revision) {
  const known = pages.get(page);
  if (known?.revision === revision) return known.answer;
  const answer = fetchSurfaces(page);
  keep(pages, page, { revision, answer });
  forgetWithout(answer, () => pages.get(page)?.answer === answer && pages.delete(page));
  return answer;
}

/** @param {Promise<unknown>} answer @param {() => void} forget  where there is nothing in it */
function forgetWithout(answer, forget) {
  answer.then((found) => found ?? forget(), forget);
}

/** @param {string} page @returns {Promise<PageSurfaces|null>} */
async function fetchSurfaces(page) {
  const told = await askJson("surfaces", { query: { page, side: MAP_SIDE } });
  if (!told) return null;
  let coming = maps.get(told.map);
  if (!coming) {
    coming = fetchMap(told.map, told.surfaces.length);
    keep(maps, told.map, coming);
    forgetWithout(coming, () => maps.delete(told.map));
  }
  const map = await coming;
  return map && { page, map, surfaces: told.surfaces };
}

/** @template V @param {Map<string, V>} kept @param {string} key @param {V} value */
function keep(kept, key, value) {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next();
  if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
}

/** @param {string} src @param {number} count @returns {Promise<NumberMap|null>} */
async function fetchMap(src, count) {
  const answer = await askAt(src);
  if (answer.status === NOTHING_YET) return null;
  const options = /** @type {const} */ ({ colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const bitmap = await createImageBitmap(await answer.blob(), options);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser draws no canvas");
  context.drawImage(bitmap, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  return measure(data, width, height, count);
}

/**
 * @param {Uint8ClampedArray} data  RGBA @param {number} width @param {number} height @param {number} count
 * @returns {NumberMap}
 */
function measure(data, width, height, count) {
  const numbers = new Uint32Array(width * height);
  const areas = new Uint32Array(count + 1);
  const boxes = new Int32Array(4 * (count + 1));
  for (let number = 0; number <= count; number += 1) boxes.set([width, height, -1, -1], 4 * number);
  for (let at = 0, y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      const number = (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2];
      numbers[at] = number;
      areas[number] += 1;
      const box = 4 * number;
      if (x < boxes[box]) boxes[box] = x;
      if (y < boxes[box + 1]) boxes[box + 1] = y;
      if (x > boxes[box + 2]) boxes[box + 2] = x;
      if (y > boxes[box + 3]) boxes[box + 3] = y;
    }
  }
  return { width, height, numbers, boxes, areas };
}

/**
 * The number at a point of the page, 0 for none.
 * @param {NumberMap} map @param {[number, number]} at source pixels @param {[number, number]} size of the page
 */
export function numberAt(map, at, size) {
  const x = Math.min(map.width - 1, Math.floor(((at[0] + 0.5) / size[0]) * map.width));
  const y = Math.min(map.height - 1, Math.floor(((at[1] + 0.5) / size[1]) * map.height));
  return map.numbers[y * map.width + x];
}

/**
 * A point inside a surface: of its rows the middle of the longest run, so that no hole or bay is hit.
 * @param {NumberMap} map @param {number} number @param {[number, number]} size of the page
 * @returns {[number, number]} source pixels
 */
export function pointInside(map, number, size) {
  const [left, top, right, bottom] = map.boxes.subarray(4 * number, 4 * number + 4);
  let best = { length: 0, x: left, y: top };
  for (let y = top; y <= bottom; y += 1) {
    let run = 0;
    for (let x = left; x <= right + 1; x += 1) {
      if (x <= right && map.numbers[y * map.width + x] === number) run += 1;
      else {
        if (run > best.length) best = { length: run, x: x - Math.ceil(run / 2), y };
        run = 0;
      }
    }
  }
  const x = Math.floor(((best.x + 0.5) / map.width) * size[0]);
  return [x, Math.floor(((best.y + 0.5) / map.height) * size[1])];
}

/** Numbers of a group on the page. @param {PageSurfaces} some @param {number|null} group @returns {number[]} */
export function numbersOfGroup(some, group) {
  if (group === null) return [];
  return some.surfaces.flatMap((surface, index) => (surface.group === group ? [index + 1] : []));
}
