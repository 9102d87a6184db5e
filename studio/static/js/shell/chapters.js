/** The chapters of the output folder, as links: each window has one, and another tab may have another. */

import { linkTo } from "../core/address.js";
import { find, make } from "../core/dom.js";
import { store } from "../core/state.js";
import { settled } from "../colours/commit.js";

export function startChapters() {
  const menu = /** @type {HTMLDetailsElement} */ (find("chapters"));
  store.watch(
    (state) => [state.chapter?.chapter, state.chapter?.chapters.join("\n"), state.chapter?.out],
    () => {
      const { chapter } = store.get();
      if (!chapter) return;
      const title = (/** @type {string} */ name) => (name === "." ? chapter.out : name);
      menu.hidden = chapter.chapters.length < 2;
      find("chapter-name").textContent = title(chapter.chapter);
      find("chapter-list").replaceChildren(
        ...chapter.chapters.map((name) =>
          make(
            "li",
            {},
            make("a", {
              href: linkTo(name),
              text: title(name),
              "aria-current": name === chapter.chapter ? "page" : undefined,
              onclick: leave,
            }),
          ),
        ),
      );
    },
  );
  menu.addEventListener("toggle", () => {
    if (menu.open) menu.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  });
}

/** Go once what was clicked has been saved. In another tab it may be opened at once. @param {MouseEvent} event */
async function leave(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !store.get().saving) return;
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  event.preventDefault();
  await settled();
  location.assign(link.href);
}
