/** What stays without colour, balloons and paper, as a tint over the page in the panels' room. */

import { make } from "../core/dom.js";
import { NOTHING_YET, askAt, pictureAddress } from "../core/api.js";
import { store } from "../core/state.js";
import { frameOf } from "../pages/stage.js";

const SIDE = 1000; // pixels: a tint need not be sharp
const TINT = [52, 152, 219, 110]; // RGBA

export function startBalloons() {
  store.watch(
    (state) => [state.mode, state.page, state.chapter?.pages, state.connected],
    () => void show(),
  );
}

async function show() {
  const { mode, page } = store.get();
  for (const old of document.querySelectorAll(".balloons"))
    if (mode !== "panels" || old.parentElement?.dataset.page !== page) old.remove();
  if (mode !== "panels" || page === null) return;
  await Promise.resolve(); // the stage shows the new page in the same turn
  const frame = frameOf(page);
  if (!frame?.page.has_colours) return; // there is no such mask before a page has been coloured
  const src = pictureAddress("balloons", frame.page, SIDE);
  const there = frame.element.querySelector(".balloons");
  if (there instanceof HTMLElement && there.dataset.src === src) return;
  const canvas = make("canvas.balloons", { "data-src": src, "aria-hidden": "true" });
  there?.remove();
  frame.element.append(canvas);
  try {
    const answer = await askAt(src);
    if (answer.status === NOTHING_YET) return canvas.remove();
    const bitmap = await createImageBitmap(await answer.blob());
    tint(canvas, bitmap);
    bitmap.close();
  } catch {
    canvas.remove(); // it has no such mask, and its panels can be drawn; of a lost connection the banner tells
  }
}

/** @param {HTMLCanvasElement} canvas @param {ImageBitmap} bitmap */
function tint(canvas, bitmap) {
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    const kept = data[at] / 255;
    data.set([TINT[0], TINT[1], TINT[2], TINT[3] * kept], at);
  }
  context.putImageData(image, 0, 0);
}
