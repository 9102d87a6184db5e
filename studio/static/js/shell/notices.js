/** Notices over the page, and the banner of a lost connection. */

import { find, make, signButton } from "../core/dom.js";
import { showNoticesBy } from "../core/say.js";
import { store } from "../core/state.js";

const STAYS = 8000; // ms, of what asks for nothing
const MOST = 3;

/** @param {() => void} reconnect */
export function startNotices(reconnect) {
  const place = /** @type {HTMLElement} */ (find("notices"));
  showNoticesBy((notice) => {
    const same = [...place.children].find(
      (one) => /** @type {HTMLElement} */ (one).dataset.text === notice.text,
    );
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
      notice.action
        ? make("button.small", { text: notice.action.label, onclick: () => (away(), notice.action?.run()) })
        : null,
      signButton("close", "Close", away),
    );
    place.append(box);
    while (place.children.length > MOST) place.firstElementChild?.remove();
    if (notice.kind === "info" || notice.kind === "done") setTimeout(away, STAYS);
  });

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
