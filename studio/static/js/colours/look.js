/** Saturation and warmth of the whole chapter. */

import { find, make, slider } from "../core/dom.js";
import { isEditable, store } from "../core/state.js";
import { commit } from "./commit.js";
import { dropPreviews, previewLook } from "./cover.js";

/** @typedef {import("../core/types.js").Look} Look */

const UNCHANGED = { saturation: 1, warmth: 0 };

export function startLook() {
  const saturation = slider("Saturation of the chapter", 0, 2, 0.05);
  const warmth = slider("Warmth of the chapter", -1, 1, 0.05);
  const told = { saturation: make("output"), warmth: make("output") };
  const back = make("button.quiet.small", {
    text: "As it was",
    onclick: () => save(UNCHANGED),
  });
  find("look").append(
    make("label.line", {}, make("span", { text: "Saturation" }), saturation, told.saturation),
    make("label.line", {}, make("span", { text: "Warmth" }), warmth, told.warmth),
    back,
  );

  /** What has been turned and is not saved yet: no answer that comes meanwhile turns it back. @type {Partial<Look>} */
  let turned = {};
  /** Those of them that are being dragged. @type {Set<string>} */
  const dragged = new Set();
  // Not read off the bars, which round and clip what the command takes.
  const now = () => ({ ...UNCHANGED, ...store.get().chapter?.look, ...turned });
  const write = (/** @type {Look} */ look) => {
    told.saturation.textContent = `${Math.round(100 * look.saturation)} %`;
    told.warmth.textContent = look.warmth
      ? `${look.warmth > 0 ? "+" : "−"}${Math.abs(Math.round(100 * look.warmth))}`
      : "0";
    back.hidden = look.saturation === 1 && look.warmth === 0;
  };
  function show() {
    const look = now();
    saturation.value = String(look.saturation);
    warmth.value = String(look.warmth);
    write(look);
  }

  /** @param {Partial<Look>} look  the parts that are to be others */
  function save(look) {
    turned = { ...turned, ...look };
    const settle = () => {
      const left = Object.entries(turned).filter(([part, value]) => look[/** @type {keyof Look} */ (part)] !== value);
      turned = Object.fromEntries(left);
      show();
    };
    const failed = () => (dropPreviews(), settle());
    commit({ look }, { topic: `look ${Object.keys(look)}`, done: settle, failed });
  }

  /** What is dragged no further, and was not let go, is as it was. @param {string} part */
  function giveUp(part) {
    if (!dragged.delete(part)) return;
    turned = Object.fromEntries(Object.entries(turned).filter(([one]) => one !== part));
    dropPreviews();
    show();
  }

  for (const [part, input] of Object.entries({ saturation, warmth })) {
    input.addEventListener("input", () => {
      turned = { ...turned, [part]: Number(input.value) };
      dragged.add(part);
      write(now());
      previewLook(now());
    });
    input.addEventListener("change", () => {
      dragged.delete(part);
      save({ [part]: Number(input.value) });
    });
    for (const end of ["pointercancel", "blur"]) input.addEventListener(end, () => giveUp(part));
  }

  store.watch(
    (state) => [state.chapter?.look, isEditable(state)],
    () => {
      show();
      for (const input of [saturation, warmth]) input.disabled = !isEditable(store.get());
    },
  );
}
