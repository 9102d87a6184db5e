/** A pointer for the keyboard: arrows move it, full stop and comma go from surface to surface, Enter picks. */

import { find } from "../core/dom.js";
import { bind, bindArrows } from "../core/keys.js";
import { say } from "../core/say.js";
import { store } from "../core/state.js";
import { framesInSight, paintWithStage, reveal, stageElement } from "./stage.js";
import { knownSurfaces } from "./known_surfaces.js";
import { numberAt, pointInside } from "./surfaces.js";

const STEP = 8; // screen pixels
const FAR = 5; // times that with Shift
const PART = "Colours";

/** @type {{page: string, at: [number, number]}|null} */
let place = null;

/** @param {{hover: (page: string, at: [number, number]) => void,
 *   pick: (page: string, at: [number, number], keys: KeyboardEvent) => void}} hands  at: source pixels */
export function startCrosshair(hands) {
  const mark = /** @type {HTMLElement} */ (find("crosshair"));
  const isOn = () => store.get().crosshair;
  paintWithStage(() => draw(mark));
  store.watch(
    (state) => [state.crosshair, state.page, state.mode],
    () => {
      const { crosshair, page, mode } = store.get();
      if (crosshair && (mode !== "colours" || !framesInSight().some((f) => f.page.name === place?.page))) {
        place = page ? middleOf(page) : null;
      }
      draw(mark);
    },
  );

  bind(PART, ["x"], "pick surfaces by keyboard: a cross on the page", () => toggle());
  bind(PART, ["Escape"], "leave the cross", () => toggle(), isOn);
  bind(PART, ["."], "cross: to the next surface, largest first", () => jump(1, hands), isOn);
  bind(PART, [","], "cross: to the surface before", () => jump(-1, hands), isOn);
  bind(
    PART,
    ["Enter", "Shift+Enter"],
    "cross: pick this surface (with Shift: this, too)",
    (event) => {
      if (place) hands.pick(place.page, place.at, event);
    },
    isOn,
  );
  const step = (/** @type {number} */ x, /** @type {number} */ y) => move(x * STEP, y * STEP, hands);
  bindArrows(PART, "cross: move it (with Shift: further)", FAR, step, isOn);
}

function toggle() {
  const crosshair = !store.get().crosshair;
  store.set({ crosshair, hover: crosshair ? store.get().hover : null });
  if (!crosshair) return;
  stageElement().focus({ preventScroll: true }); // so that Enter is the cross's
  say("Cross on the page: arrows move it, full stop goes to the next surface, Enter picks, Escape leaves.");
}

/** @param {string} page @returns {{page: string, at: [number, number]}} */
function middleOf(page) {
  const frame = framesInSight().find((one) => one.page.name === page) ?? framesInSight()[0];
  return { page: frame?.page.name ?? page, at: frame ? [frame.size[0] >> 1, frame.size[1] >> 1] : [0, 0] };
}

const frameHere = () => framesInSight().find((frame) => frame.page.name === place?.page) ?? null;

/** @returns {[number, number]|null} */
function onStage() {
  return (place && frameHere()?.toStage(place.at[0] + 0.5, place.at[1] + 0.5)) ?? null;
}

/** @param {HTMLElement} mark */
function draw(mark) {
  const at = store.get().crosshair && store.get().mode === "colours" ? onStage() : null;
  mark.hidden = at === null;
  if (at) mark.style.transform = `translate(${at[0]}px, ${at[1]}px)`;
}

/** @typedef {Parameters<typeof startCrosshair>[0]} Hands */

/** @param {number} x @param {number} y  screen pixels @param {Hands} hands */
function move(x, y, hands) {
  const at = onStage();
  if (!at || !place) return;
  const frames = framesInSight();
  const to = frames.find((frame) => frame.toSource(at[0] + x, at[1] + y)) ?? frameHere();
  const found = to?.toSource(at[0] + x, at[1] + y);
  if (to && found) place = { page: to.page.name, at: found };
  arrive(hands);
}

/** @param {number} step @param {Hands} hands */
function jump(step, hands) {
  const frame = frameHere();
  const some = frame && knownSurfaces(frame.page.name);
  if (!frame || !some || !place) return;
  const order = [...some.surfaces.keys()]
    .map((index) => index + 1)
    .filter((number) => some.map.areas[number]);
  order.sort((one, other) => some.map.areas[other] - some.map.areas[one]);
  const now = order.indexOf(numberAt(some.map, place.at, frame.size));
  const next = order[(now + step + order.length) % order.length];
  if (next === undefined) return;
  place = { page: place.page, at: pointInside(some.map, next, frame.size) };
  arrive(hands);
}

/** @param {Hands} hands */
function arrive(hands) {
  const at = onStage();
  if (at) reveal(at[0], at[1]);
  if (place) hands.hover(place.page, place.at);
  draw(find("crosshair"));
}
