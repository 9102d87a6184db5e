/** The stage: the pages in sight, zoomed and moved. Others draw over it and are told when it moves. */

import { find, refill } from "../core/dom.js";
import { pagesOf, store } from "../core/state.js";
import { onceAFrame } from "../core/throttle.js";
import { PageFrame, sideFor } from "./frame.js";
import { pagesInSight } from "./reading.js";
import { boundsOf, fitView, keepInRoom, layPages, onScreen, zoomTo } from "./view.js";

/** @typedef {import("./view.js").View} View */

const LOAD_PAUSE = 120; // ms of rest before a sharper picture is fetched: not one for every step of a zoom

/** @type {PageFrame[]} */
let frames = [];
/** @type {View} */
let view = { scale: 1, x: 0, y: 0 };
/** @type {import("./view.js").Rect[]} */
let rects = [];
/** @type {Set<() => void>} */
const painters = new Set();
/** @type {number|undefined} */
let timer;

export const stageElement = () => /** @type {HTMLElement} */ (find("stage"));
export const framesInSight = () => frames;

/** @param {string} page */
export const frameOf = (page) => frames.find((frame) => frame.page.name === page) ?? null;

/** Ask to be called, in a frame's time, whenever something on the stage has moved. @param {() => void} paint */
export function paintWithStage(paint) {
  painters.add(onceAFrame(paint));
}

export function repaint() {
  for (const paint of painters) paint();
}

export function startStage() {
  const pages = find("pages");
  store.watch(
    (state) => [state.page, state.double, state.chapter?.pages, state.chapter?.direction],
    () => show(pages),
  );
  store.watch(
    (state) => [state.fit, state.mode],
    () => refit(),
  );
  store.watch(
    (state) => state.connected,
    (connected) => connected && frames.forEach((frame) => frame.retry()),
  );
  new ResizeObserver(() => refit()).observe(stageElement());
}

const room = () => ({ width: stageElement().clientWidth, height: stageElement().clientHeight });

/** @param {HTMLElement} place */
function show(place) {
  const state = store.get();
  const wanted = pagesInSight(pagesOf(state), state.page, state.double);
  const same =
    wanted.length === frames.length && wanted.every((page, at) => page.name === frames[at].page.name);
  if (same) {
    const sized = wanted.some((page, at) => String(page.size) !== String(frames[at].page.size));
    wanted.forEach((page, at) => frames[at].update(page));
    if (!sized) return ready();
  } else {
    for (const frame of frames) frame.dispose();
    frames = wanted.map((page) => new PageFrame(page, () => (ready(), repaint())));
    refill(place, ...frames.map((frame) => frame.element));
  }
  const sizes = frames.map((frame) => frame.size);
  rects = frames.length ? layPages(sizes, state.chapter?.direction ?? "rtl") : [];
  if (frames.length) setView(fitView(state.fit === "width" ? "width" : "page", boundsOf(rects), room()));
  if (state.fit === "free") store.set({ fit: "page" });
  load();
}

function ready() {
  stageElement().dataset.ready = String(frames.length > 0 && frames.every((frame) => frame.isReady));
}

function refit() {
  const { fit } = store.get();
  if (!frames.length) return;
  if (fit === "free") setView(keepInRoom(view, boundsOf(rects), room()));
  else setView(fitView(fit, boundsOf(rects), room()));
}

/** @param {View} next */
function setView(next) {
  view = next;
  frames.forEach((frame, at) => frame.place(onScreen(rects[at], view)));
  store.set({ zoom: frames.length ? frames[0].rect.width / frames[0].size[0] : 1 });
  clearTimeout(timer);
  timer = setTimeout(load, LOAD_PAUSE);
  repaint();
}

function load() {
  for (const frame of frames) {
    const seen = Math.max(frame.rect.width, frame.rect.height) * devicePixelRatio;
    const side = sideFor(seen);
    if (side > frame.side) frame.load(side);
  }
  ready();
}

/** Zoom by a factor about a point of the stage, or about its middle. @param {number} by @param {Point} [at] */
export function zoomBy(by, at) {
  zoomAbout(view.scale * by, at);
}

/** @typedef {{x: number, y: number}} Point */

/** A picture pixel as a screen pixel, or so many times that. @param {number} zoom @param {Point} [at] */
export function zoomExactly(zoom, at) {
  if (frames.length) zoomAbout((view.scale * zoom) / (frames[0].rect.width / frames[0].size[0]), at);
}

/** @param {number} scale @param {Point} [at] */
function zoomAbout(scale, at = { x: room().width / 2, y: room().height / 2 }) {
  if (!frames.length) return;
  store.set({ fit: "free" });
  setView(keepInRoom(zoomTo(view, scale, at), boundsOf(rects), room()));
}

/** @param {number} x @param {number} y  screen pixels */
export function moveBy(x, y) {
  if (!frames.length) return;
  const next = { scale: view.scale, x: view.x + x, y: view.y + y };
  setView(keepInRoom(next, boundsOf(rects), room()));
}

/** Bring a point of the stage into sight. @param {number} x @param {number} y */
export function reveal(x, y) {
  const { width, height } = room();
  const edge = 60; // screen pixels: enough to see what lies around it
  const across = x < edge ? edge - x : x > width - edge ? width - edge - x : 0;
  const down = y < edge ? edge - y : y > height - edge ? height - edge - y : 0;
  if (across || down) {
    store.set({ fit: "free" });
    moveBy(across, down);
  }
}

/** The pages in sight, all in one, on the stage. @returns {import("./view.js").Rect} */
export function boundsOfFrames() {
  if (!frames.length) return { x: 0, y: 0, width: 1, height: 1 };
  return onScreen(boundsOf(rects), view);
}

/** What lies at a point of the window. @param {{clientX: number, clientY: number}} event */
export function placeUnder(event) {
  const corner = stageElement().getBoundingClientRect();
  const [x, y] = [event.clientX - corner.left, event.clientY - corner.top];
  for (const frame of frames) {
    const at = frame.toSource(x, y);
    if (at) return { frame, at, x, y };
  }
  return null;
}

/**
 * The pixel of a page that is nearest to a point of the window.
 * @param {PageFrame} frame @param {{clientX: number, clientY: number}} event
 */
export function sourceNear(frame, event) {
  const corner = stageElement().getBoundingClientRect();
  return frame.nearestSource(event.clientX - corner.left, event.clientY - corner.top);
}
