/** How far a colour reaches, how like a thing must be, and how much that comes to. */

import { forHand, make, slider } from "../core/dom.js";
import { store } from "../core/state.js";
import { changeDraft, chooseEdit } from "./draft.js";
import { beginDrawing } from "./outline.js";
import { countsIn, countsOf } from "./cover.js";
import { makePoints } from "./points.js";
import { makeCovered } from "./covered.js";

/** @typedef {import("../core/types.js").Reach} Reach */

/** @type {[Reach, string, string][]} */
const REACHES = [
  ["segment", "Spot", "only the surface that was pointed at"],
  ["panel", "Panel", "what is like it in this panel"],
  ["page", "Page", "what is like it on this page"],
  ["alike", "Chapter", "what is like it on every page"],
  ["group", "Group", "everything of its group, on every page"],
];
const BY_LIKENESS = ["panel", "page", "alike"];

export function makeReach() {
  const reaches = choice("Reach", REACHES, (value) => changeDraft({ reach: /** @type {Reach} */ (value) }));
  const counts = make("p.counts", { "aria-live": "off" });
  const covered = makeCovered(counts);
  const likeness = slider("Likeness: how like it a thing must be", 0.02, 0.98, 0.02);
  const slide = make(
    "label.line.likeness",
    {},
    make("span", { text: "More" }),
    likeness,
    make("span", { text: "Less" }),
  );
  const level = make("input", { type: "checkbox" });
  const whole = make("label.check", {}, level, "The whole shape, not one fold of it");
  const aims = choice(
    forHand("A click means"),
    [
      ["new", "New", forHand("a click begins with something else")],
      ["also", "This, too", forHand("a click, or a line drawn over the page, adds what is meant (Shift and click)")],
      ["not", "Not this", forHand("a click, or a line drawn over the page, takes something out (Alt and click)")],
    ],
    (value) => store.set({ aim: /** @type {"new"|"also"|"not"} */ (value) }),
  );
  const redraw = make("button.quiet.small", { text: "Draw it again", onclick: () => drawAgain() });
  const inside = make("div.row", {}, make("p.about", { text: "All that lies inside the outline." }), redraw);
  const under = choice(
    "What is changed",
    [
      ["edit", "", ""],
      ["new", "New on top", "a new change over what is there"],
    ],
    (value) => chooseEdit(value === "new"),
  );

  likeness.addEventListener("input", () => {
    changeDraft({ likeness: Number(likeness.value) }, false);
    counts.textContent = countAt(Number(likeness.value)) ?? counts.textContent;
  });
  likeness.addEventListener("change", () => changeDraft({ likeness: Number(likeness.value) }));
  level.addEventListener("change", () => changeDraft({ level: level.checked ? "coarse" : "fine" }));

  store.watch(
    (state) => [state.draft, state.aim],
    () => {
      const { draft, aim } = store.get();
      if (!draft) return;
      reaches.select(draft.reach);
      inside.hidden = !draft.outline;
      for (const one of [reaches.element, aims.element, whole]) one.hidden = Boolean(draft.outline);
      slide.hidden = !BY_LIKENESS.includes(draft.reach);
      if (document.activeElement !== likeness) likeness.value = String(draft.likeness);
      level.checked = draft.level === "coarse";
      aims.select(aim);
      under.element.hidden = !draft.under;
      under.rename("edit", `Change ${draft.under}`);
      under.select(draft.edit ? "edit" : "new");
    },
  );
  store.watch(
    (state) => state.cover,
    (cover) => {
      counts.textContent = cover ? countsOf(cover) : "";
    },
  );

  return make("div.reach", {}, under.element, inside, reaches.element, slide, covered, aims.element, makePoints(), whole);
}

/** Wait for another line: of the change that is open, or of a new one. */
function drawAgain() {
  const { draft } = store.get();
  if (draft) beginDrawing(draft.edit);
}

/** What another likeness would cover, by what the last answer told. @param {number} likeness */
function countAt(likeness) {
  const told = store.get().cover?.likeness ?? [];
  const step = told.reduce(
    (/** @type {[number, number, number]|null} */ best, one) =>
      !best || Math.abs(one[0] - likeness) < Math.abs(best[0] - likeness) ? one : best,
    null,
  );
  return step && countsIn(step[1], step[2]);
}

/**
 * Buttons of which one is pressed: radio buttons, so that arrows move between them.
 * @param {string} title
 * @param {[string, string, string][]} options  value, label, what it means
 * @param {(value: string) => void} choose
 */
function choice(title, options, choose) {
  const name = title.replace(/\W/g, "-").toLowerCase();
  const inputs = options.map(([value]) =>
    make("input", { type: "radio", name, value, onchange: () => choose(value) }),
  );
  const labels = options.map(([, label, hint], at) =>
    make("label", { title: hint }, inputs[at], make("span", { text: label })),
  );
  const element = make(
    "fieldset.choice",
    {},
    make("legend", { text: title }),
    make("div.segments", {}, ...labels),
  );
  return {
    element,
    /** @param {string} value */
    select: (value) => inputs.forEach((input) => (input.checked = input.value === value)),
    /** @param {string} value @param {string} label */
    rename(value, label) {
      const at = options.findIndex((option) => option[0] === value);
      labels[at].lastElementChild.textContent = label;
    },
  };
}
