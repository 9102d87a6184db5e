/** The panels' room: its tools, its list, its keys, and when it opens and closes. */

import { closeDraft } from "../colours/draft.js";
import { find, forHand, make, refill, signButton } from "../core/dom.js";
import { bind, bindArrows } from "../core/keys.js";
import { recall } from "../core/preferences.js";
import { say } from "../core/say.js";
import { patchChapter, store } from "../core/state.js";
import { startBalloons } from "./balloons.js";
import {
  halveSelected,
  insertCorner,
  moveSelected,
  nameOf,
  nextCorner,
  nextShape,
  readIn,
  removeSelected,
  reorder,
  select,
} from "./changes.js";
import { clickAt, closeSketch, grab } from "./hands.js";
import { startOverlay } from "./overlay.js";
import { discardPanels, followRun, forgetPanels, loadPanels, mayLeave, savePanels } from "./save.js";
import { isChanged, redoStep, sheet, undoStep } from "./sheet.js";

/** @typedef {import("./sheet.js").Tool} Tool */
/** @typedef {import("./sheet.js").Kind} Kind */

const FAR = 10; // source pixels, an arrow key with Shift
const PART = "Panels";

/** @type {[Tool, string, string, string][]} tool, sign, label, how it works */
const TOOLS = [
  [
    "move",
    "move",
    "Move",
    "Drag corners, edges or whole panels; the round dot of an edge makes a new corner.",
  ],
  ["cut", "cut", "Cut", "Draw a line right across a panel."],
  ["join", "join", "Join", "Click the two panels that are one."],
  ["panel", "draw", "Draw a panel", "Drag a box, or click corner by corner."],
  ["order", "order", "Number", "Click the panels in the order in which they are read."],
  [
    "leftOut",
    "balloon",
    "Keep uncoloured",
    "Drag a box around a balloon or a piece of paper, or click corner by corner.",
  ],
  [
    "coloured",
    "drop",
    "Colour it anyway",
    "Drag a box around what was taken for a balloon or for paper, or click corner by corner.",
  ],
];

export const grabPanels = grab;
export const clickPanels = clickAt;

export function startEditor() {
  startOverlay();
  startBalloons();
  followRun();
  buildTools();
  buildList();
  bindKeys();

  find("mode-panels").addEventListener("click", () => enter());
  find("mode-colours").addEventListener("click", () => leave());
  find("panels-save").addEventListener("click", () => void savePanels());
  find("panels-discard").addEventListener("click", discardPanels);
  find("panels-found").addEventListener("click", () => void forgetPanels());
  sheet.watch(
    (state) => [state.drawing, state.saved, state.corrected, state.page, state.saving],
    () => {
      const { corrected, saving } = sheet.get();
      const changed = isChanged();
      find("panels-save").disabled = !changed || saving;
      find("panels-discard").disabled = !changed || saving;
      find("panels-found").disabled = !corrected || saving;
      const kept = corrected ? "Corrected by hand" : "As found";
      find("panels-state").textContent = saving ? "Saving…" : changed ? "Not saved" : kept;
    },
  );
  store.watch(
    (state) => state.chapter?.direction,
    (direction) => readIn(direction ?? "rtl"),
  );
  store.watch(
    (state) => [state.page, state.mode],
    () => {
      const { page, mode } = store.get();
      if (mode !== "panels" || page === sheet.get().page || page === null) return;
      if (sheet.get().page !== null && !mayLeave()) store.set({ page: sheet.get().page });
      else void loadPanels(page);
    },
  );
  addEventListener(
    "beforeunload",
    (event) => isChanged() && store.get().mode === "panels" && event.preventDefault(),
  );
}

function enter() {
  const { chapter, mode } = store.get();
  if (mode === "panels") return; // it is open, perhaps with what has been drawn and not saved
  if (!chapter?.can_run)
    return say(chapter?.why_not_run || "Panels can be corrected once there is a chapter.");
  sheet.set({ page: null });
  closeDraft();
  store.set({ mode: "panels", hover: null, crosshair: false, double: false });
}

function leave() {
  if (store.get().mode !== "panels" || !mayLeave()) return;
  sheet.set({ page: null, selected: null, sketch: [] });
  store.set({ mode: "colours", double: recall("double", "no") === "yes" });
  patchChapter({}); // what has changed meanwhile is shown
  say(""); // how a tool of this room works is of no use in the other
}

function buildTools() {
  const buttons = TOOLS.map(([tool, sign, label, how]) =>
    signButton(sign, label, () => (sheet.set({ tool, sketch: [], turns: [] }), say(forHand(how))), {
      class: "sign tool",
      "data-tool": tool,
    }),
  );
  buttons.forEach((button, at) => button.append(make("span", { text: TOOLS[at][2] })));
  find("tools").append(...buttons);
  sheet.watch(
    (state) => state.tool,
    (tool) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
      find("tool-how").textContent = forHand(TOOLS.find((one) => one[0] === tool)?.[3] ?? "");
      find("stage").dataset.tool = tool;
    },
  );
  const acts = /** @type {[string, string, () => void][]} */ ([
    ["New corner", "a corner after the selected one (I)", insertCorner],
    ["Halve across", "cut the selected panel in an upper and a lower half", () => halveSelected("across")],
    ["Halve down", "cut the selected panel in a left and a right half", () => halveSelected("down")],
    ["Delete", "the selected corner, or the panel (Delete)", removeSelected],
  ]);
  find("acts").append(
    ...acts.map(([label, title, act]) => make("button.small", { text: label, title, onclick: act })),
  );
}

function buildList() {
  const list = /** @type {HTMLElement} */ (find("panel-list"));
  sheet.watch(
    (state) => [state.drawing, state.selected, state.loading],
    () => {
      const { drawing, selected, loading } = sheet.get();
      const rows = /** @type {Kind[]} */ (["panels", "leftOut", "coloured"]).flatMap((kind) =>
        drawing[kind].map((_, index) => {
          const isSelected = selected?.kind === kind && selected.index === index;
          const pick = make("button.group-pick", {
            text: nameOf(kind, index),
            "aria-pressed": String(isSelected),
            "data-key": `${kind} ${index}`,
            onclick: () => select(kind, index),
          });
          const moves =
            kind === "panels"
              ? [
                  signButton("up", `Panel ${index + 1} earlier`, () => reorder(index, -1), {
                    disabled: index === 0,
                    "data-key": `up ${index}`,
                  }),
                  signButton("down", `Panel ${index + 1} later`, () => reorder(index, 1), {
                    disabled: index === drawing.panels.length - 1,
                    "data-key": `down ${index}`,
                  }),
                ]
              : [];
          return make("li", {}, pick, ...moves);
        }),
      );
      refill(
        list,
        ...(rows.length ? rows : [make("li.none", { text: loading ? "One moment…" : "No panel." })]),
      );
    },
  );
}

function bindKeys() {
  const isHere = () => store.get().mode === "panels";
  const hasShape = () => isHere() && sheet.get().selected !== null;
  bindArrows(PART, "move the selected corner or panel (with Shift: by ten)", FAR, moveSelected, hasShape);
  bind(
    PART,
    ["n"],
    "to the next panel (with Shift: the one before)",
    (event) => nextShape(event.shiftKey ? -1 : 1),
    isHere,
  );
  bind(PART, ["."], "to the next corner", () => nextCorner(1), isHere);
  bind(PART, [","], "to the corner before", () => nextCorner(-1), isHere);
  bind(PART, ["i"], "a new corner after the selected one", insertCorner, isHere);
  bind(PART, ["Delete", "Backspace"], "delete the selected corner, or the panel", removeSelected, isHere);
  bind(PART, ["Enter"], "close the ring that is being drawn", closeSketch, isHere);
  bind(
    PART,
    ["Escape"],
    "let go of what is selected or drawn",
    () => sheet.set({ selected: null, sketch: [], turns: [], tool: "move" }),
    isHere,
  );
  bind(PART, ["Ctrl+z"], "undo a step", undoStep, isHere);
  bind(PART, ["Ctrl+Shift+z", "Ctrl+y"], "redo a step", redoStep, isHere);
  bind(PART, ["Ctrl+s"], "save the panels", () => void savePanels(), isHere);
}
