/** Pages without what was changed of the chapter, all of it or one edit: asked for where that is to be seen. */

import { NOTHING_YET, ask, isAborted } from "../core/api.js";
import { tellFailure } from "../core/say.js";
import { editOf, store } from "../core/state.js";

/** @typedef {import("./frame.js").PageFrame} PageFrame */
/** @typedef {import("../core/types.js").State} State */

const SIDE = 1400; // pixels: pages are made ready to be painted at this one
const PAUSE = 120; // ms before a page is asked for: who turns the pages asks for none of those that pass

/** Whether all pages have another saturation or warmth. @param {State} state */
function hasLook({ chapter }) {
  const look = chapter?.look;
  return Boolean(look && (look.saturation !== 1 || look.warmth !== 0));
}

/** Whether anything has been changed. @param {State} state */
export function hasChanges(state) {
  return Boolean(state.chapter?.palette?.edits.length) || hasLook(state);
}

/**
 * Whether a page may look otherwise without: an edit, by its id, or all "changes".
 * @param {State} state @param {string} page @param {string} without
 */
export function isChanged(state, page, without) {
  if (without === "changes" && hasLook(state)) return true;
  const edits = without === "changes" ? (state.chapter?.palette?.edits ?? []) : [editOf(state, without)];
  // What an edit covers is not known yet where it covers nothing.
  return edits.some((edit) => edit && (edit.pages[page] || !Object.keys(edit.pages).length));
}

/**
 * Have a page show what it is without some changes, once that has come; null for what it is with all.
 * @param {PageFrame} frame @param {string|null} without
 */
export function showBefore(frame, without) {
  const state = store.get();
  const { page } = frame;
  if (!without || !page.has_colours || !isChanged(state, page.name, without)) {
    return frame.hideUnedited();
  }
  // Without any change a page is the same whatever the palette says; while a run writes it there is none.
  const revision = without !== "changes" && state.chapter?.palette?.revision;
  const key = [without, page.stamp, page.state !== "working", revision].join(" ");
  if (frame.asked?.key === key) return;
  if (frame.without !== without) frame.hideUnedited();
  frame.asked?.ends.abort();
  frame.asked = { key, ends: new AbortController() };
  void fetchBefore(frame, without, frame.asked.ends.signal);
}

/** @param {PageFrame} frame @param {string} without @param {AbortSignal} signal */
async function fetchBefore(frame, without, signal) {
  const how = without === "changes" ? { unedited: true } : { wishes: { undo: without } };
  try {
    await new Promise((go) => setTimeout(go, PAUSE));
    if (signal.aborted) return;
    const answer = await ask("paint", { body: { page: frame.page.name, side: SIDE, ...how }, signal });
    if (answer.status === NOTHING_YET) return; // it is asked for again when the page is done
    const blob = await answer.blob();
    if (!signal.aborted) await frame.showUnedited(blob, without, signal);
  } catch (error) {
    if (isAborted(error) || signal.aborted) return;
    store.set({ flipped: null, against: "scan" });
    tellFailure(error);
  }
}
