/** The colour panel: what was clicked, the colour it is to have, and how far that reaches. */

import { find, forHand, make, signButton, swatch } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { editOf, groupName, groupOf, isEditable, pageNamed, store } from "../core/state.js";
import { commit } from "./commit.js";
import { closeDraft, setColour } from "./draft.js";
import { makeField } from "./field.js";
import { makeReach } from "./reach.js";
import { makeReference } from "./reference.js";
import { beginSplit } from "./split.js";
import { makeSwatches } from "./swatches.js";
import { stageElement } from "../pages/stage.js";
import { wordsOf } from "../run/bar.js";

const CLICK = "Click something on the page to give it another colour. It is put right wherever it is seen.";
const AFTERWARDS =
  "Pages appear as they are done. After the last one, a click at anything gives it another colour, on every page.";

export function startPanel() {
  const field = makeField(setColour, () => store.get().draft);
  const spot = swatch("#808080", ".large");
  const title = make("h2");
  const about = make("p.about");
  const name = make("input", {
    type: "text",
    placeholder: "Name, as: hair of the heroine",
    "aria-label": "Name of this change",
    maxlength: "60",
  });
  const lock = make("input", { type: "checkbox" });
  const lockLine = make("label.check", {}, lock, "Lock: later changes take nothing from it");
  const take = make("button.quiet.small", { text: "Take back", onclick: () => takeBack() });
  const split = make("button.quiet.small", { text: "Split its group…" });
  const own = make("div.own", {}, name, lockLine, make("div.row", {}, take, split));
  const head = make(
    "header.picked",
    {},
    spot,
    make("div", {}, title, about),
    signButton("close", "Close (Escape)", closeDraft),
  );
  const form = make(
    "div.colour-form",
    { hidden: true },
    head,
    makeReach(),
    field.element,
    makeSwatches((hex) => setColour(hex, true)),
    makeReference((hex, settled) => store.get().draft && setColour(hex, settled)),
    own,
  );
  const empty = make("div.empty");
  find("tab-colour").append(empty, form);

  bind(
    "Colours",
    ["Escape"],
    "close the colour panel",
    closeDraft,
    () => store.get().draft !== null && !store.get().crosshair,
  );
  bind(
    "Colours",
    ["c"],
    "into the colour field",
    () => field.focus(),
    () => store.get().draft !== null,
  );

  name.addEventListener("change", () => {
    const { draft } = store.get();
    if (draft?.edit) commit({ name: { [draft.edit]: name.value.trim() } });
  });
  lock.addEventListener("change", () => {
    const { draft } = store.get();
    if (draft?.edit) commit({ lock: lock.checked, lock_of: [draft.edit] }, { failed: showOwn });
  });
  split.addEventListener("click", () => {
    const { draft } = store.get();
    if (draft?.group != null) beginSplit(draft.group);
    closeDraft();
  });

  /** What is kept of the edit beside its colour: not what was chosen and refused. */
  function showOwn() {
    const state = store.get();
    const edit = editOf(state, state.draft?.edit ?? null);
    if (document.activeElement !== name) name.value = edit?.name ?? "";
    lock.checked = edit?.locked ?? false;
    return edit;
  }

  store.watch(
    (state) => [state.draft, state.chapter?.palette],
    () => {
      const state = store.get();
      const { draft } = state;
      const hadFocus = form.contains(document.activeElement);
      form.hidden = !draft;
      empty.hidden = Boolean(draft);
      if (!draft) return hadFocus && stageElement().focus({ preventScroll: true });
      const group = groupOf(state, draft.group);
      const edit = showOwn();
      field.set(draft.colour);
      spot.style.setProperty("--swatch", draft.colour);
      title.textContent = edit ? edit.name || `Change ${edit.id}` : "New colour";
      const where = draft.number || draft.outline ? `page ${pageNamed(state, draft.page)?.number}` : "";
      about.textContent = [where, group ? groupName(group) : ""].filter(Boolean).join(" · ");
      own.hidden = !edit && !group;
      for (const element of [name, lockLine, take]) element.hidden = !edit;
      split.hidden = !group;
    },
  );
  store.watch(
    (state) => [isEditable(state), state.chapter?.why_not, state.chapter?.run],
    () => {
      const state = store.get();
      empty.replaceChildren(
        ...(isEditable(state) ? [make("p", { text: forHand(CLICK) }), ...hints()] : waitingWords(state)),
      );
    },
  );
}

/** @param {import("../core/types.js").State} state @returns {HTMLElement[]} */
function waitingWords({ chapter }) {
  const run = chapter?.run;
  if (!run || (run.state !== "running" && run.state !== "stopping")) {
    return [make("p", { text: chapter?.why_not || "There is nothing to change yet." })];
  }
  return [
    make("p", { text: `The chapter is being coloured: ${wordsOf(run, 0)}.` }),
    make("progress", {
      max: "1",
      value: run.of ? String(run.done / run.of) : undefined,
      "aria-label": "Pages done",
    }),
    make("p.about", { text: forHand(AFTERWARDS) }),
  ];
}

/** @returns {HTMLElement[]} */
function hints() {
  const lines = [
    ["Point", "shows a surface, and faintly its whole group"],
    ["Click", "opens its colour"],
    ["Shift", "and click, or draw a line: this, too"],
    ["Alt", "and click, or draw a line: not this"],
    ["O", "draw around something: all that lies inside"],
    ["I", "take a colour from any page"],
    ["X", "a cross for the keyboard"],
    ["B", "the page as it was scanned"],
    ["?", "all keys"],
  ];
  return [
    make(
      "dl.hints",
      {},
      ...lines.flatMap(([key, words]) => [make("dt", { text: key }), make("dd", { text: words })]),
    ),
  ];
}

function takeBack() {
  const { draft } = store.get();
  if (!draft?.edit) return;
  const id = draft.edit;
  closeDraft();
  commit({ undo: id });
}
