/** All keys, made from the table that the keys themselves come from. */

import { find, make } from "../core/dom.js";
import { allBindings, bind } from "../core/keys.js";

const SHOWN = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "Space",
  "Shift+Enter": "Shift Enter",
};

export function startHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (find("help-dialog"));
  const open = () => {
    fill(find("help-keys"));
    dialog.showModal();
  };
  bind("Studio", ["?"], "this help", open);
  find("help-open").addEventListener("click", open);
  for (const one of document.querySelectorAll("dialog")) {
    one.addEventListener("click", (event) => event.target === one && one.close());
    one.querySelector("[data-close]")?.addEventListener("click", () => one.close());
  }
}

/** @param {HTMLElement} place */
function fill(place) {
  /** @type {Map<string, HTMLElement[]>} */
  const parts = new Map();
  const told = new Set();
  for (const { part, keys, words } of allBindings()) {
    if (told.has(part + words)) continue;
    told.add(part + words);
    const same = allBindings().filter((one) => one.part === part && one.words === words);
    const names = same.length > 1 ? same.map((one) => one.keys[0]) : [keys[0]];
    const rows = parts.get(part) ?? [];
    rows.push(
      make("dt", {}, ...names.map((name) => make("kbd", { text: keyName(name) }))),
      make("dd", { text: words }),
    );
    parts.set(part, rows);
  }
  place.replaceChildren(
    ...[...parts].map(([part, rows]) =>
      make("section", {}, make("h3", { text: part }), make("dl", {}, ...rows)),
    ),
  );
}

/** @param {string} name */
const keyName = (name) =>
  name
    .split(/(?<=.)\+(?=.)/)
    .map(
      (key) => SHOWN[/** @type {keyof typeof SHOWN} */ (key)] ?? (key.length === 1 ? key.toUpperCase() : key),
    )
    .join(" ");
