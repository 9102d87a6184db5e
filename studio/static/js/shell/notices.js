/** Notices over the page, and the banner of a lost connection. */

import { find, make, signButton } from "../core/dom.js";
import { showNoticesBy } from "../core/say.js";
import { store } from "../core/state.js";

const STAYS = 8000; // ms, of what asks for nothing, and of what somebody is about to press as long again
const MOST = 3;

/** @param {() => void} reconnect */
export function startNotices(reconnect) {
  const place = /** @type {HTMLElement} */ (find("notices"));
  /** @type {WeakMap<Element, import("../core/types.js").Notice["action"]>} */
  const offered = new WeakMap();
  showNoticesBy((notice) => {
    const same = [...place.children].find(
      (one) => /** @type {HTMLElement} */ (one).dataset.text === notice.text,
    );
    const action = notice.action ?? (same && offered.get(same)) ?? null; // an offer is not taken back by its echo
    same?.remove();
    const away = () => box.remove();
    const box = make(
      `div.notice.${notice.kind}`,
      { "data-text": notice.text, role: notice.kind === "error" ? "alert" : undefined },
      make(
        "div.notice-words",
        {},
        make("strong", { text: notice.text }),
        notice.remedy ? make("p", { text: notice.remedy }) : null,
      ),
      action ? make("button.small", { text: action.label, onclick: () => (away(), action.run()) }) : null,
      signButton("close", "Close", () => (away(), notice.closed?.())),
    );
    offered.set(box, action);
    place.append(box);
    while (place.children.length > MOST) place.firstElementChild?.remove();
    const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, STAYS) : away());
    if (!notice.closed && (notice.kind === "info" || notice.kind === "done")) setTimeout(leave, STAYS);
    return away;
  });
  // What is offered about colours is no use among panels.
  store.watch(
    (state) => state.mode,
    () => place.querySelectorAll(".notice.info").forEach((one) => one.remove()),
  );

  const banner = /** @type {HTMLElement} */ (find("lost"));
  banner.querySelector("button")?.addEventListener("click", reconnect);
  store.watch(
    (state) => state.connected,
    (connected) => (banner.hidden = connected),
  );

  const status = find("status");
  store.watch(
    (state) => state.status,
    (text) => (status.textContent = text),
  );
  const saving = find("saving");
  store.watch(
    (state) => state.saving,
    (is) => (saving.textContent = is ? "Saving…" : ""),
  );
}
