/** All changes: those that hold, in what order they came, and what was undone. Any can be taken back. */

import { find, make, refill, signButton, swatch } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { editName, store } from "../core/state.js";
import { flip } from "../pages/flip.js";
import { commit, redo, undo } from "./commit.js";
import { openEdit } from "./draft.js";
import { countsOf } from "./cover.js";
import { lockButton } from "./groups.js";

export function startHistory() {
  const edits = /** @type {HTMLElement} */ (find("edits"));
  const log = /** @type {HTMLElement} */ (find("log"));
  const isHere = () => store.get().mode === "colours";
  bind("Colours", ["Ctrl+z"], "undo", undo, isHere);
  bind("Colours", ["Ctrl+Shift+z", "Ctrl+y"], "redo", redo, isHere);
  find("undo").addEventListener("click", undo);
  find("redo").addEventListener("click", redo);

  store.watch(
    (state) => [state.chapter?.palette, state.mode],
    () => {
      const palette = store.get().chapter?.palette;
      const done = palette?.log ?? [];
      const undone = palette?.undone ?? [];
      label("undo", "Undo", done.at(-1)?.words);
      label("redo", "Redo", undone.at(-1)?.words);
      refill(edits, ...(palette?.edits ?? []).map(editRow));
      const old = (palette?.edits ?? []).filter((edit) => edit.old);
      if (old.length) edits.append(renewRow(old.map(editName)));
      if (!palette?.edits.length) edits.append(make("li.none", { text: "No colour has been changed." }));
      refill(
        log,
        ...[...undone].map((change) => changeRow(change, true)),
        ...[...done].reverse().map((change) => changeRow(change, false)),
      );
      if (!done.length && !undone.length) log.append(make("li.none", { text: "Nothing has been done." }));
    },
  );
  store.watch(
    ({ flipped }) => flipped,
    (flipped) => {
      for (const eye of edits.querySelectorAll("[data-without]")) {
        eye.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (eye).dataset.without === flipped));
      }
    },
  );
}

/** @param {"undo"|"redo"} id @param {string} word @param {string} [what] */
function label(id, word, what) {
  const button = /** @type {HTMLButtonElement} */ (find(id));
  button.disabled = !what || store.get().mode !== "colours";
  button.title = what ? `${word}: ${what}` : word;
}

/** @param {import("../core/types.js").Edit} edit */
function editRow(edit) {
  const name = editName(edit);
  return make(
    "li",
    {},
    make(
      "button.group-pick",
      { onclick: () => openEdit(edit), "data-key": `edit ${edit.id}` },
      swatch(edit.colour),
      make("span.group-name", { text: name }),
      make("span.group-count", { text: `${edit.outline.length ? "outline, " : ""}${countsOf(edit)}` }),
    ),
    signButton("seen", `The page without ${name}`, () => flip(edit.id), {
      "aria-pressed": String(store.get().flipped === edit.id),
      "data-key": `without ${edit.id}`,
      "data-without": edit.id,
    }),
    lockButton(edit, name),
    signButton("undo", `Take ${name} back`, () => commit({ undo: edit.id }), {
      "data-key": `undo ${edit.id}`,
    }),
  );
}

/** @param {string[]} names  of edits that can be renewed */
function renewRow(names) {
  const how = `${names.join(", ")}: made when figures of one colour were told apart less well.`;
  return make(
    "li.none",
    {},
    make("span", { text: `${how} ` }),
    make("button.small", { text: "Renew", onclick: () => commit({ renew: true }), "data-key": "renew" }),
  );
}

/** @param {import("../core/types.js").Change} change @param {boolean} isUndone */
function changeRow(change, isUndone) {
  const act = isUndone
    ? signButton("redo", `Do again: ${change.words}`, () => commit({ redo: change.id }), {
        "data-key": `change ${change.id}`,
      })
    : signButton("undo", `Take back: ${change.words}`, () => commit({ undo: change.id }), {
        "data-key": `change ${change.id}`,
      });
  const words = make("span.words", { text: change.words });
  return make(isUndone ? "li.undone" : "li", {}, change.colour && swatch(change.colour), words, act);
}
