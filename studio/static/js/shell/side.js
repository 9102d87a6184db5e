/** The side panel: its tabs, and whether colours or panels are worked on. */

import { find } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { store } from "../core/state.js";

/** @typedef {"colour"|"groups"|"history"} Tab */

/** @type {Tab[]} */
const TABS = ["colour", "groups", "history"];

export function startSide() {
  const tabs = TABS.map((tab) => /** @type {HTMLButtonElement} */ (find(`to-${tab}`)));
  tabs.forEach((button, at) => {
    button.addEventListener("click", () => store.set({ tab: TABS[at] }));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = (at + step + TABS.length) % TABS.length;
      store.set({ tab: TABS[next] });
      tabs[next].focus();
    });
  });
  TABS.forEach((tab, at) =>
    bind(
      "Studio",
      [String(at + 1)],
      `to the tab ${tabs[at].textContent?.trim()}`,
      () => {
        store.set({ tab });
        tabs[at].focus();
      },
      () => store.get().mode === "colours",
    ),
  );

  store.watch(
    (state) => [state.tab, state.mode],
    () => {
      const { tab, mode } = store.get();
      TABS.forEach((one, at) => {
        tabs[at].setAttribute("aria-selected", String(one === tab));
        tabs[at].tabIndex = one === tab ? 0 : -1;
        find(`tab-${one}`).hidden = one !== tab;
      });
      find("side-colours").hidden = mode !== "colours";
      find("side-panels").hidden = mode !== "panels";
      for (const one of /** @type {const} */ (["colours", "panels"])) {
        find(`mode-${one}`).setAttribute("aria-pressed", String(one === mode));
      }
      document.body.dataset.mode = mode;
    },
  );
  store.watch(
    (state) => state.draft !== null,
    (isOpen) => {
      document.body.dataset.picked = String(isOpen);
      if (isOpen) find("tab-colour").scrollTop = 0;
    },
  );
}
