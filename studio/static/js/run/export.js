/** The chapter as a file, and its palette for the next one. */

import { counted, find } from "../core/dom.js";
import { ask } from "../core/api.js";
import { notify, say, tellFailure } from "../core/say.js";
import { store } from "../core/state.js";

export function startExport() {
  const menu = /** @type {HTMLDetailsElement} */ (find("export"));
  for (const button of menu.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      menu.open = false;
      void save(button.dataset.form ?? "");
    });
  }
}

/** @param {string} form  cbz, pdf, epub, zip or palette */
async function save(form) {
  const { chapter } = store.get();
  if (form !== "palette" && chapter?.pages.some((page) => page.stale || page.state === "working")) {
    say("Pages that are not up to date are saved as they lie in the output folder.");
  } else say("Making the file…");
  try {
    const answer =
      form === "palette" ? await ask("palette/save", { body: {} }) : await ask("export", { query: { form } });
    const name = nameOf(answer) ?? (form === "palette" ? "palette.json" : `chapter.${form}`);
    hand(await answer.blob(), name);
    say(`${name} is saved.`);
    for (const text of lacking(answer)) notify({ text: `${name}: ${text}.`, kind: "warning" });
  } catch (error) {
    tellFailure(error, () => void save(form));
  }
}

/** What a book has otherwise than in colour, in words. @param {Response} answer */
function lacking(answer) {
  const [came, out] = ["X-Pages-As-They-Came", "X-Pages-Left-Out"].map((name) =>
    Number(answer.headers.get(name) ?? 0),
  );
  return [
    came && `${counted(came, "page")} ${came === 1 ? "is in it as it" : "are in it as they"} came`,
    out && `${counted(out, "page")} cannot be read, and ${out === 1 ? "is" : "are"} not in it`,
  ].filter(Boolean);
}

/** @param {Response} answer */
function nameOf(answer) {
  const told = answer.headers.get("Content-Disposition") ?? "";
  const coded = /filename\*=utf-8''([^;]+)/i.exec(told);
  return coded ? decodeURIComponent(coded[1]) : (/filename="([^"]+)"/.exec(told)?.[1] ?? null);
}

/** @param {Blob} blob @param {string} name */
function hand(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // ms: the browser has taken it by then
}
