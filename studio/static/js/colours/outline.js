/** An outline drawn on the page: what lies inside takes a colour, whatever the surfaces are. */

import { askJson } from "../core/api.js";
import { find, forHand } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { say, tellFailure } from "../core/say.js";
import { isEditable, store } from "../core/state.js";
import { stillOf } from "../pages/gestures.js";
import { placeUnder, sourceNear, stageElement } from "../pages/stage.js";
import { beginOutline, redrawOutline } from "./draft.js";
import { thin } from "./stroke.js";

/** @typedef {import("../core/types.js").Point} Point */

const HOW = "Draw a line around something: all that lies inside takes a colour. Escape leaves it.";
const CORNERS = 3; // the command line's, too

export function startOutlines() {
  const button = /** @type {HTMLButtonElement} */ (find("outline"));
  const isHere = () => store.get().mode === "colours";
  button.addEventListener("click", toggle);
  bind("Colours", ["o"], "draw an outline: all that lies inside takes a colour", toggle, isHere);
  bind("Colours", ["Escape"], "give up the outline", leave, () => isHere() && store.get().outlining !== null);
  store.watch(
    (state) => [state.outlining, state.mode, isEditable(state)],
    () => {
      const state = store.get();
      button.disabled = state.mode !== "colours" || !isEditable(state);
      button.setAttribute("aria-pressed", String(state.outlining !== null));
      if (state.outlining && button.disabled) leave();
      stageElement().dataset.outlining = String(state.outlining !== null);
    },
  );
}

function toggle() {
  const state = store.get();
  if (state.outlining) return leave();
  if (!isEditable(state)) return say(state.chapter?.why_not || "There are no colours to change yet.");
  beginDrawing(null);
}

/** Wait for a line. @param {string|null} edit  the one whose outline it is to be, null for a new one */
export function beginDrawing(edit) {
  store.set({ outlining: { edit }, hover: null, aim: "new" });
  say(forHand(HOW));
}

function leave() {
  store.set({ outlining: null, lasso: null, status: "" });
}

/**
 * What takes hold of a pointer that goes down while an outline is wanted.
 * @param {PointerEvent} start @returns {import("../pages/gestures.js").Grip|null}
 */
export function grabOutline(start) {
  const under = placeUnder(start);
  const wanted = store.get().outlining;
  if (!under || !wanted) return null;
  const { frame } = under;
  const page = frame.page.name;
  /** @type {Point[]} */
  const line = [under.at];
  let far = 0;
  if (store.get().page !== page) store.set({ page });

  return {
    drag(event) {
      const next = sourceNear(frame, event);
      const last = line[line.length - 1];
      if (next[0] === last[0] && next[1] === last[1]) return;
      line.push(next);
      far = Math.max(far, Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY));
      if (store.get().outlining === wanted) store.set({ lasso: { page, line: [...line] } });
    },
    drop() {
      store.set({ lasso: null });
      if (store.get().outlining !== wanted) return; // given up meanwhile
      if (line.length < CORNERS || far <= stillOf(start)) return say(forHand(HOW));
      store.set({ outlining: null });
      void finish(page, thin(line), wanted.edit);
    },
    cancel: () => store.set({ lasso: null }),
  };
}

/** @param {string} page @param {Point[]} line @param {string|null} edit */
async function finish(page, line, edit) {
  const colour = store.get().draft?.colour ?? store.get().chapter?.palette?.recent[0] ?? "#c0392b";
  try {
    // Whoever drew around nothing is told before anything begins.
    await askJson("cover", { body: { wishes: { outline: [page, ...line], colour } } });
    if (edit) redrawOutline(edit, page, line);
    else beginOutline(page, line, colour);
  } catch (error) {
    tellFailure(error, () => void finish(page, line, edit));
  }
}
