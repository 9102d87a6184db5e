/** Two clicks that divide a group: something that stays in it, and something that leaves it. */

import { notify, say } from "../core/say.js";
import { groupName, groupOf, store } from "../core/state.js";
import { commit } from "./commit.js";

/** @param {number} group */
export function beginSplit(group) {
  const known = groupOf(store.get(), group);
  store.set({ split: { group, stays: null }, shown: group });
  notify({
    text: `Split ${known ? groupName(known) : group}: click something that stays in it.`,
    kind: "info",
    action: { label: "Let the studio divide it", run: () => splitByItself(group) },
  });
}

export function endSplit() {
  store.set({ split: null, shown: null });
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
    return say("And now something that leaves the group.");
  }
  endSplit();
  commit({ split: split.group, at: split.stays, not: [place] });
}
