/** The colour that a place of a page is seen in. */

import { meanColour } from "../core/sample.js";
import { store } from "../core/state.js";
import { beforeAt } from "../pages/compare.js";
import { knownSurfaces } from "../pages/known_surfaces.js";
import { numberAt } from "../pages/surfaces.js";
import { outlineAt } from "./draft.js";

/** @typedef {import("../pages/frame.js").PageFrame} PageFrame */

const AROUND = 1 / 400; // of the picture's width, on each side: dots of a screentone even out

/**
 * A surface has one colour, whatever lines and dots lie on it; elsewhere it is what the picture has there.
 * @param {PageFrame} frame @param {[number, number]} at  source pixels
 * @returns {string|null} hex; null while there is no picture
 */
export function colourSeen(frame, at) {
  const { page } = frame;
  const before = beforeAt(frame, frame.toStage(at[0] + 0.5, at[1] + 0.5)[0]);
  if (!frame.isColoured || before) return pictured(before ?? frame.before, frame, at);
  const { draft, cover } = store.get();
  const some = knownSurfaces(page.name);
  const number = some ? numberAt(some.map, at, frame.size) : 0;
  const surface = some?.surfaces[number - 1];
  if (draft?.touched && cover?.surfaces[page.name]?.includes(number)) return draft.colour;
  const outline = surface && outlineAt([page.name, ...at], surface.edit);
  return outline?.colour ?? surface?.colour ?? pictured(frame.after, frame, at);
}

/** @param {HTMLImageElement} image @param {PageFrame} frame @param {[number, number]} at */
function pictured(image, frame, at) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  if (!image.complete || !width) return null;
  const [x, y] = [((at[0] + 0.5) / frame.size[0]) * width, ((at[1] + 0.5) / frame.size[1]) * height];
  return meanColour(image, [width, height], [x, y], Math.max(1, Math.round(width * AROUND)));
}
