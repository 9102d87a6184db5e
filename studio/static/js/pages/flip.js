/** What is seen in the pages' place until that is let go: the scan, or them without what was changed. */

import { find } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { say } from "../core/say.js";
import { editName, editOf, store } from "../core/state.js";
import { hasChanges, isChanged } from "./before.js";
import { framesInSight } from "./stage.js";

/** What was said last of what is seen in the pages' place: once that is let go it holds no more. */
let told = "";

/** The key that is held down, after which what was there is there again. */
let held = "";

export function startFlip() {
  bind("Pages", ["Escape"], "show the page as it is now", unflip, isFlipped);
  find("before-changes").addEventListener("click", () => flip("changes"));
  document.addEventListener("keyup", ({ key }) => {
    if (held && key.toLowerCase() === held) unflip();
  });
  addEventListener("blur", () => held && unflip()); // whether the key is let go is not heard elsewhere
  store.watch(
    ({ mode }) => mode,
    () => unflip(), // among panels the scan is all that is seen
  );
}

const isFlipped = () => store.get().mode === "colours" && store.get().flipped !== null;

/**
 * By a key: until it is pressed again, or let go where it was held.
 * @param {string} to @param {KeyboardEvent} event
 */
export function flipByKey(to, { key, repeat }) {
  if (repeat) held = key.toLowerCase();
  else flip(to);
}

/**
 * Show the scan in the pages' place, or them without all "changes" or one edit; or themselves again.
 * @param {string} to
 */
export function flip(to) {
  const state = store.get();
  if (state.flipped === to) return unflip();
  if (to === "changes" && !hasChanges(state)) return say("No colour has been changed.");
  store.set({ flipped: to });
  const isHere = to === "scan" || framesInSight().some(({ page }) => isChanged(state, page.name, to));
  told = isHere ? `${wordsOf(store.get())}.` : "Nothing of that is on this page.";
  say(told);
}

/** Show the pages as they are. */
export function unflip() {
  held = "";
  const { flipped, status } = store.get();
  if (flipped === null) return;
  store.set({ flipped: null, ...(status === told && { status: "" }) });
}

/** Show the pages as they are where a change is made, which nobody would see otherwise. The scan stays: it is drawn on. */
export function showChanges() {
  if (store.get().flipped !== "scan") unflip();
}

/** What is seen in the pages' place. @param {import("../core/types.js").State} state */
export function wordsOf(state) {
  if (state.flipped === "scan") return "Scan";
  const edit = editOf(state, state.flipped);
  return edit ? `Without ${editName(edit)}` : "Before my changes";
}
