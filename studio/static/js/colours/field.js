/** A colour to choose: a field of hue and strength, a bar of lightness, and the same written. */

import { make, slider } from "../core/dom.js";
import { fromHex, mostChroma, toHex, toRgb } from "../core/colour.js";
import { dropperButton } from "./dropper.js";
import { makeWritten } from "./written.js";

/** @typedef {import("../core/colour.js").Lch} Lch */
/** @typedef {import("../core/types.js").Draft} Draft */

const WIDE = 128; // pixels of the field's picture: colours change slowly, the browser smooths between
const HIGH = 64;
const LIGHTEST = 0.98; // beyond these there is hardly a hue to see
const DARKEST = 0.12;

/**
 * Strength is a share of the most that the screen has at that hue and lightness: every place of the field is a
 * colour.
 * @param {(hex: string, settled: boolean, whose?: Draft|null) => void} choose
 * @param {() => Draft|null} whose  what a colour is chosen for
 */
export function makeField(choose, whose) {
  /** @type {Lch} */
  let colour = { lightness: 0.6, chroma: 0.1, hue: 30 };
  let strength = 0.5;
  let painted = -1;

  const canvas = make("canvas.field-canvas", { width: String(WIDE), height: String(HIGH) });
  const knob = make("span.knob", { "aria-hidden": "true" });
  const hue = slider("Hue", 0, 360, 1);
  const chroma = slider("Strength", 0, 100, 1);
  const plane = make("div.field-plane", {}, canvas, knob, hue, chroma);
  const lightness = slider("Lightness", DARKEST * 100, LIGHTEST * 100, 1);
  const written = makeWritten((given, draft) => {
    if (whose()?.at !== draft?.at) return choose(given, true, draft); // here another is shown by now
    set(given);
    give(true);
  }, whose, dropperButton);
  const element = make(
    "div.field",
    {},
    plane,
    make("label.line", {}, make("span", { text: "Lightness" }), lightness),
    written.element,
  );

  /** @param {boolean} settled */
  function give(settled) {
    draw();
    choose(toHex(colour), settled);
  }

  /** @param {number} light @param {number} degrees @param {number} share */
  function turn(light, degrees, share) {
    strength = Math.min(1, Math.max(0, share));
    colour = { lightness: light, hue: degrees, chroma: strength * mostChroma(light, degrees) };
  }

  function draw() {
    if (Math.abs(painted - colour.lightness) > 0.004) paint(canvas, (painted = colour.lightness));
    const shown = toHex(colour);
    knob.style.left = `${(100 * colour.hue) / 360}%`;
    knob.style.top = `${100 * (1 - strength)}%`;
    knob.style.setProperty("--swatch", shown);
    hue.value = String(Math.round(colour.hue));
    chroma.value = String(Math.round(100 * strength));
    lightness.value = String(Math.round(100 * colour.lightness));
    lightness.style.setProperty("--from", toHex(at(DARKEST)));
    lightness.style.setProperty("--middle", toHex(at(0.55)));
    lightness.style.setProperty("--to", toHex(at(LIGHTEST)));
    written.show(shown);
  }

  /** @param {number} light @returns {Lch} this colour as light as that */
  const at = (light) => ({
    lightness: light,
    hue: colour.hue,
    chroma: strength * mostChroma(light, colour.hue),
  });

  /** @param {PointerEvent} event */
  function point(event) {
    const box = plane.getBoundingClientRect();
    const x = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    turn(colour.lightness, Math.min(359.9, 360 * x), 1 - (event.clientY - box.top) / box.height);
  }

  plane.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    plane.setPointerCapture(event.pointerId);
    hue.focus({ preventScroll: true });
    point(event);
    give(false);
  });
  plane.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!plane.hasPointerCapture(event.pointerId)) return;
    point(event);
    give(false);
  });
  plane.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
    if (plane.hasPointerCapture(event.pointerId)) give(true); // a right click has chosen nothing
  });

  const read = () => turn(Number(lightness.value) / 100, Number(hue.value), Number(chroma.value) / 100);
  for (const bar of [hue, chroma, lightness]) {
    bar.addEventListener("input", () => (read(), give(false)));
    bar.addEventListener("change", () => give(true));
  }
  for (const bar of [hue, chroma])
    bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!up || bar !== hue) return; // up and down are strength, also with the focus on the hue
      event.preventDefault();
      turn(colour.lightness, colour.hue, strength + up / 50);
      give(true);
    });
  /** @param {string} given */
  function set(given) {
    if (given === toHex(colour)) return;
    const next = fromHex(given);
    if (next.chroma < 0.004) next.hue = colour.hue; // grey has no hue of its own
    colour = next;
    strength = Math.min(1, next.chroma / Math.max(1e-4, mostChroma(next.lightness, next.hue)));
    draw();
  }

  draw();
  return { element, set, focus: () => hue.focus() };
}

/** @param {HTMLCanvasElement} canvas @param {number} lightness */
function paint(canvas, lightness) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(WIDE, HIGH);
  for (let x = 0; x < WIDE; x += 1) {
    const hue = (360 * (x + 0.5)) / WIDE;
    const most = mostChroma(lightness, hue);
    for (let y = 0; y < HIGH; y += 1) {
      const rgb = toRgb({ lightness, hue, chroma: most * (1 - (y + 0.5) / HIGH) });
      image.data.set([...rgb, 255], 4 * (y * WIDE + x));
    }
  }
  context.putImageData(image, 0, 0);
}
