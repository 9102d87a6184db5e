/** Colours to choose with one click: used last, the chapter's own, and what people often need. */

import { make, refill, swatch } from "../core/dom.js";
import { recentColours } from "../core/preferences.js";
import { groupName, store } from "../core/state.js";

const OF_CHAPTER = 24; // groups, the largest ones

/** @param {(hex: string) => void} choose */
export function makeSwatches(choose) {
  const recent = make("div.swatches");
  const own = make("div.swatches");
  const presets = make("div.presets");

  /** @param {string} colour @param {string} label @param {string} key */
  const button = (colour, label, key) =>
    make(
      "button.spot",
      { "aria-label": label, title: label, "data-key": key, onclick: () => choose(colour) },
      swatch(colour),
    );

  store.watch(
    (state) => [state.chapter?.palette, state.draft?.colour, state.chapter?.presets],
    () => {
      const { chapter } = store.get();
      const used = [...new Set([...recentColours(), ...(chapter?.palette?.recent ?? [])])].slice(0, 12);
      refill(recent, ...used.map((colour) => button(colour, colour, `recent ${colour}`)));
      recent.parentElement?.toggleAttribute("hidden", !used.length);
    },
  );
  store.watch(
    (state) => state.chapter?.palette,
    (palette) => {
      const groups = [...(palette?.groups ?? [])].filter((group) => Object.keys(group.pages).length);
      groups.sort((one, other) => other.area - one.area);
      refill(
        own,
        ...groups
          .slice(0, OF_CHAPTER)
          .map((group) => button(group.colour, `${groupName(group)}, ${group.colour}`, `group ${group.id}`)),
      );
    },
  );
  store.watch(
    (state) => state.chapter?.presets,
    (given) => {
      const rows = Object.entries(given ?? {}).map(([kind, colours]) => {
        const name = kind.charAt(0).toUpperCase() + kind.slice(1);
        const spots = colours.map((colour) =>
          button(colour, `${name}, ${colour}`, `preset ${kind} ${colour}`),
        );
        return make(
          "div.preset",
          { role: "group", "aria-label": name },
          make("span.preset-name", { text: name }),
          make("div.swatches", {}, ...spots),
        );
      });
      presets.replaceChildren(...rows);
    },
  );

  return make(
    "div.choices",
    {},
    section("Recent", recent),
    section("This chapter", own),
    make("details.part", { open: true }, make("summary", { text: "Presets" }), presets),
  );
}

/** @param {string} title @param {HTMLElement} content */
function section(title, content) {
  return make("section.part", { "aria-label": title }, make("h3", { text: title }), content);
}
