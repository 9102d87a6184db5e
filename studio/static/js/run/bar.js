/** The run in the top bar: start, stop, how far it is and how long it will take; and redoing pages. */

import { find, make, counted } from "../core/dom.js";
import { askJson } from "../core/api.js";
import { notify, say, tellFailure } from "../core/say.js";
import { pageNamed, pagesOf, store } from "../core/state.js";

/** @typedef {import("../core/types.js").Run} Run */

const TOLD_EVERY = 15_000; // ms between two lines that are read out: progress, not chatter

let told = -Infinity;

export function startRun() {
  const [words, bar, start, stop] = [find("run-words"), find("run-bar"), find("run-start"), find("run-stop")];
  start.addEventListener("click", () => run({}));
  stop.addEventListener("click", stopRun);
  store.watch(
    (state) => [state.chapter?.run, state.chapter?.can_run, state.chapter?.pages],
    () => {
      const { chapter } = store.get();
      const now = chapter?.run;
      if (!chapter || !now) return;
      const goes = now.state === "running" || now.state === "stopping";
      const waits = chapter.pages.filter((page) => page.stale || page.state === "waiting").length;
      words.textContent = wordsOf(now, waits);
      words.title = now.error ? [now.error, now.remedy].filter(Boolean).join("\n") : "";
      bar.hidden = !goes;
      if (now.of > 0) bar.value = now.done / now.of;
      else bar.removeAttribute("value");
      start.hidden = goes;
      start.disabled = !chapter.can_run;
      start.title = chapter.can_run ? "Colour what is not up to date" : chapter.why_not_run;
      stop.hidden = !goes;
      stop.disabled = now.state === "stopping";
    },
  );
  store.watch(
    (state) => state.chapter?.run,
    (now, before) => now && tell(now, before ?? undefined),
  );
}

/** @param {Run} run @param {number} waits  pages that are not up to date */
export function wordsOf(run, waits) {
  if (run.state === "stopping") return "Stopping…";
  if (run.state === "failed") return "The run has failed";
  if (run.state === "running" && !run.of) return "Beginning…"; // it looks at what there is to do
  if (run.state === "running")
    return [`${run.done} of ${run.of}`, timeLeft(run.seconds_left)].filter(Boolean).join(" · ");
  if (run.failed) return `${counted(run.failed, "page")} failed`;
  return waits ? `${counted(waits, "page")} to do` : "";
}

/** @param {number|null} seconds */
function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min left` : `${(seconds / 3600).toFixed(1)} h left`;
}

/** @param {Run} now @param {Run|undefined} before */
function tell(now, before) {
  const turned = before && now.state !== before.state;
  if (turned && now.state === "failed") {
    notify({
      text: now.error || "The run has failed.",
      remedy: now.remedy,
      kind: "error",
      action: { label: "Try again", run: () => run({}) },
    });
  } else if (turned && now.state === "idle" && !now.waits) {
    const isCut = before.state === "stopping" || now.done < now.of;
    if (isCut) say("The run is stopped; what was done stays.");
    else if (now.failed) say(`The run has ended; ${counted(now.failed, "page")} failed.`);
    else say("All pages are up to date.");
  } else if (now.state === "running" && now.of > 0 && performance.now() - told > TOLD_EVERY) {
    told = performance.now();
    say(`Colouring: ${wordsOf(now, 0)}.`);
  }
}

/**
 * Ask for a run. What becomes of it is told: the answer says what there was, and may come after that.
 * @param {{start?: string|null, pages?: string[]|null, force?: boolean}} what
 */
export async function run(what) {
  try {
    await askJson("run", { body: { start: null, pages: null, force: false, ...what } });
  } catch (error) {
    tellFailure(error, () => void run(what));
  }
}

async function stopRun() {
  try {
    await askJson("run/stop", { body: {} });
  } catch (error) {
    tellFailure(error, () => void stopRun());
  }
}

/** The dialog of what to do again, and from which stage. */
export function startRedo() {
  const dialog = /** @type {HTMLDialogElement} */ (find("redo-dialog"));
  const which = make("select", { "aria-label": "Which pages" });
  const stage = make("select", { "aria-label": "From which stage" });
  const why = make("p.about");
  const go = make("button.main", { text: "Run", type: "submit" });
  go.type = "submit";
  find("redo-form").append(
    make("label.line", {}, make("span", { text: "Pages" }), which),
    make("label.line", {}, make("span", { text: "From" }), stage),
    why,
    make("div.row.end", {}, make("button.quiet", { text: "Cancel", onclick: () => dialog.close() }), go),
  );
  find("redo-form").addEventListener("submit", () => {
    void run({ pages: wanted(which.value), start: stage.value || null, force: stage.value === "" });
  });
  find("redo-open").addEventListener("click", () => openRedo());

  store.watch(
    (state) => state.chapter?.stages,
    (stages) => {
      stage.replaceChildren(
        make("option", { value: "", text: "the beginning" }),
        ...(stages ?? []).map((name) => make("option", { value: name, text: name })),
      );
    },
  );

  function openRedo() {
    const state = store.get();
    const page = pageNamed(state, state.page);
    const failed = pagesOf(state).filter((one) => one.state === "failed").length;
    which.replaceChildren(
      make("option", { value: "this", text: `this page (${page?.number})` }),
      ...(failed ? [make("option", { value: "failed", text: `pages that failed (${failed})` })] : []),
      make("option", { value: "all", text: "the whole chapter" }),
    );
    go.disabled = !state.chapter?.can_run;
    why.textContent = state.chapter?.can_run
      ? "Changed colours and corrected panels stay."
      : (state.chapter?.why_not_run ?? "");
    dialog.showModal();
  }
}

/** @param {string} which */
function wanted(which) {
  const state = store.get();
  if (which === "all" || !state.page) return null;
  if (which === "failed")
    return pagesOf(state)
      .filter((page) => page.state === "failed")
      .map((page) => page.name);
  return [state.page];
}
