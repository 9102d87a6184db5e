/** A line drawn over the page: every surface that it crosses is meant, or is not. */

import { askJson } from "../core/api.js";
import { counted } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { say, tellFailure } from "../core/say.js";
import { isEditable, store } from "../core/state.js";
import { oneByOne } from "../core/throttle.js";
import { stillOf } from "../pages/gestures.js";
import { knownSurfaces } from "../pages/known_surfaces.js";
import { placeUnder, stageElement } from "../pages/stage.js";
import { addPoints, beginDraft } from "./draft.js";
import { BEING_COLOURED, kindOf, pickAt } from "./pick.js";

/** @typedef {import("../core/types.js").Place} Place */
/** @typedef {import("../core/types.js").Point} Point */
/** @typedef {{page: string, line: Point[]}} Line  its corners, source pixels */
/** @typedef {{surfaces: {number: number, at: Point}[]}} Crossed */

const CORNERS = 400; // a request may name 500 points
const MOST = 100; // surfaces of one line

/** Gives up the line that is being drawn; nothing while there is none. */
let giveUp = () => {};

export function startStrokes() {
  const isDrawing = () => "drawing" in stageElement().dataset;
  const words = "give up the line that is being drawn";
  bind("Colours", ["Escape", "Shift+Escape"], words, () => giveUp(), isDrawing);
}

/** @param {Line} drawn @returns {Promise<Crossed|null>}  null while a run writes the page */
const askFor = ({ page, line }) => askJson("line", { body: { page, line: thin(line) } });

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
  const picked = state.draft?.at ?? null;
  const line = [at];
  let isLine = false;
  let isOver = false;
  const marks = oneByOne(
    () => askFor({ page, line }),
    (crossed) => {
      if (isOver || !crossed) return;
      store.set({ stroke: { page, numbers: crossed.surfaces.map(({ number }) => number) } });
    },
  );

  function end() {
    isOver = true;
    giveUp = () => {};
    delete stageElement().dataset.drawing;
    store.set({ stroke: null });
  }

  return {
    drag(event) {
      isLine ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > stillOf(start);
      const next = placeUnder(event);
      if (next?.frame === frame) line.push(next.at);
      if (!isLine || isOver) return;
      if (!stageElement().dataset.drawing) {
        stageElement().dataset.drawing = "true";
        giveUp = end;
        store.set({ hover: null, status: "" });
      }
      marks.want(null);
    },
    drop() {
      if (isOver) return;
      end();
      if (isLine) void finish(kind, picked, { page, line });
      else pickAt(start);
    },
    cancel: end,
  };
}

/** A line with as many corners as can be asked about, its last one among them. @param {Point[]} line */
export function thin(line) {
  const every = Math.ceil(line.length / CORNERS);
  return line.filter((_, index) => index % every === 0 || index === line.length - 1);
}

/**
 * @param {"also"|"not"} kind @param {Place|null} picked  where the draft begins that the line was drawn for
 * @param {Line} drawn
 */
async function finish(kind, picked, drawn) {
  try {
    const crossed = await askFor(drawn);
    if (!crossed) return say(BEING_COLOURED);
    const { surfaces } = crossed;
    const now = store.get().draft?.at ?? null;
    if (now !== picked) return say("Something else is picked by now: draw the line again.");
    if (!surfaces.length) return say("The line crosses nothing that takes a colour.");
    take(kind, drawn.page, surfaces);
  } catch (error) {
    tellFailure(error, () => void finish(kind, picked, drawn));
  }
}

/** @param {"also"|"not"} kind @param {string} page @param {Crossed["surfaces"]} meant */
function take(kind, page, meant) {
  const known = knownSurfaces(page);
  const { draft } = store.get();
  if (!known) return; // another page is in sight by now
  if (!draft && kind === "not") return say("Nothing is picked that this could be taken from: click it first.");
  if (store.get().page !== page) store.set({ page });
  const places = meant.slice(0, MOST).map(({ at }) => /** @type {Place} */ ([page, ...at]));
  if (draft) addPoints(kind, places);
  else {
    const [{ number }] = meant;
    beginDraft(places[0], number, known.surfaces[number - 1], { also: places.slice(1) });
  }
  if (meant.length > MOST) {
    say(`The line crosses ${counted(meant.length, "surface")}: the first ${MOST} were taken.`);
  }
}
