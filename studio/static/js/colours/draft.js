/** What a click has begun: which things are meant, and in which colour. Nothing is saved before a colour is. */

import { rememberColour } from "../core/preferences.js";
import { say } from "../core/say.js";
import { editOf, groupName, groupOf, pageNamed, store } from "../core/state.js";
import { showChanges } from "../pages/flip.js";
import { surfaceAt } from "../pages/known_surfaces.js";
import { namedPoints } from "../pages/points.js";
import { commit } from "./commit.js";

/** @typedef {import("../core/types.js").Draft} Draft */
/** @typedef {import("../core/types.js").Place} Place */
/** @typedef {import("../core/types.js").Point} Point */
/** @typedef {import("../core/types.js").Surface} Surface */

const LIKENESS = 0.5; // the command line's, too
const POINTS = 500; // a request may name no more
const BESIDE = ["panel", "page"]; // reaches of which something stays whatever is taken away: what is like it there
const SAVED_WITH = /** @type {const} */ (["also", "not", "reach", "likeness", "level"]); // as soon as it is an edit
const DETAILS = /** @type {const} */ (["colour", "reach", "likeness", "level"]);

/** @param {Pick<Draft, "page"|"at"|"colour"|"reach"> & Partial<Draft>} given  where it is not as usual */
function open(given) {
  /** @type {Omit<Draft, "page"|"at"|"colour"|"reach">} */
  const usual = {
    number: 0,
    also: [],
    not: [],
    outline: null,
    redrawn: false,
    likeness: LIKENESS,
    level: "fine",
    edit: null,
    under: null,
    group: null,
    touched: false,
  };
  store.set({ draft: { ...usual, ...given }, cover: null, aim: "new", tab: "colour" });
}

/** What a draft takes over from the edit that it changes. @param {import("../core/types.js").Edit} edit */
const partsOf = (edit) => ({
  outline: edit.outline.length ? edit.outline : null,
  colour: edit.colour,
  reach: edit.reach,
  likeness: edit.likeness,
  level: /** @type {"fine"|"coarse"} */ (edit.level === "coarse" ? "coarse" : "fine"),
  edit: edit.id,
  under: edit.id,
});

/**
 * @param {Place} at @param {number} number @param {Surface} surface
 * @param {{reach?: import("../core/types.js").Reach, also?: Place[]}} [given]  the reach of a new one, that of the
 *   last one otherwise, and what else is meant
 */
export function beginDraft(at, number, surface, { reach, also = [] } = {}) {
  const edit = outlineAt(at, surface.edit) ?? editOf(store.get(), surface.edit);
  const fresh = { colour: surface.colour, reach: reach ?? reachAfter(store.get().draft) };
  open({ page: at[0], number, at, also, ...(edit ? partsOf(edit) : fresh), group: surface.group });
  const group = groupOf(store.get(), surface.group);
  sayOfDraft(
    `Picked ${edit ? `what ${edit.name || edit.id} covers` : group ? groupName(group) : "a surface"} on page ${
      pageNamed(store.get(), at[0])?.number
    }.`,
  );
}

/** Open an edit of the list as it stands. @param {import("../core/types.js").Edit} edit */
export function openEdit(edit) {
  const { page } = store.get();
  const at = edit.at.find((place) => place[0] === page) ?? edit.at[0];
  open({ page: at[0], at, ...partsOf(edit), group: edit.group });
}

/** A draft of what lies inside a line. @param {string} page @param {Point[]} line @param {string} colour */
export function beginOutline(page, line, colour) {
  open({ page, at: [page, ...line[0]], outline: line, redrawn: true, colour, reach: "outline" });
}

/** Another line for an edit. @param {string} id @param {string} page @param {Point[]} line */
export function redrawOutline(id, page, line) {
  const edit = editOf(store.get(), id);
  if (!edit) return say("This change has been taken back meanwhile.");
  if (store.get().draft?.edit !== id) openEdit(edit);
  changeDraft({ page, outline: line, redrawn: true, at: [page, ...line[0]] });
}

/**
 * The last change with an outline around a place, if it is later than the one that the surface there has.
 * @param {Place} at @param {string|null} own
 */
export function outlineAt([page, x, y], own) {
  const edits = store.get().chapter?.palette?.edits ?? [];
  const later = edits.slice(edits.findIndex((edit) => edit.id === own) + 1);
  return later.findLast((edit) => edit.at[0]?.[0] === page && isInside([x, y], edit.outline)) ?? null;
}

/** Whether a closed line goes around a point, once or more often. @param {Point} at @param {Point[]} line */
function isInside([x, y], line) {
  const turns = line.reduce((sum, [endX, endY], place) => {
    const [startX, startY] = line.at(place - 1) ?? [0, 0];
    const crosses = startY > y !== endY > y && x < ((startX - endX) * (y - endY)) / (startY - endY) + endX;
    return crosses ? sum + (endY > y ? 1 : -1) : sum;
  }, 0);
  return turns !== 0;
}

/** How far the next one reaches. @param {Draft|null} before */
const reachAfter = (before) => (before && !before.outline ? before.reach : "alike");

export function closeDraft() {
  const { status } = store.get();
  store.set({ draft: null, cover: null, aim: "new", ...(status === told && { status: "" }) });
}

/** What was said last of a draft: once that is closed it holds no more. */
let told = "";

/** @param {string} text */
export function sayOfDraft(text) {
  told = text;
  say(text);
}

/**
 * Another reach, likeness or point. What is saved already is saved with it; before that, it waits for a colour.
 * @param {Partial<Draft>} patch @param {boolean} [settled]  false while something is dragged
 */
export function changeDraft(patch, settled = true) {
  const { draft } = store.get();
  if (!draft) return;
  const changed = { ...draft, ...patch };
  store.set({ draft: changed });
  if (changed.touched) showChanges();
  if (settled && draft.edit) saveDraft(changed);
}

/**
 * @param {string} colour @param {boolean} settled  false while it is dragged: then it is only shown
 * @param {Draft|null} [whose]  what it was chosen for, where something else may have been picked since
 */
export function setColour(colour, settled, whose = store.get().draft) {
  const { draft } = store.get();
  if (!whose) return;
  const isOpen = draft?.at === whose.at;
  const coloured = { ...(isOpen ? draft : whose), colour, touched: true };
  if (isOpen && (colour !== draft.colour || !draft.touched)) store.set({ draft: coloured });
  showChanges();
  if (!settled) return;
  rememberColour(colour);
  saveDraft(coloured);
}

/** Further things that are meant, or that are not. @param {"also"|"not"} kind @param {Place[]} places */
export function addPoints(kind, places) {
  const { draft } = store.get();
  if (!draft) return;
  if (draft.outline) return say("An outline holds what lies inside, and nothing else: draw it again to change that.");
  if (draft[kind].length + places.length > POINTS) return say("These are too many points: choose a colour first.");
  if (kind === "not" && leavesNothing(places)) {
    return say(`This is all that is meant: nothing would be left.${draft.edit ? " Undo takes the change back." : ""}`);
  }
  changeDraft({ [kind]: [...draft[kind], ...places] });
  const what = places.length === 1 ? "This is" : `These ${places.length} are`;
  sayOfDraft(kind === "also" ? `${what} meant, too.` : `${what} not meant.`);
}

/**
 * Whether with some places all surfaces that are meant would be taken away, as far as can be seen.
 * @param {Place[]} places
 */
function leavesNothing(places) {
  const named = (/** @type {Place} */ place) => `${surfaceAt(place)} ${place[0]}`;
  const { draft } = store.get();
  if (!draft || BESIDE.includes(draft.reach)) return false;
  const points = namedPoints(store.get());
  const not = [...points.filter((point) => !point.isMeant).map(({ place }) => place), ...places];
  const taken = new Set(not.filter(surfaceAt).map(named));
  const meant = points.filter((point) => point.isMeant);
  return meant.length > 0 && meant.every(({ place }) => taken.has(named(place)));
}

/** Between changing the edit that is there and laying a new one over it. @param {boolean} isNew */
export function chooseEdit(isNew) {
  const { draft } = store.get();
  if (!draft) return;
  const edit = isNew ? null : editOf(store.get(), draft.under);
  store.set({
    draft: {
      ...draft,
      at: [...draft.at], // another draft, and so another edit
      edit: edit?.id ?? null,
      also: [],
      not: [],
      outline: edit?.outline.length ? edit.outline : null,
      redrawn: false,
      reach: edit?.reach ?? reachAfter(draft),
      likeness: edit?.likeness ?? LIKENESS,
    },
  });
}

/**
 * The draft as options of the palette command.
 * @param {Draft} draft
 * @returns {import("../core/types.js").Wishes}
 */
export function wishesOf(draft) {
  const { colour, reach, likeness, level, also, not } = draft;
  if (draft.outline) {
    const drawn = draft.redrawn || !draft.edit ? { outline: [draft.page, ...draft.outline] } : {};
    return { ...(draft.edit && { edit: draft.edit }), colour, ...drawn };
  }
  const points = { ...(also.length && { also }), ...(not.length && { not }) };
  if (draft.edit) return { edit: draft.edit, colour, reach, likeness, level, ...points };
  return { at: draft.at, colour, reach, likeness, level, ...points };
}

/** Of each draft, by its point, the edit that it has become. @type {WeakMap<Place, string>} */
const saved = new WeakMap();

/** Save a draft as it is now, whatever is clicked at meanwhile. @param {Draft} draft */
function saveDraft(draft) {
  const { at } = draft;
  const become = () => editOf(store.get(), saved.get(at) ?? null)?.id ?? null; // none where it was taken back
  commit(() => wishesOf({ ...draft, edit: draft.edit ?? become() }), {
    topic: `draft ${at.join(" ")}`,
    done: ({ touched }) => settle(at, touched[0], draft),
  });
}

/**
 * From here on the draft changes the edit that it has become, and its points are the edit's.
 * @param {Place} at @param {string|undefined} touched @param {Draft} sent  as it was saved
 */
function settle(at, touched, sent) {
  if (!touched) return;
  saved.set(at, touched);
  const { draft } = store.get();
  if (!draft || draft.at !== at) return;
  const edit = editOf(store.get(), touched);
  const left = (/** @type {Place[]} */ points, /** @type {Place[]|undefined} */ kept) =>
    points.filter((point) => !kept?.some((one) => String(one) === String(point)));
  const points = { also: left(draft.also, edit?.at), not: left(draft.not, edit?.not) };
  const redrawn = draft.redrawn && String(draft.outline) !== String(sent.outline);
  const now = { ...draft, edit: touched, under: touched, ...points, redrawn };
  store.set({ draft: now });
  // What was said while it became an edit has waited for that.
  if (!sent.edit && SAVED_WITH.some((name) => draft[name] !== sent[name])) saveDraft(now);
}

/** A draft of an edit that was undone is over; of one that has become another it is what that is now. */
export function followPalette() {
  store.watch(
    (state) => state.chapter?.palette,
    (palette, before) => {
      const { draft } = store.get();
      if (!draft?.edit) return;
      const edit = editOf(store.get(), draft.edit);
      if (!edit) return closeDraft();
      const old = before?.edits.find((one) => one.id === draft.edit);
      const isAs = (/** @type {import("../core/types.js").Edit} */ one) =>
        DETAILS.every((name) => one[name] === draft[name]);
      // What differs from both has been changed since it was saved, and is on its way.
      if (old && !isAs(edit) && isAs(old)) store.set({ draft: { ...draft, ...partsOf(edit), touched: false } });
    },
  );
}
