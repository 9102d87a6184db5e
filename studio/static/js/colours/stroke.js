/** A line drawn over the page: every surface that it crosses is meant, or is not. */

import { askJson } from "../core/api.js";
import { counted } from "../core/dom.js";
import { say, tellFailure } from "../core/say.js";
import { isEditable, store } from "../core/state.js";
import { latest } from "../core/throttle.js";
import { stillOf } from "../pages/gestures.js";
import { knownSurfaces } from "../pages/known_surfaces.js";
import { placeUnder, stageElement } from "../pages/stage.js";
import { addPoints, beginDraft } from "./draft.js";
import { kindOf, pickAt } from "./pick.js";

/** @typedef {import("../core/types.js").Place} Place */
/** @typedef {import("../core/types.js").Point} Point */
/** @typedef {{page: string, line: Point[]}} Line  its corners, source pixels */
/** @typedef {{surfaces: {number: number, at: Point}[]}} Crossed */

const CORNERS = 400; // a request may name 500 points
const MOST = 100; // surfaces of one line

/** @param {Line} drawn @param {AbortSignal} [signal] @returns {Promise<Crossed>} */
const askFor = ({ page, line }, signal) => askJson("line", { body: { page, line: thin(line) }, signal });

const marks = latest(
  askFor,
  ({ surfaces }, { page }) => store.set({ stroke: { page, numbers: surfaces.map(({ number }) => number) } }),
  () => {}, // what is asked for at the end tells of it
);

/**
 * What takes hold of a pointer that goes down to draw: with Shift or Alt, or where a click would add to what is
 * meant. Null where it moves the page.
 * @param {PointerEvent} start @returns {import("../pages/gestures.js").Grip|null}
 */
export function grabStroke(start) {
  const state = store.get();
  const kind = kindOf(start, state.aim);
  const under = placeUnder(start);
  if (kind === "new" || state.split || !under || !isEditable(state)) return null;
  const { frame, at } = under;
  const page = frame.page.name;
  if (!knownSurfaces(page)) return null;
  const line = [at];
  let isLine = false;

  function end() {
    marks.stop();
    delete stageElement().dataset.drawing;
    store.set({ stroke: null });
  }

  return {
    drag(event) {
      isLine ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > stillOf(start);
      const next = placeUnder(event);
      if (next?.frame === frame) line.push(next.at);
      if (!isLine) return;
      stageElement().dataset.drawing = "true";
      if (store.get().hover) store.set({ hover: null });
      marks.want({ page, line: [...line] });
    },
    drop() {
      end();
      if (isLine) void finish(kind, { page, line });
      else pickAt(start, start);
    },
    cancel: end,
  };
}

/** A line with as many corners as can be asked about, its last one among them. @param {Point[]} line */
function thin(line) {
  const every = Math.ceil(line.length / CORNERS);
  return line.filter((_, index) => index % every === 0 || index === line.length - 1);
}

/** @param {"also"|"not"} kind @param {Line} drawn */
async function finish(kind, drawn) {
  try {
    take(kind, drawn.page, await askFor(drawn));
  } catch (error) {
    tellFailure(error, () => void finish(kind, drawn));
  }
}

/** @param {"also"|"not"} kind @param {string} page @param {Crossed} crossed */
function take(kind, page, { surfaces: meant }) {
  const known = knownSurfaces(page);
  if (!known) return; // another page is in sight by now
  if (!meant.length) return say("The line crosses nothing that takes a colour.");
  if (store.get().page !== page) store.set({ page });
  const places = meant.slice(0, MOST).map(({ at }) => /** @type {Place} */ ([page, ...at]));
  const isMore = store.get().draft !== null;
  if (!isMore) {
    const { number } = meant[0];
    beginDraft(places[0], number, known.surfaces[number - 1]);
  }
  const further = isMore ? places : places.slice(1);
  if (further.length) addPoints(isMore ? kind : "also", further);
  if (meant.length > MOST) {
    say(`The line crosses ${counted(meant.length, "surface")}: the first ${MOST} were taken.`);
  }
}
