/** The pointer on the page: what is under it, and what a click there means. */

import { askJson } from "../core/api.js";
import { lineUnder, notify, say, tellFailure } from "../core/say.js";
import { editOf, groupName, groupOf, isEditable, pageNamed, store } from "../core/state.js";
import { knownSurfaces, surfaceAt } from "../pages/known_surfaces.js";
import { stillOf } from "../pages/gestures.js";
import { pointAt } from "../pages/points.js";
import { placeUnder, stageElement } from "../pages/stage.js";
import { countsOf } from "./cover.js";
import { addPoints, beginDraft } from "./draft.js";
import { forget, isForgettable } from "./points.js";
import { takeSplitPoint } from "./split.js";

const AWAY = "A click takes this point away.";
export const BEING_COLOURED = "This page is being coloured.";

/** @param {PointerEvent|null} event */
export function hoverAt(event) {
  const isPicking = store.get().mode === "colours" && !store.get().outlining;
  const under = event && isPicking ? placeUnder(event) : null;
  const isMark = Boolean(event && under && markAt(under, event));
  const { dataset } = stageElement();
  if (dataset.onMark === "true" && !isMark) store.set({ status: "" });
  dataset.onMark = String(isMark);
  if (isMark) store.set({ hover: null, status: lineUnder(AWAY) });
  else if (under) hoverPoint(under.frame.page.name, under.at);
  else if (store.get().hover) store.set({ hover: null, status: "" });
}

/** @param {string} page @param {[number, number]} at  source pixels */
export function hoverPoint(page, at) {
  const number = surfaceAt([page, ...at]);
  const { hover } = store.get();
  if (!number) {
    if (hover) store.set({ hover: null, status: "" });
  } else if (hover?.page !== page || hover.number !== number) {
    store.set({ hover: { page, number }, status: lineUnder(describe(page, number)) });
  }
}

/** @param {string} page @param {number} number */
function describe(page, number) {
  const surface = knownSurfaces(page)?.surfaces[number - 1];
  if (!surface) return "";
  const group = groupOf(store.get(), surface.group);
  const edit = editOf(store.get(), surface.edit);
  const parts = [surface.colour];
  if (edit) parts.push(edit.name ? `${edit.name} (${edit.id})` : `changed by ${edit.id}`);
  if (group) parts.push(`${groupName(group)}: ${countsOf(group)}`);
  return parts.join(" · ");
}

/** @param {PointerEvent} event  its keys count, too */
export function pickAt(event) {
  const under = placeUnder(event);
  if (!under) return;
  const place = markAt(under, event);
  if (place && !event.shiftKey && !event.altKey) forget(place);
  else pickPoint(under.frame.page.name, under.at, event);
}

/**
 * The point whose mark a click there takes away.
 * @param {NonNullable<ReturnType<typeof placeUnder>>} under @param {PointerEvent} event
 */
function markAt({ frame, x, y }, event) {
  const point = store.get().split ? null : pointAt(frame, x, y, stillOf(event) / 2);
  return point && isForgettable(point.place) ? point.place : null;
}

/**
 * What a click or a line means.
 * @param {{shiftKey: boolean, altKey: boolean}} keys @param {import("../core/types.js").State["aim"]} aim
 */
export const kindOf = (keys, aim) => (keys.altKey ? "not" : keys.shiftKey ? "also" : aim);

/**
 * @param {string} page @param {[number, number]} at  source pixels
 * @param {{shiftKey: boolean, altKey: boolean}} keys
 */
export function pickPoint(page, at, keys) {
  const state = store.get();
  if (page !== state.page) store.set({ page });
  if (!isEditable(state)) {
    return say(
      state.chapter?.why_not || "There are no colours to change yet: the chapter has to be coloured first.",
    );
  }
  const { draft, aim, split } = state;
  /** @type {import("../core/types.js").Place} */
  const place = [page, at[0], at[1]];
  const [some, number] = [knownSurfaces(page), surfaceAt(place)];
  if (!some || !number) return void explain(page, at, keys);
  if (split) return takeSplitPoint(place);
  const kind = kindOf(keys, aim);
  if (draft && kind !== "new") addPoints(kind, [place]);
  else beginDraft(place, number, some.surfaces[number - 1]);
}

/**
 * Why nothing can be coloured there, and what could be beside it.
 * @param {string} page @param {[number, number]} at @param {{shiftKey: boolean, altKey: boolean}} keys
 */
async function explain(page, at, keys) {
  const known = pageNamed(store.get(), page);
  if (known && !known.has_colours && known.state !== "coloured") {
    const why = {
      copied: known.note || "This page is copied as it came.",
      failed: known.note,
      waiting: "This page has not been coloured yet.",
      working: BEING_COLOURED,
    };
    return say(why[known.state]);
  }
  try {
    const told = await askJson("surface", { body: { page, x: at[0], y: at[1] } });
    if (!told) return say(BEING_COLOURED);
    const near = /** @type {[number, number]|null} */ (told.near);
    if (told.number && !knownSurfaces(page)) return say("The page's surfaces are being loaded: one moment.");
    notify({
      text: sentence(told.why || "there is nothing to colour here"),
      kind: "info",
      action: near && { label: "Take what is beside it", run: () => pickPoint(page, near, keys) },
    });
  } catch (error) {
    tellFailure(error, () => pickPoint(page, at, keys));
  }
}

/** @param {string} words */
const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1).replace(/\.?$/, ".");
