/** The colour of a place of a picture. */

import { hexOf } from "./colour.js";

/** @type {OffscreenCanvasRenderingContext2D|null} */
let context = null;

/**
 * The mean of a square around a pixel, as far as it lies in the picture: grain and dots even out.
 * @param {CanvasImageSource} picture @param {[number, number]} size  its width and height
 * @param {[number, number]} at @param {number} around  pixels on each side of it
 * @returns {string} hex
 */
export function meanColour(picture, [width, height], at, around) {
  const [x, y] = at.map(Math.floor);
  const [left, top] = [Math.max(0, x - around), Math.max(0, y - around)];
  const wide = Math.min(width, x + around + 1) - left;
  const high = Math.min(height, y + around + 1) - top;
  context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser draws no canvas");
  Object.assign(context.canvas, { width: wide, height: high }); // which clears it
  context.drawImage(picture, left, top, wide, high, 0, 0, wide, high);
  const { data } = context.getImageData(0, 0, wide, high);
  const sum = [0, 0, 0];
  for (let index = 0; index < data.length; index += 1) if (index % 4 < 3) sum[index % 4] += data[index];
  return hexOf(sum.map((value) => value / (data.length / 4)));
}
