/** An eyedropper: the next click on a page, whichever it is, takes the colour that is seen there. */

import { find, forHand, signButton } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { say } from "../core/say.js";
import { pageNamed, store } from "../core/state.js";
import { frameOf, placeUnder, stageElement } from "../pages/stage.js";
import { setColour } from "./draft.js";
import { colourSeen } from "./seen.js";

const HOW = "Click the colour to take, on this page or another one. Escape leaves it.";
const FIRST = "Click what is to have another colour first; then take one from any page.";

/** The button beside the colour. */
export const dropperButton = signButton("dropper", "Take a colour from a page (I)", toggle, { id: "dropper" });

export function startDropper() {
  const isHere = () => store.get().mode === "colours";
  bind("Colours", ["i"], "take a colour from a page, this one or another", toggle, isHere);
  bind("Colours", ["Escape"], "leave the eyedropper", leave, () => isHere() && store.get().dropping);
  store.watch(
    ({ dropping, draft, mode, outlining }) => [dropping, draft === null, mode, outlining],
    () => {
      const { dropping, draft, mode, outlining } = store.get();
      dropperButton.setAttribute("aria-pressed", String(dropping));
      stageElement().dataset.dropping = String(dropping);
      if (!dropping) find("dropper-spot").hidden = true;
      else if (!draft || mode !== "colours" || outlining) store.set({ dropping: false });
    },
  );
}

function toggle() {
  const { dropping, draft } = store.get();
  if (dropping) return leave();
  if (!draft) return say(forHand(FIRST));
  store.set({ dropping: true, hover: null, outlining: null });
  say(forHand(HOW));
}

function leave() {
  store.set({ dropping: false, status: "" });
}

/** The colour under the pointer, beside it. @param {{clientX: number, clientY: number}|null} event */
export function showColourAt(event) {
  const under = event && placeUnder(event);
  const colour = under && colourSeen(under.frame, under.at);
  const spot = /** @type {HTMLElement} */ (find("dropper-spot"));
  spot.hidden = !colour;
  if (!colour) return;
  spot.style.setProperty("--swatch", colour);
  spot.style.transform = `translate(${under.x}px, ${under.y}px)`;
  say(`${colour} · ${HOW}`);
}

/** The same for the cross. @param {string} page @param {[number, number]} at  source pixels */
export function showColourOf(page, at) {
  const frame = frameOf(page);
  const colour = frame && colourSeen(frame, at);
  if (colour) say(`${colour}. Enter takes it, Escape leaves it.`);
}

/** @param {{clientX: number, clientY: number}} event */
export function takeColourAt(event) {
  const under = placeUnder(event);
  if (under) takeColourOf(under.frame.page.name, under.at);
}

/** @param {string} page @param {[number, number]} at  source pixels */
export function takeColourOf(page, at) {
  const frame = frameOf(page);
  const colour = frame && colourSeen(frame, at);
  if (!colour) return say("The picture is being loaded: one moment.");
  leave();
  setColour(colour, true);
  say(`${colour} of page ${pageNamed(store.get(), page)?.number} is taken.`);
}
