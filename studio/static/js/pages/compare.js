/** Before and after: a line to drag across the pages; before: as scanned, or as first coloured. */

import { find } from "../core/dom.js";
import { editOf, store } from "../core/state.js";
import { hasChanges, showBefore } from "./before.js";
import { unflip, wordsOf } from "./flip.js";
import { boundsOfFrames, framesInSight, paintWithStage } from "./stage.js";

const START = 0.5; // where the line stands when it is switched on
const STEP = 0.02; // of the pages' width, a press of an arrow key

export function startCompare() {
  const line = /** @type {HTMLElement} */ (find("divider"));
  const paint = () => place(line);
  paintWithStage(paint);
  store.watch(
    ({ compare, against, flipped, page, double, mode, chapter }) =>
      [compare, against, flipped, page, double, mode, chapter?.pages, chapter?.palette, chapter?.look],
    () => (follow(), showWords(), paint()),
  );
  for (const one of /** @type {const} */ (["scan", "changes"]))
    find(`against-${one}`).addEventListener("click", () => store.set({ against: one }));

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
  unflip();
  store.set({ compare: store.get().compare === null ? START : null });
}

/** @param {number} x  in the window */
function moveTo(x) {
  const bounds = boundsOfFrames();
  const left = x - find("stage").getBoundingClientRect().left - bounds.x;
  store.set({ compare: Math.min(1, Math.max(0, left / bounds.width)) });
}

/**
 * What is seen at a place of a page in its picture's place, if anything is.
 * @param {import("./frame.js").PageFrame} frame @param {number} x  screen pixels
 */
export function beforeAt(frame, x) {
  const { compare, against, flipped } = store.get();
  const bounds = boundsOfFrames();
  const isLeft = compare !== null && x < bounds.x + bounds.width * compare;
  const side = flipped ?? (isLeft ? against : null);
  if (side === "scan") return frame.before;
  return side && frame.without === side ? frame.unedited : null;
}

/** @param {HTMLElement} line */
function place(line) {
  const { compare, against, flipped, mode } = store.get();
  const frames = framesInSight();
  const isOn = compare !== null && frames.length > 0 && mode === "colours";
  line.hidden = !isOn;
  const bounds = boundsOfFrames();
  const at = bounds.x + bounds.width * (compare ?? 0);
  if (isOn) {
    line.style.transform = `translateX(${at}px)`;
    line.setAttribute("aria-valuenow", String(Math.round(100 * compare)));
  }
  const side = flipped ?? (isOn ? against : "scan");
  const without = mode === "colours" && side !== "scan" ? side : null;
  for (const frame of frames) {
    showBefore(frame, without);
    const share = isOn ? Math.min(1, Math.max(0, (at - frame.rect.x) / frame.rect.width)) : 0;
    const left = flipped || mode === "panels" ? 1 : share;
    const cut = without ? 0 : left;
    for (const image of [frame.after, frame.preview]) image.style.clipPath = `inset(0 0 0 ${100 * cut}%)`;
    frame.unedited.style.clipPath = `inset(0 ${100 * (1 - left)}% 0 0)`;
  }
}

/** What is left of the line, and what is said of that and of what is seen in the pages' place. */
function showWords() {
  const state = store.get();
  const { compare, against, flipped, mode } = state;
  find("flipped").hidden = !flipped;
  find("flipped").textContent = flipped ? wordsOf(state) : "";
  find("against").hidden = compare === null || mode !== "colours" || !hasChanges(state);
  for (const one of /** @type {const} */ (["scan", "changes"]))
    find(`against-${one}`).setAttribute("aria-pressed", String(one === against));
  find("before-changes").hidden = !hasChanges(state);
  find("before-changes").setAttribute("aria-pressed", String(flipped === "changes"));
}

/** Without a change that is taken back nothing is to be seen. */
function follow() {
  const state = store.get();
  if (isOfEdit(state.flipped) && !editOf(state, state.flipped)) unflip();
  if (hasChanges(state) || !state.chapter?.palette) return;
  if (state.flipped === "changes") unflip();
  if (state.against === "changes") store.set({ against: "scan" });
}

/** @param {string|null} flipped */
const isOfEdit = (flipped) => flipped !== null && flipped !== "scan" && flipped !== "changes";
