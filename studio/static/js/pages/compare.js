/** Before and after: a line to drag across the pages, and a key that flips. */

import { find } from "../core/dom.js";
import { store } from "../core/state.js";
import { boundsOfFrames, framesInSight, paintWithStage } from "./stage.js";

const START = 0.5; // where the line stands when it is switched on
const STEP = 0.02; // of the pages' width, a press of an arrow key

export function startCompare() {
  const line = /** @type {HTMLElement} */ (find("divider"));
  const paint = () => place(line);
  paintWithStage(paint);
  store.watch((state) => [state.compare, state.flipped, state.page, state.double, state.mode], paint);

  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    line.focus();
  });
  line.addEventListener("pointermove", (event) => {
    if (line.hasPointerCapture(event.pointerId)) moveTo(event.clientX);
  });
  line.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const now = store.get().compare ?? START;
    store.set({ compare: Math.min(1, Math.max(0, now + step)) });
  });
}

export function toggleCompare() {
  store.set({ compare: store.get().compare === null ? START : null, flipped: false });
}

export function flip() {
  store.set({ flipped: !store.get().flipped });
}

/** @param {number} x  in the window */
function moveTo(x) {
  const bounds = boundsOfFrames();
  const left = x - find("stage").getBoundingClientRect().left - bounds.x;
  store.set({ compare: Math.min(1, Math.max(0, left / bounds.width)) });
}

/** Whether the scan is seen at a place of the stage. @param {number} x  screen pixels */
export function isScanAt(x) {
  const { compare, flipped } = store.get();
  const bounds = boundsOfFrames();
  return flipped || (compare !== null && x < bounds.x + bounds.width * compare);
}

/** @param {HTMLElement} line */
function place(line) {
  const { compare, flipped, mode } = store.get();
  const frames = framesInSight();
  const isOn = compare !== null && frames.length > 0 && mode === "colours";
  line.hidden = !isOn;
  const bounds = boundsOfFrames();
  const at = bounds.x + bounds.width * (compare ?? 0);
  if (isOn) {
    line.style.transform = `translateX(${at}px)`;
    line.setAttribute("aria-valuenow", String(Math.round(100 * compare)));
  }
  for (const frame of frames) {
    const share = isOn ? Math.min(1, Math.max(0, (at - frame.rect.x) / frame.rect.width)) : 0;
    const cut = flipped || mode === "panels" ? 1 : share;
    for (const image of [frame.after, frame.preview]) image.style.clipPath = `inset(0 0 0 ${100 * cut}%)`;
  }
}
