/** What is told to people: a polite line, or a notice that stays until it is read. */

import { store } from "./state.js";
import { Refused, Unreachable, isAborted } from "./api.js";

/** One line at the foot of the window, read out by screen readers. @param {string} text */
export function say(text) {
  store.set({ status: text });
}

/** What was told last of what is under the pointer, or the cross. */
let under = "";

/** The line that tells of it, to be set together with that. @param {string} text */
export function lineUnder(text) {
  under = text;
  return text;
}

/** Whether that is what the line says. @param {string} status */
export const isUnder = (status) => status !== "" && status === under;

/** @typedef {(notice: import("./types.js").Notice) => () => void} Show  gives what takes the notice away */

/** @type {Show|null} */
let show = null;

/** @param {Show} place */
export function showNoticesBy(place) {
  show = place;
}

/** @type {Show} */
export function notify(notice) {
  return show?.(notice) ?? (() => {});
}

/**
 * Tell what went wrong where it is seen, and offer the same thing again.
 * @param {unknown} error
 * @param {(() => void)|null} [again]
 */
export function tellFailure(error, again = null) {
  if (isAborted(error)) return;
  const known = error instanceof Refused || error instanceof Unreachable;
  notify({
    text: known ? error.message : `Something went wrong in this page: ${String(error)}`,
    remedy: known ? error.remedy : "Reload it; what was saved is safe.",
    kind: "error",
    action: again && { label: "Try again", run: again },
  });
}
