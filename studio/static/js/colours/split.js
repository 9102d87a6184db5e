/** Two clicks that divide a group: something that stays in it, and something that leaves it. */

import { forHand } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { notify } from "../core/say.js";
import { groupName, groupOf, store } from "../core/state.js";
import { commit } from "./commit.js";

/** Takes away the notice that says what the next click means. */
let takeAway = () => {};

export function startSplit() {
  const isSplitting = () => store.get().split !== null;
  bind("Colours", ["Escape"], "leave a group undivided", endSplit, isSplitting);
  store.watch(
    (state) => state.mode,
    () => isSplitting() && endSplit(),
  );
}

/** @param {number} group */
export function beginSplit(group) {
  store.set({ split: { group, stays: null }, shown: group });
  askFor(group, forHand("click something that stays in it"), {
    label: "Let the studio divide it",
    run: () => splitByItself(group),
  });
}

function endSplit() {
  takeAway();
  store.set({ split: null, shown: null });
}

/** @param {number} group @param {string} what @param {import("../core/types.js").Notice["action"]} [action] */
function askFor(group, what, action) {
  takeAway();
  const known = groupOf(store.get(), group);
  const text = `Split ${known ? groupName(known) : group}: ${what}.`;
  takeAway = notify({ text, kind: "info", action, closed: endSplit });
}

/** @param {number} group */
function splitByItself(group) {
  endSplit();
  commit({ split: group });
}

/** @param {import("../core/types.js").Place} place */
export function takeSplitPoint(place) {
  const { split } = store.get();
  if (!split) return;
  if (!split.stays) {
    store.set({ split: { ...split, stays: place } });
    return askFor(split.group, "and now something that leaves it");
  }
  endSplit();
  commit({ split: split.group, at: split.stays, not: [place] });
}
