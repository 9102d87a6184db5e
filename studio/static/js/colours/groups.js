/** The chapter's groups and changes as a list: what hovering the page shows, for reading and for the keyboard. */

import { counted, find, make, refill, signButton, swatch } from "../core/dom.js";
import { groupName, groupOf, isEditable, store } from "../core/state.js";
import { knownSurfaces } from "../pages/known_surfaces.js";
import { frameOf } from "../pages/stage.js";
import { numbersOfGroup, pointInside } from "../pages/surfaces.js";
import { commit } from "./commit.js";
import { countsOf } from "./cover.js";
import { beginDraft } from "./draft.js";
import { beginSplit } from "./split.js";

/** @typedef {import("../core/types.js").Group} Group */

/** @type {Set<number>} groups that are to be merged */
const chosen = new Set();
let onlyHere = true;

export function startGroups() {
  const here = make("input", {
    type: "checkbox",
    checked: true,
    onchange: () => ((onlyHere = here.checked), fill()),
  });
  const merge = make("button.small", { text: "Merge", disabled: true, onclick: () => mergeChosen(fill) });
  const list = make("ul.groups", { "aria-label": "Groups", onpointerleave: hide });
  find("groups").append(
    make("div.row.spread", {}, make("label.check", {}, here, "On this page only"), merge),
    list,
  );

  function fill() {
    if (list.querySelector(".naming")) return; // a name is being typed: it calls for this when it is done
    const state = store.get();
    const groups = (state.chapter?.palette?.groups ?? []).filter((group) => Object.keys(group.pages).length);
    const seen = groups.filter((group) => !onlyHere || (state.page && group.pages[state.page]));
    seen.sort((one, other) => other.area - one.area);
    for (const id of [...chosen]) if (!groups.some((group) => group.id === id)) chosen.delete(id);
    refill(list, ...seen.map((group) => row(group, count, fill)));
    if (!seen.length) list.append(make("li.none", { text: "No group is seen here." }));
    count();
  }

  function count() {
    merge.disabled = chosen.size < 2;
    merge.textContent = chosen.size < 2 ? "Merge" : `Merge ${chosen.size} groups`;
  }

  store.watch((state) => [state.chapter?.palette, state.page, isEditable(state)], fill);
}

const hide = () => store.get().split || store.set({ shown: null });

/** @param {Group} group @param {() => void} count @param {() => void} fill */
function row(group, count, fill) {
  const name = groupName(group);
  const show = () => store.set({ shown: group.id });
  const pick = make(
    "button.group-pick",
    { "data-key": `pick ${group.id}`, onclick: () => pickGroup(group), onfocus: show, onblur: hide },
    swatch(group.colour),
    make("span.group-name", { text: name }),
    make("span.group-count", {
      text: counted(Object.keys(group.pages).length, "page"),
      title: countsOf(group),
    }),
  );
  const box = make("input", {
    type: "checkbox",
    "data-key": `merge ${group.id}`,
    "aria-label": `Merge ${name}`,
    title: "Choose groups to merge",
    checked: chosen.has(group.id),
    onchange: () => {
      if (box.checked) chosen.add(group.id);
      else chosen.delete(group.id);
      count();
    },
  });
  const more = make(
    "details.more",
    { "data-key": `menu ${group.id}` },
    make("summary", { "aria-label": `More for ${name}`, title: "More", "data-key": `more ${group.id}` }, "⋯"),
    make(
      "div.menu",
      { onclick: () => (more.open = false) },
      make("button", { text: "Name…", onclick: () => rename(group, item, fill) }),
      make("button", { text: "Split…", onclick: () => beginSplit(group.id) }),
      group.edited &&
        make("button", { text: "As it was found", onclick: () => commit({ set: { [group.id]: "found" } }) }),
    ),
  );
  const item = make("li", { onpointerenter: show, onpointerleave: hide }, box, pick, lockButton(group, name), more);
  return item;
}

/**
 * A button that keeps the colours of a group, by its number, or of an edit, or gives them free.
 * @param {{id: number|string, locked: boolean}} what @param {string} name
 */
export const lockButton = ({ id, locked }, name) =>
  signButton(
    locked ? "locked" : "unlocked",
    `Lock ${name}`,
    () => commit({ lock: !locked, lock_of: [id] }),
    { "aria-pressed": String(locked), "data-key": `lock ${id}` },
  );

/** Open the colour of a group, by its largest surface on the page in sight. @param {Group} group */
function pickGroup(group) {
  const page = store.get().page ?? "";
  const some = knownSurfaces(page);
  const frame = frameOf(page);
  const numbers = some ? numbersOfGroup(some, group.id) : [];
  if (!some || !frame || !numbers.length) {
    const first = Object.keys(group.pages)[0];
    if (first && first !== page) store.set({ page: first });
    return;
  }
  const number = numbers.reduce((best, one) => (some.map.areas[one] > some.map.areas[best] ? one : best));
  const at = pointInside(some.map, number, frame.size);
  beginDraft([page, at[0], at[1]], number, some.surfaces[number - 1], { reach: "group" });
}

/** @param {Group} group @param {HTMLElement} item @param {() => void} fill */
function rename(group, item, fill) {
  const input = make("input", {
    type: "text",
    value: group.name,
    "aria-label": `Name of ${groupName(group)}`,
    maxlength: "60",
  });
  let isDone = false;
  const done = (/** @type {boolean} */ keep) => {
    if (isDone) return;
    isDone = true;
    input.remove();
    item.classList.remove("naming");
    fill();
    if (keep && input.value.trim() !== group.name) commit({ name: { [group.id]: input.value.trim() } });
  };
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" || event.key === "Escape") done(event.key === "Enter");
    event.stopPropagation();
  });
  input.addEventListener("blur", () => done(true));
  item.classList.add("naming");
  item.append(input);
  input.focus();
}

/** Those that are chosen now, and there when its turn comes; they stay so if it is refused. @param {() => void} fill */
function mergeChosen(fill) {
  const ids = [...chosen];
  const there = () => ids.filter((id) => groupOf(store.get(), id));
  commit(() => (there().length > 1 ? { merge: there() } : null), {
    done: () => (ids.forEach((id) => chosen.delete(id)), fill()),
  });
}
