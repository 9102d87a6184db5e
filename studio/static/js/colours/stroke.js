/** A line drawn over the page: every surface that it crosses is meant, or is not. */

import { askJson } from "../core/api.js";
import { counted } from "../core/dom.js";
import { say, tellFailure } from "../core/say.js";
import { isEditable, store } from "../core/state.js";
import { stillOf } from "../pages/gestures.js";
import { knownSurfaces } from "../pages/known_surfaces.js";
import { placeUnder, stageElement } from "../pages/stage.js";
import { numberAt } from "../pages/surfaces.js";
import { addPoints, beginDraft } from "./draft.js";
import { kindOf, pickAt } from "./pick.js";

/** @typedef {import("../core/types.js").Place} Place */
/** @typedef {import("../pages/frame.js").PageFrame} PageFrame */
const STEP = 1; // screen pixels between the points that are looked at while it is drawn
const CORNERS = 500; // a request may name no more points
const MOST = 100; // surfaces of one line

/**
 * What takes hold of a pointer that goes down to draw: with Shift or Alt, or where a click would add to what is
 * meant. Null where it moves the page.
 * @param {PointerEvent} start @returns {import("../pages/gestures.js").Grip|null}
 */
export function grabStroke(start) {
  const state = store.get();
  const kind = kindOf(start, state.aim);
  if (kind === "new" || state.split || !isEditable(state)) return null;
  const under = placeUnder(start);
  const some = under && knownSurfaces(under.frame.page.name);
  if (!under || !some) return null;
  const { frame } = under;
  const { map } = some;
  /** @type {Set<number>} */
  const crossed = new Set();
  /** @type {[number, number][]} */
  const line = [];
  let last = start;
  let isLine = false;

  /** @param {PointerEvent} next */
  function drawTo(next) {
    isLine ||= Math.hypot(next.clientX - start.clientX, next.clientY - start.clientY) > stillOf(start);
    const before = crossed.size;
    const points = pointsBetween(last, next, frame);
    for (const at of points) {
      const number = numberAt(map, at, frame.size);
      if (number) crossed.add(number);
    }
    line.push(...points.slice(-1));
    last = next;
    if (!isLine || (crossed.size === before && store.get().stroke)) return;
    stageElement().dataset.drawing = "true";
    store.set({ hover: null, stroke: { page: frame.page.name, numbers: [...crossed] } });
  }

  function end() {
    delete stageElement().dataset.drawing;
    store.set({ stroke: null });
  }

  drawTo(start);
  return {
    drag: drawTo,
    drop() {
      end();
      if (isLine) void finish(kind, frame.page.name, thin(line));
      else pickAt(start, start);
    },
    cancel: end,
  };
}

/**
 * Points of a line of the window that lie on the page.
 * @param {PointerEvent} from @param {PointerEvent} to @param {PageFrame} frame @returns {[number, number][]}
 */
function pointsBetween(from, to, frame) {
  const corner = stageElement().getBoundingClientRect();
  const [across, down] = [to.clientX - from.clientX, to.clientY - from.clientY];
  const steps = Math.max(1, Math.round(Math.hypot(across, down) / STEP));
  return Array.from({ length: steps }, (_, step) => {
    const share = (step + 1) / steps;
    const [x, y] = [from.clientX + share * across, from.clientY + share * down];
    return frame.toSource(x - corner.left, y - corner.top);
  }).filter((at) => at !== null);
}

/** A line with as many corners as can be asked about. @param {[number, number][]} line */
function thin(line) {
  const every = Math.ceil(line.length / CORNERS);
  return line.filter((_, at) => at % every === 0);
}

/**
 * The server says what is meant: it knows ink and balloons to the pixel.
 * @param {"also"|"not"} kind @param {string} page @param {[number, number][]} line  source pixels
 */
async function finish(kind, page, line) {
  try {
    /** @type {{surfaces: {number: number, at: [number, number]}[]}} */
    const told = await askJson("line", { body: { page, line } });
    take(kind, page, told.surfaces);
  } catch (error) {
    tellFailure(error, () => void finish(kind, page, line));
  }
}

/** @param {"also"|"not"} kind @param {string} page @param {{number: number, at: [number, number]}[]} meant */
function take(kind, page, meant) {
  const some = knownSurfaces(page);
  if (!some) return; // another page is in sight by now
  if (!meant.length) return say("The line crosses nothing that takes a colour.");
  if (store.get().page !== page) store.set({ page });
  const places = meant.slice(0, MOST).map(({ at }) => /** @type {Place} */ ([page, ...at]));
  const hadDraft = store.get().draft !== null;
  if (!hadDraft) {
    const { number } = meant[0];
    beginDraft(/** @type {Place} */ (places.shift()), number, some.surfaces[number - 1]);
  }
  if (places.length) addPoints(hadDraft ? kind : "also", places);
  if (meant.length > MOST) {
    say(`The line crosses ${counted(meant.length, "surface")}: the first ${MOST} were taken.`);
  }
}
