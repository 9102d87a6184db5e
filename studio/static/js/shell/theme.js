/** Dark and light: as the system says, or as somebody chose. */

import { find } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { remember } from "../core/preferences.js";
import { say } from "../core/say.js";
import { store } from "../core/state.js";

/** @type {("auto"|"light"|"dark")[]} */
const ORDER = ["auto", "light", "dark"];
const WORDS = { auto: "as the system", light: "light", dark: "dark" };

export function startTheme() {
  const button = find("theme");
  const turn = () => {
    const theme = ORDER[(ORDER.indexOf(store.get().theme) + 1) % ORDER.length];
    store.set({ theme });
    remember("theme", theme);
    say(`Theme: ${WORDS[theme]}.`);
  };
  button.addEventListener("click", turn);
  bind("Studio", ["t"], "dark, light, or as the system", turn);
  store.watch(
    (state) => state.theme,
    (theme) => {
      document.documentElement.dataset.theme = theme;
      button.title = `Theme: ${WORDS[theme]}`;
    },
  );
}
