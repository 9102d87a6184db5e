/** Saturation and warmth of the whole chapter. */

import { find, make, slider } from "../core/dom.js";
import { isEditable, patchChapter, store } from "../core/state.js";
import { commit } from "./commit.js";
import { dropPreviews, previewLook } from "./cover.js";

export function startLook() {
  const saturation = slider("Saturation of the chapter", 0, 2, 0.05);
  const warmth = slider("Warmth of the chapter", -1, 1, 0.05);
  const told = { saturation: make("output"), warmth: make("output") };
  const back = make("button.quiet.small", {
    text: "As it was",
    onclick: () => save({ saturation: 1, warmth: 0 }),
  });
  find("look").append(
    make("label.line", {}, make("span", { text: "Saturation" }), saturation, told.saturation),
    make("label.line", {}, make("span", { text: "Warmth" }), warmth, told.warmth),
    back,
  );

  // Not read off the bars, which round and clip what the command takes.
  let now = { saturation: 1, warmth: 0 };
  const write = (/** @type {import("../core/types.js").Look} */ look) => {
    told.saturation.textContent = `${Math.round(100 * look.saturation)} %`;
    told.warmth.textContent = look.warmth
      ? `${look.warmth > 0 ? "+" : "−"}${Math.abs(Math.round(100 * look.warmth))}`
      : "0";
    back.hidden = look.saturation === 1 && look.warmth === 0;
  };
  for (const [part, input] of Object.entries({ saturation, warmth })) {
    input.addEventListener("input", () => {
      now = { ...now, [part]: Number(input.value) };
      write(now);
      previewLook(now);
    });
    input.addEventListener("change", () => save(now));
  }

  store.watch(
    (state) => [state.chapter?.look, isEditable(state)],
    () => {
      const state = store.get();
      now = state.chapter?.look ?? { saturation: 1, warmth: 0 };
      saturation.value = String(now.saturation);
      warmth.value = String(now.warmth);
      write(now);
      for (const input of [saturation, warmth]) input.disabled = !isEditable(state);
    },
  );
}

/** @param {import("../core/types.js").Look} look */
function save(look) {
  const before = store.get().chapter?.look;
  commit(
    { look },
    {
      topic: "look",
      done: () => patchChapter({ look }),
      failed: () => {
        dropPreviews();
        if (before) patchChapter({ look: { ...before } });
      },
    },
  );
}
