/** Pages without what was changed of the chapter, all of it or one edit: asked for where that is to be seen. */

import { NOTHING_YET, ask, isAborted } from "../core/api.js";
import { tellFailure } from "../core/say.js";
import { editOf, store } from "../core/state.js";

/** @typedef {import("./frame.js").PageFrame} PageFrame */
/** @typedef {import("../core/types.js").State} State */

const LEAST_SIDE = 1400; // pixels: pages are ready to be painted at this one
const MOST_SIDE = 2000;

/** Of each page in sight, what was asked for last. @type {WeakMap<PageFrame, {key: string, ends: AbortController}>} */
const asked = new WeakMap();

/** Whether anything has been changed. @param {State} state */
export function hasChanges({ chapter }) {
  const look = chapter?.look;
  return Boolean(chapter?.palette?.edits.length || (look && (look.saturation !== 1 || look.warmth !== 0)));
}

/**
 * Whether a page may look otherwise without: an edit, by its id, or all "changes".
 * @param {State} state @param {string} page @param {string} without
 */
export function isChanged(state, page, without) {
  const look = state.chapter?.look;
  if (without === "changes" && look && (look.saturation !== 1 || look.warmth !== 0)) return true;
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
    asked.get(frame)?.ends.abort();
    asked.delete(frame);
    return frame.hideUnedited();
  }
  const side = Math.min(MOST_SIDE, Math.max(LEAST_SIDE, frame.side));
  const isMade = page.state !== "working";
  const key = [without, side, page.stamp, state.chapter?.palette?.revision, isMade].join(" ");
  if (asked.get(frame)?.key === key) return;
  asked.get(frame)?.ends.abort();
  const ends = new AbortController();
  asked.set(frame, { key, ends });
  if (frame.without !== without) frame.hideUnedited();
  void fetchBefore(frame, without, side, ends.signal);
}

/** @param {PageFrame} frame @param {string} without @param {number} side @param {AbortSignal} signal */
async function fetchBefore(frame, without, side, signal) {
  const how = without === "changes" ? { unedited: true } : { wishes: { undo: without } };
  try {
    const answer = await ask("paint", { body: { page: frame.page.name, side, ...how }, signal });
    if (answer.status === NOTHING_YET) return; // it is asked for again when the page is done
    const blob = await answer.blob();
    if (!signal.aborted) await frame.showUnedited(blob, without, signal);
  } catch (error) {
    if (isAborted(error)) return;
    store.set({ flipped: null, against: "scan" });
    tellFailure(error);
  }
}
