/** An eyedropper on a picture of somebody's own, dropped in. The picture stays in this browser. */

import { forHand, make } from "../core/dom.js";
import { meanColour } from "../core/sample.js";
import { notify, say } from "../core/say.js";

const SIDE = 640; // pixels of the longer side that is kept: enough to hit an eye
const AROUND = 2; // pixels around the point that are averaged: paper grain and JPEG noise even out
const STEP = 4; // pixels, a press of an arrow key

const HOW = "Reference picture: click at a colour to take it.";
const FIRST = "The reference picture is kept: it is there once you click what is to have another colour.";

/** @param {(hex: string, settled: boolean) => void} choose */
export function makeReference(choose) {
  const file = make("input", {
    type: "file",
    accept: "image/*",
    "aria-label": "Reference picture",
    class: "visually-hidden",
    tabindex: "-1",
  });
  const open = make("button.drop", {
    text: "Drop a reference picture here, paste it, or choose a file",
    onclick: () => file.click(),
  });
  const canvas = make("canvas.reference", {
    tabindex: "0",
    role: "img",
    "data-own-arrows": "yes",
    "aria-label": forHand("Reference picture: click or press Enter to take a colour, arrows move the point"),
    hidden: true,
  });
  const away = make("button.quiet.small", { text: "Take it away", hidden: true, onclick: clear });
  const place = make(
    "section.part.reference-part",
    { "aria-label": "Reference picture" },
    make("h3", { text: "Reference" }),
    open,
    canvas,
    away,
    file,
  );
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let at = [0, 0];

  /** @param {Blob|null|undefined} blob */
  async function load(blob) {
    if (!blob) return;
    try {
      const bitmap = await createImageBitmap(blob);
      const by = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
      canvas.width = Math.max(1, Math.round(bitmap.width * by));
      canvas.height = Math.max(1, Math.round(bitmap.height * by));
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      bitmap.close();
    } catch {
      return notify({
        text: "This file is no picture that the browser can open.",
        kind: "warning",
        remedy: "PNG, JPEG and WebP will do.",
      });
    }
    at = [canvas.width / 2, canvas.height / 2];
    for (const element of [canvas, away]) element.hidden = false;
    open.hidden = true;
    say(forHand(place.checkVisibility() ? HOW : FIRST));
  }

  function clear() {
    for (const element of [canvas, away]) element.hidden = true;
    open.hidden = false;
    file.value = "";
  }

  const colourThere = () => meanColour(canvas, [canvas.width, canvas.height], [at[0], at[1]], AROUND);

  /** @param {PointerEvent} event */
  function point(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * canvas.width;
    const y = ((event.clientY - box.top) / box.height) * canvas.height;
    at = [Math.min(canvas.width - 1, Math.max(0, x)), Math.min(canvas.height - 1, Math.max(0, y))];
  }

  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    point(event);
    choose(colourThere(), false);
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    point(event);
    choose(colourThere(), false);
  });
  canvas.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
    if (canvas.hasPointerCapture(event.pointerId)) choose(colourThere(), true);
  });
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (event.key === "Enter") choose(colourThere(), true);
    else if (step) {
      at = [
        Math.min(canvas.width - 1, Math.max(0, at[0] + STEP * step[0])),
        Math.min(canvas.height - 1, Math.max(0, at[1] + STEP * step[1])),
      ];
      choose(colourThere(), false);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  file.addEventListener("change", () => void load(file.files?.[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void load(event.dataTransfer?.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const pictures = [...(event.clipboardData?.files ?? [])].filter((one) => one.type.startsWith("image/"));
    if (pictures.length) void load(pictures[0]);
  });
  return place;
}
