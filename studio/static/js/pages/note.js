/** What has become of the page in sight, over its top: why it failed, why it is not in colour, what to do. */

import { find, make, refill } from "../core/dom.js";
import { pageNamed, store } from "../core/state.js";
import { run } from "../run/bar.js";

/** @typedef {import("../core/types.js").Page} Page */

export function startPageNote() {
  const place = /** @type {HTMLElement} */ (find("page-note"));
  store.watch(
    (state) => [pageNamed(state, state.page), state.mode, state.chapter?.can_run],
    () => {
      const state = store.get();
      const page = pageNamed(state, state.page);
      const told = page && state.mode === "colours" ? words(page) : null;
      place.hidden = !told;
      if (!page || !told) return;
      place.dataset.state = page.state;
      refill(
        place,
        make("strong", { text: told[0] }),
        told[1] && make("span", { text: told[1] }),
        page.state === "failed" &&
          state.chapter?.can_run &&
          make("button.small", {
            text: "Do this page again",
            "data-key": "again",
            onclick: () => void run({ pages: [page.name] }),
          }),
      );
    },
  );
}

/** @param {Page} page @returns {[string, string]|null} */
function words(page) {
  if (page.state === "failed") return [page.note || "This page failed.", page.remedy];
  if (page.state === "copied") return ["Copied as it came", page.note];
  if (page.has_colours) return null; // it is only put together anew
  if (page.state === "waiting") return ["Not coloured yet", page.note];
  if (page.state === "working") return ["Being coloured", ""];
  return null;
}
