/** The studio: puts its parts together, and the chapter on the screen. */

import { fetchChapter, followAddress, showNews } from "./core/chapter.js";
import { find } from "./core/dom.js";
import { follow } from "./core/events.js";
import { listen } from "./core/keys.js";
import { notify } from "./core/say.js";
import { pagesWith, store } from "./core/state.js";
import { settled } from "./colours/commit.js";
import { startCover } from "./colours/cover.js";
import { startCovered } from "./colours/covered.js";
import { followPalette } from "./colours/draft.js";
import { startGroups } from "./colours/groups.js";
import { startHistory } from "./colours/history.js";
import { startLook } from "./colours/look.js";
import { showColourAt, showColourOf, startDropper, takeColourAt, takeColourOf } from "./colours/dropper.js";
import { grabOutline, startOutlines } from "./colours/outline.js";
import { startPanel } from "./colours/panel.js";
import { hoverAt, hoverPoint, pickAt, pickPoint } from "./colours/pick.js";
import { startSplit } from "./colours/split.js";
import { grabStroke, startStrokes } from "./colours/stroke.js";
import { startCompare } from "./pages/compare.js";
import { startCrosshair } from "./pages/crosshair.js";
import { startFlip } from "./pages/flip.js";
import { startGestures } from "./pages/gestures.js";
import { startHighlight } from "./pages/highlight.js";
import { startSurfaces } from "./pages/known_surfaces.js";
import { startPageNote } from "./pages/note.js";
import { startStage } from "./pages/stage.js";
import { startStrip } from "./pages/strip.js";
import { clickPanels, grabPanels, startEditor } from "./panels/editor.js";
import { startExport } from "./run/export.js";
import { startRedo, startRun } from "./run/bar.js";
import { startBar } from "./shell/bar.js";
import { startChapters } from "./shell/chapters.js";
import { startHelp } from "./shell/help.js";
import { startMenus } from "./shell/menus.js";
import { startNotices } from "./shell/notices.js";
import { startSide } from "./shell/side.js";
import { startTheme } from "./shell/theme.js";

function start() {
  startNotices(reconnect);
  startTheme();
  startBar();
  startChapters();
  startSide();
  startStage();
  startCompare();
  startSurfaces();
  startHighlight();
  startPageNote();
  startStrip((page) => store.set({ page, hover: null }));
  startPanel();
  startCover();
  startCovered();
  startLook();
  startGroups();
  startHistory();
  followPalette();
  startFlip(); // of what Escape leaves, before the colour panel
  startRun();
  startRedo();
  startExport();
  startEditor();
  startCrosshair({
    hover: (page, at) => (store.get().dropping ? showColourOf : hoverPoint)(page, at),
    pick: (page, at, keys) => (store.get().dropping ? takeColourOf(page, at) : pickPoint(page, at, keys)),
  });
  startDropper();
  startSplit();
  startStrokes();
  startOutlines();
  startGestures({
    hover: (event) => (store.get().dropping ? showColourAt : hoverAt)(event),
    click: (event) => {
      if (store.get().mode === "panels") clickPanels(event);
      else if (store.get().dropping) takeColourAt(event);
      else if (!store.get().outlining) pickAt(event);
    },
    grab: grabPointer,
  });
  startHelp();
  startMenus();
  followAddress();
  listen();

  store.watch(
    (state) => [state.trouble, state.chapter],
    () => {
      const { trouble, chapter } = store.get();
      find("trouble").hidden = chapter !== null && chapter.pages.length > 0;
      find("trouble-words").textContent =
        trouble?.text ?? (chapter ? "There are no pages here yet." : "Opening the chapter…");
      find("trouble-remedy").textContent = trouble?.remedy ?? (chapter?.why_not_run || "");
      find("trouble-again").hidden = trouble === null;
    },
  );
  find("trouble-again").addEventListener("click", reconnect);
}

/** Who takes hold of a pointer that goes down. @param {PointerEvent} event */
function grabPointer(event) {
  if (store.get().mode === "panels") return grabPanels(event);
  if (store.get().dropping) return null;
  return store.get().outlining ? grabOutline(event) : grabStroke(event);
}

/** Listen anew, once this window listens at all. */
let listenAgain = () => {};

/** Ask for everything again, and listen anew. */
function reconnect() {
  void fetchChapter();
  listenAgain();
}

start();
void fetchChapter();
listenAgain = follow(
  {
    hello: () => void fetchChapter(), // what happened before this window listened has been told to nobody
    page: (page) => showNews({ pages: pagesWith(page) }),
    run: (run) => showNews({ run }),
    // What this window saves itself is told, too, perhaps before the answer has come.
    palette: async ({ revision }) => {
      await settled();
      if (store.get().chapter?.palette?.revision !== revision) void fetchChapter();
    },
    chapter: () => void fetchChapter(),
    notice: ({ text, kind, remedy }) => notify({ text, kind: kind ?? "info", remedy }),
  },
  (connected) => store.set({ connected }),
);
// A window that the back button takes out of the browser's store has heard nothing meanwhile.
addEventListener("pageshow", (event) => event.persisted && reconnect());
