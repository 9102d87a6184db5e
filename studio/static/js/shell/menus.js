/** What pops up goes again: by a click beside it, or by Escape. */

const OPEN = "details.pops[open], details.more[open]";

export function startMenus() {
  document.addEventListener("pointerdown", ({ target }) => {
    for (const one of document.querySelectorAll(OPEN)) {
      if (target instanceof Node && !one.contains(target)) one.removeAttribute("open");
    }
  });
  document.addEventListener(
    "keydown",
    (event) => {
      const menu = event.key === "Escape" && document.activeElement?.closest(OPEN);
      if (!menu) return;
      event.preventDefault(); // the key has done something: nothing else is let go
      menu.removeAttribute("open");
      menu.querySelector("summary")?.focus();
    },
    true,
  );
}
